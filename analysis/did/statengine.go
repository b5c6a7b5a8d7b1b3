package did

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/parallel"
)

// statEngine makes cells and covariances from statistics by cohort.
//
// The influence of a unit i of cohort h on a cell or an average is w_i·(a_h'(Y_i − m_h) + b_h), with a_h and b_h the same for
// the whole cohort: for a cell from base b to t with treated weight W₁ and control weight W₀,
//
//	treated   a = (e_t − e_b)/W₁        b = 0
//	controls  a = −(e_t − e_b)/W₀       b_h = −(m_ht − m_hb − μ₀)/W₀
//
// and the estimated share of a cohort adds a constant to b. Hence the joint covariance of any set is
// Σ_h A_h C_h A_h' + A_h s_h b_h' + b_h s_h' A_h' + q_h b_h b_h', with C, s and q the Cross, Moment and Square of Statistics.
type statEngine struct {
	s     *Statistics
	f     *frame
	o     *Options
	at    []int // cohort of the frame → cohort of the statistics
	cells []cell
	mu0   []float64
	w0    []float64
	sums  *fewSums // where clusters are few; nil otherwise
	// lift makes the weights of the units that are kept 1 on average where units were set aside: shares are of these units.
	lift float64
}

// FromStatistics is GroupTime without covariates, from statistics: the same numbers up to rounding. Options that need
// the units (Unbalanced, Bootstrap, RiskSet) are refused by panic.
func FromStatistics(s *Statistics, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Unbalanced != Balanced || o.Bootstrap > 0 || o.Controls == RiskSet {
		panic("did: FromStatistics with options that need the units")
	}
	f, at, err := s.frame(&o)
	if err != nil {
		return nil, err
	}
	total := 0.
	for _, h := range at {
		total += s.Weight[h]
	}
	return run(f, &statEngine{s: s, f: f, o: &o, at: at, lift: float64(f.n) / total}, &o)
}

// frame is the layout of the cohorts, by the rules of layout.
func (s *Statistics) frame(o *Options) (*frame, []int, error) {
	f, err := layoutCohorts(s.Times, s.Cohorts, s.Count, o)
	if err != nil {
		return nil, nil, err
	}
	f.dropped = append(f.dropped, s.Dropped...)
	var at []int
	f.from = []int{0}
	f.n = 0
	total := 0.
	for h := range s.Cohorts {
		if f.position[h] < 0 {
			continue
		}
		at = append(at, h)
		f.n += s.Count[h]
		f.from = append(f.from, f.n)
		total += s.Weight[h]
	}
	for _, h := range at {
		f.share = append(f.share, s.Weight[h]/total)
	}
	return f, at, nil
}

func (e *statEngine) fit(cells []cell) ([]fitted, error) {
	e.cells = cells
	e.mu0, e.w0 = make([]float64, len(cells)), make([]float64, len(cells))
	if c := e.s.clusters; len(c) == 1 && !c[0].unit && e.o.few([]clustering{{number: []int32{}, count: c[0].count}}) {
		e.sums = newFewSums(c[0].count, len(cells))
		e.sums.weigh(len(e.at), e.f.control, func(h int, into []float64) {
			floats.AddScaled(into, e.lift, c[0].u[e.at[h]])
		})
	}
	out := make([]fitted, len(cells))
	err := parallel.Blocks(context.Background(), e.o.Workers, len(cells), 64, func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			e.cell(i, &out[i])
		}
		return nil
	})
	return out, err
}

func (e *statEngine) cell(i int, r *fitted) {
	c, s := &e.cells[i], e.s
	g := e.at[c.g]
	*r = fitted{treated: s.Count[g], maxP: math.NaN(), att: math.NaN(), variance: math.NaN()}
	if c.reference {
		*r = fitted{treated: s.Count[g], maxP: math.NaN(), reason: estimate.BasePeriod}
		return
	}
	t, b := c.time, c.base
	sum, weight, square := 0., 0., 0.
	for h := c.low; h < len(e.at); h++ {
		if h == c.g {
			continue
		}
		k := e.at[h]
		r.others += s.Count[k]
		weight += s.Weight[k]
		square += s.Square[k]
		sum += s.Weight[k] * (s.Mean[k][t] - s.Mean[k][b])
	}
	switch {
	case !(s.Weight[g] > 0):
		r.reason = estimate.TooFewTreated
		return
	case !(weight > 0):
		r.reason = estimate.NoComparison
		return
	}
	mu := sum / weight
	e.mu0[i], e.w0[i] = mu, weight
	r.ess = weight * weight / square
	r.att = s.Mean[g][t] - s.Mean[g][b] - mu
	if len(s.clusters) == 0 {
		r.variance = e.unitVariance(c, mu, weight)
		return
	}
	r.variance = 0
	for _, k := range s.clusters {
		if k.unit {
			r.variance += k.sign * e.unitVariance(c, mu, weight)
			continue
		}
		sum := make([]float64, k.count)
		e.clusterInfluence(i, k, sum)
		r.variance += k.sign * dot(sum, sum)
	}
	if e.sums != nil {
		e.fewCell(i, s.clusters[0])
	}
}

// unitVariance is the sum of squared influence of the units on a cell.
func (e *statEngine) unitVariance(c *cell, mu, weight float64) float64 {
	s, t, b := e.s, c.time, c.base
	T, g := len(s.Times), e.at[c.g]
	spread := func(k int) float64 {
		x := s.Cross[k]
		return x[t*T+t] + x[b*T+b] - 2*x[t*T+b]
	}
	variance := spread(g) / (s.Weight[g] * s.Weight[g])
	for h := c.low; h < len(e.at); h++ {
		if h == c.g {
			continue
		}
		k := e.at[h]
		d := s.Mean[k][t] - s.Mean[k][b] - mu
		variance += (spread(k) + 2*d*(s.Moment[k][t]-s.Moment[k][b]) + s.Square[k]*d*d) / (weight * weight)
	}
	return variance
}

func (e *statEngine) covariance(columns []column) ([]float64, error) {
	k := len(columns)
	v := make([]float64, k*k)
	if len(e.s.clusters) == 0 {
		if err := e.unitCovariance(columns, 1, v); err != nil {
			return nil, err
		}
	}
	for _, c := range e.s.clusters {
		var err error
		if c.unit {
			err = e.unitCovariance(columns, c.sign, v)
		} else {
			err = e.clusterCovariance(columns, c, v)
		}
		if err != nil {
			return nil, err
		}
	}
	return mirror(v, k), nil
}

// unitCovariance adds sign × Σ over units of their influence on pairs of columns to the lower triangle of v.
func (e *statEngine) unitCovariance(columns []column, sign float64, v []float64) error {
	k, G := len(columns), len(e.at)
	parts := make([][]float64, productsAtOnce)
	for first := 0; first < G; first += productsAtOnce {
		some := min(productsAtOnce, G-first)
		err := parallel.For(context.Background(), e.o.Workers, some, func(j int) error {
			if parts[j] == nil {
				parts[j] = make([]float64, k*k)
			} else {
				clear(parts[j])
			}
			e.cohort(first+j, columns, parts[j])
			return nil
		})
		if err != nil {
			return err
		}
		for j := range some {
			for i, x := range parts[j] {
				v[i] += sign * x
			}
		}
	}
	return nil
}

// coefficients are a_h (k×T) and b_h of every column for cohort h, and the columns on which it has influence.
func (e *statEngine) coefficients(h int, columns []column) (a, b []float64, live []int) {
	s, at := e.s, e.at[h]
	k, T := len(columns), len(s.Times)
	a, b = make([]float64, k*T), make([]float64, k)
	for j := range columns {
		row := a[j*T : (j+1)*T]
		touched := false
		if columns[j].share != nil && columns[j].share[h] != 0 {
			b[j] = columns[j].share[h] * e.lift
			touched = true
		}
		for m, i := range columns[j].cells {
			c := &e.cells[i]
			weight := columns[j].weight[m]
			switch {
			case c.reference || weight == 0:
			case h == c.g:
				w := weight / s.Weight[at]
				row[c.time] += w
				row[c.base] -= w
				touched = true
			case h >= c.low:
				w := weight / e.w0[i]
				row[c.time] -= w
				row[c.base] += w
				b[j] -= w * (s.Mean[at][c.time] - s.Mean[at][c.base] - e.mu0[i])
				touched = true
			}
		}
		if touched {
			live = append(live, j)
		}
	}
	return a, b, live
}

// cohort adds the part of cohort h to the lower triangle of v.
func (e *statEngine) cohort(h int, columns []column, v []float64) {
	s, at := e.s, e.at[h]
	k, T := len(columns), len(s.Times)
	a, b, live := e.coefficients(h, columns)
	product, cross := make([]float64, T), s.Cross[at]
	for _, j := range live {
		clear(product)
		for t, w := range a[j*T : (j+1)*T] {
			if w == 0 {
				continue
			}
			for u, x := range cross[t*T : (t+1)*T] {
				product[u] += w * x
			}
		}
		moment := dot(a[j*T:(j+1)*T], s.Moment[at])
		for u, x := range s.Moment[at] {
			product[u] += b[j] * x
		}
		constant := moment + s.Square[at]*b[j]
		for _, i := range live {
			if i > j {
				break
			}
			v[j*k+i] += dot(product, a[i*T:(i+1)*T]) + constant*b[i]
		}
	}
}

func (e *statEngine) constantBase(c *cell) bool {
	s, b, T := e.s, c.base, len(e.s.Times)
	g := e.at[c.g]
	for h := c.low; h <= len(e.at); h++ {
		k := g
		if h < len(e.at) {
			k = e.at[h]
		}
		// centred squares of a constant are 0 but for the rounding of its mean
		if v := s.Mean[g][b]; math.Abs(s.Mean[k][b]-v) > 1e-12*math.Abs(v) || s.Cross[k][b*T+b] > 1e-24*s.Square[k]*v*v {
			return false
		}
	}
	return true
}
