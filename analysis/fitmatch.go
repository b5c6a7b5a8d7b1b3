package analysis

import (
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// extractWeight is the weight of each row's person in the extract; nil where the extract has none. The rate at which
// comparison rows were sampled is not in it: all comparison rows of a stratum have the same.
func (r *runner) extractWeight(c *cell) []float64 {
	if r.reg.Persons.Weight == nil {
		return nil
	}
	w := make([]float64, len(c.row))
	for i, row := range c.row {
		w[i] = r.reg.Persons.Weight[r.trials.Rows.Person[row]]
	}
	return w
}

// distance is what a method matches on, with its score (nil for a covariate) and the diagnostics of it.
func (r *runner) distance(c *cell, m Method) (d []float64, fit *regression.Fit, notes []results.Diagnostic, why estimate.Reason, err error) {
	if !slices.Contains([]string{linearLogit, "logit", "probit"}, m.Distance) && !m.between() {
		at := c.columnsNamed([]string{m.Distance})
		if len(at) == 0 {
			return nil, nil, nil, estimate.NoOverlap, nil // the same in every row
		}
		return c.x[at[0]], nil, nil, "", nil
	}
	if m.between() && m.Caliper <= 0 && m.Discard == "" && m.Order != "largest" && m.Order != "smallest" {
		return nil, nil, nil, "", nil
	}
	fit, err = c.scoreFor(m)
	if why, err = usable(fit, err); err != nil || why != "" {
		return nil, nil, nil, why, err
	}
	d = fit.Linear
	if m.Distance == "logit" || m.Distance == "probit" {
		d = fit.Fitted
	}
	return d, fit, scoreDiagnostics(c, fit), "", nil
}

// leave are the rows outside the common support that the method asks for; nil: none.
func (c *cell) leave(m Method, d []float64) []bool {
	var rule matching.Discard
	if m.Discard == "" || d == nil {
		return nil
	}
	_ = rule.UnmarshalText([]byte(m.Discard))
	return matching.CommonSupport(d, c.treated, rule)
}

// fitPairs is nearest-neighbour and optimal matching inside the strata. Without replacement the error is that of pair and
// person; where a row may serve several, the influence is summed by person (see matching.Reuse).
func (r *runner) fitPairs(c *cell, m Method) (fitted, estimate.Reason, error) {
	d, _, notes, why, err := r.distance(c, m)
	if err != nil || why != "" {
		return nil, why, err
	}
	in := matching.NearestInput{Score: d, Treated: c.treated, Stratum: c.cellsWith(m.Exact), Unit: c.person, Key: c.key, Leave: c.leave(m, d)}
	base := r.extractWeight(c)
	var matched *matching.Matched
	if m.Name == optimal {
		if base != nil {
			return nil, "", fault.Usagef("not_served", "`methods` names optimal, which does not take the sampling weights of `person.vekt`: a pair has one weight; use nearest or full, or drop the column in the mapping")
		}
		in.Unit = nil // nobody has a row of their own in the stratum: a comparison row starts nothing in its month
		opt := matching.OptimalOptions{Ratio: m.Ratio, Seed: *r.study.Seed, Workers: 1}
		if m.Caliper > 0 {
			opt.Caliper = float64(m.Caliper)
			if m.CaliperUnit == "raw" {
				opt.Unit = matching.CaliperRaw
			}
		}
		matched, err = matching.Optimal(in, opt)
	} else {
		opt := matching.NearestOptions{Estimand: m.estimand(), Ratio: m.Ratio, Replace: m.Replace, ReuseMax: m.ReuseMax, PersonMax: m.PersonMax,
			Amounts: base != nil, Seed: *r.study.Seed, Workers: 1}
		_ = opt.Order.UnmarshalText([]byte(m.Order))
		if m.Caliper > 0 {
			opt.Caliper = float64(m.Caliper)
		}
		if m.CaliperUnit != "" {
			_ = opt.CaliperUnit.UnmarshalText([]byte(m.CaliperUnit))
		}
		if why, err := c.conditions(m, &in); err != nil || why != "" {
			return nil, why, err
		}
		switch { // the weight of the rows that choose
		case m.estimand() == matching.ATC:
			in.Base = c.weight
		case base != nil:
			in.Base = base
		case m.reuses(): // both arms are to weigh the same
			in.Base = ones(len(c.treated))
		}
		matched, err = matching.Nearest(in, opt)
	}
	if err != nil {
		if fault.CodeOf(err) == "not_served" {
			return nil, "", err
		}
		why, err := refused(err, estimate.NoOverlap)
		return nil, why, err
	}
	if m.Caliper > 0 {
		unit := "units of the linear predictor"
		if m.Distance != linearLogit && !m.between() {
			unit = "units of the distance"
		}
		notes = append(notes, results.Diagnostic{Name: "caliper", Value: matched.CaliperAbsolute, Text: unit})
	}
	on := known(c, matched.Weight, func(y []float64) matching.Effect { return matched.ATT(y, nil, c.cluster, c.clusters) })
	x, _ := c.design(m)
	switch {
	case matched.MatchedTreated < minTreated:
		return nil, estimate.NoOverlap, nil
	case m.reuses() || m.estimand() == matching.ATC:
		if !m.BiasAdjust && !m.between() {
			x = matching.MatchedOn(d)
		}
		reuse, err := matching.NewReuse(matched.Weight, c.treated, x, matching.ReuseOptions{Estimand: m.estimand(), BiasAdjust: m.BiasAdjust, Workers: 1})
		if err != nil {
			why, err := refused(err, estimate.Singular)
			return nil, why, err
		}
		on = func(y, psi []float64) matching.Effect { return reuse.Influence(y, c.unit, c.units, psi) }
	case m.Adjust != "":
		if base != nil {
			return nil, "", fault.Usagef("not_served", "`adjust: regression` of %s does not take the sampling weights of `person.vekt`; leave it out, or use `replace: true` with `bias_adjust: true`", m.ID)
		}
		adjusted, err := matched.WithRegression(x, 1)
		if err != nil {
			why, err := refused(err, estimate.Singular)
			return nil, why, err
		}
		on = known(c, matched.Weight, func(y []float64) matching.Effect { return adjusted.ATT(y, nil, c.cluster, c.clusters) })
	}
	f, why, err := r.newDesignFit(c, m, matched.Weight, on, notes)
	if f, ok := f.(*designFit); ok && matched.Subclass != nil && m.Ratio <= 1 {
		f.pairs = matched
	}
	return f, why, err
}

func ones(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	return w
}

// conditions fills in what pairs must meet besides the caliper on the score, and the points of a distance between covariates.
func (c *cell) conditions(m Method, in *matching.NearestInput) (estimate.Reason, error) {
	for name, most := range m.CovariateCaliper {
		for _, j := range c.columnsNamed([]string{name}) {
			in.Calipers = append(in.Calipers, matching.CovariateCaliper{Values: c.x[j], Max: most})
		}
	}
	for _, name := range m.AntiExact { // a factor differs where any of its levels does
		var levels [][]int32
		for _, j := range c.columnsNamed([]string{name}) {
			levels = append(levels, codes32(c.x[j]))
		}
		if levels != nil {
			in.AntiExact = append(in.AntiExact, matching.CellsOf(levels, len(c.treated), nil))
		}
	}
	if !m.between() {
		return "", nil
	}
	var metric matching.Metric
	for _, k := range []matching.Metric{matching.Mahalanobis, matching.RobustMahalanobis, matching.ScaledEuclidean, matching.Euclidean} {
		if k.String() == m.Distance {
			metric = k
		}
	}
	x, _ := c.design(m)
	var err error
	if in.Points, err = matching.Whiten(x, c.treated, metric); err != nil {
		return refused(err, estimate.Singular)
	}
	return "", nil
}

// fitRadius compares each treated row with all in reach inside its stratum.
func (r *runner) fitRadius(c *cell, m Method) (fitted, estimate.Reason, error) {
	d, _, notes, why, err := r.distance(c, m)
	if err != nil || why != "" {
		return nil, why, err
	}
	opt := matching.RadiusOptions{Estimand: m.estimand(), Radius: m.Radius}
	_ = opt.Kernel.UnmarshalText([]byte(m.Kernel))
	if m.CaliperUnit != "" {
		_ = opt.Unit.UnmarshalText([]byte(m.CaliperUnit))
	}
	base := r.extractWeight(c)
	if opt.Estimand == matching.ATC {
		base = c.weight // the comparison rows are a sample of the rows that the estimand is about
	}
	weight, err := matching.RadiusWeights(matching.RadiusInput{Score: d, Treated: c.treated, Stratum: c.cellsWith(m.Exact), Leave: c.leave(m, d)}, base, opt)
	if err != nil {
		why, err := refused(err, estimate.NoOverlap)
		return nil, why, err
	}
	x := matching.MatchedOn(d)
	if m.BiasAdjust {
		x, _ = c.design(m)
	}
	reuse, err := matching.NewReuse(weight, c.treated, x, matching.ReuseOptions{Estimand: opt.Estimand, BiasAdjust: m.BiasAdjust, Workers: 1})
	if err != nil {
		why, err := refused(err, estimate.Singular)
		return nil, why, err
	}
	return r.newDesignFit(c, m, weight, func(y, psi []float64) matching.Effect { return reuse.Influence(y, c.unit, c.units, psi) }, notes)
}
