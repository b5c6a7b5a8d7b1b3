package matching

// WithinReach marks the rows without a row of the other group within the caliper of the score in their stratum, besides those
// of leave (nil: none), and returns the caliper in units of the score: what remains can be put into sets in which nobody is
// far from everybody, as for full matching. The unit sd is that of NearestOptions.
func WithinReach(score []float64, treated []bool, stratum []int32, leave []bool, caliper float64, unit CaliperUnit) (out []bool, absolute float64) {
	n := len(score)
	sameLength("Treated", len(treated), n)
	if unit == CaliperSD {
		caliper *= pooledSD(score, leave)
	}
	out = make([]bool, n)
	groups := groupRows(n, stratum, leave)
	if leave != nil {
		copy(out, leave)
	}
	for s := range groups.count() {
		e := sortedByValue(score, groups.rows(s))
		last := [2]int{-1, -1} // place of the last row of each group, going up and then down
		near := make([]bool, len(e))
		pass := func(i int) {
			g := group(treated[e[i].row])
			if o := last[1-g]; o >= 0 {
				d := e[i].score() - e[o].score()
				near[i] = near[i] || d <= caliper && -d <= caliper
			}
			last[g] = i
		}
		for i := range e {
			pass(i)
		}
		last = [2]int{-1, -1}
		for i := len(e) - 1; i >= 0; i-- {
			pass(i)
		}
		for i := range e {
			if !near[i] {
				out[e[i].row] = true
			}
		}
	}
	return out, caliper
}
