package chain

import (
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Exit is what comes after a link.
type Exit uint8

// The exits, in the order in which tables list them.
const (
	ToLink       Exit = iota // the next link of the chain
	ToWork                   // ordinary work
	ToEducation              // education
	ToUfore                  // disability pension
	ToGone                   // death or emigration
	ToReentry                // a tiltak again, after the gap
	ToRegistered             // none of these, and registered or on a benefit at the end of the window
	ToOther                  // none of these, and not registered either
	ToEnd                    // the window ends after the cut: end of data
	Exits
)

// ExitNames are the exits as tables write them; a next link is written by its tiltak.
var ExitNames = [Exits]string{"link", "work", "education", "ufore", "dead_or_emigrated", "reentry", "registered", "other", "end_of_data"}

// supported is what counts as registered at the end of a window.
const supported = register.Registered | register.Dagpenger | register.AAP | register.Sosialhjelp | register.Tiltakspenger

// After is what comes after link i of a chain, and how many months after the month of its last day (0 for a next link, whose
// days are its Gap; the window's length for those without an event). known tells whether the window, Rule.Window months
// after the month of its last day, ends before the cut: over the links of which that is known every exit has had the same
// time to come about.
//
// A link with another one after it in the chain is ToLink. Of the rest those that are not known are ToEnd, whatever is
// seen of them. For the others the months 1…Window after the ending month are gone through, and the first with one of the
// following decides, in this order within a month: death or emigration, a new start in tiltak, disability pension,
// ordinary work, education. Otherwise the last month of the window tells whether the person is registered or on a benefit.
func (c *Chains) After(reg *register.Register, chain, i int) (exit Exit, months int, known bool) {
	ch := &c.Chains[chain]
	at := ch.First + int32(i)
	link := &c.Links[at]
	ended := link.End.Month()
	known = !link.Open && ended+calendar.Month(c.Rule.Window) <= c.cut
	if at+1 < ch.Last {
		return ToLink, 0, known
	}
	if !known {
		return ToEnd, 0, false
	}
	again := calendar.Month(1 << 30)
	if chain+1 < len(c.Chains) && c.Chains[chain+1].Person == ch.Person {
		again = c.Links[c.Chains[chain+1].First].Start.Month()
	}
	h := reg.Panel.History(ch.Person)
	for k := 1; k <= c.Rule.Window; k++ {
		m := ended + calendar.Month(k)
		j := int(m - h.First)
		if j < 0 || j >= len(h.State) {
			continue
		}
		switch s := h.State[j]; {
		case s&(register.Dead|register.Gone) != 0:
			return ToGone, k, true
		case m >= again: // it may begin in the ending month itself where the gap is short
			return ToReentry, k, true
		case s&register.Ufore != 0:
			return ToUfore, k, true
		case h.Ordinary[j] >= 100: // a whole per cent of full time, as the outcome `work` counts it
			return ToWork, k, true
		case s&register.Studying != 0:
			return ToEducation, k, true
		}
	}
	if j := int(ended + calendar.Month(c.Rule.Window) - h.First); j >= 0 && j < len(h.State) && h.State[j]&supported != 0 {
		return ToRegistered, c.Rule.Window, true
	}
	return ToOther, c.Rule.Window, true
}

// Reentry is how many months after the month in which a chain ended its person starts in tiltak again, within the window;
// again is false where that is not seen, known is false where the window ends after the cut.
func (c *Chains) Reentry(chain int) (months int, again, known bool) {
	ch := &c.Chains[chain]
	link := &c.Links[ch.Last-1]
	ended := link.End.Month()
	if link.Open || ended+calendar.Month(c.Rule.Window) > c.cut {
		return 0, false, false
	}
	if chain+1 < len(c.Chains) && c.Chains[chain+1].Person == ch.Person {
		if m := c.Links[c.Chains[chain+1].First].Start.Month(); m <= ended+calendar.Month(c.Rule.Window) {
			return int(m - ended), true, true
		}
	}
	return 0, false, true
}
