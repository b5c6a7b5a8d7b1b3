package results

import (
	"math"
	"testing"
)

// A row of a reform goes where one of its four cells is small or has few with the outcome or without it, and counts go out in
// steps of the limit.
func TestReformsAreSuppressed(t *testing.T) {
	row := func(persons [4]int, with, without [4]int) Reform {
		month := 6
		return Reform{Reform: "a", Role: "primary", Outcome: "arbeid", Month: &month, Estimate: .1, StdError: .05, ConfLow: 0, ConfHigh: .2, PValue: .05,
			PersonsEligibleAfter: persons[0], PersonsEligibleBefore: persons[1], PersonsOthersAfter: persons[2], PersonsOthersBefore: persons[3], With: with, Without: without}
	}
	many, amounts := [4]int{50, 50, 50, 50}, [4]int{-1, -1, -1, -1}
	tables := &Tables{Reforms: []Reform{
		row([4]int{103, 99, 87, 64}, many, many),
		row([4]int{103, 3, 87, 64}, many, many),
		row([4]int{103, 99, 87, 64}, [4]int{50, 50, 4, 50}, many),
		row([4]int{103, 99, 87, 64}, many, [4]int{0, 50, 50, 50}),
		row([4]int{103, 99, 87, 64}, [4]int{50, 2, 50, 50}, amounts),
		row([4]int{103, 99, 87, 64}, many, amounts),
	}}
	if len(Attack(tables, 5)) == 0 {
		t.Error("counts that are no step of the limit are not found")
	}
	Suppress(tables, 5)
	for i, r := range tables.Reforms {
		if hidden := r.Reason == suppressed; hidden != (i > 0 && i < 5) || hidden != math.IsNaN(r.Estimate) || hidden != math.IsNaN(r.PValue) {
			t.Errorf("row %d: %+v", i, r)
		}
	}
	if r := tables.Reforms[0]; r.PersonsEligibleAfter != 100 || r.PersonsEligibleBefore != 95 || r.PersonsOthersBefore != 60 || tables.Reforms[1].PersonsEligibleBefore != -1 {
		t.Errorf("%+v", tables.Reforms[:2])
	}
	for _, found := range Attack(tables, 5) {
		t.Error(found)
	}
	tables.Reforms[1].Estimate = 1
	if len(Attack(tables, 5)) != 1 {
		t.Error("a figure that should be hidden is not found")
	}
}
