package analysis

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/results"
)

// contrast is one placebo estimate with the influence of each person of the cell on it.
type contrast struct {
	value, stdError float64
	person          []float64
	byPerson        map[int32]float64 // the same by register number, of a contrast over several tiltak
	df              float64           // of t; 0: normal
}

// influence is that of the persons of c. A method that does not tell gets that of its weights taken as known, of which the
// joint test takes the correlation alone.
func (f *placeboFit) influence(per outcomeFit, y []float64, c *cell) []float64 {
	own := make([]float64, f.cell.clusters)
	if known, ok := per.(jointFit); ok {
		known.joint(y, own)
	} else {
		for j, v := range weighted(f.fitted.balanceWeights(), f.cell.treated, y) {
			own[f.cell.cluster[j]] += v
		}
	}
	out := make([]float64, c.clusters)
	for j, i := range f.at {
		out[c.cluster[i]] = own[f.cell.cluster[j]]
	}
	return out
}

// weighted is the influence of rows on the difference of weighted means.
func weighted(weight []float64, treated []bool, y []float64) []float64 {
	var sum, total [2]float64
	arm := func(i int) int {
		if treated[i] {
			return 1
		}
		return 0
	}
	for i, w := range weight {
		sum[arm(i)] += w * y[i]
		total[arm(i)] += w
	}
	psi := make([]float64, len(y))
	for i, w := range weight {
		g := arm(i)
		psi[i] = float64(2*g-1) * w * (y[i] - sum[g]/total[g]) / total[g]
	}
	return psi
}

// joint fills in the test that the contrasts are all 0, over windows and outcomes, with errors by person. Where they rest on few
// clusters the test has as many units as the fewest degrees of freedom allow, ⌊min df⌋ + 1, as valueTests has; it needs more of
// them than it has directions, and has the reason too_few_clusters otherwise.
func joint(row results.Placebo, tests []contrast, windows []results.Placebo) results.Placebo {
	row.PersonsTreated, row.PersonsComparison = math.MaxInt, math.MaxInt
	for _, w := range windows {
		row.PersonsTreated, row.PersonsComparison = min(row.PersonsTreated, w.PersonsTreated), min(row.PersonsComparison, w.PersonsComparison)
		row.FewAmounts = row.FewAmounts || w.FewAmounts
		if row.Reason == "" && w.Reason != "" {
			row.Reason = w.Reason
		}
	}
	if row.Reason != "" {
		return row
	}
	var theta, se []float64
	var psi [][]float64
	units := math.MaxInt
	for _, t := range tests {
		if t.df > 0 {
			units = min(units, int(t.df)+1)
		}
		theta, se, psi = append(theta, t.value), append(se, t.stdError), append(psi, t.person)
	}
	w := estimate.JointZeroAtMost(theta, se, psi, units)
	if math.IsNaN(w.PValue) {
		row.Reason = estimate.Singular
		if !math.IsNaN(estimate.JointZero(theta, se, psi).PValue) {
			row.Reason = estimate.TooFewClusters
		}
		return row
	}
	row.Statistic, row.DF, row.PValue = w.Statistic, w.DF, w.PValue
	return row
}
