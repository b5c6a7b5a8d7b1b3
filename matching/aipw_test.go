package matching

import (
	"math"
	"slices"
	"testing"

	"tiltakseffekt/internal/random"
)

// Where the outcome is exactly linear the estimate is exact, however wrong the score; a common shift moves nothing.
func TestAIPWLinearOutcome(t *testing.T) {
	x, treated, _ := observational(2, 600, 3)
	y := make([]float64, 600)
	for i := range y {
		y[i] = 3 + 2*x[0][i] - x[1][i] + 0.5*x[2][i]
		if treated[i] {
			y[i] += 1.25
		}
	}
	for _, e := range []Estimand{ATT, ATC, ATE} {
		a, err := NewAIPW(x, treated, nil, AIPWOptions{Estimand: e, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Effect(y, nil, nil, 0)
		if err != nil || math.Abs(got.Estimate-1.25) > 1e-10 || got.StdError > 1e-9 {
			t.Errorf("%v: %+v %v", e, got, err)
		}
		// Rows that are not observed do not matter then, and their values are not read.
		obs := make([]float64, 600)
		hidden := slices.Clone(y)
		for i := range obs {
			if obs[i] = 1; i%7 == 0 {
				obs[i], hidden[i] = 0, math.NaN()
			}
		}
		got, err = a.Effect(hidden, obs, nil, 0)
		if err != nil || math.Abs(got.Estimate-1.25) > 1e-10 {
			t.Errorf("%v with rows not observed: %+v %v", e, got, err)
		}
	}
}

// With one fold's worth of nothing to learn (no covariates) it is near the difference of means; rows of a key stay together;
// weights are duplication.
func TestAIPWInvariances(t *testing.T) {
	x, treated, y := observational(3, 900, 3)
	key, base := make([]uint64, 900), make([]float64, 900)
	for i := range key {
		key[i], base[i] = uint64(i), float64(1+i%3)
	}
	a, err := NewAIPW(x, treated, base, AIPWOptions{Key: key, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	one, _ := a.Effect(y, nil, nil, 0)
	dx := make([][]float64, 3)
	var dt []bool
	var dy []float64
	var dk []uint64
	var cluster []int32
	for i := range key {
		for range 1 + i%3 {
			for j := range x {
				dx[j] = append(dx[j], x[j][i])
			}
			dt, dy, dk, cluster = append(dt, treated[i]), append(dy, y[i]), append(dk, key[i]), append(cluster, int32(i))
		}
	}
	b, err := NewAIPW(dx, dt, nil, AIPWOptions{Key: dk, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	two, _ := b.Effect(dy, nil, cluster, 900)
	if math.Abs(one.Estimate-two.Estimate) > 1e-9 || math.Abs(one.StdError-two.StdError) > 1e-9 {
		t.Errorf("with weights %+v, with duplicates summed by row %+v", one, two)
	}
	to := random.New(1, "perm").Perm(900)
	px := [][]float64{make([]float64, 900), make([]float64, 900), make([]float64, 900)}
	pt, py, pk, pb := make([]bool, 900), make([]float64, 900), make([]uint64, 900), make([]float64, 900)
	for i, j := range to {
		for k := range x {
			px[k][j] = x[k][i]
		}
		pt[j], py[j], pk[j], pb[j] = treated[i], y[i], key[i], base[i]
	}
	c, err := NewAIPW(px, pt, pb, AIPWOptions{Key: pk})
	if err != nil {
		t.Fatal(err)
	}
	three, _ := c.Effect(py, nil, nil, 0)
	if math.Abs(one.Estimate-three.Estimate) > 1e-9 {
		t.Errorf("the order of rows moves the estimate from %g to %g", one.Estimate, three.Estimate)
	}
}
