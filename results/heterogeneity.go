package results

import (
	"math"

	"tiltakseffekt/analysis/estimate"
)

// Heterogeneity is a row of `heterogeneity`: what the figures of the subsets of a cell, which stand in `estimates` with
// subset_var and subset_value, say together.
type Heterogeneity struct {
	Tiltak      string `col:"tiltak"`
	Group       string `col:"group"` // "" of subset_var group, whose values are the groups
	Outcome     string `col:"outcome"`
	Method      string `col:"method"`
	Month       int    `col:"month"`
	Comparison  string `col:"comparison"`
	SubsetVar   string `col:"subset_var"`
	SubsetValue string `col:"subset_value"` // of rank and over_mean
	// difference (a test that all values have the same effect) | trend (slope a step of ordered values) | slope (of the effect, a unit of the variable) | of places: spread (τ, with
	// Cochran's Q), mean (of the places), rank (from the lowest), over_mean (probability of lying over it)
	Measure   string          `col:"measure"`
	Estimate  float64         `col:"estimate"`
	StdError  float64         `col:"std_error"`
	ConfLow   float64         `col:"conf_low"`
	ConfHigh  float64         `col:"conf_high"`
	Statistic float64         `col:"statistic"`
	DF        float64         `col:"df"`
	PValue    float64         `col:"p_value"`
	PAdjusted float64         `col:"p_adjusted"`
	Family    string          `col:"family"`
	NValues   int             `col:"n_values"` // with an estimate; of slope places
	Reason    estimate.Reason `col:"reason"`
}

// Blank takes the figures of a row away.
func (h *Heterogeneity) Blank() {
	nan := math.NaN()
	h.Estimate, h.StdError, h.ConfLow, h.ConfHigh, h.Statistic, h.DF, h.PValue, h.PAdjusted = nan, nan, nan, nan, nan, nan, nan, nan
}

// heterogeneity hides what is said of all values of a variable together where the figure of one of them is hidden, which could
// be solved for, and what is said of a value whose figure is. It comes after the estimates.
func (s *suppressor) heterogeneity() {
	shown := shownSubsets(s.t.Estimates)
	hide := func(h *Heterogeneity, rule string) {
		h.Blank()
		h.NValues, h.Reason = -1, suppressed
		s.note("heterogeneity", rule)
	}
	for i := range s.t.Heterogeneity {
		h := &s.t.Heterogeneity[i]
		if h.Reason != "" || shown(h) {
			continue
		}
		hide(h, "the figure of a value is hidden")
	}
	dividedRows(s.t.Divisions, about(s.t.Heterogeneity, (*Heterogeneity).divided), func(i int) { hide(&s.t.Heterogeneity[i], partOfOutcome) })
}

// shownSubsets tells whether all figures that a row rests on are shown. A slope rests on the rows of all known values, and its number of
// values is that of places, which no figure stands for: it goes where the figure of one value is hidden.
func shownSubsets(rows []Estimate) func(h *Heterogeneity) bool {
	count, value, hidden, part := map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	key := func(e *Estimate, group, variable string) string {
		return join(e.Tiltak, group, e.Outcome, e.Method, monthOf(e), e.Comparison, variable)
	}
	for i := range rows {
		e := &rows[i]
		if e.Month != nil && e.SubsetVar == "" && e.Role == "primary" && e.Group != everybody && e.Reason == suppressed {
			hidden[key(e, "", "group")] = true
		}
		if e.Month != nil && e.SubsetVar != "" && e.SubsetValue != "unknown" && e.Reason == suppressed {
			part[key(e, e.Group, e.SubsetVar)] = true
		}
		if e.Month == nil || math.IsNaN(e.Estimate) {
			continue
		}
		switch {
		case e.SubsetVar != "":
			k := key(e, e.Group, e.SubsetVar)
			if e.SubsetValue != "unknown" {
				count[k]++
			}
			value[join(k, e.SubsetValue)] = true
		case e.Role == "primary" && e.Group != everybody:
			count[key(e, "", "group")]++
		}
	}
	return func(h *Heterogeneity) bool {
		k := join(h.Tiltak, h.Group, h.Outcome, h.Method, h.Month, h.Comparison, h.SubsetVar)
		if h.Measure == "slope" {
			return !part[k] && count[k] > 0
		}
		return !hidden[k] && count[k] >= h.NValues && (h.SubsetValue == "" || value[join(k, h.SubsetValue)])
	}
}

// heterogeneity looks for what is said of hidden figures of subsets.
func (a *attacker) heterogeneity(t *Tables) {
	shown := shownSubsets(t.Estimates)
	for i := range t.Heterogeneity {
		if h := &t.Heterogeneity[i]; h.Reason == "" && !shown(h) {
			a.hit("heterogeneity: %s, %s, %s: %s by %s tells of a hidden figure", h.Tiltak, h.Group, h.Outcome, h.Measure, h.SubsetVar)
		}
	}
	a.subsets(t.Estimates)
}

// subsets takes the shown values of a variable from the cell: what is left is the hidden ones.
func (a *attacker) subsets(rows []Estimate) {
	whole := map[string]*Estimate{}
	at := func(e *Estimate) string {
		return join(e.Tiltak, e.Group, e.Outcome, e.Method, monthOf(e), e.Window, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet)
	}
	for i := range rows {
		if e := &rows[i]; e.SubsetVar == "" && e.Role == "primary" {
			whole[at(e)] = e
		}
	}
	for _, set := range grouped(rows, func(e *Estimate) string { return join(at(e), e.Comparison, e.SubsetVar) }) {
		first := &rows[set[0]]
		all := whole[at(first)]
		if first.SubsetVar == "" || all == nil || all.NStartsEligible < 0 {
			continue
		}
		rest, hidden := all.NStartsEligible, false
		for _, i := range set {
			if n := rows[i].NStartsEligible; n >= 0 {
				rest -= n
			} else {
				hidden = true
			}
		}
		if hidden && a.few(rest) {
			a.hit("%s: %d starts are left when the other values of %s are taken away", nameOf(all), rest, first.SubsetVar)
		}
	}
}
