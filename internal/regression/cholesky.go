package regression

import "math"

// collinearShare is the share of a standardised column's sum of squares that must be left after the columns before it
// are taken out. Rounding leaves about 1e-15 times the number of columns; a norm ratio of 3e-6 is far above that and far
// below the squares and products that people put into scores.
const collinearShare = 1e-11

// cholesky factorises the symmetric k×k matrix a (row-major, lower triangle read) as LL' into l, taking columns in
// their order. A column whose remaining diagonal is at most share times its own diagonal is dropped: its row and
// column of L are zero and keep[j] is false. It returns the rank.
//
// Keeping the earlier columns of a collinear set, rather than pivoting on the largest, makes the choice the one a
// reader of the formula expects (and R's).
func cholesky(a []float64, k int, share float64, l []float64, keep []bool) int {
	rank := 0
	for j := range k {
		row := l[j*k : (j+1)*k]
		clear(row)
		d := a[j*k+j]
		for c := range j {
			if !keep[c] {
				continue
			}
			s := a[j*k+c]
			lc := l[c*k : c*k+c]
			for m, v := range lc {
				s -= v * row[m]
			}
			row[c] = s / l[c*k+c]
			d -= row[c] * row[c]
		}
		keep[j] = d > share*a[j*k+j] && d > 0
		if !keep[j] {
			clear(row)
			continue
		}
		row[j] = math.Sqrt(d)
		rank++
	}
	return rank
}

// solveCholesky solves LL'b = g in place; entries of dropped columns become 0.
func solveCholesky(l []float64, k int, keep []bool, g []float64) {
	for j := range k {
		if !keep[j] {
			g[j] = 0
			continue
		}
		s := g[j]
		for c, v := range l[j*k : j*k+j] {
			s -= v * g[c]
		}
		g[j] = s / l[j*k+j]
	}
	for j := k - 1; j >= 0; j-- {
		if !keep[j] {
			continue
		}
		s := g[j]
		for c := j + 1; c < k; c++ {
			s -= l[c*k+j] * g[c]
		}
		g[j] = s / l[j*k+j]
	}
}

// invertCholesky is (LL')⁻¹, row-major, with zero rows and columns for dropped columns.
func invertCholesky(l []float64, k int, keep []bool) []float64 {
	inv := make([]float64, k*k)
	e := make([]float64, k)
	for j := range k {
		if !keep[j] {
			continue
		}
		clear(e)
		e[j] = 1
		solveCholesky(l, k, keep, e)
		for c := range k {
			inv[c*k+j] = e[c]
		}
	}
	for j := range k { // exactly symmetric
		for c := range j {
			m := (inv[j*k+c] + inv[c*k+j]) / 2
			inv[j*k+c], inv[c*k+j] = m, m
		}
	}
	return inv
}

// Factor is the Cholesky factorisation of a symmetric matrix that may be singular: see NewFactor.
type Factor struct {
	K    int
	Keep []bool // false for columns that depend on those before them
	Rank int
	l    []float64
}

// NewFactor factorises the k×k matrix a (row-major, lower triangle read), dropping each column whose remaining diagonal
// is at most share of its own; share 0 means the share used for collinear columns in this package.
func NewFactor(a []float64, k int, share float64) *Factor {
	if share == 0 {
		share = collinearShare
	}
	f := &Factor{K: k, Keep: make([]bool, k), l: make([]float64, k*k)}
	f.Rank = cholesky(a, k, share, f.l, f.Keep)
	return f
}

// Solve replaces g by the solution b of A·b = g; entries of dropped columns become 0.
func (f *Factor) Solve(g []float64) { solveCholesky(f.l, f.K, f.Keep, g) }

// Inverse is A⁻¹, row-major, with zeros for dropped columns.
func (f *Factor) Inverse() []float64 { return invertCholesky(f.l, f.K, f.Keep) }

// Row is row j of the lower triangular factor L, up to the diagonal.
func (f *Factor) Row(j int) []float64 { return f.l[j*f.K : j*f.K+j+1] }
