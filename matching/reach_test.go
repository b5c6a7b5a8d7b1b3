package matching

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestWithinReachAgainstAllPairs: a row stays where any row of the other group of its stratum is within the caliper.
func TestWithinReachAgainstAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 1))
	for range 3000 {
		in, _ := problem(r)
		n := len(in.Score)
		width := r.Float64()
		got, absolute := WithinReach(in.Score, in.Treated, in.Stratum, in.Leave, width, CaliperRaw)
		if absolute != width {
			t.Fatal("the caliper changed")
		}
		for i := range n {
			want := true
			for j := range n {
				if in.Treated[i] != in.Treated[j] && (in.Stratum == nil || in.Stratum[i] == in.Stratum[j]) && (in.Leave == nil || !in.Leave[i] && !in.Leave[j]) &&
					math.Abs(in.Score[i]-in.Score[j]) <= width {
					want = false
				}
			}
			if got[i] != want {
				t.Fatalf("row %d is left out: %v, by all pairs %v", i, got[i], want)
			}
		}
	}
}

// TestFullWithACaliper: rows with nobody in reach are dropped and the estimand renamed; the sets of the others are those of
// full matching of the rows that are left, each row at most two calipers from the single one of its set.
func TestFullWithACaliper(t *testing.T) {
	r := rand.New(rand.NewPCG(62, 1))
	x, treated, y, _, _, _ := drawn(r, 120)
	spec := Spec{Method: "full", Distance: "given", Nearest: NearestOptions{Caliper: .02, CaliperUnit: CaliperRaw}}
	report, err := Run(&Data{X: x, Treated: treated, Outcomes: [][]float64{y}, Distance: x[0]}, spec)
	if err != nil {
		t.Fatal(err)
	}
	leave, _ := WithinReach(x[0], treated, nil, nil, .02, CaliperRaw)
	low, high := map[int32]float64{}, map[int32]float64{}
	for i, w := range report.Weight {
		if (w == 0) != leave[i] {
			t.Fatalf("row %d weighs %g, out of reach: %v", i, w, leave[i])
		}
		if s := report.Subclass[i]; s >= 0 {
			if v, ok := low[s]; !ok || x[0][i] < v {
				low[s] = x[0][i]
			}
			if v, ok := high[s]; !ok || x[0][i] > v {
				high[s] = x[0][i]
			}
		}
	}
	for s := range low {
		if high[s]-low[s] > 4*.02+1e-12 { // two rows at most two calipers from the one between them
			t.Errorf("set %d is %g wide", s, high[s]-low[s])
		}
	}
	if e := report.Effects[0]; e.Estimand != "ATT_matched" {
		t.Errorf("%d of %d treated are left and the estimand is %s", report.Counts.MatchedTreated, report.Counts.Treated, e.Estimand)
	}
}
