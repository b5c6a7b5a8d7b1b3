package cost

import (
	"cmp"
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
)

// Spending is the cost of some participations, one element each: those of a tiltak and a group, say.
type Spending struct {
	Kroner    []float64 // NaN: not priced
	Months    []float64 // length in months; nil: no figures per month
	Person    []int32   // who; nil: everybody stands alone
	Completed []bool    // completed as planned; nil: unknown, no figures per completed
	Year      []int     // year of start; nil: no figures by year
}

// Measure says what one observation of a distribution is.
type Measure string

// The measures.
const (
	// PerParticipation is the cost of a participation.
	PerParticipation Measure = "per_participation"
	// PerParticipant is the cost of a person: the sum of the person's participations (within the year, by year).
	PerParticipant Measure = "per_participant"
	// PerMonth is the cost of a month in the tiltak: quantiles of each participation's own kroner per month, and as mean
	// all kroner over all months (not the mean of the ratios, which short participations would rule).
	PerMonth Measure = "per_participant_month"
	// PerCompleted is the cost of a participation that was completed.
	PerCompleted Measure = "per_completed"
	// PerCompletion is what a completion costs, those who left included: all kroner over the number of completed. It has a
	// mean and no quantiles.
	PerCompletion Measure = "per_completion"
)

// Bin is a bar of a histogram: Low ≤ x < High, the last one with its upper end.
type Bin struct {
	Low, High float64
	N         int
	Share     float64
	Persons   int // distinct persons in it, for disclosure control
}

// Distribution is how costs are spread over participations, persons or months.
type Distribution struct {
	Measure  Measure
	Year     int // year of start; 0: all
	N        int // observations
	Persons  int // distinct persons behind them, for disclosure control
	Unpriced int // participations (persons, for PerParticipant) left out because a price is missing
	Sum      float64
	Mean     float64
	P10, P25 float64
	P50      float64
	P75, P90 float64
	Bins     []Bin           // the same edges for all years of a measure
	Reason   estimate.Reason // why the figures are missing, where they are
}

// DistributionOptions are choices of a histogram.
type DistributionOptions struct {
	BinWidth float64 // kroner; 0: chosen from the data
	MaxBins  int     // 0: 25
}

// Distribute is the distribution of costs in each measure that the input allows, first over all participations and then
// by year of start, rising. Quantiles are those of Hyndman and Fan's (1996) type 7, with h = (n−1)p:
//
//	q(p) = x[⌊h⌋] + (h − ⌊h⌋)·(x[⌊h⌋+1] − x[⌊h⌋])
//
// A participation without a price is left out and counted, and so is, per participant, a person with one. Where nothing
// is priced the figures are NaN with the reason not_defined. The width of a bin is 2·IQR·n^(−1/3) (Freedman and Diaconis
// 1981) rounded up to 1, 2 or 5 times a power of ten. The result does not depend on the order of the rows. It panics
// where lengths differ.
func Distribute(s Spending, o DistributionOptions) []Distribution {
	n := len(s.Kroner)
	for _, l := range []int{len(s.Months), len(s.Person), len(s.Completed), len(s.Year)} {
		if l != 0 && l != n {
			panic("cost: the columns of Spending differ in length")
		}
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	years := map[int][]int{}
	for i, y := range s.Year {
		years[y] = append(years[y], i)
	}
	order := make([]int, 0, len(years))
	for y := range years {
		order = append(order, y)
	}
	slices.Sort(order)
	var result []Distribution
	for _, m := range s.measures() {
		total := s.distribution(m, 0, all)
		edges := total.edges(s, m, all, o)
		total.fill(s, m, all, edges)
		result = append(result, total)
		for _, y := range order {
			d := s.distribution(m, y, years[y])
			d.fill(s, m, years[y], edges)
			result = append(result, d)
		}
	}
	return result
}

func (s *Spending) measures() []Measure {
	m := []Measure{PerParticipation, PerParticipant}
	if s.Months != nil {
		m = append(m, PerMonth)
	}
	if s.Completed != nil {
		m = append(m, PerCompleted, PerCompletion)
	}
	return m
}

// observation is one figure and whose it is.
type observation struct {
	x      float64
	person int32
}

// observations are the figures of a measure over some rows, rising, and how many were left out without a price.
func (s *Spending) observations(m Measure, rows []int) (obs []observation, unpriced int) {
	person := func(i int) int32 {
		if s.Person == nil {
			return int32(i)
		}
		return s.Person[i]
	}
	obs = make([]observation, 0, len(rows))
	for _, i := range rows {
		if m == PerCompleted && !s.Completed[i] {
			continue
		}
		x := s.Kroner[i]
		if m == PerMonth {
			x /= s.Months[i]
		}
		if math.IsNaN(x) && m != PerParticipant {
			unpriced++
			continue
		}
		obs = append(obs, observation{x, person(i)})
	}
	byValue := func(a, b observation) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.person, b.person)) }
	if m == PerParticipant {
		slices.SortFunc(obs, func(a, b observation) int { return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.x, b.x)) })
		sums := obs[:0]
		for i := 0; i < len(obs); {
			sum, j := 0., i
			for ; j < len(obs) && obs[j].person == obs[i].person; j++ {
				sum += obs[j].x
			}
			if math.IsNaN(sum) {
				unpriced++
			} else {
				sums = append(sums, observation{sum, obs[i].person})
			}
			i = j
		}
		obs = sums
	}
	slices.SortFunc(obs, byValue)
	return obs, unpriced
}

// distribution is everything but the bins.
func (s *Spending) distribution(m Measure, year int, rows []int) Distribution {
	nan := math.NaN()
	d := Distribution{Measure: m, Year: year, Sum: nan, Mean: nan, P10: nan, P25: nan, P50: nan, P75: nan, P90: nan}
	obs, unpriced := s.observations(m, rows)
	if m == PerCompletion {
		return s.completions(d, rows)
	}
	d.N, d.Unpriced, d.Persons = len(obs), unpriced, persons(obs)
	if d.N == 0 {
		d.Reason = estimate.NotDefined
		return d
	}
	x := make([]float64, len(obs))
	d.Sum = 0
	for i, o := range obs {
		x[i] = o.x
		d.Sum += o.x
	}
	d.Mean = d.Sum / float64(d.N)
	d.P10, d.P25, d.P50, d.P75, d.P90 = Quantile(x, 0.1), Quantile(x, 0.25), Quantile(x, 0.5), Quantile(x, 0.75), Quantile(x, 0.9)
	if m == PerMonth {
		d.Sum, d.Mean = s.perMonth(rows)
	}
	return d
}

// perMonth is all kroner, and all kroner over all months, of the priced rows: in rising order, so that the order of rows
// does not show in the last digit.
func (s *Spending) perMonth(rows []int) (sum, mean float64) {
	var kroner, months []float64
	for _, i := range rows {
		if !math.IsNaN(s.Kroner[i] / s.Months[i]) {
			kroner, months = append(kroner, s.Kroner[i]), append(months, s.Months[i])
		}
	}
	sum = sumOf(kroner)
	return sum, sum / sumOf(months)
}

// sumOf is the sum in rising order; it sorts x.
func sumOf(x []float64) float64 {
	slices.Sort(x)
	sum := 0.
	for _, v := range x {
		sum += v
	}
	return sum
}

// completions is all kroner over the number of completed.
func (s *Spending) completions(d Distribution, rows []int) Distribution {
	var kroner []float64
	var done []observation
	for _, i := range rows {
		if math.IsNaN(s.Kroner[i]) {
			d.Unpriced++
			continue
		}
		kroner = append(kroner, s.Kroner[i])
		if s.Completed[i] {
			p := int32(i)
			if s.Person != nil {
				p = s.Person[i]
			}
			done = append(done, observation{0, p})
		}
	}
	d.N, d.Persons = len(done), persons(done)
	if d.N == 0 {
		d.Reason = estimate.NotDefined
		return d
	}
	d.Sum = sumOf(kroner)
	d.Mean = d.Sum / float64(d.N)
	return d
}

// persons is the number of distinct persons among observations.
func persons(obs []observation) int {
	ids := make([]int32, len(obs))
	for i, o := range obs {
		ids[i] = o.person
	}
	slices.Sort(ids)
	return len(slices.Compact(ids))
}

// Quantile is the type 7 quantile of a sorted sample at p in [0, 1]; NaN for an empty one. It panics where p is outside
// [0, 1].
func Quantile(sorted []float64, p float64) float64 {
	if !(p >= 0 && p <= 1) {
		panic("cost: a quantile outside [0, 1]")
	}
	if len(sorted) == 0 {
		return math.NaN()
	}
	h := float64(len(sorted)-1) * p
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}
