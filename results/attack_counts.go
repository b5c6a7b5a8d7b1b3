package results

import (
	"maps"
	"math"
	"slices"
)

// tally is what a reader can find out about the starts of a tiltak in a group from all tables together; −1 is unknown.
type tally struct {
	starts, analysed               int // rows
	startPersons, analysedPersons  int
	steps                          int         // rows of the steps that are shown
	hidden                         int         // number of steps that are hidden
	years                          map[int]int // participations that began in a year
	noYear                         int         // number of years that are hidden
	completed                      map[int]int // of those, completed; −1: of all years
	startsSource, analysedSource   string
	costs, unpriced, personsPriced int
}

// learn takes a number from a table where none is known yet.
func (y *tally) learn(starts bool, n int, source string) {
	at, from := &y.analysed, &y.analysedSource
	if starts {
		at, from = &y.starts, &y.startsSource
	}
	if n > 0 && *at < 0 {
		*at, *from = n, source
	}
}

// counts puts together what the tables say of the same starts: the flow, the estimates, the curves and the costs. A number
// that one table hides may stand in another or follow from it: start = dropped + analysed = participations of all years.
func (a *attacker) counts(t *Tables) {
	cells := map[cellKey]*tally{}
	var order []cellKey
	of := func(tiltak, group string) *tally {
		k := cellKey{tiltak, group}
		if cells[k] == nil {
			cells[k] = &tally{-1, -1, -1, -1, 0, 0, map[int]int{}, 0, map[int]int{}, "", "", -1, -1, -1}
			order = append(order, k)
		}
		return cells[k]
	}
	for i := range t.Flow {
		f := &t.Flow[i]
		if f.Tiltak == "" {
			continue
		}
		y := of(f.Tiltak, f.Group)
		switch f.Action {
		case "start":
			y.learn(true, f.Rows, "flow")
			y.startPersons = f.Persons
		case "analysed":
			y.learn(false, f.Rows, "flow")
			y.analysedPersons = f.Persons
		case "dropped":
			if f.Rows < 0 {
				y.hidden++
			} else {
				y.steps += f.Rows
			}
		}
	}
	for i := range t.Estimates {
		if e := &t.Estimates[i]; e.SubsetVar == "" && e.NStartsEligible > 0 {
			y := of(e.Tiltak, e.Group)
			y.learn(false, e.NStartsEligible, "estimates")
			if e.NStarts == e.NStartsEligible {
				y.analysedPersons = max(y.analysedPersons, e.NPersonsTreated)
			}
		}
	}
	for _, curve := range grouped(t.Durations, func(d *Duration) string { return join(d.Tiltak, d.Group, d.Measure) }) {
		first := &t.Durations[curve[0]]
		for _, i := range curve[1:] {
			if t.Durations[i].Time < first.Time {
				first = &t.Durations[i]
			}
		}
		if roundedMeasure(first.Measure) {
			continue
		}
		of(first.Tiltak, first.Group).learn(first.Measure == "time_in_tiltak", first.NRisk, "durations")
	}
	a.costCounts(t.Costs, of)
	for _, k := range order {
		a.cell(k, cells[k])
	}
	a.groupCounts(order, cells)
	a.pairCounts(order, cells)
}

// costCounts reads how many participations began and were completed, in all and by year.
func (a *attacker) costCounts(rows []Cost, of func(tiltak, group string) *tally) {
	for i := range rows {
		c := &rows[i]
		y := of(c.Tiltak, c.Group)
		shown := !math.IsNaN(c.Value)
		switch {
		case c.Measure == "per_participation" && c.Statistic == "n" && c.Year == nil && shown:
			y.costs = int(c.Value)
		case c.Measure == "per_participation" && c.Statistic == "unpriced" && c.Year == nil && shown:
			y.unpriced = int(c.Value)
		case c.Measure == "per_participant" && c.Statistic == "n" && c.Year == nil && shown:
			y.personsPriced = int(c.Value)
		case c.Measure == "per_participation" && c.Statistic == "n" && c.Year != nil && shown:
			y.years[*c.Year] = int(c.Value)
		case c.Measure == "per_participation" && c.Statistic == "n" && c.Year != nil && c.Reason == suppressed:
			y.noYear++
		case c.Measure == "per_completed" && c.Statistic == "n" && shown:
			y.completed[yearOf(c)] = int(c.Value)
		}
		if c.Statistic == "unpriced" && shown && c.Value > 0 && c.Value < float64(a.min) {
			a.hit("costs: %s, %s, %s: %v without a price", c.Tiltak, c.Group, c.Measure, c.Value)
		}
	}
}

// cell adds and subtracts within one tiltak × group.
func (a *attacker) cell(k cellKey, y *tally) {
	if y.costs >= 0 && y.unpriced >= 0 {
		y.learn(true, y.costs+y.unpriced, "costs")
		if y.unpriced == 0 && y.startPersons < 0 {
			y.startPersons = y.personsPriced
		}
	}
	sum := 0
	for _, n := range y.years {
		sum += n
	}
	if y.noYear == 0 && len(y.years) > 0 && y.unpriced == 0 {
		y.learn(true, sum, "the years of costs")
	}
	if y.starts >= 0 && y.analysed >= 0 {
		if d := y.starts - y.analysed - y.steps; y.hidden > 0 && a.few(d) {
			a.hit("flow: %s, %s: %d starts (%s) less %d analysed (%s) less the steps that are shown are %d", k.tiltak, k.group, y.starts, y.startsSource, y.analysed, y.analysedSource, d)
		}
		if d := y.starts - y.analysed; a.few(d) {
			a.hit("flow: %s, %s: %d starts (%s) less %d analysed (%s) are %d", k.tiltak, k.group, y.starts, y.startsSource, y.analysed, y.analysedSource, d)
		}
	}
	if y.startPersons >= 0 && y.analysedPersons >= 0 && a.few(y.startPersons-y.analysedPersons) {
		a.hit("flow: %s, %s: no start of %d persons is analysed (%d less %d)", k.tiltak, k.group, y.startPersons-y.analysedPersons, y.startPersons, y.analysedPersons)
	}
	all := y.costs
	if all < 0 && y.starts >= 0 && y.unpriced == 0 {
		all = y.starts
	}
	if d := all - sum; all >= 0 && y.noYear > 0 && a.few(d) {
		a.hit("costs: %s, %s: %d starts (%s) less the years that are shown are %d", k.tiltak, k.group, all, y.startsSource, d)
	}
	for _, year := range slices.Sorted(maps.Keys(y.completed)) {
		n, ok := y.years[year], year >= 0
		if year < 0 {
			n, ok = y.costs, y.costs >= 0
		}
		if _, shown := y.years[year]; ok && (shown || year < 0) && a.few(n-y.completed[year]) {
			a.hit("costs: %s, %s: %d of %d participations are not completed", k.tiltak, k.group, n-y.completed[year], n)
		}
	}
}

// groupCounts takes each group from everybody, in the starts and in those of each year.
func (a *attacker) groupCounts(order []cellKey, cells map[cellKey]*tally) {
	for _, k := range order {
		all := cells[cellKey{k.tiltak, everybody}]
		if all == nil || k.group == everybody {
			continue
		}
		y := cells[k]
		if all.starts >= 0 && y.starts >= 0 && a.few(all.starts-y.starts) {
			a.hit("flow: %s, %s: all but %d starts", k.tiltak, k.group, all.starts-y.starts)
		}
		if all.analysed >= 0 && y.analysed >= 0 && a.few(all.analysed-y.analysed) {
			a.hit("flow: %s, %s: all but %d starts analysed", k.tiltak, k.group, all.analysed-y.analysed)
		}
		for _, year := range slices.Sorted(maps.Keys(y.years)) {
			if n, ok := all.years[year]; ok && a.few(n-y.years[year]) {
				a.hit("costs: %s, %s, %d: all but %d participations", k.tiltak, k.group, year, n-y.years[year])
			}
		}
	}
}
