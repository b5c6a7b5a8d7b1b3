package regression

import (
	"context"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/internal/parallel"
)

// A chunk is what one worker takes at a time; a block is what stays in the first-level cache while the products of its
// columns are formed.
const (
	chunkRows = 1 << 14
	blockRows = 256
)

// Standard is the affine map of each column to weighted mean 0 and variance 1: z = (x − mean)·scale. A constant column
// has scale 0.
type Standard struct{ Mean, Scale []float64 }

// Standardise finds the map. Sums start from the first value, so that a constant column has variance exactly 0.
func Standardise(x [][]float64, w []float64, workers int) Standard {
	s := Standard{make([]float64, len(x)), make([]float64, len(x))}
	_ = parallel.For(context.Background(), workers, len(x), func(j int) error {
		col := x[j]
		first := 0
		for w != nil && first < len(col) && w[first] == 0 {
			first++
		}
		if first == len(col) {
			return nil
		}
		origin := col[first]
		var sum, total float64
		if w == nil {
			for _, v := range col {
				sum += v - origin
			}
			total = float64(len(col))
		} else {
			for i, v := range col {
				sum += w[i] * (v - origin)
				total += w[i]
			}
		}
		shift := sum / total
		mean := origin + shift
		var squares float64
		if w == nil {
			for _, v := range col {
				d := v - mean
				squares += d * d
			}
		} else {
			for i, v := range col {
				d := v - mean
				squares += w[i] * d * d
			}
		}
		s.Mean[j] = mean
		if sd := math.Sqrt(squares / total); sd > 1e-14*math.Abs(mean) {
			s.Scale[j] = 1 / sd
		}
		return nil
	})
	return s
}

// Raw turns coefficients of the standardised columns (intercept first) into those of the columns as given.
func (s Standard) Raw(b []float64) []float64 {
	out := make([]float64, len(b))
	out[0] = b[0]
	for j := range s.Mean {
		out[j+1] = b[j+1] * s.Scale[j]
		out[0] -= out[j+1] * s.Mean[j]
	}
	return out
}

// RawCov turns the covariance of standardised coefficients (row-major) into that of the raw ones: T·V·T' with the
// linear map T of raw.
func (s Standard) RawCov(v []float64) [][]float64 {
	k := len(s.Mean) + 1
	half := make([]float64, k*k) // T·V
	for c := range k {
		half[c] = v[c]
		for j := 1; j < k; j++ {
			scaled := s.Scale[j-1] * v[j*k+c]
			half[j*k+c] = scaled
			half[c] -= s.Mean[j-1] * scaled
		}
	}
	out := make([][]float64, k)
	for r := range k {
		out[r] = make([]float64, k)
		out[r][0] = half[r*k]
		for j := 1; j < k; j++ {
			out[r][j] = half[r*k+j] * s.Scale[j-1]
			out[r][0] -= s.Mean[j-1] * out[r][j]
		}
	}
	for r := range k {
		for c := range r {
			m := (out[r][c] + out[c][r]) / 2
			out[r][c], out[c][r] = m, m
		}
	}
	return out
}

// scratch is what one worker needs to pass over a chunk.
type scratch struct {
	z   []float64 // k−1 standardised columns of one block
	wz  []float64
	eta []float64
	wt  []float64
	res []float64
}

// Sums are the totals of a pass: X'WX (lower triangle, row-major), X'r and a scalar.
type Sums struct {
	Gram, Grad []float64
	Value      float64
}

// Pass is the one loop over the data that all fits share, here and in package matching. It runs over the rows in chunks. For each block it standardises the columns, forms eta = b'z (b nil: zero), lets
// row fill weights and residuals and return a scalar, and adds up X'WX (if wantGram) and X'r. row is called with
// from, eta, wt, res for rows [from, from+len(eta)) and must set each wt (where wantGram) and res. The columns of x may be
// fewer than the intercept alone: x may be empty.
func Pass(x [][]float64, n int, std Standard, b []float64, wantGram bool, workers int,
	row func(from int, eta, wt, res []float64) float64) Sums {
	k := len(x) + 1
	chunks := parallel.NumBlocks(n, chunkRows)
	parts := make([]Sums, chunks)
	pool := sync.Pool{New: func() any {
		return &scratch{make([]float64, (k-1)*blockRows), make([]float64, blockRows), make([]float64, blockRows),
			make([]float64, blockRows), make([]float64, blockRows)}
	}}
	err := parallel.Blocks(context.Background(), workers, n, chunkRows, func(c, lo, hi int) error {
		s := pool.Get().(*scratch)
		defer pool.Put(s)
		part := Sums{Grad: make([]float64, k)}
		if wantGram {
			part.Gram = make([]float64, k*k)
		}
		for from := lo; from < hi; from += blockRows {
			m := min(blockRows, hi-from)
			eta, wt, res, wz := s.eta[:m], s.wt[:m], s.res[:m], s.wz[:m]
			standardBlock(x, from, m, std, b, s.z, eta)
			part.Value += row(from, eta, wt, res)
			part.Grad[0] += floats.Sum(res)
			for j := 1; j < k; j++ {
				part.Grad[j] += floats.Dot(res, s.z[(j-1)*blockRows:(j-1)*blockRows+m])
			}
			if !wantGram {
				continue
			}
			part.Gram[0] += floats.Sum(wt)
			for j := 1; j < k; j++ {
				z := s.z[(j-1)*blockRows : (j-1)*blockRows+m]
				for i, v := range z {
					wz[i] = wt[i] * v
				}
				g := part.Gram[j*k : j*k+j+1]
				g[0] += floats.Sum(wz)
				for c := 1; c <= j; c++ {
					g[c] += floats.Dot(wz, s.z[(c-1)*blockRows:(c-1)*blockRows+m])
				}
			}
		}
		parts[c] = part
		return nil
	})
	if err != nil { // a panic in a row function: a mistake of this package
		panic(fmt.Sprintf("regression: %v", err))
	}
	total := Sums{Grad: make([]float64, k)}
	if wantGram {
		total.Gram = make([]float64, k*k)
	}
	for _, p := range parts {
		floats.Add(total.Grad, p.Grad)
		if wantGram {
			floats.Add(total.Gram, p.Gram)
		}
		total.Value += p.Value
	}
	return total
}

// standardBlock fills z with the standardised columns of m rows from row from, and eta with b[0] + Σ b[j]·z[j]. The
// order of additions is the same for each row, so that equal rows have equal eta to the last bit.
func standardBlock(x [][]float64, from, m int, std Standard, b, z, eta []float64) {
	constant := 0.
	if b != nil {
		constant = b[0]
	}
	for i := range eta {
		eta[i] = constant
	}
	for j := range x {
		src := x[j][from : from+m]
		dst := z[j*blockRows : j*blockRows+m]
		mean, scale := std.Mean[j], std.Scale[j]
		if b == nil || b[j+1] == 0 {
			for i, v := range src {
				dst[i] = (v - mean) * scale
			}
			continue
		}
		coef := b[j+1]
		for i, v := range src {
			v = (v - mean) * scale
			dst[i] = v
			eta[i] += coef * v
		}
	}
}

// check refuses shapes that no data can cause; it panics, since they are mistakes of the caller.
func check(x [][]float64, n int, w []float64) {
	for j := range x {
		if len(x[j]) != n {
			panic(fmt.Sprintf("regression: column %d has %d rows, the response %d", j, len(x[j]), n))
		}
	}
	if w != nil && len(w) != n {
		panic(fmt.Sprintf("regression: %d weights for %d rows", len(w), n))
	}
}

// finite returns an error that names the first column with a value that is not finite.
func finite(x [][]float64, y, w []float64, names []string) error {
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return notFinite("the response", i)
		}
	}
	for i, v := range w {
		if !(v >= 0) || math.IsInf(v, 0) {
			return notFinite("the weight", i)
		}
	}
	for j, col := range x {
		for i, v := range col {
			if v-v != 0 {
				return notFinite("`"+nameOf(names, j)+"`", i)
			}
		}
	}
	return nil
}

func nameOf(names []string, j int) string {
	if j < len(names) {
		return names[j]
	}
	return fmt.Sprintf("column %d", j+1)
}
