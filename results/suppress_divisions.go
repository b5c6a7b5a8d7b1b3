package results

import (
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
)

// Division is a set of outcomes that exclude each other and are parts of another: those of `parts`.
type Division struct {
	Whole   string   `json:"whole"`
	Parts   []string `json:"parts"`             // outcomes
	Unknown []string `json:"unknown,omitempty"` // those of the parts whose value is not known
}

// divisions hides one more part of an outcome where one alone is hidden, or all that are hidden are small: with the whole shown, they are
// what it has more than the parts that are shown. A whole that is hidden is their sum, and counts as one of them. A part of unknown value that nobody has is no secret, and nothing goes for it.
func (w *estimateRules) divisions() (changed bool) {
	if len(w.t.Divisions) == 0 {
		return false
	}
	for _, cell := range grouped(w.orig, func(e *Estimate) string { return e.divided().key }) {
		at := make(map[string]int, len(cell))
		for _, i := range cell {
			at[w.orig[i].Outcome] = i
		}
		for _, d := range w.t.Divisions {
			whole, ok := at[d.Whole]
			if !ok {
				continue
			}
			var parts []member
			if w.hidden[whole] { // few without the outcome: the sum of its parts would tell it
				if len(d.Parts) < 2 {
					continue
				}
				parts = append(parts, member{hidden: true, small: w.small[whole]})
			}
			for _, id := range d.Parts {
				i, ok := at[id]
				if !ok {
					continue
				}
				e := &w.orig[i]
				if slices.Contains(d.Unknown, id) && e.OnesTreated == 0 && e.OnesComparison == 0 {
					continue
				}
				size := e.OnesTreated
				if size < 0 { // a sum over months
					size = e.NPersonsTreated
				}
				parts = append(parts, member{size, w.hidden[i], w.small[i] || w.rare(e.OnesTreated), func() { w.hide(i, partOfOutcome) }})
			}
			changed = complete(parts) || changed
		}
	}
	return changed
}

// divided is what the rules for parts of an outcome need of a row: what it shares with those of the other parts, whether disclosure control has
// hidden it, whether a figure can be seen, and whether nobody has the outcome, which cannot be told of a table that was read.
type divided struct {
	key, outcome        string
	gone, shown, nobody bool
}

func dividedRow(key, outcome string, reason estimate.Reason, figure float64) divided {
	return divided{key: key, outcome: outcome, gone: reason == suppressed, shown: reason != suppressed && !math.IsNaN(figure)}
}

func (e *Estimate) divided() divided {
	key := join(e.Tiltak, e.Group, e.Method, monthOf(e), e.Window, target(e), e.Comparison, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet, e.SubsetVar, e.SubsetValue, e.Role)
	return dividedRow(key, e.Outcome, e.Reason, e.Estimate)
}

func (p *PreEffect) divided() divided {
	d := dividedRow(join(p.Tiltak, p.Group, p.Method, *p.EventMonth), p.Outcome, p.Reason, p.Estimate)
	d.nobody = p.OnesTreated == 0 && p.OnesComparison == 0
	return d
}

func (p *Placebo) divided() divided {
	d := dividedRow(join(p.Tiltak, p.Group, p.Method, p.Kind, p.Conditioning, p.Window), p.Outcome, p.Reason, p.Estimate)
	d.nobody = p.Reason == estimate.ConstantOutcome // until it is hidden
	return d
}

func (r *Sensitivity) divided() divided {
	figure := r.Estimate
	if math.IsNaN(figure) {
		figure = r.Value
	}
	d := dividedRow(join(r.Tiltak, r.Group, r.Method, r.Month, r.Measure, r.Variation, r.Estimand), r.Outcome, r.Reason, figure)
	d.nobody = r.OnesTreated == 0 && r.OnesComparison == 0
	return d
}

func (e *Experiment) divided() divided {
	d := dividedRow(join(e.Month, e.Estimand, e.Adjustment, e.StdErrorType), e.Outcome, e.Reason, e.Estimate)
	d.nobody = e.OnesOffered == 0 && e.OnesOthers == 0
	return d
}

func (h *Heterogeneity) divided() divided {
	figure := h.Estimate
	if math.IsNaN(figure) {
		figure = h.Statistic
	}
	return dividedRow(join(h.Tiltak, h.Group, h.Method, h.Month, h.Comparison, h.SubsetVar, h.SubsetValue, h.Measure), h.Outcome, h.Reason, figure)
}

// about is what the rules for parts of an outcome need of all rows.
func about[R any](rows []R, of func(*R) divided) []divided {
	out := make([]divided, len(rows))
	for i := range rows {
		out[i] = of(&rows[i])
	}
	return out
}

func keyOfDivided(x *divided) string { return x.key }

// dividedRows hides the rows of all parts of an outcome where that of one, or of the whole, is hidden: figures of parts add up to those of the whole. It is for
// tables that come after the estimates, which keep what they can (divisions). A part of unknown value that nobody has is no secret. An outcome
// may be part of several, so that what goes for one calls for more in another.
func dividedRows(d []Division, rows []divided, hide func(i int)) {
	if len(d) == 0 {
		return
	}
	for _, cell := range grouped(rows, keyOfDivided) {
		for changed := true; changed; {
			changed = false
			for _, division := range d {
				one := false
				for _, i := range cell {
					x := &rows[i]
					one = one || x.gone && x.outcome == division.Whole && len(division.Parts) > 1
					one = one || x.gone && slices.Contains(division.Parts, x.outcome) && !(x.nobody && slices.Contains(division.Unknown, x.outcome))
				}
				for _, i := range cell {
					if x := &rows[i]; one && !x.gone && slices.Contains(division.Parts, x.outcome) {
						hide(i)
						x.gone, changed = true, true
					}
				}
			}
		}
	}
}

const partOfOutcome = "part of an outcome that is a sum"
