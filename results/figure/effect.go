package figure

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Series is a line with its band: an estimate by month. NaN is a gap in any of the columns; empty columns are not drawn.
type Series struct {
	Name              string
	X, Y, Low, High   []float64
	BandLow, BandHigh []float64 // simultaneous band, drawn as thin lines where there is one series
}

// EffectPanel is one tiltak × group × outcome.
type EffectPanel struct {
	Title  string // the strip above the panel where there are several
	Series []Series
	Note   string // said in the panel where nothing can be drawn, and below its strip otherwise
}

const bandAlpha = 0.16

// Effects draws effects by month: a line and a band a method, a line at zero, and one panel for each element of panels
// with the same axes. One panel fills the figure; several stand in a grid with as many columns as the width holds.
func Effects(panels []EffectPanel, u Unit, o Options) *Figure {
	names, legend := seriesLegend(panels)
	low, high, any := effectRange(panels)
	if u == Share { // a probability, whatever the lines reach
		low, high = 0, 1
	}
	xMax := 1.
	for _, p := range panels {
		for _, s := range p.Series {
			if _, m, ok := span(s.X); ok {
				xMax = max(xMax, m)
			}
		}
	}
	title := o.XLabel
	if title == "" {
		title = o.say("Måneder etter start", "Months after the start")
	}
	yTitle := map[Unit]string{Points: o.say("Prosentpoeng", "Percentage points"), Kroner: o.say("Kroner per måned", "NOK a month"), Share: o.say("Prosent", "Per cent")}[u]
	if o.YLabel != "" {
		yTitle = o.YLabel
	}
	columns := max(1, min(len(panels), int(o.width()/(6.2*vg.Centimeter))))
	if len(panels) == 1 {
		columns = 1
	}
	rows := max(1, (len(panels)+columns-1)/columns)
	panelHeight := vg.Length(6.2 * vg.Centimeter)
	if len(panels) > 1 {
		panelHeight = 4.3 * vg.Centimeter
	}
	return frame(o, legend, vg.Length(rows)*panelHeight, func(c draw.Canvas) {
		if len(panels) == 0 {
			(&panel{c: c}).say(o.say("Ingen estimater.", "No estimates."))
			return
		}
		room := yLabelWidth(o.lang(), u, low, high, 5)
		cell := (c.Max.X - c.Min.X - room) / vg.Length(columns)
		for i, e := range panels {
			row, col := i/columns, i%columns
			x0, y1 := c.Min.X+room+vg.Length(col)*cell, c.Max.Y-vg.Length(row)*panelHeight
			box := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x0, Y: y1 - panelHeight}, Max: vg.Point{X: x0 + cell, Y: y1}}}
			last := i+columns >= len(panels) // nothing below it
			strip := style(textSize, ink, left, top)
			head := vg.Length(0)
			if len(panels) > 1 {
				lines := wrap(bold(strip), e.Title, cell-12, 2)
				for k, l := range lines {
					box.FillText(bold(strip), vg.Point{X: box.Min.X, Y: box.Max.Y - 3 - vg.Length(k)*lineHeight(strip)}, l)
				}
				head = 2*lineHeight(strip) + 5
			} else {
				box.FillText(style(smallSize, grey, left, top), vg.Point{X: c.Min.X, Y: box.Max.Y}, yTitle)
				head = lineHeight(strip) + 4
			}
			xTitle := ""
			if len(panels) == 1 || last {
				xTitle = title
			}
			gap := vg.Length(10)
			if o.XLabel != "" { // wider labels than months
				gap = 22
			}
			p := &panel{c: draw.Crop(box, 0, -gap, xAxisHeight(title), -head), xMax: xMax, yMin: low, yMax: high, lang: o.lang()}
			e.draw(p, u, any, col == 0, xTitle, names, o)
		}
	})
}

func (e EffectPanel) draw(p *panel, u Unit, any, first bool, xTitle string, names []string, o Options) {
	drawn := false
	if any {
		if first {
			p.yAxis(u, 5)
		} else {
			for _, v := range ticks(p.yMin, p.yMax, step(p.yMin, p.yMax, 5)) {
				p.hLine(thin, v)
			}
		}
		p.hLine(draw.LineStyle{Color: grey, Width: 0.9}, 0)
		by := monthStep(p.xMax, 8)
		if o.XLabel != "" { // not months
			by = step(0, p.xMax, 5)
		}
		p.xAxis(Plain, by, xTitle)
		for _, s := range e.Series {
			i, shade := index(names, s.Name), bandAlpha
			if len(e.Series) > 1 {
				shade = 0.1 // several bands over each other stay light; their edges tell them apart
				edge := draw.LineStyle{Color: alpha(colour(i), 0.55), Width: 0.5}
				none := draw.GlyphStyle{Color: colour(i), Shape: draw.CircleGlyph{}}
				p.line(edge, none, s.X, s.Low)
				p.line(edge, none, s.X, s.High)
			}
			p.band(alpha(colour(i), shade), s.X, s.Low, s.High)
		}
		for _, s := range e.Series {
			i := index(names, s.Name)
			if len(e.Series) == 1 {
				edge := draw.LineStyle{Color: colour(i), Width: 0.6, Dashes: []vg.Length{2, 2}}
				p.line(edge, draw.GlyphStyle{Color: colour(i), Radius: 0.8, Shape: draw.CircleGlyph{}}, s.X, s.BandLow)
				p.line(edge, draw.GlyphStyle{Color: colour(i), Radius: 0.8, Shape: draw.CircleGlyph{}}, s.X, s.BandHigh)
			}
			p.line(lineOf(i), markOf(i, 2.2), s.X, s.Y)
			p.mark(markOf(i, 2), s.X, s.Y, markEvery(len(s.X)))
			if _, _, ok := span(s.Y); ok {
				drawn = true
			}
		}
	}
	if drawn {
		e.spots(p, u, o)
	}
	switch {
	case !drawn && e.Note != "":
		p.say(e.Note)
	case !drawn:
		p.say(o.say("Ingen estimater.", "No estimates."))
	case e.Note != "":
		s := style(smallSize, grey, right, bottom)
		p.label(s, vg.Point{X: p.c.Max.X, Y: p.c.Min.Y + 3}, shorten(s, e.Note, p.c.Max.X-p.c.Min.X-4))
	}
}

// spots say, month by month, what every series has there.
func (e EffectPanel) spots(p *panel, u Unit, o Options) {
	l := o.lang()
	write := func(v float64) string {
		if u == Kroner {
			return l.SignedKroner(v)
		}
		return value(l, u, v).Text
	}
	text, top, order := map[float64]string{}, map[float64]float64{}, []float64(nil)
	for _, s := range e.Series {
		for i, x := range s.X {
			if math.IsNaN(x) || math.IsNaN(s.Y[i]) {
				continue
			}
			if _, ok := text[x]; !ok {
				order = append(order, x)
				text[x] = value(l, Plain, x).Text
				if o.XLabel == "" {
					text[x] = o.say("Måned ", "Month ") + text[x]
				}
				top[x] = s.Y[i]
			}
			text[x] += "\n" + s.Name + ": " + between(l, write, s.Y[i], s.Low[i], s.High[i])
		}
	}
	slices.Sort(order)
	for _, x := range order {
		p.spot("x", p.at(x, min(max(top[x], p.yMin), p.yMax)), text[x])
	}
}

// markEvery spaces marks so that lines can be told apart without crowding: every month up to 12, otherwise every sixth.
func markEvery(n int) int {
	if n <= 12 {
		return 1
	}
	return 6
}

func index(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return 0
}

// seriesLegend lists the names over all panels in order of first appearance: a method keeps its colour everywhere.
func seriesLegend(panels []EffectPanel) (names []string, legend []entry) {
	seen := map[string]bool{}
	for _, p := range panels {
		for _, s := range p.Series {
			if !seen[s.Name] {
				seen[s.Name] = true
				names = append(names, s.Name)
				legend = append(legend, entry{s.Name, lineKey(len(names)-1, true)})
			}
		}
	}
	return names, legend
}

// effectRange is the common range of the y axis: all estimates, zero, and the intervals as far as they stay within one and
// a half times the spread of the estimates on either side, so that one hopeless cell does not flatten all others.
func effectRange(panels []EffectPanel) (low, high float64, ok bool) {
	var centre, edges [][]float64
	for _, p := range panels {
		for _, s := range p.Series {
			centre = append(centre, s.Y)
			edges = append(edges, s.Low, s.High)
			if len(p.Series) == 1 {
				edges = append(edges, s.BandLow, s.BandHigh)
			}
		}
	}
	low, high, ok = span(centre...)
	if !ok {
		return 0, 1, false
	}
	low, high = min(low, 0), max(high, 0)
	room := 1.5 * max(high-low, 1e-9)
	if l, h, has := span(edges...); has {
		low, high = min(low, max(l, low-room)), max(high, min(h, high+room))
	}
	pad := 0.06 * (high - low)
	if pad == 0 || math.IsInf(pad, 0) {
		pad = 1
	}
	return low - pad, high + pad, true
}
