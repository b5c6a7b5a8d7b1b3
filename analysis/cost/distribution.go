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
	Weight    []float64 // of the participation in the extract, over 0 and the same for all of a person's; nil: all 1
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
// Weights count copies: a weight of 2 gives the figures of the participation standing there twice, so that sums are those of
// the population and a quantile is the one above over Σw observations, x[k] being the observation whose copies reach over
// place k. N, Unpriced and Persons count the extract.
//
// A participation without a price is left out and counted, and so is, per participant, a person with one. Where nothing
// is priced the figures are NaN with the reason not_defined. The width of a bin is 2·IQR·n^(−1/3) (Freedman and Diaconis
// 1981) rounded up to 1, 2 or 5 times a power of ten. The result does not depend on the order of the rows. It panics
// where lengths differ.
func Distribute(s Spending, o DistributionOptions) []Distribution {
	n := len(s.Kroner)
	for _, l := range []int{len(s.Months), len(s.Person), len(s.Completed), len(s.Year), len(s.Weight)} {
		if l != 0 && l != n {
			panic("cost: the columns of Spending differ in length")
		}
	}
	d := newDistributor(&s)
	years := slices.Clone(s.Year)
	slices.Sort(years)
	years = slices.Compact(years)
	var result []Distribution
	for _, m := range s.measures() {
		obs, unpriced := d.observations(m)
		total := d.describe(m, 0, obs, unpriced)
		edges := total.edges(obs, o)
		d.fill(&total, obs, edges)
		result = append(result, total)
		if len(years) == 0 {
			continue
		}
		if m == PerParticipant {
			obs, unpriced = d.participants(true)
		}
		for _, y := range years {
			part, out := inYear(obs, y), inYear(unpriced, y)
			one := d.describe(m, y, part, out)
			d.fill(&one, part, edges)
			result = append(result, one)
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

// observation is one figure: whose it is, its year of start, and the row it comes from (a row of the person's, for a sum).
type observation struct {
	x      float64
	person int32
	row    int32
	year   int
	w      float64
}

// distributor holds what the measures share.
type distributor struct {
	s      *Spending
	sorted []observation // the priced participations by rising kroner
	out    []observation // those without a price
	seen   []int32       // by person: the count that saw the person last
	stamp  int32
}

func newDistributor(s *Spending) *distributor {
	d := &distributor{s: s}
	most := int32(len(s.Kroner))
	for _, p := range s.Person {
		most = max(most, p+1)
	}
	d.seen = make([]int32, most)
	for i, x := range s.Kroner {
		o := d.observation(i, x)
		if math.IsNaN(x) {
			d.out = append(d.out, o)
		} else {
			d.sorted = append(d.sorted, o)
		}
	}
	d.sort(d.sorted)
	return d
}

func (d *distributor) observation(i int, x float64) observation {
	o := observation{x: x, person: int32(i), row: int32(i), w: 1}
	if d.s.Weight != nil {
		o.w = d.s.Weight[i]
	}
	if d.s.Person != nil {
		o.person = d.s.Person[i]
	}
	if d.s.Year != nil {
		o.year = d.s.Year[i]
	}
	return o
}

// sort sorts by the figure, and where that is equal by the length in months: what is summed in this order does not depend
// on the order of the rows.
func (d *distributor) sort(obs []observation) {
	months := d.s.Months
	slices.SortFunc(obs, func(a, b observation) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		case months == nil:
			return cmp.Compare(a.w, b.w)
		}
		return cmp.Or(cmp.Compare(months[a.row], months[b.row]), cmp.Compare(a.w, b.w))
	})
}

// observations are the figures of a measure over all rows, rising, and those left out without a price.
func (d *distributor) observations(m Measure) (obs, unpriced []observation) {
	switch m {
	case PerParticipant:
		return d.participants(false)
	case PerMonth:
		for _, o := range d.sorted {
			o.x /= d.s.Months[o.row]
			obs = append(obs, o)
		}
		d.sort(obs)
		return obs, d.out
	case PerCompleted:
		left := func(list []observation) (kept []observation) {
			for _, o := range list {
				if d.s.Completed[o.row] {
					kept = append(kept, o)
				}
			}
			return kept
		}
		return left(d.sorted), left(d.out)
	}
	return d.sorted, d.out
}

// participants are the sums of each person, or of each person and year, rising; and those with a participation without a
// price.
func (d *distributor) participants(byYear bool) (obs, unpriced []observation) {
	all := slices.Concat(d.sorted, d.out)
	slices.SortFunc(all, func(a, b observation) int {
		if a.person != b.person {
			return cmp.Compare(a.person, b.person)
		}
		if a.year != b.year {
			return cmp.Compare(a.year, b.year)
		}
		return cmp.Compare(a.x, b.x)
	})
	for i := 0; i < len(all); {
		sum := all[i]
		j := i + 1
		for ; j < len(all) && all[j].person == sum.person && (!byYear || all[j].year == sum.year); j++ {
			sum.x += all[j].x
		}
		if math.IsNaN(sum.x) {
			unpriced = append(unpriced, sum)
		} else {
			obs = append(obs, sum)
		}
		i = j
	}
	slices.SortFunc(obs, func(a, b observation) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.w, b.w)) })
	return obs, unpriced
}

func inYear(obs []observation, year int) (part []observation) {
	for _, o := range obs {
		if o.year == year {
			part = append(part, o)
		}
	}
	return part
}

// describe is everything but the bins of observations, which rise.
func (d *distributor) describe(m Measure, year int, obs, unpriced []observation) Distribution {
	nan := math.NaN()
	r := Distribution{Measure: m, Year: year, N: len(obs), Unpriced: len(unpriced), Sum: nan, Mean: nan, P10: nan, P25: nan, P50: nan, P75: nan, P90: nan}
	if m == PerCompletion {
		return d.completions(r, obs)
	}
	r.Persons = d.persons(obs)
	if r.N == 0 {
		r.Reason = estimate.NotDefined
		return r
	}
	weight := 0.
	r.Sum = 0
	for _, o := range obs {
		r.Sum += o.w * o.x
		weight += o.w
	}
	r.Mean = r.Sum / weight
	r.P10, r.P25, r.P50, r.P75, r.P90 = weightedQuantile(obs, weight, 0.1), weightedQuantile(obs, weight, 0.25), weightedQuantile(obs, weight, 0.5), weightedQuantile(obs, weight, 0.75), weightedQuantile(obs, weight, 0.9)
	if m == PerMonth {
		months := 0.
		r.Sum = 0
		for _, o := range obs {
			r.Sum += o.w * d.s.Kroner[o.row]
			months += o.w * d.s.Months[o.row]
		}
		r.Mean = r.Sum / months
	}
	return r
}

// completions is all kroner over the number of completed participations.
func (d *distributor) completions(r Distribution, obs []observation) Distribution {
	var done []observation
	sum, weight := 0., 0.
	for _, o := range obs {
		sum += o.w * o.x
		if d.s.Completed[o.row] {
			done = append(done, o)
			weight += o.w
		}
	}
	r.N, r.Persons = len(done), d.persons(done)
	if r.N == 0 {
		r.Reason = estimate.NotDefined
		return r
	}
	r.Sum, r.Mean = sum, sum/weight
	return r
}

// persons is the number of distinct persons among observations.
func (d *distributor) persons(obs []observation) int {
	d.stamp++
	n := 0
	for _, o := range obs {
		if d.seen[o.person] != d.stamp {
			d.seen[o.person] = d.stamp
			n++
		}
	}
	return n
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

// weightedQuantile is Quantile over observations that rise, each standing there w times: with W = Σw and h = (W−1)p it lies
// between those that reach over the places ⌊h⌋ and ⌊h⌋ + 1.
func weightedQuantile(obs []observation, weight, p float64) float64 {
	h := max(0, (weight-1)*p)
	place := math.Floor(h)
	at := func(place float64) float64 {
		sum := 0.
		for _, o := range obs {
			if sum += o.w; sum > place+1e-9 {
				return o.x
			}
		}
		return obs[len(obs)-1].x
	}
	low := at(place)
	if h == place {
		return low
	}
	return low + (h-place)*(at(place+1)-low)
}
