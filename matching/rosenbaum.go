package matching

import (
	"cmp"
	"math"
	"slices"
)

// RosenbaumPairs holds matched differences for Rosenbaum's bounds (Rosenbaum 2002, Observational Studies, ch. 4): within a
// pair the odds of treatment may differ by a factor up to Γ for reasons not observed.
type RosenbaumPairs struct {
	pairs     int     // with a difference that is not 0
	statistic float64 // Wilcoxon's signed rank statistic T, average ranks
	ranks     float64 // Σr
	squares   float64 // Σr²
	positive  int
	binary    bool // all differences are −1 or 1: the exact McNemar bounds hold
}

// NewRosenbaumPairs takes the differences treated − comparison; zeros are left out, as Wilcoxon does.
func NewRosenbaumPairs(differences []float64) *RosenbaumPairs {
	p := &RosenbaumPairs{binary: true}
	var d []float64
	for _, v := range differences {
		if v != 0 {
			d = append(d, v)
			p.binary = p.binary && math.Abs(v) == 1
		}
	}
	slices.SortFunc(d, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	p.pairs = len(d)
	for lo := 0; lo < len(d); {
		hi := lo + 1
		for hi < len(d) && math.Abs(d[hi]) == math.Abs(d[lo]) {
			hi++
		}
		r := float64(lo+hi+1) / 2
		for _, v := range d[lo:hi] {
			p.ranks += r
			p.squares += r * r
			if v > 0 {
				p.statistic += r
				p.positive++
			}
		}
		lo = hi
	}
	return p
}

// PValues are the bounds of the one-sided p-value against no effect, for the alternative of a positive effect, at Γ:
// normal approximation to the signed rank statistic with p = Γ/(1+Γ), without continuity correction; for 0/1 outcomes the
// exact binomial tail of the discordant pairs (McNemar).
func (p *RosenbaumPairs) PValues(gamma float64) (lower, upper float64) {
	if p.pairs == 0 {
		return math.NaN(), math.NaN()
	}
	at := func(g float64) float64 {
		share := g / (1 + g)
		if p.binary {
			return binomialTail(p.positive, p.pairs, share)
		}
		z := (p.statistic - share*p.ranks) / math.Sqrt(share*(1-share)*p.squares)
		return math.Erfc(z/math.Sqrt2) / 2
	}
	return at(1 / gamma), at(gamma)
}

// binomialTail is Pr(X ≥ k) for n draws with probability p.
func binomialTail(k, n int, p float64) float64 {
	logs := func(v int) float64 { l, _ := math.Lgamma(float64(v) + 1); return l }
	sum := 0.
	for x := n; x >= k; x-- { // small terms first
		sum += math.Exp(logs(n) - logs(x) - logs(n-x) + float64(x)*math.Log(p) + float64(n-x)*math.Log1p(-p))
	}
	return min(1, sum)
}

// Gamma is how large Γ may be before the finding is gone: value, where the bound of the p-value in the direction of the
// effect reaches ½, so that the point estimate may be 0; and bound, where it reaches alpha (such as 0.025 for a two-sided
// 95 % interval), 1 where it is above alpha without any bias. NaN without pairs that differ.
func (p *RosenbaumPairs) Gamma(alpha float64) (value, bound float64) {
	if p.pairs == 0 {
		return math.NaN(), math.NaN()
	}
	q := *p
	if q.statistic < q.ranks/2 { // a negative effect: look at it from the other side
		q.statistic, q.positive = q.ranks-q.statistic, q.pairs-q.positive
	}
	return q.reaches(0.5), q.reaches(alpha)
}

// reaches is the Γ at which the upper p-value is level, by bisection on its logarithm; 1 where it is so at once, +Inf
// where it never is.
func (p *RosenbaumPairs) reaches(level float64) float64 {
	if _, u := p.PValues(1); u >= level {
		return 1
	}
	lo, hi := 0., 1.
	for {
		if _, u := p.PValues(math.Exp(hi)); u >= level {
			break
		}
		if lo, hi = hi, 2*hi; hi > 64 {
			return math.Inf(1)
		}
	}
	for range 60 {
		mid := (lo + hi) / 2
		if _, u := p.PValues(math.Exp(mid)); u >= level {
			hi = mid
		} else {
			lo = mid
		}
	}
	return math.Exp((lo + hi) / 2)
}
