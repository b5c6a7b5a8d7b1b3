package results

import (
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
		changed = w.quads() || changed
		changed = w.partitions() || changed
		changed = w.divisions() || changed
		changed = w.subsets() || changed
		changed = w.samples() || changed
		changed = w.growing() || changed
		changed = w.windows() || changed
		changed = w.bases() || changed
		changed = changed || w.audit()
	}
	w.methods()
	w.nestedOutcomes()
}

type estimateRules struct {
	*suppressor
	rows, orig    []Estimate
	hidden, small []bool
	whole         map[string]bool // cells whose counts go too, by cellID
}

func (s *suppressor) isSmall(e *Estimate) bool {
	if s.few(e.NPersonsTreated) || s.few(e.NPersonsComparison) {
		return true
	}
	if math.IsNaN(e.Estimate) && math.IsNaN(e.MeanTreated) && math.IsNaN(e.MeanComparison) && e.Reason != "" {
		return false // nothing is shown, and the reason is a better one
	}
	if e.FewAmounts || e.OnesTreated < 0 && e.Window == "" && (e.MeanTreated == 0 || e.MeanComparison == 0) {
		return true // kroner of a few, or of nobody
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
	e.FamilyLow, e.FamilyHigh, e.PPermutation = nan, nan, nan
	e.PValue, e.PAdjusted, e.MeanTreated, e.MeanComparison, e.ESS = nan, nan, nan, nan, nan
	e.Reason = suppressed
	e.StdErrorType, _, _ = strings.Cut(e.StdErrorType, ", t(") // degrees of freedom tell how few clusters there are
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
		return join(e.Tiltak, e.Group, e.Outcome, e.Method, monthOf(e), e.Window, target(e), e.Comparison, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet, e.SubsetVar)
	}
	for _, cell := range grouped(w.orig, key) {
		if w.orig[cell[0]].SubsetVar != "" {
			changed = complete(w.members(cell, "part of a sum")) || changed
		}
	}
	return changed
}

// samples hides a rival sample that differs from another by a small cell: the one that is not primary, else the smaller.
func (w *estimateRules) samples() (changed bool) {
	key := func(e *Estimate) string {
		return join(e.Tiltak, e.Group, e.Outcome, e.Method, monthOf(e), e.Window, target(e), e.Definition, e.CovariateSet, e.SubsetVar, e.SubsetValue)
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
	return join(e.Tiltak, e.Group, e.Outcome, e.Method, target(e), e.Comparison, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet, e.SubsetVar, e.SubsetValue, e.Role)
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
