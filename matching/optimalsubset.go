package matching

import "math"

// subsetCost is the convex function F of Optimal with a caliper, by its slopes in ascending order: expired, left, right and
// above, of which the first two lie left of j = 0. Slopes left of it are stored less addLeft and lie between −caliper and 0
// (those that have fallen below −caliper are only counted: they stand for candidates that are too far behind); those of right
// are negative, those of above are not, both are stored less addRight.
type subsetCost struct {
	caliper           float64
	left, right       deque
	above             []float64
	addLeft, addRight float64
}

// advance adds gap·|j|.
func (f *subsetCost) advance(gap float64) {
	f.addLeft -= gap
	f.addRight += gap
	for f.left.len() > 0 && f.left.front()+f.addLeft < -f.caliper {
		f.left.popFront()
	}
	for f.right.len() > 0 && f.right.back()+f.addRight >= 0 {
		f.above = append(f.above, f.right.popBack())
	}
}

// owe replaces F(j) by min(F(j−1), F(j) + caliper), which puts the slope −caliper into its place, and returns the j above
// which the match is made.
func (f *subsetCost) owe() int {
	at := -f.left.len()
	if f.left.len() == 0 {
		f.right.pushFront(-f.caliper - f.addRight)
		return at
	}
	if top := f.left.popBack() + f.addLeft; top < 0 {
		f.right.pushFront(top - f.addRight)
	} else {
		f.above = append(f.above, top-f.addRight)
	}
	f.left.pushFront(-f.caliper - f.addLeft)
	return at
}

// candidate replaces F(j) by min(F(j), F(j+1)), which puts a slope of 0 into its place and moves all of j one down, and
// returns the j below which the candidate is used.
func (f *subsetCost) candidate() int {
	at := f.right.len()
	if at > 0 {
		f.left.pushBack(f.right.popFront() + f.addRight - f.addLeft)
		f.above = append(f.above, -f.addRight)
	} else {
		f.left.pushBack(-f.addLeft)
	}
	return at
}

// optimalSubset matches one stratum with a caliper.
func optimalSubset(e []entry, treated []bool, opt OptimalOptions, caliper float64) []Pair {
	target := opt.Estimand == ATT
	chooses := func(i int) bool { return treated[e[i].row] == target }
	f := subsetCost{caliper: caliper}
	// Thresholds of the steps, in their order: one for a candidate, one for each match that a row may have.
	threshold := make([]int32, 0, len(e))
	for i := range e {
		if i > 0 {
			f.advance(e[i].score() - e[i-1].score())
		}
		if !chooses(i) {
			threshold = append(threshold, int32(f.candidate()))
			continue
		}
		for range opt.Ratio {
			threshold = append(threshold, int32(f.owe()))
		}
	}
	made := make([]int32, len(e)) // matches of a row that chooses; 1 for a candidate that is used
	owed := 0
	for i, at := len(e)-1, len(threshold)-1; i >= 0; i-- {
		if !chooses(i) {
			if owed < int(threshold[at]) {
				made[i] = 1
				owed++
			}
			at--
			continue
		}
		for range opt.Ratio {
			if owed > int(threshold[at]) {
				made[i]++
				owed--
			}
			at--
		}
	}
	var pairs []Pair
	next := 0
	for i := range e {
		if !chooses(i) {
			continue
		}
		round := int32(0)
		for range made[i] {
			for chooses(next) || made[next] == 0 {
				next++
			}
			a, b := e[i], e[next]
			next++
			d := math.Abs(a.score() - b.score())
			if d > caliper { // by rounding of the slopes, where it costs nothing to leave the match out
				continue
			}
			round++
			p := Pair{Treated: a.row, Comparison: b.row, Round: round, Distance: d}
			if !target {
				p.Treated, p.Comparison = p.Comparison, p.Treated
			}
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// MostPairs is how many pairs any one-to-one matching inside the strata can have with no distance beyond the caliper (in
// units of the score): going up in both groups, the lowest rows that are still within reach of each other are paired (Glover
// 1967, Naval Research Logistics Quarterly 14:313).
func MostPairs(score []float64, treated []bool, stratum []int32, leave []bool, caliper float64) int {
	groups := groupRows(len(score), stratum, leave)
	count := 0
	for s := range groups.count() {
		var sides [2][]entry
		for _, e := range sortedByValue(score, groups.rows(s)) {
			g := group(treated[e.row])
			sides[g] = append(sides[g], e)
		}
		for i, j := 0, 0; i < len(sides[0]) && j < len(sides[1]); {
			switch d := sides[1][j].score() - sides[0][i].score(); {
			case d > caliper:
				i++
			case d < -caliper:
				j++
			default:
				i, j, count = i+1, j+1, count+1
			}
		}
	}
	return count
}
