package did

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// Family is the same overall average for several groups of units, jointly.
type Family struct {
	Type     Aggregation
	Estimate []float64 // by result
	Cov      []float64 // joint, row-major
	Adjusted []float64 // p-values after Holm (1979), against 0
	BandLow  []float64 // simultaneous over the groups
	BandHigh []float64
	Critical float64
	Equal    *Wald // test that all are equal; nil where it cannot be made
	Warnings []fault.Warning

	df []float64 // of t by result, where clusters are few; 0: normal
}

// Compare puts an overall average of several results side by side. Results of panels that name their units (Panel.Units)
// depend on each other through the units that they share, and those of panels with clusters, numbered alike in all, through
// the clusters: the covariance is that of the influence summed by unit, or by cluster, over all groups; with few clusters its correlations, with the errors
// of the results. Results of panels
// with neither are of disjoint units. Results without the average take no part and have NaN.
func Compare(results []*Result, kind Aggregation, o Options) (*Family, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	G := len(results)
	nan := func() []float64 {
		v := make([]float64, G)
		for i := range v {
			v[i] = math.NaN()
		}
		return v
	}
	f := &Family{Type: kind, Estimate: nan(), Adjusted: nan(), BandLow: nan(), BandHigh: nan(), Cov: make([]float64, G*G), Critical: math.NaN(), df: make([]float64, G)}
	var live []int
	p := nan()
	for k, r := range results {
		if r == nil {
			continue
		}
		for _, a := range r.Aggregates {
			if a.Type == kind && a.Overall && a.StdError > 0 {
				live = append(live, k)
				f.Estimate[k], p[k] = a.Estimate.Estimate, a.PValue
				f.Cov[k*G+k], f.df[k] = a.StdError*a.StdError, a.DF
			}
		}
	}
	if len(live) == 0 {
		return f, nil
	}
	if shared := slices.ContainsFunc(live, func(k int) bool {
		p := results[k].source
		return p != nil && (len(p.Clusters) > 0 || p.Units != nil)
	}); shared {
		own := make([]float64, G)
		for _, k := range live {
			own[k] = f.Cov[k*G+k]
		}
		if err := f.joint(results, live); err != nil {
			return nil, err
		}
		f.rescale(live, own)
	}
	// Holm: the smallest p-value times the number of tests, the next times one less, never falling.
	order := slices.Clone(live)
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	top := 0.
	for i, k := range order {
		top = max(top, min(1, p[k]*float64(len(order)-i)))
		f.Adjusted[k] = top
	}
	v := submatrix(f.Cov, G, live)
	m := len(live)
	f.Critical = critical(v, m, o.Level, o.Draws, o.Seed, "did-family-"+string(kind))
	for i, k := range live {
		half := estimate.FromNormal(f.Critical, f.df[k]) * math.Sqrt(v[i*m+i])
		f.BandLow[k], f.BandHigh[k] = f.Estimate[k]-half, f.Estimate[k]+half
	}
	if m < 2 {
		return f, nil
	}
	if f.Equal = f.EqualOf(live); f.Equal == nil && f.tooFew(live) {
		f.Warnings = append(f.Warnings, fault.Warnf("no_equality_test", "%d differences between groups are as many as the degrees of freedom of their errors (%.1f), or more: no test that they are equal", m-1, f.fewest(live)))
	} else if f.Equal == nil {
		f.Warnings = append(f.Warnings, fault.Warnf("no_equality_test", "the covariance of the differences between groups is singular: no test that they are equal"))
	}
	return f, nil
}

// EqualOf is Wald's test that the averages of some of the results are equal, by their differences from the first of them;
// nil where fewer than two have an average, where the covariance of the differences is singular, or where clusters are too few for so many
// differences.
func (f *Family) EqualOf(of []int) *Wald {
	G := len(f.Estimate)
	var live []int
	for _, k := range of {
		if !math.IsNaN(f.Estimate[k]) {
			live = append(live, k)
		}
	}
	m := len(live)
	if m < 2 || f.tooFew(live) {
		return nil
	}
	v := submatrix(f.Cov, G, live)
	d, w := make([]float64, m-1), make([]float64, (m-1)*(m-1))
	for i := 1; i < m; i++ {
		d[i-1] = f.Estimate[live[i]] - f.Estimate[live[0]]
		for j := 1; j < m; j++ {
			w[(i-1)*(m-1)+j-1] = v[i*m+j] - v[i*m] - v[j] + v[0]
		}
	}
	test, ok := wald(d, w)
	if !ok {
		return nil
	}
	if df := f.fewest(live); df > 0 { // G clusters of one size have G − 1
		test.Units = int(df) + 1
		test.PValue = estimate.HotellingP(test.Statistic, test.DF, test.Units)
	}
	return &test
}

// rescale gives the covariance of results with few clusters their own variances.
func (f *Family) rescale(live []int, own []float64) {
	G := len(f.Estimate)
	scale := make([]float64, G)
	for _, k := range live {
		scale[k] = 1
		if f.df[k] > 0 && f.Cov[k*G+k] > 0 {
			scale[k] = math.Sqrt(own[k] / f.Cov[k*G+k])
		}
	}
	for _, i := range live {
		for _, j := range live {
			f.Cov[i*G+j] *= scale[i] * scale[j]
		}
	}
}

// tooFew tells whether Hotelling's F of the differences between results has no degrees of freedom left: their number is not under G, as in
// the test before the start.
func (f *Family) tooFew(live []int) bool {
	df := f.fewest(live)
	return df > 0 && len(live)-1 >= int(df)+1
}

// fewest are the fewest degrees of freedom of some results, 0 where all are normal.
func (f *Family) fewest(live []int) float64 {
	low := 0.
	for _, k := range live {
		low = fewerDF(low, f.df[k])
	}
	return low
}

// joint fills the covariance from the influence of every unit, summed by cluster across the groups.
func (f *Family) joint(results []*Result, live []int) error {
	G := len(results)
	dims := len(results[live[0]].source.Clusters)
	total := 0
	for _, k := range live {
		if results[k].source == nil || len(results[k].source.Clusters) != dims {
			panic(fmt.Sprintf("did: result %d has other cluster dimensions than the first", k))
		}
		total += len(results[k].source.Start)
	}
	psi := make([][]float64, len(live))
	cluster := make([][]int32, dims)
	var units []int32
	at := 0
	for i, k := range live {
		own, err := results[k].overall(f.Type)
		if err != nil {
			return err
		}
		psi[i] = make([]float64, total)
		copy(psi[i][at:], own)
		at += len(own)
		for d, c := range results[k].source.Clusters {
			cluster[d] = append(cluster[d], c...)
		}
		if dims == 0 {
			units = append(units, results[k].source.Units...)
		}
	}
	if dims == 0 {
		if len(units) != total {
			panic("did: some of the panels name their units and some do not")
		}
		cluster = [][]int32{units}
		dims = 1
	}
	counts := make([]int, dims)
	for d := range cluster {
		cluster[d] = compact(cluster[d])
		counts[d] = int(slices.Max(cluster[d])) + 1
	}
	for _, i := range live {
		for _, j := range live {
			f.Cov[i*G+j] = 0
		}
	}
	for _, c := range clusterings(total, cluster, counts) {
		sums := psi
		if c.number != nil {
			sums = make([][]float64, len(psi))
			for i := range sums {
				sums[i] = make([]float64, c.count)
				for u, x := range psi[i] {
					sums[i][c.number[u]] += x
				}
			}
		}
		for a, i := range live {
			for b, j := range live {
				f.Cov[i*G+j] += c.sign * dot(sums[a], sums[b])
			}
		}
	}
	return nil
}

// overall is the influence of each unit of the panel on the overall average of a type.
func (r *Result) overall(kind Aggregation) ([]float64, error) {
	if e, ok := r.engine.(*rowEngine); ok && r.source != nil {
		out := make([]float64, len(r.source.Start))
		for _, p := range r.plans {
			if p.kind != kind || !p.overall {
				continue
			}
			psi := e.unitInfluence([]column{p.column})[0]
			for s, i := range e.f.unit {
				if e.period[s] >= 0 {
					out[e.c.Unit[i]] = psi[e.of[s]]
				}
			}
		}
		return out, nil
	}
	for _, p := range r.plans {
		if e, ok := r.engine.(*statEngine); ok && p.kind == kind && p.overall {
			return e.influence(p.column, r.source), nil
		}
	}
	u, err := r.units()
	if err != nil {
		return nil, err
	}
	for _, p := range r.plans {
		if p.kind == kind && p.overall {
			psi, err := u.influence([]column{p.column}, len(r.source.Start))
			if err != nil {
				return nil, err
			}
			return psi[0], nil
		}
	}
	return make([]float64, len(r.source.Start)), nil
}

// Overall is the estimate of the overall average of a type, with a missing one where there is none.
func (r *Result) Overall(kind Aggregation) estimate.Estimate {
	for _, a := range r.Aggregates {
		if a.Type == kind && a.Overall {
			return a.Estimate
		}
	}
	return estimate.Missing(estimate.NoComparison)
}
