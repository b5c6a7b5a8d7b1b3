package did

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"tiltakseffekt/analysis/estimate"
)

// Groups that share clusters: their joint covariance is that of the difference, estimated by hand from influence by
// cluster; groups that share none are independent; the test of two groups is the square of the z of their difference.
func TestCompare(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 1))
	for _, clusters := range []int{0, 25} {
		s := small{n: 250, T: 4, cohorts: []int64{102, 103}, never: true, clusters: clusters}
		a, b, c := s.panel(rng), s.panel(rng), s.panel(rng)
		o := Options{Draws: 500, NormalClusters: true}
		results := []*Result{estimated(t, a, o), estimated(t, b, o), nil, estimated(t, c, o)}
		f, err := Compare(results, Dynamic, o)
		if err != nil {
			t.Fatal(err)
		}
		if !math.IsNaN(f.Estimate[2]) || !math.IsNaN(f.Adjusted[2]) {
			t.Error("a group without a result has figures")
		}
		for k, r := range results {
			if r == nil {
				continue
			}
			e := r.Overall(Dynamic)
			if math.Abs(math.Sqrt(f.Cov[k*4+k])-e.StdError) > 1e-12 || f.Adjusted[k] < e.PValue || f.BandHigh[k]-f.BandLow[k] < e.ConfHigh-e.ConfLow {
				t.Errorf("group %d: %+v, family %+v", k, e, f)
			}
		}
		if clusters == 0 {
			if f.Cov[1] != 0 {
				t.Error("groups without clusters depend on each other")
			}
		} else { // both panels stacked: the covariance of overall averages by hand
			x, err := results[0].overall(Dynamic)
			if err != nil {
				t.Fatal(err)
			}
			y, err := results[1].overall(Dynamic)
			if err != nil {
				t.Fatal(err)
			}
			var sx, sy [25]float64
			for i := range x {
				sx[a.Clusters[0][i]] += x[i]
				sy[b.Clusters[0][i]] += y[i]
			}
			if want := dot(sx[:], sy[:]); math.Abs(want-f.Cov[1]) > 1e-14 || want == 0 {
				t.Errorf("covariance %g, by hand %g", f.Cov[1], want)
			}
		}
		two, err := Compare(results[:2], Dynamic, o)
		if err != nil {
			t.Fatal(err)
		}
		z := (two.Estimate[1] - two.Estimate[0]) / math.Sqrt(two.Cov[0]+two.Cov[3]-2*two.Cov[1])
		if two.Equal == nil || math.Abs(two.Equal.Statistic-z*z) > 1e-9 || two.Equal.DF != 1 {
			t.Errorf("%+v, z² %g", two.Equal, z*z)
		}
	}
}

// Of few clusters the errors are those of the results, the correlations those of the influence, the test of two groups is t² and bands go
// to each group's t.
func TestCompareOfFewClusters(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 1))
	s := small{n: 250, T: 4, cohorts: []int64{102, 103}, never: true, clusters: 25}
	panels := []*Panel{s.panel(rng), s.panel(rng)}
	family := func(o Options) (*Family, []*Result) {
		results := []*Result{estimated(t, panels[0], o), estimated(t, panels[1], o)}
		f, err := Compare(results, Dynamic, o)
		if err != nil {
			t.Fatal(err)
		}
		return f, results
	}
	f, results := family(Options{Draws: 500})
	plain, _ := family(Options{Draws: 500, NormalClusters: true})
	least := math.Inf(1)
	for k, r := range results {
		var a Aggregate
		for _, x := range r.Aggregates {
			if x.Type == Dynamic && x.Overall {
				a = x
			}
		}
		least = min(least, a.DF)
		if !(a.DF > 0) || math.Abs(math.Sqrt(f.Cov[k*2+k])/a.StdError-1) > 1e-12 || a.StdError*a.StdError == plain.Cov[k*2+k] {
			t.Errorf("group %d: %+v, covariance %v", k, a, f.Cov)
		}
		if half, want := (f.BandHigh[k]-f.BandLow[k])/2, estimate.FromNormal(f.Critical, a.DF)*a.StdError; math.Abs(half/want-1) > 1e-12 || !(half > f.Critical*a.StdError) {
			t.Errorf("group %d: half a band %v, want %v", k, half, want)
		}
	}
	correlation := func(f *Family) float64 { return f.Cov[1] / math.Sqrt(f.Cov[0]*f.Cov[3]) }
	if got, want := correlation(f), correlation(plain); math.Abs(got-want) > 1e-12 || f.Cov[1] != f.Cov[2] {
		t.Errorf("correlation %v, of the influence %v", got, want)
	}
	z := (f.Estimate[1] - f.Estimate[0]) / math.Sqrt(f.Cov[0]+f.Cov[3]-2*f.Cov[1])
	df := math.Floor(least)
	if w := f.Equal; w == nil || w.Units != int(df)+1 || math.Abs(w.Statistic-z*z) > 1e-9 || math.Abs(w.PValue-mathext.RegIncBeta(df/2, .5, df/(df+z*z))) > 1e-12 {
		t.Errorf("%+v, z² %v with %v degrees of freedom", w, z*z, df)
	}
}

// subsetOf is the panel of some units, which keep their names.
func subsetOf(p *Panel, keep func(i int) bool) *Panel {
	var at []int32
	for i := range p.Start {
		if keep(i) {
			at = append(at, int32(i))
		}
	}
	q := &Panel{Times: p.Times, Start: pick(p.Start, at), Units: at}
	for _, c := range p.Outcome {
		q.Outcome = append(q.Outcome, pick(c, at))
	}
	for _, x := range p.Covariates {
		var columns [][]float64
		for _, c := range x {
			columns = append(columns, pick(c, at))
		}
		q.Covariates = append(q.Covariates, columns)
	}
	for _, c := range p.Weights {
		q.Weights = append(q.Weights, pick(c, at))
	}
	for _, c := range p.Clusters {
		q.Clusters = append(q.Clusters, pick(c, at))
	}
	return q
}

// Overlapping groups: the covariance is that of the estimates refitted without each unit in turn (the jackknife, which needs
// no influence function), disjoint groups are independent, and a group twice has the correlation 1.
func TestOverlappingGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 3))
	for _, weighted := range []bool{false, true} {
		s := small{n: 240, T: 4, cohorts: []int64{102, 103}, never: true}
		p := s.panel(rng)
		if weighted {
			w := make([]float64, len(p.Start))
			for i := range w {
				w[i] = .5 + rng.Float64()
			}
			p.Weights = [][]float64{w}
		}
		flags := []func(i int) bool{
			func(i int) bool { return i%2 == 0 },
			func(i int) bool { return i%3 != 0 },
			func(i int) bool { return true },
			func(i int) bool { return i%2 == 1 },
		}
		o := Options{Draws: 500}
		estimates := func(without int) (out []*Result) {
			for _, f := range flags {
				out = append(out, estimated(t, subsetOf(p, func(i int) bool { return i != without && f(i) }), o))
			}
			return out
		}
		all := estimates(-1)
		family, err := Compare(all, Simple, o)
		if err != nil {
			t.Fatal(err)
		}
		k := len(flags)
		jack := make([]float64, k*k)
		mean := make([]float64, k)
		var draws [][]float64
		for i := range p.Start {
			d := make([]float64, k)
			for g, r := range estimates(i) {
				d[g] = r.Overall(Simple).Estimate
				mean[g] += d[g] / float64(len(p.Start))
			}
			draws = append(draws, d)
		}
		for _, d := range draws {
			for a := range k {
				for b := range k {
					jack[a*k+b] += (d[a] - mean[a]) * (d[b] - mean[b])
				}
			}
		}
		for a := range k {
			for b := range k {
				scale := math.Sqrt(family.Cov[a*k+a] * family.Cov[b*k+b])
				// The jackknife is the influence to order 1/n, n the treated of a cohort: about 30 of 120 units.
				if d := math.Abs(family.Cov[a*k+b]-jack[a*k+b]) / scale; d > .1 {
					t.Errorf("weighted %v, groups %d and %d: covariance %g, jackknife %g (%.3f)", weighted, a, b, family.Cov[a*k+b], jack[a*k+b], d)
				}
			}
		}
		if c := family.Cov[3]; math.Abs(c) > 1e-18 {
			t.Errorf("disjoint groups have covariance %g", c)
		}
		twice, err := Compare([]*Result{all[0], all[0]}, Simple, o)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(twice.Cov[1]/twice.Cov[0]-1) > 1e-12 || twice.Equal != nil {
			t.Errorf("a group twice: covariance %v, variance %v, test %v", twice.Cov[1], twice.Cov[0], twice.Equal)
		}
		if w := family.EqualOf([]int{0, 3}); w == nil || w.DF != 1 || math.Abs(w.Statistic-math.Pow(family.Estimate[0]-family.Estimate[3], 2)/(family.Cov[0]+family.Cov[15])) > 1e-9 {
			t.Errorf("two disjoint groups: %+v", w)
		}
	}
}

// The influence from statistics is that of the units, with and without weights, and squares to the variance.
func TestInfluenceFromStatistics(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 4))
	for round := range 6 {
		s := small{n: 300, T: 5, cohorts: []int64{100, 102, 103}, never: round%2 == 0}
		p := s.panel(rng)
		if round > 2 {
			w := make([]float64, len(p.Start))
			for i := range w {
				w[i] = rng.Float64()
			}
			p.Weights = [][]float64{w}
		}
		o := Options{Draws: 500}
		if err := o.check(); err != nil {
			t.Fatal(err)
		}
		units := estimated(t, p, o)
		var w []float64
		if p.Weights != nil {
			w = p.Weights[0]
		}
		stat, err := NewStatistics(p.Times, p.Start, p.Outcome, w, 1)
		if err != nil {
			t.Fatal(err)
		}
		fast, err := FromStatistics(stat, o)
		if err != nil {
			t.Fatal(err)
		}
		fast.source, fast.options = p, o
		for _, kind := range []Aggregation{Simple, Dynamic, Group, Calendar} {
			want, err := units.overall(kind)
			if err != nil {
				t.Fatal(err)
			}
			got, err := fast.overall(kind)
			if err != nil {
				t.Fatal(err)
			}
			se := units.Overall(kind).StdError
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-10*se {
					t.Fatalf("round %d, %s, unit %d: %g, want %g", round, kind, i, got[i], want[i])
				}
			}
			if v := math.Sqrt(dot(got, got)); math.Abs(v/fast.Overall(kind).StdError-1) > 1e-9 {
				t.Errorf("round %d, %s: %v, error %v", round, kind, v, fast.Overall(kind).StdError)
			}
		}
	}
}
