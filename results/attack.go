package results

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// Attack tries to get at small cells of a finished run by subtraction, with nothing but the tables as they were written,
// and returns a sentence for each that it gets: empty is good. It is the second lock on the door: Suppress decides from the
// counts of persons before anything is written, Attack adds and subtracts what can be read afterwards. It counts starts,
// where Suppress counts persons, so that it may miss a person who stands in several starts; what it finds is real.
//
// It tries: a count or a level that is itself small; a group, intersections of two groups, and the shown ones of a family of groups, taken from the group
// `alle`; shown years and steps of the flow, taken from their sum; the same starts where several tables count
// them, in the flow, the estimates, the curves and the costs, taken from each other; a month that is hidden, from a window
// over it; outcomes and definitions that lie inside each other, from each other; covariates of the starts that a method drops, of a group and of
// the others, and of the level without a row, from the means of the balance; a placebo of a cell whose figures are hidden or small; the events and censorings between two points of a curve; an estimate that is hidden, from the figures of cost
// against effect; the margins of the tables of chains; a hidden specification, from what is said of all of them together; a part
// of an outcome, from the whole and the other parts; few clusters. A level whose share is no whole number of starts is weighted, and one
// of a method that drops starts that is a multiple of half a per cent is taken for rounded: neither counts anything.
//
// Of a run whose counts are rounded it also tries to read counts closer than they are given, see roundedRun.
//
// minCell is the limit; the run's own is in its run.json. Under 2 nothing is small.
func Attack(t *Tables, minCell int) []string {
	if minCell < 2 {
		return nil
	}
	a := &attacker{min: minCell}
	if t.Round > 0 {
		a.roundedRun(t)
		a.divisions(t) // what stands beside what is the same
		return a.found
	}
	rows := counted(t.Estimates)
	a.cells(rows)
	a.groups(rows)
	a.pairs(rows)
	a.outcomes(t.Estimates)
	a.windows(rows)
	a.bases(rows)
	a.years(t.Costs)
	a.flow(t.Flow)
	a.balance(t)
	a.composition(t.Composition)
	a.counts(t)
	a.curves(t.Durations)
	a.curveGroups(t.Durations)
	a.descriptive(t.Descriptive)
	a.rounded(t)
	a.costEffect(t)
	a.chains(t)
	a.preEffects(t)
	a.reforms(t.Reforms)
	a.experiment(t.Experiment)
	a.divisions(t)
	a.diagnostics(t.Diagnostics)
	a.sensitivity(t)
	a.placebo(t)
	a.registry(t)
	a.heterogeneity(t)
	a.portfolio(t)
	return a.found
}

// counted is the estimates with what a reader can count: starts with and without the outcome.
func counted(estimates []Estimate) []Estimate {
	rows := slices.Clone(estimates)
	most := map[string]int{} // starts of the method that keeps most
	for i := range rows {
		k := cellID(&rows[i])
		most[k] = max(most[k], rows[i].NStarts)
	}
	for i := range rows {
		e := &rows[i]
		n, ones := float64(e.NStarts), math.Round(e.MeanTreated*float64(e.NStarts))
		e.OnesTreated, e.ZerosTreated = -1, -1
		rounded := e.NStarts < most[cellID(e)] && math.Abs(200*e.MeanTreated-math.Round(200*e.MeanTreated)) < 1e-9
		if e.NStarts > 0 && e.MeanTreated >= 0 && e.MeanTreated <= 1 && math.Abs(e.MeanTreated*n-ones) < 1e-9*n && !rounded && !math.IsNaN(e.Estimate) {
			e.OnesTreated, e.ZerosTreated = int(ones), e.NStarts-int(ones)
		}
	}
	return rows
}

type attacker struct {
	min   int
	found []string
}

func (a *attacker) hit(format string, args ...any) {
	a.found = append(a.found, fmt.Sprintf(format, args...))
}

func (a *attacker) few(n int) bool { return n > 0 && n < a.min }

func nameOf(e *Estimate) string {
	s := fmt.Sprintf("estimates: %s, %s, %s, %s", e.Tiltak, e.Group, e.Outcome, e.Method)
	if e.Month != nil {
		s += fmt.Sprintf(", month %d", *e.Month)
	}
	if e.SubsetVar != "" {
		s += fmt.Sprintf(", %s = %s", e.SubsetVar, e.SubsetValue)
	}
	return s
}

func (a *attacker) cells(rows []Estimate) {
	for i := range rows {
		e := &rows[i]
		if a.few(e.NPersonsTreated) || a.few(e.NPersonsComparison) || a.few(e.NStarts) {
			a.hit("%s: fewer than %d persons", nameOf(e), a.min)
		} else if e.OnesTreated >= 0 && (e.OnesTreated < a.min || e.ZerosTreated < a.min) {
			a.hit("%s: %d of %d starts with the outcome", nameOf(e), e.OnesTreated, e.NStarts)
		}
		if e.Reason == suppressed && strings.Contains(e.StdErrorType, ", t(") {
			a.hit("%s: degrees of freedom of a hidden error tell how few clusters there are", nameOf(e))
		}
	}
}

// everybody is the group that contains all others.
const everybody = "alle"

// groups takes each group, and what is shown of each family of groups (`fylke=03`, …), from everybody. Whether other
// groups contain each other cannot be read from a table.
func (a *attacker) groups(rows []Estimate) {
	for _, cell := range grouped(rows, restKey) {
		var all *Estimate
		families := map[string][]*Estimate{}
		var names []string
		for _, i := range cell {
			e := &rows[i]
			if e.Group == everybody {
				all = e
			}
			if f := family(e.Group); f != "" {
				if families[f] == nil {
					names = append(names, f)
				}
				families[f] = append(families[f], e)
			}
		}
		if all == nil || all.NStarts < 0 {
			continue
		}
		for _, i := range cell {
			if e := &rows[i]; e != all && e.NStarts >= 0 {
				a.rest(all, []*Estimate{e}, e.Group)
			}
		}
		for _, f := range names {
			a.rest(all, families[f], f)
		}
	}
}

// rest looks at everybody less the shown ones of some groups that do not overlap, where it is not nobody.
func (a *attacker) rest(all *Estimate, groups []*Estimate, name string) {
	n, ones, zeros, known := all.NStarts, all.OnesTreated, all.ZerosTreated, all.OnesTreated >= 0
	for _, e := range groups {
		if e.NStarts < 0 {
			continue
		}
		n -= e.NStarts
		if e.OnesTreated < 0 {
			known = false
		}
		ones, zeros = ones-e.OnesTreated, zeros-e.ZerosTreated
	}
	switch {
	case a.few(n):
		a.hit("%s: less %s it is %d starts", nameOf(all), name, n)
	case n > 0 && known && (ones < a.min || zeros < a.min):
		a.hit("%s: less %s it is %d of %d starts with the outcome", nameOf(all), name, ones, n)
	}
}

func (a *attacker) windows(rows []Estimate) {
	for _, series := range grouped(rows, seriesKey) {
		for _, i := range series {
			from, to, ok := parseWindow(rows[i].Window)
			if !ok || math.IsNaN(rows[i].Estimate) {
				continue
			}
			for _, j := range series {
				if e := &rows[j]; e.Month != nil && *e.Month >= from && *e.Month <= to && e.Reason == suppressed {
					a.hit("%s: the sum over %s and the other months give it away", nameOf(e), rows[i].Window)
				}
			}
		}
	}
}

func (a *attacker) years(rows []Cost) {
	for _, at := range grouped(rows, func(c *Cost) string { return join(c.Tiltak, c.Group, c.Measure) }) {
		if rows[at[0]].Measure == "per_participant" { // a person may stand in several years: no sum
			continue
		}
		all, left, hidden := -1., 0., 0
		for _, i := range at {
			c := &rows[i]
			switch {
			case c.Statistic != "n":
			case c.Year == nil && !math.IsNaN(c.Value):
				all = c.Value
			case c.Year != nil && math.IsNaN(c.Value) && c.Reason == suppressed:
				hidden++
			case c.Year != nil && !math.IsNaN(c.Value):
				left += c.Value
			}
			if c.Statistic == "n" && c.Value > 0 && c.Value < float64(a.min) {
				a.hit("costs: %s, %s, %s rests on %v participations", c.Tiltak, c.Group, c.Measure, c.Value)
			}
		}
		if d := all - left; all >= 0 && hidden > 0 && d > 0 && d < float64(a.min) {
			a.hit("costs: %s, %s, %s: the hidden years are %v participations", rows[at[0]].Tiltak, rows[at[0]].Group, rows[at[0]].Measure, d)
		}
	}
}

func (a *attacker) flow(rows []Flow) {
	for _, chain := range grouped(rows, func(f *Flow) string { return join(f.Tiltak, f.Group, f.Table) }) {
		start, left, hidden := -1, 0, 0
		for _, i := range chain {
			f := &rows[i]
			if a.few(f.Rows) || a.few(f.Persons) {
				a.hit("flow: %s, %s, %s: %d rows of %d persons", f.Tiltak, f.Group, f.Rule, f.Rows, f.Persons)
			}
			switch f.Action {
			case "start":
				start = f.Rows
			case "dropped", "analysed":
				if f.Rows < 0 {
					hidden++
				} else {
					left += f.Rows
				}
			}
		}
		if d := start - left; start >= 0 && hidden > 0 && a.few(d) {
			a.hit("flow: %s, %s: the hidden steps are %d rows", rows[chain[0]].Tiltak, rows[chain[0]].Group, d)
		}
	}
}

func (a *attacker) curves(rows []Duration) {
	for _, curve := range grouped(rows, func(d *Duration) string { return join(d.Tiltak, d.Group, d.Measure) }) {
		if roundedMeasure(rows[curve[0]].Measure) {
			continue
		}
		slices.SortStableFunc(curve, func(i, j int) int { return cmpFloat(rows[i].Time, rows[j].Time) })
		risk, events := -1, 0
		for _, i := range curve {
			d := &rows[i]
			if d.Reason != "" {
				continue
			}
			name := fmt.Sprintf("durations: %s, %s, %s at %v", d.Tiltak, d.Group, d.Measure, d.Time)
			if a.few(d.NEvent) || a.few(d.NCensor) || a.few(d.NRisk) {
				a.hit("%s: %d at risk, %d events, %d censored", name, d.NRisk, d.NEvent, d.NCensor)
			}
			if risk >= 0 && d.NRisk >= 0 && a.few(risk-events-d.NRisk) {
				a.hit("%s: %d were censored since the last number at risk", name, risk-events-d.NRisk)
			}
			if d.NRisk >= 0 {
				risk, events = d.NRisk, 0
			}
			events += max(d.NEvent, 0)
		}
	}
}

// curveGroups takes the events of a group, and of several of a family together, from those of everybody.
func (a *attacker) curveGroups(rows []Duration) {
	for _, f := range curvesLeft(rows, a.few) {
		a.hit("durations: %s, %s: less %s it is %d events up to %v", f.tiltak, f.measure, f.name, f.events, f.time)
	}
}

// curveLeft is what one group, or several of a family together, leave of everybody's events between two times.
type curveLeft struct {
	tiltak, measure, name string
	parts                 [][]int // the curves of the group or groups
	events                int
	time                  float64
}

// curvesLeft finds few events in what groups leave of everybody, between the points of everybody's curve at which those of the groups are known:
// their last point is shown, and nothing happens between points.
func curvesLeft(rows []Duration, few func(int) bool) (found []curveLeft) {
	known := func(curve []int) bool { // the numbers at all of its points
		return !slices.ContainsFunc(curve, func(i int) bool { return rows[i].Reason == "" && rows[i].NEvent < 0 })
	}
	all := map[string][]int{}
	var sets []curveLeft
	add := func(set curveLeft) { sets = append(sets, set) }
	families := map[string]*curveLeft{}
	var order []string
	for _, curve := range grouped(rows, func(d *Duration) string { return join(d.Tiltak, d.Group, d.Measure) }) {
		slices.SortStableFunc(curve, func(i, j int) int { return cmpFloat(rows[i].Time, rows[j].Time) })
		first := &rows[curve[0]]
		if roundedMeasure(first.Measure) || !known(curve) {
			continue
		}
		if first.Group == everybody {
			all[join(first.Tiltak, first.Measure)] = curve
			continue
		}
		if !slices.ContainsFunc(curve, func(i int) bool { return rows[i].Reason == "" }) {
			continue
		}
		add(curveLeft{tiltak: first.Tiltak, measure: first.Measure, name: first.Group, parts: [][]int{curve}})
		if name := family(first.Group); name != "" {
			k := join(first.Tiltak, first.Measure, name)
			if families[k] == nil {
				families[k] = &curveLeft{tiltak: first.Tiltak, measure: first.Measure, name: name}
				order = append(order, k)
			}
			families[k].parts = append(families[k].parts, curve)
		}
	}
	for _, k := range order {
		f := families[k]
		n := len(f.parts)
		if n > mostParts {
			add(*f)
			continue
		}
		for choice := range 1 << n {
			if bits.OnesCount(uint(choice)) < 2 { // one is there already
				continue
			}
			set := *f
			set.parts = nil
			for p, curve := range f.parts {
				if choice>>p&1 == 1 {
					set.parts = append(set.parts, curve)
				}
			}
			add(set)
		}
	}
	for _, set := range sets {
		was, whole := 0, 0
		so, at := make([]int, len(set.parts)), make([]int, len(set.parts)) // events so far, and the next point, of each part
		for _, i := range all[join(set.tiltak, set.measure)] {
			if rows[i].Reason != "" {
				continue
			}
			whole += rows[i].NEvent
			rest, ok := whole, true
			for p, part := range set.parts {
				for ; at[p] < len(part) && rows[part[at[p]]].Time <= rows[i].Time; at[p]++ {
					so[p] += max(rows[part[at[p]]].NEvent, 0)
				}
				ok = ok && at[p] > 0 && rows[part[at[p]-1]].Reason == ""
				rest -= so[p]
			}
			if !ok {
				continue
			}
			if few(rest - was) {
				hit := set
				hit.events, hit.time = rest-was, rows[i].Time
				found = append(found, hit)
			}
			was = rest
		}
	}
	return found
}
