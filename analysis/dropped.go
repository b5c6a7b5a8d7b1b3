package analysis

import (
	"cmp"
	"math"
	"slices"

	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// mostDropped is how many covariates are named in which the starts that a method dropped differ from those it kept.
const mostDropped = 5

// droppedDiagnostics say in what the treated rows without weight differ most from those with: the mean of the dropped less that
// of the kept, in standard deviations of all of them, largest first. Nothing is said where either are few persons, nor of a
// covariate (a trait, a share of months, an amount) that few persons of either have, or of a share that few have not in full: a mean
// would tell about each of them.
func (c *cell) droppedDiagnostics(weight []float64, limit int) []results.Diagnostic {
	persons := func(pass func(i int) bool) int {
		return c.countPersons(func(i int) bool { return c.treated[i] && pass(i) })
	}
	kept := func(i int) bool { return weight[i] > 0 }
	dropped := func(i int) bool { return !kept(i) }
	limit = max(limit, 2)
	if persons(kept) < limit || persons(dropped) < limit {
		return nil
	}
	rows := matching.CompareDropped(c.x, c.names, func(i int) bool { return c.treated[i] }, kept, len(c.treated))
	var out []results.Diagnostic
	for j, r := range rows {
		unit := !slices.ContainsFunc(c.x[j], func(v float64) bool { return v < 0 || v > 1 })
		few := false
		for _, side := range []func(int) bool{kept, dropped} {
			few = few || persons(func(i int) bool { return side(i) && c.x[j][i] != 0 }) < limit ||
				unit && persons(func(i int) bool { return side(i) && c.x[j][i] != 1 }) < limit
		}
		if few || !(math.Abs(r.SMD) >= 0.1) {
			continue
		}
		out = append(out, results.Diagnostic{Name: "dropped_smd_" + r.Variable, Value: math.Round(10*r.SMD) / 10,
			Text: "mean of the starts dropped less that of those kept, in standard deviations, to one decimal"})
	}
	slices.SortStableFunc(out, func(a, b results.Diagnostic) int { return cmp.Compare(math.Abs(b.Value), math.Abs(a.Value)) })
	return out[:min(len(out), mostDropped)]
}
