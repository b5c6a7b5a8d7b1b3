package cohort

import (
	"slices"
	"strings"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/random"
)

// Against says who the comparison is. All stand in the stratum of the treated: calendar month × elapsed months.
type Against string

// The comparisons.
const (
	// NotNow: eligible in m, starting no tiltak in m. The zero value is NotNow too.
	NotNow Against = "not-now"
	// Never: eligible in m and without a start of any tiltak in the whole register. Whoever finds work soon never starts
	// one: the comparison conditions on the future, and is there to be compared with, not to be believed.
	Never Against = "never"
	// Other: eligible in m and starting one of Design.Others in m, on its own day, under the same rules. Who starts both in
	// a month is in neither arm.
	Other Against = "other"
	// Either is for combinations: in some of the parts, and starting no further tiltak in m (Combination).
	Either Against = "either"
)

// Combination is a treatment of several tiltak at a time. It begins on the day on which the last of the parts begins
// while all others go on, the first of them begun at most Within months earlier. That day, not the first part's, is the
// start: whether the others will follow is not known before, and to count from the first part on would hold a
// combination's participants in the study by what they did later (immortal time).
//
// Its comparison (Either) has come as far: on a day drawn from the starts of the stratum the person is in some of the parts and
// not in the others, and starts no other in that month. What comes later is open to both, so that nothing is conditioned
// on the future; the stratum is, beside calendar month and elapsed months, which part is held and for how long (begun in m, 1–2, or more months
// before). The estimate is what the further part adds for those who got it, given the part they had.
type Combination struct {
	ID     string   `json:"id"`
	All    []string `json:"all"`    // tiltak codes, two or more
	Within int      `json:"within"` // months from the start of the first part to that of the last
}

// latestMonth is the last month of a spell that a strategy may name; beyond it stands a year, by mistake.
const latestMonth = 120

func (d *Design) validateAgainst() error {
	if d.Against == "" {
		d.Against = NotNow
	}
	if k := d.WaitUntil; k != 0 {
		switch {
		case !d.Censor || d.Against != NotNow:
			return fault.Usagef("bad_study", "`comparison.wait_until` is a strategy of the comparison: it goes with `against: not-now` and `later_entry: censor`")
		case d.Elapsed == [2]int{}:
			return fault.Usagef("bad_study", "`comparison.wait_until` compares with starting late; say which starts are early, such as `population: {elapsed: [1, 3]}`")
		case k > latestMonth:
			return fault.Usagef("bad_study", "`comparison.wait_until: %d` is a month of the spell, from 1 on, and no year; it is at most %d", k, latestMonth)
		case k <= d.Elapsed[1]:
			return fault.Usagef("bad_study", "`comparison.wait_until: %d` must lie after the last month of `population.elapsed` (%d)", k, d.Elapsed[1])
		}
	}
	if k := d.StartBy; k != 0 && (d.WaitUntil == 0 || k < d.WaitUntil) {
		return fault.Usagef("bad_study", "`comparison.start_by: %d` is the last month in which those who wait start; it goes with `wait_until`, the first, and cannot lie before it", k)
	}
	if d.StartBy > latestMonth {
		return fault.Usagef("bad_study", "`comparison.start_by: %d` is a month of the spell, from 1 on, and no year; it is at most %d", d.StartBy, latestMonth)
	}
	if d.StartBy != 0 && len(d.Combinations) > 0 {
		return fault.Usagef("bad_study", "`comparison.start_by` is about single tiltak, not combinations: to start one later is to start its parts in some order")
	}
	if d.Referral && (d.Against != NotNow || len(d.Combinations) > 0) {
		return fault.Usagef("bad_study", "`time_zero: referral` compares with not being referred now: it goes with `comparison.against: not-now` and single tiltak")
	}
	if d.Referral && d.Censor {
		return fault.Usagef("bad_study", "`time_zero: referral` goes with `later_entry: follow`: whoever was referred earlier may start later, and leaving then would condition on it")
	}
	for i, c := range d.Combinations {
		switch {
		case len(c.All) < 2:
			return fault.Usagef("bad_study", "`tiltak` has the combination `%s` of %d tiltak; `all` lists two or more codes", c.ID, len(c.All))
		case c.Within < 0 || c.Within > 60:
			return fault.Usagef("bad_study", "`tiltak` has the combination `%s` within %d months; `within` is 0 to 60", c.ID, c.Within)
		case !slices.Contains(d.Tiltak, c.ID):
			return fault.Usagef("bad_study", "`tiltak` does not list the combination `%s`", c.ID)
		}
		for j, code := range c.All {
			if slices.Contains(c.All[:j], code) {
				return fault.Usagef("bad_study", "`tiltak` has the combination `%s` with `%s` twice", c.ID, code)
			}
		}
		for _, other := range d.Combinations[:i] {
			if other.ID == c.ID {
				return fault.Usagef("bad_study", "`tiltak` names the combination `%s` twice", c.ID)
			}
		}
		if d.Against != Either && c.Within > 0 {
			return fault.Usagef("bad_study", "`comparison.against` must be either for the combination `%s`: by the day its last part begins the others have been at work, and only persons in one of them are comparable (`within: 0` alone, all in one month, can be compared with not-now)", c.ID)
		}
	}
	switch d.Against {
	case NotNow:
	case Never, Other:
		if d.Censor {
			return fault.Usagef("bad_study", "`comparison.later_entry: censor` belongs to not-now and either: against %s nobody leaves at a later start", againstWords(d))
		}
	case Either:
		if len(d.Combinations) != len(d.Tiltak) || d.Tiltak == nil {
			return fault.Usagef("bad_study", "`comparison.against: either` compares a combination with its parts; every entry of `tiltak` must then be a combination {id, all, within}")
		}
	default:
		return fault.Usagef("bad_study", "`comparison.against: %s` is not known", d.Against)
	}
	for _, code := range d.Others {
		if slices.Contains(d.Tiltak, code) {
			return fault.Usagef("bad_study", "`comparison.against` names `%s`, which `tiltak` names too; a tiltak cannot be compared with itself", code)
		}
		for _, c := range d.Combinations {
			if slices.Contains(c.All, code) {
				return fault.Usagef("bad_study", "`comparison.against` names `%s`, a part of the combination `%s`: whoever starts the combination starts it too; compare with `either`", code, c.ID)
			}
		}
	}
	return nil
}

func againstWords(d *Design) string {
	if d.Against == Other {
		return strings.Join(d.Others, ", ")
	}
	return string(d.Against)
}

// event is the start of a treatment: of a tiltak, or of a combination, whose part is the one that begins last.
type event struct {
	date, end calendar.Date
	tiltak    int16 // register number; from len(Register.Tiltak) on the combinations
	part      int32
	held      uint8 // of a combination: which part was held, and for how long; 0 otherwise
}

// heldBands are the bands of months since the part that is held began: in m, one or two months before, earlier.
const heldBands = 3

func heldBand(months int) int {
	switch {
	case months <= 0:
		return 0
	case months <= 2:
		return 1
	}
	return 2
}

// collectEvents lists the treatment events of each person, in the order of date, tiltak and participation.
func (b *builder) collectEvents() {
	n := b.reg.Persons.N
	b.firstEvent = make([]int32, n+1)
	b.undated = make([]int, n/personBlock+1)
	b.events = make([]event, 0, len(b.reg.Participations))
	for person := range n {
		if b.d.Referral {
			b.referrals(int32(person))
			b.firstEvent[person+1] = int32(len(b.events))
			continue
		}
		from := len(b.events)
		for i := b.reg.FirstPart[person]; i < b.reg.FirstPart[person+1]; i++ {
			p := &b.reg.Participations[i]
			b.events = append(b.events, event{date: p.Start, end: p.End, tiltak: p.Tiltak, part: i})
		}
		for k := range b.combinations {
			b.combine(int32(person), k)
		}
		if own := b.events[from:]; len(b.combinations) > 0 {
			slices.SortStableFunc(own, func(a, b event) int {
				if a.date != b.date {
					return int(a.date - b.date)
				}
				return int(a.tiltak) - int(b.tiltak)
			})
		}
		b.firstEvent[person+1] = int32(len(b.events))
	}
}

func (b *builder) eventsOf(person int32) []event {
	return b.events[b.firstEvent[person]:b.firstEvent[person+1]]
}

// parts are the register numbers of the tiltak of a combination, in its order.
type combination struct {
	Combination
	parts []int16
}

// holds finds, for each part, the participation of the person that goes on on the day and began before the end of it at
// most within months earlier; −1 where there is none. Of several the one that began first.
func (b *builder) holds(person int32, c *combination, day calendar.Date, dst []int32) []int32 {
	dst = dst[:0]
	for _, tiltak := range c.parts {
		found := int32(-1)
		for i := b.reg.FirstPart[person]; i < b.reg.FirstPart[person+1]; i++ {
			p := &b.reg.Participations[i]
			if p.Tiltak == tiltak && p.Start <= day && day <= p.End && int(day.Month()-p.Start.Month()) <= c.Within {
				found = i
				break
			}
		}
		dst = append(dst, found)
	}
	return dst
}

// combine adds the starts of a combination: days on which a part begins and all are held.
func (b *builder) combine(person int32, k int) {
	c := &b.combinations[k]
	var buffer [8]int32
	last := calendar.Date(0)
	for i := b.reg.FirstPart[person]; i < b.reg.FirstPart[person+1]; i++ {
		p := &b.reg.Participations[i]
		if !slices.Contains(c.parts, p.Tiltak) || p.Start == last {
			continue
		}
		held := b.holds(person, c, p.Start, buffer[:0])
		if slices.Contains(held, -1) {
			continue
		}
		end := p.End
		began := int32(-1) // the part that begins last: of several on the day the last in the order of the combination
		others := 0
		for j, at := range held {
			q := &b.reg.Participations[at]
			end = min(end, q.End)
			if q.Start == p.Start {
				began, others = at, j
			}
		}
		if began < 0 {
			continue
		}
		last = p.Start
		b.events = append(b.events, event{date: p.Start, end: end, tiltak: int16(len(b.reg.Tiltak) + k), part: began, held: b.heldCode(c, held, others, p.Start)})
	}
}

// heldCode numbers what is held beside part number but: the part that began last of the others and the band of months since.
func (b *builder) heldCode(c *combination, held []int32, but int, day calendar.Date) uint8 {
	which, since := 0, calendar.Date(-1<<30)
	for j, at := range held {
		if j != but && at >= 0 && b.reg.Participations[at].Start > since {
			which, since = j, b.reg.Participations[at].Start
		}
	}
	return uint8(which*heldBands + heldBand(int(day.Month()-since.Month())))
}

// heldCodes is how many there are in the design: 1 without combinations.
func (b *builder) heldCodes() int {
	n := 1
	if b.d.Against != Either {
		return n
	}
	for _, c := range b.combinations {
		n = max(n, len(c.parts)*heldBands)
	}
	return n
}

// startsIn tells whether the person starts a tiltak in the month.
func (b *builder) startsIn(person int32, m calendar.Month) bool {
	parts := b.reg.Participations[b.reg.FirstPart[person]:b.reg.FirstPart[person+1]]
	if len(parts) == 0 {
		return false
	}
	first, next := m.First(), (m + 1).First()
	for i := range parts {
		if s := parts[i].Start; s >= first && s < next {
			return true
		}
	}
	return false
}

// busy tells whether the person cannot be in the comparison not-now of the month: starts, or where time zero is the
// referral is referred to, some tiltak in it.
func (b *builder) busy(person int32, m calendar.Month) bool {
	if b.d.Referral {
		return b.referredIn(person, m)
	}
	return b.startsIn(person, m)
}

// elapsedIn tells whether month m of the episode is one of those that the design is about.
func (b *builder) elapsedIn(e *Episode, m calendar.Month) bool {
	w := b.d.Elapsed
	return w == [2]int{} || e.Elapsed(m) >= w[0] && e.Elapsed(m) <= w[1]
}

// eachOther is each for the comparison Other: the starts of the other tiltak in the strata of the treated.
func (b *builder) eachOther(block int, visit func(person int32, m calendar.Month, episode int, tiltak int, stratum int32, day uint8)) {
	for _, s := range b.plans[block].others {
		for k := range b.codes {
			if len(b.days[k*b.strata()+int(s.stratum)]) == 0 || b.washoutOf(s.person, s.month, b.numbers[k]) != ruleAnalysed ||
				startsOneOf(b.eventsOf(s.person), s.month, b.numbers[k:k+1]) {
				continue
			}
			visit(s.person, s.month, int(s.episode), k, s.stratum, s.day)
		}
	}
}

// eachHolder is each for the comparison Either: months in which a person is eligible and, on a day drawn from the starts of
// the stratum, in some parts of the combination and not in all; parts that begin in the month by that day count, any other
// start in the month takes the row out.
func (b *builder) eachHolder(from, to int, visit func(person int32, m calendar.Month, episode int, tiltak int, stratum int32, day uint8)) {
	var buffer []Episode
	var held [8]int32
	draws := make([]random.Keyed, len(b.codes))
	for k, code := range b.codes {
		draws[k] = random.NewKeyed(b.d.Seed, "cohort start day "+code)
	}
	lastMonth := min(b.d.To, b.reg.Cut-calendar.Month(b.d.FollowUp))
	for person := int32(from); person < int32(to); person++ {
		parts := b.reg.Participations[b.reg.FirstPart[person]:b.reg.FirstPart[person+1]]
		if len(parts) == 0 {
			continue
		}
		buffer = episodes(b.reg, person, b.d.Eligible, buffer)
		for e := range buffer {
			episode := &buffer[e]
			last := lastMonth
			if episode.To != calendar.Open {
				last = min(last, episode.To.Month())
			}
			for m := max(b.d.From, episode.From.Month()); m <= last; m++ {
				if b.ageRule(person, m) != ruleAnalysed || !b.elapsedIn(episode, m) {
					continue
				}
				for k := range b.codes {
					c := &b.combinations[int(b.numbers[k])-len(b.reg.Tiltak)]
					u := draws[k].Uniform(uint64(person), uint64(m))
					for code := range b.heldCodes() { // the day is one of the stratum, and the stratum is what is held on the day
						stratum := b.stratumHeld(m, Band(episode.Elapsed(m)), uint8(code))
						days := b.days[k*b.strata()+int(stratum)]
						if len(days) == 0 {
							continue
						}
						day := days[int(u*float64(len(days)))]
						date := m.First() + calendar.Date(day) - 1
						own := b.holds(person, c, date, held[:0])
						none, all := true, true
						for _, at := range own {
							none, all = none && at < 0, all && at >= 0
						}
						if none || all || int(b.heldCode(c, own, -1, date)) != code || !b.here(person, date) || !episode.Covers(date) ||
							b.washoutOf(person, m, b.numbers[k]) != ruleAnalysed || b.startsBeside(person, m, own) {
							continue
						}
						visit(person, m, e, k, stratum, day)
						break
					}
				}
			}
		}
	}
}

// startsBeside tells whether the person starts anything in the month that is not among the participations held.
func (b *builder) startsBeside(person int32, m calendar.Month, held []int32) bool {
	for i := b.reg.FirstPart[person]; i < b.reg.FirstPart[person+1]; i++ {
		if b.reg.Participations[i].Start.Month() == m && !slices.Contains(held, i) {
			return true
		}
	}
	return false
}
