package catalog

import (
	"cmp"
	"math"
	"slices"

	"tiltakseffekt/internal/calendar"
)

// Limit is the longest duration that the regulation allows somebody.
type Limit struct {
	Variant string // for whom; "alle" for everybody
	Max     float64
	Unit    string // uker or maneder
	Valid   Period
	Provenance
}

// Months is the limit in months.
func (l Limit) Months() float64 {
	if l.Unit == "uker" {
		return l.Max * weekMonths
	}
	return l.Max
}

// Limits are the rules on how long a tiltak may last for somebody who starts on a day, in the order of the table.
func (c *Catalog) Limits(tiltak string, day calendar.Date) []Limit {
	var limits []Limit
	for _, l := range c.limits[tiltak] {
		if l.Valid.Contains(day) {
			limits = append(limits, l)
		}
	}
	return limits
}

// MaxMonths is the longest that anybody may stay in a tiltak by the rules on a day, in months: the longest of Limits,
// otherwise the ceiling of the table tiltak; NaN where there is no ceiling or it is unknown. Most people's own limit is
// shorter, so that a stay beyond it need not show.
func (c *Catalog) MaxMonths(tiltak string, day calendar.Date) float64 {
	longest := math.NaN()
	for _, l := range c.Limits(tiltak, day) {
		if m := l.Months(); !(m <= longest) {
			longest = m
		}
	}
	if math.IsNaN(longest) {
		if t, ok := c.tiltak[tiltak]; ok {
			return t.MaxMonths()
		}
	}
	return longest
}

func (c *Catalog) readLimits(records map[string][]record) error {
	c.limits = map[string][]Limit{}
	for _, r := range records["varigheter"] {
		if err := c.refersTo(r); err != nil {
			return err
		}
		l := Limit{Variant: r.text("variant"), Max: r.amount("maks"), Unit: r.text("enhet"), Valid: r.period(), Provenance: provenance(r)}
		if l.Max <= 0 {
			return r.fail("bad_value", "maks", "column `maks` holds %g; a duration is more than 0, and a tiltak without a limit has no row", l.Max)
		}
		code := r.text("tiltakskode")
		c.limits[code] = append(c.limits[code], l)
	}
	return nil
}

// sortedByPeriod is the rows in the order of their periods; rows that begin on the same day keep their order.
func sortedByPeriod(records []record) []record {
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b record) int { return cmp.Compare(a.period().From, b.period().From) })
	return sorted
}

// sortSteps sorts the steps of a rule by where they begin.
func sortSteps[T any](steps []T, begin func(T) float64) {
	slices.SortStableFunc(steps, func(a, b T) int { return cmp.Compare(begin(a), begin(b)) })
}
