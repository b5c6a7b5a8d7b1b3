package cli

import (
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// since leaves out the rows where the outcome before is missing, before anything is fitted, and returns that outcome:
// difference-in-differences of matched rows (Heckman, Ichimura and Todd 1997) is the effect on the change from it.
func (in *matchInput) since(t *datasets.Table, name string) (*datasets.Table, []float64, error) {
	before, err := t.Column(name).AsFloats()
	if err != nil {
		return nil, nil, inFile(err, t.File)
	}
	var rows []int
	for i, v := range before {
		if v == v {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return nil, nil, fault.Dataf("before_missing", t.File, name, "`%s` is missing in all rows; name the outcome before the treatment", name)
	}
	if missing := t.Rows - len(rows); missing > 0 {
		in.warnings = append(in.warnings, fault.Warnf("before_missing", "`%s` is missing in %d rows, which are left out", name, missing))
	}
	in.rows = rows
	return someRows(t, rows), at(before, rows), nil
}

// someRows is the table of some rows.
func someRows(t *datasets.Table, rows []int) *datasets.Table {
	if len(rows) == t.Rows {
		return t
	}
	columns := make([]*datasets.Column, len(t.Columns))
	for k, c := range t.Columns {
		some := *c
		some.Ints, some.Floats, some.Bools, some.Codes, some.Dates, some.Null = at(c.Ints, rows), at(c.Floats, rows), at(c.Bools, rows), at(c.Codes, rows), at(c.Dates, rows), at(c.Null, rows)
		columns[k] = &some
	}
	out := datasets.NewTable(columns...)
	out.File = t.File
	return out
}
