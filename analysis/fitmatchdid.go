package analysis

import (
	"fmt"
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/regression"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// matchedChange is the difference-in-differences of matched or balanced rows (Heckman, Ichimura and Todd 1997): the mean
// change of the treated from their base less that of the comparison rows matched or weighted to them. Rows are matched on
// what difference-in-differences may condition on: what no month of the history moves, and the histories that end before
// the registration.
//
// The errors are those of the method on the changes. For entropy balancing the weights are estimated and their influence is
// in the sum by person; for nearest the pairs are taken as known and the errors are by pair and person, which holds for
// matching without replacement (Abadie and Spiess 2022, JASA 117:983).
type matchedChange struct {
	weight []float64 // by row of the cell
	on     func(dy, psi []float64) matching.Effect
	ess    float64
	n      int
	pt, pc int

	pair    []int32   // by row of the cell, −1 outside; nil where rows are not in pairs
	before  []float64 // weights before balancing, by row of the cell; nil where nothing is balanced
	dropped []string  // columns left out of the balancing
}

// match fits the method to the rows with a known base.
func (o *didSample) match(c *cell, r *runner, m Method) {
	n := len(o.keep)
	treated, person, stratum, key, weight := make([]bool, n), make([]int32, n), make([]int32, n), make([]uint64, n), make([]float64, n)
	cluster, unit := make([]int32, n), make([]int32, n)
	for j, i := range o.keep {
		cluster[j], unit[j] = c.cluster[i], c.unit[i]
		treated[j], person[j], stratum[j], key[j], weight[j] = c.treated[i], c.person[i], c.stratum[i], c.key[i], c.weight[i]
	}
	var x [][]float64
	var names []string
	for _, column := range c.didColumns(&r.trials.Rows) {
		v := make([]float64, n)
		for j, i := range o.keep {
			v[j] = column[i]
		}
		x = append(x, v)
	}
	names = c.didNames(&r.trials.Rows)
	f := &matchedChange{weight: make([]float64, len(c.row))}
	var w []float64
	var err error
	switch m.Match {
	case ebal:
		var b *matching.Balanced
		sub := &cell{treated: treated, stratum: stratum, weight: weight}
		base := sub.designWeights(matching.ATT)
		if b, f.dropped, o.why, err = balanceColumns(x, names, treated, base, matching.ATT); err != nil || o.why != "" {
			break
		}
		w = b.Weight
		f.before = make([]float64, len(c.row))
		for j, i := range o.keep {
			f.before[i] = base[j]
		}
		f.on = b.Batch(unit, c.units).Influence
	default:
		var score []float64
		if score, o.why = linearScore(x, names, treated, weight); o.why != "" {
			break
		}
		in := matching.NearestInput{Score: score, Treated: treated, Stratum: stratum, Unit: person, Key: key}
		if r.reg.Persons.Weight != nil {
			in.Base = make([]float64, n) // without the rate at which comparison rows were sampled
			all := r.extractWeight(c)
			for j, i := range o.keep {
				in.Base[j] = all[i]
			}
		}
		var matched *matching.Matched
		if matched, err = matching.Nearest(in, matching.NearestOptions{Caliper: float64(m.Caliper), Amounts: in.Base != nil, Seed: *r.study.Seed, Workers: 1}); err != nil {
			break
		}
		if matched.MatchedTreated < minTreated {
			o.why = estimate.NoOverlap
			break
		}
		w = matched.Weight
		if matched.Subclass != nil { // nil where a row stands for several, and may be in several pairs
			f.pair = make([]int32, len(c.row))
			for i := range f.pair {
				f.pair[i] = -1
			}
			for j, i := range o.keep {
				f.pair[i] = matched.Subclass[j]
			}
		}
		carry := carrying(w)
		f.on = func(dy, psi []float64) matching.Effect {
			if psi != nil {
				weightedInfluence(dy, w, treated, unit, carry, psi)
			}
			return matched.ATT(dy, nil, cluster, c.clusters)
		}
	}
	if err != nil && o.why == "" {
		o.why = estimate.NoOverlap
	}
	if o.why != "" {
		return
	}
	for j, i := range o.keep {
		f.weight[i] = w[j]
		if w[j] > 0 && treated[j] {
			f.n++
		}
	}
	_, f.ess = matching.ESS(w, treated)
	f.pt = c.countPersons(func(i int) bool { return c.treated[i] && f.weight[i] > 0 })
	f.pc = c.countPersons(func(i int) bool { return !c.treated[i] && f.weight[i] > 0 })
	o.matched = f
}

// linearScore is the linear predictor of a logit with the sampling weights, penalised where the groups separate.
func linearScore(x [][]float64, names []string, treated []bool, weight []float64) ([]float64, estimate.Reason) {
	fit, _, err := logit(x, names, treated, weight, regression.LogitLink)
	switch {
	case err != nil:
		return nil, estimate.Singular
	case !fit.Converged:
		return nil, estimate.NotConverged
	}
	return fit.Linear, ""
}

// effect is the estimate for the changes in o.dy; y are the levels by row of the cell.
func (f *matchedChange) effect(o *didOutcome, y, psi []float64) results.Estimate {
	sum, weight := 0., 0.
	for _, i := range o.keep {
		if w := f.weight[i]; o.c.treated[i] && w > 0 {
			sum += w * y[i]
			weight += w
		}
	}
	row := o.c.summed(o.level, f.weight, psi, func(psi []float64) (results.Estimate, float64) {
		e := f.on(o.dy, psi)
		return fromEffect(e, o.level, f.n, f.pt, f.pc, f.ess), e.SetTerm
	})
	row.MeanTreated = sum / weight
	row.MeanComparison = row.MeanTreated - row.Estimate
	return row
}

// probe is the estimate of one month with bases nearer and nearer the registration, on the same persons: the twelve months
// that end 6, 5, … 1 months before it instead of 7. Where the outcome dips before people register (Ashenfelter 1978), a
// base inside the dip makes whoever dipped more look better afterwards; estimates that move with the base say so. They are
// robustness rows of the definition "base 6", …, "base 1", without levels, which are those of the month itself.
func (o *didOutcome) probe(main results.Estimate, y []float64) []results.Estimate {
	var out []results.Estimate
	for k := len(o.nearer) - 1; k >= 0; k-- {
		row := missing(main.Reason)
		if main.Reason == "" {
			other := *o
			other.base = o.nearer[k]
			for _, i := range o.keep {
				if math.IsNaN(other.base[i]) { // other people than those of the estimate: no comparison with it
					row.Reason = estimate.NotDefined
					break
				}
			}
			if row.Reason == "" {
				row = other.effect(y)
				row.MeanTreated, row.MeanComparison = math.NaN(), math.NaN()
				row.OnesTreated, row.ZerosTreated, row.OnesComparison, row.ZerosComparison = main.OnesTreated, main.ZerosTreated, main.OnesComparison, main.ZerosComparison
				row.FewAmounts = main.FewAmounts
			}
		}
		row.Month, row.Role, row.Definition = main.Month, "robustness", fmt.Sprintf("base %d", k+1)
		out = append(out, row)
	}
	return out
}
