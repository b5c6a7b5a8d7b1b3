package catalog

import (
	"slices"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// SubsidyStep is a step of a wage subsidy: from a month of the participation on, this percent of the wage cost is
// refunded.
type SubsidyStep struct {
	Variant   string
	FromMonth int // of the participation, from 1
	Percent   float64
	CapG      float64 // ceiling on the wage cost in G a year; 0: none known
	Valid     Period
	Provenance
}

// Subsidy are the steps of a wage subsidy that hold on a day for a variant, in rising order of month; with variant ""
// for the first variant of the tiltak in the table. nil where there are none.
func (c *Catalog) Subsidy(tiltak, variant string, day calendar.Date) []SubsidyStep {
	var steps []SubsidyStep
	for _, s := range c.subsidies[tiltak] {
		if variant == "" {
			variant = s.Variant
		}
		if s.Variant == variant && s.Valid.Contains(day) {
			steps = append(steps, s)
		}
	}
	return steps
}

// SubsidyVariants are the variants of a wage subsidy in the order of the table; nil where the tiltak is none.
func (c *Catalog) SubsidyVariants(tiltak string) []string {
	var variants []string
	for _, s := range c.subsidies[tiltak] {
		if !slices.Contains(variants, s.Variant) {
			variants = append(variants, s.Variant)
		}
	}
	return variants
}

// Payroll is what an employer pays on top of the wage, in percent.
type Payroll struct {
	Percent float64
	Valid   Period
	Provenance
}

// Zone tells whether a zone of arbeidsgiveravgift is in the table; "" is I.
func (c *Catalog) Zone(zone string) bool {
	_, ok := c.payroll[[2]string{"arbeidsgiveravgift", orFirst(zone)}]
	return ok
}

func orFirst(zone string) string {
	if zone == "" {
		return "I"
	}
	return zone
}

// PayrollShares are what an employer pays on top of a wage on a day in a zone of arbeidsgiveravgift, as shares:
// feriepenger of the wage, OTP of wage and feriepenger, arbeidsgiveravgift of all three. zone "" is I; an unknown zone has
// no arbeidsgiveravgift. Rates outside their period are used as Rate uses prices; sure is false where one is, or where
// one is not confirmed, and WageCostWarnings says which.
func (c *Catalog) PayrollShares(zone string, day calendar.Date) (feriepenger, otp, arbeidsgiveravgift float64, sure bool) {
	sure = true
	c.eachPayroll(zone, day, func(component string, p Payroll, fit Fit) {
		sure = sure && fit == Exact && p.Confirmed
		switch component {
		case "feriepenger":
			feriepenger = p.Percent / 100
		case "otp":
			otp = p.Percent / 100
		default:
			arbeidsgiveravgift = p.Percent / 100
		}
	})
	return feriepenger, otp, arbeidsgiveravgift, sure
}

// WageCost is what a kroner of wage costs the employer with feriepenger f, OTP o and arbeidsgiveravgift a:
//
//	(1 + f) · (1 + o) · (1 + a)
//
// See PayrollShares for the zone and for sure.
func (c *Catalog) WageCost(zone string, day calendar.Date) (factor float64, sure bool) {
	f, o, a, sure := c.PayrollShares(zone, day)
	return (1 + f) * (1 + o) * (1 + a), sure
}

// WageCostWarnings says what is doubtful in WageCost on a day.
func (c *Catalog) WageCostWarnings(zone string, day calendar.Date) []fault.Warning {
	var warnings []fault.Warning
	c.eachPayroll(zone, day, func(component string, p Payroll, fit Fit) {
		if fit != Exact {
			warnings = append(warnings, fault.Warnf("payroll_outside_period", "column `prosent` of lonnskostnad: no %s is known for %s; the one valid %s was used (%g %%)", component, day.Month(), p.Valid, p.Percent))
		}
		if !p.Confirmed {
			warnings = append(warnings, fault.Warnf("payroll_unconfirmed", "column `prosent` of lonnskostnad: %s (%g %%) has no confirmed source", component, p.Percent))
		}
	})
	return warnings
}

func (c *Catalog) eachPayroll(zone string, day calendar.Date, visit func(component string, p Payroll, fit Fit)) {
	for _, component := range [...]string{"feriepenger", "otp", "arbeidsgiveravgift"} {
		rows, ok := c.payroll[[2]string{component, orFirst(zone)}]
		if !ok {
			rows = c.payroll[[2]string{component, "*"}]
		}
		if len(rows) > 0 {
			i, fit := nearest(rows, day, func(p Payroll) Period { return p.Valid })
			visit(component, rows[i], fit)
		}
	}
}

func (c *Catalog) readSubsidies(records map[string][]record) error {
	c.subsidies, c.payroll = map[string][]SubsidyStep{}, map[[2]string][]Payroll{}
	for _, r := range records["lonnstilskudd"] {
		if err := c.refersTo(r); err != nil {
			return err
		}
		s := SubsidyStep{
			Variant: r.text("variant"), FromMonth: int(r.amount("fra_maaned")), Percent: r.amount("prosent"), CapG: r.amount("tak_g"),
			Valid: r.period(), Provenance: provenance(r),
		}
		if s.FromMonth < 1 {
			return r.fail("bad_value", "fra_maaned", "column `fra_maaned` holds %d; the first month of a participation is 1", s.FromMonth)
		}
		if s.Percent < 0 || s.Percent > 100 {
			return r.fail("bad_value", "prosent", "column `prosent` holds %g; it is a percent of the wage cost, 0 to 100", s.Percent)
		}
		code := r.text("tiltakskode")
		c.subsidies[code] = append(c.subsidies[code], s)
	}
	for _, r := range sortedByPeriod(records["lonnskostnad"]) {
		k := [2]string{r.text("komponent"), r.text("sone")}
		c.payroll[k] = append(c.payroll[k], Payroll{Percent: r.amount("prosent"), Valid: r.period(), Provenance: provenance(r)})
	}
	return nil
}
