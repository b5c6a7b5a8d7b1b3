package experiment

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// linear is a least-squares fit of several outcomes on the same columns, with clusters.
type linear struct {
	x       *mat.Dense // n × k, full rank
	m       *mat.Dense // (X'X)⁻¹
	l       *mat.Dense // m = l·l'
	cluster []int32    // in [0, clusters)

	of [][]int      // rows of each cluster
	f  []*mat.Dense // of each cluster: (I − S)^(−1/2), S = l'X_g'X_g·l, by pseudo-inverse
}

// smallestLeverage is the share of its own variance that a direction of a cluster must leave to the others: under it, as where a
// fixed effect of the cluster fits it exactly, the direction has no residual and is left out (the pseudo-inverse).
const smallestLeverage = 1e-10

// newLinear takes columns and drops those that are combinations of the ones before them. kept[j] is the place of column j, −1 where it
// went. cluster nil: each row stands alone.
func newLinear(columns [][]float64, cluster []int32) (f *linear, kept []int) {
	n := len(columns[0])
	kept = independent(columns)
	k := 0
	for _, j := range kept {
		if j >= 0 {
			k++
		}
	}
	f = &linear{x: mat.NewDense(n, k, nil)}
	for j, c := range columns {
		if kept[j] >= 0 {
			f.x.SetCol(kept[j], c)
		}
	}
	var xx mat.Dense
	xx.Mul(f.x.T(), f.x)
	sym := mat.NewSymDense(k, nil)
	for i := range k {
		for j := range i + 1 {
			sym.SetSym(i, j, xx.At(i, j))
		}
	}
	var e mat.EigenSym
	e.Factorize(sym, true)
	var v mat.Dense
	e.VectorsTo(&v)
	f.l = mat.NewDense(k, k, nil)
	for j, w := range e.Values(nil) {
		for i := range k {
			f.l.Set(i, j, v.At(i, j)/math.Sqrt(w))
		}
	}
	f.m = new(mat.Dense)
	f.m.Mul(f.l, f.l.T())
	if cluster == nil {
		cluster = make([]int32, n)
		for i := range cluster {
			cluster[i] = int32(i)
		}
	}
	f.cluster = cluster
	for i, g := range cluster {
		for int(g) >= len(f.of) {
			f.of = append(f.of, nil)
		}
		f.of[g] = append(f.of[g], i)
	}
	f.f = make([]*mat.Dense, len(f.of))
	for g, rows := range f.of {
		if len(rows) > 1 {
			f.f[g] = f.adjustment(rows)
		}
	}
	return f, kept
}

// turn is F_g v. Of one row S = zz' with z = l'x, so that F = I + ((1 − z'z)^(−1/2) − 1)·zz'/z'z.
func (f *linear) turn(g int, v, to []float64) {
	_, k := f.x.Dims()
	if f.f[g] != nil {
		for c := range k {
			to[c] = 0
			for d := range k {
				to[c] += f.f[g].At(c, d) * v[d]
			}
		}
		return
	}
	z := make([]float64, k)
	for c := range k {
		for d := range k {
			z[c] += f.l.At(d, c) * f.x.At(f.of[g][0], d)
		}
	}
	s, w := dot(z, z), 0.
	if 1-s > smallestLeverage {
		w = 1 / math.Sqrt(1-s)
	}
	along := 0.
	if s > 0 {
		along = (w - 1) * dot(z, v) / s
	}
	for c := range k {
		to[c] = v[c] + along*z[c]
	}
}

// independent numbers the columns that are not combinations of those before them, by Gram and Schmidt.
func independent(columns [][]float64) []int {
	kept := make([]int, len(columns))
	var basis [][]float64
	for j, c := range columns {
		r := append([]float64(nil), c...)
		before := dot(r, r)
		for range 2 { // twice is enough (Kahan, in Parlett 1998, §6.9)
			for _, b := range basis {
				d := dot(r, b)
				for i := range r {
					r[i] -= d * b[i]
				}
			}
		}
		left := dot(r, r)
		kept[j] = -1
		if before > 0 && left > 1e-18*before && left > 1e-10*before {
			kept[j] = len(basis)
			scale := 1 / math.Sqrt(left)
			for i := range r {
				r[i] *= scale
			}
			basis = append(basis, r)
		}
	}
	return kept
}

func dot(a, b []float64) float64 {
	s := 0.
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// adjustment is (I − S)^(−1/2) of a cluster. With H_g = X_g M X_g' and U s V' the singular values of X_g l, the eigenvectors of
// I − H_g that matter are U and its eigenvalues 1 − s², so that A_g X_g = (I − H_g)^(−1/2) X_g = X_g l F l⁻¹ with F = V (1 − s²)^(−1/2) V': a
// k×k matrix stands for one of the size of the cluster.
func (f *linear) adjustment(rows []int) *mat.Dense {
	_, k := f.x.Dims()
	z := mat.NewDense(len(rows), k, nil)
	for r, i := range rows {
		for j := range k {
			s := 0.
			for c := range k {
				s += f.x.At(i, c) * f.l.At(c, j)
			}
			z.Set(r, j, s)
		}
	}
	var zz mat.Dense
	zz.Mul(z.T(), z)
	sym := mat.NewSymDense(k, nil)
	for i := range k {
		for j := range i + 1 {
			sym.SetSym(i, j, zz.At(i, j))
		}
	}
	var e mat.EigenSym
	e.Factorize(sym, true)
	var v mat.Dense
	e.VectorsTo(&v)
	out := mat.NewDense(k, k, nil)
	for c, s := range e.Values(nil) {
		w := 0.
		if 1-s > smallestLeverage {
			w = 1 / math.Sqrt(1-s)
		}
		for i := range k {
			for j := range k {
				out.Set(i, j, out.At(i, j)+w*v.At(i, c)*v.At(j, c))
			}
		}
	}
	return out
}

// fit is the coefficients of an outcome.
func (f *linear) fit(y []float64) []float64 {
	var xy, b mat.VecDense
	xy.MulVec(f.x.T(), mat.NewVecDense(len(y), y))
	b.MulVec(f.m, &xy)
	return b.RawVector().Data
}

// scores are, by cluster, what each contributes to coefficient j of an outcome: c'l F_g l'X_g'e_g, whose squares add up to the CR2
// variance (HC2 where each row is a cluster).
func (f *linear) scores(y []float64, b []float64, j int) []float64 {
	_, k := f.x.Dims()
	out := make([]float64, len(f.of))
	raw, turned := make([]float64, k), make([]float64, k)
	for g, rows := range f.of {
		clear(raw)
		for _, i := range rows {
			e := y[i]
			for c := range k {
				e -= f.x.At(i, c) * b[c]
			}
			for c := range k {
				raw[c] += f.x.At(i, c) * e
			}
		}
		for c := range k {
			turned[c] = 0
			for d := range k {
				turned[c] += f.l.At(d, c) * raw[d]
			}
		}
		f.turn(g, turned, raw)
		for c := range k {
			out[g] += f.l.At(j, c) * raw[c]
		}
	}
	return out
}

// degrees are the Satterthwaite degrees of freedom of the CR2 variance of coefficient j under errors of equal variance (Bell and
// McCaffrey 2002, Survey Methodology 28:169; Pustejovsky and Tipton 2018, JBES 36:672): (Σλ)²/Σλ², λ the eigenvalues of G'G with the
// columns of G (I − H)_g A_g X_g M c. With v_g = A_g X_g M c and u_g = X_g'v_g its elements are δ_gh v_g'v_g − u_g'M u_h.
func (f *linear) degrees(j int) float64 {
	_, k := f.x.Dims()
	trace, square := 0., 0.
	sum := mat.NewSymDense(k, nil) // Σ u u'
	u := mat.NewVecDense(k, nil)
	var mu mat.VecDense
	direction, turned := make([]float64, k), make([]float64, k)
	for g, rows := range f.of {
		f.turn(g, mat.Row(nil, j, f.l), turned)
		for i := range k { // l F_g l'c
			direction[i] = 0
			for c := range k {
				direction[i] += f.l.At(i, c) * turned[c]
			}
		}
		vv := 0.
		u.Zero()
		for _, i := range rows {
			v := 0.
			for c := range k {
				v += f.x.At(i, c) * direction[c]
			}
			vv += v * v
			for c := range k {
				u.SetVec(c, u.AtVec(c)+f.x.At(i, c)*v)
			}
		}
		mu.MulVec(f.m, u)
		own := mat.Dot(u, &mu)
		trace += vv - own
		square += vv*vv - 2*vv*own // and Σ_gh (u_g'M u_h)² below
		sum.SymRankOne(sum, 1, u)
	}
	var ms, mm mat.Dense
	ms.Mul(f.m, sum)
	mm.Mul(&ms, &ms)
	square += mat.Trace(&mm)
	if !(square > 0) {
		return math.NaN()
	}
	return trace * trace / square
}

// coefficient is one of a fit with its error.
type coefficient struct {
	value, stdError, df float64
	scores              []float64
}

func (f *linear) coefficient(y []float64, j int) coefficient {
	b := f.fit(y)
	c := coefficient{value: b[j], scores: f.scores(y, b, j), df: f.degrees(j)}
	c.stdError = math.Sqrt(dot(c.scores, c.scores))
	return c
}

// critical is the two-sided quantile of t; p the two-sided p-value.
func critical(df, level float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1 + level) / 2)
}

func pValue(t, df float64) float64 {
	return 2 * distuv.StudentsT{Sigma: 1, Nu: df}.CDF(-math.Abs(t))
}
