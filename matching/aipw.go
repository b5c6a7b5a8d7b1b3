package matching

import (
	"math"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/internal/regression"
)

// AIPWOptions are the choices of NewAIPW; the zero value is the ATT with 5 folds.
type AIPWOptions struct {
	Estimand Estimand // ATT, ATC or ATE
	Folds    int      // 0: 5
	Link     regression.Link
	Key      []uint64 // rows with the same key are in the same fold, such as those of a person; nil: the row number
	Seed     uint64   // of the folds
	Names    []string // names of the columns, for messages
	Clip     float64  // cross-fitted scores are at most one less this for the att and the ate, at least this for the atc; 0: as they are
	Workers  int      // 0: one a processor; the result does not depend on it
}

// AIPW is augmented inverse-probability weighting with cross-fitting: scores and outcome regressions of a row come from the
// other folds.
type AIPW struct {
	Treated []bool
	Weight  []float64 // base times the function of the cross-fitted score, as PropensityWeights has it
	Score   []float64 // cross-fitted
	Clipped int       // rows whose score was beyond Clip and that have one of its limits

	x       [][]float64
	base    []float64
	fold    []int32
	opt     AIPWOptions
	normals [2][]*regression.Normal // by group and fold, for outcomes that all rows have
}

// NewAIPW assigns folds and fits the scores. A fold in whose complement the groups separate uses the penalised logit.
func NewAIPW(x [][]float64, treated []bool, base []float64, opt AIPWOptions) (*AIPW, error) {
	if opt.Estimand > ATE {
		return nil, fault.Usagef("bad_flag", "augmented weighting estimates the att, atc or ate, not the %s", opt.Estimand)
	}
	if err := checkDesign(x, treated, base, opt.Names); err != nil {
		return nil, err
	}
	if opt.Folds == 0 {
		opt.Folds = 5
	}
	n := len(treated)
	a := &AIPW{Treated: treated, Weight: make([]float64, n), Score: make([]float64, n), x: x, base: base, fold: make([]int32, n), opt: opt}
	hash := random.NewKeyed(opt.Seed, "aipw folds")
	for i := range a.fold {
		k := uint64(i)
		if opt.Key != nil {
			k = opt.Key[i]
		}
		a.fold[i] = int32(hash.Uint64(k, 0) % uint64(opt.Folds))
	}
	y, w := make([]float64, n), make([]float64, n)
	for i, t := range treated {
		y[i] = float64(group(t))
	}
	for f := range opt.Folds {
		for i := range w {
			if w[i] = a.baseOf(i); int(a.fold[i]) == f {
				w[i] = 0
			}
		}
		logit := regression.LogitOptions{Link: opt.Link, Names: opt.Names, Workers: opt.Workers}
		fit, err := regression.Logit(x, y, w, logit)
		if fault.CodeOf(err) == "separation" && opt.Link == regression.LogitLink {
			logit.Penalised = true
			fit, err = regression.Logit(x, y, w, logit)
		}
		if err != nil {
			return nil, err
		}
		for i := range w {
			if int(a.fold[i]) == f {
				a.Score[i] = fit.Fitted[i]
			}
		}
	}
	for i, p := range a.Score {
		limited := min(p, 1-opt.Clip)
		if opt.Estimand == ATC {
			limited = max(p, opt.Clip)
		}
		if limited != p {
			p, a.Score[i] = limited, limited
			a.Clipped++
		}
		v, _ := scoreWeight(opt.Estimand, p, treated[i])
		if a.Weight[i] = v * a.baseOf(i); a.Weight[i]-a.Weight[i] != 0 {
			return nil, fault.Dataf("no_overlap", "", "", "the score of row %d is %g, which gives it no finite weight; restrict to common support", i+1, p).At(int64(i + 1))
		}
	}
	for g := range 2 {
		if !a.needs(g) {
			continue
		}
		for f := range opt.Folds {
			d, err := a.normal(g, f, nil)
			if err != nil {
				return nil, err
			}
			a.normals[g] = append(a.normals[g], d)
		}
	}
	return a, nil
}

// needs tells whether the regression in a group is used.
func (a *AIPW) needs(g int) bool {
	return a.opt.Estimand == ATE || g == group(a.opt.Estimand == ATC)
}

// normal factorises the regression in group g without fold f.
func (a *AIPW) normal(g, f int, obs []float64) (*regression.Normal, error) {
	w := make([]float64, len(a.Treated))
	for i := range w {
		if group(a.Treated[i]) == g && int(a.fold[i]) != f {
			w[i] = a.baseOf(i)
			if obs != nil {
				w[i] *= obs[i]
			}
		}
	}
	return regression.NewNormal(a.x, len(w), w, regression.Options{Names: a.opt.Names, Workers: a.opt.Workers})
}

func (a *AIPW) baseOf(i int) float64 {
	if a.base == nil {
		return 1
	}
	return a.base[i]
}

// Effect is, with m_g the regressions of the outcome on x in group g and w the weights,
//
//	ATT   mean_T(y − m₀) − Σ_C w(y − m₀)/Σ_C w,   w = base·p/(1−p)
//	ATE   mean(m₁ − m₀) + Σ_T w(y − m₁)/Σ_T w − Σ_C w(y − m₀)/Σ_C w
//
// (Robins, Rotnitzky and Zhao 1994, JASA 89:846; cross-fitted as in Chernozhukov et al. 2018, Econometrics Journal 21:C1.)
// It is right where the score or the regressions are. The influence of a row is its term less the mean of the terms, divided
// by the sum of weights; the fits add nothing in the limit. obs are weights of observation, 0 where y is missing, held
// fixed; cluster as in Matched.ATT.
func (a *AIPW) Effect(y, obs []float64, cluster []int32, clusters int) (Effect, error) {
	e, _, err := a.Influence(y, obs, cluster, clusters)
	return e, err
}

// Influence is Effect with the influence of each row; nil where there is no estimate.
func (a *AIPW) Influence(y, obs []float64, cluster []int32, clusters int) (Effect, []float64, error) {
	h, why := newHajek(y, obs, a.Weight, a.Treated)
	if why != "" {
		return missingEffect(why), nil, nil
	}
	n := len(y)
	var fitted [2][]float64
	for g := range 2 {
		if !a.needs(g) {
			continue
		}
		m, err := a.regress(g, y, obs)
		if err != nil {
			return Effect{}, nil, err
		}
		fitted[g] = m
	}
	psi := make([]float64, n)
	estimate := 0.
	// add is a weighted mean of value with its influence.
	add := func(sign float64, weight func(i int) float64, value func(i int) float64) {
		total, sum := 0., 0.
		for i := range n {
			if w := weight(i); w != 0 {
				total += w
				sum += w * value(i)
			}
		}
		mean := sum / total
		estimate += sign * mean
		for i := range n {
			if w := weight(i); w != 0 {
				psi[i] += sign * w * (value(i) - mean) / total
			}
		}
	}
	of := func(g int) func(i int) float64 { // rows of a group, with their weights
		return func(i int) float64 {
			if group(a.Treated[i]) != g {
				return 0
			}
			return h.v(i)
		}
	}
	residual := func(g int) func(i int) float64 { return func(i int) float64 { return y[i] - fitted[g][i] } }
	switch a.opt.Estimand {
	case ATT:
		add(1, of(1), residual(0))
		add(-1, of(0), residual(0))
	case ATC:
		add(1, of(1), residual(1))
		add(-1, of(0), residual(1))
	default:
		add(1, a.baseOf, func(i int) float64 { return fitted[1][i] - fitted[0][i] })
		add(1, of(1), residual(1))
		add(-1, of(0), residual(0))
	}
	e := h.effect(psi, cluster, clusters, "aipw", &floatPool)
	// The means shown are of the target group: what was seen of it, and the estimate.
	e.Estimate = estimate
	switch a.opt.Estimand {
	case ATC:
		e.MeanTreated = e.MeanComparison + estimate
	default:
		e.MeanComparison = e.MeanTreated - estimate
	}
	if math.IsNaN(estimate) {
		e.StdError = math.NaN()
	}
	return e, psi, nil
}

// regress is the cross-fitted regression of the outcome on x in group g, for all rows.
func (a *AIPW) regress(g int, y, obs []float64) ([]float64, error) {
	n := len(y)
	out := make([]float64, n)
	outcome := make([]float64, n)
	for i, v := range y {
		if v == v {
			outcome[i] = v
		}
	}
	for f := range a.opt.Folds {
		d := (*regression.Normal)(nil)
		if obs == nil {
			d = a.normals[g][f]
		} else {
			var err error
			if d, err = a.normal(g, f, obs); err != nil {
				return nil, err
			}
		}
		fit, err := d.Fit(outcome)
		if err != nil {
			return nil, err
		}
		for i := range out {
			if int(a.fold[i]) == f {
				out[i] = fit.Fitted[i]
			}
		}
	}
	return out, nil
}
