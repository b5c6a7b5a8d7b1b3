package synthesis

import "slices"

// Holm adjusts p-values so that rejecting those under α keeps the probability of any false rejection at α or less, whatever
// their dependence: with p₍₁₎ ≤ … ≤ p₍ₘ₎ that of rank i is max_{j ≤ i} min(1, (m − j + 1)·p₍ⱼ₎) (Holm 1979, Scandinavian
// J. Statistics 6:65). p is not changed and holds no NaN.
func Holm(p []float64) []float64 {
	out := make([]float64, len(p))
	m, worst := float64(len(p)), 0.
	for rank, i := range ranked(p) {
		worst = max(worst, min(1, (m-float64(rank))*p[i]))
		out[i] = worst
	}
	return out
}

// BenjaminiHochberg adjusts p-values so that rejecting those under α keeps the expected share of false rejections among them
// at α or less, for independent and positively dependent tests: that of rank i is min_{j ≥ i} min(1, m·p₍ⱼ₎/j) (Benjamini
// and Hochberg 1995, JRSS B 57:289). p is not changed and holds no NaN.
func BenjaminiHochberg(p []float64) []float64 {
	out := make([]float64, len(p))
	order := ranked(p)
	m, best := float64(len(p)), 1.
	for rank := len(order) - 1; rank >= 0; rank-- {
		best = min(best, m*p[order[rank]]/float64(rank+1))
		out[order[rank]] = best
	}
	return out
}

// ranked are the places of the p-values from the smallest, equal ones in their order.
func ranked(p []float64) []int {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	return order
}
