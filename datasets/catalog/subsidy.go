package catalog

import (
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
	seen := map[string]bool{}
	for _, s := range c.subsidies[tiltak] {
		if !seen[s.Variant] {
			seen[s.Variant] = true
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

// WageCost is what a kroner of wage costs the employer on a day in a zone of arbeidsgiveravgift:
//
//	(1 + f) · (1 + o) · (1 + a)
//
// with the shares of feriepenger f (of the wage), OTP o (of wage and feriepenger) and arbeidsgiveravgift a (of all
// three). zone "" is I. Rates outside their period are used as Rate uses prices; warnings tell which are so or are not
// confirmed. An unknown zone is an error.
func (c *Catalog) WageCost(zone string, day calendar.Date) (factor float64, warnings []fault.Warning, err error) {
	if zone == "" {
		zone = "I"
	}
	if _, ok := c.payroll[[2]string{"arbeidsgiveravgift", zone}]; !ok {
		return 0, nil, fault.Usagef("unknown_zone", "there is no zone `%s` of arbeidsgiveravgift; write I, Ia, II, III, IV, IVa or V", zone)
	}
	factor = 1
	for _, component := range []string{"feriepenger", "otp", "arbeidsgiveravgift"} {
		rows := c.payroll[[2]string{component, "*"}]
		if own, ok := c.payroll[[2]string{component, zone}]; ok {
			rows = own
		}
		if len(rows) == 0 {
			continue
		}
		i, fit := nearest(rows, day, func(p Payroll) Period { return p.Valid })
		factor *= 1 + rows[i].Percent/100
		if fit != Exact {
			warnings = append(warnings, fault.Warnf("payroll_outside_period", "column `prosent` of lonnskostnad: no %s is known for %s; the one valid %s was used (%g %%)", component, day.Month(), rows[i].Valid, rows[i].Percent))
		}
		if !rows[i].Confirmed {
			warnings = append(warnings, fault.Warnf("payroll_unconfirmed", "column `prosent` of lonnskostnad: %s (%g %%) has no confirmed source", component, rows[i].Percent))
		}
	}
	return factor, warnings, nil
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
