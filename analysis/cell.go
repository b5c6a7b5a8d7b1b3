package analysis

import (
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/experiment"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/internal/regression"
)

// cell is the analysis rows of one tiltak × target group, as the arrays that the estimators take. Rows stand in the order
// of persons; all slices but x have one element a row.
type cell struct {
	trial   *cohort.Trial
	row     []int32 // index into Trials.Rows
	start   []int32 // participation of a treated row, −1 otherwise
	treated []bool
	weight  []float64 // sample weight
	stratum []int32
	person  []int32 // dense, from 0
	persons int
	key     []uint64 // stable, for ties
	day     []uint8

	names      []string
	covariates []int // index into Rows.Covariates of each column of x, −1 for the start day
	x          [][]float64
	before     [][]float64 // histories that end before the episode, for did

	beforeCovariates []int // index into Rows.Covariates of each column of before

	bothStart bool // the comparison starts too, another tiltak or variant: it waits for nothing that it could leave by

	nTreated, nComparison             int
	personsTreated, personsComparison int
	noCounterpart                     int // comparison rows left out, see support

	stays     map[int][]float64 // weights of staying by months ahead, see stay
	armOrigin []uint8           // arm × origin of each row, see complete

	clustering // what errors are summed by

	permuted map[bool]*experiment.Strata // with the covariates of the cell (false) and with none, see permute

	propensity    *regression.Fit // made once a cell, by score
	propensityErr error
	separated     []string     // columns that separate the groups
	weights       *weighing    // made once a cell, by weighing
	pooled        *tiltakScore // of `score: tiltak`; nil: the cell has its own
}

// startDay is the covariate that the trial adds: the day of the month, since fewer comparison rows reach a late day.
const startDay = "startdag"

// newCell gathers the rows of a tiltak that belong to group number g. Columns that do not vary are left out.
func newCell(t *cohort.Trials, trial *cohort.Trial, g int, seed uint64, by *places) *cell {
	at, weight := trial.Weights(&t.Rows, g)
	return newCellOf(t, trial, at, weight, seed, by)
}

// newCellOf gathers some rows of a tiltak, with their sample weights.
func newCellOf(t *cohort.Trials, trial *cohort.Trial, at []int32, weight []float64, seed uint64, by *places) *cell {
	c := &cell{trial: trial}
	at, weight, c.noCounterpart = support(t, trial, at, weight)
	keyed := random.NewKeyed(seed, "ties")
	last := int32(-1)
	for j, i := range at {
		row := trial.Row[i]
		person := t.Rows.Person[row]
		if person != last {
			c.persons++
			last = person
		}
		c.row = append(c.row, row)
		c.start = append(c.start, trial.Start[i])
		c.treated = append(c.treated, trial.Treated[i])
		c.weight = append(c.weight, weight[j])
		c.stratum = append(c.stratum, trial.Stratum[i])
		c.person = append(c.person, int32(c.persons-1))
		c.key = append(c.key, keyed.Uint64(uint64(person), uint64(t.Rows.Month[row])))
		c.day = append(c.day, trial.Day[i])
		if trial.Treated[i] {
			c.nTreated++
		} else {
			c.nComparison++
		}
	}
	c.personsTreated = c.countPersons(func(i int) bool { return c.treated[i] })
	c.personsComparison = c.countPersons(func(i int) bool { return !c.treated[i] })
	var column []float64
	for j := range t.Rows.Covariates {
		if column == nil {
			column = make([]float64, len(c.row))
		}
		t.Rows.X[j].Gather(c.row, column)
		if !slices.ContainsFunc(column, func(v float64) bool { return v != column[0] }) { // it does not vary
			continue
		}
		if t.Rows.Covariates[j].BeforeEpisode {
			c.before, c.beforeCovariates = append(c.before, column), append(c.beforeCovariates, j)
		} else {
			c.add(t.Rows.Covariates[j].Name, j, column)
		}
		column = nil
	}
	day := make([]float64, len(at))
	for i := range day {
		day[i] = float64(c.day[i]) / 31
	}
	c.add(startDay, -1, day)
	c.summedBy(by, t.Rows.Person)
	return c
}

// support leaves out the comparison rows that differ in a covariate which is the same for every treated row, such as a
// category that no treated row has: they have no counterpart, and with them the propensity score has no finite fit.
// Strata without a treated row have no comparison rows in a trial; in a group they may, and those rows go too.
func support(t *cohort.Trials, trial *cohort.Trial, at []int32, weight []float64) (kept []int32, keptWeight []float64, out int) {
	occupied := map[int32]bool{}
	rows, treated := make([]int32, len(at)), make([]int32, 0)
	for j, i := range at {
		rows[j] = trial.Row[i]
		if trial.Treated[i] {
			occupied[trial.Stratum[i]] = true
			treated = append(treated, rows[j])
		}
	}
	apart := make([]bool, len(at)) // of the comparison rows
	for j, i := range at {
		apart[j] = !trial.Treated[i] && !occupied[trial.Stratum[i]]
	}
	values := make([]float64, len(at))
	for j := range t.Rows.X {
		x := &t.Rows.X[j]
		if t.Rows.Covariates[j].BeforeEpisode || len(treated) == 0 {
			continue
		}
		own := values[:len(treated)]
		x.Gather(treated, own)
		same := own[0]
		if slices.ContainsFunc(own[1:], func(v float64) bool { return v != same }) {
			continue
		}
		x.Gather(rows, values)
		for k, i := range at {
			apart[k] = apart[k] || !trial.Treated[i] && values[k] != same
		}
	}
	kept, keptWeight = at[:0], weight[:0]
	for j, i := range at {
		if apart[j] {
			out++
			continue
		}
		kept, keptWeight = append(kept, i), append(keptWeight, weight[j])
	}
	return kept, keptWeight, out
}

func (c *cell) add(name string, covariate int, column []float64) {
	c.names = append(c.names, name)
	c.covariates = append(c.covariates, covariate)
	c.x = append(c.x, column)
}

// didColumns are the covariates of the difference-in-differences: what no month of the history moves, the start day, and the
// histories that end before the episode and its dip. Conditioning on the outcome just before the start would undo the choice
// of the base (Chabé-Ferret 2017).
func (c *cell) didColumns(rows *cohort.Rows) [][]float64 {
	var x [][]float64
	for j, k := range c.covariates {
		if k < 0 || rows.Covariates[k].Latest == cohort.Fixed {
			x = append(x, c.x[j])
		}
	}
	return append(x, c.before...)
}

// countPersons counts distinct persons among the rows that pass.
func (c *cell) countPersons(pass func(i int) bool) int {
	n, last := 0, int32(-1)
	for i, p := range c.person {
		if p != last && pass(i) {
			n++
			last = p
		}
	}
	return n
}

// follow is the outcome of every row at months 1…horizon after its own month: y[h−1][row], NaN where it is not known.
func (c *cell) follow(def *outcome.Definition, reg *register.Register, rows *cohort.Rows, horizon int) [][]float64 {
	y := make([][]float64, horizon)
	flat := make([]float64, horizon*len(c.row))
	for h := range y {
		y[h], flat = flat[:len(c.row):len(c.row)], flat[len(c.row):]
	}
	values := make([]float64, horizon)
	for i, row := range c.row {
		values = def.Follow(reg.Panel.History(rows.Person[row]), rows.Month[row], horizon, values)
		for h, v := range values {
			y[h][i] = v
		}
	}
	return y
}

// Months before the registration that make the base of the conditional difference-in-differences: the mean over months
// 7 to 18 before it, before the dip.
const baseFrom, baseTo = 18, 7

// base is the mean of the outcome over the twelve months of which the last comes `nearest` months before the registration
// (baseTo: the base of the estimates), by row; NaN where the panel does not hold all of them.
func (c *cell) base(def *outcome.Definition, reg *register.Register, rows *cohort.Rows, nearest int) []float64 {
	out := make([]float64, len(c.row))
	var values []float64
	const months = baseFrom - baseTo + 1
	for i, row := range c.row {
		last := rows.EpisodeStart[row].Month() - calendar.Month(nearest)
		values = def.Between(reg.Panel.History(rows.Person[row]), last-(months-1), months, values)
		sum := 0.
		for _, v := range values {
			sum += v
		}
		out[i] = sum / months
	}
	return out
}

// complete replaces what emigration hides, in place. Within an arm and group of origin, with observed share G (by sample
// weight) and observed mean c, a row becomes c + (y − c)/G where it is observed and c where it is not: the augmented
// inverse-probability-of-censoring estimate with the cell's mean as outcome model, whose mean is that of the observed,
// and whose spread carries the loss of information. Returned is the share of rows that were hidden; 1 where nothing is
// known in one arm, and then y is not touched.
func (c *cell) complete(y []float64, reg *register.Register, rows *cohort.Rows) (hidden float64) {
	const origins = 4
	var weight, seen, sum [2 * origins]float64
	var known [2]bool
	missing := 0
	for _, v := range y {
		if v != v {
			missing++
		}
	}
	if missing == 0 {
		return 0
	}
	if len(c.armOrigin) != len(y) { // asked for again and again: by outcome, method and month
		c.armOrigin = make([]uint8, len(y))
		for i, row := range c.row {
			c.armOrigin[i] = uint8(reg.Persons.Origin[rows.Person[row]])
			if c.treated[i] {
				c.armOrigin[i] += origins
			}
		}
	}
	for i, v := range y {
		g := c.armOrigin[i]
		weight[g] += c.weight[i]
		if v == v {
			seen[g] += c.weight[i]
			sum[g] += c.weight[i] * v
			known[g/origins] = true
		}
	}
	if !known[0] || !known[1] {
		return 1
	}
	var armSeen, armSum [2]float64
	for g := range weight {
		armSeen[g/origins] += seen[g]
		armSum[g/origins] += sum[g]
	}
	for i, v := range y {
		g := c.armOrigin[i]
		if seen[g] == 0 { // a handful of people who all left: the arm's mean stands for them
			y[i] = armSum[g/origins] / armSeen[g/origins]
			continue
		}
		mean := sum[g] / seen[g]
		if v != v {
			y[i] = mean
		} else {
			y[i] = mean + (v-mean)*weight[g]/seen[g]
		}
	}
	return float64(missing) / float64(len(y))
}
