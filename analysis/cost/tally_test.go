package cost

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// Missing percentages and rates outside their period are counted by tiltak, in any order and over any number of tallies.
func TestTally(t *testing.T) {
	p, err := NewPricer(nil, 2024, ByKPI)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(6, 1))
	inputs := []ParticipationInput{
		NewInput(aft, date("2024-01-01"), date("2024-02-01")), // no percent
		NewInput(aft, date("2020-01-01"), date("2020-02-01")), // no percent, no rate of 2020
		at(aft, "2024-01-01", "2024-02-01", 60),
		at("AVKLARING", "2024-01-01", "2024-02-01", 100), // no price
		at("VTAO", "2024-01-01", "2024-02-01", 60),       // no part-time rule
	}
	var one Tally
	for _, in := range inputs {
		total, err := p.Total(in)
		if err != nil {
			t.Fatal(err)
		}
		one.Add(in.Tiltak, total)
	}
	w := p.TallyWarnings(&one)
	for code, says := range map[string]string{
		"part_time_missing":   "2 of 3 participations (ARBEIDSFORBEREDENDE_TRENING 2)",
		"rate_outside_period": "1 of 3 participations (ARBEIDSFORBEREDENDE_TRENING 1)",
		"not_priced":          "1 of 1 participations have no price: AVKLARING is bought at contract prices",
		"no_part_time_rule":   "1 of 1 participations (VTAO 1)",
		"kpi_unconfirmed":     "2024",
	} {
		found := false
		for _, x := range w {
			found = found || x.Code == code && strings.Contains(x.Message, says)
		}
		if !found {
			t.Errorf("no warning %s that says %q: %v", code, says, w)
		}
	}
	var a, b Tally
	for _, i := range r.Perm(len(inputs)) {
		total, _ := p.Total(inputs[i])
		into := &a
		if i%2 == 0 {
			into = &b
		}
		into.Add(inputs[i].Tiltak, total)
	}
	b.Merge(&a)
	if got := p.TallyWarnings(&b); !reflect.DeepEqual(got, w) {
		t.Errorf("in another order: %v, want %v", got, w)
	}
}
