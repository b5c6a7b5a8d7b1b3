package catalog_test

import (
	"fmt"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
)

func ExampleCatalog_Resolve() {
	c := catalog.Default()
	for _, code := range []string{"ARBFORB", "GRUPPEAMO", "PRAKSKJERM", "NYKODE"} {
		resolved, known := c.Resolve(code)
		fmt.Println(code, "→", resolved, known, c.Name(code, "nb"))
	}
	// Output:
	// ARBFORB → ARBEIDSFORBEREDENDE_TRENING true Arbeidsforberedende trening (AFT)
	// GRUPPEAMO → GRUPPE_ARBEIDSMARKEDSOPPLAERING true Arbeidsmarkedsopplæring (gruppe)
	// PRAKSKJERM → PRAKSKJERM true Arbeidspraksis i skjermet virksomhet
	// NYKODE → NYKODE false NYKODE
}

func ExampleCatalog_Rate() {
	day := calendar.NewDate(2021, 3, 1)
	rate, fit, _ := catalog.Default().Rate("ARBEIDSFORBEREDENDE_TRENING", day)
	fmt.Println(rate.Kroner, "kr,", rate.Valid)
	for _, w := range catalog.RateWarning(rate, fit, day) {
		fmt.Println(w.Code)
	}
	// Output:
	// 16470 kr, 2018-01-01 to 2018-12-31
	// rate_outside_period
}
