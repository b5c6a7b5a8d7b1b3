package duration

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
)

func TestLogRankAgainstSurvdiff(t *testing.T) {
	reference := oracle.JSON(t, "survival_core/result.json").At("logrank")
	all, columns := lung(t)
	var known []int
	for i, s := range columns["ph.ecog"] {
		if s != "NA" {
			known = append(known, i)
		}
	}
	ecog := take(all, known)
	var texts []string
	for _, i := range known {
		texts = append(texts, columns["ph.ecog"][i])
	}
	ecog.Group, ecog.Groups = factor(texts, "ph.ecog")
	stratified := take(lungBySex(t), known)
	for name, c := range map[string]struct {
		in  Input
		opt TestOptions
	}{
		"lung_sex":             {lungBySex(t), TestOptions{}},
		"lung_ecog":            {ecog, TestOptions{}},
		"lung_sex_peto_rho1":   {lungBySex(t), TestOptions{Rho: 1}},
		"lung_sex_strata_ecog": {stratified, TestOptions{Stratum: ecog.Group, Strata: 4}},
		"aml":                  {aml(t), TestOptions{}},
		"aml_rho1":             {aml(t), TestOptions{Rho: 1}},
	} {
		r, err := LogRank(c.in, c.opt)
		if err != nil {
			t.Fatal(err)
		}
		want := reference.At(name)
		if c.opt.Stratum == nil {
			want.At("obs").NearAll(r.Observed, closedForm)
			want.At("exp").NearAll(r.Expected, closedForm)
			want.At("df").Equal(fmt.Sprint(r.DF))
		}
		for k, row := range r.Variance {
			want.At("var").List()[k].NearAll(row, closedForm)
		}
		want.At("chisq").Near(r.Statistic, closedForm)
		want.At("p").Near(r.PValue, closedForm)
	}
}

// naiveLogRank follows the definition row by row.
func naiveLogRank(in Input, stratum []int32, strata int, rho float64) (o, e []float64, v [][]float64) {
	K := len(in.Groups)
	o, e, v = make([]float64, K), make([]float64, K), make([][]float64, K)
	for k := range v {
		v[k] = make([]float64, K)
	}
	for s := range strata {
		S := 1.
		for _, u := range naiveTimes(in) {
			n, d := make([]float64, K), make([]float64, K)
			total, deaths := 0., 0.
			for i := range in.Time {
				if int(stratum[i]) != s || in.Time[i] < u || in.Start != nil && in.Start[i] >= u {
					continue
				}
				n[in.Group[i]]++
				total++
				if in.Time[i] == u && in.Event[i] > 0 {
					d[in.Group[i]]++
					deaths++
				}
			}
			if deaths == 0 {
				continue
			}
			w := math.Pow(S, rho)
			S *= 1 - deaths/total
			for k := range K {
				o[k] += w * d[k]
				e[k] += w * deaths * n[k] / total
				for l := range K {
					delta := 0.
					if k == l {
						delta = n[k] / total
					}
					if total > 1 {
						v[k][l] += w * w * deaths * (total - deaths) / (total - 1) * (delta - n[k]*n[l]/total/total)
					}
				}
			}
		}
	}
	return o, e, v
}

func TestLogRankAgainstDefinition(t *testing.T) {
	problems(t, 6000, withStarts|withGroups|withStates, func(t *testing.T, r *rand.Rand, in Input) {
		if len(in.Groups) < 2 {
			return
		}
		opt := TestOptions{Rho: float64(r.IntN(3)) / 2, Stratum: make([]int32, len(in.Time)), Strata: 1 + r.IntN(3)}
		for i := range opt.Stratum {
			opt.Stratum[i] = int32(r.IntN(opt.Strata))
		}
		got, err := LogRank(in, opt)
		if err != nil {
			t.Fatal(err)
		}
		o, e, v := naiveLogRank(in, opt.Stratum, opt.Strata, opt.Rho)
		equal(t, "observed", got.Observed, o, 1e-12)
		equal(t, "expected", got.Expected, e, 1e-12)
		for k := range v {
			equal(t, "variance", got.Variance[k], v[k], 1e-12)
		}
		sum := 0.
		for k := range o {
			sum += got.Observed[k] - got.Expected[k]
		}
		if !near(sum, 0, 1e-12) {
			t.Errorf("observed − expected adds up to %v", sum)
		}
		if math.IsNaN(got.Statistic) != (got.Reason != "") {
			t.Errorf("statistic %v, reason %q", got.Statistic, got.Reason)
		}
		// The names of the groups do not matter, though the first is left out of the statistic.
		if got.Reason == "" {
			swapped := clone(in)
			for i, g := range in.Group {
				swapped.Group[i] = int32(len(in.Groups)-1) - g
			}
			again, err := LogRank(swapped, opt)
			if err != nil {
				t.Fatal(err)
			}
			if again.Reason == "" {
				equal(t, "χ² with groups in reverse", []float64{again.Statistic}, []float64{got.Statistic}, 1e-7) // condition of V
			}
		}
	})
}

func TestLogRankRefusals(t *testing.T) {
	in := Input{Time: []float64{1, 2}, Event: []int32{1, 1}, Group: []int32{0, 1}, Groups: []string{"a", "b"}}
	one := in
	one.Group, one.Groups = nil, nil
	for _, c := range []struct {
		in   Input
		opt  TestOptions
		code string
	}{
		{one, TestOptions{}, "one_group"}, {in, TestOptions{State: 2}, "bad_state"},
		{in, TestOptions{Stratum: []int32{0}, Strata: 1}, "bad_length"}, {in, TestOptions{Stratum: []int32{0, 1}, Strata: 1}, "bad_stratum"},
	} {
		if _, err := LogRank(c.in, c.opt); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.code, err)
		}
	}
}
