package matching

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// Metric is a distance between rows of covariates.
type Metric uint8

// The metrics. With S the pooled within-group covariance, Σ_g (x − mean_g)(x − mean_g)'/(n − 2):
const (
	Mahalanobis       Metric = iota // √((x−y)'S⁻¹(x−y))
	RobustMahalanobis               // the same on average ranks, S over all rows scaled to the variance of untied ranks (Rosenbaum 2010, §8.3)
	ScaledEuclidean                 // √Σ((x−y)/s)², s² the diagonal of S
	Euclidean                       // √Σ(x−y)²
)

// String is the name of the metric as flags write it.
func (m Metric) String() string {
	return [...]string{"mahalanobis", "robust-mahalanobis", "scaled-euclidean", "euclidean"}[m]
}

// Whiten maps the columns of x to coordinates between which the Euclidean distance is the metric: z = L⁻¹x with LL' the
// covariance. Columns that are constant or combinations of those before them add nothing and are dropped; what is left is
// column-major.
//
// It is an error where no column is left or a value is not finite.
func Whiten(x [][]float64, treated []bool, metric Metric) ([][]float64, error) {
	if err := checkDesign(x, treated, nil, nil); err != nil {
		return nil, err
	}
	columns, s := metricCovariance(x, treated, metric)
	if s == nil {
		return x, nil
	}
	out := whitenBy(columns, s)
	if out == nil {
		return nil, fault.Dataf("constant_columns", "", "", "all columns of the distance are constant within the groups")
	}
	return out, nil
}

// metricCovariance are the columns that the metric looks at (ranks for the robust one) and their covariance, row-major; nil
// where the columns are used as they are.
func metricCovariance(x [][]float64, treated []bool, metric Metric) (columns [][]float64, s []float64) {
	n := len(treated)
	columns = x
	if metric == RobustMahalanobis {
		columns = make([][]float64, len(x))
		for j := range x {
			columns[j] = averageRanks(x[j])
		}
	}
	if metric == Euclidean {
		return x, nil
	}
	p := len(columns)
	s = covariance(columns, treated, metric != RobustMahalanobis)
	switch metric {
	case RobustMahalanobis:
		untied := float64(n) * float64(n+1) / 12 // variance (n−1) of 1, …, n
		ratio := make([]float64, p)
		for j := range p {
			if d := s[j*p+j]; d > 0 {
				ratio[j] = math.Sqrt(untied / d)
			}
		}
		for r := range p {
			for c := range p {
				s[r*p+c] *= ratio[r] * ratio[c]
			}
		}
	case ScaledEuclidean:
		for r := range p {
			for c := range p {
				if r != c {
					s[r*p+c] = 0
				}
			}
		}
	}
	return columns, s
}

// WhitenLikeMatchIt is Whiten by the symmetric root of the inverse covariance of the standardised columns, with the column
// whose order decides ties under LikeMatchIt: the coordinate of the covariate with the largest diagonal element of the
// inverse, or the first for the Euclidean metrics. (This rule was found by search: it is the one that reproduces MatchIt's
// pairs.) The distances are those of Whiten up to rounding.
func WhitenLikeMatchIt(x [][]float64, treated []bool, metric Metric) (points [][]float64, order []float64, err error) {
	if err := checkDesign(x, treated, nil, nil); err != nil {
		return nil, nil, err
	}
	columns, s := metricCovariance(x, treated, metric)
	if s == nil {
		return columns, columns[0], nil
	}
	p := len(columns)
	scale := make([]float64, p)
	for j := range columns {
		scale[j] = pooledSD(columns[j], nil)
		if scale[j] == 0 {
			return nil, nil, fault.Dataf("constant_columns", "", "", "column %d of the distance is constant; leave it out", j+1)
		}
	}
	scaled := mat.NewSymDense(p, nil)
	for r := range p {
		for c := range r + 1 {
			scaled.SetSym(r, c, s[r*p+c]/scale[r]/scale[c])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(scaled, true) || slices.Min(eigen.Values(nil)) <= 1e-12 {
		return nil, nil, fault.Dataf("constant_columns", "", "", "the columns of the distance are collinear; leave some out")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil)
	for r := range p {
		z := make([]float64, len(treated))
		for c := range p {
			root := 0.
			for m, v := range values {
				root += vectors.At(r, m) / math.Sqrt(v) * vectors.At(c, m)
			}
			root /= scale[c]
			for i, v := range columns[c] {
				z[i] += root * v
			}
		}
		points = append(points, z)
	}
	first := 0
	if metric != ScaledEuclidean {
		largest := 0.
		for j := range p {
			d := 0.
			for m, v := range values {
				d += vectors.At(j, m) * vectors.At(j, m) / v
			}
			if d > largest {
				first, largest = j, d
			}
		}
	}
	return points, points[first], nil
}

// whitenBy is L⁻¹x for the covariance LL' = s, row-major; dependent columns are left out.
func whitenBy(columns [][]float64, s []float64) [][]float64 {
	p := len(columns)
	f := regression.NewFactor(s, p, 1e-10)
	var out [][]float64
	for j := range p {
		if !f.Keep[j] {
			continue
		}
		z := make([]float64, len(columns[j]))
		row := f.Row(j)
		copy(z, columns[j])
		at := 0
		for c := range j {
			if f.Keep[c] {
				if l := row[c]; l != 0 {
					for i, v := range out[at] {
						z[i] -= l * v
					}
				}
				at++
			}
		}
		for i := range z {
			z[i] /= row[j]
		}
		out = append(out, z)
	}
	return out
}

// covariance of the columns, row-major: around the means of the groups with divisor n−2, or around those of all rows
// with n−1.
func covariance(x [][]float64, treated []bool, within bool) []float64 {
	p, n := len(x), len(treated)
	centred := make([][]float64, p)
	for j := range x {
		var sum, count [2]float64
		of := func(i int) int {
			if within {
				return group(treated[i])
			}
			return 0
		}
		for i, v := range x[j] {
			sum[of(i)] += v
			count[of(i)]++
		}
		centred[j] = make([]float64, n)
		for i, v := range x[j] {
			centred[j][i] = v - sum[of(i)]/count[of(i)]
		}
	}
	divisor := float64(n - 1)
	if within {
		divisor = float64(n - 2)
	}
	s := make([]float64, p*p)
	for r := range p {
		for c := range r + 1 {
			sum := 0.
			for i, v := range centred[r] {
				sum += v * centred[c][i]
			}
			s[r*p+c], s[c*p+r] = sum/divisor, sum/divisor
		}
	}
	return s
}

// averageRanks gives ties the mean of their ranks.
func averageRanks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	out := make([]float64, len(x))
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && x[order[hi]] == x[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			out[i] = float64(lo+hi+1) / 2
		}
		lo = hi
	}
	return out
}
