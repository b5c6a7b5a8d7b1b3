package simulate

import (
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// The participations of a reference path against its months: a month says that somebody is in a tiltak where one of them
// runs over it. Those that go on when the path begins are the person's own, and without any later start there is nothing
// else.
func TestPathParticipationsAgreeWithMonths(t *testing.T) {
	sim, err := Generate(t.Context(), Options{Persons: 3000, Seed: 4, Scenario: "chains", Counterfactual: true})
	if err != nil {
		t.Fatal(err)
	}
	type own struct {
		person int64
		tiltak string
		from   calendar.Date
	}
	rows := map[own]bool{}
	for _, s := range sim.Paths.Starts {
		rows[own{s.PersonID, s.Tiltak, s.Date}] = true
	}
	later, going := 0, 0
	for i, s := range sim.Paths.Starts {
		for _, which := range []Which{Follow, None} {
			path := sim.Paths.Path(i, which)
			parts := sim.Paths.Participations(i, which)
			for _, x := range parts {
				if x.From.Month() < path.First {
					if going++; !rows[own{s.PersonID, x.Tiltak, x.From}] {
						t.Fatalf("start %d, %v: %s from %s goes on, but the person has no such start", i, which, x.Tiltak, x.From)
					}
				} else if later++; which == None || x.From.Month() == path.First {
					t.Fatalf("start %d, %v: %s from %s begins, in a path from %s", i, which, x.Tiltak, x.From, path.First)
				}
			}
			for h := range path.State {
				m := path.First + calendar.Month(h)
				in := false
				for _, x := range parts {
					in = in || x.Tiltak != "MENTOR" && x.From <= m.Last() && x.To >= m.First()
				}
				if got := path.State[h]&register.InTiltak != 0; got != in {
					t.Fatalf("start %d, %v, month %d: in a tiltak by the state %v, by the participations %v: %v", i, which, h, got, in, parts)
				}
			}
		}
	}
	if later < 300 || going < 100 {
		t.Errorf("%d later and %d going on: the test tests little", later, going)
	}
}
