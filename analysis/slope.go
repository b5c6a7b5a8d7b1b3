package analysis

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/regression"
)

// fewestPlaces is the least number of places that an error by place is made of.
const fewestPlaces = 5

// slopeSample is the rows of a cell with a known figure u of their place and month, and the outcome y; every element is one a row.
type slopeSample struct {
	y, u    []float64
	treated []bool
	weight  []float64 // of the method; 0: not used
	base    []float64 // sampling weights
	x       [][]float64
	person  []int32
	place   []int32 // dense, from 0
}

// slopeResult is the slope with its errors.
type slopeResult struct {
	slope     float64
	stdError  float64 // the larger of the two below
	byPerson  float64
	byPlace   float64   // by person and place
	places    int       // with a row that is used
	influence []float64 // by row
}

// linearSlope is the best linear projection of the effect on u among the treated, doubly robust (Semenova and Chernozhukov 2021,
// Econometrics Journal 24:264): with τ(u, x) the effect,
//
//	β = Cov(u, τ) / Var(u)  over the treated, as the method weights them.
//
// The outcome regression m(x) = x'γ is that of y on (1, u, x) among all comparison rows by sampling weight. With r = y − x'γ the
// estimate is the slope of r on u among the treated less that among the comparison rows, each by the weights of the method:
//
//	b = Σ₁ a·r − Σ₀ a·r,  a = w(u − ū)/Σw(u − ū)² within the arm.
//
// It is consistent where the regression is right, or where the weights bring comparison rows to the treated's distribution of (u, x). What
// u does to everybody's outcome, and a difference in mean u between the arms, drop out. The weights are taken as they are.
//
// A row's influence is a·e of its arm, e the residual of r on (1, u), and for comparison rows also what it does to γ. They are summed by
// person, and by person and place (Cameron, Gelbach and Miller 2011: V(person) + V(place)·G/(G − 1) − V(person ∩ place)), since u
// varies by place and month; the error is the larger of the two and goes with t of G − 1 degrees. Under fewestPlaces places, and
// where u does not vary in an arm, there is a reason instead.
func linearSlope(s slopeSample) (slopeResult, estimate.Reason) {
	n := len(s.y)
	out := slopeResult{influence: make([]float64, n)}
	places := map[int32]bool{}
	for i, w := range s.weight {
		if w > 0 {
			places[s.place[i]] = true
		}
	}
	if out.places = len(places); out.places < fewestPlaces {
		return out, estimate.NotDefined
	}
	a, ok := armWeights(s)
	if !ok {
		return out, estimate.NotDefined
	}
	comparison := make([]float64, n)
	for i, t := range s.treated {
		if !t {
			comparison[i] = s.base[i]
		}
	}
	design, err := regression.NewNormal(append([][]float64{s.u}, s.x...), n, comparison, regression.Options{Workers: 1})
	if err != nil {
		return out, estimate.Singular
	}
	m, err := design.Fit(s.y)
	if err != nil {
		return out, estimate.Singular
	}
	// r, and what a step of γ does to the slope.
	r := make([]float64, n)
	copy(r, s.y)
	step := make([]float64, 1+len(s.x))
	for j, x := range s.x {
		for i, v := range x {
			r[i] -= m.Coef[2+j] * v
			step[1+j] -= a[i] * v
		}
	}
	for i, v := range a {
		out.slope += v * r[i]
	}
	e := armResiduals(s, r, a)
	onGamma := design.Combination(step)
	for i := range n {
		out.influence[i] = a[i]*e[i] + onGamma[i]*m.Residual[i]
	}
	out.errors(s)
	if !(out.stdError > 0) {
		return out, estimate.ConstantOutcome
	}
	return out, ""
}

// armWeights are a, with the sign of the arm; not ok where u is constant in one.
func armWeights(s slopeSample) (a []float64, ok bool) {
	a = make([]float64, len(s.y))
	for _, arm := range []bool{true, false} {
		var sum, mean, squares float64
		for i, w := range s.weight {
			if s.treated[i] == arm && w > 0 {
				sum += w
				mean += w * s.u[i]
			}
		}
		mean /= sum
		for i, w := range s.weight {
			if s.treated[i] == arm && w > 0 {
				squares += w * (s.u[i] - mean) * (s.u[i] - mean)
			}
		}
		if !(squares > 1e-18*sum*(1+mean*mean)) {
			return nil, false
		}
		sign := -1.
		if arm {
			sign = 1
		}
		for i, w := range s.weight {
			if s.treated[i] == arm && w > 0 {
				a[i] = sign * w * (s.u[i] - mean) / squares
			}
		}
	}
	return a, true
}

// armResiduals are those of r on (1, u) within each arm, by the weights of the method.
func armResiduals(s slopeSample, r, a []float64) []float64 {
	e := make([]float64, len(r))
	for _, arm := range []bool{true, false} {
		var sum, meanU, meanR, slope float64
		for i, w := range s.weight {
			if s.treated[i] == arm && w > 0 {
				sum += w
				meanU += w * s.u[i]
				meanR += w * r[i]
				slope += a[i] * r[i]
			}
		}
		if !arm {
			slope = -slope
		}
		meanU, meanR = meanU/sum, meanR/sum
		for i, w := range s.weight {
			if s.treated[i] == arm && w > 0 {
				e[i] = r[i] - meanR - slope*(s.u[i]-meanU)
			}
		}
	}
	return e
}

// errors sums the influence.
func (out *slopeResult) errors(s slopeSample) {
	type both struct{ person, place int32 }
	person, place, pair := map[int32]float64{}, map[int32]float64{}, map[both]float64{}
	var persons, placesOf []int32
	var pairs []both
	for i, v := range out.influence {
		if v == 0 {
			continue
		}
		p, q := s.person[i], s.place[i]
		if _, ok := person[p]; !ok {
			persons = append(persons, p)
		}
		if _, ok := place[q]; !ok {
			placesOf = append(placesOf, q)
		}
		if _, ok := pair[both{p, q}]; !ok {
			pairs = append(pairs, both{p, q})
		}
		person[p] += v
		place[q] += v
		pair[both{p, q}] += v
	}
	var vPerson, vPlace, vPair float64
	for _, k := range persons {
		vPerson += person[k] * person[k]
	}
	for _, k := range placesOf {
		vPlace += place[k] * place[k]
	}
	for _, k := range pairs {
		vPair += pair[k] * pair[k]
	}
	g := float64(out.places)
	out.byPerson = math.Sqrt(vPerson)
	out.byPlace = math.Sqrt(max(0, vPerson+vPlace*g/(g-1)-vPair))
	out.stdError = max(out.byPerson, out.byPlace)
}

// interval is the interval and p-value of the slope.
func (out *slopeResult) interval(level float64) (low, high, p float64) {
	e := estimate.Student(out.slope, out.stdError, level, float64(out.places-1))
	return e.ConfLow, e.ConfHigh, e.PValue
}
