package regression

import (
	"math"
	"sort"

	"tiltakseffekt/internal/fault"
)

// Link is the link of a binary regression.
type Link uint8

// The links.
const (
	LogitLink Link = iota
	ProbitLink
)

// String is the name of the link as flags and results write it.
func (l Link) String() string {
	if l == ProbitLink {
		return "probit"
	}
	return "logit"
}

// LogitOptions are the choices of Logit; the zero value is the default.
type LogitOptions struct {
	Link          Link
	MaxIterations int      // 0: 50, or 25 under LikeR
	LikeR         bool     // start, stopping rule and bounds of R's glm: see Logit
	Penalised     bool     // Jeffreys prior (Firth 1993): finite under separation; logit only, not with LikeR
	Names         []string // names of the columns, for messages
	Workers       int      // 0: one a processor; the result does not depend on it
}

// Fit is a fitted binary regression.
type Fit struct {
	Coef       []float64   // intercept, then one a column; 0 for a dropped column
	Cov        [][]float64 // inverse expected information; 0 for dropped columns
	Fitted     []float64   // probability of 1, by row
	Linear     []float64   // linear predictor, by row
	Deviance   float64     // −2 log likelihood, weighted (against the saturated model for responses between 0 and 1)
	Iterations int
	Converged  bool
	Dropped    []int // columns of the design left out as constant or collinear, ascending
	Link       Link
	Penalised  bool
}

// StdError is the square root of the diagonal of Cov, 0 for a dropped column.
func (f *Fit) StdError() []float64 {
	se := make([]float64, len(f.Cov))
	for j := range se {
		se[j] = math.Sqrt(f.Cov[j][j])
	}
	return se
}

// Logit fits Pr(y = 1) = F(β₀ + Σ βⱼ xⱼ), with F the logistic or normal distribution, by maximum likelihood with
// weights w (nil: all 1): Newton's method for the logit and Fisher scoring for the probit, from the overall mean, with
// step halving where the likelihood falls, until the Newton decrement g'I⁻¹g is at most 1e-13 (one step later the error
// is below rounding).
//
// y holds values from 0 to 1. Rows with the same covariates get the same score to the last bit.
//
// LikeR reproduces the path of R's glm, whose early stop moves the last digits and so the matched sets: start at
// μ = (w·y + ½)/(w + 1), stop when |dev − dev₀|/(|dev| + 0.1) < 1e-8, at most 25 iterations, no halving, odds bounded to
// [ε, 1/ε] beyond |η| = 30 and covariance from the weights of the last step. Scores agree to about 1e-12.
//
// Separated data, where the likelihood has no maximum, is a *SeparationError (under LikeR it is not refused, as glm does
// not: Converged may be true by the rule on the deviance). Penalised maximises the likelihood times Jeffreys' prior
// instead (Firth 1993, Biometrika 80:27; Heinze and Schemper 2002), which is finite always. Running out of iterations is
// no error: Converged is false.
func Logit(x [][]float64, y, w []float64, opt LogitOptions) (*Fit, error) {
	check(x, len(y), w)
	if err := finite(x, y, w, opt.Names); err != nil {
		return nil, err
	}
	if opt.Penalised && (opt.Link != LogitLink || opt.LikeR) {
		panic("regression: Penalised is for the logit and not with LikeR")
	}
	var ones, total float64
	for i, v := range y {
		if v < 0 || v > 1 {
			return nil, fault.Dataf("not_binary", "", "", "the response must lie between 0 and 1; row %d has %g", i+1, v).At(int64(i + 1))
		}
		wi := 1.
		if w != nil {
			wi = w[i]
		}
		ones += wi * v
		total += wi
	}
	if !(ones > 0 && ones < total) {
		return nil, emptyDesign("the score needs rows of both groups with positive weight; one group has %g of a total weight of %g", ones, total)
	}
	m := &binary{x: x, y: y, w: w, opt: opt, k: len(x) + 1, std: Standardise(x, w, opt.Workers),
		eta: make([]float64, len(y)), mu: make([]float64, len(y))}
	m.keep, m.l = make([]bool, m.k), make([]float64, m.k*m.k)
	switch {
	case opt.LikeR:
		return m.likeR(), nil
	case opt.Penalised:
		return m.penalised(ones / total)
	}
	return m.newton(ones / total)
}

// binary is the work of one fit, on standardised columns.
type binary struct {
	x       [][]float64
	y, w    []float64
	opt     LogitOptions
	k       int
	std     Standard
	eta, mu []float64
	keep    []bool
	l       []float64 // Cholesky factor of the last information
	hat     []float64 // penalised fit only: leverage by row
}

// evaluate passes over the data at b: deviance, information and score; eta and mu are stored by row. start uses R's
// starting values in place of b.
func (m *binary) evaluate(b []float64, start bool) Sums {
	link := m.linkFunctions()
	return Pass(m.x, len(m.y), m.std, b, true, m.opt.Workers, func(from int, eta, wt, res []float64) float64 {
		deviance := 0.
		for i := range eta {
			at := from + i
			y, w := m.y[at], 1.
			if m.w != nil {
				w = m.w[at]
			}
			if start {
				eta[i] = link.start((w*y + 0.5) / (w + 1))
			}
			mu, slope := link.inverse(eta[i])
			m.eta[at], m.mu[at] = eta[i], mu
			variance := mu * (1 - mu)
			wt[i] = w * slope * slope / variance
			res[i] = w * (y - mu) * slope / variance
			if variance == 0 { // a probability of 0 or 1 to the last bit carries no information
				wt[i], res[i] = 0, 0
			}
			if start {
				res[i] += wt[i] * eta[i] // R's first step is from zero coefficients to the working response
			}
			deviance += w * devianceOf(y, mu)
		}
		return deviance
	})
}

// newton is the default fit.
func (m *binary) newton(mean float64) (*Fit, error) {
	limit := m.opt.MaxIterations
	if limit == 0 {
		limit = 50
	}
	b := make([]float64, m.k)
	b[0] = m.linkFunctions().start(mean)
	now := m.evaluate(b, false)
	// At the overall mean all rows have the same weight, so this factor also finds the collinear columns.
	cholesky(now.Gram, m.k, collinearShare, m.l, m.keep)
	collinear := append([]bool(nil), m.keep...)
	f := &Fit{Link: m.opt.Link}
	step, next := make([]float64, m.k), make([]float64, m.k)
	for f.Iterations = 1; f.Iterations <= limit; f.Iterations++ {
		copy(step, now.Grad)
		solveCholesky(m.l, m.k, m.keep, step)
		decrement := 0.
		for j, g := range now.Grad {
			decrement += g * step[j]
		}
		converged := decrement <= 1e-13
		scale := 1.
		before := now.Value
		for {
			for j := range b {
				next[j] = b[j] + scale*step[j]
			}
			now = m.evaluate(next, false)
			if now.Value <= before+1e-9*math.Abs(before)+1e-12 || scale < 1e-6 {
				break
			}
			scale /= 2
		}
		copy(b, next)
		if !m.factorise(now.Gram, collinear) || !converged && f.Iterations >= 6 && m.extreme() {
			if columns := m.separating(step); columns != nil {
				return nil, m.separation(columns)
			}
		}
		if converged {
			f.Converged = true
			break
		}
	}
	f.Iterations = min(f.Iterations, limit)
	if !f.Converged {
		if columns := m.separating(step); columns != nil {
			return nil, m.separation(columns)
		}
	}
	return m.finish(f, b, now.Value), nil
}

// factorise refreshes the Cholesky factor, keeping the columns that were kept at the start; it is false where the
// information has become singular, as it does under separation.
func (m *binary) factorise(gram []float64, kept []bool) bool {
	for j, k := range kept { // a dropped column stays out
		if !k {
			for c := range m.k {
				gram[j*m.k+c], gram[c*m.k+j] = 0, 0
			}
		}
	}
	cholesky(gram, m.k, 1e-14, m.l, m.keep)
	for j := range kept {
		if kept[j] != m.keep[j] {
			return false
		}
	}
	return true
}

// extreme tells whether some row is predicted almost surely.
func (m *binary) extreme() bool {
	for _, e := range m.eta {
		if math.Abs(e) > 8 {
			return true
		}
	}
	return false
}

// likeR is the fit along R's path.
func (m *binary) likeR() *Fit {
	limit := m.opt.MaxIterations
	if limit == 0 {
		limit = 25
	}
	b, step := make([]float64, m.k), make([]float64, m.k)
	now := m.evaluate(b, true)
	unit := Pass(m.x, len(m.y), m.std, nil, true, m.opt.Workers, func(from int, _, wt, res []float64) float64 {
		for i := range wt {
			wt[i], res[i] = 1, 0
			if m.w != nil && m.w[from+i] == 0 {
				wt[i] = 0
			}
		}
		return 0
	})
	cholesky(unit.Gram, m.k, collinearShare, m.l, m.keep)
	kept := append([]bool(nil), m.keep...)
	f := &Fit{Link: m.opt.Link}
	old := now.Value
	for f.Iterations = 1; f.Iterations <= limit; f.Iterations++ {
		m.factorise(now.Gram, kept)
		copy(step, now.Grad)
		solveCholesky(m.l, m.k, m.keep, step)
		for j := range b {
			b[j] += step[j]
		}
		now = m.evaluate(b, false)
		if math.Abs(now.Value-old)/(math.Abs(now.Value)+0.1) < 1e-8 {
			f.Converged = true
			break
		}
		old = now.Value
	}
	f.Iterations = min(f.Iterations, limit)
	copy(m.keep, kept)
	return m.finish(f, b, now.Value)
}

// finish writes the result in the columns as given; the covariance is the inverse of the last factor.
func (m *binary) finish(f *Fit, b []float64, deviance float64) *Fit {
	for j := range b {
		if !m.keep[j] {
			b[j] = 0
			if j > 0 {
				f.Dropped = append(f.Dropped, j-1)
			}
		}
	}
	f.Coef = m.std.Raw(b)
	f.Cov = m.std.RawCov(invertCholesky(m.l, m.k, m.keep))
	if m.opt.LikeR {
		m.rawPredictor(f.Coef)
	}
	f.Fitted, f.Linear, f.Deviance = m.mu, m.eta, deviance
	return f
}

// separating looks for a certificate of separation: a direction d along which no row's prediction gets worse,
// (2y − 1)·z'd ≥ 0, and some row's gets better (Albert and Anderson 1984). Newton's steps tend to such a direction
// where there is one, with about +1 in η an iteration for the rows that are separated and 0 for the others. It returns
// the columns that take part, or nil.
func (m *binary) separating(step []float64) []int {
	if columns := m.separatingAlone(); columns != nil {
		return columns
	}
	largest, worst := 0., 0.
	Pass(m.x, len(m.y), m.std, step, false, 1, func(from int, eta, _, res []float64) float64 {
		for i, e := range eta {
			res[i] = 0
			y := m.y[from+i]
			if m.w != nil && m.w[from+i] == 0 {
				continue
			}
			gain := (2*y - 1) * e
			if y > 0 && y < 1 {
				gain = -math.Abs(e)
			}
			largest, worst = math.Max(largest, gain), math.Min(worst, gain)
		}
		return 0
	})
	if !(largest > 0.1 && worst >= -1e-3*largest) {
		return nil
	}
	top := 0.
	for _, s := range step[1:] {
		top = math.Max(top, math.Abs(s))
	}
	var columns []int
	for j, s := range step[1:] {
		if math.Abs(s) > 1e-2*top {
			columns = append(columns, j)
		}
	}
	return columns
}

// separatingAlone finds the columns that separate by themselves: all values of one group on one side of all values of
// the other, boundary included (a level that occurs in one group only is the common case).
func (m *binary) separatingAlone() []int {
	var columns []int
	for j, col := range m.x {
		if !m.keep[j+1] && m.std.Scale[j] == 0 {
			continue
		}
		lo := [2]float64{math.Inf(1), math.Inf(1)}
		hi := [2]float64{math.Inf(-1), math.Inf(-1)}
		for i, v := range col {
			if m.w != nil && m.w[i] == 0 {
				continue
			}
			switch y := m.y[i]; y {
			case 0, 1:
				lo[int(y)], hi[int(y)] = min(lo[int(y)], v), max(hi[int(y)], v)
			default:
				return nil // responses between 0 and 1 cannot be separated by these bounds
			}
		}
		if hi[0] <= lo[1] || hi[1] <= lo[0] {
			columns = append(columns, j)
		}
	}
	return columns
}

func (m *binary) separation(columns []int) error {
	sort.Ints(columns)
	e := &SeparationError{Columns: columns}
	for _, j := range columns {
		e.Names = append(e.Names, nameOf(m.opt.Names, j))
	}
	return e
}

// rawPredictor forms η from the columns as given, term by term, as R's matrix product does: rows whose scores are equal
// in algebra alone then round the same way more often.
func (m *binary) rawPredictor(coef []float64) {
	link := m.linkFunctions()
	for i := range m.eta {
		e := coef[0]
		for j := range m.x {
			e += float64(coef[j+1] * m.x[j][i])
		}
		m.eta[i] = e
		m.mu[i], _ = link.inverse(e)
	}
}
