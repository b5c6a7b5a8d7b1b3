package matching

import "fmt"

// strata lists rows by stratum: rows of stratum s, ascending, are row[start[s]:start[s+1]].
type strata struct {
	row   []int32 // nil where all rows are in one stratum: row i is i
	start []int32
}

// groupRows lists the rows that are not left out by their stratum (nil: one stratum). Strata keep the order of their
// numbers; empty ones vanish.
func groupRows(n int, stratum []int32, leave []bool) strata {
	use := func(i int) bool { return leave == nil || !leave[i] }
	kept := 0
	highest := int32(0)
	for i := range n {
		if !use(i) {
			continue
		}
		kept++
		if stratum != nil {
			if stratum[i] < 0 {
				panic(fmt.Sprintf("matching: row %d has stratum %d", i, stratum[i]))
			}
			highest = max(highest, stratum[i])
		}
	}
	if stratum == nil && kept == n {
		return strata{start: []int32{0, int32(n)}}
	}
	g := strata{row: make([]int32, kept)}
	if stratum == nil {
		at := 0
		for i := range n {
			if use(i) {
				g.row[at] = int32(i)
				at++
			}
		}
		g.start = []int32{0, int32(kept)}
		return g
	}
	number := func(s int32) int32 { return s }
	count := int(highest) + 1
	if count > 4*n+1024 { // sparse numbers: renumber in order of first appearance
		index := make(map[int32]int32)
		for i := range n {
			if use(i) {
				if _, ok := index[stratum[i]]; !ok {
					index[stratum[i]] = int32(len(index))
				}
			}
		}
		count = len(index)
		number = func(s int32) int32 { return index[s] }
	}
	start := make([]int32, count+1)
	for i := range n {
		if use(i) {
			start[number(stratum[i])+1]++
		}
	}
	for s := range count {
		start[s+1] += start[s]
	}
	at := append([]int32(nil), start[:count]...)
	for i := range n {
		if use(i) {
			s := number(stratum[i])
			g.row[at[s]] = int32(i)
			at[s]++
		}
	}
	g.start = start
	return g
}

func (g strata) count() int { return len(g.start) - 1 }

// rows are the rows of a stratum; at goes through millions in one stratum without a list.
func (g strata) rows(s int) []int32 {
	if g.row == nil {
		all := make([]int32, g.start[1])
		for i := range all {
			all[i] = int32(i)
		}
		return all
	}
	return g.row[g.start[s]:g.start[s+1]]
}

// size is the number of rows of a stratum, and at its i-th row.
func (g strata) size(s int) int { return int(g.start[s+1] - g.start[s]) }

func (g strata) at(s, i int) int32 {
	if g.row == nil {
		return int32(i)
	}
	return g.row[int(g.start[s])+i]
}

// batches cuts the strata into consecutive ranges of about size rows each, for workers.
func (g strata) batches(size int) [][2]int {
	var out [][2]int
	for from := 0; from < g.count(); {
		to := from + 1
		for to < g.count() && int(g.start[to+1]-g.start[from]) <= size {
			to++
		}
		out = append(out, [2]int{from, to})
		from = to
	}
	return out
}
