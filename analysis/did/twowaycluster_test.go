package did

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

// byRows is the regression of the same panel over its rows: a covariate that the unit effects take up keeps statistics away.
func byRows(p *Panel) *Panel {
	q := *p
	one := make([]float64, len(p.Start))
	for i := range one {
		one[i] = float64(i)
	}
	q.Covariates = [][][]float64{{one}}
	return &q
}

// Clusters of units in one and two dimensions, of periods, of both, and weights: from statistics as from rows, for every
// estimator, kind of error and rule.
func TestRegressClustersPathsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(36, 1))
	base := small{n: 90, T: 6, cohorts: []int64{99, 102, 104}, never: true}.panel(rng)
	office, place, own := make([]int32, 90), make([]int32, 90), make([]int32, 90)
	weight := make([]float64, 90)
	for i := range office {
		office[i], place[i], own[i] = int32(rng.IntN(12)), int32(rng.IntN(7)), int32(i)
		weight[i] = 0.3 + 2*rng.Float64()
		if i%20 == 3 {
			weight[i] = 0
		}
	}
	period := withPeriods(base).RowClusters
	panels := map[string]*Panel{}
	for name, c := range map[string][][]int32{"none": nil, "office": {office}, "both": {office, place}, "unit": {own}, "unit and office": {own, office}} {
		for _, withPeriod := range []bool{false, true} {
			for _, weighted := range []bool{false, true} {
				p := *base
				p.Clusters = c
				if withPeriod {
					p.RowClusters = period
				}
				if weighted {
					p.Weights = [][]float64{weight}
				}
				panels[fmt.Sprint(name, withPeriod, weighted)] = &p
			}
		}
	}
	for name, p := range panels {
		for _, e := range []Estimator{Static, EventStudy, SunAbraham} {
			for _, o := range []RegressionOptions{{}, {Kind: IID}, {Kind: Hetero}, {Rule: SmallSample{EachG: true, FullT: true}}, {Rule: SmallSample{K: FullK, NoG: true}}, {Rule: SmallSample{PosDef: true}}} {
				o.Pointwise = true
				a, err := Regress(p, e, o)
				if err != nil {
					t.Fatal(err)
				}
				b, err := Regress(byRows(p), e, o)
				if err != nil {
					t.Fatal(err)
				}
				if a.Rows != b.Rows || a.Units != b.Units || a.DF != b.DF || len(a.Aggregates) != len(b.Aggregates) {
					t.Fatalf("%s: %d and %d rows, %v and %v degrees", name, a.Rows, b.Rows, a.DF, b.DF)
				}
				for i := range a.Aggregates {
					x, y := a.Aggregates[i].Estimate, b.Aggregates[i].Estimate
					if !(x.StdError > 1e-12) && !(y.StdError > 1e-12) && math.Abs(x.Estimate-y.Estimate) < 1e-9 {
						continue // a negative variance, or none: period effects leave nothing to clusters of periods alone
					}
					if d := math.Abs(x.Estimate-y.Estimate) + math.Abs(x.StdError-y.StdError) + math.Abs(x.ConfLow-y.ConfLow); !(d < 1e-8) {
						t.Errorf("%s %v %+v: %+v, by rows %+v", name, e, o, a.Aggregates[i], b.Aggregates[i])
					}
				}
				k := len(a.Events)
				for i := range k * k {
					if math.Abs(a.EventCov[i]-b.EventCov[i]) > 1e-9 {
						t.Fatalf("%s %v: covariance %g, by rows %g", name, e, a.EventCov[i], b.EventCov[i])
					}
				}
			}
		}
	}
}

// Rows permuted, a cluster for each unit, workers, always-treated and never used units: the regressions, imputation, two stages
// and the decomposition stay what they are.
func TestRegressInvariances(t *testing.T) {
	rng := rand.New(rand.NewPCG(37, 1))
	p := small{n: 120, T: 6, cohorts: []int64{99, 102, 104}, never: true, weighted: true}.panel(rng)
	own := *p
	own.Clusters = [][]int32{seq32(120)}
	var without []int
	for i, g := range p.Start {
		if g > p.Times[0] {
			without = append(without, i)
		}
	}
	fits := map[string]func(p *Panel, workers int) []Aggregate{}
	for name, e := range map[string]Estimator{"twfe": Static, "event-study": EventStudy, "sunab": SunAbraham, "etwfe": Extended} {
		fits[name] = func(p *Panel, workers int) []Aggregate {
			r, err := Regress(p, e, RegressionOptions{Workers: workers, Draws: 200})
			if err != nil {
				t.Fatal(err)
			}
			return r.Aggregates
		}
	}
	for _, two := range []bool{false, true} {
		fits[fmt.Sprint("imputation ", two)] = func(p *Panel, _ int) []Aggregate {
			r, err := Imputation(p, ImputationOptions{TwoStage: two, Leads: -1, Draws: 200})
			if err != nil {
				t.Fatal(err)
			}
			return r.Aggregates
		}
	}
	near := func(name string, a, b []Aggregate, tol float64) {
		t.Helper()
		if len(a) != len(b) {
			t.Fatalf("%s: %d and %d averages", name, len(a), len(b))
		}
		for i := range a {
			x, y := a[i], b[i]
			if x.Key != y.Key || math.Abs(x.Estimate.Estimate-y.Estimate.Estimate) > tol || math.Abs(x.StdError-y.StdError) > tol || math.Abs(x.BandLow-y.BandLow) > tol {
				t.Errorf("%s: %+v and %+v", name, x, y)
			}
		}
	}
	for name, fit := range fits {
		a := fit(p, 1)
		near(name+", two workers", a, fit(p, 2), 0)
		near(name+", permuted", a, fit(permuted(p, rng.Perm(120)), 1), 1e-9)
		near(name+", a cluster for each", a, fit(&own, 1), 1e-9)
		if name != "twfe" && name != "event-study" { // these keep them, as fixest does
			near(name+", always treated dropped", a, fit(permuted(p, without), 1), 1e-9)
		}
	}
	a, err := Bacon(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Bacon(permuted(p, rng.Perm(120)), 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if math.Abs(a[i].Estimate-b[i].Estimate) > 1e-10 || math.Abs(a[i].Weight-b[i].Weight) > 1e-12 {
			t.Errorf("%+v and %+v", a[i], b[i])
		}
	}
}

// Statistics of many units do not depend on the workers, to the last bit.
func TestStatisticsWorkers(t *testing.T) {
	rng := rand.New(rand.NewPCG(38, 1))
	p := small{n: 40_000, T: 3, cohorts: []int64{101, 102}, never: true, weighted: true}.panel(rng)
	same(t, estimated(t, p, Options{Workers: 1, Draws: 100}), estimated(t, p, Options{Workers: 2, Draws: 100}), 0)
}

// A covariate that the unit effects take up is left out whatever its digits and the weights: what rounding leaves of it must not
// become a column.
func TestFixedCovariateIsTakenUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(40, 1))
	for _, weighted := range []bool{false, true} {
		p := small{n: 200, T: 7, cohorts: []int64{102, 104}, never: true, weighted: weighted, clusters: 15}.panel(rng)
		want, err := Regress(p, Static, RegressionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, scale := range []float64{1, 1e-9, 1e9} {
			x := make([]float64, 200)
			for i := range x {
				x[i] = scale * (1 + rng.Float64()/3)
			}
			q := *p
			q.Covariates = [][][]float64{{x}}
			got, err := Regress(&q, Static, RegressionOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Terms[0].Reason == "" || math.Abs(got.Terms[1].Estimate.Estimate-want.Terms[0].Estimate.Estimate) > 1e-10 || math.Abs(got.Terms[1].StdError-want.Terms[0].StdError) > 1e-10 {
				t.Errorf("weighted %v, scale %g: %+v, without it %+v", weighted, scale, got.Terms, want.Terms)
			}
		}
	}
}

// What is too much for one regression by rows is refused before it starts, with what to do instead; what is not observed is
// counted.
func TestRegressRefusesAndCounts(t *testing.T) {
	p := &Panel{Start: make([]int64, 3000), Covariates: [][][]float64{{make([]float64, 3000)}}}
	for q := range 60 {
		p.Times = append(p.Times, int64(q))
		p.Outcome = append(p.Outcome, make([]float64, 3000))
	}
	for i := range p.Start {
		if p.Start[i] = Never; i%2 == 0 {
			p.Start[i] = int64(2 + i%58)
		}
	}
	_, err := Regress(p, SunAbraham, RegressionOptions{})
	if err == nil || !strings.Contains(err.Error(), "too many for one regression") {
		t.Errorf("%v", err)
	}
	rng := rand.New(rand.NewPCG(39, 1))
	gaps := small{n: 50, T: 5, cohorts: []int64{102}, never: true}.panel(rng)
	gaps.Outcome[2][7] = math.NaN()
	for _, c := range gaps.Outcome {
		c[9] = math.NaN()
	}
	r, err := Regress(gaps, Static, RegressionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Units != 49 || r.Rows != 244 || !slices.ContainsFunc(r.Warnings, func(w fault.Warning) bool { return w.Code == "incomplete" && strings.HasPrefix(w.Message, "6 of 250") }) {
		t.Errorf("%d units, %d rows, %v", r.Units, r.Rows, r.Warnings)
	}
}
