package figure

import (
	"math"
	"slices"

	"tiltakseffekt/internal/number"
)

// curveData is a row for every time of every curve.
func curveData(curves []Curve, o Options) *Data {
	d := &Data{Head: []string{o.say("Kurve", "Curve"), o.say("Måned", "Month"), o.say("Andel", "Share"), o.say("Nedre grense", "Lower bound"), o.say("Øvre grense", "Upper bound")}}
	for _, c := range curves {
		for i, x := range c.X {
			d.Rows = append(d.Rows, []Value{word(c.Name), value(o.lang(), Plain, x), value(o.lang(), Share, c.Y[i]), value(o.lang(), Share, nth(c.Low, i)), value(o.lang(), Share, nth(c.Top, i))})
		}
	}
	return d
}

// curveSpots say what every curve is at each time, the last value before it where it has none there.
func curveSpots(p *panel, curves []Curve, xMax float64, o Options) {
	var times []float64
	for _, c := range curves {
		for i, x := range c.X {
			if x <= xMax && !math.IsNaN(c.Y[i]) && !slices.Contains(times, x) {
				times = append(times, x)
			}
		}
	}
	slices.Sort(times)
	write := func(v float64) string { return o.lang().Percent(v, 1) }
	for _, t := range times {
		text, y := o.say("Måned ", "Month ")+value(o.lang(), Plain, t).Text, math.NaN()
		for _, c := range curves {
			last := -1
			for i, x := range c.X {
				if x <= t && !math.IsNaN(c.Y[i]) {
					last = i
				}
			}
			if last < 0 {
				continue
			}
			name := ""
			if len(curves) > 1 {
				name = c.Name + ": "
			}
			text += "\n" + name + between(o.lang(), write, c.Y[last], nth(c.Low, last), nth(c.Top, last))
			y = orValue(y, c.Y[last])
		}
		if !math.IsNaN(y) {
			p.spot("x", p.at(t, y), text)
		}
	}
}

// loveText says the differences of a covariate before and by each method.
func loveText(r LoveRow, o Options) string {
	write := func(l number.Lang, v float64) string {
		if math.IsNaN(v) {
			return "–"
		}
		return l.Decimal(math.Abs(v), 3)
	}
	text := r.Label + "\n" + o.say("før", "before") + ": " + write(o.lang(), r.Before)
	for i, v := range r.After {
		if i < len(o.Names) {
			text += "\n" + o.Names[i] + ": " + write(o.lang(), v)
		}
	}
	return text
}

func nth(v []float64, i int) float64 {
	if i < len(v) {
		return v[i]
	}
	return math.NaN()
}
