package matching

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// ReuseOptions are the choices of NewReuse; the zero value is the ATT without adjustment.
type ReuseOptions struct {
	Estimand   Estimand // ATT or ATC
	BiasAdjust bool     // take out what the regression on x says matches still differ in (Abadie and Imbens 2011, JBES 29:1)
	Workers    int      // 0: one a processor; the result does not depend on it
}

// Reuse is the effect after matching in which a row of the comparison may serve several rows, with neighbourhoods or with
// amounts, from the weights that the matching gave: it needs no list of pairs, takes sampling weights as they are in the
// weights, and sums the influence by person. One factorisation serves all outcomes.
type Reuse struct {
	weight  []float64
	treated []bool
	rows    []int32 // of positive weight
	x       [][]float64
	normal  *regression.Normal // among the rows that serve, with their weights
	opt     ReuseOptions
	total   float64
}

// NewReuse prepares the effect of weights: for the ATT the base weight of the treated rows that were matched, and for the
// comparison rows K, the sum of the shares in which they serve, so that both groups weigh the same; for the ATC the other
// way round. x, column-major, are the covariates of the bias adjustment, or without it what was matched on: MatchedOn of a
// score, or the columns of a distance between covariates.
func NewReuse(weight []float64, treated []bool, x [][]float64, opt ReuseOptions) (*Reuse, error) {
	if opt.Estimand > ATC {
		return nil, fault.Usagef("bad_flag", "matching with replacement estimates the att or the atc here, not the %s", opt.Estimand)
	}
	r := &Reuse{weight: weight, treated: treated, opt: opt}
	for i, w := range weight {
		if w > 0 {
			r.rows = append(r.rows, int32(i))
			if r.chose(int32(i)) {
				r.total += w
			}
		}
	}
	if r.total == 0 {
		return nil, fault.Dataf("no_overlap", "", "", "no row found a match")
	}
	serves := make([]float64, len(r.rows))
	r.x = make([][]float64, len(x))
	for j := range x {
		r.x[j] = make([]float64, len(r.rows))
		for k, i := range r.rows {
			r.x[j][k] = x[j][i]
		}
	}
	for k, i := range r.rows {
		if !r.chose(i) {
			serves[k] = weight[i]
		}
	}
	var err error
	r.normal, err = regression.NewNormal(r.x, len(r.rows), serves, regression.Options{Workers: opt.Workers})
	return r, err
}

func (r *Reuse) chose(i int32) bool { return r.treated[i] == (r.opt.Estimand == ATT) }

// Effect is the difference of weighted means or, with BiasAdjust, of the mean of those who chose and what the regression m
// of the outcome on x among their matches (weights K) predicts for them, which is the estimate of Abadie and Imbens (2011)
// as the regression has a constant. The error is that of the linear form of the estimator,
//
//	r_i = b_i(Y_i − m(X_i) − τ) for the rows that chose, −K_j(Y_j − m(X_j)) for their matches,  V = Σ_person (Σ r)²/(Σ b)²,
//
// the limit of the multiplier bootstrap of Otsu and Rai (2017, JASA 112:1720), which is valid with replacement where
// resampling rows is not (Abadie and Imbens 2008). What x explains of the outcome is no noise in it: rightly so for the bias
// adjustment, which takes it out of the estimate, and for what was matched on, in which matches are alike. Without the
// adjustment the other covariates must not be in x: pairs alike in the score differ in them, and an error that leaves that out
// is too short (0.8 of the standard deviation, and half of it under strong selection, in the design of
// docs/matching-errors.md). As the score was estimated, the error is then somewhat too long (Abadie and Imbens 2016). cluster
// is the person of a row, in [0, clusters); nil: each row is its own.
func (r *Reuse) Effect(y []float64, cluster []int32, clusters int) Effect {
	return r.Influence(y, cluster, clusters, nil)
}

// Influence is Effect that also writes the influence of every person into sums, one element a cluster (nil: not wanted).
func (r *Reuse) Influence(y []float64, cluster []int32, clusters int, sums []float64) Effect {
	clear(sums)
	sameLength("outcome", len(y), len(r.treated))
	sign := 1.
	if r.opt.Estimand == ATC {
		sign = -1
	}
	outcome := make([]float64, len(r.rows))
	var sum, total [2]float64
	e := Effect{StdErrorType: "otsu-rai"}
	for k, i := range r.rows {
		if outcome[k] = y[i]; y[i] != y[i] {
			return missingEffect(estimate.NotDefined)
		}
		g := group(r.treated[i])
		sum[g] += r.weight[i] * y[i]
		total[g] += r.weight[i]
		if g == 1 {
			e.Treated++
		} else {
			e.Comparison++
		}
	}
	if e.Treated == 0 {
		return missingEffect(estimate.TooFewTreated)
	}
	if e.Comparison == 0 {
		return missingEffect(estimate.NoComparison)
	}
	fit, err := r.normal.Fit(outcome)
	if err != nil {
		return missingEffect(estimate.Singular)
	}
	e.MeanTreated, e.MeanComparison = sum[1]/total[1], sum[0]/total[0]
	e.Estimate = e.MeanTreated - e.MeanComparison
	predicted := 0.
	for k, i := range r.rows {
		if r.chose(i) {
			predicted += r.weight[i] * fit.Residual[k]
		}
	}
	// The mean of what the regression leaves of those who chose; its difference from τ is what matches still differ in.
	adjusted := sign * predicted / r.total
	if r.opt.BiasAdjust {
		e.Estimate = adjusted
		if r.opt.Estimand == ATC {
			e.MeanTreated = e.MeanComparison + adjusted
		} else {
			e.MeanComparison = e.MeanTreated - adjusted
		}
	}
	psi := make([]float64, len(r.rows))
	var persons []int32
	if cluster != nil {
		persons = make([]int32, len(r.rows))
	}
	for k, i := range r.rows {
		v := r.weight[i] * fit.Residual[k] / r.total
		if r.chose(i) {
			psi[k] = sign*v - r.weight[i]/r.total*adjusted
		} else {
			psi[k] = -sign * v
		}
		if cluster != nil {
			persons[k] = cluster[i]
			if sums != nil {
				sums[cluster[i]] += psi[k]
			}
		}
	}
	e.StdError = math.Sqrt(clusterSquares(psi, persons, clusters, &floatPool))
	if cluster != nil {
		e.StdErrorType += "+person"
	}
	if len(r.rows) < 3 {
		e.StdError = math.NaN()
	}
	return e
}

// MatchedOn are the columns of the regression of Reuse and of Tied.Multiplier for rows matched on a score alone: the score
// and its square.
func MatchedOn(score []float64) [][]float64 { return [][]float64{score, times(score, score)} }
