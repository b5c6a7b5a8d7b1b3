package experiment

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/internal/fault"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
		t.Errorf("%s: %.12g, want %.12g", what, got, want)
	}
}

// By the definition with the full matrices: H = X(X'X)⁻¹X', A_g = (I − H_gg)^(−1/2) from its own eigenvectors, and the degrees of
// freedom from the eigenvalues of G'G. Clusters of 1 to 6 rows, covariates, and a cluster fixed effect that makes I − H_gg singular.
func TestCR2AgainstTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 20 {
		var cluster []int32
		for g := range 6 + round%4 {
			for range 1 + rng.IntN(6) {
				cluster = append(cluster, int32(g))
			}
		}
		n := len(cluster)
		columns := make([][]float64, 4)
		for j := range columns {
			columns[j] = make([]float64, n)
			for i := range columns[j] {
				switch {
				case j == 0:
					columns[j][i] = 1
				case j == 1:
					columns[j][i] = float64(cluster[i] % 2)
				case j == 3 && round%2 == 0:
					if cluster[i] == 2 {
						columns[j][i] = 1
					}
				default:
					columns[j][i] = rng.NormFloat64()
				}
			}
		}
		y := make([]float64, n)
		for i := range y {
			y[i] = rng.NormFloat64() + float64(cluster[i])
		}
		f, kept := newLinear(columns, cluster)
		got := f.coefficient(y, kept[1])

		x := mat.NewDense(n, 4, nil)
		for j, c := range columns {
			x.SetCol(j, c)
		}
		var xx, m, mx, h mat.Dense
		xx.Mul(x.T(), x)
		if err := m.Inverse(&xx); err != nil {
			t.Fatal(err)
		}
		mx.Mul(&m, x.T())
		h.Mul(x, &mx)
		var b, e mat.VecDense
		b.MulVec(&mx, mat.NewVecDense(n, y))
		e.MulVec(x, &b)
		e.SubVec(mat.NewVecDense(n, y), &e)
		groups := map[int32][]int{}
		for i, g := range cluster {
			groups[g] = append(groups[g], i)
		}
		variance := 0.
		gg := mat.NewDense(n, len(groups), nil)
		for g := range int32(len(groups)) {
			rows := groups[g]
			r := len(rows)
			s := mat.NewSymDense(r, nil)
			for p := range r {
				for q := range p + 1 {
					v := -h.At(rows[p], rows[q])
					if p == q {
						v++
					}
					s.SetSym(p, q, v)
				}
			}
			var eig mat.EigenSym
			eig.Factorize(s, true)
			var vec mat.Dense
			eig.VectorsTo(&vec)
			a := mat.NewDense(r, r, nil)
			for c, w := range eig.Values(nil) {
				if w < 1e-9 {
					continue
				}
				for p := range r {
					for q := range r {
						a.Set(p, q, a.At(p, q)+vec.At(p, c)*vec.At(q, c)/math.Sqrt(w))
					}
				}
			}
			sum := 0.
			for p := range r {
				v := 0. // (A_g X_g M c)_p
				for q := range r {
					v += a.At(p, q) * mx.At(1, rows[q])
				}
				sum += v * e.AtVec(rows[p])
				for i := range n {
					w := -h.At(i, rows[p])
					if i == rows[p] {
						w++
					}
					gg.Set(i, int(g), gg.At(i, int(g))+w*v)
				}
			}
			variance += sum * sum
		}
		var gram mat.Dense
		gram.Mul(gg.T(), gg)
		var square mat.Dense
		square.Mul(&gram, &gram)
		tr := mat.Trace(&gram)
		near(t, "coefficient", got.value, b.AtVec(1), 1e-9)
		near(t, "error", got.stdError, math.Sqrt(variance), 1e-8)
		near(t, "degrees", got.df, tr*tr/mat.Trace(&square), 1e-7)
	}
}

// The mean of unbalanced clusters: the formulas that clubSandwich (Pustejovsky) tests its CR2 and degrees of freedom against
// (tests/testthat/test_intercept_formulas.R).
func TestCR2OfAMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	var cluster []int32
	var size []float64
	for g := range 14 {
		k := 1 + rng.IntN(9)
		size = append(size, float64(k))
		for range k {
			cluster = append(cluster, int32(g))
		}
	}
	n := float64(len(cluster))
	one, y := make([]float64, len(cluster)), make([]float64, len(cluster))
	mean := 0.
	sums := make([]float64, 14)
	for i := range y {
		one[i] = 1
		y[i] = 3 + rng.NormFloat64() + .5*float64(cluster[i]%3)
		mean += y[i] / n
		sums[cluster[i]] += y[i]
	}
	variance, s2, s3, s1 := 0., 0., 0., 0.
	for g, k := range size {
		d := sums[g]/k - mean
		variance += k * k * d * d / (1 - k/n) / (n * n)
		s2 += k * k / ((n - k) * (n - k))
		s3 += k * k * k / ((n - k) * (n - k))
		s1 += k * k / (n - k)
	}
	f, _ := newLinear([][]float64{one}, cluster)
	got := f.coefficient(y, 0)
	near(t, "error", got.stdError, math.Sqrt(variance), 1e-12)
	near(t, "degrees", got.df, n*n/(n*n*s2-2*n*s3+s1*s1), 1e-10)
}

// Persons in two arms: HC2 is Neyman's s₁²/n₁ + s₀²/n₀, and its degrees of freedom those of Imbens and Kolesár (2016, REStat 98:701).
// With strata of two each and no covariates the effect is the mean of the strata's differences by their persons.
func TestPersonsInTwoArms(t *testing.T) {
	y := []float64{3, 5, 4, 8, 1, 2, 2, 4, 3}
	tr := Trial{Assigned: []bool{true, true, true, true, false, false, false, false, false}}
	a, err := Analyse(tr, y, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := a.Rows[0]
	v1, v0 := (4.+0+1+9)/3, (1.96+.16+.16+2.56+.36)/4
	near(t, "effect", r.Estimate, 5-2.4, 1e-12)
	near(t, "error", r.StdError, math.Sqrt(v1/4+v0/5), 1e-12)
	near(t, "degrees", r.DF, math.Pow(1./4+1./5, 2)/(1./(16*3)+1./(25*4)), 1e-10)
	tr = Trial{Assigned: []bool{true, true, false, false, true, true, true, false, false}, Stratum: []int32{7, 7, 7, 7, 3, 3, 3, 3, 3}}
	a, err = Analyse(tr, []float64{1, 3, 0, 1, 10, 12, 14, 9, 8}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "strata", a.Rows[0].Estimate, (1.5*4+3.5*5)/9, 1e-12)
	near(t, "error over strata", a.Rows[0].StdError, math.Sqrt(16./81*(2./2+.5/2)+25./81*(4./3+.5/2)), 1e-12)
}

// Equal clusters, half assigned: a two-sample t-test of cluster means with G − 2 degrees of freedom.
func TestEqualClustersAreATTest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	var tr Trial
	var y []float64
	means := make([]float64, 8)
	for g := range 8 {
		for range 5 {
			tr.Cluster, tr.Assigned = append(tr.Cluster, int32(10*g)), append(tr.Assigned, g < 4)
			v := rng.NormFloat64() + float64(g%3)
			y = append(y, v)
			means[g] += v / 5
		}
	}
	a, err := Analyse(tr, y, Options{Draws: 99})
	if err != nil {
		t.Fatal(err)
	}
	arm := func(m []float64) (mean, v float64) {
		for _, x := range m {
			mean += x / 4
		}
		for _, x := range m {
			v += (x - mean) * (x - mean) / 3
		}
		return mean, v
	}
	m1, v1 := arm(means[:4])
	m0, v0 := arm(means[4:])
	near(t, "effect", a.Rows[0].Estimate, m1-m0, 1e-12)
	near(t, "error", a.Rows[0].StdError, math.Sqrt((v1+v0)/4), 1e-10)
	near(t, "degrees", a.Rows[0].DF, 6, 1e-9)
	if a.Clusters != 8 || len(a.Warnings) != 1 || a.Warnings[0].Code != "few_clusters" {
		t.Errorf("%d clusters, %v", a.Clusters, a.Warnings)
	}
}

// Fisher's tea: of 70 ways to choose four cups the right one and its opposite are as extreme. In pairs of one and one, 2⁵ ways.
func TestRandomisationInferenceIsExact(t *testing.T) {
	on := []bool{true, true, true, true, false, false, false, false}
	y := []float64{1.01, 1.02, 1.03, 1, 0, .01, .03, .02}
	a, err := Analyse(Trial{Assigned: on}, y, Options{})
	if err != nil {
		t.Fatal(err)
	}
	test := a.Tests[len(a.Tests)-1]
	if !test.Exact || test.Draws != 70 {
		t.Fatalf("%+v", test)
	}
	near(t, "tea", test.PValue, 2./70, 1e-12)
	var tr Trial
	var z []float64
	for p := range 5 {
		tr.Assigned, tr.Stratum = append(tr.Assigned, true, false), append(tr.Stratum, int32(p), int32(p))
		z = append(z, float64(p)+1, float64(p)+.1*float64(p))
	}
	if a, err = Analyse(tr, z, Options{}); err != nil {
		t.Fatal(err)
	}
	test = a.Tests[len(a.Tests)-1]
	near(t, "pairs", test.PValue, 2./32, 1e-12)
	if test.Draws != 32 || a.Rows[0].Adjustment != "none" {
		t.Errorf("%+v", test)
	}
	near(t, "mean of the pairs' differences", a.Rows[0].Estimate, 1-.2, 1e-12)
	// Draws agree with all assignments to three Monte Carlo errors.
	y[3], y[4] = .02, 1
	exact, _ := Analyse(Trial{Assigned: on}, y, Options{})
	drawn, _ := Analyse(Trial{Assigned: on}, y, Options{ExactUnder: 1, Draws: 4000, Seed: 1})
	p, q := exact.Tests[0].PValue, drawn.Tests[0]
	if q.Exact || math.Abs(p-q.PValue) > 3*math.Sqrt(p*(1-p)/4000) {
		t.Errorf("exact %v, drawn %+v", p, q)
	}
}

// What everybody does as assigned is the LATE too; otherwise it is the ratio, two-stage least squares by hand, and the set of Anderson
// and Rubin is where a grid of β has a − βb within its error.
func TestLate(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	n := 400
	tr := Trial{Covariates: [][]float64{make([]float64, n)}, Names: []string{"x"}}
	y := make([]float64, n)
	for i := range n {
		tr.Assigned = append(tr.Assigned, i%2 == 0)
		complies := rng.Float64() < .5
		tr.Taken = append(tr.Taken, complies && i%2 == 0)
		tr.Covariates[0][i] = rng.NormFloat64()
		y[i] = tr.Covariates[0][i] + rng.NormFloat64()
		if tr.Taken[i] {
			y[i] += 2
		}
	}
	a, err := Analyse(tr, y, Options{Draws: 9})
	if err != nil {
		t.Fatal(err)
	}
	find := func(estimand, adjustment, kind string) Row {
		for _, r := range a.Rows {
			if r.Estimand == estimand && r.Adjustment == adjustment && r.StdErrorType == kind {
				return r
			}
		}
		t.Fatalf("there is no %s %s %s in %+v", estimand, adjustment, kind, a.Rows)
		return Row{}
	}
	for _, adjustment := range []string{"none", "lin"} {
		itt, first, late, ar := find("itt", adjustment, "HC2"), find("first_stage", adjustment, "HC2"), find("late", adjustment, "delta"), find("late", adjustment, "anderson-rubin")
		near(t, "ratio", late.Estimate, itt.Estimate/first.Estimate, 1e-12)
		if ar.Set != "interval" || !(ar.Low < late.Estimate && late.Estimate < ar.High) || math.Abs(late.Estimate-2) > 3*late.StdError {
			t.Errorf("%+v\n%+v", late, ar)
		}
		// β lies in the set exactly where the outcome y − β·taken has no significant effect: the whole regression anew.
		columns := tr.columns(adjustment == "lin", true)
		f, kept := newLinear(columns, nil)
		for _, c := range []struct {
			beta float64
			in   bool
		}{{ar.Low + 1e-6, true}, {ar.Low - 1e-6, false}, {ar.High - 1e-6, true}, {ar.High + 1e-6, false}} {
			z := make([]float64, n)
			for i := range z {
				z[i] = y[i] - c.beta*float64(number(tr.Taken[i]))
			}
			got := f.coefficient(z, kept[1])
			if in := math.Abs(got.value) <= critical(got.df, .95)*got.stdError; in != c.in {
				t.Errorf("%s: β = %v is in the set: %v", adjustment, c.beta, in)
			}
		}
	}
	if u, l := find("itt", "none", "HC2"), find("itt", "lin", "HC2"); l.StdError >= u.StdError {
		t.Errorf("the covariate does not help: %v and %v", l.StdError, u.StdError)
	}
	tr.Taken = tr.Assigned
	if a, err = Analyse(tr, y, Options{Draws: 9}); err != nil {
		t.Fatal(err)
	}
	near(t, "full compliance", find("late", "lin", "delta").Estimate, find("itt", "lin", "HC2").Estimate, 1e-12)
	near(t, "its error", find("late", "lin", "delta").StdError, find("itt", "lin", "HC2").StdError, 1e-9)
	// A weak instrument has no bounded set.
	if low, high, set := fieller(1, .1, .04, 0, 1, 1.96); set == "interval" || !math.IsInf(low, -1) && low > high {
		t.Errorf("weak: %v to %v, %s", low, high, set)
	}
}

// Neither the order of the rows nor what clusters and strata are called matters, and nothing is written to.
func TestAnalyseIsInvariant(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	n := 120
	tr := Trial{Covariates: [][]float64{make([]float64, n)}}
	y := make([]float64, n)
	for i := range n {
		g := int32(i / 6)
		tr.Cluster, tr.Stratum, tr.Assigned = append(tr.Cluster, g), append(tr.Stratum, g%2), append(tr.Assigned, g/2%2 == 0)
		tr.Covariates[0][i] = rng.NormFloat64()
		y[i] = rng.NormFloat64() + float64(g)/5
	}
	a, err := Analyse(tr, y, Options{Draws: 199})
	if err != nil {
		t.Fatal(err)
	}
	order := rng.Perm(n)
	b := Trial{Assigned: Pick(tr.Assigned, order), Stratum: Pick(tr.Stratum, order), Cluster: Pick(tr.Cluster, order), Covariates: [][]float64{Pick(tr.Covariates[0], order)}}
	for i := range b.Cluster {
		b.Cluster[i], b.Stratum[i] = 100-3*b.Cluster[i], 5-b.Stratum[i]
	}
	c, err := Analyse(b, Pick(y, order), Options{Draws: 199})
	if err != nil {
		t.Fatal(err)
	}
	for k, r := range a.Rows {
		near(t, "effect", c.Rows[k].Estimate, r.Estimate, 1e-9)
		near(t, "error", c.Rows[k].StdError, r.StdError, 1e-9)
		near(t, "degrees", c.Rows[k].DF, r.DF, 1e-8)
	}
	near(t, "studentised statistic", c.Tests[1].Statistic, a.Tests[1].Statistic, 1e-9)
}

// The tests hold their level where t-tests with normal quantiles do not: 8 unequal clusters, nothing to find. 500 draws have a Monte Carlo
// error of a point; the bounds are three of them. The wild bootstrap with 8 clusters is a little conservative.
func TestFewClustersHoldTheirLevel(t *testing.T) {
	if testing.Short() {
		t.Skip("500 experiments: not under -short")
	}
	rng := rand.New(rand.NewPCG(6, 1))
	const draws = 500
	var cr2, wild, chance, normal float64
	for range draws {
		var tr Trial
		var y []float64
		for k, g := range rng.Perm(8) {
			u := rng.NormFloat64()
			for range 3 + 3*g {
				tr.Cluster, tr.Assigned = append(tr.Cluster, int32(g)), append(tr.Assigned, k < 4)
				y = append(y, u+rng.NormFloat64())
			}
		}
		a, err := Analyse(tr, y, Options{Draws: 199, Seed: rng.Uint64()})
		if err != nil {
			t.Fatal(err)
		}
		for p, n := range map[*float64]float64{&cr2: a.Rows[0].PValue, &wild: a.Tests[0].PValue, &chance: a.Tests[1].PValue} {
			if n < .05 {
				*p += 1. / draws
			}
		}
		if math.Abs(a.Rows[0].Estimate) > 1.96*a.Rows[0].StdError {
			normal += 1. / draws
		}
	}
	if cr2 > .08 || wild > .08 || chance > .08 || normal < .08 {
		t.Errorf("reject: CR2 %.3f, wild %.3f, randomisation %.3f, normal quantiles %.3f", cr2, wild, chance, normal)
	}
	t.Logf("reject: CR2 %.3f, wild %.3f, randomisation %.3f, normal quantiles %.3f", cr2, wild, chance, normal)
}

func TestRefusals(t *testing.T) {
	for name, tr := range map[string]Trial{
		"one arm":       {Assigned: []bool{true, true, true}},
		"mixed cluster": {Assigned: []bool{true, false, true, false}, Cluster: []int32{1, 1, 2, 2}},
		"split cluster": {Assigned: []bool{true, true, false, false}, Cluster: []int32{1, 1, 2, 2}, Stratum: []int32{1, 2, 1, 2}},
		"few clusters":  {Assigned: []bool{true, true, false, false}, Cluster: []int32{1, 1, 2, 2}},
		"no stratum":    {Assigned: []bool{true, true, false, false}, Stratum: []int32{1, 1, 2, 2}},
	} {
		if _, err := Analyse(tr, make([]float64, len(tr.Assigned)), Options{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// Eight clusters carry no adjustment of seven columns: the figures are those without covariates, to the bit. One covariate fewer is adjusted for.
func TestCovariatesNeedClusters(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	const n = 160
	trial := Trial{Assigned: make([]bool, n), Cluster: make([]int32, n)}
	y := make([]float64, n)
	for i := range n {
		trial.Cluster[i] = int32(i % 8)
		trial.Assigned[i], y[i] = i%8 < 4, r.NormFloat64()
	}
	plain, err := Analyse(trial, y, Options{NoChance: true})
	if err != nil {
		t.Fatal(err)
	}
	for covariates := 1; covariates <= 4; covariates++ {
		x := make([]float64, n)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		trial.Covariates, trial.Names = append(trial.Covariates, x), append(trial.Names, string(rune('a'+covariates)))
		got, err := Analyse(trial, y, Options{NoChance: true})
		if err != nil {
			t.Fatal(err)
		}
		warned := slices.ContainsFunc(got.Warnings, func(w fault.Warning) bool { return w.Code == "too_many_covariates" })
		if many := 2+2*covariates >= 7; many != warned || many != (got.TooMany > 0) || many != reflect.DeepEqual(got.Rows, plain.Rows) {
			t.Errorf("%d covariates: warned %v, rows %+v", covariates, warned, got.Rows)
		}
	}
}
