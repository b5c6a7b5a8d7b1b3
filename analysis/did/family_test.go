package did

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Groups that share clusters: their joint covariance is that of the difference, estimated by hand from influence by
// cluster; groups that share none are independent; the test of two groups is the square of the z of their difference.
func TestCompare(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 1))
	for _, clusters := range []int{0, 25} {
		s := small{n: 250, T: 4, cohorts: []int64{102, 103}, never: true, clusters: clusters}
		a, b, c := s.panel(rng), s.panel(rng), s.panel(rng)
		o := Options{Draws: 500}
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
