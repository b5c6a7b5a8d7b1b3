package validity

import (
	"math"
	"slices"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// Where no tiltak does anything, no two differ after correction, with a margin as wide as the scale all are equivalent and with one of
// nothing none are; rows of a tiltak repeat the tables of estimates and costs; and what they hide stays hidden.
func TestPortfolioOfAStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 2500, Seed: 3, Scenario: "no-effect", Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	run := func(margin string) *results.Tables {
		s, err := analysis.Parse([]byte(`study: t
data: {register: memory}
population: {from: 2019-01, to: 2020-12}
tiltak: [ARBEIDSTRENING, ARBEIDSFORBEREDENDE_TRENING]
groups: [alle, unge]
horizon: 6
outcomes: [{id: arbeid, kind: work}]
methods: [nearest]
placebo: off
sensitivity: none
covariates: [alder, kvinne, arbeid_13_24]
portfolio: {margin: ` + margin + "}\n"))
		if err != nil {
			t.Fatal(err)
		}
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		return &out.Tables
	}
	wide, narrow := run("0.9"), run("0.0001")
	pairs := 0
	for i, p := range wide.Portfolio {
		if p.Other == "" {
			k := slices.IndexFunc(wide.Estimates, func(e results.Estimate) bool {
				return e.Tiltak == p.Tiltak && e.Group == p.Group && e.Month != nil && *e.Month == 6 && e.Role == "primary"
			})
			if e := wide.Estimates[k]; e.Estimate != p.Estimate && !(math.IsNaN(e.Estimate) && math.IsNaN(p.Estimate)) || e.NStartsEligible != p.Starts {
				t.Errorf("%+v beside %+v", p, e)
			}
			continue
		}
		if p.Reason != "" {
			continue
		}
		pairs++
		if want := synthesis.TOST(p.Estimate, p.StdError, .9, .05).PValue; p.PEquivalence != want || p.Verdict != "equivalent" {
			t.Errorf("%+v", p)
		}
		if q := narrow.Portfolio[i]; q.Verdict != "undecided" || q.Estimate != p.Estimate {
			t.Errorf("%+v", q)
		}
		if !(p.CommonSupport > 0 && p.CommonSupport <= 1) {
			t.Errorf("common support %v", p.CommonSupport)
		}
	}
	if pairs == 0 {
		t.Fatal("no pair could be compared")
	}
	for _, limit := range []int{5, 40} {
		tables := results.Tables{Estimates: slices.Clone(wide.Estimates), Costs: slices.Clone(wide.Costs), Portfolio: slices.Clone(wide.Portfolio), Flow: slices.Clone(wide.Flow), Census: slices.Clone(wide.Census)}
		results.Suppress(&tables, limit)
		for _, found := range results.Attack(&tables, limit) {
			t.Errorf("limit %d: %s", limit, found)
		}
		if limit != 40 {
			continue
		}
		hidden := 0
		for i := range tables.Portfolio {
			if tables.Portfolio[i].Reason == "suppressed" {
				hidden++
				tables.Portfolio[i] = wide.Portfolio[i]
			}
		}
		if hidden == 0 || len(results.Attack(&tables, limit)) == 0 {
			t.Errorf("%d rows are hidden at a limit of 40, and the attack does not see them put back", hidden)
		}
	}
}
