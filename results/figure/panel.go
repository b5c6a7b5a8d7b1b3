package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"tiltakseffekt/internal/number"
)

// panel is a data area with linear axes on a canvas. Set the ranges first: everything is clipped to them.
type panel struct {
	c          draw.Canvas // its rectangle is the data area
	xMin, xMax float64
	yMin, yMax float64
	lang       number.Lang
}

func (p *panel) at(x, y float64) vg.Point {
	return vg.Point{
		X: p.c.X((x - p.xMin) / (p.xMax - p.xMin)),
		Y: p.c.Y((y - p.yMin) / (p.yMax - p.yMin)),
	}
}

// yAxis draws horizontal grid lines and their labels to the left of the data area.
func (p *panel) yAxis(u Unit, n int) {
	by := step(p.yMin, p.yMax, n)
	if u == Share && by > 0.25 {
		by = 0.25
	}
	s := style(smallSize, grey, right, middle)
	for _, v := range ticks(p.yMin, p.yMax, by) {
		y := p.at(p.xMin, v).Y
		p.c.StrokeLine2(thin, p.c.Min.X, y, p.c.Max.X, y)
		p.c.FillText(s, vg.Point{X: p.c.Min.X - 4, Y: y}, label(p.lang, u, v, by))
	}
}

// yLabelWidth is the room that the labels of yAxis take.
func yLabelWidth(l number.Lang, u Unit, low, high float64, n int) vg.Length {
	by := step(low, high, n)
	if u == Share && by > 0.25 {
		by = 0.25
	}
	s, most := style(smallSize, grey, right, middle), vg.Length(0)
	for _, v := range ticks(low, high, by) {
		most = max(most, width(s, label(l, u, v, by)))
	}
	return most + 6
}

// xAxis draws the line at the bottom with ticks at multiples of by, and a title below where there is one.
func (p *panel) xAxis(u Unit, by float64, title string) {
	p.c.StrokeLine2(axisLine, p.c.Min.X, p.c.Min.Y, p.c.Max.X, p.c.Min.Y)
	s := style(smallSize, grey, centre, top)
	free := p.c.Min.X - 100
	for _, v := range ticks(p.xMin, p.xMax, by) {
		x := p.at(v, p.yMin).X
		p.c.StrokeLine2(axisLine, x, p.c.Min.Y, x, p.c.Min.Y-3)
		txt := label(p.lang, u, v, by)
		if half := width(s, txt) / 2; x-half > free { // labels never touch
			p.c.FillText(s, vg.Point{X: x, Y: p.c.Min.Y - 4.5}, txt)
			free = x + half + 3
		}
	}
	if title != "" {
		st := style(smallSize, ink, centre, top)
		x := min(p.c.Center().X, p.c.Max.X+8-st.Width(title)/2) // a long title shifts to the left rather than being cut
		p.c.FillText(st, vg.Point{X: x, Y: p.c.Min.Y - 16}, title)
	}
}

// xAxisHeight is the room below the data area that xAxis takes.
func xAxisHeight(title string) vg.Length {
	if title == "" {
		return 15
	}
	return 27
}

func (p *panel) hLine(s draw.LineStyle, y float64) {
	if y >= p.yMin && y <= p.yMax {
		at := p.at(p.xMin, y).Y
		p.c.StrokeLine2(s, p.c.Min.X, at, p.c.Max.X, at)
	}
}

func (p *panel) vLine(s draw.LineStyle, x float64) {
	if x >= p.xMin && x <= p.xMax {
		at := p.at(x, p.yMin).X
		p.c.StrokeLine2(s, at, p.c.Min.Y, at, p.c.Max.Y)
	}
}

// runs cuts a series at its gaps: each run is a range of indices where every given column is finite.
func runs(n int, columns ...[]float64) [][2]int {
	finite := func(i int) bool {
		for _, c := range columns {
			if i >= len(c) || math.IsNaN(c[i]) || math.IsInf(c[i], 0) {
				return false
			}
		}
		return true
	}
	var out [][2]int
	for i := 0; i < n; i++ {
		if !finite(i) {
			continue
		}
		from := i
		for i < n && finite(i) {
			i++
		}
		out = append(out, [2]int{from, i})
	}
	return out
}

func (p *panel) points(x, y []float64) []vg.Point {
	pts := make([]vg.Point, len(x))
	for i := range x {
		pts[i] = p.at(x[i], y[i])
	}
	return pts
}

// line draws a line with gaps at NaN; a value that stands alone is a mark.
func (p *panel) line(s draw.LineStyle, mark draw.GlyphStyle, x, y []float64) {
	for _, r := range runs(len(x), x, y) {
		pts := p.points(x[r[0]:r[1]], y[r[0]:r[1]])
		if len(pts) == 1 {
			p.c.DrawGlyph(mark, pts[0])
			continue
		}
		p.c.StrokeLines(s, p.c.ClipLinesXY(pts)...)
	}
}

// mark draws a mark at every step-th finite point.
func (p *panel) mark(s draw.GlyphStyle, x, y []float64, step int) {
	for i := range x {
		if i%step == step-1 && !math.IsNaN(y[i]) {
			p.c.DrawGlyph(s, p.at(x[i], y[i]))
		}
	}
}

// band fills between low and high with gaps at NaN; a point that stands alone is a bar.
func (p *panel) band(fill color.NRGBA, x, low, high []float64) {
	for _, r := range runs(len(x), x, low, high) {
		if r[1]-r[0] == 1 {
			i := r[0]
			bar := []vg.Point{p.at(x[i], low[i]), p.at(x[i], high[i])}
			p.c.StrokeLines(draw.LineStyle{Color: alpha(fill, 0.6), Width: 2}, p.c.ClipLinesXY(bar)...)
			continue
		}
		var pts []vg.Point
		for i := r[0]; i < r[1]; i++ {
			pts = append(pts, p.at(x[i], high[i]))
		}
		for i := r[1] - 1; i >= r[0]; i-- {
			pts = append(pts, p.at(x[i], low[i]))
		}
		p.fill(fill, pts)
	}
}

func (p *panel) fill(c color.Color, pts []vg.Point) {
	if pts = p.c.ClipPolygonXY(pts); len(pts) > 2 {
		p.c.FillPolygon(c, pts)
	}
}

// bar fills the rectangle between two corners in data units.
func (p *panel) bar(c color.Color, x0, y0, x1, y1 float64) {
	a, b := p.at(x0, y0), p.at(x1, y1)
	p.fill(c, []vg.Point{a, {X: b.X, Y: a.Y}, b, {X: a.X, Y: b.Y}})
}

// say writes a text in the middle of the data area, wrapped.
func (p *panel) say(txt string) {
	s := style(textSize, grey, centre, middle)
	lines := wrap(s, txt, p.c.Max.X-p.c.Min.X-12, 5)
	y := p.c.Center().Y + lineHeight(s)*vg.Length(len(lines)-1)/2
	for _, l := range lines {
		p.label(s, vg.Point{X: p.c.Center().X, Y: y}, l)
		y -= lineHeight(s)
	}
}

// label writes a line of text on a white ground, so that lines behind it do not cross it out.
func (p *panel) label(s text.Style, at vg.Point, line string) {
	r := s.Rectangle(line)
	p.c.SetColor(alpha(hex(0xffffff), 0.85))
	p.c.Fill(vg.Rectangle{Min: at.Add(r.Min).Sub(vg.Point{X: 2, Y: 1}), Max: at.Add(r.Max).Add(vg.Point{X: 2, Y: 1})}.Path())
	p.c.FillText(s, at, line)
}
