package register

import (
	"math"

	"tiltakseffekt/internal/calendar"
)

// maximum is the last day that the rules allow anybody who started when this participation did; calendar.Open where
// there is no ceiling or it is unknown. A ceiling of n months from the 10th ends on the 9th; parts of a month count as
// that part of 30 days.
func (b *builder) maximum(p Participation) calendar.Date {
	months := b.catalog.MaxMonths(b.Tiltak[p.Tiltak], p.Start)
	if math.IsNaN(months) {
		return calendar.Open
	}
	whole := math.Floor(months)
	return addMonths(p.Start, int(whole)) + calendar.Date(math.Ceil((months-whole)*30)) - 1
}

// addMonths is the same day n months later, or the last day of that month where it is shorter.
func addMonths(d calendar.Date, n int) calendar.Date {
	m := d.Month() + calendar.Month(n)
	return min(m.First()+calendar.Date(d.Day()-1), m.Last())
}
