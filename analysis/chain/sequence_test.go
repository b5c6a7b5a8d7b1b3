package chain

import (
	"math"
	"math/rand/v2"
	"testing"
)

// spells writes a sequence by its durations; state i in the i-th.
func spells(days ...int) []uint8 {
	var s []uint8
	for i, n := range days {
		for range n {
			s = append(s, uint8(i))
		}
	}
	return s
}

// What TraMineR prints for its data set biofam (2,000 sequences of 16 years in 8 states): the quartiles and extremes of
// seqsubsn, seqient, seqST and seqici in the published transcript of a course ("Assignment 4", "computing turbulence
// for 2000 sequence(s)"), to the three digits printed. A quartile is the figure of one of the sequences; the
// durations here are those of 16 years in up to five spells that give it, so each row holds several of the printed
// figures against one sequence: 5–11 has the first quartile of both entropy and complexity.
func TestPublishedBiofam(t *testing.T) {
	near := func(name string, got, want float64, digits int) {
		t.Helper()
		if math.Abs(got-want) > 0.5*math.Pow10(-digits)+1e-12 {
			t.Errorf("%s is %.5f, TraMineR prints %v", name, got, want)
		}
	}
	near("entropy, minimum", Entropy(spells(16), 8), 0, 3)
	near("complexity, minimum", Complexity(spells(16), 8), 0, 3)
	near("turbulence, minimum", Turbulence(spells(16)), 1, 2)
	near("subsequences, minimum", math.Exp2(subsequences([]uint8{0})), 2, 2)
	near("entropy, first quartile", Entropy(spells(5, 11), 8), 0.299, 3)
	near("complexity, first quartile", Complexity(spells(5, 11), 8), 0.141, 3)
	near("subsequences, first quartile", math.Exp2(subsequences([]uint8{0, 1})), 4, 2)
	near("entropy, median", Entropy(spells(8, 8), 8), 0.333, 3)
	near("complexity, median", Complexity(spells(8, 8), 8), 0.149, 3)
	near("subsequences, third quartile", math.Exp2(subsequences([]uint8{0, 1, 2})), 8, 2)
	near("subsequences, maximum", math.Exp2(subsequences([]uint8{0, 1, 2, 3, 4})), 32, 2)
	near("turbulence, first quartile", Turbulence(spells(1, 3, 12)), 3.69, 2)
	near("turbulence, median", Turbulence(spells(2, 5, 9)), 5.06, 2)
	near("turbulence, third quartile", Turbulence(spells(1, 3, 5, 7)), 6.22, 2)
}

func TestSequenceMeasuresInClosedForm(t *testing.T) {
	// every state once and no state twice in a row: entropy and complexity are 1, subsequences 2^k, equal durations
	for _, k := range []int{2, 5, 9, 60} {
		s := make([]uint8, k)
		for i := range s {
			s[i] = uint8(i)
		}
		if h, c := Entropy(s, k), Complexity(s, k); math.Abs(h-1) > 1e-12 || math.Abs(c-1) > 1e-12 {
			t.Errorf("%d states: entropy %v, complexity %v", k, h, c)
		}
		if v := Turbulence(s); math.Abs(v-float64(k)) > 1e-12 { // v = v_max = 0
			t.Errorf("%d states: turbulence %v", k, v)
		}
	}
	// twice as long with every month doubled: the entropy stays
	a, b := []uint8{0, 0, 1, 2, 1, 1}, []uint8{0, 0, 0, 0, 1, 1, 2, 2, 1, 1, 1, 1}
	if x, y := Entropy(a, 4), Entropy(b, 4); math.Abs(x-y) > 1e-15 {
		t.Errorf("entropy %v and, of every month twice, %v", x, y)
	}
}

// Distinct subsequences listed one by one.
func TestSubsequencesAgainstListing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		s := make([]uint8, rng.IntN(13))
		for i := range s {
			s[i] = uint8(rng.IntN(4))
		}
		seen := map[string]bool{}
		for bits := range 1 << len(s) {
			var sub []byte
			for i, v := range s {
				if bits>>i&1 == 1 {
					sub = append(sub, v)
				}
			}
			seen[string(sub)] = true
		}
		want := math.Log2(float64(len(seen)))
		if got := subsequences(s); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v: 2^%v, listed 2^%v", s, got, want)
		}
		if got := subsequencesBig(s); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v: 2^%v in whole numbers, listed 2^%v", s, got, want)
		}
	}
}

func TestTransversalEntropyAndWeights(t *testing.T) {
	rows := [][]uint8{{0, 0, 1}, {0, 1, 1}, {0, 1, 2}, {0, 0, 1}}
	s := NewSequences(rows, nil, 3)
	if len(s.Seq) != 3 || s.Weight[0] != 2 || s.Of[3] != 0 {
		t.Fatalf("distinct %v, weights %v, of %v", s.Seq, s.Weight, s.Of)
	}
	got := s.Transversal()
	want := []float64{0, math.Log(2) / math.Log(3), -(.75*math.Log(.75) + .25*math.Log(.25)) / math.Log(3)}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("month %d: %v, want %v", i, got[i], want[i])
		}
	}
	twice := NewSequences(append(rows, rows...), nil, 3)
	weighted := NewSequences(rows, []float64{2, 2, 2, 2}, 3)
	for i := range twice.Weight {
		if twice.Weight[i] != weighted.Weight[i] {
			t.Errorf("weight 2 and two of them differ: %v, %v", twice.Weight, weighted.Weight)
		}
	}
}
