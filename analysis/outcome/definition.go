package outcome

import (
	"math"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Exit is what the months after death or emigration count as.
type Exit string

// The treatments of exits.
const (
	Zero   Exit = "zero"   // no work, no earnings
	Censor Exit = "censor" // not known: NaN
)

// Env is what a definition needs to know besides its spec.
type Env struct {
	// Cut is the last month with complete data; later months are not known. 0: the last month of each history.
	Cut calendar.Month
	// Death and Emigration say what the months from the exit on count as; default zero and censor.
	Death      Exit
	Emigration Exit
	// PriceYear is the price year of outcomes that name none; 0: the year of Cut.
	PriceYear int
	// Deflate returns, for a price year, the factor that turns kroner of a month into kroner of that year (NaN where it
	// has none). Nil: earnings stay in current kroner, and a spec that names a price year is refused.
	Deflate func(priceYear int) (func(calendar.Month) float64, error)
}

// Definition is a compiled outcome. It is read-only and may be used by many goroutines.
//
// With w(t) = 1 where the ordinary position of calendar month t is at least `position`, else 0:
//
//	work            y(t) = w(t)
//	stable, status  y(t) = 1 if w has at least `months` ones in the window [t − of + 1, t] and no run of more than `gap`
//	                consecutive zeros in it, wherever in the window the run lies; else 0
//	stable, entered y(h) = 1 if there is s in [1, h] with w(m + s) = 1, at least `months` ones in the window
//	                [m + s, m + s + of − 1] and no run of more than `gap` zeros in it; else 0
//	earnings        y(t) = ordinary wage of month t in kroner × deflator(t)
//
// A gap of 0 thus allows no month out of work (domain.md §3.1: stabil(k, m, gap), gap ≤ g).
//
// Exits. From the month of death on y = 0 (entered: what had been entered stays entered); from the month of emigration
// on y is NaN, and y is NaN wherever the months it looks at include one after emigration or after the cut. An entered
// outcome looks at every month to h + of − 1, also where the run began long before: otherwise those with a run would
// be known and those without would not, and the mean over the known would be too high.
type Definition struct {
	Spec      Spec // resolved
	PriceYear int  // of earnings; 0: current kroner
	cut       calendar.Month
	death     Exit
	emigrated Exit
	position  uint16 // hundredths of a percent
	months    int
	of        int
	gap       int
	factors   []float64 // deflator/100 of month factorFirst + i: øre to kroner of the price year
	first     calendar.Month
	deflate   func(calendar.Month) float64
}

// Compile turns a spec into a definition; the error is a usage error that names the key.
func (s Spec) Compile(env Env) (*Definition, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.Resolved()
	d := &Definition{Spec: s, cut: env.Cut, death: env.Death, emigrated: env.Emigration, of: 1, months: 1}
	if d.death == "" {
		d.death = Zero
	}
	if d.emigrated == "" {
		d.emigrated = Censor
	}
	for _, e := range []Exit{d.death, d.emigrated} {
		if e != Zero && e != Censor {
			return nil, fault.Usagef("exits", "`exits: %s` is not known (zero or censor)", e)
		}
	}
	if d.cut == 0 {
		d.cut = math.MaxInt32
	}
	d.position = uint16(math.Round(s.Position * 100))
	switch s.Kind {
	case StableWork:
		d.months, d.of, d.gap = s.Months, s.Of, *s.Gap
	case Earnings:
		if err := d.deflateBy(env); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// factorYears is how many years before the cut have their deflators computed once.
const factorYears = 60

func (d *Definition) deflateBy(env Env) error {
	d.PriceYear = d.Spec.PriceYear
	if d.PriceYear == 0 {
		d.PriceYear = env.PriceYear
	}
	if d.PriceYear == 0 && env.Cut != 0 {
		d.PriceYear = env.Cut.Year()
	}
	if env.Deflate == nil {
		if d.Spec.PriceYear != 0 {
			return fault.Usagef("price_year", "outcome `%s`: there is no price index for `price_year: %d`", d.Spec.ID, d.Spec.PriceYear)
		}
		d.PriceYear = 0
		d.deflate = func(calendar.Month) float64 { return 1 }
		return nil
	}
	deflate, err := env.Deflate(d.PriceYear)
	if err != nil {
		return err
	}
	d.deflate = deflate
	if env.Cut != 0 {
		d.first = env.Cut - 12*factorYears
		d.factors = make([]float64, 12*factorYears+1)
		for i := range d.factors {
			d.factors[i] = deflate(d.first + calendar.Month(i))
		}
	}
	return nil
}

// factor is the deflator of a month.
func (d *Definition) factor(m calendar.Month) float64 {
	if i := int(m - d.first); i >= 0 && i < len(d.factors) {
		return d.factors[i]
	}
	return d.deflate(m)
}

// entered tells whether the outcome is about a run that begins in a month and needs the months after it.
func (d *Definition) entered() bool { return d.Spec.Kind == StableWork && d.Spec.Mode == Entered }

// MinFollowUp is how many months after the start month must be known for the outcome at month h: h, and h + of − 1
// for an entered run.
func (d *Definition) MinFollowUp(h int) int {
	if d.entered() {
		return h + d.of - 1
	}
	return h
}

// FirstMonth is the first h at which the outcome has a value: `of` for a status, since its window may not reach back
// to before the start, otherwise 1.
func (d *Definition) FirstMonth() int {
	if d.entered() {
		return 1
	}
	return d.of
}

// Binary tells whether the values are 0 and 1.
func (d *Definition) Binary() bool { return d.Spec.Kind != Earnings }
