package estimate

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Maxima are draws of max over j of |Zⱼ|, Z normal with mean 0 and the correlations of several estimates: what
// simultaneous bands and single-step adjusted p-values rest on (Montiel Olea and Plagborg-Møller 2019, JAE 34:1).
type Maxima struct {
	sorted []float64
	live   int // estimates with a variance
}

// collinearShare is the share of a variance that must be left after the estimates before it are taken out.
const collinearShare = 1e-11

// Draw draws B maxima for the covariance v (k×k, row-major, positive semi-definite up to rounding). Estimates with variance
// 0 are left out; one that depends linearly on those before it adds nothing of its own. The draws depend on the stream and
// on the estimates with a variance alone.
func Draw(v []float64, k, draws int, rng *rand.Rand) *Maxima {
	var live []int
	for j := range k {
		if v[j*k+j] > 1e-30 {
			live = append(live, j)
		}
	}
	m := len(live)
	out := &Maxima{live: m}
	if m < 2 {
		return out
	}
	r := make([]float64, m*m)
	for a, i := range live {
		for b, j := range live[:a+1] {
			r[a*m+b] = v[i*k+j] / math.Sqrt(v[i*k+i]*v[j*k+j])
		}
	}
	l := semidefinite(r, m)
	z := make([]float64, m)
	out.sorted = make([]float64, draws)
	for d := range out.sorted {
		for j := range z {
			z[j] = rng.NormFloat64()
		}
		top := 0.
		for a := range m {
			s := 0.
			for c, x := range l[a*m : a*m+a+1] {
				s += x * z[c]
			}
			top = max(top, math.Abs(s))
		}
		out.sorted[d] = top
	}
	slices.Sort(out.sorted)
	return out
}

// Critical is the number c with P(maxⱼ |Zⱼ| ≤ c) = level: the ⌈level·(B+1)⌉-th of the draws, and never under the pointwise
// value, which it is with fewer than two estimates. Its Monte Carlo error is about 0.01 at B = 10,000.
func (m *Maxima) Critical(level float64) float64 {
	pointwise := Quantile(level)
	if m.live < 2 {
		return pointwise
	}
	at := int(math.Ceil(level*float64(len(m.sorted)+1))) - 1
	return max(pointwise, m.sorted[min(at, len(m.sorted)-1)])
}

// PValue is P(maxⱼ |Zⱼ| ≥ |t|), the p-value of one estimate with statistic t adjusted for all: the share of draws at or over
// it with one added to both counts, so that it is never 0, and never under the normal p-value of the estimate alone.
func (m *Maxima) PValue(t float64) float64 {
	own := PValue(t)
	if m.live < 2 || math.IsNaN(t) {
		return own
	}
	at, _ := slices.BinarySearch(m.sorted, math.Abs(t))
	return max(own, float64(len(m.sorted)-at+1)/float64(len(m.sorted)+1))
}

// semidefinite is the lower Cholesky factor of a (k×k, row-major, lower triangle read); a column that depends on those
// before it has a diagonal of 0.
func semidefinite(a []float64, k int) []float64 {
	l := make([]float64, k*k)
	for j := range k {
		d := a[j*k+j]
		for c := range j {
			if l[c*k+c] == 0 {
				continue
			}
			s := a[j*k+c]
			for m := range c {
				s -= l[c*k+m] * l[j*k+m]
			}
			s /= l[c*k+c]
			l[j*k+c] = s
			d -= s * s
		}
		if d > collinearShare*a[j*k+j] && d > 0 {
			l[j*k+j] = math.Sqrt(d)
		}
	}
	return l
}

// Normals calls visit with draws of normal variables with mean 0 and covariance v (k×k, row-major, positive semi-definite up
// to rounding). visit must not keep its argument. The draws depend on the stream alone.
func Normals(v []float64, k, draws int, rng *rand.Rand, visit func([]float64)) {
	l := semidefinite(v, k)
	z, x := make([]float64, k), make([]float64, k)
	for range draws {
		for j := range z {
			z[j] = rng.NormFloat64()
		}
		for a := range k {
			s := 0.
			for c, w := range l[a*k : a*k+a+1] {
				s += w * z[c]
			}
			x[a] = s
		}
		visit(x)
	}
}
