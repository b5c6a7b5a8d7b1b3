package cohort

import (
	"context"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
)

// collectDays gathers the days of the starts of each tiltak × stratum and the number of treated of each tiltak × group.
func (b *builder) collectDays() {
	b.days = make([][]uint8, len(b.codes)*b.strata())
	b.treated = make([][]int32, len(b.codes))
	for k := range b.treated {
		b.treated[k] = make([]int32, len(b.groups))
	}
	for _, p := range b.plans {
		for _, s := range p.starts {
			at := int(s.tiltak)*b.strata() + int(s.stratum)
			b.days[at] = append(b.days[at], s.day)
			for g := range b.groups {
				if s.groups&(1<<g) != 0 {
					b.treated[s.tiltak][g]++
				}
			}
		}
	}
}

// each calls visit for every comparison candidate of the persons [from, to): a month of an episode in which the person
// is eligible and starts nothing, for each tiltak that starts somebody in that stratum.
func (b *builder) each(from, to int, visit func(person int32, m calendar.Month, episode int, tiltak int, stratum int32, day uint8)) {
	switch b.d.Against {
	case Other:
		b.eachOther(from/personBlock, visit)
		return
	case Either:
		b.eachHolder(from, to, visit)
		return
	}
	var buffer []Episode
	draws := make([]random.Keyed, len(b.codes))
	for k, code := range b.codes {
		draws[k] = random.NewKeyed(b.d.Seed, "cohort start day "+code)
	}
	lastMonth := min(b.d.To, b.reg.Cut-calendar.Month(b.d.FollowUp))
	for person := int32(from); person < int32(to); person++ {
		buffer = episodes(b.reg, person, b.d.Eligible, buffer)
		if b.d.Against == Never && b.reg.FirstPart[person] < b.reg.FirstPart[person+1] {
			continue
		}
		for e := range buffer {
			episode := &buffer[e]
			first := max(b.d.From, episode.From.Month())
			last := lastMonth
			if episode.To != calendar.Open {
				last = min(last, episode.To.Month())
			}
			for m := first; m <= last; m++ {
				if b.ageRule(person, m) != ruleAnalysed || b.busy(person, m) || !b.elapsedIn(episode, m) {
					continue
				}
				band := b.band(person, m, episode)
				if band < 0 {
					continue
				}
				stratum := b.stratum(m, band)
				for k := range b.codes {
					days := b.days[k*b.strata()+int(stratum)]
					if len(days) == 0 || b.washoutOf(person, m, b.numbers[k]) != ruleAnalysed {
						continue
					}
					day := days[int(draws[k].Uniform(uint64(person), uint64(m))*float64(len(days)))]
					date := m.First() + calendar.Date(day) - 1
					if !b.here(person, date) || !b.d.IgnoreStartDay && !episode.Covers(date) || !b.afterLink(person, m, date) {
						continue
					}
					visit(person, m, e, k, stratum, day)
				}
			}
		}
	}
}

// countComparison counts the candidates of each tiltak × stratum, from which the sampling rate follows.
func (b *builder) countComparison(ctx context.Context) error {
	n := len(b.codes) * b.strata()
	if b.d.PerTreated == 0 {
		return nil
	}
	counts := make([][]int32, parallel.NumBlocks(b.reg.Persons.N, personBlock))
	if err := parallel.Blocks(ctx, b.d.Workers, b.reg.Persons.N, personBlock, func(k, from, to int) error {
		c := make([]int32, n)
		b.each(from, to, func(_ int32, _ calendar.Month, _, tiltak int, stratum int32, _ uint8) {
			c[tiltak*b.strata()+int(stratum)]++
		})
		counts[k] = c
		return nil
	}); err != nil {
		return err
	}
	total := make([]int32, n)
	for _, c := range counts {
		for i, v := range c {
			total[i] += v
		}
	}
	b.comparison = make([][]int32, len(b.codes))
	for k := range b.codes {
		b.comparison[k] = total[k*b.strata() : (k+1)*b.strata()]
	}
	return nil
}

// commonRate is the probability with which a comparison row of the stratum is in the sample of the large cells of a tiltak:
// PerTreated rows a treated one.
func (b *builder) commonRate(tiltak int, stratum int32) float64 {
	if b.d.PerTreated == 0 {
		return 1
	}
	want := float64(b.d.PerTreated * len(b.days[tiltak*b.strata()+int(stratum)]))
	return min(1, want/float64(b.comparison[tiltak][stratum]))
}

// small is the mask of the groups whose cell with the tiltak has too few treated to sample: they keep every row.
func (b *builder) small(tiltak int) Mask {
	var bits Mask
	for g := range b.groups {
		if int(b.treated[tiltak][g]) < b.d.KeepAllUnder {
			bits |= 1 << g
		}
	}
	return bits
}
