package matching

import (
	"container/heap"
	"math"
)

// byDistance is one round of Closest or Farthest with any conditions: rows wait in the order of the distance to their
// nearest candidate; a row whose candidate is gone looks again and waits anew, before those at the same distance. Rows that
// have not looked again go in the given order where their distances are equal. It returns the rows that were matched, in
// the given order. (Distances only grow as candidates go, so that Closest always takes the closest pair that is left;
// Farthest goes by the distances as they were when a row last looked.)
func byDistance(s searcher, order []int32, farthest bool, round int32) []int32 {
	q := &waiting{farthest: farthest}
	for i, p := range order {
		if c := s.nearest(p); c > 0 {
			q.items = append(q.items, waiter{s.distance(p, c), int64(i), p, c})
		}
	}
	heap.Init(q)
	number := int64(-1)
	matched := make(map[int32]bool, len(q.items))
	for q.Len() > 0 {
		top := q.items[0]
		if c := s.nearest(top.p); c != top.c {
			if c == 0 {
				heap.Pop(q)
				continue
			}
			q.items[0] = waiter{s.distance(top.p, c), number, top.p, c}
			number--
			heap.Fix(q, 0)
			continue
		}
		heap.Pop(q)
		s.take(top.p, top.c, round)
		matched[top.p] = true
	}
	stay := order[:0]
	for _, p := range order {
		if matched[p] {
			stay = append(stay, p)
		}
	}
	return stay
}

func (s *nearestStratum) distance(p, c int32) float64 {
	return math.Abs(s.e[p-1].score() - s.e[c-1].score())
}

type waiter struct {
	distance float64
	number   int64
	p, c     int32
}

type waiting struct {
	items    []waiter
	farthest bool
}

func (q *waiting) Len() int { return len(q.items) }
func (q *waiting) Less(i, j int) bool {
	a, b := &q.items[i], &q.items[j]
	if a.distance != b.distance {
		return (a.distance < b.distance) != q.farthest
	}
	return a.number < b.number
}
func (q *waiting) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *waiting) Push(x any)    { q.items = append(q.items, x.(waiter)) }
func (q *waiting) Pop() any {
	last := q.items[len(q.items)-1]
	q.items = q.items[:len(q.items)-1]
	return last
}

// closestPairs takes the closest pair that is left until none is within the caliper, for 1:1 matching without further
// conditions. The closest pair of the free rows of both groups is always a pair of neighbours in the score: with a linked
// list of free rows and a heap of neighbouring pairs, each pair taken creates at most one new neighbourhood, so the cost
// is O(n log n) in the worst case. Equal distances go by position.
func (s *nearestStratum) closestPairs() {
	m := int32(len(s.e))
	previous, next := make([]int32, m+2), make([]int32, m+2)
	for p := int32(0); p <= m+1; p++ {
		previous[p], next[p] = p-1, p+1
	}
	chooses := func(p int32) bool { return s.work.chooses(s.e[p-1].row) }
	q := &neighbours{}
	add := func(a, b int32) {
		if a < 1 || b > m || chooses(a) == chooses(b) {
			return
		}
		if d := s.distance(a, b); d <= s.work.caliper {
			q.items = append(q.items, neighbour{d, a, b})
		}
	}
	for p := int32(1); p < m; p++ {
		add(p, p+1)
	}
	heap.Init(q)
	gone := make([]bool, m+2)
	for q.Len() > 0 {
		top := q.items[0]
		if gone[top.a] || gone[top.b] {
			heap.Pop(q)
			continue
		}
		gone[top.a], gone[top.b] = true, true
		if chooses(top.a) {
			s.pair(top.a, top.b, 1)
		} else {
			s.pair(top.b, top.a, 1)
		}
		a, b := previous[top.a], next[top.b]
		next[a], previous[b] = b, a
		before := len(q.items)
		add(a, b)
		if len(q.items) > before { // take the place of the pair that is gone
			q.items[0] = q.items[before]
			q.items = q.items[:before]
			heap.Fix(q, 0)
		} else {
			heap.Pop(q)
		}
	}
}

type neighbour struct {
	distance float64
	a, b     int32
}

type neighbours struct{ items []neighbour }

func (q *neighbours) Len() int { return len(q.items) }
func (q *neighbours) Less(i, j int) bool {
	a, b := &q.items[i], &q.items[j]
	if a.distance != b.distance {
		return a.distance < b.distance
	}
	return a.a < b.a
}
func (q *neighbours) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *neighbours) Push(x any)    { q.items = append(q.items, x.(neighbour)) }
func (q *neighbours) Pop() any {
	last := q.items[len(q.items)-1]
	q.items = q.items[:len(q.items)-1]
	return last
}
