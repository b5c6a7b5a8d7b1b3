package cohort

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The rows of a tiltak do not depend on which others the study names: against another tiltak too.
func TestTiltakAlone(t *testing.T) {
	rows := 0
	for round := range 40 {
		reg := tinyOf(rand.New(rand.NewPCG(31, uint64(round))), 400, 40)
		d := tinyDesign()
		d.WashoutSame = round % 3
		if d.Against = NotNow; round%2 == 0 {
			d.Against, d.Others = Other, []string{"B"}
		}
		d.Tiltak = []string{"A", "C"}
		both := build(t, reg, d)
		for k, code := range []string{"A", "C"} {
			d.Tiltak = []string{code}
			alone := build(t, reg, d)
			wantT, wantC := rowsOf(alone, 0)
			gotT, gotC := rowsOf(both, k)
			if !slices.Equal(gotT, wantT) || !slices.Equal(gotC, wantC) {
				t.Fatalf("round %d, %s against %v: with the other tiltak in the study %d treated and %d comparison rows, alone %d and %d: %v", round, code, d.Others, len(gotT), len(gotC), len(wantT), len(wantC), diff(wantC, gotC))
			}
			rows += len(wantC)
		}
	}
	if rows < 500 {
		t.Errorf("%d rows", rows)
	}
}

// Nor do those of a combination, compared with its parts or, begun in one month, with not now.
func TestCombinationAlone(t *testing.T) {
	rows := 0
	for round := range 40 {
		reg := tinyOf(rand.New(rand.NewPCG(37, uint64(round))), 500, 40)
		d := tinyDesign()
		d.WashoutSame, d.WashoutAny = round%3, round%2
		all := []Combination{{"X", []string{"A", "B"}, 6}, {"Y", []string{"B", "C", "A"}, 9}}
		if d.Against = Either; round%2 == 0 {
			d.Against = NotNow
			all[0].Within, all[1].Within = 0, 0
		}
		d.Combinations, d.Tiltak = all, []string{"X", "Y"}
		if d.Against == NotNow {
			d.Tiltak = append(d.Tiltak, "C")
		}
		several := build(t, reg, d)
		for k, id := range several.Design.Tiltak {
			d.Tiltak, d.Combinations = []string{id}, nil
			for _, c := range all {
				if c.ID == id {
					d.Combinations = []Combination{c}
				}
			}
			alone := build(t, reg, d)
			wantT, wantC := rowsOf(alone, 0)
			gotT, gotC := rowsOf(several, k)
			if !slices.Equal(gotT, wantT) || !slices.Equal(gotC, wantC) {
				t.Fatalf("round %d, %s against %s: %d treated and %d comparison rows, alone %d and %d: %v", round, id, d.Against, len(gotT), len(gotC), len(wantT), len(wantC), diff(wantC, gotC))
			}
			rows += len(wantC)
		}
	}
	if rows < 500 {
		t.Errorf("%d rows", rows)
	}
}
