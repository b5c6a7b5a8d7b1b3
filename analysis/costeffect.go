package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/results"
)

// The words of cost against effect in table cost_effect.
const (
	ofTiltak         = "tiltak"
	effectPersons    = "persons"
	effectMonths     = "months"
	unpricedNull     = "missing"
	unpricedLeaveOut = "leave_out"
)

// taxNotKnown is the reason of income tax where the catalogue has none of its rates.
const taxNotKnown estimate.Reason = "income_tax_not_known"

// effectOutcome is the outcome that cost is put against: the study's first in stable work, otherwise the first in work;
// −1 where it has neither.
func (s *Study) effectOutcome() int {
	for _, kind := range []outcome.Kind{outcome.StableWork, outcome.Work} {
		if i := slices.IndexFunc(s.Outcomes, func(o outcome.Spec) bool { return o.Kind == kind }); i >= 0 {
			return i
		}
	}
	return -1
}

// costEffectAsked tells whether the run estimates month H at all: a run that only asks who is analysed does not.
func (s *Study) costEffectAsked() bool {
	return s.OnlyMonths == nil || slices.Contains(s.OnlyMonths, s.Horizon)
}

// The columns of the joint draws.
const (
	drawTiltak = iota
	drawSubsidy
	drawWage
	drawSubsidisedWage
	drawBenefits
	drawPersons
	drawMonths
	drawColumns
)

// costRowsOf are cost and effect of the rows of a cell: y[column][row].
type costRowsOf struct {
	y                    [drawColumns][]float64
	unpriced, months     []float64
	fewAmounts           bool
	hasMonths, hasEffect bool
}

// costRows values the rows of a cell and takes their effects, completed month by month as the estimates are.
func (r *runner) costValues(c *cell, def *outcome.Definition, y [][]float64) costRowsOf {
	var v costRowsOf
	n := len(c.row)
	for k := range v.y {
		v.y[k] = make([]float64, n)
	}
	v.unpriced, v.months = make([]float64, n), make([]float64, n)
	own := slices.Contains(r.prices.unpriced, c.trial.Tiltak) // without its own price the rest is no cost of the tiltak
	for i, row := range c.row {
		w := r.prices.of(r.trials.Rows.Person[row], r.trials.Rows.Month[row])
		for k, x := range w.columns() {
			v.y[k][i] = x
		}
		v.unpriced[i], v.months[i] = w.unpriced, w.months
	}
	if r.trials.Censoring != nil {
		r.leaveCosts(c, &v)
	}
	for i := range c.row {
		if own {
			v.y[drawTiltak][i], v.y[drawSubsidy][i] = math.NaN(), math.NaN()
		}
	}
	amounts, known := make([]float64, n), true
	for i := range amounts {
		amounts[i] = v.y[drawTiltak][i] + v.y[drawSubsidy][i]
		known = known && !math.IsNaN(amounts[i])
	}
	v.fewAmounts = known && c.fewAmounts(amounts, nil, *r.study.Disclosure.MinCell)
	if def == nil || y == nil {
		return v
	}
	v.hasEffect, v.hasMonths = true, def.Spec.Kind != outcome.StableWork || def.Spec.Mode == outcome.Status
	complete := make([]float64, n)
	for h := def.FirstMonth(); h <= r.study.Horizon; h++ {
		copy(complete, y[h-1])
		if c.complete(complete, r.reg, &r.trials.Rows) == 1 {
			v.hasMonths = false
			v.hasEffect = v.hasEffect && h < r.study.Horizon
			continue
		}
		if r.trials.Censoring != nil {
			leave(complete, c.stay(r, def.MinFollowUp(h)), c.treated, c.weight)
		}
		for i, x := range complete {
			v.y[drawMonths][i] += x
		}
		if h == r.study.Horizon {
			copy(v.y[drawPersons], complete)
		}
	}
	if def.FirstMonth() > r.study.Horizon {
		v.hasEffect, v.hasMonths = false, false
	}
	return v
}

// columns are the parts of a worth in the order of the draws.
func (w *worth) columns() [drawPersons]float64 {
	return [...]float64{w.Tiltak, w.Subsidy, w.Wage, w.SubsidisedWage, w.Benefits}
}

// leaveCosts makes the kroner, and the months in tiltak with those of them without a price, again, month by month, where
// comparison rows leave at their first later start: those of month
// t with the weights of having stayed for t months, as the outcomes of month t have them.
func (r *runner) leaveCosts(c *cell, v *costRowsOf) {
	n := len(c.row)
	sums := append(v.y[:drawPersons:drawPersons], v.unpriced, v.months)
	for _, x := range sums {
		clear(x)
	}
	var month [drawPersons + 2][]float64
	for k := range month {
		month[k] = make([]float64, n)
	}
	for t := range r.prices.discount {
		for i, row := range c.row {
			w := r.prices.between(r.trials.Rows.Person[row], r.trials.Rows.Month[row], t, t)
			for k, x := range w.columns() {
				month[k][i] = x
			}
			month[drawPersons][i], month[drawPersons+1][i] = w.unpriced, w.months
		}
		for k := range month {
			if t > 0 {
				leave(month[k], c.stay(r, t), c.treated, c.weight)
			}
			for i, x := range month[k] {
				sums[k][i] += x
			}
		}
	}
}

// costEffect is cost against effect of a cell, by each method that weights rows: the same starts, comparison, later entry
// and weights as its estimates.
func (r *runner) costEffect(ctx context.Context, c *cell, g int, fits []fitted, reason estimate.Reason, y [][]float64) ([]results.CostEffect, error) {
	var def *outcome.Definition
	base := results.CostEffect{Tiltak: c.trial.Tiltak, Group: r.trials.Groups[g].ID, Month: r.study.Horizon, Comparison: r.study.Comparison.Against, LaterEntry: r.study.laterEntry(),
		PriceYear: r.study.Cost.PriceYear, PersonsTreated: c.personsTreated, PersonsComparison: c.personsComparison}
	if o := r.study.effectOutcome(); o >= 0 {
		def, base.Outcome = r.outcomes[o], r.study.Outcomes[o].ID
	}
	var values costRowsOf
	if reason == "" {
		values = r.costValues(c, def, y)
		base.FewAmounts = values.fewAmounts
	}
	var out []results.CostEffect
	for i, m := range r.study.Methods {
		base.Method = m.ID
		why := reason
		if why == "" {
			why = fits[i].reason()
		}
		if why == "" && fits[i].balanceWeights() == nil {
			why = estimate.NotDefined // no weights of rows: a difference of changes has no cost before
		}
		rows, err := r.costEffectOf(ctx, c, def, &values, fits[i], why, base)
		if err != nil {
			return nil, fmt.Errorf("cost against effect of %s × %s, %s: %w", base.Tiltak, base.Group, m.ID, err)
		}
		out = append(out, rows...)
	}
	return out, nil
}

// costEffectOf are the rows of one method.
func (r *runner) costEffectOf(ctx context.Context, c *cell, def *outcome.Definition, v *costRowsOf, f fitted, why estimate.Reason, base results.CostEffect) ([]results.CostEffect, error) {
	nan := math.NaN()
	base.Value, base.Estimate, base.StdError, base.ConfLow, base.ConfHigh, base.Share, base.MeanTreated, base.MeanComparison = nan, nan, nan, nan, nan, nan, nan, nan
	if why != "" {
		base.Perspective, base.Statistic, base.Reason = ofTiltak, "cost", why
		return []results.CostEffect{base}, nil
	}
	weight := f.balanceWeights()
	per, joint := f.outcome(c, r, def).(jointFit) // its influence holds the estimation of the weights where the method gives it
	l := &cost.Linear{}
	var mean [2][drawColumns]float64
	for k, y := range v.y {
		psi, treated, comparison := cost.KnownWeights(y, weight, c.treated)
		byPerson := make([]float64, c.clusters)
		if joint && !math.IsNaN(treated-comparison) {
			e := per.joint(y, byPerson)
			if e.Reason == estimate.TooFewClusters { // no influence is known, which draws would take for none
				base.Perspective, base.Statistic, base.Reason = ofTiltak, "cost", e.Reason
				return []results.CostEffect{base}, nil
			}
			floats.Scale(widenedBy(1, e.DF, r.study.Inference.Level), byPerson) // draws know nothing of degrees of freedom
			treated, comparison = e.MeanTreated, e.MeanTreated-e.Estimate       // not its own mean: adjusted estimates differ from that of the weights
		} else {
			for i, p := range c.cluster {
				byPerson[p] += psi[i]
			}
		}
		mean[1][k], mean[0][k] = treated, comparison
		l.Point, l.Influence = append(l.Point, treated-comparison), append(l.Influence, byPerson)
	}
	draws, err := l.Draws(ctx, r.study.Cost.Draws, *r.study.Seed, "cost effect/"+base.Tiltak+"/"+base.Group+"/"+base.Method, 1)
	if err != nil {
		return nil, err
	}
	base.Draws = r.study.Cost.Draws
	t := costTable{r: r, base: base, point: l.Point, draws: draws, v: v}
	t.cost(mean)
	t.unpricedShare(cost.KnownWeights(v.unpriced, weight, c.treated))
	t.months(cost.KnownWeights(v.months, weight, c.treated))
	if v.hasEffect {
		if err := t.against(effectPersons, drawPersons, r.study.Cost.Values.Person); err != nil {
			return nil, err
		}
	}
	if v.hasMonths {
		if err := t.against(effectMonths, drawMonths, r.study.Cost.Values.Month); err != nil {
			return nil, err
		}
	}
	t.benefit()
	return t.rows, nil
}

// costTable makes the rows of a cell and method.
type costTable struct {
	r     *runner
	base  results.CostEffect
	point []float64
	draws [][]float64
	v     *costRowsOf
	rows  []results.CostEffect
}

// total is what is paid for tiltak: to providers and to employers.
func total(x []float64) float64 { return x[drawTiltak] + x[drawSubsidy] }

func (t *costTable) add(perspective, effect, statistic string, fill func(*results.CostEffect)) {
	row := t.base
	row.Perspective, row.Effect, row.Statistic = perspective, effect, statistic
	fill(&row)
	t.rows = append(t.rows, row)
}

// spread fills the figures of an estimate from its draws.
func (t *costTable) spread(row *results.CostEffect, of func([]float64) float64) {
	x := make([]float64, len(t.draws))
	for b, d := range t.draws {
		x[b] = of(d)
	}
	row.Estimate = of(t.point)
	if math.IsNaN(row.Estimate) {
		row.Reason = cost.NotPriced
		return
	}
	row.StdError, row.ConfLow, row.ConfHigh, _ = cost.Spread(x, t.r.study.Inference.Level)
}

func (t *costTable) cost(mean [2][drawColumns]float64) {
	t.add(ofTiltak, "", "cost", func(row *results.CostEffect) {
		t.spread(row, total)
		row.MeanTreated, row.MeanComparison = total(mean[1][:]), total(mean[0][:])
	})
}

// unpricedShare is the share of the months in tiltak, within the horizon, that have no price.
func (t *costTable) unpricedShare(_ []float64, treated, comparison float64) {
	t.add(ofTiltak, "", "unpriced_share", func(row *results.CostEffect) {
		row.MeanTreated, row.MeanComparison, row.Draws = treated, comparison, 0
	})
}

// months divides the months without a price by those in any tiltak.
func (t *costTable) months(_ []float64, treated, comparison float64) {
	row := &t.rows[len(t.rows)-1]
	share := func(without, all float64) float64 {
		if all == 0 {
			return 0
		}
		return without / all
	}
	row.MeanTreated, row.MeanComparison = share(row.MeanTreated, treated), share(row.MeanComparison, comparison)
}

// against puts the cost against an effect: net benefit and acceptability first, the ratio where it is defined.
func (t *costTable) against(effect string, column int, values []float64) error {
	t.add(ofTiltak, effect, "effect", func(row *results.CostEffect) {
		t.spread(row, func(x []float64) float64 { return x[column] })
	})
	if math.IsNaN(total(t.point)) {
		t.add(ofTiltak, effect, "net_benefit", func(row *results.CostEffect) { row.Reason = cost.NotPriced })
		return nil
	}
	pair := func(x []float64) cost.Point { return cost.Point{Cost: total(x), Effect: x[column]} }
	draws := make([]cost.Point, len(t.draws))
	for b, d := range t.draws {
		draws[b] = pair(d)
	}
	ce, err := cost.CostEffectOf(pair(t.point), draws, values, t.r.study.Inference.Level)
	if err != nil {
		return err
	}
	for _, b := range ce.Curve {
		t.add(ofTiltak, effect, "net_benefit", func(row *results.CostEffect) {
			row.Value, row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.Share = b.Value, b.Estimate, b.StdError, b.ConfLow, b.ConfHigh, b.Acceptable
		})
	}
	t.add(ofTiltak, effect, "ratio", func(row *results.CostEffect) {
		row.Estimate, row.ConfLow, row.ConfHigh, row.Reason = ce.Ratio.Estimate, ce.Ratio.ConfLow, ce.Ratio.ConfHigh, ce.Ratio.Reason
	})
	for _, q := range []cost.Quadrant{cost.MoreForMore, cost.Dominant, cost.Dominated, cost.LessForLess} {
		t.add(ofTiltak, effect, "quadrant", func(row *results.CostEffect) { row.Quadrant, row.Share = string(q), ce.Quadrants[q] })
	}
	t.add(ofTiltak, effect, "correlation", func(row *results.CostEffect) { // of the draws: the shape of their cloud in the plane
		if v := ce.Covariance; v.Cost > 0 && v.Effect > 0 {
			row.Estimate = v.Joint / math.Sqrt(v.Cost*v.Effect)
		} else {
			row.Reason = estimate.NotDefined
		}
	})
	return nil
}

// benefit is the cost–benefit analysis, from the sides that the study asks for.
func (t *costTable) benefit() {
	if len(t.r.study.Cost.Perspectives) == 0 {
		return
	}
	params := t.r.prices.params
	value := func(x []float64) cost.Values {
		return cost.ValueOf(cost.Present{Tiltak: x[drawTiltak], Subsidy: x[drawSubsidy], Wage: x[drawWage], SubsidisedWage: x[drawSubsidisedWage], Benefits: x[drawBenefits]}, params)
	}
	draws := make([]cost.Values, len(t.draws))
	for b, d := range t.draws {
		draws[b] = value(d)
	}
	a := cost.CostBenefitOf(value(t.point), draws, params, t.r.study.Inference.Level)
	for _, k := range a.Components {
		if k.Perspective != "both" && !slices.Contains(t.r.study.Cost.Perspectives, k.Perspective) {
			continue
		}
		t.add(k.Perspective, "", k.ID, func(row *results.CostEffect) {
			if k.ID == "income_tax" && math.IsNaN(params.WageTax) && math.IsNaN(params.BenefitTax) {
				row.Reason = taxNotKnown // what is not known is null, not 0
				return
			}
			row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.Share, row.Reason = k.Estimate.Estimate, k.StdError, k.ConfLow, k.ConfHigh, k.SharePositive, k.Reason
		})
	}
}
