package duration

import (
	"math"
	"slices"
)

// coxData are the rows of a regression in the order of (stratum, stop). A cell is a stratum and a time at which rows of it
// end; a row is at risk in the cells from enter to its own.
type coxData struct {
	n, p    int
	events  int
	x       []float64 // n × p by rows, centred and scaled
	weight  []float64 // nil: 1
	event   []bool
	cluster []int32 // nil: each row its own
	number  int     // of clusters
	row     []int32 // the row of the input
	in      *Input

	first   []int32   // first row of each cell; one more at the end
	time    []float64 // of each cell
	stratum []int32   // first cell of each stratum; one more at the end
	cell    []int32   // of each row
	enter   []int32   // first cell at which the row is at risk; nil without late entry
	leave   [][]int32 // rows by enter, where that is not the stratum's first cell

	mean, scale []float64 // of the original columns
	columns     []int     // original columns that are kept
}

func newCoxData(in *Input, g *grid, x Covariates, state int, stratum []int32, strata int) *coxData {
	d := &coxData{p: len(x.Columns), number: in.Clusters, in: in}
	if stratum == nil {
		strata = 1
	}
	T := len(g.time)
	stop := make([]int32, len(in.Time))
	g.stops(stop, 0)
	key := func(i int32) int { // (stratum, stop)
		k := int(stop[i])
		if stratum != nil {
			k += int(stratum[i]) * T
		}
		return k
	}
	d.order(key, strata*T)
	var cells []int // key of each cell
	d.cell = make([]int32, d.n)
	for a, i := range d.row {
		k := key(i)
		if len(cells) == 0 || cells[len(cells)-1] != k {
			cells = append(cells, k)
			d.first = append(d.first, int32(a))
			d.time = append(d.time, g.time[k%T])
		}
		d.cell[a] = int32(len(cells) - 1)
	}
	d.first = append(d.first, int32(d.n))
	from := func(k int) int32 { // the first cell whose key is k or more
		c, _ := slices.BinarySearch(cells, k)
		return int32(c)
	}
	d.stratum = make([]int32, strata+1)
	for s := range d.stratum {
		d.stratum[s] = from(s * T)
	}
	d.event = make([]bool, d.n)
	if in.Weight != nil {
		d.weight = make([]float64, d.n)
	}
	if in.Cluster != nil {
		d.cluster = make([]int32, d.n)
	}
	for a, i := range d.row {
		e := in.Event[i]
		d.event[a] = e > 0 && (state == 0 || int(e) == state)
		if d.event[a] {
			d.events++
		}
		if d.weight != nil {
			d.weight[a] = in.Weight[i]
		}
		if d.cluster != nil {
			d.cluster[a] = in.Cluster[i]
		}
	}
	if in.Start != nil {
		start := make([]int32, len(in.Time))
		g.starts(start, 0)
		d.enter = make([]int32, d.n)
		late := make([]int32, d.n)
		for a, i := range d.row {
			d.enter[a] = from(key(i) - int(stop[i]) + int(start[i]) + 1) // the time after the start
			late[a] = d.enter[a]
			s := 0
			if stratum != nil {
				s = int(stratum[i])
			}
			if late[a] == d.stratum[s] {
				late[a] = -1
			}
		}
		d.leave = byPosition(late, len(d.time))
	}
	d.standardise(x)
	return d
}

// order puts the rows with weight in the order of (key, row): by counting, or by sorting where there are far more keys
// than rows, as with many strata.
func (d *coxData) order(key func(int32) int, keys int) {
	in := d.in
	var rows []int32
	for i := range in.Time {
		if in.Weight == nil || in.Weight[i] > 0 {
			rows = append(rows, int32(i))
		}
	}
	d.n = len(rows)
	if keys > 4*d.n+1<<20 {
		slices.SortStableFunc(rows, func(a, b int32) int { return key(a) - key(b) })
		d.row = rows
		return
	}
	place := make([]int32, keys+1)
	for _, i := range rows {
		place[key(i)+1]++
	}
	for k := range keys {
		place[k+1] += place[k]
	}
	d.row = make([]int32, d.n)
	for _, i := range rows {
		k := key(i)
		d.row[place[k]] = i
		place[k]++
	}
}

// standardise copies the columns by rows, centred at their weighted mean and divided by their mean absolute deviation.
func (d *coxData) standardise(x Covariates) {
	d.x = make([]float64, d.n*d.p)
	d.mean, d.scale = make([]float64, d.p), make([]float64, d.p)
	for j, c := range x.Columns {
		d.columns = append(d.columns, j)
		sum, total := 0., 0.
		for a, i := range d.row {
			w := d.w(a)
			sum += w * c[i]
			total += w
		}
		m := sum / total
		dev := 0.
		for a, i := range d.row {
			dev += d.w(a) * math.Abs(c[i]-m)
		}
		s := dev / total
		if !(s > 1e-13*math.Abs(m)) { // a constant
			s = 1
		}
		d.mean[j], d.scale[j] = m, s
		for a, i := range d.row {
			d.x[a*d.p+j] = (c[i] - m) / s
		}
	}
}

func (d *coxData) w(a int) float64 {
	if d.weight == nil {
		return 1
	}
	return d.weight[a]
}

// keep tells which columns are not determined by those before them: pivots of the information at β = 0 that are over
// the tolerance, relative to their own diagonal.
func (d *coxData) keep(info []float64) []bool {
	p := d.p
	kept := make([]bool, p)
	a := append([]float64(nil), info...)
	for j := range p {
		if pivot := a[j*p+j]; pivot > 1e-9*info[j*p+j] && pivot > 1e-12*float64(d.events) {
			kept[j] = true
			for i := j + 1; i < p; i++ {
				f := a[i*p+j] / pivot
				for k := j + 1; k < p; k++ {
					a[i*p+k] -= f * a[j*p+k]
				}
			}
		}
	}
	return kept
}

// retain leaves out the columns that are not kept, and tells whether there were any.
func (d *coxData) retain(kept []bool) bool {
	q := 0
	d.columns = d.columns[:0]
	for j, k := range kept {
		if k {
			d.columns = append(d.columns, j)
			q++
		}
	}
	if q == d.p {
		return false
	}
	y := make([]float64, d.n*q)
	for a := range d.n {
		for b, j := range d.columns {
			y[a*q+b] = d.x[a*d.p+j]
		}
	}
	d.x, d.p = y, q
	return true
}

// tie are the sums over a risk set and over the deaths of one cell, r = w exp(x′β).
type tie struct {
	cell       int
	deaths     int
	w, weta    float64   // Σ_deaths w, Σ_deaths w x′β
	wx         []float64 // Σ_deaths w x
	s0, d0     float64   // Σ r over the risk set, over deaths
	s1, d1     []float64 // Σ r x
	s2, d2     []float64 // Σ r x x′, lower triangle by rows
	mean       float64   // mean weight of the deaths
	logs       float64   // Σ_l log den_l
	c0, c1     float64   // Σ 1/den, Σ f/den over l, f = l/d, den = s0 − f d0
	c00, c01   float64   // Σ 1/den², Σ f/den²
	c02        float64   // Σ f²/den²
	pairs, dim int
}

func newTie(p int) *tie {
	pairs := p * (p + 1) / 2
	return &tie{wx: make([]float64, p), s1: make([]float64, p), d1: make([]float64, p), s2: make([]float64, pairs), d2: make([]float64, pairs), pairs: pairs, dim: p}
}

func (t *tie) reset() {
	t.s0 = 0
	clear(t.s1)
	clear(t.s2)
}

// scalars fills the sums over l. Every derivative needs these alone, so that a tie of d deaths costs O(d + p²).
func (t *tie) scalars(ties Ties) {
	t.mean = t.w / float64(t.deaths)
	if ties == Breslow || t.deaths == 1 {
		d := float64(t.deaths)
		t.logs = d * math.Log(t.s0)
		t.c0, t.c00 = d/t.s0, d/(t.s0*t.s0)
		t.c1, t.c01, t.c02 = 0, 0, 0
		return
	}
	t.logs, t.c0, t.c1, t.c00, t.c01, t.c02 = 0, 0, 0, 0, 0, 0
	product := 1.
	for l := range t.deaths {
		f := float64(l) / float64(t.deaths)
		den := t.s0 - f*t.d0
		// One logarithm for many factors, as long as their product stays far from the ends of the range.
		if product *= den; product > 1e200 || product < 1e-200 {
			t.logs += math.Log(product)
			product = 1
		}
		inv := 1 / den
		t.c0 += inv
		t.c1 += f * inv
		t.c00 += inv * inv
		t.c01 += f * inv * inv
		t.c02 += f * f * inv * inv
	}
	t.logs += math.Log(product)
}

// expected writes Σ_l x̄_l, the sum over deaths of the mean covariates of their risk sets.
func (t *tie) expected(dst []float64) {
	for j := range dst {
		dst[j] = t.s1[j]*t.c0 - t.d1[j]*t.c1
	}
}

// information adds factor · the information of this tie to the p × p matrix dst.
func (t *tie) information(dst []float64, factor float64) {
	f := factor * t.mean
	p := t.dim
	k := 0
	for i := range p {
		for j := range i + 1 {
			v := t.s2[k]*t.c0 - t.d2[k]*t.c1 -
				(t.s1[i]*t.s1[j]*t.c00 - (t.s1[i]*t.d1[j]+t.d1[i]*t.s1[j])*t.c01 + t.d1[i]*t.d1[j]*t.c02)
			dst[i*p+j] += f * v
			if i != j {
				dst[j*p+i] += f * v
			}
			k++
		}
	}
}

// evaluate is the partial log-likelihood with its score and information.
func (d *coxData) evaluate(beta []float64, ties Ties) evaluation {
	e := evaluation{score: make([]float64, d.p), info: make([]float64, d.p*d.p)}
	expected := make([]float64, d.p)
	d.visit(beta, true, func(t *tie) {
		t.scalars(ties)
		e.value += t.weta - t.mean*t.logs
		t.expected(expected)
		for j := range expected {
			e.score[j] += t.wx[j] - t.mean*expected[j]
		}
		t.information(e.info, 1)
	})
	return e
}

// visit goes backwards in time through each stratum and calls at for every cell with deaths; second asks for s2 and d2.
// The tie is reused.
func (d *coxData) visit(beta []float64, second bool, at func(*tie)) {
	p := d.p
	t := newTie(p)
	for s := len(d.stratum) - 2; s >= 0; s-- {
		t.reset()
		rows := 0
		for c := int(d.stratum[s+1]) - 1; c >= int(d.stratum[s]); c-- {
			if d.leave != nil && c+1 < int(d.stratum[s+1]) {
				for _, a := range d.leave[c+1] { // at risk from cell c+1 on, hence not here
					d.add(t, int(a), beta, -1, second)
					rows--
				}
				if rows == 0 { // nothing is left over from rounding
					t.reset()
				}
			}
			t.cell, t.deaths, t.w, t.weta, t.d0 = c, 0, 0, 0, 0
			from, to := int(d.first[c]), int(d.first[c+1])
			for a := from; a < to; a++ {
				r, eta := d.add(t, a, beta, 1, second)
				if !d.event[a] {
					continue
				}
				if t.deaths == 0 {
					clear(t.wx)
					clear(t.d1)
					clear(t.d2)
				}
				w := d.w(a)
				t.deaths++
				t.w += w
				t.weta += w * eta
				t.d0 += r
				k := 0
				for i, v := range d.x[a*p : (a+1)*p] {
					t.wx[i] += w * v
					rv := r * v
					t.d1[i] += rv
					if second {
						for _, u := range d.x[a*p : a*p+i+1] {
							t.d2[k] += rv * u
							k++
						}
					}
				}
			}
			rows += to - from
			if t.deaths > 0 {
				at(t)
			}
		}
	}
}

// add adds (sign 1) or takes away (−1) a row of the risk set.
func (d *coxData) add(t *tie, a int, beta []float64, sign float64, second bool) (r, eta float64) {
	x := d.x[a*d.p : (a+1)*d.p]
	for j, b := range beta {
		eta += x[j] * b
	}
	r = math.Exp(eta)
	if d.weight != nil {
		r *= d.weight[a]
	}
	v := sign * r
	t.s0 += v
	k := 0
	for i, xi := range x {
		rx := v * xi
		t.s1[i] += rx
		if second {
			s2 := t.s2[k : k+i+1]
			for j := range s2 {
				s2[j] += rx * x[j]
			}
			k += i + 1
		}
	}
	return r, eta
}
