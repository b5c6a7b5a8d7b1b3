package did

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The influence of a row is the derivative of the estimate in its weight, for all three methods.
func TestRowsInfluenceIsDerivative(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 1))
	n := 400
	c := &CrossSections{Covariates: [][]float64{make([]float64, n)}, Weights: make([]float64, n)}
	for i := range n {
		x := rng.NormFloat64()
		c.Covariates[0][i] = x
		c.Weights[i] = 0.5 + rng.Float64()
		g, time := Never, int64(rng.IntN(2))
		if rng.Float64() < 1/(1+math.Exp(-0.5*x+0.5)) {
			g = 1
		}
		y := rng.NormFloat64() + x*float64(time)
		c.Start, c.Time, c.Outcome = append(c.Start, g), append(c.Time, time), append(c.Outcome, y+x*x)
	}
	for _, m := range []Method{DR, IPW, Reg} {
		value := func(w []float64) *rowEngine {
			d := *c
			d.Weights = w
			r, err := GroupTimeRows(&d, Options{Method: m, Base: Varying})
			if err != nil {
				t.Fatal(err)
			}
			return r.engine.(*rowEngine)
		}
		e := value(c.Weights)
		psi := make([]float64, n)
		for k, s := range e.rows[0] {
			psi[e.f.unit[s]] = e.psi[0][k]
		}
		att := func(w []float64) float64 {
			r := value(w)
			out := make([]fitted, 1)
			r.cell(0, &out[0])
			return out[0].att
		}
		for i := range 12 {
			const h = 1e-4
			up, down := slices.Clone(c.Weights), slices.Clone(c.Weights)
			up[i] *= 1 + h
			down[i] *= 1 - h
			slope := (att(up) - att(down)) / (2 * h)
			if math.Abs(slope-psi[i]) > 1e-8 { // h² and rounding over h
				t.Errorf("%v row %d: influence %g, derivative %g", m, i, psi[i], slope)
			}
		}
	}
}

// Rows of a balanced panel without covariates give the estimates of the panel, with larger or smaller errors; with rows in
// another order and another number of workers they give the same.
func TestRowsOfPanel(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 1))
	p := small{n: 200, T: 5, cohorts: []int64{102, 103}, never: true, covariates: 1, missing: 0.05, clusters: 30}.panel(rng)
	for _, m := range []Method{DR, IPW, Reg} {
		o := Options{Method: m, Unbalanced: Rows, Draws: 100, Workers: 1}
		a := estimated(t, p, o)
		o.Workers = 2
		same(t, a, estimated(t, p, o), 0)
		same(t, a, estimated(t, permuted(p, rng.Perm(200)), o), 1e-9)
	}
	q := small{n: 200, T: 5, cohorts: []int64{102, 103}, never: true}.panel(rng)
	a, b := estimated(t, q, Options{Draws: 100}), estimated(t, q, Options{Draws: 100, Unbalanced: Rows})
	for i := range a.Cells {
		if math.Abs(a.Cells[i].Estimate.Estimate-b.Cells[i].Estimate.Estimate) > 1e-12 {
			t.Errorf("%+v %+v", a.Cells[i], b.Cells[i])
		}
	}
	if a.Units != b.Units || a.Never != b.Never {
		t.Errorf("%d and %d units, %d and %d never", a.Units, b.Units, a.Never, b.Never)
	}
}

// Pairwise: a cell is the cell of the panel of the units observed in both periods; with nothing missing it is the balanced
// estimate.
func TestPairwise(t *testing.T) {
	rng := rand.New(rand.NewPCG(18, 1))
	p := small{n: 300, T: 5, cohorts: []int64{102, 103}, never: true, covariates: 1, missing: 0.08}.panel(rng)
	for _, m := range []Method{DR, Reg, Imp} {
		r := estimated(t, p, Options{Method: m, Unbalanced: Pairwise, Draws: 100})
		psi, err := r.Influence()
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range r.Cells {
			if c.Reason != "" {
				continue
			}
			base := c.Group - 1
			now, before := p.Outcome[c.Time-100], p.Outcome[base-100]
			var dy []float64
			s := Sample{X: [][]float64{nil}}
			for u, g := range p.Start {
				if (g == c.Group || g == Never) && !math.IsNaN(now[u]) && !math.IsNaN(before[u]) {
					dy = append(dy, now[u]-before[u])
					s.Treated = append(s.Treated, g == c.Group)
					s.X[0] = append(s.X[0], p.Covariates[0][0][u])
				}
			}
			alone, err := TwoByTwo(dy, s, m, 0)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(alone.Estimate.Estimate-c.Estimate.Estimate) > 1e-10 || math.Abs(alone.StdError-c.StdError) > 1e-10 {
				t.Errorf("%v (%d,%d): %g (%g), alone %g (%g)", m, c.Group, c.Time, c.Estimate.Estimate, c.StdError, alone.Estimate.Estimate, alone.StdError)
			}
			if v := dot(psi[i], psi[i]); math.Abs(math.Sqrt(v)-c.StdError) > 1e-10 {
				t.Errorf("influence gives %g, standard error %g", math.Sqrt(v), c.StdError)
			}
		}
	}
	// A covariate and weights by period, missing where the outcome is, do not remove the unit.
	moving := *p
	moving.Covariates = [][][]float64{make([][]float64, 5)}
	moving.Weights = make([][]float64, 5)
	for t := range 5 {
		moving.Covariates[0][t] = slices.Clone(p.Covariates[0][0])
		moving.Weights[t] = make([]float64, 300)
		for i, y := range p.Outcome[t] {
			moving.Weights[t][i] = 1
			if math.IsNaN(y) {
				moving.Covariates[0][t][i], moving.Weights[t][i] = math.NaN(), math.NaN()
			}
		}
	}
	same(t, estimated(t, p, Options{Draws: 100, Unbalanced: Pairwise}), estimated(t, &moving, Options{Draws: 100, Unbalanced: Pairwise}), 1e-9)
	q := small{n: 200, T: 5, cohorts: []int64{102, 103}, never: true, covariates: 1}.panel(rng)
	same(t, estimated(t, q, Options{Draws: 100}), estimated(t, q, Options{Draws: 100, Unbalanced: Pairwise}), 1e-10)
}
