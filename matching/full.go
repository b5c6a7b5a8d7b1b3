package matching

import (
	"context"
	"math"
	"sort"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
)

// Full is optimal full matching on a score: every row of both groups is in a set with one treated and one or more
// comparison rows, or one comparison and one or more treated rows, so that the sum of the distances to the single row is
// smallest (Rosenbaum 1991; Hansen 2004, JASA 99:609), inside the strata of the input. Rows are weighted by their sets as
// ByCell says. It also returns that sum. Strata with one group alone are dropped.
//
// The problem is that of covering all points on a line with the cheapest edges between colours. Going through the maximal
// runs of rows of one group, C(b) for the i-th row of a run is the least cost of covering everything up to it; the rows of
// a run up to b are covered by the last j rows of the run before (the first of these may also be covered from before), for
//
//	Σ (a_s − a) + Σ (b − b₁) + max(i, j)·(b₁ − a_s),
//
// so that running minima over j ≤ i and j > i make the work linear after sorting (after Colannino et al. 2007, Graphs and
// Combinatorics 23:169).
//
// With a Caliper no distance within a set is beyond it: rows with nobody of the other group within the caliper stay out, and
// the others are covered at the least cost by distances that are allowed. The i rows after a gap are then bounded by
// the reach of the last row before it, the j rows before it by that of the first row after it, and max(i, j) becomes
// i + j − min(i, j, M): M is the widest diagonal a_{s−m+k} – b_k, k = 1, …, m, that is allowed, whose edges cover a row on
// both sides each (what edges cost does not depend on how they cross the gap, and those of a diagonal are the least wide).
//
// Other conditions on pairs are not served, as in Optimal.
func Full(in NearestInput, opt OptimalOptions) (*Subclassed, float64, error) {
	n := len(in.Treated)
	if err := in.check(n); err != nil {
		return nil, 0, err
	}
	if err := in.plain(); err != nil {
		return nil, 0, err
	}
	reach := math.Inf(1)
	if opt.Caliper > 0 {
		in.Leave, reach = WithinReach(in.Score, in.Treated, in.Stratum, in.Leave, opt.Caliper, opt.Unit)
	}
	w := &lineWork{in: in, hash: random.NewKeyed(opt.Seed, "matching ties"), groups: groupRows(n, in.Stratum, in.Leave)}
	batches := w.groups.batches(1 << 14)
	set := make([]int32, n)
	for i := range set {
		set[i] = -1
	}
	costs, counts := make([]float64, len(batches)), make([]int32, len(batches))
	err := parallel.For(context.Background(), opt.Workers, len(batches), func(b int) error {
		for s := batches[b][0]; s < batches[b][1]; s++ {
			e := w.sorted(w.groups.rows(s))
			cost, count := fullSets(e, in.Treated, set, counts[b], reach)
			costs[b] += cost
			counts[b] = count
		}
		return nil
	})
	if err != nil {
		return nil, 0, fault.Wrap("matching_failed", err, "matching failed")
	}
	total, before := 0., int32(0)
	for b := range batches { // numbers of sets follow the batches
		total += costs[b]
		for s := batches[b][0]; s < batches[b][1]; s++ {
			for _, r := range w.groups.rows(s) {
				if set[r] >= 0 {
					set[r] += before
				}
			}
		}
		before += counts[b]
	}
	s, err := ByCell(set, in.Treated, in.Base, opt.Estimand)
	return s, total, err
}

// run is a maximal run of rows of one group in the order of the score.
type colourRun struct{ from, to int }

// fullSets numbers the sets of one stratum from number up and returns their cost and the next number.
func fullSets(e []entry, treated []bool, set []int32, number int32, reach float64) (float64, int32) {
	var runs []colourRun
	for i := range e {
		if i == 0 || treated[e[i].row] != treated[e[i-1].row] {
			runs = append(runs, colourRun{i, i})
		}
		runs[len(runs)-1].to = i + 1
	}
	if len(runs) < 2 {
		return 0, number
	}
	x := make([]float64, len(e))
	for i := range e {
		x[i] = e[i].score()
	}
	cost, take, again := coverLine(x, runs, reach)
	edges := coverEdges(x, runs, take, again, reach)
	return cost, starSets(e, edges, set, number)
}

// coverLine returns the least cost of covering all points, and by point b the number take of points of the run before that
// cover its run up to b, and whether the farthest of them is also covered from before. No distance is beyond reach.
func coverLine(x []float64, runs []colourRun, reach float64) (total float64, take []int32, again []bool) {
	n := len(x)
	least := make([]float64, n)
	take, again = make([]int32, n), make([]bool, n)
	for i := runs[0].from; i < runs[0].to; i++ {
		least[i] = math.Inf(1)
	}
	for r := 1; r < len(runs); r++ {
		a, b := runs[r-1], runs[r]
		s := a.to - a.from
		gap := x[b.from] - x[a.to-1]
		most := crossing(x, a, b, reach)
		// For each j: the best before, plus what the last j points of the run add.
		base, reuse := make([]float64, s+1), make([]bool, s+1)
		sum := 0.
		for j := 1; j <= s; j++ {
			at := a.to - j // the j-th from the end
			sum += x[a.to-1] - x[at]
			var before float64
			switch {
			case at > a.from:
				before = least[at-1]
			case a.from == 0:
				before = 0
			default:
				before = least[a.from-1] // the last point of the run before that
			}
			if least[at] < before { // leave it covered as it is and use it again
				before, reuse[j] = least[at], true
			}
			base[j] = before + sum
		}
		// Suffix minima of base + j·gap, then prefix minima of base as i grows.
		suffix := make([]int32, s+2)
		suffix[s+1] = -1
		for j := s; j >= 1; j-- {
			if suffix[j] = int32(j); j > most.before {
				suffix[j] = -1
				continue
			}
			if k := suffix[j+1]; k >= 0 && base[k]+float64(k)*gap < base[j]+float64(j)*gap {
				suffix[j] = k
			}
		}
		prefix := int32(-1)
		sumB := 0.
		for i := 1; b.from+i <= b.to; i++ {
			at := b.from + i - 1
			sumB += x[at] - x[b.from]
			if i <= most.both && (prefix < 0 || base[i] < base[prefix]) {
				prefix = int32(i)
			}
			least[at], take[at] = math.Inf(1), prefix
			if i > most.after {
				continue
			}
			if prefix >= 0 {
				least[at] = base[prefix] + float64(i)*gap + sumB
			}
			if m := min(i, most.both); m+1 <= s {
				if k := suffix[m+1]; k >= 0 && base[k]+float64(int(k)+i-m)*gap+sumB < least[at] {
					least[at], take[at] = base[k]+float64(int(k)+i-m)*gap+sumB, k
				}
			}
			if take[at] >= 0 {
				again[at] = reuse[take[at]]
			}
		}
	}
	return least[n-1], take, again
}

// crossings bound the edges between two runs: how many points of the run after and of the run before they may have, and how
// many edges may cover a point of both.
type crossings struct{ after, before, both int }

func crossing(x []float64, a, b colourRun, reach float64) crossings {
	m := crossings{b.to - b.from, a.to - a.from, min(b.to-b.from, a.to-a.from)}
	if math.IsInf(reach, 1) {
		return m
	}
	m.after = sort.Search(m.after, func(i int) bool { return x[b.from+i]-x[a.to-1] > reach })
	m.before = sort.Search(m.before, func(j int) bool { return x[b.from]-x[a.to-1-j] > reach })
	m.both = sort.Search(min(m.after, m.before), func(m int) bool { // is the diagonal of m + 1 too wide?
		for k := range m + 1 {
			if x[b.from+k]-x[a.to-1-m+k] > reach {
				return true
			}
		}
		return false
	})
	return m
}

// edge joins two points by their places in the order.
type edge struct{ a, b int }

// coverEdges goes back through the choices. Between i points of a run and j of the run before there are i + j − m edges: m of
// a diagonal, and one for each point that is over, to the nearest point of the other run.
func coverEdges(x []float64, runs []colourRun, take []int32, again []bool, reach float64) []edge {
	n := len(x)
	runOf := make([]int32, n)
	for r, c := range runs {
		for i := c.from; i < c.to; i++ {
			runOf[i] = int32(r)
		}
	}
	var edges []edge
	for at := n - 1; at >= 0; {
		r := int(runOf[at])
		b, a := runs[r], runs[r-1]
		i, j := at-b.from+1, int(take[at])
		m := min(i, j, crossing(x, a, b, reach).both)
		low := a.to - j
		for k := range j - m {
			edges = append(edges, edge{low + k, b.from})
		}
		for k := range m {
			edges = append(edges, edge{a.to - m + k, b.from + k})
		}
		for k := m; k < i; k++ {
			edges = append(edges, edge{a.to - 1, b.from + k})
		}
		if again[at] {
			at = low
		} else {
			at = low - 1
		}
	}
	return edges
}

// starSets numbers the sets that the edges make. An edge both of whose ends have other edges is not needed (it costs
// nothing, or the cover would not be the cheapest) and is taken out first.
func starSets(e []entry, edges []edge, set []int32, number int32) int32 {
	degree := make([]int32, len(e))
	for _, v := range edges {
		degree[v.a]++
		degree[v.b]++
	}
	kept := edges[:0]
	for _, v := range edges {
		if degree[v.a] > 1 && degree[v.b] > 1 {
			degree[v.a]--
			degree[v.b]--
			continue
		}
		kept = append(kept, v)
	}
	for _, v := range kept {
		a, b := e[v.a].row, e[v.b].row
		switch {
		case set[a] < 0 && set[b] < 0:
			set[a], set[b] = number, number
			number++
		case set[a] < 0:
			set[a] = set[b]
		default:
			set[b] = set[a]
		}
	}
	return number
}
