// Package vector holds the typed values of a column as the readers and writers of files pass them on. Package datasets
// gives them a name and hands them out as datasets.Column; the kinds have the same numbers in both.
package vector

import "tiltakseffekt/internal/calendar"

// Kind is the type of the values; datasets.Kind says what each means.
type Kind uint8

// The kinds, numbered as in package datasets. Null is a column of a file that holds nothing but missing values.
const (
	Int64 Kind = iota + 1
	Float64
	Bool
	String
	Date
	Timestamp
	Null
)

// Field is a column of a file.
type Field struct {
	Name     string
	Kind     Kind
	Nullable bool // writing: the column may hold missing values
}

// Values are the values of a column in a block of rows. One slice is used, by kind: Ints (Int64 and Timestamp), Floats,
// Bools, Codes with Levels, or Dates; a missing value holds the zero value there, and the code of the level "" in a
// String column. Null is nil where no value is missing.
type Values struct {
	Kind   Kind
	Rows   int
	Ints   []int64
	Floats []float64
	Bools  []bool
	Codes  []uint32
	Levels []string
	Dates  []calendar.Date
	Null   []bool
}

// Slice is rows [from, to) of the values; the levels are shared.
func (v Values) Slice(from, to int) Values {
	v.Rows = to - from
	switch v.Kind {
	case Int64, Timestamp:
		v.Ints = v.Ints[from:to:to]
	case Float64:
		v.Floats = v.Floats[from:to:to]
	case Bool:
		v.Bools = v.Bools[from:to:to]
	case String:
		v.Codes = v.Codes[from:to:to]
	case Date:
		v.Dates = v.Dates[from:to:to]
	}
	if v.Null != nil {
		v.Null = v.Null[from:to:to]
	}
	return v
}
