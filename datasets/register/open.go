package register

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// FromTables reads a register of tables in memory, by the names person, deltakelse, arbeidssoker and maaned. The tables
// are not changed.
func FromTables(ctx context.Context, tables map[string]*datasets.Table, opt Options) (*Register, error) {
	return Read(ctx, memory{tables, memoryRows}, opt)
}

// Read reads, links and cleans a register from wherever its rows come. The result does not depend on the order of rows
// or on the number of workers. It refuses (status 3), naming file, column and count with one remedy: a missing table or
// column, a column of the wrong type, an empty table, a person with more than one row in person, and a table with more
// than Rules.MaxStrangers of its rows about persons that are not in person. Everything else that is wrong with rows is
// mended or dropped by a rule that stands in the ledger.
func Read(ctx context.Context, source Source, opt Options) (*Register, error) {
	kinds := newKindSource(source)
	b := &builder{ctx: ctx, source: kinds, opt: opt, catalog: opt.Catalog, Register: &Register{}, unknownStatus: newCounter()}
	if b.catalog == nil {
		b.catalog = catalog.Default()
	}
	if err := opt.Rules.Validate(); err != nil {
		return nil, err
	}
	if err := b.checkTables(); err != nil {
		return nil, b.explain(err)
	}
	for _, step := range []func() error{b.readPersons, b.scanMonths, b.readParticipations, b.readRegistrations, b.readPanel, b.readBenefits, b.countAlone, b.readLocals, b.readAssignments, b.readRates} {
		if err := step(); err != nil {
			return nil, b.explain(err)
		}
	}
	b.otherTypes(kinds)
	b.Ledger = b.ledger.entries()
	b.warnBackwards()
	if opt.NoInputs {
		return b.Register, nil
	}
	var err error
	b.Inputs, err = source.Inputs(ctx)
	return b.Register, err
}

// builder is a register on its way.
type builder struct {
	*Register
	ctx     context.Context
	source  Source
	opt     Options
	catalog *catalog.Catalog
	ledger  ledger
	index   *index
	columns map[string][]string
	offices *interner
	spells  subsidised

	badBirth *rule // birth_year_impossible, which is seen to again when the months are known

	unknownStatus  *counter
	employerNumber map[string]int32 // place in Employers
}

func (b *builder) file(table string) string { return b.source.File(table) }

// checkTables checks that the tables and columns are there before any row is read.
func (b *builder) checkTables() error {
	have := b.source.Tables()
	b.columns = map[string][]string{}
	for _, t := range specs {
		if !slices.Contains(have, t.name) {
			for _, x := range b.opt.Extra {
				if of, column := extraName(x.Name); of == t.name {
					return fault.Dataf("missing_table", t.name, column, "%s needs the column `%s`, and the register has no table `%s`; add it, or leave out what needs it", x.For, x.Name, t.name)
				}
			}
			if t.needed || t.name == "maaned" && !slices.Contains(have, "arbeidsforhold") && !slices.Contains(have, "inntekt") {
				return fault.Dataf("missing_table", t.name, "", "the register has no table `%s`; it needs person, deltakelse, arbeidssoker and maaned (or arbeidsforhold and inntekt), each as .parquet, .csv or a folder; a table in a file of another name is given in the mapping, %s: {file: …}, which `evaluate init MAPPING.yaml --register FOLDER` drafts", t.name, t.name)
			}
			continue
		}
		names, err := b.source.Columns(b.ctx, t.name)
		if err != nil {
			return err
		}
		if err := t.misspelt(b.opt.Mapping, names); err != nil {
			return err
		}
		if b.columns[t.name], err = t.columns(b.file(t.name), names); err != nil {
			return err
		}
		if err := b.wantExtra(t.name, names); err != nil {
			return err
		}
	}
	return nil
}

// has tells whether the register has a table.
func (b *builder) has(table string) bool { return b.columns[table] != nil }

// empty refuses a table without rows.
func (b *builder) empty(table string) error {
	return fault.Dataf("empty_table", b.file(table), "", "the table has no rows; export it again, or leave no month of the register empty")
}

// refuseStrangers refuses a table in which too many rows are about persons that are not in person.
func (b *builder) refuseStrangers(table string, strangers *rule, rows int64) error {
	n := strangers.rows.Load()
	if n == 0 || float64(n) <= b.opt.Rules.maxStrangers()*float64(rows) {
		return nil
	}
	e := strangers.entry()
	return fault.Dataf("unknown_person", b.file(table), "person_id", "%d of %d rows concern %d persons that are not in %s; add them there, or leave their rows out of the extract",
		n, rows, e.Persons, b.file("person"))
}

// refuseBad refuses a column in which too many values cannot be read as what it should be.
func (b *builder) refuseBad(table, column string, want want, bad, values int64) error {
	if bad == 0 || float64(bad) <= b.opt.Rules.maxBad()*float64(values) {
		return nil
	}
	first, at, remedy := "", int64(0), "name the right column in the mapping"
	if found, err := b.count(table, column, want.impossible); err == nil && found.wrong > 0 {
		first, at, remedy = fmt.Sprintf(" (the first in %s)", found.where(b.file(table))), found.row, found.remedy()
	}
	return fault.Dataf("column_type", b.file(table), column, "%d of %d values of `%s` are not %s%s; %s", bad, values, column, strings.TrimPrefix(string(want), "a ")+"s", first, remedy).At(at)
}

// warnBackwards warns of a table of which many rows are left out because they end before they begin: two columns that are swapped look so.
func (b *builder) warnBackwards() {
	for _, e := range b.Ledger {
		from, to := "fra", "til"
		switch e.Rule {
		case "end_before_start":
			from, to = "start_dato", "slutt_dato"
		case "to_before_from":
		default:
			continue
		}
		if total := b.source.Rows(e.Table); e.Rows >= fewBackwards && float64(e.Rows) > b.opt.Rules.maxBad()*float64(total) {
			b.warn("ends_before_begins", "%s: `%s` is before `%s` in %d of %d rows, which are left out; if the columns are swapped, mend the mapping", b.file(e.Table), to, from, e.Rows, total)
		}
	}
}

// fewBackwards is how many rows may end before they begin without a warning, however small the table.
const fewBackwards = 10

// countAlone counts the persons who have no rows but in person.
func (b *builder) countAlone() error {
	alone := b.ledger.rule("person", "person_alone", Kept)
	exits := Dead | Gone // these come from person itself
	return parallel.Blocks(b.ctx, b.opt.Workers, b.Persons.N, 4096, func(_, from, to int) error {
		for i := from; i < to; i++ {
			if b.FirstReg[i] == b.FirstReg[i+1] && b.FirstPart[i] == b.FirstPart[i+1] && b.FirstRef[i] == b.FirstRef[i+1] &&
				!slices.ContainsFunc(b.Panel.History(int32(i)).State, func(s State) bool { return s&^exits != 0 }) {
				alone.add(int32(i))
			}
		}
		return nil
	})
}

func (b *builder) warn(code, format string, args ...any) {
	b.Warnings = append(b.Warnings, fault.Warnf(code, format, args...))
}

// interner numbers texts in the order in which they come; sorted renumbers them in byte order.
type interner struct {
	number map[string]int32
	texts  []string
}

func newInterner() *interner { return &interner{number: map[string]int32{}} }

// of is the number of a text, −1 for the empty one.
func (x *interner) of(text string) int32 {
	if text == "" {
		return -1
	}
	n, ok := x.number[text]
	if !ok {
		n = int32(len(x.texts))
		x.number[text] = n
		x.texts = append(x.texts, text)
	}
	return n
}

// sorted returns the texts in byte order and, for each number given so far, its place in that order.
func (x *interner) sorted() (texts []string, place []int32) {
	texts = slices.Clone(x.texts)
	slices.Sort(texts)
	place = make([]int32, len(texts))
	for i, t := range texts {
		place[x.number[t]] = int32(i)
	}
	return texts, place
}

// replace is place[n], −1 for −1.
func replace(place []int32, n int32) int32 {
	if n < 0 {
		return -1
	}
	return place[n]
}

// plural is "1 row" or "2 rows".
func plural(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// lastDay is the last day of the cut.
func (b *builder) lastDay() calendar.Date { return b.Cut.Last() }

// reference is the last day of which participations are known: that of the cut, or the as-of date before it.
func (b *builder) reference() calendar.Date {
	if b.opt.AsOf != 0 {
		return min(b.lastDay(), b.opt.AsOf)
	}
	return b.lastDay()
}
