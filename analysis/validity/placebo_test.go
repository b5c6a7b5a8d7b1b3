package validity

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// Counted by hand: two registers, two tiltak. Joint p-values 0.01 and 0.5 in the first, 0.03 and 0.04 in the second: 3 of 4
// under 5 %; times two, 0.02 in the first and 0.06 in the second: one register of two.
func TestCountPlacebos(t *testing.T) {
	nan := math.NaN()
	window := func(tiltak string, estimate, p float64) results.Placebo {
		return results.Placebo{Tiltak: tiltak, Method: "ebal", Kind: "window", Conditioning: "around", Outcome: "arbeid", Window: "-6--1", Estimate: estimate, StdError: 1, PValue: p}
	}
	joint := func(tiltak string, p float64) results.Placebo {
		return results.Placebo{Tiltak: tiltak, Method: "ebal", Kind: "joint", Conditioning: "around", Estimate: nan, StdError: nan, PValue: p}
	}
	rows := countPlacebos([][]results.Placebo{
		{window("a", 3, 0.003), window("b", 1, 0.3), joint("a", 0.01), joint("b", 0.5)},
		{window("a", -1, 0.3), window("b", nan, nan), joint("a", 0.03), joint("b", 0.04)},
	})
	got := map[string]PlaceboRow{}
	for _, r := range rows {
		got[r.Test] = r
	}
	w := got["arbeid -6--1"]
	// Mean z of 3, 1, −1 is 1 and its sd 2. Rejected 1 of 3; by register 1 − 2/3 and 0 − 1/3: √(2·(2/9))/3 = 2/9.
	if w.Tests != 3 || w.Missing != 1 || math.Abs(w.Rejected-1./3) > 1e-15 || w.MeanZ != 1 || math.Abs(w.SDZ-2) > 1e-12 || math.Abs(w.MonteCarlo-2./9) > 1e-12 {
		t.Errorf("window: %+v", w)
	}
	if j := got["joint"]; j.Tests != 4 || j.Rejected != 0.75 || !math.IsNaN(j.MeanZ) {
		t.Errorf("joint: %+v", j)
	}
	if j := got["joint b"]; j.Tests != 2 || j.Rejected != 0.5 {
		t.Errorf("joint b: %+v", j)
	}
	if a := got["any tiltak"]; a.Tests != 2 || a.Rejected != 0.5 {
		t.Errorf("any tiltak: %+v", a)
	}
}

// A small study end to end: every method has its windows and their joint test, a negative control that is an outcome of the
// study under another name has that outcome's estimate, and the table does not depend on the number of workers. Filling the
// months of the windows with the same for everybody makes the effect on them 0 or not estimable, whatever lies around.
func TestPlacebosOfAStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 2500, Seed: 4, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	run := func(workers int) []results.Placebo {
		s, err := analysis.Parse([]byte(strings.Replace(study, "tiltak: all", "tiltak: [OPPFOLGING]", 1) +
			"horizon: 12\nmethods: [nearest, ebal, did]\nplacebo: {negative_controls: [{id: kontroll, kind: work, position: 1}]}\n"))
		if err != nil {
			t.Fatal(err)
		}
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range out.Tables.Placebo {
			if p.Kind != "negative_control" {
				continue
			}
			for _, e := range out.Tables.Estimates {
				// The months of an outcome are estimated together, a control alone: sums in another order, and rounding no more.
				near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-10*e.StdError }
				if e.Outcome == "arbeid" && e.Method == p.Method && *e.Month == 12 && !(near(e.Estimate, p.Estimate) && near(e.StdError, p.StdError) && math.Abs(e.PValue-p.PValue) < 1e-10) {
					t.Errorf("%s: the control is %v, the outcome %v", p.Method, p, e)
				}
			}
		}
		return out.Tables.Placebo
	}
	a := run(1)
	count := map[string]int{}
	for _, p := range a {
		count[p.Method+" "+p.Kind+" "+p.Conditioning]++
		if p.Reason != "" {
			t.Errorf("%+v", p)
		}
	}
	for _, m := range []string{"nearest", "ebal", "did"} {
		for _, by := range []string{"before", "around"} {
			if count[m+" window "+by] != 4 || count[m+" joint "+by] != 1 {
				t.Errorf("%s, %s: %v", m, by, count)
			}
		}
		if count[m+" negative_control "] != 1 {
			t.Errorf("%s: %v", m, count)
		}
	}
	b := run(3)
	for i := range a {
		if !sameFigures(a[i], b[i]) {
			t.Errorf("one worker gives %+v, three %+v", a[i], b[i])
		}
	}
	// The panel filled up: everybody worked in every month.
	for k := range reg.Panel.Ordinary {
		reg.Panel.Ordinary[k], reg.Panel.OrdinaryWage[k] = 10000, 3_000_000
	}
	for _, p := range run(1) {
		if p.Kind == "window" && p.Outcome == "arbeid" && math.Abs(p.Estimate) > 1e-9 {
			t.Errorf("everybody works and still: %+v", p)
		}
	}
}

func sameFigures(a, b results.Placebo) bool {
	same := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	return a.Method == b.Method && a.Window == b.Window && same(a.Estimate, b.Estimate) && same(a.StdError, b.StdError) && same(a.PValue, b.PValue) && same(a.Statistic, b.Statistic)
}
