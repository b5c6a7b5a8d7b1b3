package did

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/internal/oracle"
)

func TestNoncentrality(t *testing.T) {
	// one degree of freedom is the two-sided z test: power = Φ(√λ − z) + Φ(−√λ − z)
	for _, power := range []float64{0.5, 0.8, 0.95} {
		l := math.Sqrt(noncentrality(1, math.Inf(1), 0.05, power))
		z := 1.959963984540054
		if got := phi(l-z) + phi(-l-z); math.Abs(got-power) > 1e-9 {
			t.Errorf("power %g, want %g", got, power)
		}
	}
}

// Of F the power is as simulated, and with many it is that of χ².
func TestNoncentralityOfF(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, df2 := range []int{3, 12} {
		for _, df := range []int{1, 3} {
			l := math.Sqrt(noncentrality(df, float64(df2), .05, .8))
			c := distuv.F{D1: float64(df), D2: float64(df2)}.Quantile(.95)
			const draws = 40000
			found := 0.
			for range draws {
				a, b := 0., 0.
				for k := range df {
					x := rng.NormFloat64()
					if k == 0 {
						x += l
					}
					a += x * x
				}
				for range df2 {
					x := rng.NormFloat64()
					b += x * x
				}
				if a/float64(df) > c*b/float64(df2) {
					found++
				}
			}
			if math.Abs(found/draws-.8) > .008 { // four Monte Carlo errors
				t.Errorf("F(%d, %d) at λ = %v: power %v", df, df2, l*l, found/draws)
			}
		}
	}
	if a, b := noncentrality(3, 1e6, .05, .8), noncentrality(3, math.Inf(1), .05, .8); math.Abs(a/b-1) > 1e-4 {
		t.Errorf("F(3, 10⁶) %v, χ²(3) %v", a, b)
	}
}

// The detectable slope does not depend on the base: a linear trend moves cells of either base by slope × distance, and the
// cells before the start are the same information.
func TestDetectableSlope(t *testing.T) {
	p, _ := panelOf(mpdta(t), nil, nil)
	varying, universal := estimated(t, p, Options{Base: Varying}), estimated(t, p, Options{})
	a, b := varying.PreTest.DetectableSlope, universal.PreTest.DetectableSlope
	if !(a > 0) || math.Abs(a/b-1) > 1e-9 {
		t.Errorf("slopes %g and %g", a, b)
	}
	oracle.JSON(t, "mpdta_did/result.json").At("att_gt", "dr|nevertreated|universal|nox|antic0", "wald_pre").Near(universal.PreTest.Statistic, 1e-8)
}
