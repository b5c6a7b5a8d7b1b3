package duration

import (
	"math"
	"sort"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Options are the choices of a curve; the zero value is a Kaplan–Meier curve with Greenwood's errors and log intervals
// at 95 %, as R's survfit has them.
type Options struct {
	Level    float64  // of the intervals; 0 means 0.95
	Interval Interval // LogInterval by default
	Variance Variance // Auto by default
	Hazard   Hazard   // NelsonAalenHazard by default
	Survival Survival // ProductLimit by default

	// From conditions on not having ended before this time: rows that end before it are left out (as start.time of
	// R's survfit). 0 leaves out none.
	From float64

	Workers int // 0: one a processor. Results do not depend on it
}

// Variance names the standard error of a curve.
type Variance uint8

// The variances.
const (
	Auto      Variance = iota // Jackknife where there are clusters or weights with fractions, otherwise Greenwood
	Greenwood                 // independent rows; a weight counts copies of a row
	Jackknife                 // infinitesimal jackknife: Σ over clusters of the squared influence; weights are sampling weights
	GrayTies                  // cumulative incidence only: as R's cmprsk, with the tie factor 1 − (d−1)/(n−1) for each exit on its own
)

var varianceNames = []string{"auto", "greenwood", "jackknife", "gray"}

// String is the name of the variance.
func (v Variance) String() string { return varianceNames[v] }

// UnmarshalText reads the name of a variance.
func (v *Variance) UnmarshalText(b []byte) error {
	for k, name := range varianceNames {
		if string(b) == name {
			*v = Variance(k)
			return nil
		}
	}
	return fault.Usagef("bad_variance", "a variance is auto, greenwood, jackknife or gray, not `%s`%s", b, fault.Suggest(string(b), varianceNames))
}

// Hazard names the estimate of the cumulative hazard where rows are tied.
type Hazard uint8

// The hazards: d of n at risk end at the same time.
const (
	NelsonAalenHazard       Hazard = iota // d/n, variance d/n²
	FlemingHarringtonHazard               // Σ_{l<d} 1/(n − l·d̄), d̄ the mean weight of those that end; variance of its squares
)

// Survival names how a survival curve is made.
type Survival uint8

// The survival curves.
const (
	ProductLimit      Survival = iota // Kaplan–Meier: Π (1 − d/n)
	ExponentialHazard                 // exp(−Λ), Breslow's or Fleming–Harrington's
)

func (o Options) level() (float64, error) {
	switch {
	case o.Level == 0:
		return .95, nil
	case o.Level > 0 && o.Level < 1:
		return o.Level, nil
	}
	return 0, fault.Usagef("bad_level", "a confidence level lies between 0 and 1, such as 0.95, not %v", o.Level)
}

// variance resolves Auto.
func (o Options) variance(in *Input, f facts) Variance {
	if o.Variance != Auto {
		return o.Variance
	}
	if f.fractions || in.Cluster != nil {
		return Jackknife
	}
	return Greenwood
}

// Curve is an estimated curve of one group: a right-continuous step function that changes at Time. Slices have one
// element a time at which rows ended, ascending.
type Curve struct {
	Group  string
	State  string // "" for survival (not ended so far); otherwise the state whose cumulative incidence this is
	Rows   int    // rows of the group with weight over 0
	Events int    // of them, rows that end in the state; for survival in any state but censoring

	Level    float64
	Interval Interval
	Variance Variance // never Auto

	Time     []float64
	NRisk    []float64 // Σ weights at risk, start < t ≤ stop
	NEvent   []float64 // Σ weights that end in the state
	NCensor  []float64 // Σ weights censored
	Estimate []float64
	StdError []float64 // of Estimate; NaN where survival is 0, whose error nobody knows
	ConfLow  []float64
	ConfHigh []float64

	CumHazard         []float64 // survival only: Nelson–Aalen or Fleming–Harrington
	CumHazardStdError []float64

	initial float64 // value before the first time: 1 for survival, 0 otherwise
	from    float64
	table   *table
	// restricted gives the variance of the area under the curve up to tau, of this curve's kind, and what each cluster adds
	// to the area where there are clusters.
	restricted func(tau float64) (variance float64, influence []float64)
}

// Point is a curve at one time.
type Point struct {
	Time, NRisk, NEvent, NCensor          float64 // NEvent, NCensor: since the previous point of At
	Estimate, StdError, ConfLow, ConfHigh float64
	Reason                                estimate.Reason
}

// End is the last time at which anybody was at risk.
func (c *Curve) End() float64 {
	if len(c.Time) == 0 {
		return math.NaN()
	}
	return c.Time[len(c.Time)-1]
}

// known tells whether the curve is known at t: within the follow-up, or after nobody is left.
func (c *Curve) known(t float64) bool {
	n := len(c.table.time)
	return n > 0 && (t <= c.End() || c.table.exits[c.last()] == c.table.atRisk[c.last()])
}

// last is the last number of the table at which rows end.
func (c *Curve) last() int {
	k := len(c.table.time) - 1
	for k > 0 && c.table.ends[k] == 0 {
		k--
	}
	return k
}

// At is the curve at the given times, ascending. After the end of follow-up, unless everybody has ended by then, the
// point is missing with reason no_follow_up: the curve is not known there. NRisk is exact at any time; NEvent and
// NCensor count since the previous point.
func (c *Curve) At(times []float64) []Point {
	out := make([]Point, len(times))
	from := 0
	for i, t := range times {
		p := Point{Time: t, NRisk: c.riskAt(t)}
		k := sort.Search(len(c.Time), func(k int) bool { return c.Time[k] > t })
		for j := from; j < k; j++ {
			p.NEvent += c.NEvent[j]
			p.NCensor += c.NCensor[j]
		}
		from = max(from, k)
		switch {
		case !c.known(t):
			p.Estimate, p.StdError, p.ConfLow, p.ConfHigh = math.NaN(), math.NaN(), math.NaN(), math.NaN()
			p.Reason = estimate.NoFollowUp
		case k == 0:
			p.Estimate, p.ConfLow, p.ConfHigh = c.initial, c.initial, c.initial
		default:
			p.Estimate, p.StdError, p.ConfLow, p.ConfHigh = c.Estimate[k-1], c.StdError[k-1], c.ConfLow[k-1], c.ConfHigh[k-1]
		}
		out[i] = p
	}
	return out
}

// riskAt is the weight at risk at t.
func (c *Curve) riskAt(t float64) float64 {
	k := sort.SearchFloat64s(c.table.time, t)
	if k == len(c.table.time) {
		return 0
	}
	return c.table.risk[k]
}

// Quantile is the time by which a share p has ended, with the limits that the limits of the curve give: the first time
// with S(t) ≤ 1 − p; where S is 1 − p exactly (to 1.5e-8), the middle between that time and the next drop. For
// cumulative incidence it is the first time with F(t) ≥ p. NaN where the curve, or a limit, does not get that far.
func (c *Curve) Quantile(p float64) (value, low, high float64) {
	if c.State != "" {
		return c.crossing(c.Estimate, p), c.crossing(c.ConfHigh, p), c.crossing(c.ConfLow, p)
	}
	return c.crossing(c.Estimate, p), c.crossing(c.ConfLow, p), c.crossing(c.ConfHigh, p)
}

func (c *Curve) crossing(y []float64, p float64) float64 {
	remains := func(k int) float64 {
		if c.State != "" {
			return 1 - y[k]
		}
		return y[k]
	}
	target := 1 - p
	const tolerance = tieTolerance
	for k := range y {
		v := remains(k)
		if !(v < target+tolerance) { // also NaN
			continue
		}
		if math.Abs(v-target) < tolerance {
			for j := k + 1; j < len(y); j++ {
				if remains(j) < v-tolerance {
					return (c.Time[k] + c.Time[j]) / 2
				}
			}
		}
		return c.Time[k]
	}
	return math.NaN()
}

// Summary is a curve in a few figures.
type Summary struct {
	Group      string
	N, Events  int
	Median     float64 // NaN where the curve does not reach ½ (reason no_follow_up)
	MedianLow  float64
	MedianHigh float64
	Tau        float64 // NaN: no restricted mean was asked for
	Restricted estimate.Estimate
}

// Summary gives the median and, where tau > 0, the restricted mean up to tau.
func (c *Curve) Summary(tau float64) Summary {
	s := Summary{Group: c.Group, N: c.Rows, Events: c.Events, Tau: math.NaN(), Restricted: estimate.Missing(estimate.NotDefined)}
	s.Median, s.MedianLow, s.MedianHigh = c.Quantile(.5)
	if tau > 0 {
		s.Tau, s.Restricted = tau, c.RestrictedMean(tau)
	}
	return s
}
