package matching

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// BalancedBatch estimates the effect on one outcome after another with the errors of Balanced.ATT by person, at a fraction of
// the cost: what the columns contribute to a person's influence is summed over the person's rows once, and an outcome then
// takes one dot product a column and a product of a persons × columns matrix with its slopes.
//
// It is for the ATT with clusters; Make it with Batch.
type BalancedBatch struct {
	b        *Balanced
	cluster  []int32
	clusters int
	person   []float64 // clusters × columns: Σ over a person's comparison rows of w·z less Σ over the treated of base·z
	residual []float64 // by row, 0 for the treated
	sums     []float64 // by person
}

// Batch prepares the estimates of many outcomes by person. It panics where the weights were not solved for the ATT or
// cluster is nil. A batch is not for several goroutines at once.
func (b *Balanced) Batch(cluster []int32, clusters int) *BalancedBatch {
	if b.Options.Estimand != ATT || cluster == nil {
		panic("matching: Batch is for the ATT with clusters")
	}
	sameLength("cluster", len(cluster), len(b.Treated))
	p := len(b.x)
	t := &BalancedBatch{b: b, cluster: cluster, clusters: clusters, person: make([]float64, clusters*p), residual: make([]float64, len(b.Treated)), sums: make([]float64, clusters)}
	for j, x := range b.x {
		mean, scale := b.std.Mean[j], b.std.Scale[j]
		if scale == 0 {
			continue
		}
		for i, v := range x {
			z := (v - mean) * scale
			if b.Treated[i] {
				z *= -b.baseOf(i)
			} else {
				z *= b.Weight[i]
			}
			t.person[int(cluster[i])*p+j] += z
		}
	}
	return t
}

// ATT is Balanced.ATT of an outcome that is observed in every row, summed by person; the figures agree to rounding.
func (t *BalancedBatch) ATT(y []float64) Effect { return t.Influence(y, nil) }

// Influence is ATT that also writes the influence of every person into psi (one element a cluster, nil: not wanted): the
// squared error is the sum of its squares, and the covariance with an estimate on the same persons the sum of products.
func (t *BalancedBatch) Influence(y, psi []float64) Effect {
	if psi != nil {
		sameLength("psi", len(psi), t.clusters)
		clear(psi)
	}
	b := t.b
	h, why := newHajek(y, nil, b.Weight, b.Treated)
	if why != "" {
		return missingEffect(why)
	}
	clear(t.sums)
	for i := range y {
		r := h.residual(i)
		if b.Treated[i] {
			t.residual[i] = 0
			t.sums[t.cluster[i]] += r
		} else {
			t.residual[i] = r
			t.sums[t.cluster[i]] -= r
		}
	}
	// The residuals of the comparison sum to 0, so that columns need no centring here.
	p := len(b.x)
	slope := make([]float64, p)
	for j, x := range b.x {
		if b.std.Scale[j] != 0 {
			slope[j] = floats.Dot(t.residual, x) * b.std.Scale[j]
		}
	}
	b.factor[0].Solve(slope)
	squares := 0.
	for c, s := range t.sums {
		s += floats.Dot(t.person[c*p:(c+1)*p], slope)
		squares += s * s
		if psi != nil {
			psi[c] = s
		}
	}
	e := Effect{Estimate: h.mean[1] - h.mean[0], StdError: math.Sqrt(squares), MeanTreated: h.mean[1], MeanComparison: h.mean[0], StdErrorType: "m-estimation+person",
		Treated: h.count[1], Comparison: h.count[0]}
	if h.count[0] < 2 && h.count[1] < 2 {
		e.StdError = math.NaN()
	}
	return e
}
