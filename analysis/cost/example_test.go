package cost_test

import (
	"fmt"

	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/internal/calendar"
)

// A participation in AFT at exactly 50 % over New Year 2026, when the rule on exactly 50 % changed.
func ExampleParticipation() {
	in := cost.NewInput("ARBEIDSFORBEREDENDE_TRENING", calendar.NewDate(2025, 12, 1), calendar.NewDate(2026, 1, 15))
	in.PartTime = 50
	bill, err := cost.Participation(nil, in)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range bill.Lines {
		fmt.Printf("%s  %.0f kr · %.5f  %-38s %6.0f kr\n", l.Month, l.Rate*l.Share, l.Fraction, l.Rule, l.Kroner)
	}
	fmt.Printf("%.0f kr\n", bill.Kroner)
	// Output:
	// 2025-12  20975 kr · 1.00000  full from 50 %, weekdays 23/23          20975 kr
	// 2026-01  10865 kr · 0.50000  half up to 50 %, weekdays 11/22          5433 kr
	// 26408 kr
}
