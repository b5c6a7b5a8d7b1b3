package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// ForestRow is an estimate with its interval beside others. Note stands in its place where it is NaN.
type ForestRow struct {
	Label               string
	Estimate, Low, High float64
	Note                string
}

// Forest draws estimates under each other on one axis, each with its interval and its number, and a line at zero.
func Forest(rows []ForestRow, u Unit, o Options) *Figure {
	const rowHeight, mostLines = 16, 3
	names, nums := style(smallSize, ink, right, middle), style(smallSize, ink, right, middle)
	room, tail := vg.Length(0), vg.Length(0)
	write := func(v float64) string {
		if o.Value != nil {
			return o.Value(v)
		}
		if u == Kroner {
			return o.lang().SignedKroner(v)
		}
		return o.lang().Points(v, 1)
	}
	var centre, edges []float64
	for _, r := range rows {
		room = max(room, names.Width(r.Label))
		centre, edges = append(centre, r.Estimate), append(edges, r.Low, r.High)
		if !math.IsNaN(r.Estimate) {
			tail = max(tail, nums.Width(write(r.Estimate)))
		}
	}
	room = min(room, (o.width()-2*margin)*0.45) + 6
	least, most, ok := effectRange([]EffectPanel{{Series: []Series{{Y: centre, Low: edges}}}})
	axisTitle := o.XLabel
	if axisTitle == "" {
		axisTitle = o.say("Virkning i prosentpoeng", "Effect in percentage points")
		if u == Kroner {
			axisTitle = o.say("Virkning i kroner per måned", "Effect in NOK a month")
		}
	}
	lines := 1 // of a row: labels that do not fit stand on two lines or three, and in the table whole
	for _, r := range rows {
		noteRoom := o.width() - 2*margin - room - 14 // over the numbers too: the row has none
		lines = max(lines, len(wrap(names, r.Label, room-6, mostLines)))
		if math.IsNaN(r.Estimate) && names.Width(r.Note) > noteRoom {
			lines = max(lines, 2)
		}
	}
	high := vg.Length(rowHeight + 8 + 10*(lines-2))
	if lines == 1 {
		high = rowHeight
	}
	height := max(60, vg.Length(len(rows))*high+xAxisHeight(axisTitle)+4)
	f := frame(o, nil, height, func(c draw.Canvas) {
		p := &panel{c: draw.Crop(c, room, -tail-10, xAxisHeight(axisTitle), 0), xMin: least, xMax: most, yMin: 0.5, yMax: float64(len(rows)) + 0.5, lang: o.lang()}
		if !ok && len(rows) > 0 {
			// the rows say why there is nothing to see
		} else if !ok {
			p.say(o.say("Ingen estimater å vise.", "No estimates to show."))
		} else {
			by := u.step(least, most, 5)
			for _, v := range ticks(least, most, by) {
				p.vLine(thin, v)
			}
			p.vLine(draw.LineStyle{Color: grey, Width: 0.9}, 0)
			p.xAxis(u, by, axisTitle)
		}
		for i, r := range rows {
			y := float64(len(rows) - i)
			at := p.at(p.xMin, y).Y
			label := wrap(names, r.Label, room-6, mostLines)
			for k, line := range label {
				p.c.FillText(names, vg.Point{X: p.c.Min.X - 5, Y: at + 10*(vg.Length(len(label)-1)/2-vg.Length(k))}, line)
			}
			if math.IsNaN(r.Estimate) {
				s := style(smallSize, grey, left, middle)
				note := wrap(s, r.Note, c.Max.X-p.c.Min.X-8, 2)
				for k, line := range note {
					p.label(s, vg.Point{X: p.c.Min.X + 4, Y: at + 10*(vg.Length(len(note)-1)/2-vg.Length(k))}, line)
				}
				continue
			}
			if !math.IsNaN(r.Low) && !math.IsNaN(r.High) {
				p.c.StrokeLines(draw.LineStyle{Color: colour(0), Width: 1.4}, p.c.ClipLinesXY([]vg.Point{p.at(r.Low, y), p.at(r.High, y)})...)
			}
			p.c.DrawGlyph(draw.GlyphStyle{Color: colour(0), Radius: 3, Shape: draw.CircleGlyph{}}, p.at(r.Estimate, y))
			p.c.FillText(nums, vg.Point{X: c.Max.X - 2, Y: at}, write(r.Estimate))
			p.spot("y", p.at(r.Estimate, y), r.Label+": "+between(o.lang(), write, r.Estimate, r.Low, r.High))
		}
	})
	f.Data = forestData(rows, axisTitle, write, o)
	return f
}

func forestData(rows []ForestRow, title string, write func(float64) string, o Options) *Data {
	d := &Data{Head: []string{"", title, o.say("Strekens ende til venstre", "Left end of the line"), o.say("Strekens ende til høyre", "Right end of the line")}}
	number := func(v float64) Value {
		if math.IsNaN(v) {
			return Value{Text: "–", Number: v}
		}
		return Value{Text: write(v), Number: v}
	}
	for _, r := range rows {
		estimate := number(r.Estimate)
		if math.IsNaN(r.Estimate) {
			estimate.Text = r.Note
		}
		d.Rows = append(d.Rows, []Value{word(r.Label), estimate, number(r.Low), number(r.High)})
	}
	return d
}
