package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestCurvesOfParts takes the curves of parts of everybody, in every choice, from that of everybody, between the times at which all of
// them are known: what is left is no events or enough. In every second register a curve has points only where something happens, as
// those of a run have; between them it stands still.
func TestCurvesOfParts(t *testing.T) {
	const limit, months = 5, 12
	groups := []string{everybody, "f=1", "f=2", "f=3", "f=4"}
	found, attacked, shown, points := 0, 0, 0, 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 3))
		n := 150 + r.IntN(400)
		part, end := make([]int, n), make([]int, n)
		size := []float64{.05 + .1*r.Float64(), .2, .3}
		for i := range part {
			part[i] = 4
			for k, x := 0, r.Float64(); k < 3; k++ {
				if x -= size[k]; x < 0 {
					part[i] = k + 1
					break
				}
			}
			end[i] = 1 + r.IntN(2*months)
		}
		tables := &Tables{}
		for g, group := range groups {
			in := func(i int) bool { return g == 0 || part[i] == g }
			risk, survive := 0, 1.
			for i := range part {
				if in(i) {
					risk++
				}
			}
			tables.Estimates = append(tables.Estimates, Estimate{Tiltak: "AFT", Group: group, Outcome: "lonn", Method: "ebal", Month: new(int), Role: "primary", Estimate: 1, StdError: 1, MeanTreated: 2, MeanComparison: 1,
				NStarts: risk, NStartsEligible: risk, NPersonsTreated: risk, NPersonsComparison: 999, OnesTreated: -1, ZerosTreated: -1, OnesComparison: -1, ZerosComparison: -1})
			for m := 1; m <= months; m++ {
				events := 0
				for i := range part {
					if in(i) && end[i] == m {
						events++
					}
				}
				if m > 1 && events == 0 && seed%2 == 1 {
					continue
				}
				survive *= 1 - float64(events)/math.Max(1, float64(risk))
				tables.Durations = append(tables.Durations, Duration{Tiltak: "AFT", Group: group, Measure: "time_to_work", Time: float64(m), NRisk: risk, NEvent: events, Estimate: survive, StdError: .01, ConfLow: survive, ConfHigh: survive})
				risk -= events
			}
		}
		few := func() (out []string) {
			at := map[string]bool{}
			for _, d := range tables.Durations { // they come in the order of time: a later one overwrites
				for m := int(d.Time); m <= months; m++ {
					at[fmt.Sprint(d.Group, float64(m))] = d.Reason == "" && d.NEvent >= 0
				}
			}
			for choice := 1; choice < 1<<4; choice++ {
				from := 0
				for m := 1; m <= months; m++ {
					known := at[fmt.Sprint(everybody, float64(m))]
					for k := range 4 {
						known = known && (choice>>k&1 == 0 || at[fmt.Sprint(groups[k+1], float64(m))])
					}
					if !known {
						continue
					}
					rest := 0
					for i := range part {
						if choice>>(part[i]-1)&1 == 0 && end[i] > from && end[i] <= m {
							rest++
						}
					}
					if rest > 0 && rest < limit {
						out = append(out, fmt.Sprintf("all but %b from month %d to %d: %d", choice, from+1, m, rest))
					}
					from = m
				}
			}
			return out
		}
		found += len(few())
		attacked += strings.Count(strings.Join(Attack(tables, limit), "; "), ": less f it is") + strings.Count(strings.Join(Attack(tables, limit), "; "), ": less f=")
		Suppress(tables, limit)
		for _, what := range few() {
			t.Errorf("seed %d: %s", seed, what)
		}
		for _, hit := range Attack(tables, limit) {
			t.Errorf("seed %d: the attack says %s", seed, hit)
		}
		points += len(tables.Durations)
		shown += len(slices.DeleteFunc(slices.Clone(tables.Durations), func(d Duration) bool { return d.Reason != "" }))
	}
	if found < 500 || attacked < 20 || shown < points/4 {
		t.Errorf("%d small cells before, %d found by the attack, %d of %d points shown", found, attacked, shown, points)
	}
}
