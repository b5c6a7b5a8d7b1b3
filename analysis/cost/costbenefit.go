package cost

import (
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// BenefitsNotPriced is the reason of the budget's side where benefits are known as yes or no alone.
const BenefitsNotPriced estimate.Reason = "benefits_not_priced"

// NotPriced is the reason where somebody took part in a tiltak whose price is not known.
const NotPriced estimate.Reason = "not_priced"

// Component is a part of a cost–benefit analysis, a present value per person in kroner of the price year.
type Component struct {
	ID          string // production, subsidised, tiltak, subsidies, benefits, payroll_tax, income_tax, net_outlay, tax_financing, budget, society
	Perspective string // budget, society or both
	NB, EN      string
	estimate.Estimate
	SharePositive float64 // share of the draws in which it is over 0; NaN without draws
}

// Analysis is a cost–benefit analysis: the difference between two arms, per person.
type Analysis struct {
	Components []Component
	Draws      int
	Warnings   []fault.Warning
}

// Component is the component of an id; ok is false where there is none.
func (a *Analysis) Component(id string) (c Component, ok bool) {
	i := slices.IndexFunc(a.Components, func(c Component) bool { return c.ID == id })
	if i < 0 {
		return Component{}, false
	}
	return a.Components[i], true
}

// CostBenefit values the difference between two arms (treated less comparison, later tiltak of both included) and joint
// draws of it, such as those of a bootstrap by person. Each component gets the standard deviation of its draws as
// standard error and their percentile interval at level; there is no p-value. Without draws only the estimate is given.
func CostBenefit(point Path, draws []Path, p Parameters, level float64) Analysis {
	values := make([]Values, len(draws))
	for i, d := range draws {
		values[i] = Value(d, p)
	}
	return CostBenefitOf(Value(point, p), values, p, level)
}

// components name the parts and say where each lies in Values.
var components = []struct {
	id, perspective, nb, en string
	of                      func(*Values) float64
}{
	{"production", "society", "Verdi av ordinært arbeid", "Value of ordinary work", func(v *Values) float64 { return v.Production }},
	{"subsidised", "society", "Verdi av arbeid med lønnstilskudd", "Value of subsidised work", func(v *Values) float64 { return v.Subsidised }},
	{"tiltak", "both", "Betaling til tiltaksarrangører", "Payments to providers", func(v *Values) float64 { return v.Tiltak }},
	{"subsidies", "budget", "Lønnstilskudd til arbeidsgivere", "Wage subsidies to employers", func(v *Values) float64 { return v.Subsidies }},
	{"benefits", "budget", "Ytelser til personer", "Benefits to persons", func(v *Values) float64 { return v.Benefits }},
	{"payroll_tax", "budget", "Arbeidsgiveravgift", "Payroll tax", func(v *Values) float64 { return v.PayrollTax }},
	{"income_tax", "budget", "Skatt på lønn og ytelser", "Income tax on wages and benefits", func(v *Values) float64 { return v.IncomeTax }},
	{"net_outlay", "budget", "Netto offentlig utlegg", "Net public outlay", func(v *Values) float64 { return v.NetOutlay }},
	{"tax_financing", "society", "Skattefinansieringskostnad", "Cost of tax financing", func(v *Values) float64 { return v.TaxFinancing }},
	{"budget", "budget", "Virkning for offentlige budsjetter", "Net effect on public budgets", func(v *Values) float64 { return v.Budget }},
	{"society", "society", "Samfunnsøkonomisk nettonytte", "Net benefit to society", func(v *Values) float64 { return v.Society }},
}

// ComponentName is a component with its names.
type ComponentName struct {
	ID, Perspective string
	Named
}

// ComponentNames are the components in the order of an Analysis.
func ComponentNames() []ComponentName {
	out := make([]ComponentName, len(components))
	for i, k := range components {
		out[i] = ComponentName{k.id, k.perspective, Named{k.nb, k.en}}
	}
	return out
}

// CostBenefitOf is CostBenefit of present values that were computed per person and estimated as outcomes.
func CostBenefitOf(point Values, draws []Values, p Parameters, level float64) Analysis {
	a := Analysis{Draws: len(draws)}
	for _, k := range components {
		c := Component{ID: k.id, Perspective: k.perspective, NB: k.nb, EN: k.en, SharePositive: math.NaN()}
		c.Estimate = estimate.Missing("")
		c.Estimate.Estimate = k.of(&point)
		if math.IsNaN(c.Estimate.Estimate) {
			if c.Reason = BenefitsNotPriced; math.IsNaN(point.Tiltak+point.Subsidies) && k.id != "benefits" {
				c.Reason = NotPriced
			}
		} else if len(draws) > 0 {
			x := make([]float64, len(draws))
			for i := range draws {
				x[i] = k.of(&draws[i])
			}
			c.StdError, c.ConfLow, c.ConfHigh, c.SharePositive = Spread(x, level)
		}
		a.Components = append(a.Components, c)
	}
	if math.IsNaN(point.Benefits) {
		a.Warnings = append(a.Warnings, fault.Warnf("benefits_not_priced", "benefits are known as yes or no and not in kroner: the budget's side is not given, and society's side leaves them out of what is tax-financed; give kroner in dagpenger, aap, ufore, sosialhjelp and tiltakspenger"))
	}
	if math.IsNaN(p.WageTax) || math.IsNaN(p.BenefitTax) {
		a.Warnings = append(a.Warnings, fault.Warnf("income_tax_not_counted", "the rates of income tax on wages and benefits are not given: the budget's side is before the income tax that is not"))
	}
	return a
}

// Spread is the standard deviation (divisor n − 1), the percentile interval and the share over 0 of draws; NaN for
// fewer than two. Draws are added in rising order, so that theirs does not show.
func Spread(x []float64, level float64) (sd, low, high, positive float64) {
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	n := len(sorted)
	over := 0
	mean := 0.
	for _, v := range sorted {
		mean += v / float64(n)
		if v > 0 {
			over++
		}
	}
	positive = float64(over) / float64(n)
	if n < 2 || math.IsNaN(mean) {
		nan := math.NaN()
		return nan, nan, nan, positive
	}
	ss := 0.
	for _, v := range sorted {
		ss += (v - mean) * (v - mean)
	}
	return math.Sqrt(ss / float64(n-1)), Quantile(sorted, (1-level)/2), Quantile(sorted, (1+level)/2), positive
}

// Named is a text in both languages.
type Named struct{ NB, EN string }

// In is the text in a language, nb or en.
func (n Named) In(lang string) string {
	if lang == "en" {
		return n.EN
	}
	return n.NB
}

// NonPriced lists effects that have no price here: a reader weighs them beside the figures.
var NonPriced = []Named{
	{"helse, mestring og livskvalitet hos deltakeren", "the participant's health, coping and quality of life"},
	{"virkninger for familie og nærmiljø", "effects on family and neighbourhood"},
	{"verdien av fritid og ulønnet arbeid som faller bort", "the value of leisure and unpaid work that is given up"},
	{"fortrengning av andre arbeidssøkere og av arbeid som ellers ville vært gjort", "displacement of other jobseekers and of work that would have been done anyway"},
	{"produksjonen i tiltaket utenom lønnstilskudd", "what is produced in the tiltak apart from subsidised work"},
	{"oppfølging fra Navs egne ansatte, når den ikke har en pris", "follow-up by Nav's own staff, where it has no price"},
	{"virkninger etter siste måned i analysen", "effects after the last month of the analysis"},
}

// NullAlternative names what the tiltak is compared with: against is not-now, never or the code of another tiltak, and
// name the name of that tiltak.
func NullAlternative(against, name string) Named {
	switch against {
	case "not-now":
		return Named{
			"å ikke starte nå: de samme personene uten start i denne måneden, med senere tiltak slik de kommer",
			"not starting now: the same persons without a start in this month, with later tiltak as they come",
		}
	case "never":
		return Named{
			"å aldri starte (betinget på framtiden: de som finner arbeid raskt, starter aldri)",
			"never starting (conditions on the future: those who find work quickly never start)",
		}
	}
	if name == "" {
		name = against
	}
	return Named{"å starte i " + name + " i stedet", "starting " + name + " instead"}
}
