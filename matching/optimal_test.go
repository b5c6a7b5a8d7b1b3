package matching

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

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

// The cheapest cover: the nearest row of the other group for each row, less what pairs save.
func slowCover(in NearestInput, rows []int, nearest []float64) float64 {
	if len(rows) == 0 {
		return 0
	}
	i, rest := rows[0], rows[1:]
	best := nearest[i] + slowCover(in, rest, nearest)
	for k, j := range rest {
		if in.Treated[i] != in.Treated[j] {
			others := append(append([]int{}, rest[:k]...), rest[k+1:]...)
			best = min(best, math.Abs(in.Score[i]-in.Score[j])+slowCover(in, others, nearest))
		}
	}
	return best
}

func TestFullAgainstBruteForce(t *testing.T) {
	r := random.New(6, "full brute force")
	for range 20000 {
		in := lineProblem(r, 8)
		n := len(in.Score)
		s, cost, err := Full(in, OptimalOptions{Seed: r.Uint64()})
		if err != nil {
			t.Fatal(err)
		}
		nearest := make([]float64, n)
		rows := make([]int, n)
		for i := range rows {
			rows[i], nearest[i] = i, math.Inf(1)
			for j := range n {
				if in.Treated[i] != in.Treated[j] {
					nearest[i] = min(nearest[i], math.Abs(in.Score[i]-in.Score[j]))
				}
			}
		}
		if want := slowCover(in, rows, nearest); math.Abs(cost-want) > 1e-9*(1+want) {
			t.Fatalf("cost %g, the least is %g: %+v", cost, want, in)
		}
		checkFull(t, in, s, cost)
	}
}

// checkFull: every row is in a set with one row of one group, and the distances sum to the cost.
func checkFull(t *testing.T, in NearestInput, s *Subclassed, cost float64) {
	t.Helper()
	sets := make([][2][]int, s.Cells)
	for i, c := range s.Subclass {
		if c < 0 {
			t.Fatalf("row %d is in no set: %+v", i, in)
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
				sum += math.Abs(in.Score[a] - in.Score[b])
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
	checkFull(t, in, a, costA)
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
		checkFull(t, in, c, cost)
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
