package cost

import (
	"math"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Parameters are those of a cost–benefit analysis.
type Parameters struct {
	Discount        Discounting
	TaxCost         float64 // kroner lost per kroner of net public outlay (skattefinansieringskostnad)
	OTP             float64 // shares on top of the wage
	AGA             float64 // arbeidsgiveravgift, of wage and OTP
	WageTax         float64 // share of wages paid as income tax; NaN: unknown, left out of the budget with a warning
	BenefitTax      float64 // share of benefits paid as income tax; NaN: unknown
	SubsidisedValue float64 // value of subsidised work as a share of its wage cost; NaN: wage cost less the subsidy
}

// ParametersAt are the parameters of the catalogue on a day, such as the last day of the price year, in a zone of
// arbeidsgiveravgift ("" is I). The shares of income tax and the worth of subsidised work are not in the embedded catalogue: they
// are NaN unless the user's parametre.csv has them or the caller sets them.
// Warnings name each figure that has no confirmed source. It is a usage error where the catalogue has no discount rate or
// tax-financing cost on the day.
func ParametersAt(c *catalog.Catalog, day calendar.Date, zone string) (Parameters, []fault.Warning, error) {
	if c == nil {
		c = catalog.Default()
	}
	if !c.Zone(zone) {
		return Parameters{}, nil, fault.Usagef("unknown_zone", "there is no zone `%s` of arbeidsgiveravgift; write I, Ia, II, III, IV, IVa or V, or add it to lonnskostnad.csv", zone)
	}
	rates, tax := c.Parameter(catalog.DiscountRate, day), c.Parameter(catalog.TaxCost, day)
	if len(rates) == 0 || len(tax) == 0 {
		return Parameters{}, nil, fault.Usagef("missing_parameter", "the catalogue has no %s or no %s for %s; add them to parametre.csv", catalog.DiscountRate, catalog.TaxCost, day)
	}
	var warnings []fault.Warning
	for _, p := range []struct {
		name  string
		steps []catalog.Parameter
	}{{catalog.DiscountRate, rates}, {catalog.TaxCost, tax}} {
		for _, s := range p.steps {
			if !s.Sure("verdi") {
				warnings = append(warnings, fault.Warnf("parameter_unconfirmed", "column `verdi` of parametre: %s (%g, %s) has no confirmed source; check it in parametre.csv", p.name, s.Value, s.Unit))
				break
			}
		}
	}
	optional := func(name string) float64 {
		if steps := c.Parameter(name, day); len(steps) > 0 {
			return steps[0].Value
		}
		return math.NaN()
	}
	_, otp, aga, _ := c.PayrollShares(zone, day)
	warnings = append(warnings, c.WageCostWarnings(zone, day)...)
	return Parameters{
		Discount: discounting(rates), TaxCost: tax[0].Value, OTP: otp, AGA: aga,
		WageTax: optional(catalog.WageTaxShare), BenefitTax: optional(catalog.BenefitTaxShare), SubsidisedValue: optional(catalog.SubsidisedWorth),
	}, warnings, nil
}

// Path is what happens to somebody month by month, in kroner of the price year: element t is t months after the month of
// start. A path is a person's own, or a difference between two arms: Value is linear in it. A nil slice is zero in every
// month, but for Benefits.
type Path struct {
	Wage           []float64 // ordinary wages
	SubsidisedWage []float64 // wages paid through a tiltak
	Subsidy        []float64 // wage subsidies paid to employers
	Tiltak         []float64 // payments to providers for tiltak, this and later ones
	Benefits       []float64 // benefits; nil: not known in kroner (known as yes or no alone)
}

// Values are present values per person, kroner of the price year. What is not known is NaN.
type Values struct {
	Production   float64 // value of ordinary work: its wage cost, Σ D·wage·(1+o)(1+a)
	Subsidised   float64 // value of subsidised work: its wage cost less the subsidy, or a share of it
	Tiltak       float64 // payments to providers: resources used
	Subsidies    float64 // to employers: a transfer
	Benefits     float64 // to persons: a transfer; NaN where not known in kroner
	PayrollTax   float64 // arbeidsgiveravgift
	IncomeTax    float64 // 0 where its rates are unknown
	NetOutlay    float64 // of the public: Tiltak + Subsidies + Benefits − PayrollTax − IncomeTax
	TaxFinancing float64 // TaxCost · NetOutlay; without the benefits where they are not known
	Budget       float64 // −NetOutlay
	Society      float64 // Production + Subsidised − Tiltak − TaxFinancing
}

// Value is the present value of a path from the public budget's and from society's side, by Finansdepartementet's
// circular R-109/2021: transfers (benefits, subsidies, taxes) are no resources, and count for society through the cost of
// financing the net public outlay alone; work is worth its wage cost with OTP o and arbeidsgiveravgift a:
//
//	wage cost  = wage · (1+o)(1+a)
//	payroll tax = wage · (1+o)·a
//
// Wages in a register hold the feriepenger that are paid out, so that none are added. Subsidised work is worth its wage
// cost less the subsidy, which is there because the work is worth less than its wage.
//
// Where benefits are not known in kroner the budget's side is NaN, and society's side leaves them out of what is financed
// (which understates a tiltak that brings people off benefits, by TaxCost per kroner): CostBenefit warns. It panics where
// slices differ in length.
func Value(x Path, p Parameters) Values {
	return ValueOf(p.Discount.PresentOf(x), p)
}
