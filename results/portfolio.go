package results

import (
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
)

// Portfolio is a row of `portfolio`: what a tiltak does, costs and is used for a group, or (Other set) how it compares with another
// tiltak for the same people.
type Portfolio struct {
	Tiltak  string `col:"tiltak"`
	Other   string `col:"other"` // "": the tiltak itself, against the study's comparison
	Group   string `col:"group"`
	Outcome string `col:"outcome"`
	Method  string `col:"method"` // of pairs overlap
	Month   int    `col:"month"`

	Estimate float64 `col:"estimate"` // effect, or tiltak − other among those who get either
	StdError float64 `col:"std_error"`
	ConfLow  float64 `col:"conf_low"`
	ConfHigh float64 `col:"conf_high"`
	PValue   float64 `col:"p_value"` // of no effect or no difference

	Margin               float64 `col:"margin"` // of no consequence, given by the study
	PEquivalence         float64 `col:"p_equivalence"`
	PEquivalenceAdjust   float64 `col:"p_equivalence_adjusted"` // Holm's over all pairs
	Verdict              string  `col:"verdict"`                // equivalent | different | undecided
	CommonSupport        float64 `col:"common_support"`         // share of the starts of the two in risk sets where both are begun, in whole per cent
	Starts               int     `col:"starts"`                 // of the tiltak in the group, analysed
	CostPerParticipation float64 `col:"cost_per_participation"` // mean, or tiltak − other
	CostTotal            float64 `col:"cost_total"`             // cost_per_participation × the participations behind it
	PriceYear            int     `col:"price_year"`

	Reason estimate.Reason `col:"reason"`

	// For disclosure control of pairs: persons of each arm, and whether few of an arm have or lack the outcome.
	PersonsTreated, PersonsComparison int
	Rare                              bool
}

// Blank takes the figures of effect away.
func (p *Portfolio) Blank() {
	nan := math.NaN()
	p.Estimate, p.StdError, p.ConfLow, p.ConfHigh, p.PValue, p.PEquivalence, p.PEquivalenceAdjust, p.CommonSupport = nan, nan, nan, nan, nan, nan, nan, nan
	p.Verdict = ""
}

// portfolio repeats what other tables show, and hides what they hide: an effect that `estimates` hides, a cost that `costs` hides, and a
// pair where either tiltak is hidden or few persons are behind it. It comes after both.
func (s *suppressor) portfolio() {
	shown, cost := shownPortfolio(s.t)
	starts := map[string]int{}
	for i := range s.t.Estimates {
		if e := &s.t.Estimates[i]; e.Month != nil && e.SubsetVar == "" && e.Role == "primary" {
			starts[join(e.Tiltak, e.Group, e.Outcome, e.Method, *e.Month)] = e.NStartsEligible
		}
	}
	for i := range s.t.Portfolio {
		p := &s.t.Portfolio[i]
		hidden := !shown(p.Tiltak, p) || p.Other != "" && (!shown(p.Other, p) || s.few(p.PersonsTreated) || s.few(p.PersonsComparison) || p.Rare)
		if hidden && p.Reason == "" {
			p.Blank()
			p.Reason = suppressed
			s.note("portfolio", "hidden in the estimates, or few persons")
		}
		if n, ok := starts[join(p.Tiltak, p.Group, p.Outcome, p.Method, p.Month)]; hidden || p.Starts != n || !ok || s.few(n) {
			p.Starts = -1
		}
		if !cost(p.Tiltak, p.Group) || p.Other != "" && !cost(p.Other, p.Group) || hidden {
			p.CostPerParticipation, p.CostTotal = math.NaN(), math.NaN()
		}
	}
}

// shownPortfolio tells what the tables of estimates and costs show.
func shownPortfolio(t *Tables) (effect func(tiltak string, p *Portfolio) bool, cost func(tiltak, group string) bool) {
	hidden, priced := map[string]bool{}, map[cellKey]bool{}
	for i := range t.Estimates {
		if e := &t.Estimates[i]; e.Month != nil && e.SubsetVar == "" && e.Role == "primary" && e.Reason == suppressed {
			hidden[join(e.Tiltak, e.Group, e.Outcome, *e.Month)] = true // by any method
		}
	}
	for i := range t.Costs {
		if c := &t.Costs[i]; c.Year == nil && c.Measure == "per_participation" && c.Statistic == "mean" && !math.IsNaN(c.Value) {
			priced[cellKey{c.Tiltak, c.Group}] = true
		}
	}
	return func(tiltak string, p *Portfolio) bool { return !hidden[join(tiltak, p.Group, p.Outcome, p.Month)] },
		func(tiltak, group string) bool { return priced[cellKey{tiltak, group}] }
}

// portfolio looks for figures that another table hides.
func (a *attacker) portfolio(t *Tables) {
	shown, cost := shownPortfolio(t)
	for i := range t.Portfolio {
		p := &t.Portfolio[i]
		for _, tiltak := range slices.DeleteFunc([]string{p.Tiltak, p.Other}, func(s string) bool { return s == "" }) {
			if !shown(tiltak, p) && (!math.IsNaN(p.Estimate) || p.Starts >= 0) {
				a.hit("portfolio: %s, %s: an effect that is hidden in the estimates", tiltak, p.Group)
			}
			if !cost(tiltak, p.Group) && !math.IsNaN(p.CostPerParticipation) {
				a.hit("portfolio: %s, %s: a cost that is hidden in the costs", tiltak, p.Group)
			}
		}
		if a.few(p.Starts) {
			a.hit("portfolio: %s, %s: %d starts", p.Tiltak, p.Group, p.Starts)
		}
	}
}
