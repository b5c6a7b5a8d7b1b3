package register

import (
	"sync"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// scanMonths counts the rows of maaned by month, and so finds the first month and the cut.
func (b *builder) scanMonths() error {
	file := b.file("maaned")
	low := monthTable[0]
	count := make([]int64, monthTable[len(monthTable)-1]-low+1)
	var rows, bad int64
	var mu sync.Mutex
	err := b.source.Scan(b.ctx, "maaned", []string{"maaned"}, b.opt.Workers, func(part Part) error {
		months := make([]calendar.Month, part.Table.Rows)
		if err := fillMonths(file, part.Table.Column("maaned"), months); err != nil {
			return err
		}
		mine := make([]int64, len(count))
		var mineBad int64
		for _, m := range months {
			if m >= low {
				mine[m-low]++
			} else if m == badMonth {
				mineBad++
			}
		}
		mu.Lock()
		defer mu.Unlock()
		rows += int64(len(months))
		bad += mineBad
		for i, n := range mine {
			count[i] += n
		}
		return nil
	})
	if err != nil {
		return err
	}
	if rows == 0 {
		return b.empty("maaned")
	}
	if err := b.refuseBad("maaned", "maaned", "months", bad, rows); err != nil {
		return err
	}
	first, last := calendar.Month(0), calendar.Month(0)
	for i, n := range count {
		if n > 0 {
			if first == 0 {
				first = low + calendar.Month(i)
			}
			last = low + calendar.Month(i)
		}
	}
	if last == 0 {
		return fault.Dataf("column_type", file, "maaned", "every value of `maaned` is missing; name the right column in the mapping")
	}
	b.Cut = last
	if b.opt.Cut != 0 {
		if b.opt.Cut > last || b.opt.Cut < first {
			return fault.Dataf("cut", file, "maaned", "the cut %s lies outside the months of the table, %s to %s; choose a month inside", b.opt.Cut, first, last)
		}
		b.Cut = b.opt.Cut
	}
	if b.opt.First != 0 {
		if b.opt.First > b.Cut {
			return fault.Usagef("first", "the first month %s lies after the cut %s", b.opt.First, b.Cut)
		}
		first = max(first, b.opt.First)
	}
	b.Panel = &Panel{First: first, Months: int(b.Cut-first) + 1, N: b.Persons.N}
	b.warnMonths(count[first-low : b.Cut-low+1])
	return nil
}

// warnMonths warns of months without rows and of a last month that looks unfinished.
func (b *builder) warnMonths(count []int64) {
	empty, example := int64(0), calendar.Month(0)
	for i, n := range count {
		if n == 0 {
			if empty == 0 {
				example = b.Panel.First + calendar.Month(i)
			}
			empty++
		}
	}
	if empty > 0 {
		b.warn("months_without_rows", "%s: %s no row (the first is %s); nobody is in work then", b.file("maaned"), plural(empty, "month has", "months have"), example)
	}
	if first := calendar.NewMonth(2015, 1); b.Panel.First < first && b.Cut >= first {
		b.warn("break_2015", "%s: employment and wages have a break in January 2015, when a-ordningen replaced the older registers; do not compare months across it", b.file("maaned"))
	}
	if n := len(count); n > 1 && 2*count[n-1] < count[n-2] {
		b.warn("last_month_incomplete", "%s: the last month, %s, has %d rows and the one before %d; set `cut` to the last month with complete data", b.file("maaned"), b.Cut, count[n-1], count[n-2])
	}
}
