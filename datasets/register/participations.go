package register

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// participation is a row of deltakelse on its way: Tiltak, Provider, Office and Employer number texts in the order in
// which they came.
type participation struct {
	Participation
	id      string
	status  uint8
	members []string      // ids of the rows that were joined into this one
	changed calendar.Date // endret
	tiltak  int32
}

// readParticipations reads deltakelse: a row that is no participation becomes a referral, the others are cleaned,
// duplicates dropped, and spells of the same tiltak that touch joined. Each row is dropped by the first rule that
// applies, in the order of the ledger.
func (b *builder) readParticipations() error {
	parts, err := collect(b.ctx, b.source, "deltakelse", b.columns["deltakelse"], b.opt.Workers)
	if err != nil {
		return err
	}
	if rowsOf(parts) == 0 {
		return b.empty("deltakelse")
	}
	x := participationTexts{newInterner(), newInterner(), newInterner(), newInterner(), newInterner(), newInterner(), newInterner()}
	rows, err := b.participationRows(parts, x)
	if err != nil {
		return err
	}
	b.resolveOffices(rows)
	if err := b.numberTexts(rows, x); err != nil {
		return err
	}
	rows = b.latestVersions(rows)
	rows = b.participationRules(rows)
	slices.SortFunc(rows, compareParticipations)
	rows = b.dropDuplicates(rows)
	rows = b.shortSpells(b.mergeSpells(rows))
	slices.SortFunc(rows, compareParticipations)
	b.Participations = make([]Participation, len(rows))
	for i, r := range rows {
		b.Participations[i] = r.Participation
	}
	b.FirstPart = firsts(b.Persons.N, len(rows), func(i int) int32 { return rows[i].Person })
	if !b.opt.Rules.KeepUnmarked {
		b.spells = b.subsidisedSpells()
	}
	return b.readAmounts(rows)
}

// participationTexts number the texts of deltakelse in the order in which they come.
type participationTexts struct{ tiltak, providers, employers, courses, reasons, contents, procurements *interner }

// numberTexts renumbers the texts in byte order.
func (b *builder) numberTexts(rows []participation, x participationTexts) error {
	var tiltak, providers, employers, courses, reasons, contents, procurements []int32
	b.Tiltak, tiltak = x.tiltak.sorted()
	if len(b.Tiltak) > math.MaxInt16 {
		return fault.Dataf("too_many_levels", b.file("deltakelse"), "tiltakskode", "`tiltakskode` has %d values; name the column that holds the code in the mapping", len(b.Tiltak))
	}
	b.Providers, providers = x.providers.sorted()
	b.Employers, employers = x.employers.sorted()
	b.Courses, courses = x.courses.sorted()
	b.Reasons, reasons = x.reasons.sorted()
	b.Contents, contents = x.contents.sorted()
	b.Procurements, procurements = x.procurements.sorted()
	b.employerNumber = make(map[string]int32, len(b.Employers))
	for i, name := range b.Employers {
		b.employerNumber[name] = int32(i)
	}
	for i := range rows {
		r := &rows[i]
		r.Tiltak = int16(tiltak[r.tiltak])
		r.Provider, r.Employer, r.Course = replace(providers, r.Provider), replace(employers, r.Employer), replace(courses, r.Course)
		r.Reason, r.Content, r.Procured = replace(reasons, r.Reason), replace(contents, r.Content), replace(procurements, r.Procured)
	}
	return nil
}

// firsts are the beginnings of each person's rows in a list sorted by person.
func firsts(persons, rows int, person func(i int) int32) []int32 {
	first := make([]int32, persons+1)
	for i := range rows {
		first[person(i)+1]++
	}
	for i := range persons {
		first[i+1] += first[i]
	}
	return first
}

// compareParticipations orders by person, start, tiltak, end, id and then everything else that can differ, so that the
// order of rows in the file decides nothing.
func compareParticipations(a, b participation) int {
	return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Start, b.Start), cmp.Compare(a.Tiltak, b.Tiltak),
		cmp.Compare(a.End, b.End), -cmp.Compare(a.changed, b.changed), compareIDs(a.id, b.id),
		cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Employer, b.Employer), cmp.Compare(a.Office, b.Office),
		cmp.Compare(a.PartTime, b.PartTime), cmp.Compare(a.Subsidy, b.Subsidy), cmp.Compare(a.Cost, b.Cost),
		cmp.Compare(a.Referred, b.Referred), cmp.Compare(a.Decided, b.Decided), cmp.Compare(a.Reason, b.Reason),
		cmp.Compare(a.Content, b.Content), cmp.Compare(a.Course, b.Course), cmp.Compare(a.Agreement, b.Agreement), cmp.Compare(a.Procured, b.Procured))
}

// compareIDs orders integers by value and before they differ in length, other texts by bytes.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }

// participationRows reads the rows of known persons.
func (b *builder) participationRows(parts []Part, list participationTexts) ([]participation, error) {
	file := b.file("deltakelse")
	missing := b.ledger.rule("deltakelse", "person_id_missing", Dropped)
	strangers := b.ledger.rule("deltakelse", "person_unknown", Dropped)
	later := b.ledger.rule("deltakelse", "registered_after_as_of", Dropped)
	recoded := b.ledger.rule("deltakelse", "tiltak_recoded", Changed)
	unknownTiltak := b.ledger.rule("deltakelse", "tiltak_unknown", Kept)
	unknown := newCounter()
	percents, err := b.percentColumns("deltakelse", parts, "deltidsprosent", "lonnstilskudd_prosent")
	if err != nil {
		return nil, err
	}
	rows, total := []participation(nil), int64(0)
	var badStart, badEnd, dates int64
	for _, part := range parts {
		t := part.Table
		n := t.Rows
		total += int64(n)
		person := make([]int32, n)
		if err := b.index.fill(file, t.Column("person_id"), person); err != nil {
			return nil, err
		}
		d := dateColumns{file: file, t: t}
		start, end := d.read("start_dato"), d.read("slutt_dato")
		referred, decided, changed := d.read("henvist_dato"), d.read("vedtak_dato"), d.read("endret")
		registered := d.read("registrert")
		x := textColumns{file: file, t: t}
		id, code, status, origin := x.read("deltakelse_id"), x.read("tiltakskode"), x.read("status"), x.read("opphav")
		provider, employer, office := x.read("arrangor_id"), x.read("arbeidsgiver_id"), x.read("nav_enhet")
		course, reason, content, procured := x.read("gjennomforing_id"), x.read("status_aarsak"), x.read("innhold"), x.read("anskaffelse")
		agreement, err := agreements(file, t)
		f := numberColumns{file: file, t: t}
		partTime, subsidy, cost := percents.read(&f, "deltidsprosent"), percents.read(&f, "lonnstilskudd_prosent"), f.read("kostnad")
		if err := cmp.Or(d.err, x.err, f.err, err); err != nil {
			return nil, err
		}
		for i := range n {
			if start[i] != NoDate {
				dates++
			}
			if start[i] == badDate {
				badStart++
			}
			if end[i] == badDate {
				badEnd++
			}
			switch person[i] {
			case noPerson:
				missing.add(noPerson)
				continue
			case stranger:
				countStranger(strangers, t.Column("person_id"), i)
				continue
			}
			if b.opt.AsOf != 0 && clean(registered[i]) > b.opt.AsOf {
				later.add(person[i])
				continue
			}
			resolved, known := b.catalog.Resolve(code(i))
			if !known {
				unknown.add(resolved)
				unknownTiltak.add(person[i])
			} else if !strings.EqualFold(resolved, code(i)) {
				recoded.add(person[i])
			}
			if resolved == "" {
				resolved = "UKJENT"
			}
			took := b.status(origin(i), status(i))
			percents.count(person[i], partTime(i), subsidy(i))
			rows = append(rows, participation{
				Participation: Participation{
					Person: person[i], Start: start[i], End: end[i], PartTime: float32(partTime(i)), Subsidy: float32(subsidy(i)),
					Cost: cost(i), Office: b.offices.of(office(i)), Row: part.Row + int64(i) + 1, Completed: took.completed,
					Referred: clean(referred[i]), Decided: clean(decided[i]), Agreement: agreement[i],
					Provider: list.providers.of(provider(i)), Employer: list.employers.of(employer(i)), Course: list.courses.of(course(i)),
					Reason: list.reasons.of(reason(i)), Content: list.contents.of(content(i)), Procured: list.procurements.of(strings.ToLower(procured(i))),
				},
				status: took.kind, id: id(i), changed: clean(changed[i]), tiltak: list.tiltak.of(resolved),
			})
		}
	}
	unknown.each(func(code string, n int64) {
		b.warn("tiltak_unknown", "%s: `tiltakskode` %s is not in the catalogue; its %s kept as a tiltak of its own; if it is another word for one that is, say so in the mapping (`codes`)", file, quote(code), plural(n, "row is", "rows are"))
	})
	b.unknownStatus.each(func(status string, n int64) {
		b.warn("status_unknown", "%s: `status` %s is not in the catalogue; its %s taken as no participation", file, quote(status), plural(n, "row is", "rows are"))
	})
	if err := cmp.Or(b.refuseStrangers("deltakelse", strangers, total), b.refuseBad("deltakelse", "start_dato", aDate, badStart, dates), b.refuseBad("deltakelse", "slutt_dato", aDate, badEnd, dates)); err != nil {
		return nil, err
	}
	return rows, nil
}

// agreements reads avtale.
func agreements(file string, t *datasets.Table) ([]int8, error) {
	list := make([]int8, t.Rows)
	c := t.Column("avtale")
	if c == nil {
		for i := range list {
			list[i] = -1
		}
		return list, nil
	}
	there := make([]bool, t.Rows)
	if err := fillBools(file, c, there); err != nil {
		return nil, err
	}
	for i, yes := range there {
		switch {
		case c.Missing(i):
			list[i] = -1
		case yes:
			list[i] = 1
		}
	}
	return list, nil
}

// clean makes a date that cannot be read, or is before or after all reason, a missing one.
func clean(d calendar.Date) calendar.Date {
	if d < firstDate || d > lastDate {
		return NoDate
	}
	return d
}

// resolveOffices numbers the offices of persons and participations in byte order.
func (b *builder) resolveOffices(rows []participation) {
	var place []int32
	b.Persons.Offices, place = b.offices.sorted()
	for i, o := range b.Persons.Office {
		b.Persons.Office[i] = replace(place, o)
	}
	for i := range rows {
		rows[i].Office = replace(place, rows[i].Office)
	}
	for i := range b.Dated {
		b.Dated[i].Office = replace(place, b.Dated[i].Office)
	}
	b.sortDated()
}

// participationRules applies the rules that look at one row at a time.
func (b *builder) participationRules(rows []participation) []participation {
	rule := func(name, action string) *rule { return b.ledger.rule("deltakelse", name, action) }
	unknownStatus := rule("status_unknown", Kept)
	referral := rule("not_participation", Kept)
	noStart := rule("start_missing", Dropped)
	badStart := rule("start_impossible", Dropped)
	afterCut := rule("start_after_cut", Dropped)
	badEnd := rule("end_impossible", Changed)
	backwards := rule("end_before_start", Dropped)
	afterDeath := rule("start_after_death", Dropped)
	endAfterDeath := rule("end_after_death", Changed)
	zeroDays := rule("one_day", Kept)
	noPartTime, assumed := rule("part_time_missing", Kept), rule("part_time_assumed", Changed)
	badPartTime := rule("part_time_impossible", Changed)
	pastMax := rule("open_past_maximum", Kept)
	ended := rule("open_past_maximum_ended", Changed)
	last := b.reference()
	kept := rows[:0]
	var referrals []participation
	for _, r := range rows {
		if r.status == statusUnknown {
			unknownStatus.add(r.Person)
		}
		if !took(r.status, r.Start, last) {
			referral.add(r.Person)
			r.Start, r.End = clean(r.Start), clean(r.End)
			referrals = append(referrals, r)
			continue
		}
		died := b.died(r.Person)
		switch {
		case r.Start == NoDate:
			noStart.add(r.Person)
			continue
		case r.Start == badDate || r.Start < firstDate || r.Start > lastDate:
			badStart.add(r.Person)
			continue
		case r.Start > last:
			afterCut.add(r.Person)
			continue
		}
		if r.End != NoDate && (r.End == badDate || r.End < firstDate || r.End > lastDate && r.End != calendar.Open) {
			badEnd.add(r.Person)
			r.End = calendar.Open
		}
		if r.End == NoDate || r.End > last {
			r.End = calendar.Open
		}
		switch {
		case r.End < r.Start:
			backwards.add(r.Person)
			continue
		case died != NoDate && r.Start > died:
			afterDeath.add(r.Person)
			continue
		case died != NoDate && r.End > died:
			if r.End != calendar.Open || died <= last {
				endAfterDeath.add(r.Person)
				r.End = died
			}
		}
		if r.End == calendar.Open {
			if end := b.maximum(r.Participation); end < last {
				if n := b.opt.Rules.OpenPastMax; n > 0 && addMonths(end, n) < last {
					ended.add(r.Person)
					r.End = end
				} else {
					pastMax.add(r.Person)
				}
			}
		}
		if r.End == r.Start {
			zeroDays.add(r.Person)
		}
		switch v := r.PartTime; {
		case v != v:
			noPartTime.add(r.Person)
		case v <= leastPercent || v > 100:
			badPartTime.add(r.Person)
			r.PartTime = float32(math.NaN())
		}
		if v := b.opt.Rules.PartTimeMissing; v > 0 && r.PartTime != r.PartTime {
			assumed.add(r.Person)
			r.PartTime = float32(v)
		}
		kept = append(kept, r)
	}
	slices.SortFunc(referrals, compareParticipations)
	b.Referrals = make([]Participation, len(referrals))
	for i, r := range referrals {
		b.Referrals[i] = r.Participation
	}
	b.FirstRef = firsts(b.Persons.N, len(referrals), func(i int) int32 { return referrals[i].Person })
	return kept
}
