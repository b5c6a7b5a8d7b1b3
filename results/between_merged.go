package results

import (
	"maps"
	"math"
	"slices"
)

// roundedOnce looks for starts that may be the same in two runs that are rounded differently: the exact number, or the number that both
// rounded ones allow, is closer than either run was to give it.
func (a *attacker) roundedOnce(one, other *Tables) {
	starts := func(t *Tables) map[string]int {
		out := map[string]int{}
		for i := range t.Estimates {
			if e := &t.Estimates[i]; e.NStarts > 0 {
				out["estimates: "+e.Tiltak+", "+e.Group] = max(out["estimates: "+e.Tiltak+", "+e.Group], e.NStarts)
			}
		}
		for i := range t.Flow {
			if f := &t.Flow[i]; f.Tiltak != "" && f.Rows > 0 && (f.Action == "start" || f.Action == "analysed") {
				out["flow: "+f.Tiltak+", "+f.Group+", "+f.Rule] = f.Rows
			}
		}
		return out
	}
	x, y := starts(one), starts(other)
	for _, k := range slices.Sorted(maps.Keys(x)) {
		if n, ok := y[k]; ok && max(x[k]-n, n-x[k]) <= max(one.Round, other.Round) {
			a.hit("%s: the numbers are rounded by %d in one run and by %d in the other (0: not rounded)", k, one.Round, other.Round)
			return
		}
	}
}

// covariatesBetween takes the starts with a 0/1 covariate in one run from those in the other, where the starts of the one may lie inside
// those of the other: it has nowhere more with it or without it.
func (a *attacker) covariatesBetween(one, other *Tables) {
	type at struct{ table, tiltak, group, variable string }
	counts := func(t *Tables) map[at]holds {
		out := map[at]holds{}
		count := countsOfBalance(t)
		for i := range t.Balance {
			if b := &t.Balance[i]; b.Stage == "before" {
				if h, ok := count(b); ok {
					out[at{"balance", b.Tiltak, b.Group, b.Variable}] = h
				}
			}
		}
		for i := range t.Composition {
			c := &t.Composition[i]
			with := math.Round(c.MeanStarts * float64(c.NStarts))
			if c.Kind != "mean" && c.NStarts > 0 && math.Abs(c.MeanStarts*float64(c.NStarts)-with) < 1e-9*float64(c.NStarts) {
				out[at{"composition", c.Tiltak, c.Group, c.Variable}] = holds{c.NStarts, int(with)}
			}
		}
		return out
	}
	x, y := counts(one), counts(other)
	type cell struct{ table, tiltak, group string }
	inside := map[cell][2]bool{} // the first in the other, the other in the first
	common := slices.DeleteFunc(slices.Collect(maps.Keys(x)), func(k at) bool { _, ok := y[k]; return !ok })
	slices.SortFunc(common, func(p, q at) int {
		return slices.Compare([]string{p.table, p.tiltak, p.group, p.variable}, []string{q.table, q.tiltak, q.group, q.variable})
	})
	for _, k := range common {
		c := cell{k.table, k.tiltak, k.group}
		in, seen := inside[c]
		if !seen {
			in = [2]bool{true, true}
		}
		d, e := y[k].with-x[k].with, y[k].n-y[k].with-x[k].n+x[k].with
		inside[c] = [2]bool{in[0] && d >= 0 && e >= 0, in[1] && d <= 0 && e <= 0}
	}
	said := map[cell]bool{}
	for _, k := range common {
		c := cell{k.table, k.tiltak, k.group}
		n, with := y[k].n-x[k].n, y[k].with-x[k].with
		if n < 0 {
			n, with = -n, -with
		}
		if in := inside[c]; n > 0 && !said[c] && (in[0] || in[1]) && (a.few(with) || a.few(n-with)) {
			said[c] = true
			a.hit("%s: %s, %s, %s: %d of the %d starts by which the runs differ have it", k.table, k.tiltak, k.group, k.variable, with, n)
		}
	}
}

// costsBetween looks for numbers of participations, in all and by year, that differ by few.
func (a *attacker) costsBetween(one, other []Cost) {
	key := func(c *Cost) string { return join(c.Tiltak, c.Group, yearOf(c), c.Measure) }
	at := map[string]float64{}
	for i := range other {
		if c := &other[i]; c.Statistic == "n" && !math.IsNaN(c.Value) {
			at[key(c)] = c.Value
		}
	}
	said := map[cellKey]bool{}
	for i := range one {
		c := &one[i]
		k := cellKey{c.Tiltak, c.Group}
		if n, ok := at[key(c)]; ok && c.Statistic == "n" && !said[k] && a.few(int(math.Abs(c.Value-n))) {
			said[k] = true
			a.hit("costs: %s, %s, %s: the runs differ by %v", c.Tiltak, c.Group, c.Measure, math.Abs(c.Value-n))
		}
	}
}

// merged attacks the tables of two runs put together, of the tiltak whose starts may be the same in both: no number of starts, in the
// estimates or in the flow, speaks against it. What one of them gives away alone is not said again.
func (a *attacker) merged(one, other *Tables) {
	same := map[string]bool{}
	compare := func(tiltak string, m, n int) {
		if m >= 0 && n >= 0 && tiltak != "" {
			was, seen := same[tiltak]
			same[tiltak] = m == n && (was || !seen)
		}
	}
	estimateKey := func(e *Estimate) string { return join(seriesKey(e), monthOf(e), e.Window) }
	flowKey := func(f *Flow) string { return join(f.Tiltak, f.Group, f.Table, f.Rule, f.Action) }
	both(one.Estimates, other.Estimates, estimateKey, func(x, y *Estimate) { compare(x.Tiltak, x.NStarts, y.NStarts) })
	both(one.Flow, other.Flow, flowKey, func(x, y *Flow) { compare(x.Tiltak, x.Rows, y.Rows) })
	of := func(tiltak string) bool { return same[tiltak] }
	t := &Tables{Divisions: one.Divisions}
	t.Estimates = together(one.Estimates, other.Estimates, estimateKey, func(e *Estimate) bool { return of(e.Tiltak) }, func(e *Estimate) bool { return e.Reason == suppressed || e.NStarts < 0 || math.IsNaN(e.MeanTreated) })
	t.Balance = together(one.Balance, other.Balance, func(b *Balance) string { return join(b.Tiltak, b.Group, b.Method, b.Variable, b.Stage) },
		func(b *Balance) bool { return of(b.Tiltak) }, func(b *Balance) bool { return math.IsNaN(b.MeanTreated) })
	t.Flow = together(one.Flow, other.Flow, flowKey, func(f *Flow) bool { return of(f.Tiltak) }, func(f *Flow) bool { return f.Rows < 0 })
	t.Composition = together(one.Composition, other.Composition, func(c *Composition) string { return join(c.Tiltak, c.Group, c.Kind, c.Variable) },
		func(c *Composition) bool { return of(c.Tiltak) }, func(c *Composition) bool { return math.IsNaN(c.MeanStarts) || c.NStarts < 0 })
	t.Costs = together(one.Costs, other.Costs, func(c *Cost) string { return join(c.Tiltak, c.Group, yearOf(c), c.Measure, c.Statistic) },
		func(c *Cost) bool { return of(c.Tiltak) && (c.Statistic == "n" || c.Statistic == "unpriced") }, func(c *Cost) bool { return math.IsNaN(c.Value) })
	alone := map[string]bool{}
	for _, x := range []*Tables{one, other} {
		for _, hit := range Attack(x, a.min) {
			alone[hit] = true
		}
	}
	for _, hit := range Attack(t, a.min) {
		if !alone[hit] {
			a.found = append(a.found, "together: "+hit)
		}
	}
	a.groupsBetween(one, other, t)
}

// groupsBetween looks for a group of one run that may lie inside a group of the other, neither of which the other run has, and that differs
// from it by few starts.
func (a *attacker) groupsBetween(one, other, t *Tables) {
	groups := [2][]string{groupsOf(one), groupsOf(other)}
	rows := counted(t.Estimates)
	for i := range rows { // persons are not needed, and one run may hide them
		rows[i].NPersonsTreated = rows[i].NStarts
	}
	nest := newNesting(rows)
	said := map[[2]string]bool{}
	for _, cell := range grouped(rows, restKey) {
		for _, i := range cell {
			for _, j := range cell {
				x, y := &rows[i], &rows[j]
				apart := slices.Contains(groups[0], x.Group) != slices.Contains(groups[0], y.Group) && slices.Contains(groups[1], x.Group) != slices.Contains(groups[1], y.Group)
				if k := [2]string{x.Tiltak, x.Group + "\x00" + y.Group}; apart && nest[x.Group][y.Group] && x.NStarts > 0 && a.few(y.NStarts-x.NStarts) && !said[k] {
					said[k] = true
					a.hit("together: %s: %s of the other run has %d starts more", nameOf(x), y.Group, y.NStarts-x.NStarts)
				}
			}
		}
	}
}

// both calls for each row that both tables have.
func both[R any](one, other []R, key func(*R) string, do func(x, y *R)) {
	at := map[string]*R{}
	for i := range other {
		at[key(&other[i])] = &other[i]
	}
	for i := range one {
		if y := at[key(&one[i])]; y != nil {
			do(&one[i], y)
		}
	}
}

// together is the rows of both tables, and of a row that both have the one that shows it.
func together[R any](one, other []R, key func(*R) string, wanted, hidden func(*R) bool) []R {
	var out []R
	at := map[string]int{}
	for _, rows := range [][]R{one, other} {
		for i := range rows {
			r := &rows[i]
			if !wanted(r) {
				continue
			}
			k := key(r)
			if j, ok := at[k]; !ok {
				at[k] = len(out)
				out = append(out, *r)
			} else if hidden(&out[j]) && !hidden(r) {
				out[j] = *r
			}
		}
	}
	return out
}
