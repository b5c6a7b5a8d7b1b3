package did

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// mostFewSums is the number of clusters × cells whose influence is kept for the correction of few clusters: about 0.5 GB.
const mostFewSums = 1 << 23

// fewSums is what the correction takes from an engine: by cell (nil where there is no estimate) the influence by cluster and arm, the
// comparison at 2·cluster and the treated one further, and how the arms lie in the clusters; and by cohort the weight of its
// units by cluster, mean 1. All three are nil where they would be above mostFewSums, and small is the number of cohorts in few clusters.
type fewSums struct {
	count  int
	split  [][]float64
	arms   []*estimate.ArmClusters
	weight [][]float64
	small  int
}

// fewer is an engine that can tell them.
type fewer interface{ few() *fewSums }

// few tells whether errors by these clusters are corrected where they are few.
func (o *Options) few(list []clustering) bool {
	return !o.NormalClusters && o.Bootstrap == 0 && len(list) == 1 && list[0].number != nil
}

func (u *unitEngine) few() *fewSums { return u.sums }
func (e *statEngine) few() *fewSums { return e.sums }

// newFewSums has room for cells.
func newFewSums(count, cells int) *fewSums {
	s := &fewSums{count: count}
	if count < estimate.FewClusters || count*cells <= mostFewSums {
		s.split, s.arms = make([][]float64, cells), make([]*estimate.ArmClusters, cells)
	}
	return s
}

// weigh fills the weight of the units by cluster for each of the cohorts, of which the first have an effect; where influence is not kept
// it counts those of them in few clusters instead.
func (s *fewSums) weigh(cohorts, effects int, of func(h int, into []float64)) {
	if s.split != nil {
		s.weight = make([][]float64, cohorts)
		for h := range s.weight {
			s.weight[h] = make([]float64, s.count)
			of(h, s.weight[h])
		}
		return
	}
	by := make([]float64, s.count)
	for h := range effects {
		clear(by)
		of(h, by)
		if total := floats.Sum(by); total*total < estimate.FewClusters*floats.Dot(by, by) {
			s.small++
		}
	}
}

// fewWeights adds up the weight of the units of a cohort.
func (u *unitEngine) fewWeights(h int, into []float64) {
	f, number := u.f, u.clusters[0].number
	w := f.weight(0)
	for i := f.from[h]; i < f.from[h+1]; i++ {
		switch {
		case h < f.control && !f.isMember(h, i):
		case w != nil:
			into[number[i]] += w[i]
		default:
			into[number[i]]++
		}
	}
}

// fewCell fills the sums of cell i from the statistics.
func (e *statEngine) fewCell(i int, c *clusterSums) {
	s, x := e.s, &e.cells[i]
	if e.sums.split == nil {
		return
	}
	split := make([]float64, 2*c.count)
	var weight, squares [2][]float64
	for k := range weight {
		weight[k], squares[k] = make([]float64, c.count), make([]float64, c.count)
	}
	g, w := e.at[x.g], 1/e.w0[i]
	add := func(k, h int) {
		floats.Add(weight[k], c.u[h])
		floats.Add(squares[k], c.u2[h])
	}
	add(1, g)
	for q := range c.count {
		split[2*q+1] = (c.d[g][x.time][q] - c.d[g][x.base][q]) / s.Weight[g]
	}
	for h := x.low; h < len(e.at); h++ {
		if h == x.g {
			continue
		}
		k := e.at[h]
		add(0, k)
		shift := s.Mean[k][x.time] - s.Mean[k][x.base] - e.mu0[i]
		for q := range c.count {
			split[2*q] -= w * (c.d[k][x.time][q] - c.d[k][x.base][q] + shift*c.u[k][q])
		}
	}
	e.sums.split[i], e.sums.arms[i] = split, estimate.ArmClustersOf(weight, squares)
}

// corrected is the influence by cluster that errors of few clusters come from, by cell (nil where there is none) and by average.
type corrected struct {
	cells, averages [][]float64
}

// correct replaces errors, intervals and bands by those of few clusters, of every cell and average with an arm of fewer effective clusters than
// estimate.FewClusters: the bias-reduced influence of estimate.ArmClusters cell by cell,
// which averages add up, with t of Satterthwaite's degrees of freedom. For an average those are of one comparison with the mean
// shares of its cells, which has no fewer effective clusters than its cell with the fewest; the part of the influence that the estimated
// sizes of the cohorts add is taken as it is. A cell or average in which an arm
// has one cluster has no error, and the reason too_few_clusters. It returns nil where nothing is corrected.
func (r *Result) correct(f *frame, o *Options) *corrected {
	e, ok := r.engine.(fewer)
	if !ok || e.few() == nil {
		if !o.NormalClusters {
			r.Warnings = append(r.Warnings, fewAsMany(r.smallest(f))...)
		}
		return nil
	}
	s := e.few()
	if s.split == nil {
		if s.small > 0 {
			r.Warnings = append(r.Warnings, fault.Warnf("few_clusters_normal", "%d of %d groups lie in fewer than %d clusters of one size, and with %d clusters × %d cells errors are not corrected for it: their intervals are too short", s.small, f.control, estimate.FewClusters, s.count, len(r.Cells)))
		}
		return nil
	}
	few := make([]bool, len(r.Cells))
	found := 0
	for i, a := range s.arms {
		if few[i] = a != nil && a.Few(); few[i] {
			found++
		}
	}
	if found == 0 {
		return nil
	}
	single := 0
	put := func(to *estimate.Estimate, freedom *float64, by []float64, df float64) {
		v := estimate.ClusterVariance(by, nil, 0)
		switch {
		case math.IsNaN(df) || math.IsNaN(v):
			value := to.Estimate
			*to = estimate.Missing(estimate.TooFewClusters)
			to.Estimate = value
			single++
		case v > leastVariance:
			*to, *freedom = estimate.Student(to.Estimate, math.Sqrt(v), o.Level, df), df
		}
	}
	own := &corrected{cells: make([][]float64, len(r.Cells))}
	reduced := make([][]float64, len(r.Cells))
	for i := range r.Cells {
		if s.split[i] == nil {
			continue
		}
		reduced[i] = make([]float64, s.count)
		s.arms[i].BiasReduced(s.split[i], reduced[i])
		own.cells[i] = reduced[i]
		if x := &r.Cells[i]; !few[i] {
			own.cells[i] = make([]float64, s.count)
			addSplit(own.cells[i], 1, s.split[i])
		} else if x.Reason == "" {
			put(&x.Estimate, &x.DF, reduced[i], s.arms[i].Degrees())
		}
	}
	for a := range r.plans {
		p := &r.plans[a]
		var weight []float64
		var arms []*estimate.ArmClusters
		for j, i := range p.cells {
			if s.split[i] != nil && p.weight[j] != 0 {
				weight, arms = append(weight, p.weight[j]), append(arms, s.arms[i])
			}
		}
		by := make([]float64, s.count)
		var mean *estimate.ArmClusters
		if len(arms) > 0 {
			if mean = estimate.MeanArmClusters(weight, arms); !mean.Few() {
				mean = nil
			}
		}
		for j, i := range p.cells {
			switch {
			case s.split[i] == nil || p.weight[j] == 0:
			case mean != nil:
				floats.AddScaled(by, p.weight[j], reduced[i])
			default:
				addSplit(by, p.weight[j], s.split[i])
			}
		}
		for h, v := range p.share {
			if v != 0 {
				floats.AddScaled(by, v, s.weight[h])
			}
		}
		own.averages = append(own.averages, by)
		if mean != nil {
			put(&r.Aggregates[a].Estimate, &r.Aggregates[a].DF, by, mean.Degrees())
		}
	}
	if single > 0 {
		r.Warnings = append(r.Warnings, fault.Warnf("single_cluster_arm", "%d figures have no error: an arm of a comparison lies in one cluster", single))
	}
	of := ""
	if s.count >= estimate.FewClusters {
		of = fmt.Sprintf(", but fewer than %d of one size in an arm of %d group-time cells", estimate.FewClusters, found)
	}
	r.Warnings = append(r.Warnings, fault.Warnf("few_clusters", "%d clusters%s: errors are CR2 with t%s", s.count, of, r.fewest()))
	r.eventCovariance(o, own)
	r.rebanded(o, own)
	return own
}

// smallest is the number of clusters of the smallest column of clusters, 0 without one.
func (r *Result) smallest(f *frame) int {
	counts := slices.Clone(f.clusters)
	if rows, ok := r.engine.(*rowEngine); ok {
		counts = nil
		for _, c := range rows.clusters {
			if c.number != nil {
				counts = append(counts, c.count) // of two columns together there are no fewer
			}
		}
	}
	if len(counts) == 0 {
		return 0
	}
	return slices.Min(counts)
}

// fewAsMany warns of few clusters whose errors are those of many: of rows, of a bootstrap, of several columns of clusters, and of the estimators
// other than GroupTime.
func fewAsMany(clusters int) []fault.Warning {
	if clusters == 0 || clusters >= estimate.FewClusters {
		return nil
	}
	return []fault.Warning{fault.Warnf("few_clusters_normal", "%d clusters, and these errors are not corrected for how few they are: intervals are too short, above all where few of them begin; group-time effects of a balanced panel with one column of clusters and without a bootstrap have CR2 with t", clusters)}
}

// addSplit adds w times the influence by cluster and arm to that by cluster.
func addSplit(to []float64, w float64, split []float64) {
	for g := range to {
		to[g] += w * (split[2*g] + split[2*g+1])
	}
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

// keyed are the averages of a kind by key that have an error, and their influence.
func (r *Result) keyed(kind Aggregation, own *corrected) (at []int, of [][]float64) {
	for a, x := range r.Aggregates {
		if x.Type == kind && !x.Overall && x.StdError > 0 {
			at, of = append(at, a), append(of, own.averages[a])
		}
	}
	return at, of
}

// eventCovariance makes the event times anew, which sensitivity analysis of trends takes. What it does with them has normal quantiles: the
// covariance is widened by (t/z)² of the fewest degrees of freedom.
func (r *Result) eventCovariance(o *Options, own *corrected) {
	at, of := r.keyed(Dynamic, own)
	r.Events, r.EventATT, r.EventCov = nil, nil, nil
	if len(at) == 0 {
		return
	}
	least := 0.
	for _, a := range at {
		x := &r.Aggregates[a]
		r.Events, r.EventATT = append(r.Events, x.Key), append(r.EventATT, x.Estimate.Estimate)
		least = fewerDF(least, x.DF)
	}
	r.EventCov = covarianceOf(of)
	wide := estimate.StudentQuantile(o.Level, least) / estimate.Quantile(o.Level)
	floats.Scale(wide*wide, r.EventCov)
}

// rebanded makes the bands anew: the joint critical value is that of normal variables with the correlations by cluster, taken to the t of
// each figure. Figures without an error have none.
func (r *Result) rebanded(o *Options, own *corrected) {
	for i := range r.Cells {
		r.Cells[i].BandLow, r.Cells[i].BandHigh = math.NaN(), math.NaN()
	}
	for a := range r.Aggregates {
		r.Aggregates[a].BandLow, r.Aggregates[a].BandHigh = math.NaN(), math.NaN()
	}
	clear(r.CriticalOf)
	if o.Pointwise {
		return
	}
	joint := func(of [][]float64, purpose string) float64 {
		return critical(covarianceOf(of), len(of), o.Level, o.Draws, o.Seed, purpose)
	}
	var of [][]float64
	for i := range r.Cells {
		if r.Cells[i].StdError > 0 {
			of = append(of, own.cells[i])
		}
	}
	if len(of) > 0 && len(of) <= mostBandCells {
		c := joint(of, "did-band-group_time")
		r.CriticalOf[GroupTimeCells] = c
		for i := range r.Cells {
			x := &r.Cells[i]
			x.BandLow, x.BandHigh = bandAround(x.Estimate, c, x.DF)
		}
	}
	for _, kind := range []Aggregation{Dynamic, Group, Calendar, Window} {
		at, of := r.keyed(kind, own)
		if len(at) == 0 {
			continue
		}
		c := joint(of, "did-band-"+string(kind))
		r.CriticalOf[kind] = c
		for _, a := range at {
			x := &r.Aggregates[a]
			x.BandLow, x.BandHigh = bandAround(x.Estimate, c, x.DF)
		}
	}
}

// fewerDF is the smaller of two degrees of freedom, of which 0 stands for the normal distribution.
func fewerDF(a, b float64) float64 {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
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
