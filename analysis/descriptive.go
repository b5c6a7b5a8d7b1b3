package analysis

import (
	"math"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Outcomes that are defined for those in work alone (fastholdelse with conditional: true) condition on what a start may
// change. A study that names one gets its twin over all starts among its outcomes, which is estimated like any other, and
// the shares among those in work in a table of their own, labelled descriptive: the difference has no error and no p-value.

// twinMark ends the id of a twin that the study does not name itself.
const twinMark = "_ubetinget"

// splitDescriptive takes the conditional outcomes out of the list and sees to it that their twins are there.
func (s *Study) splitDescriptive() error {
	var kept []outcome.Spec
	for _, o := range s.Outcomes {
		if !o.Conditional {
			kept = append(kept, o)
		} else {
			s.Descriptive = append(s.Descriptive, DescriptiveOutcome{Spec: o})
		}
	}
	ids := map[string]bool{}
	for _, o := range s.Outcomes {
		ids[o.ID] = true
	}
	for i := range s.Descriptive { // a study that is resolved again has them already
		d := &s.Descriptive[i]
		ids[d.Spec.ID] = true
		for _, o := range kept {
			if twins(o, d.Spec) {
				d.Twin = o.ID
				break
			}
		}
		if d.Twin != "" {
			continue
		}
		twin := d.Spec
		twin.Conditional = false
		twin.ID = strings.TrimSuffix(d.Spec.ID[:min(len(d.Spec.ID), 40-len(twinMark))], "_") + twinMark
		if ids[twin.ID] {
			return fault.Usagef("bad_study", "outcome `%s` is defined for those in work only, and its twin over all starts would be called `%s`, which another outcome is; name the twin yourself: {id: …, kind: fastholdelse, after: %d}", d.Spec.ID, twin.ID, twin.After)
		}
		ids[twin.ID] = true
		d.Twin = twin.ID
		kept = append(kept, twin)
	}
	s.Outcomes = kept
	return nil
}

// DescriptiveOutcome is an outcome that is defined for those in work only, with the id of its twin over all starts.
type DescriptiveOutcome struct {
	Spec outcome.Spec `json:"outcome"`
	Twin string       `json:"twin"`
}

// twins tells whether an outcome is what a conditional one is, over all starts.
func twins(o, conditional outcome.Spec) bool {
	a, b := o.Resolved(), conditional.Resolved()
	return a.Kind == b.Kind && !a.Conditional && a.Position == b.Position && a.Terms == b.Terms && a.After == b.After && a.SameEmployer == b.SameEmployer
}

// describeAmong adds the shares among those in work of a cell, for every method that weights rows.
func (r *runner) describeAmong(out *cellResult, c *cell, fits []fitted, reason estimate.Reason, tiltak, group string) {
	for k, def := range r.descriptive {
		d := r.study.Descriptive[k]
		var y [][]float64
		if reason == "" {
			y = c.follow(def, r.reg, &r.trials.Rows, r.study.Horizon)
		}
		for i, m := range r.study.Methods {
			var weight []float64
			why := reason
			if why == "" {
				if why = fits[i].reason(); why == "" {
					if weight = fits[i].balanceWeights(); weight == nil {
						continue // a method without weights has no shares
					}
				}
			}
			for h := 1; h <= r.study.Horizon; h++ {
				row := results.Descriptive{Tiltak: tiltak, Group: group, Outcome: d.Spec.ID, Twin: d.Twin, Method: m.ID, Month: h,
					ShareTreated: math.NaN(), ShareComparison: math.NaN(), Difference: math.NaN(), Reason: why}
				switch {
				case why != "":
				case r.trials.Censoring != nil: // as the twin: who stays stands for who left
					c.among(&row, y[h-1], times(weight, c.stay(r, def.MinFollowUp(h))))
				default:
					c.among(&row, y[h-1], weight)
				}
				out.Descriptive = append(out.Descriptive, row)
			}
		}
	}
}

// among fills a row with the weighted share of 1 among the rows whose outcome is known, in either arm.
func (c *cell) among(row *results.Descriptive, y, weight []float64) {
	var sum, ones [2]float64
	for i, v := range y {
		arm := 0
		if c.treated[i] {
			arm = 1
		}
		if v == v {
			sum[arm] += weight[i]
			ones[arm] += weight[i] * v
		}
	}
	count := func(arm bool, is func(v float64) bool) int {
		return c.countPersons(func(i int) bool { return c.treated[i] == arm && weight[i] > 0 && is(y[i]) })
	}
	for arm, to := range map[bool]*results.Among{true: &row.Treated, false: &row.Comparison} {
		to.With = count(arm, func(v float64) bool { return v == 1 })
		to.Without = count(arm, func(v float64) bool { return v == 0 })
		to.Outside = count(arm, func(v float64) bool { return v != v })
	}
	if sum[0] == 0 || sum[1] == 0 {
		row.Reason = estimate.NotDefined
		return
	}
	row.ShareTreated, row.ShareComparison = ones[1]/sum[1], ones[0]/sum[0]
	row.Difference = row.ShareTreated - row.ShareComparison
}
