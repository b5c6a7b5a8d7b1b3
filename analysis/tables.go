package analysis

import (
	"math"
	"slices"

	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// addBalance adds how like the arms are in each covariate, before and after each method that weights rows, and with `more` the
// diagnostics of balance; more is asked for the weights of those methods.
func (out *cellResult) addBalance(c *cell, tiltak, group string, methods []Method, fits []fitted, more func(weights [][]float64) [][]results.Diagnostic) {
	var of []string
	var weights [][]float64
	for i, f := range fits {
		if w := f.balanceWeights(); w != nil {
			of, weights = append(of, methods[i].ID), append(weights, w)
		}
	}
	if len(of) == 0 {
		return
	}
	rows := matching.BalanceOfEach(c.x, c.names, c.treated, weights, c.weight, matching.BalanceOptions{Workers: 1})
	var diagnostics [][]results.Diagnostic
	if more != nil {
		diagnostics = more(weights)
	}
	K := len(c.x)
	var counted holders
	before := counted.of(c, c.weight)
	for g, method := range of {
		var balanced float64
		after := counted.of(c, weights[g])
		for j, b := range slices.Concat(rows[:K], rows[(1+g)*K:(2+g)*K]) {
			var have [3]results.Holders
			if j < K {
				have = before[j]
			} else {
				have = after[j-K]
			}
			out.Balance = append(out.Balance, results.Balance{Tiltak: tiltak, Group: group, Method: method, Variable: b.Variable, Stage: b.Stage,
				MeanTreated: b.MeanTreated, MeanComparison: b.MeanComparison, SMD: b.SMD, VarianceRatio: b.VarianceRatio, ECDFMean: b.ECDFMean, ECDFMax: b.ECDFMax,
				PersonsTreated: have[0].Persons, PersonsComparison: have[1].Persons, Treated: have[0], Comparison: have[1], Dropped: have[2]})
			if b.Stage == "after" && math.Abs(b.SMD) > balanced {
				balanced = math.Abs(b.SMD)
			}
		}
		out.diagnose(tiltak, group, method, []results.Diagnostic{{Name: "max_abs_smd", Value: balanced, Text: "largest standardised difference of a covariate after"}})
		if diagnostics != nil {
			out.diagnose(tiltak, group, method, diagnostics[g])
		}
	}
}

// overlapBins is the number of bins of the propensity score from 0 to its largest value, rounded up to a multiple of 0.05.
const overlapBins = 20

// addOverlap adds the distribution of the propensity score in each arm, before, and after each method that weights rows.
// Most of the comparison stands near 0, so the axis ends at the largest score of a treated row.
func (out *cellResult) addOverlap(c *cell, tiltak, group string, methods []Method, fits []fitted) {
	if c.nTreated < minTreated || c.nComparison < minComparison {
		return
	}
	if _, err := c.score(); err != nil { // also where no method of the study needs it: overlap is always shown
		return
	}
	top := 0.
	for i, p := range c.propensity.Fitted {
		if c.treated[i] {
			top = max(top, p)
		}
	}
	top = math.Min(1, math.Ceil(top/0.05)*0.05)
	add := func(method string, weight []float64) {
		for _, b := range matching.Overlap(c.propensity.Fitted, c.treated, weight, 0, top, overlapBins) {
			inBin := func(i int) bool {
				p := c.propensity.Fitted[i]
				return (p >= b.Low || b.Low == 0) && (p < b.High || b.High > top-1e-9) && weight[i] > 0
			}
			for _, arm := range []struct {
				name    string
				treated bool
				share   float64
			}{{"treated", true, b.WeightedTreated}, {"comparison", false, b.WeightedComparison}} {
				out.Overlap = append(out.Overlap, results.Overlap{Tiltak: tiltak, Group: group, Method: method, Arm: arm.name, BinLow: b.Low, BinHigh: b.High,
					Share: arm.share, Persons: c.countPersons(func(i int) bool { return c.treated[i] == arm.treated && inBin(i) })})
			}
		}
	}
	add("", c.weight)
	for i, f := range fits {
		if w := f.balanceWeights(); w != nil {
			add(methods[i].ID, w)
		}
	}
}
