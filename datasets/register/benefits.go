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

// benefitOf is the bit of a code of `ytelse`; known is false for one that does not enter the panel.
func benefitOf(code string) (bit State, known bool) {
	bit, known = benefitCodes[strings.ToUpper(code)]
	return bit, known
}

// readBenefits reads ytelse, where it is: a benefit is received in every month that its spell has a day in.
func (b *builder) readBenefits() error {
	if !b.has("ytelse") {
		return nil
	}
	file := b.file("ytelse")
	rule := func(name, action string) *rule { return b.ledger.rule("ytelse", name, action) }
	missing, strangers := rule("person_id_missing", Dropped), rule("person_unknown", Dropped)
	other, unused := rule("benefit_not_used", Dropped), newCounter()
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
			bit, known := benefitOf(code(i))
			if !known {
				other.add(p)
				unused.add(strings.TrimSpace(code(i)))
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
	b.warnUnused(file, unused)
	return b.refuseStrangers("ytelse", strangers, total)
}

// warnUnused names the values of ytelse that do not enter the panel, the first few of them: one that is another word for a benefit that
// does would otherwise be a benefit that nobody receives.
func (b *builder) warnUnused(file string, unused *counter) {
	var names []string
	var rows int64
	unused.each(func(code string, n int64) {
		rows += n
		names = append(names, quote(code))
	})
	if rows == 0 {
		return
	}
	if more := len(names) - mostNamed; more > 0 {
		names = append(names[:mostNamed], plural(int64(more), "other value", "other values"))
	}
	b.warn("benefit_not_used", "%s: `ytelse` is none of those that are used in %s, which %s left out: %s; if one is another word for DP, AAP, UFO, TP, SOSIALHJELP or UTDANNING, say so in the mapping (`codes`)",
		file, plural(rows, "row", "rows"), map[bool]string{true: "is", false: "are"}[rows == 1], strings.Join(names, ", "))
}

// mostNamed is how many values a warning names.
const mostNamed = 5
