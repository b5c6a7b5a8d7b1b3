package did

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Rows held as bits are rows held as numbers: every estimator, few units and many, with clusters, groups that share units and
// influence by unit.
func TestCompactIsPanel(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 1))
	for _, s := range []small{{n: 300, T: 7, cohorts: []int64{100, 102, 103}, never: true, binary: true, clusters: 20}, {n: 6000, T: 5, cohorts: []int64{101, 103}, never: true, binary: true}} {
		source := s.panel(rng)
		l := longOf(source, rng)
		for _, c := range source.Clusters {
			own := make([]int32, len(l.Unit))
			for r, i := range l.Unit {
				own[r] = c[i]
			}
			l.Clusters, l.ClusterNames = append(l.Clusters, own), append(l.ClusterNames, "office")
		}
		bits, err := l.Compact()
		if err != nil {
			t.Fatal(err)
		}
		numbers, err := l.Panel()
		if err != nil {
			t.Fatal(err)
		}
		if bits.Binary == nil || bits.Outcome != nil || numbers.Binary != nil || !slices.Equal(bits.Start, numbers.Start) {
			t.Fatalf("%d units are not held as bits", s.n)
		}
		for _, o := range []Options{{Draws: 100}, {Controls: NotYetTreated, Base: Varying, Draws: 100}, {Unbalanced: Rows, Draws: 100}} {
			a, b := estimated(t, bits, o), estimated(t, numbers, o)
			same(t, a, b, 1e-12)
			if o.Unbalanced == Rows {
				continue
			}
			x, err := a.Influence()
			if err != nil {
				t.Fatal(err)
			}
			y, err := b.Influence()
			if err != nil {
				t.Fatal(err)
			}
			for c := range x {
				if !slices.Equal(x[c], y[c]) {
					t.Fatalf("influence on cell %d differs", c)
				}
			}
			named := seq32(s.n)
			q, w := *bits, *numbers
			q.Units, w.Units = named, named
			f, err := Compare([]*Result{estimated(t, &q, o), estimated(t, &q, o)}, Simple, o)
			if err != nil {
				t.Fatal(err)
			}
			g, err := Compare([]*Result{estimated(t, &w, o), estimated(t, &w, o)}, Simple, o)
			if err != nil {
				t.Fatal(err)
			}
			for i := range f.Cov {
				if math.Abs(f.Cov[i]/g.Cov[i]-1) > 1e-11 {
					t.Errorf("covariance %v and %v", f.Cov, g.Cov)
				}
			}
		}
		for _, e := range []Estimator{Static, EventStudy, SunAbraham, Extended} {
			a, err := Regress(bits, e, RegressionOptions{Pointwise: true})
			if err != nil {
				t.Fatal(err)
			}
			b, err := Regress(numbers, e, RegressionOptions{Pointwise: true})
			if err != nil {
				t.Fatal(err)
			}
			for i := range a.Aggregates {
				if x, y := a.Aggregates[i].Estimate, b.Aggregates[i].Estimate; math.Abs(x.Estimate-y.Estimate) > 1e-11 || math.Abs(x.StdError-y.StdError) > 1e-11 {
					t.Errorf("%v: %+v and %+v", e, x, y)
				}
			}
		}
		a, err := Bacon(bits, 1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Bacon(numbers, 1)
		if err != nil {
			t.Fatal(err)
		}
		i, err := Imputation(bits, ImputationOptions{Pointwise: true})
		if err != nil {
			t.Fatal(err)
		}
		j, err := Imputation(numbers, ImputationOptions{Pointwise: true})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a, b) || i.Aggregates[0].Estimate != j.Aggregates[0].Estimate {
			t.Errorf("%v, %v; %+v, %+v", a, b, i.Aggregates[0], j.Aggregates[0])
		}
	}
}

func seq32(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(i)
	}
	return s
}

// What bits cannot hold goes on as numbers, with the same refusals.
func TestCompactGivesWay(t *testing.T) {
	rng := rand.New(rand.NewPCG(34, 1))
	s := small{n: 60, T: 4, cohorts: []int64{102}, never: true, binary: true}
	for name, spoil := range map[string]func(l *Long){
		"":                 func(l *Long) { l.Outcome[3] = 0.5 },
		"missing":          func(l *Long) { l.Outcome[3] = math.NaN() },
		"weights":          func(l *Long) { l.Weights = make([]float64, len(l.Time)) },
		"a row is missing": func(l *Long) { l.Unit, l.Time, l.Start, l.Outcome = l.Unit[1:], l.Time[1:], l.Start[1:], l.Outcome[1:] },
		"repeat a `id`":    func(l *Long) { l.Time[0], l.Unit[0], l.Start[0] = l.Time[1], l.Unit[1], l.Start[1] },
		"`g` changes":      func(l *Long) { l.Start[7]-- },
		"`o` changes": func(l *Long) {
			l.ClusterNames, l.Clusters = []string{"o"}, [][]int32{make([]int32, len(l.Time))}
			l.Clusters[0][5] = 1
		},
		"periods far apart": func(l *Long) {
			l.Outcome[0] = 2
			for i := range l.Time {
				l.Time[i] *= 1 << 20
			}
		},
	} {
		l := longOf(s.panel(rng), rng)
		spoil(l)
		p, err := l.Compact()
		q, other := l.Panel()
		switch {
		case (err == nil) != (other == nil), err != nil && err.Error() != other.Error(), strings.Contains(name, "`") != (err != nil), err != nil && !strings.Contains(err.Error(), name):
			t.Errorf("%s: %v and %v", name, err, other)
		case err == nil && (p.Binary != nil || !slices.EqualFunc(p.Outcome, q.Outcome, func(a, b []float64) bool {
			return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || x != x && y != y })
		})):
			t.Errorf("%s: not the same panel", name)
		}
	}
}
