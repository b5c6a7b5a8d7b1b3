package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Layer is one way out in a figure of competing exits: the share that has left that way by each time. NaN is passed over and
// the last value holds.
type Layer struct {
	Name string
	Y    []float64
}

// hatchings tell layers apart where colours cannot: the distance of lines and whether they rise, fall or are dots.
var hatchings = []struct {
	gap  vg.Length
	kind int // 0 none, 1 rising, 2 falling, 3 level
}{{0, 0}, {5, 1}, {4, 2}, {4, 3}, {3, 1}, {7, 2}}

// Stacked draws competing exits as layers on top of each other, so that what is left over under the top is the share still
// there; risk, where not nil, is written below as the number at risk.
func Stacked(x []float64, layers []Layer, risk []int, o Options) *Figure {
	var legend []entry
	xMax, drawn := 1., false
	for i, l := range layers {
		legend = append(legend, entry{l.Name, layerKey(i)})
		for k, y := range l.Y {
			if !math.IsNaN(y) {
				xMax, drawn = max(xMax, x[k]), true
			}
		}
	}
	legend = append(legend, entry{o.say("ingen av disse ennå", "none of these yet"), layerKey(-1)})
	title := o.XLabel
	if title == "" {
		title = o.say("Måneder etter start", "Months after the start")
	}
	small := style(smallSize, grey, centre, top)
	table := vg.Length(0)
	if risk != nil {
		table = 2*lineHeight(small) + 2
	}
	axis := xAxisHeight(title)
	return frame(o, legend, 6*vg.Centimeter+table, func(c draw.Canvas) {
		p := &panel{c: draw.Crop(c, yLabelWidth(o.lang(), Share, 0, 1, 4), -10, axis+table, -4), xMax: xMax, yMax: 1, lang: o.lang()}
		if !drawn {
			p.say(o.say("Ingen kurver å vise, eller skjult av hensyn til personvern.", "No curves to show, or hidden to protect persons."))
			return
		}
		below := make([]float64, len(x))
		for i, l := range layers {
			above, last := make([]float64, len(x)), 0.
			for k, y := range l.Y {
				if !math.IsNaN(y) {
					last = y
				}
				above[k] = below[k] + last
			}
			p.layer(i, x, below, above, xMax)
			below = above
		}
		p.yAxis(Share, 4)
		by := monthStep(xMax, 8)
		p.xAxis(Plain, by, title)
		if risk != nil {
			atRisk(p, []Curve{{X: x, Y: below, Risk: risk}}, by, p.c.Min.Y-axis-2, o)
		}
	})
}

// layer fills between two step functions that begin at 0, hatches it and draws its upper edge.
func (p *panel) layer(i int, x, below, above []float64, xMax float64) {
	from := func(y []float64) (sx, sy []float64) {
		if len(x) > 0 && x[0] > 0 {
			return stairs(append([]float64{0}, x...), append([]float64{0}, y...), xMax)
		}
		return stairs(x, y, xMax)
	}
	ax, ay := from(above)
	bx, by := from(below)
	pts := p.points(ax, ay)
	low := p.points(bx, by)
	for k := len(low) - 1; k >= 0; k-- {
		pts = append(pts, low[k])
	}
	p.fill(alpha(colour(i), 0.75), pts)
	if h := hatchings[i%len(hatchings)]; h.kind != 0 {
		p.hatch(h.gap, h.kind, p.points(ax, ay), low)
	}
	p.c.StrokeLines(draw.LineStyle{Color: hex(0xffffff), Width: 0.9}, p.c.ClipLinesXY(p.points(ax, ay))...)
}

// hatch draws white lines between two outlines that are step functions from left to right, column by column of half a point
// so that no polygon has to be clipped by another.
func (p *panel) hatch(gap vg.Length, kind int, top, low []vg.Point) {
	at := func(line []vg.Point, x vg.Length) vg.Length {
		y := p.c.Min.Y
		for _, q := range line {
			if q.X > x {
				break
			}
			y = q.Y
		}
		return y
	}
	style := draw.LineStyle{Color: alpha(hex(0xffffff), 0.8), Width: 0.7}
	const width = 2
	for x := p.c.Min.X; x < p.c.Max.X; x += width {
		a, b := at(low, x+width/2), at(top, x+width/2)
		if b-a < 1 {
			continue
		}
		slope := vg.Length(0)
		switch kind {
		case 1:
			slope = 1
		case 2:
			slope = -1
		}
		offset := x - p.c.Min.X
		first := vg.Length(math.Ceil(float64((a-p.c.Min.Y-slope*offset)/gap)))*gap + p.c.Min.Y + slope*offset
		for y := first; y < b-0.4; y += gap {
			p.c.StrokeLine2(style, x, y, min(x+width, p.c.Max.X), max(a, min(b, y+slope*width)))
		}
	}
}

// layerKey is the legend sample of a layer; −1 is the empty one.
func layerKey(i int) func(draw.Canvas) {
	return func(c draw.Canvas) {
		box := draw.Crop(c, 4, -4, 1, -1)
		if i < 0 {
			box.StrokeLines(draw.LineStyle{Color: grey, Width: 0.6}, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}, box.Min})
			return
		}
		box.SetColor(alpha(colour(i), 0.75))
		box.Fill(box.Rectangle.Path())
		if h := hatchings[i%len(hatchings)]; h.kind != 0 {
			p := &panel{c: box}
			p.hatch(h.gap*0.6, h.kind, []vg.Point{{X: box.Min.X, Y: box.Max.Y}}, []vg.Point{{X: box.Min.X, Y: box.Min.Y}})
		}
	}
}
