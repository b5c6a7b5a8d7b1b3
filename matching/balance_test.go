package matching

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"tiltakseffekt/internal/random"
)

// The distribution functions by counting, at each distinct value.
func TestBalanceAgainstBruteForce(t *testing.T) {
	for seed := range uint64(3000) {
		r := random.New(seed, "balance")
		n := 4 + r.IntN(30)
		x, treated := make([]float64, n), make([]bool, n)
		base, weight := make([]float64, n), make([]float64, n)
		step := []float64{1, 0.5, 1e-3}[r.IntN(3)]
		for i := range x {
			x[i] = math.Floor(r.Float64()*12) * step
			treated[i] = i < 2 || i > 3 && r.IntN(2) == 0
			base[i] = 0.5 + r.Float64()
			weight[i] = base[i] * float64(r.IntN(3))
			if i < 4 {
				weight[i] = base[i]
			}
		}
		rows := Balance([][]float64{x}, []string{"x"}, treated, weight, base)
		for k, w := range [][]float64{base, weight} {
			var sum [2]float64
			for i := range x {
				sum[group(treated[i])] += w[i]
			}
			f := func(v float64, g int) float64 {
				s := 0.
				for i := range x {
					if group(treated[i]) == g && x[i] <= v {
						s += w[i]
					}
				}
				return s / sum[g]
			}
			values := slices.Clone(x)
			slices.Sort(values)
			values = slices.Compact(values)
			mean, largest := 0., 0.
			for _, v := range values {
				d := math.Abs(f(v, 1) - f(v, 0))
				mean += d / float64(len(values))
				largest = max(largest, d)
			}
			if rows[k].Binary {
				mean = math.Abs(rows[k].MeanTreated - rows[k].MeanComparison)
				largest = mean
			}
			if math.Abs(mean-rows[k].ECDFMean) > 1e-12 || math.Abs(largest-rows[k].ECDFMax) > 1e-12 {
				t.Fatalf("seed %d: %+v, want %g and %g", seed, rows[k], mean, largest)
			}
		}
	}
}

func TestBalanceDegenerate(t *testing.T) {
	treated := []bool{true, true, false, false}
	rows := Balance([][]float64{{5, 5, 1, 3}, {2, 2, 2, 2}}, nil, treated, nil, nil)
	if rows[0].SMD != 3/math.Sqrt(1) { // the treated do not vary: pooled within groups, (0 + 2)/2
		t.Errorf("%+v", rows[0])
	}
	if rows[1].SMD != 0 || rows[1].ECDFMax != 0 {
		t.Errorf("%+v", rows[1])
	}
	rows = Balance([][]float64{{5, 4, 1, 3}}, nil, treated, []float64{1, 1, 0, 0}, nil)
	if !math.IsNaN(rows[1].MeanComparison) || !math.IsNaN(rows[1].SMD) || !math.IsNaN(rows[1].ECDFMax) {
		t.Errorf("a group without weight: %+v", rows[1])
	}
}

func TestCommonSupport(t *testing.T) {
	score := []float64{0.1, 0.5, 0.9, 0.3, 0.6, 0.05}
	treated := []bool{true, true, true, false, false, false}
	for rule, want := range map[Discard][]bool{
		DiscardNone:       nil,
		DiscardTreated:    {false, false, true, false, false, false},
		DiscardComparison: {false, false, false, false, false, true},
		DiscardBoth:       {false, false, true, false, false, true},
	} {
		if got := CommonSupport(score, treated, rule); !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %v", rule, got)
		}
	}
}

// The condition that defines α: 1/(α(1−α)) is twice the mean of 1/(p(1−p)) over the rows kept.
func TestCrumpTrim(t *testing.T) {
	for seed := range uint64(200) {
		r := random.New(seed, "crump")
		score := make([]float64, 500)
		for i := range score {
			score[i] = 1 / (1 + math.Exp(-3*r.NormFloat64()+1))
		}
		a := CrumpTrim(score)
		sum, kept := 0., 0.
		for _, p := range score {
			if g := 1 / (p * (1 - p)); p >= a && p <= 1-a {
				sum += g
				kept++
			}
		}
		if a == 0 || math.Abs(1/(a*(1-a))-2*sum/kept) > 1e-9*sum/kept {
			t.Fatalf("seed %d: alpha %g, bound %g, twice the mean %g", seed, a, 1/(a*(1-a)), 2*sum/kept)
		}
	}
	if a := CrumpTrim([]float64{0.4, 0.5, 0.6}); a != 0 {
		t.Errorf("nothing to trim, got %g", a)
	}
}

func TestOverlap(t *testing.T) {
	bins := Overlap([]float64{0, 0.1, 0.5, 0.95, 1}, []bool{true, false, false, true, true}, nil, 0, 1, 4)
	if bins[0].Treated != 1 || bins[0].Comparison != 1 || bins[2].Comparison != 1 || bins[3].Treated != 2 ||
		math.Abs(bins[3].WeightedTreated-2./3) > 1e-15 {
		t.Errorf("%+v", bins)
	}
}

// Several weightings at once are each of them alone.
func TestBalanceOfEach(t *testing.T) {
	r := random.New(5, "balance of each")
	n := 200
	treated, base := make([]bool, n), make([]float64, n)
	x, weights := make([][]float64, 5), make([][]float64, 3)
	for i := range n {
		treated[i], base[i] = r.IntN(3) == 0, 1+r.Float64()
	}
	for j := range x {
		x[j] = make([]float64, n)
		for i := range x[j] {
			x[j][i] = []float64{r.Float64(), float64(r.IntN(2)), float64(r.IntN(30)), math.Log(float64(1 + r.IntN(9))), 3}[j]
		}
	}
	for k := range weights {
		weights[k] = make([]float64, n)
		for i := range weights[k] {
			weights[k][i] = float64(r.IntN(3)) * r.Float64()
		}
	}
	all := BalanceOfEach(x, nil, treated, weights, base, BalanceOptions{})
	products := ProductBalanceOfEach(x, nil, treated, weights, base, true, true)
	same := func(a, b float64) bool { return a == b || a != a && b != b }
	for k, w := range weights {
		alone := BalanceOf(x, nil, treated, w, base, BalanceOptions{})
		for j, want := range alone {
			got := all[j]
			if j >= len(x) {
				got = all[k*len(x)+j]
			}
			if !same(got.VarianceRatio, want.VarianceRatio) {
				t.Errorf("weighting %d: %+v, want %+v", k, got, want)
			}
			got.VarianceRatio, want.VarianceRatio = 0, 0
			if got != want {
				t.Errorf("weighting %d: %+v, want %+v", k, got, want)
			}
		}
		want := append(ProductBalance(x, nil, treated, w, base, true, false), ProductBalance(x, nil, treated, w, base, false, true)...)
		if !slices.Equal(products[k], want) {
			t.Errorf("weighting %d: products %v, want %v", k, products[k], want)
		}
	}
}
