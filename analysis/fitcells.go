package analysis

import (
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// Columns that cells are made of where the study names none: few, since the strata cut the rows into hundreds already.
var (
	coarsenedByDefault = []string{"alder", "kvinne", "arbeid_13_24"}
	exactByDefault     = []string{"kvinne", "utdanning", "landgruppe"}
)

// fitCells is full matching (with no distance beyond the caliper: a comparison row far from every treated one would otherwise
// join the set of the nearest, and in strata with few treated all of them do) and exact and coarsened cells inside the strata, and subclasses of a score that knows the
// stratum. The error is HC3 summed by person (docs/matching-errors.md: it is too large, since what the cells are made of
// explains the outcome too).
func (r *runner) fitCells(c *cell, m Method) (fitted, estimate.Reason, error) {
	var notes []results.Diagnostic
	var s *matching.Subclassed
	var err error
	switch m.Name {
	case full:
		d, _, n, why, e := r.distance(c, m)
		if e != nil || why != "" {
			return nil, why, e
		}
		notes = n
		in := matching.NearestInput{Score: d, Treated: c.treated, Stratum: c.cellsWith(m.Exact), Key: c.key, Base: c.weight, Leave: c.leave(m, d)}
		opt := matching.OptimalOptions{Estimand: m.estimand(), Seed: *r.study.Seed, Workers: 1}
		if m.Caliper > 0 {
			opt.Caliper = float64(m.Caliper)
			if m.CaliperUnit == "raw" {
				opt.Unit = matching.CaliperRaw
			}
			_, absolute := matching.WithinReach(d, c.treated, in.Stratum, in.Leave, opt.Caliper, opt.Unit)
			notes = append(notes, results.Diagnostic{Name: "caliper", Value: absolute, Text: "units of the distance"})
		}
		s, _, err = matching.Full(in, opt)
	case subclass:
		score, n, why, e := c.subclassScore(r, m)
		if e != nil || why != "" {
			return nil, why, e
		}
		notes = n
		s, err = matching.SubclassByScore(score, c.treated, c.weight, c.leave(m, score), m.Subclasses, m.estimand())
	default:
		cells := c.cells(m)
		if m.K2K {
			return r.fitPairsInCells(c, m, cells)
		}
		s, err = matching.ByCell(cells, c.treated, c.weight, m.estimand())
	}
	if err != nil {
		why, err := refused(err, estimate.NoOverlap)
		return nil, why, err
	}
	notes = append(notes, results.Diagnostic{Name: "cells", Value: float64(s.Cells), Text: "sets, subclasses or cells with both arms"})
	return r.newDesignFit(c, m, s.Weight, known(c, s.Weight, func(y []float64) matching.Effect { return s.Effect(y, nil, c.cluster, c.clusters) }), notes)
}

// subclassScore is the linear predictor of the score of weighting, which has the stratum in it, or a covariate.
func (c *cell) subclassScore(r *runner, m Method) ([]float64, []results.Diagnostic, estimate.Reason, error) {
	if m.Distance != linearLogit && m.Distance != "logit" {
		d, _, notes, why, err := r.distance(c, m)
		return d, notes, why, err
	}
	w, err := c.weighing(m)
	if err != nil {
		why, err := refused(err, estimate.NotConverged)
		return nil, nil, why, err
	}
	if !w.fit.Converged {
		return nil, nil, estimate.NotConverged, nil
	}
	score := make([]float64, len(c.treated))
	for i := range score {
		score[i] = w.fit.Coef[0]
		for j, x := range w.x {
			score[i] += w.fit.Coef[j+1] * x[i]
		}
	}
	return score, w.diagnostics(), "", nil
}

// cells are the strata crossed with the columns of cem, coarsened, or of exact.
func (c *cell) cells(m Method) []int32 {
	if m.Name == exact {
		names := m.Exact
		if len(names) == 0 {
			names = exactByDefault
		}
		return c.cellsWith(names)
	}
	names := m.Covariates
	if len(names) == 0 {
		names = coarsenedByDefault
	}
	columns := [][]int32{c.cellsWith(m.Exact)}
	for _, j := range c.columnsNamed(names) {
		x := c.x[j]
		if slices.ContainsFunc(x, func(v float64) bool { return v != 0 && v != 1 }) {
			columns = append(columns, matching.Coarsen(x, m.Cutpoints))
		} else {
			columns = append(columns, codes32(x))
		}
	}
	return matching.CellsOf(columns, len(c.treated), nil)
}

// fitPairsInCells has as many rows of both arms in each cell, in pairs.
func (r *runner) fitPairsInCells(c *cell, m Method, cells []int32) (fitted, estimate.Reason, error) {
	if r.reg.Persons.Weight != nil || m.estimand() != matching.ATT {
		return nil, "", notServedIn(m, "k2k", "the sampling weights of `person.vekt`, or another estimand than the att,")
	}
	matched := matching.PairInCells(cells, c.treated, c.key, *r.study.Seed)
	f, why, err := r.newDesignFit(c, m, matched.Weight, known(c, matched.Weight, func(y []float64) matching.Effect { return matched.ATT(y, nil, c.cluster, c.clusters) }), nil)
	if f, ok := f.(*designFit); ok {
		f.pairs = matched
	}
	return f, why, err
}
