package matching

import (
	"slices"
	"sync"
)

// Matched is the result of matching rows to rows.
type Matched struct {
	Treated []bool // as given
	Pairs   []Pair // in the order of the rows that chose, then of rounds

	// Weight is the matching weight by row, 0 for rows that are not matched. A row that chose counts with its base weight,
	// and so do its matches together, in equal parts; without base weights both groups are then scaled to mean 1 over their
	// matched rows, as in MatchIt.
	Weight []float64

	// Subclass numbers, by row, the pair or set that a row is in, from 0 in the order of the rows that chose; −1 for rows
	// that are not matched. It is nil where a comparison may be in several.
	Subclass []int32

	CaliperAbsolute float64 // in units of the score; +Inf where there is no caliper
	Options         NearestOptions

	MatchedTreated, MatchedComparison int // rows
	DroppedTreated, DroppedComparison int // rows not matched, those outside common support included

	leave   []bool
	amounts []float64 // by pair, where amounts were matched
	once    sync.Once
	sets    *sets
}

// collect joins the pairs of all strata in the order of the rows that chose and derives weights and subclasses.
func (m *Matched) collect(found [][]Pair, base []float64) {
	n := len(m.Treated)
	focal := func(p *Pair) int32 {
		if m.Options.Estimand == ATC {
			return p.Comparison
		}
		return p.Treated
	}
	m.Pairs = found[0]
	if len(found) > 1 {
		m.Pairs = slices.Concat(found...)
	}
	slices.SortFunc(m.Pairs, func(a, b Pair) int {
		if fa, fb := focal(&a), focal(&b); fa != fb {
			return int(fa - fb)
		}
		return int(a.Round - b.Round)
	})
	if m.Options.ReuseMax == 1 {
		m.Subclass = make([]int32, n)
		for i := range m.Subclass {
			m.Subclass[i] = -1
		}
	}
	number := int32(0)
	for lo := 0; lo < len(m.Pairs); number++ {
		f := focal(&m.Pairs[lo])
		hi := lo + 1
		for hi < len(m.Pairs) && focal(&m.Pairs[hi]) == f {
			hi++
		}
		own := 1.
		if base != nil {
			own = base[f]
		}
		m.Weight[f] = own
		for i := lo; i < hi; i++ {
			other := m.Pairs[i].Treated + m.Pairs[i].Comparison - f
			m.Weight[other] += own / float64(hi-lo)
			if m.Subclass != nil {
				m.Subclass[f], m.Subclass[other] = number, number
			}
		}
		lo = hi
	}
	if base == nil {
		scaleToMeanOne(m.Weight, m.Treated)
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

// scaleToMeanOne scales the positive weights of each group to mean 1.
func scaleToMeanOne(weight []float64, treated []bool) {
	var sum [2]float64
	var count [2]float64
	for i, w := range weight {
		if w > 0 {
			sum[group(treated[i])] += w
			count[group(treated[i])]++
		}
	}
	for i := range weight {
		if g := group(treated[i]); weight[i] > 0 && sum[g] != count[g] {
			weight[i] *= count[g] / sum[g]
		}
	}
}

func group(treated bool) int {
	if treated {
		return 1
	}
	return 0
}

// ESS is the effective sample size (Σw)²/Σw² of each group (Kish 1965).
func ESS(weight []float64, treated []bool) (treatedESS, comparisonESS float64) {
	var sum, squares [2]float64
	for i, w := range weight {
		g := group(treated[i])
		sum[g] += w
		squares[g] += w * w
	}
	ess := func(g int) float64 {
		if squares[g] == 0 {
			return 0
		}
		return sum[g] * sum[g] / squares[g]
	}
	return ess(1), ess(0)
}

// expanded writes each pair out: a set is a row that chose with its matches, and a comparison used several times stands in
// several sets.
func (m *Matched) expanded() *sets {
	m.once.Do(func() {
		s := &sets{treated: m.Treated, kind: "pair"}
		for lo := 0; lo < len(m.Pairs); {
			f := m.Pairs[lo].Treated
			if m.Options.Estimand == ATC {
				f = m.Pairs[lo].Comparison
			}
			hi := lo
			for hi < len(m.Pairs) && (m.Pairs[hi].Treated == f || m.Pairs[hi].Comparison == f) {
				hi++
			}
			s.begin()
			s.add(f, m.Weight[f])
			total := 0.
			for _, a := range m.amountsOf(lo, hi) {
				total += a
			}
			for i := lo; i < hi; i++ {
				w := m.Weight[f] / float64(hi-lo)
				if m.amounts != nil {
					w = m.Weight[f] * m.amounts[i] / total
				}
				s.add(m.Pairs[i].Treated+m.Pairs[i].Comparison-f, w)
			}
			lo = hi
		}
		s.end()
		m.sets = s
	})
	return m.sets
}

// ATT is the difference of weighted means of the outcome over the matched rows,
//
//	Σ_T v·y/Σ_T v − Σ_C v·y/Σ_C v,   v = weight · obs,
//
// where obs (nil: all 1) are inverse probabilities of being observed, 0 where y is missing. (For Options.Estimand ATC it
// is the effect on the comparison rows.)
//
// The influence of a row is v(y − mean)/Σv with its sign. Its variance is summed by set, a row that chose with its matches
// (Abadie and Spiess 2022, JASA 117:983); with cluster, the person of a row as a number in [0, clusters), by set and by
// person:
//
//	V = V(set) + V(person) − V(set ∩ person)   (Cameron, Gelbach and Miller 2011),
//
// which for matching without replacement is V(pair) + V(person) − V(row). With replacement each use of a comparison is a row
// of its own and, where cluster is nil, the comparison itself is the person. Each term carries G/(G−1), and all
// (n−1)/(n−2), as sandwich::vcovCL does for a regression on the treatment. Where V is not positive, an accident of small
// cells, the larger of the first two terms is taken.
//
// The matches are held fixed, and so is obs. ATT allocates nothing that grows with the rows after its first call, and may
// be called from several goroutines.
func (m *Matched) ATT(y, obs []float64, cluster []int32, clusters int) Effect {
	if cluster == nil && m.Subclass == nil {
		return m.expanded().effect(y, obs, nil, len(m.Treated), true)
	}
	return m.expanded().effect(y, obs, cluster, clusters, false)
}
