package did

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// divorce is the reform panel of the Bacon oracle: start = first year with the law.
func divorce(t testing.TB) *Panel {
	d := readLong(t, "bacon_imputation/divorce.csv", "stfips", "year", "", "asmrs")
	post := d.column("post")
	start := map[int64]int64{}
	for i, id := range d.id {
		if post[i] == 1 {
			if g, ok := start[id]; !ok || d.time[i] < g {
				start[id] = d.time[i]
			}
		}
	}
	for _, id := range d.id {
		g, ok := start[id]
		if !ok {
			g = Never
		}
		d.start = append(d.start, g)
	}
	p, _ := panelOf(d, nil, nil)
	return p
}

func TestBaconReference(t *testing.T) {
	kinds := map[string]string{"Earlier vs Later Treated": "earlier-vs-later", "Later vs Always Treated": "later-vs-always",
		"Later vs Earlier Treated": "later-vs-earlier", "Treated vs Untreated": "treated-vs-never"}
	m := readLong(t, "bacon_imputation/math_reform.csv", "state", "class", "", "incearn_ln")
	for _, g := range m.column("reformyr_math") {
		m.start = append(m.start, int64(g))
	}
	reform := m.column("reform_math")
	last := map[int64]bool{}
	for i, id := range m.id {
		if reform[i] == 1 {
			last[id] = true
		}
	}
	for i, id := range m.id {
		if !last[id] {
			m.start[i] = Never
		}
	}
	math2, _ := panelOf(m, nil, nil)
	for name, p := range map[string]*Panel{"bacon_divorce": divorce(t), "bacon_math_reform": math2} {
		t.Run(name, func(t *testing.T) {
			ref := oracle.JSON(t, "bacon_imputation/result.json").At(name)
			got, err := Bacon(p, 0)
			if err != nil {
				t.Fatal(err)
			}
			treated, untreated := ref.At("treated").List(), ref.At("untreated").List()
			estimates, weights, types := ref.At("estimate").List(), ref.At("weight").List(), ref.At("type").Texts()
			if len(got) != len(treated) {
				t.Fatalf("%d comparisons, reference %d", len(got), len(treated))
			}
			sum := 0.
			for i := range treated {
				found := false
				for _, c := range got {
					other := float64(c.Comparison)
					if c.Comparison == Never {
						other = math.Inf(1)
					}
					if float64(c.Treated) == treated[i].Float() && other == untreated[i].Float() && kinds[types[i]] == c.Type {
						found = true
						estimates[i].Near(c.Estimate, 1e-9) // each is a regression in bacondecomp
						weights[i].Near(c.Weight, 1e-9)
						sum += c.Weight * c.Estimate
					}
				}
				if !found {
					t.Errorf("no %s %g/%g", types[i], treated[i].Float(), untreated[i].Float())
				}
			}
			ref.At("weighted_sum").Near(sum, 1e-9)
		})
	}
}

// The weighted comparisons are the static coefficient, whatever the panel.
func TestBaconSumsToStatic(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 1))
	for _, s := range []small{
		{n: 80, T: 6, cohorts: []int64{99, 100, 102, 104}, never: true}, {n: 50, T: 5, cohorts: []int64{101, 103}},
		{n: 60, T: 8, cohorts: []int64{102, 103, 106}, never: true, binary: true}, {n: 40, T: 4, cohorts: []int64{100, 102}},
	} {
		p := s.panel(rng)
		comparisons, err := Bacon(p, 0)
		if err != nil {
			t.Fatal(err)
		}
		sum, weight := 0., 0.
		for _, c := range comparisons {
			sum += c.Weight * c.Estimate
			weight += c.Weight
		}
		r, err := Regress(p, Static, RegressionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(sum-r.Terms[0].Estimate.Estimate) > 1e-10 || math.Abs(weight-1) > 1e-12 {
			t.Errorf("%g, regression %g, weights %g", sum, r.Terms[0].Estimate.Estimate, weight)
		}
	}
}

// didimputation fits its first stage with fixest, which iterates to 1e-6 of the fixed effects.
const tolImputation = 1e-5

func checkImputation(t *testing.T, ref oracle.Node, r *Regressed) {
	t.Helper()
	terms, value, se := ref.At("term").Texts(), ref.At("estimate").List(), ref.At("std.error").List()
	for i, term := range terms {
		found := false
		for _, a := range r.Aggregates {
			key, err := strconv.ParseInt(term, 10, 64)
			if term == "treat" && a.Type == Simple || err == nil && a.Type == Dynamic && a.Key == key {
				found = true
				value[i].NearAbs(a.Estimate.Estimate, tolImputation*max(math.Abs(value[i].Float()), se[i].Float()))
				se[i].Near(a.StdError, tolImputation)
			}
		}
		if !found {
			t.Errorf("no %s", term)
		}
	}
}

func TestImputationReference(t *testing.T) {
	ref := oracle.JSON(t, "bacon_imputation/result.json")
	run := func(p *Panel, leads int) *Regressed {
		r, err := Imputation(p, ImputationOptions{Leads: leads})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	d := divorce(t)
	checkImputation(t, ref.At("did_imputation_divorce", "static"), run(d, 0))
	checkImputation(t, ref.At("did_imputation_divorce", "horizon_0_10"), run(d, 0))
	checkImputation(t, ref.At("did_imputation_divorce", "event_pre3"), run(d, 3))
	m := mpdta(t)
	p, _ := panelOf(m, nil, nil)
	checkImputation(t, ref.At("did_imputation_mpdta", "static"), run(p, 0))
	checkImputation(t, ref.At("did_imputation_mpdta", "horizon"), run(p, 0))
	checkImputation(t, ref.At("did_imputation_mpdta", "horizon_pre"), run(p, -1))
	var state []int64
	for _, s := range m.column("state") {
		state = append(state, int64(s))
	}
	p, _ = panelOf(m, nil, nil, state)
	checkImputation(t, ref.At("did_imputation_mpdta", "cluster_state"), run(p, 0))

	h := readLong(t, "bacon_imputation/df_het_fifth.csv", "unit", "year", "g", "dep_var")
	p, _ = panelOf(h, nil, nil)
	checkImputation(t, ref.At("did_imputation_df_het", "static"), run(p, 0))
	checkImputation(t, ref.At("did_imputation_df_het", "horizon"), run(p, 0))
	state = nil
	for _, s := range h.column("state") {
		state = append(state, int64(s))
	}
	byState, _ := panelOf(h, nil, nil, state)
	checkImputation(t, ref.At("did_imputation_df_het", "cluster_state"), run(byState, 0))

	// the group-time effects of the same data
	e := ref.At("did_df_het")
	r, err := GroupTime(p, LikeDid())
	if err != nil {
		t.Fatal(err)
	}
	att, se := e.At("att").List(), e.At("se").List()
	for i, c := range r.Cells {
		att[i].NearAbs(c.Estimate.Estimate, 1e-12)
		se[i].Near(c.StdError, 1e-10)
	}
	for i, k := range e.At("dyn_e").Floats() {
		for _, a := range r.Aggregates {
			if a.Type == Dynamic && !a.Overall && float64(a.Key) == k {
				e.At("dyn_att").List()[i].NearAbs(a.Estimate.Estimate, 1e-12)
				e.At("dyn_se").List()[i].Near(a.StdError, 1e-10)
			} else if a.Type == Dynamic && a.Overall {
				e.At("overall").Near(a.Estimate.Estimate, 1e-10)
				e.At("overall_se").Near(a.StdError, 1e-10)
			}
		}
	}
}

// Imputation is the extended regression, in balanced panels (Wooldridge 2021), and a brute-force fit of its first stage.
func TestImputationIsExtended(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 1))
	for range 5 {
		p := small{n: 60, T: 6, cohorts: []int64{102, 103, 105}, never: true}.panel(rng)
		a, err := Imputation(p, ImputationOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Regress(p, Extended, RegressionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range a.Aggregates {
			for _, y := range b.Aggregates {
				if x.Type == y.Type && x.Key == y.Key && math.Abs(x.Estimate.Estimate-y.Estimate.Estimate) > 1e-10 {
					t.Errorf("%s", fmt.Sprint(x, y))
				}
			}
		}
	}
}
