package outcome

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"tiltakseffekt/internal/fault"
)

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

// Spec is one outcome of a study file (CONTRACT.md). Keys that do not belong to the kind must be left out; defaults
// are those of the kind.
type Spec struct {
	ID          string   `yaml:"id" json:"id"`                                       // [a-z0-9_]{1,40}; unique in a study
	Kind        Kind     `yaml:"kind" json:"kind"`                                   //
	Position    float64  `yaml:"position,omitempty" json:"position,omitempty"`       // percent, in (0, 100], two decimals; default 1, for stable_work 50
	Terms       Terms    `yaml:"terms,omitempty" json:"terms,omitempty"`             // ordinary (default), all, or tiltak (what is in all and not in ordinary; work, stable_work, earnings); default all for aareg_og_lonn, ssb_2g and nav_avgang6
	Months      int      `yaml:"months,omitempty" json:"months,omitempty"`           // stable_work: at least so many months in work …; default `of`
	Of          int      `yaml:"of,omitempty" json:"of,omitempty"`                   // … of so many; default `months`, 6 where both are left out
	Gap         *int     `yaml:"gap,omitempty" json:"gap,omitempty"`                 // stable_work: longest run of months out of work in the window; default `of` − `months`, which limits nothing
	Mode        Mode     `yaml:"mode,omitempty" json:"mode,omitempty"`               // stable_work: status (default) or entered
	TimesG      float64  `yaml:"times_g,omitempty" json:"times_g,omitempty"`         // lonn_over (default 1) and ssb_2g (2)
	After       int      `yaml:"after,omitempty" json:"after,omitempty"`             // nav_avgang6 (default 6), job_held and fastholdelse (12): months
	Conditional bool     `yaml:"conditional,omitempty" json:"conditional,omitempty"` // fastholdelse: missing for those without work
	Benefits    []string `yaml:"benefits,omitempty" json:"benefits,omitempty"`       // benefit and uten_ytelse: default all five
	// Of the main job of the month, for work and stable_work: only such jobs count. They need Env.Jobs (NeedsJobs).
	Sector   []string `yaml:"sector,omitempty" json:"sector,omitempty"`     // values of sektor
	Contract []string `yaml:"contract,omitempty" json:"contract,omitempty"` // values of ansettelsesform
	Industry []string `yaml:"industry,omitempty" json:"industry,omitempty"` // what naring begins with
	// Employer is samme, annen or ukjent: whether the main job is with the employer of the last month before the start in which the
	// person was in such work (position and terms as here). Without such a month any employer that is known is another.
	Employer []string `yaml:"employer,omitempty" json:"employer,omitempty"`
	Parts    *Parts   `yaml:"parts,omitempty" json:"parts,omitempty"` // work: outcomes that add up to this one; Expand replaces it by them
	// SameEmployer, for fastholdelse, asks that the main job after `after` months be with the first employer.
	SameEmployer bool `yaml:"same_employer,omitempty" json:"same_employer,omitempty"`
	PriceYear    int  `yaml:"price_year,omitempty" json:"price_year,omitempty"` // earnings: kroner of this year; default Env.PriceYear
}

var idPattern = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// maxOf limits windows to ten years.
const maxOf = 120

// Resolved is the spec with every default of its kind written out (price_year excepted, which the environment
// gives). Resolving twice changes nothing.
func (s Spec) Resolved() Spec {
	u, ok := useOf(s.Kind)
	if !ok {
		return s
	}
	s.Kind = u.kind
	if s.Position == 0 {
		s.Position = u.position
	}
	if s.Terms == "" {
		s.Terms = u.terms
	}
	if s.TimesG == 0 {
		s.TimesG = u.timesG
	}
	if s.After == 0 {
		s.After = u.after
	}
	if u.benefits && len(s.Benefits) == 0 {
		s.Benefits = slices.Clone(Benefits)
	}
	if !u.window {
		return s
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
	return s
}

// NeedsJobs tells whether the outcome looks at main jobs: the register must have been read with Options.Jobs.
func (s Spec) NeedsJobs() bool {
	return s.SameEmployer || len(s.Employer) > 0 || len(s.Sector) > 0 || len(s.Contract) > 0 || len(s.Industry) > 0
}

// Validate tells what is wrong with a spec, as a usage error that names the key; defaults need not be written out.
func (s Spec) Validate() error {
	if !idPattern.MatchString(s.ID) {
		return fault.Usagef("outcome_id", "outcome `id: %s` must be 1 to 40 of a-z, 0-9 and _", s.ID)
	}
	fail := func(code, format string, args ...any) error {
		return fault.Usagef("outcome_"+code, "outcome `%s`: %s", s.ID, fmt.Sprintf(format, args...))
	}
	u, ok := useOf(s.Kind)
	switch {
	case s.Kind == "":
		return fail("kind", "`kind` is missing (%s)", strings.Join(Kinds(), ", "))
	case !ok:
		return fail("kind", "`kind: %s` is not known%s; the kinds are %s", s.Kind, fault.Suggest(string(s.Kind), Kinds()), strings.Join(Kinds(), ", "))
	}
	for _, k := range []struct {
		key         string
		given, goes bool
	}{
		{"position", s.Position != 0, u.position != 0}, {"terms", s.Terms != "", u.terms != ""},
		{"months", s.Months != 0, u.window}, {"of", s.Of != 0, u.window}, {"gap", s.Gap != nil, u.window}, {"mode", s.Mode != "", u.window},
		{"times_g", s.TimesG != 0, u.timesG != 0}, {"after", s.After != 0, u.after != 0}, {"conditional", s.Conditional, u.cond},
		{"same_employer", s.SameEmployer, u.cond}, {"sector", len(s.Sector) != 0, u.jobs}, {"contract", len(s.Contract) != 0, u.jobs}, {"industry", len(s.Industry) != 0, u.jobs},
		{"employer", len(s.Employer) != 0, u.jobs}, {"parts", s.Parts != nil, u.kind == Work},
		{"benefits", len(s.Benefits) != 0, u.benefits}, {"price_year", s.PriceYear != 0, u.price},
	} {
		if k.given && !k.goes {
			return fail(k.key, "`%s` does not apply to %s; leave it out", k.key, s.Kind)
		}
	}
	return s.Resolved().validateValues(u, fail)
}

// ValidateAlone is Validate of an outcome that cannot have parts, such as a rival definition.
func (s Spec) ValidateAlone() error {
	if s.Parts != nil {
		return fault.Usagef("outcome_parts", "outcome `%s` has `parts`, which the `outcomes` of a study alone can have; write the parts as outcomes of their own", s.ID)
	}
	return s.Validate()
}

// validateValues checks the values of a resolved spec.
func (s Spec) validateValues(u use, fail func(code, format string, args ...any) error) error {
	hundredths := s.Position * 100
	switch {
	case u.position != 0 && (!(s.Position > 0 && s.Position <= 100) || math.Abs(hundredths-math.Round(hundredths)) > 1e-9):
		return fail("position", "`position: %v` must be over 0 and at most 100 percent, with two decimals at most", s.Position)
	case u.position != 0 && s.Position < 1 && s.Position != anyPosition: // the panel tells positions that small apart, but a share taken for percent is the likelier
		return fail("position", "`position: %v` is in percent of full time, and under one percent (only %v, any position at all, is taken there); if a share is meant, write %v", s.Position, anyPosition, math.Round(s.Position*1e4)/100)
	case u.terms != "" && s.Terms != Ordinary && s.Terms != AllTerms && s.Terms != TiltakTerms:
		return fail("terms", "`terms: %s` is not known (ordinary, all or tiltak)", s.Terms)
	case s.Terms == TiltakTerms && !u.jobs && !u.price:
		return fail("terms", "`terms: tiltak` is for work, stable_work and earnings; use ordinary or all")
	case u.timesG != 0 && !(s.TimesG > 0 && s.TimesG <= 100):
		return fail("times_g", "`times_g: %v` must be over 0 and at most 100", s.TimesG)
	case u.after != 0 && (s.After < 1 || s.After > maxOf):
		return fail("after", "`after: %d` must be 1 to %d months", s.After, maxOf)
	case s.Kind == ExitToWork && s.After < 2:
		return fail("after", "`after: %d` must be at least 2: an exit is known two months after it", s.After)
	case s.PriceYear != 0 && (s.PriceYear < 1900 || s.PriceYear > 2200):
		return fail("price_year", "`price_year: %d` is not a year", s.PriceYear)
	}
	for i, b := range s.Benefits {
		if _, ok := benefitBits[b]; !ok {
			return fail("benefits", "`benefits: %s` is not known%s; they are %s", b, fault.Suggest(b, Benefits), strings.Join(Benefits, ", "))
		}
		if slices.Contains(s.Benefits[:i], b) {
			return fail("benefits", "`benefits` names %s twice", b)
		}
	}
	for _, list := range []struct {
		key    string
		values []string
	}{{"sector", s.Sector}, {"contract", s.Contract}, {"industry", s.Industry}} {
		if n := countExcept(list.values); n > 0 && n < len(list.values) {
			return fail(list.key, "`%s` both takes values and leaves out some; `-x` takes every known value but x, and stands with its like alone", list.key)
		}
	}
	for _, v := range s.Employer {
		if !slices.Contains(Employers, v) {
			return fail("employer", "`employer: %s` is not known%s; it is of %s", v, fault.Suggest(v, Employers), strings.Join(Employers, ", "))
		}
	}
	if !u.window {
		return nil
	}
	switch {
	case s.Months < 1 || s.Of < 1 || s.Of > maxOf:
		return fail("window", "`months` and `of` must be 1 to %d", maxOf)
	case s.Months > s.Of:
		return fail("window", "`months: %d` cannot exceed `of: %d`", s.Months, s.Of)
	case *s.Gap < 0:
		return fail("gap", "`gap: %d` cannot be negative", *s.Gap)
	case *s.Gap == 0 && s.Months < s.Of:
		return fail("gap", "`gap: 0` allows no month out of work, which makes it %d of %d months; leave `gap` out or let `months` equal `of`", s.Of, s.Of)
	case s.Mode != Status && s.Mode != Entered:
		return fail("mode", "`mode: %s` is not known (status or entered)", s.Mode)
	}
	return nil
}
