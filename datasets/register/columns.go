package register

import (
	"math"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
)

// dateColumns, textColumns and numberColumns read the columns of a part and keep the first error; a column that is not
// there reads as missing.
type dateColumns struct {
	file string
	t    *datasets.Table
	err  error
}

func (d *dateColumns) read(name string) []calendar.Date {
	dates := make([]calendar.Date, d.t.Rows)
	c := d.t.Column(name)
	if c == nil {
		for i := range dates {
			dates[i] = NoDate
		}
	} else if err := fillDates(d.file, c, dates); err != nil && d.err == nil {
		d.err = err
	}
	return dates
}

type textColumns struct {
	file string
	t    *datasets.Table
	err  error
}

func (x *textColumns) read(name string) func(i int) string {
	c := x.t.Column(name)
	if c == nil {
		return func(int) string { return "" }
	}
	text, err := texts(x.file, c)
	if err != nil && x.err == nil {
		x.err = err
	}
	return text
}

type numberColumns struct {
	file string
	t    *datasets.Table
	err  error
}

func (f *numberColumns) read(name string) func(i int) float64 {
	c := f.t.Column(name)
	if c == nil {
		return func(int) float64 { return math.NaN() }
	}
	values := make([]float64, f.t.Rows)
	if err := fillNumbers(f.file, c, values); err != nil && f.err == nil {
		f.err = err
	}
	return func(i int) float64 { return values[i] }
}
