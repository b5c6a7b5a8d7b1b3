package did

import (
	"math"
	"os"
	"testing"

	"tiltakseffekt/internal/random"
)

// dipPanel is a staggered panel with known effects: cohorts of unequal size, a dip in the period before the start, effects
// that differ by cohort, grow with time and vary between persons, errors that persist, and, with a covariate, trends that
// differ by it. truth is the mean effect of a cohort at an event time.
func dipPanel(n int, covariate bool, seed uint64) *Panel {
	rng := random.New(seed, "coverage")
	starts := []int64{4, 6, 9, Never}
	p := &Panel{Start: make([]int64, n)}
	for t := range 12 {
		p.Times = append(p.Times, int64(t))
		p.Outcome = append(p.Outcome, make([]float64, n))
	}
	x := make([]float64, n)
	for i := range n {
		u := rng.Float64()
		x[i] = rng.NormFloat64()
		cut := []float64{0.08, 0.28, 0.45}
		if covariate { // selection on the covariate
			u -= 0.15 * math.Tanh(x[i])
		}
		k := 0
		for k < 3 && u > cut[k] {
			k++
		}
		g := starts[k]
		p.Start[i] = g
		level, own, noise := rng.NormFloat64(), 0.5*rng.NormFloat64(), 0.
		for t, v := range p.Times {
			noise = 0.6*noise + rng.NormFloat64()
			y := level + 0.2*float64(v) + noise
			if covariate {
				y += 0.1 * x[i] * float64(v)
			}
			switch {
			case v == g-1:
				y -= 1 // the dip
			case v >= g:
				y += truth(g, v-g) + own
			}
			p.Outcome[t][i] = y
		}
	}
	if covariate {
		p.Covariates = [][][]float64{{x}}
	}
	return p
}

func truth(g, e int64) float64 { return 0.5 + 0.1*float64(e) + 0.05*float64(g) }

// Intervals cover the truth and the band covers the whole curve before and after the start: at 93–97 % under EVALUATE_SLOW=1
// (1,000 panels: Monte Carlo error 0.7 points), at 90–99 % in 150 panels otherwise.
func TestCoverage(t *testing.T) {
	reps, low, high := 150, 0.90, 0.99
	if os.Getenv("EVALUATE_SLOW") == "1" {
		reps, low, high = 1000, 0.93, 0.97
	}
	for _, covariate := range []bool{false, true} {
		var cells, cellHits, dynamic, dynamicHits, bandHits, simpleHits float64
		const n = 1200
		shares := map[int64]float64{4: 0.08, 6: 0.20, 9: 0.17} // selection on x moves them: see below
		if covariate {                                         // by a large draw of the same design
			big := dipPanel(400_000, true, 1<<40)
			count := map[int64]float64{}
			for _, g := range big.Start {
				count[g]++
			}
			for g := range shares {
				shares[g] = count[g] / 400_000
			}
		}
		average := func(match func(g, time int64) bool) float64 {
			sum, weight := 0., 0.
			for g, s := range shares {
				for time := g; time < 12; time++ {
					if match(g, time) {
						sum += s * truth(g, time-g)
						weight += s
					}
				}
			}
			return sum / weight
		}
		for rep := range reps {
			p := dipPanel(n, covariate, uint64(rep))
			r, err := GroupTime(p, Options{Anticipation: 1, Draws: 1000, Seed: uint64(rep)})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range r.Cells {
				if c.Reason != "" || c.EventTime == -1 { // the dip is no effect
					continue
				}
				want := 0.
				if c.EventTime >= 0 {
					want = truth(c.Group, c.EventTime)
				}
				cells++
				if c.ConfLow <= want && want <= c.ConfHigh {
					cellHits++
				}
			}
			band := true
			mean, later := 0., 0.
			for _, a := range r.Aggregates {
				if a.Type != Dynamic || a.Overall || a.Key == -1 || math.IsNaN(a.BandLow) {
					continue
				}
				want := 0.
				if a.Key >= 0 {
					want = average(func(g, time int64) bool { return time-g == a.Key })
					mean += want
					later++
				}
				band = band && a.BandLow <= want && want <= a.BandHigh
			}
			for _, a := range r.Aggregates {
				if !a.Overall {
					continue
				}
				switch a.Type {
				case Dynamic:
					dynamic++
					if w := mean / later; a.ConfLow <= w && w <= a.ConfHigh {
						dynamicHits++
					}
				case Simple:
					if w := average(func(int64, int64) bool { return true }); a.ConfLow <= w && w <= a.ConfHigh {
						simpleHits++
					}
				}
			}
			if band {
				bandHits++
			}
		}
		for name, rate := range map[string]float64{"ATT(g,t)": cellHits / cells, "overall dynamic": dynamicHits / dynamic, "simple": simpleHits / dynamic, "band": bandHits / dynamic} {
			t.Logf("covariate %v, %s: %.1f %% of %d panels", covariate, name, 100*rate, reps)
			if rate < low || rate > high {
				t.Errorf("covariate %v, %s covers %.1f %%", covariate, name, 100*rate)
			}
		}
	}
}
