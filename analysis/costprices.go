package analysis

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/cost"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/results"
)

// priceList is what the months of the register are worth: every participation month by month, wages at the price year, and
// benefits where the catalogue has rates for all of them.
type priceList struct {
	reg      *register.Register
	parts    []pricedPart // by participation
	discount []float64    // D(0…horizon)
	wage     []float64    // kroner of the price year a krone, by month of the panel
	benefit  [][]float64  // of each of benefitBits, by month of the panel; nil: not known in kroner
	params   cost.Parameters
	leaveOut bool
	unpriced []string // tiltak with participations that have no price
}

// pricedPart is a participation month by month.
type pricedPart struct {
	first   calendar.Month
	last    calendar.Month
	kroner  []float64 // nil: no price
	subsidy bool
}

// benefitBits are the benefits and their places in the register's state.
var benefitBits = []struct {
	name string
	bit  register.State
}{{"dagpenger", register.Dagpenger}, {"aap", register.AAP}, {"ufore", register.Ufore}, {"sosialhjelp", register.Sosialhjelp}, {"tiltakspenger", register.Tiltakspenger}}

// benefitComponent is the component of table ytelser that prices a benefit known as yes or no.
const benefitComponent = "full"

// newPriceList prices the register for cost against effect.
func (r *runner) newPriceList(ctx context.Context) (*priceList, []fault.Warning, error) {
	s := r.study
	pricer, err := cost.NewPricer(r.cat, s.Cost.PriceYear, cost.ByKPI)
	if err != nil {
		return nil, nil, err
	}
	l := &priceList{reg: r.reg, parts: make([]pricedPart, len(r.reg.Participations)), leaveOut: s.Cost.Unpriced == unpricedLeaveOut}
	if err := parallel.For(ctx, r.opt.Workers, len(l.parts), func(i int) error {
		p := &r.reg.Participations[i]
		if p.Start > r.reg.Cut.Last() {
			l.parts[i] = pricedPart{first: p.Start.Month(), last: p.Start.Month() - 1, kroner: []float64{}}
			return nil
		}
		in := r.bill(int32(i))
		_, kroner, subsidy, err := pricer.ByMonth(in)
		if err != nil {
			return fmt.Errorf("cost of a participation in %s: %w", r.reg.Tiltak[p.Tiltak], err)
		}
		l.parts[i] = pricedPart{in.From.Month(), in.To.Month(), kroner, subsidy}
		return nil
	}); err != nil {
		return nil, nil, err
	}
	without := map[string]bool{}
	for i := range l.parts {
		if l.parts[i].kroner == nil {
			without[r.reg.Tiltak[r.reg.Participations[i].Tiltak]] = true
		}
	}
	l.unpriced = slices.Sorted(maps.Keys(without))
	var warnings []fault.Warning
	if l.params, warnings, err = cost.ParametersAt(r.cat, calendar.NewDate(s.Cost.PriceYear, 12, 31), ""); err != nil {
		return nil, nil, err
	}
	for t := 0; t <= s.Horizon; t++ {
		l.discount = append(l.discount, l.params.Discount.Factor(float64(t)))
	}
	panel := r.reg.Panel
	base, _ := r.cat.KPI(s.Cost.PriceYear)
	l.wage = make([]float64, panel.Months)
	for k := range l.wage {
		index, _ := r.cat.KPI((panel.First + calendar.Month(k)).Year())
		l.wage[k] = base.Value / index.Value / 100 // from øre
	}
	var rates []fault.Warning
	l.benefit, rates = r.benefitRates(base.Value)
	warnings = append(warnings, rates...)
	if last := lastKPI(r.cat); r.reg.Cut.Year() > last {
		warnings = append(warnings, fault.Warnf("wage_index_ends", "the consumer price index ends in %d: wages and benefits of later months are carried to the price year with its last value", last))
	}
	return l, append(warnings, l.warnings()...), nil
}

// benefitRates are the monthly kroner of each benefit at the price year; nil where the catalogue lacks a rate of one: what
// is known as yes or no is then not priced at all, since the sum would leave out the largest.
func (r *runner) benefitRates(base float64) ([][]float64, []fault.Warning) {
	carried, doubtful := map[string]bool{}, map[string]bool{}
	panel := r.reg.Panel
	rates := make([][]float64, len(benefitBits))
	for b, x := range benefitBits {
		rates[b] = make([]float64, panel.Months)
		for k := range rates[b] {
			m := panel.First + calendar.Month(k)
			kroner, fit, ok := r.cat.MonthlyBenefit(x.name, benefitComponent, m)
			if !ok {
				return nil, nil
			}
			if row, _, _ := r.cat.Benefit(x.name, benefitComponent, m.First()); fit != catalog.Exact {
				carried[x.name] = true
			} else if !row.Sure("kr") {
				doubtful[x.name] = true
			}
			index, _ := r.cat.KPI(m.Year())
			rates[b][k] = kroner * base / index.Value
		}
	}
	var w []fault.Warning
	if len(carried) > 0 {
		w = append(w, fault.Warnf("benefit_rate_outside_period", "column `kr` of ytelser: the rate of %s is not known for every month of the register; the nearest one was used", strings.Join(slices.Sorted(maps.Keys(carried)), ", ")))
	}
	if len(doubtful) > 0 {
		w = append(w, fault.Warnf("benefit_rate_unconfirmed", "column `kr` of ytelser: the rate of %s has no confirmed source", strings.Join(slices.Sorted(maps.Keys(doubtful)), ", ")))
	}
	return rates, w
}

// warnings say what the prices leave out.
func (l *priceList) warnings() []fault.Warning {
	if len(l.unpriced) == 0 {
		return nil
	}
	if l.leaveOut {
		return []fault.Warning{fault.Warnf("cost_effect_leaves_out", "cost against effect leaves out the kroner of participations without a price (%s), as `cost.unpriced: leave_out` says: the extra cost is that of what has a price; table cost_effect has the share of the months without", strings.Join(l.unpriced, ", "))}
	}
	return []fault.Warning{fault.Warnf("cost_effect_not_priced", "participations in %s have no price, so that extra cost is not given where somebody takes part in them within the horizon: add rates to satser.csv in `data.catalog`, amounts in column `kostnad`, or say `cost: {unpriced: leave_out}`", strings.Join(l.unpriced, ", "))}
}

// worth is what the months 0…H of a row are worth.
type worth struct {
	cost.Present
	months, unpriced float64 // months with a participation, and those of them without a price
}

// of values the months 0…H after month m of a person: every kroner paid in them for any participation, those that go on at
// m and later ones included. It ends with the panel.
func (l *priceList) of(person int32, m calendar.Month) worth {
	return l.between(person, m, 0, len(l.discount)-1)
}

// between is of for the months first…last after m.
func (l *priceList) between(person int32, m calendar.Month, first, last int) worth {
	panel := l.reg.Panel
	var w worth
	for i := l.reg.FirstPart[person]; i < l.reg.FirstPart[person+1]; i++ {
		p := &l.parts[i]
		from, to := max(first, int(p.first-m)), min(last, int(p.last-m))
		if to < from {
			continue
		}
		w.months += float64(to - from + 1)
		if p.kroner == nil {
			w.unpriced += float64(to - from + 1)
			continue
		}
		into := &w.Tiltak
		if p.subsidy {
			into = &w.Subsidy
		}
		offset := int(m - p.first)
		for t := from; t <= to; t++ {
			*into += l.discount[t] * p.kroner[t+offset]
		}
	}
	if w.unpriced > 0 && !l.leaveOut {
		w.Tiltak, w.Subsidy = math.NaN(), math.NaN()
	}
	if l.benefit == nil {
		w.Benefits = math.NaN()
	}
	k := int(m - panel.First)
	for t := first; t <= last && k+t < panel.Months; t++ {
		at := int(person)*panel.Months + k + t
		d := l.discount[t] * l.wage[k+t]
		w.Wage += d * float64(panel.OrdinaryWage[at])
		if panel.State[at]&register.TiltakWage != 0 {
			w.SubsidisedWage += d * float64(panel.Wage[at]-panel.OrdinaryWage[at])
		}
		for b := range l.benefit {
			if panel.State[at]&benefitBits[b].bit != 0 {
				w.Benefits += l.discount[t] * l.benefit[b][k+t]
			}
		}
	}
	return w
}

// parameterNames name the parameters for people.
var parameterNames = map[string]results.Text{
	catalog.DiscountRate:    {NB: "kalkulasjonsrente", EN: "discount rate"},
	catalog.TaxCost:         {NB: "skattefinansieringskostnad", EN: "cost of tax financing"},
	catalog.WageTaxShare:    {NB: "skatteandel av lønn", EN: "share of wages paid as income tax"},
	catalog.BenefitTaxShare: {NB: "skatteandel av ytelser", EN: "share of benefits paid as income tax"},
	catalog.SubsidisedWorth: {NB: "verdi av tilskuddsarbeid som andel av lønnskostnaden", EN: "value of subsidised work as a share of its wage cost"},
}

// costNotes are what a reader of table cost_effect must know; nil where it is not made.
func (r *runner) costNotes() *results.CostEffectNotes {
	if r.prices == nil {
		return nil
	}
	s := r.study
	name := s.Comparison.Against
	if t, ok := r.cat.Tiltak(name); ok {
		name = t.Name("nb")
	}
	against := cost.NullAlternative(s.Comparison.Against, name)
	n := &results.CostEffectNotes{NullAlternative: results.Text(against), LeftOut: r.prices.unpriced}
	for _, e := range cost.NonPriced {
		n.NonPriced = append(n.NonPriced, results.Text(e))
	}
	asked := len(s.Cost.Perspectives) > 0
	for _, k := range cost.ComponentNames() {
		if asked && (k.Perspective == "both" || slices.Contains(s.Cost.Perspectives, k.Perspective)) {
			n.Components = append(n.Components, results.Label{ID: k.ID, Text: results.Text(k.Named)})
		}
	}
	day := calendar.NewDate(s.Cost.PriceYear, 12, 31)
	for _, name := range []string{catalog.DiscountRate, catalog.TaxCost, catalog.WageTaxShare, catalog.BenefitTaxShare, catalog.SubsidisedWorth} {
		if name != catalog.DiscountRate && !asked {
			continue
		}
		for _, p := range r.cat.Parameter(name, day) {
			n.Parameters = append(n.Parameters, results.CostParameter{Name: parameterNames[name], FromYear: p.FromYear, Value: p.Value, Unit: p.Unit, Source: p.Source, Confirmed: p.Sure("verdi")})
		}
	}
	return n
}

// costEffectWarnings are the warnings of cost against effect: those of the parameters only where a side is asked for.
func (r *runner) costEffectWarnings(w []fault.Warning) []fault.Warning {
	if r.prices == nil {
		return nil
	}
	asked := len(r.study.Cost.Perspectives) > 0
	var out []fault.Warning
	for _, x := range w {
		if asked || x.Code == "cost_effect_leaves_out" || x.Code == "cost_effect_not_priced" || x.Code == "parameter_unconfirmed" {
			out = append(out, x)
		}
	}
	if asked {
		out = append(out, cost.CostBenefitOf(cost.Values{Benefits: r.prices.benefitUnknown()}, nil, r.prices.params, r.study.Inference.Level).Warnings...)
	}
	return out
}

// benefitUnknown is NaN where benefits are not known in kroner, 0 otherwise.
func (l *priceList) benefitUnknown() float64 {
	if l.benefit == nil {
		return math.NaN()
	}
	return 0
}
