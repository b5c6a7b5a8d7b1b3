package cost

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func find(t *testing.T, all []Distribution, m Measure, year int) Distribution {
	t.Helper()
	i := slices.IndexFunc(all, func(d Distribution) bool { return d.Measure == m && d.Year == year })
	if i < 0 {
		t.Fatalf("no %s in %d", m, year)
	}
	return all[i]
}

// By hand: five participations of four persons, one of them without a price.
func TestDistributeByHand(t *testing.T) {
	nan := math.NaN()
	s := Spending{
		Kroner:    []float64{10_000, 30_000, 20_000, nan, 60_000},
		Months:    []float64{1, 2, 2, 4, 3},
		Person:    []int32{7, 7, 8, 9, 10},
		Completed: []bool{true, false, true, true, false},
		Year:      []int{2023, 2024, 2023, 2024, 2024},
	}
	before := slices.Clone(s.Kroner)
	all := Distribute(s, DistributionOptions{})
	for _, c := range []struct {
		m                           Measure
		year, n, persons, unpriced  int
		sum, mean, p10, p25, p50    float64
		p75, p90                    float64
		withoutQuantiles, undefined bool
	}{
		// sorted 10, 20, 30, 60: h = 3p; p10 10 + 0.3·10, p25 10 + 0.75·10, p75 30 + 0.25·30, p90 30 + 0.7·30
		{m: PerParticipation, n: 4, persons: 3, unpriced: 1, sum: 120_000, mean: 30_000, p10: 13_000, p25: 17_500, p50: 25_000, p75: 37_500, p90: 51_000},
		// persons 7: 40, 8: 20, 10: 60; person 9 has no price: h = 2p over 20, 40, 60
		{m: PerParticipant, n: 3, persons: 3, unpriced: 1, sum: 120_000, mean: 40_000, p10: 24_000, p25: 30_000, p50: 40_000, p75: 50_000, p90: 56_000},
		// 10, 15, 10, 20 thousand a month: sorted 10, 10, 15, 20; the mean is 120 over 8 months
		{m: PerMonth, n: 4, persons: 3, unpriced: 1, sum: 120_000, mean: 15_000, p10: 10_000, p25: 10_000, p50: 12_500, p75: 16_250, p90: 18_500},
		{m: PerCompleted, n: 2, persons: 2, unpriced: 1, sum: 30_000, mean: 15_000, p10: 11_000, p25: 12_500, p50: 15_000, p75: 17_500, p90: 19_000},
		// all 120 thousand over the two completed that have a price
		{m: PerCompletion, n: 2, persons: 2, unpriced: 1, sum: 120_000, mean: 60_000, withoutQuantiles: true},
		{m: PerParticipant, year: 2023, n: 2, persons: 2, sum: 30_000, mean: 15_000, p10: 11_000, p25: 12_500, p50: 15_000, p75: 17_500, p90: 19_000},
		{m: PerCompleted, year: 2024, n: 0, persons: 0, unpriced: 1, undefined: true},
	} {
		d := find(t, all, c.m, c.year)
		if d.N != c.n || d.Persons != c.persons || d.Unpriced != c.unpriced {
			t.Errorf("%s %d: n %d, persons %d, unpriced %d", c.m, c.year, d.N, d.Persons, d.Unpriced)
		}
		got, want := []float64{d.Sum, d.Mean, d.P10, d.P25, d.P50, d.P75, d.P90}, []float64{c.sum, c.mean, c.p10, c.p25, c.p50, c.p75, c.p90}
		for i := range got {
			if c.undefined || c.withoutQuantiles && i > 1 {
				if !math.IsNaN(got[i]) {
					t.Errorf("%s %d: figure %d is %v", c.m, c.year, i, got[i])
				}
				continue
			}
			if math.Abs(got[i]-want[i]) > 1e-9 { // the interpolation rounds once or twice
				t.Errorf("%s %d: figure %d is %v, want %v", c.m, c.year, i, got[i], want[i])
			}
		}
		if (d.Reason != "") != c.undefined {
			t.Errorf("%s %d: reason %q", c.m, c.year, d.Reason)
		}
	}
	if !slices.EqualFunc(before, s.Kroner, func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }) {
		t.Error("the input was changed")
	}
}

// Every observation is in one bin, the edges are shared over years, and nothing depends on the order of the rows.
func TestHistogramAndRowOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 200 {
		n := 1 + r.IntN(300)
		s := Spending{Kroner: make([]float64, n), Months: make([]float64, n), Person: make([]int32, n), Completed: make([]bool, n), Year: make([]int, n)}
		for i := range n {
			s.Kroner[i] = math.Round(math.Exp(10 + 2*r.NormFloat64()))
			if r.IntN(3) == 0 {
				s.Kroner[i] = 20205
			}
			s.Months[i] = 0.1 + r.Float64()*20
			s.Person[i], s.Completed[i], s.Year[i] = int32(r.IntN(n)), r.IntN(2) == 0, 2020+r.IntN(3)
		}
		all := Distribute(s, DistributionOptions{})
		for _, d := range all {
			sum, share := 0, 0.
			for k, b := range d.Bins {
				sum += b.N
				share += b.Share
				if b.Persons > b.N || !(b.Low < b.High) || k > 0 && math.Abs(b.Low-d.Bins[k-1].High) > 1e-6*b.High {
					t.Fatalf("%s %d: bin %+v", d.Measure, d.Year, b)
				}
			}
			if len(d.Bins) > 25 {
				t.Fatalf("%s: %d bins", d.Measure, len(d.Bins))
			}
			if d.Bins != nil && (sum != d.N || math.Abs(share-1) > 1e-12) {
				t.Fatalf("%s %d: %d of %d in bins", d.Measure, d.Year, sum, d.N)
			}
			if d.Year != 0 && d.Bins != nil {
				if whole := find(t, all, d.Measure, 0); len(whole.Bins) != len(d.Bins) || whole.Bins[0].Low != d.Bins[0].Low {
					t.Fatalf("%s %d: other edges than for all years", d.Measure, d.Year)
				}
			}
		}
		perm := r.Perm(n)
		p := Spending{Kroner: make([]float64, n), Months: make([]float64, n), Person: make([]int32, n), Completed: make([]bool, n), Year: make([]int, n)}
		for i, j := range perm {
			p.Kroner[i], p.Months[i], p.Person[i], p.Completed[i], p.Year[i] = s.Kroner[j], s.Months[j], s.Person[j], s.Completed[j], s.Year[j]
		}
		// Every figure is given here: no NaN but the quantiles of PerCompletion, which DeepEqual would tell apart.
		clean := func(d []Distribution) []Distribution {
			return slices.DeleteFunc(d, func(d Distribution) bool { return math.IsNaN(d.P50) })
		}
		if a, b := clean(all), clean(Distribute(p, DistributionOptions{})); !reflect.DeepEqual(a, b) {
			t.Fatal("the order of the rows shows")
		}
	}
}

// Against the definition: type 7 is the piecewise linear interpolation through (k/(n−1), x[k]).
func TestQuantileType7(t *testing.T) {
	x := []float64{1, 2, 4, 8, 16}
	for p, want := range map[float64]float64{0: 1, 0.25: 2, 0.5: 4, 0.75: 8, 1: 16, 0.1: 1.4, 0.9: 12.8, 0.6: 5.6} {
		if got := Quantile(x, p); math.Abs(got-want) > 1e-12 {
			t.Errorf("q(%v) = %v, want %v", p, got, want)
		}
	}
	if got := Quantile([]float64{3}, 0.9); got != 3 {
		t.Errorf("of one: %v", got)
	}
	if !math.IsNaN(Quantile(nil, 0.5)) {
		t.Error("of none")
	}
}

func TestBinsAreNice(t *testing.T) {
	x := make([]float64, 1001)
	for i := range x {
		x[i] = float64(i) * 100 // 0 to 100 000 kr: IQR 50 000, width 2 · 50 000 / 10.003 = 9 996.7 → 10 000
	}
	d := Distribute(Spending{Kroner: x}, DistributionOptions{})[0]
	if len(d.Bins) != 10 || d.Bins[0].Low != 0 || d.Bins[0].High != 10_000 || d.Bins[9].N != 101 {
		t.Errorf("bins %+v", d.Bins)
	}
	for w, want := range map[float64]float64{0.7: 1, 1: 1, 1.1: 2, 3: 5, 6: 10, 999: 1000, 0.03: 0.05} {
		if got := nice(w); math.Abs(got-want) > 1e-12 {
			t.Errorf("nice(%v) = %v", w, got)
		}
	}
}

func BenchmarkDistribute(b *testing.B) {
	r := rand.New(rand.NewPCG(12, 1))
	const n = 200_000
	s := Spending{Kroner: make([]float64, n), Months: make([]float64, n), Person: make([]int32, n), Completed: make([]bool, n), Year: make([]int, n)}
	for i := range n {
		s.Kroner[i], s.Months[i] = math.Round(1e5*r.ExpFloat64()), 0.1+10*r.ExpFloat64()
		s.Person[i], s.Completed[i], s.Year[i] = int32(r.IntN(n)), r.IntN(2) == 0, 2018+r.IntN(6)
	}
	b.Run("n=200000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Distribute(s, DistributionOptions{})
		}
	})
}
