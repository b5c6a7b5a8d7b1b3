package analysis

import (
	"errors"
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// balanceFit is entropy balancing of the comparison rows to the treated.
type balanceFit struct {
	c        *cell
	method   Method
	level    float64
	balanced *matching.Balanced
	batch    *matching.BalancedBatch
	dropped  []string
	ess      float64
}

// designWeights are the sampling weights, in the comparison times (treated rows of the stratum)/(weight of its comparison
// rows): before any balancing each stratum, calendar month × elapsed duration, counts as it does among the treated. For the
// atc and the ate it counts as among the comparison rows, or all rows. A row that would stand for nobody gets 0, but for the ate keeps its own.
func (c *cell) designWeights(e matching.Estimand) []float64 {
	treated, comparison := map[int32]float64{}, map[int32]float64{}
	for i, s := range c.stratum {
		if c.treated[i] {
			treated[s] += c.weight[i]
		} else {
			comparison[s] += c.weight[i]
		}
	}
	base := make([]float64, len(c.weight))
	for i, s := range c.stratum {
		base[i] = c.weight[i]
		t, u := treated[s], comparison[s]
		switch {
		case e == matching.ATE && (t == 0 || u == 0):
		case e == matching.ATE && c.treated[i]:
			base[i] *= (t + u) / t
		case e == matching.ATE:
			base[i] *= (t + u) / u
		case e == matching.ATT && !c.treated[i]:
			base[i] *= t / u
		case e == matching.ATC && c.treated[i]:
			base[i] *= u / t
		}
	}
	return base
}

// fitBalance balances the means of all covariates. Where no weighting reaches the mean of some columns, those are left
// out, at most maxUnbalanced and of several that are out of reach together one at a time, and named in the diagnostics: a
// column that the comparison cannot match must be said, not hidden. Their imbalance shows in the balance table.
func (r *runner) fitBalance(c *cell, m Method) (fitted, estimate.Reason, error) {
	f := &balanceFit{c: c, method: m, level: r.study.Inference.Level}
	x, names := c.design(m)
	if m.Moments > 1 || m.Interactions {
		x, names = matching.Expand(x, names, m.Moments, m.Interactions)
	}
	if len(x) > mostBalanced {
		return nil, "", fault.Usagef("bad_study", "%s would balance %d columns; name at most %d powers and products through fewer `covariates`", m.ID, len(x), mostBalanced)
	}
	b, dropped, why, err := balanceColumns(x, names, c.treated, c.designWeights(m.estimand()), m.estimand())
	if why != "" || err != nil {
		return nil, why, err
	}
	f.balanced, f.dropped = b, dropped
	if m.estimand() == matching.ATT {
		f.batch = b.Batch(c.unit, c.units)
	}
	_, f.ess = matching.ESS(f.balanced.Weight, c.treated)
	return f, "", nil
}

// balanceColumns is entropy balancing without the columns, named, whose means no weighting reaches.
func balanceColumns(x [][]float64, names []string, treated []bool, base []float64, e matching.Estimand) (b *matching.Balanced, dropped []string, why estimate.Reason, err error) {
	return balanceAllBut(maxUnbalanced, x, names, treated, base, e)
}

// balanceAllBut is balanceColumns with another number of columns that may be left out.
func balanceAllBut(most int, x [][]float64, names []string, treated []bool, base []float64, e matching.Estimand) (b *matching.Balanced, dropped []string, why estimate.Reason, err error) {
	for {
		b, err := matching.EntropyBalance(x, treated, base, matching.EntropyOptions{Estimand: e, Names: names, Workers: 1})
		var infeasible *matching.InfeasibleError
		if errors.As(err, &infeasible) && len(infeasible.Columns) > 0 && len(dropped) < most {
			columns := infeasible.Columns
			if !infeasible.Alone { // out of reach together: without the last, which is the most derived, the others may be in reach
				columns = columns[len(columns)-1:]
			}
			out := map[int]bool{}
			for _, j := range columns {
				out[j] = true
				dropped = append(dropped, names[j])
			}
			var keptX [][]float64
			var keptNames []string
			for j := range x {
				if !out[j] {
					keptX, keptNames = append(keptX, x[j]), append(keptNames, names[j])
				}
			}
			x, names = keptX, keptNames
			continue
		}
		if err != nil {
			why, err := refused(err, estimate.NoOverlap)
			return nil, nil, why, err
		}
		if !b.Converged {
			return nil, nil, estimate.NotConverged, nil
		}
		return b, dropped, "", nil
	}
}

// estimand is whose mean effect the figures are.
func (f *balanceFit) estimand() string { return f.method.estimand().String() }

// mostBalanced is how many columns entropy balancing takes: its work grows with their square.
const mostBalanced = 400

// maxUnbalanced is how many columns may be left out before a cell is said to have no overlap.
const maxUnbalanced = 8

func (f *balanceFit) reason() estimate.Reason                                { return "" }
func (f *balanceFit) outcome(*cell, *runner, *outcome.Definition) outcomeFit { return f }
func (f *balanceFit) balanceWeights() []float64                              { return f.balanced.Weight }
func (f *balanceFit) weights() []float64                                     { return nil }
func (f *balanceFit) used() []bool                                           { return nil }

func (f *balanceFit) effect(y []float64) results.Estimate { return f.joint(y, nil) }

func (f *balanceFit) joint(y, psi []float64) results.Estimate {
	c := f.c
	return c.summed(f.level, f.balanced.Weight, psi, func(psi []float64) (results.Estimate, float64) {
		if f.batch != nil {
			return fromEffect(f.batch.Influence(y, psi), f.level, c.nTreated, c.personsTreated, c.personsComparison, f.ess), 0
		}
		if psi != nil {
			byPerson(f.balanced.Influence(y, nil), c.unit, psi)
		}
		return fromEffect(f.balanced.ATT(y, nil, c.cluster, c.clusters), f.level, c.nTreated, c.personsTreated, c.personsComparison, f.ess), 0
	})
}

// joints is joint of several outcomes.
func (f *balanceFit) joints(y, psi [][]float64) []results.Estimate {
	out := make([]results.Estimate, len(y))
	if f.batch == nil {
		for h := range y {
			out[h] = f.joint(y[h], psi[h])
		}
		return out
	}
	c := f.c
	return c.summedMany(f.level, f.balanced.Weight, psi, func(psi [][]float64) []results.Estimate {
		for h, e := range f.batch.Influences(y, psi) {
			out[h] = fromEffect(e, f.level, c.nTreated, c.personsTreated, c.personsComparison, f.ess)
		}
		return out
	})
}

func (f *balanceFit) diagnostics() []results.Diagnostic {
	text := ""
	for i, name := range f.dropped {
		if i > 0 {
			text += ", "
		}
		text += name
	}
	largest, total := 0., 0.
	strata := map[int32]bool{}
	for i, w := range f.balanced.Weight {
		if !f.c.treated[i] {
			largest = math.Max(largest, w)
			total += w
			strata[f.c.stratum[i]] = true
		}
	}
	alone := 0
	for i, s := range f.c.stratum {
		if f.c.treated[i] && !strata[s] {
			alone++
		}
	}
	return []results.Diagnostic{
		{Name: "iterations", Value: float64(f.balanced.Iterations)},
		{Name: "imbalance", Value: f.balanced.Imbalance, Text: "largest difference of means in standard deviations"},
		{Name: "not_balanced", Value: float64(len(f.dropped)), Text: text},
		{Name: "no_counterpart", Value: float64(f.c.noCounterpart), Text: "comparison rows with a value or in a stratum that no treated row has"},
		{Name: "treated_alone_in_stratum", Value: float64(alone), Text: "treated rows in a calendar month × duration without a comparison row: their comparison is extrapolated"},
		{Name: "ess_comparison", Value: f.ess},
		{Name: "largest_weight_share", Value: largest / total},
	}
}
