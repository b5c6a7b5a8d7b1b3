package report

import (
	"math"

	"tiltakseffekt/results"
)

// reforms is the section on changes of rules, nil where the run has none: a table a reform and outcome, the placebo beside.
func (b *builder) reforms() *block {
	if len(b.t.Reforms) == 0 {
		return nil
	}
	bl := &block{Title: b.say("Endringer av regler", "Changes of rules"),
		Text: b.say("Endringen i utfallet blant dem reglene gjelder, fra før til etter, minus endringen blant de andre. Tallene bygger på at de to ellers hadde utviklet seg likt; placebo er den samme sammenlikningen på et tidligere tidspunkt, der ingenting ble endret, og bør være nær null.",
			"The change in the outcome among those whom the rules are about, from before to after, less the change among the others. The figures rest on the two developing alike otherwise; placebo is the same comparison at an earlier date, on which nothing changed, and should be near zero.")}
	for _, rule := range b.run.Reforms {
		for _, y := range b.run.Outcomes {
			t := b.table(rule.Text.In(b.lang())+": "+y.Text.In(b.lang()), b.say("Måned", "Month"), b.say("Virkning av endringen", "Effect of the change"), "Placebo")
			cells := map[int]map[string]*results.Reform{}
			last := 0
			for i := range b.t.Reforms {
				r := &b.t.Reforms[i]
				if r.Reform != rule.ID || r.Outcome != y.ID || r.Month == nil {
					continue
				}
				if cells[*r.Month] == nil {
					cells[*r.Month] = map[string]*results.Reform{}
				}
				cells[*r.Month][r.Role] = r
				last = max(last, *r.Month)
			}
			for m := 1; m <= last; m++ {
				if m != 1 && m != 3 && m%6 != 0 && m != last {
					continue
				}
				row := []tableCell{numberCell(b.l.Count(m), float64(m))}
				for _, role := range []string{"primary", "placebo"} {
					cell := numberCell("–", math.NaN())
					if r := cells[m][role]; r != nil && math.IsNaN(r.Estimate) {
						cell.Sub = b.short(r.Reason)
					} else if r != nil {
						cell = numberCell(b.effect(y.ID, r.Estimate), r.Estimate)
						if !math.IsNaN(r.ConfLow) {
							cell.Sub = b.interval(y.ID, r.ConfLow, r.ConfHigh)
						}
					}
					row = append(row, cell)
				}
				t.add(row...)
			}
			if len(t.Rows) > 0 {
				bl.Tables = append(bl.Tables, t)
			}
		}
	}
	return bl
}
