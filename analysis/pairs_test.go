package analysis

import (
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// A study calls the intersection of two groups "a*b", tables a_x_b: effects apart, pairs of tiltak and the split know both, also where
// `pairs: all` names them all, and give what the intersection has as a group of the study's own.
func TestIntersectionsAreGroupsEverywhere(t *testing.T) {
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
	cat, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	study := func(groups string) *Study {
		t.Helper()
		s, err := Parse([]byte("study: par\ndata: {register: x}\n" + groups + `
population: {from: 2018-01, to: 2021-12}
tiltak: [ARBEIDSTRENING, ARBEIDSFORBEREDENDE_TRENING]
horizon: 6
covariates: [alder, kvinne]
group_definitions: {yngre: "age < 35", lite: "education <= 3", begge: "age < 35 and education <= 3"}
outcomes: [{id: arbeid, kind: work}]
methods: [ebal]
placebo: off
sensitivity: none
portfolio: {margin: 0.05}
heterogeneity: [group, elapsed]
inference: {family: {outcome: arbeid, month: 6, method: ebal, over: [tiltak, group]}}
`))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	run := func(groups string) *results.Tables {
		t.Helper()
		out, err := Estimate(t.Context(), study(groups), reg, cat, Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		return &out.Tables
	}
	want := run("groups: [yngre, lite, begge]")
	const pair = "yngre_x_lite"
	for _, groups := range []string{`groups: [yngre, lite, "yngre*lite"]`, `groups: [yngre, lite, "yngre * lite"]`, "groups: [yngre, lite]\npairs: all"} {
		got := run(groups)
		if got, want := study(groups).groupIDs(), []string{"yngre", "lite", pair}; !slices.Equal(got, want) {
			t.Errorf("%s: groups %v", groups, got)
		}
		subsets := 0
		for _, e := range want.Estimates {
			if e.Group != "begge" || e.SubsetVar == "" {
				continue
			}
			subsets++
			k := slices.IndexFunc(got.Estimates, func(f results.Estimate) bool {
				return f.Group == pair && f.Tiltak == e.Tiltak && f.SubsetVar == e.SubsetVar && f.SubsetValue == e.SubsetValue
			})
			if k < 0 || e.Reason == "" && got.Estimates[k].Estimate != e.Estimate {
				t.Errorf("%s: nothing of %s %s=%s, or another figure", groups, e.Tiltak, e.SubsetVar, e.SubsetValue)
			}
		}
		if subsets == 0 || len(got.Portfolio) != len(want.Portfolio) {
			t.Fatalf("%s: %d subsets, %d rows of portfolio, want %d", groups, subsets, len(got.Portfolio), len(want.Portfolio))
		}
		for i, p := range want.Portfolio {
			if q := got.Portfolio[i]; strings.ReplaceAll(q.Group, pair, "begge") != p.Group || q.Tiltak != p.Tiltak || q.Other != p.Other || q.Reason != p.Reason || q.Starts != p.Starts || p.Reason == "" && q.Estimate != p.Estimate {
				t.Errorf("%s: portfolio %+v, want %+v", groups, q, p)
			}
		}
		tests := 0
		for _, h := range want.Heterogeneity {
			if h.SubsetVar != "group" {
				continue
			}
			tests++
			if !slices.ContainsFunc(got.Heterogeneity, func(x results.Heterogeneity) bool {
				return x.SubsetVar == "group" && x.Tiltak == h.Tiltak && x.NValues == 3 && x.Statistic == h.Statistic && h.Reason == ""
			}) {
				t.Errorf("%s: no test of %d groups of %s", groups, h.NValues, h.Tiltak)
			}
		}
		if tests != 2 {
			t.Errorf("%d tests of groups", tests)
		}
	}
	a, b := study(`groups: ["yngre*lite"]`), study("groups: [yngre, lite]\npairs: all")
	b.Seed = new(uint64)
	rows, err := Split(t.Context(), a, b, reg, cat, Options{Workers: 2})
	if err != nil || len(rows) != 2 || rows[0].GroupA != pair || rows[0].Reason != "" {
		t.Errorf("%v, %+v", err, rows)
	}
	if cohort.GroupID("unge") != "unge" || len(cohort.GroupParts("unge")) != 1 {
		t.Error("a group is no intersection")
	}
}
