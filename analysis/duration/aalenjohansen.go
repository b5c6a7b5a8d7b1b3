package duration

import (
	"math"

	"tiltakseffekt/internal/fault"
)

// AalenJohansen is the cumulative incidence of each state with the others competing, for each group: the probability of
// having ended in state k by t,
//
//	F_k(t) = Σ_{u ≤ t} S(u−) d_k(u)/n(u),
//
// which is not one minus a Kaplan–Meier curve that censors the other states: that one answers a question about a world
// without them. For each group come len(States) curves, in the order of the states; S and all F_k add up to 1.
//
// Greenwood's errors come from the recursion C ← A′CA + S(u−)² (diag(q) − qq′)/n with A = I + dA(u), q = (1−Σh, h_1, …):
// the numbers that end are multinomial given the risk set. Without left truncation that equals the infinitesimal
// jackknife of R's survfit. Clusters and weights with fractions take the jackknife; GrayTies is the variance of R's
// cmprsk, which differs where rows are tied. Limits are made as for survival, from the probability and its error relative
// to it.
//
// Aalen and Johansen (1978), Scand. J. Statist. 5, 141–150.
func AalenJohansen(in Input, opt Options) ([]*Curve, error) {
	if opt.Survival != ProductLimit {
		return nil, fault.Usagef("bad_survival", "cumulative incidence has no exponential form; use the product limit")
	}
	p, err := prepare(in, opt)
	if err != nil {
		return nil, err
	}
	var curves []*Curve
	for k := range p.tables {
		curves = append(curves, p.aalenJohansen(k)...)
	}
	return curves, nil
}

func (p *prepared) aalenJohansen(k int) []*Curve {
	t := p.tables[k]
	K := len(t.event) - 1
	curves := make([]*Curve, K)
	variance := make([][]float64, K+1)
	switch p.variance {
	case Jackknife:
		j := p.newJackknife(k)
		for s := 1; s <= K; s++ {
			variance[s] = j.incidence(s)
		}
	case GrayTies:
		for s := 1; s <= K; s++ {
			variance[s] = t.grayVariance(s)
		}
	default:
		variance = t.incidenceVariance()
	}
	for s := 1; s <= K; s++ {
		c := p.newCurve(k, p.in.State(s))
		c.Events = t.ended[s]
		F, S := 0., 1.
		for j := range t.time {
			if t.exits[j] > 0 {
				F += S * t.event[s][j] / t.risk[j]
				if t.exits[j] == t.atRisk[j] {
					S = 0
				} else {
					S *= (t.risk[j] - t.anyExit[j]) / t.risk[j]
				}
			}
			if t.ends[j] == 0 {
				continue
			}
			c.Time = append(c.Time, t.time[j])
			c.NRisk, c.NEvent, c.NCensor = append(c.NRisk, t.risk[j]), append(c.NEvent, t.event[s][j]), append(c.NCensor, t.event[0][j])
			c.Estimate = append(c.Estimate, F)
			se := math.Sqrt(variance[s][j])
			c.StdError = append(c.StdError, se)
			low, high := 0., 0.
			if F > 0 {
				low, high = p.opt.Interval.limits(F, se/F, p.z)
			}
			c.ConfLow, c.ConfHigh = append(c.ConfLow, low), append(c.ConfHigh, high)
		}
		if p.variance != GrayTies {
			c.restricted = p.area(k, func(tau float64) [][]float64 { return p.incidenceArea(k, s, tau) })
		}
		curves[s-1] = c
	}
	return curves
}

// incidenceVariance is the variance of each F_s at each position (index 0 is that of S), by the recursion.
func (t *table) incidenceVariance() [][]float64 {
	K := len(t.event) - 1
	out := make([][]float64, K+1)
	for s := range out {
		out[s] = make([]float64, len(t.time))
	}
	c := make([]float64, (K+1)*(K+1)) // covariance of (S, F_1, …, F_K)
	next := make([]float64, len(c))
	h := make([]float64, K+1)
	S := 1.
	for j := range t.time {
		if t.exits[j] > 0 && S > 0 {
			n := t.risk[j]
			h[0] = -t.anyExit[j] / n
			stay := 1 + h[0]
			if t.exits[j] == t.atRisk[j] {
				stay, h[0] = 0, -1
			}
			for s := 1; s <= K; s++ {
				h[s] = t.event[s][j] / n
			}
			// A adds h_b of S to column b: C ← A′CA, with A_00 = 1 + h_0.
			for a := range K + 1 {
				for b := range K + 1 {
					q := -prob(h, stay, a) * prob(h, stay, b)
					if a == b {
						q += prob(h, stay, a)
					}
					next[a*(K+1)+b] = c[a*(K+1)+b] + h[a]*c[b] + h[b]*c[a*(K+1)] + h[a]*h[b]*c[0] + S*S*q/n
				}
			}
			c, next = next, c
			S *= stay
		}
		for s := range out {
			out[s][j] = max(0, c[s*(K+1)+s])
		}
	}
	return out
}

// grayVariance is the variance of F_s at each position as R's cmprsk has it: the exits of each kind are independent, each
// with the variance d/n² (1 − (d−1)/(n−1)), so that
//
//	var F_s(t) = Σ_{u ≤ t} S(u−)² {[1 − (F_s(t)−F_s(u))/S(u)]² v_s(u) + [(F_s(t)−F_s(u))/S(u)]² v_other(u)}.
//
// Both brackets are linear in F_s(t): running sums give all t in one pass.
func (t *table) grayVariance(state int) []float64 {
	out := make([]float64, len(t.time))
	S, F := 1., 0.
	var aa, ab, bb float64 // Σ v A², Σ v A B, Σ v B² of terms A − B F(t)
	tied := func(d, n float64) float64 {
		if d > 1 && n > 1 {
			return d / (n * n) * (1 - (d-1)/(n-1))
		}
		return d / (n * n)
	}
	for j := range t.time {
		if t.exits[j] > 0 {
			n, own := t.risk[j], t.event[state][j]
			F += S * own / n
			before := S
			B := 0. // once everybody has ended F does not change any more
			if S *= (n - t.anyExit[j]) / n; t.exits[j] == t.atRisk[j] {
				S = 0
			} else {
				B = before / S
			}
			for _, c := range []struct{ v, a float64 }{{tied(own, n), before + B*F}, {tied(t.anyExit[j]-own, n), B * F}} {
				aa += c.v * c.a * c.a
				ab += c.v * c.a * B
				bb += c.v * B * B
			}
		}
		out[j] = max(0, aa-2*ab*F+bb*F*F)
	}
	return out
}

// prob is the probability of moving to state a at a time: staying for a = 0.
func prob(h []float64, stay float64, a int) float64 {
	if a == 0 {
		return stay
	}
	return h[a]
}

// incidence is the variance of F_s(t) at each position: with b = 1/(1−h),
//
//	g_r(u) = S(u−) 1{r=s} − (F_s(t) − F_s(u)) b(u).
func (j *jackknife) incidence(state int) []float64 {
	t := j.table
	s := j.newSteps(len(t.event) - 1)
	S, F := 1., 0.
	for k := range t.time {
		if t.exits[k] > 0 {
			n, d, own := t.risk[k], t.anyExit[k], t.event[state][k]
			F += S * own / n
			b := 0. // once everybody has ended F does not change any more
			if t.exits[k] < t.atRisk[k] {
				b = 1 / (n - d)
			}
			for e := 1; e < len(s.gain); e++ {
				s.gain[e][k] = b * F
				if e == state {
					s.gain[e][k] += S / n
				}
			}
			s.lossE[k] = S*own/(n*n) + b*F*d/n
			s.zGain[k], s.lossZ[k] = b, b*d/n
			if b == 0 {
				S = 0
			} else {
				S *= (n - d) / n
			}
		}
		s.f[k] = F
	}
	return j.curve(s)
}

// incidenceArea are the derivatives of ∫_0^τ F_s to the hazards: with R(u) = ∫_u^τ (F_s(v) − F_s(u)) dv,
//
//	g_r(u) = S(u−) (τ − u) 1{r=s} − R(u)/(1−h(u)).
func (p *prepared) incidenceArea(k, state int, tau float64) [][]float64 {
	t := p.tables[k]
	survival := t.survival()
	g := make([][]float64, len(t.event))
	for s := range g {
		g[s] = make([]float64, len(t.time))
	}
	// R backwards: between u and the next time v nothing moves, and at v F_s gains S(v−) h_s(v) for the rest.
	R := 0.
	for j := len(t.time) - 1; j >= 0; j-- {
		u := t.time[j]
		if u >= tau {
			continue
		}
		if t.exits[j] == 0 {
			continue
		}
		before := 1.
		if j > 0 {
			before = survival[j-1]
		}
		n := t.risk[j]
		for s := 1; s < len(g); s++ {
			if t.exits[j] < t.atRisk[j] {
				g[s][j] = -R * n / (n - t.anyExit[j])
			}
			if s == state {
				g[s][j] += before * (tau - u)
			}
		}
		R += before * t.event[state][j] / n * (tau - u)
	}
	return g
}
