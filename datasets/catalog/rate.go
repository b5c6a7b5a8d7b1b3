package catalog

import (
	"fmt"
	"maps"
	"slices"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// The units of Rate.
const (
	PerMonth         = "maaned"     // of a place; part-time rule and proration apply
	PerWeek          = "uke"        // of seven days; the part-time rule applies
	PerDay           = "dag"        // Monday to Friday; the part-time rule applies
	PerParticipation = "deltakelse" // once, in the month of start
	Ceiling          = "maks"       // the most that may be paid: no price
)

// Rate is a price of a tiltak in a period.
type Rate struct {
	Tiltak string
	Unit   string
	Kroner float64 // of the day
	Valid  Period
	Provenance
}

// Fit says how a figure suits the day that it is used for.
type Fit uint8

// How a figure suits a day.
const (
	Exact   Fit = iota // the day lies in its period
	Carried            // it is the last one before the day
	Ahead              // there is none before the day: it is the first one after it
)

// Rate is the price of a tiltak on a day: the row whose period holds the day; otherwise the last one before it
// (Carried), and where there is none before it the first one after it (Ahead). A rate is carried as it is: the true one
// was raised most years, so that a carried rate is mostly too low. ok is false for a tiltak without any price. A ceiling
// is no price.
//
// The caller owes the reader a warning where fit is not Exact or the row is not confirmed: see RateWarning.
func (c *Catalog) Rate(tiltak string, day calendar.Date) (r Rate, fit Fit, ok bool) {
	rates := c.rates[tiltak]
	if len(rates) == 0 {
		return Rate{}, Exact, false
	}
	i, fit := nearest(rates, day, func(r Rate) Period { return r.Valid })
	return rates[i], fit, true
}

// Maximum is the ceiling on what one participation may cost on a day (inkluderingstilskudd), with the same rule for days
// outside the periods.
func (c *Catalog) Maximum(tiltak string, day calendar.Date) (r Rate, fit Fit, ok bool) {
	rates := c.rates["maks "+tiltak]
	if len(rates) == 0 {
		return Rate{}, Exact, false
	}
	i, fit := nearest(rates, day, func(r Rate) Period { return r.Valid })
	return rates[i], fit, true
}

// RateWarning is what a reader must know about a rate used for a day: that it was used outside its period, or that its
// figure is not confirmed. There are none where both are in order.
func RateWarning(r Rate, fit Fit, day calendar.Date) []fault.Warning {
	var warnings []fault.Warning
	if fit != Exact {
		warnings = append(warnings, fault.Warnf("rate_outside_period", "column `kr` of satser: no rate of %s is known for %s; the one valid %s was used (%.0f kr); add the right one to satser.csv",
			r.Tiltak, day.Month(), r.Valid, r.Kroner))
	}
	if !r.Confirmed {
		warnings = append(warnings, fault.Warnf("rate_unconfirmed", "column `kr` of satser: the rate of %s valid %s (%.0f kr) is not confirmed: %s", r.Tiltak, r.Valid, r.Kroner, r.Note("en")))
	}
	return warnings
}

// nearest is the index of the row for a day among rows sorted by their period.
func nearest[T any](rows []T, day calendar.Date, period func(T) Period) (int, Fit) {
	last := -1
	for i, r := range rows {
		p := period(r)
		if p.Contains(day) {
			return i, Exact
		}
		if p.To < day {
			last = i
		}
	}
	if last < 0 {
		return 0, Ahead
	}
	return last, Carried
}

// PartTimeStep is a step of a part-time rule: from a percent of full time up, this share of the rate is paid.
type PartTimeStep struct {
	FromPercent float64
	Inclusive   bool // at exactly FromPercent too
	Share       float64
	Valid       Period
	Provenance
}

// PartTime is the part-time rule of a tiltak on a day, its steps in rising order; nil where none is known.
func (c *Catalog) PartTime(tiltak string, day calendar.Date) []PartTimeStep {
	var steps []PartTimeStep
	for _, s := range c.partTime[tiltak] {
		if s.Valid.Contains(day) {
			steps = append(steps, s)
		}
	}
	return steps
}

// PartTimeShare is the share of the rate that a percent of full time is paid with in a tiltak on a day: that of the highest
// step reached. known is false, and the share 1, where the tiltak has no part-time rule on that day.
func (c *Catalog) PartTimeShare(tiltak string, day calendar.Date, percent float64) (share float64, known bool) {
	steps := c.partTime[tiltak]
	for i := range steps { // in rising order
		s := &steps[i]
		if !s.Valid.Contains(day) {
			continue
		}
		known = true
		if percent > s.FromPercent || s.Inclusive && percent == s.FromPercent {
			share = s.Share
		}
	}
	if !known {
		return 1, false
	}
	return share, true
}

// PaidShare is the share of the rate that a percent of full time is paid with under a rule: that of the highest step
// reached. ok is false where no step is reached.
func PaidShare(steps []PartTimeStep, percent float64) (share float64, ok bool) {
	for _, s := range steps {
		if percent > s.FromPercent || s.Inclusive && percent == s.FromPercent {
			share, ok = s.Share, true
		}
	}
	return share, ok
}

// Proration says how a part of a month is counted.
type Proration struct {
	Weekdays bool // Mondays to Fridays of the participation over those of the month; false: calendar days
	Decimals int  // the fraction is rounded half up to this many decimals
	Valid    Period
	Provenance
}

// Proration is the rule of a tiltak on a day, its own or that for all; calendar days to 5 decimals where none is known.
func (c *Catalog) Proration(tiltak string, day calendar.Date) Proration {
	for _, key := range []string{tiltak, "*"} {
		for _, p := range c.proration[key] {
			if p.Valid.Contains(day) {
				return p
			}
		}
	}
	return Proration{Decimals: 5, Valid: Always}
}

func (c *Catalog) readRates(records map[string][]record) error {
	c.rates = map[string][]Rate{}
	for _, r := range sortedByPeriod(records["satser"]) {
		if err := c.refersTo(r); err != nil {
			return err
		}
		rate := Rate{Tiltak: r.text("tiltakskode"), Unit: r.text("enhet"), Kroner: r.amount("kr"), Valid: r.period(), Provenance: provenance(r)}
		if rate.Kroner < 0 {
			return r.fail("bad_value", "kr", "column `kr` is negative (%g); write what the tiltak costs", rate.Kroner)
		}
		key := rate.Tiltak
		if rate.Unit == Ceiling {
			key = "maks " + key
		}
		for _, o := range c.rates[key] {
			if o.Valid.overlaps(rate.Valid) {
				return r.fail("overlapping_periods", "enhet", "%s has a price per %s and one per %s for the same days (%s); keep one of them", rate.Tiltak, o.Unit, rate.Unit, rate.Valid)
			}
		}
		c.rates[key] = append(c.rates[key], rate)
	}
	return nil
}

func (c *Catalog) readPartTime(records map[string][]record) error {
	c.partTime = map[string][]PartTimeStep{}
	for _, r := range records["deltid"] {
		if err := c.refersTo(r); err != nil {
			return err
		}
		s := PartTimeStep{FromPercent: r.amount("fra_prosent"), Inclusive: r.yes("grensen_med"), Share: r.amount("andel"), Valid: r.period(), Provenance: provenance(r)}
		if s.FromPercent < 0 || s.FromPercent > 100 {
			return r.fail("bad_value", "fra_prosent", "column `fra_prosent` holds %g; it is a percent of full time, 0 to 100", s.FromPercent)
		}
		if s.Share < 0 || s.Share > 1 {
			return r.fail("bad_value", "andel", "column `andel` holds %g; it is a share of the rate, 0 to 1", s.Share)
		}
		code := r.text("tiltakskode")
		c.partTime[code] = append(c.partTime[code], s)
	}
	for _, steps := range c.partTime {
		sortSteps(steps, func(s PartTimeStep) float64 { return s.FromPercent })
	}
	return nil
}

func (c *Catalog) readProration(records map[string][]record) error {
	c.proration = map[string][]Proration{}
	for _, r := range sortedByPeriod(records["avkorting"]) {
		code := r.text("tiltakskode")
		if code != "*" {
			if err := c.refersTo(r); err != nil {
				return err
			}
		}
		p := Proration{Weekdays: r.text("grunnlag") == "ukedager", Decimals: int(r.amount("desimaler")), Valid: r.period(), Provenance: provenance(r)}
		if p.Decimals < 0 || p.Decimals > 9 {
			return r.fail("bad_value", "desimaler", "column `desimaler` holds %d; it may be 0 to 9", p.Decimals)
		}
		c.proration[code] = append(c.proration[code], p)
	}
	return nil
}

// refersTo refuses a row about a tiltak that the catalogue does not have: its figures would never be used.
func (c *Catalog) refersTo(r record) error {
	code := r.text("tiltakskode")
	if _, ok := c.tiltak[code]; ok {
		return nil
	}
	hint := fault.Suggest(code, c.order)
	if resolved, known := c.Resolve(code); known {
		hint = fmt.Sprintf(" (its code here is `%s`)", resolved)
	}
	return r.fail("unknown_tiltak", "tiltakskode", "`%s` is not in the table tiltak%s; add it to tiltak.csv or mend the code", code, hint)
}

// Cuts are the days after from and up to to on which a rate, a part-time rule or a proration rule of a tiltak changes
// inside a month, in rising order: there a month is two lines of a bill. Changes on the first of a month are left out.
func (c *Catalog) Cuts(tiltak string, from, to calendar.Date) []calendar.Date {
	var cuts []calendar.Date
	add := func(p Period) {
		for _, d := range []calendar.Date{p.From, p.To + 1} {
			if p.To == Always.To && d != p.From {
				continue // the day after the last day there is
			}
			if d > from && d <= to && d.Day() != 1 && !slices.Contains(cuts, d) {
				cuts = append(cuts, d)
			}
		}
	}
	for _, r := range c.rates[tiltak] {
		add(r.Valid)
	}
	for _, s := range c.partTime[tiltak] {
		add(s.Valid)
	}
	for _, key := range []string{tiltak, "*"} {
		for _, p := range c.proration[key] {
			add(p.Valid)
		}
	}
	slices.Sort(cuts)
	return cuts
}

// WithPartTime is the catalogue with another part-time rule for a tiltak from a day on, for what-if: its own rule holds
// until the day before. The steps apply from their FromPercent up; their Valid is set here.
func (c *Catalog) WithPartTime(tiltak string, from calendar.Date, steps []PartTimeStep) *Catalog {
	changed := *c
	changed.partTime = maps.Clone(c.partTime)
	var rule []PartTimeStep
	for _, s := range c.partTime[tiltak] {
		if s.Valid.From < from {
			s.Valid.To = min(s.Valid.To, from-1)
			rule = append(rule, s)
		}
	}
	for _, s := range steps {
		s.Valid = Period{from, Always.To}
		rule = append(rule, s)
	}
	sortSteps(rule, func(s PartTimeStep) float64 { return s.FromPercent })
	changed.partTime[tiltak] = rule
	return &changed
}
