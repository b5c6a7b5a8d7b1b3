package analysis

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/results"
)

// jointFit is an outcomeFit that knows the influence of each person of the cell on its estimate, or of each office or county where
// the study sums errors by those. psi has one element for each (cell.clusters) and is overwritten; nil: not wanted.
type jointFit interface {
	outcomeFit
	joint(y, psi []float64) results.Estimate
}

// summing is an outcomeFit that must know over how many months its outcome is summed.
type summing interface{ over(months int) outcomeFit }

// manyFit is a jointFit that takes many outcomes at once: psi has for each outcome an element a person of the cell.
type manyFit interface {
	joints(y, psi [][]float64) []results.Estimate
}

// figured is what a method found for an outcome.
type figured struct {
	rows []results.Estimate // months 1…horizon, then windows
	used []bool             // the rows of the cell that the method used; nil: all
	s    *series            // the influence by person behind the months; nil where nothing is estimated
}

// monthsAtOnce is how many months are completed and estimated together: enough that the columns are seldom read, few enough
// that the outcome of a large cell does not fill the memory.
const monthsAtOnce = 12

// figures are the estimates of one outcome by each method, at months 1…horizon and over the windows of the study.
func (r *runner) figures(c *cell, def *outcome.Definition, fits []fitted, y [][]float64, reason estimate.Reason) []figured {
	out := make([]figured, len(fits))
	per := make([]outcomeFit, len(fits))
	failed := make([]estimate.Reason, len(fits))
	weights, carry := make([][]float64, len(fits)), make([][]int32, len(fits))
	for i, f := range fits {
		out[i].rows = make([]results.Estimate, r.study.Horizon, r.study.Horizon+len(r.study.Windows))
		if failed[i] = reason; f.reason() != "" {
			failed[i] = f.reason()
		}
		if failed[i] == "" {
			per[i] = f.outcome(c, r, def)
			out[i].s = newSeries(c, per[i], r.study.Horizon)
			weights[i] = per[i].weights()
			carry[i] = carrying(weights[i])
		}
	}
	estimable := slices.Contains(failed, "")
	sums := make([][]float64, len(r.study.Windows))
	var complete [][]float64
	for from := 0; from < r.study.Horizon; from += monthsAtOnce {
		var of []int // the months that can be estimated, from 0
		var stays [][]float64
		for h := from; h < min(from+monthsAtOnce, r.study.Horizon); h++ {
			var why estimate.Reason
			if only := r.study.OnlyMonths; only != nil && !slices.Contains(only, h+1) || h+1 < def.FirstMonth() {
				why = estimate.NotDefined
			}
			var stay []float64
			if why == "" && estimable {
				if len(complete) == len(of) {
					complete = append(complete, make([]float64, len(c.row)))
				}
				full := complete[len(of)]
				copy(full, y[h])
				if c.complete(full, r.reg, &r.trials.Rows) == 1 {
					why = estimate.NoFollowUp
				} else if r.trials.Censoring != nil && !c.bothStart {
					stay = c.stay(r, def.MinFollowUp(h+1))
					leave(full, stay, c.treated, c.weight)
				}
			}
			for i := range fits {
				if because := cmp.Or(failed[i], why); because != "" {
					month := h + 1
					out[i].rows[h] = missing(because)
					out[i].rows[h].Month = &month
				}
			}
			if why == "" && estimable {
				of, stays = append(of, h), append(stays, stay)
			}
		}
		everybody := make([]*disclosed, len(of)) // methods that use every row have the same counts
		for i := range fits {
			if failed[i] != "" || len(of) == 0 {
				continue
			}
			for k, e := range out[i].s.effects(of, complete[:len(of)]) {
				row, h := &out[i].rows[of[k]], of[k]
				*row = e
				month := h + 1
				row.Month = &month
				counts := everybody[k]
				if counts == nil || carry[i] != nil {
					counts = r.disclose(c, def, y[h], carry[i])
				}
				if carry[i] == nil {
					everybody[k] = counts
				}
				row.OnesTreated, row.ZerosTreated, row.OnesComparison, row.ZerosComparison = counts.ones[0], counts.ones[1], counts.ones[2], counts.ones[3]
				row.FewAmounts = counts.few
				if stays[k] != nil {
					c.thinned(row, y[h], weights[i], stays[k], def.Binary(), *r.study.Disclosure.MinCell)
				}
			}
		}
		for j, w := range r.study.Windows {
			for k, h := range of {
				if h+1 < w.From || h+1 > w.To {
					continue
				}
				if sums[j] == nil {
					sums[j] = make([]float64, len(c.row))
				}
				floats.Add(sums[j], complete[k])
			}
		}
	}
	for i := range fits {
		f := &out[i]
		if f.s != nil {
			f.s.band(f.rows, r.study)
		}
		for k, w := range r.study.Windows {
			f.rows = append(f.rows, w.effect(per[i], sums[k], f.rows))
		}
		if o, ok := per[i].(*didOutcome); ok && o.nearer != nil {
			month := r.study.Inference.Family.Month
			if month == 0 {
				month = min(24, r.study.Horizon)
			}
			full := make([]float64, len(c.row))
			if f.rows[month-1].Reason == "" {
				copy(full, y[month-1])
				c.complete(full, r.reg, &r.trials.Rows)
				if r.trials.Censoring != nil {
					leave(full, c.stay(r, def.MinFollowUp(month)), c.treated, c.weight)
				}
			}
			f.rows = append(f.rows, o.probe(f.rows[month-1], full)...)
		}
		if per[i] == nil {
			f.used = make([]bool, len(c.row))
			continue
		}
		f.used = per[i].used()
	}
	return out
}

// disclosed is what disclosure control must know of a month.
type disclosed struct {
	ones [4]int // persons with and without the outcome, of the treated and then the comparison; −1 where it is no 0/1 outcome
	few  bool   // too few have an amount
}

// disclose counts in some rows (nil: all) what disclosure control must know. y is the outcome as it was observed.
func (r *runner) disclose(c *cell, def *outcome.Definition, y []float64, rows []int32) *disclosed {
	out := &disclosed{ones: [4]int{-1, -1, -1, -1}}
	if def.Binary() {
		out.ones[0], out.ones[1], out.ones[2], out.ones[3] = c.ones(y, rows)
	} else {
		out.few = c.fewAmounts(y, rows, *r.study.Disclosure.MinCell)
	}
	return out
}

// effect is the estimate of a sum over the months of a window. Every estimator of a study is linear in the outcome, so that
// it is the sum of the monthly estimates, and its error that of their joint covariance. A window with a month that has no
// estimate has none either, with that month's reason.
func (w Window) effect(per outcomeFit, sum []float64, months []results.Estimate) results.Estimate {
	row := missing("")
	for _, m := range months[w.From-1 : w.To] {
		if m.Reason != "" && m.Reason != estimate.TooFewClusters {
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

// weightedInfluence writes into psi the influence of each person on the difference of weighted means, the weights taken as
// known: Σ over the person's rows of ±w·(y − mean of the arm)/Σw. rows are those that carry weight (nil: all).
func weightedInfluence(y, weight []float64, treated []bool, person []int32, rows []int32, psi []float64) {
	clear(psi)
	var total, sum [2]float64
	each := func(do func(i, arm int)) {
		visit := func(i int) {
			if treated[i] {
				do(i, 1)
			} else {
				do(i, 0)
			}
		}
		if rows == nil {
			for i := range weight {
				visit(i)
			}
		}
		for _, i := range rows {
			visit(int(i))
		}
	}
	each(func(i, arm int) {
		if w := weight[i]; w != 0 {
			total[arm] += w
			sum[arm] += w * y[i]
		}
	})
	each(func(i, arm int) {
		v := weight[i] * (y[i] - sum[arm]/total[arm]) / total[arm]
		if arm == 0 {
			v = -v
		}
		if !math.IsNaN(v) {
			psi[person[i]] += v
		}
	})
}
