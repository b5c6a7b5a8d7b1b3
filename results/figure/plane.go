package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// PlanePoint is a point of the cost-effectiveness plane with the errors of its two coordinates and their correlation.
type PlanePoint struct {
	Name       string
	X, Y       float64 // effect, thousand kroner
	SDX, SDY   float64
	Correlated float64
}

// ellipse is the outline of the region that holds a share level of a bivariate normal cloud around the point: √q of the
// Mahalanobis distance, with q = −2 ln(1 − level), the quantile of χ² with two degrees of freedom.
func (e PlanePoint) ellipse(level float64) (x, y []float64) {
	if !(e.SDX > 0 && e.SDY > 0) || math.IsNaN(e.Correlated) {
		return nil, nil
	}
	r := math.Sqrt(-2 * math.Log(1-level))
	rest := math.Sqrt(max(0, 1-e.Correlated*e.Correlated))
	for k := 0; k <= 72; k++ {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / 72)
		x = append(x, e.X+r*e.SDX*cos)
		y = append(y, e.Y+r*e.SDY*(e.Correlated*cos+rest*sin))
	}
	return x, y
}

// Plane draws the cost-effectiveness plane: what a start gives beyond its comparison from left to right, what it costs
// beyond it from below, and around each point the ellipse that holds a share level of what chance could give. Points are
// numbered where there are several, and named below in as many columns as there is room for, so that thirty can be told
// apart, in grey print too.
func Plane(points []PlanePoint, level float64, o Options) *Figure {
	var drawn []PlanePoint
	for _, e := range points {
		if !math.IsNaN(e.X) && !math.IsNaN(e.Y) {
			drawn = append(drawn, e)
		}
	}
	name := style(smallSize, ink, left, top)
	inner := o.width() - 2*margin
	widest := vg.Length(0)
	text := func(i int) string { return fmt.Sprintf("%d %s", i+1, drawn[i].Name) }
	for i := range drawn {
		widest = max(widest, name.Width(text(i)))
	}
	columns, list := 1, vg.Length(0)
	if len(drawn) > 1 {
		columns = max(1, min(3, int(inner/(min(widest, inner)+12))))
		list = vg.Length((len(drawn)+columns-1)/columns)*lineHeight(name) + 6
	}
	const body = 8 * vg.Centimeter
	f := frame(o, nil, body+list, func(c draw.Canvas) {
		if len(drawn) == 0 {
			(&panel{c: c}).say(o.say("Ingen punkter å vise, eller skjult av hensyn til personvern.", "No points to show, or hidden to protect persons."))
			return
		}
		p := &panel{lang: o.lang()}
		p.range2(drawn, level)
		area := draw.Crop(c, 0, 0, list, 0)
		heading := style(smallSize, ink, left, top)
		area.FillText(heading, vg.Point{X: area.Min.X, Y: area.Max.Y}, shorten(heading, o.YLabel, inner))
		p.c = draw.Crop(area, yLabelWidth(o.lang(), Plain, p.yMin, p.yMax, 5), -12, xAxisHeight(o.XLabel), -lineHeight(heading)-3)
		p.yAxis(Plain, 5)
		by := step(p.xMin, p.xMax, 6)
		for _, v := range ticks(p.xMin, p.xMax, by) {
			p.vLine(thin, v)
		}
		p.xAxis(Plain, by, o.XLabel)
		axis := draw.LineStyle{Color: grey, Width: 1}
		p.hLine(axis, 0)
		p.vLine(axis, 0)
		p.corners(o)
		for i, e := range drawn {
			x, y := e.ellipse(level)
			line := lineOf(i)
			line.Width = 0.8
			if len(drawn) <= 6 {
				p.fill(alpha(colour(i), 0.1), p.points(x, y))
			}
			if len(x) > 0 {
				p.c.StrokeLines(line, p.c.ClipLinesXY(p.points(x, y))...)
			}
		}
		var taken []vg.Point
		for i, e := range drawn {
			at := p.at(e.X, e.Y)
			p.spot("", at, e.Name+": "+value(o.lang(), Plain, e.X).Text+"; "+value(o.lang(), Plain, e.Y).Text)
			if len(drawn) == 1 {
				p.c.DrawGlyph(draw.GlyphStyle{Color: colour(0), Radius: 3, Shape: draw.CircleGlyph{}}, at)
				continue
			}
			if free := p.free(at, taken); free != at { // two in one place: the number stands beside, on a line to its point
				p.c.StrokeLine2(draw.LineStyle{Color: colour(i), Width: 0.7}, at.X, at.Y, free.X, free.Y)
				p.c.DrawGlyph(draw.GlyphStyle{Color: colour(i), Radius: 1.5, Shape: draw.CircleGlyph{}}, at)
				at = free
			}
			taken = append(taken, at)
			p.c.DrawGlyph(draw.GlyphStyle{Color: hex(0xffffff), Radius: 6.4, Shape: draw.CircleGlyph{}}, at)
			p.c.DrawGlyph(draw.GlyphStyle{Color: colour(i), Radius: 6, Shape: draw.RingGlyph{}}, at)
			p.c.FillText(style(7.5, ink, centre, middle), at, fmt.Sprint(i+1))
		}
		rows := (len(drawn) + columns - 1) / columns
		wide := inner / vg.Length(columns)
		for i := range drawn {
			if len(drawn) > 1 {
				at := vg.Point{X: c.Min.X + vg.Length(i/rows)*wide, Y: c.Min.Y + list - 6 - vg.Length(i%rows)*lineHeight(name)}
				c.FillText(name, at, shorten(name, text(i), wide-10))
			}
		}
	})
	f.Data = &Data{Head: []string{"", o.XLabel, o.say("Standardfeil", "Standard error"), o.YLabel, o.say("Standardfeil", "Standard error")}}
	for _, e := range drawn {
		f.Data.Rows = append(f.Data.Rows, []Value{word(e.Name), value(o.lang(), Plain, e.X), value(o.lang(), Plain, e.SDX), value(o.lang(), Plain, e.Y), value(o.lang(), Plain, e.SDY)})
	}
	return f
}

// free is the place nearest to a point where a number covers no other: the point itself, or one on circles around it.
func (p *panel) free(at vg.Point, taken []vg.Point) vg.Point {
	const apart = 12.5
	for ring := 0; ring < 8; ring++ {
		for k := range max(1, 8*ring) {
			sin, cos := math.Sincos(2*math.Pi*float64(k)/float64(max(1, 8*ring)) + 0.4)
			q := vg.Point{X: at.X + vg.Length(7*float64(ring)*cos), Y: at.Y + vg.Length(7*float64(ring)*sin)}
			if q.X < p.c.Min.X+6 || q.X > p.c.Max.X-6 || q.Y < p.c.Min.Y+6 || q.Y > p.c.Max.Y-6 {
				continue
			}
			clear := true
			for _, t := range taken {
				clear = clear && math.Hypot(float64(q.X-t.X), float64(q.Y-t.Y)) >= apart
			}
			if clear {
				return q
			}
		}
	}
	return at
}

// range2 sets the axes: all points and zero, and the ellipses as far as they stay within the spread of the points.
func (p *panel) range2(points []PlanePoint, level float64) {
	var x, y, ex, ey []float64
	for _, e := range points {
		a, b := e.ellipse(level)
		x, y, ex, ey = append(x, e.X), append(y, e.Y), append(ex, a...), append(ey, b...)
	}
	bounds := func(v, edge []float64) (low, high float64) {
		low, high, _ = span(append(v, 0))
		if l, h, ok := span(edge); ok {
			room := max(1.2*(high-low), 1e-9)
			low, high = min(low, max(l, low-room)), max(high, min(h, high+room))
		}
		pad := 0.06 * (high - low)
		if pad == 0 {
			pad = 1
		}
		return low - pad, high + pad
	}
	p.xMin, p.xMax = bounds(x, ex)
	p.yMin, p.yMax = bounds(y, ey)
}

// corners names the quadrants that have room.
func (p *panel) corners(o Options) {
	zero := p.at(0, 0)
	const room, high = 66, 26
	for _, q := range []struct {
		nb, en string
		x, y   float64
	}{
		{"bedre, dyrere", "better, dearer", right, top}, {"bedre, billigere", "better, cheaper", right, bottom},
		{"dårligere, dyrere", "worse, dearer", left, top}, {"dårligere, billigere", "worse, cheaper", left, bottom},
	} {
		x, y, wide, tall := p.c.Max.X-3, p.c.Max.Y-3, p.c.Max.X-zero.X, p.c.Max.Y-zero.Y
		if q.x == left {
			x, wide = p.c.Min.X+3, zero.X-p.c.Min.X
		}
		if q.y == bottom {
			y, tall = p.c.Min.Y+3, zero.Y-p.c.Min.Y
		}
		if wide > room && tall > high {
			p.label(style(smallSize, grey, q.x, q.y), vg.Point{X: x, Y: y}, o.say(q.nb, q.en))
		}
	}
}
