package outcome

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// earnings writes the deflated wage of the len(dst) months from a month on.
func (d *Definition) earnings(h *register.History, from calendar.Month, dst []float64) {
	for i := range dst {
		m := from + calendar.Month(i)
		switch d.exited(h, m) {
		case unknown:
			dst[i] = math.NaN()
		case dead:
			dst[i] = 0
		default:
			if wage := d.wage(h, int(m-h.First)); wage == 0 {
				dst[i] = 0 // also where the month has no deflator
			} else {
				dst[i] = float64(wage) * d.factor.at(m) / 100
			}
		}
	}
}

// yearly writes, for each of the len(dst) months from a month on, whether the wage of the 12 months that end in it is
// over times_g times the mean G of those months; NaN for the first 11.
func (d *Definition) yearly(h *register.History, from calendar.Month, dst []float64) {
	sum, lastUnknown := int64(0), -1
	wage := func(i int) int64 {
		if m := from + calendar.Month(i); d.exited(h, m) == out {
			return int64(d.wage(h, int(m-h.First)))
		}
		return 0
	}
	for i := range dst {
		if d.exited(h, from+calendar.Month(i)) == unknown {
			lastUnknown = i
		}
		sum += wage(i)
		if i >= d.of {
			sum -= wage(i - d.of)
		}
		first := i - d.of + 1
		if first < 0 || lastUnknown >= first {
			dst[i] = math.NaN()
			continue
		}
		g := 0.0
		for k := first; k <= i; k++ {
			g += d.g.at(from + calendar.Month(k))
		}
		if g != g {
			dst[i] = math.NaN()
			continue
		}
		// Death within the year: the year's wage counts until the month of death.
		dst[i] = number(d.exited(h, from+calendar.Month(i)) != dead && float64(sum)/100 > d.Spec.TimesG*g/float64(d.of))
	}
}
