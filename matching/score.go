package matching

import (
	"math"
	"sync"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// WeightOptions are the choices of PropensityWeights; the zero value is the ATT without trimming.
type WeightOptions struct {
	Estimand Estimand
	Leave    []bool // rows given weight 0, see CommonSupport and CrumpTrim; nil: none
	Workers  int    // 0: one a processor; the result does not depend on it
}

// PropensityWeighted are rows weighted by a function of an estimated propensity score.
type PropensityWeighted struct {
	Treated []bool
	Weight  []float64 // base weight times the function of the score; 0 for rows left out
	Options WeightOptions

	x      [][]float64
	base   []float64
	fit    *regression.Fit
	std    regression.Standard
	once   sync.Once
	factor *regression.Factor // of the information of the score, on standardised columns
}

// PropensityWeights weights rows by the fitted score p of Pr(treated | x), times base (nil: 1):
//
//	       treated     comparison
//	ATT    1           p/(1−p)
//	ATC    (1−p)/p     1
//	ATE    1/p         1/(1−p)
//	ATO    1−p         p                overlap weights (Li, Morgan and Zaslavsky 2018, JASA 113:390)
//	ATM    min(p,1−p)/p, min(p,1−p)/(1−p)   matching weights (Li and Greene 2013)
//
// fit is the regression of treated on x with weights base. A score of exactly 0 or 1 where it is divided by is refused.
func PropensityWeights(fit *regression.Fit, x [][]float64, treated []bool, base []float64, opt WeightOptions) (*PropensityWeighted, error) {
	n := len(treated)
	sameLength("score", len(fit.Fitted), n)
	if err := checkDesign(x, treated, base, nil); err != nil {
		return nil, err
	}
	w := &PropensityWeighted{Treated: treated, Weight: make([]float64, n), Options: opt, x: x, base: base, fit: fit}
	for i, p := range fit.Fitted {
		if opt.Leave != nil && opt.Leave[i] {
			continue
		}
		v, _ := scoreWeight(opt.Estimand, p, treated[i])
		v *= w.baseOf(i)
		if v-v != 0 {
			return nil, fault.Dataf("no_overlap", "", "", "the score of row %d is %g, which gives it no finite weight; restrict to common support or choose another estimand", i+1, p).At(int64(i + 1))
		}
		w.Weight[i] = v
	}
	return w, nil
}

// scoreWeight is the weight of a row with score p and its derivative in p.
func scoreWeight(e Estimand, p float64, treated bool) (w, slope float64) {
	switch {
	case e == ATT && !treated:
		return p / (1 - p), 1 / ((1 - p) * (1 - p))
	case e == ATC && treated:
		return (1 - p) / p, -1 / (p * p)
	case e == ATE && treated:
		return 1 / p, -1 / (p * p)
	case e == ATE:
		return 1 / (1 - p), 1 / ((1 - p) * (1 - p))
	case e == ATO && treated:
		return 1 - p, -1
	case e == ATO:
		return p, 1
	case e == ATM && treated && p > 0.5:
		return (1 - p) / p, -1 / (p * p)
	case e == ATM && !treated && p < 0.5:
		return p / (1 - p), 1 / ((1 - p) * (1 - p))
	}
	return 1, 0
}

func (w *PropensityWeighted) baseOf(i int) float64 {
	if w.base == nil {
		return 1
	}
	return w.base[i]
}

func (w *PropensityWeighted) slope(i int) float64 { return scoreSlope(w.fit, i) }

// scoreSlope is dp/dη of the score of a row.
func scoreSlope(fit *regression.Fit, i int) float64 {
	if fit.Link == regression.ProbitLink {
		e := fit.Linear[i]
		return math.Exp(-e*e/2) / math.Sqrt(2*math.Pi)
	}
	p := fit.Fitted[i]
	return p * (1 - p)
}

// information factorises Σ base·(dp/dη)²/(p(1−p))·zz'.
func (w *PropensityWeighted) information() {
	w.once.Do(func() {
		w.std = regression.Standardise(w.x, w.base, w.Options.Workers)
		s := regression.Pass(w.x, len(w.Treated), w.std, nil, true, w.Options.Workers, func(from int, _, wt, res []float64) float64 {
			for i := range wt {
				p, d := w.fit.Fitted[from+i], w.slope(from+i)
				wt[i], res[i] = w.baseOf(from+i)*d*d/(p*(1-p)), 0
				if p == 0 || p == 1 {
					wt[i] = 0
				}
			}
			return 0
		})
		w.factor = regression.NewFactor(s.Gram, len(w.x)+1, 0)
	})
}

// Effect is the difference of weighted means of the outcome, v = weight · obs as in Matched.ATT, with an error that takes
// in that the score was estimated, by stacked M-estimation (Stefanski and Boos 2002; Lunceford and Davidian 2004,
// Statistics in Medicine 23:2937): the influence of the weighted means plus that of the score's coefficients times the
// derivative of the estimate in them. Rows left out still take part in the score. obs are held fixed; the influence is
// summed by person where cluster is given, as a number in [0, clusters).
func (w *PropensityWeighted) Effect(y, obs []float64, cluster []int32, clusters int) Effect {
	h, why := newHajek(y, obs, w.Weight, w.Treated)
	if why != "" {
		return missingEffect(why)
	}
	psi := borrowFloats(&floatPool, len(y))
	defer floatPool.Put(psi)
	w.influence(h, *psi)
	return h.effect(*psi, cluster, clusters, "m-estimation", &floatPool)
}

// Known is Effect with the weights taken as known: HC0 of the weighted regression on the treatment.
func (w *PropensityWeighted) Known(y, obs []float64, cluster []int32, clusters int) Effect {
	return WeightedDifference(w.Weight, w.Treated, y, obs, cluster, clusters)
}

// WeightedDifference is the difference of weighted means with the weights taken as known, v = weight · obs: the HC0
// sandwich of the weighted regression on the treatment, or its sum by person.
func WeightedDifference(weight []float64, treated []bool, y, obs []float64, cluster []int32, clusters int) Effect {
	h, why := newHajek(y, obs, weight, treated)
	if why != "" {
		return missingEffect(why)
	}
	psi := borrowFloats(&floatPool, len(y))
	defer floatPool.Put(psi)
	h.known(*psi)
	return h.effect(*psi, cluster, clusters, "robust", &floatPool)
}

func (w *PropensityWeighted) influence(h *hajek, psi []float64) {
	w.information()
	h.known(psi)
	derivative := regression.Pass(w.x, len(psi), w.std, nil, false, w.Options.Workers, func(from int, _, _, res []float64) float64 {
		for i := range res {
			at := from + i
			res[i] = 0
			if w.Weight[at] == 0 {
				continue
			}
			value, slope := scoreWeight(w.Options.Estimand, w.fit.Fitted[at], w.Treated[at])
			res[i] = psi[at] * slope / value * w.slope(at)
		}
		return 0
	}).Grad
	w.factor.Solve(derivative)
	regression.Pass(w.x, len(psi), w.std, derivative, false, w.Options.Workers, func(from int, eta, _, res []float64) float64 {
		for i, e := range eta {
			at := from + i
			res[i] = 0
			p := w.fit.Fitted[at]
			if p == 0 || p == 1 {
				continue
			}
			d := -p
			if w.Treated[at] {
				d = 1 - p
			}
			psi[at] += w.baseOf(at) * d * w.slope(at) / (p * (1 - p)) * e
		}
		return 0
	})
}

// Influence is the influence of each row on the estimate of Effect, on the scale of the estimate; nil where there is no
// estimate.
func (w *PropensityWeighted) Influence(y, obs []float64) []float64 {
	h, why := newHajek(y, obs, w.Weight, w.Treated)
	if why != "" {
		return nil
	}
	psi := make([]float64, len(y))
	w.influence(h, psi)
	return psi
}
