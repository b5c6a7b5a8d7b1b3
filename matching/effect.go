package matching

import (
	"math"
	"sync"

	"tiltakseffekt/analysis/estimate"
)

// Effect is an estimated effect with its error.
type Effect struct {
	Estimate       float64
	StdError       float64
	MeanTreated    float64 // weighted mean of the outcome
	MeanComparison float64
	StdErrorType   string          // how the error was had: pair, pair+person, m-estimation, …
	Treated        int             // rows (uses, with replacement) that the estimate rests on
	Comparison     int             //
	Reason         estimate.Reason // why the estimate is NaN
	// SetTerm is what sharing a matched set adds to the squared error, V(set) − V(set and person); mostly negative, as matched rows are
	// alike. 0 where the error does not have it.
	SetTerm float64
}

// Interval is the normal interval at level with its p-value.
func (e Effect) Interval(level float64) estimate.Estimate {
	if e.Reason != "" {
		return estimate.Missing(e.Reason)
	}
	return estimate.Normal(e.Estimate, e.StdError, level)
}

func missingEffect(why estimate.Reason) Effect {
	nan := math.NaN()
	return Effect{Estimate: nan, StdError: nan, MeanTreated: nan, MeanComparison: nan, Reason: why}
}

// sets are rows in disjoint sets, each use of a row with its weight: what an effect after matching rests on.
type sets struct {
	treated []bool
	kind    string // of set, for the type of the error
	row     []int32
	weight  []float64
	start   []int32

	pool sync.Pool // *personSums
}

// personSums adds up influence by person; sum is all 0 between calls.
type personSums struct {
	sum     []float64
	touched []int32
	seen    []bool
	set     []int32 // last set, counted from 1, in which the person stood, and where in its list
	slot    []int32
	list    []float64 // sums by person within one set
}

func (s *sets) begin() { s.start = append(s.start, int32(len(s.row))) }

func (s *sets) add(row int32, weight float64) {
	s.row = append(s.row, row)
	s.weight = append(s.weight, weight)
}

func (s *sets) end() { s.start = append(s.start, int32(len(s.row))) }

// effect is the estimate of Matched.ATT. With byRow each row is its own person.
func (s *sets) effect(y, obs []float64, cluster []int32, clusters int, byRow bool) Effect {
	sameLength("outcome", len(y), len(s.treated))
	if obs != nil {
		sameLength("obs", len(obs), len(s.treated))
	}
	if cluster != nil {
		sameLength("cluster", len(cluster), len(s.treated))
	}
	var total, sum [2]float64
	var count [2]int
	for i, r := range s.row {
		v := s.weight[i]
		if obs != nil {
			v *= obs[r]
		}
		if v == 0 {
			continue
		}
		g := group(s.treated[r])
		total[g] += v
		sum[g] += v * y[r]
		count[g]++
	}
	if count[1] == 0 {
		return missingEffect(estimate.TooFewTreated)
	}
	if count[0] == 0 {
		return missingEffect(estimate.NoComparison)
	}
	mean := [2]float64{sum[0] / total[0], sum[1] / total[1]}
	e := Effect{Estimate: mean[1] - mean[0], MeanTreated: mean[1], MeanComparison: mean[0], StdErrorType: s.kind,
		Treated: count[1], Comparison: count[0]}
	if math.IsNaN(e.Estimate) {
		return missingEffect(estimate.NotDefined)
	}
	n := float64(count[0] + count[1])
	s.variance(&e, func(i int32) (float64, bool) {
		r := s.row[i]
		v := s.weight[i]
		if obs != nil {
			v *= obs[r]
		}
		if v == 0 {
			return 0, false
		}
		if s.treated[r] {
			return v * (y[r] - mean[1]) / total[1], true
		}
		return -v * (y[r] - mean[0]) / total[0], true
	}, (n-1)/(n-2), cluster, clusters, byRow)
	return e
}

// variance sums the influence of uses by set, and by set and person, into the error of e; psi tells the influence of a use
// and whether it counts, residual is the factor on all terms.
func (s *sets) variance(e *Effect, psi func(i int32) (float64, bool), residual float64, cluster []int32, clusters int, byRow bool) {
	bySet, byPerson, byBoth := 0., 0., 0.
	nSets, nPersons, nBoth := 0, 0, 0
	var persons *personSums
	if cluster != nil || byRow {
		e.StdErrorType = s.kind + "+person"
		if byRow {
			e.StdErrorType = s.kind + "+row"
		}
		persons = s.borrow(clusters)
		defer s.pool.Put(persons)
	}
	for set := range len(s.start) - 1 {
		setSum, used := 0., false
		for i := s.start[set]; i < s.start[set+1]; i++ {
			v, counts := psi(i)
			if !counts {
				continue
			}
			setSum += v
			used = true
			if persons == nil {
				continue
			}
			p := s.row[i]
			if cluster != nil {
				p = cluster[p]
			}
			persons.addWithin(int32(set)+1, p, v)
		}
		if used {
			bySet += setSum * setSum
			nSets++
		}
		if persons != nil {
			for _, v := range persons.list {
				byBoth += v * v
			}
			nBoth += len(persons.list)
			persons.list = persons.list[:0]
		}
	}
	variance := bySet * factor(nSets) * residual
	if persons != nil {
		byPerson, nPersons = persons.drain()
		byPerson *= factor(nPersons) * residual
		e.SetTerm = variance - byBoth*factor(nBoth)*residual
		both := variance + byPerson - byBoth*factor(nBoth)*residual
		if both <= 0 {
			both = math.Max(variance, byPerson)
		}
		variance = both
	}
	e.StdError = math.Sqrt(variance)
	if nSets < 2 || math.IsInf(e.StdError, 0) {
		e.StdError = math.NaN()
	}
}

// factor is G/(G−1).
func factor(groups int) float64 { return float64(groups) / float64(groups-1) }

func (s *sets) borrow(persons int) *personSums {
	p, _ := s.pool.Get().(*personSums)
	if p == nil || len(p.sum) < persons {
		p = &personSums{sum: make([]float64, persons), seen: make([]bool, persons), set: make([]int32, persons),
			slot: make([]int32, persons)}
	}
	p.touched = p.touched[:0]
	return p
}

// addWithin adds to the person's sum and to that within the set (sets come one after another, numbered from 1).
func (p *personSums) addWithin(set, person int32, psi float64) {
	if !p.seen[person] {
		p.seen[person] = true
		p.touched = append(p.touched, person)
	}
	p.sum[person] += psi
	if p.set[person] != set {
		p.set[person], p.slot[person] = set, int32(len(p.list))
		p.list = append(p.list, 0)
	}
	p.list[p.slot[person]] += psi
}

// drain returns the sum of squares over persons and their number, and clears the sums.
func (p *personSums) drain() (squares float64, count int) {
	for _, t := range p.touched {
		squares += p.sum[t] * p.sum[t]
		p.sum[t], p.seen[t], p.set[t] = 0, false, 0
	}
	return squares, len(p.touched)
}
