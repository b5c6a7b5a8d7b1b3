package matching

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/regression"
)

// ScoreSums is a fitted logit score with what its estimation adds to the error of anything weighted by it: for each person
// the sum over the person's rows of base·(T − p)·z, and the information. The rows may be others than those that an effect is
// estimated on, such as those of a whole tiltak for the effect in a group of it.
type ScoreSums struct {
	Coef    []float64 // intercept, then one a column as given; 0 for a column left out
	std     regression.Standard
	factor  *regression.Factor
	person  []float64 // persons × coefficients
	persons int
}

// NewScoreSums sums the logit fit of treated on x with weights base (nil: 1) by person, a number in [0, persons). The
// probit is refused.
func NewScoreSums(fit *regression.Fit, x [][]float64, treated []bool, base []float64, person []int32, persons int) (*ScoreSums, error) {
	if fit.Link != regression.LogitLink {
		return nil, fault.Usagef("bad_flag", "weights of many outcomes take a logit score")
	}
	w, err := PropensityWeights(fit, x, treated, base, WeightOptions{Estimand: ATO, Workers: 1})
	if err != nil {
		return nil, err
	}
	w.information()
	k := len(x) + 1
	s := &ScoreSums{Coef: fit.Coef, std: w.std, factor: w.factor, person: make([]float64, persons*k), persons: persons}
	for i, p := range fit.Fitted {
		d := -p
		if treated[i] {
			d = 1 - p
		}
		d *= w.baseOf(i)
		row := s.person[int(person[i])*k : int(person[i]+1)*k]
		row[0] += d
		for j, col := range x {
			row[j+1] += d * (col[i] - s.std.Mean[j]) * s.std.Scale[j]
		}
	}
	return s, nil
}

// Persons is the number of persons of the sums.
func (s *ScoreSums) Persons() int { return s.persons }

// PropensityBatch estimates the effect on one outcome after another with the errors of PropensityWeighted.Effect by person,
// as BalancedBatch does for entropy balancing: an outcome takes one dot product a column and a product of a
// persons × columns matrix with a vector. It is not for several goroutines at once.
type PropensityBatch struct {
	Treated []bool
	Weight  []float64 // as PropensityWeights has it
	Score   []float64

	sums     *ScoreSums
	x        [][]float64
	estimand Estimand
	person   []int32
	scratch  []float64 // by row
	total    []float64 // by person
}

// Batch weights rows with design x by the score. x has the columns of the fit; person numbers the persons as NewScoreSums
// had them. A row whose score gives it no finite weight is refused, as are rows of leave (nil: none) given weight 0.
func (s *ScoreSums) Batch(x [][]float64, treated []bool, base []float64, person []int32, leave []bool, e Estimand) (*PropensityBatch, error) {
	n := len(treated)
	sameLength("person", len(person), n)
	b := &PropensityBatch{Treated: treated, Weight: make([]float64, n), Score: make([]float64, n), sums: s, x: x, estimand: e, person: person,
		scratch: make([]float64, n), total: make([]float64, s.persons)}
	for i := range n {
		eta := s.Coef[0]
		for j, col := range x {
			eta += s.Coef[j+1] * col[i]
		}
		p := 1 / (1 + math.Exp(-eta))
		b.Score[i] = p
		if leave != nil && leave[i] {
			continue
		}
		v, _ := scoreWeight(e, p, treated[i])
		if base != nil {
			v *= base[i]
		}
		if v-v != 0 {
			return nil, fault.Dataf("no_overlap", "", "", "the score of row %d is %g, which gives it no finite weight; restrict to common support or choose another estimand", i+1, p).At(int64(i + 1))
		}
		b.Weight[i] = v
	}
	return b, nil
}

// Effect is PropensityWeighted.Effect of an outcome that is observed in every row, summed by person; where the rows are
// those of the fit the figures agree to rounding.
func (b *PropensityBatch) Effect(y []float64) Effect { return b.Influence(y, nil) }

// Influence is Effect that also writes the influence of every person of the fit into sums (nil: not wanted).
func (b *PropensityBatch) Influence(y, sums []float64) Effect {
	if sums != nil {
		sameLength("sums", len(sums), b.sums.persons)
		clear(sums)
	}
	h, why := newHajek(y, nil, b.Weight, b.Treated)
	if why != "" {
		return missingEffect(why)
	}
	clear(b.total)
	sum := 0.
	for i := range b.Weight {
		b.scratch[i] = 0
		if b.Weight[i] == 0 {
			continue
		}
		psi := h.residual(i)
		if !b.Treated[i] {
			psi = -psi
		}
		b.total[b.person[i]] += psi
		p := b.Score[i]
		value, slope := scoreWeight(b.estimand, p, b.Treated[i])
		b.scratch[i] = psi * slope / value * p * (1 - p)
		sum += b.scratch[i]
	}
	derivative := make([]float64, len(b.x)+1)
	derivative[0] = sum
	for j, col := range b.x {
		derivative[j+1] = (floats.Dot(b.scratch, col) - sum*b.sums.std.Mean[j]) * b.sums.std.Scale[j]
	}
	b.sums.factor.Solve(derivative)
	k := len(derivative)
	squares := 0.
	for c, v := range b.total {
		v += floats.Dot(b.sums.person[c*k:(c+1)*k], derivative)
		squares += v * v
		if sums != nil {
			sums[c] = v
		}
	}
	e := Effect{Estimate: h.mean[1] - h.mean[0], StdError: math.Sqrt(squares), MeanTreated: h.mean[1], MeanComparison: h.mean[0],
		StdErrorType: "m-estimation+person", Treated: h.count[1], Comparison: h.count[0]}
	if h.count[0] < 2 && h.count[1] < 2 {
		e.StdError = math.NaN()
	}
	return e
}
