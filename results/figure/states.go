package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// StateLayer is a state of a distribution by month: its share in each, NaN where it is hidden.
type StateLayer struct {
	Name  string
	Share []float64
}

// stateTone is the i-th of up to 24 fills: colours in turn, and hatchings that differ where colours come again.
func stateTone(i int) (colourIndex, hatchIndex int) {
	n := len(palette)
	return i % n, (i + i/n*2) % len(hatchings)
}

// States draws a distribution over states month by month, as columns from the bottom: the state of the first layer at the
// bottom. Each layer has its name written into it where it is broad enough, besides the legend, so that it can be read
// without colours. What is hidden is left white at the top.
func States(layers []StateLayer, o Options) *Figure {
	months := 0
	var legend []entry
	for i, l := range layers {
		months = max(months, len(l.Share))
		legend = append(legend, entry{l.Name, func(c draw.Canvas) {
			box := draw.Crop(c, 4, -4, 1, -1)
			p := &panel{c: box, xMax: 1, yMax: 1}
			p.tone(i, 0, 0, 1, 1)
		}})
	}
	title := o.XLabel
	if title == "" {
		title = o.say("Måneder etter første start", "Months after the first start")
	}
	return frame(o, legend, 6.5*vg.Centimeter, func(c draw.Canvas) {
		p := &panel{c: draw.Crop(c, yLabelWidth(o.lang(), Share, 0, 1, 4), -10, xAxisHeight(title), -4), xMin: 0, xMax: float64(max(1, months)), yMax: 1, lang: o.lang()}
		if months == 0 {
			p.say(o.say("Ingen forløp å vise, eller skjult av hensyn til personvern.", "No courses to show, or hidden to protect persons."))
			return
		}
		p.yAxis(Share, 4)
		below := make([]float64, months)
		small := style(smallSize, ink, centre, middle)
		for i, l := range layers {
			low, high := make([]float64, months), make([]float64, months)
			for m := range months {
				low[m], high[m] = below[m], below[m]
				if share := l.Share[m]; !math.IsNaN(share) && share > 0 {
					high[m] += share
					p.tone(i, float64(m), low[m], float64(m+1), high[m])
				}
				below[m] = high[m]
			}
			if at, ok := p.roomFor(small.Width(l.Name)+6, low, high); ok {
				half := small.Width(l.Name)/2 + 3
				p.c.SetColor(alpha(hex(0xffffff), 0.85))
				p.c.Fill(vg.Rectangle{Min: vg.Point{X: at.X - half, Y: at.Y - 5.5}, Max: vg.Point{X: at.X + half, Y: at.Y + 6}}.Path())
				p.c.FillText(small, at, l.Name)
			}
		}
		p.xAxis(Plain, monthStep(float64(months), 8), title)
	})
}

// roomFor finds where a label of a width fits wholly into a layer: the middle of the months over which the layer is broadest;
// ok is false where it fits nowhere.
func (p *panel) roomFor(width vg.Length, low, high []float64) (at vg.Point, ok bool) {
	month := (p.c.Max.X - p.c.Min.X) / vg.Length(len(low))
	need := int(math.Ceil(float64(width / month)))
	best := 15 / float64(p.c.Max.Y-p.c.Min.Y) // a line of text
	for from := 0; from+need <= len(low); from++ {
		a, b := 0., 1.
		for m := from; m < from+need; m++ {
			a, b = max(a, low[m]), min(b, high[m])
		}
		if b-a > best {
			best, ok = b-a, true
			at = p.at(float64(from)+float64(need)/2, (a+b)/2)
		}
	}
	return at, ok
}

// tone fills a rectangle in data units with the fill of the i-th state.
func (p *panel) tone(i int, x0, y0, x1, y1 float64) {
	k, h := stateTone(i)
	a, b := p.at(x0, y0), p.at(x1, y1)
	p.c.SetColor(alpha(colour(k), 0.75))
	p.c.Fill(vg.Rectangle{Min: a, Max: b}.Path())
	if hatch := hatchings[h]; hatch.kind != 0 {
		p.hatchIn(hatch.gap, hatch.kind, a, b)
	}
}

// hatchIn draws the white lines of a hatching in a rectangle, in step with those of the rectangles beside it.
func (p *panel) hatchIn(gap vg.Length, kind int, a, b vg.Point) {
	line := draw.LineStyle{Color: alpha(hex(0xffffff), 0.8), Width: 0.7}
	if kind == 3 {
		for y := vg.Length(math.Ceil(float64(a.Y/gap))) * gap; y < b.Y; y += gap {
			p.c.StrokeLine2(line, a.X, y, b.X, y)
		}
		return
	}
	// y = ±x + c: every c that is a multiple of the distance and meets the rectangle
	s := vg.Length(1)
	if kind == 2 {
		s = -1
	}
	low, high := a.Y-s*a.X, a.Y-s*a.X
	for _, q := range []vg.Point{{X: a.X, Y: b.Y}, {X: b.X, Y: a.Y}, b} {
		low, high = min(low, q.Y-s*q.X), max(high, q.Y-s*q.X)
	}
	for c := vg.Length(math.Ceil(float64(low/gap))) * gap; c < high; c += gap {
		x0, x1 := a.X, b.X
		if s > 0 {
			x0, x1 = max(x0, a.Y-c), min(x1, b.Y-c)
		} else {
			x0, x1 = max(x0, c-b.Y), min(x1, c-a.Y)
		}
		if x0 < x1 {
			p.c.StrokeLine2(line, x0, s*x0+c, x1, s*x1+c)
		}
	}
}
