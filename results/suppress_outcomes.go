package results

import (
	"math"
	"slices"
	"strings"
)

// mostLag is how many months back an outcome is looked for that a later one lies inside: stable work in month h is work in each
// month of its window.
const mostLag = 11

// kindOf is an outcome by one definition.
type kindOf struct{ outcome, definition string }

// outcomeLevel is what a row of the estimates tells of a 0/1 outcome: how many starts have it, and how many rows of a comparison that is
// matched one to one; −1 where it tells no number.
type outcomeLevel struct{ row, treated, comparison int }

// told is a level that tells of few: the row whose level goes, the rows of the two outcomes, and how many starts.
type told struct {
	lose, inner, outer, starts int
	outside                    bool // of those who are not in the group of the rows, as everybody less the group
}

// nestedOutcomes finds what the levels of outcomes that lie inside each other tell: who is in work and not in stable work, who meets
// one definition and not a stricter one. An outcome is taken to lie inside another, in the same month or some months before, where
// no row that is shown speaks against it: the starts being the same, it has nowhere more. What is left is then a number of
// starts, in a group and, less that of the group, in everybody else; 1 to limit−1 of them are few.
//
// The level that goes is that of the rival definition, else that of the outcome without a family of hypotheses, else of the later one in
// the study. The effect stays: the level of its comparison is unknown.
func nestedOutcomes(rows []Estimate, limit int) []told {
	rows = counted(rows)
	type place struct {
		cell  string // all but outcome, definition and month
		month int
	}
	at := map[kindOf]map[place]outcomeLevel{}
	var kinds []kindOf
	rank := map[kindOf]int{}
	cellOf := func(e *Estimate, group string) string {
		return join(e.Tiltak, group, e.Method, target(e), e.Comparison, e.LaterEntry, e.Sample, e.CovariateSet, e.SubsetVar, e.SubsetValue, e.NStarts)
	}
	all := map[string]int{} // starts of everybody
	for i := range rows {
		e := &rows[i]
		k := kindOf{e.Outcome, e.Definition}
		if _, seen := at[k]; !seen {
			at[k] = map[place]outcomeLevel{}
			kinds = append(kinds, k)
			rank[k] = 4 * len(kinds)
			if e.Role != "primary" {
				rank[k] += 1 << 20
			}
			rank[k] += 1 << 10
		}
		if e.Family != "" {
			rank[k] &^= 1 << 10
		}
		if e.Month == nil || e.Window != "" || e.OnesTreated < 0 || strings.HasSuffix(e.Group, "=*") { // see withFamilies: nobody sees it
			continue
		}
		level := outcomeLevel{i, e.OnesTreated, -1}
		n := float64(e.NStarts)
		if ones := math.Round(e.MeanComparison * n); e.NPersonsComparison <= e.NStarts && math.Abs(e.MeanComparison*n-ones) < 1e-9*n {
			level.comparison = int(ones)
		}
		at[k][place{cellOf(e, e.Group), *e.Month}] = level
		if e.Group == everybody {
			all[cellWithoutStarts(e)] = e.NStarts
		}
	}
	var out []told
	for _, a := range kinds {
		for _, b := range kinds {
			for lag := 0; a != b && lag <= mostLag; lag++ {
				var pairs [][2]outcomeLevel
				inside := true
				for p, x := range at[a] {
					if y, ok := at[b][place{p.cell, p.month - lag}]; ok {
						inside = inside && x.treated <= y.treated && (x.comparison < 0 || y.comparison < 0 || x.comparison <= y.comparison)
						pairs = append(pairs, [2]outcomeLevel{x, y})
					}
				}
				if !inside || len(pairs) == 0 {
					break // nor inside an earlier month
				}
				slices.SortFunc(pairs, func(p, q [2]outcomeLevel) int { return p[0].row - q[0].row })
				for _, p := range pairs {
					x, y := p[0], p[1]
					lose := y.row
					if rank[a] > rank[b] {
						lose = x.row
					}
					few := func(d int) bool { return d > 0 && d < limit }
					d := y.treated - x.treated
					if few(d) || x.comparison >= 0 && y.comparison >= 0 && few(y.comparison-x.comparison) {
						if !few(d) {
							d = y.comparison - x.comparison
						}
						out = append(out, told{lose, x.row, y.row, d, false})
						continue
					}
					e := &rows[x.row]
					if e.Group == everybody {
						continue
					}
					whole := *e
					whole.NStarts = all[cellWithoutStarts(e)]
					cell := cellOf(&whole, everybody)
					X, okX := at[a][place{cell, *e.Month}]
					Y, okY := at[b][place{cell, *e.Month - lag}]
					if rest := Y.treated - X.treated - d; okX && okY && few(rest) {
						out = append(out, told{lose, x.row, y.row, rest, true})
					}
				}
			}
		}
	}
	return out
}

// cellWithoutStarts is the cell of everybody that a row belongs to.
func cellWithoutStarts(e *Estimate) string {
	return join(e.Tiltak, e.Method, target(e), e.Comparison, e.LaterEntry, e.Sample, e.CovariateSet, e.SubsetVar, e.SubsetValue)
}

// nestedOutcomes takes levels away until no two outcomes tell of few. It comes after all that hides estimates: what is hidden tells
// nothing.
func (w *estimateRules) nestedOutcomes() {
	for changed := true; changed; {
		changed = false
		for _, t := range nestedOutcomes(w.rows, w.min) {
			if e := &w.rows[t.lose]; !math.IsNaN(e.MeanTreated) {
				e.MeanTreated, e.MeanComparison = math.NaN(), math.NaN()
				w.note("estimates", "level beside that of an outcome around it")
				changed = true
			}
		}
	}
}

// outcomes looks for the same.
func (a *attacker) outcomes(rows []Estimate) {
	for _, t := range nestedOutcomes(rows, a.min) {
		x, y := &rows[t.inner], &rows[t.outer]
		who := "starts"
		if t.outside {
			who = "starts of the others"
		}
		a.hit("%s: %d %s have %s in month %d and not this", nameOf(x), t.starts, who, name(y), *y.Month)
	}
}

// name is an outcome by its definition.
func name(e *Estimate) string {
	if e.Definition == "" || e.Definition == "main" {
		return e.Outcome
	}
	return e.Outcome + " (" + e.Definition + ")"
}
