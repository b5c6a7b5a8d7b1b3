package outcome

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Follow writes the outcome at months h = 1 … horizon after the start month into dst[0 … horizon − 1] and returns it
// (dst may be nil or short: it is grown). Values are NaN for h under FirstMonth, for months outside the history or after
// the cut, and from emigration on; see Definition. It does not allocate where dst is long enough and horizon + of is
// at most 256.
func (d *Definition) Follow(h register.History, start calendar.Month, horizon int, dst []float64) []float64 {
	dst = grow(dst, horizon)
	if d.Spec.Kind == Earnings {
		d.earnings(h, start+1, dst)
		return dst
	}
	need := d.MinFollowUp(horizon)
	var buffer [256]uint8
	months := d.read(h, start+1, need, buffer[:0])
	if d.entered() {
		d.followEntered(months, dst)
	} else {
		d.followStatus(months, dst)
	}
	return dst
}

// Series writes the outcome of every month of the history into dst and returns it: element k is calendar month
// h.First + k. A status needs its whole window inside the history and is NaN before; an entered run is read as "a run
// begins in this month".
func (d *Definition) Series(h register.History, dst []float64) []float64 {
	n := len(h.Ordinary)
	dst = grow(dst, n)
	if d.Spec.Kind == Earnings {
		d.earnings(h, h.First, dst)
		return dst
	}
	var buffer [256]uint8
	if !d.entered() {
		d.followStatus(d.read(h, h.First, n, buffer[:0]), dst)
		return dst
	}
	months := d.read(h, h.First, n+d.of-1, buffer[:0])
	for t := range dst {
		dst[t] = math.NaN()
		if d.known(months, t, t+d.of-1) {
			dst[t] = 0
			if d.begins(months, t) {
				dst[t] = 1
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

// What read says of a month.
const (
	out     uint8 = iota // not in work
	in                   // in work
	dead                 // dead, and death counts as no work
	unknown              // outside the history or the cut, or after an exit that censors
)

// read appends what the n months from a calendar month on are.
func (d *Definition) read(h register.History, from calendar.Month, n int, months []uint8) []uint8 {
	for i := range n {
		months = append(months, d.month(h, from+calendar.Month(i)))
	}
	return months
}

func (d *Definition) month(h register.History, m calendar.Month) uint8 {
	k := int(m - h.First)
	if k < 0 || k >= len(h.Ordinary) || m > d.cut {
		return unknown
	}
	if state := h.State[k]; state&(register.Gone|register.Dead) != 0 {
		// Someone who emigrated and died later is followed to the emigration only.
		if state&register.Gone != 0 && d.emigrated == Censor {
			return unknown
		}
		if state&register.Gone != 0 {
			return out
		}
		if d.death == Censor {
			return unknown
		}
		return dead
	}
	if h.Ordinary[k] >= d.position {
		return in
	}
	return out
}

// followStatus writes the status of window [t − of + 1, t] for each t; NaN where the window begins before months[0].
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
		switch {
		case first < 0 || lastUnknown >= first:
			dst[t] = math.NaN()
		case months[t] != dead && ones >= d.months && d.gapsWithin(months[first:t+1]):
			dst[t] = 1
		default:
			dst[t] = 0
		}
	}
}

// followEntered writes whether a run has begun by each month.
func (d *Definition) followEntered(months []uint8, dst []float64) {
	begun := 0.0
	known := true
	for t := range dst {
		if t == 0 {
			known = d.known(months, 0, d.of-1)
		} else {
			known = known && months[t+d.of-1] != unknown
		}
		if !known {
			dst[t] = math.NaN()
			continue
		}
		if begun == 0 && d.begins(months, t) {
			begun = 1
		}
		dst[t] = begun
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

// known tells whether months[a … b] are all known.
func (d *Definition) known(months []uint8, a, b int) bool {
	for _, m := range months[a : b+1] {
		if m == unknown {
			return false
		}
	}
	return true
}

// earnings writes the deflated ordinary wage of the len(dst) months from a month on.
func (d *Definition) earnings(h register.History, from calendar.Month, dst []float64) {
	for i := range dst {
		m := from + calendar.Month(i)
		switch d.month(h, m) {
		case unknown:
			dst[i] = math.NaN()
		case dead:
			dst[i] = 0
		default:
			k := int(m - h.First)
			if h.OrdinaryWage[k] == 0 || h.State[k]&register.Gone != 0 {
				dst[i] = 0
				continue
			}
			dst[i] = float64(h.OrdinaryWage[k]) * d.factor(m) / 100
		}
	}
}
