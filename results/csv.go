package results

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"reflect"

	"tiltakseffekt/internal/fault"
)

// readCSV reads a table that WriteTables wrote as CSV into rows, a pointer to a slice of structs. Columns are found by name; a column that
// the row does not know is passed over, so that a newer run can be read; one that is missing is null where it came later than
// the table (the tag `later`), so that an older run can be read, and otherwise an error.
func readCSV(file string, data []byte, rows any) error {
	slice := reflect.ValueOf(rows).Elem()
	rowType := slice.Type().Elem()
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return fault.Dataf("bad_table", file, "", "is not a table of a run: it has no header")
	}
	place := make(map[string]int, len(head))
	for j, name := range head {
		place[name] = j
	}
	fields := fieldsOf(rowType)
	for _, f := range fields {
		if _, ok := place[f.name]; !ok && !f.later {
			return fault.Dataf("missing_column", file, f.name, "has no column `%s`; the run was made by another version of the program", f.name)
		}
	}
	for line := int64(1); ; line++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.Dataf("bad_table", file, "", "is not a table of a run: %v", err)
		}
		row := reflect.New(rowType).Elem()
		for _, f := range fields {
			text := ""
			if j, ok := place[f.name]; ok {
				text = record[j]
			}
			if err := setCell(row.Field(f.index), text); err != nil {
				return fault.Dataf("bad_table", file, f.name, "has `%s` in column `%s`, which cannot be read", text, f.name).At(line)
			}
		}
		slice.Set(reflect.Append(slice, row))
	}
}
