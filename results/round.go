package results

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/internal/fault"
)

// Round rounds what Suppress has left in the tables, in place, so that no count of persons can be read from it or computed
// from it more closely than to the nearest n:
//
//   - a count of persons, or of their rows, to the nearest n, and never to 0 where it is over 0;
//
//   - a share of persons to a multiple of the unit that belongs to the m persons it is of (shareUnit): at least n of them
//     lie within one unit, so that share times count tells the number no closer than the count itself. A share over 0 and
//     under 1 is never rounded to 0 or 1, and one whose unit would be over a quarter is taken away. Where two arms stand in
//     a row both have the unit of the smaller;
//
//   - a standard error to two digits, and an effect, its limits and bands to the decimal of the second; where one person of the m
//     is more than that, the effect to a step of 1/m or over and the error to half of it (see personStep);
//
//   - p-values and statistics of tests to two digits, since they are functions of the two;
//
//   - every other figure, means of amounts among them, to three digits: a mean with all its digits has the number that it
//     is divided by in it.
//
//   - a sum of kroner to what the rounded count makes of it: its quotient with the mean is the count;
//
//   - of diagnostics the counts and shares alike; the largest share of the weight, 1/m where all weigh the same, to one digit.
//
// n must lie between the limit of Suppress and twice that: then the
// differences of two rounded counts are none or no small cell, and no count that is shown is under n/2. It is called once,
// after Suppress and Attack; internal counts must still be in the rows. n under 2 rounds nothing.
func Round(t *Tables, n int) {
	if n < 2 {
		return
	}
	r := newRounder(t, n)
	r.sums(t)
	sizes := map[string][]int{}
	for _, e := range t.each() {
		sizes[e.name] = r.sizes(e.rows)
	}
	for _, e := range t.each() {
		rows := reflect.ValueOf(e.rows)
		fields := fieldsOf(rows.Type().Elem())
		for i := range rows.Len() {
			r.row(e.name, rows.Index(i), fields, sizes[e.name][i])
		}
	}
	for i := range t.Diagnostics {
		d := &t.Diagnostics[i]
		d.Value, d.Text = r.diagnostic(d), r.sentence(d.Text)
	}
	t.Round = n
}

// rounder rounds the numbers of tables to n.
type rounder struct {
	n     int
	cells map[cellKey]int // the fewest persons or starts that a shown row of the cell is of
	of    map[*Chain]int  // of how many its share is
}

func newRounder(t *Tables, n int) *rounder {
	r := &rounder{n, map[cellKey]int{}, map[*Chain]int{}}
	note := func(tiltak, group string, counts ...int) {
		k := cellKey{tiltak, group}
		for _, c := range counts {
			if was := r.cells[k]; c > 0 && (was == 0 || c < was) {
				r.cells[k] = c
			}
		}
	}
	for i := range t.Estimates {
		e := &t.Estimates[i]
		note(e.Tiltak, e.Group, e.NPersonsTreated, e.NStarts)
	}
	for i := range t.Composition {
		c := &t.Composition[i]
		note(c.Tiltak, c.Group, c.NPersons)
	}
	for i := range t.Chains {
		r.of[&t.Chains[i]] = whole(t.Chains[i].Persons, t.Chains[i].Share)
	}
	return r
}

// sums turns sums of kroner into those of the rounded counts.
func (r *rounder) sums(t *Tables) {
	key := func(c *Cost) string {
		year := ""
		if c.Year != nil {
			year = strconv.Itoa(*c.Year)
		}
		return join(c.Tiltak, c.Group, year, c.Measure)
	}
	scaled := func(sum, mean float64) float64 {
		n := math.Round(sum / mean)
		if !(n >= 1) || math.IsInf(n, 0) {
			return significant(sum, 1)
		}
		return sum / n * r.count(n)
	}
	for _, at := range grouped(t.Costs, key) {
		mean := math.NaN()
		for _, i := range at {
			if t.Costs[i].Statistic == "mean" {
				mean = t.Costs[i].Value
			}
		}
		for _, i := range at {
			if c := &t.Costs[i]; c.Statistic == "sum" && !math.IsNaN(c.Value) {
				c.Value = scaled(c.Value, mean)
			}
		}
	}
	for i := range t.Portfolio {
		if p := &t.Portfolio[i]; !math.IsNaN(p.CostTotal) {
			p.CostTotal = scaled(p.CostTotal, p.CostPerParticipation)
		}
	}
}

// diagnostic is the rounded value of one.
func (r *rounder) diagnostic(d *Diagnostic) float64 {
	switch {
	case math.IsNaN(d.Value):
	case strings.HasPrefix(d.Name, "n_"), slices.Contains(countDiagnostics, d.Name):
		return r.count(d.Value)
	case strings.HasPrefix(d.Name, "share_"), strings.HasPrefix(d.Name, "stay_left_"), strings.HasPrefix(d.Name, "stay_truncated_"), d.Name == "base_known":
		return share(d.Value, r.shareUnit(r.cells[cellKey{d.Tiltak, d.Group}]), math.Round)
	case d.Name == "largest_weight_share":
		return significant(d.Value, 1)
	}
	return d.Value
}

// shareUnits are the steps in which shares go out.
var shareUnits = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .25}

// shareUnit is the least of shareUnits that is at least n of the persons that the share is of, whichever number of them the
// rounded count allows; 0 where none is. Of unknown persons it is five per cent.
func (r *rounder) shareUnit(persons int) float64 {
	if persons <= 0 {
		return .05
	}
	n := float64(r.n)
	least := r.count(float64(persons)) - n/2
	for _, u := range shareUnits {
		if u*least >= n-1e-9 {
			return u
		}
	}
	return 0
}

// count rounds to the nearest n, never to 0.
func (r *rounder) count(x float64) float64 {
	if !(x > 0) {
		return x
	}
	n := float64(r.n)
	return max(n, n*math.Round(x/n))
}

// share rounds a share to a unit, by the given function; NaN where there is no unit.
func share(x, unit float64, round func(float64) float64) float64 {
	switch {
	case unit == 0:
		return math.NaN()
	case x <= 0 || x >= 1:
		return x
	}
	y := round(x/unit) * unit
	return clean(min(max(y, unit), 1-unit))
}

// clean takes away what multiplication with a unit adds in the last digits.
func clean(x float64) float64 { return math.Round(x*1e6) / 1e6 }

// significant rounds to so many digits.
func significant(x float64, digits int) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	return y
}

// effect rounds one, or a limit of it, to the decimal of the second digit of its standard error, or to the step of one
// person where that is more.
func (r *rounder) effect(x, se float64, persons int) float64 {
	if math.IsInf(x, 0) {
		return x
	}
	if u := r.personStep(se, persons); u > 0 {
		return clean(math.Round(x/u) * u)
	}
	power := secondDigit(se)
	if power >= 0 {
		unit := math.Pow10(power)
		return math.Round(x/unit) * unit
	}
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'f', -power, 64), 64)
	return y
}

// stdError rounds a standard error to two digits, or to half the step of one person where the effect is rounded to that.
func (r *rounder) stdError(se float64, persons int) float64 {
	if u := r.personStep(se, persons); u > 0 {
		return clean(max(1, math.Round(2*se/u)) * u / 2)
	}
	return significant(se, 2)
}

// personStep is the step in which effects on 0/1 outcomes go where one of the persons that they are of is more than the second
// digit of the error, 0 where it is not: a difference of matched pairs is a whole number of them over their number, and
// would else tell that number.
func (r *rounder) personStep(se float64, persons int) float64 {
	if persons <= 0 {
		return 0
	}
	one := 1 / max(1, r.count(float64(persons))-float64(r.n)/2)
	for _, u := range personSteps {
		if u >= one {
			if u > math.Pow10(secondDigit(se)) {
				return u
			}
			return 0
		}
	}
	return 0
}

var personSteps = append(slices.Clone(shareUnits), .5, 1)

// secondDigit is the power of ten of the second digit of a number over 0.
func secondDigit(x float64) int { return int(math.Floor(math.Log10(significant(x, 2)))) - 1 }

// row rounds one row of a table, whose shares are of so many persons.
func (r *rounder) row(table string, v reflect.Value, fields []field, size int) {
	unit := r.shareUnit(size)
	se := math.NaN()
	for _, f := range fields {
		if f.name == "std_error" {
			se = v.Field(f.index).Float()
		}
	}
	taken := false
	for _, f := range fields {
		at := v.Field(f.index)
		what := kinds[table][f.name]
		if c, ok := v.Addr().Interface().(*Cost); ok && f.name == "value" {
			what = kindOfCost(c)
		}
		if c, ok := v.Addr().Interface().(*CostEffect); ok && f.name == "estimate" && c.Statistic == "unpriced_share" {
			what = level
		}
		switch at.Kind() {
		case reflect.Int:
			if what == count {
				at.SetInt(int64(r.count(float64(at.Int()))))
			}
		case reflect.Float64:
			x := at.Float()
			if math.IsNaN(x) {
				continue
			}
			asShare, unit := x >= 0 && x <= 1, unit
			if c, ok := v.Addr().Interface().(*Chain); ok && f.name == "share" {
				unit = r.shareUnit(r.of[c])
			}
			switch {
			case what == count:
				x = r.count(x)
			case what == level && asShare && !r.roundedAlready(v):
				x = share(x, unit, math.Round)
				taken = taken || math.IsNaN(x)
			case what == lowest && asShare && !r.roundedAlready(v):
				if x = share(x, unit, math.Floor); unit > 0 && x <= unit {
					x = 0
				}
			case what == highest && asShare && !r.roundedAlready(v):
				if x = share(x, unit, math.Ceil); unit > 0 && x >= 1-unit {
					x = 1
				}
			case what == effect && f.name != "std_error" && se > 0 && !math.IsInf(se, 0):
				x = r.effect(x, se, size)
			case what == effect && f.name == "std_error" && x > 0 && !math.IsInf(x, 0):
				x = r.stdError(x, size)
			case what == effect, what == figure, what == level && !asShare:
				x = significant(x, 3)
			case what == pvalue:
				x = significant(x, 2)
			}
			at.SetFloat(x)
		}
	}
	if d, ok := v.Addr().Interface().(*Descriptive); ok { // what the rounded shares say
		d.Difference = clean(d.ShareTreated - d.ShareComparison)
	}
	if taken {
		if d, ok := v.Addr().Interface().(*Duration); ok {
			d.StdError, d.ConfLow, d.ConfHigh = math.NaN(), math.NaN(), math.NaN()
		}
		switch table {
		case "durations", "descriptive", "overlap":
			v.FieldByName("Reason").SetString(string(suppressed))
		}
	}
}

// roundedAlready tells rows whose shares Suppress has rounded, to a unit that is coarser.
func (r *rounder) roundedAlready(v reflect.Value) bool {
	switch d := v.Addr().Interface().(type) {
	case *Duration:
		return roundedMeasure(d.Measure)
	case *DurationShare:
		return true
	}
	return false
}

func kindOfCost(c *Cost) kind {
	switch c.Statistic {
	case "n", "unpriced":
		return count
	case "share_in_bin":
		return level
	}
	return figure
}

// wordedCount is a number of persons, or of rows of them, in a sentence.
var wordedCount = regexp.MustCompile(`\b([0-9]+) (rows?|comparison rows|participations?|persons?|starts?|registrations?|spells?|links?)\b`)

// sentence rounds the counts in one.
func (r *rounder) sentence(text string) string {
	return wordedCount.ReplaceAllStringFunc(text, func(s string) string {
		m := wordedCount.FindStringSubmatch(s)
		x, err := strconv.Atoi(m[1])
		if err != nil {
			return s
		}
		return strconv.Itoa(int(r.count(float64(x)))) + " " + m[2]
	})
}

// ofAll is "12 of 345" before what wordedCount counts.
var ofAll = regexp.MustCompile(`\b([0-9]+) of ([0-9]+) (rows|participations|persons|starts)\b`)

// RoundWarnings rounds the counts in warnings, in place, as Round does those of tables.
func RoundWarnings(warnings []fault.Warning, n int) {
	if n < 2 {
		return
	}
	r := rounder{n: n}
	for i := range warnings {
		text := ofAll.ReplaceAllStringFunc(warnings[i].Message, func(s string) string {
			m := ofAll.FindStringSubmatch(s)
			part, _, _ := strings.Cut(r.sentence(m[1]+" "+m[3]), " ")
			return part + " of " + m[2] + " " + m[3]
		})
		warnings[i].Message = r.sentence(text)
	}
}
