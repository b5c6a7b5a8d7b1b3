package matching

import (
	"math"
	"slices"
	"testing"

	"tiltakseffekt/internal/random"
	"tiltakseffekt/internal/regression"
)

// Every formula by looping over all pairs of rows.
func TestTiedAgainstBruteForce(t *testing.T) {
	r := random.New(8, "tied brute force")
	for range 4000 {
		n := 6 + r.IntN(14)
		dim := 1 + r.IntN(2)
		x, z := make([][]float64, dim), [][]float64{make([]float64, n)}
		treated, y := make([]bool, n), make([]float64, n)
		for d := range x {
			x[d] = make([]float64, n)
		}
		for i := range n {
			for d := range x {
				x[d][i] = float64(r.IntN(6)) / 2
			}
			z[0][i], y[i] = r.NormFloat64(), r.NormFloat64()*3+5
			treated[i] = i%2 == 0 || r.IntN(4) == 0
		}
		opt := TiedOptions{Estimand: Estimand(r.IntN(3)), Matches: 1 + r.IntN(3), Slack: []float64{0, 0.3}[r.IntN(2)],
			Neighbours: []int{-1, 1, 3}[r.IntN(3)], Sample: r.IntN(3) == 0, BiasAdjust: r.IntN(3) == 0}
		if r.IntN(3) == 0 {
			opt.Reach = make([]float64, dim)
			for d := range opt.Reach {
				opt.Reach[d] = r.Float64() * 2
			}
		}
		in := TiedInput{Points: x, Treated: treated, Z: z}
		m, err := MatchTied(in, opt)
		if err != nil {
			continue
		}
		got, err := m.Effect(y)
		if err != nil {
			t.Fatal(err)
		}
		estimate, se := slowTied(in, opt, y)
		if math.Abs(got.Estimate-estimate) > 1e-9 || math.Abs(got.StdError-se) > 1e-9*math.Max(1, se) {
			t.Fatalf("got %g (%g), want %g (%g)\n%+v %+v", got.Estimate, got.StdError, estimate, se, in, opt)
		}
	}
}

func slowTied(in TiedInput, opt TiedOptions, y []float64) (estimate, se float64) {
	n := len(y)
	d2 := func(i, j int) float64 {
		d := 0.
		for _, c := range in.Points {
			d += (c[i] - c[j]) * (c[i] - c[j])
		}
		return d
	}
	sets := func(i int, other bool, m int, reach []float64) []int {
		var all []int
		var ds []float64
		for j := range n {
			ok := (in.Treated[i] != in.Treated[j]) == other
			for d := range reach {
				ok = ok && math.Abs(in.Points[d][i]-in.Points[d][j]) <= reach[d]
			}
			if ok {
				all, ds = append(all, j), append(ds, d2(i, j))
			}
		}
		var out []int
		sorted := slices.Clone(ds)
		slices.Sort(sorted)
		for a, j := range all {
			bound := sorted[min(m, len(sorted))-1]
			if ds[a] <= bound+opt.Slack {
				out = append(out, j)
			}
		}
		return out
	}
	k, k2 := make([]float64, n), make([]float64, n)
	j := make([][]int, n)
	focal := make([]float64, n)
	for i := range n {
		if opt.Estimand == ATE || in.Treated[i] == (opt.Estimand == ATT) {
			if j[i] = sets(i, true, opt.Matches, opt.Reach); len(j[i]) > 0 {
				focal[i] = 1
			}
			for _, c := range j[i] {
				k[c] += 1 / float64(len(j[i]))
				k2[c] += 1 / float64(len(j[i])*len(j[i]))
			}
		}
	}
	adjusted := [2][]float64{y, y} // outcome of the rows matched from the other group, by that group
	if opt.BiasAdjust {
		for g := range 2 {
			sw, sz, szz, sy, szy := 0., 0., 0., 0., 0.
			for i := range n {
				if group(in.Treated[i]) == g && k[i] > 0 {
					z := in.Z[0][i]
					sw, sz, szz, sy, szy = sw+k[i], sz+k[i]*z, szz+k[i]*z*z, sy+k[i]*y[i], szy+k[i]*z*y[i]
				}
			}
			b := 0.
			if v := szz - sz*sz/sw; sw > 0 && v > 1e-11*szz {
				b = (szy - sz*sy/sw) / v
			}
			adjusted[1-g] = make([]float64, n)
			for i := range n {
				adjusted[1-g][i] = y[i] - b*in.Z[0][i]
			}
		}
	}
	var tau []float64
	count := 0.
	for i := range n {
		if focal[i] == 0 {
			continue
		}
		g := group(in.Treated[i])
		sign := 2*float64(g) - 1
		mean := 0.
		for _, c := range j[i] {
			mean += adjusted[g][c] / float64(len(j[i]))
		}
		tau = append(tau, sign*(adjusted[g][i]-mean))
		estimate += sign * (adjusted[g][i] - mean)
		count++
	}
	estimate /= count
	squares := 0.
	for _, v := range tau {
		squares += (v - estimate) * (v - estimate)
	}
	common := 0.
	for i := range n {
		g := group(in.Treated[i])
		sign := 2*float64(g) - 1
		for _, c := range j[i] {
			d := sign*(adjusted[g][i]-adjusted[g][c]) - estimate
			common += d * d / float64(len(j[i])) / count / 2
		}
	}
	v := squares
	if opt.Sample {
		v = 0
	}
	for i := range n {
		f := k[i]*k[i] - k2[i]
		if opt.Estimand == ATE {
			f += 2 * k[i]
		}
		if opt.Sample {
			f = (focal[i] + k[i]) * (focal[i] + k[i])
		}
		s := common
		if opt.Neighbours > 0 {
			set := sets(i, false, opt.Neighbours+1, nil)
			left := adjusted[1-group(in.Treated[i])]
			mean := 0.
			for _, c := range set {
				mean += left[c] / float64(len(set))
			}
			s = 0
			for _, c := range set {
				s += (left[c] - mean) * (left[c] - mean)
			}
			if len(set) > 1 {
				s /= float64(len(set) - 1)
			}
		}
		v += f * s
	}
	return estimate, math.Sqrt(v) / count
}

func BenchmarkAbadieImbens(b *testing.B) {
	in := selected(1_000_000, -1, 1)
	y := make([]float64, 1_000_000)
	r := random.New(1, "ai")
	for i := range y {
		y[i] = r.NormFloat64()
	}
	b.Run("n=1000000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m, err := MatchTied(TiedInput{Points: [][]float64{in.Score}, Treated: in.Treated}, TiedOptions{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := m.Effect(y); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Without ties, matching row by row is the same matching.
func TestMatchedTied(t *testing.T) {
	for seed := range uint64(20) {
		x, treated, y := observational(seed, 200, 2)
		opt := NearestOptions{Replace: true, Ratio: 1 + int(seed%3), Estimand: Estimand(seed % 2)}
		m, err := Nearest(NearestInput{Score: x[0], Treated: treated}, opt)
		if err != nil {
			t.Fatal(err)
		}
		points := [][]float64{x[0]}
		tied, err := MatchTied(TiedInput{Points: points, Treated: treated, Z: x}, TiedOptions{Estimand: opt.Estimand, Matches: opt.Ratio, BiasAdjust: seed%4 == 0})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := m.Tied(points, x, TiedOptions{BiasAdjust: seed%4 == 0}).Effect(y)
		b, _ := tied.Effect(y)
		if math.Abs(a.Estimate-b.Estimate) > 1e-10 || math.Abs(a.StdError-b.StdError) > 1e-10 {
			t.Errorf("seed %d: %+v and %+v", seed, a, b)
		}
		if plain := m.ATT(y, nil, nil, 0); seed%4 != 0 && math.Abs(plain.Estimate-a.Estimate) > 1e-10 {
			t.Errorf("seed %d: the difference of weighted means is %g, the mean of differences %g", seed, plain.Estimate, a.Estimate)
		}
	}
}

// With the bias adjustment the parts of the linear form sum to nothing, so that the estimate is their mean; one person a row
// is no cluster; and doubling all rows within persons leaves the error of persons as it is.
func TestMultiplier(t *testing.T) {
	for seed := range uint64(20) {
		x, treated, y := observational(seed, 300, 2)
		e := Estimand(seed % 3)
		m, err := MatchTied(TiedInput{Points: x[:1], Treated: treated, Z: x}, TiedOptions{Estimand: e, Matches: 2, BiasAdjust: true})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := m.Multiplier(y, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		each := make([]int32, 300)
		for i := range each {
			each[i] = int32(i)
		}
		alone, _ := m.Multiplier(y, each, 300)
		if alone.StdError != plain.StdError || alone.StdErrorType != "otsu-rai+person" {
			t.Errorf("%+v and %+v", plain, alone)
		}
		ai, _ := m.Effect(y)
		if plain.Estimate != ai.Estimate || math.Abs(plain.StdError/ai.StdError-1) > 0.25 {
			t.Errorf("seed %d: otsu–rai %g, abadie–imbens %g", seed, plain.StdError, ai.StdError)
		}
		one := make([]int32, 300) // all in one cluster: Σr = 0
		whole, _ := m.Multiplier(y, one, 1)
		if whole.StdError > 1e-10 {
			t.Errorf("the parts sum to %g", whole.StdError)
		}
	}
}

// Without the adjustment the linear form conditions on what was matched on, and its error is that of Abadie and Imbens with
// the score known; on the covariates it would be shorter by what they explain beyond the score.
func TestMultiplierWithoutAdjustment(t *testing.T) {
	sum := 0.
	for seed := range uint64(20) {
		x, treated, y := observational(seed, 600, 3)
		m, err := MatchTied(TiedInput{Points: x[:1], Treated: treated, Z: x}, TiedOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Multiplier(y, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		known, _ := m.Effect(y)
		ratio := got.StdError / known.StdError
		if sum += ratio / 20; math.Abs(ratio-1) > 0.2 || got.Estimate != known.Estimate {
			t.Errorf("seed %d: %+v and %+v", seed, got, known)
		}
	}
	if math.Abs(sum-1) > 0.05 {
		t.Errorf("the errors are in the mean %g times as long", sum)
	}
}

// The correction for the fitted score does not depend on the units of the covariates, is never
// positive for the ATE, and vanishes for an outcome that has nothing to do with the covariates. That it is of the right size
// shows in docs/matching-errors.md.
func TestEstimatedScore(t *testing.T) {
	for seed := range uint64(10) {
		x, treated, y := observational(seed, 500, 3)
		run := func(x [][]float64, treated []bool, y []float64, e Estimand) (known, estimated Effect) {
			fit, err := regression.Logit(x, numbers(treated), nil, regression.LogitOptions{})
			if err != nil {
				t.Fatal(err)
			}
			m, err := MatchTied(TiedInput{Points: [][]float64{fit.Linear}, Treated: treated}, TiedOptions{Estimand: e})
			if err != nil {
				t.Fatal(err)
			}
			known, _ = m.Effect(y)
			estimated, err = m.EstimatedScore(y, fit, x)
			if err != nil {
				t.Fatal(err)
			}
			return known, estimated
		}
		for _, e := range []Estimand{ATT, ATE} {
			known, estimated := run(x, treated, y, e)
			if e == ATE && estimated.StdError > known.StdError*(1+1e-12) || known.Estimate != estimated.Estimate {
				t.Errorf("%v: %+v and %+v", e, known, estimated)
			}
			scaled := make([][]float64, 3)
			for j := range x {
				scaled[j] = make([]float64, 500)
				for i, v := range x[j] {
					scaled[j][i] = 1000*v + 7
				}
			}
			if _, other := run(scaled, treated, y, e); math.Abs(other.StdError/estimated.StdError-1) > 1e-6 {
				t.Errorf("%v: %g, with other units %g", e, estimated.StdError, other.StdError)
			}
			r := random.New(seed, "noise")
			noise := make([]float64, 500)
			for i := range noise {
				noise[i] = r.NormFloat64()
			}
			if known, estimated := run(x, treated, noise, e); math.Abs(estimated.StdError/known.StdError-1) > 0.1 {
				t.Errorf("%v: %g and %g without any confounding", e, known.StdError, estimated.StdError)
			}
		}
	}
}
