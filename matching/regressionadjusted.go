package matching

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/regression"
)

// RegressionError is the error of RegressionAdjusted.
type RegressionError uint8

// The errors: HC3, or by sets of matched rows with the factors G/(G−1) and (n−1)/(n−k).
const (
	RegressionHC3 RegressionError = iota
	RegressionBySet
)

// RegressionAdjusted is the coefficient of the treatment in the weighted regression of the outcome on the treatment and x
// over the rows of positive weight: what covariates still differ in after matching is taken out, one slope for both groups
// (Ho, Imai, King and Stuart 2007, Political Analysis 15:199). set numbers, by row, the matched set of RegressionBySet;
// cluster, the person of a row, adds to it as in Matched.ATT; without sets it takes the place of HC3. obs
// are weights of observation, 0 where y is missing. The weights are taken as known.
func RegressionAdjusted(weight []float64, treated []bool, x [][]float64, y, obs []float64, kind RegressionError, set, cluster []int32) (Effect, error) {
	n := len(treated)
	v := make([]float64, n)
	outcome := make([]float64, n)
	d := make([]float64, n)
	e := Effect{MeanTreated: math.NaN(), MeanComparison: math.NaN()}
	for i, w := range weight {
		if obs != nil {
			w *= obs[i]
		}
		if v[i] = w; w == 0 {
			continue
		}
		outcome[i] = y[i]
		if y[i] != y[i] {
			return missingEffect(estimate.NotDefined), nil
		}
		if treated[i] {
			d[i] = 1
			e.Treated++
		} else {
			e.Comparison++
		}
	}
	for i, t := range treated {
		d[i] = float64(group(t))
	}
	if e.Treated == 0 {
		return missingEffect(estimate.TooFewTreated), nil
	}
	if e.Comparison == 0 {
		return missingEffect(estimate.NoComparison), nil
	}
	fit, err := regression.WLS(append([][]float64{d}, x...), outcome, v)
	if err != nil {
		return Effect{}, err
	}
	if len(fit.Dropped) > 0 && fit.Dropped[0] == 0 || fit.Rows <= fit.Rank {
		return missingEffect(estimate.Singular), nil
	}
	e.Estimate = fit.Coef[1]
	both := regression.ClusterOptions{Groups: true, Residuals: true}
	var cov [][]float64
	switch {
	case kind == RegressionBySet && cluster != nil:
		cov, e.StdErrorType = fit.CovCluster(both, set, cluster), "pair+person"
		if cov[1][1] <= 0 {
			cov = fit.CovCluster(both, set)
		}
	case kind == RegressionBySet:
		cov, e.StdErrorType = fit.CovCluster(both, set), "pair"
	case cluster != nil:
		cov, e.StdErrorType = fit.CovCluster(both, cluster), "robust+person"
	default:
		cov, e.StdErrorType = fit.CovRobust(regression.HC3), "hc3"
	}
	e.StdError = math.Sqrt(cov[1][1])
	if math.IsInf(e.StdError, 0) {
		e.StdError = math.NaN()
	}
	return e, nil
}
