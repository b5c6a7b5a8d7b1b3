package results

import (
	"math"
	"strings"
	"testing"
)

// hitsOf are the findings about a table and what they have in common.
func hitsOf(t *Tables, table, what string) (found []string) {
	a := &attacker{min: 5}
	a.divisions(t)
	for _, f := range a.found {
		if strings.HasPrefix(f, table+":") && strings.Contains(f, what) {
			found = append(found, f)
		}
	}
	return found
}

// What Suppress leaves is not opened; a part that stands again is found in each table, and so after a run was written and read.
func TestAttackOnParts(t *testing.T) {
	month := 6
	run := func() *Tables {
		tables := tablesOfParts(map[string]int{"w": 63, "w_a": 40, "w_b": 3, "w_c": 20, "w_u": 0})
		for i := range tables.Estimates {
			e := &tables.Estimates[i]
			n := map[string]int{"w": 63, "w_a": 40, "w_b": 3, "w_c": 20, "w_u": 0}[e.Outcome]
			e.MeanTreated, e.OnesTreated, e.ZerosTreated = float64(n)/100, n, 100-n
			for _, v := range []string{"k", "m"} {
				s := *e
				s.Role, s.SubsetVar, s.SubsetValue = "exploratory", "kjonn", v
				s.NStarts, s.NStartsEligible, s.NPersonsTreated = 100, 100, 100
				tables.Estimates = append(tables.Estimates, s)
			}
			tables.Heterogeneity = append(tables.Heterogeneity, Heterogeneity{Tiltak: "A", Group: "alle", Outcome: e.Outcome, Method: "none", Comparison: "not-now", Month: month, SubsetVar: "kjonn", Measure: "trend", Estimate: .1, NValues: 2})
		}
		Suppress(tables, 5)
		return tables
	}
	scan := func(tables *Tables) error {
		t.Helper()
		r := testRun()
		r.Divisions = tables.Divisions
		path, err := Write(t.TempDir(), r, tables, nil)
		if err != nil {
			t.Fatal(err)
		}
		return Scan(path)
	}
	if found := Attack(run(), 5); len(found) > 0 {
		t.Errorf("a proper run: %v", found)
	}
	if err := scan(run()); err != nil {
		t.Errorf("a proper run: %v", err)
	}
	for table, stand := range map[string]func(*Tables, string){
		"estimates": func(t *Tables, part string) {
			for i := range t.Estimates {
				if e := &t.Estimates[i]; e.Outcome == part && e.SubsetVar == "" {
					e.Reason, e.Estimate, e.MeanTreated = "", .1, .2
				}
			}
		},
		"pre_effects": func(t *Tables, part string) {
			for i := range t.PreEffects {
				if p := &t.PreEffects[i]; p.Outcome == part {
					p.Reason, p.Estimate = "", .1
				}
			}
		},
		"placebo": func(t *Tables, part string) {
			for i := range t.Placebo {
				if p := &t.Placebo[i]; p.Outcome == part {
					p.Reason, p.Estimate = "", .1
				}
			}
		},
		"sensitivity": func(t *Tables, part string) {
			for i := range t.Sensitivity {
				if r := &t.Sensitivity[i]; r.Outcome == part {
					r.Reason, r.Value = "", 2
				}
			}
		},
		"experiment": func(t *Tables, part string) {
			for i := range t.Experiment {
				if e := &t.Experiment[i]; e.Outcome == part {
					e.Reason, e.Estimate = "", .1
				}
			}
		},
		"heterogeneity": func(t *Tables, part string) {
			for i := range t.Heterogeneity {
				if h := &t.Heterogeneity[i]; h.Outcome == part {
					h.Reason, h.Estimate = "", .1
				}
			}
		},
	} {
		bad := run()
		stand(bad, "w_c")
		if len(hitsOf(bad, table, "")) == 0 {
			t.Errorf("%s: w_c stands again and is not found", table)
		}
		if err := scan(bad); err == nil || !strings.Contains(err.Error(), "parts that are shown") {
			t.Errorf("%s: the scan says %v", table, err)
		}
	}
}

// Without levels a part that is hidden alone is found where all others stand, and not one whose value is unknown, nor where another has no figure.
func TestAttackOnAPartAlone(t *testing.T) {
	row := func(outcome, reason string) Estimate {
		e := Estimate{Tiltak: "A", Group: "alle", Outcome: outcome, Method: "ebal", Window: "1-12", Estimate: .1, MeanTreated: math.NaN()}
		if e.Reason = suppressed; reason != "hidden" {
			e.Reason = ""
		}
		if reason != "" {
			e.Estimate = math.NaN()
		}
		return e
	}
	for name, c := range map[string]struct {
		w, a, b, u string
		want       int
	}{
		"one":              {"", "hidden", "", "", 1},
		"of a hidden sum":  {"hidden", "hidden", "", "", 0},
		"a hidden sum":     {"hidden", "", "", "", 1},
		"less one":         {"hidden", "", "none", "", 0},
		"two":              {"", "hidden", "hidden", "", 0},
		"unknown":          {"", "", "", "hidden", 0},
		"and unknown":      {"", "hidden", "", "hidden", 0},
		"other has none":   {"", "hidden", "none", "", 0},
		"nothing is":       {"", "", "", "", 0},
		"nothing is shown": {"", "hidden", "none", "none", 0},
	} {
		tables := &Tables{Divisions: []Division{{"w", []string{"a", "b", "u"}, []string{"u"}}}, Estimates: []Estimate{row("w", c.w), row("a", c.a), row("b", c.b), row("u", c.u)}}
		for _, round := range []int{0, 10} {
			tables.Round = round
			if found := hitsOf(tables, "estimates", " is "); len(found) != c.want {
				t.Errorf("%s, rounded to %d: %v", name, round, found)
			}
		}
	}
}

// Where an outcome is part of two, what goes for one calls for more in the other.
func TestPartsOfTwoOutcomes(t *testing.T) {
	rows := []divided{{outcome: "w"}, {outcome: "v"}, {outcome: "a", gone: true}, {outcome: "b"}, {outcome: "c"}}
	var gone []int
	dividedRows([]Division{{"v", []string{"b", "c"}, nil}, {"w", []string{"a", "b"}, nil}}, rows, func(i int) { gone = append(gone, i) })
	if len(gone) != 2 || gone[0] != 3 || gone[1] != 4 {
		t.Errorf("rows %v go", gone)
	}
	n := 0
	dividedRows([]Division{{"w", []string{"a", "b"}, nil}}, []divided{{outcome: "w", gone: true}, {outcome: "a"}, {outcome: "b"}}, func(int) { n++ })
	if n != 2 {
		t.Errorf("%d parts of a hidden sum go", n)
	}
}
