package figure

import (
	"math"

	"tiltakseffekt/internal/number"
)

// Unit is what an axis measures.
type Unit int

// The units of axes.
const (
	Plain  Unit = iota // numbers as they are
	Share              // shares from 0 to 1, shown as per cent
	Points             // differences of shares, shown in percentage points
	Kroner             // money
	Months             // whole months
)

// step is the distance of about n ticks over a range of the unit.
func (u Unit) step(low, high float64, n int) float64 {
	if u == Months {
		return monthStep(high-low, n)
	}
	return step(low, high, n)
}

// step is the distance of about n ticks over a range: 1, 2, 2.5 or 5 times a power of ten.
func step(low, high float64, n int) float64 {
	raw := (high - low) / float64(n)
	if !(raw > 0) || math.IsInf(raw, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// ticks lists the multiples of a step inside [low, high].
func ticks(low, high, by float64) []float64 {
	var at []float64
	for k := math.Ceil(low/by - 1e-9); k <= math.Floor(high/by+1e-9); k++ {
		at = append(at, k*by+0) // +0: no negative zero
	}
	return at
}

// monthStep is the distance of ticks on an axis of months: whole quarters, half years or years.
func monthStep(months float64, n int) float64 {
	for _, s := range []float64{1, 2, 3, 6, 12, 24, 36, 60} {
		if months/s <= float64(n) {
			return s
		}
	}
	return step(0, months, n)
}

// label writes the value of a tick; by is the distance of ticks, which decides the digits.
func label(l number.Lang, u Unit, v, by float64) string {
	scale := 1.
	if u == Share || u == Points {
		scale = 100
	}
	digits := 0
	for d := by * scale; digits < 6 && math.Abs(d-math.Round(d)) > 1e-9; d *= 10 {
		digits++
	}
	switch u {
	case Share:
		return l.Percent(v, digits)
	case Points:
		return l.Points(v, digits)
	}
	return l.Decimal(v, digits)
}

// span is the smallest and largest finite value; ok is false where there is none.
func span(values ...[]float64) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		for _, x := range v {
			if !math.IsNaN(x) && !math.IsInf(x, 0) {
				low, high = min(low, x), max(high, x)
			}
		}
	}
	return low, high, low <= high
}
