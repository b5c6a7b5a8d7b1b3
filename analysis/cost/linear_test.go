package cost

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/random"
)

// The table of multiplicities has the first four moments of the Poisson distribution with mean 1: 1, 2, 5, 15.
func TestPoissonTable(t *testing.T) {
	var moments [4]float64
	for _, k := range poisson {
		for j := range moments {
			moments[j] += math.Pow(float64(k), float64(j+1)) / (1 << 16)
		}
	}
	for j, want := range []float64{1, 2, 5, 15} {
		if math.Abs(moments[j]-want) > 2e-3*want { // the tail beyond 2⁻¹⁶ is cut off
			t.Errorf("moment %d is %v, want %v", j+1, moments[j], want)
		}
	}
}

// Draws of two estimates have the influence's own covariance as theirs, up to chance: with 4,000 draws a standard deviation
// has a relative error of 1/√8000 = 1.1 %, a correlation of at most 1/√4000.
func TestDrawsHaveTheCovarianceOfTheInfluence(t *testing.T) {
	rng := random.New(7, "test")
	const rows, persons = 3000, 1100
	person := make([]int32, rows)
	a, b := make([]float64, rows), make([]float64, rows)
	for i := range person {
		person[i] = int32(i * persons / rows)
		a[i] = rng.NormFloat64()
		b[i] = a[i]/2 + rng.NormFloat64()
	}
	for _, x := range [][]float64{a, b} { // influence sums to 0
		mean := 0.
		for _, v := range x {
			mean += v / rows
		}
		for i := range x {
			x[i] -= mean
		}
	}
	l := NewLinear([]float64{3, -2}, [][]float64{a, b}, person, persons)
	draws, err := l.Draws(t.Context(), 4000, 1, "test", 2)
	if err != nil {
		t.Fatal(err)
	}
	var mean, square [2]float64
	joint := 0.
	for _, d := range draws {
		for k, v := range d {
			mean[k] += v / 4000
			square[k] += (v - l.Point[k]) * (v - l.Point[k]) / 4000
		}
		joint += (d[0] - 3) * (d[1] + 2) / 4000
	}
	for k := range mean {
		want := math.Sqrt(estimate.ClusterVariance([][]float64{a, b}[k], person, persons))
		if math.Abs(l.StdError(k)-want) > 1e-9 {
			t.Errorf("standard error %v, want %v", l.StdError(k), want)
		}
		if math.Abs(math.Sqrt(square[k])/want-1) > 0.05 || math.Abs(mean[k]-l.Point[k]) > 5*want/math.Sqrt(4000) {
			t.Errorf("estimate %d: draws have mean %v and deviation %v, want %v and %v", k, mean[k], math.Sqrt(square[k]), l.Point[k], want)
		}
	}
	v := JointCovariance(a, b, person, persons)
	if got, want := joint/math.Sqrt(square[0]*square[1]), v.Joint/math.Sqrt(v.Cost*v.Effect); math.Abs(got-want) > 0.08 {
		t.Errorf("correlation of the draws %v, want %v", got, want)
	}
	one, err := l.Draws(t.Context(), 50, 1, "test", 1)
	if err != nil || !reflect.DeepEqual(one, draws[:50]) {
		t.Error("draws depend on the workers or on how many are made")
	}
	if other, _ := l.Draws(t.Context(), 50, 1, "other", 1); reflect.DeepEqual(one, other) {
		t.Error("another purpose gives the same draws")
	}
	if _, err := l.Draws(t.Context(), 1, 1, "test", 1); err == nil {
		t.Error("one draw was accepted")
	}
}

// The draws by influence against drawing persons and averaging again (Bootstrap): the same spread where the weights are
// known.
// TestDrawsOfManyPersons: groups of persons have the covariance of the persons. The tolerance is four standard errors: of 4,000
// draws, 1/√8000 of a standard deviation, and of the grouping, 1/√(2·20,000).
func TestDrawsOfManyPersons(t *testing.T) {
	const persons, draws = 200_000, 4000
	rng := random.New(3, "test")
	psi := [][]float64{make([]float64, persons), make([]float64, persons)}
	var mean [2]float64
	for p := range persons {
		z := rng.NormFloat64()
		psi[0][p], psi[1][p] = z, 0.6*z+0.8*math.Exp(rng.NormFloat64()) // one of them skewed
		mean[0] += psi[0][p] / persons
		mean[1] += psi[1][p] / persons
	}
	for p := range persons {
		psi[0][p] -= mean[0]
		psi[1][p] -= mean[1]
	}
	l := &Linear{Point: []float64{1, -2}, Influence: psi}
	all, err := l.Draws(t.Context(), draws, 1, "test", 2)
	if err != nil {
		t.Fatal(err)
	}
	tolerance := 4 * math.Sqrt(1./(2*draws)+1./(2*drawGroups))
	for k := range psi {
		sum, squares := 0., 0.
		for _, x := range all {
			sum += x[k] / draws
		}
		for _, x := range all {
			squares += (x[k] - sum) * (x[k] - sum) / (draws - 1)
		}
		if ratio := math.Sqrt(squares) / l.StdError(k); math.Abs(ratio-1) > tolerance {
			t.Errorf("estimate %d: standard deviation of draws over standard error %.4f", k, ratio)
		}
		if bias := (sum - l.Point[k]) / l.StdError(k); math.Abs(bias) > 4/math.Sqrt(draws) {
			t.Errorf("estimate %d: mean of draws is %.3f standard errors from the estimate", k, bias)
		}
	}
	one, err := l.Draws(t.Context(), 20, 1, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(one, all[:20]) {
		t.Error("draws depend on the number of workers, or on how many are made after them")
	}
}

func TestDrawsAgreeWithDrawingPersons(t *testing.T) {
	rng := random.New(3, "test")
	const n = 900
	a := Arms{Treated: make([]bool, n), Weight: make([]float64, n), Cost: make([]float64, n), Effect: make([]float64, n), Person: make([]int32, n), Persons: 500}
	for i := range n {
		a.Treated[i] = rng.Float64() < .4
		a.Weight[i] = .5 + rng.Float64()
		a.Cost[i] = 1000 * rng.ExpFloat64()
		if rng.Float64() < .3 {
			a.Effect[i] = 1
		}
		a.Person[i] = int32(rng.IntN(500))
	}
	before := slices.Clone(a.Cost)
	cost, treated, comparison := KnownWeights(a.Cost, a.Weight, a.Treated)
	effect, _, _ := KnownWeights(a.Effect, a.Weight, a.Treated)
	point, err := a.Difference()
	if err != nil || math.Abs(treated-comparison-point.Cost) > 1e-9 {
		t.Fatalf("%v, %v: %v", treated-comparison, point, err)
	}
	l := NewLinear([]float64{point.Cost, point.Effect}, [][]float64{cost, effect}, a.Person, a.Persons)
	drawn, err := Bootstrap(t.Context(), &a, 4000, 5, 2)
	if err != nil {
		t.Fatal(err)
	}
	var square Point
	for _, d := range drawn {
		square.Cost += (d.Cost - point.Cost) * (d.Cost - point.Cost) / 4000
		square.Effect += (d.Effect - point.Effect) * (d.Effect - point.Effect) / 4000
	}
	// 1.1 % of chance, and 1/√n of what is left out of the first order.
	if r := math.Sqrt(square.Cost) / l.StdError(0); math.Abs(r-1) > 0.06 {
		t.Errorf("cost: drawing persons gives %v times the error by influence", r)
	}
	if r := math.Sqrt(square.Effect) / l.StdError(1); math.Abs(r-1) > 0.06 {
		t.Errorf("effect: drawing persons gives %v times the error by influence", r)
	}
	if !slices.Equal(before, a.Cost) {
		t.Error("the input was changed")
	}
}

// A worked case of Value by present values: both give the same.
func TestValueOfPresent(t *testing.T) {
	p := Parameters{Discount: Discounting{{0, .04}}, TaxCost: .2, OTP: .02, AGA: .141, WageTax: .25, BenefitTax: math.NaN(), SubsidisedValue: math.NaN()}
	x := Path{Wage: []float64{0, 100, 200}, SubsidisedWage: []float64{50, 0, 0}, Subsidy: []float64{30, 0, 0}, Tiltak: []float64{10, 20, 0}, Benefits: []float64{5, 5, 5}}
	if a, b := Value(x, p), ValueOf(p.Discount.PresentOf(x), p); a != b {
		t.Errorf("%+v and %+v", a, b)
	}
	if v := p.Discount.PresentOf(Path{Wage: x.Wage}); !math.IsNaN(v.Benefits) || v.Tiltak != 0 {
		t.Errorf("what a path does not have: %+v", v)
	}
}

// Persons without influence do not change a draw, wherever they stand.
func TestDrawsLeaveOutWhoDoesNotMatter(t *testing.T) {
	r := random.New(4, "who matters")
	const k, n = 3, 400
	few := &Linear{Point: []float64{1, 2, 3}, Influence: make([][]float64, k)}
	many := &Linear{Point: few.Point, Influence: make([][]float64, k)}
	for range n {
		for range r.IntN(3) {
			for j := range k {
				many.Influence[j] = append(many.Influence[j], 0)
			}
		}
		for j := range k {
			v := r.NormFloat64()
			if j == 1 {
				v = 0 // without influence on one estimate only
			}
			few.Influence[j], many.Influence[j] = append(few.Influence[j], v), append(many.Influence[j], v)
		}
	}
	a, err := few.Draws(t.Context(), 50, 1, "p", 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := many.Draws(t.Context(), 50, 1, "p", 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(many.Influence[0]) == n || !reflect.DeepEqual(a, b) {
		t.Errorf("%d persons: %v, want %v", len(many.Influence[0]), b[0], a[0])
	}
}
