package register

import (
	"cmp"
	"math"

	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Areas are the local conditions of omrade_maaned: one series of months a place. By says which column names the place:
// kommune, nav_enhet or fylke.
type Areas struct {
	By         string
	Place      map[string]int32 // code of the place → row
	First      calendar.Month
	Months     int
	Unemployed []float64 // ledighet: element row · Months + (month − First); NaN missing
	Tightness  []float64 // stramhet; nil where the table lacks it
}

// readAreas reads omrade_maaned, where it is. Several rows of a place and month are refused: which one counts is not for
// the program to say.
func (b *builder) readAreas() error {
	if !b.has("omrade_maaned") {
		return nil
	}
	file := b.file("omrade_maaned")
	by := ""
	for _, name := range []string{"kommune", "nav_enhet", "fylke"} {
		for _, c := range b.columns["omrade_maaned"] {
			if c == name && by == "" {
				by = name
			}
		}
	}
	if by == "" {
		return fault.Dataf("missing_column", file, "kommune", "there is no column that names the place; add `kommune`, `nav_enhet` or `fylke`, or name it in the mapping")
	}
	parts, err := collect(b.ctx, b.source, "omrade_maaned", b.columns["omrade_maaned"], b.opt.Workers)
	if err != nil {
		return err
	}
	type row struct {
		place             int32
		month             calendar.Month
		unemployed, tight float64
		number            int64
	}
	var rows []row
	places := newInterner()
	dropped := b.ledger.rule("omrade_maaned", "place_or_month_missing", Dropped)
	first, last := calendar.Month(math.MaxInt32), calendar.Month(math.MinInt32)
	for _, part := range parts {
		t := part.Table
		months := make([]calendar.Month, t.Rows)
		if err := fillMonths(file, t.Column("maaned"), months); err != nil {
			return err
		}
		x, f := textColumns{file: file, t: t}, numberColumns{file: file, t: t}
		place, unemployed, tight := x.read(by), f.read("ledighet"), f.read("stramhet")
		if err := cmp.Or(x.err, f.err); err != nil {
			return err
		}
		for i, m := range months {
			code := place(i)
			if by == "fylke" {
				code = countyCode(code)
			}
			if code == "" || m == noMonth || m == badMonth {
				dropped.add(noPerson)
				continue
			}
			first, last = min(first, m), max(last, m)
			rows = append(rows, row{places.of(code), m, unemployed(i), tight(i), part.Row + int64(i) + 1})
		}
	}
	if len(rows) == 0 {
		return b.empty("omrade_maaned")
	}
	names, order := places.sorted()
	a := &Areas{By: by, Place: make(map[string]int32, len(names)), First: first, Months: int(last-first) + 1}
	for i, name := range names {
		a.Place[name] = int32(i)
	}
	cells := len(names) * a.Months
	seen := make([]bool, cells)
	a.Unemployed, a.Tightness = nans(cells), nans(cells)
	for _, r := range rows {
		k := int(order[r.place])*a.Months + int(r.month-first)
		if seen[k] {
			return fault.Dataf("duplicate_row", file, by, "a `%s` has several rows in %s; keep one row a place and month", by, r.month).At(r.number)
		}
		seen[k], a.Unemployed[k], a.Tightness[k] = true, r.unemployed, r.tight
	}
	b.Areas = a
	return nil
}

func nans(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = math.NaN()
	}
	return x
}

// at is the series' value of a place in a month, NaN where there is none.
func (a *Areas) at(series []float64, code string, m calendar.Month) float64 {
	row, ok := a.Place[code]
	if k := int(m - a.First); ok && k >= 0 && k < a.Months && series != nil {
		return series[int(row)*a.Months+k]
	}
	return math.NaN()
}

// LocalUnemployment is `ledighet` where a person lived on the first day of a month, in that month; NaN where the place or
// its figure is not known. The place is that of person_historikk, otherwise the undated one of person (kommune has no
// undated value).
func (r *Register) LocalUnemployment(person int32, m calendar.Month) float64 {
	if r.Areas == nil {
		return math.NaN()
	}
	return r.Areas.at(r.Areas.Unemployed, r.placeOf(person, m), m)
}

// LocalTightness is `stramhet` in the same way.
func (r *Register) LocalTightness(person int32, m calendar.Month) float64 {
	if r.Areas == nil {
		return math.NaN()
	}
	return r.Areas.at(r.Areas.Tightness, r.placeOf(person, m), m)
}

// placeOf is the code of the place by which Areas goes, "" where it is not known.
func (r *Register) placeOf(person int32, m calendar.Month) string {
	d, _ := r.PersonOn(person, m.First())
	switch {
	case r.Areas.By == "kommune" && d.Municipality >= 0:
		return r.Municipalities[d.Municipality]
	case r.Areas.By == "nav_enhet" && d.Office >= 0:
		return r.Persons.Offices[d.Office]
	case r.Areas.By == "fylke" && d.County >= 0:
		return r.Persons.Counties[d.County]
	}
	return ""
}
