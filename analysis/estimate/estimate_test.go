package estimate

import (
	"math"
	"testing"
)

func TestNormal(t *testing.T) {
	e := Normal(2, 1, .95)
	// 1.959963984540054 is qnorm(.975); 0.0455002638963584 is 2*pnorm(-2): closed form by erfc.
	for name, c := range map[string][2]float64{"low": {e.ConfLow, 2 - 1.959963984540054}, "high": {e.ConfHigh, 2 + 1.959963984540054}, "p": {e.PValue, 0.0455002638963584}} {
		if math.Abs(c[0]-c[1]) > 1e-14 {
			t.Errorf("%s = %.17g, want %.17g", name, c[0], c[1])
		}
	}
	if p := PValue(30); !(p > 0 && p < 1e-190) {
		t.Errorf("the tail at 30 is %g", p)
	}
	if e := Normal(1, 0, .95); !math.IsNaN(e.PValue) || !math.IsNaN(e.ConfLow) {
		t.Errorf("a standard error of 0 gives %+v", e)
	}
}

func TestClusterVarianceIsSumOfSquaredSums(t *testing.T) {
	psi := []float64{1, -2, 3, .5}
	if got := ClusterVariance(psi, nil, 0); got != 1+4+9+.25 {
		t.Errorf("independent: %v", got)
	}
	if got := ClusterVariance(psi, []int32{1, 0, 1, 2}, 4); got != 16+4+.25 {
		t.Errorf("clustered: %v", got)
	}
}
