package figure

import (
	"encoding/json"
	"html"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"tiltakseffekt/internal/number"
)

// Data is what a figure shows, as a table: the numbers that were drawn and no other, so that whoever cannot see the figure
// has the same, and a figure without a table of its own gets this one.
type Data struct {
	Head []string
	Rows [][]Value
}

// Value is a cell of Data: a text, or a number and how it is written.
type Value struct {
	Text   string
	Number float64 // NaN where it is missing
	IsText bool
}

func word(s string) Value { return Value{Text: s, Number: math.NaN(), IsText: true} }

// value writes a number in the unit of an axis: as a level, or with its sign where it is a difference.
func value(l number.Lang, u Unit, v float64) Value {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return Value{Text: "–", Number: math.NaN()}
	case u == Points:
		return Value{Text: l.Points(v, 1), Number: v}
	case u == Share:
		return Value{Text: l.Percent(v, 1), Number: v}
	case u == Kroner:
		return Value{Text: l.Kroner(v), Number: v}
	case v == math.Trunc(v):
		return Value{Text: l.Decimal(v, 0), Number: v}
	}
	return Value{Text: l.Decimal(v, 2), Number: v}
}

// between writes an estimate with its interval, "+3,2 (+1,0 til +5,4)", the estimate alone where it has none.
func between(l number.Lang, write func(float64) string, v, low, high float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	if math.IsNaN(low) || math.IsNaN(high) {
		return write(v)
	}
	return write(v) + " (" + l.Range(write(low), write(high)) + ")"
}

// spot is a place in a figure that a reader can point at, in the units of its view box, and what is said there.
type spot struct {
	x, y vg.Length
	text string
}

// recorder is a canvas that also remembers the spots of what is drawn on it. Only an SVG element for a page uses it.
type recorder struct {
	vg.Canvas
	height vg.Length
	along  string // what the pointer is compared in: "x" along curves, "y" along rows, "" both
	spots  []spot
}

// spot remembers what is said at a place; nothing where the canvas does not ask for it.
func (p *panel) spot(along string, at vg.Point, text string) {
	var below vg.Canvas = p.c
	for { // cropping wraps the canvas
		c, ok := below.(draw.Canvas)
		if !ok {
			break
		}
		below = c.Canvas
	}
	if r, ok := below.(*recorder); ok && text != "" {
		r.along = along
		r.spots = append(r.spots, spot{at.X, r.height - at.Y, text})
	}
}

// attributes are the spots as attributes of the SVG element: data-along, and data-spots with [x, y, text] for each.
func (r *recorder) attributes() string {
	if len(r.spots) == 0 {
		return ""
	}
	list := make([][3]any, len(r.spots))
	for i, s := range r.spots {
		list[i] = [3]any{math.Round(float64(s.x)*10) / 10, math.Round(float64(s.y)*10) / 10, s.text}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(list) != nil {
		return ""
	}
	return ` data-along="` + r.along + `" data-spots="` + html.EscapeString(strings.TrimSpace(b.String())) + `"`
}
