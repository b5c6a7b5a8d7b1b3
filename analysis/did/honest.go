package did

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
)

// Restriction is a bound on how far from parallel trends may be (Rambachan and Roth 2023, Review of Economic Studies
// 90:2555).
type Restriction uint8

// The restrictions. Let δ_t be the difference in trends that an event-study coefficient holds beside the effect.
const (
	// RelativeMagnitude: |δ_{t+1} − δ_t| after the start is at most bound × the largest such step before it.
	RelativeMagnitude Restriction = iota
	// Smoothness: |δ_{t+1} − 2δ_t + δ_{t−1}| is at most bound; 0 allows a linear trend.
	Smoothness
)

// String is the name of the flag value.
func (r Restriction) String() string {
	if r == Smoothness {
		return "smoothness"
	}
	return "relative-magnitude"
}

// EventStudyCurve is event-study coefficients with their covariance, the reference period left out: Pre coefficients in order of
// time, then Post.
type EventStudyCurve struct {
	Beta  []float64
	Sigma []float64 // (Pre+Post)², row-major
	Pre   int
	Post  int
}

// Curve cuts event times at the reference: consecutive event times up to it before, and from it on after. It refuses what
// is not such a curve.
func Curve(events []int64, att, cov []float64, reference int64) (EventStudyCurve, error) {
	c := EventStudyCurve{Beta: att, Sigma: cov}
	for i, e := range events {
		switch {
		case e == reference:
			return c, fault.Usagef("bad_flag", "the event study has an estimate at its reference %d: sensitivity to trends takes one with a universal base", reference)
		case e < reference:
			c.Pre++
		default:
			c.Post++
		}
		if i > 0 && e != events[i-1]+1 && !(events[i-1] == reference-1 && e == reference+1) {
			return c, fault.Dataf("gap", "", "", "event times %d and %d are not next to each other: sensitivity to trends takes an event study without gaps", events[i-1], e)
		}
	}
	if c.Pre == 0 || c.Post == 0 {
		return c, fault.Dataf("no_pretrend", "", "", "sensitivity to trends takes event times both before and after the reference %d; there are %d and %d", reference, c.Pre, c.Post)
	}
	if events[c.Pre-1] != reference-1 || events[c.Pre] != reference+1 {
		return c, fault.Dataf("gap", "", "", "the event times beside the reference %d are missing", reference)
	}
	return c, nil
}

// HonestOptions are the choices of Honest; the zero value is the default.
type HonestOptions struct {
	Level   float64 // 0 means 0.95
	Draws   int     // of the least-favourable critical value; 0 means 2,000
	Seed    uint64
	Hybrid  bool // under Smoothness: the conditional test (C-LF) instead of the fixed-length interval
	Workers int

	// LikeHonestDiD gives the figures of R's HonestDiD: critical values from its own draws (1,000 and a million after
	// set.seed(0)), and the outermost accepted points of its grid of 1,000 over Grid, or over 20 standard errors on both sides
	// of the set that is identified when all is 0, without a search between them.
	LikeHonestDiD bool
	Grid          [2]float64 // {0, 0}: the default
}

// Honest is a confidence interval for Σ target·effect (target over the Post periods) that holds under the restriction.
//
// Smoothness: the fixed-length interval of Armstrong and Kolesár (2018) with the exact folded-normal critical value.
// RelativeMagnitude: the union over (which step before the start is the largest, and its sign) of conditional tests with a
// least-favourable first stage (C-LF, Andrews, Roth and Pakes 2023), inverted by a grid and then by bisection at its ends.
// The interval is infinite where no grid up to 400 standard errors ends it.
func Honest(c EventStudyCurve, target []float64, r Restriction, bound float64, o HonestOptions) (low, high float64, err error) {
	if len(target) != c.Post || len(c.Beta) != c.Pre+c.Post || len(c.Sigma) != len(c.Beta)*len(c.Beta) {
		panic(fmt.Sprintf("did: Honest with %d targets, %d coefficients and %d covariances for %d + %d periods", len(target), len(c.Beta), len(c.Sigma), c.Pre, c.Post))
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if o.Draws == 0 {
		o.Draws = 2000
	}
	if !(bound >= 0) || !slices.ContainsFunc(target, func(x float64) bool { return x != 0 }) {
		return math.NaN(), math.NaN(), fault.Usagef("bad_flag", "`--honest` takes bounds from 0 up")
	}
	if r == Smoothness && !o.Hybrid {
		quantile := foldedQuantile
		if o.LikeHonestDiD {
			quantile = foldedQuantileR
		}
		low, high = c.fixedLength(target, bound, 1-o.Level, quantile)
		return low, high, nil
	}
	return c.conditional(target, r, bound, o)
}
