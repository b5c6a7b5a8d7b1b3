package duration

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Gray is the test of equal cumulative incidence of state opt.State (from 1) in all groups of in, with the other states
// competing: Gray's class K with ρ = 0. A group has the modified risk set R_k(t) = Y_k(t) (1 − F_k(t−))/S_k(t−), with Y_k
// at risk, F_k the incidence of the state and S_k the share that has not ended in any; with d_k rows that end in it,
//
//	O_k = Σ d_k,  E_k = Σ d R_k/R,  dΓ(t) = d/R,  1 − F_0(t) = Π (1 − dΓ).
//
// With w_kr = 1{k=r} − R_k/R, h_r = Y_r/S_r(t−) and c_kr(t) = Σ_{u > t} w_kr h_r dΓ the variance is
//
//	V_kl = Σ_r Σ_t [a_kr a_lr (1 − F_r(t−)) dΓ/(S_r(t−) Y_r) · (R−d)/(R−1)
//	              + b_kr b_lr d_r′/Y_r²],
//	a_kr = w_kr Y_r + b_1kr,  b_1kr = c_kr (S_r(t−) − (1 − F_0(t−))),  b_kr = c_kr (1 − F_0(t−)),
//
// d_r′ the rows that end in another state: the noise of both exits in the estimated incidence, through the risk sets of
// all later times. The statistic is χ² over the groups with E > 0 but the first.
//
// The variance is the paper's with left limits. R's cmprsk handles ties in another way, which the paper does not give:
// with monthly ties its statistic differs in the fifth digit (mgus2 by sex: relative difference 6e-5). Left truncation,
// strata, weights and ρ are refused.
//
// Gray (1988), doi:10.1214/aos/1176350951.
func Gray(in Input, opt TestOptions) (*TestResult, error) {
	for _, c := range []struct {
		given bool
		what  string
	}{{in.Start != nil, "left truncation"}, {in.Weight != nil, "weights"}, {opt.Stratum != nil, "strata"}, {opt.Rho != 0, "ρ"}} {
		if c.given {
			return nil, fault.Usagef("not_served", "Gray's test with %s is not served", c.what)
		}
	}
	if in.Group == nil || len(in.Groups) < 2 {
		return nil, fault.Usagef("one_group", "a test between groups needs at least two groups")
	}
	if opt.State < 1 || opt.State > in.states() {
		return nil, fault.Usagef("bad_state", "Gray's test needs the state whose incidence it compares, from 1 to %d", in.states())
	}
	p, err := prepare(in, Options{Workers: opt.Workers, Variance: Greenwood})
	if err != nil {
		return nil, err
	}
	K := len(p.tables)
	times := union(p.tables)
	g := make([]*grayGroup, K)
	for k, t := range p.tables {
		g[k] = newGrayGroup(t, times, opt.State)
	}
	r := &TestResult{Test: "gray", State: in.State(opt.State), Rows: make([]int, K), Observed: make([]float64, K), Expected: make([]float64, K), Variance: make([][]float64, K)}
	for k := range K {
		r.Rows[k] = p.tables[k].rows
		r.Variance[k] = make([]float64, K)
	}
	r.gray(g, len(times))
	r.finish()
	return r, nil
}

// grayGroup is a group at every time of any group.
type grayGroup struct {
	atRisk, own, other []float64 // Y, d, d′
	S, F               []float64 // just before the time
	R                  []float64
}

func newGrayGroup(t *table, times []int32, state int) *grayGroup {
	n := len(times)
	g := &grayGroup{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
	S, F := 1., 0.
	j := 0
	for i, u := range times {
		for j < len(t.index) && t.index[j] < u {
			j++
		}
		g.S[i], g.F[i] = S, F
		if j == len(t.index) {
			continue
		}
		y := t.risk[j]
		g.atRisk[i] = y
		if S > 0 {
			g.R[i] = y * (1 - F) / S
		}
		if t.index[j] == u {
			g.own[i], g.other[i] = t.event[state][j], t.anyExit[j]-t.event[state][j]
			F += S * g.own[i] / y
			if t.exits[j] == t.atRisk[j] {
				S = 0
			} else {
				S *= (y - t.anyExit[j]) / y
			}
		}
	}
	return g
}

func (r *TestResult) gray(groups []*grayGroup, n int) {
	K := len(groups)
	gamma, total, deaths := make([]float64, n), make([]float64, n), make([]float64, n)
	left := make([]float64, n) // 1 − F_0(t−)
	one := 1.
	for i := range n {
		for _, g := range groups {
			total[i] += g.R[i]
			deaths[i] += g.own[i]
		}
		left[i] = one
		if deaths[i] == 0 {
			continue
		}
		gamma[i] = deaths[i] / total[i]
		one *= 1 - gamma[i]
		for k, g := range groups {
			r.Observed[k] += g.own[i]
			r.Expected[k] += gamma[i] * g.R[i]
		}
	}
	c := make([]float64, K*K) // c_kr at the times after i
	a, b := make([]float64, K), make([]float64, K)
	for i := n - 1; i >= 0; i-- {
		if total[i] == 0 {
			continue
		}
		tied := 1.
		if deaths[i] > 1 {
			tied = max(0, (total[i]-deaths[i])/(total[i]-1))
		}
		for s, g := range groups {
			y, S := g.atRisk[i], g.S[i]
			if y == 0 || S == 0 {
				continue
			}
			own := (1 - g.F[i]) * gamma[i] / (S * y) * tied
			other := g.other[i] / (y * y)
			if own > 0 || other > 0 {
				for k := range K {
					w := -groups[k].R[i] / total[i]
					if k == s {
						w++
					}
					b[k] = c[k*K+s] * left[i]
					a[k] = w*y + c[k*K+s]*S - b[k]
				}
				for k := range K {
					for l := range K {
						r.Variance[k][l] += a[k]*a[l]*own + b[k]*b[l]*other
					}
				}
			}
		}
		if gamma[i] == 0 {
			continue
		}
		for s, g := range groups {
			if g.S[i] == 0 {
				continue
			}
			step := g.atRisk[i] / g.S[i] * gamma[i]
			for k := range K {
				w := -groups[k].R[i] / total[i]
				if k == s {
					w++
				}
				c[k*K+s] += w * step
			}
		}
	}
	if math.IsNaN(r.Variance[0][0]) {
		r.Reason = estimate.NotDefined
	}
}
