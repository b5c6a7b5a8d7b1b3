package matching

import (
	"math"
	"slices"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/oracle"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/internal/regression"
)

func TestEValueOracle(t *testing.T) {
	ref := oracle.JSON(t, "sensitivity/result.json").At("evalue")
	same := func(v float64) float64 { return v }
	z := estimate.Quantile(0.95)
	for _, c := range []struct {
		name           string
		point, lo, hi  float64
		of             func(float64) float64
		tolerancePoint float64
		toleranceBound float64
	}{
		{"RR_3.9_1.8_8.7", 3.9, 1.8, 8.7, same, 1e-12, 1e-12},
		{"RR_0.8_0.71_0.91", 0.8, 0.71, 0.91, same, 1e-12, 1e-12},
		{"OR_common_2_1.5_2.7", 2, 1.5, 2.7, RatioOfOdds, 1e-12, 1e-12},
		{"OR_rare_2", 2, 1.5, 2.7, same, 1e-12, 1e-12},
		{"HR_common_0.56", 0.56, 0.46, 0.69, RatioOfHazards, 1e-12, 1e-12},
		{"HR_rare_0.56", 0.56, 0.46, 0.69, same, 1e-12, 1e-12},
		// EValue rounds 0.91·1.96 to 1.78 in the interval: 0.2 % of the half width.
		{"MD_0.5_se0.25", 0.5, 0.5 - z*0.25, 0.5 + z*0.25, RatioOfMeanDifference, 1e-12, 1e-2},
		{"OLS_b2_se0.5_sd8", 2. / 8, (2 - z*0.5) / 8, (2 + z*0.5) / 8, RatioOfMeanDifference, 1e-12, 1e-3},
	} {
		values := ref.At(c.name, "evalue").List()
		values[0].Near(EValue(c.of(c.point)), c.tolerancePoint)
		bound := values[1]
		if math.IsNaN(bound.Float()) {
			bound = values[2]
		}
		bound.Near(EValueBound(c.of(c.lo), c.of(c.hi)), c.toleranceBound)
	}
	// 100 of 300 against 60 of 360; the reference looks for the bias factor on a grid of 1e-4.
	p1, p0 := 100./300, 60./360
	rd := ref.At("RD").List()
	rd[0].Near(EValue(p1/p0), 1e-12)
	rd[1].Near(RiskDifferenceBound(p1, math.Sqrt(p1*(1-p1)/300), p0, math.Sqrt(p0*(1-p0)/360), z), 1e-4)
	if EValueBound(0.9, 1.2) != 1 || EValue(1) != 1 || !math.IsNaN(EValue(0)) {
		t.Error("edges")
	}
}

func TestRosenbaumOracle(t *testing.T) {
	ref := oracle.JSON(t, "sensitivity/result.json")
	c := oracle.CSV(t, "sensitivity/pairs.csv")
	y1, y0 := oracle.Floats(t, c["y_treated"]), oracle.Floats(t, c["y_control"])
	d := make([]float64, len(y1))
	for i := range d {
		d[i] = y1[i] - y0[i]
	}
	p := NewRosenbaumPairs(d)
	r := ref.At("signed_rank_formula_unrounded")
	for i, g := range r.At("gamma").Floats() {
		lower, upper := p.PValues(g)
		r.At("upper").List()[i].Near(upper, 1e-9)
		r.At("lower").List()[i].Near(lower, 1e-9)
	}
	b := &RosenbaumPairs{pairs: 15, positive: 13, binary: true}
	r = ref.At("binary_exact")
	for i, g := range r.At("gamma").Floats() {
		lower, upper := b.PValues(g)
		r.At("upper").List()[i].Near(upper, 1e-10)
		r.At("lower").List()[i].Near(lower, 1e-10)
	}
	// The default pairs of lalonde; figures of methods/matching.md §5.2, to the digits given there.
	s := lalonde(t)
	m, err := Nearest(NearestInput{Score: s.fit.Fitted, Treated: s.treated}, NearestOptions{LikeMatchIt: true})
	if err != nil {
		t.Fatal(err)
	}
	d = d[:0]
	for _, q := range m.Pairs {
		d = append(d, s.y[q.Treated]-s.y[q.Comparison])
	}
	p = NewRosenbaumPairs(d)
	for _, k := range [][2]float64{{1, .169395}, {1.1, .340645}, {1.25, .625582}, {1.5, .913965}, {2, .998824}} {
		_, upper := p.PValues(k[0])
		oracle.Known(t, "methods/matching.md:5.2 psens", upper, k[1], 3e-6)
	}
}

// Γ is where the p-value is what it should be, whichever the direction of the effect.
func TestRosenbaumGamma(t *testing.T) {
	r := random.New(1, "rosenbaum")
	for _, shift := range []float64{0.8, -0.8} {
		d := make([]float64, 200)
		for i := range d {
			d[i] = shift + r.NormFloat64()
		}
		p := NewRosenbaumPairs(d)
		value, bound := p.Gamma(0.025)
		if shift < 0 {
			for i := range d {
				d[i] = -d[i]
			}
			p = NewRosenbaumPairs(d)
		}
		_, half := p.PValues(value)
		_, tail := p.PValues(bound)
		if math.Abs(half-0.5) > 1e-9 || math.Abs(tail-0.025) > 1e-9 || !(value > bound && bound > 1) {
			t.Errorf("gamma %g and %g with p %g and %g", value, bound, half, tail)
		}
	}
	if v, b := NewRosenbaumPairs([]float64{1, -1, 2, -2}).Gamma(0.025); v != 1 || b != 1 {
		t.Errorf("no effect: %g %g", v, b)
	}
	if v, _ := NewRosenbaumPairs([]float64{0, 0}).Gamma(0.025); !math.IsNaN(v) {
		t.Error("no pairs differ")
	}
	if v, _ := NewRosenbaumPairs([]float64{1, 1, 1, 1, 1, 1, 1}).Gamma(0.025); !(v > 5) {
		t.Errorf("all pairs agree: %g", v)
	}
}

func TestRobustnessOracle(t *testing.T) {
	ref := oracle.JSON(t, "sensitivity/result.json")
	for name, data := range map[string]func(*testing.T) (x [][]float64, names []string, y []float64){"sensemakr_darfur": darfur, "sensemakr_lalonde": lalondeRegression} {
		x, names, y := data(t)
		fit, err := regression.OLS(x, y)
		if err != nil {
			t.Fatal(err)
		}
		cov := fit.Cov()
		dof := float64(fit.Rows - fit.Rank)
		tOf := func(f *regression.LinearFit, j int) float64 { return f.Coef[j+1] / math.Sqrt(f.Cov()[j+1][j+1]) }
		estimate, se := fit.Coef[1], math.Sqrt(cov[1][1])
		r := ref.At(name)
		r.At("stats", "estimate").Near(estimate, 1e-9)
		r.At("stats", "se").Near(se, 1e-9)
		r.At("stats", "dof").Equal(int(dof))
		r.At("stats", "r2yd.x").Near(PartialR2(estimate/se, dof), 1e-9)
		r.At("stats", "rv_q").Near(RobustnessValue(estimate/se, dof, 1, 1), 1e-9)
		r.At("stats", "rv_qa").Near(RobustnessValue(estimate/se, dof, 1, 0.05), 1e-7)
		benchmark := slices.Index(names, map[string]string{"sensemakr_darfur": "female", "sensemakr_lalonde": "educ"}[name])
		treatment, err := regression.OLS(x[1:], x[0])
		if err != nil {
			t.Fatal(err)
		}
		dx := PartialR2(tOf(treatment, benchmark-1), float64(treatment.Rows-treatment.Rank))
		yx := PartialR2(tOf(fit, benchmark), dof)
		for k := range 3 {
			c := Benchmark(float64(k+1), dx, yx)
			at := func(f string) oracle.Node { return r.At("bounds", f).List()[k] }
			at("r2dz.x").Near(c.Treatment, 1e-8)
			at("r2yz.dx").Near(c.Outcome, 1e-8)
			e, s := c.Adjusted(estimate, se, dof)
			at("adjusted_estimate").Near(e, 1e-8)
			at("adjusted_se").Near(s, 1e-8)
			at("adjusted_t").Near(e/s, 1e-8)
		}
		if r.Has("adjusted_grid") {
			g := r.At("adjusted_grid")
			for i, d := range g.At("r2dz").Floats() {
				c := Confounder{Treatment: d, Outcome: g.At("r2yz").Floats()[i]}
				e, s := c.Adjusted(estimate, se, dof)
				g.At("est").List()[i].Near(e, 1e-8)
				g.At("se").List()[i].Near(s, 1e-8)
			}
		}
	}
}

// darfur is peacefactor on directlyharmed, six covariates and villages.
func darfur(t *testing.T) (x [][]float64, names []string, y []float64) {
	c := oracle.CSV(t, "sensitivity/darfur.csv")
	names = []string{"directlyharmed", "age", "farmer_dar", "herder_dar", "pastvoted", "hhsize_darfur", "female"}
	for _, n := range names {
		x = append(x, oracle.Floats(t, c[n]))
	}
	villages := slices.Compact(slices.Sorted(slices.Values(c["village"])))
	for _, v := range villages[1:] {
		x = append(x, indicator(c["village"], v))
	}
	return x, names, oracle.Floats(t, c["peacefactor"])
}

func lalondeRegression(t *testing.T) (x [][]float64, names []string, y []float64) {
	s := lalonde(t)
	return append([][]float64{s.treat}, s.x...), append([]string{"treat"}, s.names...), s.y
}
