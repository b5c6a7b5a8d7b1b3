package matching

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"tiltakseffekt/internal/bar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/internal/regression"
)

// observational draws confounded data: p columns, treatment by logit, an outcome with effect 1.
func observational(seed uint64, n, p int) (x [][]float64, treated []bool, y []float64) {
	r := random.New(seed, "observational")
	x, treated, y = make([][]float64, p), make([]bool, n), make([]float64, n)
	for j := range x {
		x[j] = make([]float64, n)
	}
	for i := range n {
		eta, level := -0.8, 2.
		for j := range x {
			x[j][i] = r.NormFloat64()
			if j%3 == 2 {
				x[j][i] = float64(r.IntN(2))
			}
			eta += 0.5 * x[j][i] / math.Sqrt(float64(j+1))
			level += x[j][i] / float64(j+1)
		}
		treated[i] = r.Float64() < 1/(1+math.Exp(-eta))
		y[i] = level + r.NormFloat64()
		if treated[i] {
			y[i]++
		}
	}
	return x, treated, y
}

func numbers(treated []bool) []float64 {
	out := make([]float64, len(treated))
	for i, d := range treated {
		out[i] = float64(group(d))
	}
	return out
}

// The influence of a row is the derivative of the estimate in the row's base weight (the infinitesimal jackknife, Jaeckel
// 1972), here by central differences: the whole fit is made again with the weight moved.
func TestInfluenceIsTheDerivative(t *testing.T) {
	const n = 80
	x, treated, y := observational(4, n, 3)
	r := random.New(1, "weights")
	base, obs := make([]float64, n), make([]float64, n)
	for i := range base {
		base[i] = 0.5 + r.Float64()
		obs[i] = 1 + r.Float64()
		if r.IntN(6) == 0 {
			obs[i] = 0
			y[i] = math.NaN()
		}
	}
	type estimator struct {
		name string
		fit  func(base []float64) (estimate float64, psi []float64)
	}
	var list []estimator
	for _, e := range []Estimand{ATT, ATC, ATE} {
		list = append(list, estimator{"entropy balancing " + e.String(), func(base []float64) (float64, []float64) {
			b, err := EntropyBalance(x, treated, base, EntropyOptions{Estimand: e})
			if err != nil {
				t.Fatal(err)
			}
			return b.ATT(y, obs, nil, 0).Estimate, b.Influence(y, obs)
		}})
	}
	for _, e := range []Estimand{ATT, ATC, ATE, ATO, ATM} {
		for _, link := range []regression.Link{regression.LogitLink, regression.ProbitLink} {
			list = append(list, estimator{"inverse probability " + e.String() + " " + link.String(), func(base []float64) (float64, []float64) {
				fit, err := regression.Logit(x, numbers(treated), base, regression.LogitOptions{Link: link})
				if err != nil {
					t.Fatal(err)
				}
				w, err := PropensityWeights(fit, x, treated, base, WeightOptions{Estimand: e})
				if err != nil {
					t.Fatal(err)
				}
				return w.Effect(y, obs, nil, 0).Estimate, w.Influence(y, obs)
			}})
		}
	}
	list = append(list, estimator{"covariate-balancing score", func(base []float64) (float64, []float64) {
		c, err := CBPS(x, treated, base, CBPSOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return c.Effect(y, obs, nil, 0).Estimate, c.Influence(y, obs)
	}})
	for _, e := range list {
		_, psi := e.fit(base)
		for i := 0; i < n; i += 7 {
			const step = 1e-4
			moved := slices.Clone(base)
			moved[i] = base[i] * (1 + step)
			up, _ := e.fit(moved)
			moved[i] = base[i] * (1 - step)
			down, _ := e.fit(moved)
			// Differences of second order leave about step² of the influence, and rounding 1e-15/step.
			if want := (up - down) / (2 * step); math.Abs(psi[i]-want) > 1e-6*math.Max(math.Abs(want), 1e-3) {
				// The probit uses the expected information, which differs from the derivative of its score by noise.
				if e.name[len(e.name)-6:] == "probit" && math.Abs(psi[i]-want) < 0.02 {
					continue
				}
				t.Errorf("%s, row %d: influence %.9g, derivative %.9g", e.name, i, psi[i], want)
			}
		}
	}
}

// Base weights of 1, 2, 3 are rows given so many times; weights of 0 are rows not given.
func TestBaseWeightsAreDuplication(t *testing.T) {
	x, treated, y := observational(5, 300, 3)
	base := make([]float64, len(y))
	dx := make([][]float64, len(x))
	var dt []bool
	var dy []float64
	for i := range base {
		base[i] = float64(i % 4)
		for range i % 4 {
			dt, dy = append(dt, treated[i]), append(dy, y[i])
			for j := range x {
				dx[j] = append(dx[j], x[j][i])
			}
		}
	}
	for _, e := range []Estimand{ATT, ATC, ATE} {
		a, err := EntropyBalance(x, treated, base, EntropyOptions{Estimand: e})
		if err != nil {
			t.Fatal(err)
		}
		b, err := EntropyBalance(dx, dt, nil, EntropyOptions{Estimand: e})
		if err != nil {
			t.Fatal(err)
		}
		ea, eb := a.ATT(y, nil, nil, 0), b.ATT(dy, nil, nil, 0)
		if math.Abs(ea.Estimate-eb.Estimate) > 1e-10 {
			t.Errorf("%v: %g with weights, %g with duplicates", e, ea.Estimate, eb.Estimate)
		}
	}
}

// At the solution the weighted means are the target's, and the weights are base·exp(dual'x).
func TestEntropyBalanceConditions(t *testing.T) {
	for seed := range uint64(200) {
		r := random.New(seed, "conditions")
		n, p := 60+r.IntN(200), 1+r.IntN(4)
		x, treated, _ := observational(seed, n, p)
		base := make([]float64, n)
		for i := range base {
			base[i] = 0.1 + r.Float64()
		}
		e := []Estimand{ATT, ATC, ATE}[r.IntN(3)]
		b, err := EntropyBalance(x, treated, base, EntropyOptions{Estimand: e})
		if err != nil {
			var infeasible *InfeasibleError
			if errors.As(err, &infeasible) {
				continue
			}
			t.Fatal(err)
		}
		if !b.Converged {
			t.Fatalf("seed %d: imbalance %g", seed, b.Imbalance)
		}
		for j := range x {
			target, got, weight := 0., [2]float64{}, [2]float64{}
			total := 0.
			for i := range base {
				in := e == ATE || treated[i] == (e == ATT)
				if in {
					target += base[i] * x[j][i]
					total += base[i]
				}
				g := group(treated[i])
				got[g] += b.Weight[i] * x[j][i]
				weight[g] += b.Weight[i]
			}
			for g := range 2 {
				if math.Abs(got[g]/weight[g]-target/total) > 1e-9 {
					t.Fatalf("seed %d %v: column %d of group %d has mean %g, target %g", seed, e, j, g, got[g]/weight[g], target/total)
				}
				if math.Abs(weight[g]-total) > 1e-9*total {
					t.Fatalf("seed %d: group %d weighs %g, target %g", seed, g, weight[g], total)
				}
			}
		}
		for i := range base {
			g := group(treated[i])
			if b.Dual[g] == nil {
				if b.Weight[i] != base[i] {
					t.Fatal("the target group does not keep its base weights")
				}
				continue
			}
			eta := b.Dual[g][0]
			for j := range x {
				eta += b.Dual[g][j+1] * x[j][i]
			}
			if w := base[i] * math.Exp(eta); math.Abs(w/b.Weight[i]-1) > 1e-9 {
				t.Fatalf("weight %g, from the duals %g", b.Weight[i], w)
			}
		}
	}
}

func TestEntropyBalanceInfeasible(t *testing.T) {
	x, treated, _ := observational(8, 300, 3)
	n := len(treated)
	only, a, c, d := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	r := random.New(1, "infeasible")
	for i := range treated {
		if treated[i] && i%3 == 0 {
			only[i] = 1
		}
		// a + c is above 1 for the treated and below for the others, though each overlaps.
		a[i] = r.Float64() * 2
		c[i] = 0.9 - a[i]
		if treated[i] {
			c[i] = 1.1 - a[i]
		}
		d[i] = c[i] + (2*float64(group(treated[i]))-1)*r.Float64()*0.1
	}
	for _, k := range []struct {
		x     [][]float64
		names []string
		want  []string
	}{
		{append([][]float64{only}, x...), []string{"fylke=99", "a", "b", "c"}, []string{"fylke=99"}},
		{[][]float64{x[0], a, c}, []string{"x", "a", "c"}, []string{"a", "c"}}, // c is a combination of a among the comparison rows
		{[][]float64{x[0], a, d}, []string{"x", "a", "d"}, []string{"a", "d"}},
	} {
		_, err := EntropyBalance(k.x, treated, nil, EntropyOptions{Names: k.names})
		var e *InfeasibleError
		if !errors.As(err, &e) || !reflect.DeepEqual(e.Names, k.want) || fault.StatusOf(err) != fault.Data {
			t.Errorf("%v", err)
		}
	}
	// A column that is a combination of others balances by itself.
	sum := make([]float64, n)
	for i := range sum {
		sum[i] = x[0][i] - 2*x[1][i]
	}
	b, err := EntropyBalance(append([][]float64{x[0], x[1], sum}, x[2]), treated, nil, EntropyOptions{})
	if err != nil || !b.Converged || !reflect.DeepEqual(b.Dropped, []int{2}) {
		t.Errorf("%v %+v", err, b)
	}
}

// Workers, order of rows, many outcomes at once, and inputs that stay as they are.
func TestWeightingInvariances(t *testing.T) {
	const n = 40000
	x, treated, y := observational(9, n, 4)
	cluster := make([]int32, n)
	for i := range cluster {
		cluster[i] = int32(i % 9000)
	}
	cx, ct, cy := observational(9, n, 4)
	var first []Effect
	for _, workers := range []int{1, 4} {
		b, err := EntropyBalance(x, treated, nil, EntropyOptions{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		fit, err := regression.Logit(x, numbers(treated), nil, regression.LogitOptions{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		w, _ := PropensityWeights(fit, x, treated, nil, WeightOptions{Workers: workers})
		got := append(b.ATTs([][]float64{y, x[0]}, nil, cluster, 9000), w.Effect(y, nil, cluster, 9000))
		if one := b.ATT(y, nil, cluster, 9000); one != got[0] {
			t.Errorf("alone %+v, among many %+v", one, got[0])
		}
		if first == nil {
			first = got
		} else if !reflect.DeepEqual(first, got) {
			t.Errorf("one worker %+v, four %+v", first, got)
		}
	}
	if math.Abs(first[1].Estimate) > 1e-10 || first[1].StdError > 1e-6 {
		t.Errorf("a balanced column as outcome: %+v, want 0 and no error", first[1])
	}
	if !reflect.DeepEqual(x, cx) || !reflect.DeepEqual(treated, ct) || !reflect.DeepEqual(y, cy) {
		t.Error("inputs were changed")
	}
}

func BenchmarkBarEntropyBalance(b *testing.B) {
	x, treated, _ := observational(1, 1_000_000, 20)
	b.Run("n=1000000/p=20/workers=1", func(b *testing.B) {
		bar.Loop(b, bar.Bar{Time: 5 * time.Second, Memory: 64e6}, func() {
			if _, err := EntropyBalance(x, treated, nil, EntropyOptions{Workers: 1}); err != nil {
				b.Fatal(err)
			}
		})
	})
}
