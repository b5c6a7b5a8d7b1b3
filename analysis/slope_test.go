package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/regression"
)

// drawSlope is a sample of rows in places, with two columns and an effect alpha + beta·u; noise is the standard deviation of the rows,
// shared that of places' months.
func drawSlope(r *rand.Rand, n, places int, alpha, beta, noise, shared float64) slopeSample {
	s := slopeSample{x: make([][]float64, 2)}
	level := make([]float64, places)
	for k := range level {
		level[k] = 3 + r.NormFloat64()
	}
	own, effect := make([]float64, places), make([]float64, places)
	for k := range own {
		own[k], effect[k] = shared*r.NormFloat64(), shared*r.NormFloat64()
	}
	for i := range n {
		k := r.IntN(places)
		u := level[k] + .5*r.NormFloat64()
		a, b := r.NormFloat64()+.3*u, float64(r.IntN(2))
		p := 1 / (1 + math.Exp(-(-1.5 + .4*a - .2*(u-3))))
		treated := r.Float64() < p
		y := .2*u + .5*a - b + own[k] + noise*r.NormFloat64()
		if treated {
			y += alpha + beta*u + effect[k]
		}
		w := 1.
		if !treated {
			w = p / (1 - p)
		}
		s.y, s.u, s.treated, s.weight, s.base = append(s.y, y), append(s.u, u), append(s.treated, treated), append(s.weight, w), append(s.base, 1)
		s.x[0], s.x[1] = append(s.x[0], a), append(s.x[1], b)
		s.person, s.place = append(s.person, int32(i/2)), append(s.place, int32(k))
	}
	return s
}

// Without columns the slope is that of the treated less that of the comparison rows: (u, y) of the treated on 2u + 1, of the comparison
// rows, one of them of weight 0, on u/2 but for residuals that are orthogonal to u by hand.
func TestLinearSlopeClosedForm(t *testing.T) {
	s := slopeSample{
		u:       []float64{1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 99},
		treated: []bool{true, true, true, true, true, false, false, false, false, false, false},
		weight:  []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0},
		base:    []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		person:  []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		place:   []int32{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5},
	}
	e := []float64{1, -1, 0, -1, 1} // sums to 0, and with u too
	for k := range 5 {
		s.y = append(s.y, 2*s.u[k]+1+e[k])
	}
	for k := range 5 {
		s.y = append(s.y, s.u[k]/2+2*e[k])
	}
	s.y = append(s.y, 1000)
	got, why := linearSlope(s)
	if why != "" || math.Abs(got.slope-1.5) > 1e-12 || got.places != 5 {
		t.Fatalf("%+v, %s", got, why)
	}
	// a = (−2, −1, 0, 1, 2)/10; a·e of the treated is (−2, 1, 0, −1, 2)/10, of the comparison rows −2 times that. By person Σ = 10/100 + 40/100;
	// by place (treated and comparison of a place together) Σ = 10/100, times 5/4; all persons have one place.
	if want := math.Sqrt(.5); math.Abs(got.byPerson-want) > 1e-12 {
		t.Errorf("by person %v, want %v", got.byPerson, want)
	}
	if want := math.Sqrt(.1 * 5 / 4); math.Abs(got.byPlace-want) > 1e-12 || got.stdError != got.byPerson {
		t.Errorf("by place %v, want %v; the error is %v", got.byPlace, want, got.stdError)
	}
	low, high, _ := got.interval(.95)
	// The quantile of t with 4 degrees in closed form: with a = √(4p(1 − p)), 2√(cos(arccos(a)/3)/a − 1).
	a := math.Sqrt(4 * .975 * .025)
	if q := 2 * math.Sqrt(math.Cos(math.Acos(a)/3)/a-1); math.Abs(low-(1.5-q*math.Sqrt(.5))) > 1e-9 || math.Abs(high-(1.5+q*math.Sqrt(.5))) > 1e-9 {
		t.Errorf("interval %v to %v", low, high)
	}
	few := s
	few.place = []int32{0, 0, 1, 2, 3, 0, 0, 1, 2, 3, 9} // the fifth place has weight 0
	if _, why := linearSlope(few); why != estimate.NotDefined {
		t.Errorf("four places: %s", why)
	}
	flat := s
	flat.u = slices.Clone(s.u)
	for k := 5; k < 10; k++ {
		flat.u[k] = 2
	}
	if _, why := linearSlope(flat); why != estimate.NotDefined {
		t.Errorf("u is constant in an arm: %s", why)
	}
}

// Where the outcome is a line in u and the columns and the effect one in u, the slope is exact whatever the weights; where the effect is the
// same for all it is 0, although u moves everybody's outcome. Adding a line in u to all outcomes changes nothing.
func TestLinearSlopeExact(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for _, beta := range []float64{0, -.7} {
		s := drawSlope(r, 400, 8, 1.3, beta, 0, 0)
		for i := range s.weight {
			s.weight[i] = .1 + r.Float64()
		}
		got, why := linearSlope(s)
		if why != "" && why != estimate.ConstantOutcome || math.Abs(got.slope-beta) > 1e-10 {
			t.Errorf("slope %v, want %v (%s)", got.slope, beta, why)
		}
	}
	s := drawSlope(r, 400, 8, 1, .5, 1, .1)
	a, _ := linearSlope(s)
	for i := range s.y {
		s.y[i] += 3 - 2*s.u[i] + 4*s.x[1][i]
	}
	if b, _ := linearSlope(s); math.Abs(a.slope-b.slope) > 1e-10 || math.Abs(a.stdError-b.stdError) > 1e-10 {
		t.Errorf("%v ± %v, with a line added %v ± %v", a.slope, a.stdError, b.slope, b.stdError)
	}
}

// The influence is the derivative of the slope by the weight of a row, in both of its weights at once.
func TestLinearSlopeInfluence(t *testing.T) {
	s := drawSlope(rand.New(rand.NewPCG(6, 1)), 120, 6, 1, .5, 1, .2)
	got, why := linearSlope(s)
	if why != "" {
		t.Fatal(why)
	}
	const step = 1e-5
	for i := range s.y {
		at := func(by float64) float64 {
			c := s
			c.weight, c.base = slices.Clone(s.weight), slices.Clone(s.base)
			c.weight[i] *= 1 + by
			c.base[i] *= 1 + by
			x, _ := linearSlope(c)
			return x.slope
		}
		if want := (at(step) - at(-step)) / (2 * step); math.Abs(want-got.influence[i]) > 1e-7 {
			t.Fatalf("row %d: %v, derivative %v", i, got.influence[i], want)
		}
	}
}

// Doubly robust: with the right weights a regression that lacks the square of a column does no harm, with the right regression
// wrong weights do none, and where both are wrong the slope is off. Over many rows, noise small.
func TestLinearSlopeIsDoublyRobust(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for _, c := range []struct {
		square, flat bool // of the outcome in x; weights 1
		within       bool
	}{{false, false, true}, {true, false, true}, {false, true, true}, {true, true, false}} {
		s := drawSlope(r, 60000, 30, 1, .5, .3, 0)
		for i := range s.y {
			if c.square {
				s.y[i] += s.x[0][i] * s.x[0][i] * s.u[i]
			}
			if c.flat {
				s.weight[i] = 1
			}
		}
		got, why := linearSlope(s)
		if near := math.Abs(got.slope-.5) < 4*got.stdError; why != "" || near != c.within {
			t.Errorf("%+v: %v ± %v", c, got.slope, got.stdError)
		}
	}
}

// Intervals hold the true slope about as often as they say, where places shift the outcome and the effect of all who live there, and
// persons have two rows. The truth of a draw has the effects of its places in it on average over draws: 0.5.
func TestLinearSlopeCovers(t *testing.T) {
	if testing.Short() {
		t.Skip("draws 600 samples: not under -short")
	}
	for _, c := range []struct {
		places int
		shared float64
	}{{15, 0}, {15, .3}, {40, .3}} {
		r := rand.New(rand.NewPCG(8, uint64(c.places)))
		held, n := 0, 600
		for range n {
			s := drawSlope(r, 800, c.places, 1, .5, 1, c.shared)
			got, why := linearSlope(s)
			if why != "" {
				t.Fatal(why)
			}
			if low, high, _ := got.interval(.95); low <= .5 && .5 <= high {
				held++
			}
		}
		share := float64(held) / float64(n)
		t.Logf("%d places, shared %v: %.1f %%", c.places, c.shared, 100*share)
		if share < .92 || share > .985 {
			t.Errorf("%d places, shared %v: %.3f", c.places, c.shared, share)
		}
	}
}

// A score that runs out of iterations gives no weights. Weights of 1e24 keep the rounding of its gradient above the limit that ends it.
func TestSlopeNeedsTheScore(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 3))
	const n = 400
	c := &cell{treated: make([]bool, n), weight: make([]float64, n)}
	u, mask, x := make([]float64, n), make([]bool, n), make([]float64, n)
	for i := range n {
		u[i], x[i], mask[i], c.weight[i] = r.NormFloat64(), r.NormFloat64(), true, 1e24*(.5+r.Float64())
		c.treated[i] = r.Float64() < 1/(1+math.Exp(-u[i]))
	}
	fit, _, err := logit([][]float64{u, x}, []string{"u", "x"}, c.treated, c.weight, regression.LogitLink)
	if err != nil || fit.Converged {
		t.Fatalf("the fit is to end before it is there: %v, %+v", err, fit.Converged)
	}
	s := &slopeSample{x: [][]float64{x}, weight: make([]float64, n)}
	if why := s.oddsOf(c, u, mask); why != estimate.NotConverged {
		t.Errorf("%q", why)
	}
	for i := range c.weight { // the same rows at a scale that the fit can end at
		c.weight[i] /= 1e24
	}
	if why := s.oddsOf(c, u, mask); why != "" {
		t.Errorf("of weight about 1: %q", why)
	}
}
