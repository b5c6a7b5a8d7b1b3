package validity

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// A subset is the study with another population: its figure is, to rounding, what a study of that elapsed duration alone finds.
// The values of a variable add up to the cell, places have shrunken figures and nothing raw, ranks lie in their intervals, and
// what is written stands up to the attack.
func TestSubsetsOfAStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 5000, Seed: 11, Scenario: "small-county", Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	reg.Procurements = []string{"anbud", "egen_regi"}
	reg.Providers, reg.Contents = []string{"912345678", "923456789", "934567890"}, []string{"NORSK", "VERKSTED"} // the simulation has none
	for i := range reg.Participations {
		p := &reg.Participations[i]
		p.Provider, p.Content = int32(i*7%11%3), int32(i*5%7%2)
		p.Procured = p.Content // the same division by another name
	}
	run := func(population, lines string) *analysis.Result {
		s, err := analysis.Parse([]byte("study: t\ndata: {register: memory}\npopulation: {from: 2019-01, to: 2020-12" + population + `}
tiltak: [ARBEIDSTRENING]
groups: [alle, unge, lav_utdanning]
horizon: 6
outcomes: [{id: arbeid, kind: work}]
methods: [nearest]
placebo: off
sensitivity: none
comparison: {per_treated: 0}
` + lines))
		if err != nil {
			t.Fatal(err)
		}
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	out := run("", "heterogeneity: {by: [group, elapsed, year, place, fylke, arrangor_id, innhold, anskaffelse, deltidsprosent], months: [6]}\n")
	alone := run(", elapsed: [4, 6]", "")
	var want results.Estimate
	for _, e := range alone.Tables.Estimates {
		if e.Group == "alle" && e.Month != nil && *e.Month == 6 {
			want = e
		}
	}
	total := 0
	eligible := map[string]int{}
	seen := 0
	for _, e := range out.Tables.Estimates {
		switch {
		case e.SubsetVar == "":
			if e.Group == "alle" {
				total = e.NStartsEligible
			}
			continue
		case e.Role != "exploratory" || e.Month == nil || *e.Month != 6:
			t.Fatalf("%+v", e)
		}
		if e.Group != "alle" {
			continue
		}
		eligible[e.SubsetVar+" "+e.Comparison] += e.NStartsEligible
		if e.SubsetVar == "elapsed" && e.SubsetValue == "4-6" {
			seen++
			if math.Abs(e.Estimate-want.Estimate) > 1e-12 || math.Abs(e.StdError-want.StdError) > 1e-12 || e.NStarts != want.NStarts {
				t.Errorf("4-6 months: %v ± %v of %d, a study of them alone %v ± %v of %d", e.Estimate, e.StdError, e.NStarts, want.Estimate, want.StdError, want.NStarts)
			}
		}
		if e.SubsetVar == "fylke" || e.SubsetVar == "arrangor_id" {
			if !math.IsNaN(e.PValue) || !math.IsNaN(e.MeanTreated) || !math.IsNaN(e.MeanComparison) || e.Reason == "" && e.StdErrorType != "empirical bayes" {
				t.Errorf("a raw figure of a place: %+v", e)
			}
		} else if e.Reason == "" && (e.Family == "" || e.PAdjusted < e.PValue) {
			t.Errorf("no correction: %+v", e)
		}
		if e.SubsetVar == "arrangor_id" && e.SubsetValue != "unknown" {
			if _, err := strconv.Atoi(e.SubsetValue); err != nil {
				t.Errorf("a provider is named: %s", e.SubsetValue)
			}
		}
	}
	asBought := map[string]string{"NORSK": "anbud", "VERKSTED": "egen_regi"}
	pairs := 0
	for _, a := range out.Tables.Estimates {
		for _, b := range out.Tables.Estimates {
			if a.SubsetVar == "innhold" && b.SubsetVar == "anskaffelse" && a.Group == b.Group && a.Comparison == b.Comparison && asBought[a.SubsetValue] == b.SubsetValue {
				pairs++
				if a.Estimate != b.Estimate && a.Reason == "" || a.Reason != b.Reason {
					t.Errorf("%s %v, %s %v", a.SubsetValue, a.Estimate, b.SubsetValue, b.Estimate)
				}
			}
		}
	}
	if pairs != 2*2*3 {
		t.Errorf("%d figures of procurement beside those of content", pairs)
	}
	if seen != 1 || total == 0 {
		t.Fatalf("%d figures of 4-6 months, %d starts", seen, total)
	}
	for _, v := range []string{"elapsed not-now", "year not-now", "place not-now", "fylke not-now", "arrangor_id not-now", "innhold not-now", "innhold other_variants", "anskaffelse not-now", "anskaffelse other_variants", "deltidsprosent not-now"} {
		if eligible[v] != total {
			t.Errorf("%s adds up to %d of %d starts", v, eligible[v], total)
		}
	}
	measures := map[string]int{}
	for _, h := range out.Tables.Heterogeneity {
		measures[h.SubsetVar+" "+h.Measure]++
		if h.Measure == "rank" && !(h.ConfLow <= h.Estimate && h.Estimate <= h.ConfHigh) {
			t.Errorf("%+v", h)
		}
		if h.Measure == "difference" && h.Reason == "" && !(h.PAdjusted >= h.PValue) {
			t.Errorf("%+v", h)
		}
	}
	for _, m := range []string{"group difference", "elapsed difference", "elapsed trend", "year difference", "fylke spread", "fylke mean", "fylke rank", "fylke over_mean"} {
		if measures[m] == 0 {
			t.Errorf("there is no %s in %v", m, measures)
		}
	}
	for _, limit := range []int{5, 25} {
		tables := results.Tables{Estimates: slices.Clone(out.Tables.Estimates), Heterogeneity: slices.Clone(out.Tables.Heterogeneity),
			Flow: slices.Clone(out.Tables.Flow), Census: slices.Clone(out.Tables.Census)}
		results.Suppress(&tables, limit)
		for _, found := range results.Attack(&tables, limit) {
			t.Errorf("limit %d: %s", limit, found)
		}
		hidden := 0
		for _, h := range tables.Heterogeneity {
			if h.Reason == "suppressed" {
				hidden++
			}
		}
		if limit == 25 && hidden == 0 {
			t.Error("nothing of table heterogeneity is hidden at a limit of 25: the attack tries nothing")
		}
	}
}
