package outcome

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Exit is what the months after death or emigration count as.
type Exit string

// The treatments of exits.
const (
	Zero   Exit = "zero"   // no work, no earnings, no benefit
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
	// G is the grunnbeløp of a month in kroner a year, NaN where it is not known. lonn_over and ssb_2g need it.
	G func(calendar.Month) float64
	// Jobs is the main jobs of the register (Panel.Jobs): outcomes about sector, contract, industry or employer need it.
	Jobs *register.Jobs
}

// Definition is a compiled outcome. It is read-only and may be used by many goroutines.
//
// With w(t) = 1 where the position of calendar month t on the chosen terms is at least `position`, else 0:
//
//	work            y(t) = w(t)
//	stable, status  y(t) = 1 if w has at least `months` ones in the window [t − of + 1, t] and no run of more than `gap`
//	                consecutive zeros in it, wherever in the window the run lies; else 0
//	stable, entered y(h) = 1 if there is s in [1, h] with w(m + s) = 1, at least `months` ones in the window
//	                [m + s, m + s + of − 1] and no run of more than `gap` zeros in it; else 0
//	earnings        y(t) = wage of month t in kroner × deflator(t)
//	aareg_og_lonn   y(t) = 1 if w(t) = 1 and wage(t) > 0
//	lonn_over       y(t) = 1 if wage(t) > times_g · G(t) / 12
//	ssb_2g          y(t) = 1 if the wage of [t − 11, t] > times_g · mean of G over [t − 11, t]
//	uten_ytelse     y(t) = 1 if w(t) = 1 and none of the benefits is received in t
//	benefit, disability, education    y(t) = 1 if the state of month t says so
//	nav_avgang6     with e ≥ 0 the first month such that the person is registered in m + e and neither in m + e + 1 nor in
//	                m + e + 2: y(h) = 1 if e + after ≤ h and aareg_og_lonn in m + e + after; else 0
//	job_held        y(h) = 1 if w(m + s) = 1 for some s in [1, h] and w(m + h + after) = 1; else 0
//	fastholdelse    with s ≥ 1 the first month with w(m + s) = 1: y(h) = 1 if s ≤ h and w(m + s + after) = 1 (with
//	                `same_employer` also: the main job of both months is with one employer); else 0, and with
//	                `conditional` NaN where s > h
//
// With `sector`, `contract`, `industry` or `employer` w(t) = 1 only where the main job of month t is such a one; a month in another
// job is a month out of such work, so that the outcome is defined for every start. `employer` compares with the main job of the last
// month s < m of the history in which w(s) = 1 by position and terms alone: `ukjent` where the employer of t, or of s, is not known,
// `samme` where they are equal, otherwise, and where there is no such s, `annen`.
//
// A gap of 0 thus allows no month out of work (domain.md §3.1: stabil(k, m, gap), gap ≤ g).
//
// Exits. From the month of death on everything is 0 (entered, nav_avgang6 and fastholdelse: what had come about stays so); from the month of
// emigration on y is NaN, and y is NaN wherever the months it looks at include one after emigration or after the cut.
// An outcome that looks ahead of h looks at every month to h + of − 1 or h + after, also where the answer is clear long
// before: otherwise those with a run would be known and those without would not, and the mean over the known would be
// too high.
type Definition struct {
	Spec      Spec // resolved
	PriceYear int  // of earnings; 0: current kroner
	cut       calendar.Month
	death     Exit
	emigrated Exit
	position  uint16 // hundredths of a percent
	state     register.State
	months    int
	of        int
	gap       int
	factor    table // earnings: øre to kroner of the price year
	g         table // G in kroner a year
	jobs      *jobFilter
	ahead     int // months after the month that it is about which it looks at
}

// Compile turns a spec into a definition; the error is a usage error that names the key.
func (s Spec) Compile(env Env) (*Definition, error) {
	if err := s.ValidateAlone(); err != nil {
		return nil, err
	}
	s = s.Resolved()
	d := &Definition{Spec: s, cut: env.Cut, death: env.Death, emigrated: env.Emigration, of: 1, months: 1, ahead: s.MinFollowUp(0)}
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
	for _, b := range s.Benefits {
		d.state |= benefitBits[b]
	}
	switch s.Kind {
	case Disability:
		d.state = register.Ufore
	case Education:
		d.state = register.Studying
	case StableWork:
		d.months, d.of, d.gap = s.Months, s.Of, *s.Gap
	case TwoG:
		d.of = 12
	case Earnings:
		if err := d.deflateBy(env); err != nil {
			return nil, err
		}
	}
	if s.NeedsJobs() {
		if env.Jobs == nil {
			return nil, fault.Usagef("outcome_jobs", "outcome `%s` is about the main job of a month, which the register does not have: `maaned` with arbeidsgiver_id, sektor, ansettelsesform and naring has it", s.ID)
		}
		if err := s.haveJobColumns(env.Jobs); err != nil {
			return nil, err
		}
		d.jobs = newJobFilter(s, env.Jobs)
	}
	if s.TimesG != 0 {
		if env.G == nil {
			return nil, fault.Usagef("outcome_g", "outcome `%s`: %s needs the table of G", s.ID, s.Kind)
		}
		d.g = newTable(env.Cut, env.G)
	}
	return d, nil
}

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
		d.factor = newTable(0, func(calendar.Month) float64 { return 1 })
		return nil
	}
	deflate, err := env.Deflate(d.PriceYear)
	if err != nil {
		return err
	}
	d.factor = newTable(env.Cut, deflate)
	return nil
}

// table is a function of the month, worked out once for the years before the cut.
type table struct {
	first  calendar.Month
	values []float64
	f      func(calendar.Month) float64
}

const tableYears = 60

func newTable(cut calendar.Month, f func(calendar.Month) float64) table {
	t := table{f: f}
	if cut != 0 {
		t.first = cut - 12*tableYears
		t.values = make([]float64, 12*tableYears+1)
		for i := range t.values {
			t.values[i] = f(t.first + calendar.Month(i))
		}
	}
	return t
}

func (t *table) at(m calendar.Month) float64 {
	if i := int(m - t.first); i >= 0 && i < len(t.values) {
		return t.values[i]
	}
	return t.f(m)
}

// entered tells whether the outcome is about a run that begins in a month and needs the months after it.
func (d *Definition) entered() bool { return d.Spec.Kind == StableWork && d.Spec.Mode == Entered }

// MinFollowUp is how many months after the start month must be known for the outcome at month h, see Spec.MinFollowUp.
func (d *Definition) MinFollowUp(h int) int { return h + d.ahead }

// MinFollowUp is how many months after the start month must be known for the outcome at month h: h, h + of − 1 for an
// entered run, h + after for job_held and fastholdelse. It asks for no register, price or G.
func (s Spec) MinFollowUp(h int) int {
	s = s.Resolved()
	switch {
	case s.Kind == StableWork && s.Mode == Entered:
		return h + s.Of - 1
	case s.Kind == JobHeld || s.Kind == Retention:
		return h + s.After
	}
	return h
}

// FirstMonth is the first h at which the outcome has a value: `of` for a status and 12 for ssb_2g, since their windows
// may not reach back to before the start, `after` for nav_avgang6, otherwise 1.
func (d *Definition) FirstMonth() int {
	switch {
	case d.entered():
		return 1
	case d.Spec.Kind == ExitToWork:
		return d.Spec.After
	}
	return d.of
}

// Binary tells whether the values are 0 and 1.
func (d *Definition) Binary() bool { return d.Spec.Kind != Earnings }

// Descriptive tells whether the outcome is defined for some starts only, by something that comes after them: a
// difference in it is no effect and gets no p-value.
func (d *Definition) Descriptive() bool { return d.Spec.Conditional }

// HasSeries tells whether the outcome of a calendar month is defined without a start month.
func (d *Definition) HasSeries() bool {
	switch d.Spec.Kind {
	case ExitToWork, JobHeld, Retention:
		return false
	}
	return len(d.Spec.Employer) == 0
}
