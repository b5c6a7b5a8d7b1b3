package duration_test

import (
	"fmt"

	"tiltakseffekt/analysis/duration"
)

// Eight spells in months; three had not ended when the data were cut. By hand: S(12) = 7/8 · 6/7 · 4/5 · 1/3, and the area
// to 12 is 2 + 0.875 + 3 · 0.75 + 6 · 0.6 = 8.725.
func ExampleKaplanMeier() {
	c, err := duration.KaplanMeier(duration.Input{
		Time:  []float64{2, 3, 3, 6, 8, 12, 12, 14},
		Event: []int32{1, 1, 0, 1, 0, 1, 1, 0},
	}, duration.Options{Interval: duration.LogLogInterval})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range c.At([]float64{3, 6, 12, 24}) {
		fmt.Printf("month %2.0f: %.3f (%.3f–%.3f), %.0f at risk %q\n", p.Time, p.Estimate, p.ConfLow, p.ConfHigh, p.NRisk, p.Reason)
	}
	median, _, _ := c.Quantile(.5)
	mean := c.RestrictedMean(12)
	fmt.Printf("median %v, mean of the first 12 months %.2f (%.2f)\n", median, mean.Estimate, mean.StdError)
	// Output:
	// month  3: 0.750 (0.315–0.931), 7 at risk ""
	// month  6: 0.600 (0.195–0.852), 5 at risk ""
	// month 12: 0.200 (0.010–0.573), 3 at risk ""
	// month 24: NaN (NaN–NaN), 0 at risk "no_follow_up"
	// median 12, mean of the first 12 months 8.73 (1.51)
}

// Exits to work (1) and to disability pension (2) compete.
func ExampleAalenJohansen() {
	curves, err := duration.AalenJohansen(duration.Input{
		Time:   []float64{1, 2, 2, 4, 5, 6},
		Event:  []int32{1, 2, 0, 1, 2, 0},
		States: []string{"work", "disability pension"},
	}, duration.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range curves {
		p := c.At([]float64{5})[0]
		fmt.Printf("%s by 5: %.3f (%.3f)\n", c.State, p.Estimate, p.StdError)
	}
	// Output:
	// work by 5: 0.389 (0.219)
	// disability pension by 5: 0.389 (0.219)
}
