package did

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// Statistics are what one pass over a balanced panel leaves of it: for each cohort the number of units, the mean of each
// period and the cross-products between periods. Every estimator without continuous covariates can be had from them, at a
// cost that does not depend on the number of units; the memory is that of cohorts × T² numbers.
//
// With weights w (scaled to mean 1) the means are weighted and the cross-products carry w², since influence does:
//
//	Weight[h] = Σ w            Mean[h][t]   = Σ w y_t / Σ w
//	Square[h] = Σ w²           Cross[h][t,s] = Σ w² (y_t − m_t)(y_s − m_s)      Moment[h][t] = Σ w² (y_t − m_t)
//
// Without weights Weight = Square = Count and Moment is 0.
type Statistics struct {
	Times   []int64
	Cohorts []int64 // starts, ascending; Never last where somebody is
	Count   []int   // units
	Weight  []float64
	Square  []float64
	Mean    [][]float64 // T
	Moment  [][]float64 // T
	Cross   [][]float64 // T×T, row-major, symmetric
	Dropped []Dropped   // units that were left out

	clusters []*clusterSums // nil: each unit stands alone
	order    []int32        // units by cohort, as the pass took them
	from     []int
	scale    float64 // of the weights
}

// byCohort sorts units by their start: cohort h holds order[from[h]:from[h+1]], in the order of the units. keep nil keeps
// all.
func byCohort(start []int64, keep []bool) (cohorts []int64, order []int32, from []int) {
	counts := map[int64]int{}
	// Starts are few and come in runs or at random; a small direct table spares a map lookup a unit.
	lo, hi := Never, int64(math.MinInt64)
	for i, g := range start {
		if g != Never && (keep == nil || keep[i]) {
			lo, hi = min(lo, g), max(hi, g)
		}
	}
	table := 0
	if hi >= lo && hi-lo < 1<<16 {
		table = int(hi-lo) + 1
	}
	direct := make([]int, table+1) // the last is Never
	slot := func(g int64) int {
		if g == Never {
			return table
		}
		return int(g - lo)
	}
	for i, g := range start {
		if keep != nil && !keep[i] {
			continue
		}
		if table > 0 || g == Never {
			direct[slot(g)]++
		} else {
			counts[g]++
		}
	}
	for s, c := range direct {
		if c == 0 {
			continue
		}
		if s == table {
			counts[Never] = c
		} else {
			counts[lo+int64(s)] = c
		}
	}
	for g := range counts {
		cohorts = append(cohorts, g)
	}
	slices.Sort(cohorts)
	from = make([]int, len(cohorts)+1)
	index := make(map[int64]int, len(cohorts))
	next := make([]int, len(cohorts))
	for h, g := range cohorts {
		from[h+1] = from[h] + counts[g]
		next[h] = from[h]
		index[g] = h
		if table > 0 || g == Never {
			direct[slot(g)] = h
		}
	}
	order = make([]int32, from[len(cohorts)])
	for i, g := range start {
		if keep != nil && !keep[i] {
			continue
		}
		var h int
		if table > 0 || g == Never {
			h = direct[slot(g)]
		} else {
			h = index[g]
		}
		order[next[h]] = int32(i)
		next[h]++
	}
	return cohorts, order, from
}

func newStatistics(times, cohorts []int64, from []int) *Statistics {
	T, G := len(times), len(cohorts)
	s := &Statistics{Times: times, Cohorts: cohorts, Count: make([]int, G), Weight: make([]float64, G), Square: make([]float64, G),
		Mean: make([][]float64, G), Moment: make([][]float64, G), Cross: make([][]float64, G)}
	for h := range G {
		s.Count[h] = from[h+1] - from[h]
		s.Weight[h], s.Square[h] = float64(s.Count[h]), float64(s.Count[h])
		s.Mean[h], s.Moment[h], s.Cross[h] = make([]float64, T), make([]float64, T), make([]float64, T*T)
	}
	return s
}

// statisticsFit tells whether statistics of so many cohorts and periods fit into memory beside the data: cohorts × T²
// numbers, at most 1 GiB. Monthly data over ten years have 13 MiB; daily starts over years do not fit.
func statisticsFit(cohorts, periods int) bool {
	return float64(cohorts)*float64(periods)*float64(periods)*8 <= 1<<30
}

// number is what an outcome may be held as.
type number interface{ ~float32 | ~float64 }

// NewStatistics passes over outcomes of N units in T periods, by column (outcome[t][i]), of float64 or float32. weights
// are fixed by unit, nil for none. Units with a missing outcome or weight are left out and counted. Sums run over blocks of
// units in a fixed order; results do not depend on workers.
func NewStatistics[F number](times, start []int64, outcome [][]F, weights []float64, workers int) (*Statistics, error) {
	n, T := len(start), len(times)
	if len(outcome) != T {
		panic(fmt.Sprintf("did: %d columns for %d periods", len(outcome), T))
	}
	for _, c := range outcome {
		if len(c) != n {
			panic(fmt.Sprintf("did: a column of %d values for %d units", len(c), n))
		}
	}
	if weights != nil && len(weights) != n {
		panic(fmt.Sprintf("did: %d weights for %d units", len(weights), n))
	}
	missing := make([]bool, n)
	err := parallel.Blocks(context.Background(), workers, n, 1<<14, func(_, lo, hi int) error {
		for _, c := range outcome {
			for i, v := range c[lo:hi] {
				if v-v != 0 {
					missing[lo+i] = true
				}
			}
		}
		if weights != nil {
			for i := lo; i < hi; i++ {
				if weights[i]-weights[i] != 0 {
					missing[i] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	incomplete, total := 0, 0.
	for i, m := range missing {
		if m {
			incomplete++
		} else if weights != nil {
			if weights[i] < 0 {
				return nil, fault.Dataf("bad_weight", "", "", "weight %g of unit %d is negative: weights are 0 or more", weights[i], i+1)
			}
			total += weights[i]
		}
	}
	var keep []bool
	if incomplete > 0 {
		keep = missing
		for i := range keep {
			keep[i] = !keep[i]
		}
	}
	cohorts, order, from := byCohort(start, keep)
	s := newStatistics(times, cohorts, from)
	if incomplete > 0 {
		s.Dropped = []Dropped{{"incomplete", incomplete}}
	}
	scale := 1.
	if weights != nil {
		if !(total > 0) {
			return nil, fault.Dataf("bad_weight", "", "", "the weights sum to 0")
		}
		scale = float64(len(order)) / total
	}
	s.order, s.from, s.scale = order, from, scale
	pass := &floatPass[F]{s: s, outcome: outcome, weights: weights, scale: scale, order: order, from: from, workers: workers}
	if err := pass.means(); err != nil {
		return nil, err
	}
	return s, pass.products()
}
