package matching

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
	"tiltakseffekt/internal/random"
)

func lineProblem(r *rand.Rand, most int) NearestInput {
	n := 2 + r.IntN(most-1)
	in := NearestInput{Score: make([]float64, n), Treated: make([]bool, n)}
	grid := []float64{4, 20, 1e6}[r.IntN(3)]
	for i := range n {
		in.Score[i] = math.Floor(r.Float64() * grid)
		in.Treated[i] = r.IntN(3) == 0
	}
	in.Treated[0], in.Treated[1] = true, false
	return in
}

// The least cost by trying every assignment.
func slowOptimal(in NearestInput, focal []int, ratio int, used []bool) float64 {
	if len(focal) == 0 {
		return 0
	}
	best := math.Inf(1)
	var choose func(from, left int, cost float64)
	choose = func(from, left int, cost float64) {
		if left == 0 {
			best = min(best, cost+slowOptimal(in, focal[1:], ratio, used))
			return
		}
		for j := from; j < len(used); j++ {
			if in.Treated[j] != in.Treated[focal[0]] && !used[j] {
				used[j] = true
				choose(j+1, left-1, cost+math.Abs(in.Score[j]-in.Score[focal[0]]))
				used[j] = false
			}
		}
	}
	choose(0, ratio, 0)
	return best
}

func TestOptimalAgainstBruteForce(t *testing.T) {
	r := random.New(4, "optimal brute force")
	for range 20000 {
		in := lineProblem(r, 9)
		opt := OptimalOptions{Ratio: 1 + r.IntN(2), Estimand: Estimand(r.IntN(2)), Seed: r.Uint64()}
		m, err := Optimal(in, opt)
		if err != nil {
			t.Fatal(err)
		}
		var rows [2][]int
		for i, d := range in.Treated {
			rows[group(d)] = append(rows[group(d)], i)
		}
		target := group(opt.Estimand == ATT)
		ratio := opt.Ratio
		if others := len(rows[1-target]); others < ratio*len(rows[target]) {
			ratio = others / len(rows[target])
			if ratio == 0 {
				target, ratio = 1-target, 1
			}
		}
		got := 0.
		uses := make([]int, len(in.Score))
		for _, p := range m.Pairs {
			got += p.Distance
			uses[p.Treated]++
			uses[p.Comparison]++
		}
		for _, i := range rows[target] {
			if uses[i] != ratio {
				t.Fatalf("row %d has %d matches, want %d", i, uses[i], ratio)
			}
		}
		for _, i := range rows[1-target] {
			if uses[i] > 1 {
				t.Fatalf("row %d is used %d times", i, uses[i])
			}
		}
		if want := slowOptimal(in, rows[target], ratio, make([]bool, len(in.Score))); math.Abs(got-want) > 1e-9*(1+want) {
			t.Fatalf("cost %g, the least is %g: %+v %+v", got, want, in, opt)
		}
	}
}

// The largest Σ (caliper − distance) over matchings in which a row of the target group has at most ratio matches, by trying
// every one.
func slowSubset(in NearestInput, focal []int, ratio int, caliper float64, used []bool) float64 {
	if len(focal) == 0 {
		return 0
	}
	best := math.Inf(-1)
	var choose func(from, left int, gain float64)
	choose = func(from, left int, gain float64) {
		best = max(best, gain+slowSubset(in, focal[1:], ratio, caliper, used))
		if left == 0 {
			return
		}
		for j := from; j < len(used); j++ {
			if d := math.Abs(in.Score[j] - in.Score[focal[0]]); in.Treated[j] != in.Treated[focal[0]] && !used[j] && d <= caliper {
				used[j] = true
				choose(j+1, left-1, gain+caliper-d)
				used[j] = false
			}
		}
	}
	choose(0, ratio, 0)
	return best
}

func TestOptimalSubsetAgainstBruteForce(t *testing.T) {
	r := random.New(8, "optimal subset brute force")
	for range 20000 {
		in := lineProblem(r, 9)
		span := 0.
		for _, v := range in.Score {
			span = max(span, v)
		}
		opt := OptimalOptions{Ratio: 1 + r.IntN(3), Estimand: Estimand(r.IntN(2)), Unit: CaliperRaw, Seed: r.Uint64(), Caliper: math.Ceil(span*r.Float64()) / 2}
		if opt.Caliper == 0 {
			opt.Caliper = 0.5
		}
		m, err := Optimal(in, opt)
		if err != nil {
			t.Fatal(err)
		}
		target := opt.Estimand == ATT
		var focal []int
		for i, d := range in.Treated {
			if d == target {
				focal = append(focal, i)
			}
		}
		got := 0.
		uses := make([]int, len(in.Score))
		for _, p := range m.Pairs {
			if p.Distance > opt.Caliper || !in.Treated[p.Treated] || in.Treated[p.Comparison] || p.Distance != math.Abs(in.Score[p.Treated]-in.Score[p.Comparison]) {
				t.Fatalf("pair %+v: %+v %+v", p, in, opt)
			}
			got += opt.Caliper - p.Distance
			uses[p.Treated]++
			uses[p.Comparison]++
		}
		for i, u := range uses {
			if most := map[bool]int{true: opt.Ratio, false: 1}[in.Treated[i] == target]; u > most {
				t.Fatalf("row %d is used %d times", i, u)
			}
		}
		if want := slowSubset(in, focal, opt.Ratio, opt.Caliper, make([]bool, len(in.Score))); math.Abs(got-want) > 1e-9*(1+want) {
			t.Fatalf("Σ(caliper − distance) is %g, the largest is %g: %+v %+v", got, want, in, opt)
		}
		if opt.Ratio > 1 {
			continue
		}
		// The most pairs: try every matching with a gain of one a pair.
		flat := in
		most := MostPairs(flat.Score, flat.Treated, nil, nil, opt.Caliper)
		if want := slowMost(in, focal, opt.Caliper, make([]bool, len(in.Score))); most != want || len(m.Pairs) > most {
			t.Fatalf("%d pairs at most, by trying %d; %d made: %+v", most, want, len(m.Pairs), in)
		}
	}
}

func slowMost(in NearestInput, focal []int, caliper float64, used []bool) int {
	if len(focal) == 0 {
		return 0
	}
	best := slowMost(in, focal[1:], caliper, used)
	for j := range used {
		if in.Treated[j] != in.Treated[focal[0]] && !used[j] && math.Abs(in.Score[j]-in.Score[focal[0]]) <= caliper {
			used[j] = true
			best = max(best, 1+slowMost(in, focal[1:], caliper, used))
			used[j] = false
		}
	}
	return best
}

// The cheapest cover: the nearest row of the other group for each row, less what pairs save.
func slowCover(in NearestInput, rows []int, nearest []float64, reach float64) float64 {
	if len(rows) == 0 {
		return 0
	}
	i, rest := rows[0], rows[1:]
	best := nearest[i] + slowCover(in, rest, nearest, reach)
	for k, j := range rest {
		if d := math.Abs(in.Score[i] - in.Score[j]); in.Treated[i] != in.Treated[j] && d <= reach {
			others := append(append([]int{}, rest[:k]...), rest[k+1:]...)
			best = min(best, d+slowCover(in, others, nearest, reach))
		}
	}
	return best
}

func TestFullAgainstBruteForce(t *testing.T) {
	r := random.New(6, "full brute force")
	for problem := range 40000 {
		in := lineProblem(r, 8)
		n := len(in.Score)
		opt, reach := OptimalOptions{Seed: r.Uint64()}, math.Inf(1)
		if problem%2 == 1 {
			reach = (math.Ceil(slices.Max(in.Score)*r.Float64()) + 1) / 2
			opt.Caliper, opt.Unit = reach, CaliperRaw
		}
		s, cost, err := Full(in, opt)
		if fault.CodeOf(err) == "no_overlap" && problem%2 == 1 {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		nearest := make([]float64, n)
		var rows []int
		for i := range n {
			nearest[i] = math.Inf(1)
			for j := range n {
				if in.Treated[i] != in.Treated[j] {
					nearest[i] = min(nearest[i], math.Abs(in.Score[i]-in.Score[j]))
				}
			}
			if nearest[i] <= reach {
				rows = append(rows, i)
			}
		}
		if want := slowCover(in, rows, nearest, reach); math.Abs(cost-want) > 1e-9*(1+want) {
			t.Fatalf("cost %g, the least is %g: %+v %+v", cost, want, in, opt)
		}
		checkFull(t, in, s, cost, reach)
	}
}

// checkFull: every row that has somebody within reach is in a set with one row of one group, no distance is beyond reach, and
// the distances sum to the cost.
func checkFull(t *testing.T, in NearestInput, s *Subclassed, cost, reach float64) {
	t.Helper()
	sets := make([][2][]int, s.Cells)
	for i, c := range s.Subclass {
		if c < 0 {
			for j := range in.Score {
				if in.Treated[i] != in.Treated[j] && math.Abs(in.Score[i]-in.Score[j]) <= reach {
					t.Fatalf("row %d is in no set: %+v", i, in)
				}
			}
			continue
		}
		g := group(in.Treated[i])
		sets[c][g] = append(sets[c][g], i)
	}
	sum := 0.
	for _, set := range sets {
		if min(len(set[0]), len(set[1])) != 1 {
			t.Fatalf("a set of %d and %d: %+v", len(set[0]), len(set[1]), in)
		}
		for _, a := range set[0] {
			for _, b := range set[1] {
				d := math.Abs(in.Score[a] - in.Score[b])
				if sum += d; d > reach {
					t.Fatalf("rows %d and %d are %g apart", a, b, d)
				}
			}
		}
	}
	if math.Abs(sum-cost) > 1e-9*(1+cost) {
		t.Fatalf("the sets cost %g, not %g", sum, cost)
	}
}

func TestOptimalStrataAndWorkers(t *testing.T) {
	in := selected(60000, -1.5, 50)
	one, err := Optimal(in, OptimalOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	four, _ := Optimal(in, OptimalOptions{Workers: 4})
	if !reflect.DeepEqual(one.Pairs, four.Pairs) {
		t.Error("the pairs depend on the number of workers")
	}
	for _, p := range one.Pairs {
		if in.Stratum[p.Treated] != in.Stratum[p.Comparison] {
			t.Fatal("a pair across strata")
		}
	}
	a, costA, err := Full(in, OptimalOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, costB, _ := Full(in, OptimalOptions{Workers: 4})
	if !reflect.DeepEqual(a, b) || costA != costB {
		t.Error("the sets depend on the number of workers")
	}
	checkFull(t, in, a, costA, math.Inf(1))
	greedy, err := Nearest(in, NearestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sum := func(m *Matched) (s float64) {
		for _, p := range m.Pairs {
			s += p.Distance
		}
		return s
	}
	if len(one.Pairs) != len(greedy.Pairs) || sum(one) > sum(greedy) {
		t.Errorf("optimal %d pairs at %g, greedy %d at %g", len(one.Pairs), sum(one), len(greedy.Pairs), sum(greedy))
	}
}

// optmatch solves on a grid of distances and stops short of the optimum (by 2e-5 of the total distance in the pairs, 4e-3 in
// the full matching), so that its matched rows, and its estimates with them, are others. What must agree is the cost, to
// that, and never in its favour.
func TestOptimalOracle(t *testing.T) {
	s := lalonde(t)
	ref := oracle.JSON(t, "lalonde_psm/result.json").At("matching")
	in := NearestInput{Score: s.fit.Fitted, Treated: s.treated}
	for name, ratio := range map[string]int{"optimal_1to1": 1, "optimal_ratio2": 2} {
		m, err := Optimal(in, OptimalOptions{Ratio: ratio})
		if err != nil {
			t.Fatal(err)
		}
		r := ref.At(name)
		want, own := 0., 0.
		others := r.At("pairs", "control_ids").List()
		for i, id := range r.At("pairs", "treated_id").Floats() {
			for _, o := range others[i].List() {
				want += math.Abs(in.Score[int(id)-1] - in.Score[int(o.Float())-1])
			}
		}
		for _, p := range m.Pairs {
			own += p.Distance
		}
		r.At("n_pairs").Equal(len(m.Pairs))
		oracle.Known(t, "lalonde_psm:matching:"+name+":total distance", own, want, 1e-3)
		if own > want*(1+1e-12) {
			t.Errorf("%s: total distance %.10g, the reference has %.10g", name, own, want)
		}
	}
	for name, e := range map[string]Estimand{"full_ATT": ATT, "full_ATE": ATE} {
		c, cost, err := Full(in, OptimalOptions{Estimand: e})
		if err != nil {
			t.Fatal(err)
		}
		r := ref.At(name)
		sets := map[string][2][]int{}
		names := r.At("weights", "subclass").List()
		for i, id := range r.At("weights", "id").Floats() {
			k := names[i].Text()
			v := sets[k]
			g := group(s.treated[int(id)-1])
			v[g] = append(v[g], int(id)-1)
			sets[k] = v
		}
		want := 0.
		for _, v := range sets {
			for _, a := range v[0] {
				for _, b := range v[1] {
					want += math.Abs(in.Score[a] - in.Score[b])
				}
			}
		}
		oracle.Known(t, "lalonde_psm:matching:"+name+":total distance", cost, want, 1e-2)
		if cost > want*(1+1e-12) {
			t.Errorf("%s: total distance %.10g, the reference has %.10g", name, cost, want)
		}
		checkFull(t, in, c, cost, math.Inf(1))
	}
}

func BenchmarkOptimal(b *testing.B) {
	in := selected(1_000_000, -1.5, 1)
	b.Run("pair/n=1000000", func(b *testing.B) {
		for b.Loop() {
			if _, err := Optimal(in, OptimalOptions{Workers: 1}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("full/n=1000000", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := Full(in, OptimalOptions{Workers: 1}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
