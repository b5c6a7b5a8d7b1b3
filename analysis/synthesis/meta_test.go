package synthesis

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
)

func near(a, b, tol float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tol*math.Max(1, math.Abs(b))
}

// bcg are the effects and errors that metafor made of the 13 BCG trials.
func bcg(t testing.TB, measure string) Studies {
	n := oracle.JSON(t, "metafor_bcg/result.json").At("escalc", measure)
	s := Studies{Estimate: n.At("yi").Floats()}
	for _, v := range n.At("vi").Floats() {
		s.StdError = append(s.StdError, math.Sqrt(v))
	}
	return s
}

func TestMetaAgainstMetafor(t *testing.T) {
	reference := oracle.JSON(t, "metafor_bcg/result.json")
	names := map[string]Method{"EE": Fixed, "DL": DerSimonianLaird, "REML": REML, "ML": ML, "PM": PauleMandel, "HE": Hedges, "HS": HunterSchmidt, "SJ": SidikJonkman}
	for _, measure := range []string{"RR", "OR", "RD"} {
		s := bcg(t, measure)
		for name, method := range names {
			for _, hk := range []bool{false, true} {
				p, err := Meta(s, Options{Method: method, HartungKnapp: hk})
				if err != nil {
					t.Fatal(err)
				}
				test := "_z"
				if hk {
					test = "_knha"
				}
				want := reference.At(measure, name+test)
				// Closed forms to 1e-9. metafor stops REML and ML at a step of 1e-5 in τ², and PM at 1e-4 of Q (methods §2):
				// τ² at 1e-4, and 5e-3 for the small τ² of risk differences; what rests on it moves less. PM has TestTightFigures.
				tau, rest := 1e-9, 1e-9
				switch method {
				case REML, ML:
					tau, rest = 1e-4, 1e-4
					if measure == "RD" {
						tau, rest = 5e-3, 5e-3
					}
				case PauleMandel:
					want.At("tau2").NearAbs(p.Tau2, 1.3e-4) // uniroot's absolute tolerance, ε^¼
					continue
				}
				want.At("k").Equal(p.K)
				want.At("tau2").Near(p.Tau2, tau)
				want.At("beta").Near(p.Effect.Estimate, rest)
				want.At("se").Near(p.Effect.StdError, rest)
				want.At("pval").Near(p.Effect.PValue, 100*rest) // the tail magnifies z
				want.At("ci_lb").Near(p.Effect.ConfLow, rest)
				want.At("ci_ub").Near(p.Effect.ConfHigh, rest)
				want.At("I2").Near(100*p.I2, tau)
				want.At("H2").Near(p.H2, tau)
				want.At("QE").Near(p.Q, 1e-9)
				want.At("QEp").Near(p.QPValue, 1e-8) // a tail of 1e-26
				for i, w := range want.At("weights").List() {
					w.Near(100*p.Weights[i], rest)
				}
				if method == REML || method == ML {
					want.At("se_tau2").Near(p.Tau2StdError, tau)
				}
				if method != Fixed {
					want.At("pred_interval").List()[0].Near(p.PredictionLow, rest)
					want.At("pred_interval").List()[1].Near(p.PredictionHigh, rest)
				}
			}
		}
		p, err := Meta(s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		profile := reference.At(measure, "REML_Qprofile_ci_tau2")
		// uniroot stops at an absolute error of .Machine$double.eps^0.25 = 1.2e-4 by default, metafor asks for about 1e-5.
		profile.At("ci.lb").List()[0].NearAbs(p.Tau2ConfLow, 1e-4)
		profile.At("ci.ub").List()[0].NearAbs(p.Tau2ConfHigh, 1e-4)
	}
}

// With metafor's stopping rules made tight the figures meet further down (methods §4).
func TestTightFigures(t *testing.T) {
	s := bcg(t, "RR")
	for _, c := range []struct {
		method Method
		tau2   float64
	}{{REML, .313243258136}, {PauleMandel, .318068452205}, {DerSimonianLaird, .308760262862}} {
		p, err := Meta(s, Options{Method: c.method})
		if err != nil {
			t.Fatal(err)
		}
		oracle.Known(t, "methods/durations.md §4 bcg "+c.method.String(), p.Tau2, c.tau2, 1e-9) // printed to twelve digits
	}
}

// Two studies by hand: y = 0, 2, v = 1, 1. Q = 2, DL τ² = (2−1)/(2−1) = 1; μ = 1, se² = 1, and every likelihood
// estimate of τ² is what the spread leaves: REML (y1−y2)²/2 − v = 1, ML (y1−y2)²/4 − v = 0.
func TestMetaByHand(t *testing.T) {
	s := Studies{Estimate: []float64{0, 2}, StdError: []float64{1, 1}}
	for _, c := range []struct {
		method     Method
		tau2, mean float64
	}{{DerSimonianLaird, 1, 1}, {REML, 1, 1}, {PauleMandel, 1, 1}, {Hedges, 1, 1}, {ML, 0, 1}, {Fixed, 0, 1}, {HunterSchmidt, 0, 1}} {
		p, err := Meta(s, Options{Method: c.method})
		if err != nil {
			t.Fatal(err)
		}
		if !near(p.Tau2, c.tau2, 1e-10) || !near(p.Effect.Estimate, c.mean, 1e-12) || !near(p.Effect.StdError, math.Sqrt((1+c.tau2)/2), 1e-10) || p.Q != 2 {
			t.Errorf("%s: τ² %v, μ %v (%v), Q %v", c.method, p.Tau2, p.Effect.Estimate, p.Effect.StdError, p.Q)
		}
	}
	p, err := Meta(s, Options{Method: Fixed, HartungKnapp: true})
	if err != nil {
		t.Fatal(err)
	}
	// q = 2/1, se = √(½·2) = 1, t with one degree has its 97.5 % point at tan(.475 π).
	if !near(p.Effect.StdError, 1, 1e-12) || !near(p.Effect.ConfHigh, 1+math.Tan(.475*math.Pi), 1e-9) {
		t.Errorf("Hartung–Knapp: %+v", p.Effect)
	}
}

func TestMetaProperties(t *testing.T) {
	for n := range 300 {
		r := rand.New(rand.NewPCG(uint64(n), 17))
		k := 2 + r.IntN(8)
		s := Studies{Estimate: make([]float64, k), StdError: make([]float64, k)}
		for i := range k {
			s.StdError[i] = .1 + r.Float64()
			s.Estimate[i] = 3 + r.NormFloat64()*s.StdError[i] + float64(n%3)*r.NormFloat64()
		}
		for method := range MethodNames {
			p, err := Meta(s, Options{Method: Method(method), HartungKnapp: n%2 == 0, NotShorter: n%4 == 0})
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.
			for _, w := range p.Weights {
				sum += w
			}
			if !near(sum, 1, 1e-12) || p.Tau2 < 0 || p.I2 < 0 || p.I2 >= 1 || math.IsNaN(p.Effect.Estimate) {
				t.Fatalf("%v: %+v", s, p)
			}
			// Moved and stretched: the effect follows, τ² goes with the square; so does the order of studies not matter.
			moved := Studies{Estimate: make([]float64, k), StdError: make([]float64, k)}
			for j, i := range r.Perm(k) {
				moved.Estimate[j], moved.StdError[j] = 10+5*s.Estimate[i], 5*s.StdError[i]
			}
			q, err := Meta(moved, p.Options)
			if err != nil {
				t.Fatal(err)
			}
			if !near(q.Effect.Estimate, 10+5*p.Effect.Estimate, 1e-8) || !near(q.Tau2, 25*p.Tau2, 1e-7) || !near(q.Effect.StdError, 5*p.Effect.StdError, 1e-8) || !near(q.Tau2ConfHigh, 25*p.Tau2ConfHigh, 1e-8) {
				t.Fatalf("%s: %+v, moved %+v", p.Method, p, q)
			}
		}
		// REML and ML are at a maximum of their likelihood, and Paule–Mandel solves its equation.
		m, err := newModel(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []Method{REML, ML} {
			tau2, _ := m.tau2(method)
			at := m.logLikelihood(method, tau2)
			for _, other := range []float64{0, tau2 * .99, tau2*1.01 + 1e-6} {
				if m.logLikelihood(method, other) > at+1e-12 {
					t.Fatalf("%s: likelihood at %v is higher than at %v: %v", method, other, tau2, s)
				}
			}
		}
		if tau2, _ := m.tau2(PauleMandel); tau2 > 0 && !near(m.at(tau2).q, float64(k-1), 1e-10) {
			t.Fatalf("Paule–Mandel: Q %v", m.at(tau2).q)
		}
	}
}

func TestMetaEdges(t *testing.T) {
	p, err := Meta(Studies{[]float64{2}, []float64{.5}}, Options{HartungKnapp: true})
	if err != nil {
		t.Fatal(err)
	}
	if p.Effect.Estimate != 2 || p.Effect.StdError != .5 || !math.IsNaN(p.Tau2) || !math.IsNaN(p.PredictionLow) {
		t.Errorf("one study: %+v", p)
	}
	p, err = Meta(Studies{[]float64{1, 1, 1}, []float64{.5, 1, .2}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Tau2 != 0 || p.I2 != 0 || p.Effect.Estimate != 1 {
		t.Errorf("no spread: %+v", p)
	}
	for code, s := range map[string]Studies{
		"no_rows": {}, "bad_length": {[]float64{1}, nil}, "bad_estimate": {[]float64{1, math.NaN()}, []float64{1, 1}}, "bad_std_error": {[]float64{1, 2}, []float64{1, 0}},
	} {
		if _, err := Meta(s, Options{}); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := Meta(Studies{[]float64{1}, []float64{1}}, Options{Level: 95}); fault.CodeOf(err) != "bad_level" {
		t.Errorf("level: %v", err)
	}
	var m Method
	if err := m.UnmarshalText([]byte("remll")); fault.CodeOf(err) != "bad_method" {
		t.Errorf("%v", err)
	}
}
