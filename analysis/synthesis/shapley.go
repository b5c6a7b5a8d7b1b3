package synthesis

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// maxFactors is the number of factors over which a split would need more than a thousand runs.
const maxFactors = 10

// ShapleyWeights are the weights that turn the values of all 2ⁿ combinations of n factors into the part of each factor:
// part i = Σ_S w[i][S]·v(S), where bit i of S is set when factor i is as in the second study and clear when it is as in
// the first. With s the number of set bits of a combination without i,
//
//	φ_i = Σ_{S ∌ i} s!(n−s−1)!/n! · (v(S ∪ {i}) − v(S)),
//
// the mean over the n! orders in which the factors can be changed, so that no order is preferred; the parts add up to
// v(all) − v(none). Shapley (1953), "A value for n-person games"; Shorrocks (2013), doi:10.1007/s10888-011-9214-z.
func ShapleyWeights(n int) [][]float64 {
	factorial := make([]float64, n+1)
	factorial[0] = 1
	for i := 1; i <= n; i++ {
		factorial[i] = factorial[i-1] * float64(i)
	}
	w := make([][]float64, n)
	for i := range w {
		w[i] = make([]float64, 1<<n)
		for s := range 1 << n {
			if s&(1<<i) != 0 {
				continue
			}
			size := 0
			for b := s; b > 0; b &= b - 1 {
				size++
			}
			c := factorial[size] * factorial[n-size-1] / factorial[n]
			w[i][s|1<<i] += c
			w[i][s] -= c
		}
	}
	return w
}

// Part is what one factor contributes to the difference between two studies.
type Part struct {
	estimate.Estimate
	Share float64 // of the whole difference; NaN where that is smaller than twice its error: a share of nothing means nothing
}

// Split divides the difference v(all) − v(none) between two studies over n factors by ShapleyWeights. value has 2ⁿ elements
// (bit i: factor i as in the second study); influence, where it is known, one row a combination with the influence of each
// person on its value, so that the combinations, which share persons, are correlated as they are: Var φ = Σ_p (Σ_S w_S ψ_Sp)².
// Without influence the errors are NaN. The last element is the whole difference.
//
// A value that is NaN is an error: the combination could not be estimated, and a split without it would be another split.
func Split(value []float64, influence [][]float64, level float64) ([]Part, error) {
	n := 0
	for 1<<n < len(value) {
		n++
	}
	if len(value) != 1<<n || n == 0 || n > maxFactors {
		return nil, fault.Usagef("bad_split", "a difference is split over 1 to %d factors, and %d values are not all their combinations", maxFactors, len(value))
	}
	for s, v := range value {
		if math.IsNaN(v) {
			return nil, fault.Dataf("bad_split", "", "", "combination %d of the split has no estimate", s)
		}
	}
	weights := append(ShapleyWeights(n), make([]float64, len(value)))
	weights[n][0], weights[n][len(value)-1] = -1, 1
	parts := make([]Part, n+1)
	for i, w := range weights {
		difference := 0.
		for s, v := range value {
			difference += w[s] * v
		}
		stdError := math.NaN()
		if influence != nil {
			sum := 0.
			for person := range influence[0] {
				at := 0.
				for s := range value {
					at += w[s] * influence[s][person]
				}
				sum += at * at
			}
			stdError = math.Sqrt(sum)
		}
		parts[i] = Part{estimate.Normal(difference, stdError, level), math.NaN()}
	}
	if whole := parts[n]; math.Abs(whole.Estimate.Estimate) > 2*whole.StdError {
		for i := range parts {
			parts[i].Share = parts[i].Estimate.Estimate / whole.Estimate.Estimate
		}
	}
	return parts, nil
}
