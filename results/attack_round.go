package results

import (
	"math"
	"reflect"
)

// roundedRun attacks a run whose counts are rounded to t.Round. It was attacked with its exact figures before it was rounded
// (nothing is written otherwise), and differences of rounded counts are none or at least the limit; what is left to try is
// to read a number of persons more closely than to the nearest: from a count that is not rounded, from a share times its
// count, from a mean or an error with so many digits that one count alone makes them, and from a sum of kroner over its mean.
func (a *attacker) roundedRun(t *Tables) {
	n := float64(t.Round)
	for _, e := range t.each() {
		rows := reflect.ValueOf(e.rows)
		fields := fieldsOf(rows.Type().Elem())
		for _, f := range fields {
			hits := 0
			for i := range rows.Len() {
				row := rows.Index(i)
				what := kinds[e.name][f.name]
				if c, ok := row.Addr().Interface().(*Cost); ok && f.name == "value" {
					what = kindOfCost(c)
				}
				if !a.closer(row.Field(f.index), what, n) {
					continue
				}
				if hits++; hits == 1 {
					a.hit("%s, row %d: `%s` is %v, and counts are rounded to %d", e.name, i+1, f.name, row.Field(f.index).Interface(), t.Round)
				}
			}
		}
	}
	for i := range t.Estimates { // the share times the count
		e := &t.Estimates[i]
		for _, x := range []float64{e.MeanTreated, e.MeanComparison} {
			if x > 0 && x < 1 && e.NStarts > 0 && !compatible(x, float64(e.NStarts), n) {
				a.hit("%s: a share of %v of about %d", nameOf(e), x, e.NStarts)
			}
		}
	}
	for i := range t.Composition {
		c := &t.Composition[i]
		if x := c.MeanStarts; x > 0 && x < 1 && c.NStarts > 0 && !compatible(x, float64(c.NStarts), n) {
			a.hit("composition: %s, %s, %s: a share of %v of about %d", c.Tiltak, c.Group, c.Variable, x, c.NStarts)
		}
	}
	for i := range t.Diagnostics {
		d := &t.Diagnostics[i]
		r := rounder{n: t.Round}
		if r.sentence(d.Text) != d.Text {
			a.hit("diagnostics: %s, %s, %s: a count in `text`", d.Tiltak, d.Group, d.Name)
		}
	}
}

// closer tells that a figure tells more than a rounded one.
func (a *attacker) closer(v reflect.Value, what kind, n float64) bool {
	x := 0.
	switch v.Kind() {
	case reflect.Int:
		x = float64(v.Int())
	case reflect.Float64:
		x = v.Float()
	default:
		return false
	}
	if math.IsNaN(x) || what == fixed {
		return false
	}
	switch asShare := x >= 0 && x <= 1; {
	case what == count:
		return x > 0 && math.Mod(x, n) != 0
	case (what == level || what == lowest || what == highest) && asShare:
		return math.Abs(1000*x-math.Round(1000*x)) > 1e-6
	case what == effect: // to the second digit of an error: never more than six, where it is a millionth of the estimate
		return significant(x, 6) != x
	case what == pvalue:
		return significant(x, 2) != x
	}
	return significant(x, 3) != x
}

// compatible tells that a share rounded to one of shareUnits allows at least n numbers of those that make it. The finest unit
// that the share is a multiple of is taken.
func compatible(x, m, n float64) bool {
	for i := len(shareUnits) - 1; i >= 0; i-- {
		u := shareUnits[i]
		if math.Abs(x/u-math.Round(x/u)) < 1e-6 || math.Abs((1-x)/u-math.Round((1-x)/u)) < 1e-6 {
			return u*(m+n/2) >= n-1e-9
		}
	}
	return false
}
