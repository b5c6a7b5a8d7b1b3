package register

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"regexp"
	"strconv"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// rateColumns are those of satser, in the order of the catalogue.
var rateColumns = []string{"tiltakskode", "enhet", "kr", "gyldig_fra", "gyldig_til", "kilde", "bekreftet", "merknad"}

// readRates puts the rates of table satser over those of the catalogue. The catalogue checks them: the rules are those of a
// satser.csv in a folder of catalogue files, which wins over the register's where both speak of a day.
func (b *builder) readRates() error {
	if !b.has("satser") {
		return nil
	}
	file := b.file("satser")
	parts, err := collect(b.ctx, b.source, "satser", b.columns["satser"], b.opt.Workers)
	if err != nil {
		return err
	}
	var content bytes.Buffer
	w := csv.NewWriter(&content)
	w.Write(rateColumns) //nolint:errcheck // to memory
	rows := int64(0)
	for _, part := range parts {
		t := part.Table
		x, f, d := textColumns{file: file, t: t}, numberColumns{file: file, t: t}, dateColumns{file: file, t: t}
		var cells []func(int) (string, error)
		for _, name := range rateColumns {
			switch name {
			case "kr":
				value := f.read(name)
				cells = append(cells, func(i int) (string, error) {
					if v := value(i); !math.IsNaN(v) {
						return strconv.FormatFloat(v, 'f', -1, 64), nil
					}
					return "", nil
				})
			case "gyldig_fra", "gyldig_til":
				dates := d.read(name)
				cells = append(cells, func(i int) (string, error) { return dateCell(file, name, dates[i], rows+int64(i)+1) })
			case "bekreftet":
				text := yesNo(&x, name)
				cells = append(cells, func(i int) (string, error) { return text(i), nil })
			default:
				text := x.read(name)
				cells = append(cells, func(i int) (string, error) { return text(i), nil })
			}
		}
		for _, err := range []error{x.err, f.err, d.err} {
			if err != nil {
				return err
			}
		}
		row := make([]string, len(cells))
		for i := range t.Rows {
			for k, cell := range cells {
				if row[k], err = cell(i); err != nil {
					return err
				}
			}
			w.Write(row) //nolint:errcheck // to memory
		}
		rows += int64(t.Rows)
	}
	if rows == 0 {
		return b.empty("satser")
	}
	w.Flush()
	b.Catalog, err = b.catalog.WithRates(file, content.Bytes())
	var e *fault.Error
	if errors.As(err, &e) { // it counts the lines of a text
		e.Message = lineNumber.ReplaceAllStringFunc(e.Message, func(s string) string {
			n, _ := strconv.Atoi(lineNumber.FindStringSubmatch(s)[1])
			return "row " + strconv.Itoa(n-1)
		})
	}
	return err
}

var lineNumber = regexp.MustCompile(`\bline ([0-9]+)\b`)

// dateCell is a date as the catalogue writes it; an end without end is empty.
func dateCell(file, column string, d calendar.Date, row int64) (string, error) {
	switch d {
	case NoDate, calendar.Open:
		return "", nil
	case badDate:
		return "", fault.Dataf("bad_value", file, column, "row %d: `%s` is no date; write it as 2024-03-31", row, column).At(row)
	}
	return d.String(), nil
}

// yesNo reads a column of ja and nei, which may be true and false.
func yesNo(x *textColumns, name string) func(int) string {
	if c := x.t.Column(name); c != nil && c.Kind == datasets.Bool {
		return func(i int) string {
			switch {
			case c.Missing(i):
				return ""
			case c.Bools[i]:
				return "ja"
			}
			return "nei"
		}
	}
	return x.read(name)
}
