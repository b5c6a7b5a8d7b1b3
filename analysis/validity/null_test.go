package validity

import (
	"math"
	"testing"
)

// Two registers with a family each: one finds something, and of four series' bands one leaves 0.
func TestCountNulls(t *testing.T) {
	rows := countNulls([][]nullFinding{
		{{"ebal", "arbeid", "tiltak × group", "holm", 6, 2}, {"ebal", "arbeid", "months 1 to 12", "band", 2, 1}},
		{{"ebal", "arbeid", "tiltak × group", "holm", 4, 0}, {"ebal", "arbeid", "months 1 to 12", "band", 2, 0}},
		{{"ebal", "arbeid", "tiltak × group", "holm", 0, 0}, {"ebal", "arbeid", "months 1 to 12", "band", 0, 0}},
	})
	if h := rows[0]; h.Registers != 2 || h.Members != 5 || h.Found != 0.5 || math.Abs(h.MonteCarlo-math.Sqrt(.05*.95/2)) > 1e-15 {
		t.Errorf("holm: %+v", h)
	}
	if b := rows[1]; b.Found != 0.25 || b.Registers != 2 {
		t.Errorf("bands: %+v", b)
	}
	if NullsHold(rows) {
		t.Error("half of the registers find something, and it is called at most 5 %")
	}
	rows[0].Found, rows[1].Found = 0.05+2*rows[0].MonteCarlo, 0.05
	if !NullsHold(rows) {
		t.Error("5 % and two errors is not kept to")
	}
	rows[1].Found, rows[1].MonteCarlo = 0.2, 0.01
	if NullsHold(rows) {
		t.Error("bands that leave 0 in a fifth of the series are not seen")
	}
}

// A study of one register has a family of each method and all corrections; no corrected family can find more than the uncorrected.
func TestNullsOfARegister(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	found, err := nullsOf(t.Context(), Options{Persons: 1500, Month: 6, Seed: 5, Methods: []string{"nearest", "ebal"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2*3*5+3 {
		t.Fatalf("%d findings", len(found))
	}
	for k, f := range found {
		if f.members == 0 {
			t.Errorf("no figure in %+v", f)
		}
		if f.method != "all" && f.correction != "band" && f.correction != "none" {
			if none := found[k/5*5]; f.outcome != none.outcome || f.members != none.members || f.found > none.found {
				t.Errorf("%+v beside %+v", f, none)
			}
		}
	}
}
