package regression

import "fmt"

// Options of linear regressions; the zero value is the default.
type Options struct {
	Names   []string // names of the columns, for messages
	Workers int      // 0: one a processor; the result does not depend on it
}

// Normal is a design with its factorised normal equations, (X'WX) = LL' on standardised columns with the intercept. It
// serves any number of responses.
type Normal struct {
	x       [][]float64
	w       []float64
	n, k    int
	rows    int // rows with positive weight
	rank    int
	std     Standard
	l       []float64
	keep    []bool
	workers int
}

// NewNormal factorises the normal equations of n rows. Dropped tells which columns were constant or collinear.
func NewNormal(x [][]float64, n int, w []float64, opt Options) (*Normal, error) {
	check(x, n, w)
	if err := finite(x, nil, w, opt.Names); err != nil {
		return nil, err
	}
	d := &Normal{x: x, w: w, n: n, rows: n, k: len(x) + 1, workers: opt.Workers}
	if w != nil {
		d.rows = 0
		for _, v := range w {
			if v > 0 {
				d.rows++
			}
		}
	}
	if d.rows == 0 {
		return nil, emptyDesign("the regression has no row with positive weight")
	}
	d.std = Standardise(x, w, opt.Workers)
	s := Pass(x, n, d.std, nil, true, opt.Workers, func(from int, _, wt, res []float64) float64 {
		for i := range wt {
			wt[i], res[i] = d.weight(from+i), 0
		}
		return 0
	})
	d.l, d.keep = make([]float64, d.k*d.k), make([]bool, d.k)
	d.rank = cholesky(s.Gram, d.k, collinearShare, d.l, d.keep)
	return d, nil
}

func (d *Normal) weight(i int) float64 {
	if d.w == nil {
		return 1
	}
	return d.w[i]
}

// Rank is the number of coefficients estimated, the intercept included.
func (d *Normal) Rank() int { return d.rank }

// Dropped are the columns left out, ascending.
func (d *Normal) Dropped() []int {
	var out []int
	for j := 1; j < d.k; j++ {
		if !d.keep[j] {
			out = append(out, j-1)
		}
	}
	return out
}

// Leverage is, by row, the diagonal of the hat matrix, w·x'(X'WX)⁻¹x.
func (d *Normal) Leverage() []float64 {
	out := make([]float64, d.n)
	leverages(d.x, d.n, d.std, d.l, d.keep, d.workers, out)
	for i := range out {
		out[i] *= d.weight(i)
	}
	return out
}

// Weights are the numbers a, by row, with which a response enters coefficient j+1 (of column j): Coef[j+1] = Σ a·y. They are
// w·((X'WX)⁻¹x)ⱼ; a·residual is the influence of the row on the coefficient. They are 0 for a dropped column.
func (d *Normal) Weights(j int) []float64 {
	if !d.keep[j+1] {
		return make([]float64, d.n)
	}
	u := make([]float64, d.k)
	u[j+1] = 1
	return d.rowWeights(u, d.std.Scale[j])
}

// Combination is Weights of a combination of the coefficients of the columns: Σⱼ of[j]·Coef[j+1] = Σ a·y.
func (d *Normal) Combination(of []float64) []float64 {
	u := make([]float64, d.k)
	for j, v := range of {
		if d.keep[j+1] {
			u[j+1] = v * d.std.Scale[j]
		}
	}
	return d.rowWeights(u, 1)
}

// rowWeights are w·x'(X'WX)⁻¹u by row, times a scale; u, on the scale of the standardised columns, is overwritten.
func (d *Normal) rowWeights(u []float64, scale float64) []float64 {
	out := make([]float64, d.n)
	solveCholesky(d.l, d.k, d.keep, u)
	Pass(d.x, d.n, d.std, u, false, d.workers, func(from int, eta, _, res []float64) float64 {
		for i, e := range eta {
			res[i] = 0
			out[from+i] = d.weight(from+i) * e * scale
		}
		return 0
	})
	return out
}

// Fit regresses y, finite in each row of positive weight. One step of refinement from the residuals makes the
// coefficients as exact as an orthogonal factorisation would.
func (d *Normal) Fit(y []float64) (*LinearFit, error) {
	if len(y) != d.n {
		panic(fmt.Sprintf("regression: %d responses for %d rows", len(y), d.n))
	}
	for i, v := range y {
		if v-v != 0 && d.weight(i) > 0 {
			return nil, notFinite("the response", i)
		}
	}
	b := make([]float64, d.k)
	fitted, residual := make([]float64, d.n), make([]float64, d.n)
	var squares float64
	for range 3 {
		s := Pass(d.x, d.n, d.std, b, false, d.workers, func(from int, eta, _, res []float64) float64 {
			sum := 0.
			for i, e := range eta {
				r := y[from+i] - e
				fitted[from+i], residual[from+i] = e, r
				if w := d.weight(from + i); w > 0 {
					res[i] = w * r
					sum += w * r * r
				} else {
					res[i] = 0
				}
			}
			return sum
		})
		squares = s.Value
		solveCholesky(d.l, d.k, d.keep, s.Grad)
		for j, v := range s.Grad {
			b[j] += v
		}
	}
	return &LinearFit{Coef: d.std.Raw(b), Residual: residual, Fitted: fitted, SumSquares: squares, Rows: d.rows,
		Rank: d.rank, Dropped: d.Dropped(), design: d}, nil
}

// LinearFit is a fitted linear regression.
type LinearFit struct {
	Coef       []float64 // intercept, then one a column; 0 for a dropped column
	Residual   []float64 // y − fitted, by row, unweighted
	Fitted     []float64
	SumSquares float64 // Σ w·residual²
	Rows       int     // rows with positive weight
	Rank       int     // coefficients estimated
	Dropped    []int   // columns of the design left out as constant or collinear, ascending

	design *Normal
}

// OLS regresses y on an intercept and the columns of x.
func OLS(x [][]float64, y []float64) (*LinearFit, error) { return WLS(x, y, nil) }

// WLS minimises Σ w(y − β₀ − Σ βⱼxⱼ)². Rows of weight 0 count neither in the sums nor in the degrees of freedom.
func WLS(x [][]float64, y, w []float64) (*LinearFit, error) {
	d, err := NewNormal(x, len(y), w, Options{})
	if err != nil {
		return nil, err
	}
	return d.Fit(y)
}

// Cov is the classical covariance, s²(X'WX)⁻¹ with s² = Σ w·residual²/(n − k).
func (f *LinearFit) Cov() [][]float64 {
	d := f.design
	v := invertCholesky(d.l, d.k, d.keep)
	s2 := f.SumSquares / float64(f.Rows-f.Rank)
	for i := range v {
		v[i] *= s2
	}
	return d.std.RawCov(v)
}
