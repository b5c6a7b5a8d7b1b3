package matching

import (
	"cmp"
	"math"
	"slices"

	"tiltakseffekt/internal/random"
)

// PairInCells matches rows one to one inside cells, the i-th treated with the i-th comparison row, and leaves out what is
// over in a cell, so that both groups are equally many in each (k-to-k of coarsened exact matching). key gives the order of
// the rows of a cell, by a hash with the seed; nil is the order of rows, as in MatchIt with k2k.method = NULL. To pair by a
// score inside cells use Nearest with the cells as strata.
func PairInCells(cell []int32, treated []bool, key []uint64, seed uint64) *Matched {
	n := len(cell)
	sameLength("Treated", len(treated), n)
	m := &Matched{Treated: treated, Weight: make([]float64, n), CaliperAbsolute: math.Inf(1), Options: NearestOptions{Ratio: 1, ReuseMax: 1, Seed: seed}}
	leave := make([]bool, n)
	stratum := make([]int32, n)
	for i, c := range cell {
		if leave[i] = c < 0; !leave[i] {
			stratum[i] = c
		}
	}
	groups := groupRows(n, stratum, leave)
	hash := random.NewKeyed(seed, "matching ties")
	var pairs []Pair
	for s := range groups.count() {
		rows := slices.Clone(groups.rows(s))
		if key != nil {
			slices.SortFunc(rows, func(a, b int32) int {
				return cmp.Or(cmp.Compare(hash.Uint64(key[a], 0), hash.Uint64(key[b], 0)), cmp.Compare(a, b))
			})
		}
		var arms [2][]int32
		for _, r := range rows {
			arms[group(treated[r])] = append(arms[group(treated[r])], r)
		}
		for i := range min(len(arms[0]), len(arms[1])) {
			pairs = append(pairs, Pair{Treated: arms[1][i], Comparison: arms[0][i], Round: 1})
		}
	}
	m.leave = leave
	m.collect([][]Pair{pairs}, nil)
	return m
}
