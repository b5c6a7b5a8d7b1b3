package results

// flowRules hides numbers on the way from the register to the analysis. Decisions rest on the counts as they came.
type flowRules struct {
	*suppressor
	rows, orig    []Flow
	hidden, small []bool
	fixed         []bool // can be read from the estimates, whatever is done here
}

// flow hides small numbers on the way from the register to the analysis. In a chain start = dropped + analysed; where the
// hidden parts are all small another part goes with them, and where there is none the start goes. The number analysed is
// no cover where the estimates tell it: whoever analyses all starts of a cell has it as n_starts. Groups that add up to a
// larger one are sums too, step by step, and chains and groups together are solved as a reader could solve them.
func (s *suppressor) flow() {
	rows := s.t.Flow
	n := len(rows)
	w := &flowRules{s, rows, append([]Flow(nil), rows...), make([]bool, n), make([]bool, n), make([]bool, n)}
	told := s.analysedTold()
	for i := range rows {
		f := &w.orig[i]
		k := cellKey{f.Tiltak, f.Group}
		w.hidden[i] = f.Reason == suppressed
		switch {
		case s.few(f.Persons) || s.few(f.Rows):
			w.small[i] = true
			w.hide(i, "few persons")
		case f.Action != "analysed" || f.Tiltak == "":
		case told[k] >= 0 && told[k] <= f.Rows && f.Rows-told[k] < s.min:
			w.fixed[i] = true
		case s.near[k]:
			w.small[i] = true
			w.hide(i, "nearly the same as a larger group")
		}
	}
	for changed := true; changed; {
		changed = w.nested()
		changed = w.quads() || changed
		changed = w.chains() || changed
		changed = w.families() || changed
		changed = changed || w.solve()
	}
	for i := range rows {
		f := &w.orig[i]
		k := cellKey{f.Tiltak, f.Group}
		switch {
		case f.Tiltak == "":
		case f.Action == "start" && w.hidden[i]:
			s.starts[k] = true
		case f.Action == "start":
			s.known[k] = true
		case f.Action == "analysed" && w.hidden[i]:
			s.analysed[k] = true
		}
	}
	for i := range s.t.Estimates { // a cell that no method could estimate says how many starts it had
		if e := &s.t.Estimates[i]; s.analysed[cellKey{e.Tiltak, e.Group}] && e.SubsetVar == "" {
			e.NStartsEligible = -1
		}
	}
}

// analysedTold is, for each cell, the largest number of starts that a row of the estimates still shows, −1 for none. A cell that no
// method could estimate tells how many it had. In a description it is what the estimates of the study would show: otherwise the two of
// them together would show the start in the one and what is analysed in the other.
func (s *suppressor) analysedTold() map[cellKey]int {
	told := map[cellKey]int{}
	for _, rows := range [][]Estimate{s.t.Estimates, s.census} {
		for i := range rows {
			e := &rows[i]
			k := cellKey{e.Tiltak, e.Group}
			if _, ok := told[k]; !ok {
				told[k] = -1
			}
			switch {
			case e.SubsetVar != "":
			case failed(e):
				told[k] = max(told[k], e.NStartsEligible)
			case e.NStarts > 0:
				told[k] = max(told[k], e.NStarts)
			}
		}
	}
	return told
}

func (w *flowRules) hide(i int, rule string) {
	if !w.hidden[i] {
		w.note("flow", rule)
	}
	w.hidden[i] = true
	w.rows[i].Rows, w.rows[i].Persons, w.rows[i].Reason = -1, -1, suppressed
}

// member is a row as a part of a sum; what is fixed covers nothing.
func (w *flowRules) member(i int) member {
	size := w.orig[i].Persons
	if w.fixed[i] {
		size = 0
	}
	return member{size, w.hidden[i], w.small[i], func() { w.hide(i, "part of a sum") }}
}

func (w *flowRules) nested() (changed bool) {
	for _, cell := range grouped(w.orig, stepKey) {
		for _, i := range cell {
			for _, j := range cell {
				a, b := &w.orig[i], &w.orig[j]
				apart := w.few(b.Persons-a.Persons) || w.few(b.Rows-a.Rows)
				if apart && w.nest[a.Group][b.Group] && !w.hidden[i] && !w.hidden[j] && !w.fixed[i] {
					w.small[i] = true
					w.hide(i, "nearly the same as a larger group")
					changed = true
				}
			}
		}
	}
	// The starts that are not analysed are a figure too, where both ends of the chain are known.
	all := w.all()
	for _, c := range all {
		for _, o := range all {
			inner, outer := &w.orig[c.start], &w.orig[o.start]
			if !w.nest[inner.Group][outer.Group] || inner.Tiltak != outer.Tiltak || inner.Table != outer.Table || !w.ends(c) || !w.ends(o) {
				continue
			}
			a, b := &w.orig[c.analysed], &w.orig[o.analysed]
			if w.few(outer.Persons-b.Persons-inner.Persons+a.Persons) || w.few(outer.Rows-b.Rows-inner.Rows+a.Rows) {
				w.hide(c.start, "nearly the same as a larger group")
				changed = true
			}
		}
	}
	return changed
}

// ends tells whether both ends of a chain can be read.
func (w *flowRules) ends(c chain) bool {
	return c.analysed >= 0 && !w.hidden[c.start] && !w.hidden[c.analysed]
}

func stepKey(f *Flow) string { return join(f.Tiltak, f.Table, f.Step, f.Rule, f.Action) }

// chain is the way of one cell: its start and the parts of it.
type chain struct {
	start, analysed int // −1: none
	parts           []int
}

func (w *flowRules) all() []chain {
	var out []chain
	for _, at := range grouped(w.orig, func(f *Flow) string { return join(f.Tiltak, f.Group, f.Table) }) {
		c := chain{start: -1, analysed: -1}
		for _, i := range at {
			switch w.orig[i].Action {
			case "start":
				c.start = i
			case "analysed":
				c.analysed = i
				c.parts = append(c.parts, i)
			case "dropped":
				c.parts = append(c.parts, i)
			}
		}
		if c.start >= 0 {
			out = append(out, c)
		}
	}
	return out
}

func (w *flowRules) chains() (changed bool) {
	for _, c := range w.all() {
		if w.hidden[c.start] {
			continue
		}
		var parts []member
		for _, i := range c.parts {
			parts = append(parts, w.member(i))
		}
		if complete(parts) {
			changed = true
			continue
		}
		for k, i := range c.parts { // as complete left them
			parts[k] = w.member(i)
		}
		lost := 0 // persons none of whose starts is analysed
		if c.analysed >= 0 && !w.hidden[c.analysed] {
			lost = w.orig[c.start].Persons - w.orig[c.analysed].Persons
		}
		if !covered(parts) || w.few(lost) {
			w.hide(c.start, "part of a sum")
			changed = true
		}
	}
	return changed
}

func (w *flowRules) families() (changed bool) {
	for _, cell := range grouped(w.orig, stepKey) {
		at := map[string]int{}
		for _, i := range cell {
			at[w.orig[i].Group] = i
		}
		for _, p := range w.parts[w.orig[cell[0]].Tiltak] {
			if total, ok := at[p.total]; !ok || w.hidden[total] {
				continue
			}
			var ms []member
			for _, g := range p.parts {
				if i, ok := at[g]; ok {
					ms = append(ms, w.member(i))
				}
			}
			changed = complete(ms) || changed
		}
	}
	return changed
}

// solve audits chains × families.
func (w *flowRules) solve() (changed bool) {
	for _, at := range grouped(w.orig, func(f *Flow) string { return join(f.Tiltak, f.Table) }) {
		if w.orig[at[0]].Tiltak == "" {
			continue
		}
		var members []member
		place := map[int]int{}
		type stepOf struct{ step, group string }
		steps := map[stepOf]int{}
		for m, i := range at {
			members = append(members, w.member(i))
			place[i] = m
			steps[stepOf{stepKey(&w.orig[i]), w.orig[i].Group}] = m
		}
		var sums []sum
		for _, c := range w.all() {
			if m, ok := place[c.start]; ok {
				one := sum{total: m}
				for _, i := range c.parts {
					one.parts = append(one.parts, place[i])
				}
				sums = append(sums, one)
				if c.analysed < 0 {
					continue
				}
				// All that is not analysed is a figure that no row shows: start = it + analysed.
				start, end := &w.orig[c.start], &w.orig[c.analysed]
				lost := len(members)
				members = append(members, member{0, true, w.few(start.Rows-end.Rows) || w.few(start.Persons-end.Persons), func() {}})
				sums = append(sums, sum{m, []int{lost, place[c.analysed]}})
			}
		}
		for _, i := range at {
			f := &w.orig[i]
			for _, p := range w.parts[f.Tiltak] {
				if p.total != f.Group {
					continue
				}
				one := sum{total: place[i]}
				for _, g := range p.parts {
					if m, ok := steps[stepOf{stepKey(f), g}]; ok {
						one.parts = append(one.parts, m)
					}
				}
				if len(one.parts) == len(p.parts) {
					sums = append(sums, one)
				}
			}
		}
		changed = audit(members, sums) || changed
	}
	return changed
}
