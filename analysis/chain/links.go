package chain

import (
	"context"
	"slices"
	"strings"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/parallel"
)

// Alphabet names what a participation is in: a tiltak, or a family of them.
type Alphabet struct {
	Names []string // in byte order
	Of    []int16  // Register.Tiltak → index into Names
}

// NewAlphabet gives each tiltak code of a register its name: itself with family nil, otherwise its family.
func NewAlphabet(codes []string, family func(code string) string) Alphabet {
	name := func(code string) string {
		if family == nil {
			return code
		}
		return family(code)
	}
	a := Alphabet{Of: make([]int16, len(codes))}
	for _, c := range codes {
		a.Names = append(a.Names, name(c))
	}
	slices.Sort(a.Names)
	a.Names = slices.Compact(a.Names)
	for i, c := range codes {
		at, _ := slices.BinarySearch(a.Names, name(c))
		a.Of[i] = int16(at)
	}
	return a
}

// Most is how many tiltak a combination can name; more are the last ones by name left out.
const Most = 4

// Set is the one or several tiltak of a link: indices into Alphabet.Names, ascending, −1 where there are no more.
type Set [Most]int16

func setOf(code int16) Set { return Set{code, -1, -1, -1} }

// with is the set with one more member.
func (s Set) with(code int16) Set {
	for i, c := range s {
		switch {
		case c == code:
			return s
		case c < 0 || c > code:
			copy(s[i+1:], s[i:])
			s[i] = code
			return s
		}
	}
	return s
}

// Size is the number of tiltak in the set.
func (s Set) Size() int {
	n := 0
	for n < Most && s[n] >= 0 {
		n++
	}
	return n
}

// Has tells whether a tiltak is in the set.
func (s Set) Has(code int16) bool { return slices.Contains(s[:s.Size()], code) }

// Name is the set as tables write it: `MENTOR+OPPFOLGING`.
func (s Set) Name(names []string) string {
	if s[1] < 0 {
		return names[s[0]]
	}
	var b strings.Builder
	for i, c := range s[:s.Size()] {
		if i > 0 {
			b.WriteByte('+')
		}
		b.WriteString(names[c])
	}
	return b.String()
}

// Link is one link of a chain.
type Link struct {
	Set        Set
	Start, End calendar.Date // End is the last day of the cut where Open
	Open       bool          // it goes on at the cut
	Starts     int32         // index into Register.Participations of the one that began it
	Gap        int32         // days between the last day of the link before and Start, less than 0 where they overlap; 0 for the first of a chain
}

// Days is the length of the link, both ends counted.
func (l *Link) Days() int { return int(l.End-l.Start) + 1 }

// Chain is the links [First, Last) of one person.
type Chain struct {
	Person      int32
	First, Last int32
}

// Chains are all chains of a register, by person and time.
type Chains struct {
	Rule     Rule
	Alphabet Alphabet
	Links    []Link
	Chains   []Chain
	Short    int // participations under Rule.MinLength
	cut      calendar.Month
}

// Of are the links of a chain.
func (c *Chains) Of(i int) []Link { return c.Links[c.Chains[i].First:c.Chains[i].Last] }

// Build makes the chains of a register by a rule.
//
// The participations of a person are taken in the order of start, then tiltak. One of at least MinLength days becomes
// part of the link before where it is in the one tiltak of that link and begins at the latest the day after it ended, or
// where Switch is Combine and it overlaps the link by more than Overlap or lies inside it. Otherwise it begins a link, in
// the same chain where it starts within Gap after the link before; with Switch Next a link that is overlapped like that
// ends on the day before the next one (but has at least its first day). A link ends with the last of its participations.
// An open participation lasts to the cut. Links thus come in the order of both their starts and their ends.
//
// A participation that began in an earlier link and still runs in a later one stands in the earlier one alone.
func Build(ctx context.Context, reg *register.Register, a Alphabet, rule Rule, workers int) (*Chains, error) {
	if err := rule.Validate(); err != nil {
		return nil, err
	}
	const block = 4096
	type part struct {
		links  []Link
		chains []Chain
		short  int
	}
	parts := make([]part, parallel.NumBlocks(reg.Persons.N, block))
	if err := parallel.Blocks(ctx, workers, reg.Persons.N, block, func(b, from, to int) error {
		p := &parts[b]
		for person := from; person < to; person++ {
			p.links, p.chains, p.short = person1(reg, a, rule, int32(person), p.links, p.chains, p.short)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	c := &Chains{Rule: rule, Alphabet: a, cut: reg.Cut}
	for _, p := range parts {
		base := int32(len(c.Links))
		c.Links = append(c.Links, p.links...)
		for _, ch := range p.chains {
			c.Chains = append(c.Chains, Chain{ch.Person, ch.First + base, ch.Last + base})
		}
		c.Short += p.short
	}
	return c, nil
}

// person1 appends the links and chains of one person.
func person1(reg *register.Register, a Alphabet, rule Rule, person int32, links []Link, chains []Chain, short int) ([]Link, []Chain, int) {
	cut := reg.Cut.Last()
	var last *Link // of the chain that is being made
	for i := reg.FirstPart[person]; i < reg.FirstPart[person+1]; i++ {
		p := &reg.Participations[i]
		next := Link{Set: setOf(a.Of[p.Tiltak]), Start: p.Start, End: min(p.End, cut), Open: p.End > cut, Starts: i}
		if !next.Open && next.End < rule.least(p.Start) {
			short++
			continue
		}
		if last == nil {
			links, chains = append(links, next), append(chains, Chain{person, int32(len(links)), int32(len(links)) + 1})
			last = &links[len(links)-1]
			continue
		}
		long := next.Start <= last.End && (next.End <= last.End || rule.Overlap.From(next.Start)-1 < last.End)
		same := last.Set == next.Set && next.Start <= last.End+1
		switch {
		case same, long && rule.Switch == Combine:
			last.Set = last.Set.with(next.Set[0])
			last.End, last.Open = max(last.End, next.End), last.Open || next.Open
			continue
		case long && rule.Switch == Next:
			last.End, last.Open = max(last.Start, next.Start-1), false
		}
		next.Gap = int32(next.Start-last.End) - 1
		if next.Start > rule.Gap.From(last.End) {
			next.Gap = 0
			chains = append(chains, Chain{person, int32(len(links)), int32(len(links))})
		}
		links = append(links, next)
		chains[len(chains)-1].Last++
		last = &links[len(links)-1]
	}
	return links, chains, short
}

// least is the last day of the shortest participation that begins on a day and is long enough.
func (r Rule) least(start calendar.Date) calendar.Date {
	if r.MinLength.N == 0 {
		return start
	}
	return r.MinLength.From(start) - 1
}
