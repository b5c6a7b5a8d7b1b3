package chain

import (
	"fmt"
	"regexp"
	"strconv"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Span is a length of time in whole months or days.
type Span struct {
	N    int
	Days bool // days; otherwise months
}

// Months and Days make spans.
func Months(n int) Span { return Span{N: n} }

// Days is a span of n days.
func Days(n int) Span { return Span{N: n, Days: true} }

// From is the last day that lies within the span after d: n days later, or the same day n months later (the last of the
// month where it is shorter).
func (s Span) From(d calendar.Date) calendar.Date {
	if s.Days {
		return d + calendar.Date(s.N)
	}
	m := d.Month() + calendar.Month(s.N)
	return min(m.First()+calendar.Date(d.Day()-1), m.Last())
}

// String is the span as a study writes it: `3 months`, `30 days`.
func (s Span) String() string {
	unit := "month"
	if s.Days {
		unit = "day"
	}
	if s.N != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", s.N, unit)
}

// In is the span in words, nb or en.
func (s Span) In(lang string) string {
	if lang == "en" {
		return s.String()
	}
	switch {
	case s.Days && s.N == 1:
		return "1 dag"
	case s.Days:
		return fmt.Sprintf("%d dager", s.N)
	case s.N == 1:
		return "1 måned"
	}
	return fmt.Sprintf("%d måneder", s.N)
}

// MarshalText writes String.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

var spanText = regexp.MustCompile(`^(\d{1,4}) *(|d|day|days|dag|dager|m|month|months|mnd|måned|måneder|maneder)$`)

// UnmarshalText reads `3 months`, `30 days` (also in Norwegian) or a bare number of months.
func (s *Span) UnmarshalText(b []byte) error {
	m := spanText.FindStringSubmatch(string(b))
	if m == nil {
		return fault.Usagef("bad_study", "`%s` is no length of time; write such as 3 months or 30 days", b)
	}
	s.N, _ = strconv.Atoi(m[1])
	s.Days = len(m[2]) > 0 && m[2][0] == 'd'
	return nil
}

// How two tiltak that overlap longer than Rule.Overlap are read.
const (
	Combine = "combine" // one link: a combination
	Next    = "next"    // the later start is the next link, and the former ends where it begins
)

// What makes two participations the same tiltak.
const (
	ByTiltak = "tiltak"
	ByFamily = "family"
)

// Rule says what a link is, and when a link follows upon another.
type Rule struct {
	Gap       Span   // most time from the last day of a link to the first of the next one in the same chain
	Overlap   Span   // two tiltak that overlap no longer than this follow upon each other
	MinLength Span   // shorter participations are no links
	Switch    string // Combine or Next: what a longer overlap is
	By        string // ByTiltak or ByFamily: links are tiltak, or families of tiltak
	Window    int    // months after the last day of a link in which what came next is looked for
}

// DefaultRule is the rule of a study that names none. The lengths are choices, not facts: a study states its own.
func DefaultRule() Rule {
	return Rule{Gap: Months(3), Overlap: Days(30), MinLength: Days(1), Switch: Combine, By: ByTiltak, Window: 12}
}

// Validate says what is wrong with a rule, in terms of the study file.
func (r Rule) Validate() error {
	switch {
	case r.Switch != Combine && r.Switch != Next:
		return fault.Usagef("bad_study", "`chains.switch: %s` is not known%s; it is combine or next", r.Switch, fault.Suggest(r.Switch, []string{Combine, Next}))
	case r.By != ByTiltak && r.By != ByFamily:
		return fault.Usagef("bad_study", "`chains.by: %s` is not known%s; it is tiltak or family", r.By, fault.Suggest(r.By, []string{ByTiltak, ByFamily}))
	case r.Window < 1 || r.Window > 120:
		return fault.Usagef("bad_study", "`chains.window` is a number of months from 1 to 120, not %d", r.Window)
	case r.months(r.Gap) > r.Window:
		return fault.Usagef("bad_study", "`chains.gap` (%s) is longer than `chains.window` (%d months): a next link could come after the time in which it is looked for", r.Gap, r.Window)
	case r.months(r.Gap) > 60:
		return fault.Usagef("bad_study", "`chains.gap` (%s) is over five years; links so far apart are no chain", r.Gap)
	case r.months(r.MinLength) > 60:
		return fault.Usagef("bad_study", "`chains.min_length` (%s) is over five years; nothing would be left", r.MinLength)
	}
	return nil
}

// months is a span in months, parts counted as whole.
func (Rule) months(s Span) int {
	if s.Days {
		return (s.N + 30) / 31
	}
	return s.N
}

// Words is the rule in a sentence or two, nb or en, as it is printed beside every figure that rests on it.
func (r Rule) Words(lang string) string {
	gap, overlap, least := r.Gap.In(lang), r.Overlap.In(lang), r.MinLength.In(lang)
	if lang == "en" {
		same := "the same tiltak"
		links := "A link is a participation"
		if r.By == ByFamily {
			same, links = "the same family of tiltak", "A link is participation in tiltak of one family"
		}
		long := "Tiltak that overlap longer, or of which one lies inside the other, are one link, a combination."
		if r.Switch == Next {
			long = "So does a start during a longer overlap: the former link then ends the day before."
		}
		return fmt.Sprintf("%s of at least %s. A link belongs to the same chain as the one before if it begins within %s after that one's last day, or overlaps it by at most %s. %s"+
			" A return to %s after a break is a link of its own. What comes after a link is looked for in the %d months after its last day; the last links of chains that cannot be followed for so long count as end of data, and shares are among links that can.",
			links, least, gap, overlap, long, same, r.Window)
	}
	same := "samme tiltak"
	links := "Et ledd er en deltakelse"
	if r.By == ByFamily {
		same, links = "samme familie av tiltak", "Et ledd er deltakelse i tiltak av én familie"
	}
	long := "Tiltak som overlapper lenger, eller der det ene ligger inne i det andre, er ett ledd, en kombinasjon."
	if r.Switch == Next {
		long = "Det gjør også en start under et lengre overlapp: det forrige leddet slutter da dagen før."
	}
	return fmt.Sprintf("%s på minst %s. Et ledd hører til samme kjede som det forrige hvis det begynner innen %s etter siste dag i det, eller overlapper det med høyst %s. %s"+
		" En ny periode i %s etter et opphold er et eget ledd. Hva som følger etter et ledd, letes det etter i de %d månedene etter siste dag; siste ledd som ikke kan følges så lenge, regnes som slutt på data, og andeler er blant ledd som kan følges.",
		links, least, gap, overlap, long, same, r.Window)
}
