package duration

import (
	"math"
	"math/rand/v2"
	"os"
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
		// cmprsk's rule for ties is not in the paper and not ours: 268 months hold 975 exits.
		want.At("stat").List()[k].Near(r.Statistic, 1e-4)
		want.At("pv").List()[k].Near(r.PValue, 1e-3)
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

func TestGrayProperties(t *testing.T) {
	problems(t, 3000, withGroups|withStates, func(t *testing.T, r *rand.Rand, in Input) {
		if len(in.Groups) < 2 {
			return
		}
		a, err := Gray(in, TestOptions{State: 1})
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.
		for k := range a.Observed {
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
		b, err := Gray(take(in, r.Perm(len(in.Time))), TestOptions{State: 1})
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
	late, heavy, one := in, in, in
	late.Start, heavy.Weight = []float64{0, 0}, []float64{1, 1}
	one.Group, one.Groups = nil, nil
	for _, c := range []struct {
		in   Input
		opt  TestOptions
		code string
	}{
		{late, TestOptions{State: 1}, "not_served"}, {heavy, TestOptions{State: 1}, "not_served"}, {in, TestOptions{State: 1, Rho: 1}, "not_served"},
		{in, TestOptions{State: 1, Stratum: []int32{0, 0}, Strata: 1}, "not_served"}, {one, TestOptions{State: 1}, "one_group"}, {in, TestOptions{}, "bad_state"},
	} {
		if _, err := Gray(c.in, c.opt); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.code, err)
		}
	}
}
