package synthesis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// crossed is a registry of 3 samples × 2 definitions × 2 methods with effects that add up.
func crossed(sample [3]float64, definition, method [2]float64) Specifications {
	s := Specifications{Factor: []string{"sample", "definition", "method"}}
	for i, a := range sample {
		for j, b := range definition {
			for k, c := range method {
				s.Estimate = append(s.Estimate, a+b+c)
				s.StdError = append(s.StdError, 0.1)
				s.Choice = append(s.Choice, []int{i, j, k})
			}
		}
	}
	for i := range s.Estimate {
		row := make([]float64, len(s.Estimate))
		for j := range row {
			row[j] = 0.008
		}
		row[i] = 0.01
		s.Covariance = append(s.Covariance, row)
	}
	return s
}

// In a crossed registry without interactions the shares are those of the analysis of variance, by hand.
func TestVarianceByHand(t *testing.T) {
	s := crossed([3]float64{0, 0.3, 0.6}, [2]float64{0, 0.1}, [2]float64{0, 0})
	c, err := Curve(s, 0.95, 200, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	sample, definition := 12*0.06, 12*0.0025 // Σ (a − ā)² over the twelve
	want := []float64{sample / (sample + definition), definition / (sample + definition), 0}
	for i, w := range want {
		if math.Abs(c.Variance[i]-w) > 1e-12 {
			t.Errorf("%s: %v, by hand %v", s.Factor[i], c.Variance[i], w)
		}
	}
	if math.Abs(c.Residual) > 1e-12 || math.Abs(c.Median-0.35) > 1e-12 || c.Share != 10./12+0 && math.Abs(c.Share-11./12) > 1e-12 {
		t.Errorf("%+v", c)
	}
	variance := (sample + definition) / 11
	if want := 0.002 / variance; math.Abs(c.Noise-want) > 1e-12 { // Var(difference)/2 = 0.01 − 0.008
		t.Errorf("noise %v, by hand %v", c.Noise, want)
	}
}

// An interaction is nobody's own share; without differences there is nothing to divide.
func TestVarianceOfInteraction(t *testing.T) {
	s := crossed([3]float64{}, [2]float64{}, [2]float64{})
	for i := range s.Estimate {
		if s.Choice[i][1] == s.Choice[i][2] {
			s.Estimate[i] = 1
		}
	}
	c, err := Curve(s, 0.95, 50, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range c.Variance {
		if math.Abs(v) > 1e-12 {
			t.Errorf("%s has %v of a pure interaction", s.Factor[i], v)
		}
	}
	if math.Abs(c.Residual-1) > 1e-12 {
		t.Errorf("residual %v", c.Residual)
	}
	c, err = Curve(crossed([3]float64{1, 1, 1}, [2]float64{}, [2]float64{}), 0.95, 50, rand.New(rand.NewPCG(1, 1)))
	if err != nil || !math.IsNaN(c.Variance[0]) || !math.IsNaN(c.Residual) {
		t.Errorf("%+v, %v", c, err)
	}
}

// Under no effect in any specification the joint tests reject as often as they say, however many specifications there are
// and however alike; with an effect they find it.
func TestCurveTestsHoldTheirLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	s := crossed([3]float64{}, [2]float64{}, [2]float64{})
	n := len(s.Estimate)
	const rounds = 800
	var rejected [3]int
	for range rounds {
		common := math.Sqrt(0.008) * rng.NormFloat64()
		for i := range n {
			s.Estimate[i] = common + math.Sqrt(0.002)*rng.NormFloat64()
		}
		c, err := Curve(s, 0.95, 199, rng)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range []float64{c.PMedian, c.PSignificant, c.PMax} {
			if p <= 0.05 {
				rejected[i]++
			}
		}
	}
	for i, k := range rejected {
		// Binomial(800, 0.05) has a standard error of 0.0077: four of them. The share of significant ones has ties at 0, where
		// it cannot reject: it may be below its level.
		share := float64(k) / rounds
		if share > 0.081 || i != 1 && share < 0.019 {
			t.Errorf("test %d rejects %.3f of true nulls", i, share)
		}
	}
	for i := range n {
		s.Estimate[i] = 0.5
	}
	if c, _ := Curve(s, 0.95, 999, rng); c.PMedian > 0.01 || c.PSignificant > 0.01 || c.PMax > 0.01 || c.Significant != 1 || c.Dominant != 1 {
		t.Errorf("five errors from 0 and not found: %+v", c)
	}
}

func TestCurveRefuses(t *testing.T) {
	good := crossed([3]float64{0, 1, 2}, [2]float64{}, [2]float64{})
	bad := good
	bad.StdError = append([]float64{0}, good.StdError[1:]...)
	for _, s := range []Specifications{{}, bad, {Estimate: []float64{1}, StdError: []float64{1}}} {
		if _, err := Curve(s, 0.95, 10, rand.New(rand.NewPCG(1, 1))); err == nil {
			t.Error("no error")
		}
	}
}
