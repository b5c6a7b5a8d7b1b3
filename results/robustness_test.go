package results

import (
	"math"
	"strings"
	"testing"
)

// A curve goes with any of its specifications: a rival that is hidden, or the study's own at a month of the registry; a
// hidden figure at another month leaves it. What Suppress leaves, Attack finds nothing in, and without Suppress it does.
func TestCurveGoesWithItsSpecifications(t *testing.T) {
	month, other, far := 12, 6, 3
	row := func(sample, role string, m *int, persons int) Estimate {
		return Estimate{Tiltak: "A", Group: "alle", Outcome: "arbeid", Method: "ebal", Month: m, Sample: sample, Definition: "main", Role: role, Estimate: 0.1, StdError: 0.05,
			MeanTreated: 0.5, MeanComparison: 0.4, NStarts: persons, NStartsEligible: persons, NPersonsTreated: persons, NPersonsComparison: 1000, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1}
	}
	for name, c := range map[string]struct {
		rows   []Estimate
		hidden bool
	}{
		"nothing small":               {[]Estimate{row("main", "primary", &month, 400), row("b", "robustness", &month, 200)}, false},
		"a small rival":               {[]Estimate{row("main", "primary", &month, 400), row("b", "robustness", &month, 3)}, true},
		"own figure at a rival month": {[]Estimate{row("main", "primary", &month, 400), row("main", "primary", &other, 3), row("b", "robustness", &other, 200)}, true},
		"own figure at another month": {[]Estimate{row("main", "primary", &month, 400), row("main", "primary", &far, 3), row("b", "robustness", &month, 200)}, false},
	} {
		tables := &Tables{Estimates: c.rows, Robustness: []Robustness{{Tiltak: "A", Group: "alle", Outcome: "arbeid", Month: 12, NSpecifications: 2, NEstimated: 2, Median: 0.1}}}
		Suppress(tables, 5)
		r := tables.Robustness[0]
		if got := r.Reason == suppressed; got != c.hidden || got != math.IsNaN(r.Median) {
			t.Errorf("%s: reason %q, median %v", name, r.Reason, r.Median)
		}
		if found := Attack(tables, 5); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		if c.hidden {
			tables.Robustness[0].Reason, tables.Robustness[0].Median = "", 0.1
			if found := strings.Join(Attack(tables, 5), "; "); !strings.Contains(found, "specification curve") {
				t.Errorf("%s: an open curve is not found: %s", name, found)
			}
		}
	}
}
