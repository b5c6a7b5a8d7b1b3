package catalog

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// record is a checked row: every cell holds what its column says.
type record struct {
	schema *schema
	cells  []string
	file   string
	line   int   // of the file, from 1: the header is a line
	row    int64 // data row, from 1
	user   bool  // from the user's file
}

// text is the cell of a column.
func (r record) text(column string) string {
	i := r.schema.column(column)
	if i < 0 {
		panic("catalog: no column " + column + " in " + r.schema.name)
	}
	return r.cells[i]
}

// number is the cell of a column of numbers; ok is false where it is empty.
func (r record) number(column string) (x float64, ok bool) {
	s := r.text(column)
	if s == "" {
		return 0, false
	}
	x, _ = strconv.ParseFloat(s, 64)
	return x, true
}

// amount is the cell of a column of numbers that may not be empty.
func (r record) amount(column string) float64 { x, _ := r.number(column); return x }

func (r record) yes(column string) bool { return r.text(column) == "ja" }

// period is the validity of the row.
func (r record) period() Period {
	p := Always
	if s := r.text("gyldig_fra"); s != "" {
		p.From, _ = calendar.ParseDate(s)
	}
	if s := r.text("gyldig_til"); s != "" {
		p.To, _ = calendar.ParseDate(s)
	}
	return p
}

// fail is a refusal that points at a cell.
func (r record) fail(code, column, format string, args ...any) error {
	return fault.Dataf(code, r.file, column, "line %d: %s", r.line, fmt.Sprintf(format, args...)).At(r.row)
}

// read reads and checks the file of a table. The separator is the one of `,` `;` and tab that the header has most of;
// numbers may have a decimal comma where it is not `,`. A byte-order mark is skipped.
func (s *schema) read(file string, content []byte, user bool) ([]record, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(content) {
		return nil, fault.Dataf("bad_encoding", file, "", "the file is not UTF-8; save it as UTF-8")
	}
	header, _, _ := bytes.Cut(content, []byte("\n"))
	comma := ','
	for _, c := range []rune{';', '\t'} {
		if strings.Count(string(header), string(c)) > strings.Count(string(header), string(comma)) {
			comma = c
		}
	}
	reader := csv.NewReader(bytes.NewReader(content))
	reader.Comma, reader.ReuseRecord, reader.FieldsPerRecord = comma, false, -1
	names, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fault.Dataf("empty_file", file, "", "the file is empty; its first line must be: %s", strings.Join(s.names(), ","))
	} else if err != nil {
		return nil, malformed(file, err)
	}
	place, err := s.places(file, names)
	if err != nil {
		return nil, err
	}
	var records []record
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return records, nil
		} else if err != nil {
			return nil, malformed(file, err)
		}
		line, _ := reader.FieldPos(0)
		r := record{schema: s, cells: make([]string, len(s.columns)), file: file, line: line, row: int64(len(records) + 1), user: user}
		if len(cells) != len(names) {
			return nil, r.fail("bad_row", "", "%d cells where the header has %d; a cell with a separator in it needs quotes", len(cells), len(names))
		}
		for i := range s.columns {
			if place[i] < 0 {
				continue
			}
			if r.cells[i], err = r.clean(i, cells[place[i]], comma != ','); err != nil {
				return nil, err
			}
		}
		if err := r.consistent(); err != nil {
			return nil, err
		}
		records = append(records, r)
	}
}

func malformed(file string, err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fault.Dataf("bad_csv", file, "", "line %d: %v; put quotes around cells that hold a separator or a quote", p.Line, p.Err)
	}
	return fault.Wrap("unreadable", err, "the file cannot be read").In(file)
}

// places finds the columns in the header; −1 marks a remark where the file has none.
func (s *schema) places(file string, names []string) ([]int, error) {
	place := make([]int, len(s.columns))
	for i := range place {
		place[i] = -1
	}
	for j, n := range names {
		n = strings.TrimSpace(n)
		i := s.column(n)
		switch {
		case i < 0:
			return nil, fault.Dataf("unknown_column", file, n, "line 1: there is no column `%s` in `%s`%s; the columns are %s",
				n, s.name, fault.Suggest(n, s.names()), strings.Join(s.names(), ", "))
		case place[i] >= 0:
			return nil, fault.Dataf("duplicate_column", file, n, "line 1: column `%s` stands there twice; remove one", n)
		}
		place[i] = j
	}
	for i, c := range s.columns {
		if place[i] < 0 && !strings.HasPrefix(c.Name, "merknad") {
			return nil, fault.Dataf("missing_column", file, c.Name, "line 1: column `%s` is missing (%s); add it", c.Name, c.Help)
		}
	}
	return place, nil
}

// clean checks one cell and returns it in the form that the rest of the package reads.
func (r record) clean(i int, cell string, decimalComma bool) (string, error) {
	c := r.schema.columns[i]
	cell = strings.TrimSpace(cell)
	if cell == "" {
		if c.Empty {
			return "", nil
		}
		return "", r.fail("missing_value", c.Name, "column `%s` is empty; fill in %s", c.Name, c.Help)
	}
	switch c.Kind {
	case Number, Whole:
		text := cell
		if decimalComma {
			text = strings.Replace(text, ",", ".", 1)
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || x-x != 0 || c.Kind == Whole && x != float64(int64(x)) {
			return "", r.fail("bad_value", c.Name, "column `%s` holds `%s`, which is not %s; write it like 20205%s", c.Name, cell,
				map[bool]string{true: "a whole number", false: "a number"}[c.Kind == Whole], map[bool]string{true: "", false: " or 0.5"}[c.Kind == Whole])
		}
		return text, nil
	case Day:
		d, err := calendar.ParseDate(cell)
		if err != nil {
			return "", r.fail("bad_value", c.Name, "column `%s`: %v", c.Name, err)
		}
		return d.String(), nil
	case YesNo:
		if cell != "ja" && cell != "nei" {
			return "", r.fail("bad_value", c.Name, "column `%s` holds `%s`; write ja or nei", c.Name, cell)
		}
	case Choice:
		if !slices.Contains(c.Choices, cell) {
			return "", r.fail("bad_value", c.Name, "column `%s` holds `%s`%s; it may be %s", c.Name, cell, fault.Suggest(cell, c.Choices), strings.Join(c.Choices, ", "))
		}
	case Sure:
		words := strings.Fields(cell)
		if len(words) > 1 && words[0] == "unntatt" {
			for _, w := range words[1:] {
				if r.schema.column(w) < 0 {
					return "", r.fail("bad_value", c.Name, "column `%s` names `%s`, which is no column of `%s`%s", c.Name, w, r.schema.name, fault.Suggest(w, r.schema.names()))
				}
			}
			return strings.Join(words, " "), nil
		}
		if cell != "ja" && cell != "nei" {
			return "", r.fail("bad_value", c.Name, "column `%s` holds `%s`; write ja, nei, or unntatt and the names of columns", c.Name, cell)
		}
	}
	return cell, nil
}

// consistent checks what takes two cells.
func (r record) consistent() error {
	if r.schema.column("gyldig_til") >= 0 {
		if p := r.period(); p.To < p.From {
			return r.fail("bad_period", "gyldig_til", "the period ends (%s) before it begins (%s); swap the dates", p.To, p.From)
		}
	}
	return nil
}
