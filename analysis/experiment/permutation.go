package experiment

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/internal/regression"
)

// Permutation is how far a permutation test goes.
type Permutation struct {
	Draws      int        // drawn assignments where they are too many to try all
	ExactUnder int        // all are tried where they are so many or fewer
	Stream     *rand.Rand // read only where assignments are drawn
}

// SignFlip tests that no treated unit differs from its partner: d is the difference of each pair, and under the hypothesis each
// pair could as well have been the other way round. Pairs of the same block (those that share a person) turn together, since
// their differences are not independent. The statistic is |Σd|: over its error, the root of Σ of squares of block sums, which
// no turn changes, it is the studentised one.
func SignFlip(d []float64, block []int32, opt Permutation) Test {
	sums := map[int32]float64{}
	var order []int32
	for i, v := range d {
		if _, seen := sums[block[i]]; !seen {
			order = append(order, block[i])
		}
		sums[block[i]] += v
	}
	total, squares := 0., 0.
	b := make([]float64, len(order))
	for k, id := range order {
		b[k] = sums[id]
		total += b[k]
		squares += b[k] * b[k]
	}
	out := Test{Name: "permutation", Statistic: math.NaN(), PValue: math.NaN()}
	if !(squares > 0) { // no pair differs: nothing to test
		return out
	}
	out.Statistic = math.Abs(total) / math.Sqrt(squares)
	least := math.Abs(total) * (1 - slack)
	hits := 0
	if len(b) < 31 && 1<<len(b) <= opt.ExactUnder {
		out.Exact, out.Draws = true, 1<<len(b)
		for signs := range out.Draws {
			sum := 0.
			for k, v := range b {
				sum += v * float64(1-2*(signs>>k&1))
			}
			if math.Abs(sum) >= least {
				hits++
			}
		}
		out.PValue = float64(hits) / float64(out.Draws)
		return out
	}
	for range opt.Draws {
		sum := 0.
		for k := 0; k < len(b); {
			bits := opt.Stream.Uint64()
			for n := 0; n < 64 && k < len(b); n, k = n+1, k+1 {
				sum += b[k] * float64(1-2*int(bits>>n&1))
			}
		}
		if math.Abs(sum) >= least {
			hits++
		}
	}
	out.Draws, out.PValue = opt.Draws, float64(1+hits)/float64(1+opt.Draws)
	return out
}

// Strata are rows whose treatment is permuted within strata, with the covariates that outcomes are freed of. One serves any
// number of outcomes.
type Strata struct {
	rows    []int32 // in the order of strata, those with both arms only
	blocks  []block // of the rows: start is who is treated
	first   []int   // place of a block's first row
	person  []int32 // of the rows, dense
	persons int
	within  [][]float64        // the covariates of the rows less their mean in the stratum
	normal  *regression.Normal // of these
	factor  *regression.Factor // of their cross-products
	spare   int                // degrees of freedom left for residuals
}

// NewStrata keeps the strata with both arms. An error is that of a covariate that is not finite.
func NewStrata(treated []bool, stratum, person []int32, x [][]float64) (*Strata, error) {
	s := &Strata{}
	order := make([]int32, len(treated))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return int(stratum[a]) - int(stratum[b]) })
	dense := map[int32]int32{}
	for from := 0; from < len(order); {
		to, m := from, 0
		for to < len(order) && stratum[order[to]] == stratum[order[from]] {
			if treated[order[to]] {
				m++
			}
			to++
		}
		if m > 0 && m < to-from {
			s.first = append(s.first, len(s.rows))
			bl := block{z: make([]float64, to-from)}
			for k, i := range order[from:to] {
				if treated[i] {
					bl.start = append(bl.start, k)
				}
				p, known := dense[person[i]]
				if !known {
					p = int32(len(dense))
					dense[person[i]] = p
				}
				s.rows, s.person = append(s.rows, i), append(s.person, p)
			}
			s.blocks = append(s.blocks, bl)
		}
		from = to
	}
	s.persons = len(dense)
	if len(s.rows) == 0 {
		return s, nil
	}
	s.spare = len(s.rows) - len(s.blocks)
	if len(x) == 0 {
		return s, nil
	}
	for _, v := range x {
		w := s.centred(v)
		scale := math.Sqrt(squaresOf(w) / float64(len(w)))
		if scale > 0 {
			for i := range w {
				w[i] /= scale
			}
		}
		s.within = append(s.within, w)
	}
	var err error
	if s.normal, err = regression.NewNormal(s.within, len(s.rows), nil, regression.Options{Workers: 1}); err != nil {
		return nil, err
	}
	s.spare -= s.normal.Rank() - 1 // the intercept is that of the strata
	k := len(s.within)
	gram := make([]float64, k*k)
	for i, v := range s.within {
		for j, w := range s.within[:i+1] {
			gram[i*k+j] = floats.Dot(v, w)
		}
	}
	s.factor = regression.NewFactor(gram, k, 0)
	return s, nil
}

// centred are the values of the rows less their mean in the stratum.
func (s *Strata) centred(v []float64) []float64 {
	out := make([]float64, len(s.rows))
	for k, bl := range s.blocks {
		at := s.first[k]
		sum := 0.
		for j := range bl.z {
			out[at+j] = v[s.rows[at+j]]
			sum += out[at+j]
		}
		for j := range bl.z {
			out[at+j] -= sum / float64(len(bl.z))
		}
	}
	return out
}

// Test is the p-value of the hypothesis that nobody's outcome y depends on the treatment, by permuting who is treated within
// strata. The outcome is first freed of strata and covariates by a regression that does not know the treatment (Rosenbaum
// 2002, Statistical Science 17:286); e is what is left. The statistic is the difference of means of e, stratum by stratum
// with the treated as weight,
//
//	D = Σ a·e,  a = 1/M of a treated row, −m/(n − m)/M of another (m of n rows of the stratum are treated, M of all),
//
// over its error, √Σ(Σ ã·e over the rows of a person)², ã being a freed of the covariates too: D is Σ ã·y, since e is. The rows of a
// person in several strata are not independent. The error is what keeps the level where arms differ in spread (Chung and Romano 2013,
// Annals of Statistics 41:484), and ã is what keeps it where the treated differ in the covariates: then the comparison rows that are like
// them carry the difference, and are fewer than all (with a in the error, few persons in the comparison and strong selection reject too
// often: TestPermutationUnderSelection). PValue is NaN where no stratum has both arms, or nothing is left of the outcome.
func (s *Strata) Test(y []float64, opt Permutation) Test {
	out := Test{Name: "permutation", Statistic: math.NaN(), PValue: math.NaN()}
	if len(s.rows) == 0 || s.spare < 1 {
		return out
	}
	e := s.centred(y)
	before := squaresOf(e)
	if s.normal != nil {
		fit, err := s.normal.Fit(e)
		if err != nil { // an outcome that is not known
			return out
		}
		e = fit.Residual
	}
	if left := squaresOf(e); !(left > 1e-20*before) { // also NaN
		return out
	}
	// With every row in the comparison; who is treated moves a row by (1 + m/(n − m))e.
	base := make([]float64, s.persons)
	move := make([]float64, len(e))
	weight := make([]float64, len(s.blocks)) // 1 + m/(n − m), by which treating a row moves its a
	count := 1.
	for k, bl := range s.blocks {
		n, m := len(bl.z), len(bl.start)
		ratio := float64(m) / float64(n-m)
		weight[k] = 1 + ratio
		for j := range n {
			at := s.first[k] + j
			base[s.person[at]] -= ratio * e[at]
			move[at] = (1 + ratio) * e[at]
		}
		count *= binomial(n, m)
	}
	squares := squaresOf(base)
	moved := make([]float64, s.persons)
	var touched []int32
	free := s.newFreed(e, base)
	statistic := func(chosen func(k int) []int) float64 {
		d, v := 0., squares
		touched = touched[:0]
		free.begin()
		for k := range s.blocks {
			for _, j := range chosen(k) {
				at := s.first[k] + j
				p := s.person[at]
				d += move[at]
				was := base[p] + moved[p]
				moved[p] += move[at]
				is := base[p] + moved[p]
				v += is*is - was*was
				touched = append(touched, p)
				free.move(at, p, move[at], weight[k])
			}
		}
		v += free.change()
		for _, p := range touched {
			moved[p] = 0
		}
		if !(v > 0) {
			return 0
		}
		return math.Abs(d) / math.Sqrt(v)
	}
	out.Statistic = statistic(func(k int) []int { return s.blocks[k].start })
	least := out.Statistic * (1 - slack)
	hits := 0
	if count <= float64(opt.ExactUnder) {
		each(s.blocks, func(chosen [][]int) {
			out.Draws++
			if statistic(func(k int) []int { return chosen[k] }) >= least {
				hits++
			}
		})
		out.Exact, out.PValue = true, float64(hits)/float64(out.Draws)
		return out
	}
	// The first m of a shuffle that is never undone: from any order it draws every choice alike.
	orders := make([][]int, len(s.blocks))
	for k, bl := range s.blocks {
		orders[k] = make([]int, len(bl.z))
		for j := range orders[k] {
			orders[k][j] = j
		}
	}
	for range opt.Draws {
		if statistic(func(k int) []int {
			order, m := orders[k], len(s.blocks[k].start)
			for j := range m {
				o := j + opt.Stream.IntN(len(order)-j)
				order[j], order[o] = order[o], order[j]
			}
			return order[:m]
		}) >= least {
			hits++
		}
	}
	out.Draws, out.PValue = opt.Draws, float64(1+hits)/float64(1+opt.Draws)
	return out
}

// freed is what freeing the treatment of the covariates changes in the square of the error. With G = Σ e·x over the rows of a person, c = Σ a·e
// over them, and δ = (X'X)⁻¹X'a,
//
//	Σ(c − G'δ)² = Σc² − 2δ'Σc·G + δ'(ΣGG')δ,
//
// of which an assignment moves X'a and Σc·G alone, by the rows that it treats: X is centred, so that the others add nothing to X'a.
type freed struct {
	s        *Strata
	k        int
	sums     []float64 // G, persons × k
	products []float64 // ΣGG', k × k
	base     []float64 // Σc·G with every row in the comparison
	cross    []float64 // Σc·G of the assignment
	toward   []float64 // X'a of the assignment
}

func (s *Strata) newFreed(e, base []float64) *freed {
	f := &freed{s: s, k: len(s.within)}
	if f.k == 0 {
		return f
	}
	f.sums, f.products = make([]float64, s.persons*f.k), make([]float64, f.k*f.k)
	f.base, f.cross, f.toward = make([]float64, f.k), make([]float64, f.k), make([]float64, f.k)
	for j, x := range s.within {
		for at, v := range x {
			f.sums[int(s.person[at])*f.k+j] += e[at] * v
		}
	}
	for p := range s.persons {
		g := f.sums[p*f.k : (p+1)*f.k]
		for i, v := range g {
			f.base[i] += base[p] * v
			floats.AddScaled(f.products[i*f.k:(i+1)*f.k], v, g)
		}
	}
	return f
}

func (f *freed) begin() {
	copy(f.cross, f.base)
	clear(f.toward)
}

// move treats a row of person p: c of the person by so much, and a of the row by so much.
func (f *freed) move(at int, p int32, c, a float64) {
	if f.k == 0 {
		return
	}
	floats.AddScaled(f.cross, c, f.sums[int(p)*f.k:(int(p)+1)*f.k])
	for j, x := range f.s.within {
		f.toward[j] += a * x[at]
	}
}

// change is −2δ'Σc·G + δ'(ΣGG')δ.
func (f *freed) change() float64 {
	if f.k == 0 {
		return 0
	}
	f.s.factor.Solve(f.toward)
	sum := 0.
	for i, d := range f.toward {
		sum += d * (floats.Dot(f.products[i*f.k:(i+1)*f.k], f.toward) - 2*f.cross[i])
	}
	return sum
}

func squaresOf(v []float64) float64 {
	sum := 0.
	for _, x := range v {
		sum += x * x
	}
	return sum
}
