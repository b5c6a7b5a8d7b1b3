package results

import (
	"slices"
	"strings"
)

// divisions looks for an outcome that is hidden and is the sum of its parts, and for a part that is hidden and is the whole less the parts that are shown: in estimates one that is hidden
// alone, or a few starts that all hidden ones have; in the tables of which dividedRows hides all parts, any that stands beside a hidden one. A
// part of unknown value may be hidden because nobody has it, and is not looked for by itself.
func (a *attacker) divisions(t *Tables) {
	if len(t.Divisions) == 0 {
		return
	}
	a.levelsOfParts(t)
	for _, table := range []struct {
		name string
		rows []divided
		any  bool // part may not stand beside one that is hidden
	}{
		{"estimates", about(t.Estimates, (*Estimate).divided), false},
		{"pre_effects", about(t.PreEffects, (*PreEffect).divided), true},
		{"placebo", about(t.Placebo, (*Placebo).divided), true},
		{"sensitivity", about(t.Sensitivity, (*Sensitivity).divided), true},
		{"experiment", about(t.Experiment, (*Experiment).divided), true},
		{"heterogeneity", about(t.Heterogeneity, (*Heterogeneity).divided), true},
	} {
		for _, cell := range grouped(table.rows, keyOfDivided) {
			for _, d := range t.Divisions {
				whole, lost := false, false
				var hidden []string
				shown, other := 0, 0
				for _, i := range cell {
					x := &table.rows[i]
					switch part := slices.Contains(d.Parts, x.outcome); {
					case x.outcome == d.Whole:
						whole, lost = x.shown, x.gone && len(d.Parts) > 1
					case part && x.gone && (!table.any || !slices.Contains(d.Unknown, x.outcome)):
						hidden = append(hidden, x.outcome)
					case part && x.shown:
						shown++
					case part && !x.gone:
						other++ // has no figure, for a reason that is no secret
					}
				}
				alone := len(hidden) == 1 && other == 0 && !slices.Contains(d.Unknown, hidden[0])
				key := strings.Join(strings.FieldsFunc(table.rows[cell[0]].key, func(r rune) bool { return r == 0 }), ", ")
				switch {
				case lost && shown > 0 && (table.any || shown > 1 && len(hidden) == 0 && other == 0):
					a.hit("%s: %s: %s, which is hidden, is the sum of its parts", table.name, key, d.Whole)
				case whole && shown > 0 && len(hidden) > 0 && (table.any || alone):
					a.hit("%s: %s: %s is %s less the parts that are shown", table.name, key, strings.Join(hidden, " and "), d.Whole)
				}
			}
		}
	}
}

// levelsOfParts takes the starts with the parts that are shown from those with the whole, where nothing is rounded.
func (a *attacker) levelsOfParts(t *Tables) {
	if t.Round > 0 {
		return
	}
	rows := counted(t.Estimates)
	for _, cell := range grouped(rows, func(e *Estimate) string { return e.divided().key }) {
		for _, d := range t.Divisions {
			var whole *Estimate
			rest, known, hidden := 0, true, false
			for _, i := range cell {
				switch e := &rows[i]; {
				case e.Outcome == d.Whole:
					whole = e
				case !slices.Contains(d.Parts, e.Outcome):
				case e.Reason == suppressed:
					hidden = true
				default:
					rest -= e.OnesTreated
					known = known && e.OnesTreated >= 0
				}
			}
			if whole == nil || !known || !hidden || whole.OnesTreated < 0 {
				continue
			}
			if rest += whole.OnesTreated; a.few(rest) {
				a.hit("%s: less the parts that are shown it is %d starts", nameOf(whole), rest)
			}
		}
	}
}
