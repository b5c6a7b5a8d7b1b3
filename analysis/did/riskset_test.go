package did

import (
	"math"
	"math/rand/v2"
	"testing"

	"tiltakseffekt/analysis/estimate"
)

// The risk set of each cohort is a trial of its own: a cell is the comparison of changes on its rows, and the error of an
// average sums influence by person over the trials.
func TestRiskSetIsTrials(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 1))
	p := small{n: 400, T: 6, cohorts: []int64{102, 103, 104}, never: true, covariates: 2}.panel(rng)
	p.AtRisk = make([][]bool, 6)
	for t := range p.AtRisk {
		p.AtRisk[t] = make([]bool, 400)
		for i := range p.AtRisk[t] {
			p.AtRisk[t][i] = rng.Float64() < 0.8
		}
	}
	for _, m := range []Method{DR, IPW, Reg, Imp} {
		for _, delta := range []int64{0, 1} {
			r := estimated(t, p, Options{Method: m, Controls: RiskSet, Anticipation: delta, Draws: 100})
			simple := make([]float64, 400) // influence of the simple average, built from the trials
			value, total := 0., 0.
			type part struct {
				att float64
				psi []float64
				g   int64
				n   float64
			}
			var parts []part
			for _, c := range r.Cells {
				if c.Reason != "" {
					continue
				}
				last, base := c.Group-1-100, c.Group-1-delta-100
				var dy []float64
				var units []int
				s := Sample{X: make([][]float64, 2)}
				for i, g := range p.Start {
					if g < c.Group || !p.AtRisk[last][i] {
						continue
					}
					units = append(units, i)
					s.Treated = append(s.Treated, g == c.Group)
					for k := range s.X {
						s.X[k] = append(s.X[k], p.Covariates[k][0][i])
					}
					dy = append(dy, p.Outcome[c.Time-100][i]-p.Outcome[base][i])
				}
				alone, err := TwoByTwo(dy, s, m, 0)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(alone.Estimate.Estimate-c.Estimate.Estimate) > 1e-10 || math.Abs(alone.StdError-c.StdError) > 1e-10 || alone.NTreated != c.NTreated || alone.NComparison != c.NComparison {
					t.Fatalf("%v (%d,%d): %+v, trial %+v", m, c.Group, c.Time, c, alone)
				}
				if c.EventTime >= 0 {
					psi := make([]float64, 400)
					for k, i := range units {
						psi[i] = alone.Influence[k]
					}
					parts = append(parts, part{alone.Estimate.Estimate, psi, c.Group, float64(alone.NTreated)})
					value += float64(alone.NTreated) * alone.Estimate.Estimate
					total += float64(alone.NTreated)
				}
			}
			value /= total
			for _, x := range parts {
				for i := range simple {
					simple[i] += x.n / total * x.psi[i]
					if p.Start[i] == x.g && p.AtRisk[x.g-1-100][i] {
						simple[i] += (x.att - value) / total
					}
				}
			}
			a := r.Aggregates[0]
			if se := math.Sqrt(estimate.ClusterVariance(simple, nil, 0)); a.Type != Simple || math.Abs(a.Estimate.Estimate-value) > 1e-10 || math.Abs(a.StdError-se) > 1e-10 {
				t.Errorf("%v: %g (%g), from trials %g (%g)", m, a.Estimate.Estimate, a.StdError, value, se)
			}
		}
	}
	// With everybody at risk it is the comparison with later starts; from statistics too.
	for t := range p.AtRisk {
		for i := range p.AtRisk[t] {
			p.AtRisk[t][i] = true
		}
	}
	later := *p
	later.AtRisk = nil
	same(t, estimated(t, p, Options{Controls: RiskSet, Draws: 100}), estimated(t, &later, Options{Controls: LaterStart, Draws: 100}), 1e-12)
	if _, err := GroupTime(&later, Options{Controls: RiskSet}); err == nil {
		t.Error("a risk set without AtRisk passes")
	}
}
