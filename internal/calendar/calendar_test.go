package calendar

import (
	"testing"
	"time"
)

func TestMonthsAndDaysAgreeWithTime(t *testing.T) {
	for d := NewDate(1899, 12, 1); d < NewDate(2101, 2, 1); d++ {
		tm := d.Time()
		if m := d.Month(); m.Year() != tm.Year() || m.Number() != int(tm.Month()) || d < m.First() || d > m.Last() {
			t.Fatalf("%s lies in month %s (%s to %s)", d, m, m.First(), m.Last())
		}
	}
	if got := NewMonth(2024, 2).Days(); got != 29 {
		t.Errorf("February 2024 has %d days", got)
	}
	if got := NewMonth(2020, 1); got != 24240 {
		t.Errorf("2020-01 is %d", got)
	}
}

func TestWeekdaysCountsOneByOne(t *testing.T) {
	from := NewDate(2024, 1, 1)
	for start := from; start < from+8; start++ {
		want := 0
		for end := start; end < start+70; end++ {
			if w := end.Weekday(); w != time.Saturday && w != time.Sunday {
				want++
			}
			if got := Weekdays(start, end); got != want {
				t.Fatalf("Weekdays(%s, %s) = %d, want %d", start, end, got, want)
			}
		}
	}
	if Weekdays(from, from-1) != 0 {
		t.Error("an empty range has weekdays")
	}
	if got := NewMonth(2025, 8).Weekdays(); got != 21 {
		t.Errorf("August 2025 has %d weekdays, want 21", got)
	}
}

func TestParse(t *testing.T) {
	for s, want := range map[string]string{"2024-03-31": "2024-03-31", "20240331": "2024-03-31", "31.03.2024": "2024-03-31", "9999-12-31": Open.String()} {
		if d, err := ParseDate(s); err != nil || d.String() != want {
			t.Errorf("ParseDate(%q) = %v, %v", s, d, err)
		}
	}
	for s, want := range map[string]string{"2024-03": "2024-03", "202403": "2024-03", "2024-03-15": "2024-03"} {
		if m, err := ParseMonth(s); err != nil || m.String() != want {
			t.Errorf("ParseMonth(%q) = %v, %v", s, m, err)
		}
	}
	for _, s := range []string{"", "2024-13", "2024-02-30", "abc", "202413"} {
		if m, err := ParseMonth(s); err == nil {
			t.Errorf("ParseMonth(%q) = %v", s, m)
		}
	}
	if _, ok := DateFromInt(20240230); ok {
		t.Error("30 February is a date")
	}
	if d, ok := DateFromInt(20240229); !ok || d.String() != "2024-02-29" {
		t.Errorf("20240229 is %v, %v", d, ok)
	}
}

// Every day of five centuries is in the month that package time puts it in, and every month begins where it does: in the years that
// are looked up and around their ends.
func TestMonthsAgainstPackageTime(t *testing.T) {
	for d := NewDate(1750, 1, 1); d < NewDate(2250, 1, 1); d++ {
		at := time.Unix(int64(d)*86400, 0).UTC()
		if m := NewMonth(at.Year(), int(at.Month())); d.Month() != m {
			t.Fatalf("%s is in %s, want %s", d, d.Month(), m)
		}
		if y, m, day := d.Civil(); y != at.Year() || m != int(at.Month()) || day != at.Day() {
			t.Fatalf("%s is %d-%d-%d", d, y, m, day)
		}
		if at.Day() == 1 && d.Month().First() != d {
			t.Fatalf("%s begins on %s, want %s", d.Month(), d.Month().First(), d)
		}
	}
}

func BenchmarkMonth(b *testing.B) {
	first := NewDate(2015, 1, 1)
	for b.Loop() {
		for d := first; d < first+3650; d += 7 {
			if d.Month().First() > d {
				b.Fatal(d)
			}
		}
	}
}
