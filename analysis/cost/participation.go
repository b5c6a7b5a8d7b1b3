package cost

import (
	"math"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Deflator is the index that carries amounts from their own year to the price year.
type Deflator uint8

// The deflators.
const (
	ByKPI Deflator = iota // consumer price index
	ByG                   // average of G over the year
)

// Change is a change of how much a person takes part (deltakelsesmengde): from a day on, this percent of full time.
type Change struct {
	From    calendar.Date
	Percent float64
}

// ParticipationInput is one participation. Make it with NewInput, which marks everything optional as unknown.
type ParticipationInput struct {
	Tiltak   string        // its code as Catalog.Resolve gives it
	From, To calendar.Date // first and last day; for an open participation To is the last day of the cut

	PartTime float64          // percent of full time; NaN: missing, counted as 100 with a warning
	Changes  []Change         // later changes of it, by rising day; those before From set where it begins
	Closed   []catalog.Period // days on which the provider is closed and nothing is paid

	Amount float64 // actual kroner of the whole participation, in the prices of its days; NaN: none. It wins over any rate

	Wage     float64                      // wage subsidies: kroner a full month; NaN unknown
	WagePaid func(calendar.Month) float64 // wage paid in a month (as a register has it); wins over Wage where not nil and not NaN
	Percent  float64                      // percent of the wage cost that is refunded, as the agreement has it; NaN unknown
	Variant  string                       // which steps apply (situasjonsbestemt, nedsatt_arbeidsevne …); "": see Participation
	Zone     string                       // zone of arbeidsgiveravgift; "": I

	PriceYear int // 0: the prices of the day
	Deflator  Deflator
}

// NewInput is a participation in a tiltak over some days of which nothing else is known.
func NewInput(tiltak string, from, to calendar.Date) ParticipationInput {
	nan := math.NaN()
	return ParticipationInput{Tiltak: tiltak, From: from, To: to, PartTime: nan, Amount: nan, Wage: nan, Percent: nan}
}

// Basis says what a bill was made from.
type Basis string

// The bases.
const (
	FromRate   Basis = "rate"    // a dated rate of the catalogue
	FromWage   Basis = "subsidy" // a percent of the wage cost
	FromAmount Basis = "amount"  // an actual amount
)

// Unpriced says why a participation has no price; "" means that it has one.
type Unpriced string

// The reasons why there is no price.
const (
	NoRate Unpriced = "no_rate" // the tiltak has no known rate (procured, run by Nav itself, actual cost)
	NoWage Unpriced = "no_wage" // a wage subsidy of an unknown wage
)

// Line is what is paid for some days of one month.
type Line struct {
	Month    calendar.Month
	From, To calendar.Date
	Rate     float64 // kroner per Unit; for a subsidy the wage cost of a full month after any ceiling; NaN for an actual amount
	Unit     string  // catalog.PerMonth …
	Percent  float64 // percent of full time; for a subsidy the percent refunded
	Share    float64 // share of the rate that is paid: the part-time step, or Percent/100 of a subsidy
	Days, Of int     // days counted in the month and days the month has, by the proration rule
	Weekdays bool    // Days and Of are Mondays to Fridays
	Fraction float64 // Days/Of, rounded half up (5 decimals)
	Kroner   float64 // Rate · Share · Fraction, rounded half up to whole kroner
	Real     float64 // Kroner at the price year
	InG      float64 // Kroner over the average G of the year
	Rule     string  // the rule in words, such as "full from 50 %, calendar days 15/31"
	RuleNB   string  // and in bokmål

	issues issue
}

// Bill is the cost of one participation.
type Bill struct {
	Tiltak   string
	Basis    Basis
	Lines    []Line
	Kroner   float64 // sum of the lines in the prices of their days; NaN where Unpriced
	Real     float64 // at the price year; equals Kroner where that is 0
	InG      float64 // in G of each year
	Months   float64 // length: Σ days / days of the month, calendar days, not rounded
	Unpriced Unpriced
	Why      string // Unpriced in words, with a remedy
	WhyNB    string // and in bokmål
	Warnings []fault.Warning
}

// Participation is the bill of one participation.
//
// A month of a tiltak with a rate costs
//
//	kroner = round(rate · share · fraction),  fraction = round₅(days / days of the month)
//
// with the rate of the day, the share of the part-time rule of the day, and calendar days or weekdays by the proration
// rule of the day, all rounded half up. A month is one line unless the percent, the rate or a rule changes inside it.
// A tiltak without a part-time rule is paid in full whatever the percent is (with a warning under 100). Prices per week
// count sevenths of calendar days, prices per day Mondays to Fridays, a price per participation falls in its first month.
//
// A wage subsidy costs
//
//	kroner = round(percent/100 · min(wage · (1+f)(1+o)(1+a), cap·G/12) · fraction)
//
// with feriepenger f, OTP o and arbeidsgiveravgift a, the cap in G where the subsidy has one, and the percent of the step
// that the participation has reached (its months are counted from its own first day). Which steps: those of Variant; where
// it is empty, those of the variant that begins with Percent, or Percent throughout where none does; where both are
// unknown, those of the first variant of the table, with a warning. A wage paid in the month is not cut to its fraction,
// only shared over the steps by days.
//
// An actual amount is spread over the months by calendar days, to whole kroner; the last line takes the rest, so that the
// lines sum to it.
//
// A tiltak that has neither rate, subsidy nor amount is not priced: Kroner is NaN and Why says what to do.
//
// It refuses (fault.Data) a participation that ends before it begins or is still open, an infinite or negative figure,
// and (fault.Usage) a price year that the deflator does not have.
func Participation(c *catalog.Catalog, in ParticipationInput) (Bill, error) {
	p, err := NewPricer(c, in.PriceYear, in.Deflator)
	if err != nil {
		return Bill{}, err
	}
	return p.Participation(in)
}
