package matching

import (
	"cmp"
	"slices"
)

// amountSearcher is a searcher whose candidates can be taken in part.
type amountSearcher interface {
	searcher
	at1(p int32) int32 // row with number p
	remove(c int32)
	each(p int32, visit func(c int32) bool) // candidates of p, nearest first, until visit is false; none is used up
	pairAmount(p, c, round int32, amount float64)
	numbers() int
}

// leftOver is the share of a row under which nothing of it is left, against rounding.
const leftOver = 1e-9

// byAmounts is matching of rows that stand for several, each for Base of them. Without replacement a row that chooses takes
// from its nearest candidate what that one has, up to its own amount, then from the next, and a candidate is gone when all
// of it (ReuseMax times all of it) is given away. With replacement each unit of a row takes Ratio units from the nearest, of
// which each gives no more than there is of it. With whole numbers as weights that is the matching of the table in which
// each row is written out as often as its weight says, where the copies of a row choose one after the other.
//
// With a ratio k rows take their r-th amount before any takes its r+1-th. (Where only a part of a row finds an r-th match,
// its matches share its weight by their amounts; written out, each copy would have its own share.)
func byAmounts(s amountSearcher, order []int32, w *nearestWork) {
	base := func(p int32) float64 { return w.in.Base[s.at1(p)] }
	if w.opt.Replace {
		for _, p := range order {
			if base(p) == 0 {
				continue
			}
			need := float64(w.opt.Ratio)
			s.each(p, func(c int32) bool {
				if give := min(need, base(c)); give > 0 {
					s.pairAmount(p, c, 1, give)
					need -= give
				}
				return need > leftOver
			})
		}
		return
	}
	left := make([]float64, s.numbers()+1)
	for c := range left[1:] {
		if r := s.at1(int32(c) + 1); !w.chooses(r) {
			if left[c+1] = w.in.Base[r] * float64(w.opt.ReuseMax); left[c+1] == 0 {
				s.remove(int32(c) + 1)
			}
		}
	}
	wants := make([]float64, s.numbers()+1)
	for _, p := range order {
		wants[p] = base(p)
	}
	active := order
	for round := int32(1); int(round) <= w.opt.Ratio && len(active) > 0; round++ {
		kept := active[:0]
		for _, p := range active {
			need := wants[p]
			for need > leftOver*base(p) {
				c := s.nearest(p)
				if c == 0 {
					break
				}
				give := min(need, left[c])
				s.pairAmount(p, c, round, give)
				need -= give
				if left[c] -= give; left[c] <= leftOver*base(c) {
					s.remove(c)
				}
			}
			if wants[p] -= max(0, need); wants[p] > 0 {
				kept = append(kept, p)
			}
		}
		active = kept
	}
}

// checkAmounts refuses what amounts do not go with.
func (in *NearestInput) checkAmounts(opt NearestOptions) error {
	switch {
	case !opt.Amounts:
		return nil
	case in.Base == nil:
		panic("matching: amounts without base weights")
	case opt.Order == Closest || opt.Order == Farthest:
		return notServed("matching with weights in the order " + opt.Order.String())
	case opt.PersonMax > 0 || opt.ReuseMax > 0 && opt.Replace || opt.ReuseMax > 1 && opt.Ratio > 1:
		return notServed("matching with weights and a limit of uses by person, or a reuse limit with a ratio or replacement")
	}
	return nil
}

// amountsOf are the amounts of the pairs from lo to hi; empty where rows were matched whole.
func (m *Matched) amountsOf(lo, hi int) []float64 {
	if m.amounts == nil {
		return nil
	}
	return m.amounts[lo:hi]
}

// collectAmounts is collect for amounts: a row that chose counts with what of it was matched (with all of it, with
// replacement), and its matches share that by their amounts.
func (m *Matched) collectAmounts(found [][]Pair, amounts [][]float64, base []float64) {
	pairs, amount := slices.Concat(found...), slices.Concat(amounts...)
	at := make([]int, len(pairs))
	for i := range at {
		at[i] = i
	}
	focal := func(p *Pair) int32 {
		if m.Options.Estimand == ATC {
			return p.Comparison
		}
		return p.Treated
	}
	slices.SortStableFunc(at, func(a, b int) int {
		return cmp.Or(cmp.Compare(focal(&pairs[a]), focal(&pairs[b])), cmp.Compare(pairs[a].Round, pairs[b].Round))
	})
	m.Pairs, m.amounts = make([]Pair, len(pairs)), make([]float64, len(pairs))
	for i, k := range at {
		m.Pairs[i], m.amounts[i] = pairs[k], amount[k]
	}
	for lo := 0; lo < len(m.Pairs); {
		f := focal(&m.Pairs[lo])
		hi, own, total := lo, 0., 0.
		for ; hi < len(m.Pairs) && focal(&m.Pairs[hi]) == f; hi++ {
			if m.Pairs[hi].Round == 1 {
				own += m.amounts[hi]
			}
			total += m.amounts[hi]
		}
		if m.Options.Replace {
			own = base[f]
		}
		m.Weight[f] = own
		for i := lo; i < hi; i++ {
			m.Weight[m.Pairs[i].Treated+m.Pairs[i].Comparison-f] += own * m.amounts[i] / total
		}
		lo = hi
	}
	for i, w := range m.Weight {
		switch {
		case m.Treated[i] && w > 0:
			m.MatchedTreated++
		case m.Treated[i]:
			m.DroppedTreated++
		case w > 0:
			m.MatchedComparison++
		default:
			m.DroppedComparison++
		}
	}
}

func (s *nearestStratum) at1(p int32) int32 { return s.e[p-1].row }
func (s *nearestStratum) numbers() int      { return len(s.e) }

func (s *nearestStratum) each(p int32, visit func(c int32) bool) {
	w := s.start(p)
	for c := s.next(&w); c != 0; c = s.next(&w) {
		if s.work.allowed(s.e[p-1].row, s.e[c-1].row) && !visit(c) {
			return
		}
	}
}

func (s *nearestStratum) pairAmount(p, c, round int32, amount float64) {
	s.pair(p, c, round)
	s.amounts = append(s.amounts, amount)
}

func (s *spatialStratum) at1(p int32) int32 { return s.rows[p-1] }
func (s *spatialStratum) numbers() int      { return len(s.rows) }
func (s *spatialStratum) remove(c int32)    { s.tree.remove(s.spot[c]) }

// each sorts all candidates of p: with weights the number that it takes is not known before.
func (s *spatialStratum) each(p int32, visit func(c int32) bool) {
	var list []int32
	for _, c := range s.cand {
		if s.allowed(p, c) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.distance(p, a), s.distance(p, b)), cmp.Compare(a, b))
	})
	for _, c := range list {
		if !visit(c) {
			return
		}
	}
}

func (s *spatialStratum) pairAmount(p, c, round int32, amount float64) {
	s.pair(p, c, round)
	s.amounts = append(s.amounts, amount)
}
