package outcome

import (
	"math"
	"regexp"

	"tiltakseffekt/internal/fault"
)

// Kind is what an outcome measures.
type Kind string

// The kinds of outcomes.
const (
	Work       Kind = "work"        // 1 where the ordinary position is at least `position` percent, else 0
	StableWork Kind = "stable_work" // `months` of `of` months in work, see Definition
	Earnings   Kind = "earnings"    // ordinary wage of the month in kroner of `price_year`, zeros included
)

var kinds = []string{string(Work), string(StableWork), string(Earnings)}

// Mode is how stable work is read at a month.
type Mode string

// The modes of stable_work.
const (
	Status  Mode = "status"  // `months` of the `of` months that end in month h
	Entered Mode = "entered" // such a run has begun by month h
)

// Defaults of a Spec.
const (
	DefaultWorkPosition   = 1.0  // percent: any job at all
	DefaultStablePosition = 50.0 // percent
	DefaultMonths         = 6
)

// Spec is one outcome of a study file (CONTRACT.md). Keys that do not belong to the kind must be left out.
type Spec struct {
	ID        string  `yaml:"id" json:"id"`                                     // [a-z0-9_]{1,40}; unique in a study
	Kind      Kind    `yaml:"kind" json:"kind"`                                 //
	Position  float64 `yaml:"position,omitempty" json:"position,omitempty"`     // percent, in (0, 100], two decimals; default 1 for work, 50 for stable_work
	Months    int     `yaml:"months,omitempty" json:"months,omitempty"`         // stable_work: at least so many months in work …; default `of`
	Of        int     `yaml:"of,omitempty" json:"of,omitempty"`                 // … of so many; default `months`, 6 where both are left out
	Gap       *int    `yaml:"gap,omitempty" json:"gap,omitempty"`               // stable_work: longest run of months out of work in the window; default `of` − `months`, which limits nothing
	Mode      Mode    `yaml:"mode,omitempty" json:"mode,omitempty"`             // stable_work: status (default) or entered
	PriceYear int     `yaml:"price_year,omitempty" json:"price_year,omitempty"` // earnings: kroner of this year; default Env.PriceYear
}

var idPattern = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// maxOf limits windows to ten years.
const maxOf = 120

// Resolved is the spec with every default of its kind written out (price_year excepted, which the environment
// gives). Resolving twice changes nothing.
func (s Spec) Resolved() Spec {
	switch s.Kind {
	case Work:
		if s.Position == 0 {
			s.Position = DefaultWorkPosition
		}
	case StableWork:
		if s.Position == 0 {
			s.Position = DefaultStablePosition
		}
		switch {
		case s.Months == 0 && s.Of == 0:
			s.Months, s.Of = DefaultMonths, DefaultMonths
		case s.Of == 0:
			s.Of = s.Months
		case s.Months == 0:
			s.Months = s.Of
		}
		if s.Gap == nil {
			g := s.Of - s.Months
			s.Gap = &g
		}
		if s.Mode == "" {
			s.Mode = Status
		}
	}
	return s
}

// Validate tells what is wrong with a spec, as a usage error that names the key; defaults need not be written out.
func (s Spec) Validate() error {
	if !idPattern.MatchString(s.ID) {
		return fault.Usagef("outcome_id", "outcome `id: %s` must be 1 to 40 of a-z, 0-9 and _", s.ID)
	}
	fail := func(code, format string, args ...any) error {
		e := fault.Usagef("outcome_"+code, format, args...)
		e.Message = "outcome `" + s.ID + "`: " + e.Message
		return e
	}
	stable, position := false, false
	switch s.Kind {
	case Work:
		position = true
	case StableWork:
		position, stable = true, true
	case Earnings:
	case "":
		return fail("kind", "`kind` is missing (work, stable_work or earnings)")
	default:
		return fail("kind", "`kind: %s` is not known%s", s.Kind, fault.Suggest(string(s.Kind), kinds))
	}
	switch {
	case s.Position != 0 && !position:
		return fail("position", "`position` does not apply to %s", s.Kind)
	case (s.Months != 0 || s.Of != 0 || s.Gap != nil || s.Mode != "") && !stable:
		return fail("window", "`months`, `of`, `gap` and `mode` apply to stable_work only")
	case s.PriceYear != 0 && s.Kind != Earnings:
		return fail("price_year", "`price_year` applies to earnings only")
	case s.PriceYear != 0 && (s.PriceYear < 1900 || s.PriceYear > 2200):
		return fail("price_year", "`price_year: %d` is not a year", s.PriceYear)
	}
	r := s.Resolved()
	if position {
		hundredths := r.Position * 100
		if !(r.Position > 0 && r.Position <= 100) || math.Abs(hundredths-math.Round(hundredths)) > 1e-9 {
			return fail("position", "`position: %v` must be over 0 and at most 100 percent, with two decimals at most", s.Position)
		}
	}
	if !stable {
		return nil
	}
	switch {
	case r.Months < 1 || r.Of < 1 || r.Of > maxOf:
		return fail("window", "`months` and `of` must be 1 to %d", maxOf)
	case r.Months > r.Of:
		return fail("window", "`months: %d` cannot exceed `of: %d`", r.Months, r.Of)
	case *r.Gap < 0:
		return fail("gap", "`gap: %d` cannot be negative", *r.Gap)
	case *r.Gap == 0 && r.Months < r.Of:
		return fail("gap", "`gap: 0` allows no month out of work, which makes it %d of %d months; leave `gap` out or let `months` equal `of`", r.Of, r.Of)
	case r.Mode != Status && r.Mode != Entered:
		return fail("mode", "`mode: %s` is not known (status or entered)", r.Mode)
	}
	return nil
}
