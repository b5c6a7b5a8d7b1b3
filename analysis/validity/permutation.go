package validity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/results"
)

// PermutationRow is how often the permutation test of a study's small cells and the normal test of the same figures reject at 5 %, on
// registers where no tiltak does anything.
type PermutationRow struct {
	Method, Outcome  string  // Outcome "all": over all of them
	Figures          int     // with both p-values
	Permutation      float64 // share of p_permutation of at most 5 %
	PermutationError float64 // Monte Carlo error, the figures of a register taken together
	Normal           float64
	NormalError      float64
	MeanZ, SDZ       float64 // of estimate/std_error: a mean off 0 is bias of the method, which no test mends
	MeanZError       float64
}

// permutationStudy has cells of some 20 to 50 starts: permutation tests are made under 50.
const permutationStudy = `study: permutations
data: {register: memory}
population: {from: 2019-01, to: 2019-12}
tiltak: all
groups: [alle]
outcomes:
  - {id: arbeid, kind: work, position: 1}
  - {id: stabilt_arbeid, kind: stable_work, position: 50, months: 6, of: 6}
  - {id: lonn, kind: earnings}
sensitivity: none
placebo: off
horizon: %d
methods: [%s]
inference: {multiplicity: none, family: {outcome: arbeid, month: %d, method: %s, over: [tiltak, group]}}
`

// smallFigure is a figure with both p-values.
type smallFigure struct {
	method, outcome string
	z, permutation  float64
	normal          float64
}

// Permutations runs a study of small cells on many registers without any effect and counts rejections by permutation and by the
// normal p-value. The result does not depend on the number of workers.
func Permutations(ctx context.Context, opt Options) ([]PermutationRow, error) {
	opt.defaults(200, 5000, "nearest", "ebal", "did")
	if err := opt.check(2); err != nil {
		return nil, err
	}
	found, err := onRegisters(ctx, opt, func(i int) ([]smallFigure, error) { return permutationsOf(ctx, opt, i) })
	if err != nil {
		return nil, err
	}
	return countPermutations(opt.Methods, found), nil
}

func permutationsOf(ctx context.Context, opt Options, i int) ([]smallFigure, error) {
	reg, _, err := simulated(ctx, opt, nullScenario, i, false)
	if err != nil {
		return nil, err
	}
	s, err := analysis.Parse(fmt.Appendf(nil, permutationStudy, opt.Month, methodsOf(opt.Methods), opt.Month, opt.Methods[0]))
	if err != nil {
		return nil, err
	}
	s.OnlyMonths = []int{opt.Month}
	out, err := analysis.Estimate(ctx, s, reg, catalog.Default(), analysis.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	return smallFigures(out.Tables.Estimates), nil
}

func smallFigures(rows []results.Estimate) (found []smallFigure) {
	for i := range rows {
		e := &rows[i]
		if !math.IsNaN(e.PPermutation) && !math.IsNaN(e.PValue) {
			found = append(found, smallFigure{e.Method, e.Outcome, e.Estimate / e.StdError, e.PPermutation, e.PValue})
		}
	}
	return found
}

// countPermutations sums up over registers: a method's outcomes in the order in which they come, then all of them.
func countPermutations(methods []string, registers [][]smallFigure) []PermutationRow {
	var rows []PermutationRow
	for _, m := range methods {
		var outcomes []string
		for _, of := range registers {
			for _, f := range of {
				if f.method == m && !slices.Contains(outcomes, f.outcome) {
					outcomes = append(outcomes, f.outcome)
				}
			}
		}
		for _, o := range append(outcomes, "all") {
			rows = append(rows, permutationRow(m, o, registers))
		}
	}
	return rows
}

func permutationRow(method, outcome string, registers [][]smallFigure) PermutationRow {
	row := PermutationRow{Method: method, Outcome: outcome}
	permuted, normal, sums := map[int][2]float64{}, map[int][2]float64{}, map[int][2]float64{}
	squares := 0.
	for i, of := range registers {
		for _, f := range of {
			if f.method != method || outcome != "all" && f.outcome != outcome {
				continue
			}
			row.Figures++
			p, n, z := permuted[i], normal[i], sums[i]
			p[1]++
			n[1]++
			z[1]++
			if f.permutation <= .05 {
				p[0]++
				row.Permutation++
			}
			if f.normal <= .05 {
				n[0]++
				row.Normal++
			}
			z[0] += f.z
			row.MeanZ += f.z
			squares += f.z * f.z
			permuted[i], normal[i], sums[i] = p, n, z
		}
	}
	n := float64(row.Figures)
	row.Permutation, row.Normal, row.MeanZ = row.Permutation/n, row.Normal/n, row.MeanZ/n
	row.SDZ = math.Sqrt(max(0, squares-n*row.MeanZ*row.MeanZ) / (n - 1))
	row.PermutationError = clusteredError(permuted, row.Permutation, n)
	row.NormalError = clusteredError(normal, row.Normal, n)
	row.MeanZError = clusteredError(sums, row.MeanZ, n)
	return row
}
