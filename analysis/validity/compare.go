package validity

import (
	"context"
	"math"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/datasets/simulate/truth"
	"tiltakseffekt/results"
)

// Compared is a row of the estimates table with the true effect beside it.
type Compared struct {
	results.Estimate
	Truth     float64 // on the starts that were analysed
	TruthUsed float64 // on those that the method kept
}

// Covers tells whether the interval holds the truth of the starts analysed; ok is false where there is no interval or no
// truth, as in a suppressed cell.
func (c *Compared) Covers() (covers, ok bool) {
	if math.IsNaN(c.ConfLow) || math.IsNaN(c.ConfHigh) || math.IsNaN(c.Truth) {
		return false, false
	}
	return c.ConfLow <= c.Truth && c.Truth <= c.ConfHigh, true
}

// Compare puts the truth beside each estimate of a study that was run on a simulated register. The register is drawn again
// from its options. The run folder does not hold the starts behind each figure: where the run was made before, they are
// found again by the study's own design.
func Compare(ctx context.Context, s *analysis.Study, opt simulate.Options, run *analysis.FolderResult, workers int) ([]Compared, error) {
	opt.Counterfactual = true
	sim, err := simulate.Generate(ctx, opt)
	if err != nil {
		return nil, err
	}
	reg, result := run.Register, run.Result
	if result == nil {
		again := *s
		again.OnlyMonths = []int{} // who is analysed, and no effects
		var cat *catalog.Catalog
		if reg, cat, err = s.Register(ctx, analysis.Options{Workers: workers}); err != nil {
			return nil, err
		}
		if result, err = analysis.Estimate(ctx, &again, reg, cat, analysis.Options{Workers: workers}); err != nil {
			return nil, err
		}
	}
	known, err := truth.New(reg, sim.Paths)
	if err != nil {
		return nil, err
	}
	defs := map[string]*outcome.Definition{}
	for i, o := range s.Outcomes {
		defs[o.ID] = result.Outcomes[i]
	}
	type key struct{ tiltak, group, method, outcome string }
	type pair struct{ analysed, used []float64 }
	found := map[key]pair{}
	for _, c := range result.Cells {
		def := defs[c.Outcome]
		var p pair
		if p.analysed, err = known.Effects(def, c.Analysed, reference(s.Comparison.LaterEntry), s.Horizon); err != nil {
			return nil, err
		}
		if p.used, err = known.Effects(def, c.Used, reference(s.Comparison.LaterEntry), s.Horizon); err != nil {
			return nil, err
		}
		found[key{c.Tiltak, c.Group, c.Method, c.Outcome}] = p
	}
	out := make([]Compared, 0, len(run.Tables.Estimates))
	for _, e := range run.Tables.Estimates {
		c := Compared{e, math.NaN(), math.NaN()}
		if p, ok := found[key{e.Tiltak, e.Group, e.Method, e.Outcome}]; ok && e.Month != nil {
			c.Truth, c.TruthUsed = p.analysed[*e.Month-1], p.used[*e.Month-1]
		}
		out = append(out, c)
	}
	return out, nil
}
