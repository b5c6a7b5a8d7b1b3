package register

import (
	"cmp"
	"math"
	"slices"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Local is figures by place and month: omrade_maaned (ledighet, stramhet) or enhet (storrelse, portefolje, budsjett).
type Local struct {
	By     string           // the column that names the place: kommune, nav_enhet or fylke
	Place  map[string]int32 // code of the place → row
	First  calendar.Month
	Months int
	Values map[string][]float64 // by column: element row · Months + (month − First); NaN missing
}

// At is a figure of a place in a month; NaN where there is none.
func (a *Local) At(column, place string, m calendar.Month) float64 {
	if a == nil {
		return math.NaN()
	}
	row, ok := a.Place[place]
	values := a.Values[column]
	if k := int(m - a.First); ok && k >= 0 && k < a.Months && values != nil {
		return values[int(row)*a.Months+k]
	}
	return math.NaN()
}

// readLocals reads omrade_maaned and enhet, where they are.
func (b *builder) readLocals() (err error) {
	if b.Areas, err = b.readLocal("omrade_maaned", []string{"kommune", "nav_enhet", "fylke"}, []string{"ledighet", "stramhet"}); err != nil {
		return err
	}
	b.OfficeMonths, err = b.readLocal("enhet", []string{"nav_enhet"}, []string{"storrelse", "portefolje", "budsjett"})
	return err
}

// readLocal reads a table of figures by place and month. Several rows of a place and month are refused: which one counts
// is not for the program to say.
func (b *builder) readLocal(table string, places, figures []string) (*Local, error) {
	if !b.has(table) {
		return nil, nil
	}
	file, columns := b.file(table), b.columns[table]
	k := slices.IndexFunc(places, func(name string) bool { return slices.Contains(columns, name) })
	if k < 0 {
		return nil, fault.Dataf("missing_column", file, places[0], "there is no column that names the place; add `kommune`, `nav_enhet` or `fylke`, or name it in the mapping")
	}
	a := &Local{By: places[k], Place: map[string]int32{}, Values: map[string][]float64{}}
	figures = slices.DeleteFunc(slices.Clone(figures), func(name string) bool { return !slices.Contains(columns, name) })
	parts, err := collect(b.ctx, b.source, table, columns, b.opt.Workers)
	if err != nil {
		return nil, err
	}
	type row struct {
		place   int32
		month   calendar.Month
		figures []float64
		number  int64
	}
	var rows []row
	names := newInterner()
	dropped := b.ledger.rule(table, "place_or_month_missing", Dropped)
	last := calendar.Month(math.MinInt32)
	a.First = math.MaxInt32
	for _, part := range parts {
		t := part.Table
		months := make([]calendar.Month, t.Rows)
		if err := fillMonths(file, t.Column("maaned"), months); err != nil {
			return nil, err
		}
		x, f := textColumns{file: file, t: t}, numberColumns{file: file, t: t}
		place := x.read(a.By)
		var each []func(int) float64
		for _, name := range figures {
			each = append(each, f.read(name))
		}
		if err := cmp.Or(x.err, f.err); err != nil {
			return nil, err
		}
		for i, m := range months {
			code := place(i)
			if a.By == "fylke" {
				code = countyCode(code)
			}
			if code == "" || m == noMonth || m == badMonth {
				dropped.add(noPerson)
				continue
			}
			a.First, last = min(a.First, m), max(last, m)
			r := row{names.of(code), m, make([]float64, len(each)), part.Row + int64(i) + 1}
			for j, figure := range each {
				r.figures[j] = figure(i)
			}
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil, b.empty(table)
	}
	codes, order := names.sorted()
	for i, code := range codes {
		a.Place[code] = int32(i)
	}
	a.Months = int(last-a.First) + 1
	cells := len(codes) * a.Months
	for _, name := range figures {
		a.Values[name] = nans(cells)
	}
	seen := make([]bool, cells)
	for _, r := range rows {
		k := int(order[r.place])*a.Months + int(r.month-a.First)
		if seen[k] {
			return nil, fault.Dataf("duplicate_row", file, a.By, "a `%s` has several rows in %s; keep one row a place and month", a.By, r.month).At(r.number)
		}
		seen[k] = true
		for j, name := range figures {
			a.Values[name][k] = r.figures[j]
		}
	}
	return a, nil
}

func nans(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = math.NaN()
	}
	return x
}

// LocalUnemployment is `ledighet` where a person lived on the first day of a month, in that month; NaN where the place or
// its figure is not known. The place is that of person_historikk, otherwise the undated one of person (kommune has no
// undated value).
func (r *Register) LocalUnemployment(person int32, m calendar.Month) float64 {
	return r.Areas.At("ledighet", r.placeOf(r.Areas, person, m), m)
}

// LocalTightness is `stramhet` in the same way.
func (r *Register) LocalTightness(person int32, m calendar.Month) float64 {
	return r.Areas.At("stramhet", r.placeOf(r.Areas, person, m), m)
}

// OfficeFigure is a figure of enhet (storrelse, portefolje, budsjett) for the office of a person on the first day of a
// month, in that month; NaN where it is not known.
func (r *Register) OfficeFigure(column string, person int32, m calendar.Month) float64 {
	return r.OfficeMonths.At(column, r.placeOf(r.OfficeMonths, person, m), m)
}

// AreaOf is the place of omrade_maaned in which a person lived on the first day of a month, "" where it is not known.
func (r *Register) AreaOf(person int32, m calendar.Month) string {
	return r.placeOf(r.Areas, person, m)
}

// OfficeOf is the office of enhet in the same way.
func (r *Register) OfficeOf(person int32, m calendar.Month) string {
	return r.placeOf(r.OfficeMonths, person, m)
}

// placeOf is the code of the place by which a table goes, "" where it is not known.
func (r *Register) placeOf(a *Local, person int32, m calendar.Month) string {
	if a == nil {
		return ""
	}
	d, _ := r.PersonOn(person, m.First())
	switch {
	case a.By == "kommune" && d.Municipality >= 0:
		return r.Municipalities[d.Municipality]
	case a.By == "nav_enhet" && d.Office >= 0:
		return r.Persons.Offices[d.Office]
	case a.By == "fylke" && d.County >= 0:
		return r.Persons.Counties[d.County]
	}
	return ""
}
