package duration

import (
	"context"
	"math"
	"sync/atomic"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// Input is a set of spells, one element a row in each slice.
type Input struct {
	Time  []float64 // end of the time at risk, ≥ 0
	Start []float64 // nil: at risk from the beginning. Otherwise the row enters after Start < Time (left truncation, or a person cut into rows)
	Event []int32   // 0 censored, otherwise the number of the state it ends in, from 1

	States []string // names of states 1, 2, …; nil: there is one, "event"

	Weight []float64 // ≥ 0; nil: all 1. A row of weight 0 is not there
	Group  []int32   // in [0, len(Groups)); nil: one group
	Groups []string  // names of the groups

	Cluster  []int32 // in [0, Clusters): rows that are dependent, such as those of a person; nil: each row stands alone
	Clusters int
}

// states is the number of states a row can end in.
func (in *Input) states() int { return max(1, len(in.States)) }

// State is the name of state s, from 1.
func (in *Input) State(s int) string {
	if len(in.States) == 0 {
		return "event"
	}
	return in.States[s-1]
}

func (in *Input) groups() int {
	if in.Group == nil {
		return 1
	}
	return len(in.Groups)
}

func (in *Input) groupName(g int) string {
	if in.Group == nil {
		return ""
	}
	return in.Groups[g]
}

// facts are what one pass over the rows finds out.
type facts struct {
	whole      bool    // every time and start is a whole number
	minT, maxT float64 // over Time
	fractions  bool    // some weight is no whole number
}

// blockRows is the size of the pieces in which rows are counted. It is fixed, so that sums do not depend on workers.
const blockRows = 1 << 20

// check refuses what cannot be analysed, naming the first row (from 1) and the number of rows concerned.
func (in *Input) check(workers int) (facts, error) {
	n := len(in.Time)
	if n == 0 {
		return facts{}, fault.Dataf("no_rows", "", "", "there are no rows with a duration; check the filter and the time column")
	}
	for _, c := range []struct {
		name string
		n    int
		ok   bool
	}{
		{"event", len(in.Event), true}, {"start", len(in.Start), in.Start == nil}, {"weight", len(in.Weight), in.Weight == nil},
		{"group", len(in.Group), in.Group == nil}, {"cluster", len(in.Cluster), in.Cluster == nil},
	} {
		if c.n != n && !(c.ok && c.name != "event") {
			return facts{}, fault.Dataf("bad_length", "", c.name, "%d rows of %s for %d of time; they must be as many", c.n, c.name, n)
		}
	}
	found := make([]facts, parallel.NumBlocks(n, blockRows))
	first := make([][numChecks]int, len(found)) // row + 1 of the first failure of each check, in each block
	var count [numChecks]atomic.Int64
	err := parallel.Blocks(context.Background(), workers, n, blockRows, func(b, from, to int) error {
		found[b] = in.checkBlock(from, to, func(check, row int) {
			if first[b][check] == 0 {
				first[b][check] = row + 1
			}
			count[check].Add(1)
		})
		return nil
	})
	if err != nil {
		return facts{}, err
	}
	for c := range numChecks {
		for b := range first {
			if row := first[b][c]; row > 0 {
				return facts{}, fault.Dataf(checkTexts[c].code, "", checkTexts[c].column, checkTexts[c].text, count[c].Load()).At(int64(row))
			}
		}
	}
	f := found[0]
	for _, g := range found[1:] {
		f.whole = f.whole && g.whole
		f.fractions = f.fractions || g.fractions
		f.minT, f.maxT = min(f.minT, g.minT), max(f.maxT, g.maxT)
	}
	return f, nil
}

const (
	badTime = iota
	badStart
	emptySpell
	badEvent
	badWeight
	badGroup
	badCluster
	numChecks
)

var checkTexts = [numChecks]struct{ code, column, text string }{
	{"bad_time", "time", "%d rows have a time that is missing, infinite or negative; remove them or correct their dates"},
	{"bad_time", "start", "%d rows have a start that is missing, infinite or negative; remove them or correct their dates"},
	{"empty_spell", "start", "%d rows end at or before their start; a row is at risk on (start, stop], so stop must be later"},
	{"bad_event", "event", "%d rows have an event that is no state; 0 is censored, otherwise a state from 1 on"},
	{"bad_weight", "weight", "%d rows have a weight that is missing, infinite or negative; remove them or set it to 0"},
	{"bad_group", "group", "%d rows have a group that does not exist"},
	{"bad_cluster", "cluster", "%d rows have a cluster that does not exist"},
}

func (in *Input) checkBlock(from, to int, fail func(check, row int)) facts {
	f := facts{whole: true, minT: math.Inf(1), maxT: math.Inf(-1)}
	states := int32(in.states())
	for i := from; i < to; i++ {
		t := in.Time[i]
		if !(t >= 0 && t <= math.MaxFloat64) {
			fail(badTime, i)
			continue
		}
		f.minT, f.maxT = min(f.minT, t), max(f.maxT, t)
		if !(t < 1<<30 && float64(int32(t)) == t) {
			f.whole = false
		}
		if e := in.Event[i]; e < 0 || e > states {
			fail(badEvent, i)
		}
	}
	for i := from; i < to && in.Start != nil; i++ {
		s := in.Start[i]
		switch {
		case !(s >= 0 && s <= math.MaxFloat64):
			fail(badStart, i)
		case s >= in.Time[i]:
			fail(emptySpell, i)
		case !(s < 1<<30 && float64(int32(s)) == s):
			f.whole = false
		}
	}
	for i := from; i < to && in.Weight != nil; i++ {
		w := in.Weight[i]
		if !(w >= 0 && w <= math.MaxFloat64) {
			fail(badWeight, i)
		} else if w != math.Trunc(w) {
			f.fractions = true
		}
	}
	for i := from; i < to && in.Group != nil; i++ {
		if g := in.Group[i]; g < 0 || int(g) >= len(in.Groups) {
			fail(badGroup, i)
		}
	}
	for i := from; i < to && in.Cluster != nil; i++ {
		if c := in.Cluster[i]; c < 0 || int(c) >= in.Clusters {
			fail(badCluster, i)
		}
	}
	return f
}
