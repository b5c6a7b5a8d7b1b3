package matching

import (
	"math"
	"math/rand/v2"
	"slices"
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

// Subclasses of the score on 20,000 small problems with ties and rows left out: a row stands in the subclass that its score
// falls into by the quantiles of the target group, unless one would lack a group; then every one has both, nobody is lost, and
// within a group higher scores never stand lower.
func TestSubclassesAgainstTheirDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(78, 3))
	problems, moved, done := 20000, 0, 0
	if testing.Short() {
		problems = 2000
	}
	for problem := range problems {
		n, count := 6+rng.IntN(14), 2+rng.IntN(3)
		score, treated, leave := make([]float64, n), make([]bool, n), make([]bool, n)
		grid := []float64{6, 1000}[rng.IntN(2)]
		for i := range n {
			score[i], treated[i], leave[i] = math.Floor(grid*rng.Float64()), rng.IntN(2) == 0, rng.IntN(9) == 0
		}
		e := Estimand(rng.IntN(3))
		s, err := SubclassByScore(score, treated, nil, leave, count, e)
		if err != nil {
			continue
		}
		done++
		// The quantiles anew: of the ordered scores of the target, at 1 + (m − 1)p counted from one.
		var target []float64
		for i, v := range score {
			if !leave[i] && (e == ATE || treated[i] == (e == ATT)) {
				target = append(target, v)
			}
		}
		slices.Sort(target)
		want := make([]int, n)
		var bounds []float64
		for k := 1; k < count; k++ {
			at := 1 + float64(len(target)-1)*float64(k)/float64(count)
			low := target[int(at)-1]
			high := target[min(int(at), len(target)-1)]
			if q := low + (at-math.Floor(at))*(high-low); len(bounds) == 0 || q != bounds[len(bounds)-1] {
				bounds = append(bounds, q)
			}
		}
		var has [2][6]int
		for i, v := range score {
			if leave[i] {
				continue
			}
			for _, b := range bounds {
				if v >= b-1e-9 {
					want[i]++
				}
			}
			has[group(treated[i])][want[i]]++
		}
		lacking := false
		for k := range len(bounds) + 1 {
			lacking = lacking || has[0][k] == 0 || has[1][k] == 0
		}
		if lacking {
			moved++
		}
		var got [2][6]int
		for i := range n {
			switch c := s.Subclass[i]; {
			case leave[i] != (c < 0):
				t.Fatalf("problem %d: row %d left out: %t, in subclass %d", problem, i, leave[i], c)
			case leave[i]:
			case !lacking && int(c) != want[i]:
				t.Fatalf("problem %d: row %d stands in %d, want %d (%v, %v)", problem, i, c, want[i], score, bounds)
			default:
				got[group(treated[i])][c]++
				for j := range n {
					if !leave[j] && treated[i] == treated[j] && score[i] < score[j] && s.Subclass[i] > s.Subclass[j] {
						t.Fatalf("problem %d: rows %d and %d stand in %d and %d", problem, i, j, s.Subclass[i], s.Subclass[j])
					}
				}
			}
		}
		if s.Cells != len(bounds)+1 {
			t.Fatalf("problem %d: %d subclasses, want %d", problem, s.Cells, len(bounds)+1)
		}
		for k := range s.Cells {
			if got[0][k] == 0 || got[1][k] == 0 {
				t.Fatalf("problem %d: subclass %d lacks a group", problem, k)
			}
		}
	}
	if done < problems/2 || moved < problems/20 {
		t.Errorf("%d problems, rows moved in %d", done, moved)
	}
}
