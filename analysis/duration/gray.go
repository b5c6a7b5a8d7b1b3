package duration

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Gray is the test of equal cumulative incidence of state opt.State (from 1) in all groups of in, with the other states
// competing: Gray's class G^ρ. A group has the modified risk set R_k(t) = Y_k(t) (1 − F_k(t−))/S_k(t−), with Y_k at risk,
// F_k the incidence of the state and S_k the share that has not ended in any; with d_k rows that end in it, h_k = Y_k/S_k(t−)
// and the pooled incidence dF_0 = d/Σ h_k, weights L = (1 − F_0(t−))^ρ,
//
//	O_k = Σ L d_k,  E_k = Σ L d R_k/R.
//
// With a_kr = L h_k (1{k=r} − h_r/h) and c_kr(t) = Σ_{u > t} a_kr dF_0/(1 − F_0(u−)), the variance is
//
//	V_kl = Σ_r Σ_t [(a_kr + b_r c_kr)(a_lr + b_r c_lr) dF_0/h_r · τ_1 + b′_r² c_kr c_lr S_r(t−)² d′_r/Y_r² · τ_2],
//	b_r = 1 − (1 − F_0(t))/S_r(t),  b′_r = (1 − F_0(t))/S_r(t),
//
// d′_r the rows that end in another state: the noise of both exits in the estimated incidence, through the risk sets of
// all later times. Ties are R's cmprsk's, which the paper does not give: τ_1 = 1 − (d−1)/(h S_r(t−) − 1) and
// τ_2 = 1 − (d′_r−1)/(Y_r − 1), each 1 without ties and at least 0. Differences and variances add up over strata. The
// statistic is χ² over the groups with E > 0 but the first. F_0 may pass 1 where groups are followed for different times:
// L is then 0 (with ρ > 0) and such times add nothing to c. Left truncation, weights and
// clusters are refused.
//
// Gray (1988), doi:10.1214/aos/1176350951; as cuminc of R's cmprsk.
func Gray(in Input, opt TestOptions) (*TestResult, error) {
	for _, c := range []struct {
		given bool
		what  string
	}{{in.Start != nil, "left truncation"}, {in.Weight != nil, "weights"}, {in.Cluster != nil, "clusters"}} {
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
	cells, _, strata, err := in.stratified(opt)
	if err != nil {
		return nil, err
	}
	K := len(in.Groups)
	r := newTestResult("gray", K)
	r.State = in.State(opt.State)
	for s := range strata {
		tables := cells[s*K : (s+1)*K]
		times := union(tables)
		g := make([]*grayGroup, K)
		for k, t := range tables {
			g[k] = newGrayGroup(t, times, opt.State)
			r.Rows[k] += t.rows
		}
		r.gray(g, len(times), opt.Rho)
	}
	r.finish()
	return r, nil
}

// grayGroup is a group at every time of any group.
type grayGroup struct {
	atRisk, own, other []float64 // Y, d, d′
	S, F               []float64 // just before the time
	left               []float64 // S after it
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
		g.S[i], g.F[i], g.left[i] = S, F, S
		if j == len(t.index) {
			continue
		}
		y := t.risk[j]
		g.atRisk[i] = y
		if t.index[j] == u {
			g.own[i], g.other[i] = t.event[state][j], t.anyExit[j]-t.event[state][j]
			F += S * g.own[i] / y
			if t.exits[j] == t.atRisk[j] {
				S = 0
			} else {
				S *= (y - t.anyExit[j]) / y
			}
			g.left[i] = S
		}
	}
	return g
}

// h is Y/S(t−), 0 where nobody is at risk.
func (g *grayGroup) h(i int) float64 {
	if g.atRisk[i] == 0 || g.S[i] == 0 {
		return 0
	}
	return g.atRisk[i] / g.S[i]
}

// grayTime is what the groups have in common at a time.
type grayTime struct {
	h, own        float64 // Σ h_k, Σ d_k
	before, after float64 // 1 − F_0 at t− and at t
	weight        float64 // L
}

// a is a_kr.
func (p *grayTime) a(groups []*grayGroup, i, k, r int) float64 {
	a := -groups[r].h(i) / p.h
	if k == r {
		a++
	}
	return p.weight * groups[k].h(i) * a
}

// gray adds the differences and the variance of a stratum.
func (r *TestResult) gray(groups []*grayGroup, n int, rho float64) {
	K := len(groups)
	pooled := make([]grayTime, n)
	left := 1. // 1 − F_0
	for i := range n {
		p := &pooled[i]
		modified := 0. // Σ R_k
		for _, g := range groups {
			p.h += g.h(i)
			modified += g.h(i) * (1 - g.F[i])
			p.own += g.own[i]
		}
		p.before, p.weight = left, math.Pow(max(0, left), rho)
		if p.own > 0 {
			left -= p.own / p.h
			for k, g := range groups {
				r.Observed[k] += p.weight * g.own[i]
				r.Expected[k] += p.weight * p.own * g.h(i) * (1 - g.F[i]) / modified
			}
		}
		p.after = left
	}
	c := make([]float64, K*K) // c_kr at the times after i
	u, v := make([]float64, K), make([]float64, K)
	for i := n - 1; i >= 0; i-- {
		p := &pooled[i]
		if p.h == 0 {
			continue
		}
		for s, g := range groups {
			y := g.atRisk[i]
			if y == 0 || g.S[i] == 0 || p.own == 0 && g.other[i] == 0 {
				continue
			}
			ratio := 0. // nobody of the group is left: c is 0
			if g.left[i] > 0 {
				ratio = p.after / g.left[i]
			}
			own := p.own / p.h / g.h(i) * tied(p.own, p.h*g.S[i])
			other := g.S[i] * g.S[i] * g.other[i] / (y * y) * tied(g.other[i], y)
			for k := range K {
				u[k] = p.a(groups, i, k, s) + (1-ratio)*c[k*K+s]
				v[k] = ratio * c[k*K+s]
			}
			for k := range K {
				for l := range K {
					r.Variance[k][l] += u[k]*u[l]*own + v[k]*v[l]*other
				}
			}
		}
		if p.own == 0 || p.before <= 0 {
			continue
		}
		step := p.own / (p.h * p.before)
		for s := range groups {
			for k := range K {
				c[k*K+s] += p.a(groups, i, k, s) * step
			}
		}
	}
	if math.IsNaN(r.Variance[0][0]) {
		r.Reason = estimate.NotDefined
	}
}

// tied is the share of the variance of d exits of n that ties leave: 1 − (d−1)/(n−1).
func tied(d, n float64) float64 {
	if d <= 1 {
		return 1
	}
	return max(0, 1-(d-1)/(n-1))
}
