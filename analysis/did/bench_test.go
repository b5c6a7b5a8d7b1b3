package did

import (
	"math"
	"math/rand/v2"
	"testing"
)

// national is the panel of the speed bars: persons × 120 months, 108 start months and the never treated (half), binary
// outcomes that persist.
func national(persons int) *Bits {
	const T = 120
	times := make([]int64, T)
	for t := range times {
		times[t] = int64(t)
	}
	start := make([]int64, persons)
	rng := rand.New(rand.NewPCG(6, 1))
	b := NewBits(times, start)
	for i := range start {
		start[i] = Never
		if rng.IntN(2) == 0 {
			start[i] = int64(12 + rng.IntN(108))
		}
		for w := range b.Words {
			x := rng.Uint64() & rng.Uint64()
			if w == b.Words-1 && T%64 != 0 {
				x &= 1<<(T%64) - 1
			}
			b.Data[i*b.Words+w] = x
		}
	}
	return b
}

func benchBits(b *testing.B, persons int) {
	data := national(persons)
	for b.Loop() {
		s, err := data.Statistics(0)
		if err != nil {
			b.Fatal(err)
		}
		r, err := FromStatistics(s, Options{Base: Varying})
		if err != nil {
			b.Fatal(err)
		}
		if len(r.Cells) != 12852 || len(r.Events) != 226 {
			b.Fatalf("%d cells, %d event times", len(r.Cells), len(r.Events))
		}
	}
}

// Issue 5: at most 4 s and 300 MiB beyond the data.
func BenchmarkBarBinary1M(b *testing.B) { benchBits(b, 1_000_000) }

// Issue 5: at most 8 s.
func BenchmarkBarBinary5M(b *testing.B) { benchBits(b, 5_000_000) }

// Issue 5: earnings as float32 at 1 million in at most 8 s.
func BenchmarkBarEarnings1M(b *testing.B) {
	bits := national(1_000_000)
	rng := rand.New(rand.NewPCG(7, 1))
	y := make([][]float32, len(bits.Times))
	for t := range y {
		y[t] = make([]float32, len(bits.Start))
		for i := range y[t] {
			if bits.Data[i*bits.Words+t/64]>>(t%64)&1 == 1 {
				y[t][i] = 20000 + 10000*rng.Float32()
			}
		}
	}
	for b.Loop() {
		s, err := NewStatistics(bits.Times, bits.Start, y, nil, 0)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := FromStatistics(s, Options{Base: Varying}); err != nil {
			b.Fatal(err)
		}
	}
}

// staggered is a panel with k covariates, starts in the given number of periods from the fourth and the never treated (half).
func staggered(n, T, k, cohorts int) *Panel {
	rng := rand.New(rand.NewPCG(13, 1))
	p := &Panel{Start: make([]int64, n)}
	for t := range T {
		p.Times = append(p.Times, int64(t))
		p.Outcome = append(p.Outcome, make([]float64, n))
	}
	for range k {
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		p.Covariates = append(p.Covariates, [][]float64{x})
	}
	for i := range n {
		p.Start[i] = Never
		if rng.Float64() < 1/(1+math.Exp(-0.3*p.Covariates[0][0][i])) {
			p.Start[i] = int64(3 + rng.IntN(cohorts))
		}
		for t := range T {
			p.Outcome[t][i] = rng.NormFloat64()
		}
	}
	return p
}

func benchDR(b *testing.B, n, T, k, cohorts int) {
	p := staggered(n, T, k, cohorts)
	for b.Loop() {
		if _, err := GroupTime(p, LikeDid()); err != nil {
			b.Fatal(err)
		}
	}
}

// Issue 5: at most 10 s.
func BenchmarkBarDR100kx60x10(b *testing.B) { benchDR(b, 100_000, 60, 10, 57) }

// Issue 5: at most 1 s (6 cohorts and so 138 cells, as in the timing of R's did: 37 s).
func BenchmarkBarDR100kx24x2(b *testing.B) { benchDR(b, 100_000, 24, 2, 6) }
