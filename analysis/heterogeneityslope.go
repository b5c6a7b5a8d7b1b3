package analysis

import (
	"context"
	"math"
	"slices"

	"tiltakseffekt/analysis/did"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/regression"
	"tiltakseffekt/results"
)

// slopes adds the slope of the effect of a cell in a figure of where people live (linearSlope), by every method, outcome and month that is
// asked for. Rows for which the figure is not known are left out. A method without weights of rows, difference-in-differences, takes
// the changes from its base, its own columns, and the odds of a score of these and the figure.
func (r *runner) slopes(ctx context.Context, c *cell, group, name string, fits []fitted, out *cellResult) error {
	h := r.study.Heterogeneity
	v := subsetVariables[name]
	rows := &r.trials.Rows
	u, place := make([]float64, len(c.row)), make([]int32, len(c.row))
	number := map[string]int32{}
	for i, row := range c.row {
		person, before := rows.Person[row], rows.Month[row]-1
		u[i] = v.figure(r.reg, person, before)
		at := v.where(r.reg, person, before)
		k, ok := number[at]
		if !ok {
			k = int32(len(number))
			number[at] = k
		}
		place[i] = k
	}
	for o, def := range r.outcomes {
		id := r.study.Outcomes[o].ID
		if !slices.Contains(h.Outcomes, id) {
			continue
		}
		var y [][]float64
		for i, m := range r.study.Methods {
			if !slices.Contains(h.Methods, m.ID) {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			why := fits[i].reason()
			var s *slopeSample
			if why == "" {
				if y == nil {
					y = c.follow(def, r.reg, rows, slices.Max(h.Months))
				}
				s, why = r.slopeSample(c, def, fits[i], u)
			}
			for _, month := range h.Months {
				row := results.Heterogeneity{Tiltak: c.trial.Tiltak, Group: group, Outcome: id, Method: m.ID, Month: month, Comparison: r.study.Comparison.Against, SubsetVar: name, Measure: "slope"}
				row.Blank()
				if row.Reason = why; why == "" {
					row.Reason = r.slope(c, def, *s, y, u, place, month, &row)
				}
				out.Apart.Tests = append(out.Apart.Tests, row)
			}
		}
	}
	return nil
}

// slope fills a row with the slope at a month.
func (r *runner) slope(c *cell, def *outcome.Definition, s slopeSample, y [][]float64, u []float64, place []int32, month int, row *results.Heterogeneity) estimate.Reason {
	if month < def.FirstMonth() {
		return estimate.NotDefined
	}
	full := slices.Clone(y[month-1])
	if c.complete(full, r.reg, &r.trials.Rows) == 1 {
		return estimate.NoFollowUp
	}
	if r.trials.Censoring != nil {
		leave(full, c.stay(r, def.MinFollowUp(month)), c.treated, c.weight)
	}
	if s.y != nil { // the base of difference-in-differences
		for i, b := range s.y {
			full[i] -= b
		}
	}
	of := slopeSample{x: make([][]float64, len(s.x))}
	for i, v := range u {
		if math.IsNaN(v) || math.IsNaN(full[i]) || math.IsNaN(s.weight[i]) {
			continue
		}
		of.y, of.u, of.treated = append(of.y, full[i]), append(of.u, v), append(of.treated, c.treated[i])
		of.weight, of.base = append(of.weight, s.weight[i]), append(of.base, c.weight[i])
		of.person, of.place = append(of.person, c.person[i]), append(of.place, place[i])
		for j, x := range s.x {
			of.x[j] = append(of.x[j], x[i])
		}
	}
	found, why := linearSlope(of)
	row.NValues = found.places
	if why != "" {
		return why
	}
	row.Estimate, row.StdError, row.DF = found.slope, found.stdError, float64(found.places-1)
	row.Statistic = found.slope / found.stdError
	row.ConfLow, row.ConfHigh, row.PValue = found.interval(r.study.Inference.Level)
	return ""
}

// slopeSample is what a method says of the rows of a cell before an outcome is looked at: weights (NaN: left out) and columns, and for
// difference-in-differences the base in the place of y.
func (r *runner) slopeSample(c *cell, def *outcome.Definition, f fitted, u []float64) (*slopeSample, estimate.Reason) {
	if w := f.balanceWeights(); w != nil {
		return &slopeSample{weight: w, x: c.x}, ""
	}
	d, ok := f.(*didFit)
	before, known := r.before[def]
	if !ok || !known {
		return nil, estimate.NotDefined
	}
	s := &slopeSample{y: c.base(before, r.reg, &r.trials.Rows, baseTo), x: c.didColumns(&r.trials.Rows), weight: make([]float64, len(c.row))}
	mask := make([]bool, len(c.row))
	for i, b := range s.y {
		mask[i] = !math.IsNaN(b)
	}
	if d.match.Match != "" {
		sample := d.last
		if sample == nil || !slices.Equal(mask, sample.mask) {
			sample = d.sample(c, r, mask)
		}
		if sample.why != "" || sample.matched == nil {
			return nil, sample.why
		}
		copy(s.weight, sample.matched.weight)
		return s, ""
	}
	return s, s.oddsOf(c, u, mask)
}

// oddsOf gives comparison rows with a known base and figure the odds of a score of the columns and the figure.
func (s *slopeSample) oddsOf(c *cell, u []float64, mask []bool) estimate.Reason {
	var at []int32
	var treated []bool
	var weight []float64
	n := [2]int{}
	for i, known := range mask {
		s.weight[i] = math.NaN()
		if known && !math.IsNaN(u[i]) {
			at, treated, weight = append(at, int32(i)), append(treated, c.treated[i]), append(weight, c.weight[i])
			if c.treated[i] {
				n[1]++
			} else {
				n[0]++
			}
		}
	}
	switch {
	case n[1] < minTreated:
		return estimate.TooFewTreated
	case n[0] < minComparison:
		return estimate.TooFewComparison
	}
	columns := append([][]float64{u}, s.x...)
	names := make([]string, len(columns))
	for j, x := range columns {
		column := make([]float64, len(at))
		for k, i := range at {
			column[k] = x[i]
		}
		columns[j] = column
	}
	fit, _, err := logit(columns, names, treated, weight, regression.LogitLink)
	if err != nil || !fit.Converged {
		return estimate.NotConverged
	}
	for k, i := range at {
		s.weight[i] = c.weight[i]
		if p := fit.Fitted[k]; !treated[k] {
			s.weight[i] = 0
			if p < did.TrimAt {
				s.weight[i] = c.weight[i] * p / (1 - p)
			}
		}
	}
	return ""
}
