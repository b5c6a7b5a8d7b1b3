package matching

import (
	"math"
	"testing"

	"tiltakseffekt/internal/random"
)

// The factorised regression is the one that is fitted anew.
func TestMatchedRegression(t *testing.T) {
	for seed := range uint64(40) {
		x, treated, y := observational(seed, 300, 3)
		r := random.New(seed, "matched regression")
		cluster, obs := make([]int32, 300), make([]float64, 300)
		for i := range cluster {
			cluster[i], obs[i] = int32(r.IntN(120)), 0.5+r.Float64()
			if r.IntN(9) == 0 {
				obs[i] = 0
			}
		}
		m, err := Nearest(NearestInput{Score: x[0], Treated: treated}, NearestOptions{Ratio: 1 + int(seed%2), Caliper: 0.5})
		if err != nil {
			t.Fatal(err)
		}
		reg, err := m.WithRegression(x, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range [][]float64{nil, obs} {
			for _, c := range [][]int32{nil, cluster} {
				want, err := RegressionAdjusted(m.Weight, treated, x, y, o, RegressionBySet, m.Subclass, c)
				if err != nil {
					t.Fatal(err)
				}
				got := reg.ATT(y, o, c, 120)
				if math.Abs(got.Estimate-want.Estimate) > 1e-9 || math.Abs(got.StdError-want.StdError) > 1e-9*want.StdError ||
					got.Treated != want.Treated || got.StdErrorType != want.StdErrorType {
					t.Errorf("seed %d: %+v, fitted anew %+v", seed, got, want)
				}
			}
		}
	}
}

func BenchmarkMatchedRegression(b *testing.B) {
	x, treated, y := observational(1, 50_000, 20)
	m, err := Nearest(NearestInput{Score: x[0], Treated: treated}, NearestOptions{Workers: 1})
	if err != nil {
		b.Fatal(err)
	}
	r, err := m.WithRegression(x, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("n=50000/p=20", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.ATT(y, nil, nil, 0)
		}
	})
}
