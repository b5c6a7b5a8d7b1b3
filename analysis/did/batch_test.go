package did

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// A batch gives the estimates, errors and influence by cluster that Fitter.ATT gives one outcome at a time. The tolerance is
// rounding: sums are taken in another order.
func TestBatchIsFitter(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 7))
	for _, m := range []Method{DR, IPW, Reg} {
		for trial := range 40 {
			n, k := 60+rng.IntN(900), 1+rng.IntN(6)
			s, dy := sampleOf(rng, n, k)
			switch trial % 4 {
			case 1:
				s.Weights = nil
			case 2:
				s.X = append(s.X, make([]float64, n)) // a column that does not vary
			case 3:
				for i := range s.Weights {
					if i%5 == 0 {
						s.Weights[i] = 0
					}
				}
			}
			f, err := NewFitter(s, m, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			b := f.Batch()
			outcomes := [][]float64{dy}
			for h := range 4 {
				y := make([]float64, n)
				for i := range y {
					switch h {
					case 0:
						y[i] = 7 // the same in every row
					case 1:
						y[i] = float64(rng.IntN(2))
					default:
						y[i] = 1e5 * (dy[i] + rng.NormFloat64())
					}
				}
				outcomes = append(outcomes, y)
			}
			if b == nil {
				if a := f.ATT(dy); a.Reason == "" {
					t.Fatalf("%v, trial %d: no batch for a sample with an estimate", m, trial)
				}
				continue
			}
			hidden := slices.Clone(dy) // an outcome that is not known in a row
			at := n / 2
			for s.Weights != nil && s.Weights[at] == 0 {
				at++
			}
			hidden[at] = math.NaN()
			alone := [][]float64{make([]float64, f.clusters), make([]float64, f.clusters)}
			if a := b.ATTs([][]float64{hidden, dy}, alone); a[0].Reason != "" || !math.IsNaN(a[0].Estimate.Estimate) || !math.IsNaN(a[0].StdError) || !math.IsNaN(floats.Sum(alone[0])) ||
				math.IsNaN(a[1].StdError) || math.IsNaN(floats.Sum(alone[1])) {
				t.Fatalf("%v, trial %d: with a change that is not known %+v", m, trial, a)
			}
			psi := make([][]float64, len(outcomes))
			for h := range psi {
				psi[h] = make([]float64, f.clusters)
				for c := range psi[h] {
					psi[h][c] = math.NaN() // overwritten
				}
			}
			for h, a := range b.ATTs(outcomes, psi) {
				want := f.ATT(outcomes[h])
				at := fmt.Sprintf("%v, trial %d, outcome %d", m, trial, h)
				if a.Reason != want.Reason || a.NTreated != want.NTreated || a.NComparison != want.NComparison || a.Trimmed != want.Trimmed || len(a.Warnings) != len(want.Warnings) {
					t.Fatalf("%s: %+v, want %+v", at, a, want)
				}
				scale := want.StdError
				if want.Reason != "" {
					scale = 1
				}
				near := func(what string, got, want, tol float64) {
					if !(math.Abs(got-want) <= tol*scale || got != got && want != want) {
						t.Errorf("%s: %s %.17g, want %.17g (error %g)", at, what, got, want, scale)
					}
				}
				near("estimate", a.Estimate.Estimate, want.Estimate.Estimate, 1e-9)
				near("std error", a.StdError, want.StdError, 1e-9)
				near("ess", a.ESS, want.ESS, 0)
				sum := make([]float64, f.clusters)
				for i, v := range want.Influence {
					sum[s.Cluster[i]] += v
				}
				for c, v := range psi[h] {
					if want.Reason == "" {
						near("influence", v, sum[c], 1e-9)
					} else if v != 0 {
						t.Errorf("%s: influence %g without an estimate", at, v)
					}
				}
			}
		}
	}
}

// BenchmarkBatch is the months of a study: 36 outcomes with their influence by person on 200,000 rows of 60,000 persons and 42
// covariates, one at a time and in one pass.
func BenchmarkBatch(b *testing.B) {
	const n, k, months = 200_000, 42, 36
	rng := rand.New(rand.NewPCG(3, 7))
	s := Sample{X: make([][]float64, k)}
	for j := range s.X {
		s.X[j] = make([]float64, n)
		for i := range s.X[j] {
			s.X[j][i] = rng.NormFloat64()
		}
	}
	for i := range n {
		s.Treated = append(s.Treated, rng.IntN(16) == 0)
		s.Weights = append(s.Weights, 1+rng.Float64())
		s.Cluster = append(s.Cluster, int32(i*3/10))
	}
	dy := make([][]float64, months)
	for h := range dy {
		dy[h] = make([]float64, n)
		for i := range dy[h] {
			dy[h][i] = float64(rng.IntN(2)) + s.X[0][i]
		}
	}
	f, err := NewFitter(s, DR, 0.95)
	if err != nil {
		b.Fatal(err)
	}
	batch := f.Batch()
	psi := make([][]float64, months)
	for h := range psi {
		psi[h] = make([]float64, f.clusters)
	}
	b.Run("one-at-a-time/n=200000/months=36", func(b *testing.B) {
		for b.Loop() {
			for h, y := range dy {
				clear(psi[h])
				for i, v := range f.ATT(y).Influence {
					psi[h][s.Cluster[i]] += v
				}
			}
		}
	})
	b.Run("batch/n=200000/months=36", func(b *testing.B) {
		for b.Loop() {
			for h := 0; h < months; h += 12 {
				batch.ATTs(dy[h:h+12], psi[h:h+12])
			}
		}
	})
}
