package matching

import (
	"math"
	"math/rand/v2"
	"testing"
)

// writtenOut is a weighted problem with each row as often as its weight says; from is the row that a copy came from.
func writtenOut(in NearestInput) (out NearestInput, from []int) {
	for i, w := range in.Base {
		for range int(w) {
			from = append(from, i)
		}
	}
	out = NearestInput{}
	for _, i := range from {
		out.Treated = append(out.Treated, in.Treated[i])
		out.Key = append(out.Key, in.Key[i])
		if in.Score != nil {
			out.Score = append(out.Score, in.Score[i])
		}
		if in.Stratum != nil {
			out.Stratum = append(out.Stratum, in.Stratum[i])
		}
	}
	for _, col := range in.Points {
		var c []float64
		for _, i := range from {
			c = append(c, col[i])
		}
		out.Points = append(out.Points, c)
	}
	return out, from
}

// TestWeightsAreDuplication: a whole weight is the row written out that often, for every order, with and without
// replacement, on a score and between points: the weight of a row is the sum of those of its copies. Scores are continuous:
// among candidates at equal distance on both sides the number of rows between decides, and copies add to it. A ratio is
// tried where each row finds all its matches, see byAmounts.
func TestWeightsAreDuplication(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 1))
	compared, reused, dropped := 0, 0, 0
	for trial := range 6000 {
		n := 3 + r.IntN(12)
		in := NearestInput{Treated: make([]bool, n), Key: make([]uint64, n), Base: make([]float64, n)}
		in.Score = make([]float64, n)
		for i := range n {
			in.Score[i], in.Treated[i], in.Key[i], in.Base[i] = r.NormFloat64(), r.IntN(3) == 0, r.Uint64(), float64(r.IntN(4))
		}
		in.Treated[0], in.Treated[1], in.Base[0], in.Base[1] = true, false, 1+float64(r.IntN(3)), 1
		if r.IntN(2) == 0 {
			in.Stratum = make([]int32, n)
			for i := range n {
				in.Stratum[i] = int32(r.IntN(2))
			}
		}
		opt := NearestOptions{Replace: r.IntN(3) == 0, Order: []Order{Largest, Smallest, DataOrder, RandomOrder}[r.IntN(4)], Seed: r.Uint64(),
			Amounts: true, Estimand: Estimand(r.IntN(2))}
		if r.IntN(2) == 0 {
			opt.Caliper, opt.CaliperUnit = r.Float64(), CaliperUnit(r.IntN(2))
		}
		if opt.Replace {
			opt.Ratio = 1 + r.IntN(3)
		} else if r.IntN(3) == 0 {
			opt.ReuseMax = 1 + r.IntN(2)
		}
		if trial%3 == 0 {
			in.Points = [][]float64{make([]float64, n), make([]float64, n)}
			for i := range n {
				in.Points[0][i], in.Points[1][i] = r.NormFloat64(), r.NormFloat64()
			}
		}
		weighted, err := Nearest(in, opt)
		if err != nil {
			t.Fatal(err)
		}
		copies, from := writtenOut(in)
		opt.Amounts = false
		plain, err := Nearest(copies, opt)
		if err != nil { // every row of a group has weight 0
			continue
		}
		// Without base weights Matched scales to mean 1; its pairs say the same without.
		want := make([]float64, n)
		counted := map[int32]int{}
		focal := func(p Pair) (int32, int32) {
			if opt.Estimand == ATC {
				return p.Comparison, p.Treated
			}
			return p.Treated, p.Comparison
		}
		for _, p := range plain.Pairs {
			f, _ := focal(p)
			counted[f]++
		}
		short := false
		for _, p := range plain.Pairs {
			f, o := focal(p)
			want[from[f]] += 1 / float64(counted[f])
			want[from[o]] += 1 / float64(counted[f])
			short = short || !opt.Replace && counted[f] < opt.Ratio
		}
		if short {
			continue
		}
		for i := range n {
			if math.Abs(weighted.Weight[i]-want[i]) > 1e-9 {
				t.Fatalf("trial %d, row %d weighs %g, written out %g\n%+v\n%+v", trial, i, weighted.Weight[i], want[i], in, opt)
			}
			if in.Treated[i] != (opt.Estimand == ATT) && want[i] > 1 {
				reused++
			}
			if in.Treated[i] == (opt.Estimand == ATT) && want[i] < in.Base[i] {
				dropped++
			}
		}
		y := make([]float64, n)
		cluster := make([]int32, n)
		for i := range y {
			y[i], cluster[i] = r.NormFloat64(), int32(i)
		}
		e := weighted.ATT(y, nil, cluster, n)
		var sum, total [2]float64
		for i, w := range want {
			sum[group(in.Treated[i])] += w * y[i]
			total[group(in.Treated[i])] += w
		}
		if total[1] > 0 && math.Abs(e.Estimate-(sum[1]/total[1]-sum[0]/total[0])) > 1e-9 {
			t.Fatalf("trial %d: estimate %g", trial, e.Estimate)
		}
		compared++
	}
	if compared < 4000 || reused < 1000 || dropped < 1000 {
		t.Fatalf("only %d problems, %d rows used more than once and %d dropped in part: the test does not try enough", compared, reused, dropped)
	}
}

// TestWeightsOfOneAreNoWeights: with weight 1 throughout, amounts are rows.
func TestWeightsOfOneAreNoWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(42, 1))
	for range 2000 {
		in, opt := problem(r)
		opt.LikeMatchIt, opt.PersonMax = false, 0
		if opt.Order == Closest {
			opt.Order = Largest
		}
		if opt.ReuseMax > 1 || opt.Replace {
			opt.ReuseMax = 0
		}
		plain, err := Nearest(in, opt)
		if err != nil {
			continue
		}
		in.Base = make([]float64, len(in.Treated))
		for i := range in.Base {
			in.Base[i] = 1
		}
		opt.Amounts = true
		weighted, err := Nearest(in, opt)
		if err != nil {
			t.Fatal(err)
		}
		if len(plain.Pairs) != len(weighted.Pairs) {
			t.Fatalf("%d pairs, with weights %d\n%+v %+v", len(plain.Pairs), len(weighted.Pairs), in, opt)
		}
		for i, p := range plain.Pairs {
			if q := weighted.Pairs[i]; p.Treated != q.Treated || p.Comparison != q.Comparison {
				t.Fatalf("pair %+v, with weights %+v", p, q)
			}
		}
	}
}

// TestRefusedWithWeights: what amounts are not defined with is refused, not done otherwise.
func TestRefusedWithWeights(t *testing.T) {
	in := NearestInput{Score: []float64{1, 2}, Treated: []bool{true, false}, Base: []float64{1, 1}, Unit: []int32{0, 1}}
	for _, opt := range []NearestOptions{{Order: Closest}, {PersonMax: 1}, {ReuseMax: 2, Ratio: 2}} {
		opt.Amounts = true
		if _, err := Nearest(in, opt); err == nil {
			t.Errorf("%+v is taken", opt)
		}
	}
}
