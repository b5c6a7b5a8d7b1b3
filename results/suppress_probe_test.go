package results

import (
	"math"
	"testing"
)

// A figure that is hidden as the complement of a small one must not stand with another base; without the rule the attack
// finds it.
func TestAnotherBaseOfAHiddenFigure(t *testing.T) {
	month := 24
	row := func(definition string, v float64, reason string) Estimate {
		e := Estimate{Tiltak: "AFT", Group: "alle", Outcome: "arbeid", Method: "did", Month: &month, Sample: "main", Definition: definition, Estimate: v, StdError: .1,
			NStarts: 100, NStartsEligible: 100, NPersonsTreated: 90, NPersonsComparison: 900, OnesTreated: 40, ZerosTreated: 50, OnesComparison: 300, ZerosComparison: 600,
			MeanTreated: math.NaN(), MeanComparison: math.NaN()}
		if reason != "" {
			e.Reason, e.Estimate, e.OnesTreated = suppressed, math.NaN(), 3
		}
		return e
	}
	tables := &Tables{Estimates: []Estimate{row("main", .1, "hidden"), row("base 6", .12, "")}}
	if found := Attack(tables, 5); len(found) == 0 {
		t.Error("the attack does not look at other bases")
	}
	for _, hidden := range []bool{false, true} {
		main := row("main", .1, "")
		if hidden {
			main.OnesTreated = 3
		}
		tables := &Tables{Estimates: []Estimate{main, row("base 6", .12, ""), row("base 1", .13, "")}}
		Suppress(tables, 5)
		for _, e := range tables.Estimates {
			if (e.Reason == suppressed) != hidden {
				t.Errorf("figure hidden %v: %s is %q", hidden, e.Definition, e.Reason)
			}
		}
	}
}
