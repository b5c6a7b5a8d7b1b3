package duration

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// RestrictedMean is the area under the curve from Options.From (0 otherwise) to tau: for survival the mean time until
// the end, counting at most tau; for a state's cumulative incidence the mean time up to tau spent after it. Its variance
// with Greenwood's errors is
//
//	Σ_{u ≤ τ} [∫_u^τ S]² d/(n(n−d)),
//
// with 0 where everybody ends; with the jackknife the sum over clusters of the squared influence. Beyond the end of
// follow-up it is missing with reason no_follow_up, unless everybody has ended by then.
//
// Royston and Parmar (2013), doi:10.1186/1471-2288-13-152; Andersen (2013), doi:10.1002/sim.5903 for competing exits.
func (c *Curve) RestrictedMean(tau float64) estimate.Estimate {
	if c.restricted == nil || !(tau > c.from) || math.IsInf(tau, 1) {
		return estimate.Missing(estimate.NotDefined)
	}
	if !c.known(tau) {
		return estimate.Missing(estimate.NoFollowUp)
	}
	area, at, value := 0., c.from, c.initial
	for k, t := range c.Time {
		if t >= tau {
			break
		}
		area += value * (t - at)
		at, value = t, c.Estimate[k]
	}
	area += value * (tau - at)
	v, _ := c.restricted(tau)
	return estimate.Normal(area, math.Sqrt(v), c.Level)
}

// survivalArea are the derivatives of the area under the survival curve of group k up to tau to the hazards.
func (p *prepared) survivalArea(k int, tau float64) [][]float64 {
	t := p.tables[k]
	S := t.survival()
	g := make([][]float64, len(t.event))
	area := 0. // ∫_u^τ S
	later := tau
	one := make([]float64, len(t.time))
	for j := len(t.time) - 1; j >= 0; j-- {
		if t.time[j] >= tau {
			continue
		}
		area += S[j] * (later - t.time[j])
		later = t.time[j]
		if t.exits[j] > 0 && t.exits[j] < t.atRisk[j] {
			one[j] = -area * t.risk[j] / (t.risk[j] - t.anyExit[j])
		}
	}
	for s := 1; s < len(g); s++ {
		g[s] = one
	}
	return g
}

// area is the variance of the area under a curve of group k up to tau, and what each cluster adds to it (nil where rows
// stand alone), from its derivatives to the hazards.
func (p *prepared) area(k int, derivatives func(tau float64) [][]float64) func(tau float64) (variance float64, influence []float64) {
	return func(tau float64) (float64, []float64) {
		g := derivatives(tau)
		if p.variance != Jackknife {
			return p.tables[k].greenwood(g), nil
		}
		sums := p.newJackknife(k).influence(g)
		v := 0.
		for _, s := range sums {
			v += s * s
		}
		if p.in.Cluster == nil {
			return v, nil
		}
		return v, sums
	}
}

// survival is S after each position of the table.
func (t *table) survival() []float64 {
	S := make([]float64, len(t.time))
	s := 1.
	for j := range S {
		switch {
		case t.exits[j] == 0:
		case t.exits[j] == t.atRisk[j]:
			s = 0
		default:
			s *= (t.risk[j] - t.anyExit[j]) / t.risk[j]
		}
		S[j] = s
	}
	return S
}

// Contrast is a comparison of the restricted means of two groups.
type Contrast struct {
	Group, Against string
	Tau            float64
	Difference     estimate.Estimate // RMST of Group − RMST of Against
	Ratio          estimate.Estimate // RMST ratio; interval and p-value on the log scale
	LostRatio      estimate.Estimate // ratio of the time lost, τ − RMST; on the log scale
}

// RestrictedContrast compares the restricted means of two groups up to tau: the difference with the sum of their variances,
// and by the delta method on logarithms the ratio of restricted means and of times lost. A standard error of a ratio is that
// of its logarithm times the ratio. The groups are independent, unless their rows have clusters and the variance is the
// jackknife: then twice the covariance, the sum over clusters of the products of what each adds to either mean, is taken
// off, so that a person may stand in both. The curves must be of one input. Reasons are those of [Curve.RestrictedMean].
//
// Royston and Parmar (2013), doi:10.1186/1471-2288-13-152; as rmst2 of R's survRM2.
func RestrictedContrast(group, against *Curve, tau float64) Contrast {
	a, b := group.RestrictedMean(tau), against.RestrictedMean(tau)
	c := Contrast{Group: group.Group, Against: against.Group, Tau: tau}
	for _, e := range []estimate.Estimate{a, b} {
		if e.Reason != "" {
			c.Difference, c.Ratio, c.LostRatio = estimate.Missing(e.Reason), estimate.Missing(e.Reason), estimate.Missing(e.Reason)
			return c
		}
	}
	pair := meanPair{seA: a.StdError, seB: b.StdError, level: group.Level}
	if _, x := group.restricted(tau); x != nil {
		if _, y := against.restricted(tau); len(y) == len(x) {
			for i := range x {
				pair.covariance += x[i] * y[i]
			}
		}
	}
	c.Difference = estimate.Normal(a.Estimate-b.Estimate, pair.difference(1, 1), group.Level)
	length := tau - group.from
	c.Ratio = pair.ratio(a.Estimate, b.Estimate)
	c.LostRatio = pair.ratio(length-a.Estimate, length-b.Estimate)
	return c
}

// meanPair are the errors of two means and their covariance.
type meanPair struct{ seA, seB, covariance, level float64 }

// difference is the error of A/a − B/b.
func (p meanPair) difference(a, b float64) float64 {
	if p.covariance == 0 {
		return math.Hypot(p.seA/a, p.seB/b)
	}
	return math.Sqrt(max(0, p.seA*p.seA/(a*a)+p.seB*p.seB/(b*b)-2*p.covariance/(a*b)))
}

// ratio is a/b, each with the error of its mean, by the delta method on the logarithm.
func (p meanPair) ratio(a, b float64) estimate.Estimate {
	if !(a > 0 && b > 0) {
		return estimate.Missing(estimate.NotDefined)
	}
	e := estimate.Normal(math.Log(a/b), p.difference(a, b), p.level)
	ratio := a / b
	e.Estimate, e.StdError, e.ConfLow, e.ConfHigh = ratio, ratio*e.StdError, math.Exp(e.ConfLow), math.Exp(e.ConfHigh)
	return e
}

// CheckTau refuses an end of the restricted mean that is not a positive number.
func CheckTau(tau float64) error {
	if !(tau > 0) || math.IsInf(tau, 1) {
		return fault.Usagef("bad_tau", "the end of the restricted mean is a positive number, not %v", tau)
	}
	return nil
}
