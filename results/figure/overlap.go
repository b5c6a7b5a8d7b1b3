package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bin is a bin of a histogram; Share is the share of all that lies in it, NaN where it is hidden. Widths may differ:
// what is drawn is density.
type Bin struct {
	Low, High, Share float64
}

// Overlap draws two distributions of the propensity score against each other, the treated up and the comparison down.
// Where the one has mass and the other none, nothing can be estimated without a model.
func Overlap(treated, comparison []Bin, o Options) *Figure {
	names := o.Names
	if len(names) != 2 {
		names = []string{o.say("deltakere", "treated"), o.say("sammenligning", "comparison")}
	}
	fills := []draw.LineStyle{{Color: colour(0)}, {Color: alpha(colour(1), 0.85)}}
	legend := []entry{{names[0], boxKey(fills[0])}, {names[1], boxKey(fills[1])}}
	title := o.XLabel
	if title == "" {
		title = o.say("Beregnet sannsynlighet for å starte", "Estimated probability of starting")
	}
	f := frame(o, legend, 6*vg.Centimeter, func(c draw.Canvas) {
		p := &panel{c: draw.Crop(c, 4, -10, xAxisHeight(title), 0), lang: o.lang()}
		p.xMin, p.xMax = math.Inf(1), math.Inf(-1)
		top, hidden := 0., 0
		for _, bins := range [][]Bin{treated, comparison} {
			for _, b := range bins {
				p.xMin, p.xMax = min(p.xMin, b.Low), max(p.xMax, b.High)
				if math.IsNaN(b.Share) {
					hidden++
				} else if b.High > b.Low {
					top = max(top, b.Share/(b.High-b.Low))
				}
			}
		}
		if top == 0 {
			p.xMin, p.xMax, p.yMin, p.yMax = 0, 1, 0, 1
			if hidden > 0 {
				p.say(o.say("Skjult av hensyn til personvern.", "Hidden to protect persons."))
			} else {
				p.say(o.say("Ingen fordeling å vise.", "No distribution to show."))
			}
			return
		}
		p.yMin, p.yMax = -top*1.05, top*1.05
		for k, bins := range [][]Bin{treated, comparison} {
			sign := 1 - 2*float64(k)
			for _, b := range bins {
				if !math.IsNaN(b.Share) && b.High > b.Low && b.Share > 0 {
					p.bar(fills[k].Color, b.Low, 0, b.High, sign*b.Share/(b.High-b.Low))
					at := p.at(b.High, 0) // a thin white line between bars
					p.c.StrokeLine2(draw.LineStyle{Color: hex(0xffffff), Width: 0.4}, at.X, p.c.Min.Y, at.X, p.c.Max.Y)
					p.spot("x", p.at((b.Low+b.High)/2, sign*b.Share/(b.High-b.Low)/2), binText(b, names[k], o))
				}
			}
		}
		p.hLine(axisLine, 0)
		p.xAxis(Plain, step(p.xMin, p.xMax, 5), title)
	})
	f.Data = &Data{Head: []string{o.say("Gruppe", "Arm"), o.say("Fra", "From"), o.say("Til", "To"), o.say("Andel", "Share")}}
	for k, bins := range [][]Bin{treated, comparison} {
		for _, b := range bins {
			f.Data.Rows = append(f.Data.Rows, append([]Value{word(names[k])}, binValues(b, Plain, o)...))
		}
	}
	return f
}

func binValues(b Bin, u Unit, o Options) []Value {
	return []Value{value(o.lang(), u, b.Low), value(o.lang(), u, b.High), value(o.lang(), Share, b.Share)}
}

func binText(b Bin, name string, o Options) string {
	v := binValues(b, Plain, o)
	return name + ", " + o.lang().Range(v[0].Text, v[1].Text) + ": " + v[2].Text
}
