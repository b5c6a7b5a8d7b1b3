package analysis

import (
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/did"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// fitted is a method fitted to the rows of a cell, before any outcome is looked at.
type fitted interface {
	reason() estimate.Reason                                        // why there is none; "" where there is
	outcome(c *cell, r *runner, def *outcome.Definition) outcomeFit // the method for one outcome
	balanceWeights() []float64                                      // weights of the rows, nil where the method has none
	diagnostics() []results.Diagnostic
}

// outcomeFit estimates the effect on one outcome at one month after another.
type outcomeFit interface {
	effect(y []float64) results.Estimate
	weights() []float64 // rows with weight over 0 are used; nil: all
	used() []bool       // nil: all
}

// failed is a method that could not be fitted.
type failed struct{ why estimate.Reason }

func (f failed) reason() estimate.Reason                                { return f.why }
func (f failed) outcome(*cell, *runner, *outcome.Definition) outcomeFit { return nil }
func (f failed) balanceWeights() []float64                              { return nil }
func (f failed) diagnostics() []results.Diagnostic {
	return []results.Diagnostic{{Name: "failed", Value: math.NaN(), Text: string(f.why)}}
}

// fit fits a method to a cell. A reason says that this cell has no such estimate; an error is a failure of the run.
func (r *runner) fit(c *cell, m Method) (fitted, estimate.Reason, error) {
	switch m.Name {
	case nearest, optimal:
		return r.fitPairs(c, m)
	case radius:
		return r.fitRadius(c, m)
	case full, subclass, cem, exact:
		return r.fitCells(c, m)
	case ipw, overlap:
		return r.fitWeights(c, m)
	case aipw:
		return r.fitAugmented(c, m)
	case cbps:
		if m.estimand() == matching.ATE {
			return r.fitBalancingScore(c, m)
		}
		return r.fitBalance(c, m) // for the att and the atc it is entropy balancing
	case ebal:
		return r.fitBalance(c, m)
	case none:
		return r.fitNone(c, m)
	}
	return r.fitDID(c, m)
}

// refused turns an error of an estimator into a reason where the data of the cell is the cause.
func refused(err error, why estimate.Reason) (estimate.Reason, error) {
	if fault.StatusOf(err) == fault.Data {
		return why, nil
	}
	return "", err
}

func scoreDiagnostics(c *cell, fit *regression.Fit) []results.Diagnostic {
	penalised := 0.
	text := ""
	if fit.Penalised {
		penalised, text = 1, "the groups separate in "+strings.Join(c.separated, ", ")+": logit with Firth's penalty"
	}
	return []results.Diagnostic{
		{Name: "score_iterations", Value: float64(fit.Iterations)},
		{Name: "score_columns_dropped", Value: float64(len(fit.Dropped)), Text: "constant or collinear"},
		{Name: "score_penalised", Value: penalised, Text: text},
	}
}

func fromEffect(e matching.Effect, level float64, n, personsTreated, personsComparison int, ess float64) results.Estimate {
	row := figure(e.Interval(level))
	row.StdErrorType = e.StdErrorType
	row.MeanTreated, row.MeanComparison = e.MeanTreated, e.MeanComparison
	row.NStarts, row.NPersonsTreated, row.NPersonsComparison, row.ESS = n, personsTreated, personsComparison, ess
	return row
}

// didFit is the conditional difference-in-differences: the change of the outcome from its mean before the registration.
type didFit struct {
	method did.Method
	match  Method     // its Match is nearest or ebal; "": regression and propensity
	last   *didSample // of the outcome before: outcomes whose base is known for the same rows share the fit
	notes  []results.Diagnostic
}

// didSample is the rows with a known base and the propensity fitted to them.
type didSample struct {
	mask   []bool
	keep   []int32
	shares []float64 // weights of the rows of the cell as the design has them, for errors by place; nil for persons
	n      int       // treated rows
	pt, pc int       // distinct persons
	fitter *did.Fitter
	batch  *did.Batch // of many months at once; nil where the fitter has none
	why    estimate.Reason

	trimmed int // comparison rows with a propensity near 1, which get no weight

	matched *matchedChange // instead of the fitter
}

func (r *runner) fitDID(_ *cell, m Method) (fitted, estimate.Reason, error) {
	return &didFit{method: map[string]did.Method{"dr": did.DR, "ipw": did.IPW, "reg": did.Reg}[m.DID], match: m}, "", nil
}

func (f *didFit) reason() estimate.Reason   { return "" }
func (f *didFit) balanceWeights() []float64 { return nil }
func (f *didFit) diagnostics() []results.Diagnostic {
	if f.last != nil && f.last.trimmed > 0 {
		return append(f.notes, results.Diagnostic{Name: "trimmed", Value: float64(f.last.trimmed), Text: "comparison rows with a propensity near 1, left without weight"})
	}
	return f.notes
}

// didOutcome is the method for one outcome.
type didOutcome struct {
	*didSample
	c      *cell
	level  float64
	base   []float64
	dy     []float64
	nearer [][]float64 // bases of the dip probe, from 0 months before the registration; nil: not asked for
}

func (f *didFit) outcome(c *cell, r *runner, def *outcome.Definition) outcomeFit {
	o := &didOutcome{c: c, level: r.study.Inference.Level}
	before, ok := r.before[def]
	if !ok { // an outcome that is not defined month by month has no level before
		o.didSample = &didSample{mask: make([]bool, len(c.row)), why: estimate.NotDefined}
		return o
	}
	o.base = c.base(before, r.reg, &r.trials.Rows, baseTo)
	if f.match.DipProbe {
		for nearest := 1; nearest < baseTo; nearest++ {
			o.nearer = append(o.nearer, c.base(before, r.reg, &r.trials.Rows, nearest))
		}
	}
	mask := make([]bool, len(o.base))
	known := 0
	for i, b := range o.base {
		if mask[i] = !math.IsNaN(b); mask[i] {
			known++
		}
	}
	if f.last == nil || !slices.Equal(mask, f.last.mask) {
		f.last = f.sample(c, r, mask)
	}
	o.didSample = f.last
	o.dy = make([]float64, len(o.keep))
	share := float64(o.n) / float64(c.nTreated)
	f.notes = append(f.notes, results.Diagnostic{Outcome: def.Spec.ID, Name: "base_known", Value: share, Text: "share of the treated with months 7–18 before registration in the panel"})
	if w, constant := did.ConstantBase(o.base); constant {
		f.notes = append(f.notes, results.Diagnostic{Outcome: def.Spec.ID, Name: "constant_base", Value: 1, Text: w.Message})
	}
	return o
}

// sample fits the propensity on the rows of the mask, with the columns of didColumns.
func (f *didFit) sample(c *cell, r *runner, mask []bool) *didSample {
	o := &didSample{mask: mask}
	var s did.Sample
	for i, known := range mask {
		if !known {
			continue
		}
		o.keep = append(o.keep, int32(i))
		s.Treated = append(s.Treated, c.treated[i])
		s.Weights = append(s.Weights, c.weight[i])
		s.Cluster = append(s.Cluster, c.unit[i])
		if c.treated[i] {
			o.n++
		}
	}
	o.pt = c.countPersons(func(i int) bool { return mask[i] && c.treated[i] })
	o.pc = c.countPersons(func(i int) bool { return mask[i] && !c.treated[i] })
	switch {
	case o.n < minTreated:
		o.why = estimate.TooFewTreated
	case len(o.keep)-o.n < minComparison:
		o.why = estimate.TooFewComparison
	}
	if o.why != "" {
		return o
	}
	if c.by != nil {
		o.shares = c.designWeights(matching.ATT)
		for i, known := range mask {
			if !known {
				o.shares[i] = 0
			}
		}
	}
	if f.match.Match != "" {
		o.match(c, r, f.match)
		return o
	}
	for _, column := range c.didColumns(&r.trials.Rows) {
		if len(o.keep) == len(column) {
			s.X = append(s.X, column)
			continue
		}
		x := make([]float64, len(o.keep))
		for j, i := range o.keep {
			x[j] = column[i]
		}
		s.X = append(s.X, x)
	}
	var err error
	if o.fitter, err = did.NewFitter(s, f.method, r.study.Inference.Level); err != nil {
		o.why = estimate.Singular
		return o
	}
	o.batch = o.fitter.Batch()
	return o
}

func (o *didOutcome) weights() []float64 {
	if o.matched != nil {
		return o.matched.weight
	}
	w := make([]float64, len(o.mask))
	for i, m := range o.mask {
		if m {
			w[i] = 1
		}
	}
	return w
}

func (o *didOutcome) used() []bool {
	if o.matched == nil {
		return o.mask
	}
	out := make([]bool, len(o.mask))
	for i, w := range o.matched.weight {
		out[i] = w > 0
	}
	return out
}

func (o *didOutcome) effect(y []float64) results.Estimate { return o.joint(y, nil) }

// over is the method for a sum over n months, which is compared with n times the base.
func (o *didOutcome) over(n int) outcomeFit {
	sum := *o
	sum.base = make([]float64, len(o.base))
	for i, b := range o.base {
		sum.base[i] = float64(n) * b
	}
	return &sum
}

func (o *didOutcome) joint(y, psi []float64) results.Estimate {
	clear(psi)
	if o.why != "" {
		return missing(o.why)
	}
	treated := o.change(y, o.dy)
	if o.matched != nil {
		return o.matched.effect(o, y, psi)
	}
	return o.c.summed(o.level, o.shares, psi, func(psi []float64) (results.Estimate, float64) {
		a := o.fitter.ATT(o.dy)
		if psi != nil {
			for j, v := range a.Influence {
				psi[o.c.unit[o.keep[j]]] += v
			}
		}
		return o.row(a, treated), 0
	})
}

// joints is joint of several outcomes.
func (o *didOutcome) joints(y, psi [][]float64) []results.Estimate {
	out := make([]results.Estimate, len(y))
	if o.batch == nil {
		for h := range y {
			out[h] = o.joint(y[h], psi[h])
		}
		return out
	}
	treated, dy := make([]float64, len(y)), make([][]float64, len(y))
	for h := range y {
		dy[h] = make([]float64, len(o.keep))
		treated[h] = o.change(y[h], dy[h])
	}
	return o.c.summedMany(o.level, o.shares, psi, func(psi [][]float64) []results.Estimate {
		for h, a := range o.batch.ATTs(dy, psi) {
			out[h] = o.row(a, treated[h])
		}
		return out
	})
}

// change writes the changes of an outcome from its base, and returns the mean level of the treated.
func (o *didOutcome) change(y, dy []float64) float64 {
	treated, weight := 0., 0.
	for j, i := range o.keep {
		dy[j] = y[i] - o.base[i]
		if o.c.treated[i] {
			treated += o.c.weight[i] * y[i]
			weight += o.c.weight[i]
		}
	}
	return treated / weight
}

func (o *didOutcome) row(a did.ATT, treated float64) results.Estimate {
	o.trimmed = max(o.trimmed, a.Trimmed)
	row := figure(a.Estimate)
	row.StdErrorType = "influence, person"
	row.MeanTreated = treated
	row.MeanComparison = row.MeanTreated - a.Estimate.Estimate
	row.NStarts, row.NPersonsTreated, row.NPersonsComparison, row.ESS = o.n, o.pt, o.pc, a.ESS
	return row
}
