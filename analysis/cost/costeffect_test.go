package cost

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"tiltakseffekt/analysis/estimate"
)

// Fieller's limits are the ratios R at which c − R·e is exactly z standard errors from 0, and every ratio between them is
// nearer.
func TestFiellerByItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	z := estimate.Quantile(0.95)
	defined := 0
	for range 5000 {
		p := Point{Cost: 1e5 * r.NormFloat64(), Effect: r.NormFloat64()}
		sc, se, rho := 1e4*r.Float64(), 0.3*r.Float64(), 2*r.Float64()-1
		v := Covariance{Cost: sc * sc, Effect: se * se, Joint: rho * sc * se}
		q := ratio(p, v, 0.95)
		if q.Reason != "" {
			switch q.Reason {
			case EffectNotDistinguishable:
				if math.Abs(p.Effect) > z*se {
					t.Fatalf("%+v %+v: %s", p, v, q.Reason)
				}
			case DominantReason:
				if !(p.Effect > 0 && p.Cost < 0) {
					t.Fatalf("%+v: %s", p, q.Reason)
				}
			case DominatedReason:
				if !(p.Effect < 0 && p.Cost >= 0) {
					t.Fatalf("%+v: %s", p, q.Reason)
				}
			}
			continue
		}
		defined++
		far := func(x float64) float64 {
			return math.Abs(p.Cost-x*p.Effect) / math.Sqrt(v.Cost-2*x*v.Joint+x*x*v.Effect)
		}
		if q.Estimate != p.Cost/p.Effect || !(q.ConfLow <= q.Estimate && q.Estimate <= q.ConfHigh) {
			t.Fatalf("%+v: %+v", p, q)
		}
		for _, end := range []float64{q.ConfLow, q.ConfHigh} {
			// relative to z; where the two limits nearly meet the root is the square root of a rounding
			if math.Abs(far(end)/z-1) > 1e-5 {
				t.Fatalf("%+v %+v: the limit %v is %v standard errors away", p, v, end, far(end))
			}
		}
		for range 10 {
			x := q.ConfLow + r.Float64()*(q.ConfHigh-q.ConfLow)
			if far(x) > z*(1+1e-5) {
				t.Fatalf("%v between %v and %v is outside", x, q.ConfLow, q.ConfHigh)
			}
		}
	}
	if defined < 1000 {
		t.Errorf("only %d ratios were defined", defined)
	}
}

// By hand: five draws.
func TestNetBenefitByHand(t *testing.T) {
	draws := []Point{{100, 1}, {200, 2}, {-100, 1}, {100, -1}, {-50, -1}}
	r, err := CostEffectOf(Point{50, 0.4}, draws, []float64{0, 100, 1000}, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	// k = 0: −100, −200, 100, −100, 50: two over 0. k = 100: 0, 0, 200, −200, −50: one over 0, since 0 is not over 0.
	// k = 1000: 900, 1800, 1100, −1100, −950: three.
	for i, want := range []struct{ estimate, acceptable float64 }{{-50, 0.4}, {-10, 0.2}, {350, 0.6}} {
		if b := r.Curve[i]; math.Abs(b.Estimate-want.estimate) > 1e-12 || b.Acceptable != want.acceptable {
			t.Errorf("k = %v: %+v, want %+v", b.Value, b, want)
		}
	}
	if q := r.Quadrants; math.Abs(q[MoreForMore]-0.4) > 1e-15 || math.Abs(q[Dominant]-0.2) > 1e-15 || math.Abs(q[Dominated]-0.2) > 1e-15 || math.Abs(q[LessForLess]-0.2) > 1e-15 {
		t.Errorf("quadrants %v", q)
	}
	if r.Ratio.Reason != EffectNotDistinguishable || !math.IsNaN(r.Ratio.Estimate) {
		t.Errorf("ratio %+v", r.Ratio)
	}
	// mean (50, 0.4); squares of cost 2500 + 22500 + 22500 + 2500 + 10000 over 4
	if math.Abs(r.Covariance.Cost-15000) > 1e-9 {
		t.Errorf("covariance %+v", r.Covariance)
	}
	for _, bad := range [][]Point{nil, {{1, 1}}, {{1, 1}, {math.NaN(), 1}}} {
		if _, err := CostEffectOf(Point{}, bad, nil, 0.95); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}

// Draws from the normal distribution and the normal formulas agree within the Monte Carlo error: 20 000 draws give a
// share within 4·√(0.25/20 000) = 0.0142 and a standard deviation within 4/√(2·20 000) = 2 %.
func TestDrawsAgreeWithNormal(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	p, v := Point{20_000, 0.05}, Covariance{Cost: 5000 * 5000, Effect: 0.02 * 0.02, Joint: 0.4 * 5000 * 0.02}
	draws := make([]Point, 20_000)
	for i := range draws {
		a, b := r.NormFloat64(), r.NormFloat64()
		draws[i] = Point{p.Cost + 5000*a, p.Effect + 0.02*(0.4*a+math.Sqrt(1-0.16)*b)}
	}
	values := []float64{0, 1e5, 3e5, 4e5, 6e5, 1e6}
	d, err := CostEffectOf(p, draws, values, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	n := CostEffectNormal(p, v, values, 0.95)
	for i := range values {
		if a, b := d.Curve[i], n.Curve[i]; math.Abs(a.Acceptable-b.Acceptable) > 0.0142 || math.Abs(a.StdError/b.StdError-1) > 0.02 || a.Estimate != b.Estimate {
			t.Errorf("k = %v: draws %+v, normal %+v", values[i], a, b)
		}
	}
	if d.Ratio.Reason != "" || math.Abs(d.Ratio.Estimate-4e5) > 1e-6 {
		t.Errorf("ratio %+v", d.Ratio)
	}
}

func TestJointCovarianceByPerson(t *testing.T) {
	c, e := []float64{1, -2, 3, 0.5}, []float64{0.5, 1, -1, 2}
	// persons 0 (rows 0, 2) and 1 (rows 1, 3): sums of cost 4 and −1.5, of effect −0.5 and 3
	v := JointCovariance(c, e, []int32{0, 1, 0, 1}, 2)
	if v.Cost != 18.25 || v.Effect != 9.25 || v.Joint != -6.5 {
		t.Errorf("%+v", v)
	}
	if v = JointCovariance(c, e, nil, 0); v.Cost != 14.25 || v.Effect != 6.25 || v.Joint != -3.5 {
		t.Errorf("row by row: %+v", v)
	}
}

// Ties are settled the same way every time, and near-ties are no ties: dampack picks at random between net benefits of
// 1 000 000 and 1 000 005.
func TestBestIsDeterministic(t *testing.T) {
	s := []Strategy{{"a", Point{0, 1}}, {"b", Point{-5, 1}}, {"c", Point{-5, 1}}}
	for range 100 {
		if got := Best(s, 1e6); got != 1 {
			t.Fatalf("best %d", got)
		}
	}
	// equal net benefit at k = 10: the cheaper one
	if got := Best([]Strategy{{"dear", Point{100, 11}}, {"cheap", Point{0, 1}}}, 10); got != 1 {
		t.Errorf("of equals: %d", got)
	}
	if Best(nil, 1) != -1 {
		t.Error("of none")
	}
}

// The frontier is the set of strategies that are best at some value of a unit of effect from 0 up: with whole numbers up
// to 12 the values at which two tie are fractions of whole numbers up to 24, so that those and the middles between them
// are all that need trying.
func TestFrontierByTryingAllValues(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 1))
	for range 3000 {
		s := make([]Strategy, 1+r.IntN(6))
		for i := range s {
			s[i].Point = Point{float64(r.IntN(25) - 12), float64(r.IntN(13) - 6)}
		}
		values := []float64{0, 1000}
		for i := range s {
			for j := range s {
				if d := s[i].Effect - s[j].Effect; d != 0 {
					if k := (s[i].Cost - s[j].Cost) / d; k > 0 {
						values = append(values, k)
					}
				}
			}
		}
		slices.Sort(values)
		values = slices.Compact(values)
		var between []float64
		for i := 1; i < len(values); i++ {
			between = append(between, (values[i-1]+values[i])/2)
		}
		want := map[int]bool{}
		for _, k := range append([]float64{1e-9}, between...) { // inside the stretches nobody ties but equals
			want[Best(s, k)] = true
		}
		got := Frontier(s)
		if len(got) != len(want) {
			t.Fatalf("%v: frontier %v, best at some value %v", s, got, want)
		}
		for i, k := range got {
			if !want[k] || i > 0 && s[k].Effect <= s[got[i-1]].Effect {
				t.Fatalf("%v: frontier %v, best at some value %v", s, got, want)
			}
		}
	}
}

func TestAcceptabilityOfSeveral(t *testing.T) {
	draws := [][]Point{{{0, 0}, {10, 1}}, {{0, 0}, {30, 1}}, {{0, 0}, {20, 1}}, {{0, 0}, {-1, 0}}}
	got := Acceptability([]string{"null", "tiltak"}, draws, []float64{0, 20, 25})
	// at 20 the third draw ties at 0 and the cheaper one, null, wins
	for i, want := range []float64{0.25, 0.5, 0.75} {
		if got[i][1] != want || math.Abs(got[i][0]+got[i][1]-1) > 1e-15 {
			t.Errorf("value %d: %v, want %v", i, got[i], want)
		}
	}
}

// The bootstrap by person: the same for any number of workers, and its spread is that of the linearised estimator.
func TestBootstrap(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	const persons = 2000
	a := Arms{Persons: persons}
	for p := range persons {
		level := r.NormFloat64() // of the person: rows of one are alike
		for range 1 + r.IntN(3) {
			treated := r.IntN(4) == 0
			a.Treated = append(a.Treated, treated)
			a.Weight = append(a.Weight, 0.5+r.Float64())
			effect := 0.0
			if level+r.NormFloat64() > 0 {
				effect = 1
			}
			a.Effect = append(a.Effect, effect)
			a.Cost = append(a.Cost, 50_000+20_000*level+10_000*r.NormFloat64())
			a.Person = append(a.Person, int32(p))
		}
	}
	before := slices.Clone(a.Cost)
	one, err := Bootstrap(context.Background(), &a, 1000, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := Bootstrap(context.Background(), &a, 1000, 1, 2)
	if !slices.Equal(one, two) || !slices.Equal(before, a.Cost) {
		t.Fatal("the number of workers shows, or the input was changed")
	}
	point, _ := a.Difference()
	r2, err := CostEffectOf(point, one, []float64{1e5}, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	// influence values of the two weighted means
	var wt, wc, ct, cc, et, ec float64
	for i, treated := range a.Treated {
		if treated {
			wt, ct, et = wt+a.Weight[i], ct+a.Weight[i]*a.Cost[i], et+a.Weight[i]*a.Effect[i]
		} else {
			wc, cc, ec = wc+a.Weight[i], cc+a.Weight[i]*a.Cost[i], ec+a.Weight[i]*a.Effect[i]
		}
	}
	psiC, psiE := make([]float64, len(a.Cost)), make([]float64, len(a.Cost))
	for i, treated := range a.Treated {
		if treated {
			psiC[i], psiE[i] = a.Weight[i]*(a.Cost[i]-ct/wt)/wt, a.Weight[i]*(a.Effect[i]-et/wt)/wt
		} else {
			psiC[i], psiE[i] = -a.Weight[i]*(a.Cost[i]-cc/wc)/wc, -a.Weight[i]*(a.Effect[i]-ec/wc)/wc
		}
	}
	v := JointCovariance(psiC, psiE, a.Person, persons)
	// 1 000 draws: a standard deviation is known within 4/√2000 = 9 %
	if x := math.Sqrt(r2.Covariance.Cost / v.Cost); math.Abs(x-1) > 0.09 {
		t.Errorf("standard deviation of cost: %v of the linearised one", x)
	}
	if x := math.Sqrt(r2.Covariance.Effect / v.Effect); math.Abs(x-1) > 0.09 {
		t.Errorf("standard deviation of effect: %v of the linearised one", x)
	}
	if x, y := r2.Covariance.Joint/math.Sqrt(r2.Covariance.Cost*r2.Covariance.Effect), v.Joint/math.Sqrt(v.Cost*v.Effect); math.Abs(x-y) > 4/math.Sqrt(1000) {
		t.Errorf("correlation %v, linearised %v", x, y)
	}
	if math.Abs(point.Cost-(ct/wt-cc/wc)) > 1e-6 {
		t.Errorf("difference %v", point)
	}
}

func TestBootstrapRefuses(t *testing.T) {
	for name, a := range map[string]Arms{
		"one arm":   {Treated: []bool{true, true}, Cost: []float64{1, 2}, Effect: []float64{0, 1}},
		"a gap":     {Treated: []bool{true, false}, Cost: []float64{1, math.NaN()}, Effect: []float64{0, 1}},
		"no weight": {Treated: []bool{true, false}, Weight: []float64{1, 0}, Cost: []float64{1, 2}, Effect: []float64{0, 1}},
	} {
		if _, err := Bootstrap(context.Background(), &a, 10, 1, 1); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	// a gap in a row without weight does no harm
	a := Arms{Treated: []bool{true, false, false}, Weight: []float64{1, 1, 0}, Cost: []float64{1, 2, math.NaN()}, Effect: []float64{1, 0, 0}}
	if p, err := a.Difference(); err != nil || p != (Point{-1, 1}) {
		t.Errorf("%v, %v", p, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Bootstrap(ctx, &a, 10, 1, 1); err == nil {
		t.Error("a cancelled bootstrap ended well")
	}
}
