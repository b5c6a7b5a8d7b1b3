package register

import (
	"cmp"
	"strings"
)

// benefitCodes are the codes of `ytelse` that become bits of the panel; others (sykepenger, overgangsstønad …) are
// counted and left out.
var benefitCodes = map[string]State{
	"DP": Dagpenger, "DAGP": Dagpenger, "DAGPENGER": Dagpenger,
	"AAP": AAP,
	"UFO": Ufore, "UFORE": Ufore, "UFØRE": Ufore, "UFORETRYGD": Ufore, "UFØRETRYGD": Ufore,
	"TP": Tiltakspenger, "TILTAKSPENGER": Tiltakspenger, "INDIV": Tiltakspenger, "BASI": Tiltakspenger,
	"SOSIALHJELP": Sosialhjelp, "OKSOS": Sosialhjelp,
	"UTDANNING": Studying,
}

// readBenefits reads ytelse, where it is: a benefit is received in every month that its spell has a day in.
func (b *builder) readBenefits() error {
	if !b.has("ytelse") {
		return nil
	}
	file := b.file("ytelse")
	rule := func(name, action string) *rule { return b.ledger.rule("ytelse", name, action) }
	missing, strangers := rule("person_id_missing", Dropped), rule("person_unknown", Dropped)
	other := rule("benefit_not_used", Dropped)
	dates := spellRules{rule("from_missing", Dropped), rule("from_impossible", Dropped), rule("to_impossible", Changed), rule("to_before_from", Dropped)}
	outside := rule("outside_the_panel", Dropped)
	parts, err := collect(b.ctx, b.source, "ytelse", b.columns["ytelse"], b.opt.Workers)
	if err != nil {
		return err
	}
	total := int64(rowsOf(parts))
	panel := b.Panel
	for _, part := range parts {
		t := part.Table
		person := make([]int32, t.Rows)
		if err := b.index.fill(file, t.Column("person_id"), person); err != nil {
			return err
		}
		d, x := dateColumns{file: file, t: t}, textColumns{file: file, t: t}
		from, to, code := d.read("fra"), d.read("til"), x.read("ytelse")
		if err := cmp.Or(d.err, x.err); err != nil {
			return err
		}
		for i, p := range person {
			switch p {
			case noPerson:
				missing.add(p)
				continue
			case stranger:
				countStranger(strangers, t.Column("person_id"), i)
				continue
			}
			bit := benefitCodes[strings.ToUpper(code(i))]
			if bit == 0 {
				other.add(p)
				continue
			}
			end, ok := dates.check(p, from[i], to[i])
			if !ok {
				continue
			}
			if died := b.died(p); died != NoDate {
				end = min(end, died)
			}
			first, last := max(monthOf(from[i]), panel.First), min(monthOf(min(end, lastDate)), panel.Last())
			if first > last {
				outside.add(p)
				continue
			}
			states := panel.History(p).State
			for m := first; m <= last; m++ {
				states[m-panel.First] |= bit
			}
		}
	}
	return b.refuseStrangers("ytelse", strangers, total)
}
