package results

import "math"

// Spell sums up one curve of table durations at the lengths that descriptions of tiltak give. Months are whole: a share
// over 12 months is that of the curve after month 12.
type Spell struct {
	Tiltak, Group, Measure string
	Starts                 int     // at risk at the beginning; −1 hidden
	UnderTwo               float64 // share that ended within two months
	OverYear, OverEighteen float64 // share that lasted over 12 and over 18 months
	Median                 float64 // months; NaN where half never ended in the time observed
}

// Spells sums up the curves of a measure, in their order, whose points stand in the order of time. A share is NaN where the
// curve is hidden or does not reach.
func Spells(rows []Duration, measure string) []Spell {
	var out []Spell
	for _, curve := range grouped(rows, func(d *Duration) string { return join(d.Tiltak, d.Group, d.Measure) }) {
		first := &rows[curve[0]]
		if first.Measure != measure {
			continue
		}
		nan := math.NaN()
		s := Spell{first.Tiltak, first.Group, measure, first.NRisk, nan, nan, nan, nan}
		if first.Reason != "" && len(curve) == 1 {
			s.Starts = -1
		}
		at := func(month float64) float64 { // NaN where a step up to the month is hidden
			v, last := 1., 0.
			for _, i := range curve {
				d := &rows[i]
				last = max(last, d.Time)
				if d.Time <= month {
					v = d.Estimate
				}
			}
			if last < month && v > 0 {
				return nan
			}
			return v
		}
		s.UnderTwo, s.OverYear, s.OverEighteen = 1-at(2), at(12), at(18)
		before := 1. // NaN: the step before is hidden, and half may have ended in it
		for _, i := range curve {
			d := &rows[i]
			if d.Estimate <= 0.5 {
				if before > 0.5 {
					s.Median = d.Time
				}
				break
			}
			before = d.Estimate
		}
		out = append(out, s)
	}
	return out
}

// Records are the rows of every table that has some, as JSON objects by column: null for what is missing.
func (t *Tables) Records() map[string][]map[string]any {
	out := map[string][]map[string]any{}
	for _, e := range t.each() {
		table := tableOf(e.rows)
		if table.Rows == 0 {
			continue
		}
		rows := make([]map[string]any, table.Rows)
		for i := range rows {
			rows[i] = map[string]any{}
			for _, c := range table.Columns {
				rows[i][c.Name] = valueOf(c, i)
			}
		}
		out[e.name] = rows
	}
	return out
}
