package estimate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Independent: P(max ≤ c) = (2Φ(c) − 1)^k in closed form. Equal: the pointwise value. Two with correlation ρ have
// P(max|Z| ≥ t) by numerical integration of the conditional normal.
func TestMaximaClosedForms(t *testing.T) {
	const draws = 40_000
	for _, k := range []int{2, 5, 30} {
		v := make([]float64, k*k)
		for j := range k {
			v[j*k+j] = float64(j + 1) // scale does not matter
		}
		m := Draw(v, k, draws, rand.New(rand.NewPCG(1, uint64(k))))
		want := Quantile(math.Pow(.95, 1/float64(k)))
		if got := m.Critical(.95); math.Abs(got-want) > .02 { // its Monte Carlo error here is about 0.006
			t.Errorf("k = %d: %v, want %v", k, got, want)
		}
		for _, x := range []float64{1.5, 2.5, 3} {
			want := 1 - math.Pow(1-PValue(x), float64(k))
			if got := m.PValue(-x); math.Abs(got-want) > 4*math.Sqrt(want/draws)+1e-4 {
				t.Errorf("k = %d: p(%v) = %v, want %v", k, x, got, want)
			}
		}
		// A band excludes 0 exactly where the adjusted p-value is under 0.05.
		if c := m.Critical(.95); !(m.PValue(math.Nextafter(c, 9)) < .05) || !(m.PValue(c) >= .05) {
			t.Errorf("k = %d: the p-value at the critical value is %v", k, m.PValue(c))
		}
	}
	same := Draw([]float64{1, 2, 2, 4}, 2, draws, rand.New(rand.NewPCG(1, 1)))
	if got := same.Critical(.95); math.Abs(got-Quantile(.95)) > .02 {
		t.Errorf("one estimate twice: %v", got)
	}
	rho := .7
	pair := Draw([]float64{1, rho, rho, 1}, 2, draws, rand.New(rand.NewPCG(1, 2)))
	at, inside, step := 2., 0., 1e-4
	for x := -at + step/2; x < at; x += step {
		s := math.Sqrt(1 - rho*rho)
		upper, lower := (at-rho*x)/s, (-at-rho*x)/s
		inside += step * math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) * (.5*math.Erfc(-upper/math.Sqrt2) - .5*math.Erfc(-lower/math.Sqrt2))
	}
	if got := pair.PValue(at); math.Abs(got-(1-inside)) > .005 {
		t.Errorf("correlation %v: p(2) = %v, want %v", rho, got, 1-inside)
	}
}

// A dead estimate changes nothing, and few are pointwise.
func TestMaximaEdges(t *testing.T) {
	stream := func() *rand.Rand { return rand.New(rand.NewPCG(3, 4)) }
	a := Draw([]float64{1, .2, .2, 1}, 2, 500, stream())
	b := Draw([]float64{1, 0, .2, 0, 0, 0, .2, 0, 1}, 3, 500, stream())
	if a.Critical(.9) != b.Critical(.9) {
		t.Error("an estimate without a variance moves the critical value")
	}
	one := Draw([]float64{4}, 1, 500, stream())
	if one.Critical(.95) != Quantile(.95) || one.PValue(2) != PValue(2) {
		t.Error("one estimate is not pointwise")
	}
	if !math.IsNaN(a.PValue(math.NaN())) {
		t.Error("no statistic has a p-value")
	}
}
