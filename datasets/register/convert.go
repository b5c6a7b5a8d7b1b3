package register

import (
	"math"
	"strconv"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
)

// badDate marks a value that is there but is no possible date.
const badDate = NoDate + 1

// Dates outside these are impossible; an end after the last is open.
var (
	firstDate = calendar.NewDate(1900, 1, 1)
	lastDate  = calendar.NewDate(2100, 12, 31)
)

// fillDates writes a column of dates (date, time, 2024-03-31 as a text, 20240331 as an integer) into dst: NoDate where
// missing, badDate where no date can be read.
func fillDates(file string, c *datasets.Column, dst []calendar.Date) error {
	switch c.Kind {
	case datasets.Date:
		copy(dst, c.Dates)
	case datasets.Timestamp:
		for i, v := range c.Ints {
			dst[i] = dayOf(v)
		}
	case datasets.Int64:
		for i, v := range c.Ints {
			dst[i] = dateFromInt(v)
		}
	case datasets.Float64:
		for i, v := range c.Floats {
			dst[i] = badDate
			if v == math.Trunc(v) && math.Abs(v) < 1e9 {
				dst[i] = dateFromInt(int64(v))
			}
		}
	case datasets.String:
		level := make([]calendar.Date, len(c.Levels))
		for k, text := range c.Levels {
			level[k] = parseDate(text)
		}
		for i, code := range c.Codes {
			dst[i] = level[code]
		}
	default:
		return wrongType(file, c, aDate)
	}
	for i, null := range c.Null {
		if null {
			dst[i] = NoDate
		}
	}
	return nil
}

const microsPerDay = 86400 * 1000000

// dayOf is the day of a time. Dates stored as midnight in Oslo come out of a file as 22:00 or 23:00 UTC of the day before:
// a time of exactly that is the day it means. (A time of registration falls on the hour to the microsecond by mistake
// only.)
func dayOf(micros int64) calendar.Date {
	const hour = 3600 * 1000000
	day := floorDiv(micros, microsPerDay)
	if t := micros - day*microsPerDay; t == 22*hour || t == 23*hour {
		day++
	}
	return calendar.Date(day)
}

func dateFromInt(v int64) calendar.Date {
	if d, ok := calendar.DateFromInt(v); ok {
		return d
	}
	return badDate
}

// parseDate reads a date, also with a time of day after it; an empty text is missing.
func parseDate(text string) calendar.Date {
	text = strings.TrimSpace(text)
	if text == "" {
		return NoDate
	}
	if len(text) > 10 && (text[10] == 'T' || text[10] == ' ') {
		text = text[:10]
	}
	if d, err := calendar.ParseDate(text); err == nil {
		return d
	}
	return badDate
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// monthTable is the months of the days from firstDate to lastDate: working out a month from a day takes longer than
// all else that is done with a row of maaned.
var monthTable = func() []calendar.Month {
	table := make([]calendar.Month, lastDate-firstDate+1)
	for m := firstDate.Month(); m <= lastDate.Month(); m++ {
		for d := m.First(); d <= m.Last(); d++ {
			table[d-firstDate] = m
		}
	}
	return table
}()

// What fillMonths writes where there is no month.
const (
	noMonth  calendar.Month = math.MinInt32
	badMonth calendar.Month = math.MinInt32 + 1
)

func monthOf(d calendar.Date) calendar.Month {
	if d < firstDate || d > lastDate {
		return badMonth
	}
	return monthTable[d-firstDate]
}

// fillMonths writes a column of months (a date in it, 202403 as an integer, 2024-03 as a text) into dst: noMonth where
// missing, badMonth where it is none of the years 1900–2100.
func fillMonths(file string, c *datasets.Column, dst []calendar.Month) error {
	switch c.Kind {
	case datasets.Date:
		for i, d := range c.Dates {
			dst[i] = monthOf(d)
		}
	case datasets.Timestamp:
		for i, v := range c.Ints {
			dst[i] = monthOf(dayOf(v))
		}
	case datasets.Int64:
		for i, v := range c.Ints {
			if i > 0 && v == c.Ints[i-1] {
				dst[i] = dst[i-1]
				continue
			}
			dst[i] = monthFromInt(v)
		}
	case datasets.Float64:
		for i, v := range c.Floats {
			dst[i] = badMonth
			if v == math.Trunc(v) && math.Abs(v) < 1e9 {
				dst[i] = monthFromInt(int64(v))
			}
		}
	case datasets.String:
		level := make([]calendar.Month, len(c.Levels))
		for k, text := range c.Levels {
			level[k] = parseMonth(text)
		}
		for i, code := range c.Codes {
			dst[i] = level[code]
		}
	default:
		return wrongType(file, c, aMonth)
	}
	for i, null := range c.Null {
		if null {
			dst[i] = noMonth
		}
	}
	return nil
}

func monthFromInt(v int64) calendar.Month {
	if m, ok := calendar.MonthFromInt(v); ok {
		return plausible(m)
	}
	if d, ok := calendar.DateFromInt(v); ok {
		return monthOf(d)
	}
	return badMonth
}

func parseMonth(text string) calendar.Month {
	text = strings.TrimSpace(text)
	if text == "" {
		return noMonth
	}
	if m, err := calendar.ParseMonth(text); err == nil {
		return plausible(m)
	}
	if d := parseDate(text); d != badDate {
		return monthOf(d)
	}
	return badMonth
}

func plausible(m calendar.Month) calendar.Month {
	if m < monthTable[0] || m > monthTable[len(monthTable)-1] {
		return badMonth
	}
	return m
}

// fillNumbers writes a column of numbers into dst, NaN where missing.
func fillNumbers(file string, c *datasets.Column, dst []float64) error {
	switch c.Kind {
	case datasets.Float64:
		copy(dst, c.Floats)
	case datasets.Int64:
		for i, v := range c.Ints {
			dst[i] = float64(v)
		}
	case datasets.Bool:
		return wrongType(file, c, aNumber)
	case datasets.String:
		level := make([]float64, len(c.Levels))
		for k, text := range c.Levels {
			v, ok := parseNumber(text)
			if !ok {
				return wrongType(file, c, aNumber)
			}
			level[k] = v
		}
		for i, code := range c.Codes {
			dst[i] = level[code]
		}
	default:
		return wrongType(file, c, aNumber)
	}
	for i, null := range c.Null {
		if null {
			dst[i] = math.NaN()
		}
	}
	return nil
}

// parseNumber reads a number with a point or a comma; an empty text is NaN.
func parseNumber(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return math.NaN(), true
	}
	v, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// fillBools writes a column that is true/false, kroner (true where over 0) or a word into dst; missing is false.
func fillBools(file string, c *datasets.Column, dst []bool) error {
	switch c.Kind {
	case datasets.Bool:
		copy(dst, c.Bools)
	case datasets.Int64:
		for i, v := range c.Ints {
			dst[i] = v > 0
		}
	case datasets.Float64:
		for i, v := range c.Floats {
			dst[i] = v > 0
		}
	case datasets.String:
		level := make([]bool, len(c.Levels))
		for k, text := range c.Levels {
			switch strings.ToLower(strings.TrimSpace(text)) {
			case "", "nei", "n", "false", "f":
			case "ja", "j", "true", "t":
				level[k] = true
			default:
				v, ok := parseNumber(text)
				if !ok {
					return wrongType(file, c, aBool)
				}
				level[k] = v > 0
			}
		}
		for i, code := range c.Codes {
			dst[i] = level[code]
		}
	default:
		return wrongType(file, c, aBool)
	}
	for i, null := range c.Null {
		if null {
			dst[i] = false
		}
	}
	return nil
}

// texts is a function that gives the text of a row, "" where missing; integers are written out.
func texts(file string, c *datasets.Column) (func(i int) string, error) {
	switch c.Kind {
	case datasets.String:
		return func(i int) string {
			if c.Missing(i) {
				return ""
			}
			return strings.TrimSpace(c.Text(i))
		}, nil
	case datasets.Int64:
		return func(i int) string {
			if c.Missing(i) {
				return ""
			}
			return strconv.FormatInt(c.Ints[i], 10)
		}, nil
	case datasets.Float64:
		return func(i int) string {
			if c.Missing(i) {
				return ""
			}
			return strconv.FormatFloat(c.Floats[i], 'f', -1, 64)
		}, nil
	}
	return nil, wrongType(file, c, aText)
}
