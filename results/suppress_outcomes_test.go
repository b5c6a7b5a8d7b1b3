package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestOutcomesThatNest makes months of work of persons of their own, and stable work (three months in a row) and a stricter
// definition of it, and looks for numbers of 1 to 4 starts with the one and without the other in what is shown.
func TestOutcomesThatNest(t *testing.T) {
	const limit, months = 5, 8
	found, attacked, levels, rows := 0, 0, 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 11))
		n := 40 + r.IntN(300)
		work := make([][months + 1]bool, n)
		hours := make([]bool, n)
		inside := make([]bool, n)
		for i := range work {
			able := r.Float64() < .5
			hours[i], inside[i] = r.Float64() < .9, r.Float64() < .7
			for m := 1; m <= months; m++ {
				work[i][m] = able && r.Float64() < .95
			}
		}
		stable := func(i, m int) bool { return m >= 3 && work[i][m] && work[i][m-1] && work[i][m-2] }
		kinds := []struct {
			outcome, definition, role string
			has                       func(i, m int) bool
		}{
			{"stabilt", "main", "primary", stable},
			{"arbeid", "main", "primary", func(i, m int) bool { return work[i][m] }},
			{"stabilt", "heltid", "robustness", func(i, m int) bool { return stable(i, m) && hours[i] }},
		}
		tables := &Tables{}
		for _, group := range []string{everybody, "unge"} {
			for _, k := range kinds {
				for m := 3; m <= months; m++ {
					ones, all := 0, 0
					for i := range work {
						if group == everybody || inside[i] {
							all++
							if k.has(i, m) {
								ones++
							}
						}
					}
					tables.Estimates = append(tables.Estimates, Estimate{Tiltak: "AFT", Group: group, Outcome: k.outcome, Definition: k.definition, Role: k.role, Method: "ebal", Month: &m, Estimand: "ATT",
						Estimate: .1, StdError: .02, MeanTreated: float64(ones) / float64(all), MeanComparison: .4123 + .01*r.Float64(), NStarts: all, NStartsEligible: all, NPersonsTreated: all, NPersonsComparison: 5000, ESS: 900,
						OnesTreated: ones, ZerosTreated: all - ones, OnesComparison: 2000, ZerosComparison: 3000})
				}
			}
		}
		few := func() (out []string) {
			shown := map[string]bool{}
			for i := range tables.Estimates {
				e := &tables.Estimates[i]
				shown[fmt.Sprint(e.Group, e.Outcome, e.Definition, *e.Month)] = !math.IsNaN(e.MeanTreated)
			}
			for x, a := range kinds {
				for y, b := range kinds {
					if x == y || x == 1 || x == 0 && y == 2 { // the second lies inside nothing, the first not inside the third
						continue
					}
					for m := 3; m <= months; m++ {
						for from := max(3, m-2); from <= m; from++ {
							if y != 1 && from != m {
								continue
							}
							at := func(g string) bool {
								return shown[fmt.Sprint(g, a.outcome, a.definition, m)] && shown[fmt.Sprint(g, b.outcome, b.definition, from)]
							}
							in, out2 := 0, 0
							for i := range work {
								if b.has(i, from) && !a.has(i, m) {
									if inside[i] {
										in++
									} else {
										out2++
									}
								}
							}
							small := func(n int) bool { return n > 0 && n < limit }
							if at(everybody) && small(in+out2) || at("unge") && small(in) || at(everybody) && at("unge") && small(out2) {
								out = append(out, fmt.Sprintf("%s (%s) in month %d and not %s (%s) in month %d: %d and %d", b.outcome, b.definition, from, a.outcome, a.definition, m, in, out2))
							}
						}
					}
				}
			}
			return out
		}
		found += len(few())
		for _, hit := range Attack(tables, limit) {
			if strings.Contains(hit, "and not this") {
				attacked++
			}
		}
		Suppress(tables, limit)
		for _, what := range few() {
			t.Errorf("seed %d: %s", seed, what)
		}
		for _, hit := range Attack(tables, limit) {
			t.Errorf("seed %d: the attack says %s", seed, hit)
		}
		for i := range tables.Estimates {
			e := &tables.Estimates[i]
			rows++
			if !math.IsNaN(e.MeanTreated) {
				levels++
			}
			if math.IsNaN(e.Estimate) != (e.Reason == suppressed) {
				t.Errorf("seed %d: %s has no effect and no reason", seed, nameOf(e))
			}
		}
	}
	if found < 300 || attacked < 300 || levels < rows/3 {
		t.Errorf("%d small cells before, %d found by the attack, %d of %d levels shown", found, attacked, levels, rows)
	}
}
