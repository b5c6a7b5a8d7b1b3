package validity

import (
	"math"
	"slices"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/results"
)

// The slope of a study by every kind of method: a figure in other units (per mille for per cent) has a tenth of the slope and of the
// error and the same p-value; it counts among the tests that are corrected; and it goes where a figure that it rests on is hidden.
func TestSlopesOfAStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	reg, _, err := simulated(t.Context(), Options{Persons: 2500, Seed: 3}, SlopeScenario, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	run := func(reg *register.Register) *analysis.Result {
		s, err := analysis.Parse([]byte(`study: t
data: {register: memory}
population: {from: 2019-01, to: 2020-12}
tiltak: [ARBEIDSTRENING]
horizon: 6
outcomes: [{id: arbeid, kind: work}]
covariates: [alder, kvinne, utdanning, "arbeid_*"]
methods: [nearest, ebal, ipw, did, {name: did, id: did_ebal, match: ebal}]
placebo: off
sensitivity: none
heterogeneity: {by: [ledighet], methods: [nearest, ebal, ipw, did, did_ebal], months: [6]}
`))
		if err != nil {
			t.Fatal(err)
		}
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	slopes := func(out *analysis.Result) (rows []results.Heterogeneity) {
		for _, h := range out.Tables.Heterogeneity {
			if h.Measure == "slope" {
				rows = append(rows, h)
			}
		}
		return rows
	}
	percent := run(reg)
	mille := *reg
	areas := *reg.Areas
	areas.Values = map[string][]float64{"ledighet": slices.Clone(reg.Areas.Values["ledighet"])}
	for i := range areas.Values["ledighet"] {
		areas.Values["ledighet"][i] *= 10
	}
	mille.Areas = &areas
	a, b := slopes(percent), slopes(run(&mille))
	if len(a) != 5 || len(b) != 5 {
		t.Fatalf("%d and %d slopes", len(a), len(b))
	}
	for k, x := range a {
		y := b[k]
		if x.Reason != "" || x.NValues != len(reg.Persons.Counties) || x.DF != float64(x.NValues-1) || !(x.StdError > 0) || !(x.PAdjusted >= x.PValue) || x.Family == "" {
			t.Errorf("%s: %+v", x.Method, x)
		}
		if math.Abs(x.Estimate-10*y.Estimate) > 1e-6*x.StdError || math.Abs(x.StdError-10*y.StdError) > 1e-6*x.StdError || math.Abs(x.PValue-y.PValue) > 1e-6 {
			t.Errorf("%s: %v ± %v, per mille %v ± %v", x.Method, x.Estimate, x.StdError, y.Estimate, y.StdError)
		}
	}
	shown := results.Tables{Estimates: slices.Clone(percent.Tables.Estimates), Heterogeneity: slices.Clone(percent.Tables.Heterogeneity)}
	results.Suppress(&shown, 5) // every third has more
	for _, h := range shown.Heterogeneity {
		if h.Measure == "slope" && (h.Reason != "" || math.IsNaN(h.Estimate)) {
			t.Errorf("hidden for nothing: %+v", h)
		}
	}
	tables := results.Tables{Estimates: slices.Clone(percent.Tables.Estimates), Heterogeneity: slices.Clone(percent.Tables.Heterogeneity)}
	results.Suppress(&tables, 200) // some third has fewer
	for _, h := range tables.Heterogeneity {
		if h.Measure == "slope" && (h.Reason != "suppressed" || !math.IsNaN(h.Estimate)) {
			t.Errorf("not hidden: %+v", h)
		}
	}
}

// The true slope of effects that are a line in unemployment is that of the line, whatever the weights.
func TestTrueSlope(t *testing.T) {
	reg, _, err := simulated(t.Context(), Options{Persons: 600, Seed: 3}, SlopeScenario, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	var starts []int32
	var weight []float64
	for i, p := range reg.Participations {
		if !math.IsNaN(reg.LocalUnemployment(p.Person, p.Start.Month()-1)) {
			starts, weight = append(starts, int32(i)), append(weight, 1+float64(i%3))
		}
	}
	effect := func(start int32) (float64, error) {
		p := &reg.Participations[start]
		return .3 - .04*reg.LocalUnemployment(p.Person, p.Start.Month()-1), nil
	}
	for _, w := range [][]float64{nil, weight} {
		if got, err := trueSlope(reg, effect, starts, w); err != nil || math.Abs(got+.04) > 1e-10 {
			t.Errorf("%v, %v", got, err)
		}
	}
}
