package catalog

import (
	"cmp"
	"slices"

	"tiltakseffekt/internal/calendar"
)

// G is a basic amount of folketrygden.
type G struct {
	From    calendar.Date
	Year    int     // it begins in
	Kroner  float64 // a year
	Average float64 // of the calendar year it begins in
	Provenance
}

// G is the basic amount on a day, kroner a year. exact is false before the first day of the table, where its first
// amount is given, and from 1 May of the year after its last, where a newer amount must have come.
func (c *Catalog) G(day calendar.Date) (g G, exact bool) {
	i, found := slices.BinarySearchFunc(c.g, day, func(g G, d calendar.Date) int { return cmp.Compare(g.From, d) })
	if !found {
		i--
	}
	if i < 0 {
		return c.g[0], false
	}
	return c.g[i], i < len(c.g)-1 || day < calendar.NewDate(c.g[i].Year+1, 5, 1)
}

// GAverage is the average of G over a calendar year; exact is false outside the table, where the nearest year is given.
func (c *Catalog) GAverage(year int) (kroner float64, exact bool) {
	i, found := slices.BinarySearchFunc(c.g, year, func(g G, y int) int { return cmp.Compare(g.Year, y) })
	if !found {
		i = max(0, i-1)
	}
	return c.g[i].Average, found
}

// Index is the consumer price index of a year.
type Index struct {
	Year  int
	Value float64
	Provenance
}

// KPI is the consumer price index of a year; exact is false outside the table, where the nearest year is given.
func (c *Catalog) KPI(year int) (k Index, exact bool) {
	i, found := slices.BinarySearchFunc(c.kpi, year, func(k Index, y int) int { return cmp.Compare(k.Year, y) })
	if !found {
		i = max(0, i-1)
	}
	return c.kpi[i], found
}

// KPIYears are the first and the last year of the consumer price index.
func (c *Catalog) KPIYears() (first, last int) { return c.kpi[0].Year, c.kpi[len(c.kpi)-1].Year }

// GYears are the first and the last year of the averages of G.
func (c *Catalog) GYears() (first, last int) {
	return c.g[0].Year, c.g[len(c.g)-1].Year
}

func (c *Catalog) readIndices(records map[string][]record) error {
	for _, r := range records["g"] {
		day, _ := calendar.ParseDate(r.text("gyldig_fra"))
		year, _, _ := day.Civil()
		g := G{From: day, Year: year, Kroner: r.amount("kr"), Average: r.amount("aarssnitt"), Provenance: provenance(r)}
		if g.Kroner <= 0 || g.Average <= 0 {
			return r.fail("bad_value", "kr", "G is more than 0; write kroner a year")
		}
		c.g = append(c.g, g)
	}
	slices.SortFunc(c.g, func(a, b G) int { return cmp.Compare(a.From, b.From) })
	for _, r := range records["kpi"] {
		k := Index{Year: int(r.amount("aar")), Value: r.amount("indeks"), Provenance: provenance(r)}
		if k.Value <= 0 {
			return r.fail("bad_value", "indeks", "column `indeks` holds %g; an index is more than 0", k.Value)
		}
		c.kpi = append(c.kpi, k)
	}
	slices.SortFunc(c.kpi, func(a, b Index) int { return cmp.Compare(a.Year, b.Year) })
	return nil
}
