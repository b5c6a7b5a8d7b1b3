package results

import "strings"

// baseDefinition begins the definition of a row that repeats a figure with another base (difference-in-differences): the
// same persons and outcomes, so that it tells what the figure tells.
const baseDefinition = "base "

func figureKey(e *Estimate) string {
	return join(e.Tiltak, e.Group, e.Outcome, e.Method, monthOf(e), e.Window, e.Comparison, e.LaterEntry, e.Sample, e.SubsetVar, e.SubsetValue)
}

// bases hides what repeats a hidden figure with another base.
func (w *estimateRules) bases() (changed bool) {
	for _, same := range grouped(w.orig, figureKey) {
		hidden := false
		for _, i := range same {
			hidden = hidden || w.hidden[i] && !strings.HasPrefix(w.orig[i].Definition, baseDefinition)
		}
		for _, i := range same {
			if hidden && !w.hidden[i] && strings.HasPrefix(w.orig[i].Definition, baseDefinition) {
				w.hide(i, "another base of a hidden figure")
				changed = true
			}
		}
	}
	return changed
}

// bases looks for a hidden figure that stands with another base.
func (a *attacker) bases(rows []Estimate) {
	for _, same := range grouped(rows, figureKey) {
		for _, i := range same {
			for _, j := range same {
				if main, other := &rows[i], &rows[j]; main.Reason == suppressed && !strings.HasPrefix(main.Definition, baseDefinition) &&
					strings.HasPrefix(other.Definition, baseDefinition) && other.Reason == "" {
					a.hit("%s: %s gives it away", nameOf(main), other.Definition)
				}
			}
		}
	}
}
