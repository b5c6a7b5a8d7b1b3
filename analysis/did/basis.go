package did

import "gonum.org/v1/gonum/floats"

// basis is k columns of equal length, the first of them the constant.
type basis [][]float64

// blockRows is the number of rows of all columns that are taken at a time: they stay in cache while every column passes.
const blockRows = 1024

// rows is the basis of rows [from, to).
func (z basis) rows(from, to int) basis {
	out := make(basis, len(z))
	for j, c := range z {
		out[j] = c[from:to]
	}
	return out
}

// combine writes Σ_j coef[j]·z_j.
func (z basis) combine(dst, coef []float64) {
	for from := 0; from < len(dst); from += blockRows {
		to := min(from+blockRows, len(dst))
		d := dst[from:to]
		for i := range d {
			d[i] = coef[0]
		}
		for j := 1; j < len(z); j++ {
			floats.AddScaled(d, coef[j], z[j][from:to])
		}
	}
}

// subtract takes Σ_j coef[j]·z_j from e.
func (z basis) subtract(e, coef []float64) {
	for from := 0; from < len(e); from += blockRows {
		to := min(from+blockRows, len(e))
		d := e[from:to]
		floats.AddConst(-coef[0], d)
		for j := 1; j < len(z); j++ {
			floats.AddScaled(d, -coef[j], z[j][from:to])
		}
	}
}

// moments writes Σ_i v_i z_ij for each column.
func (z basis) moments(dst, v []float64) {
	clear(dst)
	for from := 0; from < len(v); from += blockRows {
		to := min(from+blockRows, len(v))
		z.add(dst, v[from:to], from, to)
	}
}

func (z basis) add(dst, v []float64, from, to int) {
	dst[0] += floats.Sum(v)
	for j := 1; j < len(z); j++ {
		dst[j] += floats.Dot(v, z[j][from:to])
	}
}

// weightedMoments writes Σ_i w_i v_i z_ij.
func (z basis) weightedMoments(dst, v, w []float64) { z.centredMoments(dst, v, 0, w) }

// centredMoments writes Σ_i w_i (v_i − center) z_ij.
func (z basis) centredMoments(dst, v []float64, center float64, w []float64) {
	clear(dst)
	var buffer [blockRows]float64
	for from := 0; from < len(v); from += blockRows {
		to := min(from+blockRows, len(v))
		b := buffer[:to-from]
		for i := range b {
			b[i] = w[from+i] * (v[from+i] - center)
		}
		z.add(dst, b, from, to)
	}
}

// gram is Σ_i w_i z_i z_i', lower triangle, row-major.
func (z basis) gram(w []float64) []float64 {
	k := len(z)
	a := make([]float64, k*k)
	var buffer [blockRows]float64
	for from := 0; from < len(w); from += blockRows {
		to := min(from+blockRows, len(w))
		b := buffer[:to-from]
		for j := range k {
			copy(b, w[from:to])
			if j > 0 {
				floats.Mul(b, z[j][from:to])
			}
			z[:j+1].add(a[j*k:j*k+j+1], b, from, to)
		}
	}
	return a
}
