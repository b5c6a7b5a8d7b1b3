package figure

import (
	"fmt"
	"math"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

// Measures are the curves that table durations may hold, in the order of a report.
var Measures = []string{"time_in_tiltak", "time_to_start", "time_to_work", "time_to_stable_work", "retention", "referral_to_start", "referral_to_exit"}

// MeasureName is the name of a curve for people.
func MeasureName(measure string, l number.Lang) string {
	o := Options{Lang: l}
	switch measure {
	case "time_in_tiltak":
		return o.say("Andel som fortsatt er i tiltaket", "Share still in the tiltak")
	case "time_to_work":
		return o.say("Andel som ennå ikke har kommet i arbeid", "Share who have not entered work yet")
	case "time_to_start":
		return o.say("Andel som ennå venter på å starte, av dem som startet", "Share still waiting to start, of those who did")
	case "retention":
		return o.say("Andel som fortsatt er i arbeid, av dem som kom i arbeid", "Share still in work, of those who entered it")
	case "time_to_stable_work":
		return o.say("Andel som ennå ikke har kommet i stabilt arbeid", "Share who have not entered stable work yet")
	case "referral_to_start":
		return o.say("Andel henviste som ennå ikke har startet", "Share of those referred who have not started yet")
	case "referral_to_exit":
		return o.say("Andel henviste som verken har startet eller gått ut av registeret", "Share of those referred and not started who are still registered")
	}
	return strings.ReplaceAll(measure, "_", " ")
}

// Duration is a survival curve of a tiltak in a group; nil where the table has no row of it. The axis ends at five years
// or where fewer than a hundredth of those who began are at risk.
func (s *Set) Duration(tiltak, group, measure string, o Options) *Figure {
	rows := s.Durations(tiltak, group, measure)
	if len(rows) == 0 {
		return nil
	}
	l := string(o.lang())
	if o.Title == "" {
		o.Title = fmt.Sprintf("%s: %s, %s", MeasureName(measure, o.lang()), results.Name(s.Run.Tiltak, tiltak, l), results.Name(s.Run.Groups, group, l))
	}
	switch measure {
	case "time_to_start":
		o.XLabel = o.say("Måneder etter registrering", "Months after registration")
	case "retention":
		o.XLabel = o.say("Måneder etter at den første jobben begynte", "Months after the first job began")
	}
	c := Curve{X: []float64{0}, Y: []float64{1}, Low: []float64{1}, Top: []float64{1}, Risk: []int{-1}, About: []bool{false}}
	start, hidden, drawn, vague := -1, 0, false, false
	risk, about := s.atRisk(tiltak, group, measure, rows)
	for i, d := range rows {
		if d.Reason != "" || math.IsNaN(d.Estimate) {
			if d.Reason == estimate.Suppressed {
				hidden++
			}
			continue
		}
		if !drawn { // the number at risk may be hidden where the curve is not
			start, drawn = risk[i], true
			c.Risk[0], c.About[0] = risk[i], about[i]
		}
		if d.Time > 60 || risk[i] >= 0 && risk[i]*100 < start {
			break
		}
		vague = vague || about[i]
		if d.Time == 0 { // the curve begins here
			c.Y[0], c.Low[0], c.Top[0] = d.Estimate, orValue(d.ConfLow, d.Estimate), orValue(d.ConfHigh, d.Estimate)
			continue
		}
		c.X, c.Y, c.Risk = append(c.X, d.Time), append(c.Y, d.Estimate), append(c.Risk, risk[i])
		c.About = append(c.About, about[i])
		c.Low, c.Top = append(c.Low, orValue(d.ConfLow, d.Estimate)), append(c.Top, orValue(d.ConfHigh, d.Estimate))
	}
	if !drawn {
		c.Y[0], c.Low[0], c.Top[0] = math.NaN(), math.NaN(), math.NaN()
	}
	if o.Caption == "" {
		o.Caption = fmt.Sprintf(o.say("Felt: %s intervall.", "Shaded: %s interval."), o.lang().Percent(s.Run.Level, 0))
		if measure == "retention" {
			o.Caption += o.say(" En beskrivelse av dem som kom i arbeid, ingen virkning.", " A description of those who entered work, no effect.")
		}
		if hidden > 0 {
			o.Caption += fmt.Sprintf(o.say(" %d trinn med få personer er slått sammen eller skjult.", " %d steps with few persons are pooled or hidden."), hidden)
		}
		if vague {
			o.Caption += o.aboutNote()
		}
	}
	return Survival([]Curve{c}, o)
}

// aboutNote explains the mark of numbers at risk that are not exact.
func (o Options) aboutNote() string {
	return o.say(" ~: om lag, det nøyaktige tallet er skjult.", " ~: about, the exact number is hidden.")
}

// Ends is how long participations lasted, as a histogram read off the curve of time in tiltak: the share that ended between
// two points of it, up to three years. Those still going on are not in it. Nil where there is no curve.
func (s *Set) Ends(tiltak, group string, o Options) *Figure {
	var bins []Bin
	from, left := 0., 1.
	for _, d := range s.Durations(tiltak, group, "time_in_tiltak") {
		if d.Reason != "" || math.IsNaN(d.Estimate) || d.Time <= from || d.Time > 36 {
			continue
		}
		bins = append(bins, Bin{from, d.Time, left - d.Estimate})
		from, left = d.Time, d.Estimate
	}
	if len(bins) == 0 {
		return nil
	}
	l := string(o.lang())
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Hvor lenge deltakelsene varte: %s, %s", "How long participations lasted: %s, %s"), results.Name(s.Run.Tiltak, tiltak, l), results.Name(s.Run.Groups, group, l))
	}
	o.XLabel = o.say("Måneder i tiltaket", "Months in the tiltak")
	o.YLabel = o.say("Andel av deltakelsene per måned", "Share of participations a month")
	if u := binUnit(bins); u != 1 {
		o.YLabel = fmt.Sprintf(o.say("Andel av deltakelsene per %s måneder", "Share of participations per %s months"), o.lang().Decimal(u, 0))
	}
	return Histogram(bins, math.NaN(), Months, o)
}

func orValue(x, y float64) float64 {
	if math.IsNaN(x) {
		return y
	}
	return x
}

// CostDistribution is the histogram of the cost of a participant; nil where there are no bins.
func (s *Set) CostDistribution(tiltak, group string, o Options) *Figure {
	var bins []Bin
	mean := math.NaN()
	for _, c := range s.Costs(tiltak, group) {
		if c.Year != nil || c.Measure != "per_participant" {
			continue
		}
		switch c.Statistic {
		case "share_in_bin":
			bins = append(bins, Bin{c.BinLow, c.BinHigh, c.Value})
		case "mean":
			mean = c.Value
		}
	}
	if len(bins) == 0 {
		return nil
	}
	l := string(o.lang())
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Kostnad per deltaker: %s, %s", "Cost per participant: %s, %s"), results.Name(s.Run.Tiltak, tiltak, l), results.Name(s.Run.Groups, group, l))
	}
	o.XLabel = fmt.Sprintf(o.say("Kroner per deltaker (%d-kroner)", "NOK per participant (%d prices)"), s.Run.PriceYear)
	o.YLabel = fmt.Sprintf(o.say("Andel av deltakerne per %s", "Share of participants per %s"), o.lang().Kroner(binUnit(bins)))
	return Histogram(bins, mean, Kroner, o)
}

// CostYears is the mean cost of a participant by year of start; nil where there is none.
func (s *Set) CostYears(tiltak, group string, o Options) *Figure {
	var names []string
	var values []float64
	for _, c := range s.Costs(tiltak, group) {
		if c.Year != nil && c.Measure == "per_participant" && c.Statistic == "mean" {
			names, values = append(names, fmt.Sprint(*c.Year)), append(values, c.Value)
		}
	}
	if len(names) == 0 {
		return nil
	}
	l := string(o.lang())
	if o.Title == "" {
		o.Title = fmt.Sprintf(o.say("Gjennomsnittlig kostnad etter startår: %s, %s", "Mean cost by year of start: %s, %s"), results.Name(s.Run.Tiltak, tiltak, l), results.Name(s.Run.Groups, group, l))
	}
	o.XLabel = fmt.Sprintf(o.say("Kroner per deltaker (%d-kroner)", "NOK per participant (%d prices)"), s.Run.PriceYear)
	return Bars(names, values, Kroner, o)
}
