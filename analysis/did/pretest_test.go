package did

import (
	"math"
	"testing"

	"tiltakseffekt/internal/oracle"
)

func TestNoncentrality(t *testing.T) {
	// one degree of freedom is the two-sided z test: power = Φ(√λ − z) + Φ(−√λ − z)
	for _, power := range []float64{0.5, 0.8, 0.95} {
		l := math.Sqrt(noncentrality(1, 0.05, power))
		z := 1.959963984540054
		if got := phi(l-z) + phi(-l-z); math.Abs(got-power) > 1e-9 {
			t.Errorf("power %g, want %g", got, power)
		}
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
