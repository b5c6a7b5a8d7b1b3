package matching

import (
	"context"
	"math"

	"tiltakseffekt/internal/parallel"
)

// BalanceRow compares the two groups in one column, at one stage.
type BalanceRow struct {
	Variable       string
	Stage          string // before or after
	MeanTreated    float64
	MeanComparison float64
	SMD            float64 // standardised mean difference; the denominator is that before matching
	VarianceRatio  float64 // NaN for 0/1 columns
	ECDFMean       float64 // mean and
	ECDFMax        float64 // maximum (Kolmogorov–Smirnov) of the difference of the weighted distribution functions
	Denominator    float64 // of SMD
	Binary         bool    // all values are 0 or 1
}

// BalanceOptions are the choices of BalanceOf; the zero value is the ATT.
type BalanceOptions struct {
	Estimand Estimand // decides the denominator of the standardised differences
	Workers  int      // 0: one a processor; the result does not depend on it
}

// Balance is BalanceOf for the ATT.
func Balance(x [][]float64, names []string, treated []bool, weight, base []float64) []BalanceRow {
	return BalanceOf(x, names, treated, weight, base, BalanceOptions{})
}

// BalanceOf compares each column before (weights base, nil: 1) and after (weights weight, base included; nil: before
// only), by the definitions of MatchIt and cobalt:
//
//	mean        Σwx/Σw
//	variance    p(1−p) for 0/1 columns, else Σw(x−m)²/(1−Σw²) with w summing to 1, which is the n−1 form without weights
//	SMD         (m₁ − m₀)/s, with s before matching and never again: the standard deviation of the treated (ATT), of the
//	            comparison rows (ATC), or √((s₁²+s₀²)/2) (ATE, ATO, ATM); where s is 0, the pooled within-group one
//	variance ratio   s₁²/s₀² with the weights of the stage
//	eCDF        |F₁ − F₀| at each distinct value of the column, those of rows without weight included: mean and
//	            maximum; for 0/1 columns both are |m₁ − m₀|
//
// Differences of means within 1.5e-8 are returned without the denominator, since they are rounding. The rows of one stage
// come together, in the order of the columns, before first. A group without weight gives NaN.
func BalanceOf(x [][]float64, names []string, treated []bool, weight, base []float64, opt BalanceOptions) []BalanceRow {
	var weights [][]float64
	if weight != nil {
		weights = [][]float64{weight}
	}
	return BalanceOfEach(x, names, treated, weights, base, opt)
}

// BalanceOfEach is BalanceOf after several adjustments of the same rows: the columns before, then after each of the weights.
// What is the same for all, such as the order of the values of a column, is made once.
func BalanceOfEach(x [][]float64, names []string, treated []bool, weights [][]float64, base []float64, opt BalanceOptions) []BalanceRow {
	n := len(treated)
	for _, w := range weights {
		sameLength("weight", len(w), n)
	}
	rows := make([]BalanceRow, (1+len(weights))*len(x))
	err := parallel.For(context.Background(), opt.Workers, len(x), func(j int) error {
		sameLength(nameOf(names, j), len(x[j]), n)
		before := momentsOf(x[j], treated, base)
		row := before.row(nameOf(names, j), "before")
		row.Denominator = before.denominator(opt.Estimand)
		row.standardise(row.Denominator)
		var order sortedValues
		row.ECDFMean, row.ECDFMax = before.ecdf(x[j], treated, base, &order)
		rows[j] = row
		for k, weight := range weights {
			after := momentsOf(x[j], treated, weight)
			after.binary = before.binary
			last := after.row(row.Variable, "after")
			last.Denominator = row.Denominator
			last.standardise(row.Denominator)
			last.ECDFMean, last.ECDFMax = after.ecdf(x[j], treated, weight, &order)
			rows[(1+k)*len(x)+j] = last
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return rows
}

// moments are the weighted moments of a column by group.
type moments struct {
	weight, mean, variance [2]float64
	count                  [2]float64
	binary                 bool
}

func momentsOf(x []float64, treated []bool, weight []float64) moments {
	m := moments{binary: true}
	var squares [2]float64
	for i, v := range x {
		if v != 0 && v != 1 {
			m.binary = false
		}
		w := 1.
		if weight != nil {
			w = weight[i]
		}
		g := group(treated[i])
		m.weight[g] += w
		m.mean[g] += w * v
		squares[g] += w * w
		if w > 0 {
			m.count[g]++
		}
	}
	for g := range 2 {
		m.mean[g] /= m.weight[g]
	}
	for i, v := range x {
		w := 1.
		if weight != nil {
			w = weight[i]
		}
		g := group(treated[i])
		d := v - m.mean[g]
		m.variance[g] += w * d * d
	}
	for g := range 2 {
		if m.binary {
			m.variance[g] = m.mean[g] * (1 - m.mean[g])
			continue
		}
		total := m.weight[g]
		m.variance[g] = m.variance[g] / total / (1 - squares[g]/(total*total))
	}
	return m
}

// denominator of the standardised difference, from the moments before matching.
func (m moments) denominator(e Estimand) float64 {
	v := (m.variance[1] + m.variance[0]) / 2
	switch e {
	case ATT:
		v = m.variance[1]
	case ATC:
		v = m.variance[0]
	}
	if s := math.Sqrt(v); s > 1e-8 && !math.IsInf(s, 0) {
		return s
	}
	within := ((m.count[1]-1)*m.variance[1] + (m.count[0]-1)*m.variance[0]) / (m.count[1] + m.count[0] - 2)
	return math.Sqrt(within)
}

func (m moments) row(variable, stage string) BalanceRow {
	r := BalanceRow{Variable: variable, Stage: stage, MeanTreated: m.mean[1], MeanComparison: m.mean[0],
		VarianceRatio: m.variance[1] / m.variance[0], Binary: m.binary}
	if m.binary || math.IsInf(r.VarianceRatio, 0) {
		r.VarianceRatio = math.NaN()
	}
	return r
}

func (r *BalanceRow) standardise(s float64) {
	r.SMD = r.MeanTreated - r.MeanComparison
	if math.Abs(r.SMD) > 0x1p-26 { // √ε
		r.SMD /= s
	}
}

// sortedValues is the step of the distribution function in which each row stands, once it was needed.
type sortedValues struct {
	of    []int32
	steps int
}

// fill numbers the distinct values of x from the lowest.
func (s *sortedValues) fill(x []float64) {
	s.of = make([]int32, len(x))
	if lo, seen, ok := wholeValues(x); ok {
		number := make([]int32, len(seen))
		for v, some := range seen {
			number[v] = int32(s.steps)
			if some {
				s.steps++
			}
		}
		for i, v := range x {
			s.of[i] = number[int(v-lo)]
		}
		return
	}
	if s.few(x) {
		return
	}
	e := make([]entry, len(x))
	for i, v := range x {
		e[i] = entry{key: sortable(v), row: int32(i)}
	}
	sortEntries(e, make([]entry, len(e)))
	for i := range e {
		if i == 0 || e[i].key != e[i-1].key {
			s.steps++
		}
		s.of[e[i].row] = int32(s.steps - 1)
	}
}

// mostFew is how many distinct values are told apart without sorting the rows: shares of months have a dozen.
const mostFew = 256

// few is fill where the column has few distinct values; false: it has more.
func (s *sortedValues) few(x []float64) bool {
	var table [4 * mostFew]struct {
		key  uint64
		code int32 // of the value, from 1
	}
	var keys []uint64
	for i, v := range x {
		key := sortable(v)
		at := key * 0x9e3779b97f4a7c15 >> 54
		for table[at].code != 0 && table[at].key != key {
			at = (at + 1) % uint64(len(table))
		}
		if table[at].code == 0 {
			if len(keys) == mostFew {
				return false
			}
			keys = append(keys, key)
			table[at].key, table[at].code = key, int32(len(keys))
		}
		s.of[i] = table[at].code - 1
	}
	rank := make([]int32, len(keys))
	for k, key := range keys {
		for _, other := range keys {
			if other < key {
				rank[k]++
			}
		}
	}
	for i, k := range s.of {
		s.of[i] = rank[k]
	}
	s.steps = len(keys)
	return true
}

// ecdf is the mean and maximum difference of the distribution functions.
func (m moments) ecdf(x []float64, treated []bool, weight []float64, order *sortedValues) (mean, largest float64) {
	if m.weight[0] == 0 || m.weight[1] == 0 {
		return math.NaN(), math.NaN()
	}
	if m.binary {
		d := math.Abs(m.mean[1] - m.mean[0])
		return d, d
	}
	if order.of == nil {
		order.fill(x)
	}
	steps := make([]float64, order.steps)
	share := [2]float64{-1 / m.weight[0], 1 / m.weight[1]}
	for i, k := range order.of {
		w := 1.
		if weight != nil {
			w = weight[i]
		}
		steps[k] += w * share[group(treated[i])]
	}
	return distances(steps)
}

// distances are mean and maximum of the absolute cumulative sums; the last sum is 0 by construction.
func distances(steps []float64) (mean, largest float64) {
	at := 0.
	for i, s := range steps {
		at += s
		if i == len(steps)-1 {
			at = 0
		}
		mean += math.Abs(at)
		largest = math.Max(largest, math.Abs(at))
	}
	return mean / float64(len(steps)), largest
}

// wholeValues marks the values that occur, counted from the lowest, where all are whole numbers in a range of at most 4096, such as
// ages, months and counts: these need no sorting.
func wholeValues(x []float64) (lo float64, seen []bool, ok bool) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range x {
		if v != math.Trunc(v) {
			return 0, nil, false
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	if !(hi-lo < 4096) {
		return 0, nil, false
	}
	seen = make([]bool, int(hi-lo)+1)
	for _, v := range x {
		seen[int(v-lo)] = true
	}
	return lo, seen, true
}

// PairDistance is the mean of |x_T − x_C| over the pairs, divided by denominator: the standardised pair distance.
func (m *Matched) PairDistance(x []float64, denominator float64) float64 {
	sum := 0.
	for _, p := range m.Pairs {
		sum += math.Abs(x[p.Treated] - x[p.Comparison])
	}
	return sum / float64(len(m.Pairs)) / denominator
}
