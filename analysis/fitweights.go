package analysis

import (
	"fmt"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

func notServedIn(m Method, key, what string) error {
	return fault.Usagef("not_served", "`%s` of %s does not go with %s which it cannot take; leave it out", key, m.ID, what)
}

func (w *weighing) diagnostics() []results.Diagnostic {
	penalised, text := 0., ""
	if w.fit.Penalised {
		penalised, text = 1, "the groups separate in "+strings.Join(w.separated, ", ")+": logit with Firth's penalty"
	}
	return []results.Diagnostic{
		{Name: "score_iterations", Value: float64(w.fit.Iterations)},
		{Name: "score_columns_dropped", Value: float64(len(w.fit.Dropped)), Text: "constant or collinear"},
		{Name: "score_penalised", Value: penalised, Text: text},
	}
}

// fitWeights is inverse-probability, overlap and matching weighting by a score with the stratum in it; the error takes in
// that the score was estimated and sums influence by person.
func (r *runner) fitWeights(c *cell, m Method) (fitted, estimate.Reason, error) {
	w, err := c.weighing(m)
	if err != nil {
		why, err := refused(err, estimate.NotConverged)
		return nil, why, err
	}
	if !w.fit.Converged {
		return nil, estimate.NotConverged, nil
	}
	leave, why, err := c.trim(m, w)
	if err != nil || why != "" {
		return nil, why, err
	}
	b, err := w.sums.Batch(w.x, c.treated, c.weight, w.person, leave, m.estimand())
	if err != nil {
		why, err := refused(err, estimate.NoOverlap)
		return nil, why, err
	}
	notes := append(w.diagnostics(), results.Diagnostic{Name: "largest_weight_share", Value: largestShare(c, b.Weight)})
	if leave != nil {
		out := 0
		for _, l := range leave {
			if l {
				out++
			}
		}
		notes = append(notes, results.Diagnostic{Name: "trimmed", Value: float64(out), Text: "rows outside the support asked for, left without weight"})
	}
	sums := make([]float64, w.sums.Persons())
	on := func(y, psi []float64) matching.Effect {
		if psi == nil {
			return b.Effect(y)
		}
		e := b.Influence(y, sums)
		if c.few && c.pooled != nil {
			e.SetTerm = c.splitPooled(sums, psi)
			return e
		}
		for i, p := range w.person { // the persons of the fit may be more than those of the cell
			psi[c.unit[i]] = sums[p]
		}
		return e
	}
	return r.newDesignFit(c, m, b.Weight, on, notes)
}

// splitPooled writes the influence of the places of a cell of few by cluster and arm, from sums by place and arm of a score that is fitted to
// all groups. Places without a row in the cell have influence through the score alone: it returns the sum of their squares, which goes
// into the squared error as it is.
func (c *cell) splitPooled(sums, psi []float64) (outside float64) {
	in := make([]bool, c.by.count)
	for g, place := range c.numbers {
		in[place] = true
		psi[2*g], psi[2*g+1] = sums[2*place], sums[2*place+1]
	}
	for place := range in {
		if v := sums[2*place] + sums[2*place+1]; !in[place] {
			outside += v * v
		}
	}
	return outside
}

// trim marks the rows whose score is too near what the estimand divides by: above 1 − trim for the att and the ate, under
// trim for the atc and the ate; or outside the common support that `discard` asks for. nil: none.
func (c *cell) trim(m Method, w *weighing) ([]bool, estimate.Reason, error) {
	if m.Trim == 0 && m.Discard == "" {
		return nil, "", nil
	}
	b, err := w.sums.Batch(w.x, c.treated, c.weight, w.person, nil, matching.ATO) // for the scores
	if err != nil {
		why, err := refused(err, estimate.NoOverlap)
		return nil, why, err
	}
	leave := c.leave(m, b.Score)
	if m.Trim == 0 {
		return leave, "", nil
	}
	if leave == nil {
		leave = make([]bool, len(b.Score))
	}
	e := m.estimand()
	for i, p := range b.Score {
		leave[i] = leave[i] || p > 1-m.Trim && e != matching.ATC || p < m.Trim && e != matching.ATT
	}
	return leave, "", nil
}

// fitAugmented is augmented weighting with cross-fitting: score, with the stratum in it, and outcome regressions of a person
// come from the other folds.
func (r *runner) fitAugmented(c *cell, m Method) (fitted, estimate.Reason, error) {
	x, names := c.design(m)
	x, names = append(append([][]float64(nil), x...), c.odds()), append(append([]string(nil), names...), stratumOdds)
	key := make([]uint64, len(c.row)) // all rows of a person are in one fold
	for i, row := range c.row {
		key[i] = uint64(r.trials.Rows.Person[row])
	}
	a, err := matching.NewAIPW(x, c.treated, c.weight, matching.AIPWOptions{Estimand: m.estimand(), Folds: m.Folds, Key: key, Seed: *r.study.Seed, Names: names, Clip: clip, Workers: 1})
	if err != nil {
		why, err := refused(err, estimate.NoOverlap)
		return nil, why, err
	}
	notes := []results.Diagnostic{{Name: "folds", Value: float64(m.Folds)}, {Name: "largest_weight_share", Value: largestShare(c, a.Weight)}}
	on := func(y, psi []float64) matching.Effect {
		e, rows, err := a.Influence(y, nil, c.cluster, c.clusters)
		if err != nil {
			e = matching.Effect{Reason: estimate.Singular}
		}
		if psi != nil {
			byPerson(rows, c.unit, psi)
		}
		return e
	}
	if a.Clipped > 0 {
		notes = append(notes, results.Diagnostic{Name: "clipped", Value: float64(a.Clipped), Text: fmt.Sprintf("rows whose score from the other folds was within %g of an end and is taken as that", clip)})
	}
	return r.newDesignFit(c, m, a.Weight, on, notes)
}

// clip is how near a cross-fitted score may come to the end that it is divided by: a fold may hold all that is like a row (Bach, Kurz,
// Chernozhukov, Spindler and Klaassen 2024, J. Statistical Software 108:3, have the same).
const clip = 0.01

// fitBalancingScore is the covariate-balancing score for the ate.
func (r *runner) fitBalancingScore(c *cell, m Method) (fitted, estimate.Reason, error) {
	x, names := c.design(m)
	x, names = append(append([][]float64(nil), x...), c.odds()), append(append([]string(nil), names...), stratumOdds)
	s, err := matching.CBPS(x, c.treated, c.weight, matching.CBPSOptions{Names: names, Workers: 1})
	if err != nil {
		why, err := refused(err, estimate.NoOverlap)
		return nil, why, err
	}
	if !s.Converged {
		return nil, estimate.NotConverged, nil
	}
	on := func(y, psi []float64) matching.Effect {
		if psi != nil {
			byPerson(s.Influence(y, nil), c.unit, psi)
		}
		return s.Effect(y, nil, c.cluster, c.clusters)
	}
	return r.newDesignFit(c, m, s.Weight, on,
		[]results.Diagnostic{{Name: "iterations", Value: float64(s.Iterations)}, {Name: "imbalance", Value: s.Imbalance, Text: "largest difference of means in standard deviations"},
			{Name: "largest_weight_share", Value: largestShare(c, s.Weight)}})
}

// fitNone compares within the strata and adjusts for nothing else: what the design alone does.
func (r *runner) fitNone(c *cell, m Method) (fitted, estimate.Reason, error) {
	weight := c.designWeights(matching.ATT)
	return r.newDesignFit(c, m, weight, known(c, weight, func(y []float64) matching.Effect {
		return matching.WeightedDifference(weight, c.treated, y, nil, c.cluster, c.clusters)
	}), nil)
}
