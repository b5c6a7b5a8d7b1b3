package experiment

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Trial is an experiment as arrays, one element a person.
type Trial struct {
	Assigned   []bool
	Taken      []bool      // what they then did; nil: as assigned
	Stratum    []int32     // chance was the same inside it; nil: one
	Cluster    []int32     // randomised together; nil: each person
	Covariates [][]float64 // known before the assignment
	Names      []string
}

// Options of an analysis; the zero value of a field is its default.
type Options struct {
	Level float64 // default 0.95
	Draws int     // of randomisation inference and of the wild bootstrap; default 9,999
	Seed  uint64
	// ExactUnder is the number of assignments up to which all are tried; default 20,000.
	ExactUnder int
	// NoChance leaves out the tests that draw: randomisation and the wild bootstrap.
	NoChance bool
}

// Row is one figure.
type Row struct {
	Estimand     string // itt | first_stage | late
	Adjustment   string // none | lin | additive
	StdErrorType string // HC2 | CR2; of late delta or anderson-rubin
	Estimate     float64
	StdError     float64
	DF           float64
	Low, High    float64
	PValue       float64
	// Set is the shape of an Anderson–Rubin set: interval, outside (everything but Low to High) or everything.
	Set string
}

// Test is a test that rests on chance alone.
type Test struct {
	Name      string // randomisation | wild_cluster_bootstrap | first_stage_f | anderson_rubin
	Statistic float64
	PValue    float64
	Draws     int
	Exact     bool
}

// Analysis is what an experiment says about one outcome.
type Analysis struct {
	Rows     []Row
	Tests    []Test
	Clusters int // 0 where persons were randomised
	// TooMany is the number of columns with the covariates, where they were left out for being too many for the clusters; 0: they were not.
	TooMany  int
	Warnings []fault.Warning
}

// Check tells what is wrong with a trial.
func (t *Trial) Check() error {
	n := len(t.Assigned)
	if n == 0 || !slices.Contains(t.Assigned, true) || !slices.Contains(t.Assigned, false) {
		return fault.Dataf("one_group", "", "", "everybody has the same assignment, and an effect compares two; give rows of both")
	}
	if t.Cluster == nil {
		return nil
	}
	arm, stratum := map[int32]bool{}, map[int32]int32{}
	arms := [2]int{}
	for i, g := range t.Cluster {
		a, seen := arm[g]
		switch {
		case !seen:
			arm[g], stratum[g] = t.Assigned[i], t.stratum(i)
			arms[number(t.Assigned[i])]++
		case a != t.Assigned[i]:
			return fault.Dataf("mixed_cluster", "", "", "a cluster has persons of both assignments, so that clusters were not what was randomised; leave --cluster out, or name the unit that was")
		case stratum[g] != t.stratum(i):
			return fault.Dataf("split_cluster", "", "", "a cluster lies in several strata; a stratum holds whole clusters")
		}
	}
	if arms[0] < 2 || arms[1] < 2 {
		return fault.Dataf("too_few_clusters", "", "", "%d clusters are assigned and %d are not; an error needs two of each at least", arms[1], arms[0])
	}
	return nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (t *Trial) stratum(i int) int32 {
	if t.Stratum == nil {
		return 0
	}
	return t.Stratum[i]
}

// Analyse estimates the effect on an outcome. y has no NaN. It reads its arguments only.
//
// A stratum that has one arm alone compares nobody: its rows are left out, with a warning. Where every stratum × arm has two units
// strata are centred and interacted with the assignment, so that each counts by its persons; otherwise (matched pairs) they are
// fixed effects. Covariates are left out, with a warning, where clusters are randomised and the columns with them are as many as the
// clusters less one or more.
func Analyse(t Trial, y []float64, opt Options) (*Analysis, error) {
	if opt.Level == 0 {
		opt.Level = .95
	}
	if opt.Draws == 0 {
		opt.Draws = 9999
	}
	if opt.ExactUnder == 0 {
		opt.ExactUnder = 20000
	}
	if err := t.Check(); err != nil {
		return nil, err
	}
	a := &Analysis{}
	t, y = t.compared(y, a)
	if len(y) == 0 {
		return nil, fault.Dataf("no_stratum", "", "", "no stratum has both arms; give coarser strata")
	}
	t = t.numbered()
	if t.Cluster != nil {
		a.Clusters = int(slices.Max(t.Cluster)) + 1
	}
	kind := "HC2"
	if t.Cluster != nil {
		kind = "CR2"
	}
	taken := make([]float64, len(y))
	for i := range taken {
		if t.Taken != nil && t.Taken[i] || t.Taken == nil && t.Assigned[i] {
			taken[i] = 1
		}
	}
	interacted := t.twoEach()
	if t.Cluster != nil && len(t.Covariates) > 0 {
		if columns := t.columns(true, interacted); len(columns) >= a.Clusters-1 { // some may be combinations of others
			f, _ := newLinear(columns, t.Cluster)
			if _, k := f.x.Dims(); k >= a.Clusters-1 {
				a.Warnings = append(a.Warnings, fault.Warnf("too_many_covariates", "%d columns of covariates, strata and assignment are too many for %d clusters: an error would have almost no degrees of freedom, and the figures are without covariates; leave some out", k, a.Clusters))
				a.TooMany = k
				t.Covariates, t.Names = nil, nil
			}
		}
	}
	for _, adjust := range []bool{false, true} {
		if adjust && len(t.Covariates) == 0 {
			continue
		}
		name := "none"
		if adjust {
			name = "lin"
			if !interacted {
				name = "additive"
			}
		}
		columns := t.columns(adjust, interacted)
		f, kept := newLinear(columns, t.Cluster)
		if kept[1] < 0 {
			return nil, fault.Dataf("confounded", "", "", "the strata decide the assignment: nothing is left to compare")
		}
		if n, k := f.x.Dims(); k >= n || t.Cluster != nil && k >= a.Clusters {
			if n < 4 && len(t.Covariates) == 0 {
				return nil, fault.Dataf("too_few_rows", "", "", "%d rows are too few for an error; give 4 or more, two of each arm", n)
			}
			return nil, fault.Dataf("too_many_columns", "", "", "%d strata and covariates are too many for %d rows and %d clusters; leave some out", k, n, a.Clusters)
		}
		itt := f.coefficient(y, kept[1])
		a.Rows = append(a.Rows, itt.row("itt", name, kind, opt.Level))
		last := !adjust && len(t.Covariates) == 0 || adjust
		if t.Taken != nil {
			first := f.coefficient(taken, kept[1])
			a.Rows = append(a.Rows, first.row("first_stage", name, kind, opt.Level))
			a.late(itt, first, name, opt.Level, last)
		}
		if last && !opt.NoChance {
			if t.Cluster != nil && a.Clusters < estimate.FewClusters {
				a.Tests = append(a.Tests, f.wild(y, kept[1], opt))
			}
			a.Tests = append(a.Tests, t.randomisation(y, opt))
		}
	}
	if t.Cluster != nil && a.Clusters < estimate.FewClusters {
		a.Warnings = append(a.Warnings, fault.Warnf("few_clusters", "%d clusters were randomised, under %d: read the intervals with their degrees of freedom, and the tests beside them", a.Clusters, estimate.FewClusters))
	}
	return a, nil
}

func (c coefficient) row(estimand, adjustment, kind string, level float64) Row {
	r := Row{Estimand: estimand, Adjustment: adjustment, StdErrorType: kind, Estimate: c.value, StdError: c.stdError, DF: c.df, Low: math.NaN(), High: math.NaN(), PValue: math.NaN()}
	if c.stdError > 0 && c.df > 0 {
		q := critical(c.df, level)
		r.Low, r.High, r.PValue = c.value-q*c.stdError, c.value+q*c.stdError, pValue(c.value/c.stdError, c.df)
	}
	return r
}

// late is the effect on those who took it because of the assignment (Imbens and Angrist 1994): a/b of the effects on the outcome
// and on taking it, which with one instrument is two-stage least squares on the same columns. The first row has the delta method's error,
// the second the set of Anderson and Rubin (1949): the β at which a − βb is not significant, right however weak b is.
func (a *Analysis) late(itt, first coefficient, name string, level float64, tests bool) {
	nan := math.NaN()
	b := first.value
	row := Row{Estimand: "late", Adjustment: name, StdErrorType: "delta", Estimate: itt.value / b, DF: itt.df, StdError: nan, Low: nan, High: nan, PValue: nan}
	if b == 0 {
		row.Estimate = nan
		a.Rows = append(a.Rows, row)
		return
	}
	aa, ab, bb := dot(itt.scores, itt.scores), dot(itt.scores, first.scores), dot(first.scores, first.scores)
	row.StdError = math.Sqrt(max(0, aa-2*row.Estimate*ab+row.Estimate*row.Estimate*bb)) / math.Abs(b)
	q := critical(itt.df, level)
	if row.StdError > 0 {
		row.Low, row.High, row.PValue = row.Estimate-q*row.StdError, row.Estimate+q*row.StdError, pValue(row.Estimate/row.StdError, itt.df)
	}
	ar := row
	ar.StdErrorType, ar.StdError = "anderson-rubin", nan
	ar.Low, ar.High, ar.Set = fieller(itt.value, b, aa, ab, bb, q)
	ar.PValue = pValue(itt.value/itt.stdError, itt.df) // at β = 0 it is the test of the ITT
	a.Rows = append(a.Rows, row, ar)
	if tests {
		f := math.Inf(1)
		p := 0.
		if bb > 0 {
			f = b * b / bb
			p = pValue(math.Sqrt(f), first.df)
		}
		a.Tests = append(a.Tests, Test{Name: "first_stage_f", Statistic: f, PValue: p})
	}
}

// fieller solves (a − βb)² ≤ q²(aa − 2β ab + β² bb) for β.
func fieller(a, b, aa, ab, bb, q float64) (low, high float64, set string) {
	q2 := q * q
	c2, c1, c0 := b*b-q2*bb, -2*(a*b-q2*ab), a*a-q2*aa
	disc := c1*c1 - 4*c2*c0
	nan := math.NaN()
	switch {
	case c2 > 0 && disc >= 0:
		r := math.Sqrt(disc)
		return (-c1 - r) / (2 * c2), (-c1 + r) / (2 * c2), "interval"
	case c2 < 0 && disc > 0:
		r := math.Sqrt(disc)
		return (-c1 + r) / (2 * c2), (-c1 - r) / (2 * c2), "outside"
	case c2 > 0:
		return nan, nan, "empty"
	}
	return math.Inf(-1), math.Inf(1), "everything"
}

// compared leaves out strata with one arm alone.
func (t Trial) compared(y []float64, a *Analysis) (Trial, []float64) {
	arms := map[int32][2]int{}
	for i, d := range t.Assigned {
		n := arms[t.stratum(i)]
		n[number(d)]++
		arms[t.stratum(i)] = n
	}
	var keep []int
	for i := range y {
		if n := arms[t.stratum(i)]; n[0] > 0 && n[1] > 0 {
			keep = append(keep, i)
		}
	}
	if left := len(y) - len(keep); left > 0 {
		a.Warnings = append(a.Warnings, fault.Warnf("one_arm_strata", "%d rows lie in strata that have one arm alone, and are left out", left))
	}
	return t.At(keep), Pick(y, keep)
}

// At is the trial of some of its rows.
func (t Trial) At(keep []int) Trial {
	out := Trial{Names: t.Names, Assigned: Pick(t.Assigned, keep), Taken: Pick(t.Taken, keep), Stratum: Pick(t.Stratum, keep), Cluster: Pick(t.Cluster, keep)}
	for _, x := range t.Covariates {
		out.Covariates = append(out.Covariates, Pick(x, keep))
	}
	return out
}

// Pick are some elements of a slice; nil stays nil.
func Pick[T any](x []T, at []int) []T {
	if x == nil {
		return nil
	}
	out := make([]T, len(at))
	for k, i := range at {
		out[k] = x[i]
	}
	return out
}

// numbered has strata and clusters numbered from 0 in the order in which they come.
func (t Trial) numbered() Trial {
	dense := func(x []int32) []int32 {
		if x == nil {
			return nil
		}
		number := map[int32]int32{}
		out := make([]int32, len(x))
		for i, v := range x {
			n, ok := number[v]
			if !ok {
				n = int32(len(number))
				number[v] = n
			}
			out[i] = n
		}
		return out
	}
	t.Stratum, t.Cluster = dense(t.Stratum), dense(t.Cluster)
	return t
}

// units are what was randomised: their rows, arm and stratum.
func (t *Trial) units() (rows [][]int, arm []bool, stratum []int32) {
	if t.Cluster == nil {
		for i := range t.Assigned {
			rows, arm, stratum = append(rows, []int{i}), append(arm, t.Assigned[i]), append(stratum, t.stratum(i))
		}
		return rows, arm, stratum
	}
	for i, g := range t.Cluster {
		if int(g) == len(rows) {
			rows, arm, stratum = append(rows, nil), append(arm, t.Assigned[i]), append(stratum, t.stratum(i))
		}
		rows[g] = append(rows[g], i)
	}
	return rows, arm, stratum
}

// twoEach tells whether every stratum has two units of each arm.
func (t *Trial) twoEach() bool {
	_, arm, stratum := t.units()
	n := map[string]int{}
	for u, s := range stratum {
		n[fmt.Sprint(s, arm[u])]++
	}
	for _, k := range n {
		if k < 2 {
			return false
		}
	}
	return true
}

// columns are 1, the assignment, and strata and covariates centred, with their products with the assignment where they are
// interacted.
func (t *Trial) columns(covariates, interacted bool) [][]float64 {
	n := len(t.Assigned)
	one, d := make([]float64, n), make([]float64, n)
	for i, a := range t.Assigned {
		one[i], d[i] = 1, float64(number(a))
	}
	out := [][]float64{one, d}
	var centred [][]float64
	if t.Stratum != nil {
		for s := int32(1); s <= slices.Max(t.Stratum); s++ {
			x := make([]float64, n)
			for i, v := range t.Stratum {
				if v == s {
					x[i] = 1
				}
			}
			centred = append(centred, x)
		}
	}
	if covariates {
		for _, x := range t.Covariates {
			centred = append(centred, append([]float64(nil), x...))
		}
	}
	for _, x := range centred {
		mean := 0.
		for _, v := range x {
			mean += v / float64(n)
		}
		for i := range x {
			x[i] -= mean
		}
		out = append(out, x)
	}
	if interacted {
		for _, x := range centred {
			p := make([]float64, n)
			for i := range x {
				p[i] = x[i] * d[i]
			}
			out = append(out, p)
		}
	}
	return out
}
