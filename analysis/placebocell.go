package analysis

import (
	"tiltakseffekt/analysis/cohort"
)

// conditioning is which covariates a placebo is fitted with.
type conditioning string

const (
	// earlier keeps what was known before the window began: nothing that looks at the window or at a later month, and
	// nothing that the registration decided later.
	earlier conditioning = "before"
	// around leaves out what looks at a month of the window and keeps what looks at earlier and at later months.
	around conditioning = "around"
)

// admits tells whether a covariate may stand in the fit of a placebo on the mean of an outcome over a window; the outcome of a
// month looks at span months, so that the window begins so much earlier.
func (by conditioning) admits(v *cohort.Covariate, w cohort.Window, span int) bool {
	w.From += span - 1
	if by == around {
		return w.Around(v)
	}
	return w.After(v)
}

// placeboCell is the rows of c where the window is known, with the covariates that it admits. Strata stay as they are:
// eligibility, calendar month and elapsed duration are the trial itself, in both arms. at are the rows of c; where an arm
// of a stratum has gone its comparison rows go too.
func (c *cell) placeboCell(rows *cohort.Rows, w cohort.Window, by conditioning, span int, known []bool) (out *cell, at []int32) {
	occupied := map[int32]bool{}
	for i, s := range c.stratum {
		if known[i] && c.treated[i] {
			occupied[s] = true
		}
	}
	out = &cell{trial: c.trial}
	last := int32(-1)
	for i := range c.row {
		if !known[i] || !c.treated[i] && !occupied[c.stratum[i]] {
			continue
		}
		if c.person[i] != last {
			out.persons++
			last = c.person[i]
		}
		at = append(at, int32(i))
		out.row = append(out.row, c.row[i])
		out.start = append(out.start, c.start[i])
		out.treated = append(out.treated, c.treated[i])
		out.weight = append(out.weight, c.weight[i])
		out.stratum = append(out.stratum, c.stratum[i])
		out.person = append(out.person, int32(out.persons-1))
		out.key = append(out.key, c.key[i])
		out.day = append(out.day, c.day[i])
		if c.treated[i] {
			out.nTreated++
		} else {
			out.nComparison++
		}
	}
	out.personsTreated = out.countPersons(func(i int) bool { return out.treated[i] })
	out.personsComparison = out.countPersons(func(i int) bool { return !out.treated[i] })
	out.summedBy(c.by, rows.Person)
	pick := func(column []float64) ([]float64, bool) {
		x := make([]float64, len(at))
		varies := false
		for j, i := range at {
			x[j] = column[i]
			varies = varies || x[j] != x[0]
		}
		return x, varies
	}
	for j, k := range c.covariates {
		if k >= 0 && !by.admits(&rows.Covariates[k], w, span) {
			continue
		}
		if x, varies := pick(c.x[j]); varies {
			out.add(c.names[j], k, x)
		}
	}
	for j, k := range c.beforeCovariates {
		if !by.admits(&rows.Covariates[k], w, span) {
			continue
		}
		if x, varies := pick(c.before[j]); varies {
			out.before, out.beforeCovariates = append(out.before, x), append(out.beforeCovariates, k)
			out.add(rows.Covariates[k].Name, k, x)
		}
	}
	return out, at
}
