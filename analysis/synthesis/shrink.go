package synthesis

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/analysis/estimate"
)

// Shrunken are empirical-Bayes estimates of many places: what is known of each when the others are known too.
type Shrunken struct {
	Pooled *Pooled // μ and τ² by REML

	Estimate []float64 // B μ + (1 − B) y, B = v/(v + τ²)
	StdError []float64 // √(g₁ + g₂ + 2 g₃)
	Low      []float64 // estimate ± t × StdError, t with as many degrees of freedom as there are known places, less one
	High     []float64
	Over     []float64 // probability that the place lies over the mean of the places
	// Rank counts from the lowest. Its mean and the ends of its interval at Options.Level over draws from the normal
	// distributions above.
	Rank, RankLow, RankHigh []float64
}

// Shrink pulls the estimates of places towards their mean by what of their spread is noise. With y, v = StdError², τ² by REML
// (Meta), w = 1/(v + τ²) and B = v/(v + τ²) the estimate of a place is B μ + (1 − B) y, and its mean squared error (Prasad and
// Rao 1990, JASA 85:163; Datta and Lahiri 2000, Statistica Sinica 10:613, for REML)
//
//	g₁ = τ²B   g₂ = B²/Σw   g₃ = B² w · 2/Σw²   error² = g₁ + g₂ + 2 g₃
//
// of which g₂ and g₃ are for μ and τ² being estimated. The error is right on average and too small where τ² came out too small:
// intervals take t in place of the normal distribution, as Hartung and Knapp's of μ do. Where τ² is 0 every place has the mean. draws is the number of draws
// behind the ranks; they depend on rng alone. A place whose estimate is unknown (NaN) takes no part in μ and τ² and gets NaN:
// what is known of it is the prediction interval of Pooled.
//
// It needs two known places; the error of Meta otherwise, or nil without an error where there are none.
func Shrink(s Studies, level float64, draws int, rng *rand.Rand) (*Shrunken, error) {
	var known []int
	var of Studies
	for i, y := range s.Estimate {
		if !math.IsNaN(y) && s.StdError[i] > 0 {
			known = append(known, i)
			of.Estimate, of.StdError = append(of.Estimate, y), append(of.StdError, s.StdError[i])
		}
	}
	if len(known) < 2 {
		return nil, nil
	}
	p, err := Meta(of, Options{Level: level, HartungKnapp: true, NotShorter: true})
	if err != nil {
		return nil, err
	}
	n := len(s.Estimate)
	critical := distuv.StudentsT{Sigma: 1, Nu: float64(len(known) - 1)}.Quantile((1 + p.Level) / 2)
	out := &Shrunken{Pooled: p, Estimate: unknown(n), StdError: unknown(n), Low: unknown(n), High: unknown(n), Over: unknown(n), Rank: unknown(n), RankLow: unknown(n), RankHigh: unknown(n)}
	sum, squares := 0., 0.
	for _, e := range of.StdError {
		w := 1 / (e*e + p.Tau2)
		sum += w
		squares += w * w
	}
	mu := p.Effect.Estimate
	for k, i := range known {
		v := of.StdError[k] * of.StdError[k]
		w := 1 / (v + p.Tau2)
		b := v * w
		out.Estimate[i] = b*mu + (1-b)*of.Estimate[k]
		out.StdError[i] = math.Sqrt(p.Tau2*b + b*b/sum + 2*b*b*w*2/squares)
		out.Low[i], out.High[i] = out.Estimate[i]-critical*out.StdError[i], out.Estimate[i]+critical*out.StdError[i]
		out.Over[i] = distuv.UnitNormal.CDF((out.Estimate[i] - mu) / out.StdError[i])
	}
	out.ranks(known, draws, (1-p.Level)/2, rng)
	return out, nil
}

func (s *Shrunken) ranks(known []int, draws int, tail float64, rng *rand.Rand) {
	k := len(known)
	drawn := make([][]float64, k)
	order, x := make([]int, k), make([]float64, k)
	for range draws {
		for j, i := range known {
			order[j], x[j] = j, s.Estimate[i]+s.StdError[i]*rng.NormFloat64()
		}
		slices.SortFunc(order, func(a, b int) int {
			if x[a] < x[b] {
				return -1
			}
			return 1
		})
		for rank, j := range order {
			drawn[j] = append(drawn[j], float64(rank+1))
		}
	}
	for j, i := range known {
		sum := 0.
		for _, r := range drawn[j] {
			sum += r
		}
		slices.Sort(drawn[j])
		last := draws - 1
		s.Rank[i] = sum / float64(draws)
		s.RankLow[i] = drawn[j][int(math.Floor(tail*float64(last)))]
		s.RankHigh[i] = drawn[j][int(math.Ceil((1-tail)*float64(last)))]
	}
}

func unknown(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = math.NaN()
	}
	return x
}

// Equivalence is whether a difference lies inside a margin of no consequence.
type Equivalence struct {
	Margin    float64
	PValue    float64 // of the difference being as large as the margin or larger: the larger of two one-sided p-values
	Low, High float64 // the interval at 1 − 2α that must lie inside ±margin for PValue < α
}

// TOST is the pair of one-sided tests of Schuirmann (1987, J. Pharmacokinetics and Biopharmaceutics 15:657) that a difference is
// −δ or less, and δ or more: with z = (d ± δ)/se the p-value is the larger of P(Z > (d+δ)/se) and P(Z < (d−δ)/se). Not being
// able to tell two things apart is no proof that they are alike: this is. NaN where the error is missing or 0.
func TOST(difference, stdError, margin, alpha float64) Equivalence {
	e := Equivalence{Margin: margin, PValue: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if !(stdError > 0) || math.IsNaN(difference) || !(margin > 0) {
		return e
	}
	z := distuv.UnitNormal
	e.PValue = max(z.Survival((difference+margin)/stdError), z.CDF((difference-margin)/stdError))
	half := estimate.Quantile(1-2*alpha) * stdError
	e.Low, e.High = difference-half, difference+half
	return e
}
