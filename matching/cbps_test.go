package matching

import (
	"math"
	"testing"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/oracle"
	"tiltakseffekt/internal/random"
)

// The conditions that define it: weighted sums of the groups agree, in weight and in each column.
func TestCBPSConditions(t *testing.T) {
	for seed := range uint64(60) {
		r := random.New(seed, "cbps")
		n := 80 + r.IntN(300)
		x, treated, _ := observational(seed, n, 1+r.IntN(4))
		base := make([]float64, n)
		for i := range base {
			base[i] = 0.2 + r.Float64()
		}
		c, err := CBPS(x, treated, base, CBPSOptions{})
		if err != nil {
			if fault.CodeOf(err) == "separation" {
				continue
			}
			t.Fatal(err)
		}
		if !c.Converged {
			t.Fatalf("seed %d: imbalance %g", seed, c.Imbalance)
		}
		for j := -1; j < len(x); j++ {
			sum, scale := 0., 0.
			for i, w := range c.Weight {
				v := 1.
				if j >= 0 {
					v = x[j][i]
				}
				if !treated[i] {
					v = -v
				}
				sum += w * v
				scale += w * math.Abs(v)
			}
			if math.Abs(sum) > 1e-8*scale {
				t.Fatalf("seed %d: column %d differs by %g of %g", seed, j, sum, scale)
			}
		}
		for i := range treated {
			eta := c.Coef[0]
			for j := range x {
				eta += c.Coef[j+1] * x[j][i]
			}
			if math.Abs(1/(1+math.Exp(-eta))-c.Score[i]) > 1e-9 {
				t.Fatal("the score is not that of the coefficients")
			}
		}
	}
}

// For the ATT the reference's solution is that of entropy balancing; it stops at about 3e-5 of it.
func TestCBPSOracle(t *testing.T) {
	s := lalonde(t)
	b, err := EntropyBalance(s.x, s.treated, nil, EntropyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := oracle.JSON(t, "lalonde_psm/result.json").At("weightit_cbps_ATT")
	_, ess := ESS(b.Weight, s.treated)
	r.At("ess_control").Near(ess, 1e-4)
	r.At("estimate").Near(b.ATT(s.y, nil, nil, 0).Estimate, 1e-4)
	r.At("se_HC0").Near(WeightedDifference(b.Weight, s.treated, s.y, nil, nil, 0).StdError, 1e-4)
}
