package register

import (
	"cmp"
	"slices"
	"strconv"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// furtherArm tells whether a value is a number other than 0 and 1: an amount in other columns, a third arm in this.
func furtherArm(value string) bool {
	v, err := strconv.ParseFloat(value, 64)
	return err == nil && v != 0 && v != 1
}

// Assignment is a row of tildeling: what chance gave a person or an office, and when.
type Assignment struct {
	Person  int32 // −1 where offices were assigned
	Office  int32 // index into Persons.Offices; −1 where persons were assigned
	Offered bool  // `arm`
	Day     calendar.Date
	Stratum int32 // number from 0 in the byte order of `stratum`; 0 without the column
}

// Assignments is table tildeling.
type Assignments struct {
	Rows    []Assignment // sorted by person or office, each once
	Offices bool         // offices were assigned and not persons
}

// readAssignments reads tildeling, where it is. Somebody with two rows, or with none of the words that `arm` takes, is refused: who was offered what is
// the experiment itself. A person who is not in the register is dropped and counted; an office in which nobody lives has no row.
func (b *builder) readAssignments() error {
	const table = "tildeling"
	if !b.has(table) {
		return nil
	}
	file, columns := b.file(table), b.columns[table]
	byPerson, byOffice := slices.Contains(columns, "person_id"), slices.Contains(columns, "nav_enhet")
	if byPerson == byOffice {
		return fault.Dataf("missing_column", file, "person_id", "what was assigned is not clear; give `person_id` where chance chose persons, or `nav_enhet` where it chose offices, and not both")
	}
	missing, strangers := b.ledger.rule(table, "person_id_missing", Dropped), b.ledger.rule(table, "person_unknown", Dropped)
	parts, err := collect(b.ctx, b.source, table, columns, b.opt.Workers)
	if err != nil {
		return err
	}
	a := &Assignments{Offices: byOffice}
	office := map[string]int32{}
	for i, name := range b.Persons.Offices {
		office[name] = int32(i)
	}
	strata := newInterner()
	for _, part := range parts {
		t := part.Table
		person := make([]int32, t.Rows)
		if byPerson {
			if err := b.index.fill(file, t.Column("person_id"), person); err != nil {
				return err
			}
		}
		arm := t.Column("arm")
		offered := make([]bool, t.Rows)
		if err := fillBools(file, arm, offered); err != nil {
			return err
		}
		values, _, _ := arm.AsTexts()
		d, x := dateColumns{file: file, t: t}, textColumns{file: file, t: t}
		day, place, stratum := d.read("dato"), x.read("nav_enhet"), x.read("stratum")
		if err := cmp.Or(d.err, x.err); err != nil {
			return err
		}
		for i := range t.Rows {
			row := part.Row + int64(i) + 1
			switch {
			case arm.Null != nil && arm.Null[i]:
				return fault.Dataf("missing_value", file, "arm", "`arm` is missing in data row %d; say 1 for those who were offered it and 0 for the others", row).At(row)
			case values != nil && offered[i] && furtherArm(values[i]):
				return fault.Dataf("bad_value", file, "arm", "`arm` is %s in data row %d; it is 1 for those who were offered it and 0 for the others; leave further arms out", values[i], row).At(row)
			case day[i] == NoDate || day[i] == badDate:
				return fault.Dataf("missing_value", file, "dato", "`dato` is missing or no date in data row %d; it is the day of the assignment", row).At(row)
			}
			r := Assignment{Person: -1, Office: -1, Offered: offered[i], Day: day[i], Stratum: strata.of(stratum(i))}
			if byOffice {
				o, ok := office[place(i)]
				if !ok {
					continue
				}
				r.Office = o
			} else {
				switch person[i] {
				case noPerson:
					missing.add(noPerson)
					continue
				case stranger:
					countStranger(strangers, t.Column("person_id"), i)
					continue
				}
				r.Person = person[i]
			}
			a.Rows = append(a.Rows, r)
		}
	}
	if err := b.refuseStrangers(table, strangers, int64(rowsOf(parts))); err != nil {
		return err
	}
	_, order := strata.sorted()
	for i := range a.Rows {
		a.Rows[i].Stratum = max(0, replace(order, a.Rows[i].Stratum))
	}
	slices.SortStableFunc(a.Rows, func(x, y Assignment) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.Office, y.Office))
	})
	for i := 1; i < len(a.Rows); i++ {
		if a.Rows[i].Person == a.Rows[i-1].Person && a.Rows[i].Office == a.Rows[i-1].Office {
			return fault.Dataf("duplicate_row", file, columns[0], "somebody was assigned twice; keep the first assignment of each person or office")
		}
	}
	b.Assigned = a
	return nil
}
