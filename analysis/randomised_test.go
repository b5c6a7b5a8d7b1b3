package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/experiment"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
)

func TestDesignIsReadStrictly(t *testing.T) {
	for lines, want := range map[string]string{
		"design: {within: 3}\n":                         "`design.randomised` is missing",
		"design: {randomised: persons}\n":               "did you mean `person`",
		"design: {randomised: person, within: 0}\n":     "`design.within: 0` leaves no month",
		"design: {randomised: person, within: -1}\n":    "`design.within: -1`",
		"design: {randomised: person, within: 999}\n":   "`design.within: 999`",
		"design: {randomised: person, strata: fylke}\n": "`strata` is no key",
	} {
		if _, err := Parse([]byte(minimal + lines)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", lines, err)
		}
	}
	s, err := Parse([]byte(minimal + "design: {randomised: office}\n"))
	if err != nil || s.Design.Within != 6 {
		t.Fatalf("%+v, %v", s, err)
	}
	for name, c := range map[string]struct {
		table *register.Assignments
		code  string
	}{"no table": {nil, "no_assignments"}, "persons": {&register.Assignments{}, "other_units"}, "offices": {&register.Assignments{Offices: true}, ""}} {
		r := &runner{study: s, reg: &register.Register{Assigned: c.table}}
		if err := r.checkDesign(); (err != nil || c.code != "") && fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

// An age that is not known is no age of two thousand years.
func TestUnknownAgesAreTheMean(t *testing.T) {
	for _, c := range [][2][]float64{{{20, math.NaN(), 40}, {20, 30, 40}}, {{math.NaN(), math.NaN()}, {0, 0}}, {{}, {}}} {
		if meanForUnknown(c[0]); fmt.Sprint(c[0]) != fmt.Sprint(c[1]) {
			t.Errorf("%v, want %v", c[0], c[1])
		}
	}
}

// Eight offices carry no adjustment of seven columns: a study says so, rather than giving a plain difference or no row.
func TestFewOfficesCarryFewCovariates(t *testing.T) {
	s, err := Parse([]byte(minimal + "design: {randomised: office}\n"))
	if err != nil {
		t.Fatal(err)
	}
	const n = 160
	r := rand.New(rand.NewPCG(6, 2))
	a := &assigned{trial: experiment.Trial{Assigned: make([]bool, n), Taken: make([]bool, n), Cluster: make([]int32, n)}}
	y := make([]float64, n)
	for i := range n {
		a.trial.Cluster[i], a.trial.Assigned[i], y[i] = int32(i%8), i%8 < 4, r.NormFloat64()
		a.trial.Taken[i] = a.trial.Assigned[i] && i%3 > 0
	}
	def := &outcome.Definition{Spec: outcome.Spec{ID: "lonn", Kind: "earnings"}}
	for covariates := 1; covariates <= 3; covariates++ {
		x := make([]float64, n)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		a.trial.Covariates, a.trial.Names = append(a.trial.Covariates, x), append(a.trial.Names, string(rune('a'+covariates)))
		rows, said, err := (&runner{study: s}).experimentMonth(a, def, y, 6, false)
		if err != nil || len(rows) == 0 {
			t.Fatal(err, len(rows))
		}
		warned := slices.ContainsFunc(said, func(w fault.Warning) bool {
			return w.Code == "too_many_covariates" && w.Message == "tildeling: 8 columns of covariates, strata and assignment for 8 offices: too many for an error; make `stratum` coarser, or add offices"
		})
		if warned != (covariates == 3) {
			t.Errorf("%d covariates: %v", covariates, said)
		}
		for _, row := range rows {
			if many := covariates == 3; many != (row.Reason == estimate.TooFewClusters) || many != math.IsNaN(row.Estimate) {
				t.Errorf("%d covariates: %+v", covariates, row)
			}
		}
	}
}

// Outcomes that emigration hides may leave an experiment without what it compares: a row says what is missing.
func TestNoExperimentSaysWhy(t *testing.T) {
	s, err := Parse([]byte(minimal + "design: {randomised: office}\n"))
	if err != nil {
		t.Fatal(err)
	}
	def := &outcome.Definition{Spec: outcome.Spec{ID: "lonn", Kind: "earnings"}}
	nan := math.NaN()
	for name, c := range map[string]struct {
		offered          []bool
		cluster, stratum []int32
		y                []float64
		want             estimate.Reason
	}{
		"one arm":             {[]bool{true, true, false, false}, nil, nil, []float64{1, 2, nan, nan}, estimate.NoComparison},
		"strata of one arm":   {[]bool{true, true, false, false}, nil, []int32{0, 0, 1, 1}, []float64{1, 2, 3, 4}, estimate.NoComparison},
		"an office in an arm": {[]bool{true, true, true, false, false, false}, []int32{0, 1, 1, 2, 3, 3}, nil, []float64{nan, 1, 2, 3, 4, 5}, estimate.TooFewClusters},
		"two rows":            {[]bool{true, true, false, false}, nil, nil, []float64{1, nan, 3, nan}, estimate.TooFewTreated},
		"mixed office":        {[]bool{true, false, true, false}, []int32{0, 0, 1, 1}, nil, []float64{1, 2, 3, 4}, estimate.Singular},
	} {
		a := &assigned{trial: experiment.Trial{Assigned: c.offered, Taken: c.offered, Cluster: c.cluster, Stratum: c.stratum}}
		rows, _, err := (&runner{study: s}).experimentMonth(a, def, c.y, 6, false)
		if err != nil || len(rows) != 2 || rows[0].Reason != c.want || rows[1].Reason != c.want {
			t.Errorf("%s: %v, %+v; want %s", name, err, rows, c.want)
		}
	}
}
