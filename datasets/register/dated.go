package register

import (
	"cmp"
	"math"
	"slices"

	"tiltakseffekt/internal/calendar"
)

// Dated is what was true of a person over a period, out of person_historikk.
type Dated struct {
	Person       int32
	From, To     calendar.Date // both included; calendar.Open where it goes on
	Municipality int32         // index into Register.Municipalities; −1 unknown
	County       int16         // index into Persons.Counties; −1 unknown
	Office       int32         // index into Persons.Offices; −1 unknown
	Education    int8          // NUS level; −1 unknown
	Civil        int16         // index into Register.CivilStatuses; −1 unknown
	Children     int8          // −1 unknown
	Row          int32         // row of the columns of Register.Extra
}

// readDated reads person_historikk, where it is, before counties and offices get their final numbers.
func (b *builder) readDated(counties *interner) error {
	if !b.has("person_historikk") {
		return nil
	}
	file := b.file("person_historikk")
	rule := func(name, action string) *rule { return b.ledger.rule("person_historikk", name, action) }
	missing, strangers := rule("person_id_missing", Dropped), rule("person_unknown", Dropped)
	dates := spellRules{rule("from_missing", Dropped), rule("from_impossible", Dropped), rule("to_impossible", Changed), rule("to_before_from", Dropped)}
	parts, err := collect(b.ctx, b.source, "person_historikk", b.columns["person_historikk"], b.opt.Workers)
	if err != nil {
		return err
	}
	municipalities, civil := newInterner(), newInterner()
	firstRow := make([]int32, len(parts))
	for k := 1; k < len(parts); k++ {
		firstRow[k] = firstRow[k-1] + int32(parts[k-1].Table.Rows)
	}
	if err := b.readExtra("person_historikk", parts, rowsOf(parts), func(part, row int) int { return int(firstRow[part]) + row }); err != nil {
		return err
	}
	for k, part := range parts {
		t := part.Table
		person := make([]int32, t.Rows)
		if err := b.index.fill(file, t.Column("person_id"), person); err != nil {
			return err
		}
		d, x, f := dateColumns{file: file, t: t}, textColumns{file: file, t: t}, numberColumns{file: file, t: t}
		from, to := d.read("fra"), d.read("til")
		municipality, county, office, status := x.read("kommune"), x.read("fylke"), x.read("nav_enhet"), x.read("sivilstand")
		education, children := f.read("utdanning"), f.read("barn")
		if err := cmp.Or(d.err, x.err, f.err); err != nil {
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
			end, ok := dates.check(p, from[i], to[i])
			if !ok {
				continue
			}
			b.Dated = append(b.Dated, Dated{
				Person: p, From: from[i], To: end, Municipality: municipalities.of(municipality(i)), County: int16(counties.of(countyCode(county(i)))),
				Office: b.offices.of(office(i)), Education: level(education(i)), Civil: int16(civil.of(status(i))), Children: count(children(i)), Row: firstRow[k] + int32(i),
			})
		}
	}
	if err := b.refuseStrangers("person_historikk", strangers, int64(rowsOf(parts))); err != nil {
		return err
	}
	var place, civilPlace []int32
	b.Municipalities, place = municipalities.sorted()
	b.CivilStatuses, civilPlace = civil.sorted()
	for i := range b.Dated {
		r := &b.Dated[i]
		r.Municipality, r.Civil = replace(place, r.Municipality), int16(replace(civilPlace, int32(r.Civil)))
	}
	return nil
}

// level is a NUS level, −1 where it is missing or none.
func level(v float64) int8 {
	switch {
	case v >= 0 && v <= 9 && v == math.Trunc(v):
		return int8(v)
	case v >= 100000 && v < 1000000 && v == math.Trunc(v): // NUS code of six digits: the first is the level
		return int8(v / 100000)
	}
	return -1
}

func count(v float64) int8 {
	if v >= 0 && v <= math.MaxInt8 && v == math.Trunc(v) {
		return int8(v)
	}
	return -1
}

// sortDated puts the rows of person_historikk in order once all numbers are final.
func (b *builder) sortDated() {
	if b.Dated == nil {
		return
	}
	slices.SortFunc(b.Dated, func(x, y Dated) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To),
			cmp.Compare(x.Municipality, y.Municipality), cmp.Compare(x.County, y.County), cmp.Compare(x.Office, y.Office),
			cmp.Compare(x.Education, y.Education), cmp.Compare(x.Civil, y.Civil), cmp.Compare(x.Children, y.Children), b.compareExtra(x.Row, y.Row))
	})
	b.FirstDated = firsts(b.Persons.N, len(b.Dated), func(i int) int32 { return b.Dated[i].Person })
}

// PersonOn is what person_historikk says of a person on a day, and where it says nothing, the undated values of person
// (municipality, civil status and children are then −1). dated tells whether person_historikk has a row for the day;
// where several overlap, each field is that of the row begun last that knows it.
func (r *Register) PersonOn(person int32, day calendar.Date) (d Dated, dated bool) {
	d = Dated{Person: person, From: NoDate, To: calendar.Open, Municipality: -1, County: -1, Office: -1, Education: -1, Civil: -1, Children: -1}
	if r.FirstDated != nil {
		for _, x := range r.Dated[r.FirstDated[person]:r.FirstDated[person+1]] {
			if x.From > day || x.To < day {
				continue
			}
			dated = true
			d.From, d.To = x.From, x.To
			take(&d.Municipality, x.Municipality)
			take(&d.County, x.County)
			take(&d.Office, x.Office)
			take(&d.Education, x.Education)
			take(&d.Civil, x.Civil)
			take(&d.Children, x.Children)
		}
	}
	if d.County < 0 && r.Persons.County != nil {
		d.County = r.Persons.County[person]
	}
	if d.Office < 0 && r.Persons.Office != nil {
		d.Office = r.Persons.Office[person]
	}
	if d.Education < 0 {
		d.Education = r.Persons.Education[person]
	}
	return d, dated
}

func take[T int8 | int16 | int32](to *T, v T) {
	if v >= 0 {
		*to = v
	}
}
