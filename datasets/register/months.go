package register

import (
	"sync"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// scanMonths counts the rows of maaned (or inntekt, or the months that spells of arbeidsforhold begin in) by month, and
// so finds the first month and the cut.
func (b *builder) scanMonths() error {
	table, column := "maaned", "maaned"
	switch {
	case b.has("maaned"):
	case b.has("inntekt"):
		table = "inntekt"
	default:
		table, column = "arbeidsforhold", "fra"
		if b.opt.Cut == 0 {
			return fault.Usagef("cut", "a register of arbeidsforhold alone does not say how far its data go; give the cut, the last month with complete data")
		}
	}
	file := b.file(table)
	low := monthTable[0]
	count := make([]int64, monthTable[len(monthTable)-1]-low+1)
	var rows, bad int64
	var mu sync.Mutex
	err := b.source.Scan(b.ctx, table, []string{column}, b.opt.Workers, func(part Part) error {
		months := make([]calendar.Month, part.Table.Rows)
		if err := fillMonths(file, part.Table.Column(column), months); err != nil {
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
		return b.empty(table)
	}
	if err := b.refuseBad(table, column, aMonth, bad, rows); err != nil {
		return err
	}
	from, to, isolated := mainMonths(count)
	if to < 0 {
		return fault.Dataf("column_type", file, column, "every value of `%s` is missing; name the right column in the mapping", column)
	}
	if isolated > 0 {
		b.warn("months_isolated", "%s: %s in months far from all others; they are left out, and the panel runs from %s to %s", file, plural(isolated, "row is", "rows are"), low+calendar.Month(from), low+calendar.Month(to))
	}
	first, last := low+calendar.Month(from), low+calendar.Month(to)
	b.Cut = last
	if b.opt.Cut != 0 {
		if b.opt.Cut > last && table != "arbeidsforhold" || b.opt.Cut < first {
			return fault.Dataf("cut", file, column, "the cut %s lies outside the months of the table, %s to %s; choose a month inside", b.opt.Cut, first, last)
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
	b.ages()
	if table != "arbeidsforhold" {
		b.warnMonths(file, count[first-low:b.Cut-low+1])
	}
	return nil
}

// mainMonths is the first and the last month with rows, −1 where there is none. Months at either end that more than a
// year without rows parts from the others, and that hold less than one row in a hundred, do not count: a slip of the
// pen (1918, 2099) would otherwise move the cut and blow up the panel.
func mainMonths(count []int64) (from, to int, isolated int64) {
	const apart, share = 12, 100
	var total int64
	type group struct {
		from, to int
		rows     int64
	}
	var groups []group
	for i, n := range count {
		if n == 0 {
			continue
		}
		total += n
		if k := len(groups) - 1; k >= 0 && i-groups[k].to <= apart {
			groups[k].to, groups[k].rows = i, groups[k].rows+n
		} else {
			groups = append(groups, group{i, i, n})
		}
	}
	for len(groups) > 1 && groups[0].rows*share < total {
		isolated += groups[0].rows
		groups = groups[1:]
	}
	for k := len(groups) - 1; k > 0 && groups[k].rows*share < total; k-- {
		isolated += groups[k].rows
		groups = groups[:k]
	}
	if len(groups) == 0 {
		return 0, -1, 0
	}
	return groups[0].from, groups[len(groups)-1].to, isolated
}

// warnMonths warns of months without rows and of a last month that looks unfinished.
func (b *builder) warnMonths(file string, count []int64) {
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
		b.warn("months_without_rows", "%s: %s no row (the first is %s); nobody is in work then", file, plural(empty, "month has", "months have"), example)
	}
	if first := calendar.NewMonth(2015, 1); b.Panel.First < first && b.Cut >= first {
		b.warn("break_2015", "%s: employment and wages have a break in January 2015, when a-ordningen replaced the older registers; do not compare months across it", file)
	}
	if n := len(count); n > 1 && 2*count[n-1] < count[n-2] {
		b.warn("last_month_incomplete", "%s: the last month, %s, has %d rows and the one before %d; set `cut` to the last month with complete data", file, b.Cut, count[n-1], count[n-2])
	}
}
