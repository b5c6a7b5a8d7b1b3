package chain

import (
	"math"
	"math/rand/v2"
	"testing"
)

// cheapest goes through all alignments, with nothing remembered.
func cheapest(x, y []uint8, c Costs) float64 {
	switch {
	case len(x) == 0:
		return float64(len(y)) * c.Indel
	case len(y) == 0:
		return float64(len(x)) * c.Indel
	}
	return min(cheapest(x[1:], y, c)+c.Indel, cheapest(x, y[1:], c)+c.Indel, cheapest(x[1:], y[1:], c)+c.Substitution[int(x[0])*c.States+int(y[0])])
}

func randomSequence(rng *rand.Rand, n, states int) []uint8 {
	s := make([]uint8, n)
	for i := range s {
		if i > 0 && rng.IntN(3) > 0 {
			s[i] = s[i-1]
			continue
		}
		s[i] = uint8(rng.IntN(states))
	}
	return s
}

// randomCosts are symmetric with a zero diagonal, and now and then break the triangle inequality or are 0.
func randomCosts(rng *rand.Rand, k int) Costs {
	c := Costs{States: k, Substitution: make([]float64, k*k), Indel: 0.1 + 2*rng.Float64()}
	for a := range k {
		for b := range a {
			v := 3 * rng.Float64()
			if rng.IntN(8) == 0 {
				v = 0
			}
			c.Substitution[a*k+b], c.Substitution[b*k+a] = v, v
		}
	}
	return c
}

// Optimal matching is the cheapest of all alignments, on 40,000 pairs with every kind of costs.
func TestDistanceAgainstAllAlignments(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	fast := 0
	for round := range 40000 {
		k := 2 + rng.IntN(4)
		c := randomCosts(rng, k)
		switch round % 4 {
		case 0:
			c = ConstantCosts(k)
		case 1:
			c.Indel = 0.05
			c.Substitution = ConstantCosts(k).Substitution
		}
		m := NewMetric(c)
		if m.fast {
			fast++
		}
		x, y := randomSequence(rng, rng.IntN(7), k), randomSequence(rng, rng.IntN(7), k)
		want := cheapest(x, y, c)
		if got := m.Distance(x, y); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v to %v at %+v: %v, the cheapest alignment costs %v", x, y, c, got, want)
		}
	}
	if fast < 15000 || fast > 35000 {
		t.Errorf("%d of 40,000 pairs by words of bits: one of the two ways is hardly tested", fast)
	}
}

// The word-parallel way is the table's on sequences of up to 100 months, across the edge of a word.
func TestSubsequenceByWordsIsTheTables(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for range 20000 {
		k := 2 + rng.IntN(20)
		m := NewMetric(ConstantCosts(k))
		slow := NewMetric(ConstantCosts(k))
		slow.fast = false
		x, y := randomSequence(rng, 1+rng.IntN(100), k), randomSequence(rng, 1+rng.IntN(100), k)
		if got, want := m.Distance(x, y), slow.Distance(x, y); got != want {
			t.Fatalf("%v to %v: %v, by the table %v", x, y, got, want)
		}
	}
}

// The example of TraMineR's help page of seqLLCS: S-U-S-M-S-U, U-S-SC-MC and S-U-M-S-SC-UC-MC have common subsequences of 2
// (first and second) and 4 (first and third) states.
func TestPublishedSubsequences(t *testing.T) {
	const s, u, m, sc, mc, uc = 0, 1, 2, 3, 4, 5
	x, y, z := []uint8{s, u, s, m, s, u}, []uint8{u, s, sc, mc}, []uint8{s, u, m, s, sc, uc, mc}
	d := NewMetric(ConstantCosts(6))
	for _, c := range []struct {
		a, b   []uint8
		common int
	}{{x, y, 2}, {x, z, 4}} {
		if got := d.Distance(c.a, c.b); got != float64(len(c.a)+len(c.b)-2*c.common) {
			t.Errorf("distance %v, the common subsequence has %d states", got, c.common)
		}
	}
}

// Distances from transition costs by hand. Sequences 0 1 1 (weight 3) and 1 0 0 (weight 1): of the months with a next one, 4
// are 0, after which come 1 (3) and 0 (1); 4 are 1, after which come 1 (3) and 0 (1). So c = 2 − 3/4 − 1/4 = 1 and the indel 1/2.
func TestTransitionCosts(t *testing.T) {
	s := NewSequences([][]uint8{{0, 1, 1}, {1, 0, 0}}, []float64{3, 1}, 3)
	c := s.TransitionCosts()
	if got := c.Substitution[0*3+1]; got != 1 || c.Substitution[1*3+0] != 1 {
		t.Errorf("cost between 0 and 1 is %v, want 1", got)
	}
	if got := c.Substitution[0*3+2]; got != 2 || c.Indel != 1 || c.Substitution[4] != 0 {
		t.Errorf("cost of a state that is never seen is %v, the indel %v", got, c.Indel)
	}
}

func TestDistanceIsAMetricUnderConstantCosts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	m := NewMetric(ConstantCosts(5))
	for range 5000 {
		x, y, z := randomSequence(rng, 30, 5), randomSequence(rng, 30, 5), randomSequence(rng, 30, 5)
		xy, yx, xz, zy := m.Distance(x, y), m.Distance(y, x), m.Distance(x, z), m.Distance(z, y)
		if xy != yx || m.Distance(x, x) != 0 || xy > xz+zy {
			t.Fatalf("%v %v %v %v", xy, yx, xz, zy)
		}
	}
}

func BenchmarkDistance(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	var seqs [][]uint8
	for range 64 {
		seqs = append(seqs, randomSequence(rng, 60, 12))
	}
	for _, c := range []struct {
		name string
		m    *Metric
	}{{"words", NewMetric(ConstantCosts(12))}, {"table", func() *Metric {
		m := NewMetric(ConstantCosts(12))
		m.fast = false
		return m
	}()}} {
		b.Run(c.name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				c.m.Distance(seqs[i%64], seqs[i*7%64])
			}
		})
	}
}
