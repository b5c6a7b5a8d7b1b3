package matching

import (
	"math"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// balanceColumns are the rows of summary.matchit: the score and all levels of factors.
func (s *sample) balanceColumns(t *testing.T, score []float64, r oracle.Node) [][]float64 {
	t.Helper()
	var x [][]float64
	for _, name := range r.At("balance", "before", "row").Texts() {
		switch {
		case name == "distance":
			x = append(x, score)
		case s.columns[name] != nil:
			x = append(x, s.column(t, name))
		case len(name) > 4 && name[:4] == "race":
			x = append(x, indicator(s.columns["race"], name[4:]))
		default:
			found := false
			for j, n := range s.names {
				if n == name {
					x, found = append(x, s.x[j]), true
				}
			}
			if !found {
				t.Fatalf("no column %s", name)
			}
		}
	}
	return x
}

// compareBalance compares every figure of the balance table. pairs may be nil.
func compareBalance(t *testing.T, s *sample, score, weight []float64, m *Matched, e Estimand, r oracle.Node) {
	t.Helper()
	if !r.Has("balance") {
		return
	}
	x := s.balanceColumns(t, score, r)
	rows := BalanceOf(x, nil, s.treated, weight, nil, BalanceOptions{Estimand: e})
	stages := []string{"before", "after"}
	for k, stage := range stages {
		if !r.At("balance").Has(stage) {
			continue
		}
		b := r.At("balance", stage)
		for i := range x {
			row := rows[k*len(x)+i]
			const tol = 1e-9 // the score itself agrees to about 1e-12
			at := func(name string) oracle.Node { return b.At(name).List()[i] }
			at("Means Treated").NearAbs(row.MeanTreated, tol*max(1, row.MeanTreated))
			at("Means Control").NearAbs(row.MeanComparison, tol*max(1, row.MeanComparison))
			at("Std. Mean Diff.").NearAbs(row.SMD, tol)
			at("Var. Ratio").NearAbs(row.VarianceRatio, tol*max(1, row.VarianceRatio))
			at("eCDF Mean").NearAbs(row.ECDFMean, tol)
			at("eCDF Max").NearAbs(row.ECDFMax, tol)
			if stage == "after" && m != nil {
				d := row.Denominator
				if math.Abs(row.MeanTreated-row.MeanComparison) <= 0x1p-26 {
					d = 1 // the reference then leaves out the denominator here too, although the distance is not 0
				}
				at("Std. Pair Dist.").NearAbs(m.PairDistance(x[i], d), tol)
			}
		}
	}
}
