package synthesis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The weights against the definition as a mean over all orders, for up to five factors.
func TestShapleyIsTheMeanOverOrders(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := 1; n <= 5; n++ {
		value := make([]float64, 1<<n)
		for s := range value {
			value[s] = rnd.NormFloat64()
		}
		want := make([]float64, n)
		orders := 0
		var permute func(order []int, used int)
		permute = func(order []int, used int) {
			if len(order) == n {
				orders++
				s := 0
				for _, i := range order {
					want[i] += value[s|1<<i] - value[s]
					s |= 1 << i
				}
				return
			}
			for i := range n {
				if used&(1<<i) == 0 {
					permute(append(order, i), used|1<<i)
				}
			}
		}
		permute(nil, 0)
		parts, err := Split(value, nil, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.
		for i := range want {
			if got := parts[i].Estimate.Estimate; math.Abs(got-want[i]/float64(orders)) > 1e-12 {
				t.Errorf("%d factors, part %d: %v, over all orders %v", n, i, got, want[i]/float64(orders))
			}
			sum += parts[i].Estimate.Estimate
		}
		if whole := parts[n].Estimate.Estimate; math.Abs(whole-(value[1<<n-1]-value[0])) > 1e-12 || math.Abs(sum-whole) > 1e-12 {
			t.Errorf("%d factors: the parts add up to %v, the difference is %v", n, sum, whole)
		}
	}
}

// A factor that changes nothing has no part; one that alone changes everything has all of it; where effects add up, each
// part is its own effect whatever the others are.
func TestShapleyOfKnownSplits(t *testing.T) {
	effect := []float64{0.03, 0, -0.01}
	value := make([]float64, 8)
	for s := range value {
		for i, e := range effect {
			if s&(1<<i) != 0 {
				value[s] += e
			}
		}
	}
	parts, err := Split(value, nil, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range effect {
		if math.Abs(parts[i].Estimate.Estimate-e) > 1e-15 {
			t.Errorf("part %d: %v, want %v", i, parts[i].Estimate.Estimate, e)
		}
	}
}

// The errors against those of the parts when every person's influence is added by hand, and shares only where the whole
// difference is more than noise.
func TestSplitErrors(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	value := []float64{0, 0.5, 0.2, 1}
	influence := make([][]float64, 4)
	for s := range influence {
		influence[s] = make([]float64, 50)
		for p := range influence[s] {
			influence[s][p] = 0.01 * rnd.NormFloat64()
		}
	}
	parts, err := Split(value, influence, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.
	for p := range influence[0] {
		d := ((influence[1][p] - influence[0][p]) + (influence[3][p] - influence[2][p])) / 2
		want += d * d
	}
	if got := parts[0].StdError; math.Abs(got-math.Sqrt(want)) > 1e-14 {
		t.Errorf("standard error %v, by hand %v", got, math.Sqrt(want))
	}
	if got := parts[0].Share + parts[1].Share; math.Abs(got-1) > 1e-12 || math.Abs(parts[2].Share-1) > 1e-15 {
		t.Errorf("shares add up to %v", got)
	}
	for s := range influence {
		for p := range influence[s] {
			influence[s][p] *= 100
		}
	}
	if parts, _ = Split(value, influence, 0.95); !math.IsNaN(parts[0].Share) {
		t.Errorf("a share of a difference that is noise: %v", parts[0].Share)
	}
	for _, bad := range [][]float64{nil, {1}, {1, 2, 3}, {1, math.NaN()}} {
		if _, err := Split(bad, nil, 0.95); err == nil {
			t.Errorf("no error for %v", bad)
		}
	}
}
