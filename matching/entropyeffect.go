package matching

import (
	"context"

	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/internal/regression"
)

// ATT is the difference of weighted means of the outcome, v = weight · obs as in Matched.ATT (for Options.Estimand ATC or
// ATE, the effect on those rows), with an error that takes in that the weights were estimated, by stacked M-estimation: for
// the ATT, with β the weighted least squares slopes of y on x among the comparison rows and n₁ the weight of the treated,
//
//	ψ = base·(y − ȳ₁ − (x − m)'β)/n₁ for the treated, −w·(y − ȳ₀ − (x − m)'β)/n₁ for the comparison rows.
//
// What the columns explain of the outcome does not add to the variance. obs are held fixed; with them β is
// (Σ w zz')⁻¹ Σ w·obs·(y − ȳ₀)z · Σw/Σ(w·obs), and rows not observed still count through the weights.
//
// The influence is summed by person where cluster is given, as a number in [0, clusters). The factorisation is that of the
// balancing: a further outcome costs two passes over the data.
func (b *Balanced) ATT(y, obs []float64, cluster []int32, clusters int) Effect {
	h, why := newHajek(y, obs, b.Weight, b.Treated)
	if why != "" {
		return missingEffect(why)
	}
	psi := borrowFloats(&floatPool, len(y))
	defer floatPool.Put(psi)
	b.influence(h, *psi)
	return h.effect(*psi, cluster, clusters, "m-estimation", &floatPool)
}

// ATTs is ATT for many outcomes, shared among the workers of the options; obs may be nil, or nil for some outcomes.
func (b *Balanced) ATTs(y, obs [][]float64, cluster []int32, clusters int) []Effect {
	out := make([]Effect, len(y))
	one := *b
	one.Options.Workers = 1
	err := parallel.For(context.Background(), b.Options.Workers, len(y), func(i int) error {
		var o []float64
		if obs != nil {
			o = obs[i]
		}
		out[i] = one.ATT(y[i], o, cluster, clusters)
		return nil
	})
	if err != nil {
		panic(err)
	}
	return out
}

// Influence is the influence of each row on the estimate of ATT, on the scale of the estimate.
func (b *Balanced) Influence(y, obs []float64) []float64 {
	h, why := newHajek(y, obs, b.Weight, b.Treated)
	if why != "" {
		return nil
	}
	psi := make([]float64, len(y))
	b.influence(h, psi)
	return psi
}

func (b *Balanced) influence(h *hajek, psi []float64) {
	h.known(psi)
	for g, factor := range b.factor {
		if factor == nil {
			continue
		}
		moments := regression.Pass(b.x, len(psi), b.std, nil, false, b.Options.Workers, func(from int, _, _, res []float64) float64 {
			for i := range res {
				res[i] = 0
				if group(b.Treated[from+i]) == g {
					res[i] = h.residual(from + i)
				}
			}
			return 0
		})
		slope := moments.Grad
		slope[0] = 0
		factor.Solve(slope[1:])
		sign := -1.
		if g == 1 {
			sign = 1
		}
		all := b.Options.Estimand == ATE
		regression.Pass(b.x, len(psi), b.std, slope, false, b.Options.Workers, func(from int, eta, _, res []float64) float64 {
			for i, e := range eta {
				at := from + i
				res[i] = 0
				own := group(b.Treated[at]) == g
				if own {
					psi[at] -= sign * b.Weight[at] * e
				}
				if (all || !own) && !b.Options.FixedTarget {
					psi[at] += sign * b.baseOf(at) * e
				}
			}
			return 0
		})
	}
}
