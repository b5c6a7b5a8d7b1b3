package datasets

import (
	"fmt"

	"tiltakseffekt/internal/calendar"
)

// Kind is the type of a column.
type Kind uint8

// The kinds of columns. Every physical type of Parquet and every text of CSV becomes one of these.
const (
	Int64     Kind = iota + 1 // Ints
	Float64                   // Floats; NaN is a value of the file, Null is a missing one
	Bool                      // Bools
	String                    // Codes into Levels
	Date                      // Dates, days since 1970-01-01
	Timestamp                 // Ints, microseconds since 1970-01-01 UTC
)

// String is the name of the kind as messages use it.
func (k Kind) String() string {
	switch k {
	case Int64:
		return "integer"
	case Float64:
		return "number"
	case Bool:
		return "true/false"
	case String:
		return "text"
	case Date:
		return "date"
	case Timestamp:
		return "time"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Column is one typed column. Exactly one of the value slices is used, by Kind; it has one element a row, also for
// missing values, where it holds the zero value. Callers do not change the slices.
type Column struct {
	Name   string
	Kind   Kind
	Ints   []int64
	Floats []float64
	Bools  []bool
	Codes  []uint32 // String: index into Levels
	Levels []string // String: distinct values in order of first appearance
	Dates  []calendar.Date
	Null   []bool // nil where no value is missing

	file  string // where it was read from, for messages
	first int64  // rows of the file before its first
}

// Len is the number of rows.
func (c *Column) Len() int {
	switch c.Kind {
	case Int64, Timestamp:
		return len(c.Ints)
	case Float64:
		return len(c.Floats)
	case Bool:
		return len(c.Bools)
	case String:
		return len(c.Codes)
	case Date:
		return len(c.Dates)
	}
	return 0
}

// Missing tells whether the value of row i is missing.
func (c *Column) Missing(i int) bool { return c.Null != nil && c.Null[i] }

// Text is the value of row i of a String column.
func (c *Column) Text(i int) string { return c.Levels[c.Codes[i]] }

// Nulls counts the missing values.
func (c *Column) Nulls() int {
	n := 0
	for _, m := range c.Null {
		if m {
			n++
		}
	}
	return n
}

// Table is columns of equal length. File names where it came from, for messages; First is the number of rows of that
// file before its first, for a part of a file.
type Table struct {
	File    string
	First   int64
	Columns []*Column
	Rows    int
}

// NewTable is a table of the given columns; it panics where their lengths differ.
func NewTable(columns ...*Column) *Table {
	t := &Table{Columns: columns}
	for i, c := range columns {
		if i == 0 {
			t.Rows = c.Len()
		} else if c.Len() != t.Rows {
			panic(fmt.Sprintf("datasets: column %s has %d rows, %s has %d", c.Name, c.Len(), columns[0].Name, t.Rows))
		}
	}
	return t
}

// Column is the column of that name, or nil.
func (t *Table) Column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// IntColumn is a column of integers without missing values.
func IntColumn(name string, values []int64) *Column {
	return &Column{Name: name, Kind: Int64, Ints: values}
}

// FloatColumn is a column of numbers; NaN values become missing.
func FloatColumn(name string, values []float64) *Column {
	c := &Column{Name: name, Kind: Float64, Floats: values}
	for i, v := range values {
		if v != v {
			if c.Null == nil {
				c.Null = make([]bool, len(values))
				c.Floats = append([]float64(nil), values...)
			}
			c.Null[i] = true
			c.Floats[i] = 0
		}
	}
	return c
}

// BoolColumn is a column of true and false without missing values.
func BoolColumn(name string, values []bool) *Column {
	return &Column{Name: name, Kind: Bool, Bools: values}
}

// DateColumn is a column of dates; null may be nil.
func DateColumn(name string, values []calendar.Date, null []bool) *Column {
	return &Column{Name: name, Kind: Date, Dates: values, Null: null}
}

// TextColumn is a column of texts; null may be nil.
func TextColumn(name string, values []string, null []bool) *Column {
	c := &Column{Name: name, Kind: String, Codes: make([]uint32, len(values)), Null: null}
	index := make(map[string]uint32)
	for i, v := range values {
		if null != nil && null[i] {
			v = ""
		}
		code, ok := index[v]
		if !ok {
			code = uint32(len(c.Levels))
			index[v] = code
			c.Levels = append(c.Levels, v)
		}
		c.Codes[i] = code
	}
	return c
}
