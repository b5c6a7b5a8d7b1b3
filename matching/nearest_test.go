package matching

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"tiltakseffekt/internal/bar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
)

// problem draws a small matching problem with many ties and every kind of condition.
func problem(r *rand.Rand) (NearestInput, NearestOptions) {
	n := 2 + r.IntN(14)
	in := NearestInput{Score: make([]float64, n), Treated: make([]bool, n), Key: make([]uint64, n)}
	grid := []float64{3, 8, 1000}[r.IntN(3)]
	for i := range n {
		in.Score[i] = math.Floor(r.Float64()*grid)/4 - 0.5
		in.Treated[i] = r.IntN(5) < 2
		in.Key[i] = uint64(r.IntN(1000))*64 + uint64(i)
	}
	in.Treated[0], in.Treated[1] = true, false
	column := func(levels int) []int32 {
		c := make([]int32, n)
		for i := range c {
			c[i] = int32(r.IntN(levels))
		}
		return c
	}
	if r.IntN(2) == 0 {
		in.Stratum = column(1 + r.IntN(3))
	}
	if r.IntN(3) == 0 {
		in.Unit = column(1 + r.IntN(n))
	}
	if r.IntN(4) == 0 {
		v := make([]float64, n)
		for i := range v {
			v[i] = float64(r.IntN(6))
		}
		in.Calipers = []CovariateCaliper{{v, float64(r.IntN(4))}}
	}
	if r.IntN(4) == 0 {
		in.AntiExact = [][]int32{column(3)}
	}
	if r.IntN(4) == 0 {
		in.Leave = make([]bool, n)
		for i := 2; i < n; i++ {
			in.Leave[i] = r.IntN(5) == 0
		}
	}
	opt := NearestOptions{Ratio: r.IntN(4), Replace: r.IntN(4) == 0, LikeMatchIt: r.IntN(2) == 0, Seed: r.Uint64()}
	if r.IntN(3) == 0 {
		opt.ReuseMax = 1 + r.IntN(3)
	}
	if r.IntN(2) == 0 {
		opt.Caliper, opt.CaliperUnit = r.Float64(), CaliperUnit(r.IntN(2))
	}
	opt.Order = []Order{Largest, Smallest, Closest, DataOrder, RandomOrder}[r.IntN(5)]
	if in.Unit != nil && in.Stratum == nil && r.IntN(2) == 0 {
		opt.PersonMax = 1 + r.IntN(2)
	}
	opt.Estimand = Estimand(r.IntN(2))
	return in, opt
}

// checkMatched holds every structural invariant of a result.
func checkMatched(t *testing.T, in NearestInput, m *Matched) {
	t.Helper()
	s := newSlow(in, m.Options)
	for _, p := range m.Pairs {
		i, j := int(p.Treated), int(p.Comparison)
		if !in.Treated[i] || in.Treated[j] {
			t.Fatalf("pair %+v is of one group", p)
		}
		if m.Options.Estimand == ATC {
			i, j = j, i
		}
		if !s.may(i, j) || s.left(i) {
			t.Fatalf("pair %+v breaks a condition", p)
		}
		s.got[i] = append(s.got[i], j)
		s.uses[j]++
		if int(p.Round) != len(s.got[i]) || p.Distance != math.Abs(in.Score[i]-in.Score[j]) {
			t.Fatalf("pair %+v: round or distance", p)
		}
	}
	for i, g := range s.got {
		w := m.Weight[i]
		if s.focal(i) && (len(g) > 0) != (w > 0) {
			t.Fatalf("row %d has %d matches and weight %g", i, len(g), w)
		}
		if m.Subclass != nil {
			for _, j := range g {
				if m.Subclass[i] < 0 || m.Subclass[i] != m.Subclass[j] {
					t.Fatalf("rows %d and %d are matched and in subclasses %d and %d", i, j, m.Subclass[i], m.Subclass[j])
				}
			}
		}
	}
	var sum, count [2]float64
	for i, w := range m.Weight {
		if w > 0 {
			sum[group(in.Treated[i])] += w
			count[group(in.Treated[i])]++
		}
	}
	if in.Base == nil && (math.Abs(sum[0]-count[0]) > 1e-9 || math.Abs(sum[1]-count[1]) > 1e-9) {
		t.Fatalf("weights sum to %v over %v rows", sum, count)
	}
	if got := [2]float64{float64(m.MatchedComparison), float64(m.MatchedTreated)}; got != count {
		t.Fatalf("counts %v, want %v", got, count)
	}
}

// Tens of thousands of small problems against the search of every pair.
func TestNearestAgainstBruteForce(t *testing.T) {
	r := random.New(1, "nearest brute force")
	done := 0
	for range 40000 {
		in, opt := problem(r)
		m, err := Nearest(in, opt)
		if err != nil {
			if fault.CodeOf(err) != "too_few_rows" {
				t.Fatal(err)
			}
			continue
		}
		done++
		checkMatched(t, in, m)
		if opt.Order == Closest && (!opt.Replace || opt.ReuseMax > 0 || opt.PersonMax > 0) {
			checkClosest(t, in, m)
			continue
		}
		want := newSlow(in, opt).match()
		got := make([][]int, len(in.Score))
		for _, p := range m.Pairs {
			i, j := int(p.Treated), int(p.Comparison)
			if opt.Estimand == ATC {
				i, j = j, i
			}
			got[i] = append(got[i], j)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v\n%+v\n%+v", got, want, in, opt)
		}
	}
	if done < 30000 {
		t.Errorf("only %d problems could be matched", done)
	}
}

// checkClosest verifies each round: pairs in ascending distance, none longer than the closest pair that was left, and
// nothing left at the end.
func checkClosest(t *testing.T, in NearestInput, m *Matched) {
	t.Helper()
	s := newSlow(in, m.Options)
	active := map[int]bool{}
	for i := range in.Score {
		active[i] = s.focal(i)
	}
	for round := int32(1); int(round) <= s.opt.Ratio; round++ {
		var pairs []Pair
		for _, p := range m.Pairs {
			if p.Round == round {
				pairs = append(pairs, p)
			}
		}
		slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Compare(a.Distance, b.Distance) })
		open := map[int]bool{}
		for i, a := range active {
			open[i] = a
		}
		closest := func() float64 {
			d := math.Inf(1)
			for i, a := range open {
				if !a {
					continue
				}
				if j := s.nearest(i); j >= 0 {
					d = min(d, math.Abs(in.Score[i]-in.Score[j]))
				}
			}
			return d
		}
		for _, p := range pairs {
			if d := closest(); d != p.Distance {
				t.Fatalf("round %d takes a pair at %g where one at %g was left\n%+v\n%+v", round, p.Distance, d, in, m.Options)
			}
			i, j := int(p.Treated), int(p.Comparison)
			if m.Options.Estimand == ATC {
				i, j = j, i
			}
			open[i] = false
			s.uses[j]++
			s.got[i] = append(s.got[i], j)
		}
		if d := closest(); !math.IsInf(d, 1) {
			t.Fatalf("round %d leaves a pair at %g", round, d)
		}
		for i := range active {
			active[i] = active[i] && len(s.got[i]) == int(round)
		}
	}
}

// selected draws n rows of which a share is treated with strong selection on the score: logit slope 2.
func selected(n int, intercept float64, strata int) NearestInput {
	r := random.New(7, "selected", uint64(n))
	in := NearestInput{Score: make([]float64, n), Treated: make([]bool, n)}
	if strata > 1 {
		in.Stratum = make([]int32, n)
	}
	for i := range n {
		x := r.NormFloat64()
		p := 1 / (1 + math.Exp(-(intercept + 2*x)))
		in.Score[i] = p
		in.Treated[i] = r.Float64() < p
		if strata > 1 {
			in.Stratum[i] = int32(r.IntN(strata))
		}
	}
	return in
}

// A large problem crosses the radix sort, several batches and workers; the result must not depend on workers, nor, with
// keys, on the order of rows.
func TestNearestInvariances(t *testing.T) {
	for _, c := range []struct {
		n, strata int
		opt       NearestOptions
	}{
		{20000, 1, NearestOptions{Caliper: 0.2}},
		{20000, 1, NearestOptions{Order: Closest}},
		{30000, 40, NearestOptions{Caliper: 0.1, Ratio: 2}},
		{30000, 40, NearestOptions{Order: RandomOrder, ReuseMax: 2, Seed: 4}},
		{8000, 1, NearestOptions{Replace: true, Ratio: 3}},
	} {
		in := selected(c.n, -1, c.strata)
		in.Key = make([]uint64, c.n)
		for i := range in.Key {
			in.Score[i] = math.Round(in.Score[i]*2000) / 2000 // ties
			in.Key[i] = uint64(i) * 7919
		}
		keep := NearestInput{Score: slices.Clone(in.Score), Treated: slices.Clone(in.Treated), Stratum: slices.Clone(in.Stratum), Key: slices.Clone(in.Key)}
		one, err := Nearest(in, withWorkers(c.opt, 1))
		if err != nil {
			t.Fatal(err)
		}
		four, _ := Nearest(in, withWorkers(c.opt, 4))
		if !reflect.DeepEqual(one.Pairs, four.Pairs) || !reflect.DeepEqual(one.Weight, four.Weight) {
			t.Errorf("%+v: the result depends on the number of workers", c.opt)
		}
		if !reflect.DeepEqual(in, keep) {
			t.Errorf("%+v: inputs were changed", c.opt)
		}
		checkBrief(t, in, one)
		to := random.New(3, "shuffle").Perm(c.n)
		moved := NearestInput{Score: make([]float64, c.n), Treated: make([]bool, c.n), Key: make([]uint64, c.n)}
		if in.Stratum != nil {
			moved.Stratum = make([]int32, c.n)
		}
		for i, j := range to {
			moved.Score[j], moved.Treated[j], moved.Key[j] = in.Score[i], in.Treated[i], in.Key[i]
			if in.Stratum != nil {
				moved.Stratum[j] = in.Stratum[i]
			}
		}
		other, err := Nearest(moved, c.opt)
		if err != nil {
			t.Fatal(err)
		}
		pairs := map[string]bool{}
		for _, p := range one.Pairs {
			pairs[fmt.Sprint(to[p.Treated], to[p.Comparison], p.Round)] = true
		}
		wrong := len(one.Pairs) - len(other.Pairs)
		for _, p := range other.Pairs {
			if !pairs[fmt.Sprint(p.Treated, p.Comparison, p.Round)] {
				wrong++
			}
		}
		if wrong != 0 {
			t.Errorf("%+v: %d of %d pairs depend on the order of rows", c.opt, wrong, len(one.Pairs))
		}
	}
}

func withWorkers(o NearestOptions, n int) NearestOptions { o.Workers = n; return o }

// checkBrief holds the invariants that can be seen without searching every pair.
func checkBrief(t *testing.T, in NearestInput, m *Matched) {
	t.Helper()
	uses := make([]int, len(in.Score))
	for _, p := range m.Pairs {
		uses[p.Comparison]++
		if d := math.Abs(in.Score[p.Treated] - in.Score[p.Comparison]); d != p.Distance || d > m.CaliperAbsolute ||
			in.Stratum != nil && in.Stratum[p.Treated] != in.Stratum[p.Comparison] || uses[p.Comparison] > m.Options.ReuseMax {
			t.Fatalf("pair %+v", p)
		}
	}
}

// Over many strata a person serves at most as often as asked, and a limit that never binds changes nothing.
func TestNearestPersonMax(t *testing.T) {
	in := selected(20000, -1, 60)
	in.Unit = make([]int32, 20000)
	for i := range in.Unit {
		in.Unit[i] = int32(i % 3000)
	}
	free, err := Nearest(in, NearestOptions{Caliper: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{1, 2, 100} {
		m, err := Nearest(in, NearestOptions{Caliper: 0.2, PersonMax: most, Workers: 4})
		if err != nil {
			t.Fatal(err)
		}
		uses := make([]int, 3000)
		for _, p := range m.Pairs {
			uses[in.Unit[p.Comparison]]++
		}
		if slices.Max(uses) > most || most < 100 && slices.Max(uses) < most {
			t.Errorf("at most %d uses: %d", most, slices.Max(uses))
		}
		if most == 100 && !reflect.DeepEqual(m.Pairs, free.Pairs) {
			t.Error("a limit that does not bind changes the pairs")
		}
	}
}

func TestNearestRefuses(t *testing.T) {
	in := NearestInput{Score: []float64{1, 2, math.NaN()}, Treated: []bool{true, false, false}}
	if _, err := Nearest(in, NearestOptions{}); fault.CodeOf(err) != "not_finite" || fault.StatusOf(err) != fault.Data {
		t.Errorf("%v", err)
	}
	in = NearestInput{Score: []float64{1, 2}, Treated: []bool{true, true}}
	if _, err := Nearest(in, NearestOptions{}); fault.CodeOf(err) != "too_few_rows" {
		t.Errorf("%v", err)
	}
	in.Treated[1] = false
	if _, err := Nearest(in, NearestOptions{Estimand: ATE}); fault.StatusOf(err) != fault.Usage {
		t.Errorf("%v", err)
	}
}

func BenchmarkBarNearest(b *testing.B) {
	for _, c := range []struct {
		name   string
		n      int
		strata int
		opt    NearestOptions
		limit  time.Duration
	}{
		{"caliper/n=1000000/treated=0.35/selection=strong", 1_000_000, 1, NearestOptions{Caliper: 0.2}, 1500 * time.Millisecond},
		{"caliper/n=10000000/treated=0.35/selection=strong", 10_000_000, 1, NearestOptions{Caliper: 0.2}, 15 * time.Second},
		{"exact/n=100000/strata=1000", 100_000, 1000, NearestOptions{Caliper: 0.2}, 100 * time.Millisecond},
	} {
		b.Run(c.name, func(b *testing.B) {
			in := selected(c.n, -1, c.strata)
			c.opt.Workers = 1
			bar.Loop(b, bar.Bar{Time: c.limit, Memory: 64 * int64(c.n)}, func() { // 64 bytes a row beyond the data
				if _, err := Nearest(in, c.opt); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
