package register

import "tiltakseffekt/internal/calendar"

// shortSpells applies the rules for participations that are over soon, after spells have been joined: those shorter than
// Rules.MinDays, and those that are under way on no last day of a month, which a statistic of month-end snapshots never
// sees. The latter is why snapshots and spells count different starts (domain.md §7, 15).
func (b *builder) shortSpells(rows []participation) []participation {
	rule := func(name, action string) *rule { return b.ledger.rule("deltakelse", name, action) }
	short, between, dropped := rule("too_short", Dropped), rule("between_month_ends", Kept), rule("between_month_ends_dropped", Dropped)
	kept := rows[:0]
	for _, r := range rows {
		switch {
		case r.End != calendar.Open && int(r.End-r.Start)+1 < b.opt.Rules.MinDays:
			short.add(r.Person)
			continue
		case r.End >= r.Start.Month().Last():
		case b.opt.Rules.MonthEnds:
			dropped.add(r.Person)
			continue
		default:
			between.add(r.Person)
		}
		kept = append(kept, r)
	}
	return kept
}
