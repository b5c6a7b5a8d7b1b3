package analysis

import (
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// The ends of a split are the studies' own figures, and each combination is the figure of the study that one would write with
// the choices of the two: other covariates and another score belong to the method, the follow-up that a study asks of its starts to
// the sample.
func TestSplitCombinesWhatTheStudiesSay(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 6000, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	text := func(population, also, kind, method string) string {
		return "study: delt\ndata: {register: x}\npopulation: {" + population + `}
tiltak: [ARBEIDSTRENING]
groups: [unge, lav_utdanning]
horizon: 12
outcomes: [{id: arbeid, ` + kind + `}` + also + `]
` + method + `
placebo: off
sensitivity: none
inference: {family: {outcome: arbeid, month: 12, method: ebal, over: [tiltak, group]}}
`
	}
	population := [2]string{"age: [18, 66], from: 2018-01, to: 2020-12", "age: [18, 28], from: 2018-01, to: 2022-12"}
	also := [2]string{"", ", {id: varig, kind: stable_work, months: 12, mode: entered}"} // asks for a longer follow-up of all starts
	kind := [2]string{"kind: work", "kind: stable_work, months: 3"}
	method := [2]string{"methods: [ebal]", "methods: [{id: ebal, name: ipw}]\nscore: tiltak\ncovariates: [alder, kvinne, arbeid_1, arbeid_2_3, varighet]"}
	study := func(s int) *Study {
		x, err := Parse([]byte(text(population[s&1], also[s&1], kind[s>>1&1], method[s>>2&1])))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	rows, err := Split(t.Context(), study(0), study(7), reg, cat, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 {
		t.Fatalf("%+v", rows)
	}
	var seen []string
	for s := range 8 {
		own, err := Estimate(t.Context(), study(s), reg, cat, Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			c := row.Combinations[s]
			at := slices.IndexFunc(own.Tables.Estimates, func(e results.Estimate) bool { return e.Group == row.GroupA && e.Month != nil && *e.Month == 12 })
			e := own.Tables.Estimates[at]
			if row.Reason != "" || c.Estimate.Estimate != e.Estimate || c.StdError != e.StdError || c.NStarts != e.NStarts {
				t.Errorf("%s, %s: %v (%v) of %d, and the study itself has %v (%v) of %d (%s)", row.GroupA, c.Sample+c.Definition+c.Method, c.Estimate.Estimate, c.StdError, c.NStarts, e.Estimate, e.StdError, e.NStarts, row.Reason)
			}
			seen = append(seen, c.Sample+c.Definition+c.Method)
		}
	}
	if all := strings.Join(slices.Compact(seen), " "); all != "AAA BAA ABA BBA AAB BAB ABB BBB" {
		t.Errorf("combinations %s", all)
	}
}

// The register is read with what any of the studies needs, and what rival covariates of a registry need.
func TestRegisterIsReadForAllStudies(t *testing.T) {
	parse := func(more string) *Study {
		s, err := Parse([]byte("study: les\ndata: {register: x}\npopulation: {from: 2018-01, to: 2020-12}\ntiltak: [AFT]\nhorizon: 6\nmethods: [ebal]\ninference: {family: {outcome: arbeid, month: 6, method: ebal}}\n" + more))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a := parse("outcomes: [{id: arbeid, kind: work}]\nrobustness: {covariates: [{id: helse, list: [default, person.helse]}]}\n")
	b := parse("outcomes: [{id: arbeid, kind: work}, {id: annen, kind: work, employer: [annen]}]\ncovariates: [alder, \"person.barn:factor\"]\n")
	var opt register.Options
	for _, s := range []*Study{a, b} {
		if err := s.needs(nil, &opt); err != nil {
			t.Fatal(err)
		}
	}
	if len(opt.Extra) != 2 || opt.Extra[0].Name != "person.helse" || opt.Extra[1].Name != "person.barn" || !opt.Jobs {
		t.Errorf("%+v, jobs %v", opt.Extra, opt.Jobs)
	}
}
