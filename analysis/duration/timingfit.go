package duration

import (
	"math"
	"sort"

	"tiltakseffekt/analysis/estimate"
)

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
			case (d.names[j] == during || d.names[j] == after) && math.Abs(value) > lowestHazard/2 && d.atFloor(m.theta, J, s, low):
				// A type who as good as never leaves without the programme: the ratio to it grows as far as the floor lets it.
				t.Reason = estimate.NotDefined
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

// atFloor tells whether a type's log hazard of state s lies as low as the search goes.
func (d *timingData) atFloor(theta []float64, J, s int, low []float64) bool {
	base := d.coefficients()
	for j := range J {
		if theta[base+j*d.states+s] <= low[s]+1 {
			return true
		}
	}
	return false
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
