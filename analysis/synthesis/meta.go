package synthesis

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Studies are independent estimates of the same kind, one element a study.
type Studies struct {
	Estimate []float64
	StdError []float64 // over 0
}

// Method names the estimator of τ², the variance of the true effects between studies.
type Method uint8

// The methods. With v the squared errors, w = 1/(v+τ²), μ the weighted mean, k studies and Q = Σ(y−μ)²/v:
const (
	REML             Method = iota // restricted maximum likelihood: the default
	Fixed                          // τ² = 0: one true effect, or the average of just these studies
	DerSimonianLaird               // (Q − (k−1)) / (Σ1/v − Σ1/v²/Σ1/v), not under 0
	PauleMandel                    // Σ w (y−μ)² = k − 1
	ML                             // maximum likelihood
	Hedges                         // Σ(y−ȳ)²/(k−1) − v̄, not under 0
	HunterSchmidt                  // (Q − k)/Σ1/v, not under 0
	SidikJonkman                   // τ0² Σ(y−μ)²/(v+τ0²) / (k−1) from τ0² = Σ(y−ȳ)²/k
)

// MethodNames are the methods as commands write them.
var MethodNames = []string{"reml", "fixed", "dl", "pm", "ml", "he", "hs", "sj"}

// String is the name as commands write it.
func (m Method) String() string { return MethodNames[m] }

// UnmarshalText reads a name.
func (m *Method) UnmarshalText(b []byte) error {
	for k, name := range MethodNames {
		if string(b) == name {
			*m = Method(k)
			return nil
		}
	}
	return fault.Usagef("bad_method", "a method is reml, fixed, dl, pm, ml, he, hs or sj, not `%s`%s", b, fault.Suggest(string(b), MethodNames))
}

// Options are the choices of a meta-analysis; the zero value is REML with normal intervals at 95 %.
type Options struct {
	Method Method
	Level  float64 // 0 means 0.95
	// HartungKnapp multiplies the variance of the pooled effect by q = Σ w(y−μ)²/(k−1) and takes t with k−1 degrees:
	// with few studies normal intervals are too short.
	HartungKnapp bool
	// NotShorter keeps q at 1 or more, so that Hartung–Knapp never shortens the interval.
	NotShorter bool
}

// Pooled is the result of a meta-analysis.
type Pooled struct {
	Options
	K      int
	Effect estimate.Estimate // interval and p-value by t under Hartung–Knapp
	Scale  float64           // q of Hartung–Knapp, 1 without it
	DF     float64           // of t; +Inf for the normal distribution

	Tau2                      float64
	Tau2StdError              float64 // from the information; NaN for Fixed and for methods without one here
	Tau2ConfLow, Tau2ConfHigh float64 // Q-profile; NaN for Fixed or where k is 1
	I2                        float64 // share of the variance of the estimates that is between studies, 0–1
	H2                        float64

	Q       float64 // Σ (y−μ)²/v at τ² = 0
	QDF     int
	QPValue float64

	// The interval that holds the true effect of one more such study: μ ± c √(se² + τ²), with c of the same
	// distribution as the interval of the effect. NaN for Fixed.
	PredictionLow, PredictionHigh float64

	Weights []float64 // share of each study in the pooled effect; they add up to 1
}

// Meta pools estimates by the random-effects model y_i = μ + u_i + e_i, Var u = τ², Var e = v_i:
//
//	μ = Σ w y/Σ w,  se = (Σ w)^−½,  w = 1/(v+τ²).
//
// τ² of REML and ML is where the likelihood is highest over τ² ≥ 0, to the last digit (R's metafor stops at a step of
// 1e-5, which shows in its fifth). I²
// is τ²/(τ²+ṽ), ṽ = (k−1)/(Σ1/v − Σ1/v²/Σ1/v), for Fixed (Q−(k−1))/Q. One study has its own estimate and no τ².
//
// DerSimonian and Laird (1986), doi:10.1016/0197-2456(86)90046-2; Viechtbauer (2005), doi:10.3102/10769986030003261,
// (2007), doi:10.1002/sim.2514 for the Q-profile interval; Knapp and Hartung (2003), doi:10.1002/sim.1482; Higgins et
// al. (2009), doi:10.1111/j.1467-985X.2008.00552.x for prediction.
func Meta(s Studies, opt Options) (*Pooled, error) {
	if opt.Level == 0 {
		opt.Level = .95
	}
	if !(opt.Level > 0 && opt.Level < 1) {
		return nil, fault.Usagef("bad_level", "a confidence level lies between 0 and 1, such as 0.95, not %v", opt.Level)
	}
	m, err := newModel(s)
	if err != nil {
		return nil, err
	}
	k := len(m.y)
	p := &Pooled{Options: opt, K: k, Scale: 1, DF: math.Inf(1), Tau2StdError: math.NaN(), Tau2ConfLow: math.NaN(), Tau2ConfHigh: math.NaN(), PredictionLow: math.NaN(), PredictionHigh: math.NaN()}
	at0 := m.at(0)
	p.Q, p.QDF, p.QPValue = at0.q, k-1, math.NaN()
	if k > 1 {
		p.QPValue = distuv.ChiSquared{K: float64(k - 1)}.Survival(p.Q)
	}
	if k == 1 {
		p.single(m)
		return p, nil
	}
	p.Tau2, p.Tau2StdError = m.tau2(opt.Method)
	a := m.at(p.Tau2)
	p.Weights = make([]float64, k)
	for i, v := range m.v {
		p.Weights[i] = 1 / (v + p.Tau2) / a.sum
	}
	critical := p.effect(a)
	se := p.Effect.StdError
	typical := float64(k-1) / at0.trace
	if opt.Method == Fixed {
		p.I2, p.H2 = max(0, (p.Q-float64(k-1))/p.Q), p.Q/float64(k-1)
		if p.Q == 0 {
			p.I2 = 0
		}
		return p, nil
	}
	p.I2, p.H2 = p.Tau2/(p.Tau2+typical), p.Tau2/typical+1
	half := critical * math.Sqrt(se*se+p.Tau2)
	p.PredictionLow, p.PredictionHigh = a.mean-half, a.mean+half
	p.Tau2ConfLow, p.Tau2ConfHigh = m.profile(opt.Level)
	return p, nil
}

// effect fills the pooled effect with its error and interval, and returns the critical value of the interval.
func (p *Pooled) effect(a weighted) (critical float64) {
	se := math.Sqrt(1 / a.sum)
	critical = estimate.Quantile(p.Level)
	p.Effect = estimate.Normal(a.mean, se, p.Level)
	if !p.HartungKnapp {
		return critical
	}
	p.DF = float64(p.K - 1)
	if p.Scale = a.q / p.DF; p.NotShorter {
		p.Scale = max(1, p.Scale)
	}
	se *= math.Sqrt(p.Scale)
	t := distuv.StudentsT{Sigma: 1, Nu: p.DF}
	critical = t.Quantile((1 + p.Level) / 2)
	p.Effect = estimate.Estimate{Estimate: a.mean, StdError: se, ConfLow: a.mean - critical*se, ConfHigh: a.mean + critical*se, PValue: 2 * t.CDF(-math.Abs(a.mean/se))}
	if !(se > 0) { // all studies agree to the last digit: there is no interval of length 0
		p.Effect.ConfLow, p.Effect.ConfHigh, p.Effect.PValue = math.NaN(), math.NaN(), math.NaN()
	}
	return critical
}

// single is the "pooled" effect of one study.
func (p *Pooled) single(m *model) {
	p.Effect = estimate.Normal(m.y[0], math.Sqrt(m.v[0]), p.Level)
	p.Tau2, p.I2, p.H2 = math.NaN(), math.NaN(), math.NaN()
	if p.Method == Fixed {
		p.Tau2 = 0
	}
	p.Weights = []float64{1}
}

// model is the data with their squared errors. x is what the common effect is multiplied by in each: nil means 1, as
// ever where the estimates are independent; estimates that share persons are rotated until they are, see Shared.
type model struct{ y, v, x []float64 }

// of is x of an element.
func (m *model) of(i int) float64 {
	if m.x == nil {
		return 1
	}
	return m.x[i]
}

func newModel(s Studies) (*model, error) {
	k := len(s.Estimate)
	if k == 0 {
		return nil, fault.Dataf("no_rows", "", "", "there are no estimates to put together")
	}
	if len(s.StdError) != k {
		return nil, fault.Dataf("bad_length", "", "std_error", "%d standard errors for %d estimates; they must be as many", len(s.StdError), k)
	}
	m := &model{y: s.Estimate, v: make([]float64, k)}
	for i, y := range s.Estimate {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return nil, fault.Dataf("bad_estimate", "", "estimate", "an estimate is missing or infinite (estimate %d of %d); leave its row out", i+1, k).At(int64(i + 1))
		}
		e := s.StdError[i]
		if !(e > 0) || math.IsInf(e, 0) {
			return nil, fault.Dataf("bad_std_error", "", "std_error", "a standard error is missing, infinite, or not over 0 (estimate %d of %d: %g); leave its row out or correct it", i+1, k, e).At(int64(i + 1))
		}
		m.v[i] = e * e
	}
	return m, nil
}

// weighted are the sums at a value of τ², with w = 1/(v+τ²).
type weighted struct {
	sum, mean float64 // Σ w x², Σ w x y/Σ w x²
	q         float64 // Σ w (y−xμ)²
	qq        float64 // Σ w² (y−xμ)² = y′PPy
	trace     float64 // tr P = Σ w − Σ w²x²/Σ w x²
	trace2    float64 // tr PP = Σ w² − 2 Σ w³x²/Σ w x² + (Σ w²x²/Σ w x²)²
	squares   float64 // Σ w²
	logs      float64 // Σ log w
}

func (m *model) at(tau2 float64) weighted {
	var a weighted
	sum2, sum3 := 0., 0.
	for i, v := range m.v {
		w, x := 1/(v+tau2), m.of(i)
		a.sum += w * x * x
		a.mean += w * x * m.y[i]
		a.squares += w * w
		sum2 += w * w * x * x
		sum3 += w * w * w * x * x
		a.trace += w
		a.logs += math.Log(w)
	}
	a.mean /= a.sum
	for i, v := range m.v {
		w := 1 / (v + tau2)
		d := m.y[i] - m.of(i)*a.mean
		a.q += w * d * d
		a.qq += w * w * d * d
	}
	r := sum2 / a.sum
	a.trace -= r
	a.trace2 = a.squares - 2*sum3/a.sum + r*r
	return a
}
