package synthesis

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Specifications are the estimates of one effect under every choice of a registry that was fixed beforehand.
type Specifications struct {
	Estimate   []float64
	StdError   []float64   // over 0
	Covariance [][]float64 // of the estimates, from the persons that they share
	Factor     []string    // what was chosen: sample, definition, …
	Choice     [][]int     // [specification][factor]: the number of the choice
}

// SpecificationCurve is what the specifications say together.
type SpecificationCurve struct {
	N           int
	Median      float64
	Low, High   float64 // smallest and largest estimate
	Dominant    float64 // sign of the median, −1 or 1
	Share       float64 // of the specifications with the dominant sign
	Significant float64 // share with the dominant sign and p under 1 − level

	// Joint tests of no effect in any specification: how often draws under it, with the same joint covariance, have a median
	// at least as far from 0, at least as large a significant share of one sign, and at least as large a |t|.
	PMedian, PSignificant, PMax float64

	// Variance is the share of the variance between the estimates that each factor accounts for (in the order of Factor),
	// by Shapley's rule over the R² of regressions on the factors' choices, so that the shares add up to 1 less Residual, that of
	// combinations of choices. NaN where the estimates do not differ.
	Variance []float64
	Residual float64
	// Noise is the share of the variance between estimates that sampling error alone would leave between them: the mean
	// over pairs of Var(difference)/2 over the variance. Over 1 says that the specifications need not differ at all.
	Noise float64
}

// Curve tests and describes a specification curve (Simonsohn, Simmons and Nelson 2020, doi:10.1038/s41562-020-0912-z), with normal draws of the joint
// covariance in the place of their permutations: equal to multiplying every person's influence by one standard normal
// number, the same in every specification. P-values are (1 + draws as extreme)/(1 + draws).
func Curve(s Specifications, level float64, draws int, rng *rand.Rand) (*SpecificationCurve, error) {
	n := len(s.Estimate)
	if n < 2 || len(s.StdError) != n || len(s.Covariance) != n || len(s.Choice) != n {
		return nil, fault.Usagef("bad_curve", "a specification curve needs two estimates or more, each with its error, covariances and choices")
	}
	for i, e := range s.Estimate {
		if math.IsNaN(e) || !(s.StdError[i] > 0) {
			return nil, fault.Dataf("bad_curve", "", "", "specification %d has no estimate or no error; leave it out", i+1)
		}
	}
	c := &SpecificationCurve{N: n, Low: slices.Min(s.Estimate), High: slices.Max(s.Estimate), Dominant: 1}
	c.Median = median(s.Estimate)
	if c.Median < 0 {
		c.Dominant = -1
	}
	z := estimate.Quantile(level)
	t := make([]float64, n)
	top, same := 0., 0
	for i, e := range s.Estimate {
		t[i] = e / s.StdError[i]
		top = max(top, math.Abs(t[i]))
		if e*c.Dominant > 0 {
			same++
		}
	}
	c.Share = float64(same) / float64(n)
	c.Significant = significant(t, c.Dominant, z)
	c.tests(s, level, draws, rng, top)
	c.Variance, c.Residual = varianceShares(s)
	total, noise := 0., 0.
	mean := 0.
	for _, e := range s.Estimate {
		mean += e / float64(n)
	}
	for _, e := range s.Estimate {
		total += (e - mean) * (e - mean) / float64(n-1)
	}
	for i := range n {
		for j := range i {
			noise += s.Covariance[i][i] + s.Covariance[j][j] - 2*s.Covariance[i][j]
		}
	}
	c.Noise = noise / float64(n*(n-1)) / total
	return c, nil
}

// tests fills the joint tests.
func (c *SpecificationCurve) tests(s Specifications, level float64, draws int, rng *rand.Rand, top float64) {
	n := c.N
	v := make([]float64, n*n)
	for i := range n {
		for j := range n {
			v[i*n+j] = s.Covariance[i][j]
		}
	}
	z := estimate.Quantile(level)
	x, t := make([]float64, n), make([]float64, n)
	far, share, largest := 1, 1, 1
	estimate.Normals(v, n, draws, rng, func(draw []float64) {
		m := 0.
		for i, d := range draw {
			x[i], t[i] = d, d/s.StdError[i]
			m = max(m, math.Abs(t[i]))
		}
		middle := median(x)
		if math.Abs(middle) >= math.Abs(c.Median) {
			far++
		}
		sign := 1.
		if middle < 0 {
			sign = -1
		}
		if significant(t, sign, z) >= c.Significant {
			share++
		}
		if m >= top {
			largest++
		}
	})
	all := float64(draws + 1)
	c.PMedian, c.PSignificant, c.PMax = float64(far)/all, float64(share)/all, float64(largest)/all
}

func significant(t []float64, sign, z float64) float64 {
	k := 0
	for _, v := range t {
		if v*sign > z {
			k++
		}
	}
	return float64(k) / float64(len(t))
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// varianceShares divides the R² of the regression on all factors by Shapley's rule; the rest is the residual.
func varianceShares(s Specifications) (shares []float64, residual float64) {
	k := len(s.Factor)
	shares = make([]float64, k)
	mean, total := 0., 0.
	for _, e := range s.Estimate {
		mean += e / float64(len(s.Estimate))
	}
	for _, e := range s.Estimate {
		total += (e - mean) * (e - mean)
	}
	if !(total > 0) {
		for i := range shares {
			shares[i] = math.NaN()
		}
		return shares, math.NaN()
	}
	value := make([]float64, 1<<k)
	for set := range value {
		value[set] = 1 - residualSquares(s, set)/total
	}
	value[0] = 0
	for i, w := range ShapleyWeights(k) {
		for set, v := range value {
			shares[i] += w[set] * v
		}
		if !slices.ContainsFunc(s.Choice, func(c []int) bool { return c[i] != s.Choice[0][i] }) {
			shares[i] = 0 // one choice: not even a rounding error of the variance is its
		}
	}
	return shares, 1 - value[len(value)-1]
}

// residualSquares is what the regression of the estimates on the choices of a set of factors leaves.
func residualSquares(s Specifications, set int) float64 {
	n := len(s.Estimate)
	columns := [][]float64{}
	one := make([]float64, n)
	for i := range one {
		one[i] = 1
	}
	columns = append(columns, one)
	for f := range s.Factor {
		if set&(1<<f) == 0 {
			continue
		}
		most := 0
		for i := range n {
			most = max(most, s.Choice[i][f])
		}
		for choice := 1; choice <= most; choice++ {
			column := make([]float64, n)
			for i := range n {
				if s.Choice[i][f] == choice {
					column[i] = 1
				}
			}
			columns = append(columns, column)
		}
	}
	// Modified Gram–Schmidt: a column that the ones before it make up adds nothing.
	r := slices.Clone(s.Estimate)
	var basis [][]float64
	for _, c := range columns {
		q := slices.Clone(c)
		for range 2 {
			for _, b := range basis {
				d := dot(q, b)
				for i := range q {
					q[i] -= d * b[i]
				}
			}
		}
		length := math.Sqrt(dot(q, q))
		if length < 1e-9*math.Sqrt(float64(n)) {
			continue
		}
		for i := range q {
			q[i] /= length
		}
		basis = append(basis, q)
		d := dot(r, q)
		for i := range r {
			r[i] -= d * q[i]
		}
	}
	return dot(r, r)
}

func dot(a, b []float64) float64 {
	return mat.Dot(mat.NewVecDense(len(a), a), mat.NewVecDense(len(b), b))
}
