package matching

import "math"

// EValue is the E-value of a risk ratio (VanderWeele and Ding 2017, Ann. Intern. Med. 167:268): how strongly, as a risk
// ratio, an unmeasured cause would have to go with both treatment and outcome, beyond what is adjusted for, to explain the
// ratio away,
//
//	E = RR + √(RR(RR − 1)),   with 1/RR where RR < 1.
//
// It is 1 for RR = 1 and NaN where the ratio is not positive.
func EValue(ratio float64) float64 {
	if !(ratio > 0) {
		return math.NaN()
	}
	if ratio < 1 {
		ratio = 1 / ratio
	}
	return ratio + math.Sqrt(ratio*(ratio-1))
}

// EValueBound is the E-value of the limit of an interval that is nearer to 1, and 1 where the interval holds 1.
func EValueBound(low, high float64) float64 {
	switch {
	case math.IsNaN(low) || math.IsNaN(high):
		return math.NaN()
	case low <= 1 && high >= 1:
		return 1
	case low > 1:
		return EValue(low)
	}
	return EValue(high)
}

// RatioOfMeanDifference is the approximate risk ratio exp(0.91 d) of a standardised mean difference d (Chinn 2000,
// Statistics in Medicine 19:3127; VanderWeele and Ding 2017).
func RatioOfMeanDifference(d float64) float64 { return math.Exp(0.91 * d) }

// RatioOfOdds is the approximate risk ratio √OR of an odds ratio for a common outcome (over 15 %); for a rare one the
// odds ratio itself is used.
func RatioOfOdds(odds float64) float64 { return math.Sqrt(odds) }

// RatioOfHazards is the approximate risk ratio of a hazard ratio for a common outcome (VanderWeele 2017),
// (1 − 0.5^√HR)/(1 − 0.5^√(1/HR)); for a rare one the hazard ratio itself is used.
func RatioOfHazards(hazard float64) float64 {
	return (1 - math.Pow(0.5, math.Sqrt(hazard))) / (1 - math.Pow(0.5, math.Sqrt(1/hazard)))
}

// RiskDifferenceBound is the E-value of an interval of a risk difference p₁ − p₀ with independent errors s₁ and s₀ and
// normal critical value z: of the smallest bias factor B at which p₁ − B·p₀ − z√(s₁² + B²s₀²) is no longer positive (Ding
// and VanderWeele 2016, Epidemiology 27:368). For negative differences exchange the groups. It is 1 where the interval
// holds 0.
func RiskDifferenceBound(p1, s1, p0, s0, z float64) float64 {
	if p1-p0-z*math.Hypot(s1, s0) <= 0 {
		return 1
	}
	a, b, c := p0*p0-z*z*s0*s0, -2*p0*p1, p1*p1-z*z*s1*s1
	root := math.Sqrt(b*b - 4*a*c)
	return EValue((-b - root) / (2 * a))
}
