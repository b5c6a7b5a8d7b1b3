package did

import (
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
)

// imputedRow is an observed unit and period.
type imputedRow struct {
	unit, time int
	y, w       float64
	tau        float64 // treated: the imputed effect; untreated: the residual
}

// imputer holds the first stage.
type imputer struct {
	p        *Panel
	r        *Regressed
	rows     []imputedRow
	treated  []int     // rows with an effect
	control  []int     // untreated rows
	n0       []float64 // Σ w of the untreated rows of a unit
	of       [][]int   // untreated rows of a unit
	schur    *factor   // Q×Q
	gram     []float64 // what it factorises; nil without covariates
	T, Q     int       // periods; columns of the first stage beside the unit effects
	clusters []clustering
	twoStage bool // errors of the second stage about its own coefficient (Gardner), not about cohort × period

	v, out, unit []float64 // of the present target
}

func newImputer(p *Panel) (*imputer, error) {
	N, T := len(p.Start), len(p.Times)
	p = p.expanded().collapsed()
	m := &imputer{p: p, r: &Regressed{Periods: T}, T: T, n0: make([]float64, N), of: make([][]int, N)}
	weight := func(i, t int) float64 {
		if p.Weights == nil {
			return 1
		}
		return p.Weights[min(t, len(p.Weights)-1)][i]
	}
	open := make([]float64, T) // Σ w of the untreated in a period
	for i, g := range p.Start {
		for t, v := range p.Times {
			if y, w := p.Outcome[t][i], weight(i, t); v < g && !math.IsNaN(y) && w > 0 && p.covered(i, t) {
				m.n0[i] += w
				open[t] += w
			}
		}
	}
	never, units, lost, closed := 0, 0, 0, 0
	last := p.Times[T-1]
	for i, g := range p.Start {
		if m.n0[i] == 0 {
			for t := range T {
				if !math.IsNaN(p.Outcome[t][i]) {
					lost++
					break
				}
			}
			continue
		}
		units++
		if g > last {
			never++
		}
		for t, v := range p.Times {
			y, w := p.Outcome[t][i], weight(i, t)
			if math.IsNaN(y) || !(w > 0) || !p.covered(i, t) {
				continue
			}
			if v < g {
				m.of[i] = append(m.of[i], len(m.rows))
				m.control = append(m.control, len(m.rows))
			} else if open[t] == 0 {
				closed++
				continue
			} else {
				m.treated = append(m.treated, len(m.rows))
			}
			m.rows = append(m.rows, imputedRow{unit: i, time: t, y: y, w: w})
		}
	}
	m.r.Units, m.r.Never, m.r.Rows = units, never, len(m.rows)
	if lost > 0 {
		m.r.Dropped = append(m.r.Dropped, Dropped{"already_treated", lost})
		m.r.Warnings = append(m.r.Warnings, fault.Warnf("already_treated", "%d units are never observed before their start and are set aside", lost))
	}
	if closed > 0 {
		m.r.Warnings = append(m.r.Warnings, fault.Warnf("no_untreated_period", "%d observations lie in periods in which nobody is untreated: no effect can be imputed for them", closed))
	}
	if len(m.treated) == 0 {
		return nil, fault.Dataf("no_treated", "", "", "no unit is observed both before and after its start: there is nothing to impute")
	}
	// First stage on the untreated rows: Schur complement of the unit effects.
	m.columns()
	Q := m.Q
	gram, right := make([]float64, Q*Q), make([]float64, Q)
	sum := make([]float64, Q) // Σ w z of a unit
	var touched []int
	var z []entry
	for i, rows := range m.of {
		if len(rows) == 0 {
			continue
		}
		mean := 0.
		touched = touched[:0]
		for _, r := range rows {
			mean += m.rows[r].w * m.rows[r].y
		}
		mean /= m.n0[i]
		for _, r := range rows {
			x := &m.rows[r]
			if Q == T { // a row has its period alone
				right[x.time] += x.w * (x.y - mean)
				gram[x.time*Q+x.time] += x.w
				sum[x.time] = x.w
				touched = append(touched, x.time)
				continue
			}
			z = m.entries(r, z)
			for _, e := range z {
				right[e.column] += x.w * e.value * (x.y - mean)
				if sum[e.column] == 0 {
					touched = append(touched, e.column)
				}
				sum[e.column] += x.w * e.value
				for _, f := range z {
					if f.column <= e.column {
						gram[e.column*Q+f.column] += x.w * e.value * f.value
					}
				}
			}
		}
		for k, a := range touched {
			scaled := sum[a] / m.n0[i]
			for _, b := range touched[:k+1] {
				gram[max(a, b)*Q+min(a, b)] -= scaled * sum[b]
			}
		}
		for _, a := range touched {
			sum[a] = 0
		}
	}
	if len(p.Covariates) > 0 {
		m.gram = append([]float64(nil), gram...)
		mirror(m.gram, Q)
	}
	m.schur = factorise(gram, Q)
	gamma := right
	m.schur.solve(gamma)
	fitted := func(r int) float64 { return m.at(gamma, r, &z) }
	alpha := make([]float64, N)
	for i, rows := range m.of {
		for _, r := range rows {
			x := &m.rows[r]
			alpha[i] += x.w * (x.y - fitted(r))
		}
		if m.n0[i] > 0 {
			alpha[i] /= m.n0[i]
		}
	}
	for r := range m.rows {
		x := &m.rows[r]
		x.tau = x.y - alpha[x.unit] - fitted(r)
	}
	// Clusters by row.
	var dims [][]int32
	var counts []int
	if len(p.Clusters) == 0 {
		unit := make([]int32, len(m.rows))
		for r := range m.rows {
			unit[r] = int32(m.rows[r].unit)
		}
		dims, counts = [][]int32{unit}, []int{N}
	}
	for _, c := range p.Clusters {
		d, top := make([]int32, len(m.rows)), int32(0)
		for r := range m.rows {
			d[r] = c[m.rows[r].unit]
			top = max(top, d[r])
		}
		dims, counts = append(dims, d), append(counts, int(top)+1)
	}
	m.clusters = clusterings(len(m.rows), dims, counts)
	m.v, m.out = make([]float64, len(m.rows)), make([]float64, len(m.rows))
	m.unit = make([]float64, N)
	return m, nil
}

// entry is a value of a row in a column of the first stage.
type entry struct {
	column int
	value  float64
}

// columns counts the columns of the first stage: the periods, then one for a covariate that changes and one a period for one
// that is fixed.
func (m *imputer) columns() {
	m.Q = m.T
	for _, x := range m.p.Covariates {
		if len(x) == 1 {
			m.Q += m.T
		} else {
			m.Q++
		}
	}
}

// entries are those of a row, in the store of z.
func (m *imputer) entries(r int, z []entry) []entry {
	x := &m.rows[r]
	z = append(z[:0], entry{x.time, 1})
	at := m.T
	for _, c := range m.p.Covariates {
		if len(c) == 1 {
			z = append(z, entry{at + x.time, c[0][x.unit]})
			at += m.T
		} else {
			z = append(z, entry{at, c[x.time][x.unit]})
			at++
		}
	}
	return z
}

// target is the weighted mean of τ over rows, treated ones or, for a period before the start, untreated ones, whose τ is the
// residual of the first stage, and the contribution of every row to its error, which the next call overwrites; identified
// is false where the untreated do not tell what it takes.
func (m *imputer) target(rows []int) (value float64, out []float64, identified bool) {
	total := 0.
	for _, r := range rows {
		total += m.rows[r].w
	}
	v, unit := m.v, m.unit
	clear(v)
	clear(unit)
	column := make([]float64, m.Q)
	var z []entry
	for _, r := range rows {
		x := &m.rows[r]
		v[r] = x.w / total
		value += v[r] * x.tau
		unit[x.unit] += v[r]
		if m.Q == m.T {
			column[x.time] += v[r]
			continue
		}
		z = m.entries(r, z)
		for _, e := range z {
			column[e.column] += v[r] * e.value
		}
	}
	// Solve Z₀'WZ₀·λ = Z₁'w with the units eliminated.
	for i, q := range unit {
		if q == 0 {
			continue
		}
		for _, r := range m.of[i] {
			if x := &m.rows[r]; m.Q == m.T {
				column[x.time] -= x.w * q / m.n0[i]
				continue
			}
			z = m.entries(r, z)
			for _, e := range z {
				column[e.column] -= m.rows[r].w * e.value * q / m.n0[i]
			}
		}
	}
	right := append([]float64(nil), column...)
	m.schur.solve(column)
	identified = true
	for a := range m.Q {
		if m.gram == nil {
			break
		}
		row := m.gram[a*m.Q : (a+1)*m.Q]
		size := math.Abs(right[a])
		for b, x := range row {
			size = max(size, math.Abs(x*column[b]))
		}
		identified = identified && math.Abs(dot(row, column)-right[a]) <= 1e-7*size
	}
	out = m.out
	clear(out)
	for i, own := range m.of {
		if len(own) == 0 {
			continue
		}
		lambda := unit[i]
		for _, r := range own {
			lambda -= m.rows[r].w * m.at(column, r, &z)
		}
		lambda /= m.n0[i]
		for _, r := range own {
			out[r] = -m.rows[r].w * (lambda + m.at(column, r, &z)) * m.rows[r].tau
		}
	}
	if m.twoStage {
		for _, r := range rows {
			out[r] += v[r] * (m.rows[r].tau - value)
		}
		return value, out, identified
	}
	// Treated residuals: less the mean of cohort × event time, weighted by v².
	type place struct {
		g int64
		t int
	}
	sum, weight := map[place]float64{}, map[place]float64{}
	for _, r := range rows {
		x := &m.rows[r]
		at := place{m.p.Start[x.unit], x.time}
		sum[at] += v[r] * v[r] * x.tau
		weight[at] += v[r] * v[r]
	}
	for _, r := range rows {
		x := &m.rows[r]
		at := place{m.p.Start[x.unit], x.time}
		out[r] = v[r] * (x.tau - sum[at]/weight[at])
	}
	return value, out, identified
}

// at is the product of a row of the first stage with coefficients.
func (m *imputer) at(column []float64, r int, z *[]entry) float64 {
	if m.Q == m.T {
		return column[m.rows[r].time]
	}
	*z = m.entries(r, *z)
	s := 0.
	for _, e := range *z {
		s += e.value * column[e.column]
	}
	return s
}

// sums are the cluster sums of contributions by row, for each clustering.
func (m *imputer) sums(contribution []float64) [][]float64 {
	out := make([][]float64, len(m.clusters))
	for k, c := range m.clusters {
		if c.number == nil {
			out[k] = append([]float64(nil), contribution...)
			continue
		}
		out[k] = make([]float64, c.count)
		for r, g := range c.number {
			out[k][g] += contribution[r]
		}
	}
	return out
}

// covariance is that of two averages from their cluster sums.
func (m *imputer) covariance(a, b [][]float64) float64 {
	v := 0.
	for k, c := range m.clusters {
		v += c.sign * dot(a[k], b[k])
	}
	return v
}

// covered tells whether every covariate of a unit and period is known.
func (p *Panel) covered(i, t int) bool {
	for _, c := range p.Covariates {
		if v := c[min(t, len(c)-1)][i]; v-v != 0 {
			return false
		}
	}
	return true
}

// collapsed is the panel with covariates that are the same in all periods kept as fixed ones.
func (p *Panel) collapsed() *Panel {
	q := *p
	q.Covariates = nil
	for _, x := range p.Covariates {
		same := true
		for _, c := range x[1:] {
			same = same && slices.Equal(c, x[0])
		}
		if same {
			x = x[:1]
		}
		q.Covariates = append(q.Covariates, x)
	}
	return &q
}
