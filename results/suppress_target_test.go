package results

import (
	"math"
	"testing"
)

// TestARenamedEstimandHidesNothing: an estimate called ATT_matched, since its method dropped over 5 %, is held against the
// ones that dropped nobody all the same: the level of the few that were dropped must not be the difference.
func TestARenamedEstimandHidesNothing(t *testing.T) {
	month := 24
	all := Estimate{Tiltak: "AFT", Group: "alle", Outcome: "arbeid", Method: "ebal", Month: &month, Role: "primary", Estimand: "ATT", Estimate: 0.1,
		MeanTreated: 0.5, MeanComparison: 0.4, NStarts: 60, NPersonsTreated: 60, OnesTreated: 30, ZerosTreated: 30, NPersonsComparison: 500, OnesComparison: 200, ZerosComparison: 300}
	kept := all
	kept.Method, kept.Estimand, kept.NStarts, kept.NPersonsTreated, kept.OnesTreated = "nearest", "ATT_matched", 56, 56, 26
	kept.MeanTreated, kept.MeanComparison = 26./56, 26./56-0.1
	tables := &Tables{Estimates: []Estimate{all, kept}}
	Suppress(tables, 5)
	if got := tables.Estimates[1].MeanTreated; got == kept.MeanTreated {
		t.Errorf("the level %v of 56 of 60 starts is shown: all four that were dropped had the outcome", got)
	}
	if math.IsNaN(tables.Estimates[1].Estimate) {
		t.Error("the effect itself is gone")
	}
}
