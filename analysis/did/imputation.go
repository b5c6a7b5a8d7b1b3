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

	// TwoStage gives the errors of Gardner's (2022) two-stage estimator: see Imputation.
	TwoStage bool

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
// are set aside and counted.
//
// With TwoStage it is Gardner's (2022, arXiv 2207.05943) two-stage estimator, whose second stage regresses Y_it − α_i − γ_t on
// indicators (treated; the event times; the cohorts; the periods), one regression for each kind of average. The estimates are
// the same means of τ. The error is that of the two stages as one method of moments: as above for the untreated, while the
// residual of the treated is τ less the coefficient of its own indicator, so that the spread of effects between cohorts and
// event times inside an average is in it. The periods before the start are indicators too: the mean residual of the first stage
// there, in the sample that it was fitted on, and so nearer 0 than a regression with leads would have it. No small-sample factor.
//
// Covariates enter the first stage: one that changes within units with a slope, one that is fixed with a slope of its own in
// each period, since the unit effects hold the rest. They must not be moved by the treatment. An average that rests on a slope
// which the untreated do not identify has no estimate (singular).
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
	m.twoStage = o.TwoStage
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
	r.Warnings = append(r.Warnings, fewAsMany(int(p.smallestDimension()))...)
	unidentified := 0
	sums := make([][][]float64, len(targets)) // by target and clustering
	for k, t := range targets {
		value, contribution, identified := m.target(t.rows)
		sums[k] = m.sums(contribution)
		figure := estimate.Missing(estimate.Singular)
		if identified {
			figure = estimate.Normal(value, deviation(m.covariance(sums[k], sums[k])), o.Level)
		}
		r.Aggregates = append(r.Aggregates, Aggregate{Type: t.kind, Overall: t.overall, Key: t.key, Estimate: figure, BandLow: math.NaN(), BandHigh: math.NaN()})
		if !identified {
			unidentified++
		}
		if t.kind == Dynamic {
			r.Events = append(r.Events, t.key)
			r.EventATT = append(r.EventATT, value)
		}
	}
	if unidentified > 0 {
		r.Warnings = append(r.Warnings, fault.Warnf("singular", "%d averages rest on a slope of a covariate that the untreated do not identify, and have no estimate", unidentified))
		r.Events, r.EventATT = nil, nil
		return r, nil
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
	switch {
	case o.Leads == 0:
	case o.TwoStage:
		m.before(o)
	default:
		if err := m.leads(o); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// lead tells how long an untreated row is before the start of its unit, as a negative event time, and whether it is one of
// the leads of the options.
func (m *imputer) lead(r int, o *ImputationOptions) (int64, bool) {
	x := &m.rows[r]
	g := m.p.Start[x.unit]
	if g == Never {
		return 0, false
	}
	e := m.p.Times[x.time] - g
	return e, o.Leads < 0 || -e <= int64(o.Leads)
}

// before adds the second stage's coefficients of the periods before the start.
func (m *imputer) before(o ImputationOptions) {
	events := map[int64][]int{}
	for _, r := range m.control {
		if e, ok := m.lead(r, &o); ok {
			events[e] = append(events[e], r)
		}
	}
	for _, e := range sorted(events) {
		value, contribution, identified := m.target(events[e])
		figure := estimate.Missing(estimate.Singular)
		if identified {
			sums := m.sums(contribution)
			figure = estimate.Normal(value, deviation(m.covariance(sums, sums)), o.Level)
		}
		m.r.Aggregates = append(m.r.Aggregates, Aggregate{Type: Dynamic, Key: e, Estimate: figure, BandLow: math.NaN(), BandHigh: math.NaN()})
	}
}

// leads adds the coefficients of the periods before the start.
func (m *imputer) leads(o ImputationOptions) error {
	in := &FixedEffects{Fixed: make([][]int32, 2)}
	times := map[int64]int{} // lead → column
	var keys []int64
	for _, r := range m.control {
		if e, ok := m.lead(r, &o); ok {
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
	for k := m.T; k < m.Q; k++ {
		column, varies := make([]float64, len(m.control)), false
		var z []entry
		for s, r := range m.control {
			z = m.entries(r, z)
			for _, e := range z {
				if e.column == k {
					column[s] = e.value
					varies = varies || e.value != 0
				}
			}
		}
		if varies {
			in.Terms, in.X = append(in.Terms, ""), append(in.X, column)
		}
	}
	fit, err := in.Fit()
	if err != nil {
		return nil // no lead can be told from the effects: nothing to add
	}
	for j, t := range fit.Estimates(Clustered, SmallSample{}, o.Level) {
		if t.Reason == "" && j < len(keys) {
			m.r.Aggregates = append(m.r.Aggregates, Aggregate{Type: Dynamic, Key: keys[j], Estimate: t.Estimate, BandLow: math.NaN(), BandHigh: math.NaN()})
		}
	}
	return nil
}
