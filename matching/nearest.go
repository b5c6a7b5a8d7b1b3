package matching

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/random"
)

// NearestInput is the data of Nearest; the arrays have one element a row and are not changed.
type NearestInput struct {
	Score   []float64 // distance measure: a propensity score, its logit, or any number
	Treated []bool
	Stratum []int32   // rows match inside their stratum only; nil: one stratum
	Unit    []int32   // person of a row; a row never matches one of its own person; nil: each row is its own
	Key     []uint64  // stable key of a row, which breaks ties; nil: the row number
	Base    []float64 // base weight of the rows whose effect is estimated, carried to their matches; nil: 1
	Leave   []bool    // rows outside common support, see CommonSupport; nil: none

	// Points, column-major, make the distance the Euclidean one between rows, as Whiten prepares it for Mahalanobis distances.
	// Score then serves the caliper and the orders Largest and Smallest, and may be nil without them.
	Points [][]float64

	// PointOrder decides ties between points under LikeMatchIt, see WhitenLikeMatchIt: of candidates at equal distance the one
	// farthest away in this order is taken, the higher of two. nil: the first row.
	PointOrder []float64

	Calipers  []CovariateCaliper // further conditions on a pair
	AntiExact [][]int32          // columns that must differ within a pair
}

// CovariateCaliper allows a pair only where the values differ by at most Max.
type CovariateCaliper struct {
	Values []float64
	Max    float64
}

// NearestOptions are the choices of Nearest; the zero value is 1:1 without replacement, no caliper, largest score first.
type NearestOptions struct {
	Estimand    Estimand // ATT (default) or ATC: whose rows choose
	Ratio       int      // matches a row; 0: 1
	Replace     bool     // a comparison may serve any number of rows
	ReuseMax    int      // a comparison may serve at most this many; 0: 1 without Replace, no limit with it
	PersonMax   int      // the rows of a person (Unit) may serve at most this many times together, over all strata; 0: no limit
	Caliper     float64  // largest distance allowed, inclusive; 0: no caliper
	CaliperUnit CaliperUnit
	Order       Order
	LikeMatchIt bool   // ties by order of rows and by position, as MatchIt 4.7.2
	Amounts     bool   // Base is also how much there is of a row, see byAmounts
	Seed        uint64 // of RandomOrder and of the hash of keys
	Workers     int    // 0: one a processor; the result does not depend on it
}

// Pair is one match. Treated and Comparison are row numbers, whichever of them chose.
type Pair struct {
	Treated, Comparison int32
	Round               int32 // 1 for a row's first match
	Distance            float64
}

// Nearest matches each treated row (each comparison row for the ATC) to the nearest free rows of the other group in its
// stratum, greedily in the order of the options: nearest-neighbour matching on a scalar score.
//
// A caliper is inclusive. With a ratio k each row gets its r-th match before any gets its r+1-th; a row that finds none in
// a round takes no part in later ones. With replacement a row takes its k nearest at once (unless PersonMax is set).
//
// Among candidates at equal distance on both sides of the score, the side with fewer rows between wins, otherwise the
// lower; among equal scores, rows stand in the order of a hash of their Key, so that the result does not depend on the
// order of rows (for DataOrder it does by definition). Under LikeMatchIt they stand in the order of rows and rows of other
// strata count as between, which reproduces MatchIt 4.7.2 pair by pair.
//
// Cost: sorting, and then O(α(n)) a match with two union-find forests that skip used rows (Tarjan 1975); O(n log n) for
// Closest. Further conditions on pairs make a row walk past the candidates that they rule out.
//
// With PersonMax the strata are gone through one after another in the order of their numbers, since a use in one may be the
// last that is left in another.
//
// An error is returned where no row of a group takes part or a score is not finite.
func Nearest(in NearestInput, opt NearestOptions) (*Matched, error) {
	n := len(in.Treated)
	if err := in.check(n); err != nil {
		return nil, err
	}
	if in.Score == nil && (opt.Order <= Smallest || opt.Caliper > 0) {
		return nil, fault.Usagef("bad_flag", "a caliper and the orders largest and smallest need a score; choose the order closest, data or random")
	}
	if opt.Estimand != ATT && opt.Estimand != ATC {
		return nil, fault.Usagef("bad_flag", "nearest-neighbour matching estimates the att or the atc, not the %s", opt.Estimand)
	}
	opt.Ratio = max(opt.Ratio, 1)
	if err := in.checkAmounts(opt); err != nil {
		return nil, err
	}
	switch {
	case opt.Replace && opt.ReuseMax == 0:
		opt.ReuseMax = math.MaxInt32
	case opt.ReuseMax == 0:
		opt.ReuseMax = 1
	}
	m := &Matched{Treated: in.Treated, Weight: make([]float64, n), CaliperAbsolute: math.Inf(1), Options: opt, leave: in.Leave}
	if opt.Caliper > 0 {
		m.CaliperAbsolute = opt.Caliper
		switch {
		case opt.CaliperUnit == CaliperSD && opt.Amounts:
			m.CaliperAbsolute *= weightedSD(in.Score, in.Leave, in.Base)
		case opt.CaliperUnit == CaliperSD:
			m.CaliperAbsolute *= pooledSD(in.Score, in.Leave)
		}
	}
	w := &nearestWork{in: in, opt: opt, caliper: m.CaliperAbsolute, hash: random.NewKeyed(opt.Seed, "matching ties"),
		shuffle: random.NewKeyed(opt.Seed, "matching order"), groups: groupRows(n, in.Stratum, in.Leave)}
	if opt.LikeMatchIt && in.Points != nil && in.PointOrder != nil {
		w.ranks(in.PointOrder)
	}
	if opt.LikeMatchIt && in.Stratum != nil && in.Points == nil {
		w.ranks(in.Score)
	}
	workers := opt.Workers
	if opt.PersonMax > 0 {
		if in.Unit == nil {
			return nil, fault.Usagef("bad_flag", "a limit of uses by person needs the person of each row")
		}
		w.personUses = make([]int32, slices.Max(in.Unit)+1)
		workers = 1
	}
	batches := w.groups.batches(1 << 14)
	found, amounts := make([][]Pair, len(batches)), make([][]float64, len(batches))
	err := parallel.For(context.Background(), workers, len(batches), func(b int) error {
		var s interface {
			match(stratum int)
			result() ([]Pair, []float64)
		} = &nearestStratum{work: w}
		if in.Points != nil {
			s = &spatialStratum{work: w}
		}
		for stratum := batches[b][0]; stratum < batches[b][1]; stratum++ {
			s.match(stratum)
		}
		found[b], amounts[b] = s.result()
		return nil
	})
	if err != nil {
		return nil, fault.Wrap("matching_failed", err, "matching failed")
	}
	w.groups = strata{}
	if opt.Amounts {
		m.collectAmounts(found, amounts, in.Base)
		return m, nil
	}
	m.collect(found, in.Base)
	return m, nil
}

func (in *NearestInput) check(n int) error {
	if in.Score != nil || in.Points == nil {
		sameLength("Score", len(in.Score), n)
	}
	for j, p := range in.Points {
		sameLength(fmt.Sprintf("point column %d", j+1), len(p), n)
		for i, v := range p {
			if v-v != 0 && (in.Leave == nil || !in.Leave[i]) {
				return fault.Dataf("not_finite", "", "", "column %d of the distance is missing or not finite in row %d; fill it or drop the row", j+1, i+1).At(int64(i + 1))
			}
		}
	}
	for _, v := range []struct {
		what string
		rows int
		none bool
	}{{"Stratum", len(in.Stratum), in.Stratum == nil}, {"Unit", len(in.Unit), in.Unit == nil}, {"Key", len(in.Key), in.Key == nil},
		{"Base", len(in.Base), in.Base == nil}, {"Leave", len(in.Leave), in.Leave == nil}} {
		if !v.none {
			sameLength(v.what, v.rows, n)
		}
	}
	for i := range in.Calipers {
		sameLength(fmt.Sprintf("caliper %d", i+1), len(in.Calipers[i].Values), n)
	}
	for i := range in.AntiExact {
		sameLength(fmt.Sprintf("anti-exact column %d", i+1), len(in.AntiExact[i]), n)
	}
	counts := [2]int{}
	for i := range n {
		if in.Leave != nil && in.Leave[i] {
			continue
		}
		if in.Score != nil && in.Score[i]-in.Score[i] != 0 {
			return fault.Dataf("not_finite", "", "", "the distance measure is missing or not finite in row %d; fill the covariates or drop the row", i+1).At(int64(i + 1))
		}
		if in.Treated[i] {
			counts[1]++
		} else {
			counts[0]++
		}
	}
	if counts[0] == 0 || counts[1] == 0 {
		return fault.Dataf("too_few_rows", "", "", "matching needs rows of both groups; %d are treated and %d are not", counts[1], counts[0])
	}
	return nil
}

// pooledSD is the standard deviation (n−1) over the rows of both groups that take part.
func pooledSD(x []float64, leave []bool) float64 {
	n, mean := 0, 0.
	for i, v := range x {
		if leave == nil || !leave[i] {
			n++
			mean += v
		}
	}
	mean /= float64(n)
	sum := 0.
	for i, v := range x {
		if leave == nil || !leave[i] {
			sum += (v - mean) * (v - mean)
		}
	}
	return math.Sqrt(sum / float64(n-1))
}

// weightedSD is pooledSD of the table in which each row is written out as often as its weight says: Σw(x − x̄)²/(Σw − 1).
func weightedSD(x []float64, leave []bool, weight []float64) float64 {
	n, mean := 0., 0.
	for i, v := range x {
		if leave == nil || !leave[i] {
			n += weight[i]
			mean += weight[i] * v
		}
	}
	mean /= n
	sum := 0.
	for i, v := range x {
		if leave == nil || !leave[i] {
			sum += weight[i] * (v - mean) * (v - mean)
		}
	}
	return math.Sqrt(sum / (n - 1))
}

// nearestWork is what the strata of one call share; but for personUses it is read-only while they run.
type nearestWork struct {
	in            NearestInput
	opt           NearestOptions
	caliper       float64
	hash, shuffle random.Keyed
	groups        strata
	personUses    []int32 // by person, where there is a limit
	rank          []int32 // LikeMatchIt with strata or points: position among all rows, by row
}

// use counts one use of row b.
func (w *nearestWork) use(b int32) {
	if w.personUses != nil {
		w.personUses[w.in.Unit[b]]++
	}
}

// ranks finds each row's position in the order (value, row) over all strata.
func (w *nearestWork) ranks(values []float64) {
	e := make([]entry, 0, len(values))
	for i, s := range values {
		e = append(e, entry{key: sortable(s), row: int32(i)})
	}
	sortEntries(e, make([]entry, len(e)))
	w.rank = make([]int32, len(e))
	for p, v := range e {
		w.rank[v.row] = int32(p)
	}
}

func (w *nearestWork) key(row int32) uint64 {
	if w.in.Key == nil {
		return uint64(row)
	}
	return w.in.Key[row]
}

// chooses tells whether a row is one that looks for matches.
func (w *nearestWork) chooses(row int32) bool { return w.in.Treated[row] == (w.opt.Estimand == ATT) }

// allowed tells whether row a may have row b as a match, by every condition but the caliper on the score.
func (w *nearestWork) allowed(a, b int32) bool {
	if w.personUses != nil && int(w.personUses[w.in.Unit[b]]) >= w.opt.PersonMax {
		return false
	}
	if u := w.in.Unit; u != nil && u[a] == u[b] {
		return false
	}
	for i := range w.in.Calipers {
		c := &w.in.Calipers[i]
		if !(math.Abs(c.Values[a]-c.Values[b]) <= c.Max) {
			return false
		}
	}
	for _, c := range w.in.AntiExact {
		if c[a] == c[b] {
			return false
		}
	}
	return true
}
