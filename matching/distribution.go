package matching

import (
	"cmp"
	"math"
	"slices"
)

// Step is a step of a weighted distribution function: the share of the weight at or below Value.
type Step struct{ Value, Share float64 }

// Distribution is the weighted distribution function of a column among the rows of one group with positive weight, at its
// distinct values; of more than most (0: no limit), those nearest to equal steps of the share and the last.
func Distribution(x []float64, treated []bool, weight []float64, of bool, most int) []Step {
	sameLength("weight", len(weight), len(x))
	var rows []int32
	total := 0.
	for i, w := range weight {
		if treated[i] == of && w > 0 && x[i] == x[i] {
			rows = append(rows, int32(i))
			total += w
		}
	}
	slices.SortFunc(rows, func(a, b int32) int { return cmp.Compare(x[a], x[b]) })
	var out []Step
	sum := 0.
	for k, r := range rows {
		sum += weight[r]
		if k+1 == len(rows) || x[rows[k+1]] != x[r] {
			out = append(out, Step{x[r], sum / total})
		}
	}
	if most < 2 || len(out) <= most {
		return out
	}
	kept, next := out[:0], 0.
	for k, s := range out {
		if last := k == len(out)-1; s.Share >= next || last {
			kept = append(kept, s)
			next = (math.Floor(s.Share*float64(most-1)) + 1) / float64(most-1)
		}
	}
	return kept
}

// WeightBin counts the rows of a group by weight, in [Low, High); the last bin holds its end.
type WeightBin struct {
	Low, High float64
	Rows      int
}

// WeightBins is the histogram of the positive weights of a group, scaled to mean 1, in bins of equal width from 0 to the
// largest weight; nil where the group has none.
func WeightBins(treated []bool, weight []float64, of bool, bins int) []WeightBin {
	sum, count, top := 0., 0., 0.
	for i, w := range weight {
		if treated[i] == of && w > 0 {
			sum, count, top = sum+w, count+1, math.Max(top, w)
		}
	}
	if count == 0 {
		return nil
	}
	mean := sum / count
	width := top / mean / float64(bins)
	out := make([]WeightBin, bins)
	for b := range out {
		out[b].Low, out[b].High = float64(b)*width, float64(b+1)*width
	}
	for i, w := range weight {
		if treated[i] == of && w > 0 {
			out[min(bins-1, int(w/mean/width))].Rows++
		}
	}
	return out
}
