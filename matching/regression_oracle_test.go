package matching

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/internal/oracle"
	"tiltakseffekt/internal/regression"
)

// compareAdjusted compares the estimates with covariates, wherever the matched rows are the reference's.
func compareAdjusted(t *testing.T, s *sample, weight []float64, set []int32, r oracle.Node) {
	t.Helper()
	a := r.At("att")
	defer func() { // every estimate that stands beside an error
		e, err := RegressionAdjusted(weight, s.treated, s.x, s.y, nil, RegressionHC3, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range a.Keys() {
			if strings.HasPrefix(k, "wls_cov") {
				a.At(k, "estimate").Near(e.Estimate, 1e-8)
			} else {
				a.At(k, "estimate").Near(WeightedDifference(weight, s.treated, s.y, nil, nil, 0).Estimate, 1e-8)
			}
		}
	}()
	plain, err := RegressionAdjusted(weight, s.treated, nil, s.y, nil, RegressionHC3, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.At("wls_HC3", "estimate").Near(plain.Estimate, 1e-8)
	a.At("wls_HC3", "se").Near(plain.StdError, 1e-8)
	fit, err := regression.WLS([][]float64{s.treat}, s.y, weight)
	if err != nil {
		t.Fatal(err)
	}
	a.At("wls_HC1", "se").Near(math.Sqrt(fit.CovRobust(regression.HC1)[1][1]), 1e-8)
	e, err := RegressionAdjusted(weight, s.treated, s.x, s.y, nil, RegressionHC3, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.At("wls_cov_HC3", "estimate").Near(e.Estimate, 1e-8)
	a.At("wls_cov_HC3", "se").Near(e.StdError, 1e-8)
	if set == nil || !a.Has("wls_cov_CL_subclass_HC1") {
		return
	}
	e, err = RegressionAdjusted(weight, s.treated, s.x, s.y, nil, RegressionBySet, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.At("wls_cov_CL_subclass_HC1", "estimate").Near(e.Estimate, 1e-8)
	a.At("wls_cov_CL_subclass_HC1", "se").Near(e.StdError, 1e-8)
	a.At("wls_CL_subclass_HC0_noadj", "se").Near(math.Sqrt(fit.CovCluster(regression.ClusterOptions{}, set)[1][1]), 1e-8)
}

func TestDiscardAndCellsOracle(t *testing.T) {
	for _, s := range []*sample{lalonde(t), cps(t)} {
		ref := oracle.JSON(t, s.folder+"/result.json").At("matching")
		leave := CommonSupport(s.fit.Fitted, s.treated, DiscardBoth)
		keep := make([]float64, len(leave))
		discarded := 0
		for i, l := range leave {
			if keep[i] = 1; l {
				keep[i] = 0
				discarded++
			}
		}
		again, err := regression.Logit(s.x, s.treat, keep, regression.LogitOptions{LikeR: true})
		if err != nil {
			t.Fatal(err)
		}
		for name, score := range map[string][]float64{"nn_discard_both": s.fit.Fitted, "nn_discard_both_reestimate": again.Fitted} {
			r := ref.At(name)
			for _, id := range r.At("discarded_id").Floats() {
				if !leave[int(id)-1] {
					t.Errorf("%s: row %g is kept", name, id)
				}
			}
			r.At("n_pairs").Equal(len(r.At("pairs", "treated_id").List()) - countNone(r))
			m, err := Nearest(NearestInput{Score: score, Treated: s.treated, Leave: leave}, NearestOptions{LikeMatchIt: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.At("discarded_id").List()) != discarded {
				t.Errorf("%s: %d rows discarded", name, discarded)
			}
			if wrong := comparePairs(t, m, r); wrong > 0 {
				t.Errorf("%s %s: %d rows matched otherwise", s.folder, name, wrong)
				continue
			}
			compareNearest(t, s, m, r)
			shown := append([]float64(nil), score...)
			for i, l := range leave { // rows that were left out of the second fit keep the score of the first
				if l {
					shown[i] = s.fit.Fitted[i]
				}
			}
			compareBalance(t, s, shown, m.Weight, m, ATT, r)
		}
		m := PairInCells(CellsOf(s.coarse(0), len(s.y), nil), s.treated, nil, 0)
		r := ref.At("cem_k2k")
		if wrong := comparePairs(t, m, r); wrong > 0 {
			t.Errorf("%s cem_k2k: %d rows matched otherwise", s.folder, wrong)
		}
		compareNearest(t, s, m, r)
		compareBalance(t, s, s.fit.Fitted, m.Weight, nil, ATT, r)
	}
}

func countNone(r oracle.Node) int {
	none := 0
	for _, l := range r.At("pairs", "control_ids").List() {
		if len(l.List()) == 0 {
			none++
		}
	}
	return none
}

// The joint balance table of cobalt after weighting: standardised differences with its denominators and distances of the
// distributions.
func TestCobaltBalanceOracle(t *testing.T) {
	for _, s := range []*sample{lalonde(t), cps(t)} {
		for _, e := range []Estimand{ATT, ATE, ATO} {
			r := oracle.JSON(t, s.folder+"/result.json").At("ipw", e.String(), "cobalt_balance")
			w, err := PropensityWeights(s.fit, s.x, s.treated, nil, WeightOptions{Estimand: e})
			if err != nil {
				t.Fatal(err)
			}
			for i, name := range r.At("row").Texts() {
				var x []float64
				for j, n := range s.names {
					if n == name || "race_"+n[min(4, len(n)):] == name {
						x = s.x[j]
					}
				}
				if name == "race_black" {
					x = indicator(s.columns["race"], "black")
				}
				if x == nil {
					t.Fatalf("no column %s", name)
				}
				rows := BalanceOf([][]float64{x}, nil, s.treated, w.Weight, nil, BalanceOptions{Estimand: e})
				for k, stage := range []string{"Un", "Adj"} {
					r.At("Diff." + stage).List()[i].NearAbs(rows[k].SMD, 1e-6)
					r.At("M.1." + stage).List()[i].Near(rows[k].MeanTreated, 1e-6)
					r.At("M.0." + stage).List()[i].Near(rows[k].MeanComparison, 1e-6)
					r.At("KS." + stage).List()[i].NearAbs(rows[k].ECDFMax, 1e-6)
					if r.Has("V.Ratio."+stage) && !rows[k].Binary {
						r.At("V.Ratio." + stage).List()[i].Near(rows[k].VarianceRatio, 1e-6)
					}
				}
			}
		}
	}
}
