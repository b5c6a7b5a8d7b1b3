package results

import (
	"math"
	"slices"
	"strings"
)

// methods takes the levels away from a method that drops some of the treated, wherever the level of those dropped, in
// its own group or in the part of a larger group outside it, would be that of a small cell, or rounds them (see blur).
// The effect stays: the mean of its own comparison is nowhere else. The method with the most starts keeps its levels.
func (w *estimateRules) methods() {
	key := func(e *Estimate) string {
		return join(e.Tiltak, e.Outcome, monthOf(e), e.Window, target(e), e.Sample, e.Definition, e.SubsetVar, e.SubsetValue)
	}
	for _, cell := range grouped(w.orig, key) {
		most := map[string]int{} // by group: the row with the most starts
		for _, i := range cell {
			e := &w.orig[i]
			if j, ok := most[e.Group]; !ok || e.NStarts > w.orig[j].NStarts {
				most[e.Group] = i
			}
		}
		byMethod := grouped(cell, func(i *int) string { e := &w.orig[*i]; return join(e.Method, e.CovariateSet) })
		for _, places := range byMethod {
			drops := map[string]dropped{}
			for _, p := range places {
				e := &w.orig[cell[p]]
				drops[e.Group] = newDropped(&w.orig[most[e.Group]], e)
			}
			bad := map[string]bool{}
			for _, p := range places {
				e := &w.orig[cell[p]]
				own := drops[e.Group]
				if own.starts == 0 {
					continue
				}
				bad[e.Group] = w.hidden[cell[p]] || w.smallDrop(own)
				for g, d := range drops {
					if w.nest[e.Group][g] || w.nest[g][e.Group] {
						bad[e.Group] = bad[e.Group] || w.smallDrop(d.less(own))
					}
				}
			}
			tiltak := w.orig[cell[0]].Tiltak
			for spread := true; spread; { // what is missing in one part of a sum can be had from the others
				spread = false
				for _, part := range w.parts[tiltak] {
					touched := bad[part.total] || slices.ContainsFunc(part.parts, func(g string) bool { return bad[g] })
					for _, g := range append([]string{part.total}, part.parts...) {
						if touched && drops[g].starts > 0 && !bad[g] {
							bad[g], spread = true, true
						}
					}
				}
			}
			for _, p := range places {
				i := cell[p]
				e := &w.rows[i]
				if !bad[e.Group] || math.IsNaN(e.MeanTreated) {
					continue
				}
				w.blur(e, most[e.Group], drops[e.Group].starts)
				if math.IsNaN(e.MeanTreated) {
					w.note("estimates", "level of a method that drops some")
				} else {
					w.note("estimates", "level rounded, since a method drops some")
				}
			}
		}
	}
}

// blur rounds the levels of a method that drops starts so far that they tell nothing about those dropped, and takes them
// away where no rounding up to five percentage points does. The levels of all starts being known, the levels of those
// kept can take one value for each number of the dropped with the outcome, 0 to all of them; where all these values, and
// what they make of the comparison given the effect, round to the same, a reader learns nothing from them. Only for 0/1
// outcomes: the wage of those dropped has no bound.
func (w *estimateRules) blur(e *Estimate, most, starts int) {
	full := &w.orig[most]
	treated, comparison := e.MeanTreated, e.MeanComparison
	e.MeanTreated, e.MeanComparison = math.NaN(), math.NaN()
	if e.OnesTreated < 0 || math.IsNaN(full.MeanTreated) || w.hidden[most] || e.NStarts <= 0 || math.IsNaN(e.Estimate) {
		return
	}
	ones := math.Round(full.MeanTreated * float64(full.NStarts))
	for _, unit := range []float64{0.005, 0.01, 0.02, 0.05} {
		round := func(x float64) float64 { return math.Round(x/unit) * unit }
		same := true
		for d := 0; d <= starts; d++ {
			t := (ones - float64(d)) / float64(e.NStarts)
			same = same && math.Round(t/unit) == math.Round(treated/unit) && math.Round((t-e.Estimate)/unit) == math.Round(comparison/unit)
		}
		if same && round(treated) > 0 && round(treated) < 1 && round(comparison) > 0 && round(comparison) < 1 { // 0 % would be read as nobody
			e.MeanTreated, e.MeanComparison = round(treated), round(comparison)
			return
		}
	}
}

// dropped counts what a method drops of the treated of a cell; ones and zeros are negative where the outcome is not 0/1.
type dropped struct{ starts, persons, ones, zeros int }

func newDropped(full, e *Estimate) dropped {
	d := dropped{full.NStarts - e.NStarts, full.NPersonsTreated - e.NPersonsTreated, -1, -1}
	if full.OnesTreated >= 0 && e.OnesTreated >= 0 {
		d.ones, d.zeros = full.OnesTreated-e.OnesTreated, full.ZerosTreated-e.ZerosTreated
	}
	return d
}

// less is the larger of two drops without the smaller.
func (d dropped) less(o dropped) dropped {
	if o.starts > d.starts {
		d, o = o, d
	}
	out := dropped{d.starts - o.starts, d.persons - o.persons, -1, -1}
	if d.ones >= 0 && o.ones >= 0 {
		out.ones, out.zeros = max(0, d.ones-o.ones), max(0, d.zeros-o.zeros)
	}
	return out
}

func (w *estimateRules) smallDrop(d dropped) bool {
	return d.starts > 0 && (d.persons < w.min || w.rare(d.ones) || w.rare(d.zeros))
}

// target is whom an estimate is about, without the mark that some of them were dropped: estimates that drop some are the very
// ones that can be compared with those that do not.
func target(e *Estimate) string {
	t, _, _ := strings.Cut(e.Estimand, "_")
	return t
}
