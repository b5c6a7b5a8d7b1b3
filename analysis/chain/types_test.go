package chain

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// bestMedoids tries every set of k medoids.
func bestMedoids(p *pam, k int) float64 {
	best := math.Inf(1)
	var try func(from int, med []int)
	try = func(from int, med []int) {
		if len(med) == k {
			best = min(best, p.sum(med))
			return
		}
		for c := from; c < p.n; c++ {
			try(c+1, append(med[:len(med):len(med)], c))
		}
	}
	try(0, nil)
	return best
}

// sum is the weighted sum of the distances to the nearest medoid, by its definition.
func (p *pam) sum(med []int) float64 {
	total := 0.
	for i := range p.n {
		near := math.Inf(1)
		for _, c := range med {
			near = min(near, p.d[c*p.n+i])
		}
		total += p.weight[i] * near
	}
	return total
}

// planted are sequences around three courses: long in state 0 and then 1; early in 1; all over in 2 and 3.
func planted(rng *rand.Rand, n, months int) (rows [][]uint8, truth []int) {
	for range n {
		k := rng.IntN(3)
		s := make([]uint8, months)
		change := []int{months * 3 / 4, months / 6, months / 2}[k] + rng.IntN(3)
		for t := range s {
			s[t] = uint8([]int{0, 0, 2}[k])
			if t >= change {
				s[t] = uint8([]int{1, 1, 3}[k])
			}
			if rng.IntN(20) == 0 {
				s[t] = uint8(rng.IntN(5))
			}
		}
		rows, truth = append(rows, s), append(truth, k)
	}
	return rows, truth
}

// No single swap lowers the sum of what the search ends with, whether tried one by one, and on small problems it mostly is
// the best of all sets.
func TestMedoidsAgainstAllSets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	best := 0
	const rounds = 300
	for range rounds {
		n, k := 6+rng.IntN(8), 1+rng.IntN(3)
		rows, _ := planted(rng, n, 12)
		p := &pam{n: n, d: make([]float64, n*n)}
		m := NewMetric(ConstantCosts(5))
		for i := range n {
			p.weight = append(p.weight, float64(1+rng.IntN(4)))
			for j := range n {
				p.d[i*n+j] = m.Distance(rows[i], rows[j])
			}
		}
		med := p.medoids(k)
		found := p.sum(med)
		for i := range med {
			for c := range n {
				other := append([]int{}, med...)
				other[i] = c
				if s := p.sum(other); s < found-1e-9 {
					t.Fatalf("swapping %d for %d lowers the sum from %v to %v", med[i], c, found, s)
				}
			}
		}
		if found <= bestMedoids(p, k)+1e-9 {
			best++
		}
	}
	if best < rounds*9/10 {
		t.Errorf("the best set was found %d of %d times", best, rounds)
	}
}

// A weight of 3 is three equal sequences.
func TestSilhouetteWeightsAreCopies(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	m := NewMetric(ConstantCosts(5))
	for range 50 {
		rows, _ := planted(rng, 12, 12)
		a := &pam{n: len(rows)}
		var copies [][]uint8
		var ofA, ofB []int
		for i, r := range rows {
			w := 1 + rng.IntN(3)
			a.weight = append(a.weight, float64(w))
			ofA = append(ofA, i%3)
			for range w {
				copies, ofB = append(copies, r), append(ofB, i%3)
			}
		}
		fill := func(p *pam, rows [][]uint8) {
			p.n = len(rows)
			p.d = make([]float64, p.n*p.n)
			for i := range rows {
				for j := range rows {
					p.d[i*p.n+j] = m.Distance(rows[i], rows[j])
				}
			}
		}
		fill(a, rows)
		b := &pam{}
		fill(b, copies)
		for range copies {
			b.weight = append(b.weight, 1)
		}
		if x, y := a.silhouette(ofA, 3), b.silhouette(ofB, 3); math.Abs(x-y) > 1e-12 {
			t.Fatalf("weighted %v, as copies %v", x, y)
		}
	}
}

// Three planted types are found, in samples as in the whole, and do not depend on the number of workers.
func TestPlantedTypesAreFound(t *testing.T) {
	rows, truth := planted(rand.New(rand.NewPCG(3, 1)), 3000, 36)
	s := NewSequences(rows, nil, 5)
	for _, opt := range []TypeOptions{
		{Costs: ConstantCosts(5), Sample: 300, Seed: 1},
		{Costs: s.TransitionCosts(), Sample: 300, Seed: 1},
		{Costs: ConstantCosts(5), Sample: 300, Seed: 1, K: 3},
	} {
		opt.Workers = 1
		one, err := FindTypes(t.Context(), s, opt)
		if err != nil {
			t.Fatal(err)
		}
		opt.Workers = 3
		three, err := FindTypes(t.Context(), s, opt)
		if err != nil {
			t.Fatal(err)
		}
		one.Silhouette, three.Silhouette = nil, nil // NaN equals nothing
		if !reflect.DeepEqual(one, three) {
			t.Error("one worker and three find different types")
		}
		if one.K != 3 || !one.Sampled {
			t.Fatalf("%d types, planted are 3", one.K)
		}
		agree := map[[2]int]int{}
		for i, k := range truth {
			agree[[2]int{k, int(one.Of[s.Of[i]])}]++
		}
		for k := range 3 {
			most, all := 0, 0
			for g := range 3 {
				most, all = max(most, agree[[2]int{k, g}]), all+agree[[2]int{k, g}]
			}
			if most < all*97/100 {
				t.Errorf("type %d: %d of %d together", k, most, all)
			}
		}
		if one.Weight[0] < one.Weight[1] || one.Weight[1] < one.Weight[2] {
			t.Errorf("types are not in the order of their weight: %v", one.Weight)
		}
	}
}

func TestFewSequences(t *testing.T) {
	same := NewSequences([][]uint8{{1, 1}, {1, 1}}, nil, 2)
	got, err := FindTypes(t.Context(), same, TypeOptions{Costs: ConstantCosts(2)})
	if err != nil || got.K != 0 {
		t.Errorf("one distinct sequence: %d types, %v", got.K, err)
	}
	two := NewSequences([][]uint8{{1, 1}, {0, 1}}, nil, 2)
	if got, err = FindTypes(t.Context(), two, TypeOptions{Costs: ConstantCosts(2)}); err != nil || got.K != 2 {
		t.Errorf("two distinct sequences: %d types, %v", got.K, err)
	}
	if got, err = FindTypes(t.Context(), two, TypeOptions{Costs: ConstantCosts(2), K: 5}); err != nil || got.K != 2 {
		t.Errorf("five types asked of two sequences: %d, %v", got.K, err)
	}
}

// 100,000 sequences of 36 months, most of them distinct: types, entropy, complexity and turbulence.
func BenchmarkRegisterScale(b *testing.B) {
	rows, _ := planted(rand.New(rand.NewPCG(4, 1)), 100000, 36)
	for b.Loop() {
		s := NewSequences(rows, nil, 5)
		if _, err := FindTypes(b.Context(), s, TypeOptions{Costs: s.TransitionCosts(), Seed: 1}); err != nil {
			b.Fatal(err)
		}
		for _, q := range s.Seq {
			Complexity(q, 5)
			Turbulence(q)
		}
	}
}
