package experiment

import (
	"math"
	"math/rand/v2"
	"slices"

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
	normal  *regression.Normal // of the covariates less their mean in the stratum
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
	within := make([][]float64, len(x))
	for j := range x {
		within[j] = s.within(x[j])
	}
	var err error
	if s.normal, err = regression.NewNormal(within, len(s.rows), nil, regression.Options{Workers: 1}); err != nil {
		return nil, err
	}
	s.spare -= s.normal.Rank() - 1 // the intercept is that of the strata
	return s, nil
}

// within are the values of the rows less their mean in the stratum.
func (s *Strata) within(v []float64) []float64 {
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
// over its error, √Σ(Σ a·e over the rows of a person)²: the rows of a person in several strata are not independent. The error is
// what keeps the level where arms differ in spread (Chung and Romano 2013, Annals of Statistics 41:484). PValue is NaN where
// no stratum has both arms, or nothing is left of the outcome.
func (s *Strata) Test(y []float64, opt Permutation) Test {
	out := Test{Name: "permutation", Statistic: math.NaN(), PValue: math.NaN()}
	if len(s.rows) == 0 || s.spare < 1 {
		return out
	}
	e := s.within(y)
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
	count := 1.
	for k, bl := range s.blocks {
		n, m := len(bl.z), len(bl.start)
		ratio := float64(m) / float64(n-m)
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
	statistic := func(chosen func(k int) []int) float64 {
		d, v := 0., squares
		touched = touched[:0]
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
			}
		}
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

func squaresOf(v []float64) float64 {
	sum := 0.
	for _, x := range v {
		sum += x * x
	}
	return sum
}
