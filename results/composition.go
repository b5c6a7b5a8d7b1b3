package results

import (
	"math"
	"strings"

	"tiltakseffekt/analysis/estimate"
)

// Composition is a row of `composition`: who starts a tiltak in a group, in one variable measured before the start,
// beside those who could have started in the same months and did not.
type Composition struct {
	Tiltak       string          `col:"tiltak"`
	Group        string          `col:"group"`
	Kind         string          `col:"kind"`          // mean | share (of a 0/1 variable) | group (share that is in another target group)
	Variable     string          `col:"variable"`      // covariate, or the id of the other group
	MeanStarts   float64         `col:"mean_starts"`   // over the starts that are analysed
	SDStarts     float64         `col:"sd_starts"`     // null for shares, where it follows from the mean
	MeanEligible float64         `col:"mean_eligible"` // over the eligible person-months without a start, in the strata of the starts
	NStarts      int             `col:"n_starts"`      // analysed
	NPersons     int             `col:"n_persons"`
	Reason       estimate.Reason `col:"reason"`

	// What disclosure control needs and never writes: distinct persons of each arm, those with another value than 0 in one of their rows
	// and those with another than 1 (of a variable with values outside 0 to 1 all); −1 where nobody counted.
	PersonsEligible               int
	WithStarts, WithoutStarts     int
	WithEligible, WithoutEligible int
}

// CensusRole is the role of the rows of Tables.Census.
const CensusRole = "census"

// compositionRules hides what tells about few.
type compositionRules struct {
	*suppressor
	rows, orig    []Composition
	hidden, small []bool
	at            map[[4]string]int // tiltak, group, kind, variable
}

// composition hides cells that are small or nearly another, traits that few have or few lack, levels that follow from the
// others, and what follows from a larger group, from the parts of a group, or from the same overlap of two groups
// in the row of the other one.
func (s *suppressor) composition() {
	rows := s.t.Composition
	w := &compositionRules{s, rows, append([]Composition(nil), rows...), make([]bool, len(rows)), make([]bool, len(rows)), map[[4]string]int{}}
	for i := range rows {
		c := &w.orig[i]
		k := cellKey{c.Tiltak, c.Group}
		w.at[[4]string{c.Tiltak, c.Group, c.Kind, c.Variable}] = i
		w.hidden[i] = c.Reason == suppressed
		switch {
		case s.few(c.NPersons) || s.few(c.PersonsEligible):
			w.small[i] = true
			w.hide(i, "few persons")
		case s.near[k]:
			w.small[i] = true
			w.hide(i, "nearly the same as a larger group")
		case s.few(c.WithStarts) || s.few(c.WithoutStarts) || s.few(c.WithEligible) || s.few(c.WithoutEligible):
			w.small[i] = true
			w.hide(i, "few persons with a trait")
		}
		if s.near[k] || s.analysed[k] || s.few(c.NPersons) {
			rows[i].NStarts, rows[i].NPersons = -1, -1
		}
	}
	for changed := true; changed; {
		changed = w.overlaps()
		changed = w.neither() || changed
		changed = w.levels() || changed
		changed = w.nested() || changed
		changed = w.partitions() || changed
	}
}

func (w *compositionRules) hide(i int, rule string) {
	if w.hidden[i] {
		return
	}
	w.note("composition", rule)
	w.hidden[i] = true
	nan := math.NaN()
	r := &w.rows[i]
	r.MeanStarts, r.SDStarts, r.MeanEligible, r.Reason = nan, nan, nan, suppressed
}

// overlaps hides the overlap of two groups in both their rows: the number of persons in both is the same.
func (w *compositionRules) overlaps() (changed bool) {
	for i := range w.orig {
		c := &w.orig[i]
		if c.Kind != "group" || !w.hidden[i] {
			continue
		}
		if j, ok := w.at[[4]string{c.Tiltak, c.Variable, "group", c.Group}]; ok && !w.hidden[j] {
			w.small[j] = w.small[i]
			w.hide(j, "the overlap is hidden in the other group")
			changed = true
		}
	}
	return changed
}

// neither hides the overlap of two groups where a group that contains both has few in neither: they are total − a − b +
// overlap, of persons and of those with a trait.
func (w *compositionRules) neither() (changed bool) {
	sizes := map[[2]string]*Composition{} // by tiltak and group
	var keys [][2]string
	for i := range w.orig {
		c := &w.orig[i]
		k := [2]string{c.Tiltak, c.Group}
		if sizes[k] == nil {
			keys = append(keys, k)
			sizes[k] = c
		}
	}
	for i := range w.orig {
		c := &w.orig[i]
		if c.Kind != "group" || w.hidden[i] {
			continue
		}
		a, b := sizes[[2]string{c.Tiltak, c.Group}], sizes[[2]string{c.Tiltak, c.Variable}]
		for _, k := range keys {
			total := sizes[k]
			if k[0] != c.Tiltak || a == nil || b == nil || total == a || total == b || !w.nest[c.Group][k[1]] || !w.nest[c.Variable][k[1]] {
				continue
			}
			if w.few(neither(total.NPersons, a.NPersons, b.NPersons, c.WithStarts)) {
				w.small[i] = true
				w.hide(i, leftByTwo)
				changed = true
				break
			}
		}
	}
	// The same with a trait, or with a third group, where the overlap of the two is a group of its own.
	look := func(of [4]string, place int, q quad) {
		var at [4]int
		for n, g := range []string{q.total, q.a, q.b, q.pair} {
			of[place] = g
			i, ok := w.at[of]
			switch {
			case ok && !w.hidden[i] && w.orig[i].WithStarts >= 0:
				at[n] = i
			default:
				return
			}
		}
		with, without := [4]int{}, [4]int{}
		for n, i := range at {
			with[n], without[n] = w.orig[i].WithStarts, w.orig[i].WithoutStarts
		}
		few := w.few(neither(with[0], with[1], with[2], with[3]))
		if place == 1 {
			few = few || w.few(neither(without[0], without[1], without[2], without[3]))
		}
		if few {
			w.small[at[3]] = true
			w.hide(at[3], leftByTwo)
			changed = true
		}
	}
	for _, cell := range grouped(w.orig, func(c *Composition) string { return join(c.Tiltak, c.Kind, c.Variable) }) {
		c := &w.orig[cell[0]]
		for _, q := range w.four {
			look([4]string{c.Tiltak, "", c.Kind, c.Variable}, 1, q)
		}
	}
	for _, k := range keys {
		for _, q := range w.four {
			look([4]string{k[0], k[1], "group", ""}, 3, q)
		}
	}
	return changed
}

// levels completes the levels of a factor, which add up to one with the reference that has no row.
func (w *compositionRules) levels() (changed bool) {
	for _, cell := range grouped(w.orig, func(c *Composition) string {
		factor, _, _ := strings.Cut(c.Variable, "=")
		return join(c.Tiltak, c.Group, c.Kind, factor)
	}) {
		if w.orig[cell[0]].Kind != "share" || !strings.Contains(w.orig[cell[0]].Variable, "=") {
			continue
		}
		var levels []member
		rest, with, n, one := 1., 0, 0, false
		for _, i := range cell {
			c := &w.orig[i]
			rest -= c.MeanStarts
			with += c.WithStarts
			n = max(n, c.NPersons)
			one = one || w.hidden[i]
			levels = append(levels, member{c.WithStarts, w.hidden[i], w.small[i], func() { w.hide(i, "part of a sum") }})
		}
		// The persons of the reference are at least those with no level of their own.
		if reference := w.fewOf(rest, n) || w.few(n-with); rest > 1e-9 && (one || reference) {
			levels = append(levels, member{hidden: true, small: reference})
		}
		changed = complete(levels) || changed
	}
	return changed
}

// nested takes a group from a larger one: the trait among the others must not be rare. The same for a variable that is
// itself a group inside another.
func (w *compositionRules) nested() (changed bool) {
	apart := func(inner, outer *Composition) bool {
		return w.few(outer.WithStarts-inner.WithStarts) || w.few(outer.WithoutStarts-inner.WithoutStarts)
	}
	for _, cell := range grouped(w.orig, func(c *Composition) string { return join(c.Tiltak, c.Kind, c.Variable) }) {
		for _, i := range cell {
			for _, j := range cell {
				a, b := &w.orig[i], &w.orig[j]
				if !w.hidden[i] && !w.hidden[j] && a.WithStarts >= 0 && w.nest[a.Group][b.Group] && apart(a, b) {
					w.small[i] = true
					w.hide(i, "nearly the same as a larger group")
					changed = true
				}
			}
		}
	}
	for _, cell := range grouped(w.orig, func(c *Composition) string { return join(c.Tiltak, c.Group, c.Kind) }) {
		if w.orig[cell[0]].Kind != "group" {
			continue
		}
		for _, i := range cell {
			for _, j := range cell {
				a, b := &w.orig[i], &w.orig[j]
				if !w.hidden[i] && !w.hidden[j] && w.nest[a.Variable][b.Variable] && apart(a, b) {
					w.small[i] = true
					w.hide(i, "nearly the same as a larger group")
					changed = true
				}
			}
		}
	}
	return changed
}

// partitions completes groups that add up to another, as cells and as variables.
func (w *compositionRules) partitions() (changed bool) {
	sum := func(of [4]string, parts []string, place int) {
		total, ok := w.at[of]
		if !ok || w.hidden[total] {
			return
		}
		var ms []member
		for _, g := range parts {
			of[place] = g
			if i, ok := w.at[of]; ok {
				size := w.orig[i].NPersons
				if place == 3 {
					size = w.orig[i].WithStarts
				}
				ms = append(ms, member{size, w.hidden[i], w.small[i], func() { w.hide(i, "part of a sum") }})
			}
		}
		changed = complete(ms) || changed
	}
	for _, cell := range grouped(w.orig, func(c *Composition) string { return join(c.Tiltak, c.Kind, c.Variable) }) {
		c := &w.orig[cell[0]]
		for _, p := range w.parts[c.Tiltak] {
			sum([4]string{c.Tiltak, p.total, c.Kind, c.Variable}, p.parts, 1)
		}
	}
	for _, cell := range grouped(w.orig, func(c *Composition) string { return join(c.Tiltak, c.Group, c.Kind) }) {
		c := &w.orig[cell[0]]
		if c.Kind != "group" {
			continue
		}
		for _, p := range w.parts[c.Tiltak] {
			sum([4]string{c.Tiltak, c.Group, "group", p.total}, p.parts, 3)
		}
	}
	return changed
}
