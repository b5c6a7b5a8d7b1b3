package cost

import (
	"math"

	"tiltakseffekt/datasets/catalog"
)

// Discounting is a real discount rate that may fall with time: from a year after the start on, a rate a year.
type Discounting []DiscountStep

// DiscountStep is a rate that applies from a year after the start until the next step.
type DiscountStep struct {
	FromYear float64
	Rate     float64 // a year, 0.04 for 4 %
}

// Factor is the present value of a kroner t months after the start:
//
//	D(t) = Π (1 + r_k)^(−years of t/12 under step k)
//
// so that it is continuous where the rate changes. Before the start (t < 0) it is 1, and with no steps it is 1 always.
func (d Discounting) Factor(t float64) float64 {
	years, factor := t/12, 1.
	for k, s := range d {
		end := math.Inf(1)
		if k+1 < len(d) {
			end = d[k+1].FromYear
		}
		if span := min(years, end) - s.FromYear; span > 0 {
			factor *= math.Pow(1+s.Rate, -span)
		}
	}
	return factor
}

// Present is Σ_t D(t)·x[t], with x[0] the month of start. NaN where an element is.
func (d Discounting) Present(x []float64) float64 {
	sum := 0.
	for t, v := range x {
		sum += v * d.Factor(float64(t))
	}
	return sum
}

// discounting is the discount rate of the catalogue's parameters.
func discounting(steps []catalog.Parameter) Discounting {
	d := make(Discounting, len(steps))
	for i, s := range steps {
		d[i] = DiscountStep{s.FromYear, s.Value}
	}
	return d
}
