package figure

import (
	"image/color"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The palette of Aksel (navikt/aksel, data-viz tokens), ordered so that neighbours differ in lightness too.
var (
	ink      = hex(0x202733)
	grey     = hex(0x5d6573)
	gridLine = hex(0xcfd3d8)

	palette = []color.NRGBA{hex(0x005B82), hex(0xC77300), hex(0x3386E0), hex(0x2AA758), hex(0x8269A2), hex(0x368DA8)}
	dashes  = [][]vg.Length{nil, {5, 2.5}, {1.6, 1.8}, {7, 2, 1.5, 2}, {3, 1.5}, {9, 3}}
	marks   = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.RingGlyph{}, draw.PlusGlyph{}, draw.CrossGlyph{}}
)

func hex(rgb uint32) color.NRGBA {
	return color.NRGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255}
}

func alpha(c color.NRGBA, a float64) color.NRGBA {
	c.A = uint8(255*a + 0.5)
	return c
}

func colour(i int) color.NRGBA { return palette[i%len(palette)] }

// lineOf is the line of the i-th series.
func lineOf(i int) draw.LineStyle {
	return draw.LineStyle{Color: colour(i), Width: 1.6, Dashes: dashes[turned(i)%len(dashes)]}
}

func markOf(i int, radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: colour(i), Radius: radius, Shape: marks[turned(i)%len(marks)]}
}

// turned moves dashes and marks on by one for each round of colours, so that the seventh series is not drawn as the first is.
func turned(i int) int { return i + i/len(palette) }

var thin = draw.LineStyle{Color: gridLine, Width: 0.5}
var axisLine = draw.LineStyle{Color: grey, Width: 0.6}

// fonts is our own cache: the global one of gonum/plot stays as it is. The letters are the Go fonts, which gonum/plot
// links anyway; they run a little wider than Arial, so that a layout made with them has room for what a browser puts there.
var fonts = func() *font.Cache {
	cache := font.NewCache(nil)
	for weight, ttf := range map[xfont.Weight][]byte{xfont.WeightNormal: goregular.TTF, xfont.WeightBold: gobold.TTF} {
		face, err := opentype.Parse(ttf)
		if err != nil {
			panic("figure: the built-in font cannot be read: " + err.Error())
		}
		cache.Add(font.Collection{{Font: font.Font{Typeface: typeface, Weight: weight}, Face: face}})
	}
	return cache
}()

const typeface = "Go"

const (
	titleSize = 10.5
	textSize  = 9.5
	smallSize = 9.
)

// style is a text style; x and y align the text at its point.
func style(size vg.Length, c color.Color, x, y float64) text.Style {
	return text.Style{
		Color:  c,
		Font:   font.Font{Typeface: typeface, Size: size},
		XAlign: text.XAlignment(x), YAlign: text.YAlignment(y),
		Handler: text.Plain{Fonts: fonts},
	}
}

func bold(s text.Style) text.Style {
	s.Font.Weight = xfont.WeightBold
	return s
}

// Alignments of a text at its point.
const (
	left, centre, right = 0., -0.5, -1.
	bottom, middle, top = 0., -0.5, -1.
)
