package simulate

import (
	"cmp"
	"slices"

	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// sick is a register in the making: the clean tables of some persons and what becomes of them.
type sick struct {
	w      *world
	tables map[string]*editor
	found  *findings
	chosen []*Quirk
	mixed  bool

	links   struct{ from, to []int64 }
	amounts amounts
}

// amounts are the rows of deltakelsesmengde.
type amounts struct {
	ids     []int64
	from    []calendar.Date
	percent []float64
	entered []calendar.Date
}

func (a *amounts) add(id int64, from calendar.Date, percent float64, entered calendar.Date) {
	a.ids, a.from = append(a.ids, id), append(a.from, from)
	a.percent, a.entered = append(a.percent, percent), append(a.entered, entered)
}

// patient is one person whose rows are being spoiled: places of rows in the editors.
type patient struct {
	*sick
	p     *person
	quirk *Quirk
	rows  map[string][2]int // table → [from, to)
	seq   int               // further ids of deltakelse: person · 1000 + 700 + seq
}

// spoilTables applies quirks to tables as world.tables makes them, adds the tables that some quirks need, and counts
// what the ledger must say of the result.
func (w *world) spoilTables(tables map[string]*datasets.Table, blocks []*block, found *findings) map[string]*datasets.Table {
	x := &sick{w: w, tables: map[string]*editor{}, found: found}
	for i := range quirks {
		switch q := &quirks[i]; {
		case !slices.Contains(w.opt.Quirks, q.Name):
		case q.inject == nil:
			x.mixed = true
		default:
			x.chosen = append(x.chosen, q)
		}
	}
	for _, name := range tableNames {
		x.tables[name] = newEditor(tables[name])
	}
	addEntered(x.tables["deltakelse"])
	for _, b := range blocks {
		for i := range b.people {
			p := &b.people[i]
			c := &patient{sick: x, p: p, rows: map[string][2]int{}}
			for name, e := range x.tables {
				from, to := e.take(p.id)
				c.rows[name] = [2]int{from, to}
			}
			c.healthy()
			if len(x.chosen) > 0 && w.trait.Uniform(uint64(p.id), 900) < quirkShare {
				c.fallIll()
			}
			x.found.endPerson()
		}
	}
	out := map[string]*datasets.Table{}
	for name, e := range x.tables {
		out[name] = e.finish()
	}
	if slices.Contains(w.opt.Quirks, "split_person") {
		out["person_kobling"] = datasets.NewTable(datasets.IntColumn("person_id", x.links.from), datasets.IntColumn("gjelder_id", x.links.to))
	}
	if slices.Contains(w.opt.Quirks, "part_time_changes") {
		a := &x.amounts
		out["deltakelsesmengde"] = datasets.NewTable(datasets.IntColumn("deltakelse_id", a.ids), datasets.DateColumn("gyldig_fra", a.from, nil),
			datasets.FloatColumn("prosent", a.percent), datasets.DateColumn("opprettet", a.entered, nil))
	}
	if x.mixed {
		mixTypes(out, found)
	}
	return out
}

// addEntered gives deltakelse the dates on which a row was entered and last changed.
func addEntered(e *editor) {
	t := e.t
	referred, to, from := t.Column("henvist_dato"), t.Column("slutt_dato"), t.Column("start_dato")
	entered, changed := make([]calendar.Date, t.Rows), make([]calendar.Date, t.Rows)
	for i := range t.Rows {
		entered[i] = referred.Dates[i] + 1
		changed[i] = from.Dates[i] + 1
		if !to.Missing(i) {
			changed[i] = to.Dates[i] + 3
		}
	}
	e.t = datasets.NewTable(append(slices.Clone(t.Columns), datasets.DateColumn("registrert", entered, nil), datasets.DateColumn("endret", changed, nil))...)
}

// healthy counts what the rules find in the clean rows of the person.
func (c *patient) healthy() {
	for row := range c.each("person") {
		if c.missing("person", row, "utdanning") {
			c.found.found("person", "education_missing", "", 1)
		}
	}
	for row := range c.each("deltakelse") {
		if !c.participation(row) {
			c.found.found("deltakelse", "not_participation", "", 1)
			continue
		}
		if from, to, open := c.spell(row); !open && from == to {
			c.found.found("deltakelse", "one_day", "", 1)
		}
		if c.betweenMonthEnds(row) {
			c.found.found("deltakelse", "between_month_ends", "", 1)
		}
		if c.missing("deltakelse", row, "deltidsprosent") {
			c.found.found("deltakelse", "part_time_missing", "", 1)
		}
	}
	for row := range c.each("maaned") {
		if c.column("maaned", "tiltakslonn").Bools[c.at("maaned", row)] {
			c.found.found("maaned", "tiltak_wage_marked", "", 1)
		}
	}
}

// rare are the quirks that few persons have the rows for: those who have them meet these first, half of the time.
var rare = []string{"end_impossible", "end_9999", "never_closed", "tiltak_wage_unmarked"}

// fallIll gives the person the first quirk, in an order drawn for them, that there is something to do to. The dead meet
// the quirks of death first.
func (c *patient) fallIll() {
	type chance struct {
		q    *Quirk
		draw float64
	}
	order := make([]chance, len(c.chosen))
	dead := c.p.died && c.p.gone < c.w.months
	for i, q := range c.chosen {
		draw := c.w.trait.Uniform(uint64(c.p.id), uint64(910+i))
		if dead && q.Number == 14 || slices.Contains(rare, q.Name) && draw < .5 {
			draw--
		}
		order[i] = chance{q, draw}
	}
	slices.SortStableFunc(order, func(a, b chance) int { return cmp.Compare(a.draw, b.draw) })
	for _, x := range order {
		if c.quirk = x.q; x.q.inject(c) {
			return
		}
	}
}

// each goes through the clean rows of the person in a table.
func (c *patient) each(table string) func(yield func(int) bool) {
	r := c.rows[table]
	return func(yield func(int) bool) {
		for row := r[0]; row < r[1]; row++ {
			if !yield(row) {
				return
			}
		}
	}
}

func (c *patient) at(table string, row int) int { return int(c.tables[table].src[row]) }

func (c *patient) column(table, column string) *datasets.Column {
	return c.tables[table].t.Column(column)
}

func (c *patient) missing(table string, row int, column string) bool {
	return c.column(table, column).Missing(c.at(table, row))
}

func (c *patient) date(table string, row int, column string) (d calendar.Date, missing bool) {
	k := c.at(table, row)
	return c.column(table, column).Dates[k], c.missing(table, row, column)
}

func (c *patient) text(table string, row int, column string) string {
	return c.column(table, column).Text(c.at(table, row))
}

// participation tells whether a clean row of deltakelse is one.
func (c *patient) participation(row int) bool {
	return !slices.Contains(refusedStatuses, c.text("deltakelse", row, "status"))
}

// spell is the dates of a row of deltakelse.
func (c *patient) spell(row int) (from, to calendar.Date, open bool) {
	from, _ = c.date("deltakelse", row, "start_dato")
	to, open = c.date("deltakelse", row, "slutt_dato")
	return from, to, open
}

// betweenMonthEnds tells whether a row of deltakelse is under way on no last day of a month.
func (c *patient) betweenMonthEnds(row int) bool {
	from, to, open := c.spell(row)
	return !open && to < from.Month().Last()
}

// between changes how many participations of the person are under way on no last day of a month.
func (c *patient) between(n int) { c.found.found("deltakelse", "between_month_ends", "", n) }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// choose is the first participation of the person that has what is asked for, −1 where there is none. It is never one whose
// part-time percentage is missing, so that a copy of it is found by one rule alone.
func (c *patient) choose(what func(from, to calendar.Date, open bool, row int) bool) int {
	for row := range c.each("deltakelse") {
		from, to, open := c.spell(row)
		if c.participation(row) && !c.missing("deltakelse", row, "deltidsprosent") && what(from, to, open, row) {
			return row
		}
	}
	return -1
}

// another adds a copy of a row of deltakelse under an id of its own.
func (c *patient) another(row int) int {
	n := c.tables["deltakelse"].again(row)
	c.seq++
	c.set("deltakelse", n, "deltakelse_id", c.p.id*1000+700+int64(c.seq))
	return n
}

func (c *patient) set(table string, row int, column string, value any) {
	c.tables[table].set(row, column, value)
}

// note counts rows of this quirk that a rule must find.
func (c *patient) note(table, rule string, rows int) {
	c.found.found(table, rule, c.quirk.Name, rows)
}

// lastDay is the last day of data.
func (c *patient) lastDay() calendar.Date { return c.w.first[c.w.months] - 1 }

// death is the day of death; ok is false where the person lives.
func (c *patient) death() (day calendar.Date, ok bool) {
	if !c.p.died || c.p.gone >= c.w.months {
		return register.NoDate, false
	}
	return c.w.first[c.p.gone] + calendar.Date(c.p.goneDay-1), true
}
