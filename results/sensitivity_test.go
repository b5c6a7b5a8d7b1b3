package results

import (
	"math"
	"testing"
)

func sensitive() *Tables {
	month := 24
	all := Estimate{Tiltak: "AFT", Group: "alle", Outcome: "arbeid", Method: "ebal", Month: &month, Role: "primary", Estimand: "ATT", Estimate: 0.1,
		MeanTreated: 0.5, MeanComparison: 0.4, NStarts: 100, NPersonsTreated: 100, OnesTreated: 50, ZerosTreated: 50, NPersonsComparison: 500, OnesComparison: 200, ZerosComparison: 300}
	kept := all
	kept.Method, kept.NStarts, kept.NPersonsTreated, kept.OnesTreated = "nearest", 80, 80, 40
	small := all
	small.Group, small.NStarts, small.NPersonsTreated, small.OnesTreated, small.ZerosTreated = "unge", 4, 4, 2, 2
	row := func(e Estimate, measure string, discordant int) Sensitivity {
		return Sensitivity{Tiltak: e.Tiltak, Group: e.Group, Outcome: e.Outcome, Method: e.Method, Month: 24, Measure: measure, Value: 1.5, Bound: 1.2, Discordant: discordant,
			PersonsTreated: e.NPersonsTreated, PersonsComparison: 500, OnesTreated: e.OnesTreated, ZerosTreated: e.ZerosTreated, OnesComparison: 200, ZerosComparison: 300}
	}
	few := row(all, "spread", -1)
	few.OnesComparison = 3
	return &Tables{Estimates: []Estimate{all, kept, small}, Sensitivity: []Sensitivity{
		row(all, "e-value", -1), row(all, "robustness-value", -1), row(kept, "e-value", -1), row(kept, "rosenbaum-gamma", 12), row(kept, "rosenbaum-gamma", 3),
		row(small, "e-value", -1), row(small, "benchmark", -1), few}}
}

// TestSensitivityIsSuppressed: measures go with their figure, where few persons or pairs are behind them, and where they would
// give the level of a method that drops some; the rest stay.
func TestSensitivityIsSuppressed(t *testing.T) {
	tables := sensitive()
	Suppress(tables, 5)
	for i, shown := range []bool{true, true, false, true, false, false, false, false} {
		r := tables.Sensitivity[i]
		if got := r.Reason == "" && r.Value == 1.5; got != shown || !shown && (!math.IsNaN(r.Value) || !math.IsNaN(r.Bound)) {
			t.Errorf("row %d (%s, %s): shown %v, want %v", i, r.Method, r.Measure, got, shown)
		}
	}
	if found := Attack(tables, 5); len(found) > 0 {
		t.Errorf("%q", found)
	}
}

// TestAttackOnSensitivity: the attack finds what Suppress would have hidden.
func TestAttackOnSensitivity(t *testing.T) {
	tables := sensitive()
	kept := append([]Sensitivity(nil), tables.Sensitivity...)
	Suppress(tables, 5)
	tables.Sensitivity = kept
	tables.Estimates[1].MeanTreated = math.NaN()
	if found := Attack(tables, 5); len(found) != 3 { // the E-value of nearest, and both of the young
		t.Errorf("%q", found)
	}
}
