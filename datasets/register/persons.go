package register

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

var sexes = map[string]Sex{
	"kvinne": Woman, "k": Woman, "2": Woman, "woman": Woman, "female": Woman, "f": Woman,
	"mann": Man, "m": Man, "1": Man, "man": Man, "male": Man,
}

var origins = map[string]Origin{
	"norge": Norway, "eos": EEA, "eøs": EEA, "utenfor_eos": OutsideEEA, "utenfor_eøs": OutsideEEA, "utenfor eøs": OutsideEEA,
}

// readPersons reads person, sorts it by id and numbers the persons.
func (b *builder) readPersons() error {
	file := b.file("person")
	parts, err := collect(b.ctx, b.source, "person", b.columns["person"], b.opt.Workers)
	if err != nil {
		return err
	}
	n := rowsOf(parts)
	if n == 0 {
		return b.empty("person")
	}
	l, err := b.readLinks()
	if err != nil {
		return err
	}
	order, missing, err := b.numberPersons(file, parts, n, l)
	if err != nil {
		return err
	}
	b.ledger.persons = b.Persons.N
	b.ledger.rule("person", "person_id_missing", Dropped).rows.Add(int64(missing))
	if l != nil {
		b.apply(l)
	}
	return b.fillPersons(file, parts, order)
}

// place is a row of person.
type place struct{ part, row int32 }

// numberPersons sorts the ids, builds the index and returns the rows in the order of the persons.
func (b *builder) numberPersons(file string, parts []Part, n int, l *links) (order []place, missing int, err error) {
	order = make([]place, 0, n)
	allInts := true
	for k, p := range parts {
		c := p.Table.Column("person_id")
		switch c.Kind {
		case datasets.Int64:
		case datasets.String:
			allInts = false
		case datasets.Float64:
			for i, v := range c.Floats {
				if !c.Missing(i) && (v != math.Trunc(v) || math.Abs(v) > 1<<53) {
					return nil, 0, idType(file, c)
				}
			}
		default:
			return nil, 0, idType(file, c)
		}
		for i := range p.Table.Rows {
			if c.Missing(i) || (c.Kind == datasets.String && c.Text(i) == "") {
				missing++
				continue
			}
			order = append(order, place{int32(k), int32(i)})
		}
	}
	if len(order) == 0 {
		return nil, 0, fault.Dataf("missing_ids", file, "person_id", "every value of `person_id` is missing; name the right column in the mapping")
	}
	if l != nil {
		if order, err = l.drop(file, parts, order); err != nil {
			return nil, 0, err
		}
	}
	p := &b.Persons
	p.N = len(order)
	duplicates, rows, first := 0, 0, int64(math.MaxInt64)
	count := func(equal func(i, j int) bool) {
		for i := 0; i < len(order); {
			j := i + 1
			for j < len(order) && equal(i, j) {
				j++
			}
			if j > i+1 {
				duplicates++
				rows += j - i
				first = min(first, parts[order[i+1].part].Row+int64(order[i+1].row)+1)
			}
			i = j
		}
	}
	byPlace := func(x, y place) int { return cmp.Or(cmp.Compare(x.part, y.part), cmp.Compare(x.row, y.row)) }
	if allInts {
		id := func(x place) int64 {
			c := parts[x.part].Table.Column("person_id")
			if c.Kind == datasets.Float64 {
				return int64(c.Floats[x.row])
			}
			return c.Ints[x.row]
		}
		type keyed struct {
			id int64
			place
		}
		list := make([]keyed, len(order))
		for i, x := range order {
			list[i] = keyed{id(x), x}
		}
		slices.SortFunc(list, func(x, y keyed) int { return cmp.Or(cmp.Compare(x.id, y.id), byPlace(x.place, y.place)) })
		p.IntID = make([]int64, len(order))
		for i, k := range list {
			p.IntID[i], order[i] = k.id, k.place
		}
		count(func(i, j int) bool { return p.IntID[i] == p.IntID[j] })
	} else {
		p.TextID = make([]string, len(order))
		text := make([]func(int) string, len(parts))
		for k, q := range parts {
			c := q.Table.Column("person_id")
			if text[k], err = texts(file, c); err != nil {
				return nil, 0, err
			}
			if c.Kind == datasets.String {
				text[k] = c.Text
			}
		}
		slices.SortFunc(order, func(x, y place) int {
			return cmp.Or(strings.Compare(text[x.part](int(x.row)), text[y.part](int(y.row))), byPlace(x, y))
		})
		for i, x := range order {
			p.TextID[i] = text[x.part](int(x.row))
		}
		count(func(i, j int) bool { return p.TextID[i] == p.TextID[j] })
	}
	if duplicates > 0 {
		return nil, 0, fault.Dataf("duplicate_person", file, "person_id", "%s more than one row in `person_id` (%d rows); keep one row a person",
			plural(int64(duplicates), "person has", "persons have"), rows).At(first)
	}
	if allInts {
		b.index = newIntIndex(p.IntID)
	} else {
		b.index = newTextIndex(p.TextID)
	}
	return order, missing, nil
}

// ages takes away, once the months are known, the years of birth of persons who would be born after the last or older than anybody in all.
func (b *builder) ages() {
	oldest := b.Panel.First.Year() - b.opt.Rules.maxAge()
	for i, born := range b.Persons.Born {
		if born != 0 && (int(born) > b.Cut.Year() || int(born) < oldest) {
			b.badBirth.add(int32(i))
			b.Persons.Born[i] = 0
		}
	}
}

// fillPersons reads the columns besides the id.
func (b *builder) fillPersons(file string, parts []Part, order []place) error {
	p := &b.Persons
	whole := make([][]int32, len(parts)) // of each row of each part: the person, or −1
	for k, q := range parts {
		whole[k] = make([]int32, q.Table.Rows)
		for i := range whole[k] {
			whole[k][i] = noPerson
		}
	}
	for i, x := range order {
		whole[x.part][x.row] = int32(i)
	}
	has := func(name string) bool { return slices.Contains(b.columns["person"], name) }
	p.Born, p.Sex, p.Origin, p.Education = make([]int16, p.N), make([]Sex, p.N), make([]Origin, p.N), make([]int8, p.N)

	r := b.ledger.rule("person", "birth_year_missing", Kept)
	impossible := b.ledger.rule("person", "birth_year_impossible", Changed)
	b.badBirth = impossible
	err := b.eachNumber(file, parts, whole, "fodselsaar", func(i int32, v float64) {
		switch {
		case math.IsNaN(v):
			r.add(i)
		case v < 1850 || v > 2100 || v != math.Trunc(v):
			impossible.add(i)
		default:
			p.Born[i] = int16(v)
		}
	})
	if err != nil {
		return err
	}
	unknown := b.ledger.rule("person", "sex_unknown", Kept)
	if err := b.eachText(file, parts, whole, "kjonn", func(i int32, v string) {
		if p.Sex[i] = sexes[strings.ToLower(v)]; p.Sex[i] == SexUnknown {
			unknown.add(i)
		}
	}); err != nil {
		return err
	}
	unknownOrigin := b.ledger.rule("person", "origin_unknown", Kept)
	if err := b.eachText(file, parts, whole, "landgruppe", func(i int32, v string) {
		if p.Origin[i] = origins[strings.ToLower(v)]; p.Origin[i] == OriginUnknown {
			unknownOrigin.add(i)
		}
	}); err != nil {
		return err
	}
	b.warnUnknown(file, "kjonn", "kvinne nor mann", unknown, p.N)
	b.warnUnknown(file, "landgruppe", "norge, eos nor utenfor_eos", unknownOrigin, p.N)
	education := b.ledger.rule("person", "education_missing", Kept)
	badEducation := b.ledger.rule("person", "education_impossible", Changed)
	if err := b.eachNumber(file, parts, whole, "utdanning", func(i int32, v float64) {
		if p.Education[i] = level(v); v != v {
			education.add(i)
		} else if p.Education[i] < 0 {
			badEducation.add(i)
		}
	}); err != nil {
		return err
	}
	if has("innvandret_aar") {
		p.Immigrated = make([]int16, p.N)
		if err := b.eachNumber(file, parts, whole, "innvandret_aar", func(i int32, v float64) {
			if v >= 1850 && v <= 2100 {
				p.Immigrated[i] = int16(v)
			}
		}); err != nil {
			return err
		}
	}
	b.offices = newInterner()
	counties := newInterner()
	if has("fylke") {
		p.County = make([]int16, p.N)
		if err := b.eachText(file, parts, whole, "fylke", func(i int32, v string) { p.County[i] = int16(counties.of(countyCode(v))) }); err != nil {
			return err
		}
	}
	if err := b.readExtra("person", parts, p.N, func(part, row int) int { return int(whole[part][row]) }); err != nil {
		return err
	}
	if err := b.readDated(counties); err != nil {
		return err
	}
	if err := b.numberCounties(counties); err != nil {
		return err
	}
	if has("nav_enhet") {
		p.Office = make([]int32, p.N)
		if err := b.eachText(file, parts, whole, "nav_enhet", func(i int32, v string) { p.Office[i] = b.offices.of(v) }); err != nil {
			return err
		}
	}
	if has("dod_dato") {
		if p.Died, err = b.exitDates(file, parts, whole, "dod_dato", "death_date_impossible"); err != nil {
			return err
		}
	}
	if has("utvandret_dato") {
		if p.Emigrated, err = b.exitDates(file, parts, whole, "utvandret_dato", "emigration_date_impossible"); err != nil {
			return err
		}
		if p.Died != nil {
			late := b.ledger.rule("person", "emigration_after_death", Changed)
			for i, d := range p.Emigrated {
				if d != NoDate && p.Died[i] != NoDate && d > p.Died[i] {
					p.Emigrated[i] = NoDate
					late.add(int32(i))
				}
			}
		}
	}
	if has("vekt") {
		p.Weight = make([]float64, p.N)
		bad := int64(0)
		if err := b.eachNumber(file, parts, whole, "vekt", func(i int32, v float64) {
			if p.Weight[i] = v; !(v > 0) || math.IsInf(v, 0) {
				bad++
			}
		}); err != nil {
			return err
		}
		if bad > 0 {
			first, at := "", int64(0)
			if found, err := b.count("person", "vekt", notPositive); err == nil && found.wrong > 0 {
				first, at = fmt.Sprintf(" (the first is %s)", found.where(file)), found.row
			}
			return fault.Dataf("weights", file, "vekt", "`vekt` is missing or not positive in %s%s; give every person a sampling weight, or drop the column in the mapping", plural(bad, "row", "rows"), first).At(at)
		}
	}
	return nil
}

// notPositive calls bad with each row of a column that is no weight.
func notPositive(c *datasets.Column, bad func(i int)) {
	values := make([]float64, c.Len())
	if fillNumbers("", c, values) != nil {
		return
	}
	for i, v := range values {
		if !(v > 0) || math.IsInf(v, 0) {
			bad(i)
		}
	}
}

func (b *builder) eachNumber(file string, parts []Part, whole [][]int32, name string, set func(i int32, v float64)) error {
	var values []float64
	for k, q := range parts {
		values = slices.Grow(values[:0], q.Table.Rows)[:q.Table.Rows]
		if err := fillNumbers(file, q.Table.Column(name), values); err != nil {
			return err
		}
		for row, v := range values {
			if i := whole[k][row]; i >= 0 {
				set(i, v)
			}
		}
	}
	return nil
}

func (b *builder) eachText(file string, parts []Part, whole [][]int32, name string, set func(i int32, v string)) error {
	for k, q := range parts {
		text, err := texts(file, q.Table.Column(name))
		if err != nil {
			return err
		}
		for row := range q.Table.Rows {
			if i := whole[k][row]; i >= 0 {
				set(i, text(row))
			}
		}
	}
	return nil
}

// exitDates reads a column of dates of death or emigration: a date that cannot be read counts as missing, and so does
// one after the years of lastDate, which registers write for "has not".
func (b *builder) exitDates(file string, parts []Part, whole [][]int32, name, ruleName string) ([]calendar.Date, error) {
	dates := make([]calendar.Date, b.Persons.N)
	impossible := b.ledger.rule("person", ruleName, Changed)
	var values []calendar.Date
	var bad, n int64
	for k, q := range parts {
		values = slices.Grow(values[:0], q.Table.Rows)[:q.Table.Rows]
		if err := fillDates(file, q.Table.Column(name), values); err != nil {
			return nil, err
		}
		for row, d := range values {
			i := whole[k][row]
			if i < 0 {
				continue
			}
			if d != NoDate {
				n++
			}
			switch {
			case d == badDate:
				bad++
				fallthrough
			case d != NoDate && d < firstDate:
				impossible.add(i)
				d = NoDate
			case d > lastDate:
				d = NoDate
			}
			dates[i] = d
		}
	}
	return dates, b.refuseBad("person", name, aDate, bad, n)
}

// warnUnknown warns of a column whose values are mostly none of those that are known: they are other codes for the same.
func (b *builder) warnUnknown(file, column, known string, unknown *rule, persons int) {
	if n := unknown.rows.Load(); 2*n > int64(persons) {
		b.warn("codes_unknown", "%s: `%s` is neither %s in %s; they count as unknown: say in the mapping what its values mean (`codes`)", file, column, known, plural(n, "row", "rows"))
	}
}
