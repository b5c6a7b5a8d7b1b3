package figure

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"tiltakseffekt/internal/number"
)

// Figure is a figure that can be drawn onto any canvas, as often as wished. It is safe for concurrent use.
type Figure struct {
	Width, Height vg.Length
	Title         string // what it shows, for screen readers
	Text          string // more of it
	Data          *Data  // what it shows, as a table; nil where the caller has a better one
	lang          number.Lang
	draw          func(draw.Canvas)
}

// paint draws onto a canvas and turns a panic of the drawing library into an error that names the figure.
func (f *Figure) paint(c vg.Canvas) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("figure %q cannot be drawn: %v", f.Title, p)
		}
	}()
	canvas := draw.NewCanvas(c, f.Width, f.Height)
	canvas.SetColor(hex(0xffffff))
	canvas.Fill(canvas.Rectangle.Path())
	f.draw(canvas)
	return nil
}

var (
	fontStyle = regexp.MustCompile(`font-family:[^;]*;font-variant:[^;]*;(font-weight:bold;)?(?:font-weight:normal;)?font-style:normal;`)
	blanks    = regexp.MustCompile(`\n\t*`)
)

// SVG is the figure as an SVG document. It names its letters and does not embed them; title and description are read
// aloud.
func (f *Figure) SVG() ([]byte, error) {
	inline, err := f.element("", false)
	if err != nil {
		return nil, err
	}
	return []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + inline + "\n"), nil
}

// Inline is the SVG element alone, for a page; id, unless empty, becomes its id and has to be its own. It carries what is
// said where a reader points (data-spots).
func (f *Figure) Inline(id string) (string, error) { return f.element(id, true) }

func (f *Figure) element(id string, spots bool) (string, error) {
	c := vgsvg.New(f.Width, f.Height)
	rec := &recorder{Canvas: c, height: f.Height}
	if err := f.paint(rec); err != nil {
		return "", err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", fmt.Errorf("figure %q: %w", f.Title, err)
	}
	doc := b.String()
	body := doc[strings.Index(doc, "<g "):]
	// One font for all instead of one a text: half the size, and a stack of the page's own letters.
	body = fontStyle.ReplaceAllString(body, "$1")
	body = blanks.ReplaceAllString(body, " ")
	var head strings.Builder
	fmt.Fprintf(&head, `<svg xmlns="http://www.w3.org/2000/svg" width="%.5gpt" height="%.5gpt" viewBox="0 0 %.5g %.5g" role="img" font-family="'Source Sans 3', 'Source Sans Pro', Arial, 'Liberation Sans', Helvetica, sans-serif" lang="%s"`,
		f.Width, f.Height, f.Width, f.Height, f.lang)
	if id != "" {
		fmt.Fprintf(&head, ` id="%s"`, html.EscapeString(id))
	}
	if spots {
		head.WriteString(rec.attributes())
	}
	head.WriteString(">")
	if f.Title != "" {
		fmt.Fprintf(&head, "<title>%s</title>", html.EscapeString(f.Title))
	}
	if f.Text != "" {
		fmt.Fprintf(&head, "<desc>%s</desc>", html.EscapeString(f.Text))
	}
	return head.String() + strings.TrimSpace(body), nil
}

// PNG is the figure as a picture of so many dots an inch.
func (f *Figure) PNG(dpi int) ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(f.Width, f.Height), vgimg.UseDPI(dpi))
	if err := f.paint(c); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&b); err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.Title, err)
	}
	return b.Bytes(), nil
}
