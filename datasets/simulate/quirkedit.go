package simulate

import (
	"math"
	"slices"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
)

// editor makes a table from another: rows of it in a new order, some twice, some with other values.
type editor struct {
	t     *datasets.Table
	ids   []int64
	next  int     // first row of t that has not been taken over
	src   []int32 // rows of t
	edits []edit
}

// edit is a new value of one cell; nil is a missing one.
type edit struct {
	row    int
	column string
	value  any
}

func newEditor(t *datasets.Table) *editor {
	return &editor{t: t, ids: t.Column("person_id").Ints, src: make([]int32, 0, t.Rows+t.Rows/16)}
}

// take takes over the rows of a person, who is the next, and returns their new places.
func (e *editor) take(id int64) (from, to int) {
	from = len(e.src)
	for e.next < len(e.ids) && e.ids[e.next] == id {
		e.src = append(e.src, int32(e.next))
		e.next++
	}
	return from, len(e.src)
}

// again adds a copy of a row at the end and returns its place.
func (e *editor) again(row int) int {
	e.src = append(e.src, e.src[row])
	return len(e.src) - 1
}

func (e *editor) set(row int, column string, value any) {
	e.edits = append(e.edits, edit{row, column, value})
}

// finish builds the table.
func (e *editor) finish() *datasets.Table {
	columns := make([]*datasets.Column, len(e.t.Columns))
	for k, c := range e.t.Columns {
		n := &datasets.Column{Name: c.Name, Kind: c.Kind, Levels: slices.Clone(c.Levels)}
		switch c.Kind {
		case datasets.Int64:
			n.Ints = gather(c.Ints, e.src)
		case datasets.Float64:
			n.Floats = gather(c.Floats, e.src)
		case datasets.Bool:
			n.Bools = gather(c.Bools, e.src)
		case datasets.String:
			n.Codes = gather(c.Codes, e.src)
		case datasets.Date:
			n.Dates = gather(c.Dates, e.src)
		}
		if c.Null != nil {
			n.Null = gather(c.Null, e.src)
		}
		columns[k] = n
	}
	out := datasets.NewTable(columns...)
	for _, x := range e.edits {
		put(out.Column(x.column), x.row, x.value)
	}
	return out
}

func gather[T any](values []T, rows []int32) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = values[r]
	}
	return out
}

// put writes a value into a cell.
func put(c *datasets.Column, row int, value any) {
	if value == nil {
		if c.Null == nil {
			c.Null = make([]bool, c.Len())
		}
		c.Null[row] = true
		return
	}
	if c.Null != nil {
		c.Null[row] = false
	}
	switch c.Kind {
	case datasets.Int64:
		c.Ints[row] = value.(int64)
	case datasets.Float64:
		c.Floats[row] = value.(float64)
	case datasets.Bool:
		c.Bools[row] = value.(bool)
	case datasets.Date:
		c.Dates[row] = value.(calendar.Date)
	case datasets.String:
		k := slices.Index(c.Levels, value.(string))
		if k < 0 {
			k = len(c.Levels)
			c.Levels = append(c.Levels, value.(string))
		}
		c.Codes[row] = uint32(k)
	}
}

// The odd types of quirk 16. Missing values stay missing.

// asYMD turns dates into integers yyyymmdd.
func asYMD(c *datasets.Column) *datasets.Column {
	out := &datasets.Column{Name: c.Name, Kind: datasets.Int64, Ints: make([]int64, len(c.Dates)), Null: c.Null}
	for i, d := range c.Dates {
		if !c.Missing(i) {
			y, m, day := d.Civil()
			out.Ints[i] = int64(10000*y + 100*m + day)
		}
	}
	return out
}

// asYM turns dates into integers yyyymm.
func asYM(c *datasets.Column) *datasets.Column {
	out := asYMD(c)
	for i := range out.Ints {
		out.Ints[i] /= 100
	}
	return out
}

// asText turns dates into texts; where open is set, a missing one becomes 9999-12-31.
func asText(c *datasets.Column, open bool) *datasets.Column {
	texts, null := make([]string, len(c.Dates)), make([]bool, len(c.Dates))
	for i, d := range c.Dates {
		switch {
		case !c.Missing(i):
			texts[i] = d.String()
		case open:
			texts[i] = calendar.Open.String()
		default:
			null[i] = true
		}
	}
	return datasets.TextColumn(c.Name, texts, null)
}

// asKroner turns a flag into an amount.
func asKroner(c *datasets.Column, amount float64) *datasets.Column {
	out := &datasets.Column{Name: c.Name, Kind: datasets.Float64, Floats: make([]float64, len(c.Bools)), Null: make([]bool, len(c.Bools))}
	for i, b := range c.Bools {
		out.Floats[i] = math.Trunc(amount * flag(b))
		out.Null[i] = !b
	}
	return out
}

// mixTypes gives columns the types that exports give them.
func mixTypes(tables map[string]*datasets.Table, found *findings) {
	replace := func(table, column string, with func(*datasets.Column) *datasets.Column) {
		t := tables[table]
		for k, c := range t.Columns {
			if c.Name != column {
				continue
			}
			t.Columns[k] = with(c)
			if table == "maaned" { // months as numbers and flags as kroner are among the types that a register has
				continue
			}
			for i := range t.Rows {
				if !t.Columns[k].Missing(i) {
					found.values(table)
				}
			}
		}
	}
	replace("arbeidssoker", "fra", asYMD)
	replace("arbeidssoker", "til", asYMD)
	replace("deltakelse", "start_dato", func(c *datasets.Column) *datasets.Column { return asText(c, false) })
	replace("deltakelse", "slutt_dato", func(c *datasets.Column) *datasets.Column { return asText(c, true) })
	replace("maaned", "maaned", asYM)
	replace("maaned", "dagpenger", func(c *datasets.Column) *datasets.Column { return asKroner(c, 15000) })
	replace("maaned", "tiltakspenger", func(c *datasets.Column) *datasets.Column { return asKroner(c, 6200) })
}
