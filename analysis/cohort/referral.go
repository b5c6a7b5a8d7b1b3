package cohort

import (
	"slices"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// The design `time_zero: referral` (intention to treat). The treated are referred to tiltak k in m, whether they ever start
// it: henvist_dato of a participation, and of the rows of `deltakelse` that never became one. The comparison is
// eligible in m, on a day drawn from the referrals of the stratum, and referred to nothing in m. Waiting, and finding work
// while waiting, are then part of the effect; counted from the start they are lost with those who never get that far.
//
// A participation without henvist_dato, or with one after its start, is taken as referred on the day it starts. The washout
// counts referrals as it counts starts.

// referrals lists the referrals of a person as events, in the order of date and tiltak.
func (b *builder) referrals(person int32) {
	from := len(b.events)
	for i := b.reg.FirstPart[person]; i < b.reg.FirstPart[person+1]; i++ {
		p := &b.reg.Participations[i]
		date := p.Start
		if p.Referred != register.NoDate && p.Referred <= p.Start {
			date = p.Referred
		} else {
			b.undated[person/personBlock]++
		}
		b.events = append(b.events, event{date: date, end: p.End, tiltak: p.Tiltak, part: i})
	}
	for i := b.reg.FirstRef[person]; i < b.reg.FirstRef[person+1]; i++ {
		p := &b.reg.Referrals[i]
		if p.Referred != register.NoDate {
			b.events = append(b.events, event{date: p.Referred, end: p.Referred, tiltak: p.Tiltak, part: neverStarted - i})
		}
	}
	slices.SortStableFunc(b.events[from:], func(a, b event) int {
		if a.date != b.date {
			return int(a.date - b.date)
		}
		return int(a.tiltak) - int(b.tiltak)
	})
}

// neverStarted is the participation of a referral that never became one: neverStarted − i for Register.Referrals[i].
const neverStarted = -2

// Referral is the index into Register.Referrals of a treated row whose referral never became a start, by Trial.Start; ok is
// false for any other row.
func Referral(start int32) (i int32, ok bool) { return neverStarted - start, start <= neverStarted }

// checkReferrals refuses a register that cannot tell who was referred.
func (b *builder) checkReferrals() error {
	started, never := 0, 0
	for i := range b.reg.Participations {
		if b.reg.Participations[i].Referred != register.NoDate {
			started++
		}
	}
	for i := range b.reg.Referrals {
		if b.reg.Referrals[i].Referred != register.NoDate {
			never++
		}
	}
	switch {
	case started == 0:
		return fault.Usagef("no_referrals", "`time_zero: referral` needs the day of the referral, and no participation in `deltakelse` has a `henvist_dato`; use time_zero: start")
	case never == 0:
		return fault.Usagef("no_referrals", "`time_zero: referral` needs the referrals that never became a start, and `deltakelse` has no such row with a `henvist_dato`: of those referred only the ones who started would be known; use time_zero: start")
	}
	return nil
}

func (b *builder) undatedReferrals() (n int) {
	for _, k := range b.undated {
		n += k
	}
	return n
}

// referredIn tells whether the person is referred to a tiltak in the month.
func (b *builder) referredIn(person int32, m calendar.Month) bool {
	return slices.ContainsFunc(b.eventsOf(person), func(e event) bool { return e.date.Month() == m })
}

// referredLately is the washout among referrals.
func (b *builder) referredLately(person int32, m calendar.Month, tiltak int16) int {
	rule := ruleAnalysed
	for _, e := range b.eventsOf(person) {
		began := e.date.Month()
		switch {
		case began >= m:
		case int(m-began) <= b.d.WashoutAny:
			return ruleWashoutAny
		case e.tiltak == tiltak && int(m-began) <= b.d.WashoutSame:
			rule = ruleWashoutSame
		}
	}
	return rule
}
