package random

import (
	"math"
	"testing"
)

func TestStreamsAreNamed(t *testing.T) {
	same := New(1, "sampling", 3).Uint64() == New(1, "sampling", 3).Uint64()
	if !same {
		t.Error("the same name gives different numbers")
	}
	seen := map[uint64]string{}
	for _, c := range []struct {
		seed    uint64
		purpose string
		index   []uint64
	}{{1, "a", nil}, {2, "a", nil}, {1, "b", nil}, {1, "a", []uint64{0}}, {1, "a", []uint64{0, 0}}, {1, "a", []uint64{1}}} {
		v := New(c.seed, c.purpose, c.index...).Uint64()
		if other, ok := seen[v]; ok {
			t.Errorf("%v draws the same as %s", c, other)
		}
		seen[v] = c.purpose
	}
}

// The keyed numbers of a grid of small keys must look uniform and uncorrelated in both directions, for it is
// (person, month) that they are drawn at. The limits are five standard errors under independence.
func TestKeyedUniform(t *testing.T) {
	k := NewKeyed(1, "grid")
	const n, m = 2000, 120
	var sum, sumSquares, lagA, lagB float64
	var bins [64]int
	for a := range uint64(n) {
		for b := range uint64(m) {
			u := k.Uniform(a, b)
			if u < 0 || u >= 1 {
				t.Fatalf("u = %v", u)
			}
			sum += u
			sumSquares += u * u
			lagA += (u - .5) * (k.Uniform(a+1, b) - .5)
			lagB += (u - .5) * (k.Uniform(a, b+1) - .5)
			bins[int(u*64)]++
		}
	}
	total := float64(n * m)
	if d := math.Abs(sum/total - .5); d > 5*math.Sqrt(1./12/total) {
		t.Errorf("mean is off by %g", d)
	}
	if d := math.Abs(sumSquares/total - 1./3); d > 5*math.Sqrt((1./5-1./9)/total) {
		t.Errorf("second moment is off by %g", d)
	}
	for name, lag := range map[string]float64{"a": lagA, "b": lagB} {
		if d := math.Abs(lag / total); d > 5./12/math.Sqrt(total) {
			t.Errorf("neighbours in %s are correlated: %g", name, d*12)
		}
	}
	chi := 0.
	for _, c := range bins {
		e := total / 64
		chi += (float64(c) - e) * (float64(c) - e) / e
	}
	if chi > 63+5*math.Sqrt(2*63) {
		t.Errorf("chi-square of 64 bins is %g", chi)
	}
}

func BenchmarkKeyedUniform(b *testing.B) {
	k := NewKeyed(1, "bench")
	var i uint64
	for b.Loop() {
		sink += k.Uniform(i, i>>3)
		i++
	}
}

var sink float64
