package simulate

import (
	"context"
	"testing"

	"tiltakseffekt/datasets/register"
)

// TestRegisterReadsIt holds the panel that the register room makes of the tables against what was simulated.
func TestRegisterReadsIt(t *testing.T) {
	r := generate(t, Options{Persons: 1500, Seed: 3, Counterfactual: true})
	reg, err := register.FromTables(context.Background(), r.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range reg.Ledger {
		if e.Rows > 0 {
			t.Logf("%s %s %s %d", e.Table, e.Rule, e.Action, e.Rows)
		}
	}
	if len(reg.Participations) != len(r.Paths.Starts) {
		t.Errorf("%d participations, %d starts", len(reg.Participations), len(r.Paths.Starts))
	}
	differ := map[string]int{}
	for i, id := range reg.Persons.IntID {
		got, want := reg.Panel.History(int32(i)), r.Factual(id)
		if got.First != want.First || len(got.State) != len(want.State) {
			t.Fatalf("panel from %s, %d months; want %s, %d", got.First, len(got.State), want.First, len(want.State))
		}
		for m := range want.State {
			if got.Position[m] != want.Position[m] {
				differ["position"]++
			}
			if got.Ordinary[m] != want.Ordinary[m] {
				differ["ordinary"]++
			}
			if got.Wage[m] != want.Wage[m] {
				differ["wage"]++
			}
			if got.OrdinaryWage[m] != want.OrdinaryWage[m] {
				differ["ordinary wage"]++
			}
			if d := (got.State[m] ^ want.State[m]) &^ register.Observed; d != 0 {
				if differ["state"]++; differ["state"] < 5 {
					t.Logf("person %d month %d: state %b, want %b", id, m, got.State[m], want.State[m])
				}
			}
		}
	}
	for what, n := range differ {
		t.Errorf("%s differs in %d months", what, n)
	}
}
