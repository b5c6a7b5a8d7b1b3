package did

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Weighted, the comparisons add up to the weighted regression, and weights that count are units written out that often.
func TestWeightedBacon(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	for round := range 8 {
		s := small{n: 50, T: 6, cohorts: []int64{102, 104}, never: round%2 == 0}
		if round > 3 {
			s.cohorts = []int64{99, 101, 103}
		}
		p := s.panel(rng)
		n := len(p.Start)
		q := &Panel{Times: p.Times, Outcome: make([][]float64, len(p.Times))}
		w := make([]float64, n)
		for i := range n {
			times := 1 + rng.IntN(3)
			w[i] = float64(times)
			for range times {
				q.Start = append(q.Start, p.Start[i])
				for t := range p.Times {
					q.Outcome[t] = append(q.Outcome[t], p.Outcome[t][i])
				}
			}
		}
		p.Weights = [][]float64{w}
		got, err := Bacon(p, 1)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Bacon(q, 1)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Regress(p, Static, RegressionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sum, weights := 0., 0.
		for k, c := range got {
			sum += c.Weight * c.Estimate
			weights += c.Weight
			if math.Abs(c.Weight-want[k].Weight) > 1e-12 || math.Abs(c.Estimate-want[k].Estimate) > 1e-11 || c.Type != want[k].Type {
				t.Errorf("round %d: %+v, written out %+v", round, c, want[k])
			}
		}
		if beta := r.Terms[0].Estimate.Estimate; math.Abs(sum-beta) > 1e-10*(1+math.Abs(beta)) || math.Abs(weights-1) > 1e-12 {
			t.Errorf("round %d: the comparisons sum to %v (weights %v), the regression is %v", round, sum, weights, beta)
		}
	}
}
