package cost

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
)

// randomInput is a participation with a random tiltak, period, percent, changes and closed days.
func randomInput(r *rand.Rand) ParticipationInput {
	tiltak := []string{aft, vtas, "VTAO"}[r.IntN(3)]
	from := date("2022-06-01") + calendar.Date(r.IntN(1700))
	in := NewInput(tiltak, from, from+calendar.Date(r.IntN(120)))
	if r.IntN(4) > 0 {
		in.PartTime = []float64{0, 30, 49.99, 50, 50.01, 75, 100}[r.IntN(7)]
	}
	for d := from; r.IntN(2) == 0; {
		d += 1 + calendar.Date(r.IntN(40))
		in.Changes = append(in.Changes, Change{d, []float64{40, 50, 60}[r.IntN(3)]})
	}
	if r.IntN(3) == 0 {
		d := from + calendar.Date(r.IntN(60))
		in.Closed = []catalog.Period{{From: d, To: d + calendar.Date(r.IntN(20))}}
	}
	return in
}

// bruteForce prices day by day: for each month and percent the days that count are counted one by one with package time,
// and fraction and kroner are rounded in rational arithmetic.
func bruteForce(in ParticipationInput) float64 {
	c := catalog.Default()
	type key struct {
		month   calendar.Month
		percent float64
	}
	days := map[key]int64{}
	for d := in.From; d <= in.To; d++ {
		percent := in.PartTime
		for _, change := range in.Changes {
			if change.From <= d {
				percent = change.Percent
			}
		}
		if math.IsNaN(percent) {
			percent = 100
		}
		closed := slices.ContainsFunc(in.Closed, func(p catalog.Period) bool { return p.From <= d && d <= p.To })
		if !closed && isPaid(d) {
			days[key{d.Month(), percent}]++
		} else {
			days[key{d.Month(), percent}] += 0
		}
	}
	half := big.NewRat(1, 2)
	sum := 0.
	for k, n := range days {
		rate, _, _ := c.Rate(in.Tiltak, k.month.First())
		share := 1.
		switch {
		case in.Tiltak == "VTAO":
		case in.Tiltak == aft && k.month >= calendar.NewMonth(2026, 1):
			if k.percent <= 50 {
				share = 0.5
			}
		case k.percent < 50:
			share = 0.5
		}
		of := int64(0)
		for d := k.month.First(); d <= k.month.Last(); d++ {
			if isPaid(d) {
				of++
			}
		}
		scale := big.NewRat(100_000, 1)
		fraction := new(big.Rat).Quo(floor(new(big.Rat).Add(new(big.Rat).Mul(big.NewRat(n, of), scale), half)), scale)
		amount := new(big.Rat).SetFloat64(rate.Kroner * share)
		kroner, _ := floor(new(big.Rat).Add(new(big.Rat).Mul(amount, fraction), half)).Float64()
		sum += kroner
	}
	return sum
}

// isPaid tells whether a day counts in the payment: all days before 1 August 2025, Mondays to Fridays from then on.
func isPaid(d calendar.Date) bool {
	t := time.Unix(int64(d)*86400, 0).UTC()
	if t.Before(time.Date(2025, 8, 1, 0, 0, 0, 0, time.UTC)) {
		return true
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

func floor(x *big.Rat) *big.Rat {
	q, m := new(big.Int).DivMod(x.Num(), x.Denom(), new(big.Int))
	_ = m
	return new(big.Rat).SetInt(q)
}

// A month with the same percent before and after another one is two lines here and one sum there: changes rise in
// randomInput, but may return to a percent, so that the brute force would merge what is rounded apart. Such draws are skipped.
func returns(in ParticipationInput) bool {
	for i, c := range in.Changes {
		if c.Percent == in.PartTime || c.Percent == 100 && math.IsNaN(in.PartTime) {
			return true
		}
		for _, o := range in.Changes[:i] {
			if o.Percent == c.Percent {
				return true
			}
		}
	}
	return false
}

func TestAgreesWithCountingDays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p, _ := NewPricer(nil, 0, ByKPI)
	tested := 0
	for range 4000 {
		in := randomInput(r)
		if returns(in) {
			continue
		}
		tested++
		changes := slices.Clone(in.Changes)
		got, err := p.Total(in)
		if err != nil {
			t.Fatal(err)
		}
		if want := bruteForce(in); got.Kroner != want {
			t.Fatalf("%+v: %v kr, day by day %v", in, got.Kroner, want)
		}
		if !slices.Equal(changes, in.Changes) {
			t.Fatal("the input was changed")
		}
		if b, _ := p.Participation(in); b.Kroner != got.Kroner || b.Real != got.Real || b.InG != got.InG || b.Months != got.Months {
			t.Fatalf("%+v: the bill says %v and the total %v", in, b.Kroner, got.Kroner)
		}
	}
	if tested < 1500 {
		t.Errorf("only %d draws were tested", tested)
	}
}

// Cutting a participation in two at the first of a month changes nothing; cutting it inside one changes each of the two
// lines by at most the rounding of its fraction (half of 1e-5 of a rate under 25 000 kr: 0.125 kr) and of its kroner (0.5).
func TestCuttingInTwo(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	p, _ := NewPricer(nil, 0, ByKPI)
	kroner := func(in ParticipationInput) float64 {
		total, err := p.Total(in)
		if err != nil {
			t.Fatal(err)
		}
		return total.Kroner
	}
	for range 2000 {
		in := randomInput(r)
		if in.To == in.From {
			continue
		}
		cut := in.From + 1 + calendar.Date(r.IntN(int(in.To-in.From)))
		left, right := in, in
		left.To, right.From = cut-1, cut
		tolerance := 3*(0.5+0.125) + 1e-9
		if cut.Day() == 1 {
			tolerance = 0
		}
		if whole, parts := kroner(in), kroner(left)+kroner(right); math.Abs(whole-parts) > tolerance {
			t.Fatalf("%+v cut at %s: %v and %v kr", in, cut, whole, parts)
		}
	}
}

// Lines cover the days without gap or overlap, and an actual amount is shared out to the last øre.
func TestLinesCoverTheDays(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	p, _ := NewPricer(nil, 2024, ByG)
	for range 1000 {
		in := randomInput(r)
		if r.IntN(2) == 0 {
			in.Amount = math.Round(r.Float64()*1e8) / 100
		}
		if r.IntN(3) == 0 {
			in.Tiltak, in.Wage, in.Percent = midl, 25_000, []float64{40, 45, 60}[r.IntN(3)]
		}
		b, err := p.Participation(in)
		if err != nil {
			t.Fatal(err)
		}
		next, sum := in.From, 0.
		for _, l := range b.Lines {
			if l.From != next || l.To < l.From || l.Month != l.From.Month() || l.Month != l.To.Month() || l.Kroner < 0 {
				t.Fatalf("%+v: line %+v after %s", in, l, next)
			}
			next, sum = l.To+1, sum+l.Kroner
		}
		if next != in.To+1 {
			t.Fatalf("%+v: the lines end %s", in, next-1)
		}
		if !math.IsNaN(in.Amount) && math.Abs(sum-in.Amount) > 1e-6 {
			t.Fatalf("%+v: the lines sum to %v of %v", in, sum, in.Amount)
		}
	}
}

// The fraction of half a unit in the last decimal goes up: 1/64 = 0.015625 → 0.01563, 1/32 = 0.03125 stays.
func TestRoundFraction(t *testing.T) {
	for _, c := range []struct {
		days, of int
		want     float64
	}{{1, 64, 0.01563}, {1, 32, 0.03125}, {3, 64, 0.04688}, {17, 31, 0.54839}, {0, 30, 0}, {30, 30, 1}} {
		if got, _, _ := roundFraction(c.days, c.of, 5); got != c.want {
			t.Errorf("%d/%d: %v, want %v", c.days, c.of, got, c.want)
		}
	}
	for _, c := range []struct {
		amount      float64
		units, unit int64
		want        float64
	}{{20975, 50_000, 100_000, 10488}, {20975, 49_999, 100_000, 10487}, {1, 50_000, 100_000, 1}, {1, 49_999, 100_000, 0}} {
		if got := roundKroner(c.amount, c.units, c.unit); got != c.want {
			t.Errorf("%v · %d/%d: %v, want %v", c.amount, c.units, c.unit, got, c.want)
		}
	}
}

func BenchmarkTotal(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 1))
	p, _ := NewPricer(nil, 2024, ByKPI)
	inputs := make([]ParticipationInput, 10_000)
	for i := range inputs {
		inputs[i] = NewInput(aft, date("2018-01-01")+calendar.Date(r.IntN(2500)), 0)
		inputs[i].To = inputs[i].From + calendar.Date(r.IntN(400))
	}
	b.Run("n=10000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, in := range inputs {
				if _, err := p.Total(in); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
