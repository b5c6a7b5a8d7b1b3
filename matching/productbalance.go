package matching

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// ProductRow is the standardised difference of a square or product of columns after adjustment.
type ProductRow struct {
	Variable string
	Square   bool // of one column
	SMD      float64
}

// ProductBalance compares squares of the columns that are not 0/1 and products of all pairs after adjustment, named as Expand does;
// the denominator is the standard deviation among the treated before it (base, nil: 1), of both groups together where that is 0, and a product that does not vary is left out. It
// is BalanceOf on Expand without the distribution functions: no column is kept in memory.
func ProductBalance(x [][]float64, names []string, treated []bool, weight, base []float64, squares, products bool) []ProductRow {
	return ProductBalanceOfEach(x, names, treated, [][]float64{weight}, base, squares, products)[0]
}

// ProductBalanceOfEach is ProductBalance after several adjustments of the same rows: what stands before them is made once. Each of
// weights has an element a row and may not be nil. The result has a list for each weighting, in their order, of the same products.
func ProductBalanceOfEach(x [][]float64, names []string, treated []bool, weights [][]float64, base []float64, squares, products bool) [][]ProductRow {
	out := make([][]ProductRow, len(weights))
	total := make([][2]float64, len(weights))
	weighed := make([][]float64, len(weights)) // products over the comparison rows that weigh anything
	s0, v2 := 0., 0.
	var inTreated []int32
	for i := range treated {
		if treated[i] {
			v := 1.
			if base != nil {
				v = base[i]
			}
			s0 += v
			v2 += v * v
			inTreated = append(inTreated, int32(i))
		}
	}
	for k, weight := range weights {
		var inComparison []int32
		for i, w := range weight {
			switch {
			case treated[i]:
				total[k][1] += max(w, 0)
			case w > 0:
				total[k][0] += w
				inComparison = append(inComparison, int32(i))
			}
		}
		weighed[k] = weightedProducts(x, weight, inComparison, squares, products)
	}
	zeroOne := make([]bool, len(x))
	for j, col := range x {
		zeroOne[j] = !slices.ContainsFunc(col, notZeroOne)
	}
	sum := make([]float64, len(weights))
	add := func(name string, j, k int) {
		a, b := x[j], x[k]
		s1, s2 := 0., 0.
		clear(sum)
		for _, i := range inTreated {
			p, v := a[i]*b[i], 1.
			if p == 0 {
				continue
			}
			if base != nil {
				v = base[i]
			}
			s1 += v * p
			s2 += v * p * p
			for g, weight := range weights {
				if w := weight[i]; w > 0 {
					sum[g] += w * p
				}
			}
		}
		m := s1 / s0
		variance := max(s2/s0-m*m, 0)
		if !(zeroOne[j] && zeroOne[k]) && productNotZeroOne(a, b) {
			variance /= 1 - v2/(s0*s0)
		}
		sd := math.Sqrt(variance)
		if sd <= 1e-9*math.Abs(m) {
			return
		}
		for g := range weights {
			d := sum[g]/total[g][1] - weighed[g][j*len(x)+k]/total[g][0]
			if math.Abs(d) > 1.5e-8 {
				d /= sd
			}
			out[g] = append(out[g], ProductRow{name, j == k, d})
		}
	}
	if squares {
		for j := range x {
			if !zeroOne[j] {
				add(nameOf(names, j)+"^2", j, j)
			}
		}
	}
	if products {
		for j := range x {
			for k := range j {
				add(nameOf(names, k)+"*"+nameOf(names, j), k, j)
			}
		}
	}
	return out
}

// weightedProducts are Σ w·x_j·x_k over some rows, element j·columns + k: of all pairs j < k and, where asked for, of j = k.
// Rows are taken a block at a time, so that a block of all columns stays in the cache.
func weightedProducts(x [][]float64, weight []float64, rows []int32, squares, products bool) []float64 {
	const block = 256
	out := make([]float64, len(x)*len(x))
	gathered := make([][]float64, len(x))
	for j := range gathered {
		gathered[j] = make([]float64, block)
	}
	w, wx := make([]float64, block), make([]float64, block)
	for ; len(rows) > 0; rows = rows[min(block, len(rows)):] {
		n := min(block, len(rows))
		for at, i := range rows[:n] {
			w[at] = weight[i]
		}
		for j, col := range x {
			for at, i := range rows[:n] {
				gathered[j][at] = col[i]
			}
		}
		for j := range x {
			floats.MulTo(wx[:n], w[:n], gathered[j][:n])
			if squares {
				out[j*len(x)+j] += floats.Dot(wx[:n], gathered[j][:n])
			}
			if products {
				for k := j + 1; k < len(x); k++ {
					out[j*len(x)+k] += floats.Dot(wx[:n], gathered[k][:n])
				}
			}
		}
	}
	return out
}

func notZeroOne(v float64) bool { return v != 0 && v != 1 }

// productNotZeroOne tells whether a product of two columns has another value than 0 and 1.
func productNotZeroOne(a, b []float64) bool {
	for i, v := range a {
		if notZeroOne(v * b[i]) {
			return true
		}
	}
	return false
}
