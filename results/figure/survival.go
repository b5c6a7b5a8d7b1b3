package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"tiltakseffekt/internal/number"
)

// Curve is a survival curve: the share left from each time on, with its interval and how many are at risk.
type Curve struct {
	Name           string
	X, Y, Low, Top []float64 // times in months, rising; NaN is passed over and the last value holds
	Risk           []int     // at risk at each time, negative where hidden; nil leaves the table out
	About          []bool    // the number at risk is about that; nil: all are exact
}

// Survival draws curves as steps with their intervals, a line at one half, and below it the table of those at risk, with
// names of curves that are as long as they need be.
func Survival(curves []Curve, o Options) *Figure {
	var legend []entry
	xMax, table := 1., false
	for i, c := range curves {
		if len(curves) > 1 {
			legend = append(legend, entry{c.Name, lineKey(i, true)})
		}
		for k, x := range c.X {
			if !math.IsNaN(c.Y[k]) {
				xMax = max(xMax, x)
			}
		}
		table = table || len(c.Risk) > 0
	}
	by := monthStep(xMax, 8)
	title := o.XLabel
	if title == "" {
		title = o.say("Måneder etter start", "Months after the start")
	}
	small := style(smallSize, grey, centre, top)
	tableHeight := vg.Length(0)
	if table {
		tableHeight = lineHeight(small) * vg.Length(2*len(curves)+1)
		if len(curves) == 1 {
			tableHeight = 2*lineHeight(small) + 2
		}
	}
	axis := xAxisHeight(title)
	f := frame(o, legend, 5.4*vg.Centimeter+tableHeight, func(c draw.Canvas) {
		p := &panel{c: draw.Crop(c, yLabelWidth(o.lang(), Share, 0, 1, 4), -10, axis+tableHeight, -4), xMax: xMax, yMax: 1, lang: o.lang()}
		drawn := false
		for _, e := range curves {
			_, _, ok := span(e.Y)
			drawn = drawn || ok
		}
		if !drawn {
			p.say(o.say("Ingen kurve å vise, eller skjult av hensyn til personvern.", "No curve to show, or hidden to protect persons."))
			return
		}
		p.yAxis(Share, 4)
		p.hLine(draw.LineStyle{Color: grey, Width: 0.6, Dashes: []vg.Length{1, 2}}, 0.5)
		p.xAxis(Plain, by, title)
		for i, e := range curves {
			e.band(p, colour(i))
		}
		for i, e := range curves {
			x, y := stairs(e.X, e.Y, xMax)
			p.line(lineOf(i), markOf(i, 2), x, y)
		}
		curveSpots(p, curves, xMax, o)
		if table {
			atRisk(p, curves, by, p.c.Min.Y-axis-2, o)
		}
	})
	f.Data = curveData(curves, o)
	return f
}

func (e Curve) band(p *panel, c color.NRGBA) {
	x, low := stairs(e.X, e.Low, p.xMax)
	x2, high := stairs(e.X, e.Top, p.xMax)
	if len(x) != len(x2) || len(x) == 0 { // an interval with one end is none
		return
	}
	p.band(alpha(c, bandAlpha), x, low, high)
}

// atRisk writes how many are at risk at the ticks of the axis, a heading and a row a curve.
func atRisk(p *panel, curves []Curve, by float64, y vg.Length, o Options) {
	head, cell := style(smallSize, grey, left, top), style(smallSize, ink, centre, top)
	one := len(curves) == 1
	p.c.FillText(head, vg.Point{X: p.c.Min.X - 20, Y: y}, o.say("Antall som fortsatt følges", "Number at risk"))
	y -= lineHeight(cell)
	for i, e := range curves {
		if !one {
			s := head
			s.Color = colour(i)
			p.c.FillText(s, vg.Point{X: p.c.Min.X - 20, Y: y}, shorten(s, e.Name, p.c.Max.X-p.c.Min.X))
			y -= lineHeight(cell)
		}
		free := p.c.Min.X - 100
		for _, t := range ticks(0, p.xMax, by) {
			n, about := e.risk(t)
			txt := o.lang().Count(n)
			switch {
			case n < 0:
				txt = "·"
			case about:
				txt = "~" + txt
			}
			x := p.at(t, 0).X
			if half := cell.Width(txt) / 2; x-half > free {
				p.c.FillText(cell, vg.Point{X: x, Y: y}, txt)
				free = x + half + 3
			}
		}
		y -= lineHeight(cell)
	}
}

// risk is the number at risk at time t: that of the first time from t on, and whether it is about that; −1 where it is not known.
func (e Curve) risk(t float64) (n int, about bool) {
	for k, x := range e.X {
		if x >= t-1e-9 && k < len(e.Risk) {
			return e.Risk[k], k < len(e.About) && e.About[k]
		}
	}
	return -1, false
}

// Histogram draws bins of one distribution as density, with a line at the mean where that is known.
func Histogram(bins []Bin, mean float64, u Unit, o Options) *Figure {
	f := frame(o, nil, 5.8*vg.Centimeter, func(c draw.Canvas) {
		p := &panel{xMin: math.Inf(1), xMax: math.Inf(-1), lang: o.lang()}
		unit := binUnit(bins)
		for _, b := range bins {
			p.xMin, p.xMax = min(p.xMin, b.Low), max(p.xMax, b.High)
			if !math.IsNaN(b.Share) && b.High > b.Low {
				p.yMax = max(p.yMax, b.Share/(b.High-b.Low)*unit)
			}
		}
		if p.yMax == 0 {
			p.c, p.xMin, p.xMax, p.yMax = c, 0, 1, 1
			p.say(o.say("Ingen fordeling å vise, eller skjult av hensyn til personvern.", "No distribution to show, or hidden to protect persons."))
			return
		}
		p.yMax *= 1.06
		p.c = draw.Crop(c, yLabelWidth(p.lang, Share, 0, p.yMax, 4), -14, xAxisHeight(o.XLabel), -24)
		p.yAxis(Share, 4)
		if o.YLabel != "" {
			s := style(smallSize, ink, left, bottom)
			p.c.FillText(s, vg.Point{X: c.Min.X, Y: p.c.Max.Y + 13}, shorten(s, o.YLabel, c.Max.X-c.Min.X))
		}
		for _, b := range bins {
			if math.IsNaN(b.Share) || b.High <= b.Low {
				continue
			}
			h := b.Share / (b.High - b.Low) * unit
			p.bar(colour(0), b.Low, 0, b.High, h)
			v := binValues(b, u, o)
			p.spot("x", p.at((b.Low+b.High)/2, h/2), o.lang().Range(v[0].Text, v[1].Text)+": "+v[2].Text)
			edge := draw.LineStyle{Color: hex(0xffffff), Width: 0.6}
			a, z := p.at(b.High, 0), p.at(b.High, h)
			p.c.StrokeLine2(edge, a.X, a.Y, z.X, z.Y)
		}
		if !math.IsNaN(mean) && mean > p.xMin && mean < p.xMax {
			p.vLine(draw.LineStyle{Color: colour(1), Width: 1.4, Dashes: []vg.Length{4, 2}}, mean)
			txt := o.say("gjennomsnitt ", "mean ") + tickText(o.lang(), u, mean)
			s := style(smallSize, ink, left, bottom)
			x := p.at(mean, 0).X
			x = min(x, p.c.Max.X-s.Width(txt))
			p.c.FillText(s, vg.Point{X: x, Y: p.c.Max.Y + 1}, txt)
		}
		p.xAxis(u, u.step(p.xMin, p.xMax, 5), o.XLabel)
	})
	f.Data = &Data{Head: []string{o.say("Fra", "From"), o.say("Til", "To"), o.say("Andel", "Share")}}
	for _, b := range bins {
		f.Data.Rows = append(f.Data.Rows, binValues(b, u, o))
	}
	return f
}

// binUnit is the width of the narrowest bin: the axis of a histogram shows the share in a bin of this width, which is the
// share itself except where bins were merged.
func binUnit(bins []Bin) float64 {
	unit := math.Inf(1)
	for _, b := range bins {
		if b.High > b.Low {
			unit = min(unit, b.High-b.Low)
		}
	}
	return unit
}

func tickText(l number.Lang, u Unit, v float64) string {
	switch u {
	case Kroner:
		return l.Kroner(v)
	case Share:
		return l.Percent(v, 1)
	}
	return l.Decimal(v, 1)
}

// Bars draws a value for each category as a bar from zero with its text, categories from top to bottom: long names
// keep to the left of the axis. NaN is said to be hidden.
func Bars(labels []string, values []float64, u Unit, o Options) *Figure {
	const rowHeight = 17
	names, nums := style(smallSize, ink, right, middle), style(smallSize, ink, left, middle)
	room, tail := vg.Length(0), vg.Length(0)
	most := 0.
	for i, l := range labels {
		room = max(room, names.Width(l))
		tail = max(tail, nums.Width(tickText(o.lang(), u, values[i])))
		if v := values[i]; !math.IsNaN(v) {
			most = max(most, v)
		}
	}
	room = min(room, (o.width()-2*margin)*0.45) + 6
	height := max(60, vg.Length(len(labels))*rowHeight+xAxisHeight(o.XLabel))
	f := frame(o, nil, height, func(c draw.Canvas) {
		p := &panel{c: draw.Crop(c, room, -tail-10, xAxisHeight(o.XLabel), 0), xMax: most * 1.02, yMin: 0.5, yMax: float64(len(labels)) + 0.5, lang: o.lang()}
		if most == 0 {
			p.xMax = 1
			p.say(o.say("Ingenting å vise, eller skjult av hensyn til personvern.", "Nothing to show, or hidden to protect persons."))
			return
		}
		p.xAxis(u, step(0, p.xMax, 4), o.XLabel)
		for i, l := range labels {
			y := float64(len(labels) - i)
			p.c.FillText(names, vg.Point{X: p.c.Min.X - 5, Y: p.at(0, y).Y}, shorten(names, l, room-6))
			if math.IsNaN(values[i]) {
				p.c.FillText(style(smallSize, grey, left, middle), vg.Point{X: p.c.Min.X + 4, Y: p.at(0, y).Y}, o.say("skjult eller ikke beregnet", "hidden or not estimated"))
				continue
			}
			p.bar(colour(0), 0, y-0.34, values[i], y+0.34)
			end := p.at(values[i], y)
			p.c.FillText(nums, vg.Point{X: end.X + 4, Y: end.Y}, tickText(o.lang(), u, values[i]))
			p.spot("y", end, l+": "+tickText(o.lang(), u, values[i]))
		}
	})
	f.Data = &Data{Head: []string{"", o.XLabel}}
	for i, l := range labels {
		f.Data.Rows = append(f.Data.Rows, []Value{word(l), value(o.lang(), u, values[i])})
	}
	return f
}
