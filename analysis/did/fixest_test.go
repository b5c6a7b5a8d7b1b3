package did

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// codes numbers texts from 0 in order of first appearance.
func codes(texts []string) []int32 {
	seen := map[string]int32{}
	out := make([]int32, len(texts))
	for i, s := range texts {
		c, ok := seen[s]
		if !ok {
			c = int32(len(seen))
			seen[s] = c
		}
		out[i] = c
	}
	return out
}

// indicator is 1 where both tables of texts have the given values.
func indicator(c []float64, value float64) []float64 {
	out := make([]float64, len(c))
	for i, v := range c {
		if v == value {
			out[i] = 1
		}
	}
	return out
}

func times(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] * b[i]
	}
	return out
}

// checkRegression compares a fit with an entry of fixest_twfe. Each kind of error names its clusters. Two-way covariances that
// have a negative eigenvalue are made positive definite, as fixest makes them.
func checkRegression(t *testing.T, ref oracle.Node, in *FixedEffects, kinds map[string][][]int32, tol float64) *Regression {
	t.Helper()
	r, err := in.Fit()
	if err != nil {
		t.Fatal(err)
	}
	ref.At("nobs").Equal(r.N)
	ref.At("coef").NearAll(r.Coef, tol)
	ref.At("ssr").Near(r.SSR, tol)
	ref.At("r2").Near(r.R2, tol)
	ref.At("within_r2").Near(r.Within, 100*tol) // 1 − ratio near 1
	for name, clusters := range kinds {
		se := ref.At("se", name)
		kind := Clustered
		switch name {
		case "iid":
			kind = IID
		case "hetero":
			kind = Hetero
		default:
			in.Cluster = clusters
		}
		v, _ := r.Covariance(kind, SmallSample{PosDef: len(clusters) > 1})
		m := len(r.keep)
		for a, n := range se.List() {
			n.Near(math.Sqrt(v[a*m+a]), tol)
		}
	}
	return r
}

func TestFixestBaseStagg(t *testing.T) {
	c := oracle.CSV(t, "fixest_twfe/base_stagg.csv")
	f := func(name string) []float64 { return oracle.Floats(t, c[name]) }
	id, year := codes(c["id"]), codes(c["year"])
	yearOf, start := f("year"), f("year_treated")
	kinds := map[string][][]int32{"iid": nil, "hetero": nil, "cluster_id": {id}, "twoway_id_year": {id, year}}
	ref := oracle.JSON(t, "fixest_twfe/result.json")
	post := make([]float64, len(id))
	for i := range post {
		if yearOf[i] >= start[i] {
			post[i] = 1
		}
	}
	base := FixedEffects{Y: f("y"), Fixed: [][]int32{id, year}}
	static := base
	static.X, static.Terms = [][]float64{f("x1"), post}, []string{"x1", "treated_post"}
	checkRegression(t, ref.At("stagg_twfe_static"), &static, kinds, 1e-9)

	event := base
	event.X, event.Terms = [][]float64{f("x1")}, []string{"x1"}
	for e := -9.; e <= 8; e++ {
		if e != -1 {
			event.X = append(event.X, indicator(f("time_to_treatment"), e))
			event.Terms = append(event.Terms, fmt.Sprintf("time_to_treatment::%g", e))
		}
	}
	for i, n := range ref.At("stagg_es", "term").List() {
		n.Equal(event.Terms[i])
	}
	checkRegression(t, ref.At("stagg_es"), &event, kinds, 1e-9)
}

func TestFixestBaseDid(t *testing.T) {
	c := oracle.CSV(t, "fixest_twfe/base_did.csv")
	f := func(name string) []float64 { return oracle.Floats(t, c[name]) }
	id, period := codes(c["id"]), codes(c["period"])
	ref := oracle.JSON(t, "fixest_twfe/result.json")
	kinds := map[string][][]int32{"iid": nil, "hetero": nil, "cluster_id": {id}, "twoway": {id, period}}
	base := FixedEffects{Y: f("y"), Fixed: [][]int32{id, period}}
	two := base
	two.X, two.Terms = [][]float64{f("x1"), times(f("treat"), f("post"))}, []string{"x1", "treat:post"}
	checkRegression(t, ref.At("did_2x2"), &two, kinds, 1e-9)
	event := base
	event.X, event.Terms = [][]float64{f("x1")}, []string{"x1"}
	for p := 1.; p <= 10; p++ {
		if p != 5 {
			event.X = append(event.X, times(f("treat"), indicator(f("period"), p)))
			event.Terms = append(event.Terms, fmt.Sprintf("period::%g:treat", p))
		}
	}
	checkRegression(t, ref.At("did_es"), &event, kinds, 1e-9)
}

func TestFixestMpdta(t *testing.T) {
	c := oracle.CSV(t, "fixest_twfe/mpdta.csv")
	f := func(name string) []float64 { return oracle.Floats(t, c[name]) }
	county, year, state := codes(c["countyreal"]), codes(c["year"]), codes(c["state"])
	ref := oracle.JSON(t, "fixest_twfe/result.json")
	kinds := map[string][][]int32{"iid": nil, "hetero": nil, "cluster_county": {county}, "cluster_state": {state}, "twoway_county_year": {county, year}}
	start, when := f("first.treat"), f("year")
	d, rel, w := make([]float64, len(start)), make([]float64, len(start)), make([]float64, len(start))
	for i, g := range start {
		rel[i] = math.NaN()
		if g > 0 {
			rel[i] = when[i] - g
			if when[i] >= g {
				d[i] = 1
			}
		}
		w[i] = 0.5 + math.Mod(f("countyreal")[i], 7)/7
	}
	base := FixedEffects{Y: f("lemp"), Fixed: [][]int32{county, year}, X: [][]float64{d}, Terms: []string{"D"}}
	static := base
	r := checkRegression(t, ref.At("mpdta_twfe_static"), &static, kinds, 1e-9)
	weighted := base
	weighted.Weights = w
	checkRegression(t, ref.At("mpdta_twfe_weighted"), &weighted, kinds, 1e-9)
	event := base
	event.X, event.Terms = nil, nil
	for e := -4.; e <= 3; e++ {
		if e != -1 {
			event.X = append(event.X, indicator(rel, e))
			event.Terms = append(event.Terms, fmt.Sprintf("rel::%g", e))
		}
	}
	checkRegression(t, ref.At("mpdta_es"), &event, kinds, 1e-9)

	static.Cluster = [][]int32{county}
	variants := map[string]SmallSample{"default": {}, "noK": {NoK: true}, "noG": {NoG: true}, "none": {NoK: true, NoG: true}, "full": {K: FullK}, "no_fixef": {K: NoFixef}}
	for name, rule := range variants {
		v, _ := r.Covariance(Clustered, rule)
		ref.At("mpdta_ssc_variants_cluster_county", name).Near(math.Sqrt(v[0]), 1e-9)
	}
}

// Fixed effects of more than two dimensions, none of them a panel, and clusters in three dimensions.
func TestFixestTrade(t *testing.T) {
	c := oracle.CSV(t, "fixest_twfe/trade_sample6000.csv")
	f := func(name string) []float64 { return oracle.Floats(t, c[name]) }
	logs := func(v []float64) []float64 {
		out := slices.Clone(v)
		for i := range out {
			out[i] = math.Log(out[i])
		}
		return out
	}
	o, d, p := codes(c["Origin"]), codes(c["Destination"]), codes(c["Product"])
	kinds := map[string][][]int32{"iid": nil, "hetero": nil, "cl_origin": {o}, "twoway_origin_dest": {o, d}, "threeway": {o, d, p}}
	ref := oracle.JSON(t, "fixest_twfe/result.json")
	base := FixedEffects{Y: logs(f("Euros")), X: [][]float64{logs(f("dist_km"))}, Terms: []string{"log(dist_km)"}}
	two := base
	two.Fixed = [][]int32{o, d}
	// fixest iterates to a tolerance of 1e-6 in the fixed effects, we solve: coefficients differ by about 1e-10.
	checkRegression(t, ref.At("trade_2fe"), &two, kinds, 1e-8)
	three := base
	three.Fixed = [][]int32{o, d, p}
	for y := 2008.; y <= 2016; y++ {
		three.X = append(three.X, indicator(f("Year"), y))
		three.Terms = append(three.Terms, fmt.Sprintf("Year::%g", y))
	}
	checkRegression(t, ref.At("trade_3fe_cov"), &three, kinds, 1e-7)
}

// Without fixed effects the constant is one level for all.
func TestFixestOLS(t *testing.T) {
	c := oracle.CSV(t, "fixest_twfe/base_did.csv")
	f := func(name string) []float64 { return oracle.Floats(t, c[name]) }
	in := &FixedEffects{Y: f("y"), X: [][]float64{f("x1"), f("treat")}, Terms: []string{"x1", "treat"}, Fixed: [][]int32{make([]int32, len(c["y"]))}, Cluster: [][]int32{codes(c["id"])}}
	r, err := in.Fit()
	if err != nil {
		t.Fatal(err)
	}
	ref := oracle.JSON(t, "fixest_twfe/result.json").At("ols_nofe")
	ref.At("ssr").Near(r.SSR, 1e-10)
	ref.At("r2").Near(r.R2, 1e-10)
	for name, kind := range map[string]VarianceKind{"iid": IID, "hetero": Hetero, "cluster_id": Clustered} {
		rule := SmallSample{}
		if kind == Clustered {
			rule.K = FullK // the constant is a parameter, not a fixed effect nested in the clusters
		}
		for j, e := range r.Estimates(kind, rule, 0.95) {
			ref.At("coef").List()[j+1].Near(e.Estimate.Estimate, 1e-10)
			ref.At("se", name).List()[j+1].Near(e.StdError, 1e-10)
		}
	}
}
