package catalog

import (
	"strings"

	"tiltakseffekt/internal/calendar"
)

// TookPart says whether a status means participation.
type TookPart uint8

// The answers to whether a status means participation.
const (
	No        TookPart = iota
	Yes                // by the status alone
	IfStarted          // only where the start is not after the reference date
)

// Status is a status of a participation in the system that it comes from.
type Status struct {
	Origin          string // ARENA, TEAM_KOMET, TEAM_TILTAK
	Code            string
	NameNB, NameEN  string
	TookPart        TookPart
	Completed       bool // the participation was completed as planned
	CompletionKnown bool // false: the status does not say (Completed is false then)
	Provenance
}

// Participation applies Nav's rule for who actually took part: FULLF, DELAVB, GJENN_AVB and JATAKK did; GJENN did where
// it has started by the reference date, since it means both "assigned" and "taking part"; the others did not. The
// statuses of the newer systems are classified by their meaning in the same way.
//
// reference is the day up to which the register is known, normally the last day of the cut; started is false where no
// start date is known.
func (s Status) Participation(start calendar.Date, started bool, reference calendar.Date) bool {
	return s.TookPart == Yes || s.TookPart == IfStarted && started && start <= reference
}

// Name is the name in a language, nb or en.
func (s Status) Name(lang string) string {
	if lang == "en" {
		return s.NameEN
	}
	return s.NameNB
}

// origins are the systems in the order in which a status without an origin is looked up.
var origins = []string{"ARENA", "TEAM_KOMET", "TEAM_TILTAK"}

// Status is the status of a code. origin is ARENA, TEAM_KOMET (or KOMET) or TEAM_TILTAK; with any other origin, such as
// none, the code is looked up in all three in that order (where two have it, they agree on participation). ok is false
// for an unknown status, which callers treat as no participation and count. Case does not matter.
func (c *Catalog) Status(origin, status string) (s Status, ok bool) {
	origin, status = strings.ToUpper(strings.TrimSpace(origin)), strings.ToUpper(strings.TrimSpace(status))
	if origin == "KOMET" {
		origin = "TEAM_KOMET"
	}
	for _, o := range origins {
		if o == origin {
			s, ok = c.statuses[[2]string{origin, status}]
			return s, ok
		}
	}
	for _, o := range origins {
		if s, ok = c.statuses[[2]string{o, status}]; ok {
			return s, true
		}
	}
	return Status{}, false
}

func (c *Catalog) readStatuses(records map[string][]record) error {
	c.statuses = map[[2]string]Status{}
	for _, r := range records["statuser"] {
		s := Status{
			Origin: r.text("opphav"), Code: r.text("status"), NameNB: r.text("navn_nb"), NameEN: r.text("navn_en"),
			Completed: r.yes("fullfort"), CompletionKnown: r.text("fullfort") != "ukjent", Provenance: provenance(r),
		}
		switch r.text("deltakelse") {
		case "ja":
			s.TookPart = Yes
		case "hvis_startet":
			s.TookPart = IfStarted
		}
		c.statuses[[2]string{s.Origin, s.Code}] = s
	}
	return nil
}
