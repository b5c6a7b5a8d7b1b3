package did

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Estimator is a regression with unit and period effects and dummies for cohorts and periods.
type Estimator uint8

// The regressions.
const (
	Static     Estimator = iota // one coefficient for treated: two-way fixed effects, a weighted mean with possibly negative weights
	EventStudy                  // a coefficient an event time (reference −1)
	SunAbraham                  // a coefficient a cohort and event time (reference −1); Sun and Abraham (2021, JoE 225:175)
	Extended                    // a coefficient a cohort and period from the start on; Wooldridge (2021); the estimates of imputation without covariates
)

// RegressionOptions are the choices of Regress; the zero value is clustering by unit with fixest's default factors.
type RegressionOptions struct {
	// LikeEtwfe counts the parameters as R's etwfe does in the factor of clustered errors: cohort effects, and their slopes on
	// each covariate, in place of unit effects.
	LikeEtwfe bool
	Kind      VarianceKind
	Rule      SmallSample
	Level     float64 // 0 means 0.95
	Workers   int

	Pointwise bool   // no simultaneous bands over the event times
	Draws     int    // of their critical value; 0 means 10,000
	Seed      uint64 // of these draws
}

// Regressed is a fitted regression with its averages.
type Regressed struct {
	Units, Periods, Rows, Groups, Never int
	Dropped                             []Dropped
	Terms                               []Term // covariates first (if any), then the dummies
	Aggregates                          []Aggregate
	DF                                  float64 // of the t intervals

	// Event times with their joint covariance, for SunAbraham, Extended and EventStudy.
	Events   []int64
	EventATT []float64
	EventCov []float64
	Warnings []fault.Warning
}

// dummy is 1 for the units of some cohorts in some periods.
type dummy struct {
	name  string
	cells [][2]int // cohort, period (indices)
	group int64
	event int64
}

// fitted regressions of either path.
type linear interface {
	coefficients() []float64
	covariance(kind VarianceKind, rule SmallSample) (v []float64, df float64) // of all columns; 0 for those left out
	rows() int
}

// bands fills the simultaneous bands of the event times from their joint covariance.
func (r *Regressed) bands(level float64, draws int, seed uint64) {
	m := len(r.Events)
	if draws == 0 {
		draws = 10_000
	}
	c := critical(r.EventCov, m, level, draws, seed, "did-band-events")
	for i := range r.Aggregates {
		a := &r.Aggregates[i]
		if a.Type == Dynamic && !a.Overall && slices.Contains(r.Events, a.Key) {
			a.BandLow, a.BandHigh = a.Estimate.Estimate-c*a.StdError, a.Estimate.Estimate+c*a.StdError
		}
	}
}

// Regress fits a regression with unit and period effects. Without covariates, in a balanced panel with weights by unit at most,
// it is solved from the statistics of the cohorts, clustered in dimensions of whole units and by period; otherwise from the
// rows, directly. Averages weight
// coefficients by the observations of their cells, taken as known (as fixest does): ATT (the type simple) over all
// periods from the start on, by event time, by cohort and by calendar period.
//
// Covariates are columns of the regression (a fixed one is taken up by the unit effects and left out), but under Extended,
// where fixed ones interact with periods and treated cells (see interact) and are not among Terms. Elsewhere Terms lists
// them first.
//
// Units that are treated in all periods have no period before their start: they are set aside under SunAbraham and
// Extended, and stay under Static and EventStudy, as fixest has it. Where nobody is never treated, SunAbraham and Extended
// leave out the periods from the last start on, so that the last cohort is the reference.
func Regress(p *Panel, e Estimator, o RegressionOptions) (*Regressed, error) {
	if o.Level == 0 {
		o.Level = 0.95
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	r := &Regressed{}
	q := *p.expanded()
	if e == SunAbraham || e == Extended {
		cut := r.reference(&q)
		if cut < 2 {
			return nil, fault.Dataf("no_comparison", "", "", "nobody is untreated beside the last cohort: there is nobody to compare with")
		}
	}
	r.weighted(&q)
	cohorts, _, _ := byCohort(q.Start, nil)
	if len(cohorts) == 0 {
		return nil, fault.Dataf("bad_weight", "", "", "the weights sum to 0")
	}
	dummies := dummiesOf(e, cohorts, q.Times)
	if len(dummies) == 0 {
		return nil, fault.Dataf("no_treated", "", "", "no unit starts within the periods: there is nothing to estimate")
	}
	if len(dummies) > 4000 {
		return nil, fault.Dataf("too_many_terms", "", "", "%d cohorts × periods give %d coefficients, too many for one regression; use `--estimator group-time`", len(cohorts), len(dummies))
	}
	if o.LikeEtwfe {
		o.Rule.Extra = len(cohorts)*(1+len(q.Covariates)) - 1
	}
	if e == Extended && len(q.Covariates) > 0 {
		if err := q.interact(dummies, cohorts); err != nil {
			return nil, err
		}
	}
	count := map[[2]int]float64{}
	var fit linear
	if len(q.Covariates) == 0 && q.fromStatistics(len(cohorts), o.Kind) {
		s, err := q.statistics(o.Workers)
		if err != nil {
			return nil, err
		}
		for h := range s.Cohorts {
			for t := range s.Times {
				count[[2]int{h, t}] = s.Weight[h]
			}
		}
		solved, err := s.twoWay(dummies)
		if err != nil {
			return nil, err
		}
		solved.period, solved.smallest = len(q.RowClusters) > 0, q.smallestDimension()
		fit = solved
	} else {
		var err error
		if fit, err = rowFit(&q, cohorts, dummies, count); err != nil {
			return nil, err
		}
	}
	r.Rows, r.Units, r.Periods = fit.rows(), len(q.Start), len(q.Times)
	if missing := r.Units*r.Periods - r.Rows; missing > 0 {
		r.Units -= q.unseen()
		r.Warnings = append(r.Warnings, fault.Warnf("incomplete", "%d of %d units and periods are not observed, or lack a covariate or a weight: the regression is of the others", missing, r.Rows+missing))
	}
	for _, g := range q.Start {
		if g > q.Times[len(q.Times)-1] {
			r.Never++
		}
	}
	for _, g := range cohorts {
		if g <= q.Times[len(q.Times)-1] {
			r.Groups++
		}
	}
	r.averages(e, fit, dummies, count, len(q.Covariates), o)
	if o.Kind == Clustered {
		r.Warnings = append(r.Warnings, fewAsMany(int(q.smallestDimension()))...)
	}
	return r, nil
}

// reference sets always-treated units aside and, where nobody is never treated, cuts the panel before the last start.
func (r *Regressed) reference(p *Panel) int {
	first, last := p.Times[0], p.Times[len(p.Times)-1]
	var keep []int
	always, never := 0, false
	latest := int64(math.MinInt64)
	for i, g := range p.Start {
		if g <= first {
			always++
			continue
		}
		keep = append(keep, i)
		if g > last {
			never = true
		} else {
			latest = max(latest, g)
		}
	}
	if always > 0 {
		r.Dropped = append(r.Dropped, Dropped{"already_treated", always})
		r.Warnings = append(r.Warnings, fault.Warnf("already_treated", "%d units start at or before %d, the first period: they have no period before and are set aside", always, first))
		*p = *p.at(keep)
	}
	cut := len(p.Times)
	if !never {
		for cut = 0; cut < len(p.Times) && p.Times[cut] < latest; cut++ {
		}
		p.Outcome = p.Outcome[:cut]
		p.Times = p.Times[:cut]
		r.Warnings = append(r.Warnings, fault.Warnf("no_never_treated", "nobody is never treated: periods from %d on are left out, and the last cohort is the reference", latest))
	}
	return cut
}

// weighted sets units without weight aside, where weights are fixed by unit.
func (r *Regressed) weighted(p *Panel) {
	if len(p.Weights) != 1 {
		return
	}
	var keep []int
	for i, w := range p.Weights[0] {
		if w > 0 {
			keep = append(keep, i)
		}
	}
	if n := len(p.Start) - len(keep); n > 0 {
		r.Dropped = append(r.Dropped, Dropped{"no_weight", n})
		*p = *p.at(keep)
	}
}

// unseen counts the units without an outcome in any period.
func (p *Panel) unseen() int {
	n := 0
	for i := range p.Start {
		seen := false
		for _, c := range p.Outcome {
			seen = seen || !math.IsNaN(c[i])
		}
		if !seen {
			n++
		}
	}
	return n
}

// interact replaces fixed covariates by what the extended regression has of them (Wooldridge 2021, section 5): x·1{period}
// for every period but the first, and x less its mean in the cohort times each treated cell. x alone and x·1{cohort}
// are taken up by the unit effects. The coefficient of a cell is then the effect at the mean of x among its cohort.
func (p *Panel) interact(dummies []dummy, cohorts []int64) error {
	n, T := len(p.Start), len(p.Times)
	var out [][][]float64
	zero := make([]float64, n)
	for k, x := range p.Covariates {
		for _, c := range x[1:] {
			if !slices.Equal(c, x[0]) {
				return fault.Dataf("varying_covariate", "", "", "covariate %d changes over time: the extended regression takes covariates that are fixed before the start", k+1)
			}
		}
		column := func(v []float64, at int) {
			c := make([][]float64, T)
			for t := range c {
				c[t] = zero
			}
			c[at] = v
			out = append(out, c)
		}
		for t := 1; t < T; t++ {
			column(x[0], t)
		}
		centred := make([][]float64, len(cohorts)) // x less its mean, 0 outside the cohort
		for h, g := range cohorts {
			sum, weight := 0., 0.
			w := func(i int) float64 {
				if p.Weights == nil {
					return 1
				}
				return p.Weights[0][i]
			}
			for i, s := range p.Start {
				if s == g {
					sum += w(i) * x[0][i]
					weight += w(i)
				}
			}
			centred[h] = make([]float64, n)
			for i, s := range p.Start {
				if s == g {
					centred[h][i] = x[0][i] - sum/weight
				}
			}
		}
		for _, d := range dummies {
			column(centred[d.cells[0][0]], d.cells[0][1])
		}
	}
	p.Covariates = out
	return nil
}

// at is the panel of the given units.
func (p *Panel) at(units []int) *Panel {
	take := func(c []float64) []float64 {
		d := make([]float64, len(units))
		for s, i := range units {
			d[s] = c[i]
		}
		return d
	}
	q := &Panel{Times: p.Times}
	for _, i := range units {
		q.Start = append(q.Start, p.Start[i])
	}
	for _, c := range p.Outcome {
		q.Outcome = append(q.Outcome, take(c))
	}
	for _, x := range p.Covariates {
		var y [][]float64
		for _, c := range x {
			y = append(y, take(c))
		}
		q.Covariates = append(q.Covariates, y)
	}
	for _, c := range p.Weights {
		q.Weights = append(q.Weights, take(c))
	}
	for _, x := range p.RowClusters {
		y := make([][]int32, len(x))
		for t, c := range x {
			y[t] = make([]int32, len(units))
			for s, i := range units {
				y[t][s] = c[i]
			}
		}
		q.RowClusters = append(q.RowClusters, y)
	}
	for _, c := range p.Clusters {
		d := make([]int32, len(units))
		for s, i := range units {
			d[s] = c[i]
		}
		q.Clusters = append(q.Clusters, d)
	}
	return q
}

// dummiesOf lists the columns of an estimator in the order of event time, then cohort.
func dummiesOf(e Estimator, cohorts, times []int64) []dummy {
	last := times[len(times)-1]
	var out []dummy
	switch e {
	case Static:
		d := dummy{name: "treated"}
		for h, g := range cohorts {
			for t, v := range times {
				if g <= last && v >= g {
					d.cells = append(d.cells, [2]int{h, t})
				}
			}
		}
		if len(d.cells) > 0 {
			out = append(out, d)
		}
	default:
		events := map[int64][][2]int{}
		for h, g := range cohorts {
			if g > last {
				continue
			}
			for t, v := range times {
				if k := v - g; e == Extended && k >= 0 || e != Extended && k != -1 {
					events[k] = append(events[k], [2]int{h, t})
				}
			}
		}
		keys := make([]int64, 0, len(events))
		for k := range events {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if e == EventStudy {
				out = append(out, dummy{fmt.Sprintf("event_time::%d", k), events[k], 0, k})
				continue
			}
			for _, c := range events[k] {
				g := cohorts[c[0]]
				out = append(out, dummy{fmt.Sprintf("event_time::%d:group::%d", k, g), [][2]int{c}, g, k})
			}
		}
	}
	return out
}

// errorBeside is the standard error of a variance, NaN where it is nothing but rounding beside the estimate: clusters of periods
// alone leave none where every cohort and period has its own effect.
func errorBeside(value, variance float64) float64 {
	if se := deviation(variance); se > 1e-12*math.Abs(value) {
		return se
	}
	return math.NaN()
}

// averages fills terms and averages from the coefficients.
func (r *Regressed) averages(e Estimator, fit linear, dummies []dummy, count map[[2]int]float64, covariates int, o RegressionOptions) {
	coef := fit.coefficients()
	v, df := fit.covariance(o.Kind, o.Rule)
	r.DF = df
	k := len(coef)
	left := 0
	for j := range coef {
		if j < covariates && e == Extended {
			continue // interactions: nothing to read by themselves
		}
		name := ""
		if j < covariates {
			name = fmt.Sprintf("covariate %d", j+1)
		} else {
			name = dummies[j-covariates].name
		}
		t := Term{name, studentised(coef[j], errorBeside(coef[j], v[j*k+j]), df, o.Level)}
		if math.IsNaN(coef[j]) {
			t.Estimate = estimate.Missing(estimate.Singular)
			left++
		}
		r.Terms = append(r.Terms, t)
	}
	if left > 0 {
		r.Warnings = append(r.Warnings, fault.Warnf("collinear", "%d terms depend on the others and the fixed effects and are left out", left))
	}
	combine := func(kind Aggregation, overall bool, key int64, pick func(d *dummy) bool) []float64 {
		w := make([]float64, k)
		total, value := 0., 0.
		for j := range dummies {
			d := &dummies[j]
			if !pick(d) || math.IsNaN(coef[covariates+j]) {
				continue
			}
			for _, c := range d.cells {
				w[covariates+j] += count[c]
			}
			total += w[covariates+j]
		}
		if total == 0 {
			return nil
		}
		s := 0.
		for a := range w {
			if w[a] /= total; w[a] != 0 {
				value += w[a] * coef[a]
			}
		}
		for a := range w {
			if w[a] != 0 {
				s += w[a] * dot(v[a*k:(a+1)*k], w)
			}
		}
		r.Aggregates = append(r.Aggregates, Aggregate{Type: kind, Overall: overall, Key: key,
			Estimate: studentised(value, errorBeside(value, s), df, o.Level), BandLow: math.NaN(), BandHigh: math.NaN()})
		return w
	}
	combine(Simple, true, 0, func(d *dummy) bool { return e == Static || d.event >= 0 })
	if e == Static {
		return
	}
	var weights [][]float64
	for i := range dummies {
		if key := dummies[i].event; i == 0 || dummies[i-1].event != key {
			if w := combine(Dynamic, false, key, func(d *dummy) bool { return d.event == key }); w != nil {
				weights = append(weights, w)
				r.Events = append(r.Events, key)
				r.EventATT = append(r.EventATT, r.Aggregates[len(r.Aggregates)-1].Estimate.Estimate)
			}
		}
	}
	m := len(weights)
	r.EventCov = make([]float64, m*m)
	for a, x := range weights {
		vx := make([]float64, k)
		for i := range vx {
			vx[i] = dot(v[i*k:(i+1)*k], x)
		}
		for b, y := range weights[:a+1] {
			c := dot(vx, y)
			r.EventCov[a*m+b], r.EventCov[b*m+a] = c, c
		}
	}
	if !o.Pointwise {
		r.bands(o.Level, o.Draws, o.Seed)
	}
	if e == EventStudy {
		return
	}
	groups := map[int64][]int{}
	for i := range dummies {
		groups[dummies[i].group] = nil
	}
	for _, g := range sorted(groups) {
		combine(Group, false, g, func(d *dummy) bool { return d.group == g && d.event >= 0 })
	}
	periods := map[int64][]int{}
	for i := range dummies {
		if d := &dummies[i]; d.event >= 0 {
			periods[d.group+d.event] = nil
		}
	}
	for _, t := range sorted(periods) {
		combine(Calendar, false, t, func(d *dummy) bool { return d.event >= 0 && d.group+d.event == t })
	}
}
