package did

import (
	"errors"
	"math"
	"slices"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/regression"
)

// Bounds on the propensity, as in R's DRDID: controls at trimAt or above get weight 0; overlapAt anywhere means that
// there is no overlap; scores are capped at 1 − capBelow.
const (
	trimAt    = 0.995
	overlapAt = 0.999
	capBelow  = 1e-6
)

// recipe is what the influence of a unit on a 2×2 comparison needs beside the unit's own data: it is small, and kept for
// every cell while the cell's rows are not.
type recipe struct {
	method Method
	k      int       // columns of z with the constant; 1 without covariates
	fixed  []float64 // standardisation of column j: (x − fixed[j])·scale[j]
	scale  []float64
	gamma  []float64 // propensity on the standardised columns; nil without one
	aOLS   []float64 // coefficient of w·e·z'aOLS in the influence of a control; nil where there is none
	w1     float64   // Σ w over the treated
	w0     float64   // Σ odds over the controls, Σ w without a propensity
}

// design is everything about a 2×2 comparison of changes that does not depend on the outcome: who is treated, covariates,
// weights, propensity, Gram factor. It is made once and used for as many outcomes as there are. The first nt rows are
// treated, the others controls; z is row-major with the constant first and the columns centred and scaled over the cell.
type design struct {
	recipe
	n, nt int
	w     []float64 // nil: all 1
	z     []float64 // n×k; nil without covariates
	p     []float64 // propensity by row, nil without one
	odds  []float64 // w·trim·p/(1−p) of controls
	ols   []float64 // z'aOLS of controls
	gram  *factor   // controls: Σ w z z' (Imp: weights odds)
	hess  *factor   // Σ w p (1−p) z z'

	n1, n0  int // rows with positive weight
	trimmed int
	ess     float64 // effective number of controls, (Σ odds)²/Σ odds²
	maxP    float64
	reason  estimate.Reason
}

// newDesign prepares a cell whose first nt rows are treated. x holds K columns (no constant), w nil or row weights of any
// scale.
func newDesign(method Method, nt int, n int, x [][]float64, w []float64, workers int) *design {
	d := &design{recipe: recipe{method: method, k: len(x) + 1}, n: n, nt: nt, w: w, maxP: math.NaN()}
	d.n1, d.n0, d.w1, d.w0 = nt, n-nt, float64(nt), float64(n-nt)
	d.ess = float64(d.n0)
	if w != nil {
		d.n1, d.n0, d.w1, d.w0 = 0, 0, 0, 0
		squares := 0.
		for i, v := range w {
			switch {
			case v == 0:
			case i < nt:
				d.n1++
				d.w1 += v
			default:
				d.n0++
				d.w0 += v
				squares += v * v
			}
		}
		d.ess = d.w0 * d.w0 / squares
	}
	switch {
	case d.n1 == 0:
		d.reason = estimate.TooFewTreated
		return d
	case d.n0 == 0:
		d.reason = estimate.NoComparison
		return d
	case len(x) == 0:
		return d
	}
	columns := d.standardise(x)
	if method != Reg {
		if d.reason = d.propensity(columns, workers); d.reason != "" {
			return d
		}
	}
	d.regressions()
	return d
}

func (d *design) weight(i int) float64 {
	if d.w == nil {
		return 1
	}
	return d.w[i]
}

func (d *design) row(i int) []float64 { return d.z[i*d.k : (i+1)*d.k] }

// standardise fills z and returns the same columns column-major for the logit.
func (d *design) standardise(x [][]float64) [][]float64 {
	n, k := d.n, d.k
	d.z = make([]float64, n*k)
	d.fixed, d.scale = make([]float64, k), make([]float64, k)
	for i := range n {
		d.z[i*k] = 1
	}
	columns := make([][]float64, len(x))
	store := make([]float64, n*len(x))
	for j, c := range x {
		sum, squares := 0., 0.
		origin := c[0]
		for _, v := range c {
			sum += v - origin
		}
		mean := origin + sum/float64(n)
		for _, v := range c {
			squares += (v - mean) * (v - mean)
		}
		sd := math.Sqrt(squares / float64(n))
		scale := 0.
		if sd > 1e-13*math.Abs(mean) && sd > 0 {
			scale = 1 / sd
		}
		d.fixed[j+1], d.scale[j+1] = mean, scale
		columns[j] = store[j*n : (j+1)*n]
		for i, v := range c {
			v = (v - mean) * scale
			columns[j][i] = v
			d.z[i*k+j+1] = v
		}
	}
	return columns
}

// propensity fits Pr(treated | x) and the weights of the controls.
func (d *design) propensity(columns [][]float64, workers int) estimate.Reason {
	n, k := d.n, d.k
	y := make([]float64, n)
	for i := range d.nt {
		y[i] = 1
	}
	// Convergence to the maximum, not to R's early stop: the two differ by about 1e-9 in the estimates.
	fit, err := regression.Logit(columns, y, d.w, regression.LogitOptions{Workers: workers})
	var separated *regression.SeparationError
	switch {
	case errors.As(err, &separated):
		return estimate.NoOverlap
	case err != nil:
		return estimate.Singular
	case !fit.Converged:
		return estimate.NotConverged
	}
	check := fit.Fitted
	if d.w != nil { // did looks for overlap in the unweighted score
		plain, err := regression.Logit(columns, y, nil, regression.LogitOptions{Workers: workers})
		if err != nil {
			return estimate.NoOverlap
		}
		check = plain.Fitted
	}
	d.maxP = slices.Max(check)
	if d.maxP >= overlapAt {
		return estimate.NoOverlap
	}
	d.p, d.gamma = fit.Fitted, fit.Coef
	if d.method == Imp {
		if !d.calibrate(fit.Coef) {
			return estimate.NotConverged
		}
	}
	d.odds = make([]float64, n)
	sum, squares := 0., 0.
	for i, p := range d.p {
		p = min(p, 1-capBelow)
		d.p[i] = p
		if i < d.nt {
			continue
		}
		o := oddsOf(p, d.weight(i))
		if o == 0 && d.weight(i) > 0 {
			d.trimmed++
		}
		d.odds[i] = o
		sum += o
		squares += o * o
	}
	if !(sum > 0) {
		return estimate.NoOverlap
	}
	d.w0, d.ess = sum, sum*sum/squares
	if d.method == Imp {
		return ""
	}
	h := make([]float64, k*k)
	for i := range n {
		p := d.p[i]
		addGram(h, d.weight(i)*p*(1-p), d.row(i))
	}
	d.hess = factorise(h, k)
	return ""
}

// calibrate replaces the propensity by the one whose odds balance the covariates exactly: the maximiser of
// Σ w (D·z'g − (1−D)·exp(z'g)) (Graham, Pinto and Egel 2012; Sant'Anna and Zhao 2020, eq. 3.1), by Newton's method with
// step halving from the logit.
func (d *design) calibrate(start []float64) bool {
	n, k := d.n, d.k
	g := append([]float64(nil), start...)
	value := func(g []float64) float64 {
		s := 0.
		for i := range n {
			eta := dot(g, d.row(i))
			if i < d.nt {
				s += d.weight(i) * eta
			} else {
				s -= d.weight(i) * math.Exp(eta)
			}
		}
		return s
	}
	now := value(g)
	grad, step, trial := make([]float64, k), make([]float64, k), make([]float64, k)
	h := make([]float64, k*k)
	for range 100 {
		clear(grad)
		clear(h)
		for i := range n {
			z, w := d.row(i), d.weight(i)
			if i < d.nt {
				for j, v := range z {
					grad[j] += w * v
				}
				continue
			}
			e := w * math.Exp(dot(g, z))
			for j, v := range z {
				grad[j] -= e * v
			}
			addGram(h, e, z)
		}
		copy(step, grad)
		factorise(h, k).solve(step)
		decrement := dot(step, grad)
		if !(decrement < math.Inf(1)) {
			return false
		}
		if decrement <= 1e-18*d.w1 {
			break
		}
		size := 1.
		for ; size > 1e-10; size /= 2 {
			for j := range g {
				trial[j] = g[j] + size*step[j]
			}
			if v := value(trial); v >= now-1e-13*math.Abs(now) {
				now = v
				break
			}
		}
		if size <= 1e-10 {
			break // at the limit of rounding
		}
		copy(g, trial)
	}
	// An exact balance has a zero gradient; without one (treated outside the hull of the controls) there is no such weighting.
	for j := range grad {
		if !(math.Abs(grad[j]) <= 1e-7*d.w1) {
			return false
		}
	}
	for i := range n {
		d.p[i] = 1 / (1 + math.Exp(-dot(g, d.row(i))))
	}
	d.gamma = g
	return true
}

// regressions makes what the outcome regression and its influence need.
func (d *design) regressions() {
	n, k := d.n, d.k
	m1 := make([]float64, k)
	m0 := make([]float64, k)
	for i := range n {
		z := d.row(i)
		if i < d.nt {
			w := d.weight(i)
			for j, v := range z {
				m1[j] += w * v
			}
		} else if d.odds != nil {
			o := d.odds[i]
			for j, v := range z {
				m0[j] += o * v
			}
		}
	}
	for j := range m1 {
		m1[j] /= d.w1
		m0[j] /= d.w0
	}
	if d.method == IPW {
		return
	}
	a, all := make([]float64, k*k), make([]float64, k*k)
	for i := range n {
		z, w := d.row(i), d.weight(i)
		addGram(all, w, z)
		if i < d.nt {
			continue
		}
		if d.method == Imp {
			w = d.odds[i]
		}
		addGram(a, w, z)
	}
	d.gram = factorise(a, k)
	if !d.gram.full() {
		// A column that varies in the cell but not among its controls cannot be extrapolated to the treated.
		whole := factorise(all, k)
		for j := range k {
			if whole.keep[j] && !d.gram.keep[j] {
				d.reason = estimate.Singular
				return
			}
		}
	}
	if d.method == Imp {
		return
	}
	d.aOLS = make([]float64, k)
	for j := range d.aOLS {
		d.aOLS[j] = -m1[j]
		if d.method == DR {
			d.aOLS[j] += m0[j]
		}
	}
	d.gram.solve(d.aOLS)
	d.ols = make([]float64, n)
	for i := d.nt; i < n; i++ {
		d.ols[i] = dot(d.aOLS, d.row(i))
	}
}

// oddsOf is the weight of a control with propensity p.
func oddsOf(p, w float64) float64 {
	if p >= trimAt {
		return 0
	}
	return w * p / (1 - p)
}

// change is what the comparison found for one outcome: the estimate and what its influence needs.
type change struct {
	att        float64
	eta1, eta0 float64
	beta       []float64 // outcome regression on z; nil where there is none
	aPS        []float64 // coefficient of −w·(D − p)·z'aPS in the influence; nil where there is none
}

// change estimates ATT from the changes dy by row and leaves dy − z'β in e (Sant'Anna and Zhao 2020, Journal of
// Econometrics 219:101; Heckman, Ichimura and Todd 1997 for Reg). With weights w, D treated, p propensity, μ = z'β:
//
//	dr   η₁ − η₀, η₁ the w-mean of dY−μ over the treated, η₀ the mean over controls with weights w·p/(1−p)
//	ipw  the same with μ = 0
//	reg  the w-mean of dY−μ over the treated
//	imp  (Σ w D (dY−μ) − Σ w (1−D) odds (dY−μ)) / Σ w D, β from weighted least squares with weights odds
func (d *design) change(dy, e []float64) change {
	var c change
	k := d.k
	e = e[:d.n]
	if d.gram == nil {
		copy(e, dy)
	} else {
		c.beta = make([]float64, k)
		weights := d.w
		if d.method == Imp {
			weights = d.odds
		}
		for i := d.nt; i < d.n; i++ {
			v := dy[i]
			if weights != nil {
				v *= weights[i]
			}
			for j, z := range d.row(i) {
				c.beta[j] += v * z
			}
		}
		d.gram.solve(c.beta)
		for i := range e {
			e[i] = dy[i] - dot(c.beta, d.row(i))
		}
	}
	s1, s0 := 0., 0.
	for i, v := range e[:d.nt] {
		s1 += d.weight(i) * v
	}
	switch {
	case d.odds != nil:
		for i := d.nt; i < d.n; i++ {
			s0 += d.odds[i] * e[i]
		}
	case d.gram == nil:
		for i := d.nt; i < d.n; i++ {
			s0 += d.weight(i) * e[i]
		}
	}
	c.eta1, c.eta0 = s1/d.w1, s0/d.w0
	if d.method == Imp && d.gram != nil {
		c.eta0 = s0 / d.w1
	}
	c.att = c.eta1 - c.eta0
	if d.hess != nil {
		c.aPS = make([]float64, k)
		for i := d.nt; i < d.n; i++ {
			v := d.odds[i] * (e[i] - c.eta0)
			for j, z := range d.row(i) {
				c.aPS[j] += v * z
			}
		}
		for j := range c.aPS {
			c.aPS[j] /= d.w0
		}
		d.hess.solve(c.aPS)
	}
	return c
}

// influence writes ψ of every row: ATT's estimate − truth ≈ Σ ψ. e is what change left.
func (d *design) influence(c *change, e, psi []float64) {
	slice := func(v []float64, from, to int) []float64 {
		if v == nil {
			return nil
		}
		return v[from:to]
	}
	d.psiTreated(c, e[:d.nt], d.w, d.p, d.z, psi[:d.nt])
	nt, n := d.nt, d.n
	d.psiControl(c, e[nt:n], slice(d.w, nt, n), slice(d.p, nt, n), slice(d.odds, nt, n), slice(d.ols, nt, n), slice(d.z, nt*d.k, n*d.k), psi[nt:n])
}

// psiTreated is the influence of treated rows with residuals e. w may be nil; p and z are read where there is a propensity.
func (r *recipe) psiTreated(c *change, e, w, p, z, psi []float64) {
	center := c.eta1
	if r.k > 1 && (r.method == Reg || r.method == Imp) {
		center = c.att
	}
	for i, v := range e {
		psi[i] = (v - center) / r.w1
	}
	if c.aPS != nil {
		k := r.k
		for i := range psi {
			psi[i] -= (1 - p[i]) * dot(c.aPS, z[i*k:(i+1)*k])
		}
	}
	if w != nil {
		for i := range psi {
			psi[i] *= w[i]
		}
	}
}

// psiControl is the influence of control rows with residuals e, odds and z'aOLS (ols).
func (r *recipe) psiControl(c *change, e, w, p, odds, ols, z, psi []float64) {
	k := r.k
	switch {
	case k == 1:
		for i, v := range e {
			psi[i] = -(v - c.eta0) / r.w0
		}
	case r.method == Reg:
		for i, v := range e {
			psi[i] = v * ols[i]
		}
	case r.method == Imp:
		for i, v := range e {
			psi[i] = -odds[i] * v / r.w1
		}
		return // odds hold the weights
	default:
		for i := range e {
			psi[i] = p[i] * dot(c.aPS, z[i*k:(i+1)*k])
		}
		if ols != nil {
			for i, v := range e {
				psi[i] += v * ols[i]
			}
		}
	}
	if w != nil {
		for i := range psi {
			psi[i] *= w[i]
		}
	}
	if k > 1 && r.method != Reg {
		for i, v := range e {
			psi[i] -= odds[i] * (v - c.eta0) / r.w0
		}
	}
}
