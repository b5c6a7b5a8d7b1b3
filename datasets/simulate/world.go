package simulate

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/random"
)

// world is what all persons share; it is read-only once made.
type world struct {
	opt    Options
	rules  scenario
	months int
	first  []calendar.Date // first day of each month, and of the one after the last
	days   []int
	growth []float64 // wage growth since the first month
	counties,
	offices []string
	countyShare []float64   // cumulative share of persons
	officeOf    [][]int32   // offices of each county
	tight       [][]float64 // county × month: what the local market adds to log job finding
	capacity    [][]float64 // office × month: what the office adds to log start intensity
	leaning     [][numTiltak]float64
	effects     [numTiltak + 1]Effect
	durFind     []float64            // elapsed months: log hazard of finding a job
	elapsed     [numTiltak][]float64 // elapsed months: log start intensity
	draw        random.Keyed         // (person, month · numDraws + draw)
	trait       random.Keyed         // (person, trait)
	entryFrom   int                  // first month in which anybody first registers
	entryTo     int                  // month after the last
	instead     int                  // tiltak of Options.Instead, −1 none
}

// The draws of a person-month. Each has its own number, so that two paths of one person meet the same luck.
const (
	drawExit = iota
	drawExitDay
	drawStart
	drawWhich
	drawStartDay
	drawDuration
	drawPosition
	drawWage
	drawLoss
	drawLossDay
	drawRegister
	drawRegisterDay
	drawFind
	drawFindDay
	drawAid
	drawReferral
	drawStudy
	drawEffort
	drawBenefit
	drawSide
	drawPartTime
	drawStatus
	drawSubsidy
	drawReferralWhich
	drawMentor
	drawMentorDay
	drawMentorDuration
	drawSister
	drawWait
	numDraws = 32
)

func (w *world) uniform(p *person, month, draw int) float64 {
	return w.draw.Uniform(uint64(p.id), uint64(month*numDraws+draw))
}

// day draws a day of a month from day `from` to the last, each with equal chance.
func (w *world) day(p *person, month, draw, from int) int {
	return from + int(w.uniform(p, month, draw)*float64(w.days[month]-from+1))
}

var countyCodes = []string{"03", "11", "15", "18", "30", "34", "38", "42", "46", "50", "54"}

// countySizes are rough shares of the population.
var countySizes = []float64{.13, .09, .05, .045, .23, .07, .08, .057, .12, .088, .04}

// smallCounty is the county that scenario small-county makes tiny: 54.
const smallCounty = 10

const officesPerCounty = 5

func newWorld(opt Options) *world {
	w := &world{opt: opt, rules: scenarios[opt.Scenario], months: opt.Months, instead: programmeNumber(opt.Instead)}
	w.draw = random.NewKeyed(opt.Seed, "simulate/month")
	w.trait = random.NewKeyed(opt.Seed, "simulate/person")
	n := opt.Months
	for t := range n + 1 {
		m := opt.First + calendar.Month(t)
		w.first = append(w.first, m.First())
		w.days = append(w.days, m.Days())
		w.growth = append(w.growth, math.Exp(.032*float64(t)/12))
	}
	w.entryFrom, w.entryTo = n/3, max(n/3+1, n*11/16)
	w.places()
	for k := range w.effects {
		e := programmeOf(k).standard
		if w.rules.effects != nil {
			e = w.rules.effects(e)
		}
		if own, ok := opt.Effects[programmeOf(k).code]; ok {
			e = own
		}
		w.effects[k] = e
	}
	w.durFind = make([]float64, n+1)
	for el := range w.durFind {
		w.durFind[el] = -.70 * math.Log1p(float64(el)/3)
	}
	for k := range programmes {
		x := &programmes[k].start
		w.elapsed[k] = make([]float64, n+1)
		for el := range w.elapsed[k] {
			w.elapsed[k][el] = x.rise*min(float64(el), 6)/6 - x.fall*ramp(float64(el), 12, 36)
		}
	}
	return w
}

// places draws the counties' markets and the offices' capacity. The market enters job finding and job loss; the
// capacity enters starts alone, has mean 0 and is drawn apart from the market.
func (w *world) places() {
	w.counties = countyCodes
	total := 0.0
	sizes := countySizes
	if w.rules.small > 0 {
		sizes = append([]float64(nil), countySizes...)
		sizes[smallCounty] = w.rules.small
	}
	for _, s := range sizes {
		total += s
	}
	sum := 0.0
	for c := range w.counties {
		sum += sizes[c] / total
		w.countyShare = append(w.countyShare, sum)
		r := random.New(w.opt.Seed, "simulate/county", uint64(c))
		level, local := .08*r.NormFloat64(), 0.0
		series := make([]float64, w.months+1)
		for t := range series {
			local = .9*local + .02*r.NormFloat64()
			m := w.opt.First + calendar.Month(t)
			series[t] = level + local + w.cycle(m)
		}
		w.tight = append(w.tight, series)
		var own []int32
		for o := range officesPerCounty {
			own = append(own, int32(len(w.offices)))
			w.offices = append(w.offices, w.counties[c]+[]string{"01", "02", "03", "04", "05", "06", "07", "08", "09"}[o])
		}
		w.officeOf = append(w.officeOf, own)
	}
	for o := range w.offices {
		r := random.New(w.opt.Seed, "simulate/office", uint64(o))
		var lean [numTiltak]float64
		for k := range lean {
			lean[k] = .2 * r.NormFloat64()
		}
		w.leaning = append(w.leaning, lean)
		level, x := .15*r.NormFloat64(), 0.0
		series := make([]float64, w.months+1)
		for t := range series {
			x = .8*x + .2*r.NormFloat64()
			series[t] = level + x
		}
		w.capacity = append(w.capacity, series)
	}
}

// cycle is the national market: a wave of six years, a season with its best months in late summer, and the spring of
// 2020.
func (w *world) cycle(m calendar.Month) float64 {
	x := .10*math.Sin(2*math.Pi*float64(m-calendar.NewMonth(2016, 1))/72) + .05*math.Sin(2*math.Pi*float64(m.Number()-5)/12)
	if m >= calendar.NewMonth(2020, 3) && m <= calendar.NewMonth(2020, 8) {
		x -= .3
	}
	return x
}

// ramp goes in a straight line from 0 at a to 1 at b, and stays there; a may be above b.
func ramp(x, a, b float64) float64 {
	return max(0, min(1, (x-a)/(b-a)))
}

// person is what does not change over the months.
type person struct {
	id         int64
	born       int
	sex        register.Sex
	origin     register.Origin
	edu        int8 // NUS, −1 unknown
	immigrated int  // 0: not
	county     int32
	office     int32
	unobserved float64
	reduced    bool
	entry      int // month of first registration
	gone       int // month of death or emigration; months+1: neither
	goneDay    int
	died       bool
	find       float64 // log hazard of finding a job, without what changes
	loss       float64 // hazard of losing one
	wage       float64 // kroner a month at full time in the first month
	attach     float64 // chance of work when the data begins
}

func (p *person) lowEdu() bool { return p.edu < 3 }

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (w *world) newPerson(id int64) person {
	u := func(i uint64) float64 { return w.trait.Uniform(uint64(id), i) }
	normal := func(i uint64) float64 { // Box–Muller
		return math.Sqrt(-2*math.Log(1-u(i))) * math.Cos(2*math.Pi*u(i+1))
	}
	p := person{id: id, gone: w.months + 1}
	firstYear := w.opt.First.Year()
	p.entry = w.entryFrom + int(u(0)*float64(w.entryTo-w.entryFrom))
	age := 18 + int(44*math.Pow(u(1), 1.25))
	p.born = firstYear + (w.opt.First.Number()-1+p.entry)/12 - age
	p.sex = register.Man
	if u(2) < .46 {
		p.sex = register.Woman
	}
	switch v := u(3); {
	case v < .66:
		p.origin = register.Norway
	case v < .78:
		p.origin = register.EEA
	default:
		p.origin = register.OutsideEEA
	}
	if p.origin != register.Norway {
		p.immigrated = firstYear - 1 - int(20*u(4)*u(4))
		p.immigrated = max(p.immigrated, p.born)
	}
	p.edu = w.education(&p, age, u(5))
	c := 0
	for c < len(w.countyShare)-1 && u(6) >= w.countyShare[c] {
		c++
	}
	p.county = int32(c)
	p.office = w.officeOf[c][int(u(7)*float64(len(w.officeOf[c])))]
	p.unobserved = normal(8)
	low, high, outside := flag(p.lowEdu()), flag(p.edu >= 6), flag(p.origin == register.OutsideEEA)
	p.reduced = u(10) < .09+.09*low+.0035*float64(age-18)
	woman := flag(p.sex == register.Woman)
	red := flag(p.reduced)
	p.find = -.80 - .28*low + .18*high - .32*outside - .05*flag(p.origin == register.EEA) -
		.7*ramp(float64(age), 42, 66) - .06*woman - 1.75*red + .95*p.unobserved
	if outside > 0 {
		p.find += .15 * ramp(float64(firstYear-p.immigrated), 1, 12)
	}
	p.loss = .0075 * math.Exp(-.55*p.unobserved+.2*low-.2*high+.2*outside+.2*ramp(float64(age), 30, 20)+.3*red)
	p.wage = 36000 * math.Exp(.045*float64(max(p.edu, 2)-4)+.25*ramp(float64(age), 18, 42)-.15-.06*woman-.08*outside-.05*red+.10*p.unobserved+.14*normal(11))
	p.attach = 1 / (1 + math.Exp(-(.9 + .9*p.unobserved - .4*low + .2*high - .7*outside - 1.1*red + ramp(float64(age), 18, 26) - 1)))
	w.departure(&p, age, u(13), u(14), u(15))
	return p
}

func (w *world) education(p *person, age int, v float64) int8 {
	if v < .03 || p.immigrated > 0 && v < .12 {
		return -1
	}
	v = (v - .12) / .88
	young := ramp(float64(age), 26, 19)
	switch {
	case v < .36+.2*young:
		return 2
	case v < .70+.12*young:
		return 4
	case v < .76+.12*young:
		return 5
	case v < .93+.05*young:
		return 6
	case v < .995:
		return 7
	}
	return 8
}

// departure draws death and emigration, which depend on traits alone: both paths of a person meet them on the same
// day, so that an effect is never one on who is left to be seen. Both come after the first registration.
func (w *world) departure(p *person, age int, a, b, day float64) {
	death := .00015 * math.Exp(.075*float64(age-30))
	if p.reduced {
		death *= 2
	}
	leave := .0002
	switch p.origin {
	case register.EEA:
		leave = .0016
	case register.OutsideEEA:
		leave = .0006
	}
	d := int(math.Log(1-a) / math.Log(1-min(death, .5)))
	e := int(math.Log(1-b) / math.Log(1-leave))
	wait := min(d, e)
	if t := p.entry + 1 + wait; wait < w.months && t < w.months {
		p.gone, p.died = t, d <= e
		p.goneDay = 1 + int(day*float64(w.days[t]))
	}
}

// age in years, with a fraction, in the middle of a month.
func (w *world) age(p *person, t int) float64 {
	m := w.opt.First + calendar.Month(t)
	return float64(m-calendar.NewMonth(p.born, 7)) / 12
}
