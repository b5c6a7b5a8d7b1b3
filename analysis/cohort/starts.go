package cohort

import (
	"slices"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// plan is what became of the starts of a block of persons.
type plan struct {
	starts []start
	lost   []loss
	others []start // starts of Design.Others, the comparison; tiltak is not set
}

// start is a start that is analysed.
type start struct {
	person  int32
	part    int32
	tiltak  int16
	month   calendar.Month
	episode int16
	stratum int32
	day     uint8
	groups  Mask
}

// loss is a start, analysed or not, with the rule that decided.
type loss struct {
	tiltak int16
	rule   int8
	person int32
	part   int32
	groups Mask
}

// here tells whether the person is alive and in the country on the day.
func (b *builder) here(person int32, day calendar.Date) bool {
	p := &b.reg.Persons
	return !(p.Died != nil && p.Died[person] != register.NoDate && p.Died[person] <= day ||
		p.Emigrated != nil && p.Emigrated[person] != register.NoDate && p.Emigrated[person] <= day)
}

func (b *builder) ageRule(person int32, m calendar.Month) int {
	p := &b.reg.Persons
	if age := p.AgeAt(person, m); age < b.d.AgeMin || age > b.d.AgeMax {
		return ruleAge
	}
	if p.AgeAt(person, m+calendar.Month(b.d.Horizon)) >= 67 {
		return ruleNear67
	}
	return ruleAnalysed
}

// washout applies the washout before month m for a start of the tiltak with register number tiltak.
func (b *builder) washout(person int32, m calendar.Month, tiltak int16) int {
	parts := b.reg.Participations[b.reg.FirstPart[person]:b.reg.FirstPart[person+1]]
	if len(parts) == 0 {
		return ruleAnalysed
	}
	// Months are compared as days, since to find the month of a day is what takes the time here.
	first := m.First()
	lately := (m - calendar.Month(b.d.WashoutAny)).First()
	for i := range parts {
		if s := parts[i].Start; s < first && s >= lately {
			return ruleWashoutAny
		}
	}
	lately = (m - calendar.Month(b.d.WashoutSame)).First()
	for i := range parts {
		if p := &parts[i]; p.Tiltak == tiltak && p.Start < first && (p.Start >= lately || p.End >= first) {
			return ruleWashoutSame // started lately, or still in it: cannot start it now
		}
	}
	return ruleAnalysed
}

// washoutOf is washout for a start of the tiltak or combination, and for the comparison with another tiltak of those too:
// both arms could start either. The starts of the parts are no washout of their combination.
func (b *builder) washoutOf(person int32, m calendar.Month, tiltak int16) int {
	if k := int(tiltak) - len(b.reg.Tiltak); k >= 0 {
		c := &b.combinations[k]
		for _, e := range b.eventsOf(person) {
			began := e.date.Month()
			switch {
			case began >= m:
			case e.tiltak == tiltak && (int(m-began) <= b.d.WashoutSame || e.end >= m.First()):
				return ruleWashoutSame
			case int(e.tiltak) < len(b.reg.Tiltak) && int(m-began) <= b.d.WashoutAny && !slices.Contains(c.parts, e.tiltak):
				return ruleWashoutAny
			}
		}
		return ruleAnalysed
	}
	rule := b.washout(person, m, tiltak)
	if b.d.Referral && rule == ruleAnalysed {
		rule = b.referredLately(person, m, tiltak)
	}
	for _, other := range b.others {
		if rule == ruleAnalysed {
			rule = b.washout(person, m, other)
		}
	}
	return rule
}

// starts decides on every start of the persons [from, to) in the window.
func (b *builder) starts(from, to int) plan {
	var out plan
	var s scratch
	for person := int32(from); person < int32(to); person++ {
		own := b.eventsOf(person)
		loaded := false
		for i := range own {
			p := &own[i]
			m := p.date.Month()
			k := b.number[p.tiltak]
			other := slices.Contains(b.others, p.tiltak)
			if k < 0 && !other || m < b.d.From || m > b.d.To {
				continue
			}
			if !loaded {
				b.load(&s, person)
				loaded = true
			}
			e := slices.IndexFunc(s.episodes, func(e Episode) bool { return e.Covers(p.date) })
			x := moment{reg: b.reg, persons: &b.reg.Persons, person: person, m: m, history: &s.history}
			if e >= 0 {
				x.episode = &s.episodes[e]
			}
			bits := mask(b.groups, &x)
			held := p.held
			if b.d.Against != Either {
				held = 0
			}
			rule := ruleAnalysed
			switch {
			case !b.here(person, p.date):
				rule = ruleDead
			case e < 0:
				rule = ruleNotInRiskSet
			}
			if rule == ruleAnalysed {
				rule = b.ageRule(person, m)
			}
			if rule == ruleAnalysed {
				rule = b.washoutOf(person, m, p.tiltak)
			}
			if rule == ruleAnalysed && !b.afterLink(person, m, p.date) {
				rule = ruleNoLink
			}
			if rule == ruleAnalysed && !b.elapsedIn(&s.episodes[e], m) {
				rule = ruleElapsed
			}
			list := &out.starts
			if other {
				list = &out.others
			}
			if n := len(*list); rule == ruleAnalysed && (slices.ContainsFunc((*list)[max(0, n-len(own)):], func(q start) bool {
				return q.person == person && q.tiltak == k && q.month == m
			}) || !other && b.d.Against == Other && startsOneOf(own, m, b.others)) {
				rule = ruleSameMonth
			}
			if rule == ruleAnalysed && m+calendar.Month(b.d.FollowUp) > b.reg.Cut {
				rule = ruleFollowUp
			}
			if !other {
				out.lost = append(out.lost, loss{k, int8(rule), person, p.part, bits})
			}
			if rule == ruleAnalysed {
				*list = append(*list, start{
					person: person, part: p.part, tiltak: k, month: m, episode: int16(e),
					stratum: b.stratumHeld(m, b.band(person, m, &s.episodes[e]), held), day: uint8(p.date.Day()), groups: bits,
				})
			}
		}
	}
	return out
}

// startsOneOf tells whether one of the events is a start in m of one of the tiltak. For the comparison Other: who starts both sides in a month
// is in neither arm of the pair, whatever else the study is about.
func startsOneOf(own []event, m calendar.Month, tiltak []int16) bool {
	return slices.ContainsFunc(own, func(q event) bool { return q.date.Month() == m && slices.Contains(tiltak, q.tiltak) })
}

// flow counts starts by rule for each tiltak × group.
func (b *builder) flow() []Flow {
	type cell struct {
		starts, persons int
		last            int32
	}
	counts := make([]cell, len(b.codes)*len(b.groups)*rules)
	at := func(tiltak int16, group, rule int) *cell {
		return &counts[(int(tiltak)*len(b.groups)+group)*rules+rule]
	}
	for i := range counts {
		counts[i].last = -1
	}
	for _, p := range b.plans {
		for _, l := range p.lost {
			for g := range b.groups {
				if l.groups&(1<<g) == 0 {
					continue
				}
				for _, rule := range [...]int{ruleStarts, int(l.rule)} {
					c := at(l.tiltak, g, rule)
					c.starts++
					if c.last != l.person {
						c.persons++
						c.last = l.person
					}
				}
			}
		}
	}
	var out []Flow
	for k, code := range b.codes {
		for g, group := range b.groups {
			for rule, name := range RuleNames {
				if rule == ruleNoLink && b.d.After == nil || rule == ruleElapsed && b.d.Elapsed == [2]int{} {
					continue // no rule of the design
				}
				c := at(int16(k), g, rule)
				out = append(out, Flow{code, group.ID, rule, name, c.starts, c.persons})
			}
		}
	}
	return out
}
