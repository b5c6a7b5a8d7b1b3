package results

import (
	"math"
	"testing"
)

// A share of months is no 0/1 covariate where its ratio of variances is not there: 9 of 50 with a third of the months are no 3 of 50.
func TestBalanceCountsNoShares(t *testing.T) {
	month := 12
	table := func(ratio float64) *Tables {
		row := func(group, stage string, mean, ratio float64) Balance {
			return Balance{Tiltak: "T", Group: group, Method: "nearest", Variable: "sosialhjelp_1_3", Stage: stage, MeanTreated: mean, MeanComparison: .1, SMD: .1, VarianceRatio: ratio, PersonsTreated: 50, PersonsComparison: 90}
		}
		return &Tables{
			Estimates: []Estimate{{Tiltak: "T", Group: "unge", Method: "nearest", Outcome: "lonn", Month: &month, Role: "primary", Estimand: "ATT", Estimate: 1, StdError: 1, MeanTreated: 2, MeanComparison: 1, NStarts: 50, NStartsEligible: 50, NPersonsTreated: 50, NPersonsComparison: 90, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1}},
			Balance:   []Balance{row("unge", "after", .06, math.NaN()), row("alle", "before", .123, ratio)},
		}
	}
	if hits := Attack(table(1.1), 5); len(hits) != 0 {
		t.Errorf("a share: %v", hits)
	}
	if hits := Attack(table(math.NaN()), 5); len(hits) == 0 {
		t.Error("a 0/1 covariate that three have is not found")
	}
}
