package validity

import (
	"math"
	"strings"
	"testing"
)

// The changes of matched and of balanced rows, and the probe of the dip: on one register all agree with the doubly robust
// estimate within their errors, the probe repeats it on the same persons, and outcomes without a level before have a reason.
func TestMatchThenDIDAndDipProbe(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	rows := estimatesOf(t, 5000, 21, `tiltak: all
groups: [alle]
horizon: 12
outcomes: [{id: arbeid, kind: work, position: 1}, {id: beholdt, kind: job_held, after: 3}]
methods: [{name: did, dip_probe: true}, {id: did+nearest, name: did, match: nearest}, {id: did+ebal, name: did, match: ebal, dip_probe: true}]
inference: {family: {outcome: arbeid, month: 12, method: did, over: [tiltak]}}
`)
	type key struct{ tiltak, method, definition string }
	at := map[key][]float64{} // estimate, error, starts
	for _, e := range rows {
		if e.Outcome == "beholdt" {
			if e.Reason == "" || !math.IsNaN(e.Estimate) {
				t.Fatalf("an outcome without a level before has an estimate: %+v", e)
			}
			continue
		}
		if (e.Role == "primary") != (e.Definition == "main") || e.Role != "primary" && !strings.HasPrefix(e.Definition, "base ") {
			t.Fatalf("role %s, definition %s", e.Role, e.Definition)
		}
		if *e.Month == 12 && e.Reason == "" {
			at[key{e.Tiltak, e.Method, e.Definition}] = []float64{e.Estimate, e.StdError, float64(e.NPersonsTreated)}
			if e.Definition != "main" && !math.IsNaN(e.MeanTreated) {
				t.Error("a probe shows a level")
			}
		}
	}
	seen := 0
	for k, dr := range at {
		if k.method != "did" || k.definition != "main" {
			continue
		}
		seen++
		for _, method := range []string{"did+nearest", "did+ebal"} {
			e := at[key{k.tiltak, method, "main"}]
			if e == nil {
				t.Errorf("%s: no estimate by %s", k.tiltak, method)
				continue
			}
			// Both rest on mostly the same persons: half of the two errors together is ample.
			if d := math.Abs(e[0] - dr[0]); d > 2*math.Hypot(e[1], dr[1]) || !(e[1] > .5*dr[1]) || !(e[1] < 2.5*dr[1]) {
				t.Errorf("%s: %s %v (%v), dr %v (%v)", k.tiltak, method, e[0], e[1], dr[0], dr[1])
			}
		}
		for _, method := range []string{"did", "did+ebal"} {
			for _, base := range []string{"base 6", "base 5", "base 4", "base 3", "base 2", "base 1"} {
				e := at[key{k.tiltak, method, base}]
				main := at[key{k.tiltak, method, "main"}]
				if e == nil || e[2] != main[2] {
					t.Errorf("%s %s, %s: %v, main %v", k.tiltak, method, base, e, main)
				}
			}
		}
		if at[key{k.tiltak, "did+nearest", "base 6"}] != nil {
			t.Error("a probe that nobody asked for")
		}
	}
	if seen < 3 {
		t.Fatalf("%d tiltak", seen)
	}
}
