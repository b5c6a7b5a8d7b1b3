package chain

import (
	"math"
	"slices"
)

// pam is the search for medoids among n sequences with weights and the distances between them.
type pam struct {
	n      int
	d      []float64 // n × n
	weight []float64
}

// medoids are k of the sequences, found by BUILD (each takes the one that lowers the weighted sum of distances to the
// nearest most) and then by the best swap of one of them with another, until none helps. Ties go to the lowest index.
func (p *pam) medoids(k int) []int {
	var med []int
	near := make([]float64, p.n) // distance to the nearest so far
	for i := range near {
		near[i] = math.Inf(1)
	}
	for range min(k, p.n) {
		best, at := math.Inf(1), -1
		for c := range p.n {
			if slices.Contains(med, c) {
				continue
			}
			sum := 0.
			for i := range p.n {
				sum += p.weight[i] * min(near[i], p.d[c*p.n+i])
			}
			if sum < best {
				best, at = sum, c
			}
		}
		med = append(med, at)
		for i := range near {
			near[i] = min(near[i], p.d[at*p.n+i])
		}
	}
	for p.swap(med) {
	}
	return med
}

// swap makes the best swap of a medoid with another sequence and tells whether it lowered the sum. For each candidate the
// change is found for all medoids in one pass (Schubert and Rousseeuw 2021, algorithm 3): taking medoid m out costs each
// of its members the distance to the second nearest or to the candidate, and everybody nearer to the candidate gains.
func (p *pam) swap(med []int) bool {
	k := len(med)
	if k == p.n {
		return false
	}
	first := make([]int, p.n)
	near, second := make([]float64, p.n), make([]float64, p.n)
	total := 0.
	for i := range p.n {
		near[i], second[i] = math.Inf(1), math.Inf(1)
		for m, c := range med {
			switch d := p.d[c*p.n+i]; {
			case d < near[i]:
				near[i], second[i], first[i] = d, near[i], m
			case d < second[i]:
				second[i] = d
			}
		}
		total += p.weight[i] * near[i]
	}
	gain := make([]float64, k)
	best, out, in := 0., -1, -1
	for c := range p.n {
		if slices.Contains(med, c) {
			continue
		}
		clear(gain)
		common := 0.
		for i := range p.n {
			d := p.d[c*p.n+i]
			w := p.weight[i]
			if d < near[i] {
				common += w * (d - near[i])
				// without its own medoid it would go to the candidate just the same
				continue
			}
			alone := min(d, second[i])
			if k == 1 {
				alone = d
			}
			gain[first[i]] += w * (alone - near[i])
		}
		for m := range med {
			if change := common + gain[m]; change < best {
				best, out, in = change, m, c
			}
		}
	}
	// What is gained must be more than rounding, or two equal choices could take turns for ever.
	if out < 0 || -best <= 1e-12*total {
		return false
	}
	med[out] = in
	return true
}

// nearest is the place of each sequence's nearest medoid, the first of equals.
func (p *pam) nearest(med []int) []int {
	of := make([]int, p.n)
	for i := range of {
		best := math.Inf(1)
		for m, c := range med {
			if d := p.d[c*p.n+i]; d < best {
				best, of[i] = d, m
			}
		}
	}
	return of
}

// silhouette is the weighted mean silhouette width of a division into k groups, every weight counting as so many equal
// sequences (one under 1 is one sequence that counts for less): with a the mean distance to the others of one's own group
// and b the smallest mean distance to another group, the width is (b − a)/max(a, b); 0 for one alone in its group.
func (p *pam) silhouette(of []int, k int) float64 {
	size := make([]float64, k)
	for i, g := range of {
		size[g] += p.weight[i]
	}
	sum, total := 0., 0.
	mean := make([]float64, k)
	for i, g := range of {
		clear(mean)
		for j, h := range of {
			mean[h] += p.weight[j] * p.d[i*p.n+j]
		}
		total += p.weight[i]
		others := size[g] - min(1, p.weight[i])
		if !(others > 0) {
			continue
		}
		a, b := mean[g]/others, math.Inf(1)
		for h := range mean {
			if h != g && size[h] > 0 {
				b = min(b, mean[h]/size[h])
			}
		}
		if most := max(a, b); most > 0 && !math.IsInf(b, 1) {
			sum += p.weight[i] * (b - a) / most
		}
	}
	return sum / total
}
