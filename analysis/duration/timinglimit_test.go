package duration

import (
	"math"
	"testing"

	"tiltakseffekt/analysis/estimate"
)

// Where nobody leaves before the programme the ratio has no limit, and the bound of the search is no estimate.
func TestTimingWithoutLimit(t *testing.T) {
	in := TimingInput{States: []string{"entry", "work"}, Entry: 1, Persons: 120}
	row := func(i int, from, to float64, event, program int32) {
		in.Person = append(in.Person, int32(i))
		in.Start, in.Stop = append(in.Start, from), append(in.Stop, to)
		in.Event, in.Program = append(in.Event, event), append(in.Program, program)
	}
	for i := range in.Persons {
		entry := float64(1 + i%7)
		if i%4 == 0 { // never enters, never leaves
			row(i, 0, 12, 0, 0)
			continue
		}
		row(i, 0, entry, 1, 0)
		row(i, entry, entry+float64(1+i%5), int32(i%3), 1)
		if in.Event[len(in.Event)-1] == 1 {
			in.Event[len(in.Event)-1] = 2
		}
	}
	p, err := Timing(in, TimingOptions{Points: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Fits {
		for _, e := range f.Effects {
			if e.State == "work" && (e.Reason != estimate.NotDefined || !math.IsNaN(e.Estimate.Estimate) || !math.IsNaN(e.StdError)) {
				t.Errorf("%d points: %+v", f.Points, e)
			}
		}
	}
	if len(p.Warnings) == 0 || p.Warnings[0].Code != "effect_without_limit" {
		t.Errorf("warnings: %+v", p.Warnings)
	}
}
