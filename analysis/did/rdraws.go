package did

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// rDraws are R's normal draws after set.seed: the Mersenne Twister of Matsumoto and Nishimura (1998) from R's scrambled seed,
// and inversion with two uniform numbers a draw. HonestDiD draws its critical values after set.seed(0), so that its
// figures can be had to the last grid point.
type rDraws struct {
	state [624]uint32
	next  int
}

func newRDraws(seed uint32) *rDraws {
	r := &rDraws{next: 624}
	for range 50 {
		seed = 69069*seed + 1
	}
	seed = 69069*seed + 1 // the place in the state, which R overwrites
	for j := range r.state {
		seed = 69069*seed + 1
		r.state[j] = seed
	}
	return r
}

func (r *rDraws) uniform() float64 {
	const n, m = 624, 397
	if r.next >= n {
		for k := range n {
			y := r.state[k]&0x80000000 | r.state[(k+1)%n]&0x7fffffff
			v := r.state[(k+m)%n] ^ y>>1
			if y&1 == 1 {
				v ^= 0x9908b0df
			}
			r.state[k] = v
		}
		r.next = 0
	}
	y := r.state[r.next]
	r.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	y ^= y >> 18
	u := float64(y) * 2.3283064365386963e-10
	const edge = 2.328306437080797e-10
	return min(max(u, edge), 1-edge)
}

func (r *rDraws) normal() float64 {
	const big = 134217728
	u := math.Trunc(big*r.uniform()) + r.uniform()
	return distuv.UnitNormal.Quantile(u / big)
}

// rQuantile is R's quantile of type 7 of sorted values.
func rQuantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	lo := int(at)
	if lo+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[lo] + (at-float64(lo))*(sorted[lo+1]-sorted[lo])
}

// symmetricRoot is the symmetric square root of a covariance (k×k), by which R's rmvnorm mixes its draws.
func symmetricRoot(v []float64, k int) []float64 {
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(k, slices.Clone(v)), true) {
		panic("did: no eigenvalues")
	}
	var q mat.Dense
	e.VectorsTo(&q)
	out := make([]float64, k*k)
	for c, x := range e.Values(nil) {
		s := math.Sqrt(max(x, 0))
		for i := range k {
			for j := range k {
				out[i*k+j] += s * q.At(i, c) * q.At(j, c)
			}
		}
	}
	return out
}

// leastFavourableR is the first-stage critical value as HonestDiD has it: 1,000 draws after set.seed(0).
func (t *arp) leastFavourableR() {
	m := t.m
	root, r := symmetricRoot(t.cov, m), newRDraws(0)
	var lp program
	z, y, gamma := make([]float64, m), make([]float64, m), make([]float64, m)
	var values []float64
	for range 1000 {
		for i := range z {
			z[i] = r.normal()
		}
		for i := range y {
			y[i] = dot(root[i*m:(i+1)*m], z)
		}
		if v, ok := lp.solve(t.dual, 1+t.free, m, t.right, y, gamma); ok {
			values = append(values, v)
		}
	}
	t.first = math.Inf(1)
	if len(values) > 0 {
		slices.Sort(values)
		t.first = rQuantile(values, 1-t.kappa)
	}
}

// accepted are the first and last of HonestDiD's grid of 1,000 points that one of the tests accepts.
func accepted(tests []*arp, from, to float64) (low, high float64) {
	const points = 1000
	step := (to - from) / (points - 1)
	at := func(i int) float64 { return from + float64(i)*step }
	var lp program
	any := func(i int) bool {
		for _, t := range tests {
			y, gamma, other := make([]float64, t.m), make([]float64, t.m), make([]float64, t.m)
			if t.accepts(at(i), &lp, y, gamma, other) {
				return true
			}
		}
		return false
	}
	first, last := 0, points-1
	for first < points && !any(first) {
		first++
	}
	if first == points {
		return math.NaN(), math.NaN()
	}
	for !any(last) {
		last--
	}
	return at(first), at(last)
}

// foldedQuantileR is the level-quantile of |N(t,1)| from HonestDiD's million draws after set.seed(0).
func foldedQuantileR(t, level float64) float64 {
	r := newRDraws(0)
	v := make([]float64, 1_000_000)
	for i := range v {
		v[i] = math.Abs(r.normal() + t)
	}
	slices.Sort(v)
	return rQuantile(v, level)
}
