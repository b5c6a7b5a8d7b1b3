package results

import (
	"math"
	"strings"
)

// balanceRules hides what tells about few. Decisions rest on the counts as they came.
type balanceRules struct {
	*suppressor
	rows          []Balance
	hidden, small []bool
	mean          []float64 // of the treated, as it came
}

// balance hides rows of small arms, covariates that few of either arm have or lack (shares of months and amounts too: their mean
// times the number of rows is what the few have together), levels that follow from the others, and what follows from a larger
// group or the parts of a group. What a method drops is the difference of the means before and after: where it is few persons, or few
// of them have or lack the covariate, the means after go, and with them, of a 0/1 covariate, the ratio of variances, which with the
// standardised difference would give them.
func (s *suppressor) balance() {
	rows := s.t.Balance
	w := &balanceRules{s, rows, make([]bool, len(rows)), make([]bool, len(rows)), make([]float64, len(rows))}
	for i := range rows {
		b := &rows[i]
		w.mean[i] = b.MeanTreated
		b.Treated = b.holders(b.Treated, b.MeanTreated, b.PersonsTreated)
		b.Comparison = b.holders(b.Comparison, b.MeanComparison, b.PersonsComparison)
		w.hidden[i] = b.Reason == suppressed
		w.small[i] = w.hidden[i]
		switch {
		case s.few(b.PersonsTreated) || s.few(b.PersonsComparison):
			w.small[i] = true
			w.hide(i, "few persons")
		case s.near[cellKey{b.Tiltak, b.Group}]:
			w.small[i] = true
			w.hide(i, "nearly the same as a larger group")
		case s.fewHold(b.Treated) || s.fewHold(b.Comparison):
			w.small[i] = true
			w.hide(i, "few persons with a trait")
		}
	}
	for changed := true; changed; {
		changed = w.levels()
		changed = w.nested() || changed
		changed = w.quads() || changed
		changed = w.partitions() || changed
	}
	w.drops()
}

// holders are the counts of an arm; of a table that was made without them they are had from a share.
func (b *Balance) holders(known Holders, share float64, persons int) Holders {
	if known.Starts > 0 {
		return known
	}
	n := Holders{persons, persons, persons, persons, persons, persons}
	if binary(b) {
		with := int(math.Round(share * float64(persons)))
		n.WithStarts, n.WithPersons = with, with
		n.WithoutStarts, n.WithoutPersons = persons-with, persons-with
	}
	return n
}

// fewHold tells that few have a covariate or lack it. None and all are not few: a covariate that a group is defined by is one
// or the other, and singles nobody out.
func (s *suppressor) fewHold(h Holders) bool {
	return s.few(h.WithStarts) || s.few(h.WithoutStarts) || s.few(h.WithPersons) || s.few(h.WithoutPersons)
}

func (h Holders) plus(o Holders, sign int) Holders {
	return Holders{h.Starts + sign*o.Starts, h.Persons + sign*o.Persons, h.WithStarts + sign*o.WithStarts,
		h.WithoutStarts + sign*o.WithoutStarts, h.WithPersons + sign*o.WithPersons, h.WithoutPersons + sign*o.WithoutPersons}
}

// fewLeft is fewHold of what is left when a part is taken away: starts may be left whose persons all stand in the part too.
func (s *suppressor) fewLeft(h Holders) bool {
	return s.fewHold(h) || h.WithStarts > 0 && h.WithPersons == 0 || h.WithoutStarts > 0 && h.WithoutPersons == 0
}

func (w *balanceRules) hide(i int, rule string) {
	if w.hidden[i] {
		return
	}
	w.note("balance", rule)
	w.hidden[i] = true
	nan := math.NaN()
	b := &w.rows[i]
	b.MeanTreated, b.MeanComparison, b.SMD, b.VarianceRatio, b.ECDFMean, b.ECDFMax = nan, nan, nan, nan, nan, nan
	b.Reason = suppressed
}

// factors are the rows of the levels of each factor of a cell and stage.
func (w *balanceRules) factors() [][]int {
	var out [][]int
	for _, cell := range grouped(w.rows, func(b *Balance) string {
		factor, _, _ := strings.Cut(b.Variable, "=")
		return join(b.Tiltak, b.Group, b.Method, b.Stage, factor)
	}) {
		if strings.Contains(w.rows[cell[0]].Variable, "=") {
			out = append(out, cell)
		}
	}
	return out
}

// levels completes the levels of a factor, which add up to one with the reference, which has no row.
func (w *balanceRules) levels() (changed bool) {
	for _, cell := range w.factors() {
		var levels []member
		rest, with, n, one := 1., 0, 0, false
		for _, i := range cell {
			h := &w.rows[i].Treated
			n = max(n, h.Persons)
			rest -= w.mean[i]
			with += h.WithPersons
			one = one || w.hidden[i]
			levels = append(levels, member{h.WithPersons, w.hidden[i], w.small[i], func() { w.hide(i, "part of a sum") }})
		}
		// Where no level is hidden the reference can be derived, which matters if it is small; otherwise it covers the
		// hidden ones. Its persons are at least those with no level of their own.
		if reference := w.fewOf(rest, n) || w.few(n-with); rest > 1e-9 && (one || reference) {
			levels = append(levels, member{hidden: true, small: reference})
		}
		changed = complete(levels) || changed
	}
	return changed
}

// same are the rows of all groups about the same: of those that drop nobody, since those that do are no part of each other.
func (w *balanceRules) same() [][]int {
	var out [][]int
	for _, cell := range grouped(w.rows, func(b *Balance) string {
		return join(b.Tiltak, b.Method, b.Variable, b.Stage, b.Dropped.Starts > 0)
	}) {
		if w.rows[cell[0]].Dropped.Starts == 0 {
			out = append(out, cell)
		}
	}
	return out
}

// nested takes a group from a larger one: few of the others may have the covariate, or lack it.
func (w *balanceRules) nested() (changed bool) {
	for _, cell := range w.same() {
		for _, i := range cell {
			for _, j := range cell {
				a, b := &w.rows[i], &w.rows[j]
				if !w.hidden[i] && !w.hidden[j] && w.nest[a.Group][b.Group] && a.Treated.Starts < b.Treated.Starts && w.fewLeft(b.Treated.plus(a.Treated, -1)) {
					w.small[i] = true
					w.hide(i, "nearly the same as a larger group")
					changed = true
				}
			}
		}
	}
	return changed
}

// quads hides a covariate of an intersection where it is rare among those whom two groups leave of a larger one.
func (w *balanceRules) quads() (changed bool) {
	if len(w.four) == 0 {
		return false
	}
	for _, cell := range w.same() {
		at := make(map[string]int, len(cell))
		for _, i := range cell {
			at[w.rows[i].Group] = i
		}
		for _, q := range w.four {
			p, a, b, h, ok := four(at, q)
			if !ok || w.hidden[p] || w.hidden[a] || w.hidden[b] || w.hidden[h] {
				continue
			}
			left := w.rows[h].Treated.plus(w.rows[a].Treated, -1).plus(w.rows[b].Treated, -1).plus(w.rows[p].Treated, 1)
			if w.fewLeft(left) {
				w.small[p] = true
				w.hide(p, leftByTwo)
				changed = true
			}
		}
	}
	return changed
}

// partitions completes groups that add up to another.
func (w *balanceRules) partitions() (changed bool) {
	if len(w.parts) == 0 {
		return false
	}
	for _, cell := range w.same() {
		at := make(map[string]int, len(cell))
		for _, i := range cell {
			at[w.rows[i].Group] = i
		}
		for _, p := range w.parts[w.rows[cell[0]].Tiltak] {
			if total, ok := at[p.total]; !ok || w.hidden[total] {
				continue
			}
			var ms []member
			for _, g := range p.parts {
				if i, ok := at[g]; ok {
					ms = append(ms, member{w.rows[i].Treated.Persons, w.hidden[i], w.small[i], func() { w.hide(i, "part of a sum") }})
				}
			}
			changed = complete(ms) || changed
		}
	}
	return changed
}

// drops takes the means away from a method that drops few, or few with or without the covariate, and from another level of a factor
// where the dropped of the levels add up to them.
func (w *balanceRules) drops() {
	level := func(i int) {
		b := &w.rows[i]
		if !w.hidden[i] && !math.IsNaN(b.MeanTreated) {
			b.MeanTreated, b.MeanComparison = math.NaN(), math.NaN()
			if b.Treated.WithStarts+b.Treated.WithoutStarts == b.Treated.Starts { // of a 0/1 covariate p(1 − p) is no secret
				b.VarianceRatio = math.NaN()
			}
			w.note("balance", "level of a method that drops a few")
		}
	}
	few := make([]bool, len(w.rows))
	for i := range w.rows {
		d := w.rows[i].Dropped
		if few[i] = d.Starts > 0 && (w.few(d.Starts) || w.few(d.Persons) || w.fewHold(d)); few[i] {
			level(i)
		}
	}
	for _, cell := range w.factors() {
		if w.rows[cell[0]].Dropped.Starts == 0 {
			continue
		}
		var levels []member
		rest, gone := w.rows[cell[0]].Dropped.Starts, false
		for _, i := range cell {
			d := &w.rows[i].Dropped
			rest -= d.WithStarts
			away := math.IsNaN(w.rows[i].MeanTreated)
			gone = gone || away
			levels = append(levels, member{d.WithPersons, away, few[i] || w.small[i], func() { level(i) }})
		}
		if w.few(rest) || gone && rest > 0 {
			levels = append(levels, member{hidden: true, small: w.few(rest)})
		}
		complete(levels)
	}
}
