package analysis

import (
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

func TestWait(t *testing.T) {
	day := calendar.NewDate(2020, 3, 10)
	reg := &register.Register{Cut: calendar.NewMonth(2021, 12), FirstPart: []int32{0, 2}, FirstReg: []int32{0, 3},
		Participations: []register.Participation{{Start: day - 30, End: day}, {Start: day + 14}},
		Registrations:  []register.Registration{{From: day - 100, To: day + 5}, {From: day + 6, To: day + 20}, {From: day + 30, To: calendar.Open}}}
	if got := leftOn(reg, 0, day); got != day+20 { // the second spell adjoins, the third does not
		t.Errorf("left on %s", got)
	}
	for _, c := range []struct {
		left            calendar.Date
		days            int
		started, exited bool
	}{{day + 20, 14, true, false}, {day + 14, 14, true, false}, {day + 13, 13, false, true}} {
		if days, started, exited := wait(reg, 0, day, c.left); days != c.days || started != c.started || exited != c.exited {
			t.Errorf("left %s: %d, %v, %v", c.left, days, started, exited)
		}
	}
	reg.Participations[1].Start = day + 1000
	if days, started, exited := wait(reg, 0, day, calendar.Open); days != longestWait || started || exited {
		t.Errorf("%d, %v, %v", days, started, exited)
	}
}
