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
	for i := range parts {
		began := parts[i].Start.Month()
		if began >= m {
			continue
		}
		if int(m-began) <= b.d.WashoutAny {
			return ruleWashoutAny
		}
	}
	for i := range parts {
		began := parts[i].Start.Month()
		if began < m && parts[i].Tiltak == tiltak && (int(m-began) <= b.d.WashoutSame || parts[i].End >= m.First()) {
			return ruleWashoutSame // started lately, or still in it: cannot start it now
		}
	}
	return ruleAnalysed
}

// starts decides on every start of the persons [from, to) in the window.
func (b *builder) starts(from, to int) plan {
	var out plan
	var s scratch
	for person := int32(from); person < int32(to); person++ {
		parts := b.reg.Participations[b.reg.FirstPart[person]:b.reg.FirstPart[person+1]]
		loaded := false
		for i := range parts {
			p := &parts[i]
			m := p.Start.Month()
			k := b.number[p.Tiltak]
			if k < 0 || m < b.d.From || m > b.d.To {
				continue
			}
			if !loaded {
				b.load(&s, person)
				loaded = true
			}
			e := slices.IndexFunc(s.episodes, func(e Episode) bool { return e.Covers(p.Start) })
			x := moment{reg: b.reg, persons: &b.reg.Persons, person: person, m: m, history: &s.history}
			if e >= 0 {
				x.episode = &s.episodes[e]
			}
			bits := mask(b.groups, &x)
			rule := ruleAnalysed
			switch {
			case !b.here(person, p.Start):
				rule = ruleDead
			case e < 0:
				rule = ruleNotInRiskSet
			}
			if rule == ruleAnalysed {
				rule = b.ageRule(person, m)
			}
			if rule == ruleAnalysed {
				rule = b.washout(person, m, p.Tiltak)
			}
			if n := len(out.starts); rule == ruleAnalysed && slices.ContainsFunc(out.starts[max(0, n-len(parts)):], func(q start) bool {
				return q.person == person && q.tiltak == k && q.month == m
			}) {
				rule = ruleSameMonth
			}
			if rule == ruleAnalysed && m+calendar.Month(b.d.FollowUp) > b.reg.Cut {
				rule = ruleFollowUp
			}
			out.lost = append(out.lost, loss{k, int8(rule), person, b.reg.FirstPart[person] + int32(i), bits})
			if rule == ruleAnalysed {
				out.starts = append(out.starts, start{
					person: person, part: b.reg.FirstPart[person] + int32(i), tiltak: k, month: m, episode: int16(e),
					stratum: b.stratum(m, Band(s.episodes[e].Elapsed(m))), day: uint8(p.Start.Day()), groups: bits,
				})
			}
		}
	}
	return out
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
				c := at(int16(k), g, rule)
				out = append(out, Flow{code, group.ID, rule, name, c.starts, c.persons})
			}
		}
	}
	return out
}
