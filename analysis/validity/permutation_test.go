package validity

import (
	"math"
	"testing"
)

// Two registers: of three figures of a method two are rejected by permutation, of one register both; and z of 1, 3 and −1.
func TestCountPermutations(t *testing.T) {
	rows := countPermutations([]string{"did", "ebal"}, [][]smallFigure{
		{{"did", "arbeid", 1, .05, .06}, {"did", "lonn", 3, .01, .003}, {"ebal", "arbeid", 0, .5, .9}},
		{{"did", "arbeid", -1, .051, .04}},
	})
	if len(rows) != 3+2 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	all := rows[2]
	if all.Method != "did" || all.Outcome != "all" || all.Figures != 3 || math.Abs(all.Permutation-2./3) > 1e-15 || math.Abs(all.Normal-2./3) > 1e-15 || all.MeanZ != 1 || math.Abs(all.SDZ-2) > 1e-12 {
		t.Errorf("%+v", all)
	}
	// By register 2 of 2 and 0 of 1 are rejected: deviations from two thirds are 2/3 and −2/3, so √(2·(4/9)·2/1)/3.
	if want := math.Sqrt(2*(4./9)*2) / 3; math.Abs(all.PermutationError-want) > 1e-12 {
		t.Errorf("Monte Carlo error %v, want %v", all.PermutationError, want)
	}
	if arbeid := rows[0]; arbeid.Outcome != "arbeid" || arbeid.Figures != 2 || arbeid.Permutation != .5 || arbeid.Normal != .5 {
		t.Errorf("%+v", arbeid)
	}
}

// A register of small cells has both p-values of every method, and no others than cells under 50 starts.
func TestPermutationsOfARegister(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	found, err := permutationsOf(t.Context(), Options{Persons: 1200, Month: 6, Seed: 5, Methods: []string{"ebal", "did"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, f := range found {
		n[f.method]++
		if !(f.permutation > 0 && f.permutation <= 1) || !(f.normal >= 0 && f.normal <= 1) || math.IsNaN(f.z) {
			t.Errorf("%+v", f)
		}
	}
	if n["ebal"] == 0 || n["did"] == 0 {
		t.Errorf("figures: %v", n)
	}
}
