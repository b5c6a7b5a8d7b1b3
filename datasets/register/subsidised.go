package register

import (
	"tiltakseffekt/internal/calendar"
)

// subsidised are the spells in tiltak whose wages are paid through the tiltak (catalog: lonn_fra_tiltak), by person, as
// months of the panel.
type subsidised struct {
	first []int32 // spells of person i are [first[i], first[i+1]); nil where there is none at all
	spell []subsidisedSpell
}

type subsidisedSpell struct {
	from, to calendar.Month
	employer int32 // index into Register.Employers, −1 unknown
}

func (b *builder) subsidisedSpells() subsidised {
	pays := make([]bool, len(b.Tiltak))
	for i, code := range b.Tiltak {
		t, _ := b.catalog.Tiltak(code)
		pays[i] = t.WagesSubsidised
	}
	s := subsidised{first: make([]int32, b.Persons.N+1)}
	for _, p := range b.Participations {
		if pays[p.Tiltak] {
			s.spell = append(s.spell, subsidisedSpell{p.Start.Month(), min(p.End, b.lastDay()).Month(), p.Employer})
			s.first[p.Person+1]++
		}
	}
	if s.spell == nil {
		return subsidised{}
	}
	for i := range b.Persons.N {
		s.first[i+1] += s.first[i]
	}
	return s
}

// pays tells whether the wage of a job in a month is paid through a tiltak: the person takes part in such a tiltak on
// at least one day of the month, and the job is not known to be with another employer (employer −1: not known).
func (s *subsidised) pays(person int32, m calendar.Month, employer int32) bool {
	if s.first == nil {
		return false
	}
	for _, x := range s.spell[s.first[person]:s.first[person+1]] {
		if x.from <= m && m <= x.to && (x.employer < 0 || employer == -1 || x.employer == employer) {
			return true
		}
	}
	return false
}

// employer is the place of a name in Register.Employers, −2 where no participation names it.
func (b *builder) employer(name string) int32 {
	if n, ok := b.employerNumber[name]; ok {
		return n
	}
	return -2
}
