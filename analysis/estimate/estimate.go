// Package estimate is what every estimator returns: an estimate with its error, the reason where there is none, and the
// influence of each row or person on it, so that estimates from different rooms can be tested and combined jointly.
//
// Conventions. A quantity that cannot be estimated is NaN and its Reason says why; it is never zero and never missing.
// Influence values are on the scale of the estimate: estimate − target ≈ Σᵢ ψᵢ, so that the variance of independent
// units is Σᵢ ψᵢ², and that of clusters the sum of squared cluster sums.
package estimate

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Reason says why a figure is missing; the empty reason means that it is not.
type Reason string

// The reasons. They are written into tables and scripted against: never rename one.
const (
	TooFewTreated    Reason = "too_few_treated"
	NoComparison     Reason = "no_comparison"
	TooFewComparison Reason = "too_few_comparison"
	TooFewLateStarts Reason = "too_few_late_starts" // in the comparison with starting later, `comparison.start_by`
	NoOverlap        Reason = "no_overlap"
	NotConverged     Reason = "not_converged"
	Singular         Reason = "singular"
	ConstantOutcome  Reason = "constant_outcome"
	BasePeriod       Reason = "base_period" // the reference cell of a universal base: 0 by construction
	NoFollowUp       Reason = "no_follow_up"
	NotDefined       Reason = "not_defined" // such as stable work before its window is full
	Suppressed       Reason = "suppressed"
	TooFewClusters   Reason = "too_few_clusters" // of the error; the estimate stands, except in `experiment` and joint tests
)

// Estimate is one estimate with its normal interval.
type Estimate struct {
	Estimate float64
	StdError float64
	ConfLow  float64
	ConfHigh float64
	PValue   float64 // two-sided, against 0
	Reason   Reason
}

// Normal is the estimate with its symmetric interval at level (such as 0.95) and the two-sided p-value from the normal
// distribution. A standard error of NaN or 0 leaves interval and p-value missing: no error is not certainty.
func Normal(value, stdError, level float64) Estimate {
	e := Estimate{value, stdError, math.NaN(), math.NaN(), math.NaN(), ""}
	if math.IsNaN(value) || math.IsNaN(stdError) || stdError <= 0 {
		return e
	}
	z := Quantile(level)
	e.ConfLow, e.ConfHigh = value-z*stdError, value+z*stdError
	e.PValue = PValue(value / stdError)
	return e
}

// Missing is an estimate that could not be made.
func Missing(why Reason) Estimate {
	nan := math.NaN()
	return Estimate{nan, nan, nan, nan, nan, why}
}

// Quantile is the two-sided normal critical value of a level: 1.959964 for 0.95.
func Quantile(level float64) float64 { return distuv.UnitNormal.Quantile((1 + level) / 2) }

// PValue is the two-sided normal p-value of a z statistic, right far into the tails (math.Erfc; gonum's Survival is 0
// beyond 8.3).
func PValue(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// ClusterVariance is Σ_c (Σ_{i∈c} ψᵢ)², the variance of an estimate from its influence by row, with rows of a cluster
// dependent. cluster holds numbers in [0, clusters); nil means that each row stands alone. No small-sample factor.
// Rows are added in their order, clusters in the order of their numbers: the result does not depend on workers.
//
// It panics where the lengths differ.
func ClusterVariance(psi []float64, cluster []int32, clusters int) float64 {
	sum := 0.
	if cluster == nil {
		for _, p := range psi {
			sum += p * p
		}
		return sum
	}
	if len(cluster) != len(psi) {
		panic(fmt.Sprintf("estimate: %d clusters for %d rows", len(cluster), len(psi)))
	}
	sums := make([]float64, clusters)
	for i, p := range psi {
		sums[cluster[i]] += p
	}
	for _, s := range sums {
		sum += s * s
	}
	return sum
}
