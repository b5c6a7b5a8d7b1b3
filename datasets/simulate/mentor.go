package simulate

import (
	"math"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// mentor now and then puts a mentor beside a participation that goes on, in a month in which nothing else starts. As
// with starts, the offer has a day, and comes about where the person is registered and in the tiltak on it.
func (w *world) mentor(p *person, s *state, t, exit int, rec *recorder) {
	if s.mentored || s.tiltak != arbeidstrening && s.tiltak != lonnstilskudd && s.tiltak != opplaering || s.from >= w.first[t] {
		return
	}
	rate := .06 * math.Exp(w.capacity[p.office][t]+.3*flag(p.lowEdu())+.2*flag(p.origin == register.OutsideEEA)+.2*flag(p.reduced))
	if w.uniform(p, t, drawMentor) >= 1-math.Exp(-rate) {
		return
	}
	day := w.day(p, t, drawMentorDay, 1)
	date := w.first[t] + calendar.Date(day-1)
	if exit > 0 && day > exit || date > s.planned {
		return
	}
	s.mentor, s.mentored, s.mentorFrom = true, true, date
	s.mentorPlanned = date + calendar.Date(mentoring.planned(w.uniform(p, t, drawMentorDuration), false)-1)
	if rec != nil {
		rec.openMentor = len(rec.parts)
		rec.parts = append(rec.parts, participation{tiltak: mentor, from: date, to: calendar.Open, planned: s.mentorPlanned, month: t})
	}
}

// endMentor closes the mentor and adds what it leaves behind.
func (w *world) endMentor(s *state, date calendar.Date, rec *recorder) {
	e := &w.effects[mentor]
	dose := min(1, float64(date-s.mentorFrom+1)/45)
	s.add(dose*e.Find, dose*e.Late, dose*e.Keep)
	s.mentor = false
	if rec != nil {
		rec.parts[rec.openMentor].to = date
	}
}
