package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

// exitOrder are the competing exits from the bottom of a figure to its top.
var exitOrder = []string{"exit:work", "exit:education", "exit:disability", "exit:death_or_emigration"}

// ExitName is the name of a way out for people.
func ExitName(measure string, l number.Lang) string {
	o := Options{Lang: l}
	switch measure {
	case "exit:work":
		return o.say("arbeid", "work")
	case "exit:education":
		return o.say("utdanning", "education")
	case "exit:disability":
		return o.say("uføretrygd", "disability pension")
	case "exit:death_or_emigration":
		return o.say("død eller utvandret", "death or emigration")
	}
	return strings.ReplaceAll(strings.TrimPrefix(measure, "exit:"), "_", " ")
}

// Exits are the competing ways out after a start as stacked layers; nil where there is no row of them.
func (s *Set) Exits(tiltak, group string, o Options) *Figure {
	at := map[float64]int{}
	var x []float64
	var risk []int
	for _, m := range exitOrder {
		for _, d := range s.Durations(tiltak, group, m) {
			if _, ok := at[d.Time]; !ok && d.Time <= 60 {
				at[d.Time] = 0
				x = append(x, d.Time)
			}
		}
	}
	if len(x) == 0 {
		return nil
	}
	slices.Sort(x)
	for i, t := range x {
		at[t] = i
		risk = append(risk, -1)
	}
	var layers []Layer
	for _, m := range exitOrder {
		layer := Layer{Name: ExitName(m, o.lang()), Y: nothing(x)}
		for _, d := range s.Durations(tiltak, group, m) {
			if i, ok := at[d.Time]; ok && d.Time <= 60 {
				layer.Y[i] = d.Estimate
				risk[i] = max(risk[i], d.NRisk)
			}
		}
		layers = append(layers, layer)
	}
	if len(risk) > 0 && slices.Max(risk) < 0 { // all hidden
		risk = nil
	}
	l := string(o.lang())
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Veien videre: %s, %s", "Where people went: %s, %s"), results.Name(s.Run.Tiltak, tiltak, l), results.Name(s.Run.Groups, group, l))
	}
	if o.Caption == "" {
		o.Caption = o.say("Første vei ut etter start, konkurrerende utganger (Aalen–Johansen). Avrundet av hensyn til personvern; hvitt felt er de som ennå ikke har gått noen av veiene.",
			"First way out after the start, competing exits (Aalen–Johansen). Rounded to protect persons; white is those who have gone none of the ways yet.")
	}
	return Stacked(x, layers, risk, o)
}

// Work is the time to first and to stable work side by side: one curve each, from the same starts. Nil where either is
// missing.
func (s *Set) Work(tiltak, group string, o Options) *Figure {
	var curves []Curve
	vague := false
	for _, m := range []string{"time_to_work", "time_to_stable_work"} {
		c := Curve{Name: MeasureName(m, o.lang()), X: []float64{0}, Y: []float64{1}, Low: []float64{1}, Top: []float64{1}, Risk: []int{-1}, About: []bool{false}}
		rows := s.Durations(tiltak, group, m)
		risk, about := s.atRisk(tiltak, group, m, rows)
		for i, d := range rows {
			if d.Reason != "" || math.IsNaN(d.Estimate) || d.Time > 60 {
				continue
			}
			if c.Risk[0] < 0 {
				c.Risk[0], c.About[0] = risk[i], about[i]
			}
			vague = vague || about[i]
			if d.Time == 0 {
				continue
			}
			c.X, c.Y, c.Risk = append(c.X, d.Time), append(c.Y, d.Estimate), append(c.Risk, risk[i])
			c.About = append(c.About, about[i])
			c.Low, c.Top = append(c.Low, orValue(d.ConfLow, d.Estimate)), append(c.Top, orValue(d.ConfHigh, d.Estimate))
		}
		if len(c.X) < 2 {
			return nil
		}
		curves = append(curves, c)
	}
	l := string(o.lang())
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Første arbeid og stabilt arbeid: %s, %s", "First work and stable work: %s, %s"), results.Name(s.Run.Tiltak, tiltak, l), results.Name(s.Run.Groups, group, l))
	}
	if o.Caption == "" {
		o.Caption = fmt.Sprintf(o.say("Felt: %s intervall.", "Shaded: %s interval."), o.lang().Percent(s.Run.Level, 0))
		if vague {
			o.Caption += o.aboutNote()
		}
	}
	return Survival(curves, o)
}

// DurationOverview is how long participations lasted, tiltak for tiltak in a group: the median and the quartiles of the curve
// of time in tiltak. Nil where no tiltak has a median.
func (s *Set) DurationOverview(group string, o Options) *Figure {
	l := string(o.lang())
	var rows []ForestRow
	any := false
	for _, k := range s.Run.Tiltak {
		row := ForestRow{Label: k.Text.In(l), Estimate: math.NaN(), Low: math.NaN(), High: math.NaN(), Note: o.say("skjult, eller under halvparten har sluttet", "hidden, or under half have ended")}
		for _, d := range s.Durations(k.ID, group, "time_in_tiltak") {
			if d.Reason != "" || math.IsNaN(d.Estimate) {
				continue
			}
			for _, q := range []struct {
				at   float64
				into *float64
			}{{.75, &row.Low}, {.5, &row.Estimate}, {.25, &row.High}} {
				if math.IsNaN(*q.into) && d.Estimate <= q.at+1e-9 {
					*q.into = d.Time
				}
			}
		}
		any = any || !math.IsNaN(row.Estimate)
		rows = append(rows, row)
	}
	if !any {
		return nil
	}
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Tid i tiltaket: %s", "Time in the tiltak: %s"), results.Name(s.Run.Groups, group, l))
	}
	o.XLabel = o.say("Måneder", "Months")
	o.Value = func(v float64) string {
		if v == 1 {
			return o.say("1 mnd.", "1 month")
		}
		return o.lang().Decimal(v, 0) + o.say(" mnd.", " months")
	}
	if o.Caption == "" {
		o.Caption = o.say("Punkt: halvparten har sluttet. Strek: fra en fjerdedel til tre fjerdedeler har sluttet.", "Point: half have ended. Line: from a quarter to three quarters have ended.")
	}
	return Forest(rows, Months, o)
}
