package register

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Options are how a register is read. The zero value works.
type Options struct {
	// Catalog says what codes and statuses mean; nil is catalog.Default().
	Catalog *catalog.Catalog
	// Cut is the last month with complete data; 0 is the last month in maaned. Later rows of maaned are dropped, later
	// starts too, and what goes on at the cut is open.
	Cut calendar.Month
	// First is the first month of the panel; 0 is the first month in maaned. Earlier rows are dropped.
	First calendar.Month
	// AsOf is the day whose knowledge is wanted; 0 is all there is. Rows of deltakelse registered later are dropped, of
	// several versions of a row the last one changed by then is used, part-time changes entered later are dropped, and
	// an end after the day is open. Tables without registration dates cannot be taken back.
	AsOf calendar.Date
	// Workers is how many processors to use; under 1 is all. It changes nothing but the time.
	Workers int
	// Rules are the parameters of the rules.
	Rules Rules
	// Mapping renames and drops columns and translates codes of the files of a folder; nil is none. Tables in memory
	// have their final names.
	Mapping *datasets.Mapping
	// Encoding of CSV files: "" (UTF-8) or "latin1".
	Encoding string
	// Jobs asks for the main job of each month (Panel.Jobs), which takes another 8 bytes a person-month and 14 while it is
	// read, and one more pass over its columns.
	Jobs bool
	// Extra are further columns of person and person_historikk to read, as `person.NAME` and `person_historikk.NAME`: those
	// that a study names, and no others.
	Extra []ExtraColumn
	// Memory is the largest size of the panel in bytes; 0 is no limit. A larger one is refused before maaned is read.
	Memory int64
	// Progress, where it is not nil, is told how many rows of the table of months have been read, of how many (total 0:
	// not known). It may be called from several goroutines.
	Progress func(done, total float64, what string)
	// NoInputs leaves Register.Inputs empty: hashing reads every byte of every file, also of columns that are not used.
	NoInputs bool
}

// Rules are the parameters of the rules that clean a register; the zero value is the default of each. A study file may hold
// them, with the keys of the tags.
type Rules struct {
	// MaxStrangers is the largest share of the rows of a table whose person is not in person before the register is
	// refused; under it they are dropped and counted. Default 0.05; negative refuses any.
	MaxStrangers float64 `yaml:"max_strangers,omitempty" json:"max_strangers,omitempty"`
	// MergeGap is the number of days without participation between two spells of the same tiltak that still make one
	// spell: a re-enrolment, not a new start. Default 0: they are merged where they overlap or the second begins the
	// day after the first ends; at −1 only where they overlap.
	MergeGap int `yaml:"merge_gap,omitempty" json:"merge_gap,omitempty"`
	// KeepDuplicates leaves rows with the person, tiltak and dates of another to the rule for overlaps, which joins them and
	// adds up their costs: for an extract in which two such rows are two parts of one bill. By default one of them is dropped.
	KeepDuplicates bool `yaml:"keep_duplicates,omitempty" json:"keep_duplicates,omitempty"`
	// MinDays drops participations of fewer days, first and last included, after spells have been joined: people who were
	// enrolled and never came. Default 0: none is dropped, and those of a day are counted.
	MinDays int `yaml:"min_days,omitempty" json:"min_days,omitempty"`
	// MonthEnds drops participations that are under way on no last day of a month, which statistics of month-end snapshots
	// never see. Default: they stay and are counted.
	MonthEnds bool `yaml:"month_ends,omitempty" json:"month_ends,omitempty"`
	// PartTimeMissing is the percent that a missing `deltidsprosent` counts as, over 0 to 100. Default 0: it stays unknown,
	// and the price of the participation counts it as 100 and says so.
	PartTimeMissing float64 `yaml:"part_time_missing,omitempty" json:"part_time_missing,omitempty"`
	// ConvertShares multiplies `deltidsprosent`, `lonnstilskudd_prosent` and `prosent` of deltakelsesmengde by 100 where all
	// their values are shares (0–1). By default such a column is refused.
	ConvertShares bool `yaml:"convert_shares,omitempty" json:"convert_shares,omitempty"`
	// KeepUnmarked lets work during a tiltak that pays wages count as ordinary where the wage is not marked as paid through
	// it. By default it does not: see the rule tiltak_wage_overlap.
	KeepUnmarked bool `yaml:"keep_unmarked,omitempty" json:"keep_unmarked,omitempty"`
	// OpenPastMax says what becomes of participations that are open at the cut and have lasted longer than the rules
	// allow anybody (catalog.MaxMonths): at 0, the default, they are counted and stay open; at n > 0 those that are n
	// months past the maximum end on its last day; what the register has forgotten to close is no participation.
	OpenPastMax int `yaml:"open_past_max,omitempty" json:"open_past_max,omitempty"`
	// KeepCounties leaves the codes of `fylke` as they are. By default codes from before and after the reforms of 2018,
	// 2020 and 2024 that stand side by side are made one division: see reformCounties.
	KeepCounties bool `yaml:"keep_counties,omitempty" json:"keep_counties,omitempty"`
	// JobDay is the day of the month on which an employment spell of `arbeidsforhold` counts in the month, 1–28;
	// default 16, the reference day of SSB's monthly statistics.
	JobDay int `yaml:"job_day,omitempty" json:"job_day,omitempty"`
	// RegistrationGap is the number of days between two registrations of the same status and effort group that still make
	// one spell; default 0: they are joined where they overlap or the second begins the day after the first ends.
	RegistrationGap int `yaml:"registration_gap,omitempty" json:"registration_gap,omitempty"`
	// MaxBad is the largest share of values of a column of dates or months that may be impossible (2021-02-30, year
	// 0204) before the column is taken to be of the wrong type and refused. Default 0.05; negative refuses any.
	MaxBad float64 `yaml:"max_bad,omitempty" json:"max_bad,omitempty"`
	// MaxAge is the age in years above which nobody can be in the first month: a person older than that in all months, or born after
	// the cut, has an impossible year of birth, which counts as unknown. Default 120.
	MaxAge int `yaml:"max_age,omitempty" json:"max_age,omitempty"`
}

// Validate tells which parameter is out of its range, as a usage error that names the key.
func (r Rules) Validate() error {
	switch {
	case math.IsNaN(r.MaxStrangers) || r.MaxStrangers > 1:
		return fault.Usagef("rules", "`max_strangers: %v` must be a share, at most 1 (negative: none)", r.MaxStrangers)
	case math.IsNaN(r.MaxBad) || r.MaxBad > 1:
		return fault.Usagef("rules", "`max_bad: %v` must be a share, at most 1 (negative: none)", r.MaxBad)
	case r.MergeGap < -1 || r.MergeGap > 3660:
		return fault.Usagef("rules", "`merge_gap: %d` must be 0 to 3660 days, or -1 to join spells that overlap alone", r.MergeGap)
	case r.MinDays < 0 || r.MinDays > 366:
		return fault.Usagef("rules", "`min_days: %d` must be 0 to 366 days", r.MinDays)
	case !(r.PartTimeMissing >= 0 && r.PartTimeMissing <= 100):
		return fault.Usagef("rules", "`part_time_missing: %v` must be a percent, over 0 to 100 (0: it stays unknown)", r.PartTimeMissing)
	case r.RegistrationGap < 0 || r.RegistrationGap > 3660:
		return fault.Usagef("rules", "`registration_gap: %d` must be 0 to 3660 days", r.RegistrationGap)
	case r.OpenPastMax < 0 || r.OpenPastMax > 1200:
		return fault.Usagef("rules", "`open_past_max: %d` must be 0 to 1200 months", r.OpenPastMax)
	case r.MaxAge < 0 || r.MaxAge > 250 || r.MaxAge > 0 && r.MaxAge < 67:
		return fault.Usagef("rules", "`max_age: %d` must be 67 to 250 years", r.MaxAge)
	case r.JobDay < 0 || r.JobDay > 28:
		return fault.Usagef("rules", "`job_day: %d` must be a day of the month, 1 to 28", r.JobDay)
	}
	return nil
}

func (r Rules) maxStrangers() float64 {
	if r.MaxStrangers == 0 {
		return 0.05
	}
	return max(r.MaxStrangers, 0)
}

func (r Rules) maxBad() float64 {
	if r.MaxBad == 0 {
		return 0.05
	}
	return max(r.MaxBad, 0)
}

func (r Rules) maxAge() int {
	if r.MaxAge == 0 {
		return 120
	}
	return r.MaxAge
}

// tableSpec is what a table must and may have (CONTRACT.md).
type tableSpec struct {
	name     string
	needed   bool
	required []string
	optional []string // further columns that are read where they are
}

// specs are the tables that are read, in their order. maaned may be left out where arbeidsforhold or inntekt is there.
var specs = []tableSpec{
	{"person", true, []string{"person_id", "fodselsaar", "kjonn", "landgruppe", "utdanning"},
		[]string{"innvandret_aar", "fylke", "nav_enhet", "dod_dato", "utvandret_dato", "vekt"}},
	{"deltakelse", true, []string{"deltakelse_id", "person_id", "tiltakskode", "status", "start_dato", "slutt_dato"},
		[]string{"deltidsprosent", "henvist_dato", "vedtak_dato", "opphav", "arrangor_id", "arbeidsgiver_id", "nav_enhet", "lonnstilskudd_prosent", "kostnad", "endret", "registrert", "status_aarsak", "innhold", "gjennomforing_id", "avtale", "anskaffelse"}},
	{"arbeidssoker", true, []string{"person_id", "fra", "til", "status"}, []string{"innsatsgruppe"}},
	{"maaned", false, []string{"person_id", "maaned", "stillingsprosent", "lonn"},
		[]string{"tiltakslonn", "tiltakslonn_belop", "arbeidsgiver_id", "sektor", "ansettelsesform", "naring", "dagpenger", "aap", "ufore", "sosialhjelp", "tiltakspenger", "utdanning_igang"}},
	{"arbeidsforhold", false, []string{"person_id", "fra", "til", "stillingsprosent"}, []string{"arbeidsgiver_id"}},
	{"inntekt", false, []string{"person_id", "maaned", "belop"}, []string{"tiltakslonn", "arbeidsgiver_id", "type"}},
	{"ytelse", false, []string{"person_id", "ytelse", "fra", "til"}, nil},
	{"deltakelsesmengde", false, []string{"deltakelse_id", "gyldig_fra", "prosent"}, []string{"dager_per_uke", "opprettet"}},
	{"person_historikk", false, []string{"person_id", "fra", "til"},
		[]string{"kommune", "fylke", "nav_enhet", "utdanning", "sivilstand", "barn"}},
	{"omrade_maaned", false, []string{"maaned", "ledighet"}, []string{"kommune", "fylke", "nav_enhet", "stramhet"}},
	{"enhet", false, []string{"nav_enhet", "maaned"}, []string{"storrelse", "portefolje", "budsjett"}},
	{"tildeling", false, []string{"arm", "dato"}, []string{"person_id", "nav_enhet", "stratum"}},
	{"person_kobling", false, []string{"person_id", "gjelder_id"}, nil},
	{"satser", false, []string{"tiltakskode", "enhet", "kr", "gyldig_fra", "gyldig_til", "kilde", "bekreftet"}, []string{"merknad"}},
}

// columns are the columns of a table to read: the required ones, which must be there, and the optional ones that are.
func (t tableSpec) columns(file string, have []string) ([]string, error) {
	there := map[string]bool{}
	for _, name := range have {
		there[name] = true
	}
	var columns, missing []string
	for _, name := range t.required {
		if !there[name] {
			missing = append(missing, name)
		}
		columns = append(columns, name)
	}
	if len(missing) > 0 {
		return nil, t.missing(file, missing, have)
	}
	for _, name := range t.optional {
		if there[name] {
			columns = append(columns, name)
		}
	}
	return columns, nil
}

// missing names all required columns that are not there, and what the file has besides the columns that are known.
func (t tableSpec) missing(file string, missing, have []string) error {
	const most = 20
	var other, named []string
	for _, name := range have {
		if !t.knows(name) {
			other = append(other, "`"+name+"`")
		}
	}
	if len(other) > most {
		other = append(other[:most], fmt.Sprintf("%d more", len(other)-most))
	}
	for _, name := range missing {
		named = append(named, "`"+name+"`"+fault.Suggest(name, have))
	}
	what, them := "column "+named[0]+" is missing", "it"
	if n := len(named); n > 1 {
		what, them = "columns "+strings.Join(named[:n-1], ", ")+" and "+named[n-1]+" are missing", "them"
	}
	mend := "add " + them
	if len(other) > 0 {
		what += " (columns under other names: " + strings.Join(other, ", ") + ")"
		mend = "name what holds " + them + " in the mapping"
	}
	return fault.Dataf("missing_column", file, missing[0], "%s; %s", what, mend)
}

// knows tells whether a column of the table is read.
func (t tableSpec) knows(name string) bool {
	return slices.Contains(t.required, name) || slices.Contains(t.optional, name)
}

// misspelt refuses a mapping that calls a column by a name that is none, close to one that the table then lacks.
func (t tableSpec) misspelt(m *datasets.Mapping, have []string) error {
	for _, r := range m.Renames(t.name) {
		if t.knows(r.To) {
			continue
		}
		known := slices.DeleteFunc(append(slices.Clone(t.required), t.optional...), func(name string) bool { return slices.Contains(have, name) })
		if hint := fault.Suggest(r.To, known); hint != "" {
			return m.Fault(t.name, r.Line, "`%s` is no column of the table `%s`%s", r.To, t.name, hint)
		}
	}
	return nil
}

// tableNames are the names of the tables that a register may have.
func tableNames() []string {
	var names []string
	for _, t := range specs {
		names = append(names, t.name)
	}
	return names
}
