package did

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
)

// Never is the start of a unit that is never treated.
const Never int64 = math.MaxInt64

// Panel is outcomes of N units in T periods, by column: Outcome[t][i] belongs to Times[t] and unit i. The package reads
// it and never changes it.
type Panel struct {
	Times   []int64     // T distinct periods, ascending
	Start   []int64     // N first treated periods, Never where there is none
	Outcome [][]float64 // T columns of N; NaN is not observed

	// Binary holds outcomes that are 0 or 1 and complete as bits, in place of Outcome (see Long.Compact). What needs numbers
	// makes them for itself.
	Binary *Bits

	// Covariates are K covariates without a constant, each with one column of N (fixed) or T columns (by period). A cell
	// uses the values of the earlier of its two periods.
	Covariates [][][]float64

	// Weights are sampling weights: nil, one column of N (fixed) or T columns. They are scaled to mean 1 over the
	// units of a cell; negative and missing weights are refused.
	Weights [][]float64

	// RowClusters are dimensions that change within a unit, such as the period: T columns of N each. Regress takes them
	// beside Clusters; the others refuse them.
	RowClusters [][][]int32

	// AtRisk tells who could start in the period that follows, T columns of N; RiskSet needs it. With LaterStart it limits the
	// comparison in the same way where it is given.
	AtRisk [][]bool

	// Clusters are the dimensions in which units depend on each other, each with a number from 0 by unit; none means that
	// each unit stands alone. With several dimensions the variance is that of Cameron, Gelbach and Miller (2011).
	Clusters [][]int32

	// Units are numbers from 0 that name the units across panels which share some of them, such as those of overlapping target
	// groups: Compare then knows that a unit of one is a unit of the other. nil: no unit stands in another panel.
	Units []int32
}

// Dropped is how many units were set aside and why.
type Dropped struct {
	Reason string // already_treated, incomplete, missing_start
	Units  int
}

func (p *Panel) check() error {
	n, T := len(p.Start), len(p.Times)
	switch {
	case n == 0:
		return fault.Dataf("too_few_periods", "", "", "no unit of the panel is left to compare: each of them lacks a period or a start")
	case T < 2:
		return fault.Dataf("too_few_periods", "", "", "the panel has one period, and a difference needs two or more: give the months before the start too")
	}
	for t := 1; t < T; t++ {
		if p.Times[t] <= p.Times[t-1] {
			panic("did: Times are not ascending")
		}
	}
	columns := func(what string, c [][]float64, single bool) {
		if len(c) != T && !(single && len(c) == 1) {
			panic(fmt.Sprintf("did: %s has %d columns for %d periods", what, len(c), T))
		}
		for _, v := range c {
			if len(v) != n {
				panic(fmt.Sprintf("did: a column of %s has %d values for %d units", what, len(v), n))
			}
		}
	}
	if p.Binary == nil {
		columns("Outcome", p.Outcome, false)
	} else if len(p.Binary.Start) != n || len(p.Binary.Times) != T || p.Outcome != nil {
		panic(fmt.Sprintf("did: bits of %d units and %d periods in a panel of %d and %d", len(p.Binary.Start), len(p.Binary.Times), n, T))
	}
	for _, x := range p.Covariates {
		columns("a covariate", x, true)
	}
	if p.Weights != nil {
		columns("Weights", p.Weights, true)
		for _, c := range p.Weights {
			for i, w := range c {
				if w < 0 || math.IsInf(w, 0) {
					return fault.Dataf("bad_weight", "", "", "weight %g of unit %d is negative or infinite: weights are 0 or more", w, i+1)
				}
			}
		}
	}
	for _, c := range p.RowClusters {
		if len(c) != T {
			panic(fmt.Sprintf("did: a dimension of RowClusters has %d columns for %d periods", len(c), T))
		}
	}
	if p.AtRisk != nil && len(p.AtRisk) != T {
		panic(fmt.Sprintf("did: AtRisk has %d columns for %d periods", len(p.AtRisk), T))
	}
	if p.Units != nil && len(p.Units) != n {
		panic(fmt.Sprintf("did: %d names for %d units", len(p.Units), n))
	}
	for _, c := range p.Clusters {
		if len(c) != n {
			panic(fmt.Sprintf("did: %d clusters for %d units", len(c), n))
		}
		for _, v := range c {
			if v < 0 {
				panic("did: negative cluster number")
			}
		}
	}
	return nil
}

// frame is a panel made ready: units sorted by cohort, set-aside units gone, weights scaled to mean 1.
type frame struct {
	times    []int64
	n        int
	cohorts  []int64 // starts in ascending order; Never last where somebody is
	from     []int   // cohort h holds sorted units from[h] … from[h+1]−1
	cohort   []int32 // by sorted unit
	unit     []int32 // sorted unit → unit of the panel
	y        [][]float64
	x        [][][]float64
	w        [][]float64 // nil, or one or T columns
	cluster  [][]int32
	clusters []int     // number of clusters a dimension
	control  int       // cohorts from this index on serve as controls only (the last cohort where nobody is never treated)
	never    bool      // the control-only cohorts count as never treated
	share    []float64 // weighted share of each cohort among all units (weights of the first period)
	position []int     // cohort as given → cohort here, −1 where set aside
	member   [][]bool  // by cohort and sorted unit: at risk before the start; nil: all
	gaps     bool      // some outcomes are missing (unbalanced)
	dropped  []Dropped
	warnings []fault.Warning
}

func (f *frame) size(h int) int { return f.from[h+1] - f.from[h] }

// weight is the column of weights of period t, nil where all weights are 1.
func (f *frame) weight(t int) []float64 {
	switch len(f.w) {
	case 0:
		return nil
	case 1:
		return f.w[0]
	}
	return f.w[t]
}

func (f *frame) covariate(k, t int) []float64 {
	if len(f.x[k]) == 1 {
		return f.x[k][0]
	}
	return f.x[k][t]
}

// layout decides which units belong to which cohort; keep tells per unit whether it has the data it needs.
func layout(times, start []int64, keep []bool, o *Options) (*frame, error) {
	cohorts, order, from := byCohort(start, keep)
	counts := make([]int, len(cohorts))
	for h := range cohorts {
		counts[h] = from[h+1] - from[h]
	}
	f, err := layoutCohorts(times, cohorts, counts, o)
	if err != nil {
		return nil, err
	}
	if incomplete := len(start) - len(order); incomplete > 0 {
		f.dropped = append(f.dropped, Dropped{"incomplete", incomplete})
	}
	f.from = []int{0}
	for h := range cohorts {
		if f.position[h] < 0 {
			continue
		}
		f.unit = append(f.unit, order[from[h]:from[h+1]]...)
		f.from = append(f.from, len(f.unit))
	}
	f.n = len(f.unit)
	f.cohort = make([]int32, f.n)
	for h := range f.cohorts {
		for i := f.from[h]; i < f.from[h+1]; i++ {
			f.cohort[i] = int32(h)
		}
	}
	return f, nil
}

// layoutCohorts decides what each cohort is for and which periods remain; both engines share it. position of a cohort is
// its place in the frame, −1 where it is set aside.
//
// Rules (Callaway and Sant'Anna 2021, as R's did 2.5 applies them): a start after the last period plus the
// anticipation is never; units that start at or before the first period plus the anticipation have no base and are set
// aside; where nobody is never treated the periods from (last start − anticipation) on are left out, and the last cohort
// serves as control: as if never treated under NeverTreated, as not yet treated otherwise. Under LaterStart and RiskSet,
// where members stay controls after their own start, all periods remain.
func layoutCohorts(times, cohorts []int64, counts []int, o *Options) (*frame, error) {
	f := &frame{times: times, position: make([]int, len(cohorts))}
	delta := o.Anticipation
	last := times[len(times)-1]
	already := 0
	for h, g := range cohorts {
		f.position[h] = -1
		switch {
		case g == Never || g > last+delta:
			g = Never
		case g <= times[0]+delta:
			already += counts[h]
			continue
		}
		f.position[h] = len(f.cohorts)
		f.cohorts = append(f.cohorts, g)
	}
	if already > 0 {
		f.dropped = append(f.dropped, Dropped{"already_treated", already})
		f.warnings = append(f.warnings, fault.Warnf("already_treated", "%d units start at or before %d, the first period plus the anticipation: they have no base and are set aside", already, times[0]+delta))
	}
	G := len(f.cohorts)
	for f.control = 0; f.control < G && f.cohorts[f.control] != Never; f.control++ {
	}
	if f.control == 0 {
		if delta > 0 {
			return nil, fault.Dataf("no_treated", "", "", "no unit starts after the first period and the %d periods of anticipation: there is nobody to estimate an effect for; give earlier periods or a shorter anticipation", delta)
		}
		return nil, fault.Dataf("no_treated", "", "", "no unit starts after the first period: there is nobody to estimate an effect for")
	}
	if f.never = f.control < G; f.never {
		return f, nil
	}
	f.control = G - 1
	g, cut := f.cohorts[G-1], 0
	for cut < len(times) && (times[cut] < g-delta || o.Controls == LaterStart || o.Controls == RiskSet) {
		cut++
	}
	f.times = times[:cut]
	if G == 1 || cut < 2 {
		return nil, fault.Dataf("no_comparison", "", "", "nobody is untreated beside the units that start in %d: there is nobody to compare with", g)
	}
	as := "control only"
	if o.Controls == NeverTreated {
		f.never = true
		as = "the never treated"
	}
	if cut < len(times) {
		as += fmt.Sprintf(", and periods from %d on are left out", times[cut])
	}
	f.warnings = append(f.warnings, fault.Warnf("no_never_treated", "nobody is never treated: the last cohort (%d) serves as %s", g, as))
	return f, nil
}

// prepare makes the frame of a panel with its data in sorted order.
func prepare(p *Panel, o *Options) (*frame, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	p = p.expanded()
	n := len(p.Start)
	keep := make([]bool, n)
	for i := range keep {
		keep[i] = true
	}
	mark := func(c []float64) {
		for i, v := range c {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				keep[i] = false
			}
		}
	}
	// A value by period may be missing with its row in an unbalanced panel: the cells that need it do without the unit.
	for _, x := range p.Covariates {
		for _, c := range x {
			if len(x) == 1 || o.Unbalanced == Balanced {
				mark(c)
			}
		}
	}
	for _, c := range p.Weights {
		if len(p.Weights) == 1 || o.Unbalanced == Balanced {
			mark(c)
		}
	}
	if o.Unbalanced == Balanced {
		for _, c := range p.Outcome {
			mark(c)
		}
	} else { // at least one observed outcome
		for i := range keep {
			seen := false
			for _, c := range p.Outcome {
				if !math.IsNaN(c[i]) {
					seen = true
					break
				}
			}
			keep[i] = keep[i] && seen
		}
	}
	f, err := layout(p.Times, p.Start, keep, o)
	if err != nil {
		return nil, err
	}
	T := len(f.times)
	gather := func(c []float64) []float64 {
		d := make([]float64, f.n)
		for s, i := range f.unit {
			d[s] = c[i]
		}
		return d
	}
	f.y = make([][]float64, T)
	for t := range f.y {
		f.y[t] = gather(p.Outcome[t])
		if o.Unbalanced != Balanced && !f.gaps {
			f.gaps = slices.ContainsFunc(f.y[t], math.IsNaN)
		}
	}
	f.x = make([][][]float64, len(p.Covariates))
	for k, x := range p.Covariates {
		f.x[k] = make([][]float64, min(len(x), T))
		for t := range f.x[k] {
			f.x[k][t] = gather(x[t])
			f.gaps = f.gaps || o.Unbalanced != Balanced && slices.ContainsFunc(f.x[k][t], math.IsNaN)
		}
	}
	if p.Weights != nil {
		f.w = make([][]float64, min(len(p.Weights), T))
		for t := range f.w {
			f.w[t] = gather(p.Weights[t])
			f.fillWeights(p, t)
			sum := 0.
			for _, w := range f.w[t] {
				sum += w
			}
			if !(sum > 0) {
				return nil, fault.Dataf("bad_weight", "", "", "the weights of period %d sum to 0", f.times[t])
			}
			for i := range f.w[t] {
				f.w[t][i] *= float64(f.n) / sum
			}
		}
	}
	for _, c := range p.Clusters {
		f.addCluster(c)
	}
	if p.AtRisk != nil && (o.Controls == LaterStart || o.Controls == RiskSet) {
		f.membership(p)
	}
	f.share = f.shares()
	return f, nil
}

// membership notes who was at risk in the last period before each start.
func (f *frame) membership(p *Panel) {
	f.member = make([][]bool, f.control)
	outside := 0
	for h := range f.member {
		last := 0
		for t, v := range f.times {
			if v < f.cohorts[h] {
				last = t
			}
		}
		f.member[h] = make([]bool, f.n)
		for s, i := range f.unit {
			f.member[h][s] = p.AtRisk[last][i]
			if f.cohort[s] == int32(h) && !f.member[h][s] {
				outside++
			}
		}
	}
	if outside > 0 {
		f.warnings = append(f.warnings, fault.Warnf("not_at_risk", "%d units were not at risk in the period before their start and are left out of their group's effect", outside))
	}
}

// isMember tells whether sorted unit i takes part in the cells of cohort g.
func (f *frame) isMember(g, i int) bool { return f.member == nil || f.member[g][i] }

// fillWeights gives a unit without a row in a period the mean of its weights: it counts in the shares of the cohorts.
func (f *frame) fillWeights(p *Panel, t int) {
	for s, i := range f.unit {
		if !math.IsNaN(f.w[t][s]) {
			continue
		}
		sum, n := 0., 0.
		for _, c := range p.Weights {
			if !math.IsNaN(c[i]) {
				sum += c[i]
				n++
			}
		}
		f.w[t][s] = 0
		if n > 0 {
			f.w[t][s] = sum / n
		}
	}
}

// addCluster takes one dimension over in sorted order, renumbered from 0 in order of first appearance.
func (f *frame) addCluster(c []int32) {
	d := make([]int32, f.n)
	number := map[int32]int32{}
	for s, i := range f.unit {
		k, ok := number[c[i]]
		if !ok {
			k = int32(len(number))
			number[c[i]] = k
		}
		d[s] = k
	}
	f.cluster = append(f.cluster, d)
	f.clusters = append(f.clusters, len(number))
}

// shares are p_g, the weighted share of each cohort among all units (weights of the first period, mean 1).
func (f *frame) shares() []float64 {
	p := make([]float64, len(f.cohorts))
	w := f.weight(0)
	for h := range p {
		for i := f.from[h]; i < f.from[h+1]; i++ {
			switch {
			case h < f.control && !f.isMember(h, i): // no part of its own cohort's effect
			case w == nil:
				p[h]++
			default:
				p[h] += w[i]
			}
		}
		p[h] /= float64(f.n)
	}
	return p
}
