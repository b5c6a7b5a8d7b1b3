package did

import (
	"math"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Result is what GroupTime found.
type Result struct {
	Units   int // units analysed
	Periods int
	Groups  int // cohorts with an effect
	Never   int // units never treated
	Dropped []Dropped

	Controls Controls // Auto resolved
	Level    float64

	Cells      []Cell
	Aggregates []Aggregate
	PreTest    *Wald // nil where there is none

	// Dynamic event times with their joint covariance (row-major), in the order of Events: what sensitivity analysis of
	// trends takes. Event times that are 0 by construction are left out. With few clusters the covariance is (t/z)² times that of the
	// errors, for what takes it with normal quantiles: t of the fewest degrees of freedom of them.
	Events     []int64
	EventATT   []float64
	EventCov   []float64
	CriticalOf map[Aggregation]float64 // critical values of the simultaneous bands

	Warnings []fault.Warning

	engine  engine
	plans   []plan
	source  *Panel
	options Options
}

// GroupTime estimates ATT(g,t), the mean effect in period t on the units that started in g, for every cohort and period,
// and averages them (Callaway and Sant'Anna 2021, Journal of Econometrics 225:200). Each cell is a 2×2 comparison of
// changes after Sant'Anna and Zhao (2020), by the method, the controls and the base of the options; see cellsOf. Standard
// errors come from influence functions: of cells, and of averages with the estimated sizes of the cohorts. Results do not
// depend on the number of workers.
//
// A cell without an estimate has NaN and a reason, and no average uses it. The pre-test is Wald's that all cells with
// t < g are 0; where they are more than the units or clusters or above 500, it is of the event times before the start. With few
// clusters it is Hotelling's F of the corrected errors.
//
// Errors: nobody is treated, nobody can be compared with, weights below 0.
func GroupTime(p *Panel, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(p.RowClusters) > 0 {
		return nil, errRowClusters
	}
	if o.Controls == RiskSet && p.AtRisk == nil {
		return nil, fault.Usagef("bad_flag", "`--controls risk-set` needs `--at-risk`, the column that tells who could start")
	}
	if o.Unbalanced == Rows {
		if err := p.check(); err != nil {
			return nil, err
		}
		p = p.expanded()
		r, err := GroupTimeRows(p.rows(), o)
		if err != nil {
			return nil, err
		}
		r.source, r.options = p, o
		return r, nil
	}
	if o.fromStatistics(p) {
		if err := p.check(); err != nil {
			return nil, err
		}
		s, err := p.statistics(o.Workers)
		if err != nil {
			return nil, err
		}
		r, err := FromStatistics(s, o)
		if err != nil {
			return nil, err
		}
		r.source, r.options = p, o
		return r, nil
	}
	f, err := prepare(p, &o)
	if err != nil {
		return nil, err
	}
	r, err := run(f, newUnitEngine(f, &o), &o)
	if err != nil {
		return nil, err
	}
	r.source, r.options = p, o
	return r, nil
}

var errRowClusters = fault.Usagef("bad_flag", "a cluster that changes within a unit goes with the regressions only")

// manyUnits is the number of units from which GroupTime goes by statistics where it can; below it the difference in time
// is not felt, and the units may be asked for their influence at once.
const manyUnits = 5000

// fromStatistics tells whether cohort statistics are enough for the panel and the options, and worth it.
func (o *Options) fromStatistics(p *Panel) bool {
	cohorts := map[int64]bool{}
	for _, g := range p.Start {
		cohorts[g] = true
	}
	if len(p.Clusters) > 0 && !clustersFit(dimensions(len(p.Start), p.Clusters), len(cohorts), len(p.Times)) {
		return false
	}
	return statisticsFit(len(cohorts), len(p.Times)) && len(p.Start) >= manyUnits && len(p.Covariates) == 0 && len(p.Weights) < 2 &&
		o.Unbalanced == Balanced && o.Bootstrap == 0 && (p.AtRisk == nil || o.Controls != LaterStart && o.Controls != RiskSet)
}

// mostCells is far above what months make (108 starts × 119 months are 12,852) and below what cannot end.
const mostCells = 2_000_000

// run estimates cells, averages and tests with an engine.
func run(f *frame, e engine, o *Options) (*Result, error) {
	cells := cellsOf(f, o)
	if len(cells) > mostCells {
		return nil, fault.Dataf("too_many_cells", "", "", "%d groups and %d periods make %d group-time cells: count starts and periods in months or quarters", f.control, len(f.times), len(cells))
	}
	fit, err := e.fit(cells)
	if err != nil {
		return nil, err
	}
	r := &Result{
		Units: f.n, Periods: len(f.times), Groups: f.control, Dropped: f.dropped, Controls: o.controls(f), Level: o.Level,
		Warnings: f.warnings, engine: e, CriticalOf: map[Aggregation]float64{},
	}
	for h := f.control; h < len(f.cohorts); h++ {
		if f.cohorts[h] != Never {
			continue
		}
		if rows, ok := e.(*rowEngine); ok {
			for _, own := range rows.cohort {
				if own == h {
					r.Never++
				}
			}
		} else {
			r.Never += f.size(h)
		}
	}
	for _, d := range f.dropped {
		if d.Reason == "incomplete" {
			r.Warnings = append(r.Warnings, fault.Warnf("incomplete", "%d units lack a value in at least one period and are set aside (balanced panel)", d.Units))
		}
	}
	if n := singleClusters(e, f); n > 0 {
		r.Warnings = append(r.Warnings, fault.Warnf("single_cluster", "%d of %d groups lie in one cluster each: their errors do not hold what is common to the cluster", n, f.control))
	}
	negative := 0
	reasons := map[estimate.Reason]int{}
	trimmed, estimated := 0, false
	for i := range cells {
		c, v := &cells[i], &fit[i]
		g, t := f.cohorts[c.g], f.times[c.time]
		out := Cell{Group: g, Time: t, EventTime: t - g, NTreated: v.treated, NComparison: v.others, ESS: v.ess, MaxP: v.maxP, Trimmed: v.trimmed, BandLow: math.NaN(), BandHigh: math.NaN()}
		switch v.reason {
		case "":
			out.Estimate = estimate.Normal(v.att, deviation(v.variance), o.Level)
			estimated = true
			if v.variance < -leastVariance {
				negative++
			}
		case estimate.BasePeriod:
			out.Estimate = estimate.Missing(v.reason)
			out.Estimate.Estimate = 0
		default:
			out.Estimate = estimate.Missing(v.reason)
			reasons[v.reason]++
		}
		trimmed += v.trimmed
		r.Cells = append(r.Cells, out)
	}
	for _, why := range []estimate.Reason{estimate.TooFewTreated, estimate.NoComparison, estimate.NoOverlap, estimate.NotConverged, estimate.Singular} {
		if n := reasons[why]; n > 0 {
			r.Warnings = append(r.Warnings, fault.Warnf("cells_missing", "%d of %d group-time cells have no estimate (%s) and enter no average", n, len(cells), why))
		}
	}
	if negative > 0 {
		r.Warnings = append(r.Warnings, fault.Warnf("negative_variance", "%d cells have no standard error: with few clusters the inclusion–exclusion over cluster dimensions can be negative", negative))
	}
	if trimmed > 0 {
		r.Warnings = append(r.Warnings, fault.Warnf("trimmed", "controls with a propensity of %g or more have weight 0: %d unit-cells", TrimAt, trimmed))
	}
	if !estimated {
		return r, nil
	}
	r.warnConstantBase(f, cells, fit)
	r.plans = plansOf(f, o, cells, fit)
	if err := r.aggregate(o, cells, fit); err != nil {
		return nil, err
	}
	if err := r.cellBands(o, fit); err != nil {
		return nil, err
	}
	corrected := r.correct(f, o)
	if corrected != nil {
		for i, w := range r.Warnings {
			if w.Code == "single_cluster" {
				r.Warnings[i].Message = strings.Replace(w.Message, "their errors do not hold what is common to the cluster", "they have no error, since nothing tells what is common to the cluster", 1)
			}
		}
	}
	if err := r.preTest(f, o, cells, corrected); err != nil {
		return nil, err
	}
	if o.Bootstrap > 0 {
		return r, r.bootstrap(o)
	}
	return r, nil
}

// warnConstantBase says where difference-in-differences is the difference after the start.
func (r *Result) warnConstantBase(f *frame, cells []cell, fit []fitted) {
	constant, groups, last := 0, 0, -1
	for i := range cells {
		c := &cells[i]
		if c.g == last || f.times[c.time] < f.cohorts[c.g] || fit[i].reason != "" {
			continue // one cell after the start a cohort: all have its base
		}
		last = c.g
		groups++
		if r.engine.constantBase(c) {
			constant++
		}
	}
	if constant > 0 {
		r.Warnings = append(r.Warnings, fault.Warnf("constant_base", "in %d of %d groups the outcome of the base period is the same number for everybody: difference-in-differences is then the difference after the start, and nothing before it can test the design", constant, groups))
	}
}

// aggregate fills the averages, their bands and the covariance of the event times.
func (r *Result) aggregate(o *Options, cells []cell, fit []fitted) error {
	if len(r.plans) == 0 {
		return nil
	}
	columns := make([]column, len(r.plans))
	for a := range r.plans {
		columns[a] = r.plans[a].column
	}
	k := len(columns)
	v, err := r.engine.covariance(columns)
	if err != nil {
		return err
	}
	for a := range r.plans {
		p := &r.plans[a]
		out := Aggregate{Type: p.kind, Overall: p.overall, Key: p.key, To: p.to, BandLow: math.NaN(), BandHigh: math.NaN()}
		out.Estimate = estimate.Normal(p.estimateOf(fit), deviation(v[a*k+a]), o.Level)
		r.Aggregates = append(r.Aggregates, out)
	}
	for _, kind := range []Aggregation{Dynamic, Group, Calendar, Window} {
		var at []int
		for a, p := range r.plans {
			if p.kind == kind && !p.overall && v[a*k+a] > leastVariance {
				at = append(at, a)
			}
		}
		part := submatrix(v, k, at)
		if kind == Dynamic {
			r.EventCov = part
			for _, a := range at {
				r.Events = append(r.Events, r.plans[a].key)
				r.EventATT = append(r.EventATT, r.Aggregates[a].Estimate.Estimate)
			}
		}
		if o.Pointwise || len(at) == 0 {
			continue
		}
		c := critical(part, len(at), o.Level, o.Draws, o.Seed, "did-band-"+string(kind))
		r.CriticalOf[kind] = c
		for _, a := range at {
			x := &r.Aggregates[a]
			x.BandLow, x.BandHigh = x.Estimate.Estimate-c*x.StdError, x.Estimate.Estimate+c*x.StdError
		}
	}
	return nil
}

func submatrix(v []float64, k int, at []int) []float64 {
	m := len(at)
	out := make([]float64, m*m)
	for a, i := range at {
		for b, j := range at {
			out[a*m+b] = v[i*k+j]
		}
	}
	return out
}

// Influence is the influence of each unit of the panel on every cell that has an estimate, in the order of Cells (nil
// otherwise), on the scale of the estimate; units set aside have 0. It is as large as units × cells. A result that came
// from statistics goes over the units again.
func (r *Result) Influence() ([][]float64, error) {
	u, err := r.units()
	if err != nil {
		return nil, err
	}
	var columns []column
	for i := range r.Cells {
		if r.Cells[i].Reason == "" {
			columns = append(columns, column{cells: []int{i}, weight: []float64{1}})
		}
	}
	psi, err := u.influence(columns, len(r.source.Start))
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(r.Cells))
	for a, c := range columns {
		out[c.cells[0]] = psi[a]
	}
	return out, nil
}

// Analysed are the units of the panel (or, of rows, the numbers of CrossSections.Unit) that the result rests on, without those that were set
// aside; in no order, and nil of rows that have no unit.
func (r *Result) Analysed() []int32 {
	switch e := r.engine.(type) {
	case *unitEngine:
		return e.f.unit
	case *statEngine:
		var out []int32
		for _, h := range e.at {
			out = append(out, e.s.order[e.s.from[h]:e.s.from[h+1]]...)
		}
		return out
	case *rowEngine:
		if e.c.Unit == nil {
			return nil
		}
		out := make([]int32, e.units)
		for s, i := range e.f.unit {
			if e.period[s] >= 0 {
				out[e.of[s]] = e.c.Unit[i]
			}
		}
		return out
	}
	return nil
}

// units is the engine on units of the result; one that came from statistics is fitted anew.
func (r *Result) units() (*unitEngine, error) {
	if u, ok := r.engine.(*unitEngine); ok {
		return u, nil
	}
	if _, rows := r.engine.(*rowEngine); rows || r.source == nil {
		return nil, fault.Usagef("no_units", "influence by unit can be had of panels only, not of rows or statistics alone")
	}
	f, err := prepare(r.source, &r.options)
	if err != nil {
		return nil, err
	}
	u := newUnitEngine(f, &r.options)
	_, err = u.fit(cellsOf(f, &r.options))
	return u, err
}
