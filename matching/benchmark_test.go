package matching

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/internal/regression"
)

// TestBenchmarksAreRegressions: partial R² from the one pass are 1 − RSS/RSS of the weighted regressions with and without
// the columns of a group, each fitted on its own.
func TestBenchmarksAreRegressions(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 1))
	x, treated, y, base, _, _ := drawn(r, 200)
	x = append(x, make([]float64, len(y)))
	for i := range y {
		x[2][i] = x[0][i]*.5 + r.NormFloat64()
	}
	groups := [][]int{{0}, {1, 2}, {2}}
	rss := func(columns [][]float64, target []float64) float64 {
		fit, err := regression.WLS(columns, target, base)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.
		for i, e := range fit.Residual {
			sum += base[i] * e * e
		}
		return sum
	}
	d := make([]float64, len(y))
	for i, v := range treated {
		d[i] = float64(group(v))
	}
	got := Benchmarks(x, treated, y, base, groups)
	for g, members := range groups {
		var without [][]float64
		for j := range x {
			inside := false
			for _, m := range members {
				inside = inside || m == j
			}
			if !inside {
				without = append(without, x[j])
			}
		}
		close1(t, "treatment", got[g].Treatment, 1-rss(x, d)/rss(without, d), 1e-9)
		close1(t, "outcome", got[g].Outcome, 1-rss(append([][]float64{d}, x...), y)/rss(append([][]float64{d}, without...), y), 1e-9)
	}
	if v := Benchmarks(x, treated, d, base, groups)[0].Outcome; !math.IsNaN(v) && v != 0 {
		t.Errorf("an outcome that is the treatment has R² %g left", v)
	}
}
