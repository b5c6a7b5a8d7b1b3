package register

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Extra is a column of the user's own, asked for by Options.Extra: numbers, or texts by their levels.
type Extra struct {
	Numbers []float64 // NaN missing; nil where the column is text
	Codes   []int32   // index into Levels, −1 missing; nil where the column is numbers
	Levels  []string  // in byte order
}

// ExtraColumn is a further column, with what needs it, for messages.
type ExtraColumn struct {
	Name string // person.NAME or person_historikk.NAME
	For  string // such as: the group `enslige`
}

// extraName splits `person.NAME` or `person_historikk.NAME`.
func extraName(name string) (table, column string) {
	table, column, _ = strings.Cut(name, ".")
	return table, column
}

// ExtraNumber is the number of a person in a column of Options.Extra: of person, or of person_historikk on a day (the row
// begun last that knows it). NaN where it is missing or a text.
func (r *Register) ExtraNumber(name string, person int32, day calendar.Date) float64 {
	e := r.Extra[name]
	if i := r.extraRow(e, name, person, day); i >= 0 && e.Numbers != nil {
		return e.Numbers[i]
	}
	return math.NaN()
}

// ExtraText is the same for a text; numbers are written out, "" is missing.
func (r *Register) ExtraText(name string, person int32, day calendar.Date) string {
	e := r.Extra[name]
	i := r.extraRow(e, name, person, day)
	switch {
	case i < 0:
		return ""
	case e.Codes != nil:
		return e.Levels[e.Codes[i]]
	}
	return fmt.Sprint(e.Numbers[i])
}

func (e *Extra) known(i int) bool {
	if e.Codes != nil {
		return e.Codes[i] >= 0
	}
	return e.Numbers[i] == e.Numbers[i]
}

// ExtraTruth is the same for a flag: a number over 0, or ja or true; ok is false where it is missing.
func (r *Register) ExtraTruth(name string, person int32, day calendar.Date) (truth, ok bool) {
	e := r.Extra[name]
	i := r.extraRow(e, name, person, day)
	if i < 0 {
		return false, false
	}
	if e.Codes == nil {
		return e.Numbers[i] > 0, true
	}
	switch strings.ToLower(e.Levels[e.Codes[i]]) {
	case "ja", "j", "true", "t", "1":
		return true, true
	}
	return false, true
}

// extraRow is the row of the column that holds for a person on a day; −1 none.
func (r *Register) extraRow(e *Extra, name string, person int32, day calendar.Date) int {
	if e == nil {
		return -1
	}
	if table, _ := extraName(name); table == "person" {
		if e.known(int(person)) {
			return int(person)
		}
		return -1
	}
	row := -1
	if r.FirstDated != nil {
		for _, d := range r.Dated[r.FirstDated[person]:r.FirstDated[person+1]] {
			if d.From <= day && day <= d.To && e.known(int(d.Row)) {
				row = int(d.Row)
			}
		}
	}
	return row
}

// wantExtra adds the columns of Options.Extra to those that are read, and refuses one that is not there.
func (b *builder) wantExtra(table string, have []string) error {
	for _, x := range b.opt.Extra {
		of, column := extraName(x.Name)
		if of != table || slices.Contains(b.columns[table], column) {
			continue
		}
		if !slices.Contains(have, column) {
			return fault.Dataf("missing_column", b.file(table), column, "%s needs the column `%s`, which is not there%s; add it, or leave out what needs it", x.For, column, fault.Suggest(column, have))
		}
		b.columns[table] = append(b.columns[table], column)
	}
	return nil
}

// readExtra reads the columns of Options.Extra of a table; place gives, for each row of each part, where its value goes in a
// column of n values, negative for nowhere.
func (b *builder) readExtra(table string, parts []Part, n int, place func(part, row int) int) error {
	for _, x := range b.opt.Extra {
		of, column := extraName(x.Name)
		if of != table {
			continue
		}
		isText := slices.ContainsFunc(parts, func(p Part) bool {
			c := p.Table.Column(column)
			return c.Kind != datasets.Int64 && c.Kind != datasets.Float64
		})
		e := &Extra{}
		levels := newInterner()
		if isText {
			e.Codes = make([]int32, n)
			for i := range e.Codes {
				e.Codes[i] = -1
			}
		} else {
			e.Numbers = nans(n)
		}
		for k, p := range parts {
			c := p.Table.Column(column)
			var text func(int) string
			numbers := make([]float64, p.Table.Rows)
			var err error
			switch {
			case isText && c.Kind == datasets.Bool:
				text = func(i int) string {
					if c.Missing(i) {
						return ""
					}
					return map[bool]string{true: "ja", false: "nei"}[c.Bools[i]]
				}
			case isText:
				text, err = texts(b.file(table), c)
			default:
				err = fillNumbers(b.file(table), c, numbers)
			}
			if err != nil {
				return err
			}
			for i := range p.Table.Rows {
				switch at := place(k, i); {
				case at < 0:
				case isText:
					e.Codes[at] = levels.of(text(i))
				default:
					e.Numbers[at] = numbers[i]
				}
			}
		}
		if isText {
			var order []int32
			e.Levels, order = levels.sorted()
			for i := range e.Codes {
				e.Codes[i] = replace(order, e.Codes[i])
			}
		}
		if b.Extra == nil {
			b.Extra = map[string]*Extra{}
		}
		b.Extra[x.Name] = e
	}
	return nil
}

// compareExtra orders two rows of person_historikk by their further columns, so that the order of rows decides nothing.
func (b *builder) compareExtra(x, y int32) int {
	for _, c := range b.opt.Extra {
		if of, _ := extraName(c.Name); of != "person_historikk" {
			continue
		}
		e := b.Extra[c.Name]
		if e.Codes != nil {
			if d := cmp.Compare(e.Codes[x], e.Codes[y]); d != 0 {
				return d
			}
		} else if d := cmp.Compare(e.Numbers[x], e.Numbers[y]); d != 0 {
			return d
		}
	}
	return 0
}
