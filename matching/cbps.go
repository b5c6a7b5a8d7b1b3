package matching

import (
	"math"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// CBPSOptions are the choices of CBPS.
type CBPSOptions struct {
	MaxIterations int      // 0: 100
	Names         []string // names of the columns, for messages
	Workers       int      // 0: one a processor; the result does not depend on it
}

// CovariateBalanced are rows weighted by the inverse of a score that was fitted to balance the covariates.
type CovariateBalanced struct {
	Treated    []bool
	Weight     []float64 // base/p for the treated, base/(1−p) for the others
	Score      []float64
	Coef       []float64 // of the logit score, in the columns as given
	Iterations int
	Converged  bool
	Imbalance  float64 // largest |difference of the weighted sums| over the columns, in standard deviations and rows

	x       [][]float64
	base    []float64
	std     regression.Standard
	factor  *regression.Factor
	eta     []float64
	workers int
}

// CBPS fits a logit score for the ATE whose inverse-probability weights balance the columns of x exactly, the
// just-identified covariate-balancing propensity score (Imai and Ratkovic 2014, JRSS-B 76:243):
//
//	Σ base·(T/p − (1−T)/(1−p))·(1, x) = 0,   p = 1/(1 + e^−η).
//
// These are the derivatives of the concave Σ base·[T(η − e^−η) − (1−T)(η + e^η)] (Tan 2020, Biometrika 107:137), which
// Newton's method maximises with step halving from the maximum-likelihood fit. For the ATT the same idea has odds e^η as
// weights and is entropy balancing to the last digit: use EntropyBalance.
//
// Separated groups are refused by the logit fit. Converged tells whether the balance is exact.
func CBPS(x [][]float64, treated []bool, base []float64, opt CBPSOptions) (*CovariateBalanced, error) {
	if err := checkDesign(x, treated, base, opt.Names); err != nil {
		return nil, err
	}
	n, k := len(treated), len(x)+1
	y := make([]float64, n)
	for i, t := range treated {
		y[i] = float64(group(t))
	}
	start, err := regression.Logit(x, y, base, regression.LogitOptions{Names: opt.Names, Workers: opt.Workers})
	if err != nil {
		return nil, err
	}
	c := &CovariateBalanced{Treated: treated, Weight: make([]float64, n), Score: make([]float64, n), x: x, base: base,
		std: regression.Standardise(x, base, opt.Workers), eta: make([]float64, n), workers: opt.Workers}
	b := make([]float64, k) // of the standardised columns
	b[0] = start.Coef[0]
	for j := range x {
		b[0] += start.Coef[j+1] * c.std.Mean[j]
		if c.std.Scale[j] > 0 {
			b[j+1] = start.Coef[j+1] / c.std.Scale[j]
		}
	}
	limit := opt.MaxIterations
	if limit == 0 {
		limit = 100
	}
	now := c.evaluate(b)
	factor := regression.NewFactor(now.Gram, k, 0)
	next := make([]float64, k)
	for c.Iterations = 1; c.Iterations <= limit; c.Iterations++ {
		step := append([]float64(nil), now.Grad...)
		factor.Solve(step)
		decrement := 0.
		for j, g := range now.Grad {
			decrement += g * step[j]
		}
		before, scale := now.Value, 1.
		for {
			for j := range b {
				next[j] = b[j] + scale*step[j]
			}
			now = c.evaluate(next)
			if now.Value >= before-1e-10*math.Abs(before) || scale < 1e-7 {
				break
			}
			scale /= 2
		}
		copy(b, next)
		kept := factor
		factor = regression.NewFactor(now.Gram, k, 1e-14)
		copyDropped(factor, kept)
		if decrement <= 1e-16*float64(n) {
			break
		}
	}
	c.Iterations = min(c.Iterations, limit)
	c.factor = factor
	total := 0.
	for i := range c.Weight {
		w := c.baseOf(i)
		total += w
		e := c.eta[i]
		if c.Score[i] = 1 / (1 + math.Exp(-e)); treated[i] {
			c.Weight[i] = w * (1 + math.Exp(-e))
		} else {
			c.Weight[i] = w * (1 + math.Exp(e))
		}
		if c.Weight[i]-c.Weight[i] != 0 {
			return nil, fault.Dataf("no_overlap", "", "", "row %d gets no finite weight; restrict to common support", i+1).At(int64(i + 1))
		}
	}
	for _, g := range now.Grad {
		c.Imbalance = math.Max(c.Imbalance, math.Abs(g)/total)
	}
	c.Converged = c.Imbalance < 1e-8
	c.Coef = c.std.Raw(b)
	return c, nil
}

func (c *CovariateBalanced) baseOf(i int) float64 {
	if c.base == nil {
		return 1
	}
	return c.base[i]
}

// evaluate is the objective with its first derivatives and the negative of its second ones.
func (c *CovariateBalanced) evaluate(b []float64) regression.Sums {
	return regression.Pass(c.x, len(c.Treated), c.std, b, true, c.workers, func(from int, eta, wt, res []float64) float64 {
		value := 0.
		for i, e := range eta {
			at := from + i
			w := c.baseOf(at)
			c.eta[at] = e
			if w == 0 {
				wt[i], res[i] = 0, 0
				continue
			}
			if c.Treated[at] {
				inverse := math.Exp(-e)
				wt[i], res[i] = w*inverse, w*(1+inverse)
				value += w * (e - inverse)
			} else {
				inverse := math.Exp(e)
				wt[i], res[i] = w*inverse, -w*(1+inverse)
				value -= w * (e + inverse)
			}
		}
		return value
	})
}

// Effect is the difference of weighted means of the outcome, v = weight · obs as in Matched.ATT, for the ATE, with the
// error of stacked M-estimation as PropensityWeighted.Effect has it.
func (c *CovariateBalanced) Effect(y, obs []float64, cluster []int32, clusters int) Effect {
	h, why := newHajek(y, obs, c.Weight, c.Treated)
	if why != "" {
		return missingEffect(why)
	}
	psi := borrowFloats(&floatPool, len(y))
	defer floatPool.Put(psi)
	c.influence(h, *psi)
	return h.effect(*psi, cluster, clusters, "m-estimation", &floatPool)
}

// Influence is the influence of each row on the estimate of Effect, on the scale of the estimate; nil where there is no
// estimate.
func (c *CovariateBalanced) Influence(y, obs []float64) []float64 {
	h, why := newHajek(y, obs, c.Weight, c.Treated)
	if why != "" {
		return nil
	}
	psi := make([]float64, len(y))
	c.influence(h, psi)
	return psi
}

func (c *CovariateBalanced) influence(h *hajek, psi []float64) {
	h.known(psi)
	derivative := regression.Pass(c.x, len(psi), c.std, nil, false, c.workers, func(from int, _, _, res []float64) float64 {
		for i := range res {
			at := from + i
			res[i] = 0
			if c.Weight[at] == 0 {
				continue
			}
			// d log w/dη: −e^−η/(1+e^−η) for the treated, e^η/(1+e^η) for the others
			if p := c.Score[at]; c.Treated[at] {
				res[i] = -psi[at] * (1 - p)
			} else {
				res[i] = psi[at] * p
			}
		}
		return 0
	}).Grad
	c.factor.Solve(derivative)
	regression.Pass(c.x, len(psi), c.std, derivative, false, c.workers, func(from int, eta, _, res []float64) float64 {
		for i, e := range eta {
			at := from + i
			res[i] = 0
			if c.Treated[at] {
				psi[at] += c.Weight[at] * e
			} else {
				psi[at] -= c.Weight[at] * e
			}
		}
		return 0
	})
}
