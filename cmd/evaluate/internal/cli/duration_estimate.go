package cli

import (
	"tiltakseffekt/analysis/duration"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// durationResult is what the command found, before it is printed.
type durationResult struct {
	flags     *durationFlags
	curves    []*duration.Curve
	contrasts []duration.Contrast
	states    []string // of the contrasts, "" for survival
	tests     []durationTest
	fit       *duration.CoxFit
	state     string // of the regression and the log-rank test; "" for any
	warnings  []fault.Warning
}

func (d *durations) estimate(opt duration.Options) (*durationResult, error) {
	f := d.flags
	r := &durationResult{flags: f, state: f.state}
	state, err := d.stateNumber()
	if err != nil {
		return nil, err
	}
	if f.curve == "cif" {
		r.curves, err = duration.AalenJohansen(d.in, opt)
	} else {
		r.curves, err = duration.KaplanMeierByGroup(d.in, opt)
	}
	if err != nil {
		return nil, err
	}
	r.followUp()
	if f.rmstDiff {
		each := len(r.curves) / max(1, len(d.in.Groups)) // curves a group
		for k := each; k < len(r.curves); k++ {
			r.contrasts = append(r.contrasts, duration.RestrictedContrast(r.curves[k], r.curves[k%each], f.rmst))
			r.states = append(r.states, r.curves[k].State)
		}
	}
	if err := d.test(r, state, opt.Workers); err != nil {
		return nil, err
	}
	if f.withCox || f.withFineGray {
		if err := d.regress(r, state, opt.Workers); err != nil {
			return nil, err
		}
	}
	r.warnings = append(d.warnings, r.warnings...)
	return r, nil
}

// followUp warns of times that were asked for and that nobody was followed to.
func (r *durationResult) followUp() {
	f := r.flags
	who := func(c *duration.Curve) string {
		if c.Group == "" {
			return ""
		}
		return c.Group + ": "
	}
	for k, c := range r.curves {
		if k > 0 && r.curves[k-1].Group == c.Group { // another state of the same group
			continue
		}
		if f.rmst > 0 && c.RestrictedMean(f.rmst).Reason == estimate.NoFollowUp {
			r.warnings = append(r.warnings, fault.Warnf("no_follow_up", "%sfollow-up ends at %v, before %v: no restricted mean is given", who(c), c.End(), f.rmst))
		}
		late := 0
		for _, p := range c.At(f.times) {
			if p.Reason == estimate.NoFollowUp {
				late++
			}
		}
		if late > 0 {
			r.warnings = append(r.warnings, fault.Warnf("no_follow_up", "%sfollow-up ends at %v: the curve is not known at the last %d times of `--at`", who(c), c.End(), late))
		}
	}
}

func (d *durations) test(r *durationResult, state, workers int) error {
	f := d.flags
	for _, name := range f.tests {
		opt := duration.TestOptions{Rho: f.rho, State: state, Stratum: d.stratum, Strata: len(d.strata), Workers: workers}
		if name == "logrank" {
			t, err := duration.LogRank(d.in, opt)
			if err != nil {
				return err
			}
			variance := "hypergeometric"
			if t.Robust {
				variance = "robust"
			}
			r.tests = append(r.tests, durationTest{Test: name, State: durationName(f.state), Statistic: number(t.Statistic), DF: t.DF, PValue: number(t.PValue), Variance: variance, Reason: t.Reason})
			continue
		}
		for s := range d.in.States {
			if state > 0 && s+1 != state {
				continue
			}
			opt.State = s + 1
			t, err := duration.Gray(d.in, opt)
			if err != nil {
				return err
			}
			r.tests = append(r.tests, durationTest{Test: name, State: durationName(t.State), Statistic: number(t.Statistic), DF: t.DF, PValue: number(t.PValue), Reason: t.Reason})
		}
	}
	return nil
}

// regress fits Cox or Fine–Gray on the rows that have all covariates, and tests the model.
func (d *durations) regress(r *durationResult, state, workers int) error {
	f := d.flags
	terms := f.coxTerms
	if f.withFineGray {
		terms = f.fineGrayTerms
	}
	x, rows, err := d.covariates(terms)
	if err != nil {
		return err
	}
	in, stratum := durationTake(d.in, d.stratum, rows)
	in.Group, in.Groups = nil, nil
	opt := duration.CoxOptions{Ties: f.tie, Level: f.level, State: state, Stratum: stratum, Strata: len(d.strata), Workers: workers}
	if f.withFineGray {
		if state == 0 && len(d.in.States) == 1 {
			opt.State = 1
		}
		if opt.State == 0 {
			return fault.Usagef("bad_flag", "`--fine-gray` needs `--state`: the state whose incidence it is about (%s)", durationAll(d.in.States))
		}
		r.state = d.in.States[opt.State-1]
		r.fit, err = duration.FineGray(in, x, opt)
	} else {
		r.fit, err = duration.Cox(in, x, opt)
	}
	if err != nil {
		return err
	}
	r.warnings = append(r.warnings, r.fit.Warnings...)
	add := func(test, term string, c duration.Chi, why estimate.Reason) {
		r.tests = append(r.tests, durationTest{Test: test, State: durationName(r.state), Term: durationName(term), Statistic: number(c.Statistic), DF: c.DF, PValue: number(c.PValue), Reason: why})
	}
	if !r.fit.Converged || r.fit.Wald.DF == 0 {
		return nil
	}
	if !f.withFineGray {
		add("likelihood_ratio", "", r.fit.LikelihoodRatio, "")
	}
	add("wald", "", r.fit.Wald, "")
	if f.withFineGray {
		return nil
	}
	add("score", "", r.fit.Score, "")
	checks, err := r.fit.Proportionality(x, duration.KaplanMeierScale)
	if err != nil {
		return err
	}
	for _, c := range checks {
		term := c.Term
		if term == "GLOBAL" {
			term = ""
		}
		add("proportional_hazards", term, c.Chi, c.Reason)
	}
	return nil
}
