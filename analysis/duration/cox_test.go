package duration

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
)

// fitted is the tolerance of the issue for figures that an optimiser found: R stops at a relative change of 1e-9.
const fitted = 1e-6

// lungCox is lung where ph.ecog, inst and age are known, with the named covariates.
func lungCox(t testing.TB, names ...string) (Input, Covariates, map[string][]string) {
	in, columns := lung(t)
	var rows []int
	for i := range in.Time {
		if columns["ph.ecog"][i] != "NA" && columns["inst"][i] != "NA" && columns["age"][i] != "NA" {
			rows = append(rows, i)
		}
	}
	kept := map[string][]string{}
	for name, c := range columns {
		for _, i := range rows {
			kept[name] = append(kept[name], c[i])
		}
	}
	var x Covariates
	for _, name := range names {
		x.Names = append(x.Names, name)
		x.Columns = append(x.Columns, floats(t, kept, name))
	}
	return take(in, rows), x, kept
}

func checkCox(t *testing.T, want oracle.Node, f *CoxFit, x Covariates) {
	t.Helper()
	want.At("n").Equal(fmt.Sprint(f.Rows))
	want.At("nevent").Equal(fmt.Sprint(f.Events))
	for j, c := range f.Coefficients {
		want.At("coef").List()[j].Near(c.Estimate.Estimate, fitted)
		want.At("se").List()[j].Near(c.StdError, fitted)
		se := c.StdError
		if want.Has("robust_se") {
			want.At("robust_se").List()[j].Near(c.RobustStdError, fitted)
			se = c.RobustStdError
		}
		want.At("z").List()[j].Near(c.Estimate.Estimate/se, fitted)
		want.At("p").List()[j].Near(c.PValue, 1e-5) // the tail magnifies z
	}
	v := f.Covariance
	if f.RobustCov != nil {
		v = f.RobustCov
	}
	for i, row := range want.At("vcov").List() {
		row.NearAll(v[i], 1e-5) // off-diagonals near 0
	}
	ll := want.At("loglik_null_model").List()
	ll[0].Near(f.NullLogLikelihood, closedForm)
	ll[1].Near(f.LogLikelihood, closedForm)
	lrt := want.At("lrt").List()
	lrt[0].Near(f.LikelihoodRatio.Statistic, fitted)
	lrt[1].Near(float64(f.LikelihoodRatio.DF), 0)
	lrt[2].Near(f.LikelihoodRatio.PValue, 1e-5)
	want.At("score_test").List()[0].Near(f.Score.Statistic, fitted)
	want.At("wald").List()[0].NearAbs(f.Wald.Statistic, .005+1e-9) // printed with two decimals
	if !f.Converged || len(f.Warnings) > 0 {
		t.Errorf("converged %v, warnings %v", f.Converged, f.Warnings)
	}
	for _, scale := range []TimeScale{KaplanMeierScale, IdentityScale, LogScale, RankScale} {
		name := "zph_" + scale.String()
		if !want.Has(name) {
			continue
		}
		tests, err := f.Proportionality(x, scale)
		if err != nil {
			t.Fatal(err)
		}
		for k, test := range tests {
			want.At(name, "row").List()[k].Equal(test.Term)
			want.At(name, "chisq").List()[k].Near(test.Statistic, fitted)
			want.At(name, "df").List()[k].Near(float64(test.DF), 0)
			want.At(name, "p").List()[k].Near(test.PValue, 1e-5)
		}
	}
	if want.Has("residuals_check") {
		d := f.data
		sums := map[string]float64{}
		v, _ := inverse(f.info, d.p)
		d.residuals(f.beta, d.hazards(f.beta, f.Ties), func(a int, u []float64, expected float64) {
			events := 0.
			if d.event[a] {
				events = 1
			}
			sums["martingale_sumsq"] += (events - expected) * (events - expected)
			for j := range u {
				s := d.scale[j]
				sums["score_sumsq"] += u[j] * s * u[j] * s
				b := 0.
				for k := range u {
					b += v[j*d.p+k] * u[k]
				}
				sums["dfbeta_sumsq"] += b / s * b / s
			}
		})
		if d.weight == nil { // R's dfbeta has the weight in it
			for name, s := range sums {
				want.At("residuals_check", name).Near(s, fitted)
			}
		}
	}
}

func TestCoxAgainstCoxph(t *testing.T) {
	reference := oracle.JSON(t, "survival_core/result.json").At("cox")
	fit := func(in Input, x Covariates, opt CoxOptions) *CoxFit {
		t.Helper()
		f, err := Cox(in, x, opt)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for ties, name := range map[Ties]string{Efron: "efron", Breslow: "breslow"} {
		in, x, columns := lungCox(t, "age", "sex", "ph.ecog")
		f := fit(in, x, CoxOptions{Ties: ties})
		checkCox(t, reference.At(name), f, x)
		base := reference.At(name)
		h, times := f.baseline(0)
		base.At("basehaz_uncentered", "time").NearAll(times, closedForm)
		base.At("basehaz_uncentered", "hazard").NearAll(h, fitted)
		base.At("means").NearAll(f.Means, closedForm)

		checkCox(t, reference.At(name+"_robust"), fit(in, x, CoxOptions{Ties: ties, Robust: true}), x)
		clustered := in
		clustered.Cluster, _ = factor(columns["inst"], "inst")
		clustered.Clusters = int(slices.Max(clustered.Cluster)) + 1
		checkCox(t, reference.At(name+"_cluster_inst"), fit(clustered, x, CoxOptions{Ties: ties}), x)

		in, x, columns = lungCox(t, "age", "ph.ecog")
		stratum, _ := factor(columns["sex"], "sex")
		f = fit(in, x, CoxOptions{Ties: ties, Stratum: stratum, Strata: 2})
		checkCox(t, reference.At(name+"_strata_sex"), f, x)
		one, timesOne := f.baseline(0)
		two, timesTwo := f.baseline(1)
		base = reference.At(name + "_strata_sex")
		base.At("basehaz_uncentered", "time").NearAll(append(timesOne, timesTwo...), closedForm)
		base.At("basehaz_uncentered", "hazard").NearAll(append(one, two...), fitted)

		in, x, columns = lungCox(t)
		ecog, levels := factor(columns["ph.ecog"], "ph.ecog")
		for k := 1; k < len(levels); k++ {
			c := make([]float64, len(ecog))
			for i, e := range ecog {
				if int(e) == k {
					c[i] = 1
				}
			}
			x.Names, x.Columns, x.Terms = append(x.Names, levels[k]), append(x.Columns, c), append(x.Terms, "factor(ph.ecog)")
		}
		x.Names, x.Columns, x.Terms = append(x.Names, "age"), append(x.Columns, floats(t, columns, "age")), append(x.Terms, "age")
		checkCox(t, reference.At(name+"_factor_ecog"), fit(in, x, CoxOptions{Ties: ties}), x)
	}
	in, x, _ := lungCox(t, "age", "sex")
	in.Weight = make([]float64, len(in.Time))
	for i := range in.Weight {
		in.Weight[i] = .5 + float64((i+1)%5)/4
	}
	checkCox(t, reference.At("efron_weighted_robust"), fit(in, x, CoxOptions{}), x)

	c := oracle.CSV(t, "survival_core/heart_countingprocess.csv")
	in = Input{Start: floats(t, c, "start"), Time: floats(t, c, "stop"), Event: events(floats(t, c, "event"), 0)}
	x = Covariates{Names: []string{"age", "surgery", "transplant1"}, Columns: [][]float64{floats(t, c, "age"), floats(t, c, "surgery"), floats(t, c, "transplant")}}
	x.Terms = []string{"age", "surgery", "transplant"}
	f := fit(in, x, CoxOptions{})
	checkCox(t, reference.At("heart_tv_efron"), f, x)
	in.Cluster, _ = factor(c["id"], "id")
	in.Clusters = int(slices.Max(in.Cluster)) + 1
	checkCox(t, reference.At("heart_tv_efron_cluster_id"), fit(in, x, CoxOptions{}), x)
	x.Terms = nil
	x.Names, x.Columns = []string{"age", "year", "surgery", "tx"}, [][]float64{x.Columns[0], floats(t, c, "year"), x.Columns[1], x.Columns[2]}
	f = fit(in, x, CoxOptions{})
	for j, want := range []float64{.02716664096, -.14634634567, -.63720988997, -.01025077241} {
		oracle.Known(t, "methods/durations.md §4 heart", f.Coefficients[j].Estimate.Estimate, want, fitted)
	}
	oracle.Known(t, "methods/durations.md §4 heart log-likelihood", f.LogLikelihood, -290.5656162185, closedForm)

	all, columns := mgus2(t)
	x = Covariates{Names: []string{"age", "sexM"}, Columns: [][]float64{floats(t, columns, "age"), male(columns["sex"])}}
	checkCox(t, oracle.JSON(t, "survival_core/result.json").At("cause_specific_cox_pcm"), fit(all, x, CoxOptions{State: 1}), x)
}

func male(sex []string) []float64 {
	out := make([]float64, len(sex))
	for i, s := range sex {
		if s == "M" {
			out[i] = 1
		}
	}
	return out
}

// Likelihood, score and information at several β against the definition and its differences, and the linear-time score
// residuals against the derivative of the score to the weight of a row.
func TestCoxAgainstDefinition(t *testing.T) {
	for _, tr := range []int{0, withStarts, withWeights | withFractions | withZeroWeights, withStarts | withWeights | withFractions} {
		problems(t, 2500, tr, func(t *testing.T, r *rand.Rand, in Input) {
			n := len(in.Time)
			x := randomCovariates(r, n, 1+r.IntN(3))
			stratum := make([]int32, n)
			strata := 1 + r.IntN(2)
			for i := range stratum {
				stratum[i] = int32(r.IntN(strata))
			}
			ties := Ties(r.IntN(2))
			facts, err := in.check(1)
			if err != nil {
				t.Fatal(err)
			}
			g, err := newGrid(&in, facts, 1)
			if err != nil {
				t.Fatal(err)
			}
			d := newCoxData(&in, g, x, 0, stratum, strata)
			if d.n == 0 {
				return
			}
			beta := make([]float64, d.p)
			standard := make([][]float64, d.p)
			for j := range beta {
				beta[j] = r.NormFloat64()
				standard[j] = make([]float64, n)
				for i := range n {
					standard[j][i] = (x.Columns[j][i] - d.mean[j]) / d.scale[j]
				}
			}
			e := d.evaluate(beta, ties)
			equal(t, "likelihood", []float64{e.value}, []float64{naiveCox(in, standard, stratum, ties, beta)}, 1e-11)
			const step = 1e-5
			at := func(j int, h float64) []float64 {
				b := slices.Clone(beta)
				b[j] += h
				return b
			}
			for j := range beta {
				up, down := d.evaluate(at(j, step), ties), d.evaluate(at(j, -step), ties)
				scale := math.Max(1, math.Abs(e.score[j]))
				equal(t, "score", []float64{e.score[j] / scale}, []float64{(up.value - down.value) / (2 * step) / scale}, 1e-6) // differences of 1e-5
				for k := range beta {
					equal(t, "information", []float64{e.info[j*d.p+k]}, []float64{-(up.score[k] - down.score[k]) / (2 * step)}, 1e-5)
				}
			}
			checkScoreResiduals(t, in, d, standard, stratum, ties, beta)
		})
	}
}

// checkScoreResiduals compares with residuals made row by row from the definition, and their sum with the score.
func checkScoreResiduals(t *testing.T, in Input, d *coxData, x [][]float64, stratum []int32, ties Ties, beta []float64) {
	t.Helper()
	p := d.p
	sum := make([]float64, p)
	d.residuals(beta, d.hazards(beta, ties), func(a int, u []float64, _ float64) {
		i := int(d.row[a])
		want := naiveScoreResidual(in, x, stratum, ties, beta, i)
		for j := range u {
			sum[j] += d.w(a) * u[j]
			equal(t, "score residual", []float64{u[j]}, []float64{want[j]}, 1e-9)
		}
	})
	equal(t, "sum of the residuals", sum, d.evaluate(beta, ties).score, 1e-9)
}

// A two-sample problem by hand: deaths of A at 1 and of B at 2, C censored at 3, x = 1, 0, 1. With e = exp(β) the
// likelihood is e/(2e+1) · 1/(1+e), with its maximum at e = 1/√2.
func TestCoxByHand(t *testing.T) {
	in := Input{Time: []float64{1, 2, 3}, Event: []int32{1, 1, 0}}
	f, err := Cox(in, Covariates{Names: []string{"x"}, Columns: [][]float64{{1, 0, 1}}}, CoxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := f.Coefficients[0].Estimate.Estimate
	if !near(b, -math.Ln2/2, 1e-9) {
		t.Errorf("β = %v, want −½ log 2", b)
	}
	e := 1 / math.Sqrt2
	info := 2*e/((2*e+1)*(2*e+1)) + e/((1+e)*(1+e))
	if !near(f.Coefficients[0].StdError, 1/math.Sqrt(info), 1e-9) {
		t.Errorf("se %v, want %v", f.Coefficients[0].StdError, 1/math.Sqrt(info))
	}
}

func TestCoxInvariances(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for k := range 60 {
		n := 60
		in := Input{Time: make([]float64, n), Start: make([]float64, n), Event: make([]int32, n), Weight: make([]float64, n), Cluster: make([]int32, n), Clusters: 20}
		for i := range n {
			in.Start[i] = float64(r.IntN(4))
			in.Time[i] = in.Start[i] + 1 + float64(r.IntN(10))
			in.Event[i] = int32(r.IntN(2))
			in.Weight[i] = float64(1 + r.IntN(3))
			in.Cluster[i] = int32(r.IntN(20))
		}
		x := randomCovariates(r, n, 3)
		opt := CoxOptions{Ties: Ties(k % 2)}
		a, err := Cox(in, x, opt)
		if err != nil {
			t.Fatal(err)
		}
		compare := func(what string, in Input, x Covariates, factor float64) {
			t.Helper()
			b, err := Cox(in, x, opt)
			if err != nil {
				t.Fatal(err)
			}
			for j := range a.Coefficients {
				p, q := a.Coefficients[j], b.Coefficients[j]
				equal(t, what, []float64{q.Estimate.Estimate * factor, q.StdError * factor, q.RobustStdError * factor}, []float64{p.Estimate.Estimate, p.StdError, p.RobustStdError}, 1e-8)
			}
		}
		order := r.Perm(n)
		permuted := Covariates{Names: x.Names}
		scaled := Covariates{Names: x.Names}
		for _, c := range x.Columns {
			p, s := make([]float64, n), make([]float64, n)
			for i, o := range order {
				p[i] = c[o]
			}
			for i := range c {
				s[i] = 1e4 + 1000*c[i]
			}
			permuted.Columns, scaled.Columns = append(permuted.Columns, p), append(scaled.Columns, s)
		}
		compare("order of rows", take(in, order), permuted, 1)
		compare("scale of the covariates", in, scaled, 1000)
		if opt.Ties == Breslow { // copies are that many deaths; Efron's likelihood takes them as tied
			copied := Covariates{Names: x.Names}
			for _, c := range x.Columns {
				var y []float64
				for i, w := range in.Weight {
					for range int(w) {
						y = append(y, c[i])
					}
				}
				copied.Columns = append(copied.Columns, y)
			}
			compare("copies", copies(in), copied, 1)
		}
	}
}

// Strata of two rows, thousands of them and far apart in time: rows are sorted then, not counted, and the likelihood is
// that of a conditional logit, Σ over pairs of −log(1 + exp(−β(x_first − x_other))), with its maximum where the sum of
// (x_first − x_other)/(1 + exp(β(x_first − x_other))) is 0.
func TestCoxManyStrata(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	const pairs = 3000
	in := Input{}
	x := Covariates{Names: []string{"x"}, Columns: make([][]float64, 1)}
	var stratum []int32
	for k := range pairs {
		for i := range 2 {
			in.Time, in.Event = append(in.Time, float64(1+r.IntN(4000)+4000*i)), append(in.Event, int32(1-i))
			stratum = append(stratum, int32(k))
		}
		d := r.NormFloat64()
		if r.Float64() > 1/(1+math.Exp(-.7*d)) {
			d = -d
		}
		x.Columns[0] = append(x.Columns[0], d, 0)
	}
	f, err := Cox(in, x, CoxOptions{Stratum: stratum, Strata: pairs})
	if err != nil {
		t.Fatal(err)
	}
	b, slope, ll := f.Coefficients[0].Estimate.Estimate, 0., 0.
	for i := 0; i < 2*pairs; i += 2 {
		d := x.Columns[0][i]
		slope += d / (1 + math.Exp(b*d))
		ll -= math.Log1p(math.Exp(-b * d))
	}
	if math.Abs(slope) > 1e-7*pairs || !near(f.LogLikelihood, ll, 1e-10) || math.Abs(b-.7) > .2 {
		t.Errorf("β %v, slope %v, log-likelihood %v (%v)", b, slope, f.LogLikelihood, ll)
	}
}

func TestCoxTrouble(t *testing.T) {
	in := Input{Time: []float64{1, 2, 3, 4, 5, 6}, Event: []int32{1, 1, 1, 1, 0, 1}}
	x := Covariates{Names: []string{"a", "double", "constant", "b"}, Columns: [][]float64{{1, 0, 2, 1, 0, 1}, {2, 0, 4, 2, 0, 2}, {7, 7, 7, 7, 7, 7}, {0, 1, 1, 0, 1, 0}}}
	f, err := Cox(in, x, CoxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Coefficients[1].Reason != "singular" || f.Coefficients[2].Reason != "singular" || f.Coefficients[0].Reason != "" || f.Coefficients[3].Reason != "" || len(f.Warnings) != 2 {
		t.Errorf("%v, %v", f.Coefficients, f.Warnings)
	}
	without, err := Cox(in, Covariates{Names: []string{"a", "b"}, Columns: [][]float64{x.Columns[0], x.Columns[3]}}, CoxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the rest", []float64{f.Coefficients[0].Estimate.Estimate, f.Coefficients[3].StdError}, []float64{without.Coefficients[0].Estimate.Estimate, without.Coefficients[1].StdError}, 1e-10)

	// Only those with the covariate end: the likelihood rises for ever.
	separated := Input{Time: []float64{1, 2, 3, 4, 5, 6}, Event: []int32{1, 1, 1, 0, 0, 0}}
	f, err = Cox(separated, Covariates{Names: []string{"s"}, Columns: [][]float64{{1, 1, 1, 0, 0, 0}}}, CoxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Coefficients[0].Reason != "not_converged" || len(f.Warnings) != 1 || f.Warnings[0].Code != "infinite" {
		t.Errorf("%v, %v, %+v", f.Coefficients, f.Warnings, f)
	}
	for code, c := range map[string]struct {
		in Input
		x  Covariates
	}{
		"no_covariates":     {in, Covariates{}},
		"missing_covariate": {in, Covariates{Names: []string{"a"}, Columns: [][]float64{{1, 2, math.NaN(), 1, 2, 3}}}},
		"bad_length":        {in, Covariates{Names: []string{"a"}, Columns: [][]float64{{1, 2}}}},
		"no_events":         {Input{Time: []float64{1, 2}, Event: []int32{0, 0}}, Covariates{Names: []string{"a"}, Columns: [][]float64{{1, 2}}}},
	} {
		if _, err := Cox(c.in, c.x, CoxOptions{}); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}
