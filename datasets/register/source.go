package register

import (
	"context"
	"slices"
	"sync"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/parallel"
)

// Source is where the rows of a register come from: the seam behind which a folder of files, tables in memory or a
// distributed engine can stand. A table comes in parts; the parts of a table and their numbers are the same each time
// it is scanned, whatever the number of workers, but they may be visited in any order and several at once.
type Source interface {
	// Tables are the names of the tables there are, such as person and maaned.
	Tables() []string
	// File is what messages call the table, such as person.parquet.
	File(table string) string
	// Columns are the names of the columns of a table, after renaming; it reads no rows.
	Columns(ctx context.Context, table string) ([]string, error)
	// Rows is the number of rows of a table, −1 where it is not known before reading.
	Rows(table string) int64
	// Scan calls visit for each part with the columns asked for. Row is the number of rows before the part in the table.
	Scan(ctx context.Context, table string, columns []string, workers int, visit func(part Part) error) error
	// Inputs are the fingerprints of what is read; nil where there are no files. It may read every byte.
	Inputs(ctx context.Context) ([]datasets.Fingerprint, error)
}

// Part is a piece of a table.
type Part struct {
	Number int   // from 0
	Row    int64 // rows of the table before this part
	Table  *datasets.Table
}

// memory is a Source of tables in memory, cut into parts of a number of rows.
type memory struct {
	tables map[string]*datasets.Table
	rows   int
}

var _ Source = memory{}

// memoryRows is the size of a part of a table in memory.
const memoryRows = 1 << 16

func (m memory) Tables() []string {
	names := make([]string, 0, len(m.tables))
	for name := range m.tables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (m memory) File(table string) string {
	if t := m.tables[table]; t != nil && t.File != "" {
		return t.File
	}
	return table
}

func (m memory) Columns(_ context.Context, table string) ([]string, error) {
	var names []string
	for _, c := range m.tables[table].Columns {
		names = append(names, c.Name)
	}
	return names, nil
}

func (m memory) Rows(table string) int64 { return int64(m.tables[table].Rows) }

func (m memory) Inputs(context.Context) ([]datasets.Fingerprint, error) { return nil, nil }

func (m memory) Scan(ctx context.Context, table string, columns []string, workers int, visit func(Part) error) error {
	t := m.tables[table]
	n := parallel.NumBlocks(t.Rows, m.rows)
	return parallel.For(ctx, workers, n, func(i int) error {
		a, b := i*m.rows, min((i+1)*m.rows, t.Rows)
		part := &datasets.Table{File: t.File, Rows: b - a}
		for _, name := range columns {
			if c := t.Column(name); c != nil {
				part.Columns = append(part.Columns, slice(c, a, b))
			}
		}
		return visit(Part{i, int64(a), part})
	})
}

// slice is rows a to b of a column, sharing its values.
func slice(c *datasets.Column, a, b int) *datasets.Column {
	s := &datasets.Column{Name: c.Name, Kind: c.Kind, Levels: c.Levels}
	switch c.Kind {
	case datasets.Int64, datasets.Timestamp:
		s.Ints = c.Ints[a:b]
	case datasets.Float64:
		s.Floats = c.Floats[a:b]
	case datasets.Bool:
		s.Bools = c.Bools[a:b]
	case datasets.String:
		s.Codes = c.Codes[a:b]
	case datasets.Date:
		s.Dates = c.Dates[a:b]
	}
	if c.Null != nil {
		s.Null = c.Null[a:b]
	}
	return s
}

// collect reads a whole table, its parts in order.
func collect(ctx context.Context, s Source, table string, columns []string, workers int) ([]Part, error) {
	var mu sync.Mutex
	var parts []Part
	err := s.Scan(ctx, table, columns, workers, func(p Part) error {
		mu.Lock()
		defer mu.Unlock()
		parts = append(parts, p)
		return nil
	})
	slices.SortFunc(parts, func(a, b Part) int { return a.Number - b.Number })
	return parts, err
}

func rowsOf(parts []Part) int {
	n := 0
	for _, p := range parts {
		n += p.Table.Rows
	}
	return n
}
