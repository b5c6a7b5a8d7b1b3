package datasets

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// The As… methods read a column as the type that a caller needs, whatever type its file gave it: dates may be dates,
// times, numbers such as 20240331 or texts. Where a value cannot be read so they return an error (status 3) that names
// the file, the column, the number of such rows, and the first with its value. null is nil where nothing is missing;
// where null[i], the value is the zero value. Results must not be changed: they may be the column's own.

// wrong collects the rows that cannot be read.
type wrong struct {
	c     *Column
	what  string
	rows  int
	first int
}

func (w *wrong) row(i int) {
	if w.rows == 0 {
		w.first = i
	}
	w.rows++
}

func (w *wrong) err() error {
	if w.rows == 0 {
		return nil
	}
	c := w.c
	value := c.format(w.first)
	if len(value) > 40 {
		value = string([]rune(value)[:min(40, len([]rune(value)))]) + "…"
	}
	row := c.first + int64(w.first) + 1
	rows := "1 row does"
	if w.rows > 1 {
		rows = fmt.Sprintf("%d rows do", w.rows)
	}
	return fault.Dataf("wrong_type", c.file, c.Name, "column `%s` must hold %s: %s not (data row %d: `%s`); correct the file, or translate the values in the mapping",
		c.Name, w.what, rows, row, value).At(row)
}

// each converts the values of a column: by level where they are texts, by row otherwise. It returns nil for null where
// nothing is missing.
func each[T any](c *Column, what string, byText func(string) (T, bool), byRow func(i int) (T, bool)) ([]T, []bool, error) {
	out := make([]T, c.Len())
	w := wrong{c: c, what: what}
	if c.Kind == String {
		levels := make([]T, len(c.Levels))
		good := make([]bool, len(c.Levels))
		blank := make([]bool, len(c.Levels))
		null, copied := c.Null, false
		for k, s := range c.Levels {
			s = strings.TrimSpace(s)
			if blank[k] = s == ""; !blank[k] {
				levels[k], good[k] = byText(s)
			}
		}
		for i, code := range c.Codes {
			switch {
			case c.Missing(i):
			case blank[code]: // an empty text is a missing number
				if !copied {
					n := make([]bool, len(out))
					copy(n, null)
					null, copied = n, true
				}
				null[i] = true
			case good[code]:
				out[i] = levels[code]
			default:
				w.row(i)
			}
		}
		return out, null, w.err()
	}
	for i := range out {
		if c.Missing(i) {
			continue
		}
		v, ok := byRow(i)
		if ok {
			out[i] = v
		} else {
			w.row(i)
		}
	}
	return out, c.Null, w.err()
}

// AsFloats reads the column as numbers; NaN is missing. true and false are 1 and 0; texts are read where they are
// numbers with a decimal point.
func (c *Column) AsFloats() ([]float64, error) {
	if c.Kind == Float64 && c.Null == nil {
		return c.Floats, nil
	}
	out, null, err := each(c, "numbers", func(s string) (float64, bool) {
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil && !strings.ContainsAny(s, "xX_")
	}, func(i int) (float64, bool) {
		switch c.Kind {
		case Int64:
			return float64(c.Ints[i]), true
		case Float64:
			return c.Floats[i], true
		case Bool:
			if c.Bools[i] {
				return 1, true
			}
			return 0, true
		}
		return 0, false
	})
	if err != nil {
		return nil, err
	}
	for i, missing := range null {
		if missing {
			out[i] = math.NaN()
		}
	}
	return out, nil
}

// whole is a number as an integer, where it is one that a double holds exactly.
func whole(v float64) (int64, bool) {
	if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return 0, false
	}
	return int64(v), true
}

// AsInts reads the column as whole numbers; 3.0 is one, 3.5 is not. A NaN is missing.
func (c *Column) AsInts() (values []int64, null []bool, err error) {
	if c.Kind == Int64 {
		return c.Ints, c.Null, nil
	}
	c = c.withoutNaN()
	return each(c, "whole numbers", func(s string) (int64, bool) {
		if v, err := strconv.ParseInt(s, 10, 64); err == nil {
			return v, true
		}
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return 0, false
		}
		return whole(v)
	}, func(i int) (int64, bool) {
		switch c.Kind {
		case Float64:
			return whole(c.Floats[i])
		case Bool:
			if c.Bools[i] {
				return 1, true
			}
			return 0, true
		}
		return 0, false
	})
}

// withoutNaN marks NaN values as missing.
func (c *Column) withoutNaN() *Column {
	if c.Kind != Float64 {
		return c
	}
	var null []bool
	for i, v := range c.Floats {
		if v != v && !c.Missing(i) {
			if null == nil {
				null = make([]bool, len(c.Floats))
				copy(null, c.Null)
			}
			null[i] = true
		}
	}
	if null == nil {
		return c
	}
	d := *c
	d.Null = null
	return &d
}

// AsBools reads the column as true and false: 1 and 0, and the texts true/false, ja/nei, j/n, yes/no, 1/0 in any case.
func (c *Column) AsBools() (values []bool, null []bool, err error) {
	if c.Kind == Bool {
		return c.Bools, c.Null, nil
	}
	c = c.withoutNaN()
	return each(c, "true and false (1 and 0, ja and nei)", func(s string) (bool, bool) {
		switch strings.ToLower(s) {
		case "1", "true", "ja", "j", "yes", "y", "sann":
			return true, true
		case "0", "false", "nei", "n", "no", "usann":
			return false, true
		}
		return false, false
	}, func(i int) (bool, bool) {
		switch {
		case c.Kind == Int64 && c.Ints[i]|1 == 1:
			return c.Ints[i] == 1, true
		case c.Kind == Float64 && (c.Floats[i] == 0 || c.Floats[i] == 1):
			return c.Floats[i] == 1, true
		}
		return false, false
	})
}

const microsPerDay = 86_400_000_000

// day is the day of a time.
func day(micros int64) (calendar.Date, bool) {
	d := micros / microsPerDay
	if micros%microsPerDay < 0 {
		d--
	}
	return calendar.Date(d), true // 64-bit microseconds reach 106 million days, which fit
}

// dateOfInt reads yyyymmdd, or yyyymm as the first of the month.
func dateOfInt(n int64) (calendar.Date, bool) {
	if d, ok := calendar.DateFromInt(n); ok {
		return d, true
	}
	if m, ok := calendar.MonthFromInt(n); ok {
		return m.First(), true
	}
	return 0, false
}

// dateOfText reads what calendar.ParseDate and ParseMonth read, and times.
func dateOfText(s string) (calendar.Date, bool) {
	if d, err := calendar.ParseDate(s); err == nil {
		return d, true
	}
	if m, err := calendar.ParseMonth(s); err == nil {
		return m.First(), true
	}
	if len(s) > 10 {
		for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "02.01.2006 15:04:05", "02.01.2006 15:04"} {
			if t, err := time.Parse(layout, s); err == nil {
				y, m, d := t.Date()
				return calendar.NewDate(y, int(m), d), true
			}
		}
	}
	return 0, false
}

// remember keeps what f returned, since a column has few distinct dates.
func remember[K comparable, V any](f func(K) (V, bool)) func(K) (V, bool) {
	type answer struct {
		v  V
		ok bool
	}
	known := make(map[K]answer)
	var last K
	var lastAnswer answer
	any := false
	return func(k K) (V, bool) {
		if any && k == last {
			return lastAnswer.v, lastAnswer.ok
		}
		a, ok := known[k]
		if !ok {
			a.v, a.ok = f(k)
			if len(known) < 1<<16 {
				known[k] = a
			}
		}
		last, lastAnswer, any = k, a, true
		return a.v, a.ok
	}
}

// AsDates reads the column as dates: dates, times (their day in UTC), numbers such as 20240331, texts such as
// 2024-03-31, 20240331 or 31.03.2024; a month (202403, 2024-03) is its first day.
func (c *Column) AsDates() (values []calendar.Date, null []bool, err error) {
	if c.Kind == Date {
		return c.Dates, c.Null, nil
	}
	c = c.withoutNaN()
	ofInt := remember(dateOfInt)
	return each(c, "dates", dateOfText, func(i int) (calendar.Date, bool) {
		switch c.Kind {
		case Timestamp:
			return day(c.Ints[i])
		case Int64:
			return ofInt(c.Ints[i])
		case Float64:
			if n, ok := whole(c.Floats[i]); ok {
				return ofInt(n)
			}
		}
		return 0, false
	})
}

// AsMonths reads the column as months: what AsDates reads, each as the month it lies in.
func (c *Column) AsMonths() (values []calendar.Month, null []bool, err error) {
	c = c.withoutNaN()
	ofInt := func(n int64) (calendar.Month, bool) {
		if m, ok := calendar.MonthFromInt(n); ok {
			return m, true
		}
		d, ok := calendar.DateFromInt(n)
		return monthOf(d), ok
	}
	return each(c, "months", func(s string) (calendar.Month, bool) {
		d, ok := dateOfText(s)
		return monthOf(d), ok
	}, func(i int) (calendar.Month, bool) {
		switch c.Kind {
		case Date:
			return monthOf(c.Dates[i]), true
		case Timestamp:
			d, ok := day(c.Ints[i])
			return monthOf(d), ok
		case Int64:
			return ofInt(c.Ints[i])
		case Float64:
			if n, ok := whole(c.Floats[i]); ok {
				return ofInt(n)
			}
		}
		return 0, false
	})
}

// monthTable is the month of each day from 1900 to 2100: a register has hundreds of millions of dates.
var monthTable = sync.OnceValue(func() []calendar.Month {
	from, to := calendar.NewMonth(1900, 1), calendar.NewMonth(2100, 12)
	var out []calendar.Month
	for m := from; m <= to; m++ {
		for range m.Days() {
			out = append(out, m)
		}
	}
	return out
})

var monthTableStart = calendar.NewDate(1900, 1, 1)

func monthOf(d calendar.Date) calendar.Month {
	table := monthTable()
	if i := int(d) - int(monthTableStart); i >= 0 && i < len(table) {
		return table[i]
	}
	return d.Month()
}

// AsTexts writes each value as a text: numbers with the fewest digits that give them back, dates as 2024-03-31.
func (c *Column) AsTexts() (values []string, null []bool, err error) {
	t := asText(c)
	values = make([]string, len(t.Codes))
	for i, code := range t.Codes {
		if !t.Missing(i) {
			values[i] = t.Levels[code]
		}
	}
	return values, t.Null, nil
}
