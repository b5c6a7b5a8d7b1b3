package duration

import (
	"context"

	"tiltakseffekt/internal/parallel"
)

// table is the life table of one group: the sufficient statistic of every curve and test that does not look at
// covariates. It holds the numbers of the grid at which a row ends or begins; nothing happens in between, so the risk
// set at any time is that of the first number at or after it.
type table struct {
	rows    int         // rows of the group with weight over 0
	ended   []int       // ended[s]: rows that end in state s; ended[0] censored
	index   []int32     // numbers of the grid, ascending
	time    []float64   // their times
	atRisk  []int64     // rows at risk
	ends    []int64     // rows that end, in whatever state
	exits   []int64     // rows that end in a state other than censoring
	risk    []float64   // weight at risk, start < t ≤ stop
	event   [][]float64 // event[s]: weight that ends in state s; event[0] censored
	anyExit []float64   // Σ of event[1:]
}

// tables counts the rows of each group. of gives the group of rows from … from+len(dst); n is the number of groups.
func tables(g *grid, workers, n int, of func(dst []int32, from int)) []*table {
	if g.whole {
		return countedTables(g, workers, n, of)
	}
	return sortedTables(g, n, of)
}

func (in *Input) groupOf(dst []int32, from int) {
	if in.Group == nil {
		clear(dst)
		return
	}
	copy(dst, in.Group[from:])
}

// countedTables counts into a histogram with a cell for each group × time × (state, begun), block by block.
func countedTables(g *grid, workers, n int, of func([]int32, int)) []*table {
	in := g.in
	T, S := len(g.time), in.states()
	width := S + 2 // censored, states, and rows that begin after this time
	cells := n * T * width
	block := blockRows
	if cells > 1<<20 { // a large table is counted once, not once a block
		block = len(in.Time)
	}
	blocks := parallel.NumBlocks(len(in.Time), block)
	counts := make([][]int64, blocks)
	weights := make([][]float64, blocks)
	err := parallel.Blocks(context.Background(), workers, len(in.Time), block, func(b, from, to int) error {
		counts[b] = make([]int64, cells)
		if in.Weight != nil {
			weights[b] = make([]float64, cells)
		}
		countBlock(g, of, from, to, T, width, counts[b], weights[b])
		return nil
	})
	if err != nil {
		panic(err) // only a panic of a task can arrive here
	}
	for b := 1; b < blocks; b++ {
		add(counts[0], counts[b])
		add(weights[0], weights[b])
	}
	out := make([]*table, n)
	for k := range out {
		t := &builder{grid: g, states: S}
		var w []float64
		if in.Weight != nil {
			w = weights[0][k*T*width : (k+1)*T*width]
		}
		c := counts[0][k*T*width : (k+1)*T*width]
		for j := range T {
			t.add(int32(j), c[j*width:(j+1)*width], cut(w, j*width, (j+1)*width))
		}
		out[k] = t.table()
	}
	return out
}

func cut(w []float64, from, to int) []float64 {
	if w == nil {
		return nil
	}
	return w[from:to]
}

func add[T int64 | float64](to, from []T) {
	for i, v := range from {
		to[i] += v
	}
}

func countBlock(g *grid, of func([]int32, int), from, to, T, width int, counts []int64, weights []float64) {
	const piece = 1024
	var stop, start, group [piece]int32
	in := g.in
	for from < to {
		m := min(piece, to-from)
		g.stops(stop[:m], from)
		of(group[:m], from)
		if in.Start != nil {
			g.starts(start[:m], from)
		}
		for i := range m {
			cell := (int(group[i])*T + int(stop[i])) * width
			e := cell + int(in.Event[from+i])
			w := 1.
			if weights != nil {
				if w = in.Weight[from+i]; w == 0 {
					continue
				}
				weights[e] += w
			}
			counts[e]++
			if in.Start == nil || start[i] < 0 { // at risk from the first time
				continue
			}
			b := (int(group[i])*T+int(start[i]))*width + width - 1
			counts[b]++
			if weights != nil {
				weights[b] += w
			}
		}
		from += m
	}
}

// sortedTables makes the tables from rows put in the order of their times by counting their numbers.
func sortedTables(g *grid, n int, of func([]int32, int)) []*table {
	in := g.in
	group := make([]int32, len(in.Time))
	of(group, 0)
	S := in.states()
	type happening struct {
		row   int32
		begin bool
	}
	// Rows in the order (number, row): first those that end there, then those that begin there.
	T := len(g.time)
	place := make([]int32, T+1)
	for i := range in.Time {
		place[g.stop[i]+1]++
		if g.start != nil {
			place[g.start[i]+1]++
		}
	}
	for j := range T {
		place[j+1] += place[j]
	}
	order := make([]happening, int(place[T]))
	at := append([]int32(nil), place...)
	for i, j := range g.stop {
		order[at[j]] = happening{int32(i), false}
		at[j]++
	}
	for i, j := range g.start {
		order[at[j]] = happening{int32(i), true}
		at[j]++
	}
	builders := make([]*builder, n)
	for k := range builders {
		builders[k] = &builder{grid: g, states: S}
	}
	counts := make([]int64, n*(S+2))
	weights := make([]float64, n*(S+2))
	var touched []int32
	for j := range T {
		touched = touched[:0]
		for _, h := range order[place[j]:place[j+1]] {
			w := 1.
			if in.Weight != nil {
				if w = in.Weight[h.row]; w == 0 {
					continue
				}
			}
			k := group[h.row]
			cell := int(k)*(S+2) + S + 1
			if !h.begin {
				cell = int(k)*(S+2) + int(in.Event[h.row])
			}
			touched = append(touched, k)
			counts[cell]++
			weights[cell] += w
		}
		for _, k := range touched {
			c, w := counts[int(k)*(S+2):int(k+1)*(S+2)], weights[int(k)*(S+2):int(k+1)*(S+2)]
			if in.Weight == nil {
				builders[k].add(int32(j), c, nil)
			} else {
				builders[k].add(int32(j), c, w)
			}
			clear(c)
			clear(w)
		}
	}
	out := make([]*table, n)
	for k, b := range builders {
		out[k] = b.table()
	}
	return out
}

// builder gathers the numbers of the grid at which something happens in a group.
type builder struct {
	grid   *grid
	states int
	index  []int32
	counts []int64   // (states+2) a number: censored, states, begun
	weight []float64 // nil without weights
}

// add takes what happens at number j; where nothing does it leaves nothing.
func (b *builder) add(j int32, counts []int64, weight []float64) {
	some := false
	for _, c := range counts {
		some = some || c != 0
	}
	if !some {
		return
	}
	b.index = append(b.index, j)
	b.counts = append(b.counts, counts...)
	b.weight = append(b.weight, weight...)
}

// table sums backwards in time: the weight at risk at a time is what ends at or after it, less what begins at or after.
func (b *builder) table() *table {
	width := b.states + 2
	n := len(b.index)
	t := &table{
		ended: make([]int, b.states+1), index: b.index, time: make([]float64, n), atRisk: make([]int64, n), ends: make([]int64, n),
		exits: make([]int64, n), risk: make([]float64, n), event: make([][]float64, b.states+1), anyExit: make([]float64, n),
	}
	for s := range t.event {
		t.event[s] = make([]float64, n)
	}
	var rows int64
	risk := 0.
	for j := n - 1; j >= 0; j-- {
		c := b.counts[j*width : (j+1)*width]
		t.time[j] = b.grid.time[b.index[j]]
		at := 0.
		for s := range b.states + 1 {
			t.ends[j] += c[s]
			t.ended[s] += int(c[s])
			t.rows += int(c[s])
			w := float64(c[s])
			if b.weight != nil {
				w = b.weight[j*width+s]
			}
			t.event[s][j] = w
			at += w
			if s > 0 {
				t.anyExit[j] += w
				t.exits[j] += c[s]
			}
		}
		begun := float64(c[width-1])
		if b.weight != nil {
			begun = b.weight[j*width+width-1]
		}
		rows -= c[width-1] // who begins here is not at risk here, but is at every later time up to the stop
		risk -= begun
		rows += t.ends[j]
		risk += at
		if rows == t.ends[j] { // everybody at risk ends here: no rounding is left over from those who began later
			risk = at
		}
		t.atRisk[j], t.risk[j] = rows, risk
	}
	return t
}
