package analysis

import (
	"slices"
	"strings"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
)

// called tells whether a name of a study means a column: its own name, or the factor that it is a level of.
func called(column, name string) bool {
	factor, _, level := strings.Cut(column, "=")
	return column == name || level && factor == name
}

// columnsNamed are the columns of the cell that the names mean, as indices into x, in the order of x. Columns that do not
// vary in the cell are not there.
func (c *cell) columnsNamed(names []string) []int {
	var out []int
	for j, column := range c.names {
		if slices.ContainsFunc(names, func(n string) bool { return called(column, n) }) {
			out = append(out, j)
		}
	}
	return out
}

// design is the columns that a method uses, with their names: those of its `covariates`, or all.
func (c *cell) design(m Method) ([][]float64, []string) {
	if len(m.Covariates) == 0 {
		return c.x, c.names
	}
	return c.pick(m.Covariates)
}

func (c *cell) pick(named []string) (x [][]float64, names []string) {
	for _, j := range c.columnsNamed(named) {
		x, names = append(x, c.x[j]), append(names, c.names[j])
	}
	return x, names
}

// codes numbers the values of a column in order of first appearance.
func codes32(x []float64) []int32 {
	index := map[float64]int32{}
	out := make([]int32, len(x))
	for i, v := range x {
		k, ok := index[v]
		if !ok {
			k = int32(len(index))
			index[v] = k
		}
		out[i] = k
	}
	return out
}

// cellsWith are the strata, crossed with the values of the named columns.
func (c *cell) cellsWith(names []string) []int32 {
	if len(names) == 0 {
		return c.stratum
	}
	columns := [][]int32{c.stratum}
	for _, j := range c.columnsNamed(names) {
		columns = append(columns, codes32(c.x[j]))
	}
	return matching.CellsOf(columns, len(c.treated), nil)
}

// checkMethods refuses names in methods, those of a registry among them, that no covariate of the study has, or of a rival set.
func (r *runner) checkMethods() error {
	if err := namesIn(r.study.allMethods(), r.trials.Rows.Covariates, "the study"); err != nil {
		return err
	}
	if r.study.Robustness == nil {
		return nil
	}
	for i, set := range r.study.Robustness.Covariates {
		v, err := r.study.rival(0, i+1)
		if err != nil {
			return err
		}
		d, err := (&runner{study: v, reg: r.reg, cat: r.cat}).compile()
		if err != nil {
			return err
		}
		covariates, err := d.Chosen(r.reg)
		if err != nil {
			return err
		}
		if err := namesIn(v.Methods, covariates, "`"+set.ID+"` of `robustness.covariates`"); err != nil {
			return err
		}
	}
	return nil
}

// namesIn refuses names in methods that none of some covariates has.
func namesIn(methods []Method, covariates []cohort.Covariate, of string) error {
	known := []string{startDay}
	for _, v := range covariates {
		if v.BeforeEpisode {
			continue
		}
		known = append(known, v.Name)
		if factor, _, level := strings.Cut(v.Name, "="); level && !slices.Contains(known, factor) {
			known = append(known, factor)
		}
	}
	for _, m := range methods {
		lists := map[string][]string{"covariates": m.Covariates, "exact": m.Exact, "anti_exact": m.AntiExact}
		for name := range m.CovariateCaliper {
			lists["covariate_caliper"] = append(lists["covariate_caliper"], name)
		}
		if m.onDistance() && !slices.Contains(append([]string{linearLogit, "logit", "probit"}, metrics...), m.Distance) {
			lists["distance"] = []string{m.Distance}
		}
		for _, key := range []string{"covariates", "exact", "anti_exact", "covariate_caliper", "distance"} {
			for _, name := range slices.Sorted(slices.Values(lists[key])) {
				if !slices.Contains(known, name) {
					return fault.Usagef("bad_study", "`%s` of %s names `%s`, which is no covariate of %s%s; the balance table lists those of the study", key, m.ID, name, of, fault.Suggest(name, known))
				}
			}
		}
	}
	return nil
}
