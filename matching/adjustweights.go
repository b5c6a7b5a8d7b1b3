package matching

import (
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// exactWithWeights and discardWithWeights say what to do instead.
func exactWithWeights(method string) error {
	return fault.Usagef("bad_flag", "`--exact` goes with matching and cells; with `--method %s` name the columns in `--covariates` as factors (COL:factor), which balances them", method)
}

func discardWithWeights(method string) error {
	return fault.Usagef("bad_flag", "`--method %s` uses no fitted score that `--discard` could go by; leave it out, or use `--method ipw` or matching", method)
}

func (r *Report) weighting(d *Data) (adjusted, error) {
	s := r.Spec
	if r.Score == nil {
		return nil, fault.Usagef("bad_flag", "`--method %s` needs a fitted score: `--distance logit` or `probit`", s.Method)
	}
	if d.Stratum != nil {
		return nil, exactWithWeights(s.Method)
	}
	w, err := PropensityWeights(r.Score, d.X, d.Treated, d.Base, WeightOptions{Estimand: s.Estimand, Leave: r.leave, Workers: s.Workers})
	if err != nil {
		return nil, err
	}
	return propensityAdjusted{w}, nil
}

func (r *Report) entropy(d *Data) (adjusted, error) {
	s := r.Spec
	if d.Stratum != nil {
		return nil, exactWithWeights(s.Method)
	}
	if s.Discard != DiscardNone {
		return nil, discardWithWeights(s.Method)
	}
	x, names := Expand(d.X, d.Names, s.Moments, s.Products)
	b, err := EntropyBalance(x, d.Treated, d.Base, EntropyOptions{Estimand: s.Estimand, Names: names, Workers: s.Workers})
	if err != nil {
		return nil, err
	}
	if !b.Converged {
		r.Warnings = append(r.Warnings, fault.Warnf("not_converged", "entropy balancing stopped at an imbalance of %.2g standard deviations after %d iterations", b.Imbalance, b.Iterations))
	}
	return balancedRows{b}, nil
}

func (r *Report) radius(d *Data) (adjusted, error) {
	s := r.Spec
	_, spatial := metricOf(s.Distance)
	var kernel Kernel
	if err := kernel.UnmarshalText([]byte(s.Kernel)); err != nil {
		return nil, err
	}
	if spatial {
		return nil, fault.Usagef("bad_flag", "`--method radius` goes by a score; use `--distance logit`, `linear-logit`, `probit` or a column")
	}
	radius := s.Radius
	if radius == 0 {
		radius = s.Nearest.Caliper
	}
	if radius == 0 {
		return nil, fault.Usagef("bad_flag", "`--method radius` needs `--radius`")
	}
	in := RadiusInput{Score: r.Distance, Treated: d.Treated, Stratum: d.Stratum, Leave: r.leave, Unit: d.Unit, Z: d.X}
	opt := RadiusOptions{Estimand: s.Estimand, Radius: radius, Unit: s.Nearest.CaliperUnit, Kernel: kernel, BiasAdjust: s.BiasAdjust}
	if d.Base != nil {
		w, err := RadiusWeights(in, d.Base, opt)
		if err != nil {
			return nil, err
		}
		x := d.X
		if !s.BiasAdjust {
			x = MatchedOn(r.Distance)
		}
		reuse, err := NewReuse(w, d.Treated, x, ReuseOptions{Estimand: s.Estimand, BiasAdjust: s.BiasAdjust})
		return &reuseRows{reuse, w}, err
	}
	t, err := Radius(in, opt)
	if err != nil {
		return nil, err
	}
	return &tiedRows{Tied: t, weight: t.Weight()}, nil
}

// covariateBalancing is the covariate-balancing score; for the ATT and the ATC it is entropy balancing.
func (r *Report) covariateBalancing(d *Data) (adjusted, error) {
	s := r.Spec
	switch {
	case s.Estimand == ATT || s.Estimand == ATC:
		return r.entropy(d)
	case s.Estimand != ATE:
		return nil, fault.Usagef("bad_flag", "`--method cbps` estimates the att, atc or ate, not the %s", s.Estimand)
	case d.Stratum != nil:
		return nil, exactWithWeights(s.Method)
	case s.Discard != DiscardNone:
		return nil, discardWithWeights(s.Method)
	}
	c, err := CBPS(d.X, d.Treated, d.Base, CBPSOptions{Names: d.Names, Workers: s.Workers})
	if err != nil {
		return nil, err
	}
	if !c.Converged {
		r.Warnings = append(r.Warnings, fault.Warnf("not_converged", "the covariate-balancing score stopped at an imbalance of %.2g standard deviations after %d iterations", c.Imbalance, c.Iterations))
	}
	return covariateBalancedRows{c}, nil
}

type covariateBalancedRows struct{ *CovariateBalanced }

func (c covariateBalancedRows) weights() []float64  { return c.Weight }
func (c covariateBalancedRows) subclasses() []int32 { return nil }
func (c covariateBalancedRows) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	switch stdError {
	case "auto", "m-estimation":
		return c.Effect(y, obs, d.Cluster, d.Clusters), nil
	case "robust":
		return WeightedDifference(c.Weight, c.Treated, y, obs, d.Cluster, d.Clusters), nil
	}
	return Effect{}, wrongError(stdError, "weighting", "auto, m-estimation and robust")
}

func (r *Report) augmented(d *Data) (adjusted, error) {
	s := r.Spec
	if d.Stratum != nil {
		return nil, exactWithWeights(s.Method)
	}
	if s.Discard != DiscardNone {
		return nil, discardWithWeights(s.Method)
	}
	opt := AIPWOptions{Estimand: s.Estimand, Key: d.Key, Seed: s.Seed, Names: d.Names, Workers: s.Workers}
	if s.Distance == "probit" {
		opt.Link = regression.ProbitLink
	}
	if d.Cluster != nil { // rows of a cluster stay in one fold
		opt.Key = make([]uint64, len(d.Cluster))
		for i, c := range d.Cluster {
			opt.Key[i] = uint64(c)
		}
	}
	a, err := NewAIPW(d.X, d.Treated, d.Base, opt)
	return augmentedRows{a}, err
}

type propensityAdjusted struct{ *PropensityWeighted }

func (w propensityAdjusted) weights() []float64  { return w.Weight }
func (w propensityAdjusted) subclasses() []int32 { return nil }
func (w propensityAdjusted) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	switch stdError {
	case "auto", "m-estimation":
		return w.Effect(y, obs, d.Cluster, d.Clusters), nil
	case "robust":
		return w.Known(y, obs, d.Cluster, d.Clusters), nil
	}
	return Effect{}, wrongError(stdError, "weighting", "auto, m-estimation and robust")
}

type balancedRows struct{ *Balanced }

func (b balancedRows) weights() []float64  { return b.Weight }
func (b balancedRows) subclasses() []int32 { return nil }
func (b balancedRows) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	switch stdError {
	case "auto", "m-estimation":
		return b.ATT(y, obs, d.Cluster, d.Clusters), nil
	case "robust":
		return WeightedDifference(b.Weight, b.Treated, y, obs, d.Cluster, d.Clusters), nil
	}
	return Effect{}, wrongError(stdError, "weighting", "auto, m-estimation and robust")
}

type augmentedRows struct{ *AIPW }

func (a augmentedRows) weights() []float64  { return a.Weight }
func (a augmentedRows) subclasses() []int32 { return nil }
func (a augmentedRows) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	if stdError != "auto" {
		return Effect{}, wrongError(stdError, "augmented weighting", "auto")
	}
	return a.Effect(y, obs, d.Cluster, d.Clusters)
}
