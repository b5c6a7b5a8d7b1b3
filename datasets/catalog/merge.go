package catalog

import (
	"math"
	"slices"
	"strings"

	"tiltakseffekt/internal/calendar"
)

// Period is a span of days, both ends included.
type Period struct{ From, To calendar.Date }

// Always is the period without an end in either direction.
var Always = Period{calendar.Date(math.MinInt32), calendar.Date(math.MaxInt32)}

// Contains tells whether a day lies in the period.
func (p Period) Contains(d calendar.Date) bool { return p.From <= d && d <= p.To }

func (p Period) overlaps(q Period) bool { return p.From <= q.To && q.From <= p.To }

// String is "2024-01-01 to 2024-12-31", with an open end left out.
func (p Period) String() string {
	switch {
	case p == Always:
		return "always"
	case p.From == Always.From:
		return "to " + p.To.String()
	case p.To == Always.To:
		return "from " + p.From.String()
	}
	return p.From.String() + " to " + p.To.String()
}

// merge puts the user's rows over the embedded ones. In a table without dates a row replaces the one with its key and is
// added where there is none. In a dated table the user's rows win over embedded rows of their series on the days they
// cover, so that the embedded rows keep the days that are left. Two of the user's rows may not say two things about one
// day.
func (s *schema) merge(base, user []record) ([]record, error) {
	for _, records := range [][]record{base, user} {
		if err := s.unique(records); err != nil {
			return nil, err
		}
	}
	if len(user) == 0 {
		return base, nil
	}
	merged := make([]record, 0, len(base)+len(user))
	if !s.dated {
		at := map[string]int{}
		for _, r := range append(slices.Clone(base), user...) {
			k := r.joined(s.key)
			if i, ok := at[k]; ok {
				merged[i] = r
				continue
			}
			at[k] = len(merged)
			merged = append(merged, r)
		}
		return merged, nil
	}
	covered := map[string][]Period{}
	for _, r := range user {
		k := s.seriesOf(r)
		covered[k] = append(covered[k], r.period())
	}
	for _, r := range base {
		left := []Period{r.period()}
		for _, taken := range covered[s.seriesOf(r)] {
			left = subtract(left, taken)
		}
		for _, p := range left {
			merged = append(merged, r.during(p))
		}
	}
	merged = append(merged, user...)
	slices.SortStableFunc(merged, func(a, b record) int {
		if c := strings.Compare(s.seriesOf(a), s.seriesOf(b)); c != 0 {
			return c
		}
		return int(clampSign(int64(a.period().From) - int64(b.period().From)))
	})
	return merged, nil
}

func clampSign(x int64) int64 { return max(-1, min(1, x)) }

// subtract removes a period from a list of periods.
func subtract(list []Period, taken Period) []Period {
	var left []Period
	for _, p := range list {
		if !p.overlaps(taken) {
			left = append(left, p)
			continue
		}
		if p.From < taken.From {
			left = append(left, Period{p.From, taken.From - 1})
		}
		if taken.To < p.To {
			left = append(left, Period{taken.To + 1, p.To})
		}
	}
	return left
}

// seriesOf is what a row speaks about: rows of one series may not contradict each other on a day. A ceiling and a price
// of a tiltak are two series, prices in two units are one.
func (s *schema) seriesOf(r record) string {
	key := r.joined(s.series)
	if s.name == "satser" && r.text("enhet") == Ceiling {
		key += "\x00" + Ceiling
	}
	return key
}

// joined is the cells of some columns as one key.
func (r record) joined(columns []string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = r.text(c)
	}
	return strings.Join(parts, "\x00")
}

// during is the row with another period.
func (r record) during(p Period) record {
	r.cells = slices.Clone(r.cells)
	set := func(column string, d, open calendar.Date) {
		text := ""
		if d != open {
			text = d.String()
		}
		r.cells[r.schema.column(column)] = text
	}
	set("gyldig_fra", p.From, Always.From)
	set("gyldig_til", p.To, Always.To)
	return r
}

// unique refuses two rows of one file with the same key (in overlapping periods, where the table is dated).
func (s *schema) unique(records []record) error {
	seen := map[string][]record{}
	for _, r := range records {
		k := r.joined(s.key)
		for _, o := range seen[k] {
			if !s.dated {
				return r.fail("duplicate_row", s.key[0], "the same %s as line %d; remove one of them", strings.Join(s.key, " and "), o.line)
			}
			if r.period().overlaps(o.period()) {
				return r.fail("overlapping_periods", "gyldig_fra", "the period (%s) overlaps that of line %d (%s) with the same %s; change one of them",
					r.period(), o.line, o.period(), strings.Join(s.key, ", "))
			}
		}
		seen[k] = append(seen[k], r)
	}
	return nil
}
