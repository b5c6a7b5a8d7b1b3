package matching

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The largest difference of the two distribution functions is the eCDF maximum of the balance table; thinned steps lie on the
// whole function and end at 1; every row is in one bin of the weights, whose mean is 1.
func TestDistributionsAndWeightBins(t *testing.T) {
	r := rand.New(rand.NewPCG(81, 1))
	for range 300 {
		x, treated, _, weight, _, _ := drawn(r, 60)
		for i := range x[0] {
			x[0][i] = math.Floor(8 * x[0][i])
			if r.IntN(6) == 0 {
				weight[i] = 0
			}
		}
		a, b := Distribution(x[0], treated, weight, true, 0), Distribution(x[0], treated, weight, false, 0)
		at := func(s []Step, v float64) float64 {
			share := 0.
			for _, p := range s {
				if p.Value <= v {
					share = p.Share
				}
			}
			return share
		}
		gap := 0.
		for _, v := range x[0] {
			gap = max(gap, math.Abs(at(a, v)-at(b, v)))
		}
		row := BalanceOf(x[:1], nil, treated, weight, nil, BalanceOptions{})[1]
		close1(t, "the largest gap", gap, row.ECDFMax, 1e-12)
		thin := Distribution(x[1], treated, weight, false, 5)
		if len(thin) > 6 || math.Abs(thin[len(thin)-1].Share-1) > 1e-12 {
			t.Errorf("%v", thin)
		}
		for _, s := range thin {
			close1(t, "a kept step", s.Share, at(Distribution(x[1], treated, weight, false, 0), s.Value), 1e-12)
		}
		rows, mean := 0, 0.
		for _, bin := range WeightBins(treated, weight, false, 12) {
			rows += bin.Rows
			mean += float64(bin.Rows) * (bin.Low + bin.High) / 2
			if !(bin.High > bin.Low) {
				t.Errorf("%+v", bin)
			}
		}
		want := 0
		for i, w := range weight {
			if w > 0 && !treated[i] {
				want++
			}
		}
		if rows != want || math.Abs(mean/float64(rows)-1) > 0.2 {
			t.Errorf("%d rows in bins, %d have a weight; mean %g", rows, want, mean/float64(rows))
		}
	}
	if WeightBins([]bool{true}, []float64{1}, false, 5) != nil {
		t.Error("bins of no rows")
	}
}
