package results

import (
	"fmt"
	"math"

	"tiltakseffekt/analysis/estimate"
)

// PreEffect is a row of `pre_effects`: the difference between the arms in an outcome at a month before the start, or in
// the month of the start (0), with the weights of the study's own methods. A method that balances the history of the months before makes them
// near zero by construction: they show what it left and, for did, the development before; they test no assumption (table
// placebo does).
type PreEffect struct {
	Tiltak     string          `col:"tiltak"`
	Group      string          `col:"group"`
	Outcome    string          `col:"outcome"`
	Method     string          `col:"method"`
	EventMonth *int            `col:"event_month"` // −12 … 0
	Estimate   float64         `col:"estimate"`
	StdError   float64         `col:"std_error"`
	ConfLow    float64         `col:"conf_low"`
	ConfHigh   float64         `col:"conf_high"`
	Reason     estimate.Reason `col:"reason"`

	// For disclosure control: distinct persons, and for a 0/1 outcome those with and without it; negative otherwise.
	PersonsTreated, PersonsComparison                          int
	OnesTreated, ZerosTreated, OnesComparison, ZerosComparison int
	FewAmounts                                                 bool
}

// preEffects hides the series of cells that are small, or of whose outcome the estimates show nothing, and months in which
// few persons, or few of those whom a larger group has more, have the outcome or lack it.
func (s *suppressor) preEffects() {
	rows := s.t.PreEffects
	hiddenBehind := hiddenOutcomes(s.t.Estimates)
	hide := func(p *PreEffect, rule string) {
		if p.Reason == "" {
			s.note("pre_effects", rule)
		}
		nan := math.NaN()
		p.Estimate, p.StdError, p.ConfLow, p.ConfHigh, p.Reason = nan, nan, nan, nan, suppressed
	}
	for i := range rows {
		p := &rows[i]
		if p.Reason != "" {
			continue
		}
		switch {
		case s.few(p.PersonsTreated) || s.few(p.PersonsComparison):
			hide(p, "few persons")
		case s.near[cellKey{p.Tiltak, p.Group}]:
			hide(p, "nearly the same as a larger group")
		case hiddenBehind[join(p.Tiltak, p.Group, p.Outcome)]:
			hide(p, "hidden in the estimates")
		case p.FewAmounts || s.rare(p.OnesTreated) || s.rare(p.ZerosTreated) || s.rare(p.OnesComparison) || s.rare(p.ZerosComparison):
			hide(p, "few with or without the outcome")
		}
	}
	for _, cell := range grouped(rows, func(p *PreEffect) string { return join(p.Tiltak, p.Outcome, p.Method, fmt.Sprint(*p.EventMonth)) }) {
		for _, i := range cell {
			for _, j := range cell {
				a, b := &rows[i], &rows[j]
				if a.Reason != "" || b.Reason != "" || !s.nest[a.Group][b.Group] || a.OnesTreated < 0 {
					continue
				}
				for _, d := range []int{b.OnesTreated - a.OnesTreated, b.ZerosTreated - a.ZerosTreated, b.OnesComparison - a.OnesComparison, b.ZerosComparison - a.ZerosComparison} {
					if d > 0 && d < s.min {
						hide(a, "nearly the same as a larger group")
						break
					}
				}
			}
		}
	}
	dividedRows(s.t.Divisions, about(rows, (*PreEffect).divided), func(i int) { hide(&rows[i], partOfOutcome) })
}

// hiddenOutcomes are the tiltak × group × outcome of which the estimates show nothing, for disclosure.
func hiddenOutcomes(rows []Estimate) map[string]bool {
	out, shown := map[string]bool{}, map[string]bool{}
	for i := range rows {
		k := join(rows[i].Tiltak, rows[i].Group, rows[i].Outcome)
		switch {
		case rows[i].Reason == suppressed:
			out[k] = true
		case !math.IsNaN(rows[i].Estimate):
			shown[k] = true
		}
	}
	for k := range shown {
		delete(out, k)
	}
	return out
}

// preEffects looks for months before the start that are shown where the estimates of the outcome are hidden, or that rest on
// few persons.
func (a *attacker) preEffects(t *Tables) {
	hidden := hiddenOutcomes(t.Estimates)
	for i := range t.PreEffects {
		p := &t.PreEffects[i]
		if math.IsNaN(p.Estimate) && math.IsNaN(p.StdError) && math.IsNaN(p.ConfLow) && math.IsNaN(p.ConfHigh) {
			continue
		}
		name := fmt.Sprintf("pre_effects: %s, %s, %s, %s, month %d", p.Tiltak, p.Group, p.Outcome, p.Method, *p.EventMonth)
		if hidden[join(p.Tiltak, p.Group, p.Outcome)] {
			a.hit("%s: the estimates of the outcome are hidden", name)
		}
		if p.PersonsTreated > 0 && a.few(p.PersonsTreated) || p.PersonsComparison > 0 && a.few(p.PersonsComparison) {
			a.hit("%s: few persons", name)
		}
	}
}
