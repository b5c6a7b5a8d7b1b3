package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// The values of `sensitivity`.
const (
	sensitivityFull   = "full"
	sensitivityBounds = "bounds"
	sensitivityNone   = "none"
)

func (s *Study) resolveSensitivity() error {
	if s.Sensitivity == "" {
		s.Sensitivity = sensitivityFull
	}
	switch s.Sensitivity {
	case sensitivityFull, sensitivityBounds, sensitivityNone:
		return nil
	}
	return fault.Usagef("bad_study", "`sensitivity: %s` is not known%s; it is full (bounds, and the estimate under other choices), bounds or none", s.Sensitivity,
		fault.Suggest(s.Sensitivity, []string{sensitivityFull, sensitivityBounds, sensitivityNone}))
}

// focus is the outcome and the month that sensitivity is about: those of the family, where it holds one of them fixed.
func (s *Study) focus() (place, month int) {
	f := s.Inference.Family
	place = max(0, slices.IndexFunc(s.Outcomes, func(o outcome.Spec) bool { return o.ID == f.Outcome }))
	month = f.Month
	if month == 0 {
		month = min(24, s.Horizon)
	}
	return place, month
}

// otherChoices are what `spread` tries: who chooses first, how far a match may be, and methods in their default form.
var otherChoices = []struct {
	name   string
	method Method
}{
	{"order smallest", Method{Name: nearest, Order: "smallest"}},
	{"order closest", Method{Name: nearest, Order: "closest"}},
	{"order random", Method{Name: nearest, Order: "random"}},
	{"caliper 0.05 sd", Method{Name: nearest, Caliper: 0.05}},
	{"caliper 0.1 sd", Method{Name: nearest, Caliper: 0.1}},
	{"caliper 0.2 sd", Method{Name: nearest, Caliper: 0.2}},
	{"caliper 0.5 sd", Method{Name: nearest, Caliper: 0.5}},
	{"no caliper", Method{Name: nearest, Caliper: noCaliper}},
	{"method radius", Method{Name: radius, BiasAdjust: true}},
	{"method full", Method{Name: full}},
	{"method ipw", Method{Name: ipw}},
	{"method overlap", Method{Name: overlap}},
	{"method ebal", Method{Name: ebal}},
}

// sensitivity is the table of that name for a cell: y is the outcome of the focus by month, main the estimates of each method
// at its month, in the order of the methods.
func (r *runner) sensitivity(c *cell, def *outcome.Definition, fits []fitted, y []float64, main []results.Estimate) []results.Sensitivity {
	complete := slices.Clone(y)
	if c.complete(complete, r.reg, &r.trials.Rows) == 1 {
		return nil
	}
	_, month := r.study.focus()
	if r.trials.Censoring != nil {
		leave(complete, c.stay(r, def.MinFollowUp(month)), c.treated, c.weight)
	}
	var out []results.Sensitivity
	names, confounders := c.benchmarks(complete)
	for i, m := range r.study.Methods {
		e := &main[i]
		if e.Reason != "" || !(e.StdError > 0) {
			continue
		}
		rows := r.bounds(c, def, fits[i], complete, y, e)
		for k, name := range names {
			if row, ok := r.benchmark(name, confounders[k], e); ok {
				rows = append(rows, row)
			}
		}
		for k := range rows {
			rows[k].Method = m.ID
			rows[k].PersonsTreated, rows[k].PersonsComparison = e.NPersonsTreated, e.NPersonsComparison
			rows[k].OnesTreated, rows[k].ZerosTreated, rows[k].OnesComparison, rows[k].ZerosComparison = e.OnesTreated, e.ZerosTreated, e.OnesComparison, e.ZerosComparison
			rows[k].FewAmounts = e.FewAmounts
		}
		out = append(out, rows...)
	}
	if r.study.Sensitivity == sensitivityFull && len(out) > 0 {
		out = append(out, r.spread(c, def, complete, y)...)
	}
	for k := range out {
		out[k].Outcome, out[k].Month = def.Spec.ID, month
	}
	return out
}

func noFigures(measure string) results.Sensitivity {
	nan := math.NaN()
	return results.Sensitivity{Measure: measure, Value: nan, Bound: nan, Estimate: nan, StdError: nan, ConfLow: nan, ConfHigh: nan, Discordant: -1,
		OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1}
}

// bounds are the measures of how strong something unmeasured would have to be, rounded to what a reader can use. Degrees of
// freedom are the starts and the effective comparison rows less two.
func (r *runner) bounds(c *cell, def *outcome.Definition, f fitted, complete, observed []float64, e *results.Estimate) []results.Sensitivity {
	var out []results.Sensitivity
	ratio, low, high := math.NaN(), math.NaN(), math.NaN()
	if def.Binary() {
		ratio, low, high = matching.RatioOfMeans(e.MeanTreated, e.MeanComparison, e.Estimate, e.ConfLow, e.ConfHigh)
	} else if sd := c.spreadOf(complete); sd > 0 {
		ratio, low, high = matching.RatioOfMeanDifference(e.Estimate/sd), matching.RatioOfMeanDifference(e.ConfLow/sd), matching.RatioOfMeanDifference(e.ConfHigh/sd)
	}
	if ratio > 0 {
		row := noFigures("e-value")
		row.Value, row.Bound = hundredths(matching.EValue(ratio)), hundredths(matching.EValueBound(low, high))
		out = append(out, row)
	}
	if d, ok := f.(*designFit); ok && d.pairs != nil {
		var differences []float64
		for _, p := range d.pairs.Pairs {
			if v := observed[p.Treated] - observed[p.Comparison]; v == v {
				differences = append(differences, v)
			}
		}
		row := noFigures("rosenbaum-gamma")
		value, bound := matching.NewRosenbaumPairs(differences).Gamma((1 - r.study.Inference.Level) / 2)
		row.Value, row.Bound = hundredths(value), hundredths(bound)
		if def.Binary() {
			up, down := 0, 0
			for _, v := range differences {
				if v > 0 {
					up++
				} else if v < 0 {
					down++
				}
			}
			row.Discordant = min(up, down)
		}
		if !math.IsInf(value, 0) && !math.IsInf(bound, 0) && value == value {
			out = append(out, row)
		}
	}
	row := noFigures("robustness-value")
	t, dof := e.Estimate/e.StdError, degrees(e)
	row.Value, row.Bound = thousandths(matching.RobustnessValue(t, dof, 1, 1)), thousandths(matching.RobustnessValue(t, dof, 1, 1-r.study.Inference.Level))
	return append(out, row)
}

func degrees(e *results.Estimate) float64 { return float64(e.NStarts) + e.ESS - 2 }

func hundredths(v float64) float64  { return math.Round(100*v) / 100 }
func thousandths(v float64) float64 { return math.Round(1000*v) / 1000 }

// spreadOf is the standard deviation of an outcome over the rows of the cell, by sample weight.
func (c *cell) spreadOf(y []float64) float64 {
	n, mean, squares := 0., 0., 0.
	for i, v := range y {
		n += c.weight[i]
		mean += c.weight[i] * v
	}
	mean /= n
	for i, v := range y {
		squares += c.weight[i] * (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / n)
}

// benchmark is the estimate if a hidden cause had been taken out that is as strong as the covariates of that name, with the
// treatment and with the outcome, given the others (Cinelli and Hazlett 2020, section 4.4).
func (r *runner) benchmark(name string, of matching.Confounder, e *results.Estimate) (results.Sensitivity, bool) {
	hidden := matching.Benchmark(1, of.Treatment, of.Outcome)
	dof := degrees(e)
	if !(hidden.Treatment >= 0) || !(hidden.Outcome >= 0) || !(dof > 1) {
		return results.Sensitivity{}, false
	}
	row := noFigures("benchmark")
	row.Variation = name
	row.Value, row.Bound = hidden.Treatment, hidden.Outcome
	value, stdError := hidden.Adjusted(e.Estimate, e.StdError, dof)
	i := estimate.Normal(value, stdError, r.study.Inference.Level)
	if e.DF > 0 {
		i = estimate.Student(value, stdError, r.study.Inference.Level, e.DF)
	}
	row.Estimate, row.StdError, row.ConfLow, row.ConfHigh = value, stdError, i.ConfLow, i.ConfHigh
	return row, true
}

// subject is what a covariate is about: its name without level, months and transformation.
func subject(name string) string {
	name, _, _ = strings.Cut(name, "=")
	for {
		head, tail, ok := cutLast(name)
		if !ok || strings.Trim(tail, "0123456789") != "" && tail != "kvadrert" && tail != "log" {
			return name
		}
		name = head
	}
}

func cutLast(s string) (head, tail string, ok bool) {
	i := strings.LastIndexByte(s, '_')
	if i < 1 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// benchmarks are the partial R² of the covariates of each subject, in linear regressions with the design weights.
func (c *cell) benchmarks(y []float64) (names []string, of []matching.Confounder) {
	var groups [][]int
	for j, name := range c.names {
		s := subject(name)
		at := slices.Index(names, s)
		if at < 0 {
			at = len(names)
			names, groups = append(names, s), append(groups, nil)
		}
		groups[at] = append(groups[at], j)
	}
	return names, matching.Benchmarks(c.x, c.treated, y, c.designWeights(matching.ATT), groups)
}

// spread is the estimate under each other choice; one that the data does not admit is left out. Rows carry the method of the
// family, beside whose estimate they stand.
func (r *runner) spread(c *cell, def *outcome.Definition, complete, observed []float64) []results.Sensitivity {
	var out []results.Sensitivity
	beside := r.study.Inference.Family.Method
	if !slices.ContainsFunc(r.study.Methods, func(m Method) bool { return m.ID == beside }) {
		beside = r.study.Methods[0].ID
	}
	for _, choice := range otherChoices {
		m := choice.method
		if err := m.resolve(); err != nil {
			panic(fmt.Sprintf("analysis: %s: %v", choice.name, err))
		}
		f, why, err := r.fit(c, m)
		if err != nil || why != "" {
			continue
		}
		per := f.outcome(c, r, def)
		e := per.effect(complete)
		if e.Reason != "" {
			continue
		}
		row := noFigures("spread")
		row.Method, row.Variation = beside, choice.name
		row.Estimand = "ATT"
		if named, ok := f.(interface{ estimand() string }); ok {
			row.Estimand = named.estimand()
		}
		row.Estimate, row.StdError, row.ConfLow, row.ConfHigh = e.Estimate, e.StdError, e.ConfLow, e.ConfHigh
		row.PersonsTreated, row.PersonsComparison = e.NPersonsTreated, e.NPersonsComparison
		if def.Binary() {
			row.OnesTreated, row.ZerosTreated, row.OnesComparison, row.ZerosComparison = c.ones(observed, carrying(per.weights()))
		} else {
			row.FewAmounts = c.fewAmounts(observed, carrying(per.weights()), *r.study.Disclosure.MinCell)
		}
		out = append(out, row)
	}
	return out
}
