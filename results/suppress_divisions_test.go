package results

import (
	"math"
	"testing"
)

// A part with few persons is the whole less the other part: one more goes, unless the whole does not stand or the part is an unknown that nobody has.
func TestPartsOfAnOutcome(t *testing.T) {
	month := 6
	row := func(outcome string, ones int) Estimate {
		return Estimate{Tiltak: "A", Group: "alle", Outcome: outcome, Method: "none", Comparison: "not-now", Month: &month, Role: "primary", Estimate: .1, StdError: .02, MeanTreated: float64(ones) / 100, MeanComparison: .4,
			NStarts: 100, NStartsEligible: 100, NPersonsTreated: 100, NPersonsComparison: 500, OnesTreated: ones, ZerosTreated: 100 - ones, OnesComparison: 5 * ones, ZerosComparison: 500 - 5*ones}
	}
	for name, c := range map[string]struct {
		rows []Estimate
		gone []bool
	}{
		"one small":      {[]Estimate{row("w", 43), row("w_a", 40), row("w_b", 3), row("w_u", 0)}, []bool{false, true, true, true}},
		"smallest goes":  {[]Estimate{row("w", 63), row("w_a", 40), row("w_b", 3), row("w_c", 20)}, []bool{false, false, true, true}},
		"all shown":      {[]Estimate{row("w", 60), row("w_a", 40), row("w_b", 20)}, []bool{false, false, false}},
		"unknown nobody": {[]Estimate{row("w", 60), row("w_a", 40), row("w_b", 20), row("w_u", 0)}, []bool{false, false, false, true}},
	} {
		tables := &Tables{Estimates: c.rows, Divisions: []Division{{"w", []string{"w_a", "w_b", "w_c", "w_u"}, []string{"w_u"}}}}
		Suppress(tables, 5)
		for i, e := range tables.Estimates {
			if gone := e.Reason == suppressed; gone != c.gone[i] || gone != math.IsNaN(e.MeanTreated) {
				t.Errorf("%s, %s: %q, mean %v", name, e.Outcome, e.Reason, e.MeanTreated)
			}
		}
	}
}
