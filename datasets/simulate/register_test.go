package simulate

import (
	"testing"

	"tiltakseffekt/datasets/register"
)

// TestRegisterReadsIt holds the panel that the register room makes of the tables against what was simulated, month by
// month, and its ledger against what a clean register may have in it.
func TestRegisterReadsIt(t *testing.T) {
	may := map[string]bool{"between_month_ends": true, "education_missing": true, "not_participation": true, "one_day": true, "part_time_missing": true, "tiltak_wage_marked": true}
	for _, scenario := range Scenarios() {
		r := generate(t, Options{Persons: 1500, Seed: 3, Scenario: scenario, Counterfactual: true})
		reg, err := register.FromTables(ctx(), r.Tables, register.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range reg.Ledger {
			if e.Rows > 0 && !may[e.Rule] {
				t.Errorf("%s: rule %s of %s found %d rows in a clean register", scenario, e.Rule, e.Table, e.Rows)
			}
		}
		if len(reg.Participations) != len(r.Paths.Starts) {
			t.Errorf("%s: %d participations, %d starts", scenario, len(reg.Participations), len(r.Paths.Starts))
		}
		differ := map[string]int{}
		for i, id := range reg.Persons.IntID {
			got, want := reg.Panel.History(int32(i)), r.Factual(id)
			if got.First != want.First || len(got.State) != len(want.State) {
				t.Fatalf("panel from %s, %d months; want %s, %d", got.First, len(got.State), want.First, len(want.State))
			}
			for m := range want.State {
				count := func(what string, same bool) {
					if !same {
						differ[what]++
					}
				}
				count("position", got.Position[m] == want.Position[m])
				count("ordinary position", got.Ordinary[m] == want.Ordinary[m])
				count("wage", got.Wage[m] == want.Wage[m])
				count("ordinary wage", got.OrdinaryWage[m] == want.OrdinaryWage[m])
				count("state", (got.State[m]^want.State[m])&^register.Observed == 0)
			}
		}
		for what, n := range differ {
			t.Errorf("%s: %s differs in %d months", scenario, what, n)
		}
	}
}
