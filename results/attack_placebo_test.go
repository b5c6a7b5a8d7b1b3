package results

import (
	"math"
	"strings"
	"testing"
)

func TestAttackOnPlacebo(t *testing.T) {
	nan := math.NaN()
	month := 24
	estimate := func(group string, persons int) Estimate {
		return Estimate{Tiltak: "AFT", Group: group, Outcome: "arbeid", Method: "ebal", Month: &month, Estimate: nan, MeanTreated: nan, MeanComparison: nan,
			NStarts: -1, NStartsEligible: -1, NPersonsTreated: persons, NPersonsComparison: -1, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1, Reason: suppressed}
	}
	tables := &Tables{Estimates: []Estimate{estimate("unge", -1)},
		Placebo: []Placebo{{Tiltak: "AFT", Group: "unge", Method: "ebal", Estimate: 0.01, PValue: 0.5, Statistic: nan}}}
	if found := Attack(tables, 5); len(found) != 1 || !strings.Contains(found[0], "placebo") {
		t.Errorf("a placebo of a hidden cell: %v", found)
	}
	tables.Placebo[0].Estimate, tables.Placebo[0].PValue = nan, nan
	if found := Attack(tables, 5); len(found) != 0 {
		t.Errorf("a hidden placebo: %v", found)
	}
	tables.Placebo[0].Statistic = 3
	if found := Attack(tables, 5); len(found) != 1 {
		t.Errorf("a joint test of a hidden cell: %v", found)
	}
}
