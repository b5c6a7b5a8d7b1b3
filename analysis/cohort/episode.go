package cohort

import (
	"slices"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Episode is a stretch of days in the risk set, both ends included. To is calendar.Open where it goes on at the cut.
type Episode struct {
	From, To calendar.Date
	// Status and Effort are what the registration says on the first day; where it changes later the latest spell that
	// began before a month counts in that month (see statusAt).
	spells []register.Registration
}

// Elapsed is the number of calendar months from the episode's first to m, both counted: 1 in the month it begins.
func (e *Episode) Elapsed(m calendar.Month) int { return int(m-e.From.Month()) + 1 }

// Covers tells whether the day lies in the episode.
func (e *Episode) Covers(d calendar.Date) bool { return e.From <= d && d <= e.To }

// Meets tells whether some day of the month does.
func (e *Episode) Meets(m calendar.Month) bool { return e.From <= m.Last() && m.First() <= e.To }

// statusAt is the registration status and innsatsgruppe before m: those of the last spell that began before m, otherwise
// (the episode begins in m) those it began with.
func (e *Episode) statusAt(m calendar.Month) (register.Status, uint8) {
	if len(e.spells) == 0 || e.spells[0].From > m.Last() { // an episode of benefit that a registration joins later
		return register.StatusUnknown, 0
	}
	s := e.spells[0]
	for _, next := range e.spells[1:] {
		if next.From >= m.First() {
			break
		}
		s = next
	}
	return s.Status, s.Effort
}

// onBenefit are the benefits that make an episode. Tiltakspenger do not: they come with a tiltak, and treatment must not make
// a person eligible for it.
const onBenefit = register.Dagpenger | register.AAP | register.Ufore | register.Sosialhjelp

// episodes are the episodes of a person in the order of time: registration spells, months on a benefit, or both, with
// overlapping and adjoining ones joined. dst is reused.
func episodes(reg *register.Register, person int32, by Eligible, dst []Episode) []Episode {
	dst = dst[:0]
	add := func(from, to calendar.Date, spell *register.Registration) {
		e := Episode{From: from, To: to}
		if spell != nil {
			e.spells = []register.Registration{*spell}
		}
		dst = append(dst, e)
	}
	if by != ByBenefit {
		for i := reg.FirstReg[person]; i < reg.FirstReg[person+1]; i++ {
			r := &reg.Registrations[i]
			add(r.From, r.To, r)
		}
	}
	if by != ByRegistration {
		h := reg.Panel.History(person)
		for k := 0; k < len(h.State); k++ {
			if h.State[k]&onBenefit == 0 {
				continue
			}
			first := k
			for k+1 < len(h.State) && h.State[k+1]&onBenefit != 0 {
				k++
			}
			to := (h.First + calendar.Month(k)).Last()
			if k == len(h.State)-1 {
				to = calendar.Open
			}
			add((h.First + calendar.Month(first)).First(), to, nil)
		}
	}
	slices.SortStableFunc(dst, func(a, b Episode) int { return int(a.From - b.From) })
	joined := dst[:0]
	for _, e := range dst {
		if n := len(joined); n > 0 && (joined[n-1].To == calendar.Open || e.From <= joined[n-1].To+1) {
			last := &joined[n-1]
			last.To = max(last.To, e.To)
			last.spells = append(last.spells, e.spells...)
			continue
		}
		joined = append(joined, e)
	}
	return joined
}
