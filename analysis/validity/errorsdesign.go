package validity

import (
	"math"
	"math/rand/v2"

	"tiltakseffekt/internal/random"
	"tiltakseffekt/matching"
)

// ErrorsDesign is a way to draw a table of rows whose effects are known.
type ErrorsDesign struct {
	Name, About string
	draw        func(r *rand.Rand, n int, selection float64) drawn
}

// ErrorsDesigns are the designs of the table of errors. In all of them the logit that the estimators fit is the right one, so
// that what is left to chance is the error: `linear` was used to choose between errors (docs/matching-errors.md), the others
// were not.
var ErrorsDesigns = []ErrorsDesign{
	{"linear", "four covariates, the outcome linear in them with normal noise, an effect that grows with one of them", drawLinear},
	{"curved", "five covariates, skewed and dependent; the outcome curved in them with products; noise of Student's t with 4 degrees of freedom whose spread differs; an effect with a jump", drawCurved},
	{"persons", "the same, with one to four rows a person that share half of the covariates' and of the noise's variance", drawPersons},
}

// Overlaps are the two strengths of selection into treatment: a factor on the slopes of the logit.
var Overlaps = []struct {
	Name      string
	Selection float64
}{{"good overlap", 1}, {"strong selection", 3}}

// drawn is one draw of a design.
type drawn struct {
	data   matching.Data
	effect []float64 // by row
	score  []float64 // true probability of treatment
}

func newDrawn(n int, names ...string) drawn {
	t := drawn{effect: make([]float64, n), score: make([]float64, n)}
	d := &t.data
	d.Names, d.X = names, make([][]float64, len(names))
	for j := range d.X {
		d.X[j] = make([]float64, n)
	}
	d.Treated, d.Outcomes, d.OutcomeNames = make([]bool, n), [][]float64{make([]float64, n)}, []string{"y"}
	return t
}

// drawLinear is the first design: x₁, x₂ normal, x₃ 0/1, x₄ exponential,
//
//	logit p = −1.1 + s(0.5x₁ − 0.4x₂ + 0.5(x₃ − 0.5) + 0.25(x₄ − 1))
//	y = 1 + x₁ + 0.5x₂ − 0.7x₃ + 0.4x₄ + e + D(1 + 0.3x₁),   e normal.
func drawLinear(r *rand.Rand, n int, selection float64) drawn {
	t := newDrawn(n, "x1", "x2", "x3", "x4")
	d := &t.data
	for i := range n {
		x1, x2, x3, x4 := r.NormFloat64(), r.NormFloat64(), float64(r.IntN(2)), r.ExpFloat64()
		d.X[0][i], d.X[1][i], d.X[2][i], d.X[3][i] = x1, x2, x3, x4
		p := 1 / (1 + math.Exp(1.1-selection*(0.5*x1-0.4*x2+0.5*(x3-0.5)+0.25*(x4-1))))
		t.score[i], d.Treated[i] = p, r.Float64() < p
		t.effect[i] = 1 + 0.3*x1
		y := 1 + x1 + 0.5*x2 - 0.7*x3 + 0.4*x4 + r.NormFloat64()
		if d.Treated[i] {
			y += t.effect[i]
		}
		d.Outcomes[0][i] = y
	}
	return t
}

// curvedRow is a row of the second design from five normal numbers u, a noise e of variance 1 and a draw v of the treatment:
//
//	x₁ = u₁, x₂ = exp(u₂/2), x₃ = 1{u₃ > 0.84}, x₄ = 1{u₁ + u₄ > 0.3}, x₅ = Φ(u₅)
//	logit p = −1.2 + s(0.45x₁ − 0.35(x₂ − 1.13) + 0.5(x₃ − 0.2) + 0.3(x₄ − 0.42) + 0.4(x₅ − 0.5))
//	y = 0.6x₁ + 0.3x₁² + log(x₂) + 0.8·sin(3x₅) − 0.8x₃ + 0.4x₁x₄ + (0.6 + 0.4|x₁|)e + D·τ,   τ = 0.4 + 0.3·1{x₁ > 0} + 0.3x₃.
func (t *drawn) curvedRow(i int, u [5]float64, e, v, selection float64) {
	x1, x2, x5 := u[0], math.Exp(u[1]/2), 0.5*math.Erfc(-u[4]/math.Sqrt2)
	x3, x4, jump := 0., 0., 0.
	if u[2] > 0.84 {
		x3 = 1
	}
	if u[0]+u[3] > 0.3 {
		x4 = 1
	}
	if x1 > 0 {
		jump = 0.3
	}
	d := &t.data
	for j, x := range []float64{x1, x2, x3, x4, x5} {
		d.X[j][i] = x
	}
	p := 1 / (1 + math.Exp(1.2-selection*(0.45*x1-0.35*(x2-1.13)+0.5*(x3-0.2)+0.3*(x4-0.42)+0.4*(x5-0.5))))
	t.score[i], d.Treated[i] = p, v < p
	t.effect[i] = 0.4 + jump + 0.3*x3
	y := 0.6*x1 + 0.3*x1*x1 + math.Log(x2) + 0.8*math.Sin(3*x5) - 0.8*x3 + 0.4*x1*x4 + (0.6+0.4*math.Abs(x1))*e
	if d.Treated[i] {
		y += t.effect[i]
	}
	d.Outcomes[0][i] = y
}

// student4 is Student's t with 4 degrees of freedom, scaled to variance 1: normal over the root of a χ²₄/4, which is an
// exponential sum.
func student4(r *rand.Rand) float64 {
	return r.NormFloat64() / math.Sqrt((r.ExpFloat64()+r.ExpFloat64())/2) / math.Sqrt2
}

func drawCurved(r *rand.Rand, n int, selection float64) drawn {
	t := newDrawn(n, "x1", "x2", "x3", "x4", "x5")
	for i := range n {
		var u [5]float64
		for j := range u {
			u[j] = r.NormFloat64()
		}
		t.curvedRow(i, u, student4(r), r.Float64(), selection)
	}
	return t
}

// drawPersons is drawCurved with persons: u and the noise are √½ times a part of the person and √½ times a part of the row.
func drawPersons(r *rand.Rand, n int, selection float64) drawn {
	t := newDrawn(n, "x1", "x2", "x3", "x4", "x5")
	d := &t.data
	d.Cluster = make([]int32, n)
	for i := 0; i < n; d.Clusters++ {
		var own [5]float64
		for j := range own {
			own[j] = r.NormFloat64()
		}
		noise := student4(r)
		for k := 1 + r.IntN(4); k > 0 && i < n; k-- {
			var u [5]float64
			for j := range u {
				u[j] = math.Sqrt(0.5) * (own[j] + r.NormFloat64())
			}
			d.Cluster[i] = int32(d.Clusters)
			t.curvedRow(i, u, math.Sqrt(0.5)*(noise+student4(r)), r.Float64(), selection)
			i++
		}
	}
	d.Unit = d.Cluster
	return t
}

// truth is the mean effect over the rows that an estimate is about: the treated rows kept, with their weights, for the ate all
// rows kept, and for overlap weights all rows with p(1 − p).
func (t *drawn) truth(r *matching.Report) float64 {
	sum, total := 0., 0.
	for i, e := range t.effect {
		w := 0.
		switch {
		case r.Spec.Estimand == matching.ATO:
			w = t.score[i] * (1 - t.score[i])
		case r.Spec.Estimand == matching.ATE:
			if r.Weight[i] > 0 {
				w = 1
			}
		case t.data.Treated[i]:
			w = r.Weight[i]
		}
		sum += w * e
		total += w
	}
	return sum / total
}

// stream is the stream of a draw; the first design keeps the one under which its table was first made.
func (d *ErrorsDesign) stream(seed uint64, selection float64, i int) *rand.Rand {
	purpose := "coverage"
	if d.Name != "linear" {
		purpose = "matching errors " + d.Name
	}
	return random.New(seed-1+uint64(i), purpose, math.Float64bits(selection))
}
