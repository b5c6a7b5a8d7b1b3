package matching

import (
	"cmp"
	"math"
	"slices"
)

// nearestStratum matches inside one stratum after another, reusing its memory. Positions run from 1 to m in the order of
// the score; 0 and m+1 stand for the ends.
type nearestStratum struct {
	work *nearestWork
	e    []entry // position p is e[p-1]
	tmp  []entry

	left, right []int32 // union-find: from a position to the nearest free candidate at or below, at or above it
	uses        []int32 // how often a candidate has been used; nil where once is the limit
	order       []int32 // positions that choose, in their order
	got         [][]int32

	pairs   []Pair
	amounts []float64 // of the pairs, where amounts are matched
}

// match finds the pairs of a stratum and appends them.
func (s *nearestStratum) match(stratum int) {
	w := s.work
	if !s.prepare(stratum) {
		return
	}
	if w.opt.Amounts {
		byAmounts(s, s.order, w)
		return
	}
	if w.opt.Order == Closest && w.opt.Ratio == 1 && w.opt.ReuseMax == 1 && s.plain() {
		s.closestPairs()
		return
	}
	runGreedy(s, s.order, w.opt, len(s.e))
}

// searcher finds candidates for the rows of one stratum, which it numbers as it likes from 1.
type searcher interface {
	// nearest is the best free candidate that p may be paired with, 0 where there is none.
	nearest(p int32) int32
	// nearestOf pairs p with its k nearest candidates, using none of them up.
	nearestOf(p int32, k int)
	// take pairs p with c and uses c once.
	take(p, c, round int32)
	distance(p, c int32) float64
}

// runGreedy matches the rows in their order, by rounds or by distance. rows is their number in the stratum.
func runGreedy(s searcher, order []int32, opt NearestOptions, rows int) {
	switch {
	case opt.Replace && opt.ReuseMax >= rows && opt.PersonMax == 0:
		for _, p := range order {
			s.nearestOf(p, opt.Ratio)
		}
	case opt.Order == Closest || opt.Order == Farthest:
		for round := range opt.Ratio {
			order = byDistance(s, order, opt.Order == Farthest, int32(round)+1)
		}
	default:
		byRounds(s, order, opt.Ratio)
	}
}

// plain tells whether the only conditions on a pair are the caliper and, perhaps, none at all.
func (s *nearestStratum) plain() bool {
	in := &s.work.in
	return in.Unit == nil && in.Calipers == nil && in.AntiExact == nil && !s.work.opt.LikeMatchIt
}

// prepare sorts the rows and links the candidates; it is false where one of the groups is missing.
func (s *nearestStratum) prepare(stratum int) bool {
	w := s.work
	m := w.groups.size(stratum)
	s.e = slices.Grow(s.e[:0], m)[:m]
	s.tmp = slices.Grow(s.tmp[:0], m)[:m]
	chosers := 0
	for i := range m {
		r := w.groups.at(stratum, i)
		s.e[i] = entry{key: sortable(w.in.Score[r]), row: r}
		if !w.opt.LikeMatchIt {
			s.e[i].tie = uint32(w.hash.Uint64(w.key(r), 0) >> 32)
		}
		if w.chooses(r) {
			chosers++
		}
	}
	if chosers == 0 || chosers == m {
		return false
	}
	sortEntries(s.e, s.tmp)
	if m >= radixFrom {
		s.tmp = nil // a large stratum gives its memory back before the forests are made
	}
	s.left = slices.Grow(s.left[:0], m+2)[:m+2]
	s.right = slices.Grow(s.right[:0], m+2)[:m+2]
	s.order = slices.Grow(s.order[:0], chosers)[:0]
	s.left[0], s.right[m+1] = 0, int32(m)+1
	s.left[m+1], s.right[0] = int32(m)+1, 0
	for p := int32(1); p <= int32(m); p++ {
		s.left[p], s.right[p] = p, p
		if w.chooses(s.e[p-1].row) {
			s.left[p], s.right[p] = p-1, p+1
			s.order = append(s.order, p)
		}
	}
	s.uses = nil
	if w.opt.ReuseMax > 1 {
		s.uses = make([]int32, m+1)
	}
	s.got = nil
	if w.opt.Ratio > 1 && w.opt.ReuseMax > 1 {
		s.got = make([][]int32, m+1)
	}
	s.pairs = slices.Grow(s.pairs, chosers)
	s.arrange()
	return true
}

// arrange puts the rows that choose into the order of the options; s.order comes in ascending order of score.
func (s *nearestStratum) arrange() {
	w := s.work
	switch w.opt.Order {
	case Largest: // backwards, but equal scores keep their order
		slices.Reverse(s.order)
		for lo := 0; lo < len(s.order); {
			hi := lo + 1
			for hi < len(s.order) && s.e[s.order[hi]-1].key == s.e[s.order[lo]-1].key {
				hi++
			}
			slices.Reverse(s.order[lo:hi])
			lo = hi
		}
	case DataOrder:
		slices.SortFunc(s.order, func(a, b int32) int { return cmp.Compare(s.e[a-1].row, s.e[b-1].row) })
	case RandomOrder:
		draw := func(p int32) uint64 { return w.shuffle.Uint64(w.key(s.e[p-1].row), 1) }
		slices.SortFunc(s.order, func(a, b int32) int {
			if c := cmp.Compare(draw(a), draw(b)); c != 0 {
				return c
			}
			return cmp.Compare(s.e[a-1].row, s.e[b-1].row)
		})
	case Closest, Farthest: // equal distances go in the order of rows, or of scores
		if w.opt.LikeMatchIt {
			slices.SortFunc(s.order, func(a, b int32) int { return cmp.Compare(s.e[a-1].row, s.e[b-1].row) })
		} else {
			slices.Sort(s.order)
		}
	}
}

// byRounds gives each row its r-th match before any gets its r+1-th. It overwrites order.
func byRounds(s searcher, order []int32, ratio int) {
	active := order
	for round := int32(1); round <= int32(ratio) && len(active) > 0; round++ {
		kept := active[:0]
		for _, p := range active {
			if c := s.nearest(p); c > 0 {
				s.take(p, c, round)
				kept = append(kept, p)
			}
		}
		active = kept
	}
}

func find(link []int32, p int32) int32 {
	for link[p] != p {
		link[p] = link[link[p]] // path halving
		p = link[p]
	}
	return p
}

// walk goes outwards from a position through the free candidates, nearest first.
type walk struct {
	at          float64 // score of the row that chooses
	p, lo, hi   int32
	dLow, dHigh float64 // distances of the candidates lo and hi; infinite where there is none within the caliper
}

func (s *nearestStratum) start(p int32) walk {
	w := walk{at: s.e[p-1].score(), p: p}
	w.lo, w.hi = p, p
	s.lower(&w)
	s.higher(&w)
	return w
}

func (s *nearestStratum) lower(w *walk) {
	w.lo, w.dLow = find(s.left, w.lo-1), math.Inf(1)
	if w.lo > 0 {
		if d := w.at - s.e[w.lo-1].score(); d <= s.work.caliper {
			w.dLow = d
		}
	}
}

func (s *nearestStratum) higher(w *walk) {
	w.hi, w.dHigh = find(s.right, w.hi+1), math.Inf(1)
	if int(w.hi) <= len(s.e) {
		if d := s.e[w.hi-1].score() - w.at; d <= s.work.caliper {
			w.dHigh = d
		}
	}
}

// next is the nearest candidate not yet passed, 0 where there is none; the walk moves past it.
func (s *nearestStratum) next(w *walk) int32 {
	switch {
	case math.IsInf(w.dLow, 1) && math.IsInf(w.dHigh, 1):
		return 0
	case w.dLow < w.dHigh || w.dLow == w.dHigh && !s.higherIsNearer(w):
		c := w.lo
		s.lower(w)
		return c
	}
	c := w.hi
	s.higher(w)
	return c
}

// higherIsNearer breaks a tie between both sides: fewer rows between.
func (s *nearestStratum) higherIsNearer(w *walk) bool {
	if rank := s.work.rank; rank != nil {
		own := rank[s.e[w.p-1].row]
		return rank[s.e[w.hi-1].row]-own < own-rank[s.e[w.lo-1].row]
	}
	return w.hi-w.p < w.p-w.lo
}

// nearest is the nearest free candidate that may be paired with p, 0 where there is none.
func (s *nearestStratum) nearest(p int32) int32 {
	w := s.start(p)
	for {
		c := s.next(&w)
		if c == 0 || s.work.allowed(s.e[p-1].row, s.e[c-1].row) && !(s.got != nil && slices.Contains(s.got[p], c)) {
			return c
		}
	}
}

// nearestOf pairs p with its k nearest candidates; nothing is used up.
func (s *nearestStratum) nearestOf(p int32, k int) {
	w := s.start(p)
	for round := int32(1); int(round) <= k; {
		c := s.next(&w)
		if c == 0 {
			return
		}
		if s.work.allowed(s.e[p-1].row, s.e[c-1].row) {
			s.pair(p, c, round)
			round++
		}
	}
}

// take pairs p with c and uses c once.
func (s *nearestStratum) take(p, c, round int32) {
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
	s.remove(c)
}

// remove takes c out of the candidates.
func (s *nearestStratum) remove(c int32) { s.left[c], s.right[c] = c-1, c+1 }

func (s *nearestStratum) pair(p, c, round int32) {
	a, b := s.e[p-1], s.e[c-1]
	pair := Pair{Treated: a.row, Comparison: b.row, Round: round, Distance: math.Abs(a.score() - b.score())}
	if s.work.opt.Estimand == ATC {
		pair.Treated, pair.Comparison = b.row, a.row
	}
	s.work.use(b.row)
	s.pairs = append(s.pairs, pair)
}

func (s *nearestStratum) result() ([]Pair, []float64) { return s.pairs, s.amounts }
