package matching

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Exact and coarsened matching and pairs inside cells against their definitions, on 20,000 small problems with ties, rows left
// out, base weights and unit weights: cells are the combinations of codes, found by comparing each row with each other row.
func TestCellsAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(77, 3))
	problems := 20000
	if testing.Short() {
		problems = 2000
	}
	for problem := range problems {
		n, k := 2+rng.IntN(12), 1+rng.IntN(3)
		columns, treated, leave, key := make([][]int32, k), make([]bool, n), make([]bool, n), make([]uint64, n)
		for j := range columns {
			columns[j] = make([]int32, n)
			for i := range columns[j] {
				columns[j][i] = int32(rng.IntN(3))
			}
		}
		var base []float64
		if rng.IntN(2) == 0 {
			base = make([]float64, n)
		}
		for i := range n {
			treated[i], leave[i], key[i] = rng.IntN(2) == 0, rng.IntN(8) == 0, uint64(rng.IntN(4))
			if base != nil {
				base[i] = 0.5 + float64(rng.IntN(4))
			}
		}
		same := func(a, b int) bool {
			if leave[a] || leave[b] {
				return false
			}
			for j := range columns {
				if columns[j][a] != columns[j][b] {
					return false
				}
			}
			return true
		}
		b := func(i int) float64 {
			if base == nil {
				return 1
			}
			return base[i]
		}
		cell := CellsOf(columns, n, leave)
		estimand := []Estimand{ATT, ATC, ATE}[rng.IntN(3)]
		want, ones, any := make([]float64, n), make([]float64, n), false
		for i := range n {
			own, other, rowsOwn, rowsOther := 0., 0., 0, 0
			for r := range n {
				if !same(i, r) {
					if r != i && !leave[i] && !leave[r] && cell[i] == cell[r] {
						t.Fatalf("problem %d: rows %d and %d share a cell and differ", problem, i, r)
					}
					continue
				}
				if cell[i] != cell[r] {
					t.Fatalf("problem %d: rows %d and %d are alike and in two cells", problem, i, r)
				}
				if treated[r] == treated[i] {
					own += b(r)
					rowsOwn++
				} else {
					other += b(r)
					rowsOther++
				}
			}
			if leave[i] || rowsOther == 0 {
				continue
			}
			any = true
			switch {
			case estimand == ATE:
				want[i] = b(i) * (own + other) / own
			case treated[i] == (estimand == ATT):
				want[i] = b(i)
			default:
				want[i] = b(i) * other / own
			}
			ones[i] = math.Min(1, float64(rowsOther)/float64(rowsOwn)) // the share of its group in the cell that finds a partner
		}
		got, err := ByCell(cell, treated, base, estimand)
		if (err == nil) != any {
			t.Fatalf("problem %d: error %v, cells with both groups: %t", problem, err, any)
		}
		if !any {
			continue
		}
		if base == nil { // mean 1 in each group
			for _, g := range []bool{true, false} {
				sum, count := 0., 0.
				for i, w := range want {
					if treated[i] == g && w > 0 {
						sum += w
						count++
					}
				}
				for i := range want {
					if treated[i] == g {
						want[i] *= count / sum
					}
				}
			}
		}
		for i := range n {
			if math.Abs(got.Weight[i]-want[i]) > 1e-12*(1+want[i]) || (want[i] > 0) != (got.Subclass[i] >= 0) {
				t.Fatalf("problem %d, row %d: weight %v, want %v (%v)", problem, i, got.Weight[i], want[i], estimand)
			}
		}
		// Pairs: of one cell and of both groups, no row twice, and as many as the smaller group of the cell.
		pairs := PairInCells(cell, treated, key, uint64(problem))
		used, expected := make([]bool, n), 0.
		for _, p := range pairs.Pairs {
			if !treated[p.Treated] || treated[p.Comparison] || !same(int(p.Treated), int(p.Comparison)) || used[p.Treated] || used[p.Comparison] {
				t.Fatalf("problem %d: pair %+v", problem, p)
			}
			used[p.Treated], used[p.Comparison] = true, true
		}
		for i, v := range ones {
			if treated[i] {
				expected += v
			}
		}
		if math.Abs(expected-float64(len(pairs.Pairs))) > 1e-9 {
			t.Fatalf("problem %d: %d pairs, want %v", problem, len(pairs.Pairs), expected)
		}
	}
}
