package chain

import (
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// The states of a month that are not a tiltak, in the order in which they follow the names of the alphabet.
const (
	InCombination = iota // two or more tiltak on days of the month
	InWork               // ordinary work
	InEducation
	OnUfore      // disability pension
	IsRegistered // registered as jobseeker, or on a benefit
	IsOutside    // none of these
	IsGone       // dead or emigrated
	MoreStates
)

// StateNames are these states as tables write them.
var StateNames = [MoreStates]string{"combination", "work", "education", "ufore", "registered", "other", "dead_or_emigrated"}

// States are the names of the states of a month: the alphabet, then StateNames. At most 255.
func (a Alphabet) States() []string { return append(append([]string{}, a.Names...), StateNames[:]...) }

// Months fills the states of a person in the months from first on, one a month; months after the panel have the state of
// its last. A month is, in this order: dead or emigrated; in a tiltak on at least one day (two or more different ones: a
// combination); in ordinary work; in education; on disability pension; registered or on a benefit; or nothing of these. Every
// participation counts, also one that is too short to be a link.
func (a Alphabet) Months(reg *register.Register, person int32, first calendar.Month, dst []uint8) {
	h := reg.Panel.History(person)
	base := uint8(len(a.Names))
	none := int16(-1)
	for k := range dst {
		m := first + calendar.Month(k)
		j := min(max(int(m-h.First), 0), len(h.State)-1)
		s := h.State[j]
		in, several := none, false
		if s&register.InTiltak != 0 {
			for i := reg.FirstPart[person]; i < reg.FirstPart[person+1]; i++ {
				p := &reg.Participations[i]
				if p.Start > m.Last() {
					break
				}
				if p.End < m.First() {
					continue
				}
				several = several || in >= 0 && in != a.Of[p.Tiltak]
				in = a.Of[p.Tiltak]
			}
		}
		switch {
		case s&(register.Dead|register.Gone) != 0:
			dst[k] = base + IsGone
		case several:
			dst[k] = base + InCombination
		case in >= 0:
			dst[k] = uint8(in)
		case h.Ordinary[j] >= 100:
			dst[k] = base + InWork
		case s&register.Studying != 0:
			dst[k] = base + InEducation
		case s&register.Ufore != 0:
			dst[k] = base + OnUfore
		case s&supported != 0:
			dst[k] = base + IsRegistered
		default:
			dst[k] = base + IsOutside
		}
	}
}
