package did

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// CrossSections are rows observed in one period each: repeated cross-sections, or the rows of an unbalanced panel.
type CrossSections struct {
	Time       []int64
	Start      []int64 // first treated period of the row's unit, Never where there is none
	Outcome    []float64
	Covariates [][]float64 // K columns by row
	Weights    []float64   // nil: all 1
	Unit       []int32     // rows of one unit depend on each other; nil: each row stands alone
	AtRisk     []bool      // could start in the next period, by row; RiskSet needs it, and Unit
	Clusters   [][]int32   // further dimensions, by row
}

// GroupTimeRows is GroupTime on rows: a cell compares four groups of rows, treated and controls in its period and its base,
// instead of changes of the same units (Sant'Anna and Zhao 2020, section 2.2; DR and Imp are their locally efficient
// estimators). It assumes that the composition of the groups does not change. Influence is summed by unit. Rows with a missing
// value are left out and counted.
//
// A unit is in the risk set of a cohort by its row in the last period before the start; without one it is not.
//
// It keeps the influence of every cell: rows × cohorts × 2 numbers.
func GroupTimeRows(c *CrossSections, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Controls == RiskSet && (c.AtRisk == nil || c.Unit == nil) {
		return nil, fault.Usagef("bad_flag", "`--controls risk-set` needs `--at-risk` and rows that tell their unit: who could start is known from the period before")
	}
	n := len(c.Time)
	for _, v := range append([][]float64{c.Outcome}, c.Covariates...) {
		if len(v) != n {
			panic(fmt.Sprintf("did: a column of %d values for %d rows", len(v), n))
		}
	}
	keep := make([]bool, n)
	var times []int64
	for i := range keep {
		keep[i] = !math.IsNaN(c.Outcome[i])
		for _, x := range c.Covariates {
			keep[i] = keep[i] && !math.IsNaN(x[i])
		}
		if c.Weights != nil {
			if c.Weights[i] < 0 {
				return nil, fault.Dataf("bad_weight", "", "", "weight %g of row %d is negative: weights are 0 or more", c.Weights[i], i+1)
			}
			keep[i] = keep[i] && !math.IsNaN(c.Weights[i])
		}
		if keep[i] {
			times = append(times, c.Time[i])
		}
	}
	times = distinct(times)
	if len(times) < 2 {
		return nil, fault.Dataf("too_few_periods", "", "", "the rows have %d periods: a difference needs two or more", len(times))
	}
	f, err := layout(times, c.Start, keep, &o)
	if err != nil {
		return nil, err
	}
	e := &rowEngine{f: f, o: &o, c: c, period: make([]int, f.n), w: make([]float64, f.n)}
	total := 0.
	late := 0 // rows in periods that are left out
	for s, i := range f.unit {
		t, ok := slices.BinarySearch(f.times, c.Time[i])
		if e.period[s] = t; !ok {
			e.period[s] = -1
			late++
			continue
		}
		e.w[s] = 1
		if c.Weights != nil {
			e.w[s] = c.Weights[i]
		}
		total += e.w[s]
	}
	e.live = f.n - late
	e.unit()
	if c.AtRisk != nil && (o.Controls == LaterStart || o.Controls == RiskSet) {
		if err := e.membership(); err != nil {
			return nil, err
		}
	}
	// Shares: of rows, or of units with the mean weight of their rows.
	f.share = make([]float64, len(f.cohorts))
	e.shareWeight = make([]float64, e.units)
	rows := make([]float64, e.units)
	sum := 0.
	for s := range f.unit {
		if e.period[s] >= 0 {
			e.shareWeight[e.of[s]] += e.w[s]
			rows[e.of[s]]++
		}
	}
	for u := range rows {
		e.shareWeight[u] /= rows[u]
		sum += e.shareWeight[u]
	}
	for u := range rows {
		e.shareWeight[u] *= float64(e.units) / sum
		if h := e.cohort[u]; h >= f.control || e.isMember(h, u) {
			f.share[h] += e.shareWeight[u] / float64(e.units)
		}
	}
	f.n = e.units
	return run(f, e, &o)
}

// rows are the observed rows of a panel, with their unit.
func (p *Panel) rows() *CrossSections {
	c := &CrossSections{Covariates: make([][]float64, len(p.Covariates)), Clusters: make([][]int32, len(p.Clusters))}
	if p.AtRisk != nil {
		c.AtRisk = []bool{}
	}
	for t, v := range p.Times {
		for i, y := range p.Outcome[t] {
			if math.IsNaN(y) {
				continue
			}
			c.Time, c.Start, c.Outcome, c.Unit = append(c.Time, v), append(c.Start, p.Start[i]), append(c.Outcome, y), append(c.Unit, int32(i))
			if p.AtRisk != nil {
				c.AtRisk = append(c.AtRisk, p.AtRisk[t][i])
			}
			for k, x := range p.Covariates {
				c.Covariates[k] = append(c.Covariates[k], x[min(t, len(x)-1)][i])
			}
			if p.Weights != nil {
				c.Weights = append(c.Weights, p.Weights[min(t, len(p.Weights)-1)][i])
			}
			for d, x := range p.Clusters {
				c.Clusters[d] = append(c.Clusters[d], x[i])
			}
		}
	}
	return c
}

// rowEngine estimates cells from rows. Positions are those of the frame, sorted by cohort.
type rowEngine struct {
	f      *frame
	o      *Options
	c      *CrossSections
	period []int // by position; −1 in a period that is left out
	w      []float64
	of     []int32 // position → unit, from 0
	cohort []int   // of a unit
	units  int
	live   int
	member [][]bool // by cohort and unit: at risk before the start; nil: all

	shareWeight []float64 // weight of a unit in the shares, mean 1
	clusters    []clustering
	cells       []cell
	rows        [][]int32   // positions of a cell's rows
	psi         [][]float64 // their influence
}

// unit numbers the units of the rows in use and makes the clusters.
func (e *rowEngine) unit() {
	e.of = make([]int32, len(e.f.unit))
	number := map[int32]int32{}
	first := []int{} // position of the first row of a unit
	for s, i := range e.f.unit {
		if e.period[s] < 0 {
			continue
		}
		id := int32(s)
		if e.c.Unit != nil {
			id = e.c.Unit[i]
		}
		k, ok := number[id]
		if !ok {
			k = int32(len(number))
			number[id] = k
			e.cohort = append(e.cohort, int(e.f.cohort[s]))
			first = append(first, s)
		}
		e.of[s] = k
	}
	e.units = len(number)
	var dims [][]int32
	var counts []int
	for _, c := range e.c.Clusters {
		d := make([]int32, e.units)
		for u, s := range first {
			d[u] = c[e.f.unit[s]]
		}
		d = compact(d)
		dims, counts = append(dims, d), append(counts, int(slices.Max(d))+1)
	}
	e.clusters = clusterings(e.units, dims, counts)
}

// membership notes which units were at risk in the last period before each start.
func (e *rowEngine) membership() error {
	f := e.f
	e.member = make([][]bool, f.control)
	inside, outside := 0, 0
	for h := range e.member {
		last := 0
		for t, v := range f.times {
			if v < f.cohorts[h] {
				last = t
			}
		}
		e.member[h] = make([]bool, e.units)
		for s, i := range f.unit {
			if e.period[s] == last && e.c.AtRisk[i] {
				e.member[h][e.of[s]] = true
			}
		}
		for u, own := range e.cohort {
			switch {
			case own != h:
			case e.member[h][u]:
				inside++
			default:
				outside++
			}
		}
	}
	if inside == 0 {
		return fault.Dataf("nobody_at_risk", "", "", "no unit that starts has a row in the period before its start that says it was at risk: rows of people who are seen once cannot tell who could start")
	}
	if outside > 0 {
		f.warnings = append(f.warnings, fault.Warnf("not_at_risk", "%d units were not at risk, or not seen, in the period before their start and are left out of their group's effect", outside))
	}
	return nil
}

// isMember tells whether a unit takes part in the cells of cohort g.
func (e *rowEngine) isMember(g, unit int) bool { return e.member == nil || e.member[g][unit] }

func (e *rowEngine) fit(cells []cell) ([]fitted, error) {
	e.cells = cells
	e.rows, e.psi = make([][]int32, len(cells)), make([][]float64, len(cells))
	out := make([]fitted, len(cells))
	err := parallel.For(context.Background(), e.o.Workers, len(cells), func(i int) error {
		e.cell(i, &out[i])
		return nil
	})
	return out, err
}

// cell estimates one cell. Its rows are in four runs: treated in the base and the period, controls in the base and the period.
func (e *rowEngine) cell(i int, r *fitted) {
	c, f := &e.cells[i], e.f
	*r = fitted{att: math.NaN(), variance: math.NaN(), maxP: math.NaN()}
	if c.reference {
		*r = fitted{reason: estimate.BasePeriod, maxP: math.NaN(), treated: f.size(c.g)}
		return
	}
	var rows []int32
	var cut [5]int
	arms := (&group{g: c.g, low: c.low}).arms(len(f.cohorts))
	for part, when := range []int{c.base, c.time, c.base, c.time} {
		some := arms[:1]
		if part >= 2 {
			some = arms[1:]
		}
		for _, h := range some {
			for s := f.from[h]; s < f.from[h+1]; s++ {
				if e.period[s] == when && e.isMember(c.g, int(e.of[s])) {
					rows = append(rows, int32(s))
				}
			}
		}
		cut[part+1] = len(rows)
	}
	r.treated, r.others = cut[2], cut[4]-cut[2]
	switch {
	case cut[1] == 0 || cut[2] == cut[1]:
		r.reason = estimate.TooFewTreated
		return
	case cut[3] == cut[2] || cut[4] == cut[3]:
		r.reason = estimate.NoComparison
		return
	}
	n := len(rows)
	y, w := make([]float64, n), make([]float64, n)
	x := make([][]float64, len(e.c.Covariates))
	for k := range x {
		x[k] = make([]float64, n)
	}
	for j, s := range rows {
		y[j], w[j] = e.c.Outcome[f.unit[s]], e.w[s]
		for k := range x {
			x[k][j] = e.c.Covariates[k][f.unit[s]]
		}
	}
	q := &quarters{method: e.o.Method, cut: cut, y: y, w: w, weighted: e.c.Weights != nil, likeDRDID: e.o.LikeDRDID}
	if r.reason = q.prepare(x); r.reason != "" {
		r.maxP = q.maxP
		return
	}
	psi := make([]float64, n)
	r.att = q.estimate(psi)
	r.maxP, r.ess, r.trimmed = q.maxP, q.ess, q.trimmed
	e.rows[i], e.psi[i] = rows, psi
	r.variance = 0
	own := make([]float64, e.units)
	for j, s := range rows {
		own[e.of[s]] += psi[j]
	}
	for _, c := range e.clusters {
		r.variance += c.sign * estimate.ClusterVariance(own, c.number, c.count)
	}
}

func (e *rowEngine) covariance(columns []column) ([]float64, error) {
	k := len(columns)
	psi := e.unitInfluence(columns)
	v := make([]float64, k*k)
	for _, c := range e.clusters {
		sums := psi
		if c.number != nil {
			sums = make([][]float64, k)
			for a := range sums {
				sums[a] = make([]float64, c.count)
				for u, x := range psi[a] {
					sums[a][c.number[u]] += x
				}
			}
		}
		for a := range k {
			for b := range a + 1 {
				v[a*k+b] += c.sign * dot(sums[a], sums[b])
			}
		}
	}
	return mirror(v, k), nil
}

func (e *rowEngine) unitInfluence(columns []column) [][]float64 {
	psi := make([][]float64, len(columns))
	for a := range columns {
		psi[a] = make([]float64, e.units)
		for j, i := range columns[a].cells {
			for k, s := range e.rows[i] {
				psi[a][e.of[s]] += columns[a].weight[j] * e.psi[i][k]
			}
		}
		if share := columns[a].share; share != nil {
			for u, h := range e.cohort {
				if h >= e.f.control || e.isMember(h, u) {
					psi[a][u] += e.shareWeight[u] * share[h]
				}
			}
		}
	}
	return psi
}

func (e *rowEngine) constantBase(c *cell) bool {
	value, seen := 0., false
	for _, h := range (&group{g: c.g, low: c.low}).arms(len(e.f.cohorts)) {
		for s := e.f.from[h]; s < e.f.from[h+1]; s++ {
			if e.period[s] != c.base || !e.isMember(c.g, int(e.of[s])) {
				continue
			}
			if v := e.c.Outcome[e.f.unit[s]]; !seen {
				value, seen = v, true
			} else if v != value {
				return false
			}
		}
	}
	return true
}
