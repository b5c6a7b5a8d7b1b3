package results

import "slices"

// Division is a set of outcomes that exclude each other and are parts of another: those of `parts`.
type Division struct {
	Whole          string
	Parts, Unknown []string // outcomes; Unknown those of the parts whose value is not known
}

// divisions hides one more part of an outcome where one alone is hidden, or all that are hidden are small: with the whole shown, they are
// what it has more than the parts that are shown. A part of unknown value that nobody has is no secret, and nothing goes for it.
func (w *estimateRules) divisions() (changed bool) {
	if len(w.t.Divisions) == 0 {
		return false
	}
	for _, cell := range grouped(w.orig, func(e *Estimate) string {
		return join(e.Tiltak, e.Group, e.Method, monthOf(e), e.Window, target(e), e.Comparison, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet, e.SubsetVar, e.SubsetValue, e.Role)
	}) {
		at := make(map[string]int, len(cell))
		for _, i := range cell {
			at[w.orig[i].Outcome] = i
		}
		for _, d := range w.t.Divisions {
			if whole, ok := at[d.Whole]; !ok || w.hidden[whole] {
				continue
			}
			var parts []member
			for _, id := range d.Parts {
				i, ok := at[id]
				if !ok {
					continue
				}
				e := &w.orig[i]
				if slices.Contains(d.Unknown, id) && e.OnesTreated == 0 && e.OnesComparison == 0 {
					continue
				}
				parts = append(parts, member{e.OnesTreated, w.hidden[i], w.small[i], func() { w.hide(i, partOfOutcome) }})
			}
			changed = complete(parts) || changed
		}
	}
	return changed
}

// divided is what the rule for parts of an outcome needs of a row: what it shares with those of the other parts, whether disclosure control has
// hidden it, and whether nobody has the outcome.
type divided struct {
	key, outcome string
	gone, nobody bool
}

// dividedRows hides the rows of all parts of an outcome where that of one is hidden: figures of parts add up to those of the whole. It is for
// tables that come after the estimates, which keep what they can (divisions). A part of unknown value that nobody has is no secret.
func dividedRows[R any](d []Division, rows []R, of func(*R) divided, hide func(*R)) {
	if len(d) == 0 {
		return
	}
	about := make([]divided, len(rows))
	for i := range rows {
		about[i] = of(&rows[i])
	}
	for _, cell := range grouped(about, func(x *divided) string { return x.key }) {
		for _, division := range d {
			one := false
			for _, i := range cell {
				x := &about[i]
				one = one || x.gone && slices.Contains(division.Parts, x.outcome) && !(x.nobody && slices.Contains(division.Unknown, x.outcome))
			}
			for _, i := range cell {
				if x := &about[i]; one && !x.gone && slices.Contains(division.Parts, x.outcome) {
					hide(&rows[i])
				}
			}
		}
	}
}

const partOfOutcome = "part of an outcome that is a sum"
