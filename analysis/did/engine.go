package did

import (
	"math"

	"tiltakseffekt/analysis/estimate"
)

// engine estimates cells and the joint covariance of what is made from them. There are two for balanced data, one on
// units and one on statistics by cohort, and they agree to rounding.
type engine interface {
	// fit estimates the cells: value, reason, counts and variance.
	fit(cells []cell) ([]fitted, error)
	// covariance is the joint covariance (k×k, row-major) of linear combinations of cells.
	covariance(columns []column) ([]float64, error)
	// constantBase tells whether the outcome in the base period of a cell is one number in all of its units.
	constantBase(c *cell) bool
}

// fitted is what an engine found for a cell.
type fitted struct {
	att, variance   float64
	reason          estimate.Reason
	treated, others int
	ess, maxP       float64
	trimmed         int
}

// column is a linear combination of cells, Σ weight·ATT, whose weights may depend on estimated shares of the cohorts: a
// unit of cohort h with weight w (mean 1) adds w·share[h] to the influence. share is nil where nothing is estimated.
type column struct {
	cells  []int
	weight []float64
	share  []float64
}

// estimateOf is the value of a column.
func (c *column) estimateOf(f []fitted) float64 {
	s := 0.
	for j, k := range c.cells {
		s += c.weight[j] * f[k].att
	}
	return s
}

// leastVariance is what a variance is over that is not 0 up to rounding.
const leastVariance = 1e-30

// deviation is the standard error of a variance, NaN where it is 0 up to rounding (a base cell).
func deviation(variance float64) float64 {
	if !(variance > leastVariance) {
		return math.NaN()
	}
	return math.Sqrt(variance)
}
