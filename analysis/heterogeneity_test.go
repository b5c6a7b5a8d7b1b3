package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/results"
)

// Two subsets that share no person: W = (θ₁ − θ₂)²/(s₁² + s₂²). With shared persons the covariance comes off: here r of the
// influences is 0.6 by hand. A slope of three equal-error independent values 0, 1, 5 is (5 − 0)/2 with error s/√2.
func TestValueTestsClosedForm(t *testing.T) {
	persons := func(from, n int) (p []int32, psi []float32) {
		for i := range n {
			p, psi = append(p, int32(from+i)), append(psi, 1)
		}
		return p, psi
	}
	figure := func(value string, est, se float64, from, n int) apartFigure {
		p, psi := persons(from, n)
		return apartFigure{value: value, estimate: est, stdErr: se, person: p, psi: psi}
	}
	base := results.Heterogeneity{}
	got := valueTests(base, []apartFigure{figure("a", 3, 1, 0, 500), figure("b", 1, 2, 500, 500), figure("unknown", 99, 1, 0, 500)}, false, .95)
	if len(got) != 1 || math.Abs(got[0].Statistic-4./5) > 1e-9 || got[0].DF != 1 || got[0].NValues != 2 {
		t.Errorf("apart: %+v", got)
	}
	got = valueTests(base, []apartFigure{figure("a", 3, 1, 0, 500), figure("b", 1, 2, 200, 500)}, false, .95) // 300 of 500 are shared
	if want := 4 / (1 + 4 - 2*.6*1*2); math.Abs(got[0].Statistic-want) > 1e-6 {
		t.Errorf("shared: %v, want %v", got[0].Statistic, want)
	}
	got = valueTests(base, []apartFigure{figure("a", 0, 2, 0, 50), figure("b", 1, 2, 50, 50), figure("c", 5, 2, 100, 50)}, true, .95)
	if len(got) != 2 || got[1].Measure != "trend" || math.Abs(got[1].Estimate-2.5) > 1e-12 || math.Abs(got[1].StdError-2/math.Sqrt2) > 1e-9 {
		t.Errorf("trend: %+v", got)
	}
	// b has no figure, and c is two steps from a all the same: x are 0, 2 and 3, and Σx(y − ȳ)/Σ(x − x̄)² is 28/14.
	got = valueTests(base, []apartFigure{figure("a", 0, 2, 0, 50), {value: "b", estimate: math.NaN(), stdErr: math.NaN()}, figure("c", 4, 2, 100, 50), figure("d", 6, 2, 150, 50), figure("unknown", 9, 2, 200, 50)}, true, .95)
	if len(got) != 2 || got[1].NValues != 3 || math.Abs(got[1].Estimate-2) > 1e-12 || math.Abs(got[1].StdError-2/math.Sqrt(14./3)) > 1e-9 {
		t.Errorf("trend over a gap: %+v", got)
	}
	if got := valueTests(base, []apartFigure{figure("a", 0, 2, 0, 50)}, true, .95); got[0].Reason == "" || !math.IsNaN(got[0].PValue) {
		t.Errorf("one value: %+v", got)
	}
}

func TestHeterogeneityIsReadStrictly(t *testing.T) {
	for lines, want := range map[string]string{
		"heterogeneity: [varighet]\n":                                   "is decided after the start",
		"heterogeneity: [completed]\n":                                  "is decided after the start",
		"heterogeneity: [elapsd]\n":                                     "did you mean `elapsed`",
		"heterogeneity: [year, year]\n":                                 "names `year` twice",
		"heterogeneity: []\n":                                           "`heterogeneity.by` is empty",
		"heterogeneity: {by: [year], month: [3]}\n":                     "`month` is no key of `heterogeneity`",
		"heterogeneity: {by: [year], months: [99]}\n":                   "not between 1 and the horizon",
		"heterogeneity: {by: [year], methods: [optimal]}\n":             "`heterogeneity.methods` names `optimal`",
		"heterogeneity: {by: [year], outcomes: [nothing]}\n":            "`heterogeneity.outcomes` names `nothing`",
		"heterogeneity: {by: [year], groups: [unge]}\n":                 "`heterogeneity.groups` names `unge`",
		"heterogeneity: {by: [year], over: [month]}\n":                  "`heterogeneity.over` names `month`",
		"heterogeneity: {by: [year], multiplicity: bonferroni}\n":       "`heterogeneity.multiplicity: bonferroni`",
		"heterogeneity: {by: [year], months: [6], over: [tiltak, 2]}\n": "`heterogeneity.over` names `2`",
	} {
		if _, err := Parse([]byte(minimal + lines)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", lines, err)
		}
	}
	s, err := Parse([]byte(minimal + "heterogeneity: [year, fylke]\n"))
	if err != nil {
		t.Fatal(err)
	}
	h := s.Heterogeneity
	if len(h.Outcomes) != 1 || h.Outcomes[0] != s.Outcomes[0].ID || len(h.Methods) != 1 || h.Months[0] != 24 || h.Multiplicity != "holm" || len(h.Over) != 3 {
		t.Errorf("defaults %+v", h)
	}
	b, err := s.canonical()
	if err != nil || !strings.Contains(string(b), `"heterogeneity":{"by":["year","fylke"]`) {
		t.Errorf("the resolved study does not say it: %v", err)
	}
}

// Values in the order in which people read them.
func TestByValue(t *testing.T) {
	order := []string{"0-49", "50-99", "100", "unknown"}
	for i := range order {
		for j := range order {
			if got := byValue(order[i], order[j]); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s and %s: %d", order[i], order[j], got)
			}
		}
	}
	if byValue("low", "high") >= 0 || byValue("2019-2", "2020-1") >= 0 || byValue("AMO", "NORSK") >= 0 {
		t.Error("order of words")
	}
}

// Procurement says how a place is bought; a column that names whom it is bought from is refused, and so is one that is not there.
func TestProcurementsOfARegister(t *testing.T) {
	reg := &register.Register{}
	if got := procurements(reg); got != "`anskaffelse` in `deltakelse`" {
		t.Errorf("none: %s", got)
	}
	for i := range mostProcurements {
		reg.Procurements = append(reg.Procurements, fmt.Sprint("type ", i))
	}
	if got := procurements(reg); got != "" {
		t.Errorf("%d values: %s", len(reg.Procurements), got)
	}
	reg.Procurements = append(reg.Procurements, "one more")
	if got := procurements(reg); !strings.Contains(got, "it has 21 values, and up to 20 are taken") {
		t.Errorf("21 values: %s", got)
	}
}
