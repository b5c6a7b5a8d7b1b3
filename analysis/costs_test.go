package analysis

import (
	"fmt"
	"math"
	"testing"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/results"
)

// costRunner is a study on a simulated register, with its trials and its prices.
func costRunner(t *testing.T, o simulate.Options, study string) *runner {
	t.Helper()
	sim, err := simulate.Generate(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse([]byte(study))
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{study: s, reg: reg, cat: catalog.Default()}
	d, err := r.compile()
	if err != nil {
		t.Fatal(err)
	}
	if r.trials, err = cohort.Build(t.Context(), reg, d); err != nil {
		t.Fatal(err)
	}
	if r.prices, _, err = r.newPriceList(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// Where `deltakelsesmengde` changes the percent of a participation it is paid as pieces with a percent each, in table costs and
// in cost against effect: the pieces are found day by day.
func TestCostsFollowPartTimeChanges(t *testing.T) {
	r := costRunner(t, simulate.Options{Persons: 4000, Seed: 8, Quirks: []string{"part_time_changes"}}, `study: deltid
data: {register: r}
population: {from: 2018-01, to: 2020-12}
tiltak: [ARBEIDSFORBEREDENDE_TRENING]
groups: [alle]
horizon: 12
cost: {price_year: 2021, what_if: [{id: trinn, tiltak: ARBEIDSFORBEREDENDE_TRENING, step: 10}]}
`)
	pricer, err := cost.NewPricer(r.cat, 2021, cost.ByKPI)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := r.whatIfs()
	if err != nil {
		t.Fatal(err)
	}
	want, stepped, first, changes := 0., 0., 0., 0
	for _, s := range r.trials.Starts {
		p := &r.reg.Participations[s.Participation]
		end := min(p.End, r.reg.Cut.Last())
		price := func(pricer *cost.Pricer, from, to calendar.Date, percent float32) float64 {
			in := cost.NewInput(r.reg.Tiltak[p.Tiltak], from, to)
			in.PartTime = float64(percent)
			total, err := pricer.Total(in)
			if err != nil {
				t.Fatal(err)
			}
			return total.Real
		}
		first += price(pricer, p.Start, end, p.PartTime)
		own := 0.
		for from := p.Start; from <= end; {
			percent, to := r.reg.PartTimeOn(s.Participation, from), from
			for to < end && fmt.Sprint(r.reg.PartTimeOn(s.Participation, to+1)) == fmt.Sprint(percent) { // NaN is NaN
				to++
			}
			if from > p.Start {
				changes++
			}
			own += price(pricer, from, to, percent)
			stepped += price(asked[0].pricer, from, to, percent)
			from = to + 1
		}
		want += own
		listed := 0.
		for _, x := range r.prices.parts[s.Participation].kroner {
			listed += x
		}
		if math.Abs(listed-own) > 1e-6 {
			t.Fatalf("a participation is %v kroner in cost against effect, its pieces %v", listed, own)
		}
	}
	var tables results.Tables
	if _, err := r.costs(t.Context(), &tables); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, c := range tables.Costs {
		if c.Year == nil {
			got[c.Measure+" "+c.Statistic] = c.Value
		}
	}
	if x := got["per_participation sum"]; math.Abs(x-want) > 1e-6*want || changes < 10 || math.Abs(first-want) < 1e-4*want {
		t.Errorf("sum %v, pieces %v, without changes %v (%d changes)", x, want, first, changes)
	}
	if x := got["what_if:trinn relative"]; math.Abs(x-(stepped-want)/want) > 1e-9 {
		t.Errorf("what if: %v, pieces %v", x, (stepped-want)/want)
	}
}

// With `later_entry: censor` the months in tiltak, of which `unpriced_share` is a share, are those of whoever has stayed, as
// the kroner beside it are: month by month the mean over the comparison that is left, by its weights.
func TestUnpricedShareOfWhoStays(t *testing.T) {
	r := costRunner(t, simulate.Options{Persons: 2500, Seed: 5}, `study: igjen
data: {register: r}
population: {from: 2018-06, to: 2020-12}
tiltak: [ARBEIDSFORBEREDENDE_TRENING]
groups: [alle]
horizon: 12
comparison: {later_entry: censor}
outcomes: [{id: arbeid, kind: work}]
methods: [none]
cost: {price_year: 2021, unpriced: leave_out}
`)
	c := newCell(r.trials, &r.trials.Tiltak[0], 0, 1, nil)
	v := r.costValues(c, nil, nil)
	mean := func(y []float64) (comparison float64) {
		_, _, comparison = cost.KnownWeights(y, c.weight, c.treated)
		return comparison
	}
	var unpriced, months, followed float64
	for h := 0; h <= 12; h++ {
		stay := c.stay(r, h)
		var sum [4]float64
		for i, row := range c.row {
			if c.treated[i] {
				continue
			}
			w := r.prices.between(r.trials.Rows.Person[row], r.trials.Rows.Month[row], h, h)
			weight := c.weight[i]
			sum[3] += weight
			followed += weight * w.months
			if h > 0 {
				weight *= stay[i]
			}
			sum[0], sum[1], sum[2] = sum[0]+weight*w.unpriced, sum[1]+weight*w.months, sum[2]+weight
		}
		unpriced, months = unpriced+sum[0]/sum[2], months+sum[1]/sum[2]
		if h == 12 {
			followed /= sum[3]
		}
	}
	if a, b := mean(v.unpriced), mean(v.months); math.Abs(a-unpriced) > 1e-9 || math.Abs(b-months) > 1e-9 || followed < months+0.1 {
		t.Errorf("months %v, %v without a price; whoever stays has %v and %v, everybody %v months", b, a, months, unpriced, followed)
	}
}
