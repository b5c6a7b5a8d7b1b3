package catalog

import (
	"tiltakseffekt/internal/calendar"
)

// Benefit is a rate of a benefit in a period.
type Benefit struct {
	Kroner float64
	Unit   string // dag (Monday to Friday), maaned or aar
	Valid  Period
	Provenance
}

// Benefit is the rate of a component of a benefit on a day, such as ("tiltakspenger", "full"), with the rule of Rate for
// days outside the periods; ok is false where the table has none: a benefit without a rate is not priced.
func (c *Catalog) Benefit(benefit, component string, day calendar.Date) (b Benefit, fit Fit, ok bool) {
	rows := c.benefits[[2]string{benefit, component}]
	if len(rows) == 0 {
		return Benefit{}, Exact, false
	}
	i, fit := nearest(rows, day, func(b Benefit) Period { return b.Valid })
	return rows[i], fit, true
}

// MonthlyBenefit is what a benefit that is known as yes or no alone is worth in a month, by the rate of a component: a rate
// a day times the Mondays to Fridays of the month, a rate a month, or a twelfth of one a year. ok is false where the table
// has no rate: then it is not priced.
func (c *Catalog) MonthlyBenefit(benefit, component string, m calendar.Month) (kroner float64, fit Fit, ok bool) {
	b, fit, ok := c.Benefit(benefit, component, m.First())
	switch {
	case !ok:
		return 0, fit, false
	case b.Unit == "dag":
		return b.Kroner * float64(m.Weekdays()), fit, true
	case b.Unit == "aar":
		return b.Kroner / 12, fit, true
	}
	return b.Kroner, fit, true
}

// The names of Parameter.
const (
	DiscountRate = "kalkulasjonsrente"          // real rate a year
	TaxCost      = "skattefinansieringskostnad" // kroner lost per kroner of net public outlay
	// The embedded table has no rows of these: what is not given is left out, with a warning, or stands at its rule.
	WageTaxShare    = "skatteandel_lonn"         // share of wages that is paid as income tax
	BenefitTaxShare = "skatteandel_ytelser"      // share of benefits that is paid as income tax
	SubsidisedWorth = "verdi_av_tilskuddsarbeid" // value of subsidised work as a share of its wage cost; otherwise wage cost less subsidy
)

// Parameter is a parameter of cost–benefit analysis.
type Parameter struct {
	FromYear float64 // applies from this year after the start on
	Value    float64
	Unit     string
	Valid    Period
	Provenance
}

// Parameter are the steps of a parameter that hold on a day (the day the analysis is made for), in rising order of
// FromYear; nil where there are none.
func (c *Catalog) Parameter(name string, day calendar.Date) []Parameter {
	var steps []Parameter
	for _, p := range c.parameters[name] {
		if p.Valid.Contains(day) {
			steps = append(steps, p)
		}
	}
	return steps
}

func (c *Catalog) readBenefits(records map[string][]record) error {
	c.benefits = map[[2]string][]Benefit{}
	for _, r := range sortedByPeriod(records["ytelser"]) {
		k := [2]string{r.text("ytelse"), r.text("komponent")}
		c.benefits[k] = append(c.benefits[k], Benefit{Kroner: r.amount("kr"), Unit: r.text("enhet"), Valid: r.period(), Provenance: provenance(r)})
	}
	return nil
}

func (c *Catalog) readParameters(records map[string][]record) error {
	c.parameters = map[string][]Parameter{}
	for _, r := range records["parametre"] {
		p := Parameter{FromYear: r.amount("fra_aar"), Value: r.amount("verdi"), Unit: r.text("enhet"), Valid: r.period(), Provenance: provenance(r)}
		if p.Value < 0 || p.Value > 1 {
			return r.fail("bad_value", "verdi", "column `verdi` holds %g; write a share, 0 to 1 (4 %% is 0.04)", p.Value)
		}
		name := r.text("parameter")
		c.parameters[name] = append(c.parameters[name], p)
	}
	for _, steps := range c.parameters {
		sortSteps(steps, func(p Parameter) float64 { return p.FromYear })
	}
	return nil
}
