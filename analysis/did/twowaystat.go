package did

import (
	"math"

	"tiltakseffekt/internal/fault"
)

// statLinear is a two-way regression on dummies of cohort and period, solved from statistics. In a balanced panel the
// columns less their cohort and period means, Z̃_g (T×K), do not differ within a cohort, and Σ_t z̃_gt = 0, so that the score of
// unit i is w_i·Z̃_g'(Y_i − f_g) with f_gt = γ_t + z_gt'β: unit effects never appear. Coefficients, scores and squared residuals
// are therefore functions of counts, means and cross-products, with weights fixed by unit too.
type statLinear struct {
	s     *Statistics
	k     int
	coef  []float64
	keep  []bool
	bread []float64   // k×k, 0 for columns left out
	tilde [][]float64 // by cohort, T×k
	gap   [][]float64 // by cohort, m_g − f_g (T)

	period   bool    // the period is a cluster dimension beside those of the statistics
	smallest float64 // number of clusters of the smallest dimension of the statistics; 0 without one
}

func (s *Statistics) twoWay(dummies []dummy) (*statLinear, error) {
	k, T, G := len(dummies), len(s.Times), len(s.Cohorts)
	f := &statLinear{s: s, k: k, tilde: make([][]float64, G), gap: make([][]float64, G)}
	n := 0.
	byPeriod := make([]float64, T*k)
	overall := make([]float64, k)
	own := make([][]float64, G) // mean of the columns over the periods of a cohort
	for h := range G {
		f.tilde[h] = make([]float64, T*k)
		own[h] = make([]float64, k)
		n += s.Weight[h]
	}
	for j := range dummies {
		for _, c := range dummies[j].cells {
			h, t := c[0], c[1]
			f.tilde[h][t*k+j] = 1
			own[h][j] += 1 / float64(T)
			share := s.Weight[h] / n
			byPeriod[t*k+j] += share
			overall[j] += share / float64(T)
		}
	}
	gram, right := make([]float64, k*k), make([]float64, k)
	mean := make([]float64, T) // of Y by period
	for h := range G {
		for t, m := range s.Mean[h] {
			mean[t] += s.Weight[h] / n * m
		}
	}
	for h := range G {
		for t := range T {
			z := f.tilde[h][t*k : (t+1)*k]
			for j := range z {
				z[j] += overall[j] - own[h][j] - byPeriod[t*k+j]
			}
			addGram(gram, s.Weight[h], z)
			y := s.Weight[h] * (s.Mean[h][t] - mean[t])
			for j, v := range z {
				right[j] += y * v
			}
		}
	}
	scale := make([]float64, k)
	for j := range scale {
		if d := gram[j*k+j]; d > 0 {
			scale[j] = 1 / math.Sqrt(d)
		}
	}
	for a := range k {
		for b := range a + 1 {
			gram[a*k+b] *= scale[a] * scale[b]
		}
	}
	fac := factorise(gram, k)
	f.keep = fac.keep
	f.coef = make([]float64, k)
	for j := range k {
		f.coef[j] = right[j] * scale[j]
	}
	fac.solve(f.coef)
	kept := 0
	for j := range k {
		f.coef[j] *= scale[j]
		if f.keep[j] {
			kept++
		}
	}
	if kept == 0 {
		return nil, fault.Dataf("collinear", "", "", "no regressor varies beside the fixed effects")
	}
	f.bread = make([]float64, k*k)
	unit := make([]float64, k)
	for j := range k {
		if !f.keep[j] {
			continue
		}
		clear(unit)
		unit[j] = scale[j]
		fac.solve(unit)
		for i := range k {
			f.bread[i*k+j] = unit[i] * scale[i]
		}
	}
	// f_gt = γ_t + z_gt'β, with γ_t = ȳ_t − z̄_t'β; in terms of z̃ only up to a constant of the cohort, which drops out.
	for h := range G {
		f.gap[h] = make([]float64, T)
		for t := range T {
			f.gap[h][t] = s.Mean[h][t] - mean[t] - dot(f.tilde[h][t*k:(t+1)*k], f.coef)
		}
		center(f.gap[h])
	}
	for j := range k {
		if !f.keep[j] {
			f.coef[j] = math.NaN()
		}
	}
	return f, nil
}

func center(v []float64) {
	s := 0.
	for _, x := range v {
		s += x
	}
	s /= float64(len(v))
	for i := range v {
		v[i] -= s
	}
}

func (f *statLinear) coefficients() []float64 { return f.coef }

func (f *statLinear) rows() int {
	n := 0
	for _, c := range f.s.Count {
		n += c
	}
	return n * len(f.s.Times)
}

// covariance follows the factors of Regression.Covariance.
func (f *statLinear) covariance(kind VarianceKind, rule SmallSample) ([]float64, float64) {
	s, k, T := f.s, f.k, len(f.s.Times)
	n := float64(f.rows())
	units := n / float64(T)
	kept := 0.
	for _, b := range f.keep {
		if b {
			kept++
		}
	}
	full := kept + units + float64(T) - 1
	K := full
	switch {
	case rule.K == NoFixef:
		K = kept
	case rule.K == NonNested && kind == Clustered:
		if len(s.clusters) > 0 || !f.period {
			K -= units - 1
		}
		if f.period {
			K -= float64(T - 1)
		}
	}
	K += float64(rule.Extra)
	adjust := 1.
	if !rule.NoK {
		adjust = (n - 1) / (n - K)
	}
	meat := make([]float64, k*k)
	df := max(n-K, 1)
	switch kind {
	case IID:
		ssr := 0.
		for h := range s.Cohorts {
			for _, v := range f.residualSquares(h) {
				ssr += v
			}
		}
		v := make([]float64, k*k)
		for i := range v {
			v[i] = f.bread[i] * ssr / (n - 1) * adjust
		}
		return v, df
	case Hetero:
		f.rowMeat(meat, 1)
		if !rule.NoG {
			adjust *= n / (n - 1)
		}
	case Clustered:
		smallest := f.clusterMeat(meat, rule)
		if !rule.NoG && !rule.EachG {
			adjust *= smallest / (smallest - 1)
		}
		df = rule.degrees(n, K, smallest)
	}
	mirror(meat, k)
	v := sandwich(f.bread, meat, k)
	for i := range v {
		v[i] *= adjust
	}
	if rule.PosDef {
		v = positiveDefinite(v, k)
	}
	return v, df
}

// residualSquares is Σ_i w_i² e_it² of a cohort by period: the diagonal of M·C·M with M = I − 11'/T, and the gap.
func (f *statLinear) residualSquares(h int) []float64 {
	s, T := f.s, len(f.s.Times)
	c := s.Cross[h]
	rows := make([]float64, T)
	all, moment := 0., 0.
	for t := range T {
		for _, v := range c[t*T : (t+1)*T] {
			rows[t] += v / float64(T)
		}
		all += rows[t] / float64(T)
		moment += s.Moment[h][t] / float64(T)
	}
	out := make([]float64, T)
	for t := range T {
		gap := f.gap[h][t]
		out[t] = c[t*T+t] - 2*rows[t] + all + 2*gap*(s.Moment[h][t]-moment) + s.Square[h]*gap*gap
	}
	return out
}
