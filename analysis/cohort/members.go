package cohort

import (
	"slices"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Members tells which target groups a person belongs to on a day, by the same definitions as the trials. It keeps what it
// has read of a person: ask for a person's days one after the other, and use one a goroutine.
type Members struct {
	reg    *register.Register
	by     Eligible
	groups []Group
	person int32
	read   scratch
}

// NewMembers serves the groups of a design's trials; bit i of what Of returns is groups[i].
func NewMembers(reg *register.Register, by Eligible, groups []Group) *Members {
	return &Members{reg: reg, by: by, groups: groups, person: -1}
}

// Of are the groups of a person on the day of a start, measured before the month of it.
func (s *Members) Of(person int32, day calendar.Date) Mask {
	if s.person != person {
		s.read.episodes = episodes(s.reg, person, s.by, s.read.episodes)
		s.read.history.load(s.reg.Panel.History(person))
		s.person = person
	}
	x := moment{reg: s.reg, persons: &s.reg.Persons, person: person, m: day.Month(), history: &s.read.history}
	if e := slices.IndexFunc(s.read.episodes, func(e Episode) bool { return e.Covers(day) }); e >= 0 {
		x.episode = &s.read.episodes[e]
	}
	return mask(s.groups, &x)
}
