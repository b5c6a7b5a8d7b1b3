package simulate

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// state is everything about a person that changes and that the next month depends on. It is a value: a reference path
// begins with a copy of it.
type state struct {
	// Registration.
	reg      bool
	regMonth int
	regDay   int // day of regMonth on which the spell began
	effort   uint8
	starts   [numTiltak]float64 // log start intensity at the entry of the spell: traits, innsatsgruppe, tightness of need

	// Work. A person may work while registered (delvis_ledig).
	position uint16  // hundredths of a percent; 0 no job
	pay      float64 // kroner a month at full time in the first month
	tenure   int
	notice   int // months until a dismissal takes effect; 0: none
	hired    int // month in which the job was found, −1 before the data

	// Participation.
	tiltak  int // −1 none
	from    calendar.Date
	planned calendar.Date // last day as planned
	lastEnd [numTiltak]int
	anyEnd  int
	subPos  uint16 // position of the job paid through the tiltak
	subPay  float64
	extra   float64 // what the person's groups add to its effect
	scale   float64 // what the scenario multiplies its effect by
	last    int     // tiltak that ended last, −1 none

	force int // 1 + tiltak that is started in this month whatever is drawn; 0: none. For reference paths.

	// Mentor beside the tiltak.
	mentor        bool // one goes on
	mentored      bool // there is or was one beside this participation
	mentorFrom    calendar.Date
	mentorPlanned calendar.Date

	// What tiltak have left behind (logarithms of hazard ratios).
	find, late, keep float64

	// History, as fading means over the months up to the one before: share of months in ordinary work, and ordinary
	// wage in the unit of 40,000 kroner of the first month.
	attach, earned float64

	dagpenger, aap int // months left
	prevDagpenger  bool
	prevAAP        bool
	ufore          bool
	studying       int
}

// fade is the weight of the past in the fading means: a memory of about 16 months.
const fade = .94

// cell is one person-month as the panel holds it.
type cell struct {
	position, ordinary uint16
	wage, ordinaryWage int32
	state              register.State
	hired              int16 // month in which the ordinary job was found, −1 before the data
}

func (c *cell) work(s *state, position uint16, kroner float64) {
	c.hired = int16(s.hired)
	o := int32(math.Round(kroner)) * 100
	c.position += position
	c.ordinary += position
	c.wage += o
	c.ordinaryWage += o
}

func (c *cell) paidThroughTiltak(position uint16, kroner float64) {
	c.position += position
	c.wage += int32(math.Round(kroner)) * 100
	c.state |= register.TiltakWage
}

// begin is the state on the first day of the data.
func (w *world) begin(p *person) state {
	s := state{tiltak: -1, last: -1, anyEnd: -1000}
	for k := range s.lastEnd {
		s.lastEnd[k] = -1000
	}
	if w.trait.Uniform(uint64(p.id), 16) < p.attach {
		s.position, s.pay = w.job(p, -1)
		s.hired = -1
		s.tenure = int(60 * w.trait.Uniform(uint64(p.id), 17))
		s.attach, s.earned = .85, .85*s.pay*float64(s.position)/1e4/40000
	} else {
		s.attach = .15
	}
	return s
}

// job draws the position and the pay of a new job found in month t.
func (w *world) job(p *person, t int) (position uint16, pay float64) {
	v, z := 0.0, 0.0
	if t < 0 {
		v, z = w.trait.Uniform(uint64(p.id), 18), w.trait.Uniform(uint64(p.id), 19)
	} else {
		v, z = w.uniform(p, t, drawPosition), w.uniform(p, t, drawWage)
	}
	if p.sex == register.Woman {
		v += .08
	}
	if p.reduced {
		v += .10
	}
	switch {
	case v < .64:
		position = 10000
	case v < .82:
		position = 8000
	case v < .92:
		position = 6000
	case v < 1.0:
		position = 5000
	case v < 1.1:
		position = 4000
	default:
		position = 2000
	}
	return position, p.wage * (.88 + .24*z)
}

// enter opens a spell of registration on a day of month t. The history seen is that up to the month before.
func (w *world) enter(p *person, s *state, t, day int, rec *recorder) {
	s.reg, s.regMonth, s.regDay = true, t, day
	age := w.age(p, t)
	need := .9*flag(p.lowEdu()) + .9*flag(p.origin == register.OutsideEEA) + 1.6*(.65-s.attach) + .5*ramp(age, 45, 60)
	v := w.uniform(p, t, drawEffort)
	switch {
	case p.reduced && v < .88:
		s.effort = 3
	case p.reduced && v < .95:
		s.effort = 4
	case p.reduced:
		s.effort = 5
	case v < 1/(1+math.Exp(.8-1.3*need)):
		s.effort = 2
	default:
		s.effort = 1
	}
	b := w.uniform(p, t, drawBenefit)
	s.dagpenger, s.aap = 0, 0
	switch {
	case p.reduced && b < .78:
		s.aap = 40
	case s.attach > .45 && s.earned > .25:
		s.dagpenger = 24
	case s.attach > .3 && b < .5:
		s.dagpenger = 12
	}
	if !p.reduced && s.position == 0 && w.uniform(p, t, drawSide) < .09 { // partly unemployed: keeps a small job
		s.position = uint16(2000 + 500*int(5*w.uniform(p, t, drawPosition)))
		s.pay = p.wage * .9
		s.tenure, s.hired = 0, t
	}
	status := register.Unemployed
	switch {
	case p.reduced:
		status = register.ReducedWorkCapacity
	case s.position > 0:
		status = register.PartlyUnemployed
	}
	w.needs(p, s, age)
	if rec != nil {
		rec.spells = append(rec.spells, spell{from: w.first[t] + calendar.Date(day-1), to: calendar.Open, status: status, effort: s.effort})
	}
}

// leave closes the spell of registration on a day of month t.
func (w *world) leave(s *state, t, day int, rec *recorder) {
	s.reg = false
	if rec != nil {
		rec.spells[len(rec.spells)-1].to = w.first[t] + calendar.Date(day-1)
	}
}

// needs sets the part of the start intensities that traits and innsatsgruppe decide; it is renewed every 12 months of
// a spell, as age goes on.
func (w *world) needs(p *person, s *state, age float64) {
	low, high := flag(p.lowEdu()), flag(p.edu >= 6)
	outside, young := flag(p.origin == register.OutsideEEA), ramp(age, 34, 26)
	for k := range programmes {
		x := &programmes[k].start
		s.starts[k] = x.base + w.leaning[p.office][k] + w.rules.selection*p.unobserved +
			x.reduced*flag(p.reduced) + x.situation*flag(s.effort == 2) + x.lowEdu*low + x.highEdu*high +
			x.outside*outside + x.woman*flag(p.sex == register.Woman) + x.young*young + x.senior*ramp(age, 45, 60) +
			x.youngLow*young*low
	}
}

// intensities are the start intensities λ of month t for a person who is registered: P(start in t) = 1 − exp(−Σ λ)
// for the whole month, split in proportion. They know the history up to t − 1.
func (w *world) intensities(p *person, s *state, t int) (each [numTiltak]float64, sum float64) {
	el := t - s.regMonth
	loose := ramp(s.attach, .6, .2)
	outside := flag(p.origin == register.OutsideEEA)
	shared := w.capacity[p.office][t]
	if s.tiltak >= 0 {
		shared -= .8 // a switch is rarer than a start
	} else if t-s.anyEnd <= 12 {
		shared += .15
	}
	for k := range each {
		if s.tiltak == k || t-s.lastEnd[k] <= 6 {
			continue
		}
		x := &programmes[k].start
		v := s.starts[k] + shared + w.elapsed[k][el] + (x.loose+x.outLoose*outside)*loose + x.earnings*(min(s.earned, 1.5)-.5) +
			x.aap*flag(s.prevAAP) + x.dagpenger*flag(s.prevDagpenger)
		if w.rules.chain != nil && s.last >= 0 && t-s.anyEnd <= 12 {
			v += w.rules.chain(s.last, k)
		}
		each[k] = min(math.Exp(v), .06)
		sum += each[k]
	}
	return each, sum
}
