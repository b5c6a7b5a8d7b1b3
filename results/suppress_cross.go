package results

// crossCell is a cell of a table of counts within groups: how many, of how many persons, and how to hide it.
type crossCell struct {
	group, key    string
	n, persons    int
	with, without int // persons with and without a 0/1 outcome, where it is the outcome that is shown; −1 where a count is
	hidden, small bool
	take          bool // hide it whatever its own numbers are
	fixed         bool // known to everybody whatever the table hides
	hide          func(rule string)
}

// crossSum says that within a group the cell total is the sum of the cells parts; "" means that the total is known without
// being a cell.
type crossSum struct {
	total string
	parts []string
}

// cross hides, in tables of counts that add up within groups, the small cells, those that differ from the same cell of a
// larger group by few, and one more wherever a sum would give one of them away.
type cross struct {
	s     *suppressor
	cells []*crossCell
	sums  map[string][]crossSum // by group
	nest  nesting
	parts []partition
}

func (x *cross) at() map[string]map[string]*crossCell {
	at := map[string]map[string]*crossCell{}
	for _, c := range x.cells {
		if at[c.group] == nil {
			at[c.group] = map[string]*crossCell{}
		}
		at[c.group][c.key] = c
	}
	return at
}

func (x *cross) run() {
	for _, c := range x.cells {
		switch {
		case c.hidden || c.fixed:
		case c.take:
			x.take(c, true, "few of the rest")
		case c.with >= 0 && (x.s.rare(c.with) || x.s.rare(c.without)):
			x.take(c, true, "few persons with or without")
		case c.with < 0 && (x.s.few(c.persons) || x.s.few(c.n)):
			x.take(c, true, "few persons")
		}
	}
	at := x.at()
	for changed := true; changed; {
		changed = x.nested(at)
		changed = x.lines(at) || changed
		changed = changed || x.audit(at)
	}
}

func (x *cross) take(c *crossCell, small bool, rule string) {
	if c.fixed || c.hidden {
		return
	}
	c.hidden, c.small = true, c.small || small
	c.hide(rule)
}

// empty tells a cell that went with its whole row and holds nobody: it adds nothing to what is hidden of a sum, and covers
// nothing in it.
func (c *crossCell) empty() bool { return c.hidden && c.n == 0 }

func (x *cross) member(c *crossCell) member {
	size := max(1, c.persons)
	if c.fixed || c.n == 0 {
		size = 0
	}
	return member{size, c.hidden, c.small, func() { x.take(c, false, "part of a sum") }}
}

// nested hides cells of a group that differ from those of a group around it by few.
func (x *cross) nested(at map[string]map[string]*crossCell) (changed bool) {
	for _, inner := range x.cells {
		for outer := range x.nest[inner.group] {
			o := at[outer][inner.key]
			if o == nil || inner.hidden || o.hidden || inner.fixed {
				continue
			}
			n, persons := o.n-inner.n, o.persons-inner.persons
			few := x.s.few(n) || x.s.few(persons) || n > 0 && persons == 0 // somebody's second one
			if inner.with >= 0 {
				few = n > 0 && (o.with-inner.with < x.s.min || o.without-inner.without < x.s.min)
			}
			if few {
				x.take(inner, true, "nearly the same as a larger group")
				changed = true
			}
		}
	}
	return changed
}

// lines completes each sum whose total is known, within groups and over groups that add up.
func (x *cross) lines(at map[string]map[string]*crossCell) (changed bool) {
	for _, group := range x.groups() {
		for _, sum := range x.sums[group] {
			if t := at[group][sum.total]; sum.total != "" && (t == nil || t.hidden) {
				continue
			}
			var ms []member
			for _, k := range sum.parts {
				if c := at[group][k]; c != nil && !c.empty() {
					ms = append(ms, x.member(c))
				}
			}
			changed = complete(ms) || changed
		}
	}
	for _, p := range x.parts {
		for _, c := range x.cells {
			if c.group != p.total || c.hidden {
				continue
			}
			var ms []member
			for _, g := range p.parts {
				if part := at[g][c.key]; part != nil && !part.empty() {
					ms = append(ms, x.member(part))
				}
			}
			changed = complete(ms) || changed
		}
	}
	return changed
}

// groups are those of the cells in the order of their first.
func (x *cross) groups() []string {
	var out []string
	for _, at := range grouped(x.cells, func(c **crossCell) string { return (*c).group }) {
		out = append(out, x.cells[at[0]].group)
	}
	return out
}

// audit solves the sums of each group, and those over groups that add up, together.
func (x *cross) audit(at map[string]map[string]*crossCell) bool {
	place := map[*crossCell]int{}
	var ms []member
	for i, c := range x.cells {
		place[c] = i
		ms = append(ms, x.member(c))
	}
	var sums []sum
	for _, group := range x.groups() {
		for _, s := range x.sums[group] {
			one := sum{}
			if t := at[group][s.total]; s.total != "" && t != nil {
				one.total = place[t]
			} else { // known, or unknown and then no equation
				if s.total != "" {
					continue
				}
				ms = append(ms, member{})
				one.total = len(ms) - 1
			}
			for _, k := range s.parts {
				if c := at[group][k]; c != nil {
					one.parts = append(one.parts, place[c])
				}
			}
			sums = append(sums, one)
		}
	}
	for _, p := range x.parts {
		for i, c := range x.cells {
			if c.group != p.total {
				continue
			}
			one := sum{total: i}
			for _, g := range p.parts {
				if part := at[g][c.key]; part != nil {
					one.parts = append(one.parts, place[part])
				}
			}
			sums = append(sums, one)
		}
	}
	return audit(ms, sums)
}
