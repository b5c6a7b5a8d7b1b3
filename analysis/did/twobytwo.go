package did

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/regression"
)

// TrimAt is the propensity from which on a control gets weight 0, as in R's DRDID.
const TrimAt = 0.995

// Further bounds on the propensity, as in R's DRDID: overlapAt anywhere means that there is no overlap; scores are capped at
// 1 − capBelow.
const (
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
// treated, the others controls; z is the constant and the columns centred and scaled over the cell.
type design struct {
	recipe
	n, nt int
	w     []float64 // nil: all 1
	z     basis     // k columns of n; nil without covariates
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
	return newDesignIn(nil, method, nt, n, x, w, workers)
}

// newDesignIn is newDesign that puts the standardised columns into z, which may be x itself; nil: into new ones.
func newDesignIn(z [][]float64, method Method, nt int, n int, x [][]float64, w []float64, workers int) *design {
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
	columns := d.standardise(x, z)
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

// standardise makes z and returns its columns without the constant, in the place of `in` where it is given.
func (d *design) standardise(x, in [][]float64) [][]float64 {
	n, k := d.n, d.k
	d.fixed, d.scale = make([]float64, k), make([]float64, k)
	d.z = make(basis, 1, k)
	d.z[0] = make([]float64, n)
	if in == nil {
		store := make([]float64, n*(k-1))
		for j := range k - 1 {
			in = append(in, store[j*n:(j+1)*n])
		}
	}
	d.z = append(d.z, in...)
	for i := range d.z[0] {
		d.z[0][i] = 1
	}
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
		z := d.z[j+1]
		for i, v := range c {
			z[i] = (v - mean) * scale
		}
	}
	return d.z[1:]
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
	v := make([]float64, n)
	for i, p := range d.p {
		v[i] = d.weight(i) * p * (1 - p)
	}
	d.hess = factorise(d.z.gram(v), k)
	return ""
}

// calibrate replaces the propensity by the one whose odds balance the covariates exactly: the maximiser of
// Σ w (D·z'g − (1−D)·exp(z'g)) (Graham, Pinto and Egel 2012; Sant'Anna and Zhao 2020, eq. 3.1), by Newton's method with
// step halving from the logit.
func (d *design) calibrate(start []float64) bool {
	n, k := d.n, d.k
	g := append([]float64(nil), start...)
	eta, v := make([]float64, n), make([]float64, n)
	value := func(g []float64) float64 {
		d.z.combine(eta, g)
		s := 0.
		for i, x := range eta {
			if i < d.nt {
				s += d.weight(i) * x
			} else {
				s -= d.weight(i) * math.Exp(x)
			}
		}
		return s
	}
	now := value(g)
	grad, step, trial := make([]float64, k), make([]float64, k), make([]float64, k)
	for range 100 {
		d.z.combine(eta, g)
		for i, x := range eta {
			if i < d.nt {
				v[i] = d.weight(i)
			} else {
				v[i] = -d.weight(i) * math.Exp(x)
			}
		}
		d.z.moments(grad, v)
		clear(v[:d.nt])
		for i := d.nt; i < n; i++ {
			v[i] = -v[i]
		}
		h := d.z.gram(v)
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
	d.z.combine(eta, g)
	for i, x := range eta {
		d.p[i] = 1 / (1 + math.Exp(-x))
	}
	d.gamma = g
	return true
}

// regressions makes what the outcome regression and its influence need.
func (d *design) regressions() {
	n, k, nt := d.n, d.k, d.nt
	v := make([]float64, n)
	for i := range v {
		v[i] = d.weight(i)
	}
	treated, controls := d.z.rows(0, nt), d.z.rows(nt, n)
	m1, m0 := make([]float64, k), make([]float64, k)
	treated.moments(m1, v[:nt])
	if d.odds != nil {
		controls.moments(m0, d.odds[nt:])
	}
	for j := range m1 {
		m1[j] /= d.w1
		m0[j] /= d.w0
	}
	if d.method == IPW {
		return
	}
	all := d.z.gram(v)
	if d.method == Imp {
		copy(v[nt:], d.odds[nt:])
	}
	a := controls.gram(v[nt:])
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
	controls.combine(d.ols[nt:], d.aOLS)
}

// oddsOf is the weight of a control with propensity p.
func oddsOf(p, w float64) float64 {
	if p >= TrimAt {
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
	k, nt, n := d.k, d.nt, d.n
	e = e[:n]
	copy(e, dy)
	var controls basis
	if d.z != nil {
		controls = d.z.rows(nt, n)
	}
	if d.gram != nil {
		c.beta = make([]float64, k)
		switch {
		case d.method == Imp:
			controls.weightedMoments(c.beta, dy[nt:n], d.odds[nt:])
		case d.w != nil:
			controls.weightedMoments(c.beta, dy[nt:n], d.w[nt:])
		default:
			controls.moments(c.beta, dy[nt:n])
		}
		d.gram.solve(c.beta)
		d.z.subtract(e, c.beta)
	}
	s1, s0 := 0., 0.
	for i, v := range e[:nt] {
		s1 += d.weight(i) * v
	}
	switch {
	case d.odds != nil:
		s0 = floats.Dot(d.odds[nt:], e[nt:])
	case d.gram == nil:
		for i := nt; i < n; i++ {
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
		controls.centredMoments(c.aPS, e[nt:], c.eta0, d.odds[nt:])
		for j := range c.aPS {
			c.aPS[j] /= d.w0
		}
		d.hess.solve(c.aPS)
	}
	return c
}

// influence writes ψ of every row: ATT's estimate − truth ≈ Σ ψ. e is what change left.
func (d *design) influence(c *change, e, psi []float64) {
	nt, n := d.nt, d.n
	part := func(v []float64, from, to int) []float64 {
		if v == nil {
			return nil
		}
		return v[from:to]
	}
	var treated, controls basis
	if d.z != nil {
		treated, controls = d.z.rows(0, nt), d.z.rows(nt, n)
	}
	d.psiTreated(c, e[:nt], part(d.w, 0, nt), part(d.p, 0, nt), treated, psi[:nt])
	d.psiControl(c, e[nt:n], part(d.w, nt, n), part(d.p, nt, n), part(d.odds, nt, n), part(d.ols, nt, n), controls, psi[nt:n])
}

// psiTreated is the influence of treated rows with residuals e. w may be nil; p and z are read where there is a propensity.
func (r *recipe) psiTreated(c *change, e, w, p []float64, z basis, psi []float64) {
	center := c.eta1
	if r.k > 1 && (r.method == Reg || r.method == Imp) {
		center = c.att
	}
	if c.aPS == nil {
		for i, v := range e {
			psi[i] = (v - center) / r.w1
		}
	} else {
		z.combine(psi, c.aPS)
		for i, v := range e {
			psi[i] = (v-center)/r.w1 - (1-p[i])*psi[i]
		}
	}
	if w != nil {
		floats.Mul(psi, w)
	}
}

// psiControl is the influence of control rows with residuals e, odds and z'aOLS (ols).
func (r *recipe) psiControl(c *change, e, w, p, odds, ols []float64, z basis, psi []float64) {
	switch {
	case r.k == 1:
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
		z.combine(psi, c.aPS)
		floats.Mul(psi, p)
		if ols != nil {
			for i, v := range e {
				psi[i] += v * ols[i]
			}
		}
	}
	if w != nil {
		floats.Mul(psi, w)
	}
	if r.k > 1 && r.method != Reg {
		scale := 1 / r.w0
		for i, v := range e {
			psi[i] -= odds[i] * (v - c.eta0) * scale
		}
	}
}
