package register

import (
	"cmp"
	"fmt"
	"slices"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// furtherArm tells whether a value is a number other than 0 and 1, or none at all: a third arm, or a code for what is not known.
func furtherArm(value string) bool {
	v, ok := parseNumber(value)
	return ok && v != 0 && v != 1
}

// faulty counts the rows of a table that are refused for one thing, and keeps the first.
type faulty struct {
	rows, first int64
	value       string // of the first; "" where there is none to tell
}

func (f *faulty) add(row int64, value string) {
	if f.rows++; f.rows == 1 {
		f.first, f.value = row, value
	}
}

// where names the first row, and its value.
func (f *faulty) where() string {
	if f.value == "" {
		return fmt.Sprintf("the first is data row %d", f.first)
	}
	return fmt.Sprintf("the first is data row %d, %q", f.first, f.value)
}

// refuse is nil where nothing was counted. The sentence begins with what is wrong of the rows.
func (f *faulty) refuse(of int64, code, file, column, what, remedy string) error {
	if f.rows == 0 {
		return nil
	}
	return fault.Dataf(code, file, column, "%s in %d of %s (%s); %s", what, f.rows, plural(of, "row", "rows"), f.where(), remedy).At(f.first)
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
// the experiment itself. A person who is not in the register, or an office in which nobody of it lives, is dropped and counted.
func (b *builder) readAssignments() error {
	const table = "tildeling"
	if !b.has(table) {
		return nil
	}
	file, columns := b.file(table), b.columns[table]
	unit := "person_id"
	if byPerson, byOffice := slices.Contains(columns, "person_id"), slices.Contains(columns, "nav_enhet"); byPerson == byOffice {
		return fault.Dataf("missing_column", file, "person_id", "what was assigned is not clear; give `person_id` where chance chose persons, or `nav_enhet` where it chose offices, and not both")
	} else if byOffice {
		unit = "nav_enhet"
	}
	a := &Assignments{Offices: unit == "nav_enhet"}
	var missing, strangers, nobody *rule
	var office map[string]int32
	taken := make([]bool, max(b.Persons.N, len(b.Persons.Offices)))
	if a.Offices {
		nobody, office = b.ledger.rule(table, "office_unknown", Dropped), b.livedIn()
	} else {
		missing, strangers = b.ledger.rule(table, "person_id_missing", Dropped), b.ledger.rule(table, "person_unknown", Dropped)
	}
	parts, err := collect(b.ctx, b.source, table, columns, b.opt.Workers)
	if err != nil {
		return err
	}
	var noArm, badArm, noDay, noOffice, unknown, again faulty
	strata := newInterner()
	for _, part := range parts {
		t := part.Table
		person := make([]int32, t.Rows)
		if !a.Offices {
			if err := b.index.fill(file, t.Column("person_id"), person); err != nil {
				return err
			}
		}
		arm := t.Column("arm")
		offered := make([]bool, t.Rows)
		if err := fillBools(file, arm, offered); err != nil {
			return err
		}
		values, _, err := arm.AsTexts()
		d, x := dateColumns{file: file, t: t}, textColumns{file: file, t: t}
		day, place, stratum := d.read("dato"), x.read("nav_enhet"), x.read("stratum")
		if err := cmp.Or(err, d.err, x.err); err != nil {
			return err
		}
		for i := range t.Rows {
			row := part.Row + int64(i) + 1
			switch {
			case arm.Missing(i):
				noArm.add(row, "")
				continue
			case furtherArm(values[i]):
				badArm.add(row, values[i])
				continue
			case day[i] == NoDate || day[i] == badDate:
				noDay.add(row, "")
				continue
			}
			r := Assignment{Person: -1, Office: -1, Offered: offered[i], Day: day[i], Stratum: strata.of(stratum(i))}
			at := person[i]
			if a.Offices {
				name := place(i)
				o, ok := office[name]
				switch {
				case name == "":
					noOffice.add(row, "")
					continue
				case !ok:
					nobody.add(noPerson)
					unknown.add(row, name)
					continue
				}
				r.Office, at = o, o
			} else {
				switch at {
				case noPerson:
					missing.add(noPerson)
					continue
				case stranger:
					countStranger(strangers, t.Column("person_id"), i)
					continue
				}
				r.Person = at
			}
			if taken[at] {
				again.add(row, "")
				continue
			}
			taken[at] = true
			a.Rows = append(a.Rows, r)
		}
	}
	rows := int64(rowsOf(parts))
	const arms = "it is 1 for those who were offered it and 0 for the others"
	if err := cmp.Or(
		noArm.refuse(rows, "missing_value", file, "arm", "`arm` is missing", arms),
		badArm.refuse(rows, "bad_value", file, "arm", "`arm` is neither 0 nor 1", arms+"; leave further arms, and those of whom it is not known, out"),
		noDay.refuse(rows, "missing_value", file, "dato", "`dato` is missing or no date", "it is the day of the assignment"),
		noOffice.refuse(rows, "missing_value", file, "nav_enhet", "`nav_enhet` is missing", "it is the office that chance chose"),
	); err != nil {
		return err
	}
	if a.Offices {
		err = b.refuseOffices(file, &unknown, rows)
	} else {
		err = b.refuseStrangers(table, strangers, rows)
	}
	whose := map[bool]string{false: "person", true: "office"}[a.Offices]
	if err := cmp.Or(err, again.refuse(rows, "duplicate_row", file, unit, "the same "+whose+" is assigned again", "keep the first assignment of each "+whose)); err != nil {
		return err
	}
	_, order := strata.sorted()
	for i := range a.Rows {
		a.Rows[i].Stratum = max(0, replace(order, a.Rows[i].Stratum))
	}
	slices.SortFunc(a.Rows, func(x, y Assignment) int {
		return cmp.Or(cmp.Compare(x.Person, y.Person), cmp.Compare(x.Office, y.Office))
	})
	b.Assigned = a
	return nil
}

// livedIn are the offices in which somebody of the register lives, or has lived, by name.
func (b *builder) livedIn() map[string]int32 {
	office := map[string]int32{}
	put := func(o int32) {
		if o >= 0 {
			office[b.Persons.Offices[o]] = o
		}
	}
	for _, o := range b.Persons.Office {
		put(o)
	}
	for _, d := range b.Dated {
		put(d.Office)
	}
	return office
}

// refuseOffices refuses a table in which too many rows are about offices in which nobody lives.
func (b *builder) refuseOffices(file string, unknown *faulty, rows int64) error {
	if float64(unknown.rows) <= b.opt.Rules.maxStrangers()*float64(rows) {
		return nil
	}
	like := b.file("person")
	if b.has("person_historikk") {
		like = fmt.Sprintf("%s and %s do", like, b.file("person_historikk"))
	} else {
		like += " does"
	}
	return fault.Dataf("unknown_office", file, "nav_enhet", "%d of %s concern offices in which nobody of the register lives (%s); write `nav_enhet` as %s, leading zeros included, or leave their rows out",
		unknown.rows, plural(rows, "row", "rows"), unknown.where(), like).At(unknown.first)
}
