package did

import (
	"context"
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/parallel"
)

// unitEngine estimates each cell on its units. It passes over the units twice: once by design, to fit, and once by block
// of units, to sum influence over the cells of each aggregate. Between the passes it keeps coefficients, not rows.
type unitEngine struct {
	f         *frame
	o         *Options
	clusters  []clustering
	cells     []cell
	groups    []*group // designs with the cells that share them
	solutions []solution
	sums      *fewSums // where clusters are few; nil otherwise
}

// group is a design and the cells that use it.
type group struct {
	g, low int
	early  int // period of covariates and weights
	cells  []int
	recipe
	reason estimate.Reason
}

// solution is a fitted cell.
type solution struct {
	change
	ok bool
}

func newUnitEngine(f *frame, o *Options) *unitEngine {
	return &unitEngine{f: f, o: o, clusters: clusterings(f.n, f.cluster, f.clusters)}
}

// weightPeriod is the period whose weights a cell uses.
func (u *unitEngine) weightPeriod(c *cell) int {
	switch {
	case len(u.f.w) < 2 || u.o.Weights == FirstPeriod:
		return 0
	case u.o.Weights == CohortBase:
		b := 0
		for t, v := range u.f.times {
			if v+u.o.Anticipation < u.f.cohorts[c.g] {
				b = t
			}
		}
		return b
	}
	return c.early()
}

// arms are the cohorts of a cell, the treated first.
func (g *group) arms(cohorts int) []int {
	a := []int{g.g}
	for h := g.low; h < cohorts; h++ {
		if h != g.g {
			a = append(a, h)
		}
	}
	return a
}

func (u *unitEngine) fit(cells []cell) ([]fitted, error) {
	f := u.f
	u.cells = cells
	u.solutions = make([]solution, len(cells))
	if u.o.few(u.clusters) {
		u.sums = newFewSums(u.clusters[0].count, len(cells))
		u.sums.weigh(len(f.cohorts), f.control, u.fewWeights)
	}
	varying := false
	for _, x := range f.x {
		varying = varying || len(x) > 1
	}
	index := map[[5]int]*group{}
	for i := range cells {
		c := &cells[i]
		if c.reference {
			continue
		}
		k := [5]int{c.g, c.low, u.weightPeriod(c), 0, 0}
		if varying {
			k[3] = c.early()
		}
		if f.gaps {
			k[4] = i // rows differ by cell
		}
		g := index[k]
		if g == nil {
			g = &group{g: c.g, low: c.low, early: c.early()}
			index[k] = g
			u.groups = append(u.groups, g)
		}
		g.cells = append(g.cells, i)
	}
	out := make([]fitted, len(cells))
	for i := range cells {
		if cells[i].reference {
			out[i] = fitted{reason: estimate.BasePeriod, treated: f.size(cells[i].g), maxP: math.NaN()}
		}
	}
	inner := 1 // where there are few designs the fit of each may use the other workers
	if len(u.groups) < parallel.Workers(u.o.Workers) {
		inner = u.o.Workers
	}
	err := parallel.For(context.Background(), u.o.Workers, len(u.groups), func(i int) error {
		u.fitGroup(u.groups[i], out, inner)
		return nil
	})
	return out, err
}

// fitGroup fits a design and its cells, with the variance of each.
func (u *unitEngine) fitGroup(g *group, out []fitted, workers int) {
	f := u.f
	arms := g.arms(len(f.cohorts))
	first := &u.cells[g.cells[0]]
	nt, n := f.size(g.g), 0
	for _, h := range arms {
		n += f.size(h)
	}
	rows := make([]int32, 0, n)
	for a, h := range arms {
		for i := f.from[h]; i < f.from[h+1]; i++ {
			if !f.isMember(g.g, i) || f.gaps && u.missing(first, i) {
				continue
			}
			rows = append(rows, int32(i))
		}
		if a == 0 {
			nt = len(rows)
		}
	}
	n = len(rows)
	x := make([][]float64, len(f.x))
	for k := range x {
		x[k] = pick(f.covariate(k, g.early), rows)
	}
	w := pick(f.weight(u.weightPeriod(first)), rows)
	d := newDesign(u.o.Method, nt, n, x, w, workers)
	g.recipe, g.reason = d.recipe, d.reason
	dy, e, psi := make([]float64, n), make([]float64, n), make([]float64, n)
	sums := make([][]float64, len(u.clusters))
	for s, c := range u.clusters {
		if c.number != nil {
			sums[s] = make([]float64, c.count)
		}
	}
	var lie *estimate.ArmClusters
	keep := u.sums != nil && u.sums.split != nil
	if keep {
		of, treated, weight := make([]int32, n), make([]bool, n), w
		for k, j := range rows {
			of[k], treated[k] = u.clusters[0].number[j], k < nt
		}
		if weight == nil {
			weight = make([]float64, n)
			for k := range weight {
				weight[k] = 1
			}
		}
		lie = estimate.NewArmClusters(weight, treated, of, u.sums.count)
	}
	for _, i := range g.cells {
		c := &u.cells[i]
		r := &out[i]
		*r = fitted{reason: d.reason, treated: d.n1, others: d.n0, ess: d.ess, maxP: d.maxP, trimmed: d.trimmed, att: math.NaN(), variance: math.NaN()}
		if d.reason != "" {
			continue
		}
		now, base := f.y[c.time], f.y[c.base]
		for s, j := range rows {
			dy[s] = now[j] - base[j]
		}
		sol := d.change(dy, e)
		d.influence(&sol, e, psi)
		u.solutions[i] = solution{sol, true}
		r.att, r.variance = sol.att, 0
		for s, c := range u.clusters {
			v := 0.
			if c.number == nil {
				v = dot(psi, psi)
			} else {
				clear(sums[s])
				for k, j := range rows {
					sums[s][c.number[j]] += psi[k]
				}
				v = dot(sums[s], sums[s])
			}
			r.variance += c.sign * v
		}
		if keep {
			split := make([]float64, 2*u.sums.count)
			for k, j := range rows {
				q := 2 * u.clusters[0].number[j]
				if k < nt {
					q++
				}
				split[q] += psi[k]
			}
			u.sums.split[i], u.sums.arms[i] = split, lie
		}
	}
}

// missing tells whether a cell lacks a value of sorted unit i.
func (u *unitEngine) missing(c *cell, i int) bool {
	f := u.f
	if math.IsNaN(f.y[c.time][i]) || math.IsNaN(f.y[c.base][i]) {
		return true
	}
	for k := range f.x {
		if math.IsNaN(f.covariate(k, c.early())[i]) {
			return true
		}
	}
	return false
}

func (u *unitEngine) constantBase(c *cell) bool {
	f := u.f
	value := math.NaN()
	for _, h := range (&group{g: c.g, low: c.low}).arms(len(f.cohorts)) {
		for i := f.from[h]; i < f.from[h+1]; i++ {
			v := f.y[c.base][i]
			switch {
			case math.IsNaN(v) || !f.isMember(c.g, i):
			case math.IsNaN(value):
				value = v
			case v != value:
				return false
			}
		}
	}
	return true
}
