package analysis

import (
	"math"
	"slices"

	"tiltakseffekt/results"
)

// Readjusted is a copy of the estimates with p-values adjusted over another family than that of the study: what an experiment on
// many registers asks of one run. A simultaneous family must lie inside the one that the run was made with, since influence is
// kept for its members alone; members without it get no adjusted value.
func (out *Result) Readjusted(in Inference, seed uint64) []results.Estimate {
	rows := slices.Clone(out.Tables.Estimates)
	nan := math.NaN()
	for i := range rows {
		rows[i].PAdjusted, rows[i].FamilyLow, rows[i].FamilyHigh, rows[i].Family = nan, nan, nan, ""
	}
	adjust(rows, in, out.joint, seed)
	return rows
}
