package regression

import (
	"context"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/internal/parallel"
)

// leverages fills out[i] with zᵢ'(LL')⁻¹zᵢ, where zᵢ is the standardised row with the intercept: forward substitution
// of a whole block of rows at once. Multiply by the row's weight for the diagonal of the hat matrix.
func leverages(x [][]float64, n int, std Standard, l []float64, keep []bool, workers int, out []float64) {
	k := len(x) + 1
	_ = parallel.Blocks(context.Background(), workers, n, chunkRows, func(_, lo, hi int) error {
		t := make([]float64, k*blockRows)
		for from := lo; from < hi; from += blockRows {
			m := min(blockRows, hi-from)
			standardBlock(x, from, m, std, nil, t[blockRows:], t[:m])
			for i := range m {
				t[i] = 1 / l[0]
			}
			sum := out[from : from+m]
			for i := range sum {
				sum[i] = t[i] * t[i]
			}
			for j := 1; j < k; j++ {
				if !keep[j] {
					continue
				}
				row := t[j*blockRows : j*blockRows+m]
				for c := range j {
					if v := l[j*k+c]; v != 0 {
						floats.AddScaled(row, -v, t[c*blockRows:c*blockRows+m])
					}
				}
				floats.Scale(1/l[j*k+j], row)
				for i, v := range row {
					sum[i] += v * v
				}
			}
		}
		return nil
	})
}
