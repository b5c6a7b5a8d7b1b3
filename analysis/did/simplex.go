package did

import "math"

// program is max c'x subject to A·x = b, x ≥ 0, for the small dense problems of sensitivity analysis.
type program struct {
	rows, n int
	table   []float64 // (rows+1) × (n+rows+1): [A | I | b] and the reduced costs
	basis   []int
}

// solve returns the optimal value and an optimal vertex; ok is false where the problem is infeasible or unbounded. It is
// the primal simplex with artificial variables and Bland's rule, which cannot cycle.
func (p *program) solve(a []float64, rows, n int, b, c, x []float64) (value float64, ok bool) {
	p.rows, p.n = rows, n
	width := n + rows + 1
	if len(p.table) < (rows+1)*width {
		p.table = make([]float64, (rows+1)*width)
		p.basis = make([]int, rows)
	}
	p.basis = p.basis[:rows]
	t := p.table
	clear(t[:(rows+1)*width])
	for i := range rows {
		sign := 1.
		if b[i] < 0 {
			sign = -1
		}
		for j := range n {
			t[i*width+j] = sign * a[i*n+j]
		}
		t[i*width+n+i] = 1
		t[i*width+width-1] = sign * b[i]
		p.basis[i] = n + i
	}
	cost := t[rows*width : (rows+1)*width]
	// Phase 1: drive the artificial variables out.
	for i := range rows {
		for j := range n {
			cost[j] -= t[i*width+j]
		}
		cost[width-1] -= t[i*width+width-1]
	}
	if !p.iterate(n) || cost[width-1] < -1e-9 {
		return 0, false
	}
	for i := range rows { // a redundant row keeps its artificial variable at 0
		if p.basis[i] < n {
			continue
		}
		for j := range n {
			if math.Abs(t[i*width+j]) > 1e-9 {
				p.pivot(i, j)
				break
			}
		}
	}
	// Phase 2.
	clear(cost)
	for j := range n {
		cost[j] = -c[j]
	}
	for i, j := range p.basis {
		if j >= n || c[j] == 0 {
			continue
		}
		for k := range width {
			cost[k] += c[j] * t[i*width+k]
		}
	}
	if !p.iterate(n) {
		return 0, false
	}
	clear(x)
	for i, j := range p.basis {
		if j < n {
			x[j] = t[i*width+width-1]
		}
	}
	return cost[width-1], true
}

// iterate pivots until no reduced cost among the first n columns is negative.
func (p *program) iterate(n int) bool {
	width := p.n + p.rows + 1
	t := p.table
	cost := t[p.rows*width : (p.rows+1)*width]
	for range 50 * (p.n + p.rows) {
		enter := -1
		for j := range n {
			if cost[j] < -1e-11 {
				enter = j
				break
			}
		}
		if enter < 0 {
			return true
		}
		leave, best := -1, math.Inf(1)
		for i := range p.rows {
			if v := t[i*width+enter]; v > 1e-11 {
				if r := t[i*width+width-1] / v; r < best-1e-14 || r <= best+1e-14 && leave >= 0 && p.basis[i] < p.basis[leave] {
					leave, best = i, r
				}
			}
		}
		if leave < 0 {
			return false
		}
		p.pivot(leave, enter)
	}
	return true // the limit is far above what these problems take; the vertex is feasible
}

func (p *program) pivot(row, column int) {
	width := p.n + p.rows + 1
	t := p.table
	r := t[row*width : (row+1)*width]
	scale := 1 / r[column]
	for k := range r {
		r[k] *= scale
	}
	r[column] = 1
	for i := range p.rows + 1 {
		if i == row {
			continue
		}
		v := t[i*width+column]
		if v == 0 {
			continue
		}
		s := t[i*width : (i+1)*width]
		for k, x := range r {
			s[k] -= v * x
		}
		s[column] = 0
	}
	p.basis[row] = column
}
