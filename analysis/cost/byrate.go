package cost

import (
	"math"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
)

// byRate prices a participation by the rates of the catalogue.
func (p *Pricer) byRate(in ParticipationInput, add func(Line)) {
	cuts := p.c.Cuts(in.Tiltak, in.From, in.To)
	for _, c := range in.Changes {
		cuts = append(cuts, c.From)
	}
	paidOnce := false
	segments(in.From, in.To, cuts, func(m calendar.Month, from, to calendar.Date) {
		l := Line{Month: m, From: from, To: to}
		rate, fit, _ := p.c.Rate(in.Tiltak, from)
		l.Rate, l.Unit = rate.Kroner, rate.Unit
		if fit != catalog.Exact {
			l.issues |= rateCarried
		}
		if !rate.Confirmed {
			l.issues |= rateUnconfirmed
		}
		var missing bool
		l.Percent, missing = in.percentOn(from)
		if missing {
			l.issues |= shareMissing
		}
		if l.Percent > 100 {
			l.issues |= shareOver
		}
		var ruled bool
		if l.Share, ruled = p.c.PartTimeShare(in.Tiltak, from, l.Percent); !ruled && l.Percent < 100 {
			l.issues |= noPartTimeRule
		}
		switch rate.Unit {
		case catalog.PerWeek:
			l.Days, l.Of = counted(from, to, false, in.Closed), 7
			l.Fraction = float64(l.Days) / 7
			l.Kroner = math.Floor(rate.Kroner*l.Share*float64(l.Days)/7 + 0.5)
		case catalog.PerDay:
			l.Days, l.Of, l.Weekdays = counted(from, to, true, in.Closed), 1, true
			l.Fraction = float64(l.Days)
			l.Kroner = math.Floor(rate.Kroner*l.Share*l.Fraction + 0.5)
		case catalog.PerParticipation:
			l.Share = 1
			l.issues &^= noPartTimeRule | shareMissing | shareOver
			if !paidOnce {
				paidOnce, l.Fraction = true, 1
				l.Kroner = math.Floor(rate.Kroner + 0.5)
			}
		default:
			units, unit := l.count(p.c.Proration(in.Tiltak, from), in.Closed)
			l.Kroner = roundKroner(l.Rate*l.Share, units, unit)
		}
		add(l)
	})
}

// count fills in the days and the fraction of a line whose rate is per month, and returns the fraction as
// units / unit.
func (l *Line) count(rule catalog.Proration, closed []catalog.Period) (units, unit int64) {
	l.Days, l.Weekdays, l.Of = counted(l.From, l.To, rule.Weekdays, closed), rule.Weekdays, l.Month.Days()
	if rule.Weekdays {
		l.Of = l.Month.Weekdays()
	}
	l.Fraction, units, unit = roundFraction(l.Days, l.Of, rule.Decimals)
	return units, unit
}

// percentOn is the percent of full time on a day; missing is true where none is known, and 100 is returned.
func (in *ParticipationInput) percentOn(day calendar.Date) (percent float64, missing bool) {
	percent = in.PartTime
	for _, c := range in.Changes {
		if c.From <= day {
			percent = c.Percent
		}
	}
	if math.IsNaN(percent) {
		return 100, true
	}
	return percent, false
}

// spread shares an actual amount over the months by calendar days: each line is the whole kroner by which the rounded sum
// so far grows, and the last line takes the rest.
func (p *Pricer) spread(in ParticipationInput, add func(Line)) {
	total, so, paid := float64(in.To-in.From+1), 0., 0.
	ceiling, _, hasCeiling := p.c.Maximum(in.Tiltak, in.From)
	segments(in.From, in.To, nil, func(m calendar.Month, from, to calendar.Date) {
		l := Line{Month: m, From: from, To: to, Rate: math.NaN(), Percent: math.NaN(), Share: 1, Days: int(to - from + 1), Of: int(total)}
		so += float64(l.Days)
		l.Fraction = float64(l.Days) / total
		sum := math.Floor(in.Amount*so/total + 0.5)
		if to == in.To {
			sum = in.Amount
		}
		l.Kroner, paid = sum-paid, sum
		if hasCeiling && in.Amount > ceiling.Kroner {
			l.issues |= overCeiling
		}
		add(l)
	})
}
