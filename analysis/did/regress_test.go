package did

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// checkSunab compares averages with the entries stagg_sunab_{att,period,cohort} or those of mpdta.
func checkSunab(t *testing.T, ref oracle.Node, prefix, variance string, r *Regressed, tol float64) {
	t.Helper()
	for _, what := range []string{"att", "period", "cohort"} {
		e := ref.At(prefix+what, variance)
		terms, coef, se := e.At("term").Texts(), e.At("coef").List(), e.At("se").List()
		for i, term := range terms {
			var got *Aggregate
			if term == "x1" {
				coef[i].Near(r.Terms[0].Estimate.Estimate, tol)
				se[i].Near(r.Terms[0].StdError, tol)
				continue
			}
			for a := range r.Aggregates {
				x := &r.Aggregates[a]
				key, _ := strconv.ParseInt(term[strings.LastIndex(term, ":")+1:], 10, 64)
				if what == "att" && x.Type == Simple || what == "period" && x.Type == Dynamic && x.Key == key || what == "cohort" && x.Type == Group && x.Key == key {
					got = x
				}
			}
			if got == nil {
				t.Fatalf("no %s", term)
			}
			coef[i].Near(got.Estimate.Estimate, tol)
			se[i].Near(got.StdError, tol)
		}
	}
}

func TestSunAbrahamFixest(t *testing.T) {
	ref := oracle.JSON(t, "fixest_twfe/result.json")
	d := readLong(t, "fixest_twfe/base_stagg.csv", "id", "year", "year_treated", "y")
	p, _ := panelOf(d, [][]float64{d.column("x1")}, nil)
	for i, g := range p.Start {
		if g == 10000 {
			p.Start[i] = Never
		}
	}
	for name, o := range map[string]RegressionOptions{"iid": {Kind: IID}, "hetero": {Kind: Hetero}, "cluster_id": {}} {
		r, err := Regress(p, SunAbraham, o)
		if err != nil {
			t.Fatal(err)
		}
		checkSunab(t, ref, "stagg_sunab_", name, r, 1e-8) // fixest takes means out iteratively, to 1e-6 of their size
		raw := ref.At("stagg_sunab_disagg")
		coef := raw.At("raw_coef").List()
		for i, term := range raw.At("raw_term").Texts() {
			if term == "x1" {
				continue
			}
			name := strings.NewReplacer("year::", "event_time::", "cohort::", "group::").Replace(term)
			for _, x := range r.Terms {
				if x.Name == name {
					coef[i].Near(x.Estimate.Estimate, 1e-8)
				}
			}
		}
	}
	m := mpdta(t)
	var state []int64
	for _, s := range m.column("state") {
		state = append(state, int64(s))
	}
	plain, _ := panelOf(m, nil, nil)
	byState, _ := panelOf(m, nil, nil, state)
	for name, o := range map[string]RegressionOptions{"iid": {Kind: IID}, "hetero": {Kind: Hetero}, "cluster_county": {}, "cluster_state": {}} {
		q := plain
		if name == "cluster_state" {
			q = byState
		}
		r, err := Regress(q, SunAbraham, o)
		if err != nil {
			t.Fatal(err)
		}
		checkSunab(t, ref, "mpdta_sunab_", name, r, 1e-9)
	}
	// lpop × year as covariates (the last year is collinear with the unit effects)
	lpop, year := m.column("lpop"), make([]float64, len(m.time))
	for i, v := range m.time {
		year[i] = float64(v)
	}
	var x [][]float64
	for y := 2003.; y <= 2006; y++ {
		x = append(x, times(lpop, indicator(year, y)))
	}
	withX, _ := panelOf(m, x, nil)
	r, err := Regress(withX, SunAbraham, RegressionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e := ref.At("mpdta_sunab_att_lpopXyear")
	coef, se := e.At("coef").List(), e.At("se").List()
	coef[0].Near(r.Aggregates[0].Estimate.Estimate, 1e-8)
	se[0].Near(r.Aggregates[0].StdError, 1e-8)
	for k := range 4 {
		coef[k+1].Near(r.Terms[k].Estimate.Estimate, 1e-7)
		se[k+1].Near(r.Terms[k].StdError, 1e-7)
	}
}

// Static and event study from statistics against fixest on mpdta, and the extended regression (methods/did.md §5.1).
func TestRegressMpdta(t *testing.T) {
	ref := oracle.JSON(t, "fixest_twfe/result.json")
	p, _ := panelOf(mpdta(t), nil, nil)
	for name, o := range map[string]RegressionOptions{"iid": {Kind: IID}, "hetero": {Kind: Hetero}, "cluster_county": {}} {
		r, err := Regress(p, Static, o)
		if err != nil {
			t.Fatal(err)
		}
		ref.At("mpdta_twfe_static", "coef").Near(r.Terms[0].Estimate.Estimate, 1e-9)
		ref.At("mpdta_twfe_static", "se", name).Near(r.Terms[0].StdError, 1e-9)
		if r, err = Regress(p, EventStudy, o); err != nil {
			t.Fatal(err)
		}
		coef, se := ref.At("mpdta_es", "coef").List(), ref.At("mpdta_es", "se", name).List()
		for i, x := range r.Terms {
			coef[i].Near(x.Estimate.Estimate, 1e-9)
			se[i].Near(x.StdError, 1e-9)
		}
	}
	r, err := Regress(p, Extended, RegressionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	oracle.JSON(t, "bacon_imputation/result.json").At("did_imputation_mpdta", "static", "estimate").Near(r.Aggregates[0].Estimate.Estimate, 1e-6) // fixest iterates to 1e-6
	oracle.Known(t, "did.md §5.1 etwfe se", r.Aggregates[0].StdError, 0.013265, 3e-5)
}

// The extended regression with a covariate against R's etwfe (methods/did.md §5.1).
func TestExtendedCovariate(t *testing.T) {
	d := mpdta(t)
	p, _ := panelOf(d, [][]float64{d.column("lpop")}, nil)
	r, err := Regress(p, Extended, RegressionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	simple := r.Aggregates[0]
	oracle.Known(t, "did.md §5.1 etwfe simple", simple.Estimate.Estimate, -0.0506270331228907, 1e-8) // fixest iterates
	// etwfe has cohort effects and their slopes where we have unit effects, which are nested in the clusters: its K is 30, ours
	// 23, of 2,500 rows; the scores are the same.
	oracle.Known(t, "did.md §5.1 etwfe se, other K", simple.StdError, 0.0124972546529842*math.Sqrt(2470./2477), 1e-7) // fixest iterates
	like, err := Regress(p, Extended, RegressionOptions{LikeEtwfe: true})
	if err != nil {
		t.Fatal(err)
	}
	oracle.Known(t, "did.md §5.1 etwfe se", like.Aggregates[0].StdError, 0.0124972546529842, 1e-7)
	for _, a := range r.Aggregates {
		if a.Type == Dynamic { // four digits
			want := []float64{-.0332, -.0573, -.1379, -.1095}[a.Key]
			oracle.Known(t, "did.md §5.1 etwfe event", 1+a.Estimate.Estimate, 1+want, 6e-5)
		}
	}
}

// Statistics and rows give the same regressions.
func TestRegressPathsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	for _, s := range []small{{n: 60, T: 6, cohorts: []int64{99, 102, 104}, never: true}, {n: 60, T: 6, cohorts: []int64{102, 103, 105}}} {
		p := s.panel(rng)
		q := *p
		one := make([]float64, s.n)
		for i := range one {
			one[i] = 2 // a constant weight sends the regression over the rows
		}
		q.Weights = [][]float64{one}
		for _, e := range []Estimator{Static, EventStudy, SunAbraham, Extended} {
			for _, o := range []RegressionOptions{{}, {Kind: IID}, {Kind: Hetero}, {Rule: SmallSample{K: FullK}}, {Rule: SmallSample{NoK: true, NoG: true}}} {
				a, err := Regress(p, e, o)
				if err != nil {
					t.Fatal(err)
				}
				b, err := Regress(&q, e, o)
				if err != nil {
					t.Fatal(err)
				}
				if len(a.Aggregates) != len(b.Aggregates) || a.Rows != b.Rows {
					t.Fatalf("%d and %d averages, %d and %d rows", len(a.Aggregates), len(b.Aggregates), a.Rows, b.Rows)
				}
				for i := range a.Aggregates {
					x, y := a.Aggregates[i].Estimate, b.Aggregates[i].Estimate
					if d := math.Abs(x.Estimate-y.Estimate) + math.Abs(x.StdError-y.StdError) + math.Abs(x.ConfLow-y.ConfLow); !(d < 1e-9) {
						t.Errorf("%s", fmt.Sprint(e, o, a.Aggregates[i], b.Aggregates[i]))
					}
				}
			}
		}
	}
}
