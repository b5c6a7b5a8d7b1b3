package outcome

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// exit writes nav_avgang6; months[e] is month e after the start, from 0.
func (d *Definition) exit(h *register.History, start calendar.Month, months []uint8, dst []float64) {
	registered := func(e int) bool {
		k := int(start-h.First) + e
		return k >= 0 && k < len(h.State) && h.State[k]&register.Registered != 0
	}
	left := -1 // the first exit
	for t := range dst {
		at := t + 1
		if months[at] == unknown || months[0] == unknown {
			// Emigration and the cut are for good: later months are not known either.
			dst[t] = math.NaN()
			continue
		}
		if e := at - 2; left < 0 && e >= 0 && registered(e) && !registered(e+1) && !registered(e+2) && months[e+2] != dead {
			left = e
		}
		if at < d.Spec.After {
			dst[t] = math.NaN()
			continue
		}
		dst[t] = number(left >= 0 && left+d.Spec.After <= at && months[left+d.Spec.After] == in)
	}
}

// held writes job_held; months[0] is the month after the start.
func (d *Definition) held(months []uint8, dst []float64) {
	after := d.Spec.After
	known, job := known(months[:min(after, len(months))]), false
	for t := range dst {
		job = job || months[t] == in
		known = known && months[t+after] != unknown
		dst[t] = math.NaN()
		if known {
			dst[t] = number(job && months[t+after] == in)
		}
	}
}

// retained writes fastholdelse; months[0] is the month after the start.
func (d *Definition) retained(h *register.History, start calendar.Month, months []uint8, dst []float64) {
	after := d.Spec.After
	known, first := known(months[:min(after, len(months))]), -1
	for t := range dst {
		if first < 0 && months[t] == in {
			first = t
		}
		known = known && months[t+after] != unknown
		switch {
		case !known, first < 0 && d.Spec.Conditional:
			dst[t] = math.NaN()
		default:
			held := first >= 0 && months[first+after] == in
			if held && d.Spec.SameEmployer {
				k := int(start-h.First) + 1 + first
				held = sameEmployer(h, k, k+after)
			}
			dst[t] = number(held)
		}
	}
}
