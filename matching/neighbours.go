package matching

import (
	"cmp"
	"math"
	"slices"
)

// neighbourhoods lists, for some rows, the nearest rows of a pool with all ties: row i has pool rows
// list[from[i]:to[i]]. On a scalar score the list is the sorted pool and neighbourhoods are its intervals, so that they
// cost nothing however many ties there are; in several dimensions the list holds each neighbourhood written out.
type neighbourhoods struct {
	list     []int32
	from, to []int32   // by row; equal where the row has none
	share    []float64 // by place in the list: what the neighbour counts, summing to 1 over each neighbourhood; nil: all alike
}

// nearestSets finds, for each row of focal, the m nearest rows of pool by squared distance in the coordinates, with all
// rows within slack of the m-th squared distance; reach (by coordinate, nil: none) bounds the difference in each. Rows with
// fewer than m in reach take those there are.
func nearestSets(points [][]float64, focal, pool []int32, n, m int, slack float64, reach []float64) neighbourhoods {
	if len(points) == 1 {
		return nearestIntervals(points[0], focal, pool, n, m, slack, reach)
	}
	h := neighbourhoods{from: make([]int32, n), to: make([]int32, n)}
	dim := len(points)
	coordinates := make([]float64, 0, len(pool)*dim)
	for _, r := range pool {
		for _, col := range points {
			coordinates = append(coordinates, col[r])
		}
	}
	tree := newKDTree(coordinates, dim, nil)
	type found struct {
		row int32
		d   float64
	}
	q := query{t: tree, off: make([]float64, dim), q: make([]float64, dim)}
	var near []float64 // the m smallest squared distances
	var all []found
	for _, f := range focal {
		for d, col := range points {
			q.q[d] = col[f]
		}
		inReach := func(row int32) bool {
			for d := range reach {
				if math.Abs(points[d][row]-q.q[d]) > reach[d] {
					return false
				}
			}
			return true
		}
		near, all = near[:0], all[:0]
		q.bound = math.Inf(1)
		q.offer = func(point int32, d float64) float64 {
			if row := pool[point]; inReach(row) {
				all = append(all, found{row, d})
				at, _ := slices.BinarySearch(near, d)
				near = slices.Insert(near, at, d)
				if len(near) > m {
					near = near[:m]
				}
			}
			if len(near) < m {
				return math.Inf(1)
			}
			return near[m-1] + slack
		}
		q.run()
		h.from[f] = int32(len(h.list))
		if len(near) > 0 {
			limit := near[len(near)-1] + slack
			all = slices.DeleteFunc(all, func(x found) bool { return x.d > limit })
			slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.row, b.row) })
			for _, x := range all {
				h.list = append(h.list, x.row)
			}
		}
		h.to[f] = int32(len(h.list))
	}
	return h
}

// nearestIntervals is nearestSets on a scalar: both lists are sorted, and the focal rows are gone through in order.
func nearestIntervals(x []float64, focal, pool []int32, n, m int, slack float64, reach []float64) neighbourhoods {
	list := sortedByValue(x, pool)
	h := neighbourhoods{list: make([]int32, len(list)), from: make([]int32, n), to: make([]int32, n)}
	values := make([]float64, len(list))
	for p, e := range list {
		h.list[p], values[p] = e.row, e.score()
	}
	limit := math.Inf(1)
	if reach != nil {
		limit = reach[0]
	}
	place := 0
	for _, f := range sortedByValue(x, focal) {
		at := f.score()
		for place < len(values) && values[place] < at {
			place++
		}
		lo, hi := place, place
		for hi-lo < m && (lo > 0 || hi < len(values)) {
			down, up := math.Inf(1), math.Inf(1)
			if lo > 0 {
				down = at - values[lo-1]
			}
			if hi < len(values) {
				up = values[hi] - at
			}
			if min(down, up) > limit {
				break
			}
			if down < up {
				lo--
			} else {
				hi++
			}
		}
		if lo == hi {
			continue
		}
		far := math.Max(math.Abs(at-values[lo]), math.Abs(values[hi-1]-at))
		bound := far*far + slack
		// All others within the bound, which ties can make many: the edges by steps that double.
		within := func(p int) bool { d := values[p] - at; return d*d <= bound && math.Abs(d) <= limit }
		for step := 1; lo > 0 && within(lo-1); step *= 2 {
			for lo-step < 0 || !within(lo-step) {
				step /= 2
			}
			lo -= step
		}
		for step := 1; hi < len(values) && within(hi); step *= 2 {
			for hi+step > len(values) || !within(hi+step-1) {
				step /= 2
			}
			hi += step
		}
		h.from[f.row], h.to[f.row] = int32(lo), int32(hi)
	}
	return h
}

// sortedByValue are rows in the order of (x, row).
func sortedByValue(x []float64, rows []int32) []entry {
	e := make([]entry, len(rows))
	for i, r := range rows {
		e[i] = entry{key: sortable(x[r]), row: r}
	}
	sortEntries(e, make([]entry, len(e)))
	return e
}

// size is the number of neighbours of a row.
func (h *neighbourhoods) size(row int32) int { return int(h.to[row] - h.from[row]) }

const direct = 64 // neighbourhoods up to this size are summed anew, larger ones from running sums

// runningSums are sums of a column along the list.
func (h *neighbourhoods) runningSums(y []float64) []float64 {
	sums := make([]float64, len(h.list)+1)
	for p, r := range h.list {
		sums[p+1] = sums[p] + y[r]
	}
	return sums
}

// mean is the mean of y over the neighbours of a row that has some.
func (h *neighbourhoods) mean(row int32, y, running []float64) float64 {
	from, to := h.from[row], h.to[row]
	if h.share != nil {
		s := 0.
		for p := from; p < to; p++ {
			s += h.share[p] * y[h.list[p]]
		}
		return s
	}
	if to-from > direct {
		return (running[to] - running[from]) / float64(to-from)
	}
	s := 0.
	for _, r := range h.list[from:to] {
		s += y[r]
	}
	return s / float64(to-from)
}

// uses counts, for each row of the pool, the sum of its shares (1/size where all count alike) and of their squares over the
// neighbourhoods of the focal rows that hold it.
func (h *neighbourhoods) uses(focal []int32, n int) (k, k2 []float64) {
	if h.share != nil {
		k, k2 = make([]float64, n), make([]float64, n)
		for _, f := range focal {
			for p := h.from[f]; p < h.to[f]; p++ {
				k[h.list[p]] += h.share[p]
				k2[h.list[p]] += h.share[p] * h.share[p]
			}
		}
		return k, k2
	}
	step, step2 := make([]float64, len(h.list)+1), make([]float64, len(h.list)+1)
	count := make([]int32, len(h.list)+1)
	for _, f := range focal {
		if s := float64(h.size(f)); s > 0 {
			step[h.from[f]] += 1 / s
			step[h.to[f]] -= 1 / s
			step2[h.from[f]] += 1 / (s * s)
			step2[h.to[f]] -= 1 / (s * s)
			count[h.from[f]]++
			count[h.to[f]]--
		}
	}
	k, k2 = make([]float64, n), make([]float64, n)
	var a, b float64
	open := int32(0)
	for p, r := range h.list {
		if open == 0 { // no neighbourhood is open: forget the rounding of those that were
			a, b = 0, 0
		}
		open += count[p]
		a += step[p]
		b += step2[p]
		if open > 0 {
			k[r] += a
			k2[r] += b
		}
	}
	return k, k2
}
