package results

import (
	"math"
	"strings"
)

// composition counts starts with and without a trait, as far as the rows tell, and takes groups from everybody, levels
// from one, and the overlap of two groups from the row of the other.
func (a *attacker) composition(rows []Composition) {
	type counted struct{ with, without int }
	count := func(c *Composition) (counted, bool) {
		n := float64(c.NStarts)
		with := math.Round(c.MeanStarts * n)
		if c.Kind == "mean" || c.NStarts <= 0 || !(math.Abs(c.MeanStarts*n-with) < 1e-9*n) {
			return counted{}, false
		}
		return counted{int(with), c.NStarts - int(with)}, true
	}
	at := map[[4]string]*Composition{}
	starts := map[cellKey]int{}
	for i := range rows {
		c := &rows[i]
		at[[4]string{c.Tiltak, c.Group, c.Kind, c.Variable}] = c
		if c.NStarts > 0 {
			starts[cellKey{c.Tiltak, c.Group}] = c.NStarts
		}
	}
	for i := range rows {
		c := &rows[i]
		if a.few(c.NStarts) || a.few(c.NPersons) {
			a.hit("composition: %s, %s: %d starts of %d persons", c.Tiltak, c.Group, c.NStarts, c.NPersons)
		}
		x, ok := count(c)
		if !ok {
			continue
		}
		if a.few(x.with) || a.few(x.without) {
			a.hit("composition: %s, %s, %s: %d starts with it and %d without", c.Tiltak, c.Group, c.Variable, x.with, x.without)
		}
		if all, ok := at[[4]string{c.Tiltak, everybody, c.Kind, c.Variable}]; ok && c.Group != everybody {
			if y, ok := count(all); ok && (a.few(y.with-x.with) || a.few(y.without-x.without)) {
				a.hit("composition: %s, all but %s, %s: %d starts with it and %d without", c.Tiltak, c.Group, c.Variable, y.with-x.with, y.without-x.without)
			}
		}
		if n := starts[cellKey{c.Tiltak, c.Variable}]; c.Kind == "group" && n > 0 && a.few(n-x.with) {
			a.hit("composition: %s, %s: all but %d starts are in %s", c.Tiltak, c.Variable, n-x.with, c.Group)
		}
		all, other := starts[cellKey{c.Tiltak, everybody}], starts[cellKey{c.Tiltak, c.Variable}]
		if c.Kind == "group" && c.Group != everybody && c.Variable != everybody && all > 0 && other > 0 && a.few(neither(all, c.NStarts, other, x.with)) {
			a.hit("composition: %s: all but %d starts are in %s or %s", c.Tiltak, neither(all, c.NStarts, other, x.with), c.Group, c.Variable)
		}
	}
	for _, cell := range grouped(rows, func(c *Composition) string {
		factor, _, _ := strings.Cut(c.Variable, "=")
		return join(c.Tiltak, c.Group, c.Kind, factor)
	}) {
		first := &rows[cell[0]]
		if first.Kind != "share" || !strings.Contains(first.Variable, "=") || first.NStarts <= 0 {
			continue
		}
		left, known := first.NStarts, true
		for _, i := range cell {
			if x, ok := count(&rows[i]); ok {
				left -= x.with
			} else {
				known = known && rows[i].Reason == suppressed
			}
		}
		if known && a.few(left) {
			a.hit("composition: %s, %s: the levels of %s that are not shown are %d starts", first.Tiltak, first.Group, first.Variable, left)
		}
	}
}
