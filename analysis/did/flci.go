package did

import (
	"math"

	"tiltakseffekt/analysis/estimate"
)

// fixedLength is the shortest interval of fixed length around an affine estimator l'β_post + v'β_pre whose worst-case bias
// over second differences of at most M is known (Armstrong and Kolesár 2018, Econometrica 86:655; Rambachan and Roth 2023,
// section 4.1).
//
// With periods counted from the reference, δ_t = c·t + Σ_{0<s<t} (t−s)·d_s after it and δ_{−j} = −c·j + Σ_{0≤s<j} (j−s)·d_{−s}
// before it, d the second differences. The bias is finite only if Σ v_j·j = Σ l_t·t; then it is at most
//
//	M·(Σ_{s≥1} |Σ_{t>s} l_t (t−s)| + Σ_{s≥0} |u_s|),  u_s = Σ_{j>s} v_j (j−s),
//
// where u_0 = Σ l_t·t is given, u_1 … u_{Pre−1} are free and v_j = u_{j−1} − 2u_j + u_{j+1}. The length σ(u)·cv(bias/σ), cv the
// quantile of |N(b,1)|, is convex in u. For a given Σ|u| the variance is smallest on the path of a lasso, which is piecewise
// linear and followed exactly; the length is then minimised along it, with the exact quantile; last is the quantile of the
// interval at the minimum.
func (c *EventStudyCurve) fixedLength(l []float64, M, alpha float64, last func(t, level float64) float64) (low, high float64) {
	p := c.Pre
	n := p + c.Post
	slope, constant := 0., 0. // Σ l_t·t and the fixed part of the bias
	for t, v := range l {
		slope += v * float64(t+1)
	}
	for s := 1; s < c.Post; s++ {
		k := 0.
		for t := s; t < c.Post; t++ {
			k += l[t] * float64(t+1-s)
		}
		constant += math.Abs(k)
	}
	constant += math.Abs(slope)
	// Weights on β (pre in order of time: index p−j is period −j) are w = w₀ + W·u.
	w0 := make([]float64, n)
	copy(w0[p:], l)
	w0[p-1] += slope // v_1 = u_0 − …
	W := make([][]float64, p-1)
	for s := 1; s < p; s++ {
		col := make([]float64, n)
		col[p-s] -= 2 // v_s has −2u_s
		if s+1 <= p {
			col[p-s-1]++ // v_{s+1} has u_s
		}
		if s-1 >= 1 {
			col[p-s+1]++ // v_{s−1} has u_s
		}
		W[s-1] = col
	}
	sigma := func(x, y []float64) float64 {
		s := 0.
		for i := range n {
			if x[i] != 0 {
				s += x[i] * dot(c.Sigma[i*n:(i+1)*n], y)
			}
		}
		return s
	}
	q := p - 1
	a, b := make([]float64, q*q), make([]float64, q)
	for i := range q {
		b[i] = sigma(W[i], w0)
		for j := range q {
			a[i*q+j] = sigma(W[i], W[j])
		}
	}
	v0 := sigma(w0, w0)
	with := func(u []float64, quantile func(t, level float64) float64) (half, center float64) {
		variance, size := v0, 0.
		w := append([]float64(nil), w0...)
		for i, x := range u {
			variance += 2*x*b[i] + x*dot(a[i*q:(i+1)*q], u)
			size += math.Abs(x)
			for k, y := range W[i] {
				w[k] += x * y
			}
		}
		sd := math.Sqrt(max(variance, 0))
		return sd * quantile(M*(constant+size)/sd, 1-alpha), dot(w, c.Beta)
	}
	at := func(u []float64) (half, center float64) { return with(u, foldedQuantile) }
	if M == 0 {
		u := make([]float64, q)
		for i := range u {
			u[i] = -b[i]
		}
		factoriseScaled(a, q).solve(u)
		half, center := with(u, last)
		return center - half, center + half
	}
	knots := lassoPath(a, b, q)
	// The length is convex along the path: take the best knot, then search on both sides of it.
	best := 0
	length := make([]float64, len(knots))
	for i, u := range knots {
		length[i], _ = at(u)
		if length[i] < length[best] {
			best = i
		}
	}
	u := knots[best]
	shortest := length[best]
	mix := func(x, y []float64, t float64) []float64 {
		z := make([]float64, q)
		for i := range z {
			z[i] = x[i] + t*(y[i]-x[i])
		}
		return z
	}
	for _, other := range []int{best - 1, best + 1} {
		if other < 0 || other >= len(knots) {
			continue
		}
		lo, hi := 0., 1.
		const golden = 0.6180339887498949
		f := func(t float64) float64 { h, _ := at(mix(knots[best], knots[other], t)); return h }
		x, y := hi-golden*(hi-lo), lo+golden*(hi-lo)
		fx, fy := f(x), f(y)
		for range 80 {
			if fx < fy {
				hi, y, fy = y, x, fx
				x = hi - golden*(hi-lo)
				fx = f(x)
			} else {
				lo, x, fx = x, y, fy
				y = lo + golden*(hi-lo)
				fy = f(y)
			}
		}
		if z := mix(knots[best], knots[other], (lo+hi)/2); f((lo+hi)/2) < shortest {
			shortest, u = f((lo+hi)/2), z
		}
	}
	half, center := with(u, last)
	return center - half, center + half
}

// scaledFactor solves with a matrix whose rows have very different sizes.
type scaledFactor struct {
	*factor
	scale []float64
}

func factoriseScaled(a []float64, k int) scaledFactor {
	s := make([]float64, k)
	m := make([]float64, k*k)
	for i := range k {
		if d := a[i*k+i]; d > 0 {
			s[i] = 1 / math.Sqrt(d)
		}
	}
	for i := range k {
		for j := range k {
			m[i*k+j] = a[i*k+j] * s[i] * s[j]
		}
	}
	return scaledFactor{factorise(m, k), s}
}

func (f scaledFactor) solve(b []float64) {
	for i := range b {
		b[i] *= f.scale[i]
	}
	f.factor.solve(b)
	for i := range b {
		b[i] *= f.scale[i]
	}
}

// lassoPath lists the knots of u(λ) = argmin ½u'Au + b'u + λ·Σ|u| from λ = ∞ (u = 0) to 0 (Efron, Hastie, Johnstone and
// Tibshirani 2004, with drops).
func lassoPath(a, b []float64, q int) [][]float64 {
	u := make([]float64, q)
	knots := [][]float64{append([]float64(nil), u...)}
	active := make([]bool, q)
	sign := make([]float64, q)
	lambda := 0.
	grad := append([]float64(nil), b...) // A·u + b
	first := -1
	for j, g := range grad {
		if math.Abs(g) > lambda {
			lambda, first = math.Abs(g), j
		}
	}
	if first < 0 {
		return knots
	}
	active[first], sign[first] = true, -math.Copysign(1, grad[first])
	for range 50 * (q + 1) {
		var set []int
		for j := range q {
			if active[j] {
				set = append(set, j)
			}
		}
		m := len(set)
		sub, d := make([]float64, m*m), make([]float64, m)
		for x, i := range set {
			d[x] = sign[i]
			for y, j := range set {
				sub[x*m+y] = a[i*q+j]
			}
		}
		factoriseScaled(sub, m).solve(d) // du/d(−λ) on the active set
		slope := make([]float64, q)      // d grad/d(−λ)
		for j := range q {
			for x, i := range set {
				slope[j] += a[j*q+i] * d[x]
			}
		}
		step, event, enters := lambda, -1, false
		for x, i := range set { // a coefficient reaches 0
			if t := -u[i] / d[x]; t > 1e-14*lambda && t < step {
				step, event, enters = t, i, false
			}
		}
		for j := range q { // a gradient reaches the bound
			if active[j] {
				continue
			}
			for _, s := range []float64{1, -1} {
				// s·(grad + t·slope) = λ − t
				if den := s*slope[j] + 1; den > 1e-14 {
					if t := (lambda - s*grad[j]) / den; t > 1e-14*lambda && t < step {
						step, event, enters = t, j, true
					}
				}
			}
		}
		for x, i := range set {
			u[i] += step * d[x]
		}
		for j := range q {
			grad[j] += step * slope[j]
		}
		lambda -= step
		if event >= 0 && !enters {
			u[event] = 0
		}
		knots = append(knots, append([]float64(nil), u...))
		if event < 0 || lambda <= 0 {
			break
		}
		if active[event] = enters; enters {
			sign[event] = -math.Copysign(1, grad[event])
		}
	}
	return knots
}

// foldedQuantile is the level-quantile of |N(t,1)|: the c with Φ(c − t) − Φ(−c − t) = level, by Newton's method from above.
func foldedQuantile(t, level float64) float64 {
	c := t + estimate.Quantile(level)
	for range 100 {
		f := phi(c-t) - phi(-c-t) - level
		density := (math.Exp(-(c-t)*(c-t)/2) + math.Exp(-(c+t)*(c+t)/2)) / math.Sqrt(2*math.Pi)
		step := f / density
		c -= step
		if math.Abs(step) < 1e-14*c {
			break
		}
	}
	return c
}

// phi is the standard normal distribution function, right into both tails.
func phi(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
