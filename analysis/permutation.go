package analysis

import (
	"math"
	"strings"

	"tiltakseffekt/analysis/experiment"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/results"
)

// permutedUnder is the number of treated rows under which a figure also gets a p-value from permutations: a normal interval
// is an approximation for many.
const permutedUnder = 50

// Draws of a permutation test, and how many assignments are all tried.
const permutations, permutationsAll = 999, 10_000

// permute fills p_permutation of the month of the family, where fewer than permutedUnder treated rows are kept. Matched pairs turn
// within the pair, the pairs that share a person together. For every other method treatment is permuted within risk sets (calendar month ×
// elapsed duration) and the outcome freed of the method's covariates: weights are not made anew for a thousand assignments.
func (r *runner) permute(c *cell, def *outcome.Definition, f fitted, s *series, m Method, y [][]float64, row *results.Estimate) error {
	if r.figuresOnly || r.places != nil || row.Reason != "" || row.Month == nil || row.NStarts < 1 || row.NStarts >= permutedUnder {
		return nil
	}
	opt := experiment.Permutation{Draws: permutations, ExactUnder: permutationsAll,
		Stream: random.New(*r.study.Seed, strings.Join([]string{"permutation", row.Tiltak, row.Group, row.Outcome}, "\x00"))}
	month := *row.Month
	complete := append([]float64(nil), y[month-1]...)
	c.complete(complete, r.reg, &r.trials.Rows)
	if r.trials.Censoring != nil {
		leave(complete, c.stay(r, def.MinFollowUp(month)), c.treated, c.weight)
	}
	var test experiment.Test
	switch o := s.per.(type) {
	case *didOutcome:
		for i, b := range o.base {
			complete[i] -= b
		}
		if o.matched != nil && o.matched.pair != nil {
			test = c.flip(complete, o.matched.pair, opt)
			break
		}
		at := o.keep
		sub := &cell{}
		change := make([]float64, len(at))
		for j, i := range at {
			sub.treated, sub.stratum, sub.person = append(sub.treated, c.treated[i]), append(sub.stratum, c.stratum[i]), append(sub.person, c.person[i])
			change[j] = complete[i]
		}
		var x [][]float64
		for _, column := range c.didColumns(&r.trials.Rows) {
			v := make([]float64, len(at))
			for j, i := range at {
				v[j] = column[i]
			}
			x = append(x, v)
		}
		s, err := experiment.NewStrata(sub.treated, sub.stratum, sub.person, x)
		if err != nil {
			return err
		}
		test = s.Test(change, opt)
	default:
		if d, ok := f.(*designFit); ok && d.pairs != nil {
			test = c.flip(complete, d.pairs.Subclass, opt)
			break
		}
		var x [][]float64
		if m.Name != none {
			x, _ = c.design(m)
		}
		key := m.Name == none
		if c.permuted[key] == nil || len(m.Covariates) > 0 {
			s, err := experiment.NewStrata(c.treated, c.stratum, c.person, x)
			if err != nil {
				return err
			}
			if len(m.Covariates) > 0 {
				test = s.Test(complete, opt)
				break
			}
			if c.permuted == nil {
				c.permuted = map[bool]*experiment.Strata{}
			}
			c.permuted[key] = s
		}
		test = c.permuted[key].Test(complete, opt)
	}
	row.PPermutation = test.PValue
	return nil
}

// flip is the sign-flip test of pairs, numbered by row from 0 (−1: in none). Pairs that share a person, directly or through other
// pairs, are one block.
func (c *cell) flip(y []float64, pair []int32, opt experiment.Permutation) experiment.Test {
	pairs := int32(0)
	for _, p := range pair {
		pairs = max(pairs, p+1)
	}
	d, arms := make([]float64, pairs), make([][2]bool, pairs)
	root := make([]int32, pairs)
	for p := range root {
		root[p] = int32(p)
	}
	find := func(p int32) int32 {
		for root[p] != p {
			root[p] = root[root[p]]
			p = root[p]
		}
		return p
	}
	of := map[int32]int32{} // a person's first pair
	for i, p := range pair {
		if p < 0 {
			continue
		}
		if c.treated[i] {
			d[p] += y[i]
			arms[p][1] = true
		} else {
			d[p] -= y[i]
			arms[p][0] = true
		}
		if first, seen := of[c.person[i]]; seen {
			root[find(p)] = find(first)
		} else {
			of[c.person[i]] = p
		}
	}
	var whole []float64
	var block []int32
	for p, v := range d {
		if arms[p] == [2]bool{true, true} && !math.IsNaN(v) {
			whole, block = append(whole, v), append(block, find(int32(p)))
		}
	}
	return experiment.SignFlip(whole, block, opt)
}
