package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// LoveRow is a covariate in a love plot: its standardised mean difference before and after adjustment by each method.
type LoveRow struct {
	Label  string
	Before float64
	After  []float64 // as Options.Names; shorter is allowed, NaN is not drawn
}

// Love draws the balance of covariates: the absolute standardised mean difference before (a ring) and after adjustment
// (a mark a method), rows in the order given, with a line at 0.1, which many take as a bound. Rows whose values are all
// missing are said to be hidden.
func Love(rows []LoveRow, o Options) *Figure {
	const rowHeight, lineMore = 13, 10 // of a label of one line, and each further line
	names := style(smallSize, ink, right, middle)
	labelRoom := vg.Length(0)
	most := 0.25
	for _, r := range rows {
		labelRoom = max(labelRoom, names.Width(r.Label))
		for _, v := range append([]float64{r.Before}, r.After...) {
			if v = math.Abs(v); v > most && !math.IsInf(v, 0) {
				most = v
			}
		}
	}
	inner := o.width() - 2*margin
	labelRoom = min(labelRoom, inner*0.5) + 8
	labels := make([][]string, len(rows)) // on up to three lines: the end of a label is what tells it from the next
	centres := make([]vg.Length, len(rows))
	tall := vg.Length(0)
	for i, r := range rows {
		labels[i] = wrap(names, r.Label, labelRoom-8, 3)
		high := vg.Length(rowHeight + lineMore*max(0, len(labels[i])-1))
		centres[i] = tall + high/2
		tall += high
	}
	legend := []entry{{o.say("før", "before"), markKey(draw.GlyphStyle{Color: grey, Radius: 3, Shape: draw.RingGlyph{}})}}
	for i, n := range o.Names {
		legend = append(legend, entry{n, markKey(markOf(i, 3))})
	}
	title := o.say("Absolutt standardisert forskjell (SMD)", "Absolute standardised mean difference (SMD)")
	axis := xAxisHeight(title)
	height := tall + axis + 6
	if len(rows) == 0 {
		height = 80
	}
	return frame(o, legend, height, func(c draw.Canvas) {
		p := &panel{c: draw.Crop(c, labelRoom, -10, axis, 0), xMax: most * 1.04, yMin: 0, yMax: float64(max(tall, 1)), lang: o.lang()}
		if len(rows) == 0 {
			p.say(o.say("Ingen balanse å vise.", "No balance to show."))
			return
		}
		p.xAxis(Plain, step(0, p.xMax, 5), title)
		p.vLine(draw.LineStyle{Color: grey, Width: 0.8, Dashes: []vg.Length{3, 2}}, 0.1)
		for i, r := range rows {
			y := float64(tall - centres[i])
			at := p.at(0, y).Y
			p.c.StrokeLine2(thin, p.c.Min.X, at, p.c.Max.X, at)
			for k, line := range labels[i] {
				p.c.FillText(names, vg.Point{X: p.c.Min.X - 5, Y: at + lineMore*(vg.Length(len(labels[i])-1)/2-vg.Length(k))}, line)
			}
			shown := false
			put := func(v float64, s draw.GlyphStyle) {
				if v = math.Abs(v); !math.IsNaN(v) && !math.IsInf(v, 0) {
					p.c.DrawGlyph(s, p.at(v, y))
					shown = true
				}
			}
			put(r.Before, draw.GlyphStyle{Color: grey, Radius: 3, Shape: draw.RingGlyph{}})
			for m, v := range r.After {
				put(v, markOf(m, 2.8))
			}
			if shown {
				p.spot("y", p.at(math.Abs(orValue(r.Before, 0)), y), loveText(r, o))
			}
			if !shown {
				p.label(style(smallSize, grey, left, middle), vg.Point{X: p.c.Min.X + 4, Y: at}, o.say("skjult eller ikke beregnet", "hidden or not estimated"))
			}
		}
	})
}
