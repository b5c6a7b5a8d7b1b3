package matching

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/internal/regression"
)

// drawn is a small sample in which two covariates decide on the treatment and on the outcome.
func drawn(r *rand.Rand, n int) (x [][]float64, treated []bool, y, base []float64, person []int32, persons int) {
	x = [][]float64{make([]float64, n), make([]float64, n)}
	treated, y, base, person = make([]bool, n), make([]float64, n), make([]float64, n), make([]int32, n)
	persons = n/2 + 1
	for i := range n {
		x[0][i], x[1][i] = r.NormFloat64(), float64(r.IntN(3))
		treated[i] = r.Float64() < 1/(1+math.Exp(1-.7*x[0][i]+.3*x[1][i]))
		y[i] = x[0][i] + .5*x[1][i] + r.NormFloat64()
		base[i] = 1 + float64(r.IntN(3))
		person[i] = int32(i / 2)
	}
	return x, treated, y, base, person, persons
}

func close1(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*(1+math.Abs(want))) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

// TestReuseIsTheMultiplierBootstrap: on matching with replacement, Reuse gives the estimates of Tied.Effect, without and
// with bias adjustment, and the error of Tied.Multiplier, which is another program for the same formula.
func TestReuseIsTheMultiplierBootstrap(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 1))
	for range 20 {
		x, treated, y, _, person, persons := drawn(r, 120)
		score := make([]float64, len(y))
		for i := range score {
			score[i] = x[0][i] - .2*x[1][i]
		}
		m, err := Nearest(NearestInput{Score: score, Treated: treated}, NearestOptions{Replace: true, Ratio: 2})
		if err != nil {
			t.Fatal(err)
		}
		weight := make([]float64, len(y))
		for _, p := range m.Pairs {
			weight[p.Treated] = 1
			weight[p.Comparison] += .5
		}
		for _, adjust := range []bool{false, true} {
			e, err := m.Tied([][]float64{score}, x, TiedOptions{BiasAdjust: adjust}).Multiplier(y, person, persons)
			if err != nil {
				t.Fatal(err)
			}
			u, err := NewReuse(weight, treated, x, ReuseOptions{BiasAdjust: adjust, Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			got := u.Effect(y, person, persons)
			close1(t, "estimate", got.Estimate, e.Estimate, 1e-12)
			if adjust { // without, the bootstrap centres on the plain estimate: the two differ by its bias squared
				close1(t, "error", got.StdError, e.StdError, 1e-10)
			}
		}
	}
}

// TestReuseTakesWeightsAsDuplication: whole weights are rows written out, copies of a row being one person.
func TestReuseTakesWeightsAsDuplication(t *testing.T) {
	r := rand.New(rand.NewPCG(44, 1))
	for _, kernel := range []Kernel{UniformKernel, EpanechnikovKernel, GaussianKernel} {
		x, treated, y, base, _, _ := drawn(r, 90)
		in := RadiusInput{Score: x[0], Treated: treated, Stratum: make([]int32, len(y))}
		for i := range in.Stratum {
			in.Stratum[i] = int32(x[1][i])
		}
		var out RadiusInput
		var outY []float64
		outX := make([][]float64, 2)
		var person, own []int32
		for i, b := range base {
			own = append(own, int32(i))
			for range int(b) {
				out.Score, out.Treated, out.Stratum = append(out.Score, x[0][i]), append(out.Treated, treated[i]), append(out.Stratum, in.Stratum[i])
				outY, person = append(outY, y[i]), append(person, int32(i))
				outX[0], outX[1] = append(outX[0], x[0][i]), append(outX[1], x[1][i])
			}
		}
		for _, unit := range []CaliperUnit{CaliperSD, CaliperRaw} {
			for _, e := range []Estimand{ATT, ATC} {
				opt := RadiusOptions{Radius: .3, Unit: unit, Kernel: kernel, Estimand: e}
				w, err := RadiusWeights(in, base, opt)
				if err != nil {
					t.Fatal(err)
				}
				v, err := RadiusWeights(out, nil, opt)
				if err != nil {
					t.Fatal(err)
				}
				weighted, _ := NewReuse(w, treated, x, ReuseOptions{Estimand: e, BiasAdjust: true, Workers: 1})
				written, _ := NewReuse(v, out.Treated, outX, ReuseOptions{Estimand: e, BiasAdjust: true, Workers: 1})
				a, b := weighted.Effect(y, own, len(own)), written.Effect(outY, person, len(own))
				close1(t, "estimate", a.Estimate, b.Estimate, 1e-10)
				close1(t, "error", a.StdError, b.StdError, 1e-10)
			}
		}
	}
}

// TestRadiusWeightsAreThoseOfRadius: without sampling weights they are those of Radius, for all kernels.
func TestRadiusWeightsAreThoseOfRadius(t *testing.T) {
	r := rand.New(rand.NewPCG(45, 1))
	for trial := range 200 {
		x, treated, _, _, _, _ := drawn(r, 20+r.IntN(60))
		for i := range x[0] {
			if trial%2 == 0 {
				x[0][i] = math.Floor(4*x[0][i]) / 4 // ties and values on the radius
			}
		}
		in := RadiusInput{Score: x[0], Treated: treated}
		if trial%3 == 0 { // persons with rows in both groups
			in.Unit = make([]int32, len(treated))
			for i := range in.Unit {
				in.Unit[i] = int32(r.IntN(8))
			}
		}
		opt := RadiusOptions{Radius: .25, Unit: CaliperRaw, Kernel: Kernel(r.IntN(3)), Estimand: Estimand(r.IntN(2)), Neighbours: -1}
		want, err := Radius(in, opt)
		got, err2 := RadiusWeights(in, nil, opt)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%v and %v", err, err2)
		}
		if err != nil {
			continue
		}
		for i, w := range want.Weight() {
			close1(t, "weight", got[i], w, 1e-10)
			if (got[i] > 0) != (w > 0) {
				t.Errorf("row %d: %g and %g", i, got[i], w)
			}
		}
	}
}

// TestPropensityBatchIsPropensityWeights: on the rows of the fit the batch is the stacked M-estimation, for all estimands.
func TestPropensityBatchIsPropensityWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(46, 1))
	x, treated, y, base, person, persons := drawn(r, 300)
	d := make([]float64, len(y))
	for i, v := range treated {
		d[i] = float64(group(v))
	}
	fit, err := regression.Logit(x, d, base, regression.LogitOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	sums, err := NewScoreSums(fit, x, treated, base, person, persons)
	if err != nil {
		t.Fatal(err)
	}
	leave := make([]bool, len(y))
	leave[3], leave[7] = true, true
	for e := ATT; e <= ATM; e++ {
		for _, l := range [][]bool{nil, leave} {
			w, err := PropensityWeights(fit, x, treated, base, WeightOptions{Estimand: e, Leave: l})
			if err != nil {
				t.Fatal(err)
			}
			want := w.Effect(y, nil, person, persons)
			b, err := sums.Batch(x, treated, base, person, l, e)
			if err != nil {
				t.Fatal(err)
			}
			got := b.Effect(y)
			close1(t, e.String()+" estimate", got.Estimate, want.Estimate, 1e-12)
			close1(t, e.String()+" error", got.StdError, want.StdError, 1e-10)
		}
	}
}

// TestPropensityBatchOfAPart: the effect in a part of the rows, weighted by a score of all, is that of PropensityWeights
// with the other rows unobserved, which counts through the score alone.
func TestPropensityBatchOfAPart(t *testing.T) {
	r := rand.New(rand.NewPCG(47, 1))
	x, treated, y, base, person, persons := drawn(r, 300)
	d, obs := make([]float64, len(y)), make([]float64, len(y))
	var px [2][]float64
	var pt []bool
	var py, pb []float64
	var pp []int32
	for i, v := range treated {
		d[i] = float64(group(v))
		if x[1][i] > 0 {
			obs[i] = 1
			px[0], px[1] = append(px[0], x[0][i]), append(px[1], x[1][i])
			pt, py, pb, pp = append(pt, v), append(py, y[i]), append(pb, base[i]), append(pp, person[i])
		}
	}
	fit, err := regression.Logit(x, d, base, regression.LogitOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	sums, err := NewScoreSums(fit, x, treated, base, person, persons)
	if err != nil {
		t.Fatal(err)
	}
	for e := ATT; e <= ATM; e++ {
		w, err := PropensityWeights(fit, x, treated, base, WeightOptions{Estimand: e})
		if err != nil {
			t.Fatal(err)
		}
		want := w.Effect(y, obs, person, persons)
		b, err := sums.Batch(px[:], pt, pb, pp, nil, e)
		if err != nil {
			t.Fatal(err)
		}
		got := b.Effect(py)
		close1(t, e.String()+" estimate", got.Estimate, want.Estimate, 1e-12)
		close1(t, e.String()+" error", got.StdError, want.StdError, 1e-10)
	}
}
