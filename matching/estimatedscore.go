package matching

import (
	"math"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// EstimatedScore is the estimate of Effect with the error of Abadie and Imbens (2016, Econometrica 84:781), which takes in
// that the score matched on was fitted: with I = E[f²/(p(1−p))·XX'] the information of the fit per row, f the slope of p in
// the linear predictor (p(1−p) for the logit), μ_g the mean outcome of group g,
//
//	ATE   V − c'I⁻¹c/N,   c = E[f(cov(X, μ₁|p)/p + cov(X, μ₀|p)/(1−p))]
//	ATT   V − c'I⁻¹c/N + d'I⁻¹d/N,
//	      c = E[fX(μ₁(p) − μ₀(p) − τ) + f(cov(X, μ₁|p) + p/(1−p)·cov(X, μ₀|p))]/E[p],
//	      d = E[fX(μ₁(X) − μ₀(X) − τ)]/E[p]
//	ATC   the same with the groups exchanged: p and 1−p, μ₁ and μ₀, and −τ
//
// where V is the variance with the score known. Means and covariances given p come from the nearest rows in the score of
// each group (as many as Neighbours, at least 4), μ(X) from linear regressions. For the ATE the fit makes the error smaller,
// for the others smaller or larger.
//
// The matching must be on the score itself (Fitted, or its Linear predictor), x its design, without bias adjustment. Where the correction would leave no variance, a sampling accident, V is kept.
func (t *Tied) EstimatedScore(y []float64, fit *regression.Fit, x [][]float64) (Effect, error) {
	if t.opt.BiasAdjust || t.opt.Sample {
		return Effect{}, fault.Usagef("bad_flag", "the error of Abadie and Imbens (2016) is for the population and without bias adjustment")
	}
	e, err := t.Effect(y)
	if err != nil || e.Reason != "" {
		return e, err
	}
	n, k := t.n, len(x)+1
	std := regression.Standardise(x, nil, 1)
	z := func(j, i int) float64 {
		if j == 0 {
			return 1
		}
		return (x[j-1][i] - std.Mean[j-1]) * std.Scale[j-1]
	}
	var all []int32
	var groups [2][]int32
	target := group(t.opt.Estimand != ATC)
	own := func(i int) float64 { // the probability of the target group
		if target == 1 {
			return fit.Fitted[i]
		}
		return 1 - fit.Fitted[i]
	}
	share := 0.
	for i, d := range t.in.Treated {
		all = append(all, int32(i))
		groups[group(d)] = append(groups[group(d)], int32(i))
		share += own(i) / float64(n)
	}
	c, d := make([]float64, k), make([]float64, k)
	var local [2][]float64 // mean outcome of a group at the row's score
	for g := range 2 {
		near := nearestSets([][]float64{fit.Fitted}, all, groups[g], n, max(t.opt.Neighbours, 4), 0, nil)
		local[g] = make([]float64, n)
		for i := range n {
			set := near.list[near.from[i]:near.to[i]]
			if len(set) > direct { // many rows share the score: the first of them do
				set = set[:direct]
			}
			mean := 0.
			for _, r := range set {
				mean += y[r] / float64(len(set))
			}
			local[g][i] = mean
			if len(set) < 2 {
				continue
			}
			p, f := own(i), scoreSlope(fit, i)/float64(n)
			switch {
			case t.opt.Estimand == ATE && g == 1:
				f /= p
			case t.opt.Estimand == ATE:
				f /= 1 - p
			case g != target:
				f *= p / (1 - p)
			}
			for j := 1; j < k; j++ {
				cov := 0.
				for _, r := range set {
					cov += z(j, int(r)) * (y[r] - mean)
				}
				c[j] += f * cov / float64(len(set)-1)
			}
		}
	}
	if t.opt.Estimand != ATE {
		sign := 2*float64(target) - 1
		var predicted [2][]float64
		for g := range 2 {
			w := make([]float64, n)
			for _, r := range groups[g] {
				w[r] = 1
			}
			r, err := regression.WLS(x, y, w)
			if err != nil {
				return Effect{}, err
			}
			predicted[g] = r.Fitted
		}
		for i := range n {
			f := sign * scoreSlope(fit, i) / float64(n)
			for j := range k {
				c[j] += f * z(j, i) * (local[1][i] - local[0][i] - e.Estimate)
				d[j] += f * z(j, i) * (predicted[1][i] - predicted[0][i] - e.Estimate)
			}
		}
		for j := range k {
			c[j] /= share
			d[j] /= share
		}
	}
	information := regression.Pass(x, n, std, nil, true, 1, func(from int, _, wt, res []float64) float64 {
		for i := range wt {
			p, f := fit.Fitted[from+i], scoreSlope(fit, from+i)
			if wt[i], res[i] = f*f/(p*(1-p))/float64(n), 0; f == 0 {
				wt[i] = 0
			}
		}
		return 0
	}).Gram
	factor := regression.NewFactor(information, k, 0)
	form := func(v []float64) float64 {
		s := append([]float64(nil), v...)
		factor.Solve(s)
		sum := 0.
		for j := range s {
			sum += s[j] * v[j]
		}
		return sum / float64(n)
	}
	e.StdErrorType = "abadie-imbens-2016"
	if v := e.StdError*e.StdError - form(c) + form(d); v > 0 {
		e.StdError = math.Sqrt(v)
	}
	return e, nil
}
