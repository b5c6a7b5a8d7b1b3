package duration

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// FineGray fits the proportional subdistribution hazards of state opt.State (from 1): λ(t | x) = λ_0(t) exp(x′β) where
// who has ended in another state stays in the risk set, so that exp(β) > 1 means a higher cumulative incidence. It says
// nothing about how: the cause-specific hazards of [Cox] do.
//
// A row that ended in another state at X counts at t > X with weight G(t−)/G(X−), G the Kaplan–Meier curve of being
// censored; ties are Breslow's. The errors are the sandwich of Fine and Gray, with the estimation of G in it, summed by
// cluster where there are clusters. One pass backwards and one forwards in time replace the expanded data of other
// programs: time and memory are linear in rows.
//
// With weights every sum has them, G's too; a weight is that of sampling, and rows of weight 0 are not there. Left truncation,
// strata and Efron ties are refused: they need other weights of time than these. Coefficients have
// their sandwich error both as StdError and as RobustStdError; the inverse information (Covariance) is not a variance
// here.
//
// Fine and Gray (1999), doi:10.1080/01621459.1999.10474144; the backward–forward sums: Kawaguchi et al. (2021),
// doi:10.32614/RJ-2021-010.
func FineGray(in Input, x Covariates, opt CoxOptions) (*CoxFit, error) {
	level, err := Options{Level: opt.Level}.level()
	if err != nil {
		return nil, err
	}
	for _, c := range []struct {
		given bool
		what  string
	}{{in.Start != nil, "left truncation"}, {opt.Stratum != nil, "strata"}} {
		if c.given {
			return nil, fault.Usagef("not_served", "a Fine–Gray regression with %s is not served", c.what)
		}
	}
	if opt.State < 1 || opt.State > in.states() {
		return nil, fault.Usagef("bad_state", "a Fine–Gray regression needs the state whose incidence it is about, from 1 to %d", in.states())
	}
	facts, err := in.check(opt.Workers)
	if err != nil {
		return nil, err
	}
	if err := x.check(len(in.Time)); err != nil {
		return nil, err
	}
	grid, err := newGrid(&in, facts, 1)
	if err != nil {
		return nil, err
	}
	d := &fineGray{coxData: newCoxData(&in, grid, x, opt.State, nil, 0)}
	if d.events == 0 {
		return nil, fault.Dataf("no_events", "", "event", "no row ends in `%s`, so its incidence cannot be modelled", in.State(opt.State))
	}
	d.censoring(&in)
	f := &CoxFit{
		Ties: Breslow, Rows: d.n, Events: d.events, Level: level, Robust: true, Means: d.mean, data: d.coxData,
		LogLikelihood: math.NaN(), NullLogLikelihood: math.NaN(),
	}
	f.fitWith(x, d.evaluate, func() []float64 { return d.sandwich(f) })
	for j := range f.Coefficients {
		if c := &f.Coefficients[j]; c.Reason == "" {
			c.Estimate = estimate.Normal(c.Estimate.Estimate, c.RobustStdError, level)
		}
	}
	return f, nil
}

// fineGray is the rows in the order of time with the distribution of censoring.
type fineGray struct {
	*coxData
	competes []bool    // row ended in another state
	g        []float64 // G(t−) at each cell
	atRisk   []float64 // weight at risk at each cell
	censored []float64 // weight censored at each cell
	deaths   []float64 // weight that ends in the state at each cell
	slot     []int     // place of cells with deaths among their sums
	slots    int
}

func (d *fineGray) censoring(in *Input) {
	cells := len(d.time)
	d.g, d.atRisk, d.censored, d.deaths, d.slot = make([]float64, cells), make([]float64, cells), make([]float64, cells), make([]float64, cells), make([]int, cells)
	d.competes = make([]bool, d.n)
	left := 0.
	for c := cells - 1; c >= 0; c-- {
		for a := d.first[c]; a < d.first[c+1]; a++ {
			left += d.w(int(a))
		}
		d.atRisk[c] = left
	}
	G := 1.
	for c := range cells {
		d.g[c] = G
		last := d.first[c+1] == d.first[cells] // nobody is left: no rounding stands in for them
		all := true
		for a := d.first[c]; a < d.first[c+1]; a++ {
			switch {
			case d.event[a]:
				d.deaths[c] += d.w(int(a))
				all = false
			case in.Event[d.row[a]] == 0:
				d.censored[c] += d.w(int(a))
			default:
				d.competes[a] = true
				all = false
			}
		}
		if d.deaths[c] > 0 {
			d.slot[c] = d.slots
			d.slots++
		}
		if last && all {
			G = 0
		} else {
			G *= 1 - d.censored[c]/d.atRisk[c]
		}
	}
}

// sums are Σ r, Σ r x and Σ r x x′ (lower triangle) over the weighted risk set of each cell with deaths.
func (d *fineGray) sums(beta []float64, second bool) (s []float64, width int) {
	p := d.p
	width = 1 + p
	if second {
		width += p * (p + 1) / 2
	}
	s = make([]float64, d.slots*width)
	t := newTie(p)
	for c := len(d.time) - 1; c >= 0; c-- {
		for a := d.first[c]; a < d.first[c+1]; a++ {
			d.add(t, int(a), beta, 1, second)
		}
		if d.deaths[c] > 0 {
			at := s[d.slot[c]*width : (d.slot[c]+1)*width]
			at[0] = t.s0
			copy(at[1:], t.s1)
			if second {
				copy(at[1+p:], t.s2)
			}
		}
	}
	t.reset()
	for c := range d.time {
		if d.deaths[c] > 0 {
			at, g := s[d.slot[c]*width:(d.slot[c]+1)*width], d.g[c]
			at[0] += g * t.s0
			for j, v := range t.s1 {
				at[1+j] += g * v
			}
			for k := 1 + p; k < width; k++ {
				at[k] += g * t.s2[k-1-p]
			}
		}
		for a := d.first[c]; a < d.first[c+1]; a++ {
			if d.competes[a] {
				d.add(t, int(a), beta, 1/d.g[c], second)
			}
		}
	}
	return s, width
}

func (d *fineGray) evaluate(beta []float64) evaluation {
	p := d.p
	e := evaluation{score: make([]float64, p), info: make([]float64, p*p)}
	s, width := d.sums(beta, true)
	for c := range d.time {
		if d.deaths[c] == 0 {
			continue
		}
		n := d.deaths[c]
		at := s[d.slot[c]*width : (d.slot[c]+1)*width]
		e.value -= n * math.Log(at[0])
		for a := d.first[c]; a < d.first[c+1]; a++ {
			if d.event[a] {
				w := d.w(int(a))
				for j, v := range d.x[int(a)*p : int(a+1)*p] {
					e.value += w * v * beta[j]
					e.score[j] += w * v
				}
			}
		}
		k := 1 + p
		for i := range p {
			mean := at[1+i] / at[0]
			e.score[i] -= n * mean
			for j := range i + 1 {
				v := n * (at[k]/at[0] - mean*at[1+j]/at[0])
				e.info[i*p+j] += v
				if i != j {
					e.info[j*p+i] += v
				}
				k++
			}
		}
	}
	return e
}

// sandwich is V Σ (η+ψ)(η+ψ)′ V of Fine and Gray's section 4. With E = S1/S0 and dΛ = d/S0 at the cells with deaths,
//
//	η_i = (x − E)dN − r Σ_{t ≤ X} (x − E) dΛ − [other state] r/G(X−) Σ_{t > X} G(t−)(x − E) dΛ,
//
// and the estimation of G moves the score by q(u)/π(u) for each censoring at u,
//
//	q(u) = Σ_{i: other state, X_i < u} r_i/G(X_i−) Σ_{t ≥ u} G(t−)(x_i − E) dΛ,
//	ψ_i = [censored] q(X)/π(X) − Σ_{u ≤ X} q(u) dN^c(u)/π(u)².
func (d *fineGray) sandwich(f *CoxFit) []float64 {
	m := newMeat(d.coxData)
	d.scores(f.beta, func(a int, u []float64) { m.add(a, d.w(a), u) })
	return m.sandwich(f)
}

// scores calls at with η+ψ of each row, without its weight; the slice is reused.
func (d *fineGray) scores(beta []float64, at func(a int, u []float64)) {
	p, cells := d.p, len(d.time)
	s, width := d.sums(beta, false)
	// Cumulated up to and including a cell at [c+1]: H, XH; after it at [c+1]: HG, XHG.
	H, HG := make([]float64, cells+1), make([]float64, cells+2)
	XH, XHG := make([]float64, (cells+1)*p), make([]float64, (cells+2)*p)
	mean := func(c, j int) float64 { return s[d.slot[c]*width+1+j] / s[d.slot[c]*width] }
	for c := range cells {
		H[c+1] = H[c]
		copy(XH[(c+1)*p:(c+2)*p], XH[c*p:(c+1)*p])
		if d.deaths[c] > 0 {
			l := d.deaths[c] / s[d.slot[c]*width]
			H[c+1] += l
			for j := range p {
				XH[(c+1)*p+j] += l * mean(c, j)
			}
		}
	}
	for c := cells - 1; c >= 0; c-- { // HG[c]: cells c and later
		HG[c] = HG[c+1]
		copy(XHG[c*p:(c+1)*p], XHG[(c+1)*p:(c+2)*p])
		if d.deaths[c] > 0 {
			l := d.g[c] * d.deaths[c] / s[d.slot[c]*width]
			HG[c] += l
			for j := range p {
				XHG[c*p+j] += l * mean(c, j)
			}
		}
	}
	// q/π at each cell with censoring, and Σ q dN^c/π² up to and including each cell.
	q, Q := make([]float64, cells*p), make([]float64, (cells+1)*p)
	t := newTie(p)
	for c := range cells {
		copy(Q[(c+1)*p:(c+2)*p], Q[c*p:(c+1)*p])
		if d.censored[c] > 0 {
			for j := range p {
				q[c*p+j] = (t.s1[j]*HG[c] - t.s0*XHG[c*p+j]) / d.atRisk[c]
				Q[(c+1)*p+j] += q[c*p+j] * d.censored[c] / d.atRisk[c]
			}
		}
		for a := d.first[c]; a < d.first[c+1]; a++ {
			if d.competes[a] {
				d.add(t, int(a), beta, 1/d.g[c], false)
			}
		}
	}
	u := make([]float64, p)
	for a := range d.n {
		x, c := d.x[a*p:(a+1)*p], int(d.cell[a])
		eta := 0.
		for j, b := range beta {
			eta += x[j] * b
		}
		r := math.Exp(eta)
		for j := range u {
			u[j] = -r*(x[j]*H[c+1]-XH[(c+1)*p+j]) - Q[(c+1)*p+j]
			switch {
			case d.event[a]:
				u[j] += x[j] - mean(c, j)
			case d.competes[a]:
				u[j] -= r / d.g[c] * (x[j]*HG[c+1] - XHG[(c+1)*p+j])
			default:
				u[j] += q[c*p+j]
			}
		}
		at(a, u)
	}
}
