package analysis

import (
	"math"
	"regexp"
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Study is a study file (CONTRACT.md, "The study"), with the defaults filled in once Resolve has run. A key
// or a word that nothing serves is refused by name, so that a study never runs as something else than it says.
type Study struct {
	Study            string                     `yaml:"study" json:"study"`
	Title            localText                  `yaml:"title" json:"title"`
	Data             Data                       `yaml:"data" json:"data"`
	Population       Population                 `yaml:"population" json:"population"`
	TimeZero         string                     `yaml:"time_zero" json:"time_zero"`
	Tiltak           treatments                 `yaml:"tiltak" json:"tiltak"`
	Groups           []string                   `yaml:"groups" json:"groups"`
	Pairs            string                     `yaml:"pairs" json:"pairs"`
	GroupDefinitions map[string]GroupDefinition `yaml:"group_definitions" json:"group_definitions,omitempty"`
	Comparison       Comparison                 `yaml:"comparison" json:"comparison"`
	Outcomes         []outcome.Spec             `yaml:"outcomes" json:"outcomes"`
	Horizon          int                        `yaml:"horizon" json:"horizon"`
	Windows          []Window                   `yaml:"windows" json:"windows,omitempty"`
	PreEffects       int                        `yaml:"pre_effects" json:"pre_effects,omitempty"` // months before the start to compare; 0: none
	Design           *Randomised                `yaml:"design" json:"design,omitempty"`           // chance decided
	Reforms          []Reform                   `yaml:"reforms" json:"reforms,omitempty"`
	Covariates       names                      `yaml:"covariates" json:"covariates"`
	Methods          []Method                   `yaml:"methods" json:"methods"`
	Placebo          Placebo                    `yaml:"placebo" json:"placebo"`
	Sensitivity      string                     `yaml:"sensitivity" json:"sensitivity"` // full (default), bounds or none
	Score            string                     `yaml:"score" json:"score"`             // tiltak-group (default): a score for each cell; tiltak: one for all groups
	Cost             Cost                       `yaml:"cost" json:"cost"`
	Robustness       *Robustness                `yaml:"robustness" json:"robustness,omitempty"`
	Portfolio        *Portfolio                 `yaml:"portfolio" json:"portfolio,omitempty"`
	Heterogeneity    *Heterogeneity             `yaml:"heterogeneity" json:"heterogeneity,omitempty"`
	Chains           Chains                     `yaml:"chains" json:"chains"`
	Exits            Exits                      `yaml:"exits" json:"exits"`
	Inference        Inference                  `yaml:"inference" json:"inference"`
	Disclosure       Disclosure                 `yaml:"disclosure" json:"disclosure"`
	Notes            Notes                      `yaml:"notes" json:"notes"`
	Seed             *uint64                    `yaml:"seed" json:"seed"`
	Plan             string                     `yaml:"plan" json:"-"` // file of a registered plan; its content is an input

	// Descriptive are the outcomes among those in work only, which Resolve takes out of Outcomes.
	Descriptive []DescriptiveOutcome `yaml:"-" json:"descriptive,omitempty"`

	given studyText // the file it was read from, for messages

	// What no study file can say: for experiments on simulated registers alone.
	IgnoreStart bool  `yaml:"-" json:"ignore_start_day,omitempty"` // turns the start-day rule off
	OnlyMonths  []int `yaml:"-" json:"only_months,omitempty"`      // months to estimate; nil: all
	// WithPlacebos makes the placebos also where OnlyMonths is set.
	WithPlacebos bool `yaml:"-" json:"with_placebos,omitempty"`
	// FiguresOnly makes the estimates and nothing beside them.
	FiguresOnly bool `yaml:"-" json:"figures_only,omitempty"`
}

// Data says where the register is. Paths are relative to the study file and are no part of the run id: contents are.
type Data struct {
	Register string          `yaml:"register" json:"-"`
	Mapping  string          `yaml:"mapping" json:"-"`
	Catalog  string          `yaml:"catalog" json:"-"`
	Encoding string          `yaml:"encoding" json:"encoding,omitempty"` // of CSV: "" is UTF-8, or latin1
	Cut      *calendar.Month `yaml:"cut" json:"cut"`
	First    *calendar.Month `yaml:"first" json:"first,omitempty"` // first month of the panel; default: the first in maaned
	AsOf     *calendar.Date  `yaml:"as_of" json:"as_of,omitempty"` // the day whose knowledge is wanted; default: all there is
	Rules    Rules           `yaml:"rules" json:"rules"`
}

// Population is who can be in the risk set, and when.
type Population struct {
	Age      []int           `yaml:"age" json:"age"`
	From     *calendar.Month `yaml:"from" json:"from"`
	To       *calendar.Month `yaml:"to" json:"to"`
	Eligible cohort.Eligible `yaml:"eligible" json:"eligible"`
	Washout  Washout         `yaml:"washout" json:"washout"`
	Elapsed  []int           `yaml:"elapsed" json:"elapsed,omitempty"` // first and last month of the episode, from 1; nil: all
	Chain    *AfterChain     `yaml:"chain" json:"chain,omitempty"`     // only those with such a first link
}

// Comparison is against whom.
type Comparison struct {
	Against    string `yaml:"against" json:"against"`
	LaterEntry string `yaml:"later_entry" json:"later_entry"`
	PerTreated *int   `yaml:"per_treated" json:"per_treated"`
	// AllUnder is the number of treated under which a tiltak × group keeps every comparison row; default 2,000.
	AllUnder *int `yaml:"all_under" json:"all_under,omitempty"`
	// Truncate is the quantile at which the weights of `later_entry: censor` are cut; default 0.995, 1: not.
	Truncate *float64 `yaml:"truncate" json:"truncate,omitempty"`
	// WaitUntil is the month of the episode from which on later starts are as they come; 0: with censor never.
	WaitUntil int `yaml:"wait_until" json:"wait_until,omitempty"`
	// StartBy is the month by which those who wait and are still in the episode start the tiltak; 0: or not, as it comes.
	StartBy int `yaml:"start_by" json:"start_by,omitempty"`
}

// allUnder is AllUnder as the cohort takes it: 0 is its default.
func (c *Comparison) allUnder() int {
	if c.AllUnder == nil {
		return 0
	}
	return *c.AllUnder
}

// Cost is how participation is priced.
type Cost struct {
	PriceYear    int      `yaml:"price_year" json:"price_year"`
	Perspectives []string `yaml:"perspectives" json:"perspectives,omitempty"`
	CostEffect   `yaml:",inline"`
}

// Exits is what death, emigration and age 67 do to an outcome.
type Exits struct {
	Death      string `yaml:"death" json:"death"`
	Emigration string `yaml:"emigration" json:"emigration"`
	Age67      string `yaml:"age67" json:"age67"`
}

// Inference is the level and what is corrected for looking at many figures.
type Inference struct {
	Level        float64 `yaml:"level" json:"level"`
	Multiplicity string  `yaml:"multiplicity" json:"multiplicity"`
	Family       *Family `yaml:"family" json:"family"`
	// Cluster is what errors are summed by: person (default), nav_enhet or fylke.
	Cluster string `yaml:"cluster" json:"cluster,omitempty"`
}

// Family is the set of figures over which p-values are adjusted: those that differ in the keys of Over alone. Outcome, month
// and method are fixed where the family does not run over them; without tiltak or group in Over there is one family for
// each of them.
type Family struct {
	Outcome string   `yaml:"outcome" json:"outcome"`
	Month   int      `yaml:"month" json:"month"`
	Method  string   `yaml:"method" json:"method"`
	Over    []string `yaml:"over" json:"over"`
}

// Disclosure is the limit under which a cell is suppressed.
type Disclosure struct {
	MinCell *int `yaml:"min_cell" json:"min_cell"`
	Round   int  `yaml:"round" json:"round,omitempty"` // counts go out rounded to the nearest; 0: as they are
}

// Notes are the researcher's own words, printed beside the generated ones.
type Notes struct {
	Question    localText `yaml:"question" json:"question"`
	Limitations localText `yaml:"limitations" json:"limitations"`
}

// unset marks a number that a study file does not give, where 0 would be a mistake.
const unset = -1 << 30

var studyName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// The words that a study chooses among.
const (
	againstNotNow    = "not-now"
	laterEntryFollow = "follow"
	laterEntryCensor = "censor"
	timeZeroStart    = "start"
	timeZeroReferral = "referral"
	holm             = "holm"
	noCorrection     = "none"
)

// Resolve fills in the defaults and says what is wrong, as a fault of usage that names the key.
func (s *Study) Resolve() error {
	if s.Study == "" {
		return fault.Usagef("bad_study", "`study` is missing; give it a name of 1 to 40 of a-z, 0-9 and -, after which the folder of its runs is called")
	}
	if !studyName.MatchString(s.Study) {
		return fault.Usagef("bad_study", "`study: %s` must be 1 to 40 of a-z, 0-9 and -: it names a folder", s.Study)
	}
	if s.Title.NB == "" && s.Title.EN == "" {
		s.Title = localText{NB: s.Study, EN: s.Study}
	}
	if s.Data.Register == "" {
		return fault.Usagef("bad_study", "`data.register` is missing; name the folder with person, deltakelse, arbeidssoker and maaned")
	}
	var known bool
	if s.Data.Encoding, known = datasets.Encoding(s.Data.Encoding); !known {
		return fault.Usagef("bad_study", "`data.encoding: %s` is not known; it is utf-8 or latin1", s.Data.Encoding)
	}
	if s.Population.Age == nil {
		s.Population.Age = []int{18, 66}
	}
	if len(s.Population.Age) != 2 {
		return fault.Usagef("bad_study", "`population.age` must be [lowest, highest]")
	}
	if s.Population.From == nil || s.Population.To == nil {
		return fault.Usagef("bad_study", "`population.from` and `population.to` are the first and last month of starts (such as 2018-01); both are needed")
	}
	if s.Population.Eligible == "" {
		s.Population.Eligible = cohort.ByRegistration
	}
	if !s.Population.Washout.set {
		s.Population.Washout = Washout{Same: 6, set: true}
	}
	if s.Groups == nil {
		s.Groups = []string{"alle"}
	}
	if s.Horizon == unset {
		s.Horizon = 36
	}
	if s.Horizon < 1 || s.Horizon > 180 {
		return fault.Usagef("bad_study", "`horizon` is a number of months from 1 to 180, not %d", s.Horizon)
	}
	if k, e := s.Comparison.WaitUntil, s.Population.Elapsed; k > 0 && len(e) == 2 && k-1-e[1] >= s.Horizon {
		return fault.Usagef("bad_study", "`comparison.wait_until: %d` lies after all months that are followed (horizon %d): nobody is compared with waiting and then starting; leave it out, or follow longer", k, s.Horizon)
	}
	if s.Seed == nil {
		one := uint64(1)
		s.Seed = &one
	}
	for _, step := range []func() error{
		s.resolveData,
		s.resolveGroups,
		s.resolveChoices,
		s.resolveWindows,
		s.resolvePreEffects,
		s.resolveReforms,
		s.resolveDesign,
		s.resolveOutcomes,
		s.resolveMethods,
		s.resolveInference,
		s.resolveRobustness,
		s.resolveHeterogeneity,
		s.resolveCluster,
		s.resolvePortfolio,
		s.resolvePlacebo,
		s.resolveSensitivity,
		s.Chains.resolve,
		s.Population.Chain.resolve,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	d := s.design()
	return d.Validate()
}

// resolveChoices checks the words that a study chooses among.
func (s *Study) resolveChoices() error {
	for _, c := range []struct {
		key   string
		value *string
		words []string
		why   string
	}{
		{"exits.death", &s.Exits.Death, []string{"zero", "censor"}, ""},
		{"exits.emigration", &s.Exits.Emigration, []string{"censor", "zero"}, ""},
		{"exits.age67", &s.Exits.Age67, []string{"ineligible"}, ": who turns 67 before the horizon is left out"},
	} {
		switch {
		case *c.value == "":
			*c.value = c.words[0]
		case !slices.Contains(c.words, *c.value):
			return fault.Usagef("bad_study", "`%s: %s` is not known%s; it is %s%s", c.key, *c.value, fault.Suggest(*c.value, c.words), inWords(c.words), c.why)
		}
	}
	switch s.TimeZero {
	case "":
		s.TimeZero = timeZeroStart
	case timeZeroStart, timeZeroReferral:
	default:
		return fault.Usagef("bad_study", "`time_zero: %s` is not known%s; it is start or referral", s.TimeZero, fault.Suggest(s.TimeZero, []string{timeZeroStart, timeZeroReferral}))
	}
	for _, step := range []func() error{s.resolveAgainst, s.resolveLaterEntry, s.resolveElapsed} {
		if err := step(); err != nil {
			return err
		}
	}
	if s.Comparison.PerTreated == nil {
		twenty := 20
		s.Comparison.PerTreated = &twenty
	}
	if *s.Comparison.PerTreated < 0 {
		return fault.Usagef("bad_study", "`comparison.per_treated` is the number of comparison rows sampled a treated one; 0 keeps all")
	}
	if n := s.Comparison.AllUnder; n != nil && *n < 1 {
		return fault.Usagef("bad_study", "`comparison.all_under: %d` is the number of treated under which a tiltak and group keeps every comparison row; it is 1 or more", *n)
	}
	if err := s.Cost.resolve(); err != nil {
		return err
	}
	if y := s.Cost.PriceYear; y != 0 && (y < 1980 || y > 2100) {
		return fault.Usagef("bad_study", "`cost.price_year: %d` is not a year", y)
	}
	if s.Disclosure.MinCell == nil {
		five := 5
		s.Disclosure.MinCell = &five
	}
	if *s.Disclosure.MinCell < 3 {
		return fault.Usagef("bad_study", "`disclosure.min_cell` must be at least 3: smaller cells identify people")
	}
	if n, least := s.Disclosure.Round, *s.Disclosure.MinCell; n != 0 && (n < least || n > 2*least) {
		return fault.Usagef("bad_study", "`disclosure.round: %d` must be 0 (counts go out as they are) or from min_cell (%d) to twice that (%d): under it the difference of two rounded counts could be a small cell, over it a count that may be shown would be rounded to none", n, least, 2*least)
	}
	return nil
}

// resolveOutcomes fills in the default pair: never one definition alone.
func (s *Study) resolveOutcomes() error {
	if s.Outcomes == nil {
		s.Outcomes = []outcome.Spec{
			{ID: "stabilt_arbeid", Kind: outcome.StableWork, Position: 50, Months: 6, Of: 6},
			{ID: "arbeid", Kind: outcome.Work, Position: 1},
			{ID: "lonn", Kind: outcome.Earnings},
		}
	}
	if len(s.Outcomes) == 0 {
		return fault.Usagef("bad_study", "`outcomes` is empty; name at least one, or leave the key out for the default ones")
	}
	var all []outcome.Spec
	for _, o := range s.Outcomes {
		if err := o.Validate(); err != nil {
			return err
		}
		parts, err := o.Expand()
		if err != nil {
			return err
		}
		all = append(all, parts...)
	}
	s.Outcomes = all
	seen := map[string]bool{}
	for i := range s.Outcomes {
		if err := s.Outcomes[i].Validate(); err != nil {
			return err
		}
		s.Outcomes[i] = s.Outcomes[i].Resolved()
		if s.Outcomes[i].Kind == outcome.Earnings && s.Outcomes[i].PriceYear == 0 {
			s.Outcomes[i].PriceYear = s.Cost.PriceYear // 0: the year of the cut, decided when the register is known
		}
		if seen[s.Outcomes[i].ID] {
			return fault.Usagef("bad_study", "`outcomes` has two with the id `%s`", s.Outcomes[i].ID)
		}
		seen[s.Outcomes[i].ID] = true
	}
	return s.splitDescriptive()
}

func (s *Study) resolveMethods() error {
	if s.Methods == nil {
		s.Methods = []Method{{Name: nearest}, {Name: ebal}, {Name: didMethod}}
	}
	if len(s.Methods) == 0 {
		return fault.Usagef("bad_study", "`methods` is empty; name at least one, or leave the key out for the default ones")
	}
	if s.Score == "" {
		s.Score = scorePerCell
	}
	if s.Score != scorePerCell && s.Score != scorePerTiltak {
		return fault.Usagef("bad_study", "`score: %s` is not known; it is tiltak-group (a propensity score for each tiltak and group) or tiltak (one for all groups of a tiltak)", s.Score)
	}
	seen := map[string]bool{}
	for i := range s.Methods {
		if err := s.Methods[i].resolve(); err != nil {
			return err
		}
		if err := s.goesWithScore(&s.Methods[i]); err != nil {
			return err
		}
		if id := s.Methods[i].ID; seen[id] {
			return fault.Usagef("bad_study", "`methods` has two called `%s`; give one of them an `id`", id)
		} else {
			seen[id] = true
		}
	}
	return nil
}

// goesWithScore refuses a method that `score: tiltak` has no score for.
func (s *Study) goesWithScore(m *Method) error {
	if s.Score == scorePerTiltak && (m.Name == aipw || m.Name == cbps && m.Estimand == "ate" || m.scored() && len(m.Covariates) > 0 || m.Distance == "probit") {
		return fault.Usagef("bad_study", "`score: tiltak` does not go with %s: aipw, cbps for the ate, `distance: probit` and `covariates` of a method ask for a score of their own; use `score: tiltak-group`", m.ID)
	}
	return nil
}

func (s *Study) resolveInference() error {
	in := &s.Inference
	if in.Level == 0 {
		in.Level = 0.95
	}
	if in.Level > 50 && in.Level < 100 {
		return fault.Usagef("bad_study", "`inference.level: %v` is a share, not percent; write %v", in.Level, math.Round(in.Level*1e6)/1e8)
	}
	if !(in.Level > 0.5 && in.Level < 1) {
		return fault.Usagef("bad_study", "`inference.level: %v` must lie between 0.5 and 1, such as 0.95", in.Level)
	}
	if in.Multiplicity == "" {
		in.Multiplicity = holm
	}
	if served := []string{holm, benjaminiHochberg, simultaneous, noCorrection}; !slices.Contains(served, in.Multiplicity) {
		return fault.Usagef("bad_study", "`inference.multiplicity: %s` is not known; it is holm, bh, simultaneous or none%s", in.Multiplicity, fault.Suggest(in.Multiplicity, served))
	}
	return s.resolveFamily()
}

// design is the cohort part of the study.
func (s *Study) design() cohort.Design {
	who, others := s.Comparison.who()
	return cohort.Design{
		AgeMin: s.Population.Age[0], AgeMax: s.Population.Age[1], From: *s.Population.From, To: *s.Population.To,
		Eligible: s.Population.Eligible, WashoutAny: s.Population.Washout.Any, WashoutSame: s.Population.Washout.Same,
		Tiltak: s.Tiltak.IDs, Combinations: s.Tiltak.Combinations, Against: who, Others: others, Referral: s.TimeZero == timeZeroReferral, Elapsed: s.elapsed(), Groups: s.Groups, PerTreated: *s.Comparison.PerTreated, KeepAllUnder: s.Comparison.allUnder(), Horizon: s.Horizon, Seed: *s.Seed,
		Censor: s.Comparison.LaterEntry == laterEntryCensor, WaitUntil: s.Comparison.WaitUntil, StartBy: s.Comparison.StartBy, IgnoreStartDay: s.IgnoreStart,
		Pairs: s.Pairs == allPairs, Define: s.define(), LaterGroups: s.Data.Catalog != "", Covariates: s.Covariates,
		After: s.Population.Chain.design(),
	}
}

// canonical is the resolved study as canonical JSON: what the run id is made of. Paths and comments are no part of it.
func (s *Study) canonical() ([]byte, error) {
	return results.Canonical(s)
}
