package did

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Batch estimates many outcomes that are observed in every row of a Fitter's sample, with the influence summed by cluster. It
// gives what Fitter.ATT gives, to rounding, at a fraction of the cost, since both are linear in the outcome: the influence of a
// row with change dy is
//
//	ψ = c·(dy − z'β) + q·z'a − t·η₁ + u·η₀
//
// with c, q, t and u known before any outcome, so that a cluster takes the sums of c·z, q·z, t and u over its rows, made once;
// and the moments Σ w·dy·z and Σ odds·dy·z of many outcomes are made in one pass over the columns. A Batch is not for several
// goroutines at once.
type Batch struct {
	f      *Fitter
	d      *design
	weight []float64 // c by row
	sums   [][]float64
	m1, m0 []float64 // means of z over the treated and, by odds, over the controls
	odds   []float64 // Σ odds·zz', lower triangle; nil without a propensity

	y [][]float64 // of outcomes, in the order of the fitter: room that the next outcomes take over
}

// batchBlock is the number of rows or clusters that are taken at a time, so that a block of every column stays in the cache.
const batchBlock = 256

// Batch prepares the estimates of many outcomes. It is nil where there is nothing to gain or no estimate: without covariates, one
// dimension of clusters or an estimate at all, and for Imp. Fitter.ATT serves those.
func (f *Fitter) Batch() *Batch {
	n := len(f.order)
	if f.cluster == nil || len(f.x) == 0 || f.method == Imp || len(f.dims) > 0 {
		return nil
	}
	d := f.subset(make([]float64, n)).design
	if d.reason != "" || d.n1 < 2 || d.n0 < 2 {
		return nil
	}
	b := &Batch{f: f, d: d, weight: make([]float64, n)}
	k, nt := d.k, d.nt
	v := make([]float64, n)
	for i := range v {
		v[i] = d.weight(i)
	}
	b.m1, b.m0 = make([]float64, k), make([]float64, k)
	d.z.rows(0, nt).moments(b.m1, v[:nt])
	floats.Scale(1/d.w1, b.m1)
	controls := d.z.rows(nt, n)
	if d.odds != nil {
		controls.moments(b.m0, d.odds[nt:])
		floats.Scale(1/d.w0, b.m0)
		if d.gram != nil {
			b.odds = controls.gram(d.odds[nt:])
		}
	}
	q := make([]float64, n) // of z'a
	t, u := make([]float64, f.clusters), make([]float64, f.clusters)
	for i := range n {
		w := v[i]
		if i < nt {
			b.weight[i] = w / d.w1
			t[f.cluster[i]] += w / d.w1
			if d.p != nil {
				q[i] = -w * (1 - d.p[i])
			}
			continue
		}
		if d.ols != nil {
			b.weight[i] = w * d.ols[i]
		}
		if d.odds != nil {
			b.weight[i] -= d.odds[i] / d.w0
			u[f.cluster[i]] += d.odds[i] / d.w0
			q[i] = w * d.p[i]
		}
	}
	byCluster := func(v []float64) {
		for j := range k {
			s := make([]float64, f.clusters)
			for i, z := range d.z[j] {
				s[f.cluster[i]] += v[i] * z
			}
			b.sums = append(b.sums, s)
		}
	}
	b.sums = append(b.sums, t)
	if d.odds != nil {
		b.sums = append(b.sums, u)
	}
	if d.gram != nil {
		byCluster(b.weight)
	}
	if d.hess != nil {
		byCluster(q)
	}
	return b
}

// ATTs are the effects on the treated of several outcomes, from the changes dy of each; the Influence of each is nil. dy[h] has an element a
// row of the Fitter's sample, in its order. psi has as many elements as dy, psi[h] one a cluster, none nil; it is overwritten with
// the influence of the clusters, all 0 where the effect has a Reason. NaN in dy is not allowed: a batch leaves no rows out (Fitter.ATT
// does), and the figures and the influence of that outcome are NaN without a Reason; the other outcomes are not touched.
func (b *Batch) ATTs(dy, psi [][]float64) []ATT {
	f, d := b.f, b.d
	n, k, nt, H := d.n, d.k, d.nt, len(dy)
	for len(b.y) < H {
		b.y = append(b.y, make([]float64, n))
	}
	y := b.y[:H]
	treated, control := make([]float64, H), make([]float64, H) // Σ w·dy over the treated, Σ odds·dy over the controls
	for h := range y {
		to, from := y[h], dy[h]
		for s, i := range f.order {
			to[s] = from[i]
		}
		if d.w == nil {
			treated[h] = floats.Sum(y[h][:nt])
		} else {
			treated[h] = floats.Dot(d.w[:nt], y[h][:nt])
		}
		if d.odds != nil {
			control[h] = floats.Dot(d.odds[nt:], y[h][nt:])
		}
	}
	var byWeight, byOdds [][]float64 // by outcome: the moments of dy
	if d.gram != nil {
		byWeight = b.moments(y, d.w)
	}
	if d.hess != nil {
		byOdds = b.moments(y, d.odds)
	}
	out := make([]ATT, H)
	coefficients := make([][]float64, H) // of the sums of a cluster
	for h := range out {
		c := make([]float64, 0, len(b.sums))
		eta1, eta0 := treated[h]/d.w1, 0.
		if d.odds != nil {
			eta0 = control[h] / d.w0
		}
		var beta []float64
		if d.gram != nil {
			beta = byWeight[h]
			d.gram.solve(beta)
			eta1 -= dot(b.m1, beta)
			if d.odds != nil {
				eta0 -= dot(b.m0, beta)
			}
		}
		c = append(c, -eta1)
		if d.odds != nil {
			c = append(c, eta0)
		}
		for _, v := range beta {
			c = append(c, -v)
		}
		if d.hess != nil {
			a := byOdds[h]
			if beta != nil {
				for i := range k {
					for j := range i + 1 {
						g := b.odds[i*k+j]
						a[i] -= g * beta[j]
						if i != j {
							a[j] -= g * beta[i]
						}
					}
				}
			}
			for j := range a {
				a[j] = a[j]/d.w0 - eta0*b.m0[j]
			}
			d.hess.solve(a)
			c = append(c, a...)
		}
		coefficients[h] = c
		out[h] = ATT{NTreated: d.n1, NComparison: d.n0, ESS: d.ess, MaxP: d.maxP, Trimmed: d.trimmed}
		out[h].Estimate.Estimate = eta1 - eta0
		clear(psi[h])
		p := psi[h]
		for i, v := range y[h] {
			p[f.cluster[i]] += b.weight[i] * v
		}
	}
	for from := 0; from < f.clusters; from += batchBlock {
		to := min(from+batchBlock, f.clusters)
		for h, c := range coefficients {
			p := psi[h][from:to]
			for j, v := range c {
				floats.AddScaled(p, v, b.sums[j][from:to])
			}
		}
	}
	for h := range out {
		a := &out[h]
		if constant(y[h]) {
			clear(psi[h])
			a.Estimate = estimate.Missing(estimate.ConstantOutcome)
			a.Estimate.Estimate = 0
			continue
		}
		a.Estimate = estimate.Normal(a.Estimate.Estimate, math.Sqrt(floats.Dot(psi[h], psi[h])), f.level)
		if d.trimmed > 0 {
			a.Warnings = append(a.Warnings, fault.Warnf("trimmed", "%d comparison rows with a propensity of %g or more have weight 0", d.trimmed, TrimAt))
		}
	}
	return out
}

// moments are Σ w·dy·z over the controls, by outcome; w nil: 1.
func (b *Batch) moments(y [][]float64, w []float64) [][]float64 {
	n, k, nt := b.d.n, b.d.k, b.d.nt
	out := make([][]float64, len(y))
	weighted := make([][]float64, len(y))
	for h := range out {
		out[h], weighted[h] = make([]float64, k), make([]float64, batchBlock)
	}
	for from := nt; from < n; from += batchBlock {
		to := min(from+batchBlock, n)
		for h, v := range weighted {
			if w == nil {
				copy(v, y[h][from:to])
			} else {
				floats.MulTo(v[:to-from], y[h][from:to], w[from:to])
			}
		}
		for j, c := range b.d.z {
			z := c[from:to]
			for h, v := range weighted {
				out[h][j] += floats.Dot(v[:len(z)], z)
			}
		}
	}
	return out
}
