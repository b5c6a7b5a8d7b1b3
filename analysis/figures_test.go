package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAddProducts holds the sums against one product after another; the tolerance is rounding.
func TestAddProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, H := range []int{1, 2, 36} {
		columns := make([][]float64, H)
		for h := range columns {
			columns[h] = make([]float64, 19)
			for p := range columns[h] {
				columns[h][p] = rng.NormFloat64()
			}
		}
		v := make([]float64, H*H)
		v[0] = 2
		addProducts(v, columns)
		for a := range H {
			for b := range H {
				want := 0.
				if a == 0 && b == 0 {
					want = 2
				}
				for p := range columns[0] {
					if b <= a {
						want += columns[a][p] * columns[b][p]
					}
				}
				if math.Abs(v[a*H+b]-want) > 1e-13*(1+math.Abs(want)) {
					t.Errorf("%d months: element %d, %d is %v, want %v", H, a, b, v[a*H+b], want)
				}
			}
		}
	}
}
