package outcome

import "tiltakseffekt/datasets/register"

// Kind is what an outcome measures.
type Kind string

// The kinds of outcomes. There is no single definition of transition to work (domain.md §3.1): each publication has its
// own, and a study names the ones it uses.
const (
	// Work is 1 where the position on the chosen terms is at least `position` percent. On ordinary terms, the default,
	// work paid through a tiltak is left out. Also called `ordinaert`.
	Work Kind = "work"
	// StableWork is at least `months` of `of` months in work without a gap longer than `gap`. Also called `stabil`.
	StableWork Kind = "stable_work"
	// Earnings is the wage of the month in kroner of `price_year`, zeros included.
	Earnings Kind = "earnings"
	// EmployedAndPaid is employment in Aa-registeret and wage in the same month, whatever the terms: "i arbeid" in Nav's
	// statistics of those who leave tiltak ("Avgang fra arbeidsrettede tiltak").
	EmployedAndPaid Kind = "aareg_og_lonn"
	// WageOver is a wage of the month over `times_g` · G / 12, with the G of that month.
	WageOver Kind = "lonn_over"
	// TwoG is a wage of the 12 months ending in the month over `times_g` (2) times the mean G of those months. In
	// December that is SSB's "yrkestilknyttet" of the year, for wages: business income is not in the register.
	TwoG Kind = "ssb_2g"
	// NoBenefit is work, and none of `benefits`, in the month.
	NoBenefit Kind = "uten_ytelse"
	// Benefit is at least one of `benefits` in the month.
	Benefit Kind = "benefit"
	// Disability is disability pension (uføretrygd) in the month.
	Disability Kind = "disability"
	// Education is being in education in the month.
	Education Kind = "education"
	// ExitToWork is Nav's "Overgang til arbeid og stønad": left the register of jobseekers (registered in a month and in
	// neither of the two that follow), and in work as aareg_og_lonn `after` (6) months after the first exit, at the
	// latest in month h.
	ExitToWork Kind = "nav_avgang6"
	// JobHeld is in work in some month up to h, and in work in month h + `after`: the exhaustive twin of retention,
	// defined for every start.
	JobHeld Kind = "job_held"
	// Retention is still in work `after` months after the first month in work, which came by month h
	// (domain.md: fastholdelse). With `conditional` it is missing for those who have had no work by month h: that
	// conditions on something that the treatment changes, so it describes and does not estimate an effect, and belongs
	// beside its unconditional twin.
	Retention Kind = "fastholdelse"
)

// Terms are the terms of employment that count.
type Terms string

// The terms.
const (
	Ordinary Terms = "ordinary" // without what is paid through a tiltak
	AllTerms Terms = "all"
	// TiltakTerms is what is there on all terms and not on ordinary ones: work that is work only with what is paid through a
	// tiltak, and the wage that is.
	TiltakTerms Terms = "tiltak"
)

// use says which keys a kind has, with their defaults.
type use struct {
	kind     Kind
	source   string
	position float64 // default; 0: has none
	terms    Terms   // default; "": has none
	window   bool    // months, of, gap, mode
	timesG   float64
	after    int
	price    bool
	benefits bool
	cond     bool // conditional, same_employer
	jobs     bool // sector, contract, industry, employer; terms: tiltak
}

// anyPosition is the smallest position that the panel tells from none.
const anyPosition = 0.01

const nav = "Nav, statistikk over overgang til arbeid"

// uses is the table of kinds, in the order in which they are documented.
var uses = []use{
	{kind: Work, source: "a-ordningen, wages marked loennVedArbeidsmarkedstiltak left out", position: DefaultWorkPosition, terms: Ordinary, jobs: true},
	{kind: StableWork, source: "no official definition is public; the parameters are the study's", position: DefaultStablePosition, terms: Ordinary, window: true, jobs: true},
	{kind: Earnings, source: "a-ordningen, loennsinntekt", terms: Ordinary, price: true},
	{kind: EmployedAndPaid, source: nav + ": Avgang fra arbeidsrettede tiltak", position: anyPosition, terms: AllTerms},
	{kind: WageOver, source: "a-ordningen; G of folketrygdloven §1-4", terms: Ordinary, timesG: 1},
	{kind: TwoG, source: "SSB, yrkestilknyttet", terms: AllTerms, timesG: 2},
	{kind: NoBenefit, source: nav + ": kun arbeidstaker", position: DefaultWorkPosition, terms: Ordinary, benefits: true},
	{kind: Benefit, source: "Nav, FoU programme, §3: reduced or ended benefit", benefits: true},
	{kind: Disability, source: "Nav, FoU programme, §3: uføretrygd"},
	{kind: Education, source: "Nav, FoU programme, §3: education"},
	{kind: ExitToWork, source: nav + ": Overgang til arbeid og stønad", position: anyPosition, terms: AllTerms, after: 6},
	{kind: JobHeld, source: "Nav, FoU programme, §3.1: jobbfastholdelse, over all starts", position: DefaultWorkPosition, terms: Ordinary, after: 12},
	{kind: Retention, source: "Nav, FoU programme, §3.1: jobbfastholdelse", position: DefaultWorkPosition, terms: Ordinary, after: 12, cond: true},
}

// aliases are the names of domain.md for kinds that have another.
var aliases = map[Kind]Kind{"ordinaert": Work, "stabil": StableWork}

func useOf(k Kind) (use, bool) {
	if a, ok := aliases[k]; ok {
		k = a
	}
	for _, u := range uses {
		if u.kind == k {
			return u, true
		}
	}
	return use{}, false
}

// Kinds are the names of the kinds.
func Kinds() []string {
	names := make([]string, len(uses))
	for i, u := range uses {
		names[i] = string(u.kind)
	}
	return names
}

// Source is where the definition of a kind comes from.
func (k Kind) Source() string { u, _ := useOf(k); return u.source }

// Benefits are the benefits that `benefits` may name, in the order of the panel's bits; all of them is the default.
var Benefits = []string{"dagpenger", "aap", "ufore", "sosialhjelp", "tiltakspenger"}

var benefitBits = map[string]register.State{
	"dagpenger": register.Dagpenger, "aap": register.AAP, "ufore": register.Ufore, "sosialhjelp": register.Sosialhjelp,
	"tiltakspenger": register.Tiltakspenger,
}
