package results

import "reflect"

// fewest is the least positive of some numbers, 0 where there is none.
func fewest(counts ...int) int {
	least := 0
	for _, c := range counts {
		if c > 0 && (least == 0 || c < least) {
			least = c
		}
	}
	return least
}

// sizes is, for each row of a table, of how many persons its shares are; 0 where nobody knows.
func (r *rounder) sizes(rows any) []int {
	v := reflect.ValueOf(rows)
	out := make([]int, v.Len())
	switch rows := rows.(type) {
	case []Estimate:
		for i := range rows {
			e := &rows[i]
			out[i] = fewest(e.NPersonsTreated, e.NPersonsComparison, e.NStarts, int(e.ESS))
		}
	case []Balance:
		for i := range rows {
			out[i] = fewest(rows[i].PersonsTreated, rows[i].PersonsComparison)
		}
	case []Overlap:
		for _, arm := range grouped(rows, func(o *Overlap) string { return join(o.Tiltak, o.Group, o.Method, o.Arm) }) {
			all := 0
			for _, i := range arm {
				all += max(rows[i].Persons, 0)
			}
			for _, i := range arm {
				out[i] = all
			}
		}
	case []Composition:
		for i := range rows {
			out[i] = fewest(rows[i].NPersons, r.cells[cellKey{rows[i].Tiltak, rows[i].Group}])
		}
	case []Duration: // one unit a curve, so that it stays monotone
		for _, curve := range grouped(rows, func(d *Duration) string { return join(d.Tiltak, d.Group, d.Measure) }) {
			all := 0
			for _, i := range curve {
				all = max(all, rows[i].riskPersons(), rows[i].NRisk)
			}
			for _, i := range curve {
				out[i] = all
			}
		}
	case []DurationShare:
		for i := range rows {
			out[i] = fewest(rows[i].NStarts, max(rows[i].With, 0)+max(rows[i].Without, 0))
		}
	case []Descriptive:
		for i := range rows {
			d := &rows[i]
			out[i] = fewest(d.Treated.With+d.Treated.Without, d.Comparison.With+d.Comparison.Without)
		}
	case []Cost:
		for i := range rows {
			out[i] = fewest(rows[i].Persons, r.cells[cellKey{rows[i].Tiltak, rows[i].Group}])
		}
	case []Placebo:
		for i := range rows {
			out[i] = fewest(rows[i].PersonsTreated, rows[i].PersonsComparison)
		}
	case []PreEffect:
		for i := range rows {
			out[i] = r.cells[cellKey{rows[i].Tiltak, rows[i].Group}]
		}
	case []Sensitivity:
		for i := range rows {
			out[i] = r.cells[cellKey{rows[i].Tiltak, rows[i].Group}]
		}
	case []Heterogeneity:
		for i := range rows {
			out[i] = r.cells[cellKey{rows[i].Tiltak, rows[i].Group}]
		}
	case []Reform:
		for i := range rows {
			f := &rows[i]
			out[i] = fewest(f.PersonsEligibleAfter, f.PersonsEligibleBefore, f.PersonsOthersAfter, f.PersonsOthersBefore)
		}
	case []CostEffect:
		for i := range rows {
			out[i] = r.cells[cellKey{rows[i].Tiltak, rows[i].Group}]
		}
	case []Portfolio:
		for i := range rows {
			out[i] = fewest(rows[i].Starts, r.cells[cellKey{rows[i].Tiltak, rows[i].Group}])
		}
	case []Transition:
		for i := range rows {
			out[i] = whole(rows[i].Persons, rows[i].Share)
		}
	case []Chain: // of those that can be followed; the share of the chain itself is apart, in row
		for i := range rows {
			out[i] = fewest(rows[i].Followed)
		}
	case []ChainState:
		for i := range rows {
			out[i] = whole(rows[i].Persons, rows[i].Share)
		}
	case []ChainType:
		for i := range rows {
			out[i] = whole(rows[i].Persons, rows[i].Share)
		}
	}
	return out
}

// whole is of how many a share is that so many persons make.
func whole(persons int, share float64) int {
	if persons <= 0 || !(share > 0) {
		return 0
	}
	return int(float64(persons) / share)
}
