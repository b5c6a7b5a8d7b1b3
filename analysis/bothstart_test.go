package analysis

import (
	"math"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// `later_entry: censor` is about those who wait. Where both arms start something, two tiltak or two variants, what they start later comes as it
// comes: a pair is the same as with `follow`, and the other way round its figure is the opposite.
func TestThoseWhoStartDoNotLeave(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 4000, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	reg.Contents = []string{"NORSK", "VERKSTED"} // the simulation has none
	for i := range reg.Participations {
		reg.Participations[i].Content = int32(i * 5 % 7 % 2)
	}
	cat, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	run := func(tiltak, comparison string) (results.Portfolio, []results.Estimate) {
		t.Helper()
		s, err := Parse([]byte("study: par\ndata: {register: x}\ntiltak: [" + tiltak + "]\ncomparison: {later_entry: " + comparison + `}
population: {from: 2018-01, to: 2021-12, elapsed: [1, 12]}
horizon: 12
covariates: [alder, kvinne]
outcomes: [{id: arbeid, kind: work}]
methods: [ebal]
placebo: off
sensitivity: none
portfolio: {margin: 0.05, month: 12}
heterogeneity: {by: [innhold], months: [12]}
inference: {family: {outcome: arbeid, month: 12, method: ebal, over: [tiltak, group]}}
`))
		if err != nil {
			t.Fatal(err)
		}
		out, err := Estimate(t.Context(), s, reg, cat, Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		var variants []results.Estimate
		for _, e := range out.Tables.Estimates {
			if e.Comparison == otherVariants {
				variants = append(variants, e)
			}
		}
		return out.Tables.Portfolio[2], variants
	}
	const a, b = "ARBEIDSTRENING", "ARBEIDSFORBEREDENDE_TRENING"
	want, variants := run(a+", "+b, "follow")
	if want.Other != b || !(want.StdError > 0) || len(variants) != 4 || variants[0].Reason != "" {
		t.Fatalf("%+v, %d variants", want, len(variants))
	}
	for _, comparison := range []string{"censor", "censor, wait_until: 18", "censor, wait_until: 18, start_by: 24"} {
		got, of := run(a+", "+b, comparison)
		if got.Estimate != want.Estimate || got.StdError != want.StdError || got.Verdict != want.Verdict {
			t.Errorf("%s: %v (%v) %s, and with follow %v (%v) %s", comparison, got.Estimate, got.StdError, got.Verdict, want.Estimate, want.StdError, want.Verdict)
		}
		for i, e := range of {
			f := variants[i]
			if e.Reason != f.Reason || f.Reason == "" && (e.Estimate != f.Estimate || e.StdError != f.StdError) || e.LaterEntry != laterEntryFollow {
				t.Errorf("%s, %s %s: %v (%v), %s, and with follow %v (%v)", comparison, e.Tiltak, e.SubsetValue, e.Estimate, e.StdError, e.LaterEntry, f.Estimate, f.StdError)
			}
		}
	}
	if got, _ := run(b+", "+a, "censor"); math.Abs(got.Estimate+want.Estimate) > 1e-9 || math.Abs(got.StdError-want.StdError) > 1e-9 {
		t.Errorf("the other way round %v (%v), and %v (%v)", got.Estimate, got.StdError, want.Estimate, want.StdError)
	}
}
