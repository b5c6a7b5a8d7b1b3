package results

import (
	"math"
	"testing"
)

// A slope over more places than the variable has thirds leaves where the figures of all thirds do, and goes where one is hidden.
func TestSlopeGoesWithItsThirds(t *testing.T) {
	for name, c := range map[string]struct {
		low  int // persons of the lowest third
		gone bool
	}{"all shown": {50, false}, "one hidden": {3, true}} {
		month := 6
		third := func(value string, persons int) Estimate {
			return Estimate{Tiltak: "A", Group: "alle", Outcome: "arbeid", Method: "ebal", Comparison: "not-now", SubsetVar: "ledighet", SubsetValue: value, Month: &month, Role: "exploratory",
				Estimate: .1, StdError: .02, NStarts: persons, NStartsEligible: persons, NPersonsTreated: persons, NPersonsComparison: 500,
				OnesTreated: persons / 2, ZerosTreated: persons - persons/2, OnesComparison: 200, ZerosComparison: 300}
		}
		slope := Heterogeneity{Tiltak: "A", Group: "alle", Outcome: "arbeid", Method: "ebal", Month: 6, Comparison: "not-now", SubsetVar: "ledighet", Measure: "slope", Estimate: .01, StdError: .004, NValues: 15}
		tables := &Tables{Estimates: []Estimate{third("low", c.low), third("middle", 60), third("high", 70)}, Heterogeneity: []Heterogeneity{slope}}
		Suppress(tables, 5)
		h := tables.Heterogeneity[0]
		if gone := h.Reason == suppressed; gone != c.gone || gone != math.IsNaN(h.Estimate) {
			t.Errorf("%s: %+v", name, h)
		}
		stands := &Tables{Estimates: tables.Estimates, Heterogeneity: []Heterogeneity{slope}}
		a := attacker{min: 5}
		if a.heterogeneity(stands); (len(a.found) > 0) != c.gone {
			t.Errorf("%s: the attack finds %v", name, a.found)
		}
	}
}
