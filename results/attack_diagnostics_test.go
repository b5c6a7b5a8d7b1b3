package results

import (
	"math"
	"testing"
)

// Few clusters, few rows, and what is said of clusters beside a hidden number are found; a number that may be shown is not.
func TestAttackOnDiagnostics(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		treated, effective float64
		over               bool
		rows               float64
		want               int
	}{
		"enough":         {40, 31.5, true, 12, 0},
		"hidden":         {nan, nan, false, nan, 0},
		"few clusters":   {3, nan, false, 0, 1},
		"few rows":       {40, 4.5, false, 2, 1},
		"effective":      {nan, 2.5, false, 12, 1},
		"half is in one": {nan, nan, true, 12, 1},
	} {
		rows := []Diagnostic{{Name: "clusters_treated", Value: c.treated}, {Name: "clusters_effective", Value: c.effective}, {Name: "n_dropped", Value: c.rows}}
		if c.over {
			rows = append(rows, Diagnostic{Name: "cluster_over_half", Value: 1})
		}
		for i := range rows {
			rows[i].Tiltak, rows[i].Group, rows[i].Method = "A", "alle", "ebal"
		}
		a := attacker{min: 5}
		if a.diagnostics(rows); len(a.found) != c.want {
			t.Errorf("%s: %v", name, a.found)
		}
	}
	e := Estimate{Tiltak: "A", Reason: suppressed, StdErrorType: "CR2, t(3.1)", NStarts: -1, OnesTreated: -1}
	a := attacker{min: 5}
	if a.cells([]Estimate{e}); len(a.found) != 1 {
		t.Errorf("degrees of freedom: %v", a.found)
	}
}
