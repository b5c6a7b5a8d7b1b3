package duration

import (
	"math"
	"slices"
	"sort"

	"tiltakseffekt/internal/fault"
)

// grid maps times to numbers 0, 1, … in order, tied times to the same one. For whole numbers the grid is every whole
// number from the smallest time to the largest and nothing is stored a row; otherwise it is the distinct times and
// starts, and the numbers are stored.
type grid struct {
	in     *Input
	whole  bool
	origin int32     // whole: the time of number 0
	time   []float64 // the time of each number
	stop   []int32   // otherwise: number of each row's time
	start  []int32   // otherwise: number of each row's start; nil without starts
}

// tieTolerance is √ε of R's aeqSurv: times closer than this, absolutely or relative to the mean time, are tied.
const tieTolerance = 1.4901161193847656e-8

// newGrid makes the grid; whole numbers get a dense one unless it would be much larger than the data.
func newGrid(in *Input, f facts, groups int) (*grid, error) {
	span := f.maxT - f.minT + 1
	cells := span * float64(groups*(in.states()+2))
	if f.whole && cells <= math.Max(1<<20, float64(len(in.Time))) {
		g := &grid{in: in, whole: true, origin: int32(f.minT), time: make([]float64, int(span))}
		for k := range g.time {
			g.time[k] = f.minT + float64(k)
		}
		return g, nil
	}
	return sortedGrid(in)
}

func sortedGrid(in *Input) (*grid, error) {
	g := &grid{in: in}
	values := make([]float64, 0, len(in.Time)+len(in.Start))
	values = append(append(values, in.Time...), in.Start...)
	slices.Sort(values)
	values = slices.Compact(values)
	mean := 0.
	for _, v := range values {
		mean += v / float64(len(values)) // times are not negative
	}
	tolerance := max(tieTolerance, tieTolerance*mean)
	previous := math.Inf(-1)
	for _, v := range values {
		if v-previous > tolerance {
			g.time = append(g.time, v)
		}
		previous = v
	}
	number := func(t float64) int32 { // the last grid time ≤ t: runs of tied times begin with their smallest
		return int32(sort.Search(len(g.time), func(k int) bool { return g.time[k] > t }) - 1)
	}
	g.stop = make([]int32, len(in.Time))
	for i, t := range in.Time {
		g.stop[i] = number(t)
	}
	if in.Start != nil {
		g.start = make([]int32, len(in.Start))
		for i, t := range in.Start {
			g.start[i] = number(t)
			if g.start[i] == g.stop[i] {
				return nil, fault.Dataf("empty_spell", "", "start", "a row ends within 1.5e-8 of its start, where times count as tied; round the times").At(int64(i + 1))
			}
		}
	}
	return g, nil
}

// stops writes the numbers of the times of rows from … from+len(dst) into dst.
func (g *grid) stops(dst []int32, from int) {
	if !g.whole {
		copy(dst, g.stop[from:])
		return
	}
	for i, t := range g.in.Time[from : from+len(dst)] {
		dst[i] = int32(t) - g.origin
	}
}

// starts writes the numbers of the starts: the row is at risk at every higher number up to its stop; −1 is from the
// beginning.
func (g *grid) starts(dst []int32, from int) {
	switch {
	case g.in.Start == nil:
		for i := range dst {
			dst[i] = -1
		}
	case !g.whole:
		copy(dst, g.start[from:])
	default:
		for i, t := range g.in.Start[from : from+len(dst)] {
			dst[i] = max(int32(t)-g.origin, -1)
		}
	}
}
