package design

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Options says how a matrix is built. The zero value is the usual choice.
type Options struct {
	// DropConstant leaves columns out that have one value in all rows; they are reported either way.
	DropConstant bool
	// MaxLevels is the number of levels beyond which a factor is refused, as an id that was named by mistake (default 1000).
	MaxLevels int
}

// Matrix is a design matrix without an intercept.
type Matrix struct {
	Rows    int
	Names   []string    // of the columns: `age`, `race=hispan`
	Columns [][]float64 // Columns[j][i] is column j of row i; callers do not change it
	Terms   []Term      // in the order of the terms
	// Constant are the names of the columns that have one value in all rows, in order, and of factors with a single
	// level.
	Constant []string
}

// Term is a term and what became of it.
type Term struct {
	Name    string   // the column, without `:factor`
	Factor  bool     // whether it is a factor
	Levels  []string // of a factor, the reference first
	Columns []int    // its columns in the matrix
}

// Build makes the design matrix of terms, in their order. An unknown or repeated term, a date that is not made a
// factor, a missing value, an infinite number and a factor of too many levels are errors (status 3; a wrong term 2) that
// name the column and the count. A table without rows gives a matrix without rows.
func Build(t *datasets.Table, terms []string, opt Options) (*Matrix, error) {
	if opt.MaxLevels <= 0 {
		opt.MaxLevels = 1000
	}
	m := &Matrix{Rows: t.Rows}
	seen := make(map[string]bool)
	for _, text := range terms {
		c, factor, err := find(t, text)
		if err != nil {
			return nil, err
		}
		if seen[c.Name] {
			return nil, fault.Usagef("duplicate_term", "column `%s` is named twice among the terms", c.Name)
		}
		seen[c.Name] = true
		if n := c.Nulls(); n > 0 {
			return nil, missing(t, c, n, slices.Index(c.Null, true))
		}
		if factor || c.Kind == datasets.String {
			err = m.addFactor(t, c, opt)
		} else {
			err = m.addNumber(t, c, opt)
		}
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

// find is the column of a term. A column whose name ends in `:factor` is found by its full name first.
func find(t *datasets.Table, term string) (c *datasets.Column, factor bool, err error) {
	if c := t.Column(term); c != nil {
		return c, false, nil
	}
	name, factor := strings.CutSuffix(term, ":factor")
	if c := t.Column(name); c != nil {
		return c, factor, nil
	}
	if base, suffix, ok := strings.Cut(term, ":"); ok && !factor && t.Column(base) != nil {
		return nil, false, fault.Usagef("unknown_term", "`%s` is no term: behind a column only `:factor` is known, not `:%s`", term, suffix)
	}
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return nil, false, fault.Dataf("missing_column", t.File, name, "has no column `%s`%s", name, fault.Suggest(name, names))
}

func missing(t *datasets.Table, c *datasets.Column, n, first int) error {
	values := "1 missing value"
	if n > 1 {
		values = fmt.Sprintf("%d missing values", n)
	}
	row := t.First + int64(first) + 1
	return fault.Dataf("missing_values", t.File, c.Name, "column `%s` has %s (first in data row %d): leave those rows out, or fill them in with a marker of their own", c.Name, values, row).At(row)
}

// addNumber adds a column of numbers, true and false as 1 and 0.
func (m *Matrix) addNumber(t *datasets.Table, c *datasets.Column, opt Options) error {
	if c.Kind == datasets.Date || c.Kind == datasets.Timestamp {
		return fault.Dataf("wrong_type", t.File, c.Name, "column `%s` is a %s, which is no number: write `%s:factor`, or make a number of it", c.Name, c.Kind, c.Name)
	}
	values, err := c.AsFloats()
	if err != nil {
		return err
	}
	bad, first, nan := 0, 0, false
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if bad == 0 {
				first, nan = i, math.IsNaN(v)
			}
			bad++
		}
	}
	if bad > 0 {
		if nan {
			return missing(t, c, bad, first)
		}
		row := t.First + int64(first) + 1
		return fault.Dataf("infinite_values", t.File, c.Name, "column `%s` has infinite values in %d rows (first in data row %d): leave those rows out", c.Name, bad, row).At(row)
	}
	term := Term{Name: c.Name}
	m.add(&term, c.Name, values, opt)
	m.Terms = append(m.Terms, term)
	return nil
}

// add adds a column to a term.
func (m *Matrix) add(term *Term, name string, values []float64, opt Options) {
	constant := len(values) > 0
	for _, v := range values {
		if v != values[0] {
			constant = false
			break
		}
	}
	if constant {
		m.Constant = append(m.Constant, name)
		if opt.DropConstant {
			return
		}
	}
	term.Columns = append(term.Columns, len(m.Columns))
	m.Names = append(m.Names, name)
	m.Columns = append(m.Columns, values)
}

// addFactor adds the columns of a factor.
func (m *Matrix) addFactor(t *datasets.Table, c *datasets.Column, opt Options) error {
	codes, levels, err := Factor(c)
	if err != nil {
		return err
	}
	if len(levels) > opt.MaxLevels {
		return fault.Dataf("too_many_levels", t.File, c.Name, "column `%s` has %d distinct values, too many for a factor: group them, or leave the column out", c.Name, len(levels))
	}
	term := Term{Name: c.Name, Factor: true, Levels: levels}
	if len(levels) == 1 {
		m.Constant = append(m.Constant, c.Name)
	}
	for k := 1; k < len(levels); k++ {
		values := make([]float64, len(codes))
		for i, code := range codes {
			if int(code) == k {
				values[i] = 1
			}
		}
		m.add(&term, c.Name+"="+levels[k], values, opt)
	}
	m.Terms = append(m.Terms, term)
	return nil
}

// Factor is the levels of a column and the level of each row. Levels are in byte order for texts, ascending for numbers
// and dates, false before true; only those that occur. A missing value has level −1.
func Factor(c *datasets.Column) (codes []int32, levels []string, err error) {
	codes = make([]int32, c.Len())
	if c.Kind == datasets.String {
		used := make([]bool, len(c.Levels))
		for i, code := range c.Codes {
			if !c.Missing(i) {
				used[code] = true
			}
		}
		for k, text := range c.Levels {
			if used[k] {
				levels = append(levels, text)
			}
		}
		slices.Sort(levels)
		levels = slices.Compact(levels)
		rank := make([]int32, len(c.Levels))
		for k, text := range c.Levels {
			if used[k] {
				at, _ := slices.BinarySearch(levels, text)
				rank[k] = int32(at)
			}
		}
		for i, code := range c.Codes {
			if codes[i] = rank[code]; c.Missing(i) {
				codes[i] = -1
			}
		}
		return codes, levels, nil
	}
	keys := make([]float64, c.Len())
	name := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	switch c.Kind {
	case datasets.Bool:
		name = func(v float64) string { return strconv.FormatBool(v != 0) }
		fallthrough
	case datasets.Float64:
		floats, err := c.AsFloats()
		if err != nil {
			return nil, nil, err
		}
		keys = floats
	case datasets.Int64:
		for i, v := range c.Ints {
			if v > 1<<53 || v < -1<<53 {
				return nil, nil, fault.Dataf("wrong_type", "", c.Name, "column `%s` has numbers of more than 15 digits, which make no factor", c.Name)
			}
			keys[i] = float64(v)
		}
		name = func(v float64) string { return strconv.FormatInt(int64(v), 10) }
	default: // dates and times: by day
		dates, _, err := c.AsDates()
		if err != nil {
			return nil, nil, err
		}
		for i, d := range dates {
			keys[i] = float64(d)
		}
		name = func(v float64) string { return calendar.Date(v).String() }
	}
	return rank(c, keys, codes, name)
}

// rank gives each row the rank of its key among the distinct keys.
func rank(c *datasets.Column, keys []float64, codes []int32, name func(float64) string) ([]int32, []string, error) {
	var distinct []float64
	known := make(map[float64]bool)
	for i, k := range keys {
		if k != k || c.Missing(i) {
			codes[i] = -1
		} else if !known[k] {
			known[k] = true
			distinct = append(distinct, k)
		}
	}
	slices.Sort(distinct)
	at := make(map[float64]int32, len(distinct))
	levels := make([]string, len(distinct))
	for k, v := range distinct {
		at[v], levels[k] = int32(k), name(v)
	}
	for i, k := range keys {
		if codes[i] >= 0 {
			codes[i] = at[k]
		}
	}
	return codes, levels, nil
}
