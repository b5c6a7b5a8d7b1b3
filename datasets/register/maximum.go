package register

import (
	"math"

	"tiltakseffekt/internal/calendar"
)

// maximum is the last day that the rules allow anybody who started when this participation did; calendar.Open where
// there is no ceiling or it is unknown (see LastAllowed).
func (b *builder) maximum(p Participation) calendar.Date {
	months := b.catalog.MaxMonths(b.Tiltak[p.Tiltak], p.Start)
	if math.IsNaN(months) {
		return calendar.Open
	}
	return LastAllowed(p.Start, months)
}

// LastAllowed is the last day of a participation that may last so many months from its first day: 12 months from the 10th end
// on the 9th; parts of a month count as that part of 30 days.
func LastAllowed(start calendar.Date, months float64) calendar.Date {
	whole := math.Floor(months)
	return addMonths(start, int(whole)) + calendar.Date(math.Ceil((months-whole)*30)) - 1
}

// addMonths is the same day n months later, or the last day of that month where it is shorter.
func addMonths(d calendar.Date, n int) calendar.Date {
	m := d.Month() + calendar.Month(n)
	return min(m.First()+calendar.Date(d.Day()-1), m.Last())
}
