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
