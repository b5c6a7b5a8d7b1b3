package results

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// estimates hides whole cells first (see cells), then rows, until nothing more goes: a complement of one kind can call for
// another. Decisions rest on the counts as they came, because hiding takes counts away too.
func (s *suppressor) estimates() {
	rows := s.t.Estimates
	w := &estimateRules{s, rows, slices.Clone(rows), make([]bool, len(rows)), make([]bool, len(rows)), map[string]bool{}}
	w.cells()
	for i := range rows {
		e := &w.orig[i]
		w.hidden[i] = e.Reason == suppressed
		switch {
		case w.isSmall(e):
			w.small[i] = true
			w.hide(i, "few persons")
		case w.whole[cellID(e)]:
			w.hide(i, "cell nearly the same as a larger one, or part of a sum")
		}
		if d := e.NStartsEligible - e.NStarts; e.NStarts >= 0 && d > 0 && d < s.min {
			rows[i].NStartsEligible = -1
		}
	}
	for changed := true; changed; {
		changed = w.nested()
		changed = w.partitions() || changed
		changed = w.subsets() || changed
		changed = w.samples() || changed
		changed = w.growing() || changed
		changed = w.windows() || changed
		changed = changed || w.audit()
	}
	w.methods()
}

type estimateRules struct {
	*suppressor
	rows, orig    []Estimate
	hidden, small []bool
	whole         map[string]bool // cells whose counts go too, by cellID
}

// cellID names a set of treated: the same persons in every outcome and month.
func cellID(e *Estimate) string {
	return join(e.Tiltak, e.Group, e.Sample, e.SubsetVar, e.SubsetValue)
}

// cells hides the sizes of cells: those under the limit, those that differ from a larger group by less than the limit,
// and siblings of small parts of a sum. A size stands in the row of every month and outcome, so it goes everywhere.
func (w *estimateRules) cells() {
	type cell struct {
		first         *Estimate
		by            map[string]int // persons by method: some drop a few
		persons       int            // the smallest of them
		hidden, small bool
	}
	var all []*cell
	byID := map[string]*cell{}
	for i := range w.orig {
		e := &w.orig[i]
		c := byID[cellID(e)]
		if c == nil {
			c = &cell{first: e, by: map[string]int{}, persons: math.MaxInt}
			byID[cellID(e)] = c
			all = append(all, c)
		}
		c.by[e.Method] = max(c.by[e.Method], e.NPersonsTreated)
		c.hidden = c.hidden || e.NPersonsTreated < 0
	}
	apart := func(inner, outer *cell) bool {
		for m, n := range inner.by {
			if d := outer.by[m] - n; d > 0 && d < w.min {
				return true
			}
		}
		return false
	}
	hide := func(c *cell) {
		c.hidden = true
		w.whole[cellID(c.first)] = true
		if c.first.SubsetVar == "" {
			w.near[cellKey{c.first.Tiltak, c.first.Group}] = true
		}
	}
	for _, c := range all {
		for _, n := range c.by {
			c.persons = min(c.persons, n)
			c.small = c.small || w.few(n)
		}
		if c.small {
			hide(c)
		}
	}
	slices.SortStableFunc(all, func(a, b *cell) int { return b.persons - a.persons })
	siblings := grouped(all, func(c **cell) string {
		e := (*c).first
		return join(e.Tiltak, e.Sample, e.SubsetVar, e.SubsetValue)
	})
	values := grouped(all, func(c **cell) string {
		e := (*c).first
		return join(e.Tiltak, e.Group, e.Sample, e.SubsetVar)
	})
	for changed := true; changed; {
		changed = false
		for _, set := range siblings {
			at := map[string]*cell{}
			for _, i := range set {
				c := all[i]
				at[c.first.Group] = c
				for _, j := range set {
					o := all[j]
					if w.nest[c.first.Group][o.first.Group] && !c.hidden && !o.hidden && apart(c, o) {
						c.small = true
						hide(c)
						changed = true
					}
				}
			}
			for _, p := range w.parts[all[set[0]].first.Tiltak] {
				if total := at[p.total]; total == nil || total.hidden {
					continue
				}
				var ms []member
				for _, g := range p.parts {
					if c := at[g]; c != nil {
						ms = append(ms, member{c.persons, c.hidden, c.small, func() { hide(c) }})
					}
				}
				changed = complete(ms) || changed
			}
		}
		for _, set := range values {
			if all[set[0]].first.SubsetVar == "" {
				continue
			}
			var ms []member
			for _, i := range set {
				c := all[i]
				ms = append(ms, member{c.persons, c.hidden, c.small, func() { hide(c) }})
			}
			changed = complete(ms) || changed
		}
	}
}

func (s *suppressor) isSmall(e *Estimate) bool {
	if s.few(e.NPersonsTreated) || s.few(e.NPersonsComparison) {
		return true
	}
	if math.IsNaN(e.Estimate) && math.IsNaN(e.MeanTreated) && math.IsNaN(e.MeanComparison) && e.Reason != "" {
		return false // nothing is shown, and the reason is a better one
	}
	return s.rare(e.OnesTreated) || s.rare(e.ZerosTreated) || s.rare(e.OnesComparison) || s.rare(e.ZerosComparison)
}

func (w *estimateRules) hide(i int, rule string) {
	e, o := &w.rows[i], &w.orig[i]
	if e.Reason != suppressed {
		w.note("estimates", rule)
	}
	w.hidden[i] = true
	nan := math.NaN()
	e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.BandLow, e.BandHigh = nan, nan, nan, nan, nan, nan
	e.PValue, e.PAdjusted, e.MeanTreated, e.MeanComparison, e.ESS = nan, nan, nan, nan, nan
	e.Reason = suppressed
	if w.few(o.NPersonsTreated) || w.whole[cellID(o)] {
		e.NStarts, e.NStartsEligible, e.NPersonsTreated = -1, -1, -1
	}
	if w.few(o.NPersonsComparison) {
		e.NPersonsComparison = -1
	}
}

// apart tells whether the difference between a larger set of treated and one inside it is a small cell.
func (w *estimateRules) apart(inner, outer *Estimate) (persons, outcome bool) {
	d, n := outer.NPersonsTreated-inner.NPersonsTreated, outer.NStarts-inner.NStarts
	if d == 0 && n == 0 {
		return false, false
	}
	persons = d < w.min
	if inner.OnesTreated >= 0 && outer.OnesTreated >= 0 {
		outcome = outer.OnesTreated-inner.OnesTreated < w.min || outer.ZerosTreated-inner.ZerosTreated < w.min
	}
	return persons, outcome
}

func (w *estimateRules) nested() (changed bool) {
	for _, cell := range grouped(w.orig, restKey) {
		slices.SortStableFunc(cell, func(i, j int) int { return w.orig[j].NPersonsTreated - w.orig[i].NPersonsTreated })
		for k, i := range cell {
			if w.hidden[i] || w.orig[i].NPersonsTreated < 0 {
				continue
			}
			for _, j := range cell[:k] {
				inner, outer := &w.orig[i], &w.orig[j]
				if w.hidden[j] || !w.nest[inner.Group][outer.Group] {
					continue
				}
				if persons, outcome := w.apart(inner, outer); persons || outcome {
					w.small[i] = true
					w.hide(i, "nearly the same as a larger group")
					changed = true
					break
				}
			}
		}
	}
	return changed
}

func (w *estimateRules) members(cell []int, rule string) []member {
	var ms []member
	for _, i := range cell {
		ms = append(ms, member{w.orig[i].NPersonsTreated, w.hidden[i], w.small[i], func() { w.hide(i, rule) }})
	}
	return ms
}

func (w *estimateRules) partitions() (changed bool) {
	if len(w.parts) == 0 {
		return false
	}
	for _, cell := range grouped(w.orig, restKey) {
		at := make(map[string]int, len(cell))
		for _, i := range cell {
			at[w.orig[i].Group] = i
		}
		for _, p := range w.parts[w.orig[cell[0]].Tiltak] {
			if total, ok := at[p.total]; !ok || w.hidden[total] {
				continue
			}
			var parts []int
			for _, g := range p.parts {
				if i, ok := at[g]; ok {
					parts = append(parts, i)
				}
			}
			changed = complete(w.members(parts, "part of a sum")) || changed
		}
	}
	return changed
}

// subsets hides a sibling of a small subset value; the values of a variable add up to the row without subset.
func (w *estimateRules) subsets() (changed bool) {
	key := func(e *Estimate) string {
		return join(e.Tiltak, e.Group, e.Outcome, e.Method, monthOf(e), e.Window, e.Estimand, e.Comparison, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet, e.SubsetVar)
	}
	for _, cell := range grouped(w.orig, key) {
		if w.orig[cell[0]].SubsetVar != "" {
			changed = complete(w.members(cell, "part of a sum")) || changed
		}
	}
	return changed
}

// audit solves groups × subset values of an estimate, where the rules by line have nothing more to do.
func (w *estimateRules) audit() (changed bool) {
	key := func(e *Estimate) string {
		return join(e.Tiltak, e.Outcome, e.Method, monthOf(e), e.Window, e.Estimand, e.Comparison, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet, e.Role)
	}
	for _, cell := range grouped(w.orig, key) {
		parts := w.parts[w.orig[cell[0]].Tiltak]
		hidden := false
		place := map[[3]string]int{}
		for m, i := range cell {
			e := &w.orig[i]
			place[[3]string{e.Group, e.SubsetVar, e.SubsetValue}] = m
			hidden = hidden || w.hidden[i] && w.small[i]
		}
		if !hidden {
			continue
		}
		var sums []sum
		for m, i := range cell {
			e := &w.orig[i]
			for _, p := range parts {
				if p.total != e.Group {
					continue
				}
				s := sum{total: m}
				for _, g := range p.parts {
					if k, ok := place[[3]string{g, e.SubsetVar, e.SubsetValue}]; ok {
						s.parts = append(s.parts, k)
					}
				}
				sums = append(sums, s)
			}
			if e.SubsetVar != "" {
				continue
			}
			values := map[string]*sum{}
			for k, j := range cell {
				o := &w.orig[j]
				if o.Group != e.Group || o.SubsetVar == "" {
					continue
				}
				if values[o.SubsetVar] == nil {
					values[o.SubsetVar] = &sum{total: m}
				}
				values[o.SubsetVar].parts = append(values[o.SubsetVar].parts, k)
			}
			for _, v := range slices.Sorted(maps.Keys(values)) {
				sums = append(sums, *values[v])
			}
		}
		changed = audit(w.members(cell, "part of several sums"), sums) || changed
	}
	return changed
}

// samples hides a rival sample that differs from another by a small cell: the one that is not primary, else the smaller.
func (w *estimateRules) samples() (changed bool) {
	key := func(e *Estimate) string {
		return join(e.Tiltak, e.Group, e.Outcome, e.Method, monthOf(e), e.Window, e.Estimand, e.Definition, e.CovariateSet, e.SubsetVar, e.SubsetValue)
	}
	for _, cell := range grouped(w.orig, key) {
		for _, i := range cell {
			for _, j := range cell {
				inner, outer := &w.orig[i], &w.orig[j]
				if w.hidden[i] || w.hidden[j] || inner.Sample == outer.Sample || inner.NPersonsTreated > outer.NPersonsTreated || inner.NPersonsTreated < 0 {
					continue
				}
				if persons, outcome := w.apart(inner, outer); persons || outcome {
					goes := i
					if inner.Role == "primary" && outer.Role != "primary" {
						goes = j
					}
					w.hide(goes, "nearly the same as another sample")
					changed = true
				}
			}
		}
	}
	return changed
}

func seriesKey(e *Estimate) string {
	return join(e.Tiltak, e.Group, e.Outcome, e.Method, e.Estimand, e.Comparison, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet, e.SubsetVar, e.SubsetValue, e.Role)
}

// windows hides a sum over months with any month in it.
func (w *estimateRules) windows() (changed bool) {
	for _, series := range grouped(w.orig, seriesKey) {
		for _, i := range series {
			if w.orig[i].Window == "" || w.hidden[i] {
				continue
			}
			from, to, ok := parseWindow(w.orig[i].Window)
			for _, j := range series {
				e := &w.orig[j]
				if e.Month != nil && w.hidden[j] && (!ok || *e.Month >= from && *e.Month <= to) {
					w.hide(i, "sum over a hidden month")
					changed = true
					break
				}
			}
		}
	}
	return changed
}

// parseWindow reads 1-12 and −12--7.
func parseWindow(s string) (from, to int, ok bool) {
	if len(s) < 3 {
		return 0, 0, false
	}
	at := strings.Index(s[1:], "-") + 1
	if at < 1 {
		return 0, 0, false
	}
	from, err := strconv.Atoi(s[:at])
	to, err2 := strconv.Atoi(s[at+1:])
	return from, to, err == nil && err2 == nil
}

// growing thins the months of outcomes that never fall in any series of the run: entry into work by month h.
func (w *estimateRules) growing() (changed bool) {
	falls, rises := map[string]bool{}, map[string]bool{}
	all := grouped(w.orig, seriesKey)
	for k, series := range all {
		var months []int
		for _, i := range series {
			if e := &w.orig[i]; e.Month != nil && e.OnesTreated >= 0 && e.NPersonsTreated >= 0 {
				months = append(months, i)
			}
		}
		slices.SortStableFunc(months, func(i, j int) int { return monthOf(&w.orig[i]) - monthOf(&w.orig[j]) })
		all[k] = months
		for m := 1; m < len(months); m++ {
			a, b := &w.orig[months[m-1]], &w.orig[months[m]]
			id := join(a.Outcome, a.Definition)
			falls[id] = falls[id] || b.OnesTreated < a.OnesTreated
			rises[id] = rises[id] || b.OnesTreated > a.OnesTreated
		}
	}
	for _, months := range all {
		if len(months) < 2 {
			continue
		}
		first := &w.orig[months[0]]
		if id := join(first.Outcome, first.Definition); falls[id] || !rises[id] {
			continue
		}
		changed = w.thin(months) || changed
	}
	return changed
}

// thin keeps months, the round ones first, as long as the step to the months kept before and after is none or enough in
// either arm.
func (w *estimateRules) thin(months []int) (changed bool) {
	order := slices.Clone(months)
	rank := func(i int) int {
		switch m := monthOf(&w.orig[i]); {
		case m%12 == 0:
			return 0
		case m%6 == 0:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return rank(i) - rank(j) })
	step := func(i, j int) bool { // i before j
		a, b := &w.orig[i], &w.orig[j]
		fine := func(d int) bool { return d <= 0 || d >= w.min }
		return fine(b.OnesTreated-a.OnesTreated) && fine(b.OnesComparison-a.OnesComparison)
	}
	var kept []int
	for _, i := range order {
		if w.hidden[i] {
			continue
		}
		at, _ := slices.BinarySearchFunc(kept, i, func(a, b int) int { return monthOf(&w.orig[a]) - monthOf(&w.orig[b]) })
		if at > 0 && !step(kept[at-1], i) || at < len(kept) && !step(i, kept[at]) {
			w.hide(i, "too few between two months")
			changed = true
			continue
		}
		kept = slices.Insert(kept, at, i)
	}
	return changed
}

// methods takes the levels away from a method that drops some of the treated, wherever the level of those dropped, in
// its own group or in the part of a larger group outside it, would be that of a small cell, or rounds them (see blur).
// The effect stays: the mean of its own comparison is nowhere else. The method with the most starts keeps its levels.
func (w *estimateRules) methods() {
	key := func(e *Estimate) string {
		return join(e.Tiltak, e.Outcome, monthOf(e), e.Window, e.Estimand, e.Sample, e.Definition, e.SubsetVar, e.SubsetValue)
	}
	for _, cell := range grouped(w.orig, key) {
		most := map[string]int{} // by group: the row with the most starts
		for _, i := range cell {
			e := &w.orig[i]
			if j, ok := most[e.Group]; !ok || e.NStarts > w.orig[j].NStarts {
				most[e.Group] = i
			}
		}
		byMethod := grouped(cell, func(i *int) string { e := &w.orig[*i]; return join(e.Method, e.CovariateSet) })
		for _, places := range byMethod {
			drops := map[string]dropped{}
			for _, p := range places {
				e := &w.orig[cell[p]]
				drops[e.Group] = newDropped(&w.orig[most[e.Group]], e)
			}
			bad := map[string]bool{}
			for _, p := range places {
				e := &w.orig[cell[p]]
				own := drops[e.Group]
				if own.starts == 0 {
					continue
				}
				bad[e.Group] = w.hidden[cell[p]] || w.smallDrop(own)
				for g, d := range drops {
					if w.nest[e.Group][g] || w.nest[g][e.Group] {
						bad[e.Group] = bad[e.Group] || w.smallDrop(d.less(own))
					}
				}
			}
			tiltak := w.orig[cell[0]].Tiltak
			for spread := true; spread; { // what is missing in one part of a sum can be had from the others
				spread = false
				for _, part := range w.parts[tiltak] {
					touched := bad[part.total] || slices.ContainsFunc(part.parts, func(g string) bool { return bad[g] })
					for _, g := range append([]string{part.total}, part.parts...) {
						if touched && drops[g].starts > 0 && !bad[g] {
							bad[g], spread = true, true
						}
					}
				}
			}
			for _, p := range places {
				i := cell[p]
				e := &w.rows[i]
				if !bad[e.Group] || math.IsNaN(e.MeanTreated) {
					continue
				}
				w.blur(e, most[e.Group], drops[e.Group].starts)
				if math.IsNaN(e.MeanTreated) {
					w.note("estimates", "level of a method that drops some")
				} else {
					w.note("estimates", "level rounded, since a method drops some")
				}
			}
		}
	}
}

// blur rounds the levels of a method that drops starts so far that they tell nothing about those dropped, and takes them
// away where no rounding up to five percentage points does. The levels of all starts being known, the levels of those
// kept can take one value for each number of the dropped with the outcome, 0 to all of them; where all these values, and
// what they make of the comparison given the effect, round to the same, a reader learns nothing from them. Only for 0/1
// outcomes: the wage of those dropped has no bound.
func (w *estimateRules) blur(e *Estimate, most, starts int) {
	full := &w.orig[most]
	treated, comparison := e.MeanTreated, e.MeanComparison
	e.MeanTreated, e.MeanComparison = math.NaN(), math.NaN()
	if e.OnesTreated < 0 || math.IsNaN(full.MeanTreated) || w.hidden[most] || e.NStarts <= 0 || math.IsNaN(e.Estimate) {
		return
	}
	ones := math.Round(full.MeanTreated * float64(full.NStarts))
	for _, unit := range []float64{0.005, 0.01, 0.02, 0.05} {
		round := func(x float64) float64 { return math.Round(x/unit) * unit }
		same := true
		for d := 0; d <= starts; d++ {
			t := (ones - float64(d)) / float64(e.NStarts)
			same = same && math.Round(t/unit) == math.Round(treated/unit) && math.Round((t-e.Estimate)/unit) == math.Round(comparison/unit)
		}
		if same && round(treated) > 0 && round(treated) < 1 && round(comparison) > 0 && round(comparison) < 1 { // 0 % would be read as nobody
			e.MeanTreated, e.MeanComparison = round(treated), round(comparison)
			return
		}
	}
}

// dropped counts what a method drops of the treated of a cell; ones and zeros are negative where the outcome is not 0/1.
type dropped struct{ starts, persons, ones, zeros int }

func newDropped(full, e *Estimate) dropped {
	d := dropped{full.NStarts - e.NStarts, full.NPersonsTreated - e.NPersonsTreated, -1, -1}
	if full.OnesTreated >= 0 && e.OnesTreated >= 0 {
		d.ones, d.zeros = full.OnesTreated-e.OnesTreated, full.ZerosTreated-e.ZerosTreated
	}
	return d
}

// less is the larger of two drops without the smaller.
func (d dropped) less(o dropped) dropped {
	if o.starts > d.starts {
		d, o = o, d
	}
	out := dropped{d.starts - o.starts, d.persons - o.persons, -1, -1}
	if d.ones >= 0 && o.ones >= 0 {
		out.ones, out.zeros = max(0, d.ones-o.ones), max(0, d.zeros-o.zeros)
	}
	return out
}

func (w *estimateRules) smallDrop(d dropped) bool {
	return d.starts > 0 && (d.persons < w.min || w.rare(d.ones) || w.rare(d.zeros))
}
