package outcome

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Follow writes the outcome at months h = 1 … horizon after the start month into dst[0 … horizon − 1] and returns it
// (dst may be nil or short: it is grown). Values are NaN for h under FirstMonth, for months outside the history or after
// the cut, and from emigration on; see Definition. It does not allocate where dst is long enough and MinFollowUp of the
// horizon is at most 255.
func (d *Definition) Follow(h register.History, start calendar.Month, horizon int, dst []float64) []float64 {
	dst = grow(dst, horizon)
	var buffer [256]uint8
	before := d.employerBefore(&h, start)
	switch d.Spec.Kind {
	case Earnings:
		d.earnings(&h, start+1, dst)
	case TwoG:
		d.yearly(&h, start+1, dst)
	case ExitToWork:
		d.exit(&h, start, d.read(&h, before, start, horizon+1, buffer[:0]), dst)
	case JobHeld:
		d.held(d.read(&h, before, start+1, d.MinFollowUp(horizon), buffer[:0]), dst)
	case Retention:
		d.retained(&h, start, d.read(&h, before, start+1, d.MinFollowUp(horizon), buffer[:0]), dst)
	default:
		months := d.read(&h, before, start+1, d.MinFollowUp(horizon), buffer[:0])
		if d.entered() {
			d.followEntered(months, dst)
		} else {
			d.followStatus(months, dst)
		}
	}
	return dst
}

// Series writes the outcome of every month of the history into dst and returns it: element k is calendar month
// h.First + k. A status needs its whole window inside the history and is NaN before; an entered run is read as "a run
// begins in this month". Outcomes without a series (HasSeries) are NaN.
func (d *Definition) Series(h register.History, dst []float64) []float64 {
	n := len(h.State)
	dst = grow(dst, n)
	var buffer [256]uint8
	switch {
	case !d.HasSeries():
		for t := range dst {
			dst[t] = math.NaN()
		}
	case d.Spec.Kind == Earnings:
		d.earnings(&h, h.First, dst)
	case d.Spec.Kind == TwoG:
		d.yearly(&h, h.First, dst)
	case d.entered():
		months := d.read(&h, 0, h.First, n+d.of-1, buffer[:0])
		for t := range dst {
			dst[t] = math.NaN()
			if known(months[t : t+d.of]) {
				dst[t] = number(d.begins(months, t))
			}
		}
	default:
		d.followStatus(d.read(&h, 0, h.First, n, buffer[:0]), dst)
	}
	return dst
}

// Between is Series for the n months from one on alone, without making the others where the outcome allows it; months that lie
// outside the history are NaN.
func (d *Definition) Between(h register.History, from calendar.Month, n int, dst []float64) []float64 {
	dst = grow(dst, n)
	var buffer [256]uint8
	switch {
	case d.HasSeries() && d.Spec.Kind == Earnings:
		d.earnings(&h, from, dst)
	case d.HasSeries() && d.Spec.Kind != TwoG && !d.entered():
		// Windows reach back; the status of a window that begins before the history is not known, as in Series.
		back := d.of - 1
		var status [256]float64
		all := grow(status[:0], n+back)
		d.followStatus(d.read(&h, 0, from-calendar.Month(back), n+back, buffer[:0]), all)
		copy(dst, all[back:])
	default:
		all := d.Series(h, nil)
		for i := range dst {
			dst[i] = math.NaN()
			if k := int(from-h.First) + i; k >= 0 && k < len(all) {
				dst[i] = all[k]
			}
		}
	}
	return dst
}

func grow(dst []float64, n int) []float64 {
	if cap(dst) < n {
		return make([]float64, n)
	}
	return dst[:n]
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// known tells whether all months are known.
func known(months []uint8) bool {
	for _, m := range months {
		if m == unknown {
			return false
		}
	}
	return true
}

// followStatus writes the status of window [t − of + 1, t] for each t; NaN where the window begins before months[0].
// With a window of one month it is the month itself.
func (d *Definition) followStatus(months []uint8, dst []float64) {
	ones, lastUnknown := 0, -1 // months in work in the window; the latest month that is not known
	for t := range dst {
		if months[t] == in {
			ones++
		}
		if months[t] == unknown {
			lastUnknown = t
		}
		if t >= d.of && months[t-d.of] == in {
			ones--
		}
		first := t - d.of + 1
		if first < 0 || lastUnknown >= first {
			dst[t] = math.NaN()
			continue
		}
		dst[t] = number(months[t] != dead && ones >= d.months && d.gapsWithin(months[first:t+1]))
	}
}

// followEntered writes whether a run has begun by each month.
func (d *Definition) followEntered(months []uint8, dst []float64) {
	begun := false
	known := known(months[:min(d.of-1, len(months))])
	for t := range dst {
		if known = known && months[t+d.of-1] != unknown; !known {
			dst[t] = math.NaN()
			continue
		}
		begun = begun || d.begins(months, t)
		dst[t] = number(begun)
	}
}

// begins tells whether a run begins in month t; the window must be known.
func (d *Definition) begins(months []uint8, t int) bool {
	if months[t] != in {
		return false
	}
	window := months[t : t+d.of]
	ones := 0
	for _, m := range window {
		if m == in {
			ones++
		}
	}
	return ones >= d.months && d.gapsWithin(window)
}

// gapsWithin tells whether no run of months out of work in the window is longer than the gap.
func (d *Definition) gapsWithin(window []uint8) bool {
	if d.gap >= d.of-d.months {
		return true // the count alone implies it
	}
	run := 0
	for _, m := range window {
		if m == in {
			run = 0
			continue
		}
		if run++; run > d.gap {
			return false
		}
	}
	return true
}
