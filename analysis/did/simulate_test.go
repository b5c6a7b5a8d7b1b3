package did

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/internal/fault"
)

// small is a random staggered panel: cohorts of unequal size, unit effects, a covariate that moves both start and trend,
// effects that differ by cohort and grow, and optionally a never treated group, weights and clusters.
type small struct {
	n, T             int
	cohorts          []int64
	never            bool
	binary, weighted bool
	clusters         int
	covariates       int
	missing          float64
}

func (s small) panel(rng *rand.Rand) *Panel {
	p := &Panel{Start: make([]int64, s.n)}
	for t := range s.T {
		p.Times = append(p.Times, int64(100+t))
		p.Outcome = append(p.Outcome, make([]float64, s.n))
	}
	for range s.covariates {
		c := make([]float64, s.n)
		for i := range c {
			c[i] = rng.NormFloat64()
		}
		p.Covariates = append(p.Covariates, [][]float64{c})
	}
	if s.weighted {
		w := make([]float64, s.n)
		for i := range w {
			w[i] = 0.2 + 3*rng.Float64()
		}
		p.Weights = [][]float64{w}
	}
	if s.clusters > 0 {
		c := make([]int32, s.n)
		for i := range c {
			c[i] = int32(rng.IntN(s.clusters))
		}
		p.Clusters = [][]int32{c}
	}
	for i := range s.n {
		k := rng.IntN(len(s.cohorts) + 1)
		if !s.never && k == len(s.cohorts) {
			k = rng.IntN(len(s.cohorts))
		}
		p.Start[i] = Never
		if k < len(s.cohorts) {
			p.Start[i] = s.cohorts[k]
		}
		unit := rng.NormFloat64()
		trend := 0.
		for _, c := range p.Covariates {
			trend += 0.1 * c[0][i]
		}
		noise := 0.
		for t, v := range p.Times {
			noise = 0.5*noise + rng.NormFloat64()
			y := unit + (0.3+trend)*float64(t) + noise
			if v >= p.Start[i] {
				y += 1 + 0.2*float64(v-p.Start[i]) + 0.1*float64(k)
			}
			if s.binary {
				if y > 1 {
					y = 1
				} else {
					y = 0
				}
			}
			if rng.Float64() < s.missing {
				y = math.NaN()
			}
			p.Outcome[t][i] = y
		}
	}
	return p
}

// same compares two results cell by cell and average by average.
func same(t *testing.T, a, b *Result, tol float64) {
	t.Helper()
	near := func(what string, x, y float64) {
		t.Helper()
		if math.IsNaN(x) != math.IsNaN(y) || math.Abs(x-y) > tol*max(1, math.Abs(x)) {
			t.Errorf("%s: %.15g and %.15g", what, x, y)
		}
	}
	if len(a.Cells) != len(b.Cells) || len(a.Aggregates) != len(b.Aggregates) {
		t.Fatalf("%d and %d cells, %d and %d averages", len(a.Cells), len(b.Cells), len(a.Aggregates), len(b.Aggregates))
	}
	for i := range a.Cells {
		x, y := a.Cells[i], b.Cells[i]
		if x.Group != y.Group || x.Time != y.Time || x.Reason != y.Reason || x.NTreated != y.NTreated || x.NComparison != y.NComparison {
			t.Fatalf("cell %d: %+v and %+v", i, x, y)
		}
		near("cell", x.Estimate.Estimate, y.Estimate.Estimate)
		near("cell se", x.StdError, y.StdError)
	}
	for i := range a.Aggregates {
		x, y := a.Aggregates[i], b.Aggregates[i]
		if x.Type != y.Type || x.Key != y.Key || x.Overall != y.Overall {
			t.Fatalf("average %d: %+v and %+v", i, x, y)
		}
		near(string(x.Type), x.Estimate.Estimate, y.Estimate.Estimate)
		near(string(x.Type)+" se", x.StdError, y.StdError)
		near(string(x.Type)+" band", x.BandLow, y.BandLow)
	}
	if (a.PreTest == nil) != (b.PreTest == nil) {
		t.Fatal("one pre-test only")
	}
	if a.PreTest != nil {
		near("pre-test", a.PreTest.Statistic, b.PreTest.Statistic)
	}
}

func everyOption(visit func(o Options)) {
	for _, c := range []Controls{Auto, NeverTreated, NotYetTreated, LaterStart} {
		for _, b := range []BasePeriod{Universal, Varying} {
			for _, delta := range []int64{0, 1} {
				visit(Options{Controls: c, Base: b, Anticipation: delta, Draws: 200, Seed: 7})
			}
		}
	}
}

// The statistics path is the person-by-person path, for every control, base and anticipation, with and without weights
// and never treated, and for units that start after the last period.
func TestStatisticsEqualUnits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, s := range []small{
		{n: 300, T: 7, cohorts: []int64{100, 102, 103, 106, 109}, never: true},
		{n: 300, T: 6, cohorts: []int64{101, 103, 105}, never: false},
		{n: 300, T: 7, cohorts: []int64{102, 103, 106}, never: true, weighted: true},
		{n: 200, T: 70, cohorts: []int64{110, 140, 160}, never: true, binary: true},
		{n: 300, T: 7, cohorts: []int64{102, 103, 106}, never: true, missing: 0.01},
		{n: 400, T: 6, cohorts: []int64{102, 103}, never: true, clusters: 40},
		{n: 400, T: 6, cohorts: []int64{100, 102, 103}, clusters: 30, weighted: true, missing: 0.01},
		{n: 400, T: 5, cohorts: []int64{102, 103}, never: true, clusters: 25, binary: true},
	} {
		p := s.panel(rng)
		if s.binary && s.clusters > 0 { // a second dimension
			second := make([]int32, s.n)
			for i := range second {
				second[i] = int32(rng.IntN(30))
			}
			p.Clusters = append(p.Clusters, second)
		}
		everyOption(func(o Options) {
			units, err := GroupTime(p, o)
			if err != nil {
				t.Fatal(err)
			}
			var w []float64
			if p.Weights != nil {
				w = p.Weights[0]
			}
			st, err := NewStatistics(p.Times, p.Start, p.Outcome, w, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Clusters) > 0 {
				if err := AddClusters(st, p.Outcome, w, p.Clusters, 2); err != nil {
					t.Fatal(err)
				}
			}
			stats, err := FromStatistics(st, o)
			if err != nil {
				t.Fatal(err)
			}
			same(t, units, stats, 1e-9) // sums of a few hundred terms in another order
			if units.Units != stats.Units || units.Never != stats.Never || units.Groups != stats.Groups || !slices.Equal(units.Dropped, stats.Dropped) {
				t.Errorf("counts differ: %+v %+v", units.Dropped, stats.Dropped)
			}
		})
	}
}

// Bits give the statistics of the same outcomes as numbers, exactly where sums are whole and to rounding else, at sizes
// around the blocks.
func TestBitsEqualNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for _, n := range []int{1, 63, 64, 65, 1023, 1024, 1025, 3000} {
		for _, T := range []int{2, 64, 65, 130} {
			p := small{n: n, T: T, cohorts: []int64{101, 104}, never: true, binary: true}.panel(rng)
			b := NewBits(p.Times, p.Start)
			for t, c := range p.Outcome {
				for i, v := range c {
					if v == 1 {
						b.Set(i, t)
					}
				}
			}
			x, err := b.Statistics(2)
			if err != nil {
				t.Fatal(err)
			}
			y, err := NewStatistics(p.Times, p.Start, p.Outcome, nil, 2)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(x.Cohorts, y.Cohorts) || !slices.Equal(x.Count, y.Count) {
				t.Fatal("cohorts differ")
			}
			for h := range x.Cohorts {
				for i := range x.Mean[h] {
					if math.Abs(x.Mean[h][i]-y.Mean[h][i]) > 1e-14 {
						t.Fatalf("n=%d T=%d mean %g %g", n, T, x.Mean[h][i], y.Mean[h][i])
					}
				}
				for i := range x.Cross[h] {
					if math.Abs(x.Cross[h][i]-y.Cross[h][i]) > 1e-10 {
						t.Fatalf("n=%d T=%d cross %g %g", n, T, x.Cross[h][i], y.Cross[h][i])
					}
				}
			}
		}
	}
}

// Clustered errors from bits are those from numbers.
func TestBitsClusters(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 1))
	p := small{n: 900, T: 70, cohorts: []int64{110, 150}, never: true, binary: true, clusters: 20}.panel(rng)
	b := NewBits(p.Times, p.Start)
	for t, c := range p.Outcome {
		for i, v := range c {
			if v == 1 {
				b.Set(i, t)
			}
		}
	}
	s, err := b.Statistics(2)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.AddClusters(s, p.Clusters, 2); err != nil {
		t.Fatal(err)
	}
	r, err := FromStatistics(s, Options{Controls: NotYetTreated, Draws: 200})
	if err != nil {
		t.Fatal(err)
	}
	same(t, estimated(t, p, Options{Controls: NotYetTreated, Draws: 200}), r, 1e-9)
}

// permuted is the panel with its units in another order.
func permuted(p *Panel, order []int) *Panel {
	take := func(c []float64) []float64 {
		d := make([]float64, len(order))
		for s, i := range order {
			d[s] = c[i]
		}
		return d
	}
	q := &Panel{Times: p.Times}
	for _, i := range order {
		q.Start = append(q.Start, p.Start[i])
	}
	for _, c := range p.Outcome {
		q.Outcome = append(q.Outcome, take(c))
	}
	for _, x := range p.Covariates {
		var y [][]float64
		for _, c := range x {
			y = append(y, take(c))
		}
		q.Covariates = append(q.Covariates, y)
	}
	for _, c := range p.Weights {
		q.Weights = append(q.Weights, take(c))
	}
	for _, c := range p.Clusters {
		var d []int32
		for _, i := range order {
			d = append(d, c[i])
		}
		q.Clusters = append(q.Clusters, d)
	}
	return q
}

func estimated(t *testing.T, p *Panel, o Options) *Result {
	t.Helper()
	r, err := GroupTime(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Rows permuted; workers 1 = 2 to the last bit; always-treated dropped or not; cluster = id equals none; input untouched.
func TestInvariances(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for _, s := range []small{
		{n: 400, T: 5, cohorts: []int64{99, 102, 103}, never: true, covariates: 2, weighted: true},
		{n: 400, T: 5, cohorts: []int64{102, 103}, never: true, clusters: 40, covariates: 1},
		{n: 2500, T: 4, cohorts: []int64{102, 103}, never: true},
	} {
		p := s.panel(rng)
		for _, m := range []Method{DR, IPW, Reg, Imp} {
			for _, c := range []Controls{NeverTreated, NotYetTreated, LaterStart} {
				o := Options{Method: m, Controls: c, Draws: 200, Workers: 1}
				r := estimated(t, p, o)
				two := o
				two.Workers = 2
				r2 := estimated(t, p, two)
				same(t, r, r2, 0)
				same(t, r, estimated(t, permuted(p, rng.Perm(s.n)), o), 1e-9)
				var order []int
				for i, g := range p.Start {
					if g > p.Times[0] {
						order = append(order, i)
					}
				}
				if s.clusters == 0 {
					same(t, r, estimated(t, permuted(p, order), o), 1e-9)
					id := permuted(p, seq(s.n))
					own := make([]int32, s.n)
					for i := range own {
						own[i] = int32(i)
					}
					id.Clusters = [][]int32{own}
					same(t, r, estimated(t, id, o), 1e-9)
				}
			}
		}
	}
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// Units written twice, with copies in one cluster, are units of weight 2.
func TestDuplicatesAreWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	p := small{n: 300, T: 5, cohorts: []int64{102, 103}, never: true, covariates: 1}.panel(rng)
	var order []int
	w := make([]float64, len(p.Start))
	var cluster []int32
	for i := range p.Start {
		k := 1 + rng.IntN(3)
		w[i] = float64(k)
		for range k {
			order = append(order, i)
			cluster = append(cluster, int32(i))
		}
	}
	copies := permuted(p, order)
	copies.Clusters = [][]int32{cluster}
	weighted := permuted(p, seq(len(p.Start)))
	weighted.Weights = [][]float64{w}
	for _, m := range []Method{DR, IPW, Reg, Imp} {
		for _, c := range []Controls{NeverTreated, NotYetTreated} {
			o := Options{Method: m, Controls: c, Draws: 200}
			a, b := estimated(t, copies, o), estimated(t, weighted, o)
			for i := range a.Cells {
				a.Cells[i].NTreated, a.Cells[i].NComparison = b.Cells[i].NTreated, b.Cells[i].NComparison
			}
			same(t, a, b, 1e-8) // two logits to their maxima
		}
	}
}

// A 2×2 cell without covariates is a difference of differences of means, with the variance of two
// independent means of changes.
func TestClosedForm(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	p := small{n: 120, T: 2, cohorts: []int64{101}, never: true}.panel(rng)
	r := estimated(t, p, Options{})
	var sum, squares, n [2]float64
	for i, g := range p.Start {
		k := 0
		if g == Never {
			k = 1
		}
		d := p.Outcome[1][i] - p.Outcome[0][i]
		sum[k] += d
		squares[k] += d * d
		n[k]++
	}
	want := sum[0]/n[0] - sum[1]/n[1]
	variance := 0.
	for k := range 2 {
		variance += (squares[k]/n[k] - sum[k]*sum[k]/n[k]/n[k]) / n[k]
	}
	for _, c := range r.Cells {
		if c.Time == 101 && (math.Abs(c.Estimate.Estimate-want) > 1e-12 || math.Abs(c.StdError-math.Sqrt(variance)) > 1e-12) {
			t.Errorf("%g (%g), by hand %g (%g)", c.Estimate.Estimate, c.StdError, want, math.Sqrt(variance))
		}
	}
}

// Everybody's outcome is 0 in the base of the first cohort: both engines say so.
func TestConstantBaseOfGroup(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 1))
	p := small{n: 200, T: 5, cohorts: []int64{102, 104}, never: true}.panel(rng)
	clear(p.Outcome[1])
	st, err := NewStatistics(p.Times, p.Start, p.Outcome, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := FromStatistics(st, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Result{estimated(t, p, Options{}), b, estimated(t, p, Options{Unbalanced: Rows})} {
		if !slices.ContainsFunc(r.Warnings, func(w fault.Warning) bool {
			return w.Code == "constant_base" && strings.HasPrefix(w.Message, "in 1 of 2 groups")
		}) {
			t.Errorf("%+v", r.Warnings)
		}
	}
}

// A cohort inside one cluster is named, by both engines.
func TestSingleCluster(t *testing.T) {
	rng := rand.New(rand.NewPCG(24, 1))
	p := small{n: 200, T: 5, cohorts: []int64{102, 104}, never: true, clusters: 10}.panel(rng)
	for i, g := range p.Start {
		if g == 102 {
			p.Clusters[0][i] = 3
		}
	}
	st, err := NewStatistics(p.Times, p.Start, p.Outcome, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := AddClusters(st, p.Outcome, nil, p.Clusters, 1); err != nil {
		t.Fatal(err)
	}
	b, err := FromStatistics(st, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Result{estimated(t, p, Options{}), b} {
		if !slices.ContainsFunc(r.Warnings, func(w fault.Warning) bool {
			return w.Code == "single_cluster" && strings.HasPrefix(w.Message, "1 of 2 groups")
		}) {
			t.Errorf("%+v", r.Warnings)
		}
	}
}

// A window is the mean of its event times, with the covariance of the event times; one over all times from 0 is the overall
// figure.
func TestWindows(t *testing.T) {
	rng := rand.New(rand.NewPCG(26, 1))
	p := small{n: 300, T: 7, cohorts: []int64{102, 104}, never: true}.panel(rng)
	r := estimated(t, p, Options{Windows: [][2]int64{{0, 1}, {2, 4}, {0, 100}, {50, 60}}})
	var windows []Aggregate
	for _, a := range r.Aggregates {
		if a.Type == Window {
			windows = append(windows, a)
		}
	}
	if len(windows) != 3 || windows[1].Key != 2 || windows[1].To != 4 || math.IsNaN(windows[0].BandLow) {
		t.Fatalf("%+v", windows)
	}
	m := len(r.Events)
	for _, w := range windows[:2] {
		value, variance, n := 0., 0., 0.
		for i, e := range r.Events {
			if e < w.Key || e > w.To {
				continue
			}
			value += r.EventATT[i]
			n++
			for j, f := range r.Events {
				if f >= w.Key && f <= w.To {
					variance += r.EventCov[i*m+j]
				}
			}
		}
		if math.Abs(value/n-w.Estimate.Estimate) > 1e-12 || math.Abs(math.Sqrt(variance)/n-w.StdError) > 1e-12 {
			t.Errorf("%+v, from event times %g (%g)", w, value/n, math.Sqrt(variance)/n)
		}
	}
	if o := r.Overall(Dynamic); math.Abs(o.Estimate-windows[2].Estimate.Estimate) > 1e-13 || math.Abs(o.StdError-windows[2].StdError) > 1e-13 {
		t.Errorf("%+v and %+v", o, windows[2])
	}
	if _, err := GroupTime(p, Options{Windows: [][2]int64{{3, 1}}}); err == nil {
		t.Error("a window that ends before it begins passes")
	}
}
