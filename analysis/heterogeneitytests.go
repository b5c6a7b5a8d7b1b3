package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/results"
)

// rankDraws is the number of draws behind the ranks of places.
const rankDraws = 4000

// jointOf is the covariance of figures: their errors, with the correlations of the influence of each person. A person who stands
// in several subsets (a comparison row of every variant, or several years) makes them dependent.
func jointOf(figures []apartFigure) (v *mat.SymDense, persons int) {
	n := len(figures)
	parts := make(influences, n)
	seen := map[int32]bool{}
	for k, f := range figures {
		parts[k] = influence{Row: k, Person: f.person, Psi: f.psi}
		for _, p := range f.person {
			seen[p] = true
		}
	}
	c := make([]float64, n*n)
	crossProducts(parts, c)
	v = mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i {
			r := 0.
			if c[i*n+i] > 0 && c[j*n+j] > 0 {
				r = c[i*n+j] / math.Sqrt(c[i*n+i]*c[j*n+j])
			}
			v.SetSym(i, j, r*figures[i].stdErr*figures[j].stdErr)
		}
		v.SetSym(i, i, figures[i].stdErr*figures[i].stdErr)
	}
	return v, len(seen)
}

// valueTests tests whether the effects of the known values are equal (θ₂ − θ₁ = … = θₖ − θ₁ = 0, estimate.JointZeroCov) and, for three
// or more ordered ones, gives their least-squares slope a step; a value without a figure is a step too.
func valueTests(base results.Heterogeneity, all []apartFigure, ordered bool, level float64) []results.Heterogeneity {
	var of []apartFigure
	var step []float64 // where each stands among the known values, those without a figure among them
	known := 0.
	for _, f := range all {
		if f.value == unknownValue {
			continue
		}
		if f.stdErr > 0 && f.person != nil {
			of, step = append(of, f), append(step, known)
		}
		known++
	}
	test := base
	test.Blank()
	test.Measure, test.NValues = "difference", len(of)
	if len(of) < 2 {
		test.Reason = estimate.NotDefined
		return []results.Heterogeneity{test}
	}
	v, units := jointOf(of)
	df := 0. // of t, where errors rest on few clusters
	for _, f := range of {
		if f.df > 0 && (df == 0 || f.df < df) {
			df = f.df
		}
	}
	if df > 0 { // G clusters of one size have G − 1
		units = min(units, int(df)+1)
	}
	k := len(of)
	contrasts := mat.NewDense(k-1, k, nil)
	theta := mat.NewVecDense(k, nil)
	for i, f := range of {
		theta.SetVec(i, f.estimate)
		if i > 0 {
			contrasts.Set(i-1, 0, -1)
			contrasts.Set(i-1, i, 1)
		}
	}
	d, cov := combine(contrasts, theta, v)
	w := estimate.JointZeroCov(d, cov, units)
	test.Statistic, test.DF, test.PValue = w.Statistic, float64(w.DF), w.PValue
	if w.DF == 0 {
		test.Reason = estimate.NotDefined
	}
	out := []results.Heterogeneity{test}
	if !ordered || k < 3 {
		return out
	}
	slope := mat.NewDense(1, k, nil)
	middle, squares := 0., 0.
	for _, x := range step {
		middle += x / float64(k)
	}
	for i := range k {
		x := step[i] - middle
		slope.Set(0, i, x)
		squares += x * x
	}
	slope.Scale(1/squares, slope)
	d, cov = combine(slope, theta, v)
	trend := base
	trend.Blank()
	trend.Measure, trend.NValues = "trend", k
	e := estimate.Normal(d[0], math.Sqrt(cov.At(0, 0)), level)
	if df > 0 {
		e = estimate.Student(d[0], math.Sqrt(cov.At(0, 0)), level, df)
	}
	trend.Estimate, trend.StdError, trend.ConfLow, trend.ConfHigh, trend.PValue = e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.PValue
	return append(out, trend)
}

// combine is Cθ with its covariance CVC'.
func combine(c *mat.Dense, theta *mat.VecDense, v *mat.SymDense) ([]float64, *mat.SymDense) {
	n, _ := c.Dims()
	var d mat.VecDense
	d.MulVec(c, theta)
	var half, full mat.Dense
	half.Mul(c, v)
	full.Mul(&half, c.T())
	cov := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			cov.SetSym(i, j, full.At(i, j))
		}
	}
	return d.RawVector().Data, cov
}

// shrink puts shrunken figures in place of the raw ones of places, which go no further, and says how much places differ.
func (r *runner) shrink(out *cellResult, base results.Heterogeneity, figures []apartFigure, rows []int) error {
	n := len(figures)
	s := synthesis.Studies{Estimate: make([]float64, n), StdError: make([]float64, n)}
	for k, f := range figures {
		s.Estimate[k], s.StdError[k] = math.NaN(), math.NaN()
		if f.value != unknownValue && f.stdErr > 0 {
			s.Estimate[k], s.StdError[k] = f.estimate, widenedBy(f.stdErr, f.df, r.study.Inference.Level)
		}
	}
	stream := random.New(*r.study.Seed, fmt.Sprint("ranks ", base.Tiltak, base.Group, base.Outcome, base.Method, base.Month, base.Comparison, base.SubsetVar))
	shrunken, err := synthesis.Shrink(s, r.study.Inference.Level, rankDraws, stream)
	if err != nil {
		return err
	}
	known := 0
	for k, i := range rows {
		e := &out.Estimates[i]
		nan := math.NaN()
		raw := e.Reason == ""
		e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.PValue, e.MeanTreated, e.MeanComparison, e.ESS = nan, nan, nan, nan, nan, nan, nan, nan
		e.StdErrorType = ""
		if !raw {
			continue
		}
		if shrunken == nil || math.IsNaN(s.Estimate[k]) {
			e.Reason = estimate.NotDefined
			continue
		}
		known++
		e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.StdErrorType = shrunken.Estimate[k], shrunken.StdError[k], shrunken.Low[k], shrunken.High[k], "empirical bayes"
	}
	spread := base
	spread.Blank()
	spread.Measure, spread.NValues = "spread", known
	if shrunken == nil {
		spread.Reason = estimate.NotDefined
		out.Apart.Tests = append(out.Apart.Tests, spread)
		return nil
	}
	p := shrunken.Pooled
	spread.Estimate, spread.ConfLow, spread.ConfHigh = math.Sqrt(p.Tau2), math.Sqrt(p.Tau2ConfLow), math.Sqrt(p.Tau2ConfHigh)
	spread.Statistic, spread.DF, spread.PValue = p.Q, float64(p.QDF), p.QPValue
	mean := base
	mean.Blank()
	mean.Measure, mean.NValues = "mean", known
	mean.Estimate, mean.StdError, mean.ConfLow, mean.ConfHigh = p.Effect.Estimate, p.Effect.StdError, p.Effect.ConfLow, p.Effect.ConfHigh
	out.Apart.Tests = append(out.Apart.Tests, spread, mean)
	for k, f := range figures {
		if math.IsNaN(s.Estimate[k]) {
			continue
		}
		rank, over := base, base
		rank.Blank()
		over.Blank()
		rank.SubsetValue, rank.Measure, rank.NValues = f.value, "rank", known
		rank.Estimate, rank.ConfLow, rank.ConfHigh = shrunken.Rank[k], shrunken.RankLow[k], shrunken.RankHigh[k]
		over.SubsetValue, over.Measure, over.NValues = f.value, "over_mean", known
		over.Estimate = shrunken.Over[k]
		out.Apart.Tests = append(out.Apart.Tests, rank, over)
	}
	return nil
}

// adjustHeterogeneity tests groups against each other, and corrects figures and tests for how many there are.
func (r *runner) adjustHeterogeneity(out *Result) error {
	h := r.study.Heterogeneity
	if h == nil {
		return nil
	}
	r.groupTests(out)
	if h.Multiplicity == noCorrection {
		return nil
	}
	rows := out.Tables.Estimates
	families := map[string][]int{}
	var names []string
	for i := range rows {
		e := &rows[i]
		if e.SubsetVar == "" || math.IsNaN(e.PValue) {
			continue
		}
		name := h.family(e)
		if families[name] == nil {
			names = append(names, name)
		}
		families[name] = append(families[name], i)
		e.Family = name
	}
	for _, name := range names {
		if n := len(families[name]); h.Multiplicity == simultaneous && n > largestFamily {
			return fault.Usagef("bad_study", "`heterogeneity` has a family of %d figures, and `multiplicity: simultaneous` serves up to %d; let `over` name less, or use holm or bh", n, largestFamily)
		}
		correct(rows, families[name], name, h.Multiplicity, out.joint, r.study.Inference.Level, *r.study.Seed)
	}
	r.adjustTests(out.Tables.Heterogeneity)
	return nil
}

// family names what the members of the family of a figure have in common, and what they run over.
func (h *Heterogeneity) family(e *results.Estimate) string {
	parts := []string{"heterogeneity", e.Outcome, fmt.Sprintf("month %d", *e.Month), e.Method, e.Comparison}
	for _, k := range []struct{ key, value string }{{"tiltak", e.Tiltak}, {"group", e.Group}, {"variable", e.SubsetVar}} {
		if !slices.Contains(h.Over, k.key) {
			parts = append(parts, k.value)
		}
	}
	return strings.Join(append(parts, "over "+strings.Join(append(slices.Clone(h.Over), "value"), ", ")), ", ")
}

// adjustTests corrects the tests of difference, and those of spread and slope, of an outcome, method and month; a simultaneous study has
// no joint distribution of quadratic forms, and takes Holm's.
func (r *runner) adjustTests(tests []results.Heterogeneity) {
	families := map[string][]int{}
	var names []string
	for i := range tests {
		t := &tests[i]
		if t.Measure != "difference" && t.Measure != "spread" && t.Measure != "slope" || math.IsNaN(t.PValue) {
			continue
		}
		name := fmt.Sprintf("tests of difference, %s, month %d, %s, over tiltak, group and variable", t.Outcome, t.Month, t.Method)
		if families[name] == nil {
			names = append(names, name)
		}
		families[name] = append(families[name], i)
		t.Family = name
	}
	for _, name := range names {
		of := families[name]
		p := make([]float64, len(of))
		for k, i := range of {
			p[k] = tests[i].PValue
		}
		if r.study.Heterogeneity.Multiplicity == benjaminiHochberg {
			p = synthesis.BenjaminiHochberg(p)
		} else {
			p = synthesis.Holm(p)
		}
		for k, i := range of {
			tests[i].PAdjusted = p[k]
		}
	}
}

// groupTests tests whether the effect of a tiltak differs between groups, which overlap: the covariance takes the persons that
// they share into account.
func (r *runner) groupTests(out *Result) {
	type key struct {
		tiltak, outcome, method string
		month                   int
	}
	of := map[key][]apartFigure{}
	var order []key
	for _, g := range out.groups {
		if g.Group == everybody { // contains the others
			continue
		}
		k := key{g.Tiltak, g.Outcome, g.Method, g.Month}
		if of[k] == nil {
			order = append(order, k)
		}
		of[k] = append(of[k], apartFigure{value: g.Group, estimate: g.Estimate, stdErr: g.StdError, df: g.DF, person: g.Person, psi: g.Psi})
	}
	for _, k := range order {
		base := results.Heterogeneity{Tiltak: k.tiltak, Outcome: k.outcome, Method: k.method, Month: k.month, Comparison: r.study.Comparison.Against, SubsetVar: "group"}
		out.Tables.Heterogeneity = append(out.Tables.Heterogeneity, valueTests(base, of[k], false, r.study.Inference.Level)...)
	}
}

// everybody is the group that all others lie in.
const everybody = "alle"
