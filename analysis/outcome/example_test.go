package outcome_test

import (
	"fmt"

	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// A person starts a tiltak in January and is in full-time work from March to May and from July on.
func ExampleDefinition_Follow() {
	january := calendar.NewMonth(2023, 1)
	h := register.History{First: january, State: make([]register.State, 10)}
	for _, percent := range []uint16{0, 0, 100, 100, 100, 0, 100, 100, 100, 100} {
		h.Position = append(h.Position, 100*percent)
		h.Ordinary = append(h.Ordinary, 100*percent)
	}
	for _, spec := range []outcome.Spec{
		{ID: "arbeid", Kind: outcome.Work},
		{ID: "stabilt", Kind: outcome.StableWork, Months: 3},
		{ID: "fatt_stabilt", Kind: outcome.StableWork, Months: 3, Mode: outcome.Entered},
	} {
		d, err := spec.Compile(outcome.Env{})
		if err != nil {
			fmt.Println(err)
			return
		}
		month, how := d.Event(h, january, 9, 0)
		fmt.Println(spec.ID, d.Follow(h, january, 9, nil), month, how)
	}
	// Output:
	// arbeid [0 1 1 1 0 1 1 1 1] 2 event
	// stabilt [NaN NaN 0 1 0 0 0 1 1] 4 event
	// fatt_stabilt [0 1 1 1 1 1 1 NaN NaN] 2 event
}
