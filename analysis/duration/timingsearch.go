package duration

import (
	"math"
	"sort"

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

// places are log hazards at which a new point, with its best probability and the rest as it is, raises the likelihood
// most: the best of a grid of n in the box, each apart from those before it. None where no place promises the gain.
func (d *timingData) places(theta []float64, J, n, most int, e *timingEvaluation) [][]float64 {
	low, high := d.box(theta, J)
	type candidate struct {
		v    []float64
		gain float64
	}
	all := make([]candidate, n)
	d.pieces(n, func(from, to int) {
		ratio := make([]float64, d.persons)
		for k := from; k < to; k++ {
			v := make([]float64, d.states)
			for s := range v {
				v[s] = low[s] + (high[s]-low[s])*halton(k+1, s)
			}
			_, gain := d.weigh(v, e, ratio)
			all[k] = candidate{v, gain}
		}
	})
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
