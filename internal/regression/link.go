package regression

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

const epsilon = 0x1p-52

// linkFunctions of a binary regression: start is the link g(μ), inverse gives μ and dμ/dη.
type linkFunctions struct {
	start   func(mu float64) float64
	inverse func(eta float64) (mu, slope float64)
}

func (m *binary) linkFunctions() linkFunctions {
	switch {
	case m.opt.Link == ProbitLink:
		return linkFunctions{distuv.UnitNormal.Quantile, probitInverse}
	case m.opt.LikeR:
		return linkFunctions{logitOf, logitInverseR}
	}
	return linkFunctions{logitOf, logitInverse}
}

func logitOf(mu float64) float64 { return math.Log(mu / (1 - mu)) }

// logitInverse is e^η/(1+e^η) and its derivative, without overflow.
func logitInverse(eta float64) (mu, slope float64) {
	if eta >= 0 {
		e := math.Exp(-eta)
		mu = 1 / (1 + e)
		return mu, mu * (e * mu)
	}
	e := math.Exp(eta)
	mu = e / (1 + e)
	return mu, mu / (1 + e)
}

// logitInverseR bounds the odds as R's binomial family does: beyond |η| = 30 they are ε or 1/ε and the derivative is ε,
// so that all such rows share one score, which decides ties in matching.
func logitInverseR(eta float64) (mu, slope float64) {
	switch {
	case eta < -30:
		return epsilon / (1 + epsilon), epsilon
	case eta > 30:
		return (1 / epsilon) / (1 + 1/epsilon), epsilon
	}
	e := math.Exp(eta)
	return e / (1 + e), e / ((1 + e) * (1 + e))
}

// probitInverse is Φ(η) and φ(η), with η bounded where Φ leaves [ε, 1−ε] and φ at least ε.
func probitInverse(eta float64) (mu, slope float64) {
	const bound = 8.12589066470190 // −Φ⁻¹(ε)
	e := max(-bound, min(bound, eta))
	return 0.5 * math.Erfc(-e/math.Sqrt2), max(math.Exp(-eta*eta/2)/math.Sqrt(2*math.Pi), epsilon)
}

// devianceOf is 2[y log(y/μ) + (1−y) log((1−y)/(1−μ))].
func devianceOf(y, mu float64) float64 {
	switch y {
	case 1:
		return -2 * math.Log(mu)
	case 0:
		return -2 * math.Log1p(-mu)
	}
	return 2 * (y*math.Log(y/mu) + (1-y)*math.Log((1-y)/(1-mu)))
}
