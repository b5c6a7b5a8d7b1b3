package estimate

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Wald is a joint test that several estimates are all 0.
type Wald struct {
	Statistic float64 // θ'V⁺θ
	DF        int     // rank of V: how many of the estimates are not combinations of others
	PValue    float64
}

// JointZero tests that the estimates θ are all 0, given their errors and the influence of each unit (person) on each of
// them: influence[k][u], on the scale of the estimate. V has the squared errors on its diagonal and the correlation of the
// influences off it, so that an error that is larger or smaller than the influence says is kept. With G units that have any
// influence and rank k,
//
//	W = θ'V⁺θ,   F = W·(G − k)/(k(G − 1)) ~ F(k, G − k)
//
// which is Hotelling's T² (Anderson 2003, §5.2), and χ²(k) in W for large G. Directions of V under 1e-9 of its largest are
// left out, after scaling to correlations. It returns DF 0 and a p-value of NaN where no estimate has an error or G ≤ k.
//
// It panics where lengths differ.
func JointZero(theta, stdError []float64, influence [][]float64) Wald {
	return JointZeroAtMost(theta, stdError, influence, math.MaxInt)
}

// JointZeroAtMost is JointZero with G no more than most: of errors that rest on few clusters of unequal size, whose degrees of
// freedom (Bell and McCaffrey 2002) are fewer than G − 1. The p-value is NaN and DF 0 where most is no more than the rank k: there is then
// no test, and not one that holds.
func JointZeroAtMost(theta, stdError []float64, influence [][]float64, most int) Wald {
	n := len(theta)
	if len(stdError) != n || len(influence) != n {
		panic("estimate: estimates, errors and influences of different lengths")
	}
	none := Wald{Statistic: math.NaN(), PValue: math.NaN()}
	if n == 0 {
		return none
	}
	units := 0
	for u := range influence[0] {
		for k := range influence {
			if influence[k][u] != 0 {
				units++
				break
			}
		}
	}
	z := mat.NewVecDense(n, nil)
	r := mat.NewSymDense(n, nil)
	for i := range n {
		if !(stdError[i] > 0) || math.IsNaN(theta[i]) {
			return none
		}
		z.SetVec(i, theta[i]/stdError[i])
		for j := range i + 1 {
			r.SetSym(i, j, correlation(influence[i], influence[j]))
		}
		r.SetSym(i, i, 1)
	}
	return wald(z, r, min(units, most))
}

// JointZeroCov is JointZero with the covariance V of the estimates given; units is G. Estimates whose variance is 0 are left out
// where they are 0 themselves, and make the test reject for sure otherwise.
func JointZeroCov(theta []float64, v *mat.SymDense, units int) Wald {
	var at []int
	for i, x := range theta {
		switch {
		case math.IsNaN(x) || math.IsNaN(v.At(i, i)):
			return Wald{Statistic: math.NaN(), PValue: math.NaN()}
		case v.At(i, i) > 0:
			at = append(at, i)
		case x != 0:
			return Wald{Statistic: math.Inf(1), DF: 1}
		}
	}
	if len(at) == 0 {
		return Wald{Statistic: math.NaN(), PValue: math.NaN()}
	}
	z := mat.NewVecDense(len(at), nil)
	r := mat.NewSymDense(len(at), nil)
	for i, a := range at {
		z.SetVec(i, theta[a]/math.Sqrt(v.At(a, a)))
		for j, b := range at[:i] {
			r.SetSym(i, j, v.At(a, b)/math.Sqrt(v.At(a, a)*v.At(b, b)))
		}
		r.SetSym(i, i, 1)
	}
	return wald(z, r, units)
}

// wald is the test for standardised estimates with correlations r.
func wald(z *mat.VecDense, r *mat.SymDense, units int) Wald {
	none := Wald{Statistic: math.NaN(), PValue: math.NaN()}
	var e mat.EigenSym
	if !e.Factorize(r, true) {
		return none
	}
	values := e.Values(nil)
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	w := Wald{}
	for k, v := range values {
		if v <= 1e-9*values[len(values)-1] {
			continue
		}
		along := mat.Dot(vectors.ColView(k), z)
		w.Statistic += along * along / v
		w.DF++
	}
	if units <= w.DF {
		return none
	}
	w.PValue = HotellingP(w.Statistic, w.DF, units)
	return w
}

// HotellingP is the p-value of W = θ'V⁻¹θ of k estimates whose covariance V comes from g units: W(g − k)/(k(g − 1)) against
// F(k, g − k). It is NaN where g ≤ k, since a covariance of g units has no more than g − 1 dimensions.
func HotellingP(w float64, k, g int) float64 {
	switch {
	case g <= k:
		return math.NaN()
	case w <= 0:
		return 1
	}
	d1, d2 := float64(k), float64(g-k)
	return distuv.F{D1: d1, D2: d2}.Survival(w * d2 / (d1 * float64(g-1)))
}

func correlation(a, b []float64) float64 {
	ab, aa, bb := 0., 0., 0.
	for u := range a {
		ab += a[u] * b[u]
		aa += a[u] * a[u]
		bb += b[u] * b[u]
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
