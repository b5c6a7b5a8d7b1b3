package duration

import "math"

// The infinitesimal jackknife. Every estimate here is a smooth function of the hazards h_s(u) = d_s(u)/n(u), so that
// row i moves it by
//
//	ψᵢ = wᵢ Σ_u Σ_s g_s(u) (dN_is(u) − Y_i(u) h_s(u)) / n(u),   g_s(u) = ∂θ/∂h_s(u),
//
// and the variance is the sum over clusters of (Σ ψᵢ)². A curve at all its times would cost rows × times that way. But
// ψᵢ(t) is E_i(t) − F(t) Z_i(t), where E_i and Z_i stand still once the row has ended, and while it is at risk move by
// the same amount for everybody: so running sums over clusters of the products of E, Z and the weight at risk give the
// variance at every time in one pass over the rows.

// groupRows are the rows of one group with weight over 0; times are positions in its table.
type groupRows struct {
	stop, start []int32 // start −1: from the beginning
	event       []int32
	weight      []float64 // nil: 1
	cluster     []int32   // in [0, clusters)
	clusters    int
}

// jackknife is one group's rows in the order of their ends and of their starts.
type jackknife struct {
	table *table
	rows  groupRows
	ends  [][]int32 // rows that end at each position, and that begin there
	begin [][]int32
	first []int32 // rows at risk from the beginning
}

// rowsOf are the rows of group k.
func (p *prepared) rowsOf(k int) groupRows {
	in, t := p.in, p.tables[k]
	position := make([]int32, len(p.grid.time))
	for i, j := range t.index {
		position[j] = int32(i)
	}
	r := groupRows{clusters: in.Clusters}
	var stop, start [1]int32
	for i := range in.Time {
		if in.Group != nil && int(in.Group[i]) != k || in.Weight != nil && in.Weight[i] == 0 {
			continue
		}
		p.grid.stops(stop[:], i)
		p.grid.starts(start[:], i)
		if start[0] >= 0 {
			start[0] = position[start[0]]
		}
		r.stop, r.start, r.event = append(r.stop, position[stop[0]]), append(r.start, start[0]), append(r.event, in.Event[i])
		if in.Weight != nil {
			r.weight = append(r.weight, in.Weight[i])
		}
		if in.Cluster != nil {
			r.cluster = append(r.cluster, in.Cluster[i])
		} else {
			r.cluster = append(r.cluster, int32(r.clusters))
			r.clusters++
		}
	}
	return r
}

func (r *groupRows) w(i int32) float64 {
	if r.weight == nil {
		return 1
	}
	return r.weight[i]
}

func (p *prepared) newJackknife(k int) *jackknife {
	t := p.tables[k]
	j := &jackknife{table: t, rows: p.rowsOf(k)}
	j.ends = byPosition(j.rows.stop, len(t.time))
	j.begin = byPosition(j.rows.start, len(t.time))
	for i, s := range j.rows.start {
		if s < 0 {
			j.first = append(j.first, int32(i))
		}
	}
	return j
}

// byPosition lists the rows at each position in [0, n), in row order.
func byPosition(position []int32, n int) [][]int32 {
	place := make([]int32, n+1)
	for _, p := range position {
		if p >= 0 {
			place[p+1]++
		}
	}
	for k := range n {
		place[k+1] += place[k]
	}
	order := make([]int32, place[n])
	at := append([]int32(nil), place...)
	for i, p := range position {
		if p >= 0 {
			order[at[p]] = int32(i)
			at[p]++
		}
	}
	out := make([][]int32, n)
	for k := range out {
		out[k] = order[place[k]:place[k+1]]
	}
	return out
}

// running holds E, Z and W of each cluster and the sums of their products.
type running struct {
	e, z, w                []float64
	ee, ez, ew, zz, zw, ww float64
}

func newRunning(clusters int) *running {
	return &running{e: make([]float64, clusters), z: make([]float64, clusters), w: make([]float64, clusters)}
}

func (r *running) move(c int32, de, dz, dw float64) {
	e, z, w := r.e[c], r.z[c], r.w[c]
	e1, z1, w1 := e+de, z+dz, w+dw
	r.ee += e1*e1 - e*e
	r.ez += e1*z1 - e*z
	r.ew += e1*w1 - e*w
	r.zz += z1*z1 - z*z
	r.zw += z1*w1 - z*w
	r.ww += w1*w1 - w*w
	r.e[c], r.z[c], r.w[c] = e1, z1, w1
}

// variance of Σ (E − f Z − (qe − f qz) W).
func (r *running) variance(f, qe, qz float64) float64 {
	g := qe - f*qz
	v := r.ee + f*f*r.zz + g*g*r.ww - 2*f*r.ez - 2*g*r.ew + 2*f*g*r.zw
	return max(0, v)
}

// steps are what E and Z move by at a position: a row that ends there in state s gets gain[s] and zGain, and every row
// at risk loses lossE and lossZ.
type steps struct {
	gain         [][]float64 // [state from 0 = censored][position]
	zGain        []float64
	lossE, lossZ []float64
	f            []float64 // F(t) at each position
}

// curve is the variance after each position.
func (j *jackknife) curve(s steps) []float64 {
	r := newRunning(j.rows.clusters)
	for _, i := range j.first {
		r.move(j.rows.cluster[i], 0, 0, j.rows.w(i))
	}
	out := make([]float64, len(j.table.time))
	qe, qz := 0., 0.
	for k := range out {
		qe += s.lossE[k]
		qz += s.lossZ[k]
		for _, i := range j.ends[k] {
			w := j.rows.w(i)
			e := j.rows.event[i]
			z := 0.
			if e > 0 {
				z = s.zGain[k]
			}
			r.move(j.rows.cluster[i], w*(s.gain[e][k]-qe), w*(z-qz), -w)
		}
		out[k] = r.variance(s.f[k], qe, qz)
		for _, i := range j.begin[k] { // at risk from the next position on
			w := j.rows.w(i)
			r.move(j.rows.cluster[i], w*qe, w*qz, w)
		}
	}
	return out
}

func (j *jackknife) newSteps(states int) steps {
	n := len(j.table.time)
	s := steps{gain: make([][]float64, states+1), zGain: make([]float64, n), lossE: make([]float64, n), lossZ: make([]float64, n), f: make([]float64, n)}
	for e := range s.gain {
		s.gain[e] = make([]float64, n)
	}
	return s
}

// logSurvival is the variance of log S(t): θ = Σ log(1−h), g = −1/(1−h). It is ∞ once S is 0.
func (j *jackknife) logSurvival() []float64 {
	t := j.table
	s := j.newSteps(len(t.event) - 1)
	dead := len(t.time)
	for k := range t.time {
		if t.exits[k] == 0 {
			continue
		}
		if t.exits[k] == t.atRisk[k] {
			dead = k
			break
		}
		n, d := t.risk[k], t.anyExit[k]
		for e := 1; e < len(s.gain); e++ {
			s.gain[e][k] = 1 / (n - d)
		}
		s.lossE[k] = d / (n * (n - d))
	}
	v := j.curve(s)
	for k := dead; k < len(v); k++ {
		v[k] = math.Inf(1)
	}
	return v
}

// hazard is the variance of Λ(t): g = 1 at each time, or as Fleming and Harrington's sum has it.
func (j *jackknife) hazard(h Hazard) []float64 {
	t := j.table
	s := j.newSteps(len(t.event) - 1)
	for k := range t.time {
		if t.exits[k] == 0 {
			continue
		}
		n, d := t.risk[k], t.anyExit[k]
		gain, loss := 1/n, d/(n*n)
		if h == FlemingHarringtonHazard {
			// Λ-step H(n, d) = Σ_l m/(n − l m), m = d/rows: each row that ends adds to d and to n, each at risk to n.
			m, dn, dd := d/float64(t.exits[k]), 0., 0.
			for l := range t.exits[k] {
				at := n - float64(l)*m
				dn -= m / (at * at)
				dd += (at + m*float64(l)) / (at * at) / float64(t.exits[k])
			}
			gain, loss = dd, -dn
		}
		for e := 1; e < len(s.gain); e++ {
			s.gain[e][k] = gain
		}
		s.lossE[k] = loss
	}
	return j.curve(s)
}

// influence is what each cluster adds to one figure θ with derivatives g_s(u) to the hazards, given for states from 1 at
// each position. Its squares add up to the variance.
func (j *jackknife) influence(g [][]float64) []float64 {
	t := j.table
	sums := make([]float64, j.rows.clusters)
	loss := make([]float64, len(t.time)+1) // loss[k]: of those at risk at positions under k
	for k := range t.time {
		loss[k+1] = loss[k]
		for s := 1; s < len(t.event) && t.exits[k] > 0; s++ {
			loss[k+1] += g[s][k] * t.event[s][k] / (t.risk[k] * t.risk[k])
		}
	}
	for i, stop := range j.rows.stop {
		psi := loss[j.rows.start[i]+1] - loss[stop+1]
		if e := j.rows.event[i]; e > 0 {
			psi += g[e][stop] / t.risk[stop]
		}
		sums[j.rows.cluster[i]] += j.rows.w(int32(i)) * psi
	}
	return sums
}

// greenwood is the variance of the same figure with independent rows and weights as counts: at each time the numbers
// that end are multinomial given the risk set, Σ_u (Σ_s g_s² h_s − (Σ_s g_s h_s)²)/n.
func (t *table) greenwood(g [][]float64) float64 {
	v := 0.
	for k := range t.time {
		if t.exits[k] == 0 {
			continue
		}
		mean, square := 0., 0.
		for s := 1; s < len(t.event); s++ {
			h := t.event[s][k] / t.risk[k]
			mean += g[s][k] * h
			square += g[s][k] * g[s][k] * h
		}
		v += (square - mean*mean) / t.risk[k]
	}
	return v
}
