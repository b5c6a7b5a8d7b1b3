package results

import "math"

// rounded looks at the curves and shares that must go out rounded: a number of events, a number at risk that is no multiple of
// ten, or a share finer than the limit allows for those who begin.
func (a *attacker) rounded(t *Tables) {
	fine := func(x float64, n int) bool { // tells more than the limit on either side
		if math.IsNaN(x) || x == 0 || x == 1 {
			return false
		}
		unit := roundingUnit(a.min, n)
		return math.Abs(x/unit-math.Round(x/unit)) > 1e-6
	}
	for _, curve := range grouped(t.Durations, func(d *Duration) string { return join(d.Tiltak, d.Group, d.Measure) }) {
		first := &t.Durations[curve[0]]
		if !roundedMeasure(first.Measure) {
			continue
		}
		n := 0
		for _, i := range curve {
			n = max(n, t.Durations[i].NRisk)
		}
		for _, i := range curve {
			d := &t.Durations[i]
			if d.NEvent >= 0 && d.Reason == "" || d.NCensor >= 0 && d.Reason == "" || d.NRisk > 0 && d.NRisk%10 != 0 {
				a.hit("durations: %s, %s, %s at %v: exact counts (%d at risk, %d events)", d.Tiltak, d.Group, d.Measure, d.Time, d.NRisk, d.NEvent)
			}
			if n > 0 && fine(d.Estimate, n) {
				a.hit("durations: %s, %s, %s at %v: a share of %v of about %d", d.Tiltak, d.Group, d.Measure, d.Time, d.Estimate, n)
			}
		}
	}
	for i := range t.DurationShares {
		d := &t.DurationShares[i]
		if d.NStarts > 0 && fine(d.Estimate, d.NStarts) {
			a.hit("duration_shares: %s, %s, %s: a share of %v of %d", d.Tiltak, d.Group, d.Measure, d.Estimate, d.NStarts)
		}
		if a.few(d.NStarts) {
			a.hit("duration_shares: %s, %s, %s rests on %d starts", d.Tiltak, d.Group, d.Measure, d.NStarts)
		}
	}
}
