package results

import (
	"maps"
	"slices"
)

// pairs takes apart the groups of which a run shows the intersection `a_x_b`: the intersection from either group, and both
// from everybody, less what was taken twice.
func (a *attacker) pairs(rows []Estimate) {
	for _, cell := range grouped(rows, restKey) {
		at := map[string]*Estimate{}
		for _, i := range cell {
			at[rows[i].Group] = &rows[i]
		}
		for _, name := range slices.Sorted(maps.Keys(at)) {
			one, other, ok := bothOf(name)
			both, x, y := at[name], at[one], at[other]
			if !ok || both.NStarts < 0 {
				continue
			}
			for _, outer := range []*Estimate{x, y} {
				if outer != nil && outer.NStarts >= both.NStarts {
					a.rest(outer, []*Estimate{both}, name)
				}
			}
			all := at[everybody]
			if all == nil || x == nil || y == nil || all.NStarts < 0 || x.NStarts < 0 || y.NStarts < 0 {
				continue
			}
			n := neither(all.NStarts, x.NStarts, y.NStarts, both.NStarts)
			ones, zeros := neither(all.OnesTreated, x.OnesTreated, y.OnesTreated, both.OnesTreated), neither(all.ZerosTreated, x.ZerosTreated, y.ZerosTreated, both.ZerosTreated)
			known := all.OnesTreated >= 0 && x.OnesTreated >= 0 && y.OnesTreated >= 0 && both.OnesTreated >= 0
			switch {
			case a.few(n):
				a.hit("%s: less %s and %s, which share %s, it is %d starts", nameOf(all), one, other, name, n)
			case n > 0 && known && (ones < a.min || zeros < a.min):
				a.hit("%s: less %s and %s, which share %s, it is %d of %d starts with the outcome", nameOf(all), one, other, name, ones, n)
			}
		}
	}
}

// pairCounts does the same with what all tables together tell of the starts, those analysed, and those of each year.
func (a *attacker) pairCounts(order []cellKey, cells map[cellKey]*tally) {
	for _, k := range order {
		one, other, ok := bothOf(k.group)
		both, x, y, all := cells[k], cells[cellKey{k.tiltak, one}], cells[cellKey{k.tiltak, other}], cells[cellKey{k.tiltak, everybody}]
		if !ok {
			continue
		}
		look := func(what string, of func(*tally) (int, bool)) {
			n, shown := of(both)
			if !shown {
				return
			}
			counts := map[*tally]int{}
			for _, t := range []*tally{x, y, all} {
				if t == nil {
					continue
				}
				if m, ok := of(t); ok {
					counts[t] = m
				}
			}
			for _, t := range []*tally{x, y} {
				if m, ok := counts[t]; ok && a.few(m-n) {
					a.hit("%s, %s: all but %d %s of one of the two", k.tiltak, k.group, m-n, what)
				}
			}
			if len(counts) == 3 && a.few(neither(counts[all], counts[x], counts[y], n)) {
				a.hit("%s, %s: %d %s are in neither of the two", k.tiltak, k.group, neither(counts[all], counts[x], counts[y], n), what)
			}
		}
		look("starts", func(t *tally) (int, bool) { return t.starts, t.starts >= 0 })
		look("starts analysed", func(t *tally) (int, bool) { return t.analysed, t.analysed >= 0 })
		for _, year := range slices.Sorted(maps.Keys(both.years)) {
			look("participations of a year", func(t *tally) (int, bool) { n, ok := t.years[year]; return n, ok })
		}
	}
}
