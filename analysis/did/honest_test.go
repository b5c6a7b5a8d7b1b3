package did

import (
	"math"
	"testing"

	"tiltakseffekt/internal/oracle"
)

func benzartiCarloni(t *testing.T) EventStudyCurve {
	d := oracle.JSON(t, "honestdid_bc/result.json").At("data")
	c := EventStudyCurve{Beta: d.At("betahat").Floats(), Pre: 4, Post: 4}
	for _, row := range d.At("sigma").List() {
		c.Sigma = append(c.Sigma, row.Floats()...)
	}
	return c
}

func targetOf(name string) []float64 {
	switch name {
	case "l_vec_e1":
		return []float64{1, 0, 0, 0}
	case "l_vec_e2":
		return []float64{0, 1, 0, 0}
	}
	return []float64{.25, .25, .25, .25}
}

func TestHonestSmoothness(t *testing.T) {
	c := benzartiCarloni(t)
	ref := oracle.JSON(t, "honestdid_bc/result.json")
	for _, name := range []string{"l_vec_e1", "l_vec_e2"} {
		e := ref.At(name, "smoothness_FLCI")
		for i, m := range e.At("M").Floats() {
			low, high, err := Honest(c, targetOf(name), Smoothness, m, HonestOptions{})
			if err != nil {
				t.Fatal(err)
			}
			// HonestDiD simulates the folded-normal quantile with 1e6 draws: about 1e-3 of a standard error
			e.At("lb").List()[i].NearAbs(low, 3e-4)
			e.At("ub").List()[i].NearAbs(high, 3e-4)
		}
	}
}

// HonestDiD inverts its tests on a grid of 1,000 points over ±20 standard errors (steps of 0.0007 to 0.0009 here, 0.0022 in
// the wide one), takes its first-stage critical value from 1,000 draws, and cuts at the end of the grid: compared are the
// ends inside it, to a step and half of one for the draws.
func TestHonestRelativeMagnitude(t *testing.T) {
	c := benzartiCarloni(t)
	ref := oracle.JSON(t, "honestdid_bc/result.json")
	wide := oracle.JSON(t, "honestdid_bc/result_widegrid.json")
	compare := func(n oracle.Node, got, step, limit float64) {
		t.Helper()
		if math.Abs(math.Abs(n.Float())-limit) < 1e-4 {
			return
		}
		n.NearAbs(got, 1.5*step)
	}
	for _, name := range []string{"l_vec_e1", "l_vec_e2", "l_vec_mean"} {
		target := targetOf(name)
		variance := 0.
		for i, x := range target {
			for j, y := range target {
				variance += x * y * c.Sigma[(4+i)*8+4+j]
			}
		}
		sd := math.Sqrt(variance)
		check := func(e oracle.Node, step, limit float64) {
			for i, m := range e.At("Mbar").Floats() {
				low, high, err := Honest(c, target, RelativeMagnitude, m, HonestOptions{})
				if err != nil {
					t.Fatal(err)
				}
				compare(e.At("lb").List()[i], low, step, limit)
				compare(e.At("ub").List()[i], high, step, limit)
			}
		}
		check(ref.At(name, "relative_magnitude_C_LF"), 40*sd/999, 20*sd)
		if name != "l_vec_mean" {
			check(wide.At(name), 2.2/999, math.Inf(1))
		}
	}
	e := ref.At("l_vec_e1", "smoothness_C_LF")
	for i, m := range e.At("M").Floats() {
		low, high, err := Honest(c, targetOf("l_vec_e1"), Smoothness, m, HonestOptions{Hybrid: true})
		if err != nil {
			t.Fatal(err)
		}
		e.At("lb").List()[i].NearAbs(low, 1.5e-3)
		e.At("ub").List()[i].NearAbs(high, 1.5e-3)
	}
}

// The Medicaid expansion of methods/did.md §5.6: 2008–2015, states that expanded in 2014 against those that had not by 2015.
func TestHonestMedicaid(t *testing.T) {
	d := readLong(t, "did_public/ehec.csv", "stfips", "year", "", "dins")
	table := oracle.CSV(t, "did_public/ehec.csv")
	d.id, d.time = nil, nil
	codes := map[string]int64{}
	var y []float64
	dins := oracle.Floats(t, table["dins"])
	for i, s := range table["stfips"] {
		g := int64(num(t, orZero(table["yexp2"][i])))
		year := int64(num(t, table["year"][i]))
		if g == 2015 || year > 2015 {
			continue
		}
		if _, ok := codes[s]; !ok {
			codes[s] = int64(len(codes))
		}
		if g != 2014 {
			g = Never
		}
		d.id, d.time, d.start, y = append(d.id, codes[s]), append(d.time, year), append(d.start, g), append(y, dins[i])
	}
	d.y = y
	p, _ := panelOf(d, nil, nil)
	r, err := Regress(p, EventStudy, RegressionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Start) != 43 {
		t.Fatalf("%d states", len(p.Start))
	}
	c, err := Curve(r.Events, r.EventATT, r.EventCov, -1)
	if err != nil {
		t.Fatal(err)
	}
	oracle.Known(t, "did.md §5.6 beta 2014", c.Beta[c.Pre], 0.046447, 1e-5) // printed digits
	oracle.Known(t, "did.md §5.6 beta 2015", c.Beta[c.Pre+1], 0.069206, 1e-5)
	first := []float64{1, 0}
	exact := [2]float64{0.0260, 0.0607} // M = 0 with the exact quantile, four digits
	for i, want := range [][2]float64{exact, {.0132, .0787}, {.00286, .0907}, {-.00714, .101}, {-.0171, .111}, {-.0271, .121}} {
		low, high, err := Honest(c, first, Smoothness, float64(i)/100, HonestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		// three digits, and the simulated quantile of the package
		oracle.Known(t, "did.md §5.6 SD low", 1+low, 1+want[0], 5.5e-4)
		oracle.Known(t, "did.md §5.6 SD high", 1+high, 1+want[1], 5.5e-4)
	}
	for i, want := range [][2]float64{{.0241, .0673}, {.0171, .0720}, {.00859, .0796}, {-.00107, .0883}} {
		low, high, err := Honest(c, first, RelativeMagnitude, float64(i+1)/2, HonestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		// a grid of 100 points over ±20 standard errors in the wrapper: steps of 0.0036
		oracle.Known(t, "did.md §5.6 RM low", 1+low, 1+want[0], 3.6e-3)
		oracle.Known(t, "did.md §5.6 RM high", 1+high, 1+want[1], 3.6e-3)
	}
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// Closed form: without bias and with one period before, the fixed-length interval is that of the extrapolated line.
func TestHonestClosedForms(t *testing.T) {
	c := EventStudyCurve{Beta: []float64{0.3, 1.2}, Sigma: []float64{.04, .01, .01, .09}, Pre: 1, Post: 1}
	low, high, err := Honest(c, []float64{1}, Smoothness, 0, HonestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sd := math.Sqrt(.09 + .04 + 2*.01) // δ₁ = −δ₋₁ on a line through 0: the estimator is β₁ + β₋₁
	z := 1.959963984540054
	if math.Abs((low+high)/2-1.5) > 1e-12 || math.Abs((high-low)/2-z*sd) > 1e-9 {
		t.Errorf("[%g, %g], by hand 1.5 ± %g", low, high, z*sd)
	}
	// Wider bounds give wider intervals, and every interval holds the estimate where the bound is large.
	b := benzartiCarloni(t)
	for _, r := range []Restriction{RelativeMagnitude, Smoothness} {
		width := 0.
		for _, m := range []float64{0.05, 0.2, 0.8, 2} {
			low, high, err := Honest(b, targetOf("l_vec_e1"), r, m, HonestOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if high-low < width {
				t.Errorf("%v %g: width %g after %g", r, m, high-low, width)
			}
			width = high - low
		}
	}
}

func TestSimplex(t *testing.T) {
	var lp program
	// max 3x + 2y, x + y + s = 4, x + 3y + u = 6
	x := make([]float64, 4)
	v, ok := lp.solve([]float64{1, 1, 1, 0, 1, 3, 0, 1}, 2, 4, []float64{4, 6}, []float64{3, 2, 0, 0}, x)
	if !ok || math.Abs(v-12) > 1e-12 || math.Abs(x[0]-4) > 1e-12 {
		t.Errorf("%g %v", v, x)
	}
	if _, ok := lp.solve([]float64{1, 1}, 1, 2, []float64{-1}, []float64{1, 0}, make([]float64, 2)); ok {
		t.Error("x + y = −1 has no solution")
	}
	if _, ok := lp.solve([]float64{1, -1}, 1, 2, []float64{0}, []float64{1, 0}, make([]float64, 2)); ok {
		t.Error("x = y is unbounded")
	}
}
