package did

import "tiltakseffekt/analysis/estimate"

// cell is one (g,t): the change of the outcome from times[base] to times[time] of cohort g against its controls.
type cell struct {
	g          int // cohort
	time, base int // indices of periods
	// Controls are the cohorts h ≥ low, h ≠ g; cohorts are in order of their starts, Never last.
	low       int
	reference bool // the base cell of a universal base
}

// early is the period whose covariates and weights the cell uses.
func (c *cell) early() int { return min(c.time, c.base) }

// cellsOf lists the cells by cohort and period, as Callaway and Sant'Anna (2021) define them. For cohort g with base
// b(g), the last period t with t + δ < g:
//
//	t ≥ g            change from b(g) to t
//	t < g, universal change from b(g) to t; 0 at t = b(g)
//	t < g, varying   change from the period before t to t (from the second period on)
//
// Controls: the never treated; or those whose start is after max(t, base) + δ (not yet treated); or those whose start is
// after g, whatever they do later (later start), of whom the risk set takes those at risk before g.
func cellsOf(f *frame, o *Options) []cell {
	var cells []cell
	for g := range f.control {
		start := f.cohorts[g]
		b := -1
		for t, v := range f.times {
			if v+o.Anticipation < start {
				b = t
			}
		}
		if b < 0 {
			continue // layout has set these aside
		}
		for t := range f.times {
			base := b
			if o.Base == Varying && f.times[t] < start {
				if base = t - 1; base < 0 {
					continue
				}
			}
			c := cell{g: g, time: t, base: base, reference: t == base}
			switch o.controls(f) {
			case NeverTreated:
				c.low = f.control
			case NotYetTreated:
				limit := f.times[max(t, base)] + o.Anticipation
				for c.low = 0; c.low < len(f.cohorts) && f.cohorts[c.low] <= limit; c.low++ {
				}
			case LaterStart, RiskSet:
				c.low = g + 1
			}
			cells = append(cells, c)
		}
	}
	return cells
}

// controls resolves Auto.
func (o *Options) controls(f *frame) Controls {
	if o.Controls != Auto {
		return o.Controls
	}
	if f.never {
		return NeverTreated
	}
	return NotYetTreated
}

// Cell is an estimated ATT(g,t).
type Cell struct {
	Group     int64 // start of the cohort
	Time      int64
	EventTime int64 // Time − Group
	estimate.Estimate
	DF          float64 // of t, where clusters are few; 0: normal
	NTreated    int     // units of the cohort with weight
	NComparison int
	ESS         float64 // effective number of controls after weighting
	MaxP        float64 // largest propensity, NaN without one
	// BandLow and BandHigh hold jointly for all cells with the level of the options; NaN where pointwise only, and where there
	// are more cells than mostBandCells.
	BandLow, BandHigh float64
	Trimmed           int // controls with a propensity of 0.995 or more, weight 0
}
