package chain

import (
	"math/bits"
)

// Costs are what optimal matching pays: Substitution is |A| × |A| by rows, symmetric with a zero diagonal; Indel is what
// an insertion or a deletion costs, over 0.
type Costs struct {
	States       int
	Substitution []float64
	Indel        float64
}

// ConstantCosts pay 2 for any substitution and 1 for an insertion or deletion: the distance is then that of the longest
// common subsequence, ℓ(x) + ℓ(y) − 2·LCS(x, y), since substituting never beats deleting and inserting.
func ConstantCosts(states int) Costs {
	c := Costs{States: states, Substitution: make([]float64, states*states), Indel: 1}
	for i := range c.Substitution {
		if i/states != i%states {
			c.Substitution[i] = 2
		}
	}
	return c
}

// TransitionCosts pay less for states that follow each other often:
//
//	c(a, b) = 2 − p(b | a) − p(a | b)
//
// with p(b | a) the share of months in state a, but the last of each sequence, after which the next month is in b, pooled
// over time and weighted. A state that never stands before another month has no shares: its costs are 2 less the other
// direction. The indel is half the largest substitution. TraMineR::seqcost with method "TRATE".
func (s *Sequences) TransitionCosts() Costs {
	k := s.States
	from, pair := make([]float64, k), make([]float64, k*k)
	for i, q := range s.Seq {
		for t := 1; t < len(q); t++ {
			from[q[t-1]] += s.Weight[i]
			pair[int(q[t-1])*k+int(q[t])] += s.Weight[i]
		}
	}
	rate := func(a, b int) float64 {
		if from[a] == 0 {
			return 0
		}
		return pair[a*k+b] / from[a]
	}
	c := Costs{States: k, Substitution: make([]float64, k*k)}
	most := 0.
	for a := range k {
		for b := range k {
			if a != b {
				c.Substitution[a*k+b] = 2 - rate(a, b) - rate(b, a)
				most = max(most, c.Substitution[a*k+b])
			}
		}
	}
	c.Indel = most / 2
	return c
}

// lcs tells whether the distance is that of the longest common subsequence.
func (c *Costs) lcs() bool {
	for i, v := range c.Substitution {
		if i/c.States != i%c.States && v < 2*c.Indel {
			return false
		}
	}
	return true
}

// Metric computes optimal-matching distances between sequences. It holds scratch memory: one a goroutine.
type Metric struct {
	costs Costs
	fast  bool
	row   []float64
	match [256]uint64
}

// NewMetric makes a metric of costs.
func NewMetric(c Costs) *Metric { return &Metric{costs: c, fast: c.lcs()} }

// Distance is the least cost of turning x into y by substitutions, insertions and deletions,
//
//	d(i, j) = min( d(i−1, j) + indel, d(i, j−1) + indel, d(i−1, j−1) + c(x_i, y_j) ),
//
// (Needleman and Wunsch 1970; Abbott and Forrest 1986). Common beginnings and ends cost nothing and are cut off: for a
// metric with a zero diagonal some cheapest alignment pairs them. Where no substitution is cheaper than a deletion with an
// insertion, it is indel·(ℓ(x) + ℓ(y) − 2·LCS), and the subsequence is found a word of 64 months at a time
// (Hyyrö 2004). Costs that break the triangle inequality are handled by the full table.
func (m *Metric) Distance(x, y []uint8) float64 {
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	if len(x) > len(y) {
		x, y = y, x // costs are symmetric
	}
	if len(x) == 0 {
		return float64(len(y)) * m.costs.Indel
	}
	if m.fast && len(x) <= 64 {
		return m.costs.Indel * float64(len(x)+len(y)-2*m.common(x, y))
	}
	return m.table(x, y)
}

// common is the length of the longest common subsequence of x (at most 64 long) and y. Bit i of v is 0 where the length
// for the first i+1 of x is one more than for the first i.
func (m *Metric) common(x, y []uint8) int {
	for i, s := range x {
		m.match[s] |= 1 << i
	}
	v := ^uint64(0)
	for _, s := range y {
		u := v & m.match[s]
		v = (v + u) | (v - u)
	}
	for _, s := range x {
		m.match[s] = 0
	}
	if n := len(x); n < 64 {
		v |= ^uint64(0) << n
	}
	return 64 - bits.OnesCount64(v)
}

func (m *Metric) table(x, y []uint8) float64 {
	if cap(m.row) < len(x)+1 {
		m.row = make([]float64, len(x)+1)
	}
	indel, k := m.costs.Indel, m.costs.States
	d := m.row[:len(x)+1]
	for i := range d {
		d[i] = float64(i) * indel
	}
	for j, s := range y {
		sub := m.costs.Substitution[int(s)*k : int(s)*k+k]
		diagonal := d[0]
		left := float64(j+1) * indel
		d[0] = left
		for i, a := range x {
			best := min(d[i+1], left) + indel
			if c := diagonal + sub[a]; c < best {
				best = c
			}
			diagonal, d[i+1], left = d[i+1], best, best
		}
	}
	return d[len(x)]
}
