package results

import (
	"math"

	"tiltakseffekt/analysis/estimate"
)

// Sensitivity is a row of `sensitivity`: how strong something that was not measured would have to be, or what another choice
// would have given, for one figure of `estimates`.
type Sensitivity struct {
	Tiltak  string `col:"tiltak"`
	Group   string `col:"group"`
	Outcome string `col:"outcome"`
	Method  string `col:"method"`
	Month   int    `col:"month"`
	// Measure is e-value, rosenbaum-gamma, robustness-value, benchmark (a hidden cause as strong as the covariates of Variation) or
	// spread (the estimate under the choice of Variation).
	Measure   string          `col:"measure"`
	Variation string          `col:"variation"`
	Estimand  string          `col:"estimand"` // of spread
	Value     float64         `col:"value"`    // what takes the estimate to no effect; of benchmark: partial R² with the start
	Bound     float64         `col:"bound"`    // what takes the interval there; of benchmark: partial R² with the outcome
	Estimate  float64         `col:"estimate"` // of benchmark: with such a cause in it; of spread: under the choice
	StdError  float64         `col:"std_error"`
	ConfLow   float64         `col:"conf_low"`
	ConfHigh  float64         `col:"conf_high"`
	Reason    estimate.Reason `col:"reason"`

	// For disclosure control: distinct persons, those with and without a 0/1 outcome (negative where it is not 0/1), and the
	// fewer of the pairs that differ in either direction (negative where it is not about pairs).
	PersonsTreated, PersonsComparison                          int
	OnesTreated, ZerosTreated, OnesComparison, ZerosComparison int
	Discordant                                                 int
	FewAmounts                                                 bool
}

// sensitivity hides what belongs to a figure that is hidden; what rests on few persons itself; Γ where few pairs differ in
// one direction, which it would tell; and the E-value of a method that drops some of the starts: with the effect it gives
// both levels, which are rounded or hidden there.
func (s *suppressor) sensitivity() {
	rows := s.t.Sensitivity
	main, most := map[string]*Estimate{}, map[string]int{}
	for i := range s.t.Estimates {
		e := &s.t.Estimates[i]
		if e.Month == nil || e.Role != "primary" || e.SubsetVar != "" {
			continue
		}
		main[join(e.Tiltak, e.Group, e.Outcome, e.Method, *e.Month)] = e
		cell := join(e.Tiltak, e.Group)
		most[cell] = max(most[cell], e.NStarts)
	}
	hide := func(r *Sensitivity, rule string) {
		nan := math.NaN()
		r.Value, r.Bound, r.Estimate, r.StdError, r.ConfLow, r.ConfHigh, r.Reason = nan, nan, nan, nan, nan, nan, suppressed
		s.note("sensitivity", rule)
	}
	for i := range rows {
		r := &rows[i]
		e := main[join(r.Tiltak, r.Group, r.Outcome, r.Method, r.Month)]
		rule := ""
		switch {
		case e == nil || e.Reason == suppressed || s.near[cellKey{r.Tiltak, r.Group}]:
			rule = "of a hidden figure"
		case s.few(r.PersonsTreated) || s.few(r.PersonsComparison) || r.FewAmounts ||
			s.rare(r.OnesTreated) || s.rare(r.ZerosTreated) || s.rare(r.OnesComparison) || s.rare(r.ZerosComparison):
			rule = "few persons"
		case r.Measure == "rosenbaum-gamma" && s.rare(r.Discordant):
			rule = "few pairs that differ"
		case r.Measure == "e-value" && (e.NStarts < most[join(r.Tiltak, r.Group)] || math.IsNaN(e.MeanTreated)):
			rule = "would give a level"
		}
		if rule == "" || r.Reason != "" {
			continue
		}
		hide(r, rule)
	}
	dividedRows(s.t.Divisions, about(rows, (*Sensitivity).divided), func(i int) { hide(&rows[i], partOfOutcome) })
}

// sensitivity looks for a figure that is hidden, or a level, behind a measure of it.
func (a *attacker) sensitivity(t *Tables) {
	hidden, level := map[string]bool{}, map[string]bool{}
	for i := range t.Estimates {
		e := &t.Estimates[i]
		if e.Month == nil || e.Role != "primary" || e.SubsetVar != "" {
			continue
		}
		k := join(e.Tiltak, e.Group, e.Outcome, e.Method, *e.Month)
		hidden[k] = e.Reason == suppressed
		level[k] = math.IsNaN(e.MeanTreated)
	}
	for i := range t.Sensitivity {
		r := &t.Sensitivity[i]
		if r.Reason != "" {
			continue
		}
		k := join(r.Tiltak, r.Group, r.Outcome, r.Method, r.Month)
		switch {
		case hidden[k]:
			a.hit("sensitivity: %s, %s, %s, %s, %s stands beside a figure that is hidden", r.Tiltak, r.Group, r.Outcome, r.Method, r.Measure)
		case r.Measure == "e-value" && level[k]:
			a.hit("sensitivity: %s, %s, %s, %s: the E-value and the effect give the levels that are hidden", r.Tiltak, r.Group, r.Outcome, r.Method)
		}
	}
}
