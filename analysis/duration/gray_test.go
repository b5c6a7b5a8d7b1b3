package duration

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
)

func TestGrayAgainstCmprsk(t *testing.T) {
	want := oracle.JSON(t, "survival_core/result.json").At("cmprsk", "gray_test")
	in := mgus2BySex(t)
	for k, name := range want.At("row").Texts() {
		state := 1
		if name == "death" {
			state = 2
		}
		r, err := Gray(in, TestOptions{State: state})
		if err != nil {
			t.Fatal(err)
		}
		// 268 months hold 975 exits: the rule for ties is cmprsk's too.
		want.At("stat").List()[k].Near(r.Statistic, 1e-9)
		want.At("pv").List()[k].Near(r.PValue, 1e-9)
		want.At("df").List()[k].Near(float64(r.DF), 0)
	}
}

// With no other exits observed and expected are the log-rank test's; the variance takes the pooled incidence, which is
// that of the groups only where they do not differ.
func TestGrayWithoutCompetition(t *testing.T) {
	in := lungBySex(t)
	g, err := Gray(in, TestOptions{State: 1})
	if err != nil {
		t.Fatal(err)
	}
	l, err := LogRank(in, TestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "observed", g.Observed, l.Observed, 1e-12)
	equal(t, "expected", g.Expected, l.Expected, 1e-12)
	if math.Abs(g.Statistic/l.Statistic-1) > .1 {
		t.Errorf("Gray %v, log-rank %v", g.Statistic, l.Statistic)
	}
}

// The sums of the definition, each group and time by itself: risk sets counted from the rows, c_kr(t) summed anew at
// each time.
func naiveGray(in Input, state int32, stratum []int32, strata int, rho float64) (observed, expected []float64, variance [][]float64) {
	K := len(in.Groups)
	observed, expected, variance = make([]float64, K), make([]float64, K), make([][]float64, K)
	for k := range variance {
		variance[k] = make([]float64, K)
	}
	for s := range int32(strata) {
		count := func(f func(i int) bool) (n float64) {
			for i := range in.Time {
				if stratum[i] == s && f(i) {
					n++
				}
			}
			return n
		}
		type moment struct {
			h, y, own, other, S, after, F []float64 // of each group; S, F before
			d, sum, left, gone, L         float64   // Σ d, Σ h, 1 − F_0 before and after, the weight
		}
		var all []moment
		S, F, left := make([]float64, K), make([]float64, K), 1.
		for k := range S {
			S[k] = 1
		}
		for _, t := range distinct(in.Time) {
			m := moment{S: append([]float64(nil), S...), F: append([]float64(nil), F...), left: left, L: math.Pow(max(0, left), rho)}
			for k := range int32(K) {
				y := count(func(i int) bool { return in.Group[i] == k && in.Time[i] >= t })
				own := count(func(i int) bool { return in.Group[i] == k && in.Time[i] == t && in.Event[i] == state })
				other := count(func(i int) bool {
					return in.Group[i] == k && in.Time[i] == t && in.Event[i] != state && in.Event[i] > 0
				})
				h := 0.
				if y > 0 && S[k] > 0 {
					h = y / S[k]
					F[k] += S[k] * own / y
					S[k] *= (y - own - other) / y
				}
				m.h, m.y, m.own, m.other = append(m.h, h), append(m.y, y), append(m.own, own), append(m.other, other)
				m.sum += h
				m.d += own
			}
			m.after = append([]float64(nil), S...)
			if m.d > 0 {
				left -= m.d / m.sum
			}
			m.gone = left
			all = append(all, m)
		}
		a := func(m *moment, k, r int) float64 {
			same := 0.
			if k == r {
				same = 1
			}
			return m.L * m.h[k] * (same - m.h[r]/m.sum)
		}
		for i := range all {
			m := &all[i]
			if m.sum == 0 {
				continue
			}
			modified := 0.
			for k := range K {
				modified += m.h[k] * (1 - m.F[k])
			}
			for k := range K {
				observed[k] += m.L * m.own[k]
				if m.d > 0 {
					expected[k] += m.L * m.d * m.h[k] * (1 - m.F[k]) / modified
				}
			}
			for r := range K {
				if m.h[r] == 0 {
					continue
				}
				c := make([]float64, K)
				for j := i + 1; j < len(all); j++ {
					if u := &all[j]; u.d > 0 && u.left > 0 {
						for k := range K {
							c[k] += a(u, k, r) * u.d / u.sum / u.left
						}
					}
				}
				b := 0.
				if m.after[r] > 0 {
					b = m.gone / m.after[r]
				}
				one, two := 1., 1.
				if m.d > 1 {
					one = max(0, 1-(m.d-1)/(m.sum*m.S[r]-1))
				}
				if m.other[r] > 1 {
					two = 1 - (m.other[r]-1)/(m.y[r]-1)
				}
				for k := range K {
					for l := range K {
						variance[k][l] += (a(m, k, r)+(1-b)*c[k])*(a(m, l, r)+(1-b)*c[l])*m.d/m.sum/m.h[r]*one +
							b*c[k]*b*c[l]*m.other[r]*m.S[r]*m.S[r]/(m.y[r]*m.y[r])*two
					}
				}
			}
		}
	}
	return observed, expected, variance
}

func distinct(x []float64) []float64 {
	out := slices.Clone(x)
	slices.Sort(out)
	return slices.Compact(out)
}

func TestGrayAgainstDefinition(t *testing.T) {
	problems(t, 3000, withGroups|withStates, func(t *testing.T, r *rand.Rand, in Input) {
		if len(in.Groups) < 2 {
			return
		}
		opt := TestOptions{State: 1, Rho: float64(r.IntN(3)) / 2, Stratum: make([]int32, len(in.Time)), Strata: 1 + r.IntN(3)}
		for i := range opt.Stratum {
			opt.Stratum[i] = int32(r.IntN(opt.Strata))
		}
		a, err := Gray(in, opt)
		if err != nil {
			t.Fatal(err)
		}
		o, e, v := naiveGray(in, 1, opt.Stratum, opt.Strata, opt.Rho)
		equal(t, "observed", a.Observed, o, 1e-11)
		equal(t, "expected", a.Expected, e, 1e-11)
		sum := 0.
		for k := range a.Observed {
			equal(t, "variance", a.Variance[k], v[k], 1e-10)
			sum += a.Observed[k] - a.Expected[k]
			row := 0.
			for _, v := range a.Variance[k] {
				row += v
			}
			if !near(row, 0, 1e-9) {
				t.Errorf("row %d of the variance adds up to %v", k, row)
			}
		}
		if !near(sum, 0, 1e-10) {
			t.Errorf("observed − expected adds up to %v", sum)
		}
		if opt.Strata > 1 {
			return
		}
		b, err := Gray(take(in, r.Perm(len(in.Time))), TestOptions{State: 1, Rho: opt.Rho})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "order of rows", []float64{b.Statistic}, []float64{a.Statistic}, 1e-9)
	})
}

// Under no difference the test rejects at its level: monthly ties, censoring that differs between the groups.
func TestGraySize(t *testing.T) {
	replicates, n := 400, 300
	if os.Getenv("EVALUATE_SLOW") == "1" {
		replicates = 20000
	}
	rejected := 0
	for k := range replicates {
		r := rand.New(rand.NewPCG(uint64(k), 99))
		in := Input{Time: make([]float64, n), Event: make([]int32, n), States: []string{"a", "b"}, Group: make([]int32, n), Groups: []string{"x", "y", "z"}}
		for i := range n {
			g := r.IntN(3)
			in.Group[i] = int32(g)
			end, cut := math.Ceil(10*r.ExpFloat64()), math.Ceil(float64(15+10*g)*r.ExpFloat64())
			in.Time[i] = min(end, cut)
			if end <= cut {
				in.Event[i] = 1
				if r.Float64() < .5 {
					in.Event[i] = 2
				}
			}
		}
		t1, err := Gray(in, TestOptions{State: 1})
		if err != nil {
			t.Fatal(err)
		}
		if t1.PValue < .05 {
			rejected++
		}
	}
	share := float64(rejected) / float64(replicates)
	// Four Monte Carlo errors on each side of 5 %.
	if slack := 4 * math.Sqrt(.05*.95/float64(replicates)); math.Abs(share-.05) > slack {
		t.Errorf("rejects in %.2f %% under no difference, allowed 5 ± %.2f %%", 100*share, 100*slack)
	}
}

func TestGrayRefusals(t *testing.T) {
	in := Input{Time: []float64{1, 2}, Event: []int32{1, 1}, Group: []int32{0, 1}, Groups: []string{"a", "b"}}
	late, heavy, one, dependent := in, in, in, in
	dependent.Cluster, dependent.Clusters = []int32{0, 0}, 1
	late.Start, heavy.Weight = []float64{0, 0}, []float64{1, 1}
	one.Group, one.Groups = nil, nil
	for _, c := range []struct {
		in   Input
		opt  TestOptions
		code string
	}{
		{late, TestOptions{State: 1}, "not_served"}, {heavy, TestOptions{State: 1}, "not_served"}, {dependent, TestOptions{State: 1}, "not_served"},
		{in, TestOptions{State: 1, Stratum: []int32{0}, Strata: 1}, "bad_length"}, {one, TestOptions{State: 1}, "one_group"}, {in, TestOptions{}, "bad_state"},
	} {
		if _, err := Gray(c.in, c.opt); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.code, err)
		}
	}
}
