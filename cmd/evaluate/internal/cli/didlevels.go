package cli

import (
	"slices"
	"strings"

	"tiltakseffekt/analysis/did"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// didLevel is the rows of one tiltak and one group of units.
type didLevel struct {
	didKey
	rows  []int   // nil: all
	units []int32 // numbers of its units among all units of the table; nil with rows
}

// several tells whether there is more than one set of estimates.
func (in *didInput) several() bool {
	return in.levels[0].By != nil || in.levels[0].Tiltak != nil
}

// title is the key for people, with the name of the one column that --by may be.
func (f *didFlags) title(k didKey) string {
	if k.Tiltak == nil && k.By != nil && *k.By != f.by && !strings.Contains(f.by, ",") {
		return f.by + " = " + *k.By
	}
	return k.label()
}

// split makes the levels: each tiltak of --tiltak (its starters and the never treated) in each group of --by. One column of
// --by holds the groups, which are then disjoint; several are flags, and a unit belongs to every group whose flag it has.
func (in *didInput) split(t *datasets.Table, f *didFlags, by []string) error {
	all := []*didLevel{{}}
	groups, err := in.groups(t, f, by)
	if err != nil {
		return err
	}
	if groups == nil {
		groups = all
	}
	tiltak := all
	if f.tiltak != "" {
		if tiltak, err = in.tiltak(t, f); err != nil {
			return err
		}
	}
	for _, k := range tiltak {
		for _, g := range groups {
			l := &didLevel{didKey: didKey{k.Tiltak, g.By}, rows: k.rows}
			if g.rows != nil {
				if l.rows = g.rows; k.rows != nil {
					l.rows = common(k.rows, g.rows)
				}
			}
			in.levels = append(in.levels, l)
		}
	}
	return nil
}

// common are the numbers in both of two ascending lists.
func common(a, b []int) []int {
	out := []int{}
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); ok {
			out = append(out, x)
		}
	}
	return out
}

// groups are the levels of --by.
func (in *didInput) groups(t *datasets.Table, f *didFlags, by []string) ([]*didLevel, error) {
	l := &in.long
	same := func(column string, value func(r int) string) error {
		first := make([]int, l.Units) // row of the unit, from 1
		for r, u := range l.Unit {
			switch {
			case first[u] == 0:
				first[u] = r + 1
			case value(first[u]-1) != value(r):
				return fault.Dataf("by_varies", f.data, column, "`%s` changes within a unit (row %d): units belong to one group; take the value before the start", column, r+1).At(int64(r + 1))
			}
		}
		return nil
	}
	if len(by) == 1 {
		texts, null, err := t.Column(by[0]).AsTexts()
		if err != nil {
			return nil, inFile(err, f.data)
		}
		for i := range null {
			if null[i] {
				texts[i] = ""
			}
		}
		if err := same(by[0], func(r int) string { return texts[r] }); err != nil {
			return nil, err
		}
		return byText(texts, func(k *didLevel, v string) { k.By = &v }), nil
	}
	var out []*didLevel
	for k, column := range by {
		if slices.Contains(by[:k], column) {
			return nil, fault.Usagef("bad_flag", "`--by` names `%s` twice", column)
		}
		flag, null, err := t.Column(column).AsBools()
		if err != nil {
			return nil, inFile(err, f.data)
		}
		if i := slices.Index(null, true); i >= 0 {
			return nil, fault.Dataf("missing_flag", f.data, column, "`%s` is missing in row %d: with several columns `--by` takes flags, yes or no for every unit; fill it", column, i+1).At(int64(i + 1))
		}
		if err := same(column, func(r int) string { return map[bool]string{true: "1", false: "0"}[flag[r]] }); err != nil {
			return nil, err
		}
		l := &didLevel{didKey: didKey{By: &column}, rows: []int{}}
		for r, v := range flag {
			if v {
				l.rows = append(l.rows, r)
			}
		}
		if len(l.rows) == 0 {
			return nil, fault.Dataf("empty_group", f.data, column, "nobody has `%s`: there is no such group to estimate; leave it out of `--by`", column)
		}
		out = append(out, l)
	}
	return out, nil
}

// tiltak are the levels of --tiltak, each with the never treated.
func (in *didInput) tiltak(t *datasets.Table, f *didFlags) ([]*didLevel, error) {
	texts, null, err := t.Column(f.tiltak).AsTexts()
	if err != nil {
		return nil, inFile(err, f.data)
	}
	last := in.long.Time[0]
	for _, v := range in.long.Time {
		last = max(last, v)
	}
	of := make([]string, in.long.Units)
	seen := make([]bool, in.long.Units)
	never := func(r int) bool { return in.long.Start[r] == did.Never || in.long.Start[r] > last+f.anticipation }
	var names []string
	for r, u := range in.long.Unit {
		if never(r) {
			continue
		}
		if null != nil && null[r] || texts[r] == "" {
			return nil, fault.Dataf("missing_tiltak", f.data, f.tiltak, "`%s` is missing in row %d, whose unit starts in a period of the table; say what it started", f.tiltak, r+1).At(int64(r + 1))
		}
		if seen[u] && of[u] != texts[r] {
			return nil, fault.Dataf("by_varies", f.data, f.tiltak, "`%s` changes within a unit (row %d): it is what the unit started first", f.tiltak, r+1).At(int64(r + 1))
		}
		if !seen[u] {
			names = append(names, texts[r])
		}
		seen[u], of[u] = true, texts[r]
	}
	slices.Sort(names)
	var out []*didLevel
	for _, name := range slices.Compact(names) {
		k := &didLevel{didKey: didKey{Tiltak: &name}, rows: []int{}}
		for r, u := range in.long.Unit {
			if never(r) || of[u] == name {
				k.rows = append(k.rows, r)
			}
		}
		out = append(out, k)
	}
	if out == nil {
		return nil, fault.Dataf("nobody_treated", f.data, f.start, "nobody starts in a period of the table: `--tiltak` has nothing to tell apart")
	}
	return out, nil
}

// byText is a level for each distinct text, in byte order.
func byText(texts []string, name func(l *didLevel, v string)) []*didLevel {
	at := map[string]*didLevel{}
	var out []*didLevel
	for _, v := range slices.Compact(slices.Sorted(slices.Values(texts))) {
		l := &didLevel{}
		name(l, v)
		at[v] = l
		out = append(out, l)
	}
	for r, v := range texts {
		at[v].rows = append(at[v].rows, r)
	}
	return out
}

// distinct counts the units, and the never treated, that are analysed in any level: units of a level are numbered by its own order.
func (in *didInput) distinct(analysed [][]int32, anticipation int64) (units, never int) {
	seen, start := make([]bool, in.long.Units), make([]int64, in.long.Units)
	for r, u := range in.long.Unit {
		start[u] = in.long.Start[r]
	}
	last := slices.Max(in.long.Time) + anticipation
	for k, l := range in.levels {
		for _, i := range analysed[k] {
			u := l.units[i]
			if seen[u] {
				continue
			}
			seen[u] = true
			units++
			if start[u] == did.Never || start[u] > last {
				never++
			}
		}
	}
	return units, never
}

// of is the rows of a level, with its units numbered anew; their numbers among all are left in level.units.
func (in *didInput) of(level *didLevel) *did.Long {
	l := in.long
	if level.rows == nil {
		return &l
	}
	rows := level.rows
	number := make([]int32, in.long.Units) // from 1
	level.units = nil
	l.Unit = make([]int32, len(rows))
	for s, i := range rows {
		u := in.long.Unit[i]
		if number[u] == 0 {
			level.units = append(level.units, u)
			number[u] = int32(len(level.units))
		}
		l.Unit[s] = number[u] - 1
	}
	l.Units = len(level.units)
	l.Time, l.Start, l.Outcome = at(l.Time, rows), at(l.Start, rows), at(l.Outcome, rows)
	l.Weights, l.AtRisk = at(l.Weights, rows), at(l.AtRisk, rows)
	l.Covariates, l.Clusters = nil, nil
	for _, c := range in.long.Covariates {
		l.Covariates = append(l.Covariates, at(c, rows))
	}
	for _, c := range in.long.Clusters {
		l.Clusters = append(l.Clusters, at(c, rows))
	}
	return &l
}
