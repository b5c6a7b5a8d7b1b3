package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// heldWithin is how far, in standard errors, a figure of a split may lie from that of its run: both are sums of the same numbers, in another
// order or on another processor.
const heldWithin = 1e-6

// SplitRuns divides the difference between two runs: it reads their register once, for both studies, and splits (see Split). The
// first and last combination must be the figures of the runs; where they are not, something has changed since the runs were made, and the
// split would explain another difference. Rounded and hidden figures are not held to it.
//
// Errors: runs of different registers, no tiltak in common, figures that are not those of the runs.
func SplitRuns(ctx context.Context, runs [2]*Evaluation, studies [2]*Study, opt Options) ([]SplitRow, error) {
	if !runs[0].sharesPersons(runs[1]) {
		return nil, fault.Usagef("other_data", "the runs read different registers: a difference is split on one register, which both have read")
	}
	reg, cat, err := studies[0].Register(ctx, opt, studies[1])
	if err != nil {
		return nil, err
	}
	rows, err := Split(ctx, studies[0], studies[1], reg, cat, opt)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.Usagef("no_common_tiltak", "the studies have no tiltak in common: %s has %s, and %s has %s", runs[0].Label, strings.Join(studies[0].Tiltak.IDs, ", "), runs[1].Label, strings.Join(studies[1].Tiltak.IDs, ", "))
	}
	for i, e := range runs {
		if err := e.holds(rows, i, studies[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// SplitAtLevel gives the intervals of a split another level than that of the first study.
func SplitAtLevel(rows []SplitRow, level float64) []SplitRow {
	rows = slices.Clone(rows)
	for i := range rows {
		r := &rows[i]
		r.Parts, r.Combinations = slices.Clone(r.Parts), slices.Clone(r.Combinations)
		for k := range r.Parts {
			p := &r.Parts[k]
			p.Estimate = estimate.Normal(p.Estimate.Estimate, p.StdError, level)
		}
		for k := range r.Combinations {
			c := &r.Combinations[k]
			x := estimate.Student(c.Estimate.Estimate, c.StdError, level, c.DF)
			if !(c.DF > 0) {
				x = estimate.Normal(c.Estimate.Estimate, c.StdError, level)
			}
			c.ConfLow, c.ConfHigh = x.ConfLow, x.ConfHigh
		}
	}
	return rows
}

// holds tells whether one end of a split, 0 or 1, is what the run says.
func (e *Evaluation) holds(rows []SplitRow, end int, s *Study) error {
	if e.Run.Round > 0 {
		return nil
	}
	f := s.Inference.Family // of one outcome, month and method: a split is refused without them
	for _, row := range rows {
		if len(row.Combinations) == 0 {
			continue
		}
		c, group := row.Combinations[0], row.GroupA
		if end == 1 {
			c, group = row.Combinations[len(row.Combinations)-1], row.GroupB
		}
		at := slices.IndexFunc(e.Tables.Estimates, func(x results.Estimate) bool {
			return f.has(&x) && x.Tiltak == row.Tiltak && x.Group == group && x.Outcome == f.Outcome && x.Method == f.Method && *x.Month == f.Month
		})
		if at < 0 || math.IsNaN(e.Tables.Estimates[at].Estimate) || math.IsNaN(c.Estimate.Estimate) {
			continue
		}
		if own := e.Tables.Estimates[at]; math.Abs(own.Estimate-c.Estimate.Estimate) > heldWithin*own.StdError {
			study := "its study"
			if text, err := s.canonical(); err == nil {
				if keys := differingKeys(text, e.Run.Resolved); len(keys) > 0 {
					study = fmt.Sprintf("its study (`%s`)", strings.Join(keys[:min(3, len(keys))], "`, `"))
				}
			}
			return fault.Usagef("run_changed", "run %s says %.5f of %s and %s, and its study gives %.5f now: %s, the register, a catalogue or the program has changed since; run it again", e.Label, own.Estimate, row.Tiltak, group, c.Estimate.Estimate, study)
		}
	}
	return nil
}
