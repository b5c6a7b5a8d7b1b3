package did

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// fewClusters is the number of clusters under which errors are corrected for how few they are.
const fewClusters = 40

// fewSums is what the correction takes from an engine: by cell (nil where there is no estimate) the influence by cluster and arm, the
// comparison at 2·cluster and the treated one further, and how the arms lie in the clusters; and by cohort the weight of its
// units by cluster, mean 1.
type fewSums struct {
	count  int
	split  [][]float64
	arms   []*estimate.ArmClusters
	weight [][]float64
}

// fewer is an engine that can tell them.
type fewer interface{ few() *fewSums }

// few tells whether errors by these clusters are corrected.
func (o *Options) few(list []clustering) bool {
	return !o.NormalClusters && o.Bootstrap == 0 && len(list) == 1 && list[0].number != nil && list[0].count < fewClusters
}

func (u *unitEngine) few() *fewSums { return u.sums }
func (e *statEngine) few() *fewSums { return e.sums }

// newFewSums has room for cells.
func newFewSums(count, cells int) *fewSums {
	return &fewSums{count: count, split: make([][]float64, cells), arms: make([]*estimate.ArmClusters, cells)}
}

// fewWeights fills the weight of the units by cohort and cluster.
func (u *unitEngine) fewWeights() {
	f := u.f
	w := f.weight(0)
	u.sums.weight = make([][]float64, len(f.cohorts))
	for h := range f.cohorts {
		u.sums.weight[h] = make([]float64, u.sums.count)
		for i := f.from[h]; i < f.from[h+1]; i++ {
			switch {
			case h < f.control && !f.isMember(h, i):
			case w != nil:
				u.sums.weight[h][u.clusters[0].number[i]] += w[i]
			default:
				u.sums.weight[h][u.clusters[0].number[i]]++
			}
		}
	}
}

// fewCell fills the sums of cell i from the statistics, whose units have the weight 1 where there are no squares by cluster.
func (e *statEngine) fewCell(i int, c *clusterSums) {
	s, x := e.s, &e.cells[i]
	split := make([]float64, 2*c.count)
	var weight, squares [2][]float64
	for k := range weight {
		weight[k], squares[k] = make([]float64, c.count), make([]float64, c.count)
	}
	g, w := e.at[x.g], 1/e.w0[i]
	add := func(k, h int, perUnit float64) {
		for q, v := range c.u[h] {
			weight[k][q] += v
			squares[k][q] += v * perUnit
		}
	}
	add(1, g, s.Square[g]/s.Weight[g])
	for q := range c.count {
		split[2*q+1] = (c.d[g][x.time][q] - c.d[g][x.base][q]) / s.Weight[g]
	}
	for h := x.low; h < len(e.at); h++ {
		if h == x.g {
			continue
		}
		k := e.at[h]
		add(0, k, s.Square[k]/s.Weight[k])
		shift := s.Mean[k][x.time] - s.Mean[k][x.base] - e.mu0[i]
		for q := range c.count {
			split[2*q] -= w * (c.d[k][x.time][q] - c.d[k][x.base][q] + shift*c.u[k][q])
		}
	}
	e.sums.split[i], e.sums.arms[i] = split, estimate.ArmClustersOf(weight, squares)
}

// correct replaces errors, intervals and bands by those of few clusters: the bias-reduced influence of estimate.ArmClusters cell by cell,
// which averages add up, with t of Satterthwaite's degrees of freedom. For an average those are of one comparison with the mean
// shares of its cells; the part of the influence that the estimated sizes of the cohorts add is taken as it is. A cell or average in which an arm
// has one cluster has no error, and the reason too_few_clusters.
func (r *Result) correct(o *Options, cells []cell) error {
	if rows, ok := r.engine.(*rowEngine); ok && o.few(rows.clusters) {
		r.Warnings = append(r.Warnings, fault.Warnf("few_clusters_normal", "%d clusters, and the errors of rows are not corrected for how few they are: intervals are too short; with a balanced panel they are CR2 with t", rows.clusters[0].count))
	}
	e, ok := r.engine.(fewer)
	if !ok || e.few() == nil {
		return nil
	}
	s := e.few()
	psi := make([][]float64, len(cells))
	df := make([]float64, len(cells))
	for i := range cells {
		if s.split[i] == nil {
			continue
		}
		psi[i], df[i] = make([]float64, s.count), s.arms[i].Degrees()
		s.arms[i].BiasReduced(s.split[i], psi[i])
	}
	single := 0
	put := func(to *estimate.Estimate, freedom *float64, by []float64, df float64) {
		v := estimate.ClusterVariance(by, nil, 0)
		*freedom = df
		switch {
		case math.IsNaN(df) || math.IsNaN(v):
			value := to.Estimate
			*to = estimate.Missing(estimate.TooFewClusters)
			to.Estimate, *freedom = value, 0
			single++
		case v > 1e-30:
			*to = estimate.Student(to.Estimate, math.Sqrt(v), o.Level, df)
		}
	}
	var columns []int
	for i := range r.Cells {
		if x := &r.Cells[i]; x.Reason == "" && psi[i] != nil {
			put(&x.Estimate, &x.DF, psi[i], df[i])
			if x.StdError > 0 {
				columns = append(columns, i)
			}
		}
	}
	var sums [][]float64
	for a := range r.plans {
		by := make([]float64, s.count)
		p := &r.plans[a]
		var weight []float64
		var arms []*estimate.ArmClusters
		for j, i := range p.cells {
			if psi[i] == nil || p.weight[j] == 0 {
				continue
			}
			weight, arms = append(weight, p.weight[j]), append(arms, s.arms[i])
			for g, v := range psi[i] {
				by[g] += p.weight[j] * v
			}
		}
		for h, v := range p.share {
			if v != 0 {
				for g, w := range s.weight[h] {
					by[g] += v * w
				}
			}
		}
		sums = append(sums, by)
		if len(arms) > 0 {
			put(&r.Aggregates[a].Estimate, &r.Aggregates[a].DF, by, estimate.MeanArmClusters(weight, arms).Degrees())
		}
	}
	if single > 0 {
		r.Warnings = append(r.Warnings, fault.Warnf("single_cluster_arm", "%d figures have no error: an arm of a comparison lies in one cluster", single))
	}
	r.Warnings = append(r.Warnings, fault.Warnf("few_clusters", "%d clusters: errors are CR2 with t%s", s.count, r.fewest()))
	r.rebanded(o, columns, psi, sums)
	return nil
}

// fewest says the range of the degrees of freedom.
func (r *Result) fewest() string {
	low, high := math.Inf(1), 0.
	for _, x := range r.Aggregates {
		if x.DF > 0 {
			low, high = min(low, x.DF), max(high, x.DF)
		}
	}
	if high == 0 {
		return ""
	}
	return fmt.Sprintf(" of %.1f to %.1f degrees of freedom (of averages)", low, high)
}

// rebanded makes the bands anew: the joint critical value is that of normal variables with the correlations by cluster, taken to the t of
// each figure.
func (r *Result) rebanded(o *Options, columns []int, psi, sums [][]float64) {
	if o.Pointwise {
		return
	}
	joint := func(of [][]float64, purpose string) float64 {
		v := covarianceOf(of)
		return critical(v, len(of), o.Level, o.Draws, o.Seed, purpose)
	}
	if len(columns) > 0 && len(columns) <= mostBandCells {
		var of [][]float64
		for _, i := range columns {
			of = append(of, psi[i])
		}
		c := joint(of, "did-band-group_time")
		r.CriticalOf[GroupTimeCells] = c
		for i := range r.Cells {
			x := &r.Cells[i]
			x.BandLow, x.BandHigh = bandAround(x.Estimate, c, x.DF)
		}
	}
	for _, kind := range []Aggregation{Dynamic, Group, Calendar, Window} {
		var of [][]float64
		var at []int
		for a, x := range r.Aggregates {
			if x.Type == kind && !x.Overall && x.StdError > 0 {
				at, of = append(at, a), append(of, sums[a])
			}
		}
		if len(at) == 0 {
			continue
		}
		if kind == Dynamic { // what is asked of trends takes the same errors
			r.Events, r.EventATT, r.EventCov = nil, nil, covarianceOf(of)
			for _, a := range at {
				r.Events, r.EventATT = append(r.Events, r.Aggregates[a].Key), append(r.EventATT, r.Aggregates[a].Estimate.Estimate)
			}
		}
		c := joint(of, "did-band-"+string(kind))
		r.CriticalOf[kind] = c
		for a := range r.Aggregates {
			if x := &r.Aggregates[a]; x.Type == kind && !x.Overall {
				x.BandLow, x.BandHigh = bandAround(x.Estimate, c, x.DF)
			}
		}
	}
}

func bandAround(e estimate.Estimate, c, df float64) (low, high float64) {
	if !(e.StdError > 0) {
		return math.NaN(), math.NaN()
	}
	c = estimate.FromNormal(c, df)
	return e.Estimate - c*e.StdError, e.Estimate + c*e.StdError
}

func covarianceOf(of [][]float64) []float64 {
	k := len(of)
	v := make([]float64, k*k)
	for a := range of {
		for b := range a + 1 {
			v[a*k+b] = dot(of[a], of[b])
			v[b*k+a] = v[a*k+b]
		}
	}
	return v
}

// hotelling is the p-value of a Wald statistic whose covariance is of G clusters: F = W(G − k)/(k(G − 1)) ~ F(k, G − k).
func hotelling(w *Wald, clusters int) {
	k, g := float64(w.DF), float64(clusters)
	w.PValue = math.NaN() // a covariance of G clusters has no more than G − 1 dimensions
	if g > k {
		w.PValue = distuv.F{D1: k, D2: g - k}.Survival(w.Statistic * (g - k) / (k * (g - 1)))
	}
}
