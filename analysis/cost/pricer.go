package cost

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Pricer prices many participations at one price year. It is not changed by pricing: goroutines may share one.
type Pricer struct {
	c         *catalog.Catalog
	priceYear int
	deflator  Deflator
	target    float64 // index of the price year; 0 where amounts stay in the prices of the day
}

// NewPricer returns a Pricer with the rates of a catalogue; nil is the embedded one. priceYear 0 leaves amounts in the
// prices of their days. A price year outside the deflator's table is a usage error.
func NewPricer(c *catalog.Catalog, priceYear int, deflator Deflator) (*Pricer, error) {
	if c == nil {
		c = catalog.Default()
	}
	p := &Pricer{c: c, priceYear: priceYear, deflator: deflator}
	if priceYear == 0 {
		return p, nil
	}
	var exact bool
	if p.target, exact = p.index(priceYear); !exact {
		name, file := "KPI", "kpi.csv"
		first, last := c.KPIYears()
		if deflator == ByG {
			name, file = "G", "g.csv"
			first, last = c.GYears()
		}
		return nil, fault.Usagef("bad_price_year", "price year %d is outside the table of %s (%d–%d); choose a year in it or add the year to %s", priceYear, name, first, last, file)
	}
	return p, nil
}

// index is the deflator's index of a year.
func (p *Pricer) index(year int) (value float64, exact bool) {
	if p.deflator == ByG {
		return p.c.GAverage(year)
	}
	k, exact := p.c.KPI(year)
	return k.Value, exact
}

// issue is something that a reader must know about a line, as bits.
type issue uint16

const (
	rateCarried issue = 1 << iota
	rateUnconfirmed
	shareMissing
	shareOver
	noPartTimeRule
	capped
	variantAssumed
	payrollDoubtful
	indexCarried
	overCeiling
	gCarried
)

// Total is what a participation costs without its lines.
type Total struct {
	Kroner, Real, InG, Months float64
	Basis                     Basis
	Unpriced                  Unpriced
	issues                    issue
}

// Participation is the bill of one participation; see the function Participation. PriceYear and Deflator of the input
// are those of the pricer.
func (p *Pricer) Participation(in ParticipationInput) (Bill, error) {
	b := Bill{Tiltak: in.Tiltak}
	t, err := p.run(in, func(l Line) {
		l.Rule, l.RuleNB = p.rule(in.Tiltak, l, false), p.rule(in.Tiltak, l, true)
		b.Lines = append(b.Lines, l)
	})
	if err != nil {
		return Bill{}, err
	}
	b.Kroner, b.Real, b.InG, b.Months, b.Basis, b.Unpriced = t.Kroner, t.Real, t.InG, t.Months, t.Basis, t.Unpriced
	b.Why, b.WhyNB = p.why(in.Tiltak, t.Unpriced, false), p.why(in.Tiltak, t.Unpriced, true)
	b.Warnings = p.billWarnings(in, b.Lines, t)
	return b, nil
}

// Total is the cost of one participation without its lines: the same figures as Participation, for many.
func (p *Pricer) Total(in ParticipationInput) (Total, error) { return p.run(in, nil) }

// run prices a participation and hands over each line.
func (p *Pricer) run(in ParticipationInput, emit func(Line)) (Total, error) {
	if err := in.check(); err != nil {
		return Total{}, err
	}
	if !p.c.Zone(in.Zone) {
		return Total{}, fault.Usagef("unknown_zone", "there is no zone `%s` of arbeidsgiveravgift; write I, Ia, II, III, IV, IVa or V, or add it to lonnskostnad.csv", in.Zone)
	}
	t := Total{Months: months(in.From, in.To)}
	add := func(l Line) {
		year := l.Month.Year()
		l.Real = l.Kroner
		if p.target != 0 {
			index, exact := p.index(year)
			l.Real = l.Kroner * p.target / index
			if !exact {
				l.issues |= indexCarried
			}
		}
		g, exact := p.c.GAverage(year)
		l.InG = l.Kroner / g
		if !exact {
			l.issues |= gCarried
		}
		t.Kroner += l.Kroner
		t.Real += l.Real
		t.InG += l.InG
		t.issues |= l.issues
		if emit != nil {
			emit(l)
		}
	}
	_, _, hasRate := p.c.Rate(in.Tiltak, in.From)
	variants := p.c.SubsidyVariants(in.Tiltak)
	switch {
	case !math.IsNaN(in.Amount):
		t.Basis = FromAmount
		p.spread(in, add)
	case hasRate:
		t.Basis = FromRate
		p.byRate(in, add)
	case variants != nil && (!math.IsNaN(in.Wage) || in.WagePaid != nil):
		t.Basis = FromWage
		if !p.bySubsidy(in, variants, add) {
			t.Unpriced = NoWage
		}
	case variants != nil:
		t.Unpriced = NoWage
	default:
		t.Unpriced = NoRate
	}
	if t.Unpriced != "" {
		t.Basis, t.issues = "", 0
		t.Kroner, t.Real, t.InG = math.NaN(), math.NaN(), math.NaN()
	}
	return t, nil
}

// check refuses what cannot be priced.
func (in *ParticipationInput) check() error {
	if in.To >= calendar.Open {
		return fault.Dataf("open_participation", "", "slutt_dato", "the participation from %s is still open; cost it to the last day of the cut", in.From)
	}
	if in.To < in.From {
		return fault.Dataf("bad_period", "", "slutt_dato", "the participation ends (%s) before it begins (%s); swap or mend the dates", in.To, in.From)
	}
	for _, f := range []struct {
		column string
		x      float64
	}{{"deltidsprosent", in.PartTime}, {"kostnad", in.Amount}, {"lonn", in.Wage}, {"lonnstilskudd_prosent", in.Percent}} {
		if math.IsInf(f.x, 0) || f.x < 0 && f.column != "kostnad" {
			return fault.Dataf("bad_value", "", f.column, "column `%s` holds %g; write a figure of 0 or more, or leave it empty", f.column, f.x)
		}
	}
	if in.Percent > 100 {
		return fault.Dataf("bad_value", "", "lonnstilskudd_prosent", "column `lonnstilskudd_prosent` holds %g; a subsidy is at most 100 percent", in.Percent)
	}
	for i, c := range in.Changes {
		if !(c.Percent >= 0) || math.IsInf(c.Percent, 0) || i > 0 && c.From <= in.Changes[i-1].From {
			return fault.Dataf("bad_value", "", "deltidsprosent", "change %d of the percent (%g from %s) is negative, not a number or not after the one before; sort and mend the changes", i+1, c.Percent, c.From)
		}
	}
	return nil
}

// months is the length of a participation in months: Σ days / days of the month.
func months(from, to calendar.Date) float64 {
	sum := 0.
	for m := from.Month(); m <= to.Month(); m++ {
		first, last := max(from, m.First()), min(to, m.Last())
		sum += float64(last-first+1) / float64(m.Days())
	}
	return sum
}

// segments walks the days from from to to, cut at the first of each month and at the given days (sorted or not).
func segments(from, to calendar.Date, cuts []calendar.Date, visit func(m calendar.Month, from, to calendar.Date)) {
	slices.Sort(cuts)
	next := 0
	for d := from; d <= to; {
		m := d.Month()
		end := min(to, m.Last())
		for next < len(cuts) && cuts[next] <= d {
			next++
		}
		if next < len(cuts) {
			end = min(end, cuts[next]-1)
		}
		visit(m, d, end)
		d = end + 1
	}
}

// counted is the number of days from one to another that are paid: Mondays to Fridays or all, less those on which the
// provider is closed.
func counted(from, to calendar.Date, weekdays bool, closed []catalog.Period) int {
	days := func(a, b calendar.Date) int {
		if b < a {
			return 0
		}
		if weekdays {
			return calendar.Weekdays(a, b)
		}
		return int(b - a + 1)
	}
	if len(closed) == 0 {
		return days(from, to)
	}
	n := 0
	for d := from; d <= to; d++ { // closed periods may overlap each other
		if !slices.ContainsFunc(closed, func(p catalog.Period) bool { return p.Contains(d) }) {
			n += days(d, d)
		}
	}
	return n
}

// roundFraction is days/of rounded half up to a number of decimals, exactly: both are whole numbers. The second result is
// the fraction in units of the last decimal.
func roundFraction(days, of, decimals int) (fraction float64, units, unit int64) {
	unit = 1
	for range decimals {
		unit *= 10
	}
	units = (2*int64(days)*unit + int64(of)) / (2 * int64(of))
	return float64(units) / float64(unit), units, unit
}

// roundKroner is amount · units / unit rounded half up to whole kroner. The product is exact for amounts with up to two
// decimals, so that a half is seen as a half.
func roundKroner(amount float64, units, unit int64) float64 {
	return math.Floor(amount*float64(units)/float64(unit) + 0.5)
}

// why is the reason of a missing price in words, bokmål (nb) or English.
func (p *Pricer) why(tiltak string, u Unpriced, nb bool) string {
	say := func(no, en string) string {
		if nb {
			return no
		}
		return en
	}
	switch u {
	case NoRate:
		how := say("har ingen sats i katalogen", "has no rate in the catalogue")
		if t, ok := p.c.Tiltak(tiltak); ok {
			switch t.PriceModel {
			case "avtalt_pris":
				how = say("kjøpes til avtalte priser", "is bought at contract prices")
			case "faktisk_kostnad":
				how = say("betales etter faktisk kostnad", "is paid at its actual cost")
			case "nav_ansatte":
				how = say("drives av Navs egne ansatte", "is run by Nav's own staff")
			case "timer_ganger_lonn":
				how = say("betales etter mentorens timer", "is paid by the mentor's hours")
			case "refusjon_med_tak":
				how = say("refunderer faktiske utgifter", "refunds actual costs")
			case "ingen":
				how = say("har ingen betaling til arrangør", "has no payment to a provider")
			}
		} else if _, known := p.c.Resolve(tiltak); !known {
			how = say("er ikke i katalogen", "is not in the catalogue")
		}
		return fmt.Sprintf(say("%s %s: gi beløpet (kolonnen `kostnad`) eller legg en sats i satser.csv", "%s %s: give the amount (column `kostnad`) or add a rate to satser.csv"), tiltak, how)
	case NoWage:
		return fmt.Sprintf(say("%s er en andel av lønnskostnaden, og lønnen er ikke kjent: gi lønnen eller beløpet (kolonnen `kostnad`)", "%s is a share of the wage cost and the wage is not known: give the wage or the amount (column `kostnad`)"), tiltak)
	}
	return ""
}
