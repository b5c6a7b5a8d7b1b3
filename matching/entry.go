package matching

import (
	"cmp"
	"math"
	"slices"
)

// entry is one row in the order of the score. Tie decides among equal scores; it is 0 throughout where the order of rows
// decides.
type entry struct {
	key uint64 // the score as bits that sort like it
	tie uint32
	row int32
}

// sortable maps a float64 to bits whose unsigned order is that of the numbers; −0 and 0 are one.
func sortable(f float64) uint64 {
	b := math.Float64bits(f + 0) // −0 + 0 = 0
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

func unsortable(k uint64) float64 {
	if k>>63 == 1 {
		return math.Float64frombits(k &^ (1 << 63))
	}
	return math.Float64frombits(^k)
}

func (e entry) score() float64 { return unsortable(e.key) }

// compareEntries orders by score, tie and row.
func compareEntries(a, b entry) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	if c := cmp.Compare(a.tie, b.tie); c != 0 {
		return c
	}
	return cmp.Compare(a.row, b.row)
}

const (
	digitBits = 11
	digits    = 6
	radixFrom = 3000 // below, comparing is faster than counting
)

// sortEntries sorts by score, tie and row, given rows in ascending order: radix sort by the digits of the score (least
// first, skipping digits that all rows share), then the runs of equal scores by tie. tmp has the length of e.
func sortEntries(e, tmp []entry) {
	if len(e) < radixFrom {
		slices.SortFunc(e, compareEntries)
		return
	}
	var counts [digits][1 << digitBits]int32
	for i := range e {
		k := e[i].key
		for d := range digits {
			counts[d][k>>(d*digitBits)&(1<<digitBits-1)]++
		}
	}
	from, to := e, tmp
	for d := range digits {
		c := &counts[d]
		shift := d * digitBits
		if c[from[0].key>>shift&(1<<digitBits-1)] == int32(len(e)) {
			continue
		}
		sum := int32(0)
		for i, v := range c {
			c[i] = sum
			sum += v
		}
		for _, v := range from {
			b := v.key >> shift & (1<<digitBits - 1)
			to[c[b]] = v
			c[b]++
		}
		from, to = to, from
	}
	if &from[0] != &e[0] {
		copy(e, from)
	}
	for lo := 0; lo < len(e); {
		hi := lo + 1
		for hi < len(e) && e[hi].key == e[lo].key {
			hi++
		}
		if hi-lo > 1 {
			slices.SortFunc(e[lo:hi], compareEntries)
		}
		lo = hi
	}
}
