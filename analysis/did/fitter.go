package did

import (
	"fmt"
	"math"
	"sync"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Sample is the rows of a conditional comparison of changes: a cross-section of treated and comparison rows, each with
// covariates measured before.
type Sample struct {
	Treated []bool
	X       [][]float64 // K columns without a constant, column-major; finite
	Weights []float64   // sampling, matching or observation weights of any scale, taken as known; nil: all 1
	Cluster []int32     // number of the person by row, from 0; nil: rows are independent

	// Clusters are several dimensions in which rows depend on each other, in place of Cluster: errors by inclusion–exclusion
	// (Cameron, Gelbach and Miller 2011).
	Clusters [][]int32
}

// Fitter estimates the ATT of many outcomes on one sample: propensity, weights and Gram factors are made once and used
// for every outcome that is observed on the same rows. It is safe for use by several goroutines. The columns of the sample
// are read as designs are made: they must not change.
type Fitter struct {
	method   Method
	level    float64
	order    []int32 // row of the fitter → row of the sample, treated first
	nt       int
	x        [][]float64 // of the sample, in its order
	w        []float64
	cluster  []int32
	clusters int
	dims     [][]int32 // several dimensions

	mu      sync.Mutex
	designs map[string]*subset
	recent  []string // keys of designs, oldest first
}

// keptDesigns bounds the memory of a Fitter: outcomes that come with the same rows one after the other share a design.
const keptDesigns = 4

// subset is a design on the rows where an outcome is observed; rows is nil for all.
type subset struct {
	once sync.Once
	rows []int32
	*design
}

// ATT is the effect on the treated of one outcome.
type ATT struct {
	estimate.Estimate
	NTreated    int       // treated rows that are observed and have weight
	NComparison int       // comparison rows
	ESS         float64   // effective number of comparison rows after weighting
	MaxP        float64   // largest propensity, NaN without one
	Trimmed     int       // comparison rows with a propensity of 0.995 or more: weight 0
	Influence   []float64 // ψ by row of the sample, 0 where not observed; nil where there is no estimate
	Warnings    []fault.Warning
}

// NewFitter prepares a sample. level is that of the intervals (0 means 0.95). It panics where lengths differ, and refuses
// covariates that are not finite and weights that are negative.
func NewFitter(s Sample, method Method, level float64) (*Fitter, error) {
	n := len(s.Treated)
	if level == 0 {
		level = 0.95
	}
	for j, c := range s.X {
		if len(c) != n {
			panic(fmt.Sprintf("did: covariate %d has %d values for %d rows", j, len(c), n))
		}
		for i, v := range c {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fault.Dataf("not_finite", "", "", "covariate %d has a missing or infinite value in row %d; fill it or drop the row", j+1, i+1).At(int64(i + 1))
			}
		}
	}
	if s.Weights != nil && len(s.Weights) != n || s.Cluster != nil && len(s.Cluster) != n {
		panic("did: weights or clusters of another length than the rows")
	}
	for _, c := range s.Clusters {
		if len(c) != n {
			panic("did: weights or clusters of another length than the rows")
		}
	}
	for i, w := range s.Weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return nil, fault.Dataf("bad_weight", "", "", "weight %g of row %d is not a number from 0 up", w, i+1).At(int64(i + 1))
		}
	}
	f := &Fitter{method: method, level: level, order: make([]int32, 0, n), designs: map[string]*subset{}}
	for _, arm := range []bool{true, false} {
		for i, t := range s.Treated {
			if t == arm {
				f.order = append(f.order, int32(i))
			}
		}
		if arm {
			f.nt = len(f.order)
		}
	}
	f.x = s.X
	f.w = pick(s.Weights, f.order)
	if s.Cluster != nil {
		f.cluster = pick(s.Cluster, f.order)
		for _, c := range f.cluster {
			f.clusters = max(f.clusters, int(c)+1)
		}
	}
	for _, c := range s.Clusters {
		f.dims = append(f.dims, pick(c, f.order))
	}
	return f, nil
}

// pick is c at the given rows; nil stays nil.
func pick[T any](c []T, rows []int32) []T {
	if c == nil {
		return nil
	}
	out := make([]T, len(rows))
	for s, i := range rows {
		out[s] = c[i]
	}
	return out
}

// subset finds or makes the design of the rows where dy (in the fitter's order) is observed.
func (f *Fitter) subset(dy []float64) *subset {
	mask := make([]byte, (len(dy)+7)/8)
	seen, nt := 0, 0
	for i, v := range dy {
		if !math.IsNaN(v) {
			mask[i/8] |= 1 << (i % 8)
			seen++
			if i < f.nt {
				nt++
			}
		}
	}
	f.mu.Lock()
	key := string(mask)
	s, ok := f.designs[key]
	if !ok {
		s = &subset{}
		f.designs[key] = s
		if f.recent = append(f.recent, key); len(f.recent) > keptDesigns {
			delete(f.designs, f.recent[0])
			f.recent = f.recent[1:]
		}
	}
	f.mu.Unlock()
	s.once.Do(func() {
		x := make([][]float64, len(f.x))
		if seen == len(dy) {
			for j, c := range f.x {
				x[j] = pick(c, f.order)
			}
			s.design = newDesignIn(x, f.method, f.nt, len(dy), x, f.w, 1)
			return
		}
		s.rows = make([]int32, 0, seen)
		for i, v := range dy {
			if !math.IsNaN(v) {
				s.rows = append(s.rows, int32(i))
			}
		}
		order := pick(f.order, s.rows)
		for j, c := range f.x {
			x[j] = pick(c, order)
		}
		s.design = newDesignIn(x, f.method, nt, seen, x, pick(f.w, s.rows), 1)
	})
	return s
}

// ATT estimates the effect on the treated from the changes dy, by row of the sample: outcome minus its base, NaN where it
// is not observed. The standard error is the root of the sum of squared influence, summed by cluster first; the
// estimation of propensity and regression is in it, that of the weights given is not.
//
// Where there is no estimate its Reason says why: too few treated or comparison rows (fewer than 2), no overlap (a
// propensity of 0.999 or more, or separation), a covariate that varies among the treated only (singular), or an outcome
// that is the same number in every row (constant_outcome, estimate 0 without an error).
func (f *Fitter) ATT(dy []float64) ATT {
	if len(dy) != len(f.order) {
		panic(fmt.Sprintf("did: %d changes for %d rows", len(dy), len(f.order)))
	}
	y := pick(dy, f.order)
	s := f.subset(y)
	d := s.design
	a := ATT{NTreated: d.n1, NComparison: d.n0, ESS: d.ess, MaxP: d.maxP, Trimmed: d.trimmed}
	reason := d.reason
	switch {
	case d.n1 < 2:
		reason = estimate.TooFewTreated
	case d.n0 == 0:
		reason = estimate.NoComparison
	case d.n0 < 2:
		reason = estimate.TooFewComparison
	}
	if reason != "" {
		a.Estimate = estimate.Missing(reason)
		return a
	}
	y = pickRows(y, s.rows)
	e, psi := make([]float64, d.n), make([]float64, d.n)
	c := d.change(y, e)
	d.influence(&c, e, psi)
	a.Influence = make([]float64, len(f.order))
	at := func(i int) int32 {
		if s.rows != nil {
			return s.rows[i]
		}
		return int32(i)
	}
	for i, v := range psi {
		a.Influence[f.order[at(i)]] = v
	}
	variance := 0.
	switch {
	case len(f.dims) > 0:
		dims := make([][]int32, len(f.dims))
		for k, c := range f.dims {
			dims[k] = pickRows(c, s.rows)
		}
		for _, c := range dimensions(d.n, dims) {
			variance += c.sign * estimate.ClusterVariance(psi, c.number, c.count)
		}
		if !(variance > 0) && !constant(y) {
			a.Warnings = append(a.Warnings, fault.Warnf("negative_variance", "an estimate has no standard error: with few clusters the inclusion–exclusion over cluster dimensions can be negative"))
			variance = math.NaN()
		}
	case f.cluster == nil:
		variance = estimate.ClusterVariance(psi, nil, 0)
	default:
		variance = estimate.ClusterVariance(psi, pickRows(f.cluster, s.rows), f.clusters)
	}
	if constant(y) {
		a.Estimate = estimate.Missing(estimate.ConstantOutcome)
		a.Estimate.Estimate = 0
		return a
	}
	a.Estimate = estimate.Normal(c.att, math.Sqrt(variance), f.level)
	if d.trimmed > 0 {
		a.Warnings = append(a.Warnings, fault.Warnf("trimmed", "%d comparison rows with a propensity of %g or more have weight 0", d.trimmed, TrimAt))
	}
	return a
}

func pickRows[T any](c []T, rows []int32) []T {
	if rows == nil {
		return c
	}
	return pick(c, rows)
}

// constant tells whether every value is the same number.
func constant(v []float64) bool {
	for _, x := range v[1:] {
		if x != v[0] {
			return false
		}
	}
	return true
}

// TwoByTwo is one conditional comparison of changes: NewFitter and ATT in one call.
func TwoByTwo(dy []float64, s Sample, method Method, level float64) (ATT, error) {
	f, err := NewFitter(s, method, level)
	if err != nil {
		return ATT{}, err
	}
	return f.ATT(dy), nil
}

// ConstantBase tells whether the base outcome is the same number in all rows where it is observed (NaN is not). Then a
// change from the base is the outcome itself up to that number: difference-in-differences is the plain difference after
// the start, parallel trends is conditional independence, and a test of trends before has no power. The warning says so.
func ConstantBase(base []float64) (fault.Warning, bool) {
	value, seen := 0., 0
	for _, v := range base {
		switch {
		case math.IsNaN(v):
		case seen == 0:
			value, seen = v, 1
		case v != value:
			return fault.Warning{}, false
		default:
			seen++
		}
	}
	if seen == 0 {
		return fault.Warning{}, false
	}
	return fault.Warnf("constant_base", "the base outcome is %g in all %d rows: difference-in-differences is then the difference after the start, and nothing before it can test the design", value, seen), true
}
