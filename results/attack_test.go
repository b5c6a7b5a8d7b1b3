package results

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestAttackFindsAndDoesNot attacks small registers as they are, where it must find something, and after Suppress, where
// it must not.
func TestAttackFindsAndDoesNot(t *testing.T) {
	found := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 23))
		tables := &Tables{Estimates: estimatesOf(people(r, 10+r.IntN(400)), areas())}
		for _, g := range []string{"alle", "unge"} {
			n := 200
			if g == "unge" {
				n = 150
			}
			rows := []Flow{{Tiltak: "AFT", Group: g, Action: "start", Rows: n, Persons: n}}
			for k := range 3 {
				d := r.IntN(9)
				rows = append(rows, Flow{Tiltak: "AFT", Group: g, Step: k + 1, Rule: fmt.Sprint(k), Action: "dropped", Rows: d, Persons: d})
				n -= d
			}
			tables.Flow = append(append(tables.Flow, rows...), Flow{Tiltak: "AFT", Group: g, Step: 4, Rule: "analysed", Action: "analysed", Rows: n, Persons: n})
			all := 0
			for y := range 3 {
				year, c := 2018+y, r.IntN(30)
				all += c
				tables.Costs = append(tables.Costs, Cost{Tiltak: "AFT", Group: g, Year: &year, Measure: "per_participant", Statistic: "n", Value: float64(c), Persons: c})
			}
			tables.Costs = append(tables.Costs, Cost{Tiltak: "AFT", Group: g, Measure: "per_participant", Statistic: "n", Value: float64(all), Persons: all})
			left, s := n, 1.
			for m := range 20 {
				d, c := min(left, r.IntN(9)), 0
				c = min(left-d, r.IntN(3))
				if left == 0 {
					break
				}
				s *= 1 - float64(d)/float64(left)
				tables.Durations = append(tables.Durations, Duration{Tiltak: "AFT", Group: g, Measure: "time_in_tiltak", Time: float64(m + 1), NRisk: left, NEvent: d, NCensor: c, Estimate: s})
				left -= d + c
			}
		}
		found += len(Attack(tables, 5))
		Suppress(tables, 5)
		for _, hit := range Attack(tables, 5) {
			t.Errorf("seed %d: %s", seed, hit)
		}
	}
	if found < 1000 {
		t.Errorf("the attack found %d cells in tables that were not suppressed: it cannot fail", found)
	}
}
