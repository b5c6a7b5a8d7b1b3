package did

import (
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/random"
)

// critical is the number c with P(maxⱼ |Zⱼ| ≤ c) = level for Z normal with mean 0 and the correlations of the covariance v
// (k×k, row-major): the sup-t value of simultaneous bands (Montiel Olea and Plagborg-Møller 2019, JAE 34:1). It is the
// (1+B)·level-th of B draws from the stream (seed, purpose), so that it depends on the seed alone, and never under the
// pointwise value. Rows with variance 0 are left out. Draws error in c is about 0.01 at B = 10,000.
func critical(v []float64, k int, level float64, draws int, seed uint64, purpose string) float64 {
	pointwise := estimate.Quantile(level)
	var live []int
	for j := range k {
		if v[j*k+j] > 1e-30 {
			live = append(live, j)
		}
	}
	m := len(live)
	if m < 2 {
		return pointwise
	}
	r := make([]float64, m*m)
	for a, i := range live {
		for b, j := range live[:a+1] {
			r[a*m+b] = v[i*k+j] / math.Sqrt(v[i*k+i]*v[j*k+j])
		}
	}
	l := factorise(r, m).l
	rng := random.New(seed, purpose)
	z := make([]float64, m)
	maxima := make([]float64, draws)
	for d := range maxima {
		for j := range z {
			z[j] = rng.NormFloat64()
		}
		top := 0.
		for a := range m {
			row := l[a*m : a*m+a+1]
			top = max(top, math.Abs(dot(row, z[:a+1])))
		}
		maxima[d] = top
	}
	slices.Sort(maxima)
	at := int(math.Ceil(level*float64(draws+1))) - 1
	return max(pointwise, maxima[min(at, draws-1)])
}
