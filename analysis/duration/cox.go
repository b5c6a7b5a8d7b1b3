package duration

import (
	"fmt"
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Covariates are the columns of a regression of hazards, one element a row each, without missing values and without an
// intercept.
type Covariates struct {
	Names   []string
	Columns [][]float64
	Terms   []string // the term each column belongs to, such as its factor, for tests of terms; nil: each its own
}

// Ties names the partial likelihood where several rows end at the same time.
type Ties uint8

// The likelihoods for ties.
const (
	Efron   Ties = iota // the default, as in R's coxph
	Breslow             // every tied death sees the whole risk set; further from the truth where ties are many
)

// String is the name as commands write it.
func (t Ties) String() string {
	if t == Breslow {
		return "breslow"
	}
	return "efron"
}

// UnmarshalText reads the name.
func (t *Ties) UnmarshalText(b []byte) error {
	switch string(b) {
	case "efron":
		*t = Efron
	case "breslow":
		*t = Breslow
	default:
		return fault.Usagef("bad_ties", "ties are efron or breslow, not `%s`%s", b, fault.Suggest(string(b), []string{"efron", "breslow"}))
	}
	return nil
}

// CoxOptions are the choices of a Cox regression.
type CoxOptions struct {
	Ties    Ties
	Level   float64 // 0 means 0.95
	State   int     // the state whose (cause-specific) hazard is modelled, others censored; 0: any state
	Stratum []int32 // in [0, Strata): a baseline hazard each; nil: one
	Strata  int
	Robust  bool // sandwich errors; always with clusters, or weights with fractions
	Workers int
}

// Coefficient is one coefficient, a log hazard ratio.
type Coefficient struct {
	Term string
	estimate.Estimate
	RobustStdError float64 // NaN without robust errors; where it is there, interval and p-value use it
}

// CoxFit is a fitted Cox regression.
type CoxFit struct {
	Ties         Ties
	Rows, Events int // rows with weight over 0, and of them those that end in the state
	Clusters     int // number of clusters that were summed; 0 without robust errors by cluster
	Level        float64
	Robust       bool

	Coefficients []Coefficient
	Covariance   [][]float64 // inverse information; NaN for columns left out
	RobustCov    [][]float64 // sandwich, no small-sample factor; nil unless Robust
	Means        []float64   // of the columns, at which the baseline can be centred

	LogLikelihood, NullLogLikelihood float64
	LikelihoodRatio, Wald, Score     Chi // tests of all coefficients being 0; Wald is robust where Robust

	Iterations int
	Converged  bool
	Warnings   []fault.Warning

	data *coxData
	beta []float64 // of the scaled columns that were kept
	info []float64
}

// Chi is a χ² statistic.
type Chi struct {
	Statistic float64
	DF        int
	PValue    float64
}

func newChi(statistic float64, df int) Chi { return Chi{statistic, df, chiSquaredTail(statistic, df)} }

// Cox fits the proportional hazards h(t | x) = h_0(t) exp(x′β) of each stratum by partial likelihood with weights,
// left truncation and covariates that change over time (a person cut into rows (start, stop]).
//
// Efron's likelihood: at a time with d tied deaths of mean weight w̄ and r = w exp(x′β),
//
//	Σ_deaths w x′β − w̄ Σ_{l<d} log(S0 − (l/d) D0),
//
// S0 the sum of r over the risk set, D0 over the deaths. Newton's method from 0 on columns that are centred and scaled
// by their mean absolute deviation, with step halving. A column that the others determine is left out with reason
// singular; one whose coefficient runs off to infinity has reason not_converged. Information and score are sums over
// tie groups of O(d + p²), and the robust variance D′D with D = U V, U the score residuals summed by cluster, takes one
// pass over the rows (no small-sample factor; normal intervals).
//
// Cox (1972); Efron (1977), doi:10.1080/01621459.1977.10480613; Lin and Wei (1989), doi:10.1080/01621459.1989.10478874.
func Cox(in Input, x Covariates, opt CoxOptions) (*CoxFit, error) {
	level, err := Options{Level: opt.Level}.level()
	if err != nil {
		return nil, err
	}
	facts, err := in.check(opt.Workers)
	if err != nil {
		return nil, err
	}
	if err := x.check(len(in.Time)); err != nil {
		return nil, err
	}
	if opt.State < 0 || opt.State > in.states() {
		return nil, fault.Usagef("bad_state", "there is no state %d", opt.State)
	}
	if _, err := checkStrata(opt.Stratum, opt.Strata, len(in.Time)); err != nil {
		return nil, err
	}
	g, err := newGrid(&in, facts, 1)
	if err != nil {
		return nil, err
	}
	d := newCoxData(&in, g, x, opt.State, opt.Stratum, opt.Strata)
	fit := &CoxFit{
		Ties: opt.Ties, Rows: d.n, Events: d.events, Level: level, Robust: opt.Robust || in.Cluster != nil || facts.fractions,
		Means: d.mean, data: d, LogLikelihood: math.NaN(), NullLogLikelihood: math.NaN(),
	}
	if d.events == 0 {
		return nil, fault.Dataf("no_events", "", "event", "no row ends in the event, so no hazard can be modelled")
	}
	fit.fit(x)
	return fit, nil
}

func (x Covariates) check(n int) error {
	if len(x.Columns) == 0 || len(x.Names) != len(x.Columns) || x.Terms != nil && len(x.Terms) != len(x.Columns) {
		return fault.Usagef("no_covariates", "a regression needs covariates, each with a name")
	}
	for j, c := range x.Columns {
		if len(c) != n {
			return fault.Dataf("bad_length", "", x.Names[j], "%d rows of `%s` for %d of time; they must be as many", len(c), x.Names[j], n)
		}
		bad, first := 0, 0
		for i, v := range c {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				if bad++; bad == 1 {
					first = i + 1
				}
			}
		}
		if bad > 0 {
			return fault.Dataf("missing_covariate", "", x.Names[j], "`%s` is missing in %d rows; leave those rows out or fill them in", x.Names[j], bad).At(int64(first))
		}
	}
	return nil
}

func (f *CoxFit) fit(x Covariates) {
	var robust func() []float64
	if f.Robust {
		robust = f.sandwich
	}
	f.fitWith(x, func(beta []float64) evaluation { return f.data.evaluate(beta, f.Ties) }, robust)
}

// fitWith finds the columns that can be fitted, maximises the likelihood over them and fills the fit in. robust makes the
// sandwich from f.beta and f.info; nil: none is wanted.
func (f *CoxFit) fitWith(x Covariates, evaluate func([]float64) evaluation, robust func() []float64) {
	d := f.data
	null := evaluate(make([]float64, d.p))
	f.NullLogLikelihood = null.value
	kept := d.keep(null.info)
	for j, name := range x.Names {
		f.Coefficients = append(f.Coefficients, Coefficient{Term: name, Estimate: estimate.Missing(estimate.Singular), RobustStdError: math.NaN()})
		if !kept[j] {
			f.Warnings = append(f.Warnings, fault.Warnf("singular", "`%s` does not vary or follows from the other covariates; it was left out", name))
		}
	}
	if d.retain(kept) {
		null = evaluate(make([]float64, d.p))
	}
	if d.p == 0 {
		f.LogLikelihood, f.Converged = f.NullLogLikelihood, true
		f.fill(kept, nil, nil, nil)
		return
	}
	score, _ := quadratic(null.info, null.score)
	f.Score = newChi(score, d.p)
	m := newton(null, d.p, evaluate)
	f.beta, f.info, f.LogLikelihood, f.Iterations, f.Converged = m.beta, m.info, m.value, m.iterations, m.converged
	f.LikelihoodRatio = newChi(2*(f.LogLikelihood-f.NullLogLikelihood), d.p)
	v, ok := inverse(f.info, d.p)
	if !ok {
		f.Converged = false
		f.Warnings = append(f.Warnings, fault.Warnf("not_converged", "the regression did not converge: its information is singular where it stopped"))
		f.fill(kept, nil, nil, nil)
		return
	}
	var sandwich []float64
	wald := v
	if robust != nil {
		sandwich = robust()
		wald = sandwich
	}
	f.Wald = Chi{math.NaN(), d.p, math.NaN()}
	if w, ok := quadratic(wald, f.beta); ok {
		f.Wald = newChi(w, d.p)
	}
	f.fill(kept, v, sandwich, m.infinite)
	f.warn(x, kept, m.infinite)
}

// fill writes coefficients and covariances on the original scale of all columns.
func (f *CoxFit) fill(kept []bool, v, robust []float64, infinite []bool) {
	d := f.data
	P := len(kept)
	spread := func(m []float64) [][]float64 {
		out := make([][]float64, P)
		a := 0
		for i := range P {
			out[i] = make([]float64, P)
			b := 0
			for j := range P {
				out[i][j] = math.NaN()
				if m != nil && kept[i] && kept[j] {
					out[i][j] = m[a*d.p+b] / (d.scale[i] * d.scale[j])
				}
				if kept[j] {
					b++
				}
			}
			if kept[i] {
				a++
			}
		}
		return out
	}
	f.Covariance = spread(v)
	if robust != nil {
		f.RobustCov = spread(robust)
	}
	a := 0
	for j := range P {
		if !kept[j] {
			continue
		}
		c := &f.Coefficients[j]
		switch {
		case v == nil || infinite[a]:
			c.Estimate = estimate.Missing(estimate.NotConverged)
		default:
			se := math.Sqrt(f.Covariance[j][j])
			c.Estimate = estimate.Normal(f.beta[a]/d.scale[j], se, f.Level)
			if robust != nil {
				c.RobustStdError = math.Sqrt(f.RobustCov[j][j])
				c.Estimate = estimate.Normal(f.beta[a]/d.scale[j], c.RobustStdError, f.Level)
				c.StdError = se
			}
		}
		a++
	}
}

func (f *CoxFit) warn(x Covariates, kept, infinite []bool) {
	some := false
	a := 0
	for j, k := range kept {
		if !k {
			continue
		}
		if infinite[a] {
			some = true
			f.Warnings = append(f.Warnings, fault.Warnf("infinite", "the coefficient of `%s` runs off to infinity: no row with the event, or every one, has it; it is not reported", x.Names[j]))
		}
		a++
	}
	if !f.Converged && !some {
		f.Warnings = append(f.Warnings, fault.Warnf("not_converged", "the regression did not converge in %d steps; do not use its coefficients", f.Iterations))
	}
}

// String is a line for messages and tests.
func (c Coefficient) String() string {
	return fmt.Sprintf("%s %.6g (%.6g)", c.Term, c.Estimate.Estimate, c.StdError)
}
