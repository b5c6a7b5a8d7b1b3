package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// What errors can be summed by.
const (
	byPersons  = "person"
	byOffices  = "nav_enhet"
	byCounties = "fylke"
)

// warnClusters is the number of clusters with treated rows under which a run warns.
const warnClusters = 10

// resolveCluster fills in `inference.cluster`, and refuses what errors by place do not serve.
func (s *Study) resolveCluster() error {
	in := &s.Inference
	words := []string{byPersons, byOffices, byCounties}
	switch {
	case in.Cluster == "" || in.Cluster == byPersons:
		in.Cluster = "" // the default; studies that do not name it stay the same study
		return nil
	case !slices.Contains(words, in.Cluster):
		return fault.Usagef("bad_study", "`inference.cluster: %s` is not known%s; it is %s", in.Cluster, fault.Suggest(in.Cluster, words), inWords(words))
	case len(s.Reforms) > 0:
		return fault.Usagef("not_served", "`inference.cluster: %s` does not go with `reforms`, whose rows are persons who need not be in the study's risk set; estimate the reforms in a study of their own", in.Cluster)
	}
	if h := s.Heterogeneity; h != nil {
		for _, v := range h.By {
			if v == in.Cluster || v == byOffices { // an office lies in one county
				return fault.Usagef("not_served", "`heterogeneity.by` names %s, and with `inference.cluster: %s` each of its values is one cluster, from which no error can be had; leave out one of the two", v, in.Cluster)
			}
		}
	}
	return nil
}

// places are where the persons of a study belong, once and for all: the office or county where they lived on the first of the month of
// their first row in any trial of the study. A person is then whole in one cluster, so that errors by place hold the dependence
// between the rows of a person too; by the place at each row they would not, where people move.
type places struct {
	key   string  // nav_enhet or fylke
	of    []int32 // by person of the register; −1 for those without a row
	count int     // places, the unknown, which are one together and the last, among them

	persons, unknown int // with a row, and those of them whose place is not known
}

// findPlaces fills r.places once the trials are drawn.
func (r *runner) findPlaces() error {
	r.places = nil
	key := r.study.Inference.Cluster
	if key == "" {
		return nil
	}
	persons := &r.reg.Persons
	names := persons.Offices
	if key == byCounties {
		names = persons.Counties
	}
	if len(names) == 0 {
		return fault.Usagef("bad_study", "`inference.cluster: %s` needs `%s` of `person` or `person_historikk`, which the register does not have; add the column, or use `inference.cluster: person`", key, key)
	}
	rows := &r.trials.Rows
	p := &places{key: key, of: make([]int32, persons.N), count: len(names) + 1}
	first := make([]calendar.Month, persons.N)
	for i := range p.of {
		p.of[i] = -1
	}
	for i, person := range rows.Person {
		if m := rows.Month[i]; p.of[person] < 0 || m < first[person] {
			p.of[person], first[person] = p.at(r.reg, person, m), m
		}
	}
	for _, place := range p.of {
		if place >= 0 {
			p.persons++
		}
		if int(place) == p.count-1 {
			p.unknown++
		}
	}
	r.places = p
	return nil
}

// warnings say how many have no known place. A number of persons under limit is not said, nor one that leaves so few.
func (p *places) warnings(limit int) []fault.Warning {
	if p == nil || p.unknown == 0 {
		return nil
	}
	number := fmt.Sprint(p.unknown)
	switch known := p.persons - p.unknown; {
	case p.unknown < limit:
		number = fmt.Sprint("under ", limit)
	case known > 0 && known < limit:
		number = "nearly all"
	}
	return []fault.Warning{fault.Warnf("place_unknown", "`%s` is not known for %s of %d persons, who are one cluster together", p.key, number, p.persons)}
}

func (p *places) at(reg *register.Register, person int32, m calendar.Month) int32 {
	d, _ := reg.PersonOn(person, m.First())
	place := d.Office
	if p.key == byCounties {
		place = int32(d.County)
	}
	if place < 0 {
		return int32(p.count - 1)
	}
	return place
}

// clustering is what the errors of a cell are summed by: persons, or places.
type clustering struct {
	by       *places // nil: persons
	cluster  []int32 // by row, from 0 in the order of the numbers
	clusters int
	numbers  []int32 // of each cluster in the register: of the person, or of the place
	// unit is what influence is summed by inside a method: the cluster or, where there are few, the cluster and arm, at
	// 2·cluster in the comparison and one more in the treated.
	unit  []int32
	units int
	few   bool

	arms map[*float64]*armShares // by the weights they are made of
}

type armShares struct {
	*estimate.ArmClusters
	df float64
}

// summedBy fills the clustering. person is by row of the trials.
func (c *cell) summedBy(by *places, person []int32) {
	c.by = by
	if by == nil {
		c.cluster, c.clusters, c.numbers = c.person, c.persons, make([]int32, c.persons)
		for i, p := range c.person {
			c.numbers[p] = person[c.row[i]]
		}
		c.unit, c.units = c.cluster, c.clusters
		return
	}
	dense := make([]int32, by.count)
	for _, row := range c.row {
		dense[by.of[person[row]]] = 1
	}
	for place, there := range dense {
		if there == 1 {
			dense[place] = int32(c.clusters)
			c.clusters++
			c.numbers = append(c.numbers, int32(place))
		}
	}
	c.cluster = make([]int32, len(c.row))
	for i, row := range c.row {
		c.cluster[i] = dense[by.of[person[row]]]
	}
	c.unit, c.units = c.cluster, c.clusters
	if c.few = c.designShares().Few(); !c.few {
		return
	}
	c.units = 2 * c.clusters
	c.unit = make([]int32, len(c.cluster))
	for i, g := range c.cluster {
		c.unit[i] = 2 * g
		if c.treated[i] {
			c.unit[i]++
		}
	}
}

// designShares are the clusters as the design weighs them, before any method.
func (c *cell) designShares() *estimate.ArmClusters {
	return estimate.NewArmClusters(c.designWeights(matching.ATT), c.treated, c.cluster, c.clusters)
}

func (c *cell) shares(weight []float64) *armShares {
	a, ok := c.arms[&weight[0]]
	if !ok {
		of := estimate.NewArmClusters(weight, c.treated, c.cluster, c.clusters)
		a = &armShares{of, of.Degrees()}
		if c.arms == nil {
			c.arms = map[*float64]*armShares{}
		}
		c.arms[&weight[0]] = a
	}
	return a
}

// summed is the estimate of a method with the error that the study asks for, and writes the influence of each cluster into psi (nil:
// not wanted). on estimates, and writes the influence of each unit where its argument is not nil; its second result is what
// sharing a pair adds to the squared error (matching.Effect.SetTerm). weight is what the estimate weighs rows by.
//
// With many clusters the error is that of the method, summed by cluster instead of person. With few it is CR2 from the influence
// (estimate.ArmClusters), the pairs' term added, with t of
//
//	df·(V/V_CR2)²
//
// degrees of freedom: Satterthwaite's for V = V_CR2 + term, the term taken as known.
func (c *cell) summed(level float64, weight, psi []float64, on func(psi []float64) (results.Estimate, float64)) results.Estimate {
	if !c.few {
		row, _ := on(psi)
		c.named(&row)
		return row
	}
	if psi == nil {
		psi = make([]float64, c.clusters)
	}
	split := make([]float64, c.units)
	row, pairs := on(split)
	c.reduce(&row, pairs, level, weight, split, psi)
	return row
}

// summedMany is summed of several outcomes, for estimates that have no pairs; psi is wanted.
func (c *cell) summedMany(level float64, weight []float64, psi [][]float64, on func(psi [][]float64) []results.Estimate) []results.Estimate {
	if !c.few {
		rows := on(psi)
		for h := range rows {
			c.named(&rows[h])
		}
		return rows
	}
	split := make([][]float64, len(psi))
	for h := range split {
		split[h] = make([]float64, c.units)
	}
	rows := on(split)
	for h := range rows {
		c.reduce(&rows[h], 0, level, weight, split[h], psi[h])
	}
	return rows
}

// named says what an error is summed by where that is not the person.
func (c *cell) named(row *results.Estimate) {
	if c.by != nil {
		row.StdErrorType = strings.Replace(row.StdErrorType, byPersons, c.by.key, 1)
	}
}

// reduce puts the error of few clusters into a row.
func (c *cell) reduce(row *results.Estimate, pairs, level float64, weight, split, psi []float64) {
	clear(psi)
	if row.Reason != "" {
		return
	}
	a := c.shares(weight)
	if math.IsNaN(a.df) {
		// The estimate stands, as for an outcome that does not vary: what cannot be had is its error.
		row.StdError, row.ConfLow, row.ConfHigh, row.PValue = math.NaN(), math.NaN(), math.NaN(), math.NaN()
		row.Reason, row.StdErrorType = estimate.TooFewClusters, ""
		return
	}
	kind := strings.TrimSuffix(strings.TrimSuffix(row.StdErrorType, "+"+byPersons), ", "+byPersons)
	a.BiasReduced(split, psi)
	own := estimate.ClusterVariance(psi, nil, 0)
	variance, df := own+pairs, a.df
	if variance <= 0 {
		variance = own
	}
	if own > 0 {
		df = max(1, df*variance*variance/(own*own))
	}
	e := estimate.Student(row.Estimate, math.Sqrt(variance), level, df)
	row.StdError, row.ConfLow, row.ConfHigh, row.PValue, row.DF = e.StdError, e.ConfLow, e.ConfHigh, e.PValue, df
	row.StdErrorType = fmt.Sprintf("%s+%s CR2, t(%.1f)", kind, c.by.key, df)
}

// widened is an error that gives the interval of an estimate with normal quantiles: what goes on into a calculation that knows
// nothing of degrees of freedom.
func widened(e *results.Estimate, level float64) float64 { return widenedBy(e.StdError, e.DF, level) }

func widenedBy(stdError, df, level float64) float64 {
	if df == 0 {
		return stdError
	}
	return stdError * estimate.StudentQuantile(level, df) / estimate.Quantile(level)
}

// clusterDiagnostics say how many clusters the errors of a cell rest on. No cluster is named, and of their sizes no more is said
// than whether one has over half of the treated.
func (c *cell) clusterDiagnostics() []results.Diagnostic {
	a := c.designShares()
	out := []results.Diagnostic{
		{Name: "clusters_treated", Value: float64(a.Count(true)), Text: c.by.key},
		{Name: "clusters_comparison", Value: float64(a.Count(false)), Text: c.by.key},
		{Name: "clusters_effective", Value: math.Round(10*min(a.Effective(true), a.Effective(false))) / 10, Text: "of the arm with fewer: as many clusters of one size have the same spread of weight; under 40 the error is CR2 with t"},
	}
	if a.Largest(true) > .5 {
		out = append(out, results.Diagnostic{Name: "cluster_over_half", Value: 1, Text: "one " + c.by.key + " has over half of the treated"})
	}
	return out
}

// clusterWarnings say where errors by place rest on little. A number of places under limit, which may be one of persons, is not said.
func clusterWarnings(of []results.Diagnostic, limit int) []fault.Warning {
	var out []fault.Warning
	few := map[[2]string]bool{}
	for _, d := range of {
		switch cell := [2]string{d.Tiltak, d.Group}; {
		case d.Name == "clusters_treated" && d.Value < warnClusters:
			number := fmt.Sprintf("%.0f", d.Value)
			if d.Value < float64(limit) {
				number, few[cell] = fmt.Sprint("under ", limit), true
			}
			out = append(out, fault.Warnf("few_clusters", "%s × %s: treated rows are in %s of what `inference.cluster: %s` sums errors by; under %d the errors are themselves hardly known, and intervals are wide", d.Tiltak, d.Group, number, d.Text, warnClusters))
		case d.Name == "cluster_over_half" && !few[cell]:
			out = append(out, fault.Warnf("large_cluster", "%s × %s: %s; what is special about it cannot be told from the effect", d.Tiltak, d.Group, d.Text))
		}
	}
	return out
}
