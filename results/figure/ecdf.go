package figure

import (
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// ECDFCurve is a distribution function as steps: the value holds from its own x to the next.
type ECDFCurve struct{ X, Y []float64 }

// ECDFPanel is one covariate: the distribution of both groups after adjustment, and of the comparison group before.
type ECDFPanel struct {
	Title                       string
	Treated, Comparison, Before ECDFCurve
}

// ECDF draws the distribution functions of covariates, a panel each in a grid: where the two lines lie on each other, the
// groups are alike in the whole distribution and not in its mean alone. The broken grey line is the comparison group before.
func ECDF(panels []ECDFPanel, o Options) *Figure {
	before := draw.LineStyle{Color: grey, Width: 0.9, Dashes: []vg.Length{2, 2}}
	key := func(s draw.LineStyle) func(draw.Canvas) {
		return func(c draw.Canvas) { c.StrokeLine2(s, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y) }
	}
	legend := []entry{{o.say("deltakere", "treated"), key(lineOf(0))}, {o.say("sammenligning", "comparison"), key(lineOf(1))},
		{o.say("sammenligning før", "comparison before"), key(before)}}
	columns := max(1, min(len(panels), int(o.width()/(5.5*vg.Centimeter))))
	rows := max(1, (len(panels)+columns-1)/columns)
	const panelHeight = 4 * vg.Centimeter
	f := frame(o, legend, vg.Length(rows)*panelHeight, func(c draw.Canvas) {
		if len(panels) == 0 {
			(&panel{c: c}).say(o.say("Ingen fordeling å vise.", "No distribution to show."))
			return
		}
		room := yLabelWidth(o.lang(), Share, 0, 1, 4)
		cell := (c.Max.X - c.Min.X - room) / vg.Length(columns)
		for i, e := range panels {
			x0, y1 := c.Min.X+room+vg.Length(i%columns)*cell, c.Max.Y-vg.Length(i/columns)*panelHeight
			box := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x0, Y: y1 - panelHeight}, Max: vg.Point{X: x0 + cell, Y: y1}}}
			head := bold(style(textSize, ink, left, top))
			box.FillText(head, vg.Point{X: box.Min.X, Y: box.Max.Y - 3}, shorten(head, e.Title, cell-12))
			p := &panel{c: draw.Crop(box, 0, -14, xAxisHeight("")+4, -lineHeight(head)-6), yMax: 1.02, lang: o.lang()}
			low, high, ok := span(e.Treated.X, e.Comparison.X, e.Before.X)
			if !ok {
				p.xMax = 1
				p.say(o.say("Ingen fordeling å vise.", "No distribution to show."))
				continue
			}
			if p.xMin, p.xMax = low, high; low == high {
				p.xMin, p.xMax = low-0.5, high+0.5
			}
			if i%columns == 0 {
				p.yAxis(Share, 4)
			} else {
				for _, v := range ticks(0, 1, 0.25) {
					p.hLine(thin, v)
				}
			}
			none := draw.GlyphStyle{Color: grey, Radius: 1, Shape: draw.CircleGlyph{}}
			for k, s := range []ECDFCurve{e.Before, e.Treated, e.Comparison} {
				line := before
				if k > 0 {
					line = lineOf(k - 1)
				}
				x, y := stairs(s.X, s.Y, p.xMax)
				p.line(line, none, x, y)
			}
			p.xAxis(Plain, step(p.xMin, p.xMax, 3), "")
		}
	})
	f.Data = &Data{Head: []string{o.say("Kovariat", "Covariate"), o.say("Største forskjell før", "Largest difference before"), o.say("etter", "after")}}
	for _, e := range panels {
		row := []Value{word(e.Title)}
		for _, s := range []ECDFCurve{e.Before, e.Comparison} {
			row = append(row, word(strconv.FormatFloat(gapOf(e.Treated, s), 'f', 3, 64)))
		}
		f.Data.Rows = append(f.Data.Rows, row)
	}
	return f
}

// gapOf is the largest difference between two step functions at their steps.
func gapOf(a, b ECDFCurve) float64 {
	at := func(s ECDFCurve, x float64) float64 {
		v := 0.
		for i := range s.X {
			if s.X[i] <= x {
				v = s.Y[i]
			}
		}
		return v
	}
	most := 0.
	for _, s := range []ECDFCurve{a, b} {
		for _, x := range s.X {
			most = math.Max(most, math.Abs(at(a, x)-at(b, x)))
		}
	}
	return most
}
