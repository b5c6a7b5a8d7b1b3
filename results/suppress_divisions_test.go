package results

import (
	"math"
	"testing"
)

// A part with few persons is the whole less the other part: one more goes, unless the whole does not stand or the part is an unknown that nobody has.
func TestPartsOfAnOutcome(t *testing.T) {
	month := 6
	row := func(outcome string, ones int) Estimate {
		return Estimate{Tiltak: "A", Group: "alle", Outcome: outcome, Method: "none", Comparison: "not-now", Month: &month, Role: "primary", Estimate: .1, StdError: .02, MeanTreated: float64(ones) / 100, MeanComparison: .4,
			NStarts: 100, NStartsEligible: 100, NPersonsTreated: 100, NPersonsComparison: 500, OnesTreated: ones, ZerosTreated: 100 - ones, OnesComparison: 5 * ones, ZerosComparison: 500 - 5*ones}
	}
	for name, c := range map[string]struct {
		rows []Estimate
		gone []bool
	}{
		"one small":      {[]Estimate{row("w", 43), row("w_a", 40), row("w_b", 3), row("w_u", 0)}, []bool{false, true, true, true}},
		"smallest goes":  {[]Estimate{row("w", 63), row("w_a", 40), row("w_b", 3), row("w_c", 20)}, []bool{false, false, true, true}},
		"all shown":      {[]Estimate{row("w", 60), row("w_a", 40), row("w_b", 20)}, []bool{false, false, false}},
		"few without":    {[]Estimate{row("w", 97), row("w_a", 57), row("w_b", 40)}, []bool{true, false, true}},
		"unknown nobody": {[]Estimate{row("w", 60), row("w_a", 40), row("w_b", 20), row("w_u", 0)}, []bool{false, false, false, true}},
	} {
		tables := &Tables{Estimates: c.rows, Divisions: []Division{{"w", []string{"w_a", "w_b", "w_c", "w_u"}, []string{"w_u"}}}}
		Suppress(tables, 5)
		for i, e := range tables.Estimates {
			if gone := e.Reason == suppressed; gone != c.gone[i] || gone != math.IsNaN(e.MeanTreated) {
				t.Errorf("%s, %s: %q, mean %v", name, e.Outcome, e.Reason, e.MeanTreated)
			}
		}
	}
}

// The whole less the parts that are shown tells nothing in the other tables either: where one part of a figure is hidden, no other stands.
func TestPartsOfAnOutcomeInOtherTables(t *testing.T) {
	ones := map[string]int{"w": 63, "w_a": 40, "w_b": 3, "w_c": 20, "w_u": 0}
	for name, few := range map[string]bool{"a small part": true, "no small part": false} {
		if ones["w_b"] = 3; !few {
			ones["w_b"] = 13
		}
		tables := tablesOfParts(ones)
		Suppress(tables, 5)
		check := func(table, outcome string, hidden bool) {
			t.Helper()
			want := few && outcome != "w" || outcome == "w_u"
			if hidden != want {
				t.Errorf("%s, %s, %s: hidden %v", name, table, outcome, hidden)
			}
		}
		for i := range tables.PreEffects {
			check("pre_effects", tables.PreEffects[i].Outcome, tables.PreEffects[i].Reason == suppressed && math.IsNaN(tables.PreEffects[i].Estimate))
			check("sensitivity", tables.Sensitivity[i].Outcome, tables.Sensitivity[i].Reason == suppressed && math.IsNaN(tables.Sensitivity[i].Estimate))
			check("placebo", tables.Placebo[i].Outcome, tables.Placebo[i].Reason == suppressed && math.IsNaN(tables.Placebo[i].Estimate))
			check("experiment", tables.Experiment[i].Outcome, tables.Experiment[i].Reason == suppressed && math.IsNaN(tables.Experiment[i].Estimate))
		}
	}
}

// tablesOfParts are tables about an outcome that so many of 100 have, and its parts.
func tablesOfParts(ones map[string]int) *Tables {
	month := -3
	parts := []string{"w_a", "w_b", "w_c", "w_u"}
	tables := &Tables{Divisions: []Division{{"w", parts, []string{"w_u"}}}}
	month6 := 6
	for _, o := range append([]string{"w"}, parts...) {
		n := ones[o]
		tables.Estimates = append(tables.Estimates, Estimate{Tiltak: "A", Group: "alle", Outcome: o, Method: "none", Comparison: "not-now", Month: &month6, Role: "primary", Estimate: .1, StdError: .02, MeanTreated: .4, MeanComparison: .4,
			NStarts: 100, NStartsEligible: 100, NPersonsTreated: 100, NPersonsComparison: 500, OnesTreated: 50, ZerosTreated: 50, OnesComparison: 250, ZerosComparison: 250})
		tables.PreEffects = append(tables.PreEffects, PreEffect{Tiltak: "A", Group: "alle", Outcome: o, Method: "none", EventMonth: &month, Estimate: .1,
			PersonsTreated: 100, PersonsComparison: 500, OnesTreated: n, ZerosTreated: 100 - n, OnesComparison: 5 * n, ZerosComparison: 500 - 5*n})
		tables.Sensitivity = append(tables.Sensitivity, Sensitivity{Tiltak: "A", Group: "alle", Outcome: o, Method: "none", Month: 6, Measure: "spread", Estimate: .1,
			PersonsTreated: 100, PersonsComparison: 500, OnesTreated: n, ZerosTreated: 100 - n, OnesComparison: 5 * n, ZerosComparison: 500 - 5*n, Discordant: -1})
		p := Placebo{Tiltak: "A", Group: "alle", Outcome: o, Method: "none", Window: "-6--1", Kind: "window", Estimate: .1, PersonsTreated: 100, PersonsComparison: 500, FewAmounts: n < 5}
		if n == 0 {
			p.Reason = "constant_outcome"
		}
		tables.Placebo = append(tables.Placebo, p)
		tables.Experiment = append(tables.Experiment, Experiment{Outcome: o, Month: 6, Estimand: "itt", Adjustment: "lin", Estimate: .1, PersonsOffered: 100, PersonsOthers: 100,
			OnesOffered: n, ZerosOffered: 100 - n, OnesOthers: n, ZerosOthers: 100 - n})
	}
	return tables
}

// A trend that is hidden is not the trend of the whole less those of the other parts.
func TestPartsOfAnOutcomeInHeterogeneity(t *testing.T) {
	month := 6
	for hidden, want := range map[bool]int{true: 3, false: 0} {
		tables := &Tables{Divisions: []Division{{"w", []string{"w_a", "w_b", "w_c"}, nil}}}
		for _, o := range []string{"w", "w_a", "w_b", "w_c"} {
			for _, v := range []string{"k", "m"} {
				e := Estimate{Tiltak: "A", Group: "alle", Outcome: o, Method: "none", Month: &month, SubsetVar: "kjonn", SubsetValue: v, Estimate: .1}
				if hidden && o == "w_b" && v == "k" {
					e.Estimate, e.Reason = math.NaN(), suppressed
				}
				tables.Estimates = append(tables.Estimates, e)
			}
			tables.Heterogeneity = append(tables.Heterogeneity, Heterogeneity{Tiltak: "A", Group: "alle", Outcome: o, Method: "none", Month: month, SubsetVar: "kjonn", Measure: "trend", Estimate: .1, NValues: 2})
		}
		(&suppressor{t: tables, min: 5, count: map[string]int{}}).heterogeneity()
		n := 0
		for _, h := range tables.Heterogeneity {
			if h.Reason == suppressed && math.IsNaN(h.Estimate) {
				n++
			}
		}
		if n != want || tables.Heterogeneity[0].Reason != "" {
			t.Errorf("hidden %v: %d rows", hidden, n)
		}
	}
}

// The number of clusters is a lower bound on persons, and so are the degrees of freedom of a hidden error.
func TestFewClustersAreFewPersons(t *testing.T) {
	month := 6
	row := func(tiltak string, n int) Estimate {
		return Estimate{Tiltak: tiltak, Group: "alle", Outcome: "lonn", Method: "ebal", Comparison: "not-now", Month: &month, Role: "primary", Estimate: 1, StdError: 1, MeanTreated: 2, MeanComparison: 1, StdErrorType: "weights+nav_enhet CR2, t(3.1)",
			NStarts: n, NStartsEligible: n, NPersonsTreated: n, NPersonsComparison: 500, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1}
	}
	tables := &Tables{Estimates: []Estimate{row("A", 100), row("B", 3)}}
	for group, n := range map[string]float64{"alle": 40, "unge": 3, "eldre": 4} {
		for _, d := range []Diagnostic{{Name: "clusters_treated", Value: n}, {Name: "clusters_comparison", Value: 60}, {Name: "clusters_effective", Value: n}, {Name: "cluster_over_half", Value: 1}} {
			d.Tiltak, d.Group, d.Method = "A", group, "ebal"
			tables.Diagnostics = append(tables.Diagnostics, d)
		}
	}
	Suppress(tables, 5)
	if a, b := tables.Estimates[0].StdErrorType, tables.Estimates[1].StdErrorType; a != "weights+nav_enhet CR2, t(3.1)" || b != "weights+nav_enhet CR2" {
		t.Errorf("%q, %q", a, b)
	}
	for _, d := range tables.Diagnostics {
		if hidden := math.IsNaN(d.Value); hidden != (d.Group != "alle") || d.Name == "cluster_over_half" && d.Group != "alle" {
			t.Errorf("%s, %s: %g", d.Group, d.Name, d.Value)
		}
	}
}
