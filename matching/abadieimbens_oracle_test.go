package matching

import (
	"math"
	"slices"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// standardised columns: mean 0 and standard deviation 1 (n−1), as Match() has them.
func standardised(x [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	for j := range x {
		sd := pooledSD(x[j], nil)
		out[j] = make([]float64, len(x[j]))
		for i, v := range x[j] {
			out[j][i] = v / sd
		}
	}
	return out
}

func TestAbadieImbensOracle(t *testing.T) {
	for _, s := range []*sample{lalonde(t), cps(t)} {
		ref := oracle.JSON(t, s.folder+"/result.json").At("abadie_imbens")
		ps := [][]float64{s.fit.Fitted}
		for _, c := range []struct {
			name string
			x    [][]float64
			opt  TiedOptions
			full bool // Mahalanobis over all rows
		}{
			{"ps_ATT_M1_noadj", ps, TiedOptions{}, false},
			{"ps_ATT_M1_biasadj", ps, TiedOptions{BiasAdjust: true}, false},
			{"ps_ATT_M4_noadj", ps, TiedOptions{Matches: 4}, false},
			{"ps_ATT_M4_biasadj", ps, TiedOptions{Matches: 4, BiasAdjust: true}, false},
			{"X_ATT_M1_noadj", s.x, TiedOptions{}, false},
			{"X_ATT_M1_biasadj", s.x, TiedOptions{BiasAdjust: true}, false},
			{"X_ATT_M4_noadj", s.x, TiedOptions{Matches: 4}, false},
			{"X_ATT_M4_biasadj", s.x, TiedOptions{Matches: 4, BiasAdjust: true}, false},
			{"ps_ATT_M1_noties_FALSE_sampleTRUE", ps, TiedOptions{Sample: true}, false},
			{"ps_ATT_M1_caliper0.2", ps, TiedOptions{Reach: []float64{0.2}}, false},
			{"ps_ATT_M1_Var4", ps, TiedOptions{Neighbours: 4}, false},
			{"X_mahal_ATT_M1_noadj", s.x, TiedOptions{}, true},
			{"ps_ATE_M1_noadj", ps, TiedOptions{Estimand: ATE}, false},
			{"ps_ATC_M1_noadj", ps, TiedOptions{Estimand: ATC}, false},
			{"X_ATE_M4_biasadj", s.x, TiedOptions{Estimand: ATE, Matches: 4, BiasAdjust: true}, false},
		} {
			if !ref.Has(c.name) {
				continue
			}
			c.opt.Slack = 1e-5
			if c.opt.Neighbours == 0 {
				c.opt.Neighbours = -1
			}
			in := TiedInput{Points: standardised(c.x), Treated: s.treated, Z: c.x}
			if c.full {
				in.Points = whole(t, s)
			}
			m, err := MatchTied(in, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			r := ref.At(c.name)
			r.At("n_pairs").Equal(m.Pairs)
			r.At("orig_nobs").Equal(len(s.y))
			r.At("wnobs").Equal(len(m.arms[0].rows) + len(m.arms[1].rows))
			r.At("ndrops").Equal(m.Dropped)
			compareTied(t, s, m, r)
			plain := *m
			plain.opt.BiasAdjust = false
			if e, err := plain.Effect(s.y); err != nil {
				t.Fatal(err)
			} else {
				r.At("est_noadj").Near(e.Estimate, 1e-8)
			}
			e, err := m.Effect(s.y)
			if err != nil {
				t.Fatal(err)
			}
			r.At("est").Near(e.Estimate, 1e-8)
			if c.opt.Reach != nil {
				// With a caliper Match() counts the rows it dropped as rows with an effect of 0 in the variance, and divides by
				// all of them; ours leaves them out. The reference's figure follows from ours.
				kept, all := float64(len(m.arms[1].rows)), float64(len(m.arms[1].rows)+m.Dropped)
				e.StdError = math.Sqrt(e.StdError*e.StdError*kept*kept+float64(m.Dropped)*e.Estimate*e.Estimate) / all
			}
			r.At("se_AI").Near(e.StdError, 1e-8)
			if math.IsNaN(e.MeanTreated) {
				t.Error("no mean")
			}
		}
	}
}

// whole are coordinates for the Mahalanobis distance with the covariance of all rows.
func whole(t *testing.T, s *sample) [][]float64 {
	t.Helper()
	x := standardised(s.x)
	cov := covariance(x, s.treated, false)
	for i := range cov {
		cov[i] *= float64(len(s.y)-1) / float64(len(s.y)) // X'X/N
	}
	return whitenBy(x, cov)
}

// compareTied compares who is matched to whom with which weight, ties included.
func compareTied(t *testing.T, s *sample, m *Tied, r oracle.Node) {
	t.Helper()
	if !r.Has("pairs") || m.opt.Estimand != ATT {
		return
	}
	near := &m.arms[1].near
	weights := r.At("pairs", "weight").List()
	others := r.At("pairs", "control_id").Floats()
	for i, id := range r.At("pairs", "treated_id").Floats() {
		row := int32(id) - 1
		set := near.list[near.from[row]:near.to[row]]
		if !slices.Contains(set, int32(others[i])-1) {
			t.Errorf("row %g is not matched to %g", id, others[i])
			continue
		}
		weights[i].Near(1/float64(len(set)), 1e-12)
	}
}
