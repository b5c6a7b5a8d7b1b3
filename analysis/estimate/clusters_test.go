package estimate

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// officeDraw is rows in offices of unequal size: office effects on the level and on the effect, rows with noise.
type officeDraw struct {
	y, weight []float64
	treated   []bool
	office    []int32
	n         int
}

type officeDesign struct {
	name           string
	size           []int
	share          func(g int) float64 // of the treated
	level, effect  float64             // standard deviations between offices; rows have 1
	unequalWeights bool
}

func (d officeDesign) draw(rng *rand.Rand) officeDraw {
	o := officeDraw{n: len(d.size)}
	for g, size := range d.size {
		u, v := d.level*rng.NormFloat64(), d.effect*rng.NormFloat64()
		treated := int(math.Round(d.share(g) * float64(size)))
		for i := range size {
			t := i < treated
			y := u + rng.NormFloat64()
			if t {
				y += v
			}
			w := 1.
			if d.unequalWeights && !t {
				w = 0.5 + rng.Float64()
			}
			o.y, o.treated, o.office, o.weight = append(o.y, y), append(o.treated, t), append(o.office, int32(g)), append(o.weight, w)
		}
	}
	return o
}

// difference is that of the weighted means without office `without` (−1: with all), and its influence by row.
func (o officeDraw) difference(without int32) (float64, []float64) {
	var sum, total [2]float64
	for i, y := range o.y {
		if o.office[i] != without {
			sum[arm(o.treated[i])] += o.weight[i] * y
			total[arm(o.treated[i])] += o.weight[i]
		}
	}
	mean := [2]float64{sum[0] / total[0], sum[1] / total[1]}
	psi := make([]float64, len(o.y))
	for i, y := range o.y {
		k := arm(o.treated[i])
		psi[i] = float64(2*k-1) * o.weight[i] * (y - mean[k]) / total[k]
	}
	return mean[1] - mean[0], psi
}

func (o officeDraw) split(psi []float64) []float64 {
	out := make([]float64, 2*o.n)
	for i, v := range psi {
		out[2*int(o.office[i])+arm(o.treated[i])] += v
	}
	return out
}

// CR2 by its definition, (I − H_gg)^(−1/2) of full matrices: that of the least-squares regression on a constant and the treatment, of
// which the effect of each cluster is c'M X_g'A_g e_g.
func TestBiasReducedAgainstFullMatrices(t *testing.T) {
	d := officeDesign{size: []int{3, 9, 5, 14, 6}, share: func(g int) float64 { return []float64{.3, .5, .4, .2, 0}[g] }, level: 1, effect: 1}
	o := d.draw(rand.New(rand.NewPCG(1, 2)))
	n := len(o.y)
	x := mat.NewDense(n, 2, nil)
	for i, treated := range o.treated {
		x.Set(i, 0, 1)
		x.Set(i, 1, float64(arm(treated)))
	}
	var xx, m mat.Dense
	xx.Mul(x.T(), x)
	if err := m.Inverse(&xx); err != nil {
		t.Fatal(err)
	}
	var xy, b, e mat.VecDense
	xy.MulVec(x.T(), mat.NewVecDense(n, o.y))
	b.MulVec(&m, &xy)
	e.MulVec(x, &b)
	e.SubVec(mat.NewVecDense(n, o.y), &e)
	value, psi := o.difference(-1)
	if math.Abs(value-b.AtVec(1)) > 1e-12 {
		t.Fatalf("difference %v, coefficient %v", value, b.AtVec(1))
	}
	a := NewArmClusters(o.weight, o.treated, o.office, o.n)
	got := make([]float64, o.n)
	a.BiasReduced(o.split(psi), got)
	for g, v := range got {
		var rows []int
		for i, q := range o.office {
			if int(q) == g {
				rows = append(rows, i)
			}
		}
		k := len(rows)
		xg, eg, rest := mat.NewDense(k, 2, nil), mat.NewVecDense(k, nil), mat.NewSymDense(k, nil)
		for r, i := range rows {
			xg.SetRow(r, mat.Row(nil, i, x))
			eg.SetVec(r, e.AtVec(i))
		}
		var xm, h mat.Dense
		xm.Mul(xg, &m)
		h.Mul(&xm, xg.T())
		for r := range k {
			for c := range r + 1 {
				rest.SetSym(r, c, -h.At(r, c))
			}
			rest.SetSym(r, r, 1-h.At(r, r))
		}
		var eigen mat.EigenSym
		eigen.Factorize(rest, true)
		var u mat.Dense
		eigen.VectorsTo(&u)
		scaled := mat.DenseCopyOf(&u)
		for c, w := range eigen.Values(nil) {
			for r := range k {
				scaled.Set(r, c, u.At(r, c)/math.Sqrt(w))
			}
		}
		var root mat.Dense
		root.Mul(scaled, u.T())
		var ae, xae, all mat.VecDense
		ae.MulVec(&root, eg)
		xae.MulVec(xg.T(), &ae)
		all.MulVec(&m, &xae)
		if want := all.AtVec(1); math.Abs(v-want) > 1e-12 {
			t.Errorf("cluster %d: %v, by definition %v", g, v, want)
		}
	}
	if a.Count(true) != 4 || a.Count(false) != 5 {
		t.Errorf("%d and %d clusters, want 4 and 5", a.Count(true), a.Count(false))
	}
}

// M by the definition, B Ω B' with full matrices over cluster and arm, and Satterthwaite's rule from its eigenvalues.
func TestDegreesAgainstFullMatrices(t *testing.T) {
	d := officeDesign{size: []int{3, 9, 5, 14, 6, 20}, share: func(g int) float64 { return []float64{.3, .5, .4, .2, 0, .5}[g] }, unequalWeights: true}
	o := d.draw(rand.New(rand.NewPCG(3, 2)))
	a := NewArmClusters(o.weight, o.treated, o.office, o.n)
	least := math.Inf(1)
	for _, alike := range []bool{false, true} {
		n := len(o.y)
		omega := mat.NewSymDense(n, nil)
		for i := range n {
			for j := range i + 1 {
				if i == j || alike && o.office[i] == o.office[j] && o.treated[i] == o.treated[j] {
					omega.SetSym(i, j, 1)
				}
			}
		}
		// ψ̃ is linear in y: row g of b has what y_i adds to ψ̃_g.
		b := mat.NewDense(o.n, n, nil)
		for i := range n {
			unit := o
			unit.y = make([]float64, n)
			unit.y[i] = 1
			_, psi := unit.difference(-1)
			col := make([]float64, o.n)
			a.BiasReduced(unit.split(psi), col)
			b.SetCol(i, col)
		}
		var half, m mat.Dense
		half.Mul(b, omega)
		m.Mul(&half, b.T())
		var square mat.Dense
		square.Mul(&m, &m)
		want := mat.Trace(&m) * mat.Trace(&m) / mat.Trace(&square)
		if got := a.degrees(alike); math.Abs(got-want) > 1e-9*want {
			t.Errorf("alike %v: %v degrees, by full matrices %v", alike, got, want)
		}
		least = min(least, want)
	}
	if got := a.Degrees(); math.Abs(got-least) > 1e-9 {
		t.Errorf("%v degrees, want the smaller, %v", got, least)
	}
}

// Many clusters take a way of their own, which is that of pairs; also with clusters that have nearly all of an arm.
func TestDegreesOfManyClusters(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, heavy := range []float64{1, 30, 1000, 1e6} {
		const n = mostPairs + 50
		var weight, squares [2][]float64
		for k := range weight {
			for g := range n {
				w := 1 + rng.Float64()
				if g == 7 || g == 11 && k == 1 {
					w *= heavy
				}
				if k == 1 && g%3 == 0 {
					w = 0
				}
				weight[k], squares[k] = append(weight[k], w), append(squares[k], w*w*rng.Float64())
			}
		}
		a := ArmClustersOf(weight, squares)
		for _, alike := range []bool{false, true} {
			trace, square := 0., 0.
			var v [2][n]float64
			var s [2]float64
			for k := range 2 {
				for i, h := range a.share[k] {
					if v[k][i] = 1; !alike && h > 0 {
						v[k][i] = a.rows[k][i] / (h * h)
					}
					s[k] += h * h * v[k][i]
				}
			}
			for g := range n {
				for j := range n {
					m := 0.
					for k := range 2 {
						hg, hj := a.share[k][g], a.share[k][j]
						x := s[k] - hg*v[k][g] - hj*v[k][j]
						if g == j {
							x += v[k][g]
						}
						m += hg / math.Sqrt(1-hg) * hj / math.Sqrt(1-hj) * x
					}
					if g == j {
						trace += m
					}
					square += m * m
				}
			}
			if got, want := a.degrees(alike), trace*trace/square; math.Abs(got/want-1) > 1e-7 {
				t.Errorf("heavy %v, alike %v: %v degrees, by pairs %v", heavy, alike, got, want)
			}
		}
	}
}

// Whole offices of one size: the error is that of a comparison of office means, s²/G an arm, with Welch's 2(G − 1) degrees.
func TestEqualClustersAreClosedForm(t *testing.T) {
	const g, rows = 5, 4
	var o officeDraw
	o.n = 2 * g
	rng := rand.New(rand.NewPCG(4, 4))
	var mean [2][]float64
	for k := range o.n {
		sum := 0.
		for range rows {
			y := rng.NormFloat64()
			sum += y
			o.y, o.treated, o.office, o.weight = append(o.y, y), append(o.treated, k%2 == 1), append(o.office, int32(k)), append(o.weight, 1)
		}
		mean[k%2] = append(mean[k%2], sum/rows)
	}
	want := 0.
	for _, m := range mean {
		average, squares := 0., 0.
		for _, v := range m {
			average += v / g
		}
		for _, v := range m {
			squares += (v - average) * (v - average)
		}
		want += squares / (g - 1) / g
	}
	_, psi := o.difference(-1)
	a := NewArmClusters(o.weight, o.treated, o.office, o.n)
	by := make([]float64, o.n)
	a.BiasReduced(o.split(psi), by)
	if got := ClusterVariance(by, nil, 0); math.Abs(got-want) > 1e-14 {
		t.Errorf("variance %v, want %v", got, want)
	}
	if got := a.Degrees(); math.Abs(got-2*(g-1)) > 1e-12 {
		t.Errorf("%v degrees, want %d", got, 2*(g-1))
	}
	if e := a.Effective(true); math.Abs(e-g) > 1e-12 {
		t.Errorf("%v effective clusters, want %d", e, g)
	}
}

func TestOneClusterInAnArmHasNoError(t *testing.T) {
	o := officeDraw{n: 3, y: []float64{1, 2, 3, 4}, weight: []float64{1, 1, 1, 1}, treated: []bool{true, true, false, false}, office: []int32{0, 0, 1, 2}}
	_, psi := o.difference(-1)
	a := NewArmClusters(o.weight, o.treated, o.office, o.n)
	by := make([]float64, o.n)
	a.BiasReduced(o.split(psi), by)
	if !math.IsNaN(by[0]) || !math.IsNaN(a.Degrees()) || a.Largest(true) != 1 {
		t.Errorf("one cluster of treated: %v, %v degrees", by, a.Degrees())
	}
}

func TestStudent(t *testing.T) {
	// Closed forms: with 1 degree t is Cauchy, P(|T| ≥ t) = 1 − 2·atan(t)/π and its quantile tan(π·level/2).
	e := Student(2, 1, .95, 1)
	if want := math.Tan(math.Pi * .95 / 2); math.Abs(e.ConfHigh-2-want) > 1e-9 || math.Abs(e.PValue-(1-2*math.Atan(2)/math.Pi)) > 1e-12 {
		t.Errorf("%+v, want ± %v", e, want)
	}
	if got := StudentQuantile(.95, 0); got != Quantile(.95) {
		t.Errorf("without degrees %v", got)
	}
	if got := FromNormal(Quantile(.95), 7); math.Abs(got-distuv.StudentsT{Sigma: 1, Nu: 7}.Quantile(.975)) > 1e-9 {
		t.Errorf("critical value %v", got)
	}
	if got := ToNormal(.05); math.Abs(got-Quantile(.95)) > 1e-12 {
		t.Errorf("z of 0.05: %v", got)
	}
	if e := Student(1, 1, .95, math.NaN()); !math.IsNaN(e.PValue) {
		t.Errorf("no degrees: %+v", e)
	}
}

func few() []officeDesign {
	unequal := func(n int) []int {
		out := make([]int, n)
		for g := range out {
			out[g] = int(math.Round(20 * math.Pow(12, float64(g)/float64(n-1)))) // 20 to 240
		}
		return out
	}
	varying := func(g int) float64 { return []float64{.2, .05, .4, .1, .3}[g%5] }
	half := func(g int) float64 { return float64(g % 2) }
	return []officeDesign{
		{name: "10 offices, 20 to 240 rows", size: unequal(10), share: varying, level: .5, effect: .5},
		{name: "15 counties, weights", size: unequal(15), share: varying, level: .5, effect: .3, unequalWeights: true},
		{name: "12 whole offices", size: unequal(12), share: half, level: .5},
		{name: "8 offices", size: unequal(8), share: varying, level: .3, effect: .6},
		{name: "20 offices, nothing in common", size: unequal(20), share: varying},
		{name: "6 offices, one with half", size: []int{40, 60, 50, 40, 60, 250}, share: varying, level: .5, effect: .5},
		{name: "5 of 30 offices treated", size: unequal(30), share: func(g int) float64 {
			if g%6 == 2 {
				return .3
			}
			return 0
		}, level: .5, effect: .5},
	}
}

type fewCoverage struct{ person, office, normal, interval float64 }

// coverage of the intervals: by row with normal quantiles, by office without correction and with normal quantiles, and CR2
// with its t.
func (d officeDesign) coverage(draws int, seed uint64) (c fewCoverage, df float64) {
	rng := rand.New(rand.NewPCG(seed, 7))
	truth := 0.
	for range draws {
		o := d.draw(rng)
		value, psi := o.difference(-1)
		a := NewArmClusters(o.weight, o.treated, o.office, o.n)
		by := make([]float64, o.n)
		a.BiasReduced(o.split(psi), by)
		df = a.Degrees()
		reduced := math.Sqrt(ClusterVariance(by, nil, 0))
		holds := func(e Estimate) float64 {
			if e.ConfLow <= truth && truth <= e.ConfHigh {
				return 1 / float64(draws)
			}
			return 0
		}
		c.person += holds(Normal(value, math.Sqrt(ClusterVariance(psi, nil, 0)), .95))
		c.office += holds(Normal(value, math.Sqrt(ClusterVariance(psi, o.office, o.n)), .95))
		c.normal += holds(Normal(value, reduced, .95))
		c.interval += holds(Student(value, reduced, .95, df))
	}
	return c, df
}

// With few offices of unequal size and rows that go together in them, errors by person cover far too seldom, and CR2 with its t at
// least 93 %. 1,000 draws have a Monte Carlo error of 0.7 points; docs/experiment.md has the table, which -v prints.
func TestFewClustersAreCovered(t *testing.T) {
	const draws = 1000
	t.Logf("| design | df | person | office, normal | CR2, normal | CR2, t |")
	for _, d := range few() {
		c, df := d.coverage(draws, 5)
		t.Logf("| %s | %.1f | %.1f %% | %.1f %% | %.1f %% | %.1f %% |", d.name, df, 100*c.person, 100*c.office, 100*c.normal, 100*c.interval)
		if c.interval < .93 {
			t.Errorf("%s: covers %.3f", d.name, c.interval)
		}
		if d.level > 0 && c.person > c.interval-.1 {
			t.Errorf("%s: errors by person cover %.3f, hardly less than %.3f", d.name, c.person, c.interval)
		}
	}
}

// A band over six months of the same ten offices, with office effects that last: the joint critical value of normal variables with the
// correlations by office, taken month by month to t. 1,000 draws have a Monte Carlo error of 0.7 points.
func TestBandsOfFewClustersAreCovered(t *testing.T) {
	const draws, months = 1000, 6
	d := few()[0]
	rng := rand.New(rand.NewPCG(8, 7))
	held, apart := 0., 0.
	for b := range draws {
		o := d.draw(rng)
		lasting := make([]float64, len(o.y))
		copy(lasting, o.y)
		value, stdError, psi := make([]float64, months), make([]float64, months), make([][]float64, months)
		a := NewArmClusters(o.weight, o.treated, o.office, o.n)
		df := a.Degrees()
		for m := range months {
			fresh := d.draw(rng)
			for i := range o.y {
				o.y[i] = lasting[i] + .7*fresh.y[i]
			}
			v, by := o.difference(-1)
			psi[m] = make([]float64, o.n)
			a.BiasReduced(o.split(by), psi[m])
			value[m], stdError[m] = v, math.Sqrt(ClusterVariance(psi[m], nil, 0))
		}
		v := make([]float64, months*months)
		for i := range months {
			for j := range months {
				for g := range o.n {
					v[i*months+j] += psi[i][g] * psi[j][g]
				}
			}
		}
		critical := Draw(v, months, 2000, rand.New(rand.NewPCG(uint64(b), 1))).Critical(.95)
		all, normal := true, true
		for m := range months {
			all = all && math.Abs(value[m]) <= FromNormal(critical, df)*stdError[m]
			normal = normal && math.Abs(value[m]) <= critical*stdError[m]
		}
		if all {
			held += 1. / draws
		}
		if normal {
			apart += 1. / draws
		}
	}
	t.Logf("a band over %d months covers %.1f %%, at the normal critical value %.1f %%", months, 100*held, 100*apart)
	if held < .93 || apart > held-.05 {
		t.Errorf("covers %.3f, at the normal value %.3f", held, apart)
	}
}
