package did

import "math"

// collinear is the share of a column's own sum of squares that must be left after the columns before it are taken out.
// The columns are centred and scaled, so that rounding leaves about 1e-15 times their number.
const collinear = 1e-11

// factor is the Cholesky factor L of a symmetric matrix, with columns that depend on those before them left out: their
// diagonal is zero and keep is false. Solving gives 0 for them, the solution of the problem without these columns; LL' is
// the matrix all the same.
type factor struct {
	k    int
	l    []float64 // k×k, row-major, lower
	keep []bool
}

// factorise reads the lower triangle of a (k×k, row-major).
func factorise(a []float64, k int) *factor {
	f := &factor{k, make([]float64, k*k), make([]bool, k)}
	l := f.l
	for j := range k {
		d := a[j*k+j]
		for c := range j {
			if !f.keep[c] {
				continue
			}
			s := a[j*k+c]
			for m := range c {
				s -= l[c*k+m] * l[j*k+m]
			}
			s /= l[c*k+c]
			l[j*k+c] = s
			d -= s * s
		}
		if f.keep[j] = d > collinear*a[j*k+j] && d > 0; f.keep[j] {
			l[j*k+j] = math.Sqrt(d)
		}
	}
	return f
}

// full tells whether no column was left out.
func (f *factor) full() bool {
	for _, k := range f.keep {
		if !k {
			return false
		}
	}
	return true
}

// solve overwrites b with the solution of LL'x = b.
func (f *factor) solve(b []float64) {
	k, l := f.k, f.l
	for j := range k {
		if !f.keep[j] {
			b[j] = 0
			continue
		}
		s := b[j]
		for c, v := range l[j*k : j*k+j] {
			s -= v * b[c]
		}
		b[j] = s / l[j*k+j]
	}
	for j := k - 1; j >= 0; j-- {
		if !f.keep[j] {
			continue
		}
		b[j] /= l[j*k+j]
		v := b[j] // taken out of the others by rows, which lie together in memory
		for c, x := range l[j*k : j*k+j] {
			b[c] -= x * v
		}
	}
}

// addGram adds w·x·x' to the lower triangle of a.
func addGram(a []float64, w float64, x []float64) {
	k := len(x)
	for j, v := range x {
		v *= w
		row := a[j*k : j*k+j+1]
		for c := range row {
			row[c] += v * x[c]
		}
	}
}

func dot(a, b []float64) float64 {
	s := 0.
	for i, v := range a {
		s += v * b[i]
	}
	return s
}
