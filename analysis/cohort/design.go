package cohort

import (
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Eligible says what keeps a person in the risk set.
type Eligible string

// The kinds of risk sets.
const (
	ByRegistration Eligible = "registered" // registered as jobseeker
	ByBenefit      Eligible = "benefit"    // dagpenger, AAP, uføretrygd or sosialhjelp in the month
	ByEither       Eligible = "either"
)

// Design is the cohort part of a study. Every field changes the estimand, except PerTreated, KeepAllUnder and Seed,
// which change only the precision.
type Design struct {
	AgeMin, AgeMax int            // years on the first day of m, both included
	From, To       calendar.Month // first and last m
	Eligible       Eligible
	WashoutAny     int      // months before m without a start of any tiltak
	WashoutSame    int      // months before m without a start of the same tiltak
	Tiltak         []string // codes; nil: all in the register
	Groups         []string // target groups by id; `a*b` is the intersection of two
	Covariates     []string // nil: the default set; otherwise what covariatelist.go reads
	Pairs          bool     // all intersections of two of Groups besides
	// Define are groups of the study's own, by id; they win over the catalogue's.
	Define map[string]Definition
	// Catalog defines the other groups; nil is the embedded one.
	Catalog *catalog.Catalog
	// LaterGroups leaves the check of the groups to Build, where the user's catalogue is known.
	LaterGroups  bool
	PerTreated   int           // comparison rows sampled per treated row and stratum; 0: all
	KeepAllUnder int           // tiltak × group cells with fewer treated keep all rows (default 2,000)
	Horizon      int           // months after m
	FollowUp     int           // months after m that must lie before the cut; at least Horizon
	Against      Against       // who the comparison is; default NotNow
	Others       []string      // for the comparison Other: tiltak codes
	Combinations []Combination // treatments of several tiltak; Tiltak lists their ids
	Elapsed      [2]int        // first and last month of the episode in which a row may stand, counted from 1; {0, 0}: all
	After        *AfterLink    // only those with such a first link; nil: everybody
	Referral     bool          // time zero is the month of the referral, not of the start (intention to treat)
	Censor       bool          // comparison rows leave at their first later start (Censoring); otherwise both arms are followed as it comes
	WaitUntil    int           // with Censor: from this month of the row's episode on later starts are as they come; 0: they never are
	StartBy      int           // with WaitUntil: whoever is still in the episode starts the row's own tiltak in a month WaitUntil … StartBy of it (lateStarts); 0: or not, as it comes
	Seed         uint64
	Workers      int

	// IgnoreStartDay turns the start-day rule off. It exists to show what the rule is for and is no choice of a study.
	IgnoreStartDay bool
}

// Validate says what is wrong with a design, in terms of the study file.
func (d *Design) Validate() error {
	switch {
	case d.AgeMin < 0 || d.AgeMax < d.AgeMin:
		return fault.Usagef("bad_study", "`population.age` must be [lowest, highest], not [%d, %d]", d.AgeMin, d.AgeMax)
	case d.AgeMax > 66:
		return fault.Usagef("bad_study", "`population.age` ends at %d; people of 67 and over are not evaluated (66 at most)", d.AgeMax)
	case d.To < d.From:
		return fault.Usagef("bad_study", "`population.to` (%s) lies before `population.from` (%s)", d.To, d.From)
	case d.WashoutAny < 0 || d.WashoutSame < 0:
		return fault.Usagef("bad_study", "`population.washout` counts months and cannot be negative")
	case d.PerTreated < 0:
		return fault.Usagef("bad_study", "`comparison.per_treated` must be 1 or more, or 0 for all rows")
	case d.Horizon < 1:
		return fault.Usagef("bad_study", "`horizon` must be at least 1 month")
	case len(d.Groups) == 0:
		return fault.Usagef("bad_study", "`groups` is empty; name at least one, such as alle")
	}
	switch d.Eligible {
	case ByRegistration, ByBenefit, ByEither:
	default:
		return fault.Usagef("bad_study", "`population.eligible` is registered, benefit or either, not `%s`", d.Eligible)
	}
	if err := d.validateAgainst(); err != nil {
		return err
	}
	if _, err := d.checkCovariates(); err != nil {
		return err
	}
	if e := d.Elapsed; e != [2]int{} && (e[0] < 1 || e[1] < e[0]) {
		return fault.Usagef("bad_study", "`population.elapsed` is [first, last] month of the episode, counted from 1 in the month it begins, not [%d, %d]", e[0], e[1])
	}
	if d.After != nil {
		if err := d.After.validate(d); err != nil {
			return err
		}
	}
	if d.LaterGroups {
		return nil
	}
	_, err := d.compile()
	return err
}

// Mask is a set of the groups of a study: bit i is group i.
type Mask uint64

// maxGroups is the width of a Mask.
const maxGroups = 64

// Bands are the strata of elapsed duration: the first month of each, counted from 1 in the month the episode began.
var Bands = []int{1, 2, 3, 4, 7, 13, 25}

// BandNames name the strata of elapsed duration.
var BandNames = []string{"1", "2", "3", "4-6", "7-12", "13-24", "25+"}

// Band is the index of the stratum of elapsed duration; elapsed ≥ 1.
func Band(elapsed int) int {
	b := len(Bands) - 1
	for b > 0 && elapsed < Bands[b] {
		b--
	}
	return b
}
