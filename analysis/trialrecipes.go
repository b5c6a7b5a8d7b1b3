package analysis

import (
	"reflect"
	"slices"
	"strconv"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/design"
	"tiltakseffekt/matching"
)

// number is a figure as a flag takes it, with the digits that give it back.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// export writes weights, and pairs where there are, down. Nearest-neighbour matching as it is by default can be done again:
// it takes the score inside the strata, with the sampling weights in the score and the ties broken as in the study.
func (f *designFit) export(c *cell, r *runner, m Method) exported {
	level, weight := number(r.study.Inference.Level), "weight_"+m.ID
	x := exported{columns: []*datasets.Column{datasets.FloatColumn(weight, f.weight)}}
	given := Recipe{Method: m.ID, Command: "match", How: "given", Errors: knownWeights, Args: []string{"--treatment", "treated", "--method", "none", "--weights", weight}}
	if f.pairs != nil && f.pairs.Subclass != nil && m.Adjust == "" {
		x.columns = append(x.columns, pairColumn("pair_"+m.ID, f.pairs.Subclass))
		given.Args = append(given.Args, "--pair", "pair_"+m.ID)
		given.Errors = sameErrors
	}
	given.Args = append(given.Args, "--cluster", r.clusterColumn(), "--level", level)
	if m.asByDefault() && c.pooled == nil && r.reg.Persons.Weight == nil {
		x.recipes = append(x.recipes, Recipe{Method: m.ID, Command: "match", How: "again", Errors: sameErrors, Args: []string{"--treatment", "treated", "--method", "nearest", "--distance", "linear-logit",
			"--caliper", number(float64(m.Caliper)), "--exact", "stratum", "--id", "person_id", "--cluster", r.clusterColumn(), "--key", "tie", "--weights", "sample_weight", "--seed", strconv.FormatUint(*r.study.Seed, 10), "--level", level,
			"--covariates", design.JoinList(c.names)}})
	}
	if !m.BiasAdjust && m.Adjust == "" && m.Name != aipw { // what a regression took out is not in the weights
		x.recipes = append(x.recipes, given)
	}
	return x
}

// asByDefault tells whether the method is nearest-neighbour matching with no other option than a caliper.
func (m *Method) asByDefault() bool {
	plain := Method{Name: nearest, ID: m.ID, Distance: linearLogit, Caliper: m.Caliper, Order: "largest"}
	return m.Caliper > 0 && reflect.DeepEqual(*m, plain)
}

// export writes the weights down, those before balancing too: sampling weights, in the comparison scaled to the treated of
// each stratum.
func (f *balanceFit) export(c *cell, r *runner, m Method) exported {
	if m.Moments > 1 || m.Interactions || len(m.Covariates) > 0 || m.Name != ebal || m.estimand() != matching.ATT {
		return exported{columns: []*datasets.Column{datasets.FloatColumn("weight_"+m.ID, f.balanced.Weight)},
			recipes: []Recipe{{Method: m.ID, Command: "match", How: "given", Errors: knownWeights, Args: []string{"--treatment", "treated", "--method", "none", "--weights", "weight_" + m.ID,
				"--cluster", r.clusterColumn(), "--level", number(r.study.Inference.Level)}}}}
	}
	base := "base_weight_" + m.ID
	balanced := slices.DeleteFunc(slices.Clone(c.names), func(name string) bool { return slices.Contains(f.dropped, name) })
	level := number(r.study.Inference.Level)
	return exported{
		columns: []*datasets.Column{datasets.FloatColumn(base, c.designWeights(m.estimand())), datasets.FloatColumn("weight_"+m.ID, f.balanced.Weight)},
		recipes: []Recipe{
			{Method: m.ID, Command: "match", How: "again", Errors: sameErrors, Args: []string{"--treatment", "treated", "--method", "ebal", "--weights", base, "--cluster", r.clusterColumn(),
				"--level", level, "--covariates", design.JoinList(balanced)}},
			{Method: m.ID, Command: "match", How: "given", Errors: knownWeights, Args: []string{"--treatment", "treated", "--method", "none", "--weights", "weight_" + m.ID,
				"--cluster", r.clusterColumn(), "--level", level}},
		},
	}
}

// pairColumn is the pair of each row, null outside.
func pairColumn(name string, pairs []int32) *datasets.Column {
	c := datasets.IntColumn(name, make([]int64, len(pairs)))
	c.Null = make([]bool, len(pairs))
	for i, p := range pairs {
		if c.Null[i] = p < 0; p >= 0 {
			c.Ints[i] = int64(p)
		}
	}
	return c
}

// exportOutcome is what makes the difference-in-differences of one outcome again; nothing where it has no level before.
func (f *didFit) exportOutcome(c *cell, r *runner, def *outcome.Definition, m Method) exported {
	if _, ok := r.before[def]; !ok {
		return exported{}
	}
	o, ok := f.outcome(c, r, def).(*didOutcome)
	if !ok || o.why != "" {
		return exported{}
	}
	before, level := def.Spec.ID+"_base", number(r.study.Inference.Level)
	names := c.didNames(&r.trials.Rows)
	if o.matched == nil {
		return exported{recipes: []Recipe{{Method: m.ID, Command: "did", How: "again", Errors: sameErrors, Args: []string{"--treatment", "treated", "--before", before, "--method", m.DID,
			"--weights", "sample_weight", "--cluster", r.clusterColumn(), "--level", level, "--covariates", design.JoinList(names)}}}}
	}
	weight := "weight_" + m.ID + "_" + def.Spec.ID
	given := Recipe{Method: m.ID, Command: "match", How: "given", Errors: knownWeights, Args: []string{"--treatment", "treated", "--before", before, "--method", "none", "--weights", weight, "--cluster", r.clusterColumn(), "--level", level}}
	x := exported{columns: []*datasets.Column{datasets.FloatColumn(weight, o.matched.weight)}}
	again := Recipe{Method: m.ID, Command: "match", How: "again", Errors: sameErrors}
	switch {
	case o.matched.pair != nil:
		pair := "pair_" + m.ID + "_" + def.Spec.ID
		x.columns = append(x.columns, pairColumn(pair, o.matched.pair))
		given.Args, given.Errors = append(given.Args, "--pair", pair), sameErrors
		again.Args = []string{"--treatment", "treated", "--before", before, "--method", "nearest", "--distance", "linear-logit", "--caliper", number(float64(m.Caliper)), "--exact", "stratum", "--id", "person_id",
			"--cluster", r.clusterColumn(), "--key", "tie", "--weights", "sample_weight", "--seed", strconv.FormatUint(*r.study.Seed, 10), "--level", level, "--covariates", design.JoinList(names)}
	case o.matched.before != nil:
		base := "base_" + weight
		x.columns = append(x.columns, datasets.FloatColumn(base, o.matched.before))
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(o.matched.dropped, name) })
		again.Args = []string{"--treatment", "treated", "--before", before, "--method", "ebal", "--weights", base, "--cluster", r.clusterColumn(), "--level", level, "--covariates", design.JoinList(names)}
	default: // matched by the weights of an extract: a row may be in several pairs
		x.recipes = []Recipe{given}
		return x
	}
	x.recipes = []Recipe{again, given}
	return x
}

// didNames are the names of didColumns.
func (c *cell) didNames(rows *cohort.Rows) []string {
	var names []string
	for j, k := range c.covariates {
		if k < 0 || rows.Covariates[k].Latest == cohort.Fixed {
			names = append(names, c.names[j])
		}
	}
	for _, k := range c.beforeCovariates {
		names = append(names, rows.Covariates[k].Name)
	}
	return names
}
