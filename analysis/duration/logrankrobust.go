package duration

import "math"

// robustVariance is the variance of observed − expected with weights or dependent rows. Row i of group g adds to the
// difference of group k
//
//	ψ_ik = w_i [L(T_i) δ_i (1{g=k} − p_k(T_i)) − Σ_{start < u ≤ T_i} L(u) (1{g=k} − p_k(u)) d(u)/n(u)],
//
// p_k = n_k/n of the weight at risk, L = S(t−)^ρ, which is its score residual in a Cox regression on the groups with
// Breslow's ties at β = 0. V is the sum over clusters of the squares of their sums. The time and memory are rows × groups.
//
// Lin and Wei (1989), doi:10.1080/01621459.1989.10478874, section 2, at the hypothesis.
func (in *Input) robustVariance(g *grid, cells []*table, strata int, opt TestOptions) [][]float64 {
	K := len(in.Groups)
	V := make([]float64, K*K)
	square := func(u []float64) {
		for k, a := range u {
			if a == 0 {
				continue
			}
			for l, b := range u {
				V[k*K+l] += a * b
			}
		}
	}
	var sums []float64
	if in.Cluster != nil {
		sums = make([]float64, in.Clusters*K)
	}
	rows := rowsByStratum(opt.Stratum, strata, len(in.Time))
	position := make([]int32, len(g.time))
	psi := make([]float64, K)
	var number [1]int32
	for s := range strata {
		p := newPooled(cells[s*K:(s+1)*K], opt)
		for j, u := range p.times {
			position[u] = int32(j)
		}
		for _, i := range rows[s] {
			w := 1.
			if in.Weight != nil {
				if w = in.Weight[i]; w == 0 {
					continue
				}
			}
			g.stops(number[:], int(i))
			j := int(position[number[0]])
			a := 0 // first time at risk
			if g.starts(number[:], int(i)); number[0] >= 0 {
				a = int(position[number[0]]) + 1
			}
			event := 0.
			if e := in.Event[i]; e > 0 && (opt.State == 0 || int(e) == opt.State) {
				event = p.weight[j]
			}
			for k := range psi {
				psi[k] = w * (p.cum[(j+1)*K+k] - p.cum[a*K+k] - event*p.share[j*K+k])
			}
			psi[in.Group[i]] += w * (event - (p.hazard[j+1] - p.hazard[a]))
			if sums == nil {
				square(psi)
				continue
			}
			at := sums[int(in.Cluster[i])*K:]
			for k, v := range psi {
				at[k] += v
			}
		}
	}
	for c := 0; c < len(sums); c += K {
		square(sums[c : c+K])
	}
	out := make([][]float64, K)
	for k := range out {
		out[k] = V[k*K : (k+1)*K]
	}
	return out
}

// rowsByStratum lists the rows of each stratum.
func rowsByStratum(stratum []int32, strata, n int) [][]int32 {
	if stratum != nil {
		return byPosition(stratum, strata)
	}
	return byPosition(make([]int32, n), 1)
}

// pooled is a stratum at every time of any group.
type pooled struct {
	times  []int32
	weight []float64 // L
	share  []float64 // p_k at [time·groups + k]
	hazard []float64 // Σ L d/n up to and including a time, at [time+1]
	cum    []float64 // Σ L p_k d/n, at [(time+1)·groups + k]
}

func newPooled(groups []*table, opt TestOptions) *pooled {
	K := len(groups)
	p := &pooled{times: union(groups)}
	T := len(p.times)
	p.weight, p.share, p.hazard, p.cum = make([]float64, T), make([]float64, T*K), make([]float64, T+1), make([]float64, (T+1)*K)
	at := make([]int, K)
	S := 1.
	for j, u := range p.times {
		total, deaths := 0., 0.
		for k, t := range groups {
			for at[k] < len(t.index) && t.index[at[k]] < u {
				at[k]++
			}
			if i := at[k]; i < len(t.index) {
				p.share[j*K+k] = t.risk[i]
				total += t.risk[i]
				if t.index[i] == u {
					deaths += t.exitsIn(opt.State, i)
				}
			}
		}
		p.weight[j] = math.Pow(S, opt.Rho)
		step := 0.
		if deaths > 0 {
			step = p.weight[j] * deaths / total
			S *= max(0, (total-deaths)/total)
		}
		p.hazard[j+1] = p.hazard[j] + step
		for k := range groups {
			if total > 0 {
				p.share[j*K+k] /= total
			}
			p.cum[(j+1)*K+k] = p.cum[j*K+k] + step*p.share[j*K+k]
		}
	}
	return p
}
