package did

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/analysis/estimate"
)

// Covariance is the covariance of the kept coefficients and the degrees of freedom of their t tests. The factors are
// fixest's: iid SSR/(n−K); HC1 n/(n−K); clustered Σ over dimensions by inclusion–exclusion times (n−1)/(n−K) · G/(G−1) with
// the smallest G of the dimensions, df = G − 1, unless the rule says otherwise. K counts the columns and the levels of the fixed effects, less one a further
// dimension, and under NonNested less (levels − 1) of each dimension nested in a cluster.
func (r *Regression) Covariance(kind VarianceKind, rule SmallSample) (v []float64, df float64) {
	m, n := len(r.keep), float64(r.N)
	full := float64(m)
	for _, l := range r.levels {
		full += float64(l)
	}
	full -= float64(len(r.levels) - 1)
	K := full
	switch rule.K {
	case NoFixef:
		K = float64(m)
	case NonNested:
		if kind == Clustered {
			for d, f := range r.in.Fixed {
				for _, c := range r.in.Cluster {
					if nested(f, c, r.levels[d]) {
						K -= float64(r.levels[d] - 1)
						break
					}
				}
			}
		}
	}
	K += float64(rule.Extra)
	adjust := 1.
	if !rule.NoK {
		adjust = (n - 1) / (n - K)
	}
	score := func(i int, s []float64) {
		w := r.e[i]
		if r.in.Weights != nil {
			w *= r.in.Weights[i]
		}
		for a := range s {
			s[a] = w * r.tilde[a][i]
		}
	}
	s := make([]float64, m)
	meat := make([]float64, m*m)
	df = max(n-K, 1)
	switch kind {
	case IID:
		sigma := r.SSR / (n - 1) * adjust
		v = make([]float64, m*m)
		for i := range v {
			v[i] = r.bread[i] * sigma
		}
		return v, df
	case Hetero:
		for i := range r.N {
			score(i, s)
			addGram(meat, 1, s)
		}
		if !rule.NoG {
			adjust *= n / (n - 1)
		}
	case Clustered:
		counts := make([]int, len(r.in.Cluster))
		smallest := math.Inf(1)
		for d, c := range r.in.Cluster {
			for _, x := range c {
				counts[d] = max(counts[d], int(x)+1)
			}
			smallest = min(smallest, float64(counts[d]))
		}
		for _, c := range clusterings(r.N, r.in.Cluster, counts) {
			if rule.EachG && !rule.NoG {
				c.sign *= float64(c.count) / float64(c.count-1)
			}
			if c.number == nil {
				for i := range r.N {
					score(i, s)
					addGram(meat, c.sign, s)
				}
				continue
			}
			sums := make([]float64, c.count*m)
			for i := range r.N {
				score(i, s)
				row := sums[int(c.number[i])*m : (int(c.number[i])+1)*m]
				for a, x := range s {
					row[a] += x
				}
			}
			for g := range c.count {
				addGram(meat, c.sign, sums[g*m:(g+1)*m])
			}
		}
		if !rule.NoG && !rule.EachG {
			adjust *= smallest / (smallest - 1)
		}
		df = rule.degrees(n, K, smallest)
	}
	mirror(meat, m)
	v = sandwich(r.bread, meat, m)
	for i := range v {
		v[i] *= adjust
	}
	if rule.PosDef {
		v = positiveDefinite(v, m)
	}
	return v, df
}

// positiveDefinite is v with eigenvalues of at least 1e-12 where one is negative.
func positiveDefinite(v []float64, k int) []float64 {
	var e mat.EigenSym
	if k == 0 || !e.Factorize(mat.NewSymDense(k, slices.Clone(v)), true) {
		return v
	}
	values := e.Values(nil)
	if slices.Min(values) >= 0 {
		return v
	}
	var q mat.Dense
	e.VectorsTo(&q)
	out := make([]float64, k*k)
	for c, x := range values {
		x = max(x, 1e-12)
		for i := range k {
			for j := range k {
				out[i*k+j] += x * q.At(i, c) * q.At(j, c)
			}
		}
	}
	return out
}

// nested tells whether every level of f lies in one cluster.
func nested(f, c []int32, levels int) bool {
	of := make([]int32, levels)
	for i, l := range f {
		switch {
		case of[l] == 0:
			of[l] = c[i] + 1
		case of[l] != c[i]+1:
			return false
		}
	}
	return true
}

// sandwich is B·M·B for symmetric B and M.
func sandwich(b, m []float64, k int) []float64 {
	half, out := make([]float64, k*k), make([]float64, k*k)
	for i := range k {
		for j := range k {
			half[i*k+j] = dot(b[i*k:(i+1)*k], m[j*k:(j+1)*k])
		}
	}
	for i := range k {
		for j := range i + 1 {
			x := dot(half[i*k:(i+1)*k], b[j*k:(j+1)*k])
			out[i*k+j], out[j*k+i] = x, x
		}
	}
	return out
}

// Term is a coefficient with its t interval.
type Term struct {
	Name string
	estimate.Estimate
}

// Estimates are the coefficients with intervals at level from the t distribution.
func (r *Regression) Estimates(kind VarianceKind, rule SmallSample, level float64) []Term {
	v, df := r.Covariance(kind, rule)
	m := len(r.keep)
	out := make([]Term, len(r.Terms))
	for j, name := range r.Terms {
		out[j] = Term{name, estimate.Missing(estimate.Singular)}
	}
	for a, j := range r.keep {
		out[j].Estimate = studentised(r.Coef[j], deviation(v[a*m+a]), df, level)
	}
	return out
}

// studentised is an estimate with interval and p-value from the t distribution.
func studentised(value, se, df, level float64) estimate.Estimate {
	e := estimate.Estimate{Estimate: value, StdError: se, ConfLow: math.NaN(), ConfHigh: math.NaN(), PValue: math.NaN()}
	if math.IsNaN(se) || !(df > 0) {
		return e
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}
	q := t.Quantile((1 + level) / 2)
	e.ConfLow, e.ConfHigh = value-q*se, value+q*se
	e.PValue = 2 * t.CDF(-math.Abs(value/se))
	return e
}

// Combine is Σ weight·coefficient over columns (by index in X) with its standard error, weights taken as known.
func (r *Regression) Combine(index []int, weight []float64, kind VarianceKind, rule SmallSample, level float64) estimate.Estimate {
	v, df := r.Covariance(kind, rule)
	return r.combine(v, df, index, weight, level)
}

func (r *Regression) combine(v []float64, df float64, index []int, weight []float64, level float64) estimate.Estimate {
	m := len(r.keep)
	full := make([]float64, m)
	value := 0.
	for c, j := range index {
		for a, i := range r.keep {
			if i == j {
				full[a] = weight[c]
			}
		}
		value += weight[c] * r.Coef[j]
	}
	s := 0.
	for a := range m {
		s += full[a] * dot(v[a*m:(a+1)*m], full)
	}
	return studentised(value, deviation(s), df, level)
}
