package analysis

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// resolvePreEffects checks `pre_effects`.
func (s *Study) resolvePreEffects() error {
	if s.PreEffects < 0 || s.PreEffects > 60 {
		return fault.Usagef("bad_study", "`pre_effects: %d` is how many months before the start are compared; it is 0 (none) to 60", s.PreEffects)
	}
	return nil
}

// knownBefore is the share of the rows whose outcome must be known at a month before the start for it to be compared.
const knownBefore = 0.95

// preEffects compares the arms at the months −n … 0 from the start, n = `pre_effects`, with the weights that a method has
// already (s; nil where it has no estimate): the same estimator on the outcome of an earlier month. An outcome that counts a window is read at its last month;
// one without a level before the start (job_held and the like) has no rows with figures. What the panel does not reach, or emigration hides, is filled in
// as after the start; with more than 5 % of that a month is not defined.
func (r *runner) preEffects(c *cell, def *outcome.Definition, s *series, tiltak, group, id, method string) []results.PreEffect {
	var out []results.PreEffect
	if r.study.PreEffects == 0 {
		return nil
	}
	before := r.before[def]
	var y []float64
	for e := -r.study.PreEffects; e <= 0; e++ {
		month := e
		row := results.PreEffect{Tiltak: tiltak, Group: group, Outcome: id, Method: method, EventMonth: &month, Reason: estimate.NotDefined,
			PersonsTreated: c.personsTreated, PersonsComparison: c.personsComparison, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1}
		figures := missing(estimate.NotDefined)
		if s != nil && before != nil {
			y = c.at(before, r.reg, r.trials.Rows.Person, r.trials.Rows.Month, e, y)
			known := append([]float64(nil), y...)
			if hidden := c.complete(y, r.reg, &r.trials.Rows); hidden <= 1-knownBefore {
				figures = s.per.effect(y)
				row.Reason = figures.Reason
				row.PersonsTreated, row.PersonsComparison = figures.NPersonsTreated, figures.NPersonsComparison
				if before.Binary() {
					row.OnesTreated, row.ZerosTreated, row.OnesComparison, row.ZerosComparison = c.ones(known, carrying(s.per.weights()))
				} else {
					row.FewAmounts = c.fewAmounts(known, carrying(s.per.weights()), *r.study.Disclosure.MinCell)
				}
			}
		}
		row.Estimate, row.StdError, row.ConfLow, row.ConfHigh = figures.Estimate, figures.StdError, figures.ConfLow, figures.ConfHigh
		out = append(out, row)
	}
	return out
}

// at is the outcome of every row e months from its own month, NaN where the panel does not reach or its window is not full.
func (c *cell) at(def *outcome.Definition, reg *register.Register, person []int32, month []calendar.Month, e int, dst []float64) []float64 {
	dst = dst[:0]
	var series []float64
	loaded := int32(-1)
	var first calendar.Month
	for _, row := range c.row {
		if p := person[row]; p != loaded {
			h := reg.Panel.History(p)
			series, first, loaded = def.Series(h, series), h.First, p
		}
		v := math.NaN()
		if k := int(month[row] - first + calendar.Month(e)); k >= 0 && k < len(series) {
			v = series[k]
		}
		dst = append(dst, v)
	}
	return dst
}
