package matching

import (
	"math"

	"tiltakseffekt/internal/regression"
)

// Benchmarks are, for each group of columns of x, its partial R² with the treatment given the other columns, and with the
// outcome given the other columns and the treatment, in the linear regressions with weights (nil: 1): what Benchmark
// takes, for a factor with several columns as for one. Treatment and Outcome of the result are those two.
//
// One pass over the rows serves all groups: a residual sum of squares is the squared last diagonal of the Cholesky factor of
// the cross products with that column last. The cost beyond is cubic in the columns for each group.
func Benchmarks(x [][]float64, treated []bool, y, weight []float64, groups [][]int) []Confounder {
	n := len(treated)
	d := make([]float64, n)
	for i, t := range treated {
		d[i] = float64(group(t))
	}
	columns := append(append([][]float64(nil), x...), d, y)
	std := regression.Standardise(columns, weight, 1)
	k := len(columns) + 1
	gram := regression.Pass(columns, n, std, nil, true, 1, func(from int, _, wt, res []float64) float64 {
		for i := range wt {
			wt[i], res[i] = 1, 0
			if weight != nil {
				wt[i] = weight[from+i]
			}
		}
		return 0
	}).Gram
	treatment, outcome := len(x)+1, len(x)+2 // places in the cross products, the constant first
	left := func(target int, others []int) float64 {
		at := append(append([]int{0}, others...), target)
		sub := make([]float64, len(at)*len(at))
		for a, i := range at {
			for b, j := range at[:a+1] {
				sub[a*len(at)+b] = gram[max(i, j)*k+min(i, j)]
			}
		}
		f := regression.NewFactor(sub, len(at), 0)
		if last := len(at) - 1; f.Keep[last] {
			return f.Row(last)[last] * f.Row(last)[last]
		}
		return 0
	}
	var all []int
	for j := range x {
		all = append(all, j+1)
	}
	partial := func(target int, with, without []int) float64 {
		rest := left(target, without)
		if rest == 0 {
			return math.NaN()
		}
		return math.Max(0, 1-left(target, with)/rest)
	}
	out := make([]Confounder, len(groups))
	for g, members := range groups {
		var others []int
		for _, j := range all {
			inside := false
			for _, m := range members {
				inside = inside || m+1 == j
			}
			if !inside {
				others = append(others, j)
			}
		}
		out[g] = Confounder{Treatment: partial(treatment, all, others),
			Outcome: partial(outcome, append([]int{treatment}, all...), append([]int{treatment}, others...))}
	}
	return out
}
