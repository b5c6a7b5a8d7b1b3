package cost

import (
	"fmt"
	"math"

	"tiltakseffekt/analysis/estimate"
)

// Point is a difference between two arms in cost (kroner, discounted, later tiltak of both included) and in effect
// (persons in stable work at H, or months in it over 1…H), per person who started.
type Point struct{ Cost, Effect float64 }

// Covariance is the joint covariance matrix of a Point.
type Covariance struct{ Cost, Effect, Joint float64 } // variances, and the covariance

// Quadrant is where a Point lies in the cost-effectiveness plane.
type Quadrant string

// The quadrants.
const (
	MoreForMore Quadrant = "more_effect_more_cost" // north-east: the ratio is the price of a unit of effect
	LessForLess Quadrant = "less_effect_less_cost" // south-west: the ratio is what is saved per unit given up
	Dominant    Quadrant = "dominant"              // more effect at less cost: no ratio is needed
	Dominated   Quadrant = "dominated"             // less effect at more cost
)

// quadrant is that of a point; a point on an axis lies with the costlier, the less effective side.
func quadrant(p Point) Quadrant {
	switch {
	case p.Effect > 0 && p.Cost >= 0:
		return MoreForMore
	case p.Effect > 0:
		return Dominant
	case p.Cost >= 0:
		return Dominated
	}
	return LessForLess
}

// The reasons why a ratio is not given, besides the quadrants Dominant and Dominated.
const (
	EffectNotDistinguishable estimate.Reason = "effect_not_distinguishable" // from 0: the ratio has no bounded interval
	DominantReason           estimate.Reason = "dominant"
	DominatedReason          estimate.Reason = "dominated"
)

// NetBenefit is what an arm gains at a value of a unit of effect: k·effect − cost, in kroner per person.
type NetBenefit struct {
	Value      float64 // k, kroner per unit of effect
	Estimate   float64
	StdError   float64
	ConfLow    float64
	ConfHigh   float64
	Acceptable float64 // probability that the net benefit is over 0: a point of the acceptability curve
}

// Ratio is the incremental cost-effectiveness ratio Δcost/Δeffect with Fieller's interval.
type Ratio struct {
	Estimate, ConfLow, ConfHigh float64
	Reason                      estimate.Reason // why there is none
}

// CostEffect is cost against effect.
type CostEffect struct {
	Point      Point
	Covariance Covariance
	Quadrant   Quadrant
	Curve      []NetBenefit // by the values that were asked for, in their order
	Ratio      Ratio
	Quadrants  map[Quadrant]float64 // share of the draws in each; nil without draws
	Draws      int
}

// CostEffectOf puts a difference in cost against one in effect, with joint draws of the two (a bootstrap by person in
// which both arms, their weights and later tiltak are drawn together).
//
// For each value k of a unit of effect the net benefit is k·Δe − Δc (Stinnett and Mullahy 1998), with the standard
// deviation of its draws, their percentile interval at level, and the share of draws in which it is over 0 (the
// acceptability curve of van Hout et al. 1994): a draw of exactly 0 does not count, so that ties are settled the same way
// every time. The ratio Δc/Δe — the ratio of means, never the mean of ratios — is given where Δe can be told from 0 at
// the level and neither arm dominates: only there is its interval (Fieller 1954; Briggs and Fenn 1998) bounded,
//
//	[(ce − z²s_ce) ± √((ce − z²s_ce)² − (e² − z²s_ee)(c² − z²s_cc))] / (e² − z²s_ee)
//
// Draws with a NaN are an error, and so are fewer than two.
func CostEffectOf(point Point, draws []Point, values []float64, level float64) (CostEffect, error) {
	if len(draws) < 2 {
		return CostEffect{}, fmt.Errorf("cost against effect needs at least 2 joint draws, not %d", len(draws))
	}
	n := float64(len(draws))
	mean := Point{}
	for i, d := range draws {
		if math.IsNaN(d.Cost) || math.IsNaN(d.Effect) {
			return CostEffect{}, fmt.Errorf("draw %d of cost and effect is not a number", i+1)
		}
		mean.Cost += d.Cost / n
		mean.Effect += d.Effect / n
	}
	v := Covariance{}
	quadrants, times := map[Quadrant]float64{}, map[Quadrant]int{}
	for _, d := range draws {
		c, e := d.Cost-mean.Cost, d.Effect-mean.Effect
		v.Cost += c * c / (n - 1)
		v.Effect += e * e / (n - 1)
		v.Joint += c * e / (n - 1)
		times[quadrant(d)]++
	}
	for q, k := range times {
		quadrants[q] = float64(k) / n
	}
	r := CostEffect{Point: point, Covariance: v, Quadrant: quadrant(point), Quadrants: quadrants, Draws: len(draws)}
	r.Ratio = ratio(point, v, level)
	x := make([]float64, len(draws))
	for _, k := range values {
		for i, d := range draws {
			x[i] = k*d.Effect - d.Cost
		}
		b := NetBenefit{Value: k, Estimate: k*point.Effect - point.Cost}
		b.StdError, b.ConfLow, b.ConfHigh, b.Acceptable = Spread(x, level)
		r.Curve = append(r.Curve, b)
	}
	return r, nil
}

// CostEffectNormal is CostEffectOf from the covariance of the two differences, as influence values give it, under joint
// normality: the standard error of the net benefit is √(k²s_ee − 2k·s_ce + s_cc) and its acceptability Φ(net benefit over
// it), 0 or 1 where that error is 0 (0 for a net benefit of exactly 0).
func CostEffectNormal(point Point, v Covariance, values []float64, level float64) CostEffect {
	r := CostEffect{Point: point, Covariance: v, Quadrant: quadrant(point), Ratio: ratio(point, v, level)}
	for _, k := range values {
		b := NetBenefit{Value: k, Estimate: k*point.Effect - point.Cost}
		variance := k*k*v.Effect - 2*k*v.Joint + v.Cost
		e := estimate.Normal(b.Estimate, math.Sqrt(max(0, variance)), level)
		b.StdError, b.ConfLow, b.ConfHigh = e.StdError, e.ConfLow, e.ConfHigh
		switch {
		case b.StdError > 0:
			b.Acceptable = math.Erfc(-b.Estimate/b.StdError/math.Sqrt2) / 2
		case b.Estimate > 0:
			b.Acceptable = 1
		}
		r.Curve = append(r.Curve, b)
	}
	return r
}

// JointCovariance is the covariance of two differences from their influence values by row, summed by person: person holds
// numbers in [0, persons), nil means that each row stands alone. It panics where lengths differ.
func JointCovariance(cost, effect []float64, person []int32, persons int) Covariance {
	if len(cost) != len(effect) {
		panic("cost: influence values of different length")
	}
	c, e := estimate.ClusterVariance(cost, person, persons), estimate.ClusterVariance(effect, person, persons)
	if person == nil {
		persons = len(cost)
		person = make([]int32, persons)
		for i := range person {
			person[i] = int32(i)
		}
	}
	c1, e1 := make([]float64, persons), make([]float64, persons)
	for i, p := range person {
		c1[p] += cost[i]
		e1[p] += effect[i]
	}
	joint := 0.
	for i := range c1 {
		joint += c1[i] * e1[i]
	}
	return Covariance{Cost: c, Effect: e, Joint: joint}
}

// ratio is Δcost/Δeffect with Fieller's interval, where it is defined.
func ratio(p Point, v Covariance, level float64) Ratio {
	nan := math.NaN()
	missing := func(why estimate.Reason) Ratio { return Ratio{nan, nan, nan, why} }
	z := estimate.Quantile(level)
	a := p.Effect*p.Effect - z*z*v.Effect
	if !(a > 0) {
		return missing(EffectNotDistinguishable)
	}
	switch quadrant(p) {
	case Dominant:
		return missing(DominantReason)
	case Dominated:
		return missing(DominatedReason)
	}
	b := p.Cost*p.Effect - z*z*v.Joint
	root := math.Sqrt(max(0, b*b-a*(p.Cost*p.Cost-z*z*v.Cost)))
	return Ratio{Estimate: p.Cost / p.Effect, ConfLow: (b - root) / a, ConfHigh: (b + root) / a}
}
