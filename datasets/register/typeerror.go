package register

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// typeError is what a conversion of convert.go says of a column whose values are not what they should be. It is told of
// one part of a table; explain counts the rows of all parts.
type typeError struct {
	file, column string
	kind         datasets.Kind
	want         want
}

// want is what a column should hold, as messages say it.
type want string

const (
	aDate   want = "a date"
	aMonth  want = "a month"
	aNumber want = "a number"
	aBool   want = "true/false or kroner"
	aText   want = "a text"
	anID    want = "an integer or a text"
)

func wrongType(file string, c *datasets.Column, w want) error {
	return &typeError{file, c.Name, c.Kind, w}
}

func (e *typeError) Error() string { return e.fault("", "convert it").Error() }

// Unwrap is the refusal without counts.
func (e *typeError) Unwrap() error { return e.fault("", "convert it") }

func (e *typeError) fault(rows, remedy string) *fault.Error {
	return fault.Dataf("column_type", e.file, e.column, "`%s` is %s, not %s%s; %s", e.column, e.kind, e.want, rows, remedy)
}

// holds tells whether a text is what is wanted, where texts are converted value by value.
func (w want) holds(text string) bool {
	switch w {
	case aNumber:
		_, ok := parseNumber(text)
		return ok
	case aBool:
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "", "nei", "n", "false", "f", "ja", "j", "true", "t":
			return true
		}
		_, ok := parseNumber(text)
		return ok
	}
	return false
}

// wrongRows calls bad with each row of a column that does not hold what is wanted.
func (w want) wrongRows(c *datasets.Column, bad func(i int)) {
	var good []bool
	if c.Kind == datasets.String {
		good = make([]bool, len(c.Levels))
		for k, text := range c.Levels {
			good[k] = w.holds(text)
		}
	}
	for i := range c.Len() {
		if !c.Missing(i) && (good == nil || !good[c.Codes[i]]) {
			bad(i)
		}
	}
}

// explain adds to an error what only the whole table tells: of a column of the wrong type, how many rows are wrong and
// which is the first; and of any file of a folder, where it lies. It reads the one column again.
func (b *builder) explain(err error) error {
	var e *typeError
	if errors.As(err, &e) {
		for table, columns := range b.columns {
			if b.file(table) != e.file || !slices.Contains(columns, e.column) {
				continue
			}
			found, failed := b.count(table, e.column, e.want.wrongRows)
			if failed != nil || found.wrong == 0 {
				break
			}
			err = e.fault(fmt.Sprintf(", in %d of %s (the first is %s)", found.wrong, plural(found.rows, "row", "rows"), found.where(e.file)), found.remedy()).At(found.row)
		}
	}
	var f *fault.Error
	if folder, ok := unwrapped(b.source).(*folder); ok && errors.As(err, &f) && f.File != "" {
		f.File = folder.where(f.File)
	}
	return err
}

// counted is how many rows of a column are wrong, of how many, and which is the first.
type counted struct {
	wrong, rows int64
	part        int
	row         int64 // from 1, in its file
	file        string
}

// remedy is what helps: a few rows are mistakes in the file; most of a column are another column.
func (c counted) remedy() string {
	switch {
	case 2*c.wrong > c.rows:
		return "name the right column in the mapping"
	case c.wrong == 1:
		return "correct it in the file"
	}
	return "correct them in the file"
}

// where names the first row; its file where the table is several.
func (c counted) where(file string) string {
	if name := filepath.Base(c.file); c.file != "" && name != filepath.Base(file) {
		return fmt.Sprintf("data row %d of %s", c.row, name)
	}
	return fmt.Sprintf("data row %d", c.row)
}

// count reads a column again and counts the rows that each reports as wrong.
func (b *builder) count(table, column string, each func(c *datasets.Column, bad func(i int))) (counted, error) {
	var mu sync.Mutex
	var all counted
	err := b.source.Scan(b.ctx, table, []string{column}, b.opt.Workers, func(part Part) error {
		c := part.Table.Column(column)
		mine := counted{part: part.Number, rows: int64(part.Table.Rows), file: part.Table.File}
		each(c, func(i int) {
			if mine.wrong++; mine.wrong == 1 {
				mine.row = part.Row + int64(i) + 1
			}
		})
		mu.Lock()
		defer mu.Unlock()
		all.rows += mine.rows
		if mine.wrong > 0 && (all.wrong == 0 || mine.part < all.part) {
			all.part, all.row, all.file = mine.part, mine.row, mine.file
		}
		all.wrong += mine.wrong
		return nil
	})
	return all, err
}

// impossible calls bad with each row of a column of dates or months that is none.
func (w want) impossible(c *datasets.Column, bad func(i int)) {
	if w == aMonth {
		months := make([]calendar.Month, c.Len())
		if fillMonths("", c, months) == nil {
			for i, m := range months {
				if m == badMonth {
					bad(i)
				}
			}
		}
		return
	}
	dates := make([]calendar.Date, c.Len())
	if fillDates("", c, dates) == nil {
		for i, d := range dates {
			if d == badDate {
				bad(i)
			}
		}
	}
}
