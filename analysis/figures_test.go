package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAddProducts holds the sums of four rows at a time against one product after another; the tolerance is rounding.
func TestAddProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, H := range []int{1, 2, 36} {
		var four [4][]float64
		for k := range four {
			four[k] = make([]float64, H)
			for h := range four[k] {
				four[k][h] = rng.NormFloat64()
			}
		}
		v := make([]float64, H*H)
		v[0] = 2
		addProducts(v, &four)
		for a := range H {
			for b := range H {
				want := 0.
				if a == 0 && b == 0 {
					want = 2
				}
				for k := range four {
					if b <= a {
						want += four[k][a] * four[k][b]
					}
				}
				if math.Abs(v[a*H+b]-want) > 1e-14*(1+math.Abs(want)) {
					t.Errorf("%d months: element %d, %d is %v, want %v", H, a, b, v[a*H+b], want)
				}
			}
		}
	}
}
