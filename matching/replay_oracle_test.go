package matching

import (
	"math"
	"slices"
	"testing"

	"tiltakseffekt/internal/oracle"
)

// pairsOf are the reference's pairs as if we had matched them; Round counts the matches of a row.
func pairsOf(s *sample, r oracle.Node, opt NearestOptions) *Matched {
	m := &Matched{Treated: s.treated, Weight: make([]float64, len(s.y)), CaliperAbsolute: math.Inf(1), Options: opt}
	var pairs []Pair
	others := r.At("pairs", "control_ids").List()
	for i, id := range r.At("pairs", "treated_id").Floats() {
		for k, o := range others[i].List() {
			pairs = append(pairs, Pair{Treated: int32(id) - 1, Comparison: int32(o.Float()) - 1, Round: int32(k) + 1})
		}
	}
	m.collect([][]Pair{pairs}, nil)
	return m
}

// Where the matched sets are not ours (docs/matching.md says why), all that follows from sets is: with the reference's own
// pairs and sets put in, weights, balance, estimates and errors are the reference's.
func TestWhatFollowsFromTheSetsOracle(t *testing.T) {
	replaced := NearestOptions{Ratio: 1, Replace: true, ReuseMax: math.MaxInt32}
	for _, s := range []*sample{lalonde(t), cps(t)} {
		ref := oracle.JSON(t, s.folder+"/result.json").At("matching")
		for name, opt := range map[string]NearestOptions{"mahal_closest": {Ratio: 1, ReuseMax: 1}, "scaled_euclidean": {Ratio: 1, ReuseMax: 1}, "mahal_replace": replaced,
			"mahvars_caliper_0.2": {Ratio: 1, ReuseMax: 1}, "optimal_1to1": {Ratio: 1, ReuseMax: 1}, "optimal_ratio2": {Ratio: 2, ReuseMax: 1}} {
			if !ref.Has(name) {
				continue
			}
			r := ref.At(name)
			m := pairsOf(s, r, opt)
			r.At("n_pairs").Equal(len(m.Pairs))
			compareNearest(t, s, m, r)
			compareBalance(t, s, s.fit.Fitted, m.Weight, m, ATT, r)
		}
		for name, e := range map[string]Estimand{"full_ATT": ATT, "full_ATE": ATE, "full_caliper_0.2": ATT} {
			if !ref.Has(name) {
				continue
			}
			r := ref.At(name)
			cell := make([]int32, len(s.y))
			for i := range cell {
				cell[i] = -1
			}
			numbers := map[string]int32{}
			names := r.At("weights", "subclass").List()
			for i, id := range r.At("weights", "id").Floats() {
				k, ok := numbers[names[i].Text()]
				if !ok {
					k = int32(len(numbers))
					numbers[names[i].Text()] = k
				}
				cell[int(id)-1] = k
			}
			c, err := ByCell(cell, s.treated, nil, e)
			if err != nil {
				t.Fatal(err)
			}
			compareSubclassed(t, s, c, r)
		}
	}
}

// With a caliper optmatch forbids what is beyond it, as ours does: the same rows stay, and the total distance is no larger.
func TestFullCaliperOracle(t *testing.T) {
	s := lalonde(t)
	r := oracle.JSON(t, "lalonde_psm/result.json").At("matching", "full_caliper_0.2")
	reach := r.At("caliper_abs").Keys()
	in := NearestInput{Score: s.fit.Fitted, Treated: s.treated}
	c, cost, err := Full(in, OptimalOptions{Caliper: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	_, absolute := WithinReach(in.Score, in.Treated, nil, nil, 0.2, CaliperSD)
	r.At("caliper_abs", reach[0]).Near(absolute, 1e-10)
	checkFull(t, in, c, cost, absolute)
	sets := map[string][2][]int{}
	names := r.At("weights", "subclass").List()
	kept := r.At("weights", "id").Floats()
	for i, id := range kept {
		v := sets[names[i].Text()]
		g := group(s.treated[int(id)-1])
		v[g] = append(v[g], int(id)-1)
		sets[names[i].Text()] = v
		if c.Weight[int(id)-1] == 0 {
			t.Errorf("row %g is kept in the reference", id)
		}
	}
	own := 0
	for _, w := range c.Weight {
		if w > 0 {
			own++
		}
	}
	if own != len(kept) {
		t.Errorf("%d rows are kept, in the reference %d", own, len(kept))
	}
	want := 0.
	for _, v := range sets {
		for _, a := range v[0] {
			for _, b := range v[1] {
				want += math.Abs(in.Score[a] - in.Score[b])
			}
		}
	}
	oracle.Known(t, "lalonde_psm:matching:full_caliper_0.2:total distance", cost, want, 1e-2)
	if cost > want*(1+1e-12) {
		t.Errorf("total distance %.10g, the reference has %.10g", cost, want)
	}
}

// compareCounts compares the table of rows and effective sizes.
func compareCounts(t *testing.T, s *sample, weight []float64, r oracle.Node) {
	t.Helper()
	if !r.Has("n_table") {
		return
	}
	var all, matched, discarded [2]float64
	var left []float64
	if r.Has("discarded_id") {
		left = r.At("discarded_id").Floats()
	}
	for i, w := range weight {
		g := group(s.treated[i])
		all[g]++
		if w > 0 {
			matched[g]++
		}
	}
	for _, id := range left {
		discarded[group(s.treated[int(id)-1])]++
	}
	treated, comparison := ESS(weight, s.treated)
	ess := [2]float64{comparison, treated}
	n := r.At("n_table")
	for g, column := range []string{"Control", "Treated"} {
		figures := n.At(column).List()
		for i, row := range n.At("row").Texts() {
			switch row {
			case "All", "All (ESS)":
				figures[i].Near(all[g], 1e-12)
			case "Matched":
				figures[i].Near(matched[g], 1e-12)
			case "Matched (ESS)":
				figures[i].Near(ess[g], 1e-8)
			case "Unmatched":
				figures[i].NearAbs(all[g]-matched[g]-discarded[g], 1e-12)
			case "Discarded":
				figures[i].NearAbs(discarded[g], 1e-12)
			default:
				t.Errorf("what is %q?", row)
			}
		}
	}
}

// WeightIt's own figures for entropy balancing and the covariate-balancing score, its weights scaled to mean 1 in each group;
// the tolerances are those of its convergence (README of the oracle: about 1e-7 of the solution, 3e-5 for the score).
func TestWeightItOracle(t *testing.T) {
	for _, s := range []*sample{lalonde(t), cps(t)} {
		ref := oracle.JSON(t, s.folder+"/result.json")
		for _, c := range []struct {
			name     string
			moments  int
			estimand Estimand
			scale    bool
			tol      float64
		}{
			{"weightit_ebal_ATT_moments1", 1, ATT, true, 1e-5},
			{"weightit_ebal_ATT_moments2", 2, ATT, true, 1e-4},
			{"weightit_ebal_ATE_moments1", 1, ATE, true, 1e-5},
			{"weightit_cbps_ATT", 1, ATT, false, 1e-4},
		} {
			r := ref.At(c.name)
			if r.Has("error") || c.name == "weightit_cbps_ATT" && s.folder == "nsw_cps_psm" {
				continue // the reference has no solution: degenerate (README)
			}
			x, _ := Expand(s.x, s.names, c.moments, false)
			b, err := EntropyBalance(x, s.treated, nil, EntropyOptions{Estimand: c.estimand})
			if err != nil && s.folder == "nsw_cps_psm" && c.moments > 1 {
				continue
			}
			if err != nil {
				t.Fatal(c.name, err)
			}
			w := slices.Clone(b.Weight)
			if c.scale {
				scaleToMeanOne(w, s.treated)
			}
			r.At("sum_w_treated").Near(sumOf(w, s.treated, true), c.tol)
			r.At("sum_w_control").Near(sumOf(w, s.treated, false), c.tol)
			most := 0.
			for i, v := range w {
				if !s.treated[i] {
					most = max(most, v)
				}
			}
			r.At("max_w_control").Near(most, 20*c.tol) // one weight, in the tail, feels the convergence most
			compareWeighted(t, s, w, r, c.tol)
			r.At("lm_weightit_se_HC0").Near(WeightedDifference(w, s.treated, s.y, nil, nil, 0).StdError, c.tol)
		}
	}
}
