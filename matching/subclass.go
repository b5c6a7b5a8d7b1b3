package matching

import (
	"cmp"
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
)

// Subclassed are rows weighted by cells: subclasses of the score, exact or coarsened cells, or matched sets of any size.
type Subclassed struct {
	Treated  []bool
	Weight   []float64 // 0 for rows of cells without both groups
	Subclass []int32   // number of the cell, from 0; −1 for rows without weight
	Cells    int       // cells with both groups
	Estimand Estimand
	Bounds   []float64 // of SubclassByScore: the inner bounds between subclasses, ascending

	sets *sets
}

// ByCell weights rows so that in each cell both groups weigh the same:
//
//	       treated           comparison
//	ATT    b                 b·T/C
//	ATC    b·C/T             b
//	ATE    b·(T+C)/T         b·(T+C)/C
//
// with b the base weight (nil: 1) and T and C its sums over the groups of the cell. Without base weights each group is then
// scaled to mean 1 over its rows of positive weight, as in MatchIt. Rows of cells with one group alone, or with a negative
// number, get 0: the effect is that on the rows kept.
func ByCell(cell []int32, treated []bool, base []float64, e Estimand) (*Subclassed, error) {
	if e > ATE {
		return nil, fault.Usagef("bad_flag", "cells weight to the att, atc or ate, not the %s", e)
	}
	sameLength("cell", len(cell), len(treated))
	highest := int32(-1)
	for _, c := range cell {
		highest = max(highest, c)
	}
	sums := make([][2]float64, highest+1)
	weight := func(i int) float64 {
		if base == nil {
			return 1
		}
		return base[i]
	}
	for i, c := range cell {
		if c >= 0 {
			sums[c][group(treated[i])] += weight(i)
		}
	}
	s := &Subclassed{Treated: treated, Weight: make([]float64, len(cell)), Subclass: make([]int32, len(cell)), Estimand: e}
	number := make([]int32, highest+1)
	for c := range sums {
		number[c] = -1
		if sums[c][0] > 0 && sums[c][1] > 0 {
			number[c] = int32(s.Cells)
			s.Cells++
		}
	}
	for i, c := range cell {
		s.Subclass[i] = -1
		if c < 0 || number[c] < 0 {
			continue
		}
		s.Subclass[i] = number[c]
		own, both := sums[c][group(treated[i])], sums[c][0]+sums[c][1]
		switch {
		case e == ATE:
			s.Weight[i] = weight(i) * both / own
		case treated[i] == (e == ATT):
			s.Weight[i] = weight(i)
		default:
			s.Weight[i] = weight(i) * (both - own) / own
		}
	}
	if s.Cells == 0 {
		return nil, fault.Dataf("no_overlap", "", "", "no cell has rows of both groups; use fewer or coarser columns")
	}
	if base == nil {
		scaleToMeanOne(s.Weight, treated)
	}
	return s, nil
}

// CellsOf numbers the distinct combinations of the columns in order of first appearance; rows left out get −1.
func CellsOf(columns [][]int32, n int, leave []bool) []int32 {
	cell := make([]int32, n)
	for _, c := range columns {
		sameLength("exact column", len(c), n)
		index := make(map[[2]int32]int32)
		for i, v := range c {
			if leave != nil && leave[i] {
				cell[i] = -1
				continue
			}
			key := [2]int32{cell[i], v}
			number, ok := index[key]
			if !ok {
				number = int32(len(index))
				index[key] = number
			}
			cell[i] = number
		}
	}
	return cell
}

// SturgesBins is ⌈log₂ n + 1⌉ (Sturges 1926).
func SturgesBins(n int) int { return int(math.Ceil(math.Log2(float64(n)) + 1)) }

// Coarsen cuts a column into bins of equal width from its minimum to its maximum, closed below, the outer ones open to
// infinity, as MatchIt's coarsened exact matching does (Iacus, King and Porro 2012, Political Analysis 20:1).
func Coarsen(x []float64, bins int) []int32 {
	lo, hi := slices.Min(x), slices.Max(x)
	out := make([]int32, len(x))
	if lo == hi || bins < 2 {
		return out
	}
	bounds := make([]float64, bins-1)
	for b := range bounds {
		bounds[b] = lo + (hi-lo)*float64(b+1)/float64(bins)
	}
	for i, v := range x {
		b, found := slices.BinarySearch(bounds, v)
		if found {
			b++
		}
		out[i] = int32(b)
	}
	return out
}

// SubclassByScore cuts the score at its quantiles among the rows whose effect is estimated (all rows for the ATE; type 7,
// Hyndman and Fan 1996) into count subclasses of that group, closed below. Where a subclass lacks one group, the nearest
// rows of that group are taken over from the neighbouring subclasses, so that no row is lost (MatchIt's min.n = 1); tie
// rows go by their order. leave marks rows outside common support (nil: none).
//
// It is an error where a group has fewer rows than there are subclasses, or the quantiles coincide so that fewer than two
// subclasses are left.
func SubclassByScore(score []float64, treated []bool, base []float64, leave []bool, count int, e Estimand) (*Subclassed, error) {
	n := len(score)
	sameLength("Treated", len(treated), n)
	var focal []float64
	for i, s := range score {
		if (leave == nil || !leave[i]) && (e == ATE || treated[i] == (e == ATT)) {
			focal = append(focal, s)
		}
	}
	if len(focal) == 0 {
		return nil, fault.Dataf("too_few_rows", "", "", "no row whose effect is wanted is on common support; choose another rule")
	}
	slices.Sort(focal)
	var bounds []float64
	for k := 1; k < count; k++ {
		bounds = append(bounds, quantile7(focal, float64(k)/float64(count)))
	}
	bounds = slices.Compact(bounds)
	if len(bounds) == 0 && count > 1 {
		return nil, fault.Dataf("too_few_rows", "", "", "the score has too few distinct values for %d subclasses", count)
	}
	cell := make([]int32, n)
	for i, s := range score {
		if leave != nil && leave[i] {
			cell[i] = -1
			continue
		}
		b, found := slices.BinarySearch(bounds, s)
		if found {
			b++
		}
		cell[i] = int32(b)
	}
	for g := range 2 {
		if err := fillSubclasses(cell, score, treated, g, len(bounds)+1); err != nil {
			return nil, err
		}
	}
	s, err := ByCell(cell, treated, base, e)
	if err != nil {
		return nil, err
	}
	s.Bounds = bounds
	return s, nil
}

// quantile7 is the quantile of sorted values by linear interpolation at (n−1)p.
func quantile7(sorted []float64, p float64) float64 {
	h := float64(len(sorted)-1) * p
	lo := int(math.Floor(h))
	if lo+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[lo] + (h-float64(lo))*(sorted[lo+1]-sorted[lo])
}

// fillSubclasses gives each subclass at least one row of group g, moving rows across the bound from the nearest subclass
// that has some to spare.
func fillSubclasses(cell []int32, score []float64, treated []bool, g, count int) error {
	members := make([][]int, count) // rows of the group by subclass, ascending in score
	total := 0
	for i, c := range cell {
		if c >= 0 && group(treated[i]) == g {
			members[c] = append(members[c], i)
			total++
		}
	}
	if total < count {
		return fault.Dataf("too_few_rows", "", "", "one group has %d rows, too few for %d subclasses", total, count)
	}
	for c := range members {
		slices.SortStableFunc(members[c], func(a, b int) int { return cmp.Compare(score[a], score[b]) })
	}
	for c := range members {
		for len(members[c]) == 0 {
			from := nearestToSpare(members, c)
			step := 1
			if from < c {
				step = -1
			}
			for at := from; at != c; at -= step { // pass one row along from subclass to subclass
				row := members[at][0]
				if step < 0 {
					row = members[at][len(members[at])-1]
					members[at] = members[at][:len(members[at])-1]
					members[at-step] = append([]int{row}, members[at-step]...)
				} else {
					members[at] = members[at][1:]
					members[at-step] = append(members[at-step], row)
				}
				cell[row] = int32(at - step)
			}
		}
	}
	return nil
}

// nearestToSpare is the nearest subclass with more than one row, the lower one where two are as near.
func nearestToSpare(members [][]int, c int) int {
	for d := 1; d < len(members); d++ {
		if c-d >= 0 && len(members[c-d]) > 1 {
			return c - d
		}
		if c+d < len(members) && len(members[c+d]) > 1 {
			return c + d
		}
	}
	panic("matching: no subclass has rows to spare")
}

// Effect is the difference of weighted means of the outcome, v = weight · obs as in Matched.ATT, with the HC3 error of the
// weighted regression on the treatment, the weights taken as known: a row's influence is v(y − mean)/Σv, divided by 1 − v/Σv.
// With cluster, the person of a row as a number in [0, clusters), it is summed by person.
func (s *Subclassed) Effect(y, obs []float64, cluster []int32, clusters int) Effect {
	return HC3Difference(s.Weight, s.Treated, y, obs, cluster, clusters)
}

// ByPair is the same estimate with the error summed by subclass, or by subclass and person, as Matched.ATT; it needs many
// subclasses.
func (s *Subclassed) ByPair(y, obs []float64, cluster []int32, clusters int) Effect {
	if s.sets == nil {
		s.sets = s.writeOut()
	}
	return s.sets.effect(y, obs, cluster, clusters, false)
}

func (s *Subclassed) writeOut() *sets {
	rows := make([]int32, 0, len(s.Weight))
	for i, w := range s.Weight {
		if w > 0 {
			rows = append(rows, int32(i))
		}
	}
	slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(s.Subclass[a], s.Subclass[b]) })
	out := &sets{treated: s.Treated, kind: "subclass"}
	for i, r := range rows {
		if i == 0 || s.Subclass[r] != s.Subclass[rows[i-1]] {
			out.begin()
		}
		out.add(r, s.Weight[r])
	}
	out.end()
	return out
}

// HC3Difference is WeightedDifference with the HC3 correction of MacKinnon and White (1985); with the treatment alone in
// the regression a row's leverage is its share of the weight of its group.
func HC3Difference(weight []float64, treated []bool, y, obs []float64, cluster []int32, clusters int) Effect {
	h, why := newHajek(y, obs, weight, treated)
	if why != "" {
		return missingEffect(why)
	}
	psi := borrowFloats(&floatPool, len(y))
	defer floatPool.Put(psi)
	h.known(*psi)
	for i := range *psi {
		if v := h.v(i); v != 0 {
			(*psi)[i] /= 1 - v/h.total[group(treated[i])]
		}
	}
	e := h.effect(*psi, cluster, clusters, "hc3", &floatPool)
	if math.IsInf(e.StdError, 0) {
		e.StdError = math.NaN()
	}
	return e
}
