package duration

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// naiveCox is the partial log-likelihood by its definition, looking at every row for every death.
func naiveCox(in Input, x [][]float64, stratum []int32, ties Ties, beta []float64) float64 {
	eta := func(i int) float64 {
		s := 0.
		for j, b := range beta {
			s += b * x[j][i]
		}
		return s
	}
	strata := map[int32]bool{}
	for _, s := range stratum {
		strata[s] = true
	}
	ll := 0.
	for s := range strata {
		for _, u := range naiveTimes(in) {
			var deaths []int
			s0, d0, w := 0., 0., 0.
			for i := range in.Time {
				if stratum[i] != s || in.Time[i] < u || in.Start != nil && in.Start[i] >= u || in.weight(i) == 0 {
					continue
				}
				s0 += in.weight(i) * math.Exp(eta(i))
				if in.Time[i] == u && in.Event[i] > 0 && in.weight(i) > 0 {
					deaths = append(deaths, i)
					d0 += in.weight(i) * math.Exp(eta(i))
					w += in.weight(i)
					ll += in.weight(i) * eta(i)
				}
			}
			for l := range deaths {
				f := float64(l) / float64(len(deaths))
				if ties == Breslow {
					f = 0
				}
				ll -= w / float64(len(deaths)) * math.Log(s0-f*d0)
			}
		}
	}
	return ll
}

func randomCovariates(r *rand.Rand, n, p int) Covariates {
	var x Covariates
	for j := range p {
		c := make([]float64, n)
		for i := range c {
			c[i] = float64(r.IntN(4)) - 1 + 1e-3*r.NormFloat64()
			if j == 1 {
				c[i] = 500 + 100*r.NormFloat64() // far from 0 and wide
			}
		}
		x.Names, x.Columns = append(x.Names, fmt.Sprintf("x%d", j)), append(x.Columns, c)
	}
	return x
}

func naiveScoreResidual(in Input, x [][]float64, stratum []int32, ties Ties, beta []float64, i int) []float64 {
	p := len(x)
	r := func(k int) float64 {
		s := 0.
		for j, b := range beta {
			s += b * x[j][k]
		}
		return in.weight(k) * math.Exp(s)
	}
	own := r(i) / in.weight(i)
	u := make([]float64, p)
	for _, t := range naiveTimes(in) {
		var deaths []int
		s0, d0, w := 0., 0., 0.
		s1, d1 := make([]float64, p), make([]float64, p)
		for k := range in.Time {
			if stratum[k] != stratum[i] || in.Time[k] < t || in.Start != nil && in.Start[k] >= t || in.weight(k) == 0 {
				continue
			}
			s0 += r(k)
			dies := in.Time[k] == t && in.Event[k] > 0
			if dies {
				deaths = append(deaths, k)
				d0 += r(k)
				w += in.weight(k)
			}
			for j := range p {
				s1[j] += r(k) * x[j][k]
				if dies {
					d1[j] += r(k) * x[j][k]
				}
			}
		}
		risk := in.Time[i] >= t && !(in.Start != nil && in.Start[i] >= t)
		if !risk {
			continue
		}
		d := float64(len(deaths))
		for l := range deaths {
			f := float64(l) / d
			if ties == Breslow {
				f = 0
			}
			dies := slices.Contains(deaths, i)
			for j := range p {
				mean := (s1[j] - f*d1[j]) / (s0 - f*d0)
				exposure := 1.
				if dies {
					u[j] += (x[j][i] - mean) / d
					exposure = 1 - f
				}
				u[j] -= own * exposure * w / d * (x[j][i] - mean) / (s0 - f*d0)
			}
		}
	}
	return u
}
