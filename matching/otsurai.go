package matching

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// Multiplier is the estimate of Effect with the error of the multiplier bootstrap of Otsu and Rai (2017, JASA 112:1720),
// which is valid for matching with replacement where resampling rows is not (Abadie and Imbens 2008, Econometrica 76:1537).
// It multiplies each row's part of the linear form of the estimator,
//
//	rᵢ = 1{effect of i wanted}·[±(Yᵢ − μ̂ of the other group(Zᵢ)) − τ] ± Kᵢ(Yᵢ − μ̂ of its group(Zᵢ)),
//
// with independent draws of mean 0 and variance 1, so that the bootstrap's variance, over all draws, is Σ rᵢ²/N². That limit
// is what is returned: no draws, no seed. μ̂ are the regressions among the matches that the bias adjustment uses; without it,
// those on the coordinates of the matching alone (see Reuse.Effect for why not on Z). With
// cluster, the person of a row as a number in [0, clusters), the parts of a person get the same draw: they are summed first.
//
// With the bias adjustment the input's Z must be given. Outcomes must not be missing.
func (t *Tied) Multiplier(y []float64, cluster []int32, clusters int) (Effect, error) {
	e, err := t.Effect(y)
	if err != nil || e.Reason != "" {
		return e, err
	}
	z := t.in.Z
	if !t.opt.BiasAdjust {
		if z = t.in.Points; len(z) == 1 {
			z = MatchedOn(z[0])
		}
	}
	if z == nil {
		return Effect{}, fault.Usagef("bad_flag", "the multiplier bootstrap needs covariates")
	}
	var fitted [2][]float64 // regression in a group, for all rows
	for g := range 2 {
		if t.k[g] == nil {
			continue
		}
		d, err := regression.NewNormal(z, t.n, t.k[g], regression.Options{})
		if err != nil {
			return Effect{}, err
		}
		fit, err := d.Fit(y)
		if err != nil {
			return Effect{}, err
		}
		fitted[g] = fit.Fitted
	}
	r := make([]float64, t.n)
	count := 0.
	for g := range 2 {
		sign := 2*float64(g) - 1
		for _, i := range t.arms[g].rows {
			r[i] += sign*(y[i]-fitted[1-g][i]) - e.Estimate
			count++
		}
		for i, k := range t.k[g] {
			if k > 0 {
				r[i] += sign * k * (y[i] - fitted[g][i])
			}
		}
	}
	e.StdErrorType = "otsu-rai"
	e.StdError = math.Sqrt(estimate.ClusterVariance(r, cluster, clusters)) / count
	if cluster != nil {
		e.StdErrorType += "+person"
	}
	return e, nil
}
