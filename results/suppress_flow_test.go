package results

import (
	"math"
	"slices"
	"testing"
)

// TestFlowOfDescriptionAndRun hides the same numbers of the flow in a description of a study, where nothing is estimated, as in its run:
// with the start in the one and what is analysed in the other, the few between them could be had.
func TestFlowOfDescriptionAndRun(t *testing.T) {
	month := 12
	for name, c := range map[string]struct {
		starts, lost int
		failed       bool
	}{
		"four lost":                    {148, 4, false},
		"four lost, nothing estimated": {24, 4, true},
		"two lost of few":              {8, 2, true},
		"forty lost":                   {148, 40, false},
	} {
		n := c.starts - c.lost
		flow := func() []Flow {
			return []Flow{{Tiltak: "AFT", Group: everybody, Rule: "starts", Action: "start", Rows: c.starts, Persons: c.starts},
				{Tiltak: "AFT", Group: everybody, Step: 1, Rule: "outside_age", Action: "dropped", Rows: c.lost, Persons: c.lost},
				{Tiltak: "AFT", Group: everybody, Step: 2, Rule: "analysed", Action: "analysed", Rows: n, Persons: n}}
		}
		census := Estimate{Role: CensusRole, Tiltak: "AFT", Group: everybody, NStarts: n, NStartsEligible: n, NPersonsTreated: n, NPersonsComparison: 1000, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1}
		figure := census
		figure.Role, figure.Outcome, figure.Method, figure.Month, figure.Estimate, figure.MeanTreated, figure.MeanComparison = "primary", "lonn", "ebal", &month, 10, 100, 90
		if c.failed {
			figure.NStarts, figure.NPersonsTreated, figure.NPersonsComparison, figure.Reason = 0, 0, 0, "too_few_treated"
			figure.Estimate, figure.MeanTreated, figure.MeanComparison = math.NaN(), math.NaN(), math.NaN()
		}
		described, ran := &Tables{Flow: flow(), Census: []Estimate{census}}, &Tables{Flow: flow(), Estimates: []Estimate{figure}}
		Suppress(described, 5)
		Suppress(ran, 5)
		if !slices.Equal(described.Flow, ran.Flow) {
			t.Errorf("%s: described %+v, run %+v", name, described.Flow, ran.Flow)
		}
		start, analysed := -1, -1
		for _, f := range slices.Concat(described.Flow, ran.Flow) {
			switch f.Action {
			case "start":
				start = max(start, f.Rows)
			case "analysed":
				analysed = max(analysed, f.Rows)
			}
		}
		if d := start - analysed; start >= 0 && analysed >= 0 && d > 0 && d < 5 {
			t.Errorf("%s: the two show that %d are lost", name, d)
		}
	}
}
