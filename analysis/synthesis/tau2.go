package synthesis

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// tau2 is τ² by the method, not under 0, with its standard error where one is given.
func (m *model) tau2(method Method) (tau2, stdError float64) {
	k := float64(len(m.y))
	a := m.at(0)
	mean, spread, v := 0., 0., 0.
	for i, y := range m.y {
		mean += y / k
		v += m.v[i] / k
	}
	for _, y := range m.y {
		spread += (y - mean) * (y - mean)
	}
	switch method {
	case Fixed:
		return 0, math.NaN()
	case DerSimonianLaird:
		return max(0, (a.q-(k-1))/a.trace), math.NaN()
	case Hedges:
		return max(0, spread/(k-1)-v), math.NaN()
	case HunterSchmidt:
		return max(0, (a.q-k)/a.sum), math.NaN()
	case SidikJonkman:
		start := spread / k
		if start == 0 {
			return 0, math.NaN()
		}
		return start * m.at(start).q / (k - 1), math.NaN()
	case PauleMandel:
		return m.generalisedQ(k - 1), math.NaN()
	}
	tau2 = m.likelihood(method)
	if method == ML {
		return tau2, math.Sqrt(2 / m.at(tau2).squares)
	}
	return tau2, math.Sqrt(2 / m.at(tau2).trace2)
}

// likelihood maximises the (restricted) likelihood over τ² ≥ 0. It may have several maxima: the highest of a fine grid is
// followed to where the score crosses 0, by bisection to the last bit.
func (m *model) likelihood(method Method) float64 {
	score := func(tau2 float64) float64 {
		a := m.at(tau2)
		if method == ML {
			return a.qq - a.sum
		}
		return a.qq - a.trace
	}
	spread, least, most := 0., math.Inf(1), 0.
	for i, v := range m.v {
		d := m.y[i] - m.y[0]
		spread += d * d
		least, most = min(least, v), max(most, v)
	}
	high := spread + most
	for score(high) > 0 {
		high *= 2
	}
	const points = 400 // a few per cent apart
	grid := []float64{0}
	low := min(least, high) * 1e-6
	for k := range points + 1 {
		grid = append(grid, low*math.Pow(high/low, float64(k)/points))
	}
	best, top := 0, math.Inf(-1)
	for k, tau2 := range grid {
		if l := m.logLikelihood(method, tau2); l > top {
			best, top = k, l
		}
	}
	low, high = grid[max(0, best-1)], grid[min(best+1, points+1)]
	if score(grid[best]) > 0 {
		low = grid[best]
	} else {
		high = grid[best]
	}
	if score(low) <= 0 { // falls from the start: the maximum is 0
		return low
	}
	for {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			return middle
		}
		if score(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
}

// logLikelihood up to a constant.
func (m *model) logLikelihood(method Method, tau2 float64) float64 {
	a := m.at(tau2)
	l := .5*a.logs - .5*a.q
	if method != ML {
		l -= .5 * math.Log(a.sum)
	}
	return l
}

// generalisedQ is the τ² at which Σ w (y−μ)² is the target, 0 where it is under the target already there: the sum falls
// strictly in τ². By bisection to the last bit.
func (m *model) generalisedQ(target float64) float64 {
	if m.at(0).q <= target {
		return 0
	}
	low, high := 0., 1.
	for _, v := range m.v {
		high = max(high, v)
	}
	for m.at(high).q > target {
		high *= 2
	}
	for {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			return middle
		}
		if m.at(middle).q > target {
			low = middle
		} else {
			high = middle
		}
	}
}

// profile is the Q-profile interval of τ²: the values at which Σ w (y−μ)² is at the upper and lower quantile of χ² with
// k−1 degrees. Each end is 0 where the sum is under its quantile for every τ².
func (m *model) profile(level float64) (low, high float64) {
	chi := distuv.ChiSquared{K: float64(len(m.y) - 1)}
	return m.generalisedQ(chi.Quantile((1 + level) / 2)), m.generalisedQ(chi.Quantile((1 - level) / 2))
}
