package cost

import (
	"math"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
)

// bySubsidy prices a wage subsidy; it is false where the wage of some month is not known.
func (p *Pricer) bySubsidy(in ParticipationInput, variants []string, add func(Line)) bool {
	steps, assumed := p.steps(in, variants)
	cuts := make([]calendar.Date, 0, 8)
	for _, s := range steps {
		cuts = append(cuts, monthsAfter(in.From, s.FromMonth-1))
	}
	known := true
	segments(in.From, in.To, cuts, func(m calendar.Month, from, to calendar.Date) {
		if !known {
			return
		}
		l := Line{Month: m, From: from, To: to, Unit: catalog.PerMonth, issues: assumed}
		var capG float64
		for _, s := range steps {
			if monthsAfter(in.From, s.FromMonth-1) <= from {
				l.Percent = s.Percent
			}
			capG = max(capG, s.CapG)
		}
		l.Share = l.Percent / 100
		wage, paid := in.Wage, false
		if in.WagePaid != nil {
			if w := in.WagePaid(m); !math.IsNaN(w) {
				wage, paid = w, true
			}
		}
		if math.IsNaN(wage) {
			known = false
			return
		}
		factor, sure := p.c.WageCost(in.Zone, from)
		if !sure {
			l.issues |= payrollDoubtful
		}
		l.Rate = wage * factor
		rule := p.c.Proration(in.Tiltak, from)
		units, unit := l.count(rule, in.Closed)
		if paid { // of the days in this month, whatever their number: as the wage of a full month, for the ceiling
			first, last := max(in.From, m.First()), min(in.To, m.Last())
			if inMonth := counted(first, last, rule.Weekdays, in.Closed); inMonth > 0 {
				l.Rate *= float64(l.Of) / float64(inMonth)
			} else {
				l.Rate = 0
			}
		}
		if capG > 0 {
			g, exact := p.c.G(from)
			if !exact {
				l.issues |= gCarried
			}
			if limit := capG * g.Kroner / 12; l.Rate > limit {
				l.Rate = limit
				l.issues |= capped
			}
		}
		if paid { // not through the rounded fraction: the amount is known as it is
			l.Kroner = math.Floor(l.Rate*l.Share*float64(l.Days)/float64(l.Of) + 0.5)
		} else {
			l.Kroner = roundKroner(l.Rate*l.Share, units, unit)
		}
		add(l)
	})
	return known
}

// steps are the steps of a subsidy that apply to a participation.
func (p *Pricer) steps(in ParticipationInput, variants []string) ([]catalog.SubsidyStep, issue) {
	if in.Variant != "" {
		if steps := p.c.Subsidy(in.Tiltak, in.Variant, in.From); steps != nil {
			return steps, 0
		}
	}
	first := p.c.Subsidy(in.Tiltak, "", in.From)
	if math.IsNaN(in.Percent) {
		if len(variants) == 1 && in.Variant == "" {
			return first, 0
		}
		return first, variantAssumed
	}
	for _, v := range variants {
		if steps := p.c.Subsidy(in.Tiltak, v, in.From); steps != nil && steps[0].Percent == in.Percent {
			return steps, 0
		}
	}
	own := catalog.SubsidyStep{FromMonth: 1, Percent: in.Percent}
	for _, s := range first {
		own.CapG = max(own.CapG, s.CapG)
	}
	return []catalog.SubsidyStep{own}, 0
}

// monthsAfter is the day n months after a day: the same day of the month, or its last day where it is shorter.
func monthsAfter(d calendar.Date, n int) calendar.Date {
	m := d.Month() + calendar.Month(n)
	return min(m.First()+calendar.Date(d.Day()-1), m.Last())
}
