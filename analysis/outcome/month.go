package outcome

import (
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// What a month is.
const (
	out     uint8 = iota // the month does not count: not in work, no benefit …
	in                   // the month counts
	dead                 // dead, and death counts as no work
	unknown              // outside the history or the cut, or after an exit that censors
)

// exited tells what a month is from its place in the history and its exits alone: out where nothing hinders.
func (d *Definition) exited(h *register.History, m calendar.Month) uint8 {
	k := int(m - h.First)
	if k < 0 || k >= len(h.State) || m > d.cut || d.jobs != nil && h.Jobs == nil {
		return unknown
	}
	state := h.State[k]
	switch {
	case state&(register.Gone|register.Dead) == 0:
		return out
	case state&register.Gone != 0 && d.emigrated == Censor:
		// Someone who emigrated and died later is followed to the emigration only.
		return unknown
	case state&register.Gone != 0:
		return dead
	case d.death == Censor:
		return unknown
	}
	return dead
}

// read appends what the n months from a calendar month on are, to a person whose employer before the start was `before`.
func (d *Definition) read(h *register.History, before int32, from calendar.Month, n int, months []uint8) []uint8 {
	for i := range n {
		m := from + calendar.Month(i)
		v := d.exited(h, m)
		if v == out && d.counts(h, before, int(m-h.First), m) {
			v = in
		}
		months = append(months, v)
	}
	return months
}

// counts tells whether month m, element k of the history, counts.
func (d *Definition) counts(h *register.History, before int32, k int, m calendar.Month) bool {
	switch d.Spec.Kind {
	case Work, StableWork, JobHeld, Retention:
		return d.works(h, k) && d.jobs.takes(h, before, k)
	case EmployedAndPaid, ExitToWork:
		return d.works(h, k) && d.wage(h, k) > 0
	case NoBenefit:
		return d.works(h, k) && h.State[k]&d.state == 0
	case WageOver:
		return float64(d.wage(h, k))/100 > d.Spec.TimesG*d.g.at(m)/12
	default: // Benefit, Disability, Education
		return h.State[k]&d.state != 0
	}
}

func (d *Definition) works(h *register.History, k int) bool {
	switch d.Spec.Terms {
	case AllTerms:
		return h.Position[k] >= d.position
	case TiltakTerms:
		return h.Position[k] >= d.position && h.Ordinary[k] < d.position
	}
	return h.Ordinary[k] >= d.position
}

// wage is the wage of a month on the chosen terms in øre.
func (d *Definition) wage(h *register.History, k int) int32 {
	switch d.Spec.Terms {
	case AllTerms:
		return h.Wage[k]
	case TiltakTerms:
		return h.Wage[k] - h.OrdinaryWage[k]
	}
	return h.OrdinaryWage[k]
}
