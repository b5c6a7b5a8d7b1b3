package matching

// kdTree holds points of one stratum for exact nearest-neighbour queries while points are taken out (Friedman, Bentley and
// Finkel 1977, ACM TOMS 3:209). Cells are cut at the median of their widest side; ties in distance are decided by the
// caller's order, never by the shape of the tree, so that results do not depend on how it was built.
type kdTree struct {
	dim    int
	at     []float64 // coordinates, dim a point, in tree order
	point  []int32   // tree order → point
	place  []int32   // point → tree order
	gone   []bool    // tree order
	nodes  []kdNode
	leaf   []int32 // tree order → node
	scores []float64
}

type kdNode struct {
	from, to    int32 // points in tree order
	left, right int32 // children, 0 for a leaf
	parent      int32
	side        int32 // of the cut
	live        int32
	cut         float64 // points at or below go left, at or above go right
	low, high   float64 // range of the scores, for calipers
}

const leafPoints = 12

// newKDTree builds a tree over rows×dim coordinates; scores may be nil.
func newKDTree(coordinates []float64, dim int, scores []float64) *kdTree {
	n := len(coordinates) / max(dim, 1)
	t := &kdTree{dim: dim, point: make([]int32, n), place: make([]int32, n), gone: make([]bool, n), leaf: make([]int32, n)}
	for i := range t.point {
		t.point[i] = int32(i)
	}
	t.nodes = append(t.nodes, kdNode{})
	t.build(coordinates, 0, int32(n), 0, -1)
	t.at = make([]float64, len(coordinates))
	for p, i := range t.point {
		t.place[i] = int32(p)
		copy(t.at[p*dim:(p+1)*dim], coordinates[int(i)*dim:(int(i)+1)*dim])
	}
	if scores != nil {
		t.scores = scores
		for k := len(t.nodes) - 1; k >= 0; k-- {
			t.rangeOf(int32(k))
		}
	}
	return t
}

func (t *kdTree) rangeOf(k int32) {
	nd := &t.nodes[k]
	if nd.left != 0 {
		a, b := &t.nodes[nd.left], &t.nodes[nd.right]
		nd.low, nd.high = min(a.low, b.low), max(a.high, b.high)
		return
	}
	for p := nd.from; p < nd.to; p++ {
		v := t.scores[t.point[p]]
		if p == nd.from {
			nd.low, nd.high = v, v
		}
		nd.low, nd.high = min(nd.low, v), max(nd.high, v)
	}
}

// build makes node k over the points [from, to).
func (t *kdTree) build(x []float64, from, to, k, parent int32) {
	t.nodes[k] = kdNode{from: from, to: to, parent: parent, live: to - from}
	side, spread := 0, 0.
	for d := range t.dim {
		lo, hi := x[int(t.point[from])*t.dim+d], x[int(t.point[from])*t.dim+d]
		for p := from + 1; p < to; p++ {
			v := x[int(t.point[p])*t.dim+d]
			lo, hi = min(lo, v), max(hi, v)
		}
		if hi-lo > spread {
			side, spread = d, hi-lo
		}
	}
	if to-from <= leafPoints || spread == 0 {
		for p := from; p < to; p++ {
			t.leaf[p] = k
		}
		return
	}
	middle := (from + to) / 2
	selectMedian(x, t.dim, side, t.point[from:to], int(middle-from))
	cut := x[int(t.point[middle])*t.dim+side]
	left := int32(len(t.nodes))
	t.nodes = append(t.nodes, kdNode{}, kdNode{})
	t.nodes[k].left, t.nodes[k].right = left, left+1
	t.nodes[k].side, t.nodes[k].cut = int32(side), cut
	t.build(x, from, middle, left, k)
	t.build(x, middle, to, left+1, k)
}

// selectMedian puts the m-th smallest point by one coordinate at place m (Hoare's quickselect, median of three).
func selectMedian(x []float64, dim, side int, p []int32, m int) {
	value := func(i int) float64 { return x[int(p[i])*dim+side] }
	lo, hi := 0, len(p)-1
	for lo < hi {
		a, b, c := value(lo), value((lo+hi)/2), value(hi)
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for value(i) < pivot {
				i++
			}
			for value(j) > pivot {
				j--
			}
			if i <= j {
				p[i], p[j] = p[j], p[i]
				i++
				j--
			}
		}
		switch {
		case m <= j:
			hi = j
		case m >= i:
			lo = i
		default:
			return
		}
	}
}

// remove takes a point out.
func (t *kdTree) remove(point int32) {
	p := t.place[point]
	if t.gone[p] {
		return
	}
	t.gone[p] = true
	for k := t.leaf[p]; k >= 0; k = t.nodes[k].parent {
		t.nodes[k].live--
	}
}

// query looks for points near q. offer is called with each live point whose squared distance is at most bound and returns
// the new bound; it is called with ties, so that the caller decides them.
type query struct {
	t         *kdTree
	q         []float64
	off       []float64 // squared distance of the cell to q by side
	bound     float64
	low, high float64 // scores allowed
	offer     func(point int32, squared float64) (bound float64)
}

func (q *query) run() { q.visit(0, 0) }

func (q *query) visit(k int32, squared float64) {
	t := q.t
	nd := &t.nodes[k]
	if nd.live == 0 || squared > q.bound || t.scores != nil && (nd.low > q.high || nd.high < q.low) {
		return
	}
	if nd.left == 0 {
		for p := nd.from; p < nd.to; p++ {
			if t.gone[p] {
				continue
			}
			d := 0.
			at := t.at[int(p)*t.dim : (int(p)+1)*t.dim]
			for i, v := range at {
				diff := v - q.q[i]
				d += diff * diff
			}
			if d <= q.bound {
				q.bound = q.offer(t.point[p], d)
			}
		}
		return
	}
	diff := q.q[nd.side] - nd.cut
	near, far := nd.left, nd.right
	if diff > 0 {
		near, far = far, near
	}
	q.visit(near, squared)
	old := q.off[nd.side]
	// Rounding could make the bound of a cell exceed a distance inside it; leave out cells that are clearly too far only.
	next := squared - old + diff*diff
	if next*(1-1e-12) <= q.bound {
		q.off[nd.side] = diff * diff
		q.visit(far, next*(1-1e-12))
		q.off[nd.side] = old
	}
}
