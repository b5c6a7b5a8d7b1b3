package matching

import (
	"tiltakseffekt/internal/fault"
)

// adjust matches or weights as the specification says.
func (r *Report) adjust(d *Data) (adjusted, error) {
	s := r.Spec
	if s.BiasAdjust && s.Method != "radius" && (s.Method != "nearest" || !s.Nearest.Replace && s.Like != "matching") {
		return nil, fault.Usagef("bad_flag", "`--bias-adjust` goes with `--replace` (or `--method radius`); without replacement `--adjust regression` takes out what matches differ in")
	}
	if s.StdError == "bootstrap" && s.Method != "radius" && (s.Method != "nearest" || !s.Nearest.Replace && s.Like != "matching") {
		return nil, fault.Usagef("bad_flag", "`--se bootstrap` goes with matching with replacement or within a radius; for other methods leave `--se` out")
	}
	if s.Like == "matching" {
		return r.likeMatching(d)
	}
	switch s.Method {
	case "nearest":
		return r.nearest(d)
	case "optimal", "full":
		return r.optimal(d)
	case "subclass":
		return r.subclass(d)
	case "cem", "exact":
		cells := CellsOf(withStratum(d), len(d.Treated), r.leave)
		if s.EqualCells {
			return r.equalCells(d, cells)
		}
		c, err := ByCell(cells, d.Treated, d.Base, s.Estimand)
		return cellsAdjusted{c}, err
	case "ipw", "overlap":
		return r.weighting(d)
	case "ebal":
		return r.entropy(d)
	case "aipw":
		return r.augmented(d)
	case "cbps":
		return r.covariateBalancing(d)
	case "radius":
		return r.radius(d)
	case "none":
		w := make([]float64, len(d.Treated))
		for i := range w {
			w[i] = 1
			if d.Base != nil {
				w[i] = d.Base[i]
			}
		}
		if d.Set != nil {
			return newGivenSets(w, d.Treated, d.Set)
		}
		return plainWeights{w, d.Treated}, nil
	}
	return nil, notServed("`--method " + s.Method + "`")
}

// equalCells pairs the rows of each cell.
func (r *Report) equalCells(d *Data, cells []int32) (adjusted, error) {
	if d.Base != nil || d.Unit != nil || r.Spec.Estimand != ATT {
		return nil, fault.Usagef("bad_flag", "equal cells (`--k2k`) are pairs of rows for the att: they take no weights, no repeated ids and no other estimand; leave `--k2k` out")
	}
	key := d.Key
	if key == nil && r.Spec.Like != "matchit" {
		key = make([]uint64, len(cells))
		for i := range key {
			key[i] = uint64(i)
		}
	}
	if r.Spec.Like == "matchit" {
		key = nil
	}
	m := PairInCells(cells, d.Treated, key, r.Spec.Seed)
	if len(m.Pairs) == 0 {
		return nil, fault.Dataf("no_overlap", "", "", "no cell has rows of both groups; use fewer or coarser columns")
	}
	r.Matched = m
	return &matchedRows{Matched: m}, nil
}

func withStratum(d *Data) [][]int32 {
	if d.Stratum == nil {
		return d.Cells
	}
	return append([][]int32{d.Stratum}, d.Cells...)
}

func (r *Report) nearest(d *Data) (adjusted, error) {
	s := r.Spec
	opt := s.Nearest
	opt.Estimand, opt.Seed, opt.Workers, opt.LikeMatchIt = s.Estimand, s.Seed, s.Workers, s.Like == "matchit"
	in := NearestInput{Score: r.Distance, Treated: d.Treated, Stratum: d.Stratum, Unit: d.Unit, Key: d.Key, Base: d.Base, Leave: r.leave,
		Calipers: d.Calipers, AntiExact: d.AntiExact}
	if metric, ok := metricOf(s.Distance); ok {
		x := d.Spatial
		if x == nil {
			x = d.X
		}
		var err error
		if s.Like == "matchit" {
			in.Points, in.PointOrder, err = WhitenLikeMatchIt(x, d.Treated, metric)
		} else {
			in.Points, err = Whiten(x, d.Treated, metric)
		}
		if err != nil {
			return nil, err
		}
		if !s.needsScore() {
			in.Score = nil
		}
	}
	points := in.Points
	if points == nil {
		points = [][]float64{r.Distance}
	}
	if s.Estimand == ATE && opt.Replace && s.Like == "" {
		return r.bothWays(in, opt, d, points)
	}
	m, err := Nearest(in, opt)
	if err != nil {
		return nil, err
	}
	if len(m.Pairs) == 0 {
		return nil, fault.Dataf("no_overlap", "", "", "no row found a match; widen the caliper or match exactly on fewer columns")
	}
	r.Matched = m
	return &matchedRows{Matched: m, points: points, biasAdjust: s.BiasAdjust, score: r.scoreAlone(d)}, nil
}

func (r *Report) optimal(d *Data) (adjusted, error) {
	s := r.Spec
	if _, spatial := metricOf(s.Distance); spatial {
		return nil, fault.Usagef("bad_flag", "`--method %s` goes by a score; distances between covariates go with `--method nearest`", s.Method)
	}
	in := NearestInput{Score: r.Distance, Treated: d.Treated, Stratum: d.Stratum, Unit: d.Unit, Key: d.Key, Base: d.Base, Leave: r.leave,
		Calipers: d.Calipers, AntiExact: d.AntiExact}
	opt := OptimalOptions{Estimand: s.Estimand, Ratio: s.Nearest.Ratio, Caliper: s.Nearest.Caliper, Unit: s.Nearest.CaliperUnit, Seed: s.Seed, Workers: s.Workers}
	if s.Method == "full" {
		c, _, err := Full(in, opt)
		return cellsAdjusted{c}, err
	}
	m, err := Optimal(in, opt)
	if err != nil {
		return nil, err
	}
	if len(m.Pairs) == 0 {
		return nil, fault.Dataf("no_overlap", "", "", "no row found a match; widen the caliper or match exactly on fewer columns")
	}
	r.Matched = m
	return &matchedRows{Matched: m}, nil
}

// likeMatching is matching with replacement that keeps every tied match at equal weight, as Matching::Match does.
func (r *Report) likeMatching(d *Data) (adjusted, error) {
	s := r.Spec
	switch {
	case s.Method != "nearest":
		return nil, fault.Usagef("bad_flag", "`--like matching` goes with `--method nearest`, not `%s`", s.Method)
	case d.Base != nil || d.Stratum != nil || d.Unit != nil || s.Nearest.ReuseMax > 0 || s.Discard != DiscardNone:
		return nil, notServed("`--like matching` with weights, exact columns, repeated ids, `--reuse-max` or `--discard`")
	}
	points := [][]float64{r.Distance}
	if metric, ok := metricOf(s.Distance); ok {
		if points = d.Spatial; points == nil {
			points = d.X
		}
		if metric != ScaledEuclidean && metric != Mahalanobis {
			return nil, notServed("`--like matching --distance " + s.Distance + "`")
		}
	}
	in := TiedInput{Points: make([][]float64, len(points)), Treated: d.Treated, Z: points}
	opt := TiedOptions{Estimand: s.Estimand, Matches: s.Nearest.Ratio, Slack: 1e-5, Neighbours: -1, BiasAdjust: s.BiasAdjust}
	for j, x := range points {
		sd := pooledSD(x, nil)
		if sd == 0 {
			return nil, fault.Dataf("constant_columns", "", nameOf(d.Names, j), "`%s` is constant; leave it out", nameOf(d.Names, j))
		}
		in.Points[j] = make([]float64, len(x))
		for i, v := range x {
			in.Points[j][i] = v / sd
		}
		if c := s.Nearest.Caliper; c > 0 {
			if s.Nearest.CaliperUnit == CaliperRaw {
				c /= sd
			}
			opt.Reach = append(opt.Reach, c)
		}
	}
	if s.Distance == Mahalanobis.String() {
		if opt.Reach != nil {
			return nil, notServed("`--caliper` with `--like matching --distance mahalanobis`")
		}
		n := float64(len(d.Treated))
		cov := covariance(in.Points, d.Treated, false)
		for i := range cov {
			cov[i] *= (n - 1) / n
		}
		in.Points = whitenBy(in.Points, cov)
	}
	t, err := MatchTied(in, opt)
	if err != nil {
		return nil, err
	}
	return &tiedRows{Tied: t, weight: t.Weight()}, nil
}

func (r *Report) subclass(d *Data) (adjusted, error) {
	count := r.Spec.Subclasses
	if count == 0 {
		count = 6
	}
	if d.Stratum != nil {
		return nil, fault.Usagef("bad_flag", "`--exact` goes with matching and cells; with `--method subclass` name the columns in `--covariates` as factors, or use `--method cem`")
	}
	c, err := SubclassByScore(r.Distance, d.Treated, d.Base, r.leave, count, r.Spec.Estimand)
	return cellsAdjusted{c}, err
}

// wrongError refuses an error that does not go with the method.
func wrongError(stdError, method, serves string) error {
	return fault.Usagef("bad_flag", "`--se %s` does not go with %s, which takes %s", stdError, method, serves)
}

type cellsAdjusted struct{ *Subclassed }

func (c cellsAdjusted) weights() []float64  { return c.Weight }
func (c cellsAdjusted) subclasses() []int32 { return c.Subclass }
func (c cellsAdjusted) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	switch stdError {
	case "auto":
		return c.Effect(y, obs, d.Cluster, d.Clusters), nil
	case "pair":
		return c.ByPair(y, obs, d.Cluster, d.Clusters), nil
	case "robust":
		return WeightedDifference(c.Weight, c.Treated, y, obs, d.Cluster, d.Clusters), nil
	}
	return Effect{}, wrongError(stdError, "cells", "auto (HC3), pair and robust")
}

// plainWeights is the raw comparison.
type plainWeights struct {
	weight  []float64
	treated []bool
}

func (p plainWeights) weights() []float64  { return p.weight }
func (p plainWeights) subclasses() []int32 { return nil }
func (p plainWeights) effect(y, obs []float64, d *Data, stdError string) (Effect, error) {
	switch stdError {
	case "auto", "robust":
		return WeightedDifference(p.weight, p.treated, y, obs, d.Cluster, d.Clusters), nil
	}
	return Effect{}, wrongError(stdError, "no adjustment", "auto and robust")
}
