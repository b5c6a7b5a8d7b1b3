package duration

import (
	"math"
	"sort"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// The numbers of the search. They bound the work by evaluations, never by the clock, and are the same every time.
const (
	gainNeeded   = 1e-3 // of the log-likelihood for another point, as in durmod
	gridPoints   = 2048 // of the box in which a new point is looked for
	starts       = 8    // places that are tried as the new point
	exchanges    = 3    // places that are tried for a point that is taken away
	apart        = .7   // of log hazards: places nearer than this are one
	newtonSteps  = 200
	searching    = 1e-9  // share of the log-likelihood that a step may still promise when a climb is compared with others
	polished     = 1e-16 // and when its figures are reported: Newton's steps square what is left
	lowestHazard = 14.   // log hazards stay within this of the mean: a rate of a millionth is none
)

// walk fits 1, 2, … points.
func (p *TimingPath) walk(d *timingData, points int, level float64) {
	best, e := d.maximise(d.start(), 1, polished)
	for J := 1; ; J++ {
		e.full = true // for the sandwich
		d.evaluate(best.theta, J, e)
		fit := d.describe(best, J, e, level)
		fit.Gradient = d.steepest(best.theta, J, e)
		p.Fits = append(p.Fits, fit)
		if !best.converged {
			p.Warnings = append(p.Warnings, fault.Warnf("not_converged", "the model with %d mass points did not converge in %d steps", J, best.steps))
		}
		if J == points {
			return
		}
		places := d.places(best.theta, J, gridPoints, starts, e)
		if len(places) == 0 || fit.Gradient < gainNeeded {
			p.Stopped = "npmle"
			return
		}
		next := timingMaximum{value: math.Inf(-1)}
		for _, v := range places {
			if m, _ := d.maximise(d.insert(best.theta, J, v, e), J+1, searching); next.theta == nil || m.value > next.value+1e-9*math.Abs(next.value) {
				next = m
			}
		}
		next = d.exchange(next, J+1)
		steps := next.steps
		next, nextE := d.maximise(next.theta, J+1, polished)
		next.steps += steps
		if next.value < best.value+gainNeeded {
			p.Stopped = "gain"
			return
		}
		best, e = next, nextE
	}
}

// exchange takes each point away in turn and puts one where the rest would have it; it keeps what raises the likelihood,
// and begins again, until nothing does. A sum of climbs alone ends in the maximum that the first points led to.
func (d *timingData) exchange(best timingMaximum, J int) timingMaximum {
	if J < 3 { // with two the search for the second has looked everywhere
		return best
	}
	for j := 0; j < J; j++ {
		theta := d.without(best.theta, J, j)
		rest := d.newEvaluation(J-1, false)
		d.evaluate(theta, J-1, rest)
		for _, v := range d.places(theta, J-1, gridPoints/4, exchanges, rest) {
			if m, _ := d.maximise(d.insert(theta, J-1, v, rest), J, searching); m.value > best.value+gainNeeded/10 {
				best = m
				j = -1
				break
			}
		}
	}
	return best
}

// without is theta without point j.
func (d *timingData) without(theta []float64, J, j int) []float64 {
	S, base := d.states, d.coefficients()
	out := append([]float64(nil), theta[:base]...)
	odds := make([]float64, 0, J)
	for k := range J {
		if k == j {
			continue
		}
		out = append(out, theta[base+k*S:base+(k+1)*S]...)
		a := 0.
		if k > 0 {
			a = theta[base+J*S+k-1]
		}
		odds = append(odds, a)
	}
	for _, a := range odds[1:] {
		out = append(out, a-odds[0])
	}
	return out
}

// timingMaximum is where maximise stopped.
type timingMaximum struct {
	theta     []float64
	value     float64
	steps     int
	converged bool
}

// maximise climbs by Newton's method with the exact Hessian, damped (Levenberg and Marquardt) where that is not negative
// definite or the step does not help. Log hazards are kept in their box, and a parameter at its edge that would leave it
// stands still.
func (d *timingData) maximise(theta []float64, J int, tolerance float64) (timingMaximum, *timingEvaluation) {
	P := len(theta)
	base := d.coefficients()
	m := timingMaximum{theta: append([]float64(nil), theta...)}
	low := d.start()[base:]
	for s := range low {
		low[s] -= lowestHazard
	}
	e, f := d.newEvaluation(J, true), d.newEvaluation(J, true)
	d.evaluate(m.theta, J, e)
	m.value = e.value
	lambda := 0.
	trial := make([]float64, P)
	for m.steps = 0; m.steps < newtonSteps; m.steps++ {
		free := d.free(m.theta, e.score, J, low)
		step, gain, ok := newtonStep(e, free, lambda)
		if !ok {
			lambda = max(1e-4, 4*lambda)
			if lambda > 1e12 {
				break
			}
			continue
		}
		if gain <= tolerance*(1+math.Abs(m.value)) && lambda <= 1e-3 {
			m.converged = true
			break
		}
		scale := 1. // no log hazard or log-odds moves by more than 4
		for k := base; k < P; k++ {
			scale = min(scale, 4/math.Max(4, math.Abs(step[k])))
		}
		for k := range trial {
			trial[k] = m.theta[k] + scale*step[k]
		}
		for j := range J {
			for s := range d.states {
				k := base + j*d.states + s
				trial[k] = max(trial[k], low[s])
			}
		}
		d.evaluate(trial, J, f)
		if f.value > m.value || f.value >= m.value-1e-13*math.Abs(m.value) && gain < 1e-9 {
			copy(m.theta, trial)
			m.value = f.value
			e, f = f, e
			if lambda /= 8; lambda < 1e-8 {
				lambda = 0
			}
			continue
		}
		lambda = max(1e-4, 4*lambda)
		if lambda > 1e12 {
			m.converged = gain < 1e-8
			break
		}
	}
	return m, e
}

// free tells which parameters may move: not log hazards at the edge of their box that would leave it.
func (d *timingData) free(theta, score []float64, J int, low []float64) []int {
	base := d.coefficients()
	var out []int
	for k := range theta {
		if v := k - base; v >= 0 && v < J*d.states && theta[k] <= low[v%d.states] && score[k] <= 0 {
			continue
		}
		out = append(out, k)
	}
	return out
}

// newtonStep is (−H + λ diag)⁻¹ score over the free parameters, and what it promises; false where the matrix is not
// positive definite.
func newtonStep(e *timingEvaluation, free []int, lambda float64) (step []float64, gain float64, ok bool) {
	P, q := len(e.score), len(free)
	m, g := make([]float64, q*q), make([]float64, q)
	for a, i := range free {
		g[a] = e.score[i]
		for b, j := range free {
			m[a*q+b] = -e.hessian[i*P+j]
		}
		// The outer product of scores has the scale of the information and no negative diagonal.
		m[a*q+a] += lambda * (e.outer[i*P+i] + 1e-9)
	}
	if !choleskyScaled(m, q) {
		return nil, 0, false
	}
	forward(m, g)
	for _, v := range g {
		gain += v * v
	}
	backward(m, g)
	step = make([]float64, P)
	for a, i := range free {
		step[i] = g[a]
	}
	return step, gain, true
}

// choleskyScaled is cholesky with a tolerance relative to each diagonal: parameters of points nobody belongs to have
// little information, and still some.
func choleskyScaled(a []float64, p int) bool {
	for j := range p {
		own := a[j*p+j]
		d := own
		for k := range j {
			d -= a[j*p+k] * a[j*p+k]
		}
		if !(d > 1e-13*math.Abs(own)) || !(own > 0) {
			return false
		}
		d = math.Sqrt(d)
		a[j*p+j] = d
		for i := j + 1; i < p; i++ {
			s := a[i*p+j]
			for k := range j {
				s -= a[i*p+k] * a[j*p+k]
			}
			a[i*p+j] = s / d
		}
	}
	return true
}

// places are log hazards at which a new point, with its best probability and the rest as it is, raises the likelihood
// most: the best of a grid of n in the box, each apart from those before it. None where no place promises the gain.
func (d *timingData) places(theta []float64, J, n, most int, e *timingEvaluation) [][]float64 {
	low, high := d.box(theta, J)
	type candidate struct {
		v    []float64
		gain float64
	}
	all := make([]candidate, n)
	ratio := make([]float64, d.persons)
	for k := range all {
		v := make([]float64, d.states)
		for s := range v {
			v[s] = low[s] + (high[s]-low[s])*halton(k+1, s)
		}
		_, gain := d.weigh(v, e, ratio)
		all[k] = candidate{v, gain}
	}
	sort.SliceStable(all, func(a, b int) bool { return all[a].gain > all[b].gain })
	var places [][]float64
	for _, c := range all {
		if len(places) == most || c.gain < gainNeeded/100 {
			break
		}
		near := false
		for _, o := range places {
			distance := 0.
			for s := range o {
				distance = max(distance, math.Abs(o[s]-c.v[s]))
			}
			near = near || distance < apart
		}
		if !near {
			places = append(places, c.v)
		}
	}
	return places
}

// box is where new points are looked for: around the mean log hazards, and as far as the points there are.
func (d *timingData) box(theta []float64, J int) (low, high []float64) {
	S, base := d.states, d.coefficients()
	centre := d.start()[base:]
	low, high = make([]float64, S), make([]float64, S)
	for s := range S {
		low[s], high[s] = centre[s]-5, centre[s]+4
		for j := range J {
			if v := theta[base+j*S+s]; v > centre[s]-8 {
				low[s], high[s] = min(low[s], v-1), max(high[s], v+1)
			}
		}
	}
	return low, high
}

// weigh is the probability of a point at v that raises the likelihood most with the rest as it is, and by how much:
// Σ log(1 − p + p R_i) is concave in p. ratio is scratch for R_i.
func (d *timingData) weigh(v []float64, e *timingEvaluation, ratio []float64) (p, gain float64) {
	hazard := make([]float64, d.states)
	for s := range hazard {
		hazard[s] = math.Exp(v[s])
	}
	slope := 0.
	for i := range ratio {
		ratio[i] = math.Exp(d.alone(i, v, hazard, e)-e.logL[i]) - 1
		slope += ratio[i]
	}
	if slope <= 0 {
		return 0, 0
	}
	low, high := 0., 1.
	for p = 1e-3; high-low > 1e-4*high; {
		first, second := 0., 0.
		for _, r := range ratio {
			q := r / (1 + p*r)
			first += q
			second -= q * q
		}
		if first > 0 {
			low = p
		} else {
			high = p
		}
		next := p - first/second
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if math.Abs(next-p) <= 1e-3*p {
			p = next
			break
		}
		p = next
	}
	for _, r := range ratio {
		gain += math.Log1p(p * r)
	}
	return p, gain
}

// steepest is the greatest directional derivative D(v) = Σ (L_i(v)/L_i − 1) over the box, from the best of a grid uphill.
// It is 0 at the maximum over all distributions (Lindsay).
func (d *timingData) steepest(theta []float64, J int, e *timingEvaluation) float64 {
	low, high := d.box(theta, J)
	type candidate struct {
		v []float64
		d float64
	}
	all := make([]candidate, gridPoints)
	for k := range all {
		v := make([]float64, d.states)
		for s := range v {
			v[s] = low[s] + (high[s]-low[s])*halton(k+1, s)
		}
		all[k] = candidate{v, d.derivative(v, e)}
	}
	sort.SliceStable(all, func(a, b int) bool { return all[a].d > all[b].d })
	greatest := math.Inf(-1)
	for _, c := range all[:4] {
		_, at := d.climb(c.v, e, low, high)
		greatest = max(greatest, at)
	}
	return greatest
}

// derivative is D(v).
func (d *timingData) derivative(v []float64, e *timingEvaluation) float64 {
	S := d.states
	hazard := make([]float64, S)
	for s := range S {
		hazard[s] = math.Exp(v[s])
	}
	sums := make([]float64, len(e.blocks))
	d.blocks(func(b, from, to int) {
		sum := 0.
		for i := from; i < to; i++ {
			sum += math.Exp(d.alone(i, v, hazard, e)-e.logL[i]) - 1
		}
		sums[b] = sum
	})
	total := 0.
	for _, s := range sums {
		total += s
	}
	return total
}

// alone is the log-likelihood of a person if everybody were at v.
func (d *timingData) alone(i int, v, hazard []float64, e *timingEvaluation) float64 {
	l := 0.
	for s := range d.states {
		l += e.k[i*d.states+s] + d.n[i*d.states+s]*v[s] - e.a[i*d.states+s]*hazard[s]
	}
	return l
}

// climb goes uphill in D by coordinate-wise Newton steps within the box.
func (d *timingData) climb(v []float64, e *timingEvaluation, low, high []float64) ([]float64, float64) {
	S := d.states
	v = append([]float64(nil), v...)
	best := d.derivative(v, e)
	hazard := make([]float64, S)
	for range 12 {
		moved := 0.
		for s := range S {
			for r := range S {
				hazard[r] = math.Exp(v[r])
			}
			first, second := 0., 0.
			for i := range d.persons {
				ratio := math.Exp(d.alone(i, v, hazard, e) - e.logL[i])
				u := d.n[i*S+s] - e.a[i*S+s]*hazard[s]
				first += ratio * u
				second += ratio * (u*u - e.a[i*S+s]*hazard[s])
			}
			step := math.Copysign(.5, first)
			if second < 0 {
				step = math.Max(-1, math.Min(1, -first/second))
			}
			old := v[s]
			for range 6 {
				v[s] = math.Max(low[s], math.Min(high[s], old+step))
				if at := d.derivative(v, e); at > best {
					best = at
					moved = math.Max(moved, math.Abs(v[s]-old))
					old = v[s]
					break
				}
				step /= 4
			}
			v[s] = old
		}
		if moved < 1e-3 {
			break
		}
	}
	return v, best
}

// halton is the k-th element of the van der Corput sequence in the s-th prime: evenly spread, and the same every time.
func halton(k, s int) float64 {
	prime := [...]int{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53}[s%16]
	x, f := 0., 1.
	for ; k > 0; k /= prime {
		f /= float64(prime)
		x += f * float64(k%prime)
	}
	return x
}

// insert adds a point at v with the probability that raises the likelihood most.
func (d *timingData) insert(theta []float64, J int, v []float64, e *timingEvaluation) []float64 {
	S, base := d.states, d.coefficients()
	p, _ := d.weigh(v, e, make([]float64, d.persons))
	p = math.Min(.9, math.Max(1e-4, p))
	w := d.newWork(theta, J)
	out := make([]float64, 0, len(theta)+S+1)
	out = append(out, theta[:base+J*S]...)
	out = append(out, v...)
	out = append(out, theta[base+J*S:]...)
	return append(out, math.Log(p/(1-p))-w.logP[0])
}

// describe puts a fit on the scale of the columns that were given, with its errors.
func (d *timingData) describe(m timingMaximum, J int, e *timingEvaluation, level float64) TimingFit {
	P, S, base := len(m.theta), d.states, d.coefficients()
	f := TimingFit{Points: J, LogLikelihood: m.value, Parameters: P, Iterations: m.steps, Converged: m.converged, theta: m.theta}
	n := float64(d.persons)
	f.AIC = 2*float64(P) - 2*m.value
	f.BIC = math.Log(n)*float64(P) - 2*m.value
	f.HQ = 2*math.Log(math.Log(math.Max(n, 3)))*float64(P) - 2*m.value
	low := d.start()[base:]
	for s := range low {
		low[s] -= lowestHazard
	}
	free := d.free(m.theta, e.score, J, low)
	model, robust, ok := timingCovariance(e, free)
	for s := range S {
		for q, j := range d.columns[s] {
			k := d.at[s] + q
			t := TimingEffect{State: d.in.States[s], Term: d.names[j], Estimate: estimate.Missing(estimate.Singular), RobustStdError: math.NaN()}
			value := m.theta[k] / d.scale[j]
			switch {
			case !m.converged:
				t.Reason = estimate.NotConverged
			case ok:
				t.RobustStdError = math.Sqrt(robust[k*P+k]) / d.scale[j]
				t.Estimate = estimate.Normal(value, t.RobustStdError, level)
				t.StdError = math.Sqrt(model[k*P+k]) / d.scale[j]
			default:
				t.Estimate.Estimate = value // the information is singular: there is an estimate, and no error
			}
			f.Effects = append(f.Effects, t)
		}
	}
	w := d.newWork(m.theta, J)
	for j := range J {
		point := MassPoint{Probability: w.p[j], LogHazard: make([]float64, S)}
		for s := range S {
			point.LogHazard[s] = m.theta[base+j*S+s]
			for q, c := range d.columns[s] {
				point.LogHazard[s] -= m.theta[d.at[s]+q] * d.mean[c] / d.scale[c]
			}
		}
		f.Mass = append(f.Mass, point)
	}
	sort.SliceStable(f.Mass, func(a, b int) bool { return f.Mass[a].Probability > f.Mass[b].Probability })
	return f
}

// timingCovariance is the inverse of the observed information over the free parameters, and the sandwich by person.
func timingCovariance(e *timingEvaluation, free []int) (model, robust []float64, ok bool) {
	P, q := len(e.score), len(free)
	m, o := make([]float64, q*q), make([]float64, q*q)
	for a, i := range free {
		for b, j := range free {
			m[a*q+b], o[a*q+b] = -e.hessian[i*P+j], e.outer[i*P+j]
		}
	}
	l := append([]float64(nil), m...)
	if !choleskyScaled(l, q) {
		return nil, nil, false
	}
	v := make([]float64, q*q)
	unit := make([]float64, q)
	for j := range q {
		clear(unit)
		unit[j] = 1
		forward(l, unit)
		backward(l, unit)
		for i := range q {
			v[i*q+j] = unit[i]
		}
	}
	s := congruence(v, o, q)
	model, robust = make([]float64, P*P), make([]float64, P*P)
	for a, i := range free {
		for b, j := range free {
			model[i*P+j], robust[i*P+j] = v[a*q+b], s[a*q+b]
		}
	}
	return model, robust, true
}
