package validity

import (
	"math"

	"tiltakseffekt/analysis/did"
	"tiltakseffekt/internal/random"
)

// didDesign is a kind of staggered panel whose effects are known, and how it is analysed.
type didDesign struct {
	name      string
	covariate bool // selection and trends that differ by a covariate
	offices   int  // over 0: shocks by office and period, errors clustered by office
	flags     bool // two groups of units that overlap, one with a larger effect
	weights   bool // half of the units with a larger effect are sampled, and weighted up
	options   did.Options
}

// didDesigns are the designs of the experiment. In all of them the outcome dips in the period before the start, and the
// base lies before the dip (anticipation 1); the last has its base in the dip and must fail.
var didDesigns = []didDesign{
	{name: "never treated", options: did.Options{Anticipation: 1, Controls: did.NeverTreated}},
	{name: "not yet treated", options: did.Options{Anticipation: 1, Controls: did.NotYetTreated}},
	{name: "covariate, dr", covariate: true, options: did.Options{Anticipation: 1}},
	{name: "covariate, imp", covariate: true, options: did.Options{Anticipation: 1, Method: did.Imp}},
	{name: "clustered by office", offices: 80, options: did.Options{Anticipation: 1}},
	{name: "weighted sample", weights: true, options: did.Options{Anticipation: 1}},
	{name: "overlapping groups", flags: true, options: did.Options{Anticipation: 1}},
	{name: "base in the dip", options: did.Options{}},
}

const didPeriods = 12

// effect of a cohort at an event time, for everybody without a flag.
func (d *didDesign) effect(g, e int64) float64 { return 0.5 + 0.1*float64(e) + 0.05*float64(g) }

// more is what a unit of the first flag, or of the half that is sampled less, has on top.
const more = 0.4

// average is what units have on top on average: half of them have the flag.
func (d *didDesign) average() float64 {
	if d.flags || d.weights {
		return more / 2
	}
	return 0
}

// panel draws n units: cohorts of unequal size, effects that differ by cohort, grow with time and vary between persons,
// errors that persist. flag tells who has more.
func (d *didDesign) panel(n int, seed uint64) (p *did.Panel, flag []bool) {
	rng := random.New(seed, "did-coverage "+d.name)
	starts := []int64{4, 6, 9, did.Never}
	p = &did.Panel{}
	for t := range didPeriods {
		p.Times = append(p.Times, int64(t))
		p.Outcome = append(p.Outcome, nil)
	}
	var x, w []float64
	var office []int32
	shock := make([][]float64, d.offices)
	for k := range shock {
		shock[k] = make([]float64, didPeriods)
		for t := range shock[k] {
			shock[k][t] = 0.5 * rng.NormFloat64()
		}
	}
	for len(p.Start) < n {
		u, covariate := rng.Float64(), rng.NormFloat64()
		has := rng.IntN(2) == 0
		if d.covariate {
			u -= 0.15 * math.Tanh(covariate)
		}
		k := 0
		for _, cut := range []float64{0.08, 0.28, 0.45} {
			if u > cut {
				k++
			}
		}
		if d.weights && has && rng.IntN(2) == 0 {
			continue // not sampled
		}
		g := starts[k]
		p.Start, x, flag = append(p.Start, g), append(x, covariate), append(flag, has)
		if has && d.weights {
			w = append(w, 2)
		} else {
			w = append(w, 1)
		}
		place := 0
		if d.offices > 0 { // cohorts crowd in offices
			place = (rng.IntN(d.offices) + 7*k*rng.IntN(2)) % d.offices
		}
		office = append(office, int32(place))
		level, own, noise := rng.NormFloat64(), 0.5*rng.NormFloat64(), 0.
		for t, v := range p.Times {
			noise = 0.6*noise + rng.NormFloat64()
			y := level + 0.2*float64(v) + noise
			if d.covariate {
				y += 0.1 * covariate * float64(v)
			}
			if d.offices > 0 {
				y += shock[place][t]
			}
			switch {
			case v == g-1:
				y-- // the dip
			case v >= g:
				y += d.effect(g, v-g) + own
				if has && (d.flags || d.weights) {
					y += more
				}
			}
			p.Outcome[t] = append(p.Outcome[t], y)
		}
	}
	if d.covariate {
		p.Covariates = [][][]float64{{x}}
	}
	if d.offices > 0 {
		p.Clusters = [][]int32{office}
	}
	if d.weights {
		p.Weights = [][]float64{w}
	}
	return p, flag
}
