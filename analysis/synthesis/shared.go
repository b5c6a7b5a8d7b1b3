package synthesis

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Shared pools estimates that share persons, so that their errors are correlated: y = μ1 + u + e with Var u = τ²I and
// Var e = V, V known (k × k, row by row). By generalised least squares at τ² of the restricted likelihood,
//
//	μ = 1′Ω⁻¹y/1′Ω⁻¹1, se = (1′Ω⁻¹1)^−½, Ω = V + τ²I.
//
// With the eigenvectors U of V the rotated estimates U′y are independent with variances λ+τ² and mean U′1·μ, which is how
// it is computed. Where V is diagonal the result is that of Meta. Weights may be negative: of two estimates that are
// strongly correlated the noisier one is then used to correct the other. I², H² and the Q-profile interval have no
// agreed meaning here and are NaN; Q = (y−μ1)′V⁻¹(y−μ1).
//
// Berkey et al. (1998), doi:10.1002/(SICI)1097-0258(19981115)17:22<2537::AID-SIM953>3.0.CO;2-C. Errors: V is not symmetric, or not
// positive definite.
func Shared(y []float64, v [][]float64, opt Options) (*Pooled, error) {
	if opt.Level == 0 {
		opt.Level = .95
	}
	if opt.Method != REML && opt.Method != Fixed {
		return nil, fault.Usagef("bad_method", "estimates that share persons are pooled by reml or fixed, not %s", opt.Method)
	}
	k := len(y)
	if len(v) != k || k == 0 {
		return nil, fault.Dataf("bad_length", "", "", "a covariance of %d rows for %d estimates; they must be as many", len(v), k)
	}
	s := Studies{Estimate: y, StdError: make([]float64, k)}
	sym := mat.NewSymDense(k, nil)
	for i := range v {
		if len(v[i]) != k {
			return nil, fault.Dataf("bad_length", "", "", "row %d of the covariance has %d elements, not %d", i+1, len(v[i]), k)
		}
		s.StdError[i] = math.Sqrt(v[i][i])
		for j := range i + 1 {
			if math.Abs(v[i][j]-v[j][i]) > 1e-12*math.Sqrt(v[i][i]*v[j][j]) {
				return nil, fault.Dataf("bad_covariance", "", "", "the covariance is not symmetric in %d and %d", i+1, j+1)
			}
			sym.SetSym(i, j, v[i][j])
		}
	}
	if _, err := newModel(s); err != nil {
		return nil, err
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(sym, true) {
		return nil, fault.Dataf("bad_covariance", "", "", "the covariance has no eigenvalues")
	}
	var u mat.Dense
	eigen.VectorsTo(&u)
	m := &model{y: make([]float64, k), v: eigen.Values(nil), x: make([]float64, k)}
	for j := range k {
		if !(m.v[j] > 1e-12*m.v[k-1]) {
			return nil, fault.Dataf("bad_covariance", "", "", "the covariance is not positive definite: two of the estimates are the same one")
		}
		for i := range k {
			m.y[j] += u.At(i, j) * y[i]
			m.x[j] += u.At(i, j)
		}
	}
	nan := math.NaN()
	p := &Pooled{Options: opt, K: k, Scale: 1, DF: math.Inf(1), Tau2StdError: nan, Tau2ConfLow: nan, Tau2ConfHigh: nan, I2: nan, H2: nan,
		PredictionLow: nan, PredictionHigh: nan, QPValue: nan}
	p.Q, p.QDF = m.at(0).q, k-1
	if k == 1 {
		p.Effect = estimate.Normal(y[0], s.StdError[0], opt.Level)
		p.Weights = []float64{1}
		return p, nil
	}
	p.QPValue = distuv.ChiSquared{K: float64(k - 1)}.Survival(p.Q)
	p.Tau2, p.Tau2StdError = m.tau2(opt.Method)
	a := m.at(p.Tau2)
	p.Weights = make([]float64, k)
	for j := range k {
		w := m.x[j] / (m.v[j] + p.Tau2) / a.sum
		for i := range k {
			p.Weights[i] += u.At(i, j) * w
		}
	}
	critical := p.effect(a)
	if opt.Method != Fixed {
		half := critical * math.Sqrt(p.Effect.StdError*p.Effect.StdError+p.Tau2)
		p.PredictionLow, p.PredictionHigh = a.mean-half, a.mean+half
	}
	return p, nil
}
