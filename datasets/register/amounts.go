package register

import (
	"cmp"
	"math"
	"slices"

	"tiltakseffekt/internal/calendar"
)

// Amount is the extent of a participation from a day on, until the next amount of the same participation.
type Amount struct {
	Part    int32 // index into Register.Participations
	From    calendar.Date
	Percent float32 // (0, 100]; NaN missing
	Days    float32 // dager_per_uke; NaN missing
}

// amount is an Amount on its way.
type amount struct {
	Amount
	entered calendar.Date // opprettet
}

// readAmounts reads deltakelsesmengde, where it is: the part-time percentages of a participation over time. Of several
// amounts of a participation from the same day the one entered last counts: a retroactive edit. rows are the
// participations in their final order.
func (b *builder) readAmounts(rows []participation) error {
	if !b.has("deltakelsesmengde") {
		return nil
	}
	file := b.file("deltakelsesmengde")
	rule := func(name, action string) *rule { return b.ledger.rule("deltakelsesmengde", name, action) }
	unknown, noFrom, badFrom := rule("participation_unknown", Dropped), rule("from_missing", Dropped), rule("from_impossible", Dropped)
	late, superseded := rule("entered_after_as_of", Dropped), rule("superseded", Dropped)
	impossible := rule("percent_impossible", Changed)
	number := participationNumbers(rows)
	parts, err := collect(b.ctx, b.source, "deltakelsesmengde", b.columns["deltakelsesmengde"], b.opt.Workers)
	if err != nil {
		return err
	}
	percents, err := b.percentColumns("deltakelsesmengde", parts, "prosent")
	if err != nil {
		return err
	}
	var list []amount
	for _, part := range parts {
		t := part.Table
		d, x, f := dateColumns{file: file, t: t}, textColumns{file: file, t: t}, numberColumns{file: file, t: t}
		from, entered := d.read("gyldig_fra"), d.read("opprettet")
		id, percent, days := x.read("deltakelse_id"), percents.read(&f, "prosent"), f.read("dager_per_uke")
		if err := cmp.Or(d.err, x.err, f.err); err != nil {
			return err
		}
		for i := range t.Rows {
			k, ok := number[id(i)]
			if !ok || k < 0 {
				// Referrals have amounts too: a row of no participation is no mistake.
				unknown.add(noPerson)
				continue
			}
			person := rows[k].Person
			switch {
			case from[i] == NoDate:
				noFrom.add(person)
				continue
			case clean(from[i]) == NoDate:
				badFrom.add(person)
				continue
			case b.opt.AsOf != 0 && clean(entered[i]) > b.opt.AsOf:
				late.add(person)
				continue
			}
			a := amount{Amount{k, from[i], float32(percent(i)), float32(days(i))}, clean(entered[i])}
			percents.count(person, percent(i))
			if v := a.Percent; v <= leastPercent || v > 100 {
				impossible.add(person)
				a.Percent = float32(math.NaN())
			}
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(x, y amount) int {
		return cmp.Or(cmp.Compare(x.Part, y.Part), cmp.Compare(x.From, y.From), -cmp.Compare(x.entered, y.entered),
			cmp.Compare(x.Percent, y.Percent), cmp.Compare(x.Days, y.Days))
	})
	for i, a := range list {
		if i > 0 && list[i-1].Part == a.Part && list[i-1].From == a.From {
			superseded.add(rows[a.Part].Person)
			continue
		}
		b.Amounts = append(b.Amounts, a.Amount)
	}
	b.FirstAmount = firsts(len(rows), len(b.Amounts), func(i int) int32 { return b.Amounts[i].Part })
	return nil
}

// participationNumbers are the places of participations by the ids of their rows; −1 for an id that several have.
func participationNumbers(rows []participation) map[string]int32 {
	number := make(map[string]int32, len(rows))
	for i, r := range rows {
		for _, id := range append([]string{r.id}, r.members...) {
			if other, ok := number[id]; id == "" || ok && other != int32(i) {
				number[id] = -1
			} else {
				number[id] = int32(i)
			}
		}
	}
	return number
}

// PartTimeOn is the percent of full time of participation i on a day: the latest amount begun by then, otherwise the
// participation's own; NaN where neither is known.
func (r *Register) PartTimeOn(i int32, day calendar.Date) float32 {
	percent := r.Participations[i].PartTime
	if r.FirstAmount == nil {
		return percent
	}
	for _, a := range r.Amounts[r.FirstAmount[i]:r.FirstAmount[i+1]] {
		if a.From > day {
			break
		}
		if a.Percent == a.Percent {
			percent = a.Percent
		}
	}
	return percent
}
