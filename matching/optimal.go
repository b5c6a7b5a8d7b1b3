package matching

import (
	"context"
	"math"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
)

// OptimalOptions are the choices of Optimal and Full; the zero value is 1:1 for the ATT.
type OptimalOptions struct {
	Estimand Estimand // Optimal: ATT or ATC; Full: ATT, ATC or ATE
	Ratio    int      // of Optimal: matches of each row; 0: 1
	Caliper  float64  // largest distance allowed, inclusive; 0: no caliper
	Unit     CaliperUnit
	Seed     uint64 // of the order of rows with equal scores
	Workers  int    // 0: one a processor; the result does not depend on it
}

// Optimal matches each row of the target group to Ratio rows of the other, without replacement, so that the sum of the
// distances in the score is smallest (Rosenbaum 1989, JASA 84:1024), inside the strata of the input. Where a stratum has
// fewer rows of the other group than that takes, the ratio is lowered there, and where it has fewer than rows of the target
// group, each of them is matched and the rows left over are those that make the sum smallest.
//
// On a line some optimal matching does not cross, so the question is only which candidates to use. With j the number of
// matches owed so far, going through both groups in the order of the score, the least cost F(j) is convex: a row of the
// target group shifts it, a candidate replaces F(j) by min(F(j), F(j+1)), and a step of width g adds g·|j|. The slopes of F
// are kept in order between two cursors, at j = 0 and at slope 0, where everything happens; the cost is that of sorting,
// and O(n) beyond. (No reference algorithm known to us for this; brute force holds it in the tests.)
//
// With a Caliper c it is the optimal matching of an optimal subset (Rosenbaum 2012, JCGS 21:57): a match that is not made
// costs c, so that Σ (c − distance) over the matches is largest. No distance is then beyond the caliper, and rows are left
// out where keeping them would cost others more than they bring; a matching with the most pairs (MostPairs) may keep more
// rows at a larger mean distance. F(j) becomes min(F(j − 1), F(j) + c) at a row of the target group, which is convex too.
//
// Other conditions on pairs are not served: the input's Calipers, AntiExact and Points must be nil, and no Unit may have
// rows of both groups in one stratum.
func Optimal(in NearestInput, opt OptimalOptions) (*Matched, error) {
	n := len(in.Treated)
	if err := in.check(n); err != nil {
		return nil, err
	}
	if err := in.plain(); err != nil {
		return nil, err
	}
	if opt.Estimand > ATC {
		return nil, fault.Usagef("bad_flag", "optimal pair matching estimates the att or the atc, not the %s", opt.Estimand)
	}
	opt.Ratio = max(opt.Ratio, 1)
	m := &Matched{Treated: in.Treated, Weight: make([]float64, n), CaliperAbsolute: math.Inf(1), leave: in.Leave,
		Options: NearestOptions{Estimand: opt.Estimand, Ratio: opt.Ratio, ReuseMax: 1, Caliper: opt.Caliper, CaliperUnit: opt.Unit, Seed: opt.Seed}}
	if opt.Caliper > 0 {
		m.CaliperAbsolute = opt.absolute(&in)
	}
	w := &lineWork{in: in, hash: random.NewKeyed(opt.Seed, "matching ties"), groups: groupRows(n, in.Stratum, in.Leave)}
	batches := w.groups.batches(1 << 14)
	found := make([][]Pair, len(batches))
	err := parallel.For(context.Background(), opt.Workers, len(batches), func(b int) error {
		for s := batches[b][0]; s < batches[b][1]; s++ {
			e := w.sorted(w.groups.rows(s))
			if opt.Caliper > 0 {
				found[b] = append(found[b], optimalSubset(e, in.Treated, opt, m.CaliperAbsolute)...)
				continue
			}
			found[b] = append(found[b], optimalPairs(e, in.Treated, opt)...)
		}
		return nil
	})
	if err != nil {
		return nil, fault.Wrap("matching_failed", err, "matching failed")
	}
	m.collect(found, in.Base)
	return m, nil
}

// absolute is the caliper in units of the score.
func (o *OptimalOptions) absolute(in *NearestInput) float64 {
	if o.Unit == CaliperSD {
		return o.Caliper * pooledSD(in.Score, in.Leave)
	}
	return o.Caliper
}

// plain refuses conditions that hold for pairs, which take away the order on the line that optimal matching rests on.
func (in *NearestInput) plain() error {
	if in.Calipers != nil || in.AntiExact != nil || in.Points != nil {
		return fault.Usagef("bad_flag", "optimal and full matching go by one score: covariate calipers, anti-exact columns and distances between covariates go with `--method nearest`")
	}
	if in.Unit == nil {
		return nil
	}
	type place struct{ stratum, unit int32 }
	first := make(map[place]int32, len(in.Unit))
	for i, u := range in.Unit {
		if in.Leave != nil && in.Leave[i] {
			continue
		}
		at := place{unit: u}
		if in.Stratum != nil {
			at.stratum = in.Stratum[i]
		}
		if j, ok := first[at]; ok && in.Treated[i] != in.Treated[j] {
			return fault.Usagef("bad_flag", "rows %d and %d are of one id and in both groups: optimal and full matching cannot keep them apart; use `--method nearest`, or `--exact` with a column that parts them", min(i, int(j))+1, max(i, int(j))+1)
		} else if !ok {
			first[at] = int32(i)
		}
	}
	return nil
}

// lineWork sorts the rows of strata.
type lineWork struct {
	in     NearestInput
	hash   random.Keyed
	groups strata
}

func (w *lineWork) sorted(rows []int32) []entry {
	e := make([]entry, len(rows))
	for i, r := range rows {
		k := uint64(r)
		if w.in.Key != nil {
			k = w.in.Key[r]
		}
		e[i] = entry{key: sortable(w.in.Score[r]), row: r, tie: uint32(w.hash.Uint64(k, 0) >> 32)}
	}
	sortEntries(e, make([]entry, len(e)))
	return e
}

// optimalPairs matches one stratum.
func optimalPairs(e []entry, treated []bool, opt OptimalOptions) []Pair {
	target := opt.Estimand == ATT
	count := 0
	for _, v := range e {
		if treated[v.row] == target {
			count++
		}
	}
	others := len(e) - count
	if count == 0 || others == 0 {
		return nil
	}
	ratio, chooses := opt.Ratio, target
	if others < ratio*count {
		ratio = others / count
	}
	if ratio == 0 { // the candidates are the fewer: each of them is matched
		ratio, chooses = 1, !target
	}
	used := optimalUse(e, func(i int) bool { return treated[e[i].row] == chooses }, ratio)
	// The i-th of the copies in order with the i-th of the candidates used.
	var pairs []Pair
	next := 0
	for i := range e {
		if treated[e[i].row] != chooses {
			continue
		}
		for round := range ratio {
			for !used[next] {
				next++
			}
			a, b := e[i], e[next]
			next++
			p := Pair{Treated: a.row, Comparison: b.row, Round: int32(round) + 1, Distance: math.Abs(a.score() - b.score())}
			if !chooses {
				p.Treated, p.Comparison = p.Comparison, p.Treated
			}
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// optimalUse marks the candidates that an optimal matching uses, given enough of them.
func optimalUse(e []entry, chooses func(i int) bool, ratio int) []bool {
	f := slopes{}
	threshold := make([]int32, len(e)) // of a candidate: use it where fewer than this many matches are owed after it
	for i := range e {
		if i > 0 {
			f.advance(e[i].score() - e[i-1].score())
		}
		if chooses(i) {
			for range ratio {
				f.owe()
			}
		} else {
			threshold[i] = int32(f.candidate())
		}
	}
	used := make([]bool, len(e))
	owed := 0
	for i := len(e) - 1; i >= 0; i-- {
		switch {
		case chooses(i):
			owed -= ratio
		case owed < int(threshold[i]):
			used[i] = true
			owed++
		}
	}
	return used
}

// slopes is the convex function F on the integers from first up, by its slopes in ascending order, in three parts: below
// and above hold what lies outside both cursors, middle what lies between them. Slopes left of j = 0 are stored less
// addLeft, those right of it less addRight.
type slopes struct {
	first             int // the lowest j
	below, above      []float64
	middle            deque
	middleRight       bool // the middle lies right of j = 0 and is negative; otherwise left and not negative
	addLeft, addRight float64
}

// advance adds gap·|j|.
func (f *slopes) advance(gap float64) {
	if gap == 0 {
		return
	}
	f.addLeft -= gap
	f.addRight += gap
	if f.middleRight {
		for f.middle.len() > 0 && f.middle.back()+f.addRight >= 0 {
			f.above = append(f.above, f.middle.popBack())
		}
		return
	}
	for f.middle.len() > 0 && f.middle.front()+f.addLeft < 0 {
		f.below = append(f.below, f.middle.popFront())
	}
}

// owe shifts F by one: a match more is owed.
func (f *slopes) owe() {
	f.first++
	if f.first > 0 { // no slope lies left of j = 0
		return
	}
	if !f.middleRight && f.middle.len() > 0 {
		f.above = append(f.above, f.middle.popBack()+f.addLeft-f.addRight)
		return
	}
	top := f.below[len(f.below)-1]
	f.below = f.below[:len(f.below)-1]
	f.middleRight = true
	f.middle.pushFront(top + f.addLeft - f.addRight)
}

// candidate replaces F(j) by min(F(j), F(j+1)) and returns the j below which F(j+1) is the smaller.
func (f *slopes) candidate() int {
	negative := len(f.below)
	if f.middleRight {
		negative += f.middle.len()
	}
	at := f.first + negative
	f.first--
	switch {
	case f.first >= 0: // all slopes lie right of j = 0
		f.above = append(f.above, -f.addRight)
	case f.middleRight && f.middle.len() > 0:
		f.above = append(f.above, -f.addRight)
		f.below = append(f.below, f.middle.popFront()+f.addRight-f.addLeft)
	default:
		f.middleRight = false
		f.middle.pushFront(-f.addLeft)
	}
	return at
}

// deque is a double-ended queue in a ring.
type deque struct {
	ring  []float64
	start int
	count int
}

func (d *deque) len() int       { return d.count }
func (d *deque) front() float64 { return d.ring[d.start] }
func (d *deque) back() float64  { return d.ring[(d.start+d.count-1)&(len(d.ring)-1)] }

func (d *deque) popFront() float64 {
	v := d.front()
	d.start = (d.start + 1) & (len(d.ring) - 1)
	d.count--
	return v
}

func (d *deque) popBack() float64 {
	v := d.back()
	d.count--
	return v
}

// grow makes room for one more.
func (d *deque) grow() {
	if d.count < len(d.ring) {
		return
	}
	ring := make([]float64, max(16, 2*len(d.ring)))
	for i := range d.count {
		ring[i] = d.ring[(d.start+i)&(len(d.ring)-1)]
	}
	d.ring, d.start = ring, 0
}

func (d *deque) pushBack(v float64) {
	d.grow()
	d.ring[(d.start+d.count)&(len(d.ring)-1)] = v
	d.count++
}

func (d *deque) pushFront(v float64) {
	d.grow()
	d.start = (d.start - 1) & (len(d.ring) - 1)
	d.ring[d.start] = v
	d.count++
}
