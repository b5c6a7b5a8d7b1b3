package results

import (
	"math"
	"strings"
	"testing"
)

// Cost against effect follows the estimates: hidden where the estimate at H is, without months where a month of 1…H is
// hidden, without levels where those are. What was left would be found by Attack; without Suppress it is.
func TestCostEffectFollowsTheEstimates(t *testing.T) {
	estimate := func(group string, month int, mean float64, hidden bool) Estimate {
		e := Estimate{Tiltak: "AFT", Group: group, Outcome: "arbeid", Method: "ebal", Month: &month, Estimate: .1, MeanTreated: mean, MeanComparison: mean - .1, NStarts: 400, NStartsEligible: 400,
			NPersonsTreated: 400, NPersonsComparison: 900, OnesTreated: 200, ZerosTreated: 200, OnesComparison: 300, ZerosComparison: 600, Role: "primary"}
		if hidden {
			e.OnesTreated = 2
		}
		return e
	}
	row := func(group, effect, statistic string) CostEffect {
		return CostEffect{Tiltak: "AFT", Group: group, Method: "ebal", Outcome: "arbeid", Month: 12, Effect: effect, Statistic: statistic, Perspective: "tiltak",
			Estimate: 10, StdError: 1, ConfLow: 8, ConfHigh: 12, Share: .5, MeanTreated: math.NaN(), MeanComparison: math.NaN(), PersonsTreated: 400, PersonsComparison: 900}
	}
	rows := func(group string) []CostEffect {
		cost := row(group, "", "cost")
		cost.MeanTreated, cost.MeanComparison = 30, 20
		ratio := row(group, "persons", "ratio")
		ratio.Estimate, ratio.StdError, ratio.ConfLow, ratio.ConfHigh, ratio.Share, ratio.Reason = math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), "dominated"
		society := row(group, "", "society")
		return []CostEffect{cost, row(group, "persons", "effect"), row(group, "persons", "net_benefit"), ratio, row(group, "months", "effect"), society}
	}
	make := func() *Tables {
		tables := &Tables{}
		for _, g := range []string{"a", "b", "c"} {
			tables.Estimates = append(tables.Estimates, estimate(g, 6, .5, g == "b"), estimate(g, 12, .5, g == "c"))
			tables.CostEffect = append(tables.CostEffect, rows(g)...)
		}
		few := rows("d") // few persons with an amount
		for i := range few {
			few[i].FewAmounts = true
		}
		tables.CostEffect = append(tables.CostEffect, few...)
		tables.Estimates = append(tables.Estimates, estimate("d", 12, .5, false))
		return tables
	}
	tables := make()
	Suppress(tables, 5)
	shown := map[string]int{}
	for _, c := range tables.CostEffect {
		if c.Reason != suppressed {
			shown[c.Group]++
		} else if !math.IsNaN(c.Estimate) || !math.IsNaN(c.MeanTreated) || !math.IsNaN(c.Share) {
			t.Errorf("a hidden row has figures: %+v", c)
		}
	}
	if shown["a"] != 6 || shown["b"] != 5 || shown["c"] != 0 || shown["d"] != 2 {
		t.Errorf("rows that are shown by group: %v; want a 6, b 5 (without months), c 0, d 2 (the effects)", shown)
	}
	if found := Attack(tables, 5); len(found) > 0 {
		t.Errorf("found after suppression: %v", found)
	}
	open := make()
	Suppress(open, 5)
	open.CostEffect = make().CostEffect
	hits := strings.Join(Attack(open, 5), "\n")
	for _, want := range []string{"AFT, c, ebal, cost : the estimate of month 12 is hidden", "AFT, b, ebal, effect months: a month of 1–12 is hidden", "AFT, c, ebal, ratio persons"} {
		if !strings.Contains(hits, want) {
			t.Errorf("the attack does not find %q:\n%s", want, hits)
		}
	}
}

// The levels of a method that leaves out nearly nobody are rounded or hidden in the estimates; those of its cost go too.
func TestLevelsOfCostFollowTheEstimates(t *testing.T) {
	month := 12
	e := Estimate{Tiltak: "AFT", Group: "a", Outcome: "arbeid", Method: "nearest", Month: &month, Estimate: .1, MeanTreated: math.NaN(), MeanComparison: math.NaN(), NStarts: 397, NPersonsTreated: 397, NPersonsComparison: 900}
	c := CostEffect{Tiltak: "AFT", Group: "a", Method: "nearest", Outcome: "arbeid", Month: 12, Statistic: "cost", Estimate: 10, MeanTreated: 30, MeanComparison: 20, PersonsTreated: 397, PersonsComparison: 900}
	s := &suppressor{t: &Tables{Estimates: []Estimate{e}, CostEffect: []CostEffect{c}}, min: 5, count: map[string]int{}, near: map[cellKey]bool{}, analysed: map[cellKey]bool{}}
	if found := Attack(s.t, 5); len(found) != 1 {
		t.Errorf("the attack finds %v", found)
	}
	s.costEffect()
	if got := s.t.CostEffect[0]; !math.IsNaN(got.MeanTreated) || !math.IsNaN(got.MeanComparison) || got.Estimate != 10 {
		t.Errorf("%+v", got)
	}
}

// A changed rule that concerns few persons, or all but few, is hidden.
func TestWhatIfOfFew(t *testing.T) {
	cost := func(measure, statistic string, changed int) Cost {
		return Cost{Tiltak: "AFT", Group: "alle", Measure: measure, Statistic: statistic, Value: 1000, Persons: 50, Changed: changed, BinLow: math.NaN(), BinHigh: math.NaN()}
	}
	tables := &Tables{Costs: []Cost{cost("per_participation", "mean", 0), cost("what_if:a", "difference", 3), cost("what_if:b", "difference", 20), cost("what_if:c", "difference", 48), cost("what_if:d", "difference", 0)}}
	Suppress(tables, 5)
	for i, hidden := range []bool{false, true, false, true, false} {
		if got := math.IsNaN(tables.Costs[i].Value); got != hidden {
			t.Errorf("%s: hidden %v, want %v", tables.Costs[i].Measure, got, hidden)
		}
	}
}
