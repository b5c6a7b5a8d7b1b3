package simulate

import "math"

// The tiltak of the simulation, in the order in which the start draw lays their intensities side by side.
const (
	aft = iota
	arbeidstrening
	lonnstilskudd
	oppfolging
	opplaering
	jobbklubb
	numTiltak
	mentor = numTiltak // goes on beside another, in scenarios that have it
)

// Effect is what one tiltak does to the hazards of those who are or have been in it. Find, Late and Keep are
// logarithms of hazard ratios for somebody who has taken the full dose (45 days or more; less in proportion); they fade
// by 1.5 % a month from the end of the participation. The groups' additions add up over the groups a person is in.
type Effect struct {
	// LockIn multiplies the job-finding hazard while the person is in the tiltak; 1 is none.
	LockIn float64
	// Find works on the job-finding hazard from the month after the end.
	Find float64
	// Late works on it too, but comes by a sixth of what is left each month.
	Late float64
	// Keep is taken off the logarithm of the job-loss hazard.
	Keep float64
	// Groups adds to Find (and where Late > 0 to Late instead) for unge, lav_utdanning,
	// innvandrere_utenfor_eos and nedsatt_arbeidsevne.
	Groups map[string]float64
}

// Effects maps tiltak codes to their effects.
type Effects map[string]Effect

// programme is what the simulation knows about one tiltak.
type programme struct {
	code     string
	origin   string // opphav
	maxDays  int
	days     []knot // quantile function of the planned duration
	start    startIndex
	byAgreed bool // participation is employment paid through the tiltak
	standard Effect
}

// knot says that a share of the planned participations lasts at most so many months.
type knot struct{ months, share float64 }

// startIndex holds the terms of the logarithm of the monthly start intensity. Group terms are smooth ramps or flags of
// what the register shows; products make the index nonlinear in them.
type startIndex struct {
	base      float64
	reduced   float64 // status nedsatt_arbeidsevne
	situation float64 // innsatsgruppe situasjonsbestemt
	lowEdu    float64 // NUS 0–2 or unknown
	highEdu   float64 // NUS 6–8
	outside   float64 // born outside the EEA
	woman     float64
	young     float64 // ramp from 34 down to 26
	senior    float64 // ramp from 45 to 60
	loose     float64 // ramp of attachment from 0.6 down to 0.2
	earnings  float64 // recent earnings (about 0–1.5)
	aap       float64
	dagpenger float64
	youngLow  float64 // young × lowEdu
	outLoose  float64 // outside × loose
	rise      float64 // gained in equal steps over the first six months of the spell
	fall      float64 // lost over months 12–36 of it
}

// programmes are the tiltak. Durations: AFT meets S003 after those who leave early for a job (just over 10 % under two
// months, about 20 % over a year, most of these under 18 months); the others lie well under their ceilings of
// domain.md §1.2 and §8.3. The sizes of effects follow the order of domain.md §3.3: wage subsidy largest, opplæring
// late and for those with little schooling, AFT small after a long lock-in.
var programmes = [numTiltak]programme{
	aft: {
		code: "ARBEIDSFORBEREDENDE_TRENING", origin: "TEAM_KOMET", maxDays: 1095,
		days: []knot{{0.1, 0}, {2, .035}, {6, .20}, {9, .40}, {12, .64}, {15, .83}, {18, .93}, {24, .98}, {36, 1}},
		start: startIndex{base: -6.45, reduced: 1.75, lowEdu: .25, highEdu: -.15, young: .30, loose: .40, aap: .15,
			youngLow: .2, rise: .35, fall: .3},
		standard: Effect{LockIn: .45, Find: .22, Keep: .12, Groups: map[string]float64{"unge": .12}},
	},
	arbeidstrening: {
		code: "ARBEIDSTRENING", origin: "TEAM_TILTAK", maxDays: 547,
		days: []knot{{0.2, 0}, {1, .12}, {3, .55}, {6, .88}, {12, .985}, {18, 1}},
		start: startIndex{base: -3.65, reduced: -.3, situation: .20, lowEdu: .15, outside: .25, young: .25, loose: .40,
			outLoose: .2, rise: -1.7, fall: .8},
		standard: Effect{LockIn: .65, Find: .34, Keep: .15, Groups: map[string]float64{"innvandrere_utenfor_eos": .12}},
	},
	lonnstilskudd: {
		code: "MIDLERTIDIG_LONNSTILSKUDD", origin: "TEAM_TILTAK", maxDays: 730, byAgreed: true,
		days: []knot{{0.3, 0}, {2, .18}, {3, .40}, {6, .76}, {12, .97}, {24, 1}},
		start: startIndex{base: -2.75, reduced: -.5, woman: -.12, senior: .25, loose: -.30, earnings: .25, young: .1,
			dagpenger: .15, rise: -1.8, fall: .7},
		standard: Effect{LockIn: .35, Find: .95, Keep: .45,
			Groups: map[string]float64{"innvandrere_utenfor_eos": .15, "nedsatt_arbeidsevne": -.15}},
	},
	oppfolging: {
		code: "OPPFOLGING", origin: "TEAM_KOMET", maxDays: 1095,
		days: []knot{{0.4, 0}, {3, .25}, {6, .70}, {12, .95}, {24, .995}, {36, 1}},
		start: startIndex{base: -3.3, reduced: -.35, situation: .30, outside: .2, senior: .15, loose: .25, woman: .05,
			highEdu: -.2, rise: -1.7, fall: .8},
		standard: Effect{LockIn: .85, Find: .48, Keep: .30, Groups: map[string]float64{"nedsatt_arbeidsevne": .10}},
	},
	opplaering: {
		code: "ARBEIDSMARKEDSOPPLAERING", origin: "TEAM_KOMET", maxDays: 1095,
		days: []knot{{0.3, 0}, {2, .30}, {4, .65}, {8, .92}, {12, .975}, {36, 1}},
		start: startIndex{base: -3.2, reduced: -.7, lowEdu: .35, highEdu: -.3, outside: .35, young: .15, senior: -.4,
			dagpenger: .2, youngLow: .15, outLoose: .15, rise: -1.7, fall: .8},
		standard: Effect{LockIn: .45, Late: .65, Keep: .35, Groups: map[string]float64{"lav_utdanning": .30, "innvandrere_utenfor_eos": .10}},
	},
	jobbklubb: {
		code: "JOBBKLUBB", origin: "TEAM_KOMET", maxDays: 84,
		days: []knot{{0.1, 0}, {0.7, .30}, {1.5, .80}, {2.7, 1}},
		start: startIndex{base: -3.1, reduced: -1.1, highEdu: .15, woman: .1, outside: .2, young: -.15, loose: -.2,
			dagpenger: .25, rise: -1.9, fall: .8},
		standard: Effect{LockIn: .90, Find: .12},
	},
}

// mentoring is bought beside arbeidstrening, lønnstilskudd or opplæring. It does not lock in; what it leaves behind comes
// with the end of the tiltak it goes with.
var mentoring = programme{
	code: "MENTOR", origin: "TEAM_TILTAK", maxDays: 1095,
	days:     []knot{{0.5, 0}, {3, .4}, {6, .9}, {12, 1}},
	standard: Effect{LockIn: 1, Find: .25, Keep: .20},
}

// programmeOf is the programme of a tiltak or of mentor.
func programmeOf(k int) *programme {
	if k == mentor {
		return &mentoring
	}
	return &programmes[k]
}

// programmeNumber is the number of the tiltak with a code among those that starts are drawn in; −1 for another.
func programmeNumber(code string) int {
	for k := range programmes {
		if programmes[k].code == code {
			return k
		}
	}
	return -1
}

// planned is the planned duration in days at a quantile u of [0, 1): linear between the knots.
func (g *programme) planned(u float64, half bool) int {
	k := g.days
	i := 1
	for i < len(k)-1 && u >= k[i].share {
		i++
	}
	a, b := k[i-1], k[i]
	months := a.months + (b.months-a.months)*(u-a.share)/(b.share-a.share)
	days := int(math.Round(months * 30.44))
	most := g.maxDays
	if half && g.byAgreed { // 12 months at most without reduced work capacity
		most = 365
	}
	return max(1, min(days, most))
}

// Tiltak lists the codes of the tiltak that the simulation starts people in; MENTOR, the last, in scenario chains only.
func Tiltak() []string {
	codes := make([]string, numTiltak+1)
	for i := range codes {
		codes[i] = programmeOf(i).code
	}
	return codes
}

// sisters are the second code of each tiltak in scenario twelve-tiltak: the same programme, with the same effects, which half of
// the participations have by a draw of their own. Both codes of a pair have the same rules about wages.
var sisters = [numTiltak]string{aft: "INDIVIDUELL_JOBBSTOTTE", arbeidstrening: "INKLUDERINGSTILSKUDD", lonnstilskudd: "VARIG_LONNSTILSKUDD",
	oppfolging: "ARBEID_MED_STOTTE", opplaering: "GRUPPE_FAG_OG_YRKESOPPLAERING", jobbklubb: "DIGITALT_OPPFOLGINGSTILTAK"}

// codes are the codes that can stand in deltakelse: those of Tiltak and after them, in the scenario that has them, the sisters.
func (w *world) codes() []string {
	codes := Tiltak()
	if w.rules.sisters {
		codes = append(codes, sisters[:]...)
	}
	return codes
}

// code is the number in codes of the code of a participation.
func (w *world) code(p *person, x *participation) int {
	if w.rules.sisters && x.tiltak < numTiltak && w.uniform(p, x.month, drawSister) < .5 {
		return numTiltak + 1 + x.tiltak
	}
	return x.tiltak
}
