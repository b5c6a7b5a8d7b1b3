package register

import (
	"cmp"
	"slices"
	"strings"

	"tiltakseffekt/internal/calendar"
)

var statuses = map[string]Status{
	"ledig": Unemployed, "helt_ledig": Unemployed, "helt ledig": Unemployed,
	"delvis_ledig": PartlyUnemployed, "delvis ledig": PartlyUnemployed,
	"nedsatt_arbeidsevne": ReducedWorkCapacity, "nedsatt arbeidsevne": ReducedWorkCapacity,
}

// efforts are the names that Nav's systems have used for the §14a groups (domain.md §2.3), as indices of EffortGroups.
// VARIG of Arena stands for both permanent groups and counts as the fully permanent one.
var efforts = map[string]uint8{
	"standard": 1, "standard_innsats": 1, "gode_muligheter": 1, "ikval": 1,
	"situasjonsbestemt": 2, "situasjonsbestemt_innsats": 2, "trenger_veiledning": 2, "bform": 2,
	"spesielt_tilpasset": 3, "spesielt_tilpasset_innsats": 3, "trenger_veiledning_nedsatt_arbeidsevne": 3, "batt": 3,
	"gradert_varig": 4, "gradert_varig_tilpasset_innsats": 4, "jobbe_delvis": 4,
	"varig": 5, "varig_tilpasset_innsats": 5, "liten_mulighet_til_a_jobbe": 5,
}

// readRegistrations reads arbeidssoker.
func (b *builder) readRegistrations() error {
	file := b.file("arbeidssoker")
	parts, err := collect(b.ctx, b.source, "arbeidssoker", b.columns["arbeidssoker"], b.opt.Workers)
	if err != nil {
		return err
	}
	if rowsOf(parts) == 0 {
		return b.empty("arbeidssoker")
	}
	rule := func(name, action string) *rule { return b.ledger.rule("arbeidssoker", name, action) }
	missing, strangers := rule("person_id_missing", Dropped), rule("person_unknown", Dropped)
	noFrom, badFrom, afterCut := rule("from_missing", Dropped), rule("from_impossible", Dropped), rule("from_after_cut", Dropped)
	badTo, backwards := rule("to_impossible", Changed), rule("to_before_from", Dropped)
	afterDeath, toAfterDeath := rule("from_after_death", Dropped), rule("to_after_death", Changed)
	unknownStatus, unknownEffort := rule("status_unknown", Kept), rule("effort_unknown", Kept)
	last := b.lastDay()
	total, dates, bad, badTos := int64(0), int64(0), int64(0), int64(0)
	var rows []Registration
	for _, part := range parts {
		t := part.Table
		total += int64(t.Rows)
		person := make([]int32, t.Rows)
		if err := b.index.fill(file, t.Column("person_id"), person); err != nil {
			return err
		}
		d, x := dateColumns{file: file, t: t}, textColumns{file: file, t: t}
		from, to := d.read("fra"), d.read("til")
		status, effort := x.read("status"), x.read("innsatsgruppe")
		if err := cmp.Or(d.err, x.err); err != nil {
			return err
		}
		for i, p := range person {
			if from[i] != NoDate {
				dates++
			}
			if from[i] == badDate {
				bad++
			}
			if to[i] == badDate {
				badTos++
			}
			r := Registration{Person: p, From: from[i], To: to[i]}
			switch {
			case p == noPerson:
				missing.add(p)
				continue
			case p == stranger:
				countStranger(strangers, t.Column("person_id"), i)
				continue
			case r.From == NoDate:
				noFrom.add(p)
				continue
			case r.From < firstDate || r.From > lastDate:
				badFrom.add(p)
				continue
			case r.From > last:
				afterCut.add(p)
				continue
			}
			if r.To != NoDate && (r.To < firstDate || r.To > lastDate && r.To != calendar.Open) {
				badTo.add(p)
				r.To = calendar.Open
			}
			if r.To == NoDate || r.To > last {
				r.To = calendar.Open
			}
			died := b.died(p)
			switch {
			case r.To < r.From:
				backwards.add(p)
				continue
			case died != NoDate && r.From > died:
				afterDeath.add(p)
				continue
			case died != NoDate && died <= last && r.To > died:
				toAfterDeath.add(p)
				r.To = died
			}
			if r.Status = statuses[strings.ToLower(status(i))]; r.Status == StatusUnknown {
				unknownStatus.add(p)
			}
			if e := strings.ToLower(effort(i)); e != "" {
				if r.Effort = efforts[e]; r.Effort == 0 {
					unknownEffort.add(p)
				}
			}
			rows = append(rows, r)
		}
	}
	if err := cmp.Or(b.refuseStrangers("arbeidssoker", strangers, total), b.refuseBad("arbeidssoker", "fra", aDate, bad, dates), b.refuseBad("arbeidssoker", "til", aDate, badTos, dates)); err != nil {
		return err
	}
	if n := unknownStatus.rows.Load(); n > 0 {
		b.warn("status_unknown", "%s: `status` is neither ledig, delvis_ledig nor nedsatt_arbeidsevne in %s; they count as registered with unknown status; say in the mapping what its values mean (`codes`)", file, plural(n, "row", "rows"))
	}
	b.Registrations = b.joinRegistrations(rows)
	b.FirstReg = firsts(b.Persons.N, len(b.Registrations), func(i int) int32 { return b.Registrations[i].Person })
	return nil
}

// died is the day of death of a person, or NoDate.
func (b *builder) died(person int32) calendar.Date {
	if b.Persons.Died == nil {
		return NoDate
	}
	return b.Persons.Died[person]
}

// joinRegistrations joins the spells of a person with the same status and effort group that overlap, adjoin,
// or have at most Rules.RegistrationGap days between them.
func (b *builder) joinRegistrations(rows []Registration) []Registration {
	joined := b.ledger.rule("arbeidssoker", "joined", Changed)
	slices.SortFunc(rows, func(x, y Registration) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.Status, y.Status), cmp.Compare(x.Effort, y.Effort),
			cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To))
	})
	gap := calendar.Date(max(b.opt.Rules.RegistrationGap, 0))
	kept := rows[:0]
	for _, r := range rows {
		if n := len(kept); n > 0 {
			k := &kept[n-1]
			if k.Person == r.Person && k.Status == r.Status && k.Effort == r.Effort && r.From <= k.To+1+gap {
				joined.add(r.Person)
				k.To = max(k.To, r.To)
				continue
			}
		}
		kept = append(kept, r)
	}
	slices.SortFunc(kept, func(x, y Registration) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To),
			cmp.Compare(x.Status, y.Status), cmp.Compare(x.Effort, y.Effort))
	})
	return kept
}
