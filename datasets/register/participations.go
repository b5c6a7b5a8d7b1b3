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
	id       string
	status   uint8
	members  []string      // ids of the rows that were joined into this one
	changed  calendar.Date // endret
	provider int32
	employer int32
	tiltak   int32
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
	tiltak, providers, employers := newInterner(), newInterner(), newInterner()
	rows, err := b.participationRows(parts, tiltak, providers, employers)
	if err != nil {
		return err
	}
	rows = b.latestVersions(rows)
	b.resolveOffices(rows)
	var place, providerPlace, employerPlace []int32
	b.Tiltak, place = tiltak.sorted()
	if len(b.Tiltak) > math.MaxInt16 {
		return fault.Dataf("too_many_levels", b.file("deltakelse"), "tiltakskode", "`tiltakskode` has %d values; name the column that holds the code in the mapping", len(b.Tiltak))
	}
	b.Providers, providerPlace = providers.sorted()
	b.Employers, employerPlace = employers.sorted()
	b.employerNumber = make(map[string]int32, len(b.Employers))
	for i, name := range b.Employers {
		b.employerNumber[name] = int32(i)
	}
	for i := range rows {
		r := &rows[i]
		r.Tiltak = int16(place[r.tiltak])
		r.Provider = replace(providerPlace, r.provider)
		r.Employer = replace(employerPlace, r.employer)
	}
	rows = b.participationRules(rows)
	slices.SortFunc(rows, compareParticipations)
	rows = b.dropDuplicates(rows)
	rows = b.mergeSpells(rows)
	slices.SortFunc(rows, compareParticipations)
	b.Participations = make([]Participation, len(rows))
	for i, r := range rows {
		b.Participations[i] = r.Participation
	}
	b.FirstPart = firsts(b.Persons.N, len(rows), func(i int) int32 { return rows[i].Person })
	b.spells = b.subsidisedSpells()
	return b.readAmounts(rows)
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
		cmp.Compare(a.Referred, b.Referred), cmp.Compare(a.Decided, b.Decided))
}

// compareIDs orders integers by value and before they differ in length, other texts by bytes.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }

// participationRows reads the rows of known persons.
func (b *builder) participationRows(parts []Part, tiltak, providers, employers *interner) ([]participation, error) {
	file := b.file("deltakelse")
	missing := b.ledger.rule("deltakelse", "person_id_missing", Dropped)
	strangers := b.ledger.rule("deltakelse", "person_unknown", Dropped)
	later := b.ledger.rule("deltakelse", "registered_after_as_of", Dropped)
	recoded := b.ledger.rule("deltakelse", "tiltak_recoded", Changed)
	unknownTiltak := b.ledger.rule("deltakelse", "tiltak_unknown", Kept)
	unknown := newCounter()
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
		f := numberColumns{file: file, t: t}
		partTime, subsidy, cost := f.read("deltidsprosent"), f.read("lonnstilskudd_prosent"), f.read("kostnad")
		if err := cmp.Or(d.err, x.err, f.err); err != nil {
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
			rows = append(rows, participation{
				Participation: Participation{
					Person: person[i], Start: start[i], End: end[i], PartTime: float32(partTime(i)), Subsidy: float32(subsidy(i)),
					Cost: cost(i), Office: b.offices.of(office(i)), Row: part.Row + int64(i) + 1, Completed: took.completed,
					Referred: clean(referred[i]), Decided: clean(decided[i]),
				},
				status: took.kind, id: id(i), changed: clean(changed[i]), tiltak: tiltak.of(resolved), provider: providers.of(provider(i)), employer: employers.of(employer(i)),
			})
		}
	}
	unknown.each(func(code string, n int64) {
		b.warn("tiltak_unknown", "%s: `tiltakskode` %s is not in the catalogue; its %s kept as a tiltak of its own", file, quote(code), plural(n, "row is", "rows are"))
	})
	b.unknownStatus.each(func(status string, n int64) {
		b.warn("status_unknown", "%s: `status` %s is not in the catalogue; its %s taken as no participation", file, quote(status), plural(n, "row is", "rows are"))
	})
	if err := cmp.Or(b.refuseStrangers("deltakelse", strangers, total), b.refuseBad("deltakelse", "start_dato", "dates", badStart, dates), b.refuseBad("deltakelse", "slutt_dato", "dates", badEnd, dates)); err != nil {
		return nil, err
	}
	return rows, nil
}

// clean makes a date that cannot be read, or is before or after all reason, a missing one.
func clean(d calendar.Date) calendar.Date {
	if d < firstDate || d > lastDate {
		return NoDate
	}
	return d
}

// latestVersions keeps, of the rows with the same id and person, the one that was changed last, by the as-of date where
// there is one. A single row that was changed after it is kept as it is: what it said before is not known.
func (b *builder) latestVersions(rows []participation) []participation {
	late := b.ledger.rule("deltakelse", "version_after_as_of", Dropped)
	unknown := b.ledger.rule("deltakelse", "changed_after_as_of", Kept)
	versions := b.ledger.rule("deltakelse", "superseded", Dropped)
	slices.SortFunc(rows, func(x, y participation) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), compareIDs(x.id, y.id), b.compareLate(x, y), -cmp.Compare(x.changed, y.changed), compareParticipations(x, y))
	})
	kept := rows[:0]
	for i, r := range rows {
		if n := len(kept); i > 0 && n > 0 && r.id != "" && kept[n-1].id == r.id && kept[n-1].Person == r.Person {
			if b.late(r) {
				late.add(r.Person)
			} else {
				versions.add(r.Person)
			}
			continue
		}
		if b.late(r) {
			unknown.add(r.Person)
		}
		kept = append(kept, r)
	}
	return kept
}

// late tells whether a row was changed after the as-of date; compareLate puts such rows last.
func (b *builder) late(r participation) bool { return b.opt.AsOf != 0 && r.changed > b.opt.AsOf }

func (b *builder) compareLate(x, y participation) int {
	switch lx, ly := b.late(x), b.late(y); {
	case lx == ly:
		return 0
	case ly:
		return -1
	}
	return 1
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
	noPartTime := rule("part_time_missing", Kept)
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
		case v <= 0 || v > 100:
			badPartTime.add(r.Person)
			r.PartTime = float32(math.NaN())
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

// dropDuplicates drops rows with the person, tiltak and dates of another: the same participation out of two systems.
// The row that was changed last is kept, or the one with the lowest id.
func (b *builder) dropDuplicates(rows []participation) []participation {
	duplicates := b.ledger.rule("deltakelse", "duplicate", Dropped)
	kept := rows[:0]
	for _, r := range rows {
		if n := len(kept); n > 0 {
			k := &kept[n-1]
			if k.Person == r.Person && k.Tiltak == r.Tiltak && k.Start == r.Start && k.End == r.End {
				duplicates.add(r.Person)
				k.members = append(append(k.members, r.id), r.members...)
				continue
			}
		}
		kept = append(kept, r)
	}
	return kept
}

// mergeSpells joins the spells of one person in one tiltak that overlap, or between which at most Rules.MergeGap days
// pass: a re-enrolment gets a new id in the systems but is the same participation. Spells of different tiltak are never
// joined. The joined spell has the first start and last end, the cost of both, and otherwise what the first spell that
// knows it says; it is completed where the spell that ends last is.
func (b *builder) mergeSpells(rows []participation) []participation {
	overlap := b.ledger.rule("deltakelse", "overlap_same_tiltak", Changed)
	adjoin := b.ledger.rule("deltakelse", "adjoining_same_tiltak", Changed)
	slices.SortFunc(rows, func(x, y participation) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.Tiltak, y.Tiltak), compareParticipations(x, y))
	})
	gap := calendar.Date(max(b.opt.Rules.MergeGap, 0))
	kept := rows[:0]
	for _, r := range rows {
		n := len(kept)
		if n == 0 || kept[n-1].Person != r.Person || kept[n-1].Tiltak != r.Tiltak || r.Start > kept[n-1].End+1+gap {
			kept = append(kept, r)
			continue
		}
		k := &kept[n-1]
		k.members = append(append(k.members, r.id), r.members...)
		if r.Start <= k.End {
			overlap.add(r.Person)
		} else {
			adjoin.add(r.Person)
		}
		if r.End > k.End || r.End == k.End && r.Completed {
			k.End, k.Completed = r.End, r.Completed
		}
		if k.PartTime != k.PartTime {
			k.PartTime = r.PartTime
		}
		if k.Subsidy != k.Subsidy {
			k.Subsidy = r.Subsidy
		}
		if k.Cost != k.Cost {
			k.Cost = r.Cost
		} else if r.Cost == r.Cost {
			k.Cost += r.Cost
		}
		for _, f := range []struct{ k, r *int32 }{{&k.Provider, &r.Provider}, {&k.Office, &r.Office}, {&k.Employer, &r.Employer}} {
			if *f.k < 0 {
				*f.k = *f.r
			}
		}
		if k.Referred == NoDate {
			k.Referred = r.Referred
		}
		if k.Decided == NoDate {
			k.Decided = r.Decided
		}
	}
	return kept
}

// dateColumns, textColumns and numberColumns read the columns of a part and keep the first error; a column that is not
// there reads as missing.
type dateColumns struct {
	file string
	t    *datasets.Table
	err  error
}

func (d *dateColumns) read(name string) []calendar.Date {
	dates := make([]calendar.Date, d.t.Rows)
	c := d.t.Column(name)
	if c == nil {
		for i := range dates {
			dates[i] = NoDate
		}
	} else if err := fillDates(d.file, c, dates); err != nil && d.err == nil {
		d.err = err
	}
	return dates
}

type textColumns struct {
	file string
	t    *datasets.Table
	err  error
}

func (x *textColumns) read(name string) func(i int) string {
	c := x.t.Column(name)
	if c == nil {
		return func(int) string { return "" }
	}
	text, err := texts(x.file, c)
	if err != nil && x.err == nil {
		x.err = err
	}
	return text
}

type numberColumns struct {
	file string
	t    *datasets.Table
	err  error
}

func (f *numberColumns) read(name string) func(i int) float64 {
	c := f.t.Column(name)
	if c == nil {
		return func(int) float64 { return math.NaN() }
	}
	values := make([]float64, f.t.Rows)
	if err := fillNumbers(f.file, c, values); err != nil && f.err == nil {
		f.err = err
	}
	return func(i int) float64 { return values[i] }
}
