package matching

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/analysis/estimate"
)

// Every shuffle of treatment inside sets, counted out: T has mean 0 and the covariance that the formula says, and the
// permutation p-value is the share of shuffles that reach the statistic.
func TestOmnibusAgainstEveryShuffle(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 9))
	for range 30 {
		set := []int32{0, 0, 0, 0, 1, 1, 1, 2, 2, -1, 3, 3}
		treated := []bool{true, true, false, false, true, false, false, false, true, true, true, true} // set 3 has one group, row 9 is out
		x := [][]float64{make([]float64, len(set)), make([]float64, len(set))}
		for j := range x {
			for i := range x[j] {
				x[j][i] = float64(rng.IntN(7))
			}
		}
		var all [][]bool
		for m := range 1 << len(set) {
			d, ok := make([]bool, len(set)), true
			count := map[int32]int{}
			for i := range d {
				d[i] = m>>i&1 == 1
				if d[i] {
					count[set[i]]++
				}
			}
			for s, n := range map[int32]int{0: 2, 1: 1, 2: 1, 3: 2, -1: 1} {
				ok = ok && count[s] == n
			}
			if ok && d[9] {
				all = append(all, d)
			}
		}
		if len(all) != 6*3*2 {
			t.Fatalf("%d shuffles", len(all))
		}
		total := func(d []bool, j int) float64 {
			sum := 0.
			for i, s := range set {
				share := map[int32]float64{0: 0.5, 1: 1. / 3, 2: 0.5}
				f, in := share[s]
				if !in {
					continue
				}
				if d[i] {
					sum += x[j][i]
				}
				sum -= f * x[j][i]
			}
			return sum
		}
		v := mat.NewDense(2, 2, nil)
		for _, d := range all {
			a, b := total(d, 0), total(d, 1)
			for i, p := range []float64{a * a, a * b, a * b, b * b} {
				v.RawMatrix().Data[i] += p / float64(len(all))
			}
		}
		var inverse mat.Dense
		if inverse.Inverse(v) != nil {
			continue
		}
		statistic := func(d []bool) float64 {
			z := mat.NewVecDense(2, []float64{total(d, 0), total(d, 1)})
			return mat.Inner(z, &inverse, z)
		}
		got := Omnibus(x, treated, set, 3000, 1)
		want := statistic(treated)
		if math.Abs(got.Statistic-want) > 1e-9*(1+want) || got.DF != 2 {
			t.Fatalf("%+v, by hand %v", got, want)
		}
		reached := 0.
		for _, d := range all {
			if statistic(d) >= want*(1-1e-9) {
				reached += 1 / float64(len(all))
			}
		}
		if math.Abs(got.Permuted-reached) > 4*math.Sqrt(reached*(1-reached)/3000)+1e-3 {
			t.Errorf("permuted %v, counted out %v", got.Permuted, reached)
		}
	}
	if o := Omnibus([][]float64{{1, 2}}, []bool{true, true}, []int32{0, 0}, 10, 1); !math.IsNaN(o.PValue) || o.DF != 0 {
		t.Errorf("one group: %+v", o)
	}
}

// One column: F is the squared difference of weighted means over its robust variance. A column twice counts once; scale, shift and
// the order of rows do not matter; a person's rows go together.
func TestJointBalance(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const n = 60
	x, treated, w, cluster := [][]float64{make([]float64, n), make([]float64, n)}, make([]bool, n), make([]float64, n), make([]int32, n)
	for i := range n {
		x[0][i], x[1][i] = rng.NormFloat64(), rng.ExpFloat64()
		treated[i], w[i], cluster[i] = rng.IntN(3) == 0, float64(rng.IntN(3)), int32(i/2)
	}
	var total, mean [2]float64
	for i := range n {
		total[group(treated[i])] += w[i]
		mean[group(treated[i])] += w[i] * x[0][i]
	}
	mean[0], mean[1] = mean[0]/total[0], mean[1]/total[1]
	rows, persons := 0., map[int32]float64{}
	for i := range n {
		g := group(treated[i])
		psi := float64(2*g-1) * w[i] * (x[0][i] - mean[g]) / total[g]
		rows += psi * psi
		persons[cluster[i]] += psi
	}
	byPerson := 0.
	for _, s := range persons {
		byPerson += s * s
	}
	d := mean[1] - mean[0]
	if got := JointBalance(x[:1], treated, w, nil, 0); math.Abs(got.Statistic-d*d/rows) > 1e-9 || got.DF != 1 {
		t.Errorf("by row: %+v, want %v", got, d*d/rows)
	}
	if got := JointBalance(x[:1], treated, w, cluster, n/2); math.Abs(got.Statistic-d*d/byPerson) > 1e-9 {
		t.Errorf("by person: %+v, want %v", got, d*d/byPerson)
	}
	same := func(name string, a, b estimate.Wald) {
		t.Helper()
		if math.Abs(a.Statistic-b.Statistic) > 1e-8 || math.Abs(a.PValue-b.PValue) > 1e-9 || a.DF != b.DF {
			t.Errorf("%s: %+v, %+v", name, a, b)
		}
	}
	both := JointBalance(x, treated, w, cluster, n/2)
	moved := make([]float64, n)
	for i := range moved {
		moved[i] = 1e5 + 300*x[1][i]
	}
	constant := make([]float64, n)
	same("scaled, doubled and a constant", both, JointBalance([][]float64{x[0], moved, x[1], constant}, treated, w, cluster, n/2))
	perm := rng.Perm(n)
	y, tr, v, cl := [][]float64{make([]float64, n), make([]float64, n)}, make([]bool, n), make([]float64, n), make([]int32, n)
	for a, i := range perm {
		y[0][a], y[1][a], tr[a], v[a], cl[a] = x[0][i], x[1][i], treated[i], w[i], cluster[i]
	}
	same("row order", both, JointBalance(y, tr, v, cl, n/2))
}

// Where treatment is drawn by a coin the test rejects at its level: 5 % of 2,000 draws have a Monte Carlo error of 0.5 points.
func TestJointBalanceHoldsItsLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	const n, draws = 200, 2000
	rejected, shuffled := 0, 0
	for range draws {
		x, treated, w, set := make([][]float64, 4), make([]bool, n), make([]float64, n), make([]int32, n)
		for j := range x {
			x[j] = make([]float64, n)
		}
		for i := range n {
			for j := range x {
				x[j][i] = rng.NormFloat64()
			}
			treated[i], w[i], set[i] = rng.IntN(2) == 0, 1, int32(i%5)
		}
		if JointBalance(x, treated, w, nil, 0).PValue < 0.05 {
			rejected++
		}
		if Omnibus(x, treated, set, 0, 1).PValue < 0.05 {
			shuffled++
		}
	}
	for name, r := range map[string]int{"F": rejected, "omnibus": shuffled} {
		if share := float64(r) / draws; math.Abs(share-0.05) > 0.015 {
			t.Errorf("%s rejects %.4f", name, share)
		}
	}
}

// Squares and products agree with BalanceOf on the columns of Expand.
func TestProductBalanceAgainstExpand(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	const n = 700 // more than one block
	x, treated, w, base := make([][]float64, 4), make([]bool, n), make([]float64, n), make([]float64, n)
	for j := range x {
		x[j] = make([]float64, n)
	}
	for i := range n {
		x[0][i], x[1][i], x[2][i], x[3][i] = rng.NormFloat64(), float64(rng.IntN(2)), float64(rng.IntN(2)), rng.ExpFloat64()
		treated[i], w[i], base[i] = i%3 == 0, max(rng.Float64()-0.2, 0), 0.5+rng.Float64() // some rows of both arms weigh nothing
	}
	names := []string{"a", "b", "c", "d"}
	for _, base := range [][]float64{nil, base} {
		more, moreNames := Expand(x, names, 2, true)
		rows := BalanceOf(more[4:], moreNames[4:], treated, w, base, BalanceOptions{})
		rows = rows[len(rows)/2:]
		got := ProductBalance(x, names, treated, w, base, true, true)
		if len(got) != len(rows) {
			t.Fatalf("%d rows, %d of Expand", len(got), len(rows))
		}
		for i, r := range rows {
			if got[i].Variable != r.Variable || math.Abs(got[i].SMD-r.SMD) > 1e-12 {
				t.Errorf("%+v, want %s %v", got[i], r.Variable, r.SMD)
			}
		}
	}
}
