package matching

import (
	"cmp"
	"slices"

	"tiltakseffekt/internal/fault"
)

// JointRow is a joint test of balance in all covariates.
type JointRow struct {
	Stage     string // before or after
	Test      string // f (JointBalance), omnibus (Omnibus, χ²) or permutation (Omnibus, shuffles)
	Statistic float64
	DF        int
	PValue    float64
}

// Bounds of the tests inside sets, in rows × columns: what is held in memory, and what is shuffled.
const (
	omnibusCells = 5_000_000
	shuffleCells = 500_000
)

// joint tests balance in all columns of the design together, by cluster where rows depend on each other, and inside sets where
// the rows stand in some and are one a unit.
func (r *Report) joint(d *Data) {
	if len(d.X) == 0 {
		return
	}
	base := d.Base
	if base == nil {
		base = make([]float64, len(d.Treated))
		for i := range base {
			base[i] = 1
		}
	}
	add := func(stage, test string, statistic float64, df int, p float64) {
		if p == p {
			r.Joint = append(r.Joint, JointRow{stage, test, statistic, df, p})
		}
	}
	f := JointBalance(d.X, d.Treated, base, d.Cluster, d.Clusters)
	add("before", "f", f.Statistic, f.DF, f.PValue)
	if r.Spec.Method == "none" {
		return
	}
	f = JointBalance(d.X, d.Treated, r.Weight, d.Cluster, d.Clusters)
	add("after", "f", f.Statistic, f.DF, f.PValue)
	if f.PValue < 0.05 {
		r.Warnings = append(r.Warnings, fault.Warnf("joint_imbalance", "the covariates taken together still differ after adjustment (F test, p = %.3g on %d columns); adjust further, such as by regression after matching, or choose another method", f.PValue, f.DF))
	}
	inSets := 0
	for _, s := range r.Subclass {
		if s >= 0 {
			inSets++
		}
	}
	if inSets == 0 || d.Base != nil || d.Cluster != nil || inSets*len(d.X) > omnibusCells {
		return
	}
	draws := 0
	if inSets*len(d.X) <= shuffleCells {
		draws = r.Spec.Shuffles
	}
	x, treated, set := d.X, d.Treated, r.Subclass
	if draws > 0 && d.Key != nil { // shuffles deal to rows in order of their keys, whatever the order they stand in
		x, treated, set = byKey(d.Key, x, treated, set)
	}
	o := Omnibus(x, treated, set, draws, r.Spec.Seed)
	add("after", "omnibus", o.Statistic, o.DF, o.PValue)
	add("after", "permutation", o.Statistic, o.DF, o.Permuted)
}

// byKey are the rows in some set, in order of their keys.
func byKey(key []uint64, x [][]float64, treated []bool, set []int32) ([][]float64, []bool, []int32) {
	var order []int
	for i, s := range set {
		if s >= 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(key[a], key[b]) })
	columns := make([][]float64, len(x))
	for j := range x {
		columns[j] = make([]float64, len(order))
	}
	arms, sets := make([]bool, len(order)), make([]int32, len(order))
	for k, i := range order {
		for j := range x {
			columns[j][k] = x[j][i]
		}
		arms[k], sets[k] = treated[i], set[i]
	}
	return columns, arms, sets
}
