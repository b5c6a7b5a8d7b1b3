package did

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"tiltakseffekt/analysis/estimate"
)

func sampleOf(rng *rand.Rand, n, k int) (Sample, []float64) {
	s := Sample{X: make([][]float64, k)}
	for j := range s.X {
		s.X[j] = make([]float64, n)
	}
	dy := make([]float64, n)
	for i := range n {
		eta := -0.5
		for j := range s.X {
			s.X[j][i] = rng.NormFloat64()
			eta += 0.4 * s.X[j][i]
			dy[i] += 0.3 * s.X[j][i]
		}
		treated := rng.Float64() < 1/(1+math.Exp(-eta))
		s.Treated = append(s.Treated, treated)
		if treated {
			dy[i]++
		}
		dy[i] += rng.NormFloat64()
		s.Weights = append(s.Weights, 0.5+rng.Float64())
		s.Cluster = append(s.Cluster, int32(rng.IntN(n/3+1)))
	}
	return s, dy
}

// An outcome missing in some rows is the sample without these rows; a Fitter used for many outcomes at once gives what one
// alone gives; inputs stay as they were.
func TestFitterReuse(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	for _, m := range []Method{DR, IPW, Reg, Imp} {
		s, dy := sampleOf(rng, 300, 3)
		f, err := NewFitter(s, m, 0.9)
		if err != nil {
			t.Fatal(err)
		}
		outcomes := [][]float64{dy}
		for k := range 6 {
			y := slices.Clone(dy)
			for i := range y {
				y[i] += float64(k) * rng.NormFloat64()
				if k > 2 && i%(k+5) == 0 {
					y[i] = math.NaN()
				}
			}
			outcomes = append(outcomes, y)
		}
		results := make([]ATT, len(outcomes))
		var wait sync.WaitGroup
		for k := range outcomes {
			wait.Go(func() { results[k] = f.ATT(outcomes[k]) })
		}
		wait.Wait()
		for k, y := range outcomes {
			var rows []int32
			for i, v := range y {
				if !math.IsNaN(v) {
					rows = append(rows, int32(i))
				}
			}
			x := make([][]float64, len(s.X))
			for j := range x {
				x[j] = pick(s.X[j], rows)
			}
			alone, err := TwoByTwo(pick(y, rows), Sample{Treated: pick(s.Treated, rows), X: x, Weights: pick(s.Weights, rows), Cluster: pick(s.Cluster, rows)}, m, 0.9)
			if err != nil {
				t.Fatal(err)
			}
			got := results[k]
			if math.Abs(got.Estimate.Estimate-alone.Estimate.Estimate) > 1e-12 || math.Abs(got.StdError-alone.StdError) > 1e-12 || got.NTreated != alone.NTreated {
				t.Errorf("%v outcome %d: %+v, alone %+v", m, k, got.Estimate, alone.Estimate)
			}
			for p, i := range rows {
				if got.Influence[i] != alone.Influence[p] {
					t.Fatalf("influence of row %d", i)
				}
			}
			if v := estimate.ClusterVariance(got.Influence, s.Cluster, 101); math.Abs(math.Sqrt(v)-got.StdError) > 1e-12 {
				t.Errorf("standard error %g, from influence %g", got.StdError, math.Sqrt(v))
			}
		}
	}
}

// The influence is the derivative of the estimate in the weight of a row: the infinitesimal jackknife.
func TestInfluenceIsDerivative(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 1))
	for _, m := range []Method{DR, IPW, Reg} {
		s, dy := sampleOf(rng, 200, 2)
		s.Cluster = nil
		a, err := TwoByTwo(dy, s, m, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 1, 2, 3, 50, 120} {
			const h = 1e-4
			value := func(step float64) float64 {
				w := slices.Clone(s.Weights)
				w[i] *= 1 + step
				b, err := TwoByTwo(dy, Sample{Treated: s.Treated, X: s.X, Weights: w}, m, 0)
				if err != nil {
					t.Fatal(err)
				}
				return b.Estimate.Estimate
			}
			slope := (value(h) - value(-h)) / (2 * h)
			// error of a central difference h²·f''' ≈ 1e-8 of a slope near 1e-2, and rounding 1e-16/h
			if math.Abs(slope-a.Influence[i]) > 1e-9 {
				t.Errorf("%v row %d: influence %g, derivative %g", m, i, a.Influence[i], slope)
			}
		}
	}
}

func TestFitterReasons(t *testing.T) {
	five := []bool{true, true, false, false, false}
	for name, c := range map[string]struct {
		s      Sample
		dy     []float64
		reason estimate.Reason
	}{
		"one treated":    {Sample{Treated: []bool{true, false, false}}, []float64{1, 2, 3}, estimate.TooFewTreated},
		"no comparison":  {Sample{Treated: []bool{true, true, true}}, []float64{1, 2, 3}, estimate.NoComparison},
		"one comparison": {Sample{Treated: []bool{true, true, false}}, []float64{1, 2, 3}, estimate.TooFewComparison},
		"separated":      {Sample{Treated: five, X: [][]float64{{5, 6, 1, 2, 3}}}, []float64{1, 2, 3, 4, 5}, estimate.NoOverlap},
		"constant":       {Sample{Treated: five}, []float64{2, 2, 2, 2, 2}, estimate.ConstantOutcome},
		"all missing":    {Sample{Treated: five}, []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()}, estimate.TooFewTreated},
	} {
		a, err := TwoByTwo(c.dy, c.s, DR, 0)
		if err != nil || a.Reason != c.reason || !math.IsNaN(a.StdError) {
			t.Errorf("%s: %+v %v", name, a.Estimate, err)
		}
	}
	a, err := TwoByTwo([]float64{1, 2, 3, 4, 5}, Sample{Treated: five, X: [][]float64{{1, 2, 0, 0, 0}}}, Reg, 0)
	if err != nil || a.Reason != estimate.Singular {
		t.Errorf("a covariate that varies among the treated only: %+v %v", a.Estimate, err)
	}
	if _, err := NewFitter(Sample{Treated: five, Weights: []float64{1, 1, -1, 1, 1}}, DR, 0); err == nil {
		t.Error("a negative weight passes")
	}
	if _, err := NewFitter(Sample{Treated: five, X: [][]float64{{1, 2, math.NaN(), 0, 0}}}, DR, 0); err == nil {
		t.Error("a missing covariate passes")
	}
}

func TestConstantBase(t *testing.T) {
	nan := math.NaN()
	if w, ok := ConstantBase([]float64{0, nan, 0, 0}); !ok || w.Code != "constant_base" {
		t.Errorf("%v %v", w, ok)
	}
	for _, base := range [][]float64{{0, 1}, {}, {nan}} {
		if _, ok := ConstantBase(base); ok {
			t.Errorf("%v is not constant", base)
		}
	}
}

func TestTranspose(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	var a [64]uint64
	for i := range a {
		a[i] = rng.Uint64()
	}
	b := a
	transpose(&b)
	for i := range 64 {
		for j := range 64 {
			if a[i]>>j&1 != b[j]>>i&1 {
				t.Fatalf("bit %d,%d", i, j)
			}
		}
	}
}

// The critical value of independent normals is known: Φ⁻¹((1 + level^(1/k))/2); of perfectly dependent ones it is the
// pointwise value.
func TestCritical(t *testing.T) {
	k := 10
	v, dependent := make([]float64, k*k), make([]float64, k*k)
	for i := range k {
		v[i*k+i] = float64(i + 1)
		for j := range k {
			dependent[i*k+j] = 4
		}
	}
	want := estimate.Quantile(2*(1+math.Pow(0.95, 1/float64(k)))/2 - 1)
	if got := critical(v, k, 0.95, 100_000, 1, "test"); math.Abs(got-want) > 0.02 { // Monte Carlo error of a quantile: sd 0.006
		t.Errorf("independent: %g, exact %g", got, want)
	}
	if got := critical(dependent, k, 0.95, 100_000, 1, "test"); math.Abs(got-estimate.Quantile(0.95)) > 0.02 {
		t.Errorf("dependent: %g", got)
	}
}

func BenchmarkFitter(b *testing.B) {
	rng := rand.New(rand.NewPCG(12, 1))
	s, dy := sampleOf(rng, 50_000, 20)
	for b.Loop() { // 36 outcomes on one sample
		f, err := NewFitter(s, DR, 0)
		if err != nil {
			b.Fatal(err)
		}
		for range 36 {
			f.ATT(dy)
		}
	}
}

// Rows clustered in two dimensions: the variance by hand, V₁ + V₂ − V₁₂ of the sums of influence, on the rows that are observed; two
// dimensions that are the same are one.
func TestFitterTwoDimensions(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 1))
	const n = 300
	s := Sample{Treated: make([]bool, n), X: [][]float64{make([]float64, n)}}
	dy := make([]float64, n)
	a, b := make([]int32, n), make([]int32, n)
	shock := [2][20]float64{}
	for k := range shock {
		for c := range shock[k] {
			shock[k][c] = rng.NormFloat64()
		}
	}
	for i := range n {
		s.X[0][i] = rng.NormFloat64()
		s.Treated[i] = rng.Float64() < 0.4
		a[i], b[i] = int32(rng.IntN(20)), int32(rng.IntN(15))
		dy[i] = s.X[0][i] + shock[0][a[i]] + shock[1][b[i]] + rng.NormFloat64()
		if i%17 == 0 {
			dy[i] = math.NaN()
		}
	}
	s.Clusters = [][]int32{a, b}
	got, err := TwoByTwo(dy, s, DR, 0)
	if err != nil {
		t.Fatal(err)
	}
	sum := func(of func(i int) int) float64 {
		m := map[int]float64{}
		for i, v := range got.Influence {
			m[of(i)] += v
		}
		total := 0.
		for _, v := range m {
			total += v * v
		}
		return total
	}
	want := math.Sqrt(sum(func(i int) int { return int(a[i]) }) + sum(func(i int) int { return int(b[i]) }) - sum(func(i int) int { return int(a[i])*100 + int(b[i]) }))
	if math.Abs(got.StdError/want-1) > 1e-10 {
		t.Errorf("%v, by hand %v", got.StdError, want)
	}
	s.Clusters = [][]int32{a, a}
	twice, err := TwoByTwo(dy, s, DR, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Clusters, s.Cluster = nil, a
	once, err := TwoByTwo(dy, s, DR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(twice.StdError/once.StdError-1) > 1e-10 {
		t.Errorf("%v and %v", twice.StdError, once.StdError)
	}
}
