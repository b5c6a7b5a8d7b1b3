package figure

import (
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"tiltakseffekt/internal/number"
)

// Options are what all figures share. The zero value works: bokmål, 12 cm wide, no title.
type Options struct {
	Lang    number.Lang
	Title   string
	Caption string   // below the figure, grey; what the bands are, what is hidden
	Width   float64  // in cm; 0 means 12
	Names   []string // names of the series, in their order, where the values do not carry them
	XLabel  string
	YLabel  string               // of a histogram
	Value   func(float64) string // writes the numbers of a forest; nil: a signed effect
	Most    int                  // rows of a love plot, those with the largest difference before (0: all)
}

func (o Options) lang() number.Lang {
	if o.Lang == number.EN {
		return number.EN
	}
	return number.NB
}

func (o Options) width() vg.Length {
	if o.Width <= 0 {
		return 12 * vg.Centimeter
	}
	return vg.Length(o.Width) * vg.Centimeter
}

// say picks a text of our own by language.
func (o Options) say(nb, en string) string {
	if o.lang() == number.EN {
		return en
	}
	return nb
}

const margin = 6 // pt around everything: gonum cuts what touches the edge

// entry is a legend entry.
type entry struct {
	name string
	key  func(c draw.Canvas) // draws the sample into a canvas of the size of the key
}

const keyWidth, keyGap = 22, 5

// frame lays out title, legend, body and caption from top to bottom. The body gets its height; the figure grows with
// what the texts need.
func frame(o Options, legend []entry, bodyHeight vg.Length, body func(draw.Canvas)) *Figure {
	w := o.width()
	inner := w - 2*margin
	title, caption, leg := bold(style(titleSize, ink, left, top)), style(smallSize, grey, left, top), style(textSize, ink, left, middle)
	titles := wrap(title, o.Title, inner, 3)
	captions := wrap(caption, o.Caption, inner, 6)
	rows := legendRows(legend, leg.Width, inner)
	height := 2*margin + bodyHeight + vg.Length(len(titles))*lineHeight(title) + vg.Length(len(rows))*lineHeight(leg) + vg.Length(len(captions))*lineHeight(caption)
	if len(titles) > 0 {
		height += 4
	}
	if len(rows) > 0 {
		height += 5
	}
	if len(captions) > 0 {
		height += 5
	}
	draws := func(c draw.Canvas) {
		c = draw.Crop(c, margin, -margin, margin, -margin)
		y := c.Max.Y
		for _, t := range titles {
			c.FillText(title, vg.Point{X: c.Min.X, Y: y}, t)
			y -= lineHeight(title)
		}
		if len(titles) > 0 {
			y -= 4
		}
		for _, row := range rows {
			x := c.Min.X
			for _, e := range row {
				key := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x, Y: y - lineHeight(leg) + 2}, Max: vg.Point{X: x + keyWidth, Y: y - 1}}}
				e.key(key)
				name := shorten(leg, e.name, inner-keyWidth-keyGap)
				c.FillText(leg, vg.Point{X: x + keyWidth + keyGap, Y: key.Center().Y}, name)
				x += keyWidth + keyGap + leg.Width(name) + 14
			}
			y -= lineHeight(leg)
		}
		if len(rows) > 0 {
			y -= 5
		}
		foot := c.Min.Y + vg.Length(len(captions))*lineHeight(caption)
		if len(captions) > 0 {
			foot += 5
		}
		body(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: foot}, Max: vg.Point{X: c.Max.X, Y: y}}})
		y = foot - 5
		for _, t := range captions {
			c.FillText(caption, vg.Point{X: c.Min.X, Y: y}, t)
			y -= lineHeight(caption)
		}
	}
	return &Figure{Width: w, Height: height, Title: strings.TrimSpace(o.Title), Text: o.Caption, lang: o.lang(), draw: draws}
}

func legendRows(legend []entry, width func(string) vg.Length, inner vg.Length) [][]entry {
	var rows [][]entry
	x := vg.Length(0)
	for _, e := range legend {
		need := keyWidth + keyGap + width(e.name)
		if len(rows) == 0 || x+need > inner {
			rows, x = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
		x += need + 14
	}
	return rows
}

// lineKey is the legend sample of the i-th series: its band, its line and its mark.
func lineKey(i int, band bool) func(draw.Canvas) {
	return func(c draw.Canvas) {
		if band {
			c.SetColor(alpha(colour(i), bandAlpha))
			c.Fill(c.Rectangle.Path())
		}
		y := c.Center().Y
		c.StrokeLine2(lineOf(i), c.Min.X, y, c.Max.X, y)
		c.DrawGlyph(markOf(i, 2.2), vg.Point{X: c.Center().X, Y: y})
	}
}

func boxKey(fill draw.LineStyle) func(draw.Canvas) {
	return func(c draw.Canvas) {
		c.SetColor(fill.Color)
		c.Fill(draw.Crop(c, 4, -4, 1, -1).Rectangle.Path())
	}
}

func markKey(s draw.GlyphStyle) func(draw.Canvas) {
	return func(c draw.Canvas) { c.DrawGlyph(s, c.Center()) }
}
