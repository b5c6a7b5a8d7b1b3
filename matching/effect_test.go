package matching

import (
	"math"
	"reflect"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/internal/regression"
)

// The difference and its error are those of the weighted regression on the treatment over the rows written out, one a use,
// clustered by set and person.
func TestMatchedEffectAgainstRegression(t *testing.T) {
	r := random.New(5, "effect")
	done := 0
	for done < 3000 {
		in, opt := problem(r)
		n := len(in.Score)
		persons := 1 + r.IntN(n)
		cluster := make([]int32, n)
		y, obs := make([]float64, n), make([]float64, n)
		for i := range cluster {
			cluster[i], y[i], obs[i] = int32(r.IntN(persons)), r.NormFloat64(), r.Float64()+0.5
			if r.IntN(8) == 0 {
				obs[i], y[i] = 0, math.NaN()
			}
		}
		m, err := Nearest(in, opt)
		if err != nil {
			continue
		}
		got := m.ATT(y, obs, cluster, persons)
		if got.Reason != "" || math.IsNaN(got.StdError) {
			continue
		}
		done++
		var d, ey, w []float64
		var set, person []int32
		add := func(row int32, weight float64, s int) {
			if weight*obs[row] == 0 {
				return
			}
			d = append(d, float64(group(in.Treated[row])))
			ey, w = append(ey, y[row]), append(w, weight*obs[row])
			set, person = append(set, int32(s)), append(person, cluster[row])
		}
		uses := map[int32][]int32{}
		var order []int32
		for _, p := range m.Pairs {
			f, o := p.Treated, p.Comparison
			if opt.Estimand == ATC {
				f, o = o, f
			}
			if uses[f] == nil {
				order = append(order, f)
			}
			uses[f] = append(uses[f], o)
		}
		for s, f := range order {
			add(f, 1, s)
			for _, o := range uses[f] {
				add(o, 1/float64(len(uses[f])), s)
			}
		}
		fit, err := regression.WLS([][]float64{d}, ey, w)
		if err != nil {
			t.Fatal(err)
		}
		all := regression.ClusterOptions{Groups: true, Residuals: true}
		want := fit.CovCluster(all, set, person)[1][1]
		if math.Abs(fit.Coef[1]-got.Estimate) > 1e-10 {
			t.Fatalf("estimate %g, regression %g", got.Estimate, fit.Coef[1])
		}
		one, two := fit.CovCluster(all, set)[1][1], fit.CovCluster(all, person)[1][1]
		if want <= 1e-9*max(one, two) || math.IsNaN(want) || math.IsInf(want, 0) {
			continue // the fallback, or fewer than two groups
		}
		if math.Abs(got.StdError*got.StdError-want) > 1e-8*math.Max(one, two)+1e-20 {
			t.Fatalf("variance %g, regression %g", got.StdError*got.StdError, want)
		}
		alone := m.ATT(y, obs, nil, 0)
		if m.Subclass != nil && !math.IsNaN(alone.StdError) && math.Abs(alone.StdError*alone.StdError-one) > 1e-8*one+1e-20 {
			t.Fatalf("variance by pair %g, regression %g", alone.StdError*alone.StdError, one)
		}
	}
}

func TestEffectReasons(t *testing.T) {
	in := NearestInput{Score: []float64{1, 2, 3, 4}, Treated: []bool{true, false, true, false}}
	m, err := Nearest(in, NearestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	y := []float64{1, 2, 3, 5}
	if e := m.ATT(y, []float64{0, 1, 0, 1}, nil, 0); e.Reason != estimate.TooFewTreated || !math.IsNaN(e.Estimate) {
		t.Errorf("%+v", e)
	}
	if e := m.ATT(y, []float64{1, 0, 1, 0}, nil, 0); e.Reason != estimate.NoComparison {
		t.Errorf("%+v", e)
	}
	if e := m.ATT([]float64{1, math.NaN(), 3, 5}, nil, nil, 0); e.Reason != estimate.NotDefined {
		t.Errorf("%+v", e)
	}
	e := m.ATT(y, nil, nil, 0)
	if e.Estimate != -1.5 || e.StdErrorType != "pair" || e.Treated != 2 {
		t.Errorf("%+v", e)
	}
	if again := m.ATT(y, nil, nil, 0); !reflect.DeepEqual(e, again) {
		t.Errorf("a second call differs: %+v", again)
	}
	m, _ = Nearest(NearestInput{Score: in.Score[:2], Treated: in.Treated[:2]}, NearestOptions{})
	if e := m.ATT(y[:2], nil, nil, 0); e.Estimate != -1 || !math.IsNaN(e.StdError) {
		t.Errorf("one pair has no error: %+v", e)
	}
	if e := e.Interval(0.95); e.Reason != "" || math.IsNaN(e.ConfLow) {
		t.Errorf("%+v", e)
	}
}

// The base weight of a treated row is carried to its matches.
func TestMatchedBaseWeights(t *testing.T) {
	in := NearestInput{Score: []float64{1, 2, 1.1, 2.1, 1.2}, Treated: []bool{true, true, false, false, false}, Base: []float64{3, 1, 9, 9, 9}}
	m, err := Nearest(in, NearestOptions{Ratio: 2})
	if err != nil {
		t.Fatal(err)
	}
	// Row 1 has the highest score and chooses first, in both rounds; row 0 finds none in the second.
	if !reflect.DeepEqual(m.Weight, []float64{3, 1, 3, 0.5, 0.5}) {
		t.Errorf("%v", m.Weight)
	}
}

func BenchmarkMatchedATT(b *testing.B) {
	const n = 100_000
	in := selected(n, -2, 500)
	m, err := Nearest(in, NearestOptions{Caliper: 0.2, Workers: 1})
	if err != nil {
		b.Fatal(err)
	}
	y, cluster := make([]float64, n), make([]int32, n)
	r := random.New(1, "bench")
	for i := range y {
		y[i], cluster[i] = r.NormFloat64(), int32(r.IntN(n/3))
	}
	b.Run("n=100000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.ATT(y, nil, cluster, n/3)
		}
	})
}
