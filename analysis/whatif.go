package analysis

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// whatIfPrefix begins the measure of rows about another part-time rule.
const whatIfPrefix = "what_if:"

// changedRule is a question of `cost.what_if` with prices under its rule.
type changedRule struct {
	WhatIf
	pricer *cost.Pricer
}

// whatIfs prepares the prices of each question. The rule stands for all time, so that every start of the window is asked
// about, whatever the rule of its day was.
func (r *runner) whatIfs() ([]changedRule, error) {
	var out []changedRule
	for _, w := range r.study.Cost.WhatIf {
		code, _ := r.cat.Resolve(w.Tiltak)
		if !slices.Contains(r.reg.Tiltak, code) {
			return nil, fault.Usagef("bad_study", "`cost.what_if` `%s` names the tiltak `%s`, which nobody in the register takes part in%s", w.ID, w.Tiltak, fault.Suggest(w.Tiltak, r.reg.Tiltak))
		}
		w.Tiltak = code
		cat := r.cat.WithPartTime(code, calendar.NewDate(1900, 1, 1), cost.Proportional(w.Step, w.Floor/100))
		pricer, err := cost.NewPricer(cat, r.study.Cost.PriceYear, cost.ByKPI)
		if err != nil {
			return nil, err
		}
		out = append(out, changedRule{w, pricer})
	}
	return out, nil
}

// whatIf are the rows of one question on the starts of tiltak k in group g: mean cost of a participation as the rules are
// and as they would be, the difference, and its share of the cost.
func (r *runner) whatIf(w changedRule, base *cost.Pricer, k, g int) ([]results.Cost, error) {
	var before, after, weight float64
	everybody, changed := map[int32]bool{}, map[int32]bool{}
	n, unpriced := 0, 0
	for _, start := range r.trials.Starts {
		if int(start.Tiltak) != k || start.Groups&(1<<g) == 0 {
			continue
		}
		p := &r.reg.Participations[start.Participation]
		in := r.bill(start.Participation)
		a, err := base.Total(in)
		if err != nil {
			return nil, fmt.Errorf("what if %s: %w", w.ID, err)
		}
		b, err := w.pricer.Total(in)
		if err != nil {
			return nil, fmt.Errorf("what if %s: %w", w.ID, err)
		}
		if a.Unpriced != "" || b.Unpriced != "" {
			unpriced++
			continue
		}
		each := 1.
		if x := r.reg.Persons.Weight; x != nil {
			each = x[p.Person]
		}
		n++
		everybody[p.Person] = true
		before, after, weight = before+each*a.Real, after+each*b.Real, weight+each
		if a.Kroner != b.Kroner {
			changed[p.Person] = true
		}
	}
	row := results.Cost{Tiltak: r.trials.Tiltak[k].Tiltak, Group: r.trials.Groups[g].ID, Measure: whatIfPrefix + w.ID, PriceYear: r.study.Cost.PriceYear,
		Persons: len(everybody), Changed: len(changed), Priced: n > 0 || unpriced == 0, BinLow: math.NaN(), BinHigh: math.NaN()}
	var rows []results.Cost
	for _, s := range []struct {
		name  string
		value float64
	}{{"mean_now", before / weight}, {"mean_changed", after / weight}, {"difference", (after - before) / weight}, {"relative", (after - before) / before}} {
		row.Statistic, row.Value = s.name, s.value
		if n == 0 {
			row.Value, row.Reason = math.NaN(), estimate.NotDefined
		}
		rows = append(rows, row)
	}
	return rows, nil
}
