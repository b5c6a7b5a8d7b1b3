package duration

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Whatever the data, estimators give figures or errors: no panic, curves that are curves, and a reason where a figure is
// missing.
func TestSanity(t *testing.T) {
	for k := range 256 {
		traits := k % 128
		problems(t, 30, traits, func(t *testing.T, r *rand.Rand, in Input) {
			opt := Options{Interval: Interval(r.IntN(5)), Variance: Variance(r.IntN(4)), Hazard: Hazard(r.IntN(2)), From: float64(r.IntN(3)), Level: .5 + .49*r.Float64()}
			curves, err := KaplanMeierByGroup(in, opt)
			if err == nil {
				for _, c := range curves {
					checkCurve(t, c, true)
				}
			}
			if curves, err = AalenJohansen(in, opt); err == nil {
				for _, c := range curves {
					checkCurve(t, c, false)
				}
			}
			opt.Interval = Interval(2 * r.IntN(2))
			if curves, err = NelsonAalen(in, opt); err == nil {
				for _, c := range curves {
					c.At([]float64{0, 1, 100})
					c.Summary(2)
				}
			}
			test := TestOptions{State: r.IntN(in.states() + 1), Rho: float64(r.IntN(2))}
			if l, err := LogRank(in, test); err == nil {
				checkTest(t, l)
			}
			test.Rho = 0
			if g, err := Gray(in, test); err == nil {
				checkTest(t, g)
			}
			x := randomCovariates(r, len(in.Time), 1+r.IntN(3))
			cox := CoxOptions{Ties: Ties(r.IntN(2)), State: test.State, Robust: r.IntN(2) == 0}
			if f, err := Cox(in, x, cox); err == nil {
				checkFit(t, f, x)
				if _, err := f.Proportionality(x, TimeScale(r.IntN(4))); err != nil && f.Converged && f.data.p > 0 && f.data.time[0] > 0 {
					t.Errorf("proportionality: %v", err)
				}
				f.BaselineHazard(0)
			}
			if f, err := FineGray(in, x, cox); err == nil {
				checkFit(t, f, x)
			}
		})
	}
}

func checkCurve(t *testing.T, c *Curve, falls bool) {
	t.Helper()
	previous := c.initial
	for k, v := range c.Estimate {
		if falls && v > previous+1e-12 || !falls && v < previous-1e-12 || !(v >= -1e-12 && v <= 1+1e-12) || c.NRisk[k] < -1e-9 {
			t.Errorf("%s %s: %v after %v, %v at risk", c.Group, c.State, v, previous, c.NRisk[k])
		}
		previous = v
		low, high := c.ConfLow[k], c.ConfHigh[k]
		if math.IsNaN(low) != math.IsNaN(high) || low > v+1e-12 || high < v-1e-12 || low < -1e-12 || high > 1+1e-12 {
			t.Errorf("%s %s at %v: %v (%v–%v)", c.Group, c.State, c.Time[k], v, low, high)
		}
	}
	for _, p := range c.At([]float64{0, .5, 1, 3, 100}) {
		if math.IsNaN(p.Estimate) != (p.Reason != "") {
			t.Errorf("at %v: %v, reason %q", p.Time, p.Estimate, p.Reason)
		}
	}
	for _, tau := range []float64{.5, 2, 100} {
		if m := c.RestrictedMean(tau); math.IsNaN(m.Estimate) != (m.Reason != "") || m.Estimate > tau+1e-12 || m.Estimate < -1e-12 {
			t.Errorf("restricted mean to %v: %+v", tau, m)
		}
	}
	low, _, _ := c.Quantile(.25)
	high, _, _ := c.Quantile(.75)
	if low > high {
		t.Errorf("quartiles %v, %v", low, high)
	}
}

func checkTest(t *testing.T, r *TestResult) {
	t.Helper()
	if math.IsNaN(r.Statistic) != (r.Reason != "") || r.Statistic < 0 || r.PValue < 0 || r.PValue > 1 {
		t.Errorf("%+v", r)
	}
}

func checkFit(t *testing.T, f *CoxFit, x Covariates) {
	t.Helper()
	if len(f.Coefficients) != len(x.Names) || len(f.Covariance) != len(x.Names) {
		t.Fatalf("%d coefficients", len(f.Coefficients))
	}
	for _, c := range f.Coefficients {
		if math.IsNaN(c.Estimate.Estimate) != (c.Reason != "") || c.Reason == "" && f.Converged && !(c.StdError > 0) && !f.Robust {
			t.Errorf("%+v", c)
		}
		if c.Reason != "" && len(f.Warnings) == 0 {
			t.Errorf("%s is missing (%s) without a warning", c.Term, c.Reason)
		}
	}
}

// The timing model on tables too small for it: figures or errors, and a likelihood that rises along the path.
func TestTimingSanity(t *testing.T) {
	for k := range 40 {
		r := rand.New(rand.NewPCG(uint64(k), 55))
		in := randomTiming(r, 2+r.IntN(20), 2+r.IntN(2), r.IntN(2))
		p, err := Timing(in, TimingOptions{Points: 3})
		if err != nil {
			continue
		}
		for m, f := range p.Fits {
			if math.IsNaN(f.LogLikelihood) || m > 0 && f.LogLikelihood < p.Fits[m-1].LogLikelihood {
				t.Errorf("problem %d: log-likelihood %v with %d points", k, f.LogLikelihood, f.Points)
			}
			sum := 0.
			for _, v := range f.Mass {
				sum += v.Probability
			}
			if !near(sum, 1, 1e-9) {
				t.Errorf("problem %d: probabilities add up to %v", k, sum)
			}
			for _, e := range f.Effects {
				if math.IsNaN(e.Estimate.Estimate) && e.Reason == "" {
					t.Errorf("problem %d: %+v", k, e)
				}
			}
		}
	}
}
