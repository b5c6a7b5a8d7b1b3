package results

import (
	"math"
	"testing"
)

func TestPreEffectsAreSuppressed(t *testing.T) {
	month := 12
	tables := func() *Tables {
		t := &Tables{}
		for _, group := range []string{"alle", "unge"} {
			for _, outcome := range []string{"arbeid", "lonn"} {
				e := Estimate{Tiltak: "AFT", Group: group, Outcome: outcome, Method: "ebal", Month: &month, Estimate: 0.1, StdError: 0.02, MeanTreated: 0.5, MeanComparison: 0.4, NStarts: 200, NStartsEligible: 200,
					NPersonsTreated: 200, NPersonsComparison: 900, OnesTreated: 100, ZerosTreated: 100, OnesComparison: 300, ZerosComparison: 600, Role: "primary"}
				if group == "unge" {
					e.NStarts, e.NStartsEligible, e.NPersonsTreated, e.OnesTreated, e.ZerosTreated = 80, 80, 80, 40, 40
				}
				if outcome == "lonn" {
					e.OnesTreated, e.ZerosTreated, e.OnesComparison, e.ZerosComparison = -1, -1, -1, -1
				}
				t.Estimates = append(t.Estimates, e)
			}
		}
		row := func(group string, event, ones int) PreEffect {
			return PreEffect{Tiltak: "AFT", Group: group, Outcome: "arbeid", Method: "ebal", EventMonth: &event, Estimate: 0.01, StdError: 0.01, ConfLow: 0, ConfHigh: 0.02,
				PersonsTreated: 80, PersonsComparison: 900, OnesTreated: ones, ZerosTreated: 80 - ones, OnesComparison: 300, ZerosComparison: 600}
		}
		t.PreEffects = []PreEffect{row("alle", -2, 40), row("unge", -2, 20), row("alle", -1, 3), row("unge", 0, 38), row("alle", 0, 40)}
		t.PreEffects[4].ZerosTreated = 160
		return t
	}
	hidden := func(t *Tables) (out []int) {
		for i, p := range t.PreEffects {
			if p.Reason == suppressed {
				out = append(out, i)
			} else if math.IsNaN(p.Estimate) {
				out = append(out, -i)
			}
		}
		return out
	}
	a := tables()
	Suppress(a, 5)
	// Month −1 has 3 with the outcome; at 0 the group has 38 of the 40 of everybody: 2 others.
	if got := hidden(a); len(got) != 2 || got[0] != 2 || got[1] != 3 {
		t.Errorf("hidden %v, want [2 3]", got)
	}
	if found := Attack(a, 5); len(found) > 0 {
		t.Errorf("%v", found)
	}
	b := tables()
	b.Estimates[2].NPersonsTreated = 4 // arbeid of the young is hidden, and so are their months before
	Suppress(b, 5)
	for i, p := range b.PreEffects {
		if p.Group == "unge" && p.Reason != suppressed {
			t.Errorf("row %d is shown", i)
		}
	}
	b.PreEffects[1].Estimate = 0.01
	if found := Attack(b, 5); len(found) == 0 {
		t.Error("the attack does not see a month whose outcome is hidden")
	}
}

// Months before the start are negative, which a count never is: they come back from the written table.
func TestPreEffectMonthsSurvive(t *testing.T) {
	month := -7
	column := tableOf([]PreEffect{{EventMonth: &month}}).Column("event_month")
	if column == nil || column.Missing(0) || column.Ints[0] != -7 {
		t.Errorf("%+v", column)
	}
}
