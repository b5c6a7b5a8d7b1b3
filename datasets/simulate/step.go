package simulate

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// step takes a person through month t: it changes the state from the end of t − 1 to the end of t and returns the
// month as the panel shows it. Where allow is false nobody starts a tiltak in it: that is how a reference path leaves
// a start out. rec is nil on reference paths.
func (w *world) step(p *person, s *state, t int, allow bool, rec *recorder) cell {
	var c cell
	c.state = register.Observed
	last := w.days[t]
	if t >= p.gone {
		if p.died {
			c.state |= register.Dead
		} else {
			c.state |= register.Gone
		}
		if t > p.gone {
			return c
		}
		last = p.goneDay
	}
	if !s.reg {
		w.outside(p, s, t, last, &c, rec)
	} else if s.position > 0 {
		c.work(s, s.position, s.pay*w.growth[t]*float64(s.position)/1e4)
		s.tenure++
	}
	if s.reg {
		w.registered(p, s, t, last, allow, &c, rec)
	}
	if t == p.gone {
		w.depart(p, s, t, rec)
		c.position, c.ordinary, c.wage, c.ordinaryWage = 0, 0, 0, 0
		c.state &= register.Dead | register.Gone | register.Registered | register.InTiltak | register.Observed
		return c
	}
	w.benefits(p, s, t, &c)
	s.attach = fade*s.attach + (1-fade)*flag(c.ordinary > 0)
	s.earned = fade*s.earned + (1-fade)*float64(c.ordinaryWage)/100/40000/w.growth[t]
	moved := s.late / 6
	s.find = .985*s.find + moved
	s.late -= moved
	s.keep *= .985
	return c
}

// outside is a month that begins outside the register: at work, without work, studying or on disability pension.
func (w *world) outside(p *person, s *state, t, last int, c *cell, rec *recorder) {
	if t >= p.gone {
		return
	}
	if s.position == 0 {
		w.jobless(p, s, t, last, c, rec)
		return
	}
	s.tenure++
	if t == p.entry {
		s.notice = 1
	}
	if s.notice == 0 {
		switch {
		case t == p.entry-2:
			s.notice = 3 // the job that ends in the first registration is in decline before it
		default:
			rate := p.loss * tenureFactor(s.tenure) * math.Exp(-.7*w.tight[p.county][t]-1.0*(s.attach-.6)-s.keep)
			if t >= p.entry-8 && t < p.entry {
				rate += .05
			}
			if w.uniform(p, t, drawLoss) < rate {
				s.notice = 3
			}
		}
	}
	position, share := s.position, 1.0
	end := 0
	if s.notice > 0 {
		// A dismissal takes effect two months after it is given; until then hours go down. Kept in whole percent.
		position = uint16(math.Round(float64(position)*[4]float64{1, .7, .8, .9}[s.notice]/100)) * 100
		if s.notice--; s.notice == 0 {
			end = w.day(p, t, drawLossDay, 1)
			share = float64(end) / float64(w.days[t])
		}
	}
	c.work(s, position, s.pay*w.growth[t]*float64(position)/1e4*share)
	if end > 0 {
		s.position, s.tenure = 0, 0
		if t == p.entry || t > p.entry && w.uniform(p, t, drawRegister) < .72 {
			w.enter(p, s, t, min(end+1, last), rec)
		}
	}
}

// tenureFactor multiplies the hazard of losing a job: new jobs end more often.
func tenureFactor(months int) float64 {
	switch {
	case months <= 6:
		return 1.7
	case months <= 18:
		return 1.2
	}
	return .85
}

// jobless is a month outside the register without a job.
func (w *world) jobless(p *person, s *state, t, last int, c *cell, rec *recorder) {
	if t == p.entry {
		s.studying = 0
		w.enter(p, s, t, w.day(p, t, drawRegisterDay, 1), rec)
		return
	}
	if s.studying > 0 {
		s.studying--
		c.state |= register.Studying
		return
	}
	rate := .45 * math.Exp(p.find+w.tight[p.county][t]+1.3*(s.attach-.6)+s.find)
	if s.ufore {
		rate *= .05
	}
	if w.uniform(p, t, drawFind) < rate {
		w.hire(p, s, t, w.day(p, t, drawFindDay, 1), c)
		return
	}
	if t > p.entry && !s.ufore && w.uniform(p, t, drawRegister) < .06 {
		w.enter(p, s, t, w.day(p, t, drawRegisterDay, 1), rec)
	}
}

// hire begins a job on a day of month t; the first month is paid from that day.
func (w *world) hire(p *person, s *state, t, day int, c *cell) {
	s.position, s.pay = w.job(p, t)
	s.tenure, s.notice, s.hired = 0, 0, t
	share := float64(w.days[t]-day+1) / float64(w.days[t])
	c.work(s, s.position, s.pay*w.growth[t]*float64(s.position)/1e4*share)
}

// registered is a month in which the person is registered from its first day or from the day of entry. Exit and start
// are drawn apart, each with its day; a start comes about where the person is registered on its day. See the package
// documentation for why that makes starts random given what is observed and registration on the day.
func (w *world) registered(p *person, s *state, t, last int, allow bool, c *cell, rec *recorder) {
	c.state |= register.Registered
	el := t - s.regMonth
	first, share := 1, 1.0
	age := w.age(p, t)
	if el == 0 {
		first = s.regDay
		share = float64(w.days[t]-first+1) / float64(w.days[t])
	} else if el%12 == 0 {
		w.needs(p, s, age)
	}
	find := math.Exp(p.find + w.durFind[el] + w.tight[p.county][t] + 1.3*(s.attach-.6) + s.find - .45*flag(s.effort >= 4) - .2*flag(s.effort == 2))
	find = min(find, .5) * share
	lock := 1.0
	if s.tiltak >= 0 {
		lock = w.effects[s.tiltak].LockIn
	}
	study, ufore, other := w.otherExits(p, s, age, el)
	rest := (study + ufore + other) * share

	r := w.uniform(p, t, drawExit)
	exit := 0 // day of exit, 0 none
	if r < find*lock || r >= 1-rest || age >= 67 {
		exit = w.exitDay(p, t, first)
	}
	if t == p.gone && (exit == 0 || exit > last) {
		exit = last
	}
	started := false
	if allow || s.force > 0 {
		each, sum := w.intensities(p, s, t)
		if rec != nil && rec.trace != nil {
			rec.trace(t, el, s, each, exit)
		}
		if v := w.uniform(p, t, drawStart); v < 1-math.Exp(-sum) || s.force > 0 {
			day := w.startDay(p, t)
			if day >= first && (exit == 0 || day <= exit) {
				k, x := 0, w.uniform(p, t, drawWhich)*sum
				for ; k < numTiltak-1 && (x >= each[k] || each[k] == 0); k++ {
					x -= each[k]
				}
				if s.force > 0 {
					k = s.force - 1
				}
				w.start(p, s, t, day, k, rec)
				started = true
				lock = min(lock, w.effects[k].LockIn)
				if r < find && r >= find*lock && age < 67 {
					exit = 0 // the job that would have come later in the month does not, for lock-in
					if t == p.gone {
						exit = last
					}
				}
			}
		}
	}
	s.force = 0
	if allow && !started && w.rules.mentor {
		w.mentor(p, s, t, exit, rec)
	}
	if rec != nil && !rec.reference {
		w.referral(p, t, first, exit, rec)
	}
	w.participate(p, s, t, exit, c, rec)
	if exit == 0 {
		return
	}
	if s.tiltak >= 0 {
		w.end(s, w.first[t]+calendar.Date(exit-1), t, rec, r < find*lock)
	}
	w.leave(s, t, exit, rec)
	switch {
	case t == p.gone:
	case r < find*lock:
		if el > 0 {
			c.drop(s, w.growth[t]) // a small job kept while registered gives way to the new one
		}
		w.hire(p, s, t, exit, c)
	case r >= 1-study*share:
		s.studying = 10 + int(14*w.uniform(p, t, drawStudy))
		s.position = 0
	case r >= 1-(study+ufore)*share:
		s.ufore = true
		s.position = 0
	}
}

// exitDay draws the last day in the register, from the day of entry on: jobs begin more often early in a month than
// late.
func (w *world) exitDay(p *person, t, first int) int {
	u := w.uniform(p, t, drawExitDay)
	return first + int(math.Pow(u, 3)*float64(w.days[t]-first+1))
}

// startDay draws the day of a start: places are given out in the course of the month, so that late days are likelier.
func (w *world) startDay(p *person, t int) int {
	return 1 + int(math.Pow(w.uniform(p, t, drawStartDay), .5)*float64(w.days[t]))
}

// drop takes the wage of a job that the month has counted out of it again.
func (c *cell) drop(s *state, growth float64) {
	if s.position > 0 {
		o := int32(math.Round(s.pay*growth*float64(s.position)/1e4)) * 100
		c.position -= s.position
		c.ordinary -= s.position
		c.wage -= o
		c.ordinaryWage -= o
	}
}

// otherExits are the monthly hazards of leaving the register for education, disability pension, and without anything
// that a register shows. They lie at the upper end of the exit draw, jobs at the lower: a change in one is not a
// change in the other.
func (w *world) otherExits(p *person, s *state, age float64, el int) (study, ufore, other float64) {
	study = .002 + .012*ramp(age, 30, 21)
	if p.reduced {
		study *= .5
		ufore = (.0005 + .009*ramp(age, 30, 60)) * ramp(float64(el), 4, 16)
		if s.effort >= 4 {
			ufore *= 1.8
		}
	}
	other = .009
	if p.reduced {
		other = .005
	}
	return study, ufore, other
}

// start begins a participation on a day of month t; one that goes on ends the day before.
func (w *world) start(p *person, s *state, t, day, k int, rec *recorder) {
	date := w.first[t] + calendar.Date(day-1)
	if s.tiltak >= 0 {
		w.end(s, max(s.from, min(date-1, s.planned)), t, rec, false)
	}
	g := &programmes[k]
	s.tiltak, s.from = k, date
	s.planned = date + calendar.Date(g.planned(w.uniform(p, t, drawDuration), !p.reduced)-1)
	s.extra, s.scale, s.mentored = w.extra(p, k, w.age(p, t)), 1, false
	if w.rules.scale != nil {
		s.scale = w.rules.scale(w, p, s, t, k)
	}
	if g.byAgreed {
		s.subPos, s.subPay = w.job(p, t)
		s.subPos = max(s.subPos, 5000)
		s.subPay *= .92
	}
	if rec != nil {
		rec.open = len(rec.parts)
		rec.parts = append(rec.parts, participation{tiltak: k, from: date, to: calendar.Open, planned: s.planned, month: t})
	}
}

// extra is what the groups of a person add to the effect of a tiltak. The groups are those of the catalogue: unge are
// under 30 in whole years, lav_utdanning is NUS 0–2 or unknown.
func (w *world) extra(p *person, k int, age float64) float64 {
	groups := w.effects[k].Groups
	if groups == nil {
		return 0
	}
	sum := 0.0
	if age < 30 {
		sum += groups["unge"]
	}
	if p.lowEdu() {
		sum += groups["lav_utdanning"]
	}
	if p.origin == register.OutsideEEA {
		sum += groups["innvandrere_utenfor_eos"]
	}
	if p.reduced {
		sum += groups["nedsatt_arbeidsevne"]
	}
	return sum
}

// end closes the participation on a date of month t and adds what it leaves behind.
func (w *world) end(s *state, date calendar.Date, t int, rec *recorder, gotJob bool) {
	e := &w.effects[s.tiltak]
	dose := min(1, float64(date-s.from+1)/45)
	find, late := e.Find, e.Late
	if late > 0 {
		late += s.extra
	} else {
		find += s.extra
	}
	dose *= s.scale
	s.add(dose*find, dose*late, dose*e.Keep)
	s.lastEnd[s.tiltak], s.anyEnd, s.last = t, t, s.tiltak
	s.tiltak = -1
	if rec != nil {
		rec.parts[rec.open].to, rec.parts[rec.open].gotJob = date, gotJob
	}
	if s.mentor {
		w.endMentor(s, min(date, s.mentorPlanned), rec)
	}
}

// add adds to what tiltak have left behind; the sums are capped.
func (s *state) add(find, late, keep float64) {
	s.find = min(s.find+find, 1.5)
	s.late = min(s.late+late, 1.5)
	s.keep = min(s.keep+keep, 1.2)
}

// participate is the part of month t that the person spends in the tiltak, up to the day of exit; it ends the
// participation where the plan says so.
func (w *world) participate(p *person, s *state, t, exit int, c *cell, rec *recorder) {
	if s.tiltak < 0 {
		return
	}
	c.state |= register.InTiltak
	from, to := max(s.from, w.first[t]), w.first[t+1]-1
	if exit > 0 {
		to = w.first[t] + calendar.Date(exit-1)
	}
	done := s.planned <= to
	if done {
		to = s.planned
	}
	if programmes[s.tiltak].byAgreed {
		share := float64(to-from+1) / float64(w.days[t])
		c.paidThroughTiltak(s.subPos, s.subPay*w.growth[t]*float64(s.subPos)/1e4*share)
	}
	if s.mentor && s.mentorPlanned <= to {
		w.endMentor(s, s.mentorPlanned, rec)
	}
	if done {
		w.end(s, to, t, rec, false)
	}
}

// depart closes what is open on the day of death or emigration.
func (w *world) depart(p *person, s *state, t int, rec *recorder) {
	if s.reg {
		if s.tiltak >= 0 {
			w.end(s, w.first[t]+calendar.Date(p.goneDay-1), t, rec, false)
		}
		w.leave(s, t, p.goneDay, rec)
	}
	s.position = 0
}

// benefits are those of month t; they depend on the past and on work, and nothing but the start intensities depends on
// them.
func (w *world) benefits(p *person, s *state, t int, c *cell) {
	s.prevDagpenger, s.prevAAP = false, false
	if s.ufore {
		c.state |= register.Ufore
	}
	if c.state&register.Registered == 0 {
		if c.position == 0 && !s.ufore && s.studying == 0 && w.uniform(p, t, drawAid) < .08 {
			c.state |= register.Sosialhjelp
		}
		return
	}
	switch {
	case s.aap > 0:
		s.aap--
		s.prevAAP = true
		c.state |= register.AAP
	case s.dagpenger > 0 && c.state&register.TiltakWage == 0:
		s.dagpenger--
		s.prevDagpenger = true
		c.state |= register.Dagpenger
	case c.state&register.InTiltak != 0 && c.state&register.TiltakWage == 0:
		c.state |= register.Tiltakspenger
	case c.position == 0 && w.uniform(p, t, drawAid) < .30:
		c.state |= register.Sosialhjelp
	}
}
