package analysis

import (
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/results"
)

// jointFit is an outcomeFit that knows the influence of each person of the cell on its estimate. psi has one element a
// person and is overwritten; nil: not wanted.
type jointFit interface {
	outcomeFit
	joint(y, psi []float64) results.Estimate
}

// summing is an outcomeFit that must know over how many months its outcome is summed.
type summing interface{ over(months int) outcomeFit }

// bandDraws is the number of draws behind a critical value: its Monte Carlo error is about 0.01.
const bandDraws = 10_000

// figures are the estimates of one outcome and method at months 1…horizon and over the windows of the study, which rows the
// method used, and the influence by person behind the months; nil where nothing is estimated.
func (r *runner) figures(c *cell, def *outcome.Definition, f fitted, y [][]float64, reason estimate.Reason) ([]results.Estimate, []bool, *series) {
	rows := make([]results.Estimate, r.study.Horizon, r.study.Horizon+len(r.study.Windows))
	if why := f.reason(); why != "" {
		reason = why
	}
	var per outcomeFit
	if reason == "" {
		per = f.outcome(c, r, def)
	}
	s := newSeries(c, per, r.study.Horizon)
	sums := make([][]float64, len(r.study.Windows))
	complete := make([]float64, len(c.row))
	for h := range rows {
		why := reason
		if only := r.study.OnlyMonths; only != nil && !slices.Contains(only, h+1) {
			why = estimate.NotDefined
		}
		if why == "" && h+1 < def.FirstMonth() {
			why = estimate.NotDefined
		}
		var hidden float64
		if why == "" {
			copy(complete, y[h])
			if hidden = c.complete(complete, r.reg, &r.trials.Rows); hidden == 1 {
				why = estimate.NoFollowUp
			}
		}
		var stay []float64
		if why == "" && r.trials.Censoring != nil {
			stay = c.stay(r, def.MinFollowUp(h+1))
			leave(complete, stay, c.treated, c.weight)
		}
		month := h + 1
		if why != "" {
			rows[h] = missing(why)
			rows[h].Month = &month
			continue
		}
		rows[h] = s.effect(h, complete)
		rows[h].Month = &month
		rows[h].OnesTreated, rows[h].ZerosTreated, rows[h].OnesComparison, rows[h].ZerosComparison = -1, -1, -1, -1
		if def.Binary() {
			rows[h].OnesTreated, rows[h].ZerosTreated, rows[h].OnesComparison, rows[h].ZerosComparison = c.ones(y[h], per.weights())
		} else {
			rows[h].FewAmounts = c.fewAmounts(y[h], per.weights(), *r.study.Disclosure.MinCell)
		}
		if stay != nil {
			c.thinned(&rows[h], y[h], per.weights(), stay, def.Binary(), *r.study.Disclosure.MinCell)
		}
		for k, w := range r.study.Windows {
			if month < w.From || month > w.To {
				continue
			}
			if sums[k] == nil {
				sums[k] = make([]float64, len(complete))
			}
			for i, v := range complete {
				sums[k][i] += v
			}
		}
	}
	s.band(rows, r.study)
	for k, w := range r.study.Windows {
		rows = append(rows, w.effect(per, sums[k], rows))
	}
	if o, ok := per.(*didOutcome); ok && o.nearer != nil {
		month := r.study.Inference.Family.Month
		if month == 0 {
			month = min(24, r.study.Horizon)
		}
		if rows[month-1].Reason == "" {
			copy(complete, y[month-1])
			c.complete(complete, r.reg, &r.trials.Rows)
		}
		rows = append(rows, o.probe(rows[month-1], complete)...)
	}
	if per == nil {
		return rows, make([]bool, len(c.row)), nil
	}
	return rows, per.used(), s
}

// effect is the estimate of a sum over the months of a window. Every estimator of a study is linear in the outcome, so that
// it is the sum of the monthly estimates, and its error that of their joint covariance. A window with a month that has no
// estimate has none either, with that month's reason.
func (w Window) effect(per outcomeFit, sum []float64, months []results.Estimate) results.Estimate {
	row := missing("")
	for _, m := range months[w.From-1 : w.To] {
		if m.Reason != "" {
			row.Reason = m.Reason
			break
		}
	}
	if row.Reason == "" {
		if s, ok := per.(summing); ok {
			per = s.over(w.To - w.From + 1)
		}
		row = per.effect(sum)
		row.OnesTreated, row.ZerosTreated, row.OnesComparison, row.ZerosComparison = -1, -1, -1, -1
	}
	row.Window = w.String()
	return row
}

// series is the influence by person on the estimates of one series of months.
type series struct {
	c       *cell
	per     outcomeFit
	horizon int
	psi     []float64
	all     []float32 // persons × horizon; single precision is enough for a correlation
}

func newSeries(c *cell, per outcomeFit, horizon int) *series {
	s := &series{c: c, per: per, horizon: horizon}
	if _, ok := per.(jointFit); ok {
		s.psi = make([]float64, c.persons)
		s.all = make([]float32, c.persons*horizon)
	}
	return s
}

func (s *series) effect(h int, y []float64) results.Estimate {
	if s.all == nil {
		return s.per.effect(y)
	}
	e := s.per.(jointFit).joint(y, s.psi)
	scale := e.StdError
	if !(scale > 0) { // no figure, or one without an error: no part of a band
		return e
	}
	for p, v := range s.psi {
		if v != 0 {
			s.all[p*s.horizon+h] = float32(v / scale) // kroner and shares alike are far from the ends of a float32
		}
	}
	return e
}

// band fills the band of a series: the intervals at a common critical value under which all months hold jointly with the
// level of the study. The critical value is that of normal variables with the correlations of the influence by person.
func (s *series) band(rows []results.Estimate, study *Study) {
	if s.all == nil {
		return
	}
	H := s.horizon
	v := make([]float64, H*H)
	var four [4][]float64 // persons at a time: each sum is fetched once for them
	for k := range four {
		four[k] = make([]float64, H)
	}
	n := 0
	for p := range s.c.persons {
		some := false
		for h, x := range s.all[p*H : (p+1)*H] {
			four[n][h] = float64(x)
			some = some || x != 0
		}
		if some {
			n++
		}
		if n == len(four) {
			addProducts(v, &four)
			n = 0
		}
	}
	for k := n; k < len(four); k++ {
		clear(four[k])
	}
	addProducts(v, &four)
	critical := estimate.Draw(v, H, bandDraws, random.New(*study.Seed, "study-band")).Critical(study.Inference.Level)
	for h := range rows {
		if e := &rows[h]; e.Reason == "" && e.StdError > 0 && v[h*H+h] > 0 {
			e.BandLow, e.BandHigh = e.Estimate-critical*e.StdError, e.Estimate+critical*e.StdError
		}
	}
}

// addProducts adds to the lower triangle of v the products of the elements of each of four rows.
func addProducts(v []float64, four *[4][]float64) {
	H := len(four[0])
	for a := range H {
		to := v[a*H : a*H+a+1]
		r0, r1, r2, r3 := four[0][:a+1], four[1][:a+1], four[2][:a+1], four[3][:a+1]
		x0, x1, x2, x3 := r0[a], r1[a], r2[a], r3[a]
		for b := range to {
			to[b] += x0*r0[b] + x1*r1[b] + x2*r2[b] + x3*r3[b]
		}
	}
}

// weightedInfluence writes into psi the influence of each person on the difference of weighted means, the weights taken as
// known: Σ over the person's rows of ±w·(y − mean of the arm)/Σw.
func weightedInfluence(y, weight []float64, treated []bool, person []int32, psi []float64) {
	clear(psi)
	var total, sum [2]float64
	arm := func(i int) int {
		if treated[i] {
			return 1
		}
		return 0
	}
	for i, w := range weight {
		if w != 0 {
			total[arm(i)] += w
			sum[arm(i)] += w * y[i]
		}
	}
	for i, w := range weight {
		if w == 0 {
			continue
		}
		a := arm(i)
		v := w * (y[i] - sum[a]/total[a]) / total[a]
		if a == 0 {
			v = -v
		}
		if !math.IsNaN(v) {
			psi[person[i]] += v
		}
	}
}
