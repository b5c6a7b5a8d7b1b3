package did

import (
	"context"
	"math"
	"slices"

	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
)

// polyhedron is {δ: A·δ ≤ d} over Pre + Post periods (the reference has δ = 0), the rows that bear on the post periods.
type polyhedron struct {
	a    []float64 // rows × (Pre+Post)
	d    []float64
	rows int
}

// steps are the rows of first differences δ_{t+1} − δ_t in order of time, from the first pre period to the last.
func (c *EventStudyCurve) steps() [][]float64 {
	n := c.Pre + c.Post
	var out [][]float64
	level := func(t int) []float64 { // t counts all periods, Pre is the reference
		v := make([]float64, n)
		switch {
		case t < c.Pre:
			v[t] = 1
		case t > c.Pre:
			v[t-1] = 1
		}
		return v
	}
	for t := range n {
		v, w := level(t+1), level(t)
		for i := range v {
			v[i] -= w[i]
		}
		out = append(out, v)
	}
	return out
}

// polyhedra of a restriction; their union is the set of δ allowed.
func (c *EventStudyCurve) polyhedra(r Restriction, bound float64) []polyhedron {
	n := c.Pre + c.Post
	steps := c.steps()
	var out []polyhedron
	add := func(p *polyhedron, row []float64, d float64) {
		if slices.ContainsFunc(row[c.Pre:], func(x float64) bool { return x != 0 }) {
			p.a = append(p.a, row...)
			p.d = append(p.d, d)
			p.rows++
		}
	}
	if r == Smoothness {
		var p polyhedron
		for _, sign := range []float64{1, -1} {
			for t := 1; t < n; t++ {
				row := make([]float64, n)
				for i := range row {
					row[i] = sign * (steps[t][i] - steps[t-1][i])
				}
				add(&p, row, bound)
			}
		}
		return []polyhedron{p}
	}
	for s := range c.Pre { // the largest step before the start, and its sign
		for _, largest := range []float64{1, -1} {
			var p polyhedron
			for _, sign := range []float64{1, -1} { // in the order of HonestDiD, whose draws are by row
				for t := c.Pre; t < n; t++ {
					row := make([]float64, n)
					for i := range row {
						row[i] = sign*steps[t][i] - bound*largest*steps[s][i]
					}
					add(&p, row, 0)
				}
			}
			out = append(out, p)
		}
	}
	return out
}

// arp tests, for one polyhedron, whether a value θ of l'τ is possible: that there are τ with l'τ = θ and
// A(E β − (0, τ)) ≤ d. With the moments Y = Aβ − d − A·(0, θ part), X the part of A on the free effects ξ and σ the standard
// deviations of Y, the statistic is
//
//	η = min over (η, ξ) with Y − Xξ ≤ ησ  =  max γ'Y over γ ≥ 0, γ'X = 0, γ'σ = 1
//
// (Andrews, Roth and Pakes 2023, Review of Economic Studies 90:2763).
type arp struct {
	m, free int
	y0, y1  []float64 // Y = y0 − θ·y1
	dual    []float64 // (1+free) × m: σ', X'
	right   []float64
	cov     []float64 // m×m of Y
	first   float64   // critical value of the least-favourable first stage
	alpha   float64
	kappa   float64
}

func (c *EventStudyCurve) newARP(p polyhedron, l []float64, alpha float64) *arp {
	n, m := c.Pre+c.Post, p.rows
	pivot := 0 // τ_pivot = (θ − Σ l_j ξ_j)/l_pivot
	for j, v := range l {
		if math.Abs(v) > math.Abs(l[pivot]) {
			pivot = j
		}
	}
	t := &arp{m: m, free: c.Post - 1, y0: make([]float64, m), y1: make([]float64, m), alpha: alpha, kappa: alpha / 10}
	k := 1 + t.free
	t.dual, t.right, t.cov = make([]float64, k*m), make([]float64, k), make([]float64, m*m)
	t.right[0] = 1
	half := make([]float64, m*n)
	for i := range m {
		row := p.a[i*n : (i+1)*n]
		t.y0[i] = dot(row, c.Beta) - p.d[i]
		own := row[c.Pre+pivot]
		t.y1[i] = own / l[pivot]
		x := 1
		for j := range c.Post {
			if j != pivot {
				t.dual[x*m+i] = row[c.Pre+j] - own*l[j]/l[pivot]
				x++
			}
		}
		for j := range n {
			half[i*n+j] = dot(row, c.Sigma[j*n:(j+1)*n])
		}
	}
	for i := range m {
		for j := range m {
			t.cov[i*m+j] = dot(half[i*n:(i+1)*n], p.a[j*n:(j+1)*n])
		}
	}
	for i := range m {
		t.dual[i] = math.Sqrt(max(t.cov[i*m+i], 0))
	}
	return t
}

// leastFavourable finds the critical value of the first stage, level κ, by draws of Y with mean 0.
func (t *arp) leastFavourable(draws int, seed uint64, index ...uint64) {
	m := t.m
	s := factoriseScaled(t.cov, m)
	rng := random.New(seed, "did-honest", index...)
	var lp program
	z, y, gamma := make([]float64, m), make([]float64, m), make([]float64, m)
	values := make([]float64, 0, draws)
	for range draws {
		for i := range z {
			z[i] = rng.NormFloat64()
		}
		for i := range m {
			y[i] = dot(s.l[i*m:i*m+i+1], z[:i+1])
			if s.scale[i] > 0 {
				y[i] /= s.scale[i]
			}
		}
		if v, ok := lp.solve(t.dual, 1+t.free, m, t.right, y, gamma); ok {
			values = append(values, v)
		}
	}
	t.first = math.Inf(1)
	if len(values) > 0 {
		slices.Sort(values)
		t.first = values[min(len(values)-1, int(math.Ceil((1-t.kappa)*float64(len(values)+1)))-1)]
	}
}

// accepts tells whether θ is not rejected. Reject where η is above the first stage's critical value; otherwise compare η,
// given that its vertex γ is optimal and given what is independent of γ'Y, with a normal truncated to [lo, up], up cut at
// that critical value, at level (α − κ)/(1 − κ).
func (t *arp) accepts(theta float64, lp *program, y, gamma, other []float64) bool {
	m := t.m
	for i := range y {
		y[i] = t.y0[i] - theta*t.y1[i]
	}
	eta, ok := lp.solve(t.dual, 1+t.free, m, t.right, y, gamma)
	if !ok {
		return true // no combination of the moments bears on θ
	}
	switch {
	case eta > t.first:
		return false
	case eta <= 0:
		return true
	}
	b := make([]float64, m) // Cov(Y, γ'Y)
	variance := 0.
	for i := range m {
		b[i] = dot(t.cov[i*m:(i+1)*m], gamma)
	}
	variance = dot(b, gamma)
	if !(variance > 1e-20) {
		return false
	}
	for i := range b {
		b[i] /= variance
	}
	sd := math.Sqrt(variance)
	// The vertex stays optimal for c in an interval: max over vertices of γ̃'(S + b·c) is convex in c and at least c. A vertex that
	// beats γ at a far point gives the c where both are equal; repeat from there until nothing beats it.
	s := make([]float64, m)
	for i := range s {
		s[i] = y[i] - b[i]*eta
	}
	limit := func(start float64) float64 {
		c := start
		for range 200 {
			for i := range y {
				y[i] = s[i] + b[i]*c
			}
			v, ok := lp.solve(t.dual, 1+t.free, m, t.right, y, other)
			if !ok || v <= c+1e-10*math.Max(sd, math.Abs(c)) {
				return c
			}
			slope, constant := dot(other, b), dot(other, s)
			next := constant / (1 - slope)
			if math.Abs(1-slope) < 1e-12 || (start > eta) != (next < c) {
				return c
			}
			c = next
		}
		return c
	}
	far := 50*sd + math.Abs(eta)
	lo, up := limit(eta-far), limit(eta+far)
	lo, up = min(lo, eta), max(up, eta)
	if lo <= eta-0.999999*far {
		lo = math.Inf(-1)
	}
	up = min(up, t.first)
	level := (t.alpha - t.kappa) / (1 - t.kappa)
	return truncatedTail(eta/sd, lo/sd, up/sd) >= level
}

// truncatedTail is P(Z > x) for a standard normal Z truncated to [lo, up].
func truncatedTail(x, lo, up float64) float64 {
	if lo > 0 { // both in the upper tail: survival functions keep their digits
		top := phi(-up)
		return (phi(-x) - top) / (phi(-lo) - top)
	}
	return (phi(up) - phi(x)) / (phi(up) - phi(lo))
}

// gridPoints of the first search for the ends of an interval.
const gridPoints = 401

// conditional inverts the tests of all polyhedra.
func (c *EventStudyCurve) conditional(l []float64, r Restriction, bound float64, o HonestOptions) (low, high float64, err error) {
	n := c.Pre + c.Post
	center, variance := 0., 0.
	for i, v := range l {
		center += v * c.Beta[c.Pre+i]
		for j, w := range l {
			variance += v * w * c.Sigma[(c.Pre+i)*n+c.Pre+j]
		}
	}
	sd := math.Sqrt(variance)
	sets := c.polyhedra(r, bound)
	tests := make([]*arp, len(sets))
	ends := make([][2]float64, len(sets))
	err = parallel.For(context.Background(), o.Workers, len(sets), func(k int) error {
		t := c.newARP(sets[k], l, 1-o.Level)
		tests[k] = t
		if o.LikeHonestDiD {
			t.leastFavourableR()
			return nil
		}
		t.leastFavourable(o.Draws, o.Seed, uint64(k))
		ends[k] = t.interval(center, sd)
		return nil
	})
	if o.LikeHonestDiD {
		if o.Grid == [2]float64{} {
			o.Grid[1] = 20 * sd
			if r == Smoothness {
				o.Grid[1] += bound * c.identified(l)
			}
			o.Grid[0] = -o.Grid[1]
		}
		low, high = accepted(tests, o.Grid[0], o.Grid[1])
		return low, high, err
	}
	low, high = math.Inf(1), math.Inf(-1)
	for _, e := range ends {
		low, high = min(low, e[0]), max(high, e[1])
	}
	if low > high { // every value is rejected
		return math.NaN(), math.NaN(), err
	}
	return low, high, err
}

// interval is the hull of the accepted values: a grid of ±20 standard errors, wider where its end is accepted, and bisection
// between the outermost accepted point and its neighbour.
func (t *arp) interval(center, sd float64) [2]float64 {
	var lp program
	y, gamma, other := make([]float64, t.m), make([]float64, t.m), make([]float64, t.m)
	accepts := func(theta float64) bool { return t.accepts(theta, &lp, y, gamma, other) }
	for width := 20.; width <= 400; width *= 4.5 {
		from, step := center-width*sd, 2*width*sd/(gridPoints-1)
		first, last := -1, -1
		for i := range gridPoints {
			if accepts(from + float64(i)*step) {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		switch {
		case first < 0:
			return [2]float64{math.Inf(1), math.Inf(-1)}
		case (first == 0 || last == gridPoints-1) && width*4.5 <= 400:
			continue
		}
		edge := func(in, out float64) float64 {
			for range 60 {
				mid := (in + out) / 2
				if accepts(mid) {
					in = mid
				} else {
					out = mid
				}
			}
			return in
		}
		ends := [2]float64{math.Inf(-1), math.Inf(1)}
		if first > 0 {
			ends[0] = edge(from+float64(first)*step, from+float64(first-1)*step)
		}
		if last < gridPoints-1 {
			ends[1] = edge(from+float64(last)*step, from+float64(last+1)*step)
		}
		return ends
	}
	return [2]float64{math.Inf(-1), math.Inf(1)}
}

// identified is half the width of the set of l'effects that second differences of at most 1 allow where all coefficients are
// 0: with δ_0 = δ_{−1} = 0, δ_t = Σ_{0≤s<t} (t−s)·d_s, and the largest of Σ l_t δ_t is Σ_s |Σ_{t>s} l_t (t−s)|.
func (c *EventStudyCurve) identified(l []float64) float64 {
	sum := 0.
	for s := range c.Post {
		k := 0.
		for t := s; t < c.Post; t++ {
			k += l[t] * float64(t+1-s)
		}
		sum += math.Abs(k)
	}
	return sum
}
