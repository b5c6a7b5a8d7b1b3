package analysis

import (
	"context"
	"fmt"
	"math"

	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/results"
)

// costs prices every start of the window, open ones to the cut, and fills the distribution of kroner per tiltak × group,
// in all and by year of start.
func (r *runner) costs(ctx context.Context, t *results.Tables) ([]fault.Warning, error) {
	pricer, err := cost.NewPricer(r.cat, r.study.Cost.PriceYear, cost.ByKPI)
	if err != nil {
		return nil, err
	}
	asked, err := r.whatIfs()
	if err != nil {
		return nil, err
	}
	type priced struct {
		kroner, months float64
		why            cost.Unpriced
	}
	bills := make([]priced, len(r.trials.Starts))
	var tally cost.Tally
	if err := parallel.For(ctx, 1, len(bills), func(i int) error {
		p := &r.reg.Participations[r.trials.Starts[i].Participation]
		total, err := pricer.Total(r.bill(r.trials.Starts[i].Participation))
		if err != nil {
			return fmt.Errorf("cost of a start of %s: %w", r.reg.Tiltak[p.Tiltak], err)
		}
		tally.Add(r.reg.Tiltak[p.Tiltak], total)
		bills[i] = priced{total.Real, total.Months, total.Unpriced}
		return nil
	}); err != nil {
		return nil, err
	}
	for k, trial := range r.trials.Tiltak {
		for g, group := range r.trials.Groups {
			var s cost.Spending
			for i, start := range r.trials.Starts {
				if int(start.Tiltak) != k || start.Groups&(1<<g) == 0 {
					continue
				}
				p := &r.reg.Participations[start.Participation]
				kroner := bills[i].kroner
				if bills[i].why != "" {
					kroner = math.NaN()
				}
				s.Kroner = append(s.Kroner, kroner)
				s.Months = append(s.Months, bills[i].months)
				s.Person = append(s.Person, p.Person)
				s.Completed = append(s.Completed, p.Completed)
				s.Year = append(s.Year, p.Start.Month().Year())
				if w := r.reg.Persons.Weight; w != nil {
					s.Weight = append(s.Weight, w[p.Person])
				}
			}
			for _, d := range cost.Distribute(s, cost.DistributionOptions{}) {
				t.Costs = append(t.Costs, r.costRows(trial.Tiltak, group.ID, d)...)
			}
			for _, w := range asked {
				if w.Tiltak == trial.Tiltak {
					rows, err := r.whatIf(w, pricer, k, g)
					if err != nil {
						return nil, err
					}
					t.Costs = append(t.Costs, rows...)
				}
			}
		}
	}
	return r.priceWarnings(&tally, pricer.Warnings()), nil
}

// bill is participation i as the pricer takes it: the percent of full time changes as `deltakelsesmengde` has it
// (Register.PartTimeOn), the wage of the months it runs over comes from the panel.
func (r *runner) bill(i int32) cost.ParticipationInput {
	p := &r.reg.Participations[i]
	in := cost.NewInput(r.reg.Tiltak[p.Tiltak], p.Start, min(p.End, r.reg.Cut.Last()))
	in.PartTime, in.Amount, in.Percent = float64(p.PartTime), p.Cost, float64(p.Subsidy)
	if r.reg.FirstAmount != nil {
		percent := in.PartTime
		for _, a := range r.reg.Amounts[r.reg.FirstAmount[i]:r.reg.FirstAmount[i+1]] {
			if x := float64(a.Percent); x == x && x != percent { // one without a percent changes nothing
				in.Changes, percent = append(in.Changes, cost.Change{From: a.From, Percent: x}), x
			}
		}
	}
	in.PriceYear = r.study.Cost.PriceYear
	in.WagePaid = func(m calendar.Month) float64 {
		i := r.reg.Panel.Index(p.Person, m)
		if i < 0 {
			return math.NaN()
		}
		if r.reg.Panel.State[i]&register.TiltakWage == 0 {
			return 0 // nothing was paid through a tiltak in that month: nothing was refunded
		}
		return float64(r.reg.Panel.Wage[i]-r.reg.Panel.OrdinaryWage[i]) / 100
	}
	return in
}

// costRows are the rows of one distribution.
func (r *runner) costRows(tiltak, group string, d cost.Distribution) []results.Cost {
	row := results.Cost{Tiltak: tiltak, Group: group, Measure: string(d.Measure), PriceYear: r.study.Cost.PriceYear, Persons: d.Persons, Reason: d.Reason,
		Priced: d.Reason != estimate.NotDefined, BinLow: math.NaN(), BinHigh: math.NaN()}
	if d.Year != 0 {
		year := d.Year
		row.Year = &year
	}
	var rows []results.Cost
	add := func(statistic string, value float64) {
		row.Statistic, row.Value = statistic, value
		rows = append(rows, row)
	}
	add("n", float64(d.N))
	add("unpriced", float64(d.Unpriced))
	for _, s := range []struct {
		name  string
		value float64
	}{{"mean", d.Mean}, {"sum", d.Sum}, {"p10", d.P10}, {"p25", d.P25}, {"p50", d.P50}, {"p75", d.P75}, {"p90", d.P90}} {
		if d.Measure == cost.PerCompletion && s.name[0] == 'p' { // all kroner over the number completed: a mean, no distribution
			continue
		}
		add(s.name, s.value)
	}
	for _, b := range d.Bins {
		row.BinLow, row.BinHigh, row.Persons = b.Low, b.High, b.Persons
		add("share_in_bin", b.Share)
	}
	return rows
}
