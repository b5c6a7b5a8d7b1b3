package synthesis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// Holm by its definition as a step-down test: the adjusted value is the smallest level at which the step-down rejects. The
// example is p.adjust's in R: p.adjust(c(.01,.02,.03,.04,.05), "holm") is .05 .08 .09 .09 .09, and "BH" .05 throughout.
func TestMultiplicityAgainstClosedForms(t *testing.T) {
	p := []float64{.04, .01, .05, .02, .03}
	for i, want := range []float64{.09, .05, .09, .08, .09} {
		if got := Holm(p)[i]; math.Abs(got-want) > 1e-15 {
			t.Errorf("holm %d: %v, want %v", i, got, want)
		}
		if got := BenjaminiHochberg(p)[i]; math.Abs(got-.05) > 1e-15 {
			t.Errorf("bh %d: %v", i, got)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		p := make([]float64, 1+rng.IntN(8))
		for i := range p {
			p[i] = rng.Float64() * rng.Float64()
		}
		holm, bh := Holm(p), BenjaminiHochberg(p)
		sorted := slices.Clone(p)
		slices.Sort(sorted)
		m := len(p)
		for i := range p {
			// Step down: rejected at α where every smaller p₍ⱼ₎ ≤ α/(m−j+1).
			rejects := func(alpha float64) bool {
				for j, q := range sorted {
					if q > alpha/float64(m-j) {
						return false
					}
					if q == p[i] {
						return true
					}
				}
				return false
			}
			if holm[i] < 1 && (!rejects(holm[i]*(1+1e-12)) || rejects(holm[i]*(1-1e-9))) {
				t.Fatalf("holm of %v in %v is %v", p[i], p, holm[i])
			}
			// Step up: rejected at α where p ≤ the largest p₍ⱼ₎ with p₍ⱼ₎ ≤ jα/m.
			up := func(alpha float64) bool {
				for j := m - 1; j >= 0; j-- {
					if sorted[j] <= float64(j+1)*alpha/float64(m) {
						return p[i] <= sorted[j]
					}
				}
				return false
			}
			if bh[i] < 1 && (!up(bh[i]*(1+1e-12)) || up(bh[i]*(1-1e-9))) {
				t.Fatalf("bh of %v in %v is %v", p[i], p, bh[i])
			}
		}
	}
}

// With equal errors REML is max(0, s² − v) of the sample variance s², so that everything has a closed form.
func TestShrinkClosedForm(t *testing.T) {
	y := []float64{1, 3, math.NaN(), 5, 11}
	v := 4.
	se := []float64{2, 2, 2, 2, 2}
	s, err := Shrink(Studies{y, se}, .95, 200, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	// mean 5, s² = (16+4+0+36)/3 = 56/3, τ² = 56/3 − 4 = 44/3, B = 4/(56/3) = 3/14.
	tau2, b, total := 44./3, 3./14, 56./3
	for i, x := range y {
		if math.IsNaN(x) {
			if !math.IsNaN(s.Estimate[i]) || !math.IsNaN(s.Rank[i]) {
				t.Errorf("an unknown place has %v", s.Estimate[i])
			}
			continue
		}
		if want := b*5 + (1-b)*x; math.Abs(s.Estimate[i]-want) > 1e-9 {
			t.Errorf("place %d: %v, want %v", i, s.Estimate[i], want)
		}
		g1, g2, g3 := tau2*v/total, b*b*total/4, b*b/total*2*total*total/4
		if want := math.Sqrt(g1 + g2 + 2*g3); math.Abs(s.StdError[i]-want) > 1e-9 {
			t.Errorf("error %d: %v, want %v", i, s.StdError[i], want)
		}
		if s.RankLow[i] > s.Rank[i] || s.Rank[i] > s.RankHigh[i] {
			t.Errorf("rank %v outside %v to %v", s.Rank[i], s.RankLow[i], s.RankHigh[i])
		}
	}
	if !(s.Rank[0] < s.Rank[1] && s.Rank[1] < s.Rank[3] && s.Rank[3] < s.Rank[4]) || !(s.Over[0] < .5 && s.Over[4] > .5) {
		t.Errorf("ranks %v, over %v", s.Rank, s.Over)
	}
	// Nothing but noise: every place has the mean, with the error of the mean and what not knowing that τ² is 0 adds.
	s, _ = Shrink(Studies{[]float64{1, 1.1, .9}, []float64{1, 1, 1}}, .95, 50, rand.New(rand.NewPCG(1, 1)))
	for i, e := range s.Estimate {
		if math.Abs(e-1) > 1e-12 || math.Abs(s.StdError[i]-math.Sqrt(1./3+4./3)) > 1e-9 {
			t.Errorf("noise: %v ± %v", e, s.StdError[i])
		}
	}
	if s, err := Shrink(Studies{[]float64{1, math.NaN()}, []float64{1, 1}}, .95, 50, nil); s != nil || err != nil {
		t.Errorf("one place: %v, %v", s, err)
	}
}

// Drawn places: the intervals hold the truth of a place as often as they say, averaged over places, and shrinking halves the
// squared error of the raw figures or better where the places differ as much as the noise. Monte Carlo error of the coverage
// with 400 × 20 places is about 0.3 points (more, since the places of a draw share μ and τ²); the bounds are a point and a half.
func TestShrinkCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	held, n, raw, shrunk := 0, 0, 0., 0.
	for range 400 {
		y, se, truth := make([]float64, 20), make([]float64, 20), make([]float64, 20)
		for i := range y {
			truth[i] = 1 + rng.NormFloat64()
			se[i] = .6 + rng.Float64()
			y[i] = truth[i] + se[i]*rng.NormFloat64()
		}
		s, err := Shrink(Studies{y, se}, .95, 2, rng)
		if err != nil {
			t.Fatal(err)
		}
		for i := range y {
			n++
			if s.Low[i] <= truth[i] && truth[i] <= s.High[i] {
				held++
			}
			raw += (y[i] - truth[i]) * (y[i] - truth[i])
			shrunk += (s.Estimate[i] - truth[i]) * (s.Estimate[i] - truth[i])
		}
	}
	if c := float64(held) / float64(n); c < .935 || c > .965 {
		t.Errorf("coverage %.3f", c)
	}
	if shrunk > .6*raw {
		t.Errorf("squared error %.3f of the raw %.3f", shrunk/float64(n), raw/float64(n))
	}
}

// By the two z-tests written out, and their dual: p < α exactly where the 1 − 2α interval lies inside the margin.
func TestTOST(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	inside := 0
	for range 500 {
		d, se := rng.NormFloat64()*.01, .002+.01*rng.Float64()
		e := TOST(d, se, .02, .05)
		low, high := distuv.UnitNormal.Survival((d+.02)/se), distuv.UnitNormal.Survival((.02-d)/se)
		if math.Abs(e.PValue-max(low, high)) > 1e-12 {
			t.Fatalf("p %v, want %v and %v", e.PValue, low, high)
		}
		if in := e.Low > -.02 && e.High < .02; in != (e.PValue < .05) {
			t.Fatalf("%+v", e)
		} else if in {
			inside++
		}
	}
	if inside == 0 || inside == 500 {
		t.Errorf("%d of 500 equivalent: nothing is tried", inside)
	}
	if e := TOST(0, 0, .02, .05); !math.IsNaN(e.PValue) {
		t.Errorf("no error: %+v", e)
	}
}
