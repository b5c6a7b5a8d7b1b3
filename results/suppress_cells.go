package results

import (
	"math"
	"slices"
)

// cellID names a set of treated: the same persons in every outcome and month.
func cellID(e *Estimate) string {
	return join(e.Tiltak, e.Group, e.Sample, e.SubsetVar, e.SubsetValue)
}

// cells hides the sizes of cells: those under the limit, those that differ from a larger group by less than the limit,
// and siblings of small parts of a sum. A size stands in the row of every month and outcome, so it goes everywhere.
func (w *estimateRules) cells() {
	type cell struct {
		first         *Estimate
		by, starts    map[string]int // persons and starts by method: some drop a few
		persons       int            // the smallest of them
		hidden, small bool
	}
	var all []*cell
	byID := map[string]*cell{}
	for i := range w.orig {
		e := &w.orig[i]
		c := byID[cellID(e)]
		if c == nil {
			c = &cell{first: e, by: map[string]int{}, starts: map[string]int{}, persons: math.MaxInt}
			byID[cellID(e)] = c
			all = append(all, c)
		}
		c.by[e.Method] = max(c.by[e.Method], e.NPersonsTreated)
		c.starts[e.Method] = max(c.starts[e.Method], e.NStarts)
		c.hidden = c.hidden || e.NPersonsTreated < 0
	}
	apart := func(inner, outer *cell) bool {
		for m, n := range inner.by {
			if w.few(outer.by[m]-n) || n > 0 && w.few(outer.starts[m]-inner.starts[m]) {
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
			for _, q := range w.four {
				p, a, b, h := at[q.pair], at[q.a], at[q.b], at[q.total]
				if p == nil || a == nil || b == nil || h == nil || p.hidden || a.hidden || b.hidden || h.hidden {
					continue
				}
				for m, n := range p.by {
					if w.few(neither(h.by[m], a.by[m], b.by[m], n)) || w.few(neither(h.starts[m], a.starts[m], b.starts[m], p.starts[m])) {
						p.small = true
						hide(p)
						changed = true
						break
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
