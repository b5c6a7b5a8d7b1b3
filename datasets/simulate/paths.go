package simulate

import (
	"sort"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// Which names a reference path.
type Which uint8

// The reference paths of a start.
const (
	Follow Which = iota // without this start, later starts as they come
	None                // without this start and without any later
)

// String is the name in counterfactual.parquet.
func (w Which) String() string {
	if w == None {
		return "none"
	}
	return "follow"
}

// Start is one start in a tiltak.
type Start struct {
	DeltakelseID int64
	PersonID     int64
	Tiltak       string
	Date         calendar.Date
}

// Paths are starts, ascending by DeltakelseID (and so by person), with the two reference paths of each.
type Paths struct {
	Starts []Start

	at     []int // months of path (i, which) are [at[2i + which], at[2i + which + 1]); nil without paths
	months register.History
	partAt []int // participations of path (i, which) are [partAt[2i + which], partAt[2i + which + 1])
	parts  []PathParticipation
}

// PathParticipation is a participation on a reference path, with what deltakelse would say of it.
type PathParticipation struct {
	Tiltak   string
	From, To calendar.Date // To: calendar.Open while it goes on at the end of the path
	PartTime int           // percent; −1 missing
	Subsidy  int           // lonnstilskudd_prosent; −1 missing
}

// Participations are the participations on a reference path of start i, those that go on in its first month included.
// Callers do not change them. They are held in memory alone: counterfactual.parquet has the months, and paths that were
// read from it have none.
func (p *Paths) Participations(i int, which Which) []PathParticipation {
	if p.partAt == nil {
		return nil
	}
	return p.parts[p.partAt[2*i+int(which)]:p.partAt[2*i+int(which)+1]]
}

// Find is the index of a start in Starts; ok is false where there is none of that id.
func (p *Paths) Find(deltakelseID int64) (i int, ok bool) {
	i = sort.Search(len(p.Starts), func(i int) bool { return p.Starts[i].DeltakelseID >= deltakelseID })
	return i, i < len(p.Starts) && p.Starts[i].DeltakelseID == deltakelseID
}

// Path is a reference path of start i: element h is h months after the start month. It ends 60 months after that or
// with the data. Callers do not change it.
func (p *Paths) Path(i int, which Which) register.History {
	a, b := p.at[2*i+int(which)], p.at[2*i+int(which)+1]
	h := &p.months
	return register.History{First: p.Starts[i].Date.Month(), Position: h.Position[a:b:b], Ordinary: h.Ordinary[a:b:b],
		Wage: h.Wage[a:b:b], OrdinaryWage: h.OrdinaryWage[a:b:b], State: h.State[a:b:b]}
}

// Drawn tells whether the reference paths are there, or only the starts.
func (p *Paths) Drawn() bool { return p.at != nil }

// paths gathers the starts with the paths that lie in `of`, two a start, and the participations on them where they were
// recorded.
func (w *world) paths(blocks []*block, of func(*block) []cell, recorded bool) *Paths {
	p := &Paths{}
	codes := w.codes()
	total, starts := 0, 0
	for _, b := range blocks {
		total += len(of(b))
		starts += len(b.parts)
	}
	if w.opt.Counterfactual {
		p.at, p.partAt = make([]int, 1, 2*starts+1), make([]int, 1, 2*starts+1)
		h := &p.months
		h.Position, h.Ordinary = make([]uint16, 0, total), make([]uint16, 0, total)
		h.Wage, h.OrdinaryWage = make([]int32, 0, total), make([]int32, 0, total)
		h.State = make([]register.State, 0, total)
	}
	for _, b := range blocks {
		path, part0 := 0, 0 // in refPartN and refParts
		b.eachRow(func(i int, person *person, id int64, part *participation) {
			if part.referral != 0 {
				return
			}
			p.Starts = append(p.Starts, Start{id, person.id, codes[w.code(person, part)], part.from})
			if p.at != nil {
				last, n := p.at[len(p.at)-1], int(b.refN[i])
				p.at = append(p.at, last+n, last+2*n)
				for range 2 {
					if !recorded {
						p.partAt = append(p.partAt, 0)
						continue
					}
					n := int(b.refPartN[path])
					for k := range b.refParts[part0 : part0+n] {
						p.parts = append(p.parts, w.pathParticipation(person, &b.refParts[part0+k], codes))
					}
					path, part0 = path+1, part0+n
					p.partAt = append(p.partAt, len(p.parts))
				}
			}
		})
		if p.at != nil {
			h := &p.months
			cells := of(b)
			for i := range cells {
				c := &cells[i]
				h.Position, h.Ordinary = append(h.Position, c.position), append(h.Ordinary, c.ordinary)
				h.Wage, h.OrdinaryWage = append(h.Wage, c.wage), append(h.OrdinaryWage, c.ordinaryWage)
				h.State = append(h.State, c.state)
			}
		}
	}
	return p
}

// pathParticipation is a participation of a reference path as deltakelse would have it.
func (w *world) pathParticipation(p *person, x *participation, codes []string) PathParticipation {
	partTime, subsidy := w.terms(p, x)
	return PathParticipation{Tiltak: codes[w.code(p, x)], From: x.from, To: x.to, PartTime: partTime, Subsidy: subsidy}
}

// eachRow calls f for each row of deltakelse in order, with its person and id: a person's starts in the order in which
// they began, then the referrals that never became one. Starts have ids person · 1000 + 1, 2, …, the referrals
// person · 1000 + 501, 502, …
func (b *block) eachRow(f func(i int, p *person, id int64, part *participation)) {
	i, j := 0, 0
	for k := range b.people {
		p := &b.people[k]
		for n := range int(b.partN[k]) {
			f(i, p, p.id*1000+int64(n)+1, &b.parts[i])
			i++
		}
		for n := range int(b.otherN[k]) {
			f(-1, p, p.id*1000+501+int64(n), &b.others[j])
			j++
		}
	}
}
