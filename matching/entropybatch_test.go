package matching

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// The batch is another way to compute Balanced.ATT: estimates to the last bit, errors to rounding (the residuals are not
// centred again; 1e-9 relative leaves room for columns with a mean a thousand times their spread).
func TestBatchEqualsATT(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	for round := range 40 {
		n, p := 60+rng.IntN(200), 1+rng.IntN(6)
		x := make([][]float64, p)
		for j := range x {
			x[j] = make([]float64, n)
			shift := math.Pow(10, float64(rng.IntN(4)))
			for i := range x[j] {
				x[j][i] = shift + rng.NormFloat64()
				if j == 1 {
					x[j][i] = float64(rng.IntN(2))
				}
			}
		}
		if p > 3 {
			x[3] = x[0] // a column twice
		}
		treated, base, cluster := make([]bool, n), make([]float64, n), make([]int32, n)
		clusters := 10 + rng.IntN(n)
		for i := range n {
			treated[i] = rng.IntN(3) == 0
			base[i] = 0.5 + rng.Float64()
			cluster[i] = int32(rng.IntN(clusters))
		}
		b, err := EntropyBalance(x, treated, base, EntropyOptions{})
		if err != nil {
			continue // no overlap in this draw: another test's concern
		}
		batch := b.Batch(cluster, clusters)
		for range 3 {
			y := make([]float64, n)
			for i := range y {
				y[i] = rng.NormFloat64() + x[0][i]
			}
			want, got := b.ATT(y, nil, cluster, clusters), batch.ATT(y)
			if want.Estimate != got.Estimate || want.MeanComparison != got.MeanComparison || want.StdErrorType != got.StdErrorType {
				t.Fatalf("round %d: %+v, want %+v", round, got, want)
			}
			psi := make([]float64, clusters)
			again := batch.Influence(y, psi)
			squares := floats.Dot(psi, psi)
			if again != got || math.Sqrt(squares) != got.StdError {
				t.Fatalf("round %d: with influence %+v (%v), want %+v", round, again, math.Sqrt(squares), got)
			}
			other := make([]float64, n)
			for i := range other {
				other[i] = 1e5 * rng.NormFloat64()
			}
			many := [][]float64{make([]float64, clusters), make([]float64, clusters)}
			if both := batch.Influences([][]float64{other, y}, many); both[1] != got || !slices.Equal(many[1], psi) {
				t.Fatalf("round %d: beside another outcome %+v, want %+v", round, both[1], got)
			}
			unseen := make([]float64, n) // nobody's outcome is known: no effect, and no influence in the place of what was there
			for i := range unseen {
				unseen[i] = math.NaN()
			}
			if e := batch.Influences([][]float64{unseen, y}, many); e[0].Reason == "" || slices.ContainsFunc(many[0], func(v float64) bool { return v != 0 }) || e[1] != got {
				t.Fatalf("round %d: of no outcome %+v, influence %v; beside it %+v", round, e[0], many[0], e[1])
			}
			if d := math.Abs(got.StdError/want.StdError - 1); !(d < 1e-9) {
				t.Fatalf("round %d: error %v, want %v (%.2g)", round, got.StdError, want.StdError, d)
			}
		}
	}
}

func BenchmarkBatch(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 8))
	const n, p, persons = 100_000, 60, 8000
	x := make([][]float64, p)
	for j := range x {
		x[j] = make([]float64, n)
		for i := range x[j] {
			x[j][i] = rng.NormFloat64()
		}
	}
	treated, cluster, y := make([]bool, n), make([]int32, n), make([]float64, n)
	for i := range n {
		treated[i] = rng.IntN(70) == 0
		cluster[i] = int32(rng.IntN(persons))
		y[i] = float64(rng.IntN(2))
	}
	balanced, err := EntropyBalance(x, treated, nil, EntropyOptions{Workers: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("one/n=100000/p=60", func(b *testing.B) {
		balanced.Options.Workers = 1
		for b.Loop() {
			balanced.ATT(y, nil, cluster, persons)
		}
	})
	b.Run("months/n=100000/p=60/outcomes=12", func(b *testing.B) {
		batch := balanced.Batch(cluster, persons)
		many, psi := make([][]float64, 12), make([][]float64, 12)
		for h := range many {
			many[h], psi[h] = y, make([]float64, persons)
		}
		for b.Loop() {
			batch.Influences(many, psi)
		}
	})
	b.Run("batch/n=100000/p=60", func(b *testing.B) {
		batch := balanced.Batch(cluster, persons)
		for b.Loop() {
			batch.ATT(y)
		}
	})
}
