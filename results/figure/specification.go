package figure

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Specification is one estimate of a specification curve with the choice it made of each factor.
type Specification struct {
	Estimate, Low, High float64
	Choice              []string // one a factor
	Main                bool     // the study's own
}

// SpecificationCurve draws all specifications of one effect from the smallest to the largest, each with its interval, and
// under them, factor by factor, which choice each made. The study's own is filled and ringed. Factors with one choice are
// left out; specifications without an estimate are not drawn.
func SpecificationCurve(factors []string, specs []Specification, u Unit, o Options) *Figure {
	var shown []Specification
	for _, s := range specs {
		if !math.IsNaN(s.Estimate) {
			shown = append(shown, s)
		}
	}
	slices.SortStableFunc(shown, func(a, b Specification) int {
		switch {
		case a.Estimate < b.Estimate:
			return -1
		case a.Estimate > b.Estimate:
			return 1
		}
		return 0
	})
	type line struct {
		factor, choice string
		head           bool // the first of its factor
		at             int
	}
	var lines []line
	for f, name := range factors {
		var choices []string
		for _, s := range shown {
			if !slices.Contains(choices, s.Choice[f]) {
				choices = append(choices, s.Choice[f])
			}
		}
		if len(choices) < 2 {
			continue
		}
		slices.Sort(choices)
		for i, c := range choices {
			lines = append(lines, line{name, c, i == 0, f})
		}
	}
	names := style(smallSize, ink, right, middle)
	heads := bold(style(smallSize, ink, left, middle))
	room := vg.Length(0)
	headed := 0
	for _, l := range lines {
		room = max(room, names.Width(l.choice))
		if l.head {
			headed++
		}
	}
	room = min(max(room+6, 52), (o.width()-2*margin)*0.45)
	const rowHeight, curveHeight, gap = 12, 130, 14
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range shown {
		for _, v := range []float64{s.Estimate, s.Low, s.High} {
			if !math.IsNaN(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	height := vg.Length(curveHeight + gap + rowHeight*(len(lines)+headed))
	f := frame(o, nil, height, func(c draw.Canvas) {
		p := &panel{c: draw.Crop(c, room, -4, height-curveHeight, 0), xMin: -0.5, xMax: float64(len(shown)) - 0.5, lang: o.lang()}
		if len(shown) == 0 {
			p.yMin, p.yMax = 0, 1
			p.say(o.say("Ingen estimater å vise.", "No estimates to show."))
			return
		}
		low, high = min(low, 0), max(high, 0)
		pad := 0.04 * (high - low)
		p.yMin, p.yMax = low-pad, high+pad
		p.yAxis(u, 5)
		p.hLine(draw.LineStyle{Color: grey, Width: 0.9}, 0)
		radius := vg.Length(2.4)
		if len(shown) > 60 {
			radius = 1.4
		}
		for i, s := range shown {
			x := float64(i)
			if !math.IsNaN(s.Low) && !math.IsNaN(s.High) {
				p.c.StrokeLines(draw.LineStyle{Color: alpha(colour(0), 0.55), Width: 0.9}, []vg.Point{p.at(x, s.Low), p.at(x, s.High)})
			}
			p.c.DrawGlyph(draw.GlyphStyle{Color: colour(0), Radius: radius, Shape: draw.CircleGlyph{}}, p.at(x, s.Estimate))
			p.spot("x", p.at(x, s.Estimate), between(o.lang(), func(v float64) string { return value(o.lang(), u, v).Text }, s.Estimate, s.Low, s.High)+": "+strings.Join(s.Choice, ", "))
			if s.Main {
				p.c.DrawGlyph(draw.GlyphStyle{Color: colour(1), Radius: radius + 2.4, Shape: draw.RingGlyph{}}, p.at(x, s.Estimate))
			}
		}
		y := c.Max.Y - curveHeight - gap
		for _, l := range lines {
			if l.head {
				c.FillText(heads, vg.Point{X: c.Min.X, Y: y}, l.factor)
				y -= rowHeight
			}
			label := wrap(names, l.choice, room-6, 1)
			if len(label) > 0 {
				c.FillText(names, vg.Point{X: c.Min.X + room - 6, Y: y}, label[0])
			}
			c.StrokeLine2(thin, p.c.Min.X, y, p.c.Max.X, y)
			for i, s := range shown {
				if s.Choice[l.at] != l.choice {
					continue
				}
				mark := draw.GlyphStyle{Color: ink, Radius: min(radius, 2), Shape: draw.CircleGlyph{}}
				if s.Main {
					mark.Color, mark.Radius = colour(1), radius+0.6
				}
				c.DrawGlyph(mark, vg.Point{X: p.at(float64(i), p.yMin).X, Y: y})
			}
			y -= rowHeight
		}
	})
	f.Data = &Data{Head: append(slices.Clone(factors), o.say("Virkning", "Effect"), o.say("Nedre grense", "Lower bound"), o.say("Øvre grense", "Upper bound"), o.say("Studiens egen", "The study's own"))}
	for _, s := range shown {
		var row []Value
		for _, c := range s.Choice {
			row = append(row, word(c))
		}
		own := ""
		if s.Main {
			own = o.say("ja", "yes")
		}
		f.Data.Rows = append(f.Data.Rows, append(row, value(o.lang(), u, s.Estimate), value(o.lang(), u, s.Low), value(o.lang(), u, s.High), word(own)))
	}
	return f
}
