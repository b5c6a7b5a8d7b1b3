package did

import (
	"slices"

	"tiltakseffekt/analysis/estimate"
)

// Aggregation is a kind of average of group-time effects.
type Aggregation string

// The aggregations of Callaway and Sant'Anna (2021), section 3.
const (
	Simple         Aggregation = "simple"     // all post-treatment cells, by the size of their cohorts
	Dynamic        Aggregation = "dynamic"    // by time since the start; overall: the plain mean over event times ≥ 0
	Group          Aggregation = "group"      // by cohort, the plain mean over its periods; overall by the size of the cohorts
	Calendar       Aggregation = "calendar"   // by period; overall: the plain mean over periods
	GroupTimeCells Aggregation = "group_time" // no average: the cells themselves, a key of Result.CriticalOf
	Window         Aggregation = "window"     // the plain mean over the event times of a window (Options.Windows), such as lock-in and after
)

// Aggregate is one average. The key is the event time, the start, the period or the first event time of a window; Overall
// ones have none.
type Aggregate struct {
	Type    Aggregation
	Overall bool
	Key     int64
	To      int64 // Window: the last event time
	estimate.Estimate
	DF float64 // of t, where clusters are few; 0: normal
	// BandLow and BandHigh hold jointly for all keys of the type with the level of the options; NaN where pointwise only,
	// and for overall figures.
	BandLow, BandHigh float64
}

// plan is a column with its place in the result.
type plan struct {
	kind    Aggregation
	overall bool
	key     int64
	to      int64
	column
}

// planner builds the columns of all aggregations from the estimated cells.
type planner struct {
	f      *frame
	o      *Options
	cells  []cell
	fitted []fitted
	share  []float64
	plans  []plan
}

// plansOf lists the aggregations. Cells without an estimate are left out; base cells count as 0.
func plansOf(f *frame, o *Options, cells []cell, fit []fitted) []plan {
	p := &planner{f: f, o: o, cells: cells, fitted: fit, share: f.share}
	var post []int
	events := map[int64][]int{}
	groups := map[int64][]int{}
	periods := map[int64][]int{}
	for i := range cells {
		c := &cells[i]
		if fit[i].reason != "" && fit[i].reason != estimate.BasePeriod {
			continue
		}
		g, t := f.cohorts[c.g], f.times[c.time]
		if e := t - g; p.inWindow(g, e) {
			events[e] = append(events[e], i)
		}
		if t >= g {
			post = append(post, i)
			groups[g] = append(groups[g], i)
			periods[t] = append(periods[t], i)
		}
	}
	if len(post) == 0 {
		return nil
	}
	p.add(Simple, true, 0, p.byShare(post))

	var after [][]int
	for _, e := range sorted(events) {
		if e >= 0 {
			after = append(after, events[e])
		}
	}
	if len(after) > 0 {
		p.add(Dynamic, true, 0, p.mean(after))
	}
	for _, e := range sorted(events) {
		p.add(Dynamic, false, e, p.byShare(events[e]))
	}

	for _, w := range o.Windows {
		var inside [][]int
		for _, e := range sorted(events) {
			if e >= w[0] && e <= w[1] {
				inside = append(inside, events[e])
			}
		}
		if len(inside) > 0 {
			p.add(Window, false, w[0], p.mean(inside))
			p.plans[len(p.plans)-1].to = w[1]
		}
	}

	// Overall group: Σ p_g·θ_g / Σ p_g with θ_g the plain mean of a cohort; the shares are estimated, the means are not
	// weighted by them.
	var all column
	total, overall := 0., 0.
	theta := map[int64]float64{}
	for _, g := range sorted(groups) {
		h := cells[groups[g][0]].g
		for _, i := range groups[g] {
			theta[g] += fit[i].att / float64(len(groups[g]))
		}
		total += p.share[h]
		overall += p.share[h] * theta[g]
	}
	overall /= total
	all.share = make([]float64, len(f.cohorts))
	for _, g := range sorted(groups) {
		h := cells[groups[g][0]].g
		for _, i := range groups[g] {
			all.cells = append(all.cells, i)
			all.weight = append(all.weight, p.share[h]/total/float64(len(groups[g])))
		}
		all.share[h] = (theta[g] - overall) / total / float64(f.n)
	}
	p.add(Group, true, 0, all)
	for _, g := range sorted(groups) {
		c := column{cells: groups[g]}
		for range c.cells {
			c.weight = append(c.weight, 1/float64(len(c.cells)))
		}
		p.add(Group, false, g, c)
	}

	var each [][]int
	for _, t := range sorted(periods) {
		each = append(each, periods[t])
	}
	p.add(Calendar, true, 0, p.mean(each))
	for _, t := range sorted(periods) {
		p.add(Calendar, false, t, p.byShare(periods[t]))
	}
	return p.plans
}

func sorted(m map[int64][]int) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// inWindow tells whether event time e of cohort g takes part in the dynamic aggregation: with BalanceE only cohorts that
// are observed that long after their start, and event times from BalanceE − last + first period to BalanceE.
func (p *planner) inWindow(g, e int64) bool {
	first, last := p.f.times[0], p.f.times[len(p.f.times)-1]
	if b := p.o.BalanceE; b != nil && (last-g < *b || e > *b || e < *b-last+first) {
		return false
	}
	return (p.o.MinE == nil || e >= *p.o.MinE) && (p.o.MaxE == nil || e <= *p.o.MaxE)
}

func (p *planner) add(kind Aggregation, overall bool, key int64, c column) {
	p.plans = append(p.plans, plan{kind, overall, key, 0, c})
}

// byShare is Σ p_g·ATT / Σ p_g over cells. The estimated shares add w·1{G=h}·Σ_{cells of h}(ATT − θ)/(n·Σ p_g) to the
// influence, which is what the weight influence function of Callaway and Sant'Anna's appendix comes to: the terms in p_g
// cancel because Σ p_g·(ATT − θ) = 0.
func (p *planner) byShare(cells []int) column {
	c := column{cells: cells, weight: make([]float64, len(cells)), share: make([]float64, len(p.share))}
	total, theta := 0., 0.
	for _, i := range cells {
		total += p.share[p.cells[i].g]
		theta += p.share[p.cells[i].g] * p.fitted[i].att
	}
	theta /= total
	for j, i := range cells {
		h := p.cells[i].g
		c.weight[j] = p.share[h] / total
		c.share[h] += (p.fitted[i].att - theta) / total / float64(p.f.n)
	}
	return c
}

// mean is the plain mean of columns by share.
func (p *planner) mean(parts [][]int) column {
	c := column{share: make([]float64, len(p.share))}
	m := float64(len(parts))
	for _, cells := range parts {
		one := p.byShare(cells)
		for j, i := range one.cells {
			c.cells = append(c.cells, i)
			c.weight = append(c.weight, one.weight[j]/m)
		}
		for h, v := range one.share {
			c.share[h] += v / m
		}
	}
	return c
}
