package results

import "tiltakseffekt/analysis/estimate"

// Descriptive is a row of `descriptive`: a share among the starts that have found work by a month, in either arm, weighted
// as the method weights the cell. Who finds work is itself changed by the tiltak, so that a difference here is no effect: it
// has no standard error, interval or p-value, and stands beside the outcome over all starts that Twin names.
type Descriptive struct {
	Tiltak          string          `col:"tiltak"`
	Group           string          `col:"group"`
	Outcome         string          `col:"outcome"`
	Twin            string          `col:"twin"` // the outcome in `estimates` that is defined for every start
	Method          string          `col:"method"`
	Month           int             `col:"month"`
	ShareTreated    float64         `col:"share_treated"`
	ShareComparison float64         `col:"share_comparison"`
	Difference      float64         `col:"difference"`
	Reason          estimate.Reason `col:"reason"`

	// Distinct persons of either arm with and without the outcome, and without work so far: for disclosure control.
	Treated, Comparison Among
}

// Among is how many persons of an arm have the outcome, have work without it, and have no work.
type Among struct{ With, Without, Outside int }

func (a Among) known() int { return a.With + a.Without }
