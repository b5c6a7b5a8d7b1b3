package matching

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// MatchedRegression is the weighted regression of outcomes on the treatment and covariates over matched rows, factorised
// once for many outcomes.
type MatchedRegression struct {
	matched *Matched
	sets    *sets
	x       [][]float64 // treatment and covariates of the matched rows, in the order of the sets
	weight  []float64
	normal  *regression.Normal
	enters  []float64 // Normal.Weights of the treatment
	workers int
}

// WithRegression prepares the regression of outcomes on the treatment and x over the matched rows: what the covariates still
// differ in within pairs is taken out of the estimate, and what they explain of the outcome out of its error (Ho, Imai, King
// and Stuart 2007; Abadie and Spiess 2022, who show that errors by pair are right then whether or not the regression is).
// In docs/matching-errors.md the error of the plain difference is 1.4 times too large, and that of this one right. Matching
// must be without replacement.
func (m *Matched) WithRegression(x [][]float64, workers int) (*MatchedRegression, error) {
	if m.Subclass == nil {
		return nil, fault.Usagef("bad_flag", "regression after matching is for matching without replacement")
	}
	s := m.expanded()
	r := &MatchedRegression{matched: m, sets: s, weight: make([]float64, len(s.row)), workers: workers, x: make([][]float64, len(x)+1)}
	for i, row := range s.row {
		r.weight[i] = m.Weight[row]
	}
	for j := range r.x {
		r.x[j] = make([]float64, len(s.row))
		for i, row := range s.row {
			if j == 0 {
				r.x[j][i] = float64(group(m.Treated[row]))
			} else {
				r.x[j][i] = x[j-1][row]
			}
		}
	}
	var err error
	if r.normal, err = regression.NewNormal(r.x, len(s.row), r.weight, regression.Options{Workers: workers}); err != nil {
		return nil, err
	}
	r.enters = r.normal.Weights(0)
	return r, nil
}

// ATT is the coefficient of the treatment, with obs, cluster and the error's terms as in Matched.ATT, the factor (n−1)/(n−k)
// with k coefficients. The means are the weighted mean of the group that chose and what the estimate leaves of it.
func (r *MatchedRegression) ATT(y, obs []float64, cluster []int32, clusters int) Effect {
	rows := r.sets.row
	outcome := make([]float64, len(rows))
	normal, enters, weight := r.normal, r.enters, r.weight
	if obs != nil {
		weight = make([]float64, len(rows))
		for i, row := range rows {
			weight[i] = r.weight[i] * obs[row]
		}
		var err error
		if normal, err = regression.NewNormal(r.x, len(rows), weight, regression.Options{Workers: r.workers}); err != nil {
			return missingEffect(estimate.TooFewTreated)
		}
		enters = normal.Weights(0)
	}
	var total, sum [2]float64
	e := Effect{StdErrorType: r.sets.kind}
	for i, row := range rows {
		if weight[i] == 0 {
			continue
		}
		if outcome[i] = y[row]; y[row] != y[row] {
			return missingEffect(estimate.NotDefined)
		}
		g := group(r.matched.Treated[row])
		total[g] += weight[i]
		sum[g] += weight[i] * y[row]
		if g == 1 {
			e.Treated++
		} else {
			e.Comparison++
		}
	}
	switch {
	case e.Treated == 0:
		return missingEffect(estimate.TooFewTreated)
	case e.Comparison == 0:
		return missingEffect(estimate.NoComparison)
	}
	fit, err := normal.Fit(outcome)
	if err != nil {
		return missingEffect(estimate.NotDefined)
	}
	if len(fit.Dropped) > 0 && fit.Dropped[0] == 0 || fit.Rows <= fit.Rank {
		return missingEffect(estimate.Singular)
	}
	e.Estimate = fit.Coef[1]
	e.MeanTreated = sum[1] / total[1]
	e.MeanComparison = e.MeanTreated - e.Estimate
	if r.matched.Options.Estimand == ATC {
		e.MeanComparison = sum[0] / total[0]
		e.MeanTreated = e.MeanComparison + e.Estimate
	}
	n, k := float64(fit.Rows), float64(fit.Rank)
	r.sets.variance(&e, func(i int32) (float64, bool) { return enters[i] * fit.Residual[i], weight[i] != 0 }, (n-1)/(n-k), cluster, clusters, false)
	if math.IsNaN(e.Estimate) {
		return missingEffect(estimate.Singular)
	}
	return e
}
