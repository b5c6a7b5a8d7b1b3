package results

import (
	"maps"
	"math"
	"slices"
)

// sum is a published sum: the member total is the sum of the members parts.
type sum struct {
	total int
	parts []int
}

// audit solves the sums for every small hidden member, as a reader could, and where one can be had it hides one more
// member of a sum that it stands in: the smallest that is shown. Rules by line (complete) leave few such cases: they meet
// where a cell stands in several sums, such as groups × years with both margins. It tells whether it hid anything; call it
// until it does not.
//
// Shown members are known numbers, so that the hidden ones stand in the linear system of the sums alone. A member is known
// exactly where the reduced system (Gauss–Jordan with partial pivoting on coefficients 0 and ±1) has a row with nothing
// but it.
func audit(members []member, sums []sum) bool {
	column := make([]int, len(members))
	var hidden []int
	sensitive := false
	for i, m := range members {
		column[i] = -1
		if m.hidden {
			column[i] = len(hidden)
			hidden = append(hidden, i)
			sensitive = sensitive || m.small
		}
	}
	if !sensitive {
		return false
	}
	var rows [][]float64
	for _, s := range sums {
		row := make([]float64, len(hidden))
		some := false
		put := func(i int, v float64) {
			if c := column[i]; c >= 0 {
				row[c] += v
				some = true
			}
		}
		put(s.total, -1)
		for _, i := range s.parts {
			put(i, 1)
		}
		if some {
			rows = append(rows, row)
		}
	}
	for _, c := range solved(rows, len(hidden)) {
		k := hidden[c]
		if !members[k].small {
			continue
		}
		best := cover(members, sums, func(i int) bool { return i == k })
		if best < 0 { // all that stands with it is hidden or empty: then in a sum of one of those
			beside := map[int]bool{}
			for _, s := range sums {
				if all := s.members(); slices.Contains(all, k) {
					for _, i := range all {
						beside[i] = members[i].hidden
					}
				}
			}
			best = cover(members, sums, func(i int) bool { return beside[i] })
		}
		if best >= 0 {
			members[best].hide()
			return true
		}
	}
	return false
}

func (s sum) members() []int { return append([]int{s.total}, s.parts...) }

// cover is the smallest member that is shown in a sum with one of those wanted, −1 for none.
func cover(members []member, sums []sum, wanted func(int) bool) int {
	best := -1
	for _, s := range sums {
		all := s.members()
		if !slices.ContainsFunc(all, wanted) {
			continue
		}
		for _, i := range all {
			if m := members[i]; !m.hidden && m.size > 0 && (best < 0 || m.size < members[best].size) {
				best = i
			}
		}
	}
	return best
}

// solved reduces a system and lists the columns that it determines.
func solved(rows [][]float64, columns int) []int {
	const zero = 1e-9
	var out []int
	at := 0
	for c := 0; c < columns && at < len(rows); c++ {
		best := at
		for i := at + 1; i < len(rows); i++ {
			if math.Abs(rows[i][c]) > math.Abs(rows[best][c]) {
				best = i
			}
		}
		if math.Abs(rows[best][c]) < zero {
			continue
		}
		rows[at], rows[best] = rows[best], rows[at]
		pivot := rows[at][c]
		for k := range rows[at] {
			rows[at][k] /= pivot
		}
		for i := range rows {
			if f := rows[i][c]; i != at && math.Abs(f) > zero {
				for k := range rows[i] {
					rows[i][k] -= f * rows[at][k]
				}
			}
		}
		at++
	}
	for _, row := range rows[:at] {
		n, last := 0, -1
		for c, v := range row {
			if math.Abs(v) > zero {
				n, last = n+1, c
			}
		}
		if n == 1 {
			out = append(out, last)
		}
	}
	return out
}

// audit solves groups × subset values of an estimate, where the rules by line have nothing more to do.
func (w *estimateRules) audit() (changed bool) {
	key := func(e *Estimate) string {
		return join(e.Tiltak, e.Outcome, e.Method, monthOf(e), e.Window, target(e), e.Comparison, e.LaterEntry, e.Sample, e.Definition, e.CovariateSet, e.Role)
	}
	for _, cell := range grouped(w.orig, key) {
		parts := w.parts[w.orig[cell[0]].Tiltak]
		hidden := false
		place := map[[3]string]int{}
		for m, i := range cell {
			e := &w.orig[i]
			place[[3]string{e.Group, e.SubsetVar, e.SubsetValue}] = m
			hidden = hidden || w.hidden[i] && w.small[i]
		}
		if !hidden {
			continue
		}
		var sums []sum
		for m, i := range cell {
			e := &w.orig[i]
			for _, p := range parts {
				if p.total != e.Group {
					continue
				}
				s := sum{total: m}
				for _, g := range p.parts {
					if k, ok := place[[3]string{g, e.SubsetVar, e.SubsetValue}]; ok {
						s.parts = append(s.parts, k)
					}
				}
				sums = append(sums, s)
			}
			if e.SubsetVar != "" {
				continue
			}
			values := map[string]*sum{}
			for k, j := range cell {
				o := &w.orig[j]
				if o.Group != e.Group || o.SubsetVar == "" {
					continue
				}
				if values[o.SubsetVar] == nil {
					values[o.SubsetVar] = &sum{total: m}
				}
				values[o.SubsetVar].parts = append(values[o.SubsetVar].parts, k)
			}
			for _, v := range slices.Sorted(maps.Keys(values)) {
				sums = append(sums, *values[v])
			}
		}
		changed = audit(w.members(cell, "part of several sums"), sums) || changed
	}
	return changed
}
