package results

import "math"

// placebo looks for placebo tests of cells of which nothing else may be seen: every estimate of the tiltak × group is hidden,
// or one of them tells that it rests on few persons.
func (a *attacker) placebo(t *Tables) {
	type state struct{ shown, hidden, few bool }
	cells := map[cellKey]state{}
	for i := range t.Estimates {
		e := &t.Estimates[i]
		k := cellKey{e.Tiltak, e.Group}
		s := cells[k]
		s.shown = s.shown || e.Reason != suppressed
		s.hidden = s.hidden || e.Reason == suppressed
		s.few = s.few || a.few(e.NPersonsTreated) || a.few(e.NPersonsComparison)
		cells[k] = s
	}
	for i := range t.Placebo {
		p := &t.Placebo[i]
		if math.IsNaN(p.Estimate) && math.IsNaN(p.PValue) && math.IsNaN(p.Statistic) {
			continue
		}
		if s := cells[cellKey{p.Tiltak, p.Group}]; s.few || s.hidden && !s.shown {
			a.hit("placebo: %s, %s, %s: a figure of a cell that is hidden or small", p.Tiltak, p.Group, p.Method)
		}
	}
}
