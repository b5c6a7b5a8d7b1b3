package matching

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// BalancedBatch estimates the effect on one outcome after another with the errors of Balanced.ATT by person, at a fraction of
// the cost: what the columns contribute to a person's influence is summed over the person's rows once, and the products of
// the columns with many outcomes are made in one pass over the columns.
//
// It is for the ATT with clusters; Make it with Batch.
type BalancedBatch struct {
	b        *Balanced
	cluster  []int32
	clusters int
	person   [][]float64 // by column, an element a cluster: Σ over a person's comparison rows of w·z less Σ over the treated of base·z
	residual [][]float64 // of outcomes, 0 for the treated: room that the next outcomes take over
}

// batchBlock is the number of rows or clusters that are taken at a time, so that a block of every column stays in the cache.
const batchBlock = 256

// Batch prepares the estimates of many outcomes by person. It panics where the weights were not solved for the ATT or
// cluster is nil. A batch is not for several goroutines at once.
func (b *Balanced) Batch(cluster []int32, clusters int) *BalancedBatch {
	if b.Options.Estimand != ATT || cluster == nil {
		panic("matching: Batch is for the ATT with clusters")
	}
	sameLength("cluster", len(cluster), len(b.Treated))
	t := &BalancedBatch{b: b, cluster: cluster, clusters: clusters, person: make([][]float64, len(b.x))}
	for j, x := range b.x {
		mean, scale := b.std.Mean[j], b.std.Scale[j]
		if scale == 0 {
			continue // stays nil
		}
		sums := make([]float64, clusters)
		for i, v := range x {
			z := (v - mean) * scale
			if b.Treated[i] {
				z *= -b.baseOf(i)
			} else {
				z *= b.Weight[i]
			}
			sums[cluster[i]] += z
		}
		t.person[j] = sums
	}
	return t
}

// ATT is Balanced.ATT of an outcome that is observed in every row, summed by person; the figures agree to rounding.
func (t *BalancedBatch) ATT(y []float64) Effect { return t.Influence(y, nil) }

// Influence is ATT that also writes the influence of every person into psi (one element a cluster, nil: not wanted): the
// squared error is the sum of its squares, and the covariance with an estimate on the same persons the sum of products.
func (t *BalancedBatch) Influence(y, psi []float64) Effect {
	if psi == nil {
		psi = make([]float64, t.clusters)
	}
	return t.Influences([][]float64{y}, [][]float64{psi})[0]
}

// Influences is Influence of several outcomes, an element of y and of psi each: the columns are read once for all of them. psi[h] has
// an element a cluster, may not be nil and is overwritten; it is all 0 where the effect has a Reason. It panics where the lengths
// of psi differ from the number of clusters.
func (t *BalancedBatch) Influences(y, psi [][]float64) []Effect {
	b := t.b
	n, p := len(b.Treated), len(b.x)
	out := make([]Effect, len(y))
	for len(t.residual) < len(y) {
		t.residual = append(t.residual, make([]float64, n))
	}
	residual, slope := t.residual[:len(y)], make([][]float64, len(y))
	for h := range y {
		sameLength("psi", len(psi[h]), t.clusters)
		sums := psi[h]
		clear(sums)
		slope[h] = make([]float64, p)
		mean, why := newHajek(y[h], nil, b.Weight, b.Treated)
		if why != "" {
			out[h] = missingEffect(why)
			clear(residual[h])
			continue
		}
		out[h] = Effect{Estimate: mean.mean[1] - mean.mean[0], MeanTreated: mean.mean[1], MeanComparison: mean.mean[0], StdErrorType: "m-estimation+person",
			Treated: mean.count[1], Comparison: mean.count[0]}
		for i := range y[h] {
			r := mean.residual(i)
			if b.Treated[i] {
				residual[h][i] = 0
				sums[t.cluster[i]] += r
			} else {
				residual[h][i] = r
				sums[t.cluster[i]] -= r
			}
		}
	}
	// The residuals of the comparison sum to 0, so that columns need no centring here.
	for from := 0; from < n; from += batchBlock {
		to := min(from+batchBlock, n)
		for j, x := range b.x {
			if t.person[j] == nil {
				continue
			}
			z := x[from:to]
			for h := range y {
				slope[h][j] += floats.Dot(residual[h][from:to], z)
			}
		}
	}
	for h := range y {
		for j := range slope[h] {
			slope[h][j] *= b.std.Scale[j]
		}
		b.factor[0].Solve(slope[h])
	}
	for from := 0; from < t.clusters; from += batchBlock {
		to := min(from+batchBlock, t.clusters)
		for h := range y {
			if out[h].Reason != "" {
				continue
			}
			sums := psi[h][from:to]
			for j, s := range t.person {
				if s != nil {
					floats.AddScaled(sums, slope[h][j], s[from:to])
				}
			}
		}
	}
	for h := range out {
		e := &out[h]
		switch {
		case e.Reason != "":
		case e.Treated < 2 && e.Comparison < 2:
			e.StdError = math.NaN()
		default:
			e.StdError = math.Sqrt(floats.Dot(psi[h], psi[h]))
		}
	}
	return out
}
