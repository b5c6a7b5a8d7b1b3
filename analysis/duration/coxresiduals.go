package duration

import "math"

// hazards are the cumulative sums of a fitted regression over the cells of a stratum, from which the residual of each row
// follows without looking at any other row.
type hazards struct {
	p     int
	h, xh []float64 // Σ hazard, Σ hazard · x̄ up to and including each cell (h), at [cell+1]; by stratum from 0
	mean  []float64 // mean over the deaths of the cell of x̄_l
	own   []float64 // what deaths of the cell do not see of its hazard: Σ_l f/den …
	ownX  []float64 // … and Σ_l f x̄_l/den
}

func (d *coxData) hazards(beta []float64, ties Ties) *hazards {
	p, cells := d.p, len(d.time)
	h := &hazards{p: p, h: make([]float64, cells+1), xh: make([]float64, (cells+1)*p), mean: make([]float64, cells*p), own: make([]float64, cells), ownX: make([]float64, cells*p)}
	d.visit(beta, false, func(t *tie) {
		t.scalars(ties)
		c := t.cell
		h.h[c+1] = t.mean * t.c0
		h.own[c] = t.mean * t.c1
		for j := range p {
			h.xh[(c+1)*p+j] = t.mean * (t.s1[j]*t.c00 - t.d1[j]*t.c01)
			h.mean[c*p+j] = (t.s1[j]*t.c0 - t.d1[j]*t.c1) / float64(t.deaths)
			h.ownX[c*p+j] = t.mean * (t.s1[j]*t.c01 - t.d1[j]*t.c02)
		}
	})
	for s := range len(d.stratum) - 1 {
		for c := int(d.stratum[s]) + 1; c < int(d.stratum[s+1]); c++ {
			h.h[c+1] += h.h[c]
			for j := range p {
				h.xh[(c+1)*p+j] += h.xh[c*p+j]
			}
		}
	}
	return h
}

// before is the position of the sums just before a row comes at risk, or −1 for none.
func (d *coxData) before(a int, stratum int) int {
	if d.enter == nil || d.enter[a] == d.stratum[stratum] {
		return -1
	}
	return int(d.enter[a]) // sums up to and including cell enter−1 stand at [enter]
}

// residuals calls f with the score residual of each row (without its weight) and its expected number of events; the
// slice is reused. For a row with r = exp(x′β), at risk over cells with hazards dH of means x̄,
//
//	U = −r Σ (x − x̄) dH   [+ for a death: x − mean of x̄_l + r Σ_l (l/d)(x − x̄_l)/den_l].
func (d *coxData) residuals(beta []float64, h *hazards, f func(a int, score []float64, expected float64)) {
	p := d.p
	u := make([]float64, p)
	for s := range len(d.stratum) - 1 {
		if d.stratum[s] == d.stratum[s+1] {
			continue
		}
		for a := int(d.first[d.stratum[s]]); a < int(d.first[d.stratum[s+1]]); a++ {
			x := d.x[a*p : (a+1)*p]
			eta := 0.
			for j, b := range beta {
				eta += x[j] * b
			}
			r := math.Exp(eta)
			c := int(d.cell[a])
			H := h.h[c+1]
			copy(u, h.xh[(c+1)*p:(c+2)*p])
			if k := d.before(a, s); k >= 0 {
				H -= h.h[k]
				for j := range u {
					u[j] -= h.xh[k*p+j]
				}
			}
			if d.event[a] {
				H -= h.own[c]
				for j := range u {
					u[j] -= h.ownX[c*p+j]
				}
			}
			for j := range u {
				u[j] = -r * (x[j]*H - u[j])
				if d.event[a] {
					u[j] += x[j] - h.mean[c*p+j]
				}
			}
			f(a, u, r*H)
		}
	}
}

// sandwich is D′D with D the score residuals times weight and V, summed by cluster.
func (f *CoxFit) sandwich() []float64 {
	d := f.data
	m := newMeat(d)
	d.residuals(f.beta, d.hazards(f.beta, f.Ties), func(a int, u []float64, _ float64) { m.add(a, d.w(a), u) })
	return m.sandwich(f)
}

// meat sums the scores of rows by cluster, then their outer products.
type meat struct {
	d    *coxData
	sums []float64 // by cluster; nil where each row stands alone
	seen []bool
	m    []float64
	u    []float64
}

func newMeat(d *coxData) *meat {
	m := &meat{d: d, m: make([]float64, d.p*d.p), u: make([]float64, d.p)}
	if d.cluster != nil {
		m.sums, m.seen = make([]float64, d.number*d.p), make([]bool, d.number)
	}
	return m
}

func (m *meat) add(a int, w float64, u []float64) {
	p := m.d.p
	if m.sums == nil {
		for j := range u {
			m.u[j] = w * u[j]
		}
		m.outer(m.u)
		return
	}
	c := int(m.d.cluster[a])
	m.seen[c] = true
	for j := range u {
		m.sums[c*p+j] += w * u[j]
	}
}

func (m *meat) outer(u []float64) {
	p := len(u)
	for i := range p {
		for j := range p {
			m.m[i*p+j] += u[i] * u[j]
		}
	}
}

// sandwich is V M V with V the inverse information; it counts the clusters of the fit.
func (m *meat) sandwich(f *CoxFit) []float64 {
	p := m.d.p
	for c, seen := range m.seen {
		if seen {
			f.Clusters++
			m.outer(m.sums[c*p : (c+1)*p])
		}
	}
	v, ok := inverse(f.info, p)
	if !ok {
		panic("duration: singular information in a fitted regression")
	}
	return congruence(v, m.m, p)
}

// congruence is V M V for symmetric V.
func congruence(v, m []float64, p int) []float64 {
	half, out := make([]float64, p*p), make([]float64, p*p)
	for i := range p {
		for j := range p {
			for k := range p {
				half[i*p+j] += v[i*p+k] * m[k*p+j]
			}
		}
	}
	for i := range p {
		for j := range p {
			for k := range p {
				out[i*p+j] += half[i*p+k] * v[k*p+j]
			}
		}
	}
	return out
}

// BaselineHazard is the cumulative hazard of a row with all covariates 0 in a stratum (0 where there are none), at the
// times at which rows of it end: Breslow's estimate, or Efron's where the fit used his likelihood. Columns that were
// left out count as 0. NaN where the fit did not converge.
func (f *CoxFit) BaselineHazard(stratum int) (times, hazard []float64) {
	hazard, times = f.baseline(stratum)
	return times, hazard
}

func (f *CoxFit) baseline(stratum int) (hazard, times []float64) {
	d := f.data
	shift := 0. // the centred columns at 0
	for a, j := range d.columns {
		shift -= f.beta[a] * d.mean[j] / d.scale[j]
	}
	h := d.hazards(f.beta, f.Ties)
	for c := d.stratum[stratum]; c < d.stratum[stratum+1]; c++ {
		times = append(times, d.time[c])
		hazard = append(hazard, h.h[c+1]*math.Exp(shift))
	}
	return hazard, times
}
