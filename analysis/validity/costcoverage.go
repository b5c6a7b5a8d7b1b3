package validity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/datasets/simulate/truth"
	"tiltakseffekt/internal/calendar"
)

// costs knows what participation costs on the path that happened and on the reference paths.
type costs struct {
	reg      *register.Register
	paths    *simulate.Paths
	index    map[startKey]int
	pricer   *cost.Pricer
	discount cost.Discounting
	horizon  int
}

type startKey struct {
	person int64
	tiltak string
	from   calendar.Date
}

func newCosts(reg *register.Register, paths *simulate.Paths, priceYear, horizon int) (*costs, error) {
	pricer, err := cost.NewPricer(nil, priceYear, cost.ByKPI)
	if err != nil {
		return nil, err
	}
	params, _, err := cost.ParametersAt(nil, calendar.NewDate(priceYear, 12, 31), "")
	if err != nil {
		return nil, err
	}
	c := &costs{reg, paths, map[startKey]int{}, pricer, params.Discount, horizon}
	for i, s := range paths.Starts {
		c.index[startKey{s.PersonID, s.Tiltak, s.Date}] = i
	}
	return c, nil
}

// paid is the present value, at month m, of what is paid in months 0…horizon for participations on a path; those without
// a price count nothing. wage is what was paid through a tiltak in a month.
func (c *costs) paid(m calendar.Month, parts []simulate.PathParticipation, wage func(calendar.Month) float64) (float64, error) {
	sum := 0.
	for _, p := range parts {
		in := cost.NewInput(p.Tiltak, p.From, min(p.To, c.reg.Cut.Last()))
		if p.PartTime >= 0 {
			in.PartTime = float64(p.PartTime)
		}
		if p.Subsidy >= 0 {
			in.Percent = float64(p.Subsidy)
		}
		in.WagePaid = wage
		bill, err := c.pricer.Participation(in)
		if err != nil {
			return 0, err
		}
		if bill.Unpriced != "" {
			continue
		}
		for _, l := range bill.Lines {
			if t := int(l.Month - m); t >= 0 && t <= c.horizon {
				sum += l.Real * c.discount.Factor(float64(t))
			}
		}
	}
	return sum, nil
}

// through is what a person was paid through a tiltak in a month.
func (c *costs) through(person int32) func(calendar.Month) float64 {
	return c.throughPath(person, c.reg.Panel.History(person))
}

// throughPath is the same on a path, before which there is one past.
func (c *costs) throughPath(person int32, path register.History) func(calendar.Month) float64 {
	own := c.reg.Panel.History(person)
	return func(at calendar.Month) float64 {
		x := path
		if at < x.First {
			x = own
		}
		k := int(at - x.First)
		switch {
		case k < 0 || k >= len(x.State):
			return math.NaN()
		case x.State[k]&register.TiltakWage == 0:
			return 0
		}
		return float64(x.Wage[k]-x.OrdinaryWage[k]) / 100
	}
}

// extra is the true extra cost of a start: on the path that happened less on the reference path without the start, later
// starts as they come.
func (c *costs) extra(part int32) (float64, error) {
	p := &c.reg.Participations[part]
	i, ok := c.index[startKey{c.reg.Persons.IntID[p.Person], c.reg.Tiltak[p.Tiltak], p.Start}]
	if !ok {
		return 0, fmt.Errorf("no reference path for a start on %s", p.Start)
	}
	m := p.Start.Month()
	var own []simulate.PathParticipation
	for k := c.reg.FirstPart[p.Person]; k < c.reg.FirstPart[p.Person+1]; k++ {
		q := &c.reg.Participations[k]
		x := simulate.PathParticipation{Tiltak: c.reg.Tiltak[q.Tiltak], From: q.Start, To: q.End, PartTime: -1, Subsidy: -1}
		if q.PartTime == q.PartTime {
			x.PartTime = int(q.PartTime)
		}
		if q.Subsidy == q.Subsidy {
			x.Subsidy = int(q.Subsidy)
		}
		own = append(own, x)
	}
	factual, err := c.paid(m, own, c.through(p.Person))
	if err != nil {
		return 0, err
	}
	reference, err := c.paid(m, c.paths.Participations(i, simulate.Follow), c.throughPath(p.Person, c.paths.Path(i, simulate.Follow)))
	return factual - reference, err
}

// CostOptions of CostCoverage; the zero value of a field is its default.
type CostOptions struct {
	Registers int // default 40
	Persons   int // default 4,000
	Horizon   int // default 24
	Seed      uint64
	Workers   int
}

// CostCoverage asks on simulated registers whether the intervals of table cost_effect hold the true extra cost, the true
// extra persons in stable work at the horizon and the true extra months in it, over the starts analysed. Rows have those
// for outcome: cost, persons, months. Prices that are not known count nothing, in the study and in the truth.
func CostCoverage(ctx context.Context, opt CostOptions) (*Table, error) {
	own := Options{Registers: opt.Registers, Persons: opt.Persons, Month: opt.Horizon, Seed: opt.Seed, Workers: opt.Workers}
	own.defaults(40, 4000, "nearest", "ebal")
	found, err := onRegisters(ctx, own, func(i int) ([]trialOf, error) { return costRegister(ctx, own, i) })
	if err != nil {
		return nil, err
	}
	return tabulate(own, slices.Concat(found...)), nil
}

// costStudy is what each register is asked.
const costStudy = `
study: cost
data: {register: memory}
population: {from: 2019-01, to: 2021-12}
tiltak: [ARBEIDSFORBEREDENDE_TRENING, MIDLERTIDIG_LONNSTILSKUDD]
outcomes:
  - {id: stabilt_arbeid, kind: stable_work, position: 50, months: 6, of: 6}
methods: [nearest, ebal]
cost: {price_year: 2023, unpriced: leave_out}
`

func costRegister(ctx context.Context, opt Options, i int) ([]trialOf, error) {
	reg, sim, err := simulated(ctx, opt, "", i, true)
	if err != nil {
		return nil, err
	}
	s, err := analysis.Parse(fmt.Appendf(nil, "%shorizon: %d\ninference: {family: {outcome: stabilt_arbeid, month: %d, method: ebal, over: [tiltak, group]}}\n", costStudy, opt.Month, opt.Month))
	if err != nil {
		return nil, err
	}
	s.OnlyMonths = []int{opt.Month}
	out, err := analysis.Estimate(ctx, s, reg, catalog.Default(), analysis.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	known, err := truth.New(reg, sim.Paths)
	if err != nil {
		return nil, err
	}
	prices, err := newCosts(reg, sim.Paths, s.Cost.PriceYear, opt.Month)
	if err != nil {
		return nil, err
	}
	var trials []trialOf
	for _, cell := range out.Cells {
		analysed, err := trueFigures(known, prices, out.Outcomes[0], cell.Analysed, opt.Month)
		if err != nil {
			return nil, err
		}
		used, err := trueFigures(known, prices, out.Outcomes[0], cell.Used, opt.Month)
		if err != nil {
			return nil, err
		}
		for k, name := range []string{"cost", "persons", "months"} {
			t := trialOf{method: cell.Method, tiltak: cell.Tiltak, outcome: name, register: i, estimate: math.NaN(), stdError: math.NaN(), truth: analysed[k], truthUsed: used[k]}
			for _, e := range out.Tables.CostEffect {
				if e.Tiltak == cell.Tiltak && e.Method == cell.Method && (name == "cost" && e.Statistic == "cost" || e.Statistic == "effect" && e.Effect == name) {
					t.estimate, t.stdError, t.low, t.high = e.Estimate, e.StdError, e.ConfLow, e.ConfHigh
				}
			}
			trials = append(trials, t)
		}
	}
	return trials, nil
}

// trueFigures are the true extra cost, extra persons at the horizon and extra months over 1…horizon, means over starts.
func trueFigures(known *truth.Truth, prices *costs, def *outcome.Definition, starts []int32, horizon int) (f [3]float64, err error) {
	for _, part := range starts {
		x, err := prices.extra(part)
		if err != nil {
			return f, err
		}
		f[0] += x / float64(len(starts))
	}
	effects, err := known.Effects(def, starts, simulate.Follow, horizon)
	if err != nil {
		return f, err
	}
	f[1] = effects[horizon-1]
	for h := def.FirstMonth(); h <= horizon; h++ {
		f[2] += effects[h-1]
	}
	return f, nil
}
