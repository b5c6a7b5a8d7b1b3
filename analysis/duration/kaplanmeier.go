package duration

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// KaplanMeier is the survival curve of all rows together: the share that has not ended by t,
//
//	S(t) = Π_{u ≤ t} (1 − d(u)/n(u)),   Greenwood: var log S(t) = Σ_{u ≤ t} d/(n(n−d)),
//
// with n(u) the weight at risk (start < u ≤ stop) and d(u) the weight that ends at u in any state. It refuses an input
// with groups: use [KaplanMeierByGroup].
//
// Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452.
func KaplanMeier(in Input, opt Options) (*Curve, error) {
	if in.Group != nil {
		return nil, fault.Usagef("has_groups", "the rows have groups; ask for a curve by group, or leave the groups out")
	}
	curves, err := KaplanMeierByGroup(in, opt)
	if err != nil {
		return nil, err
	}
	return curves[0], nil
}

// KaplanMeierByGroup is [KaplanMeier] of each group, in the order of in.Groups. A group without rows has a curve
// without times.
func KaplanMeierByGroup(in Input, opt Options) ([]*Curve, error) {
	if opt.Variance == GrayTies {
		return nil, fault.Usagef("bad_variance", "the variance gray is for cumulative incidence; a survival curve has greenwood or jackknife")
	}
	p, err := prepare(in, opt)
	if err != nil {
		return nil, err
	}
	curves := make([]*Curve, len(p.tables))
	for k := range curves {
		curves[k] = p.kaplanMeier(k)
	}
	return curves, nil
}

// prepared is an input that has been checked and counted.
type prepared struct {
	in       *Input
	opt      Options
	level    float64
	z        float64
	variance Variance
	grid     *grid
	tables   []*table
}

func prepare(in Input, opt Options) (*prepared, error) {
	level, err := opt.level()
	if err != nil {
		return nil, err
	}
	facts, err := in.check(opt.Workers)
	if err != nil {
		return nil, err
	}
	if opt.From > 0 {
		if in = in.from(opt.From); len(in.Time) == 0 {
			return nil, fault.Dataf("no_rows", "", "time", "no row lasts until %v", opt.From)
		}
		facts.minT = math.Max(facts.minT, opt.From)
	}
	p := &prepared{in: &in, opt: opt, level: level, z: estimate.Quantile(level), variance: opt.variance(&in, facts)}
	if p.grid, err = newGrid(&in, facts, in.groups()); err != nil {
		return nil, err
	}
	p.tables = tables(p.grid, opt.Workers, in.groups(), in.groupOf)
	return p, nil
}

// from is the input without the rows that end before t.
func (in *Input) from(t float64) Input {
	out := *in
	out.Time, out.Event, out.Start, out.Weight, out.Group, out.Cluster = nil, nil, nil, nil, nil, nil
	for i, stop := range in.Time {
		if stop < t {
			continue
		}
		out.Time, out.Event = append(out.Time, stop), append(out.Event, in.Event[i])
		if in.Start != nil {
			out.Start = append(out.Start, in.Start[i])
		}
		if in.Weight != nil {
			out.Weight = append(out.Weight, in.Weight[i])
		}
		if in.Group != nil {
			out.Group = append(out.Group, in.Group[i])
		}
		if in.Cluster != nil {
			out.Cluster = append(out.Cluster, in.Cluster[i])
		}
	}
	return out
}

// newCurve is a curve of group k without figures, with places for the times at which rows end.
func (p *prepared) newCurve(k int, state string) *Curve {
	t := p.tables[k]
	n := 0
	for _, e := range t.ends {
		if e > 0 {
			n++
		}
	}
	c := &Curve{
		Group: p.in.groupName(k), State: state, Rows: t.rows, Level: p.level, Interval: p.opt.Interval, Variance: p.variance,
		Time: make([]float64, 0, n), NRisk: make([]float64, 0, n), NEvent: make([]float64, 0, n), NCensor: make([]float64, 0, n),
		Estimate: make([]float64, 0, n), StdError: make([]float64, 0, n), ConfLow: make([]float64, 0, n), ConfHigh: make([]float64, 0, n),
		from: p.opt.From, table: t,
	}
	return c
}

func (p *prepared) kaplanMeier(k int) *Curve {
	t := p.tables[k]
	c := p.newCurve(k, "")
	c.initial = 1
	c.Events = t.rows - t.ended[0]
	var robust, robustHazard []float64
	if p.variance == Jackknife {
		j := p.newJackknife(k)
		robust, robustHazard = j.logSurvival(), j.hazard(p.opt.Hazard)
	}
	survival, greenwood, hazard, hazardVariance := 1., 0., 0., 0.
	for j := range t.time {
		n, d := t.risk[j], t.anyExit[j]
		if t.exits[j] > 0 {
			h, v := p.opt.Hazard.step(n, d, t.exits[j])
			hazard += h
			hazardVariance += v
			if t.exits[j] == t.atRisk[j] {
				survival, greenwood = 0, math.Inf(1)
			} else {
				survival *= (n - d) / n
				greenwood += d / (n * (n - d))
			}
		}
		if t.ends[j] == 0 {
			continue
		}
		varHazard, varLog := hazardVariance, greenwood
		if robust != nil {
			varHazard, varLog = robustHazard[j], robust[j]
		}
		s := survival
		if p.opt.Survival == ExponentialHazard {
			s, varLog = math.Exp(-hazard), varHazard
		}
		c.Time = append(c.Time, t.time[j])
		c.NRisk, c.NEvent, c.NCensor = append(c.NRisk, n), append(c.NEvent, d), append(c.NCensor, t.event[0][j])
		c.Estimate = append(c.Estimate, s)
		se := math.Sqrt(varLog)
		c.StdError = append(c.StdError, s*se) // 0·∞ is NaN
		low, high := p.opt.Interval.limits(s, se, p.z)
		c.ConfLow, c.ConfHigh = append(c.ConfLow, low), append(c.ConfHigh, high)
		c.CumHazard, c.CumHazardStdError = append(c.CumHazard, hazard), append(c.CumHazardStdError, math.Sqrt(varHazard))
	}
	if p.opt.Survival == ProductLimit {
		c.restricted = p.area(k, func(tau float64) [][]float64 { return p.survivalArea(k, tau) })
	}
	return c
}

// step is the hazard where weight d of n ends in the given number of rows, and its variance.
func (h Hazard) step(n, d float64, rows int64) (value, variance float64) {
	if h == NelsonAalenHazard {
		return d / n, d / (n * n)
	}
	mean := d / float64(rows)
	for l := range rows {
		at := n - float64(l)*mean
		value += mean / at
		variance += mean / (at * at)
	}
	return value, variance
}

// NelsonAalen is the cumulative hazard of each group as a curve of its own: Λ(t) = Σ_{u ≤ t} d(u)/n(u) with variance
// Σ d/n² (or as Options.Hazard says). Limits are Λ exp(±z se/Λ) for the interval log, Λ ± z se for plain, cut at 0;
// other intervals are refused. Curve.State is "hazard".
//
// Aalen (1978), doi:10.1214/aos/1176344247.
func NelsonAalen(in Input, opt Options) ([]*Curve, error) {
	if opt.Interval != LogInterval && opt.Interval != PlainInterval {
		return nil, fault.Usagef("bad_interval", "a cumulative hazard has the interval log or plain, not %s", opt.Interval)
	}
	curves, err := KaplanMeierByGroup(in, opt)
	if err != nil {
		return nil, err
	}
	for _, c := range curves {
		z := estimate.Quantile(c.Level)
		c.State, c.initial, c.restricted = "hazard", 0, nil
		c.Estimate, c.StdError = c.CumHazard, c.CumHazardStdError
		for j, v := range c.Estimate {
			se := c.StdError[j]
			switch {
			case se == 0:
				c.ConfLow[j], c.ConfHigh[j] = v, v
			case opt.Interval == LogInterval:
				c.ConfLow[j], c.ConfHigh[j] = v*math.Exp(-z*se/v), v*math.Exp(z*se/v)
			default:
				c.ConfLow[j], c.ConfHigh[j] = max(0, v-z*se), v+z*se
			}
		}
	}
	return curves, nil
}
