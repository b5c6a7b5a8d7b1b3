package analysis

import (
	"math"
	"strings"
	"testing"
)

// TestDroppedAreDescribed: where a method drops the old, the diagnostics say that the dropped are older, by the definition;
// where it drops few, or nobody, they say nothing.
func TestDroppedAreDescribed(t *testing.T) {
	trials, _, _ := madeTrials(9, 400, false, false)
	c := newCell(trials, &trials.Tiltak[0], 0, 1, nil)
	weight := ones(len(c.treated))
	for i := range weight {
		if c.treated[i] && c.x[0][i] > 55 {
			weight[i] = 0
		}
	}
	var sum, squares, n, old, oldN float64
	for i, treated := range c.treated {
		if treated {
			v := c.x[0][i]
			sum, squares, n = sum+v, squares+v*v, n+1
			if v > 55 {
				old, oldN = old+v, oldN+1
			}
		}
	}
	sd := math.Sqrt((squares - sum*sum/n) / (n - 1))
	want := (old/oldN - (sum-old)/(n-oldN)) / sd
	rows := c.droppedDiagnostics(weight, 5)
	if len(rows) == 0 || rows[0].Name != "dropped_smd_alder" || math.Abs(rows[0].Value-want) > .05+1e-9 {
		t.Fatalf("%+v, want %g of alder", rows, want)
	}
	for _, r := range rows {
		if !strings.HasPrefix(r.Name, "dropped_smd_") || math.Abs(10*r.Value-math.Round(10*r.Value)) > 1e-9 {
			t.Errorf("%+v", r)
		}
	}
	few := ones(len(c.treated))
	count := 0
	for i := range few {
		if c.treated[i] && count < 4 {
			few[i] = 0
			count++
		}
	}
	if rows := c.droppedDiagnostics(few, 5); rows != nil {
		t.Errorf("four starts are described: %+v", rows)
	}
	if rows := c.droppedDiagnostics(ones(len(c.treated)), 5); rows != nil {
		t.Errorf("nobody was dropped: %+v", rows)
	}
}
