package analysis

import (
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
)

// With `start_by` a row says what it is compared with, and a cell in whose comparison hardly anybody starts late says so and has no figure,
// since those still in the episode by then would stand on a handful.
func TestStartByInRows(t *testing.T) {
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 2500, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for by, want := range map[string]estimate.Reason{"7": estimate.TooFewLateStarts, "15": ""} {
		s, err := Parse([]byte("study: x\ndata: {register: memory}\npopulation: {from: 2018-09, to: 2021-06, elapsed: [1, 3]}\ntiltak: [OPPFOLGING]\ngroups: [alle]\n" +
			"comparison: {later_entry: censor, wait_until: 7, start_by: " + by + "}\noutcomes: [{id: arbeid, kind: work}]\nhorizon: 18\nmethods: [ebal]\n" +
			"inference: {family: {outcome: arbeid, month: 18, method: ebal, over: [tiltak, group]}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		s.OnlyMonths = []int{18}
		got, err := Estimate(t.Context(), s, reg, catalog.Default(), Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range got.Tables.Estimates {
			if *row.Month != 18 {
				continue
			}
			if row.Reason != want || row.LaterEntry != "censor_before_7_start_by_"+by {
				t.Errorf("start_by: %s: reason %q, later_entry %s", by, row.Reason, row.LaterEntry)
			}
		}
	}
}
