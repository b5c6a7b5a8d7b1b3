package did

import (
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// ImputationOptions are the choices of Imputation.
type ImputationOptions struct {
	Leads int     // event times before the start to test, −1, −2, …; under 0: all that can be
	Level float64 // 0 means 0.95

	Pointwise bool   // no simultaneous bands over the event times from the start on
	Draws     int    // of their critical value; 0 means 10,000
	Seed      uint64 // of these draws
}

// Imputation estimates effects by imputing what the treated would have had (Borusyak, Jaravel and Spiess 2024, Review of
// Economic Studies 91:3253): unit and period effects are fitted on the untreated observations alone (solved directly, units
// eliminated), τ_it = Y_it − α_i − γ_t for the treated, and every average of the τ is Σ v_it·Y_it with v = w on the treated
// and −Z₀(Z₀'Z₀)⁻¹Z₁'w on the untreated. The variance is Σ over clusters of (Σ v_it·e_it)², e the residual of the untreated
// and, of the treated, τ less its mean over cohort and event time with weights v² (their section 4.3: conservative). No
// small-sample factor.
//
// Leads come from a regression on the untreated observations with dummies for the periods before the start (reference: all
// earlier periods), with errors clustered as fixest does.
//
// Units that are never observed untreated, and treated observations in periods where nobody is, have no imputation: they
// are set aside and counted. Covariates are not used.
func Imputation(p *Panel, o ImputationOptions) (*Regressed, error) {
	if o.Level == 0 {
		o.Level = 0.95
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	if len(p.RowClusters) > 0 {
		return nil, errRowClusters
	}
	m, err := newImputer(p)
	if err != nil {
		return nil, err
	}
	r := m.r
	type target struct {
		kind    Aggregation
		overall bool
		key     int64
		rows    []int
	}
	targets := []target{{Simple, true, 0, m.treated}}
	groups, events, periods := map[int64][]int{}, map[int64][]int{}, map[int64][]int{}
	for _, i := range m.treated {
		x := &m.rows[i]
		g, t := p.Start[x.unit], p.Times[x.time]
		events[t-g] = append(events[t-g], i)
		groups[g] = append(groups[g], i)
		periods[t] = append(periods[t], i)
	}
	for _, e := range sorted(events) {
		targets = append(targets, target{Dynamic, false, e, events[e]})
	}
	for _, g := range sorted(groups) {
		targets = append(targets, target{Group, false, g, groups[g]})
	}
	for _, t := range sorted(periods) {
		targets = append(targets, target{Calendar, false, t, periods[t]})
	}
	r.Groups = len(groups)
	sums := make([][][]float64, len(targets)) // by target and clustering
	for k, t := range targets {
		value, contribution := m.target(t.rows)
		sums[k] = m.sums(contribution)
		se := deviation(m.covariance(sums[k], sums[k]))
		r.Aggregates = append(r.Aggregates, Aggregate{Type: t.kind, Overall: t.overall, Key: t.key,
			Estimate: estimate.Normal(value, se, o.Level), BandLow: math.NaN(), BandHigh: math.NaN()})
		if t.kind == Dynamic {
			r.Events = append(r.Events, t.key)
			r.EventATT = append(r.EventATT, value)
		}
	}
	n := len(r.Events)
	r.EventCov = make([]float64, n*n)
	for a := range n {
		for b := range a + 1 {
			c := m.covariance(sums[1+a], sums[1+b])
			r.EventCov[a*n+b], r.EventCov[b*n+a] = c, c
		}
	}
	if !o.Pointwise {
		r.bands(o.Level, o.Draws, o.Seed)
	}
	if o.Leads != 0 {
		if err := m.leads(o); err != nil {
			return nil, err
		}
	}
	return r, nil
}

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
	schur    *factor   // T×T
	T        int
	clusters []clustering

	v, out, unit []float64 // of the present target
}

func newImputer(p *Panel) (*imputer, error) {
	N, T := len(p.Start), len(p.Times)
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
			if y, w := p.Outcome[t][i], weight(i, t); v < g && !math.IsNaN(y) && w > 0 {
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
			if math.IsNaN(y) || !(w > 0) {
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
	gram, right := make([]float64, T*T), make([]float64, T)
	for i, rows := range m.of {
		if len(rows) == 0 {
			continue
		}
		mean := 0.
		for _, r := range rows {
			mean += m.rows[r].w * m.rows[r].y
		}
		mean /= m.n0[i]
		for _, r := range rows {
			x := &m.rows[r]
			right[x.time] += x.w * (x.y - mean)
			gram[x.time*T+x.time] += x.w
			for _, q := range rows {
				if z := &m.rows[q]; z.time <= x.time {
					gram[x.time*T+z.time] -= x.w * z.w / m.n0[i]
				}
			}
		}
	}
	m.schur = factorise(gram, T)
	gamma := right
	m.schur.solve(gamma)
	alpha := make([]float64, N)
	for i, rows := range m.of {
		for _, r := range rows {
			x := &m.rows[r]
			alpha[i] += x.w * (x.y - gamma[x.time])
		}
		if m.n0[i] > 0 {
			alpha[i] /= m.n0[i]
		}
	}
	for r := range m.rows {
		x := &m.rows[r]
		x.tau = x.y - alpha[x.unit] - gamma[x.time]
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

// target is the weighted mean effect over treated rows and the contributions v·e of every row to its error, which the next
// call overwrites.
func (m *imputer) target(rows []int) (float64, []float64) {
	total := 0.
	for _, r := range rows {
		total += m.rows[r].w
	}
	v, unit := m.v, m.unit
	clear(v)
	clear(unit)
	value := 0.
	period := make([]float64, m.T)
	for _, r := range rows {
		x := &m.rows[r]
		v[r] = x.w / total
		value += v[r] * x.tau
		unit[x.unit] += v[r]
		period[x.time] += v[r]
	}
	// Solve Z₀'WZ₀·λ = Z₁'w with the units eliminated.
	for i, q := range unit {
		if q == 0 {
			continue
		}
		for _, r := range m.of[i] {
			period[m.rows[r].time] -= m.rows[r].w * q / m.n0[i]
		}
	}
	m.schur.solve(period)
	for i, own := range m.of {
		if len(own) == 0 {
			continue
		}
		lambda := unit[i]
		for _, r := range own {
			lambda -= m.rows[r].w * period[m.rows[r].time]
		}
		lambda /= m.n0[i]
		for _, r := range own {
			v[r] = -m.rows[r].w * (lambda + period[m.rows[r].time])
		}
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
	out := m.out
	clear(out)
	for _, r := range m.control {
		out[r] = v[r] * m.rows[r].tau
	}
	for _, r := range rows {
		x := &m.rows[r]
		at := place{m.p.Start[x.unit], x.time}
		out[r] = v[r] * (x.tau - sum[at]/weight[at])
	}
	return value, out
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

// leads adds the coefficients of the periods before the start.
func (m *imputer) leads(o ImputationOptions) error {
	in := &FixedEffects{Fixed: make([][]int32, 2)}
	times := map[int64]int{} // lead → column
	var keys []int64
	for _, r := range m.control {
		x := &m.rows[r]
		g := m.p.Start[x.unit]
		if g == Never {
			continue
		}
		if e := m.p.Times[x.time] - g; o.Leads < 0 || -e <= int64(o.Leads) {
			if _, ok := times[e]; !ok {
				times[e] = 0
				keys = append(keys, e)
			}
		}
	}
	slices.Sort(keys)
	for j, e := range keys {
		times[e] = j
		in.Terms = append(in.Terms, "")
		in.X = append(in.X, make([]float64, len(m.control)))
	}
	if len(keys) == 0 {
		return nil
	}
	in.Cluster = make([][]int32, max(1, len(m.p.Clusters)))
	for s, r := range m.control {
		x := &m.rows[r]
		in.Y = append(in.Y, x.y)
		in.Fixed[0] = append(in.Fixed[0], int32(x.unit))
		in.Fixed[1] = append(in.Fixed[1], int32(x.time))
		if m.p.Weights != nil {
			in.Weights = append(in.Weights, x.w)
		}
		if g := m.p.Start[x.unit]; g != Never {
			if j, ok := times[m.p.Times[x.time]-g]; ok {
				in.X[j][s] = 1
			}
		}
		if len(m.p.Clusters) == 0 {
			in.Cluster[0] = append(in.Cluster[0], int32(x.unit))
		}
		for d, c := range m.p.Clusters {
			in.Cluster[d] = append(in.Cluster[d], c[x.unit])
		}
	}
	for d := range in.Fixed {
		in.Fixed[d] = compact(in.Fixed[d])
	}
	for d := range in.Cluster {
		in.Cluster[d] = compact(in.Cluster[d])
	}
	fit, err := in.Fit()
	if err != nil {
		return nil // no lead can be told from the effects: nothing to add
	}
	for j, t := range fit.Estimates(Clustered, SmallSample{}, o.Level) {
		if t.Reason == "" {
			m.r.Aggregates = append(m.r.Aggregates, Aggregate{Type: Dynamic, Key: keys[j], Estimate: t.Estimate, BandLow: math.NaN(), BandHigh: math.NaN()})
		}
	}
	return nil
}
