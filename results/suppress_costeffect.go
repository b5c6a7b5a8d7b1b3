package results

import (
	"math"

	"tiltakseffekt/analysis/estimate"
)

// shownEstimates is what the estimates of a tiltak, group, method and outcome show of the months 1…H.
type shownEstimates struct {
	known  bool // there is a row for H
	hidden bool // H is hidden
	levels bool // the levels at H are shown
	month  bool // a month of 1…H is hidden
}

// shownBehind reads what table estimates shows of the rows behind a figure of cost against effect.
func shownBehind(rows []Estimate) func(c *CostEffect) shownEstimates {
	byCell := map[string][]int{}
	for i := range rows {
		if e := &rows[i]; e.Month != nil && e.SubsetVar == "" && (e.Sample == "" || e.Sample == "main") && (e.Definition == "" || e.Definition == "main") && e.Role != "placebo" {
			k := join(e.Tiltak, e.Group, e.Method, e.Outcome)
			byCell[k] = append(byCell[k], i)
		}
	}
	return func(c *CostEffect) shownEstimates {
		var s shownEstimates
		for _, i := range byCell[join(c.Tiltak, c.Group, c.Method, c.Outcome)] {
			e := &rows[i]
			if *e.Month > c.Month {
				continue
			}
			s.month = s.month || e.Reason == suppressed
			if *e.Month == c.Month {
				s.known, s.hidden, s.levels = true, e.Reason == suppressed, !math.IsNaN(e.MeanTreated)
			}
		}
		return s
	}
}

// costEffect hides what rests on few persons, or on amounts that few have, and follows the table of estimates, whose rules
// have looked at groups, methods and months: where an estimate at H is hidden, everything on cost against effect of its
// cell and method goes; where only its levels are, the levels of cost go; and months in the outcome over 1…H, a sum over
// months, go with any hidden month. An outcome of "" follows the cell's other rows.
func (s *suppressor) costEffect() {
	rows := s.t.CostEffect
	shown := shownBehind(s.t.Estimates)
	for _, cell := range grouped(rows, func(c *CostEffect) string { return join(c.Tiltak, c.Group, c.Method) }) {
		first := &rows[cell[0]]
		hide, months, levels := s.near[cellKey{first.Tiltak, first.Group}] || s.analysed[cellKey{first.Tiltak, first.Group}], false, true
		for _, i := range cell {
			c := &rows[i]
			hide = hide || s.few(c.PersonsTreated) || s.few(c.PersonsComparison)
			if c.Outcome == "" {
				continue
			}
			behind := shown(c)
			hide = hide || behind.hidden
			months = months || behind.month
			levels = levels && (!behind.known || behind.levels)
		}
		for _, i := range cell {
			c := &rows[i]
			switch {
			case hide:
				s.hideCostEffect(c, "cell hidden in the estimates, or few persons")
			case c.FewAmounts && c.Statistic != "effect":
				s.hideCostEffect(c, "kroner of a few")
			case months && c.Effect == "months":
				s.hideCostEffect(c, "sum over a hidden month")
			case !levels && !(math.IsNaN(c.MeanTreated) && math.IsNaN(c.MeanComparison)):
				c.MeanTreated, c.MeanComparison = math.NaN(), math.NaN()
				s.note("cost_effect", "levels")
				if c.Statistic == "unpriced_share" && c.Reason == "" {
					c.Reason = suppressed
				}
			}
		}
	}
}

func (s *suppressor) hideCostEffect(c *CostEffect, rule string) {
	nan := math.NaN()
	if math.IsNaN(c.Estimate) && math.IsNaN(c.Share) && math.IsNaN(c.MeanTreated) && math.IsNaN(c.MeanComparison) && c.Reason != "" && !ratioReason(c.Reason) {
		return // nothing is shown, and the reason is a better one
	}
	c.Estimate, c.StdError, c.ConfLow, c.ConfHigh, c.Share, c.MeanTreated, c.MeanComparison = nan, nan, nan, nan, nan, nan, nan
	c.Reason = suppressed
	s.note("cost_effect", rule)
}

// ratioReason tells whether a reason speaks of the figures themselves: that an arm dominates is a finding.
func ratioReason(r estimate.Reason) bool {
	return r == "dominant" || r == "dominated" || r == "effect_not_distinguishable"
}
