package outcome

import (
	"fmt"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Ended is how the time to an outcome ended.
type Ended uint8

// The ends. Those after Reached compete with it.
const (
	Censored    Ended = iota // the cut, the horizon or the end of the history
	Reached                  // the outcome became 1
	Died                     //
	Emigrated                //
	OnUfore                  // disability pension, where it competes
	InEducation              // education, where it competes
)

// String is the state as tables write it.
func (e Ended) String() string {
	switch e {
	case Censored:
		return "censored"
	case Reached:
		return "event"
	case Died:
		return "dod"
	case Emigrated:
		return "utvandret"
	case OnUfore:
		return "ufore"
	case InEducation:
		return "utdanning"
	}
	return fmt.Sprintf("Ended(%d)", uint8(e))
}

// Event is the outcome as a time to event: the first month h in 1 … horizon at which it is 1 (Reached), or the month of
// the exit that came before (competing names the bits of register.Ufore and register.Studying that end the time;
// death and emigration always do), or the last month at which it was known not to have been reached (Censored). Where
// several fall in one month the order is Reached, Died, Emigrated, OnUfore, InEducation.
//
// A status is reached at the end of its first window, an entered run at its first month; the time of an outcome that
// looks ahead is censored as many months before the cut as it looks ahead. Months under FirstMonth cannot be reached but
// can end the time. An outcome of kroner has no event: Event panics.
func (d *Definition) Event(h register.History, start calendar.Month, horizon int, competing register.State) (month int, how Ended) {
	if !d.Binary() {
		panic("outcome: an outcome of kroner has no event")
	}
	var buffer [128]float64
	values := d.Follow(h, start, horizon, buffer[:0])
	for i, v := range values {
		at := i + 1
		if v == 1 {
			return at, Reached
		}
		var state register.State
		if k := int(start-h.First) + at; k >= 0 && k < len(h.State) && start+calendar.Month(at) <= d.cut {
			state = h.State[k]
		}
		switch {
		case state&(register.Dead|register.Gone) == register.Dead:
			return at, Died
		case state&register.Gone != 0:
			return at, Emigrated
		case state&competing&register.Ufore != 0:
			return at, OnUfore
		case state&competing&register.Studying != 0:
			return at, InEducation
		}
		if v != v && (at >= d.FirstMonth() && !d.Spec.Conditional || state == 0 && d.outside(&h, start+calendar.Month(at))) {
			if d.ahead > 0 && d.leaves(&h, start, at) {
				continue // dies or emigrates within the months looked ahead at: the exit itself comes later
			}
			return at - 1, Censored
		}
	}
	return horizon, Censored
}

// outside tells whether a month is not in the history or after the cut.
func (d *Definition) outside(h *register.History, m calendar.Month) bool {
	k := int(m - h.First)
	return k < 0 || k >= len(h.State) || m > d.cut
}

// leaves tells whether what makes month at unknown is an exit within the months that are looked ahead at, all of them in the data: at
// the end of the data the time ends for everybody as many months before, whoever leaves in them.
func (d *Definition) leaves(h *register.History, start calendar.Month, at int) bool {
	from, to := start+calendar.Month(at), start+calendar.Month(d.MinFollowUp(at))
	if d.outside(h, from) || d.outside(h, to) {
		return false
	}
	for m := from; m <= to; m++ {
		if h.State[m-h.First]&(register.Gone|register.Dead) != 0 {
			return true
		}
	}
	return false
}
