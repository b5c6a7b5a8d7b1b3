package did

import (
	"errors"
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/regression"
)

// quarters are the rows of a 2×2 cell in four runs: treated before, treated after, controls before, controls after.
type quarters struct {
	method    Method
	cut       [5]int
	y, w      []float64
	weighted  bool
	likeDRDID bool
	z         basis
	p, odds   []float64
	hess      *factor
	gram      [4]*factor
	beta      [4][]float64
	maxP      float64
	ess       float64
	trimmed   int
}

func (q *quarters) prepare(x [][]float64) estimate.Reason {
	n := len(q.y)
	q.maxP = math.NaN()
	d := &design{recipe: recipe{k: len(x) + 1}, n: n}
	columns := d.standardise(x, nil)
	q.z = d.z
	q.odds = append([]float64(nil), q.w...)
	if len(x) > 0 && q.method != Reg {
		target := make([]float64, n)
		for i := range q.cut[2] {
			target[i] = 1
		}
		w := q.w
		if !q.weighted {
			w = nil
		}
		fit, err := regression.Logit(columns, target, w, regression.LogitOptions{Workers: 1})
		var separated *regression.SeparationError
		switch {
		case errors.As(err, &separated):
			return estimate.NoOverlap
		case err != nil:
			return estimate.Singular
		case !fit.Converged:
			return estimate.NotConverged
		}
		q.p = fit.Fitted
		if q.maxP = slices.Max(q.p); q.maxP >= overlapAt {
			return estimate.NoOverlap
		}
		if q.method == Imp {
			d.nt, d.w, d.p = q.cut[2], w, fit.Fitted
			for _, v := range q.w[:d.nt] {
				d.w1 += v
			}
			if !d.calibrate(fit.Coef) {
				return estimate.NotConverged
			}
		}
		v := make([]float64, n)
		for i, p := range q.p {
			p = min(p, 1-capBelow)
			q.p[i] = p
			v[i] = q.w[i] * p * (1 - p)
			if i >= q.cut[2] {
				if q.odds[i] = oddsOf(p, q.w[i]); q.odds[i] == 0 && q.w[i] > 0 {
					q.trimmed++
				}
			}
		}
		if q.method != Imp {
			q.hess = factorise(q.z.gram(v), len(q.z))
		}
	}
	sum, squares := 0., 0.
	for _, o := range q.odds[q.cut[2]:] {
		sum += o
		squares += o * o
	}
	if !(sum > 0) {
		return estimate.NoOverlap
	}
	q.ess = sum * sum / squares
	if q.method == IPW {
		return ""
	}
	whole := factorise(q.z.gram(q.w), len(q.z))
	for part := range 4 {
		if part < 2 && q.method == Reg {
			continue
		}
		lo, hi := q.cut[part], q.cut[part+1]
		z, w := q.z.rows(lo, hi), q.w[lo:hi]
		if q.method == Imp && part >= 2 {
			w = q.odds[lo:hi]
		}
		q.gram[part] = factorise(z.gram(w), len(q.z))
		for j, k := range whole.keep {
			if k && !q.gram[part].keep[j] {
				return estimate.Singular
			}
		}
		q.beta[part] = make([]float64, len(q.z))
		z.weightedMoments(q.beta[part], q.y[lo:hi], w)
		q.gram[part].solve(q.beta[part])
	}
	return ""
}

// estimate is ATT and, in psi, its influence by row. With μ_{d,t} the regression of arm d in period t, means over the runs
// weighted with w (treated) and odds (controls), and E_D the mean over all treated rows,
//
//	dr   [E₁₁(y − μ₀₁) − E₁₀(y − μ₀₀)] − [E₀₁(y − μ₀₁) − E₀₀(y − μ₀₀)]
//	     + [E_D(μ₁₁ − μ₀₁) − E₁₁(μ₁₁ − μ₀₁)] − [E_D(μ₁₀ − μ₀₀) − E₁₀(μ₁₀ − μ₀₀)]
//	imp  the same, with odds that balance the covariates between the arms and controls' regressions weighted by them
//	ipw  the first line with μ = 0
//	reg  E₁₁ y − E₁₀ y − E_D(μ₀₁ − μ₀₀)
//
// The influence adds, for the controls' regressions, the derivative of the estimate in their coefficients times their own
// influence G⁻¹w·e·z, and likewise for the propensity; under imp these derivatives have mean 0 where both models hold and the
// composition does not change, and are left out (as DRDID does).
func (q *quarters) estimate(psi []float64) float64 {
	n, k := len(q.y), len(q.z)
	clear(psi)
	run := func(part int) (int, int) { return q.cut[part], q.cut[part+1] }
	fitted := func(part int) []float64 {
		v := make([]float64, n)
		if q.beta[part] != nil {
			q.z.combine(v, q.beta[part])
		}
		return v
	}
	mean := func(v, w []float64, lo, hi int) (float64, float64) {
		s, t := 0., 0.
		for i := lo; i < hi; i++ {
			s += w[i] * v[i]
			t += w[i]
		}
		return s / t, t
	}
	zMean := func(w []float64, lo, hi int) []float64 {
		m := make([]float64, k)
		q.z.rows(lo, hi).moments(m, w[lo:hi])
		t := 0.
		for _, x := range w[lo:hi] {
			t += x
		}
		for j := range m {
			m[j] /= t
		}
		return m
	}
	// add adds sign × the influence of the weighted mean of v over rows [lo, hi) and returns sign × the mean.
	add := func(sign float64, v, w []float64, lo, hi int) float64 {
		m, t := mean(v, w, lo, hi)
		for i := lo; i < hi; i++ {
			psi[i] += sign * w[i] * (v[i] - m) / t
		}
		return sign * m
	}
	att := 0.
	before, afterMu := fitted(2), fitted(3) // controls' regressions
	if q.method == Reg {
		difference := make([]float64, n)
		for i := range difference {
			difference[i] = afterMu[i] - before[i]
		}
		lo, hi := run(1)
		att += add(1, q.y, q.w, lo, hi)
		lo, hi = run(0)
		att += add(-1, q.y, q.w, lo, hi)
		att += add(-1, difference, q.w, 0, q.cut[2])
		m := zMean(q.w, 0, q.cut[2])
		q.addOLS(psi, 3, before, afterMu, m, -1)
		q.addOLS(psi, 2, before, afterMu, m, 1)
		return att
	}
	e := make([]float64, n) // y − μ₀ of the own period
	for part, mu := range [][]float64{before, afterMu, before, afterMu} {
		lo, hi := run(part)
		for i := lo; i < hi; i++ {
			e[i] = q.y[i] - mu[i]
		}
	}
	for part, sign := range []float64{-1, 1, 1, -1} {
		lo, hi := run(part)
		att += add(sign, e, q.odds, lo, hi) // odds of the treated are w
	}
	if q.hess != nil {
		m := make([]float64, k)
		for _, part := range []int{2, 3} {
			sign := float64(5 - 2*part) // before: 1, after: −1
			lo, hi := run(part)
			center, total := mean(e, q.odds, lo, hi)
			v := make([]float64, k)
			q.z.rows(lo, hi).centredMoments(v, e[lo:hi], center, q.odds[lo:hi])
			for j := range m {
				m[j] += sign * v[j] / total
			}
		}
		q.hess.solve(m)
		v := make([]float64, n)
		q.z.combine(v, m)
		for i := range psi {
			d := 0.
			if i < q.cut[2] {
				d = 1
			}
			psi[i] += q.w[i] * (d - q.p[i]) * v[i]
		}
	}
	if q.method == IPW {
		return att
	}
	own0, own1 := fitted(0), fitted(1)
	gain0, gain1 := make([]float64, n), make([]float64, n)
	for i := range n {
		gain0[i], gain1[i] = own0[i]-before[i], own1[i]-afterMu[i]
	}
	att += add(1, gain1, q.w, 0, q.cut[2])
	att += add(-1, gain0, q.w, 0, q.cut[2])
	lo, hi := run(1)
	att += add(-1, gain1, q.w, lo, hi)
	lo, hi = run(0)
	att += add(1, gain0, q.w, lo, hi)
	if q.method == Imp {
		return att
	}
	// Estimation of the regressions. For a run r of arm d the derivative of the first line in its coefficients is
	// ±(E_treated z − E_controls z) of the period (controls' regressions only), of the second ±(E_D z − E_treated z).
	all := zMean(q.w, 0, q.cut[2])
	for after := range 2 {
		lo, hi := run(after)
		treated := zMean(q.w, lo, hi)
		lo, hi = run(2 + after)
		controls := zMean(q.odds, lo, hi)
		first, second := make([]float64, k), make([]float64, k)
		for j := range k {
			first[j] = treated[j] - controls[j]
			second[j] = all[j] - treated[j]
		}
		sign := float64(2*after - 1)
		if q.likeDRDID {
			q.addOLS(psi, 2+after, before, afterMu, first, -1)
		} else {
			q.addOLS(psi, 2+after, before, afterMu, first, -sign)
		}
		q.addOLS(psi, 2+after, before, afterMu, second, -sign)
		q.addOLS(psi, after, own0, own1, second, sign)
	}
	return att
}

// addOLS adds sign·w·(y − μ)·z'G⁻¹m for the rows of a run to psi.
func (q *quarters) addOLS(psi []float64, part int, before, after, m []float64, sign float64) {
	lo, hi := q.cut[part], q.cut[part+1]
	mu := before
	if part%2 == 1 {
		mu = after
	}
	a := append([]float64(nil), m...)
	q.gram[part].solve(a)
	v := make([]float64, hi-lo)
	q.z.rows(lo, hi).combine(v, a)
	for i := lo; i < hi; i++ {
		psi[i] += sign * q.w[i] * (q.y[i] - mu[i]) * v[i-lo]
	}
}
