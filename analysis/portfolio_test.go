package analysis

import (
	"math"
	"testing"

	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/results"
)

// At the margin a pair is called equivalent in at most 5 % of the draws, and of a family of pairs that all differ by the margin or more
// some pair is in at most 5 %. Six tiltak have effects 0, 1 … 5 margins, each estimated with an error of its own, so that
// pairs with a tiltak in common depend on each other as those of a study do; standard errors are those of the draws. A margin is 1, 4 or 8 errors: with
// the first nothing can be found, with the last the single test has its 5 %. The same draws around effects that are all equal find a
// difference in at most 5 % of the families, and equivalence nearly always where the margin is wide.
func TestFalseEquivalence(t *testing.T) {
	const families, tiltak, margin, alpha = 4000, 6, .03, .05
	bound := alpha + 2*math.Sqrt(alpha*(1-alpha)/families)
	for _, c := range []struct {
		errors float64 // of a difference, in the margin
		single [2]float64
	}{{1, [2]float64{0, .01}}, {4, [2]float64{.04, .06}}, {8, [2]float64{.04, .06}}} {
		se := margin / c.errors
		pairs := func(r interface{ NormFloat64() float64 }, step float64) []results.Portfolio {
			var effect [tiltak]float64
			for k := range effect {
				effect[k] = step*float64(k) + se/math.Sqrt2*r.NormFloat64()
			}
			var rows []results.Portfolio
			for a := range effect {
				for b := range a {
					d := effect[b] - effect[a]
					row := results.Portfolio{Estimate: d, StdError: se, Margin: margin, PValue: math.Erfc(math.Abs(d/se) / math.Sqrt2)}
					row.PEquivalence = synthesis.TOST(d, se, margin, alpha).PValue
					rows = append(rows, row)
				}
			}
			verdicts(rows, alpha)
			return rows
		}
		var single, adjacent, any, different, equal int
		for k := range families {
			found := false
			for i, row := range pairs(random.New(11, "portfolio at the margin", uint64(k)), margin) {
				found = found || row.Verdict == "equivalent"
				if i == 0 { // the first two tiltak differ by the margin
					adjacent++
					if row.PEquivalence < alpha {
						single++
					}
				}
			}
			if found {
				any++
			}
			found, all := false, true
			for _, row := range pairs(random.New(12, "portfolio of equals", uint64(k)), 0) {
				found = found || row.Verdict == "different"
				all = all && row.Verdict == "equivalent"
			}
			if found {
				different++
			}
			if all {
				equal++
			}
		}
		share := func(n int) float64 { return float64(n) / families }
		t.Logf("margin of %g errors: a pair at the margin is equivalent in %.1f %%, some pair of 15 in %.1f %%; of equals some pair is different in %.1f %%, all are equivalent in %.1f %%",
			c.errors, 100*float64(single)/float64(adjacent), 100*share(any), 100*share(different), 100*share(equal))
		if s := float64(single) / float64(adjacent); s < c.single[0] || s > c.single[1] {
			t.Errorf("margin of %g errors: a pair at the margin is called equivalent in %.4f", c.errors, s)
		}
		if share(any) > bound || share(different) > bound {
			t.Errorf("margin of %g errors: false equivalence in %.4f of the families, false difference in %.4f; at most %.4f", c.errors, share(any), share(different), bound)
		}
		if c.errors == 8 && share(equal) < .95 {
			t.Errorf("equals are found in %.3f of the families", share(equal))
		}
	}
}
