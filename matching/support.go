package matching

import (
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
)

// Discard is a rule of common support.
type Discard uint8

// The rules. They change the estimand: the effect is then that on the rows kept.
const (
	DiscardNone       Discard = iota
	DiscardTreated            // treated rows outside the range of the comparison rows' scores
	DiscardComparison         // comparison rows outside the range of the treated rows' scores
	DiscardBoth               // rows outside the range that both groups share
	DiscardCrump              // rows with scores beyond α or 1 − α of CrumpTrim; for probabilities
)

var discardNames = []string{"none", "treated", "comparison", "both", "crump"}

// String is the name of the rule as flags write it.
func (d Discard) String() string { return discardNames[d] }

// UnmarshalText reads the name of a rule.
func (d *Discard) UnmarshalText(text []byte) error {
	for i, n := range discardNames {
		if n == string(text) {
			*d = Discard(i)
			return nil
		}
	}
	return fault.Usagef("bad_flag", "`%s` is no rule of common support%s: none, treated, comparison, both, crump", text, fault.Suggest(string(text), discardNames))
}

// CommonSupport marks the rows outside common support by the rule; nil for DiscardNone. DiscardBoth keeps the scores in
// [max(min₁, min₀), min(max₁, max₀)], DiscardCrump those in [α, 1 − α].
func CommonSupport(score []float64, treated []bool, rule Discard) []bool {
	if rule == DiscardNone {
		return nil
	}
	sameLength("Treated", len(treated), len(score))
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, s := range score {
		g := group(treated[i])
		lo[g], hi[g] = min(lo[g], s), max(hi[g], s)
	}
	leave := make([]bool, len(score))
	alpha := 0.
	if rule == DiscardCrump {
		alpha = CrumpTrim(score)
	}
	for i, s := range score {
		g := group(treated[i])
		switch rule {
		case DiscardCrump:
			leave[i] = s < alpha || s > 1-alpha
		case DiscardBoth:
			leave[i] = s < max(lo[0], lo[1]) || s > min(hi[0], hi[1])
		case DiscardTreated:
			leave[i] = g == 1 && (s < lo[0] || s > hi[0])
		case DiscardComparison:
			leave[i] = g == 0 && (s < lo[1] || s > hi[1])
		}
	}
	return leave
}

// CrumpTrim is the share α of Crump, Hotz, Imbens and Mitnik (2009, Biometrika 96:187): the mean effect over the rows with
// scores in [α, 1−α] has the smallest variance bound under equal outcome variances. It is 0 where nothing should go. With
// g = 1/(p(1−p)), α solves 1/(α(1−α)) = 2·E[g | g ≤ 1/(α(1−α))], here over the sample.
func CrumpTrim(score []float64) float64 {
	g := make([]float64, len(score))
	total := 0.
	for i, p := range score {
		g[i] = 1 / (p * (1 - p))
		total += g[i]
	}
	slices.Sort(g)
	if len(g) == 0 || g[len(g)-1] <= 2*total/float64(len(g)) {
		return 0
	}
	sum := 0.
	bound := g[len(g)-1]
	for i, v := range g {
		sum += v
		mean := sum / float64(i+1)
		if i+1 < len(g) && g[i+1] > 2*mean { // between this value and the next the condition holds with equality
			bound = 2 * mean
			break
		}
	}
	return 0.5 - math.Sqrt(max(0, 0.25-1/bound))
}

// OverlapBin counts rows by score, in [Low, High) (the last bin includes its end).
type OverlapBin struct {
	Low, High                           float64
	Treated, Comparison                 int     // rows
	WeightedTreated, WeightedComparison float64 // shares of the weight of each group
}

// Overlap is a histogram of the score in bins of equal width from lowest to highest: for probabilities 0 and 1. weight
// (nil: 1) gives the shares.
func Overlap(score []float64, treated []bool, weight []float64, lowest, highest float64, bins int) []OverlapBin {
	out := make([]OverlapBin, bins)
	width := (highest - lowest) / float64(bins)
	for b := range out {
		out[b].Low, out[b].High = lowest+float64(b)*width, lowest+float64(b+1)*width
	}
	var total [2]float64
	for i, s := range score {
		b := min(bins-1, max(0, int((s-lowest)/width)))
		w := 1.
		if weight != nil {
			w = weight[i]
		}
		if treated[i] {
			out[b].Treated++
			out[b].WeightedTreated += w
		} else {
			out[b].Comparison++
			out[b].WeightedComparison += w
		}
		total[group(treated[i])] += w
	}
	for b := range out {
		out[b].WeightedTreated /= total[1]
		out[b].WeightedComparison /= total[0]
	}
	return out
}
