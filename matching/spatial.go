package matching

import (
	"cmp"
	"math"
	"slices"
)

// spatialStratum matches inside one stratum by Euclidean distance. Rows of the stratum are numbered from 1 in the order of
// ties: by a hash of their key, or by row under LikeMatchIt; the lower number wins among equal distances.
type spatialStratum struct {
	work *nearestWork
	rows []int32 // number p is rows[p-1]
	tree *kdTree // over the candidates
	cand []int32 // point of the tree → number
	spot []int32 // number → point of the tree, −1 for rows that choose
	at   []float64

	uses  []int32
	got   [][]int32
	query query

	pairs   []Pair
	amounts []float64 // of the pairs, where amounts are matched
}

func (s *spatialStratum) result() ([]Pair, []float64) { return s.pairs, s.amounts }

func (s *spatialStratum) match(stratum int) {
	w := s.work
	rows := w.groups.rows(stratum)
	order := s.prepare(rows)
	if order == nil {
		return
	}
	if w.opt.Amounts {
		byAmounts(s, order, w)
		return
	}
	runGreedy(s, order, w.opt, len(rows))
}

// prepare builds the tree and returns the numbers that choose, in their order; nil where one of the groups is missing.
func (s *spatialStratum) prepare(rows []int32) []int32 {
	w := s.work
	dim := len(w.in.Points)
	s.rows = append(s.rows[:0], rows...)
	if !w.opt.LikeMatchIt {
		slices.SortFunc(s.rows, func(a, b int32) int {
			return cmp.Or(cmp.Compare(w.hash.Uint64(w.key(a), 0), w.hash.Uint64(w.key(b), 0)), cmp.Compare(a, b))
		})
	}
	m := len(rows)
	var order []int32
	s.cand, s.spot = s.cand[:0], slices.Grow(s.spot[:0], m+1)[:m+1]
	s.at = slices.Grow(s.at[:0], m*dim)[:m*dim]
	for i, r := range s.rows {
		for d, col := range w.in.Points {
			s.at[i*dim+d] = col[r]
		}
		s.spot[i+1] = -1
		if w.chooses(r) {
			order = append(order, int32(i)+1)
		} else {
			s.spot[i+1] = int32(len(s.cand))
			s.cand = append(s.cand, int32(i)+1)
		}
	}
	if len(order) == 0 || len(order) == m {
		return nil
	}
	coordinates := make([]float64, 0, len(s.cand)*dim)
	var scores []float64
	for _, c := range s.cand {
		coordinates = append(coordinates, s.at[int(c-1)*dim:int(c)*dim]...)
		if !math.IsInf(w.caliper, 1) {
			scores = append(scores, w.in.Score[s.rows[c-1]])
		}
	}
	s.tree = newKDTree(coordinates, dim, scores)
	s.query = query{t: s.tree, off: make([]float64, dim)}
	s.uses = nil
	if w.opt.ReuseMax > 1 {
		s.uses = make([]int32, m+1)
	}
	s.got = nil
	if w.opt.Ratio > 1 && w.opt.ReuseMax > 1 {
		s.got = make([][]int32, m+1)
	}
	s.arrange(order)
	return order
}

func (s *spatialStratum) arrange(order []int32) {
	w := s.work
	row := func(p int32) int32 { return s.rows[p-1] }
	switch w.opt.Order {
	case Largest:
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(w.in.Score[row(b)], w.in.Score[row(a)]) })
	case Smallest:
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(w.in.Score[row(a)], w.in.Score[row(b)]) })
	case DataOrder:
		slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(row(a), row(b)) })
	case RandomOrder:
		draw := func(p int32) uint64 { return w.shuffle.Uint64(w.key(row(p)), 1) }
		slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(draw(a), draw(b)), cmp.Compare(row(a), row(b))) })
	}
}

// aim prepares a query around the row with number p.
func (s *spatialStratum) aim(p int32) *query {
	w := s.work
	dim := len(w.in.Points)
	q := &s.query
	q.q = s.at[int(p-1)*dim : int(p)*dim]
	q.bound = math.Inf(1)
	clear(q.off)
	if !math.IsInf(w.caliper, 1) {
		v := w.in.Score[s.rows[p-1]]
		slack := w.caliper * (1 + 1e-12)
		q.low, q.high = v-slack, v+slack
	}
	return q
}

// allowed tells whether p and c meet every condition.
func (s *spatialStratum) allowed(p, c int32) bool {
	w := s.work
	a, b := s.rows[p-1], s.rows[c-1]
	if !math.IsInf(w.caliper, 1) && !(math.Abs(w.in.Score[a]-w.in.Score[b]) <= w.caliper) {
		return false
	}
	return w.allowed(a, b) && !(s.got != nil && slices.Contains(s.got[p], c))
}

// like MatchIt: the candidate among those within rounding of the smallest distance that its scan of PointOrder, outwards
// from the row, meets last.
func (s *spatialStratum) nearestLikeMatchIt(p int32) int32 {
	type candidate struct {
		c int32
		d float64
	}
	var list []candidate
	least := math.Inf(1)
	q := s.aim(p)
	q.offer = func(point int32, d float64) float64 {
		if c := s.cand[point]; s.allowed(p, c) {
			list = append(list, candidate{c, d})
			least = min(least, d)
		}
		return least + 1e-12*max(1, least)
	}
	q.run()
	rank := s.work.rank
	own := rank[s.rows[p-1]]
	best, far := int32(0), int32(-1)
	for _, k := range list {
		if k.d > least+1e-12*max(1, least) {
			continue
		}
		at := 2 * (rank[s.rows[k.c-1]] - own) // twice the position, so that the higher of two as far away comes out
		if at < 0 {
			at = -at - 1
		}
		if at > far {
			best, far = k.c, at
		}
	}
	return best
}

func (s *spatialStratum) nearest(p int32) int32 {
	if s.work.rank != nil {
		return s.nearestLikeMatchIt(p)
	}
	best, bestDistance := int32(0), math.Inf(1)
	q := s.aim(p)
	q.offer = func(point int32, d float64) float64 {
		if c := s.cand[point]; (d < bestDistance || d == bestDistance && c < best) && s.allowed(p, c) {
			best, bestDistance = c, d
		}
		return bestDistance
	}
	q.run()
	return best
}

func (s *spatialStratum) nearestOf(p int32, k int) {
	if k == 1 {
		if c := s.nearest(p); c > 0 {
			s.pair(p, c, 1)
		}
		return
	}
	type found struct {
		c int32
		d float64
	}
	var list []found
	q := s.aim(p)
	q.offer = func(point int32, d float64) float64 {
		c := s.cand[point]
		if s.allowed(p, c) {
			at, _ := slices.BinarySearchFunc(list, found{c, d}, func(a, b found) int {
				return cmp.Or(cmp.Compare(a.d, b.d), cmp.Compare(a.c, b.c))
			})
			list = slices.Insert(list, at, found{c, d})
			if len(list) > k {
				list = list[:k]
			}
		}
		if len(list) < k {
			return math.Inf(1)
		}
		return list[k-1].d
	}
	q.run()
	for i, f := range list {
		s.pair(p, f.c, int32(i)+1)
	}
}

func (s *spatialStratum) take(p, c, round int32) {
	s.pair(p, c, round)
	if s.got != nil {
		s.got[p] = append(s.got[p], c)
	}
	if s.uses != nil {
		s.uses[c]++
		if int(s.uses[c]) < s.work.opt.ReuseMax {
			return
		}
	}
	s.tree.remove(s.spot[c])
}

func (s *spatialStratum) distance(p, c int32) float64 {
	dim := len(s.work.in.Points)
	sum := 0.
	for d := range dim {
		diff := s.at[int(p-1)*dim+d] - s.at[int(c-1)*dim+d]
		sum += diff * diff
	}
	return math.Sqrt(sum)
}

func (s *spatialStratum) pair(p, c, round int32) {
	pair := Pair{Treated: s.rows[p-1], Comparison: s.rows[c-1], Round: round, Distance: s.distance(p, c)}
	if s.work.opt.Estimand == ATC {
		pair.Treated, pair.Comparison = pair.Comparison, pair.Treated
	}
	s.work.use(s.rows[c-1])
	s.pairs = append(s.pairs, pair)
}
