package did

import (
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/random"
)

// critical is the number c with P(maxⱼ |Zⱼ| ≤ c) = level for Z normal with mean 0 and the correlations of the covariance v
// (k×k, row-major): the sup-t value of simultaneous bands (estimate.Maxima), drawn from the stream (seed, purpose), so that
// it depends on the seed alone, and never under the pointwise value.
func critical(v []float64, k int, level float64, draws int, seed uint64, purpose string) float64 {
	return estimate.Draw(v, k, draws, random.New(seed, purpose)).Critical(level)
}
