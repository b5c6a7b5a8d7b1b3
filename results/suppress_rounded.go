package results

import (
	"math"
	"strings"
)

// roundedMeasure tells which curves go out rounded and without counts of events: those whose points could be taken from each
// other, from other curves of the same persons and from the flow. Pooling steps, as for the other curves, would not do: the
// ways out that compete are several curves over one risk set, and who waits or keeps a job is counted elsewhere too.
func roundedMeasure(measure string) bool {
	return measure == "time_to_start" || measure == "retention" || strings.HasPrefix(measure, "exit:")
}

// roundingUnit is a whole number of per cent, at least one, that at least twice the limit of n make: a share that is rounded
// to it tells the number behind it no closer than the limit on either side.
func roundingUnit(limit, n int) float64 {
	return math.Max(1, math.Ceil(200*float64(limit)/float64(n))) / 100
}

// leastRounded is the number of starts, in limits, under which even a rounded curve is hidden: the unit would be over a
// quarter.
const leastRounded = 8

// tens rounds to the nearest ten.
func tens(n int) int { return 10 * int(math.Round(float64(n)/10)) }

// roundedShare rounds a share to a unit and its limits outwards; its error goes, since a share could be had from it.
func roundedShare(unit, share, low, high float64) (estimate, stdError, confLow, confHigh float64) {
	cents := func(x float64) float64 { return math.Round(100*x) / 100 }
	return cents(math.Min(1, math.Round(share/unit)*unit)), math.NaN(), cents(math.Max(0, math.Floor(low/unit+1e-9)*unit)), cents(math.Min(1, math.Ceil(high/unit-1e-9)*unit))
}

// roundedCurves rounds what roundedMeasure names: shares to roundingUnit of those who begin, without their errors, numbers at risk to
// tens, and no number of events or censorings. Where few are at risk, few begin, or the cell is nearly a larger one, it is
// hidden.
func (s *suppressor) roundedCurves() {
	rows := s.t.Durations
	for _, curve := range grouped(rows, func(d *Duration) string { return join(d.Tiltak, d.Group, d.Measure) }) {
		first := &rows[curve[0]]
		if !roundedMeasure(first.Measure) || first.Reason != "" {
			continue
		}
		n, persons := 0, 0
		for _, i := range curve {
			n, persons = max(n, rows[i].NRisk), max(persons, rows[i].riskPersons())
		}
		k := cellKey{first.Tiltak, first.Group}
		hide := s.near[k] || persons < leastRounded*s.min
		unit := roundingUnit(s.min, tens(n)) // of the number that is shown, so that it can be held against it
		for _, i := range curve {
			d := &rows[i]
			few := d.riskPersons() < 2*s.min
			d.NEvent, d.NCensor = -1, -1
			if hide || few {
				d.NRisk = -1
				d.Estimate, d.StdError, d.ConfLow, d.ConfHigh, d.Reason = math.NaN(), math.NaN(), math.NaN(), math.NaN(), suppressed
				s.note("durations", "few persons")
				continue
			}
			d.NRisk = tens(d.NRisk)
			if s.starts[k] || s.analysed[k] {
				d.NRisk = -1
			}
			d.Estimate, d.StdError, d.ConfLow, d.ConfHigh = roundedShare(unit, d.Estimate, d.ConfLow, d.ConfHigh)
		}
	}
}

// durationShares hides shares that few persons make, or all but few, and rounds the others like curves.
func (s *suppressor) durationShares() {
	for i := range s.t.DurationShares {
		d := &s.t.DurationShares[i]
		k := cellKey{d.Tiltak, d.Group}
		n := d.NStarts
		if s.starts[k] {
			d.NStarts = -1
		}
		if d.Reason != "" {
			continue
		}
		if s.few(d.With) || s.few(d.Without) || s.near[k] || n < leastRounded*s.min {
			d.Estimate, d.StdError, d.ConfLow, d.ConfHigh, d.Reason = math.NaN(), math.NaN(), math.NaN(), math.NaN(), suppressed
			s.note("duration_shares", "few persons")
			if s.near[k] || s.few(n) {
				d.NStarts = -1
			}
			continue
		}
		unit := roundingUnit(s.min, n)
		d.Estimate, d.StdError, d.ConfLow, d.ConfHigh = roundedShare(unit, d.Estimate, d.ConfLow, d.ConfHigh)
	}
}
