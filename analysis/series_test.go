package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The products of months are sums over the persons one after another: with persons who have no influence on some months or on any,
// and with more, as many and fewer than are taken at a time. The tolerance is rounding.
func TestSeriesProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, H := range []int{1, 2, 36} {
		for _, persons := range []int{0, 1, 19, bandPersons, 2*bandPersons + 7} {
			s := &series{horizon: H, all: make([][]float32, H), some: make([]bool, persons)}
			for h := range s.all {
				s.all[h] = make([]float32, persons)
				for p := range persons {
					if p%3 > 0 && rng.IntN(4) > 0 {
						s.all[h][p], s.some[p] = float32(rng.NormFloat64()), true
					}
				}
			}
			v := s.products()
			for a := range H {
				for b := range a + 1 {
					want := 0.
					for p := range persons {
						want += float64(s.all[a][p]) * float64(s.all[b][p])
					}
					if math.Abs(v[a*H+b]-want) > 1e-12*(1+math.Abs(want)) {
						t.Errorf("%d months, %d persons: element %d, %d is %v, want %v", H, persons, a, b, v[a*H+b], want)
					}
				}
			}
		}
	}
}
