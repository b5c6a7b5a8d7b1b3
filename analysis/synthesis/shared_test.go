package synthesis

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func diagonal(v []float64) [][]float64 {
	out := make([][]float64, len(v))
	for i := range out {
		out[i] = make([]float64, len(v))
		out[i][i] = v[i]
	}
	return out
}

// Without shared persons it is Meta.
func TestSharedWithoutSharingIsMeta(t *testing.T) {
	y, v := []float64{0.02, 0.05, -0.01, 0.08, 0.03}, []float64{0.0004, 0.0001, 0.0009, 0.0002, 0.0003}
	se := make([]float64, len(v))
	for i := range v {
		se[i] = math.Sqrt(v[i])
	}
	for _, opt := range []Options{{}, {HartungKnapp: true}, {Method: Fixed}} {
		want, err := Meta(Studies{y, se}, opt)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Shared(y, diagonal(v), opt)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range [][2]float64{{got.Effect.Estimate, want.Effect.Estimate}, {got.Effect.StdError, want.Effect.StdError}, {got.Tau2, want.Tau2}, {got.Q, want.Q},
			{got.Effect.ConfLow, want.Effect.ConfLow}, {got.Weights[3], want.Weights[3]}} {
			if math.Abs(c[0]-c[1]) > 1e-10*(1+math.Abs(c[1])) {
				t.Errorf("%+v: %v, Meta has %v", opt, c[0], c[1])
			}
		}
	}
}

// With equal variances v and correlations ρ the mean is the plain one and its variance v(1+(k−1)ρ)/k, by hand.
func TestSharedByHand(t *testing.T) {
	const k, v, rho = 4, 0.0025, 0.6
	cov := make([][]float64, k)
	for i := range cov {
		cov[i] = make([]float64, k)
		for j := range cov[i] {
			cov[i][j] = rho * v
		}
		cov[i][i] = v
	}
	y := []float64{0.1, 0.12, 0.09, 0.13}
	p, err := Shared(y, cov, Options{Method: Fixed})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(p.Effect.Estimate-0.11) > 1e-14 || math.Abs(p.Effect.StdError-math.Sqrt(v*(1+(k-1)*rho)/k)) > 1e-14 {
		t.Errorf("%v (%v)", p.Effect.Estimate, p.Effect.StdError)
	}
}

// Against the definition with an explicit inverse, and τ² where the restricted likelihood of the definition is highest.
func TestSharedAgainstTheDefinition(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		k := 3 + rnd.IntN(4)
		root := mat.NewDense(k, k, nil)
		y := make([]float64, k)
		for i := range k {
			y[i] = 0.1 + 0.3*rnd.NormFloat64()
			for j := range k {
				root.Set(i, j, 0.1*rnd.NormFloat64())
			}
			root.Set(i, i, root.At(i, i)+0.15)
		}
		var v mat.Dense
		v.Mul(root, root.T())
		cov := make([][]float64, k)
		for i := range cov {
			cov[i] = mat.Row(nil, i, &v)
		}
		p, err := Shared(y, cov, Options{})
		if err != nil {
			t.Fatal(err)
		}
		at := func(tau2 float64) (mean, variance, likelihood float64) {
			omega := mat.NewDense(k, k, nil)
			omega.Copy(&v)
			for i := range k {
				omega.Set(i, i, omega.At(i, i)+tau2)
			}
			var inverse mat.Dense
			if err := inverse.Inverse(omega); err != nil {
				t.Fatal(err)
			}
			sum := mat.Sum(&inverse)
			for i := range k {
				for j := range k {
					mean += inverse.At(i, j) * y[j] / sum
				}
			}
			q := 0.
			for i := range k {
				for j := range k {
					q += (y[i] - mean) * inverse.At(i, j) * (y[j] - mean)
				}
			}
			logDet, _ := mat.LogDet(omega)
			return mean, 1 / sum, -(logDet + math.Log(sum) + q) / 2
		}
		mean, variance, top := at(p.Tau2)
		if math.Abs(mean-p.Effect.Estimate) > 1e-9 || math.Abs(math.Sqrt(variance)-p.Effect.StdError) > 1e-9 {
			t.Errorf("%v (%v), by inverse %v (%v)", p.Effect.Estimate, p.Effect.StdError, mean, math.Sqrt(variance))
		}
		for _, other := range []float64{0, p.Tau2 / 2, p.Tau2 * 0.99, p.Tau2 * 1.01, p.Tau2*2 + 1e-4, 1} {
			if _, _, l := at(other); l > top+1e-9 {
				t.Errorf("τ² %v has likelihood %v, τ² %v has %v", p.Tau2, top, other, l)
			}
		}
		sum := 0.
		for i, w := range p.Weights {
			sum += w
			mean -= w * y[i]
		}
		if math.Abs(sum-1) > 1e-10 || math.Abs(mean) > 1e-9 {
			t.Errorf("weights add up to %v and miss the mean by %v", sum, mean)
		}
	}
}

func TestSharedRefuses(t *testing.T) {
	for name, c := range map[string][][]float64{
		"the same estimate twice": {{1, 1}, {1, 1}}, "not symmetric": {{1, 0.2}, {0.1, 1}}, "too small": {{1}}, "no variance": {{0, 0}, {0, 1}},
	} {
		if _, err := Shared([]float64{1, 2}, c, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
