package did

import (
	"math"

	"tiltakseffekt/internal/fault"
)

// FixedEffects is a linear regression of Y on columns X and fixed effects of one or several dimensions, by row:
//
//	y_r = x_r'β + Σ_d α_d[Fixed[d][r]] + e_r
//
// With Weights it is weighted least squares. Rows with a missing value are the caller's to leave out.
type FixedEffects struct {
	Y       []float64
	X       [][]float64 // K columns of N
	Terms   []string    // names of X
	Weights []float64   // nil: all 1
	Fixed   [][]int32   // one or more dimensions, levels from 0
	Cluster [][]int32   // dimensions of the clustered standard error, numbers from 0
}

// VarianceKind is how the error of a regression is estimated.
type VarianceKind uint8

// The kinds: of clusters (Cluster of the regression; several dimensions by inclusion–exclusion), of equal independent
// errors, and of unequal ones (HC1).
const (
	Clustered VarianceKind = iota
	IID
	Hetero
)

// Regression is a fitted FixedEffects.
type Regression struct {
	Terms   []string
	Coef    []float64 // NaN for a column left out
	Dropped []string  // columns that depend on the others and the fixed effects
	N       int
	SSR     float64 // weighted sum of squared residuals
	R2      float64
	Within  float64 // R² after the fixed effects

	in     *FixedEffects
	levels []int
	keep   []int       // columns kept
	bread  []float64   // (X̃'WX̃)⁻¹ of the kept columns
	tilde  [][]float64 // kept columns with the fixed effects taken out, but for the levels of the eliminated one
	e      []float64
	main   int
}

// Fit solves the regression directly. The dimension with the most levels is eliminated (each of its levels is one mean,
// a Schur complement); the other levels and the columns make one dense system, so that the work is one pass over the
// rows and the cube of (columns + levels of the smaller dimensions). Nothing iterates. A column that depends on the fixed
// effects and the columns before it is left out and named.
func (in *FixedEffects) Fit() (*Regression, error) {
	n, p := len(in.Y), len(in.X)
	if len(in.Fixed) == 0 {
		panic("did: a regression without fixed effects")
	}
	r := &Regression{Terms: in.Terms, N: n, in: in}
	for d, f := range in.Fixed {
		top := int32(-1)
		for _, v := range f {
			top = max(top, v)
		}
		r.levels = append(r.levels, int(top)+1)
		if r.levels[d] > r.levels[r.main] {
			r.main = d
		}
	}
	// Dense part: levels of the other dimensions first, then X, then y as the last column.
	offset := make([]int, len(in.Fixed))
	k := 0
	for d := range in.Fixed {
		if d != r.main {
			offset[d] = k
			k += r.levels[d]
		}
	}
	q := k // first column of X
	k += p
	main := in.Fixed[r.main]
	L := r.levels[r.main]
	weight := func(i int) float64 {
		if in.Weights == nil {
			return 1
		}
		return in.Weights[i]
	}
	total := make([]float64, L)
	for i, l := range main {
		total[l] += weight(i)
	}
	// Rows by level of the main dimension.
	order, from := bucket(main, L)
	gram, right := make([]float64, k*k), make([]float64, k)
	means := make([]float64, p) // of X in a level
	sum := make([]float64, k)   // Σ w z of a level
	touched := make([]int, 0, k)
	yMean := make([]float64, L)
	center := make([][]float64, p)
	for j := range center {
		center[j] = make([]float64, n) // X less its mean in the level: keeps the system well conditioned
	}
	raw := make([]float64, p) // Σ w x²
	yc := make([]float64, n)
	for l := range L {
		rows := order[from[l]:from[l+1]]
		if total[l] == 0 {
			continue
		}
		clear(means)
		for _, i := range rows {
			w := weight(int(i))
			for j := range means {
				means[j] += w * in.X[j][i]
			}
			yMean[l] += w * in.Y[i]
		}
		yMean[l] /= total[l]
		for j := range means {
			means[j] /= total[l]
		}
		touched = touched[:0]
		for _, i := range rows {
			w := weight(int(i))
			yc[i] = in.Y[i] - yMean[l]
			for j := range means {
				center[j][i] = in.X[j][i] - means[j]
			}
			for d, f := range in.Fixed {
				if d == r.main {
					continue
				}
				a := offset[d] + int(f[i])
				if sum[a] == 0 {
					touched = append(touched, a)
				}
				sum[a] += w
				right[a] += w * yc[i]
				gram[a*k+a] += w
				for e, g := range in.Fixed[:d] {
					if e != r.main {
						gram[a*k+offset[e]+int(g[i])] += w
					}
				}
				for j := range p {
					gram[(q+j)*k+a] += w * center[j][i]
				}
			}
			for j := range p {
				raw[j] += w * in.X[j][i] * in.X[j][i]
				x := w * center[j][i]
				right[q+j] += x * yc[i]
				row := gram[(q+j)*k+q : (q+j)*k+q+j+1]
				for c := range row {
					row[c] += x * center[c][i]
				}
			}
		}
		for _, a := range touched { // Σ w z of centred X and y is 0: only dummies have a mean to take out
			for _, b := range touched {
				if b <= a {
					gram[a*k+b] -= sum[a] * sum[b] / total[l]
				}
			}
		}
		for _, a := range touched {
			sum[a] = 0
		}
	}
	// What is left of a column that the levels take up is the rounding of its means, which scaling would make a column of: none of
	// it may stay.
	for j := range p {
		if gram[(q+j)*k+q+j] > takenUp*raw[j] {
			continue
		}
		clear(gram[(q+j)*k : (q+j)*k+q+j+1])
		for a := q + j; a < k; a++ {
			gram[a*k+q+j] = 0
		}
		right[q+j] = 0
	}
	// Scale the columns of X, then solve.
	scale := make([]float64, k)
	for j := range k {
		scale[j] = 1
		if j >= q && gram[j*k+j] > 0 {
			scale[j] = 1 / math.Sqrt(gram[j*k+j])
		}
	}
	for a := range k {
		for b := range a + 1 {
			gram[a*k+b] *= scale[a] * scale[b]
		}
	}
	fac := factorise(gram, k)
	r.Coef = make([]float64, p)
	for j := range p {
		if fac.keep[q+j] {
			r.keep = append(r.keep, j)
		} else {
			r.Coef[j] = math.NaN()
			r.Dropped = append(r.Dropped, in.Terms[j])
		}
	}
	if len(r.keep) == 0 {
		return nil, fault.Dataf("collinear", "", "", "no regressor varies beside the fixed effects")
	}
	b := make([]float64, k)
	for j := range k {
		b[j] = right[j] * scale[j]
	}
	fac.solve(b)
	for j := range k {
		b[j] *= scale[j]
	}
	for _, j := range r.keep {
		r.Coef[j] = b[q+j]
	}
	// The block of the inverse that belongs to X, and X with the other dimensions taken out.
	m := len(r.keep)
	r.bread = make([]float64, m*m)
	unit := make([]float64, k)
	for a, j := range r.keep {
		clear(unit)
		unit[q+j] = scale[q+j]
		fac.solve(unit)
		for c, i := range r.keep {
			r.bread[c*m+a] = unit[q+i] * scale[q+i]
		}
	}
	r.tilde = make([][]float64, m)
	only := &factor{k: q, l: make([]float64, q*q), keep: fac.keep[:q]}
	for a := range q {
		copy(only.l[a*q:a*q+a+1], fac.l[a*k:a*k+a+1])
	}
	for a, j := range r.keep {
		delta := make([]float64, q)
		for c := range q {
			delta[c] = gram[(q+j)*k+c] / scale[q+j]
		}
		only.solve(delta)
		v := center[j]
		for i := range v {
			for d, f := range in.Fixed {
				if d != r.main {
					v[i] -= delta[offset[d]+int(f[i])]
				}
			}
		}
		r.tilde[a] = v
	}
	// Residuals and fit.
	fitted := func(with bool) []float64 {
		e := make([]float64, n)
		base := b
		if !with { // fixed effects alone
			base = make([]float64, k)
			copy(base, right[:q])
			only.solve(base[:q])
		}
		for i := range e {
			e[i] = yc[i]
			for d, f := range in.Fixed {
				if d != r.main {
					e[i] -= base[offset[d]+int(f[i])]
				}
			}
		}
		return e
	}
	e := fitted(true)
	null := fitted(false)
	for i := range e {
		for _, j := range r.keep {
			e[i] -= r.Coef[j] * in.X[j][i]
		}
	}
	demean(e, main, order, from, total, in.Weights)
	demean(null, main, order, from, total, in.Weights)
	r.e = e
	r.SSR = squares(e, in.Weights)
	var wy, w float64
	for i, y := range in.Y {
		wy += weight(i) * y
		w += weight(i)
	}
	sst := 0.
	for i, y := range in.Y {
		sst += weight(i) * (y - wy/w) * (y - wy/w)
	}
	r.R2 = 1 - r.SSR/sst
	r.Within = 1 - r.SSR/squares(null, in.Weights)
	for a := range r.tilde {
		demean(r.tilde[a], main, order, from, total, in.Weights)
	}
	return r, nil
}

// takenUp is the share of a column's sum of squares below which nothing but rounding is left beside the fixed effects: the mean of
// a thousand equal numbers is off by 1e-13 of them at most.
const takenUp = 1e-26

// bucket sorts rows by level, stably.
func bucket(level []int32, levels int) (order []int32, from []int) {
	from = make([]int, levels+1)
	for _, l := range level {
		from[l+1]++
	}
	for l := range levels {
		from[l+1] += from[l]
	}
	next := append([]int(nil), from[:levels]...)
	order = make([]int32, len(level))
	for i, l := range level {
		order[next[l]] = int32(i)
		next[l]++
	}
	return order, from
}

// demean takes the weighted mean of each level out of v.
func demean(v []float64, level, order []int32, from []int, total, w []float64) {
	for l := range len(from) - 1 {
		if total[l] == 0 {
			continue
		}
		s := 0.
		for _, i := range order[from[l]:from[l+1]] {
			if w == nil {
				s += v[i]
			} else {
				s += w[i] * v[i]
			}
		}
		s /= total[l]
		for _, i := range order[from[l]:from[l+1]] {
			v[i] -= s
		}
	}
}

func squares(v, w []float64) float64 {
	s := 0.
	for i, x := range v {
		if w == nil {
			s += x * x
		} else {
			s += w[i] * x * x
		}
	}
	return s
}
