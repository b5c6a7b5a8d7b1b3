package validity

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/results"
)

// PlaceboRow is how often a placebo of a study rejects over simulated registers, at 5 %.
type PlaceboRow struct {
	Method, Conditioning string
	Test                 string // outcome and window; "joint", over all tiltak; "joint TILTAK"; "all tiltak: …", pooled over tiltak; or "any tiltak" (a joint test of the register is under 5 % after Holm's correction over tiltak)
	Tests                int
	Missing              int
	Rejected             float64
	MonteCarlo           float64 // standard error of Rejected, the tests of one register taken together
	MeanZ, SDZ           float64 // of estimate/std_error; NaN for joint tests
}

const anyTiltak = "any tiltak"

// Placebos runs the placebos of a study on many registers and counts rejections. Options.Month and IgnoreStartDay have no
// part in it. The result does not depend on the number of workers.
func Placebos(ctx context.Context, opt Options) ([]PlaceboRow, error) {
	opt.defaults(30, 3000, "nearest", "ebal")
	if err := opt.check(2); err != nil {
		return nil, err
	}
	found, err := onRegisters(ctx, opt, func(i int) ([]results.Placebo, error) { return placebosOf(ctx, opt, i) })
	if err != nil {
		return nil, err
	}
	return countPlacebos(found), nil
}

func placebosOf(ctx context.Context, opt Options, i int) ([]results.Placebo, error) {
	reg, _, err := simulated(ctx, opt, opt.Scenario, i, false)
	if err != nil {
		return nil, err
	}
	s, err := analysis.Parse(fmt.Appendf(nil, "%shorizon: 12\nmethods: [%s]\ninference: {family: {outcome: arbeid, month: 12, method: %s, over: [tiltak, group]}}\n",
		study, methodsOf(opt.Methods), opt.Methods[0]))
	if err != nil {
		return nil, err
	}
	s.OnlyMonths, s.WithPlacebos = []int{}, true
	out, err := analysis.Estimate(ctx, s, reg, catalog.Default(), analysis.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	return out.Tables.Placebo, nil
}

// countPlacebos counts rejections by test over registers. A register in which a test has a row in several tiltak gives their
// share, and the Monte Carlo error is the standard deviation of registers' sums around the common share.
func countPlacebos(registers [][]results.Placebo) []PlaceboRow {
	type tally struct {
		row            PlaceboRow
		rejected, n    []float64 // by register
		z, zz          float64
		smallest, cell []float64 // by register: smallest p of the joint tests and their number
	}
	var order []string
	tallies := map[string]*tally{}
	get := func(p *results.Placebo, test string) *tally {
		key := strings.Join([]string{p.Method, p.Conditioning, test}, "\x00")
		t := tallies[key]
		if t == nil {
			t = &tally{row: PlaceboRow{Method: p.Method, Conditioning: p.Conditioning, Test: test}, rejected: make([]float64, len(registers)), n: make([]float64, len(registers)),
				smallest: make([]float64, len(registers)), cell: make([]float64, len(registers))}
			tallies[key] = t
			order = append(order, key)
		}
		return t
	}
	add := func(i int, p *results.Placebo, test string) {
		t := get(p, test)
		if math.IsNaN(p.PValue) {
			t.row.Missing++
			return
		}
		t.row.Tests++
		t.n[i]++
		if p.PValue < 0.05 {
			t.rejected[i]++
		}
		z := p.Estimate / p.StdError
		t.z += z
		t.zz += z * z
	}
	for i, rows := range registers {
		for k := range rows {
			p := &rows[k]
			switch {
			case p.Kind == "pooled":
				add(i, p, "all tiltak: "+p.Outcome+" "+p.Window)
				continue
			case p.Kind == "joint" && p.Tiltak == "":
				add(i, p, "all tiltak: joint")
				continue
			case p.Kind != "joint":
				add(i, p, p.Outcome+" "+p.Window)
				continue
			}
			add(i, p, "joint")
			add(i, p, "joint "+p.Tiltak)
			if any := get(p, anyTiltak); !math.IsNaN(p.PValue) {
				if any.cell[i] == 0 || p.PValue < any.smallest[i] {
					any.smallest[i] = p.PValue
				}
				any.cell[i]++
			}
		}
	}
	var out []PlaceboRow
	for _, key := range order {
		t := tallies[key]
		for i, n := range t.cell { // Holm: some test is rejected where the smallest p times their number is under 5 %
			if n == 0 {
				continue
			}
			t.row.Tests++
			t.n[i] = 1
			if t.smallest[i]*n < 0.05 {
				t.rejected[i] = 1
			}
		}
		n := float64(t.row.Tests)
		for _, r := range t.rejected {
			t.row.Rejected += r / n
		}
		squares := 0.
		for i, r := range t.rejected {
			d := r - t.row.Rejected*t.n[i]
			squares += d * d
		}
		g := float64(len(registers))
		t.row.MonteCarlo = math.Sqrt(squares*g/(g-1)) / n
		t.row.MeanZ = t.z / n
		t.row.SDZ = math.Sqrt(max(t.zz-t.z*t.z/n, 0) / (n - 1))
		if strings.Contains(t.row.Test, "joint") || t.row.Test == anyTiltak {
			t.row.MeanZ, t.row.SDZ = math.NaN(), math.NaN()
		}
		out = append(out, t.row)
	}
	slices.SortStableFunc(out, func(a, b PlaceboRow) int {
		return strings.Compare(a.Method+a.Conditioning, b.Method+b.Conditioning)
	})
	return out
}
