package register

import (
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// NoDate marks a date that is not there, such as the death of a person who lives.
const NoDate = calendar.Date(-1 << 31)

// Register is a register that has been read, linked and cleaned.
type Register struct {
	Persons        Persons
	Participations []Participation // sorted by person, start, tiltak, id
	FirstPart      []int32         // participations of person i are [FirstPart[i], FirstPart[i+1])
	Referrals      []Participation // rows that are not participation (refused, waiting …): events, not treatment; their dates may be NoDate
	FirstRef       []int32         // referrals of person i are [FirstRef[i], FirstRef[i+1])
	Tiltak         []string        // tiltak codes in byte order; Participation.Tiltak indexes it
	Providers      []string        // arrangor_id in byte order; Participation.Provider indexes it; never printed
	Courses        []string        // gjennomforing_id in byte order; never printed
	Reasons        []string        // status_aarsak in byte order
	Contents       []string        // innhold in byte order
	Procurements   []string        // anskaffelse of deltakelse, in small letters, in byte order; Participation.Procured indexes it
	Employers      []string        // arbeidsgiver_id of deltakelse in byte order; Participation.Employer indexes it; never printed
	Registrations  []Registration  // sorted by person, from, status; overlapping and adjoining spells of a status and effort group are joined
	FirstReg       []int32         // registrations of person i are [FirstReg[i], FirstReg[i+1])
	Panel          *Panel
	Amounts        []Amount          // part-time changes, sorted by participation, day; nil where the register has none
	FirstAmount    []int32           // amounts of participation i are [FirstAmount[i], FirstAmount[i+1]); nil where there are none
	Dated          []Dated           // dated facts about persons, sorted by person, from; nil where the register has none
	FirstDated     []int32           // dated facts of person i are [FirstDated[i], FirstDated[i+1]); nil where there are none
	Extra          map[string]*Extra // columns of Options.Extra, by table and column
	Municipalities []string          // kommune of person_historikk, in byte order
	CivilStatuses  []string          // sivilstand of person_historikk, in byte order
	Areas          *Local            // omrade_maaned; nil where the register has none
	Assigned       *Assignments      // tildeling; nil where the register has none
	OfficeMonths   *Local            // enhet; nil where the register has none
	Catalog        *catalog.Catalog  // Options.Catalog with the rates of satser in it; nil where the register has none
	Cut            calendar.Month    // last month with complete data
	Ledger         []Entry           // what was dropped or changed, in the order in which the rules ran
	Warnings       []fault.Warning
	Inputs         []datasets.Fingerprint // one a file, sorted by name relative to the register folder
}

// Entry is a row of the ledger: a rule, the table it worked on, and how many rows and distinct persons it concerned.
type Entry struct {
	Rule    string // snake_case, stable
	Table   string
	Rows    int64
	Persons int64
	Action  string // dropped, changed, or kept (counted only)
}

// Sex is the registered sex.
type Sex uint8

// The sexes as `kjonn` writes them (kvinne, mann; also K/M, 2/1).
const (
	SexUnknown Sex = iota
	Woman
	Man
)

// Origin is `landgruppe`.
type Origin uint8

// The groups of countries of birth.
const (
	OriginUnknown Origin = iota
	Norway
	EEA
	OutsideEEA
)

// Persons holds one element a person in each slice; slices of optional columns that the table lacks are nil.
type Persons struct {
	N          int
	IntID      []int64  // the ids, ascending, where `person_id` is an integer
	TextID     []string // the ids, ascending by bytes, where it is a text
	Born       []int16  // fodselsaar
	Sex        []Sex
	Origin     []Origin
	Education  []int8  // NUS level 0–9, −1 unknown
	Immigrated []int16 // year, 0 unknown or not
	County     []int16 // index into Counties, −1 unknown
	Counties   []string
	Office     []int32 // index into Offices, −1 unknown
	Offices    []string
	Died       []calendar.Date // NoDate: alive
	Emigrated  []calendar.Date // NoDate: has not
	Weight     []float64       // sampling weight of the extract; nil: all 1
}

// AgeAt is the age in whole years on the first day of month m; the birthday is 1 July, since only the year is known.
func (p *Persons) AgeAt(person int32, m calendar.Month) int {
	age := m.Year() - int(p.Born[person])
	if m.Number() < 7 {
		age--
	}
	return age
}

// Participation is one participation in a tiltak.
type Participation struct {
	Person    int32
	Tiltak    int16 // index into Register.Tiltak
	Start     calendar.Date
	End       calendar.Date // last day; calendar.Open where it goes on at the cut
	PartTime  float32       // percent; NaN missing
	Subsidy   float32       // lonnstilskudd_prosent; NaN missing
	Cost      float64       // actual kroner where the data has them; NaN otherwise
	Provider  int32         // index into Register.Providers; −1 unknown
	Employer  int32         // index into Register.Employers; −1 unknown
	Office    int32         // index into Persons.Offices; −1 unknown
	Reason    int32         // status_aarsak: index into Register.Reasons; −1 unknown
	Content   int32         // innhold: index into Register.Contents; −1 unknown
	Procured  int32         // anskaffelse: index into Register.Procurements; −1 unknown
	Course    int32         // gjennomforing_id: index into Register.Courses; −1 unknown
	Agreement int8          // avtale: 1 there is one, 0 there is none, −1 unknown
	Referred  calendar.Date // henvist_dato; NoDate missing
	Decided   calendar.Date // vedtak_dato; NoDate missing
	Row       int64         // data row in the file, from 1: for the ledger and messages, never for results
	Completed bool          // the status says fulfilled (FULLF, FULLFORT, AVSLUTTET)
}

// Status is the registration status of `arbeidssoker`.
type Status uint8

// The registration statuses.
const (
	StatusUnknown       Status = iota
	Unemployed                 // ledig
	PartlyUnemployed           // delvis_ledig
	ReducedWorkCapacity        // nedsatt_arbeidsevne
)

// Registration is one spell as registered jobseeker.
type Registration struct {
	Person int32
	From   calendar.Date
	To     calendar.Date // last day; calendar.Open where it goes on at the cut
	Status Status
	Effort uint8 // innsatsgruppe: index into EffortGroups; 0 unknown
}

// EffortGroups are the §14a groups in the order of Registration.Effort.
var EffortGroups = []string{"ukjent", "standard", "situasjonsbestemt", "spesielt_tilpasset", "gradert_varig", "varig"}

// State is what a person is in a month besides working, as bits.
type State uint16

// The bits of State.
const (
	Registered State = 1 << iota // at least one day registered in the month
	Dagpenger                    // receives the benefit in the month
	AAP
	Ufore
	Sosialhjelp
	Tiltakspenger
	Studying   // utdanning_igang
	InTiltak   // at least one day of participation
	TiltakWage // some of the wage is paid through a tiltak, by the data or by an overlapping subsidised participation
	Dead       // died before or in the month
	Gone       // emigrated before or in the month
	Observed   // the month has data for this person (a person without a row has no work and no benefit)
)

// Panel is the compact person × month panel: cell (person, month) is at person · Months + (month − First). It takes 14
// bytes a person-month.
type Panel struct {
	First  calendar.Month
	Months int
	N      int
	// Position is the sum of stillingsprosent over jobs in hundredths of a percent, at most 65535; Ordinary leaves out
	// what is paid through a tiltak.
	Position []uint16
	Ordinary []uint16
	// Wage is lonn in øre, OrdinaryWage without what is paid through a tiltak; at most 21 million kroner a month.
	Wage         []int32
	OrdinaryWage []int32
	State        []State
	Jobs         *Jobs // main jobs; nil unless Options.Jobs
}

// Last is the last month of the panel.
func (p *Panel) Last() calendar.Month { return p.First + calendar.Month(p.Months) - 1 }

// Index is the place of (person, month) in the slices, or −1 where the month is outside the panel.
func (p *Panel) Index(person int32, m calendar.Month) int {
	k := int(m - p.First)
	if k < 0 || k >= p.Months {
		return -1
	}
	return int(person)*p.Months + k
}

// History is the months of one person as slices of the panel: element k is month First + k. Callers do not change it.
// A simulated reference path has the same shape, so that an outcome is defined once for both.
type History struct {
	First        calendar.Month
	Position     []uint16
	Ordinary     []uint16
	Wage         []int32
	OrdinaryWage []int32
	State        []State
	Jobs         *JobHistory // main jobs; nil where they were not asked for
}

// History is the history of a person.
func (p *Panel) History(person int32) History {
	a, b := int(person)*p.Months, (int(person)+1)*p.Months
	return History{p.First, p.Position[a:b:b], p.Ordinary[a:b:b], p.Wage[a:b:b], p.OrdinaryWage[a:b:b], p.State[a:b:b], p.Jobs.slice(a, b)}
}
