// Package calendar counts days and months as integers: a Date is the number of days since 1 January 1970, a Month the
// number of months since January of year 0. Both are in the proleptic Gregorian calendar and know no time zone.
package calendar

import (
	"fmt"
	"strconv"
	"time"
)

// Date is a day, counted from 1970-01-01 = 0.
type Date int32

// Month is a calendar month: 12 · year + month − 1, so that 2020-01 is 24240.
type Month int32

// Open is the date that registers write for "no end": 9999-12-31.
var Open = NewDate(9999, 12, 31)

// NewDate is the date of a year, month (1–12) and day; days outside the month run over as in package time.
func NewDate(year, month, day int) Date {
	return Date(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// NewMonth is the month of a year and a month number 1–12.
func NewMonth(year, month int) Month { return Month(12*year + month - 1) }

// Time is midnight UTC at the beginning of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Civil is the year, month and day.
func (d Date) Civil() (year, month, day int) {
	y, m, day := d.Time().Date()
	return y, int(m), day
}

// Month is the month the day lies in.
func (d Date) Month() Month {
	if d < firsts[1] || d >= firsts[len(firsts)-2] {
		y, m, _ := d.Civil()
		return NewMonth(y, m)
	}
	// 4,800 months of the calendar are 146,097 days: the guess is at most one month off.
	k := int(int64(d-firsts[0]) * 4800 / 146_097)
	switch {
	case d < firsts[k]:
		k--
	case d >= firsts[k+1]:
		k++
	}
	return firstYear*12 + Month(k)
}

// firsts are the first days of the months from January of firstYear on, which are asked for millions of times.
const firstYear, lastYear = 1850, 2150

var firsts = func() (first [12 * (lastYear - firstYear)]Date) {
	for k := range first {
		first[k] = NewDate(firstYear, 1+k, 1)
	}
	return first
}()

// Day is the day of the month, from 1.
func (d Date) Day() int { return d.Time().Day() }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// String is the date as 2006-01-02.
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText writes 2006-01-02.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2006-01-02.
func (d *Date) UnmarshalText(b []byte) (err error) { *d, err = ParseDate(string(b)); return err }

// ParseDate reads 2006-01-02, 20060102 or 02.01.2006.
func ParseDate(s string) (Date, error) {
	for _, layout := range []string{time.DateOnly, "20060102", "02.01.2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return Date(t.Unix() / 86400), nil
		}
	}
	return 0, fmt.Errorf("`%s` is not a date (write 2024-03-31)", s)
}

// Year is the year of the month.
func (m Month) Year() int { return int(floorDiv(int32(m), 12)) }

// Number is the number of the month in its year, from 1.
func (m Month) Number() int { return int(int32(m)-12*floorDiv(int32(m), 12)) + 1 }

// First is the first day of the month.
func (m Month) First() Date {
	if k := int(m) - 12*firstYear; k >= 0 && k < len(firsts) {
		return firsts[k]
	}
	return NewDate(m.Year(), m.Number(), 1)
}

// Last is the last day of the month.
func (m Month) Last() Date { return (m + 1).First() - 1 }

// Days is the number of days in the month.
func (m Month) Days() int { return int((m + 1).First() - m.First()) }

// Weekdays is the number of Mondays to Fridays in the month; public holidays count.
func (m Month) Weekdays() int { return Weekdays(m.First(), m.Last()) }

// Weekdays is the number of Mondays to Fridays from a day to another, both included; 0 where to < from.
func Weekdays(from, to Date) int {
	n := 0
	if to < from {
		return 0
	}
	weeks := int(to-from+1) / 7
	n = 5 * weeks
	for d := from + Date(7*weeks); d <= to; d++ {
		if w := d.Weekday(); w != time.Saturday && w != time.Sunday {
			n++
		}
	}
	return n
}

// String is the month as 2006-01.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year(), m.Number()) }

// MarshalText writes 2006-01.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads 2006-01.
func (m *Month) UnmarshalText(b []byte) (err error) { *m, err = ParseMonth(string(b)); return err }

// ParseMonth reads 2006-01, 200601 or any date that ParseDate reads, whose month it is.
func ParseMonth(s string) (Month, error) {
	if t, err := time.Parse("2006-01", s); err == nil {
		return NewMonth(t.Year(), int(t.Month())), nil
	}
	if len(s) == 6 {
		if n, err := strconv.Atoi(s); err == nil {
			if m, ok := MonthFromInt(int64(n)); ok {
				return m, nil
			}
		}
	}
	if d, err := ParseDate(s); err == nil {
		return d.Month(), nil
	}
	return 0, fmt.Errorf("`%s` is not a month (write 2024-03)", s)
}

// MonthFromInt reads yyyymm, such as 202403; ok is false where it is not a month of the years 1800–9999.
func MonthFromInt(n int64) (m Month, ok bool) {
	year, number := n/100, n%100
	if year < 1800 || year > 9999 || number < 1 || number > 12 {
		return 0, false
	}
	return NewMonth(int(year), int(number)), true
}

// DateFromInt reads yyyymmdd, such as 20240331; ok is false where there is no such day in the years 1800–9999.
func DateFromInt(n int64) (d Date, ok bool) {
	year, month, day := int(n/10000), int(n/100%100), int(n%100)
	if year < 1800 || year > 9999 || month < 1 || month > 12 || day < 1 {
		return 0, false
	}
	d = NewDate(year, month, day)
	return d, d.Day() == day
}

func floorDiv(a, b int32) int32 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
