package matching

import "math"

// DroppedRow compares, in one column, the rows of the target group that were kept with those that were dropped.
type DroppedRow struct {
	Variable    string
	MeanKept    float64
	MeanDropped float64
	SMD         float64 // (dropped − kept)/standard deviation over the whole target group
}

// CompareDropped says how the dropped rows of a group differ: group tells whether a row is of the target group, kept
// whether it has a weight. It is nil where none was dropped. Rows count alike.
func CompareDropped(x [][]float64, names []string, target, kept func(i int) bool, n int) []DroppedRow {
	var counts [2]float64
	for i := range n {
		if target(i) {
			counts[group(kept(i))]++
		}
	}
	if counts[0] == 0 || counts[1] == 0 {
		return nil
	}
	out := make([]DroppedRow, len(x))
	for j, col := range x {
		var sum [2]float64
		for i, v := range col {
			if target(i) {
				sum[group(kept(i))] += v
			}
		}
		mean := (sum[0] + sum[1]) / (counts[0] + counts[1])
		squares := 0.
		for i, v := range col {
			if target(i) {
				squares += (v - mean) * (v - mean)
			}
		}
		sd := math.Sqrt(squares / (counts[0] + counts[1] - 1))
		row := DroppedRow{Variable: nameOf(names, j), MeanKept: sum[1] / counts[1], MeanDropped: sum[0] / counts[0]}
		if row.SMD = row.MeanDropped - row.MeanKept; row.SMD != 0 {
			row.SMD /= sd
		}
		out[j] = row
	}
	return out
}

// dropped fills Report.Dropped for the treated (ATT) or the comparison rows (ATC).
func (r *Report) compareDropped(d *Data) {
	if r.Spec.Estimand != ATT && r.Spec.Estimand != ATC {
		return
	}
	x, names := d.BalanceX, d.BalanceNames
	if x == nil {
		x, names = d.X, d.Names
	}
	target := func(i int) bool { return d.Treated[i] == (r.Spec.Estimand == ATT) }
	r.Dropped = CompareDropped(x, names, target, func(i int) bool { return r.Weight[i] > 0 }, len(d.Treated))
}
