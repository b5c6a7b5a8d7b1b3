package analysis

import (
	"math"
	"testing"

	"tiltakseffekt/analysis/experiment"
)

// TestPermutationBesideFewTreated: each kind of method gives a figure of few treated a p-value, the same every time; methods that weigh
// rows share that of their covariates; the change of difference-in-differences from a base of 0 is the outcome; many treated, no
// estimate and rivals of a registry have none.
func TestPermutationBesideFewTreated(t *testing.T) {
	trials, reg, y := madeTrials(11, 110, false, false)
	r := runnerOf(t, trials, reg, "methods: [nearest, {name: nearest, id: n2, replace: true, caliper: none}, ebal, ipw, none, {name: ebal, id: e2, covariates: [alder]}]\n")
	c := newCell(trials, &trials.Tiltak[0], 0, 1, nil)
	if c.nTreated < minTreated || c.nTreated >= permutedUnder {
		t.Fatalf("%d treated", c.nTreated)
	}
	month := 1
	of := func(f fitted, per outcomeFit, m Method, starts int) float64 {
		t.Helper()
		row := missing("")
		row.Month, row.NStarts, row.Tiltak = &month, starts, "T" // the same stream for all
		if err := r.permute(c, nil, f, &series{c: c, per: per}, m, [][]float64{y}, &row); err != nil {
			t.Fatal(err)
		}
		return row.PPermutation
	}
	p := map[string]float64{}
	for _, m := range r.study.Methods {
		f, why, err := r.fit(c, m)
		if err != nil || why != "" {
			t.Fatalf("%s: %v %s", m.ID, err, why)
		}
		per := f.outcome(c, r, nil)
		p[m.ID] = of(f, per, m, 49)
		if !(p[m.ID] > 0 && p[m.ID] <= 1) || of(f, per, m, 49) != p[m.ID] {
			t.Errorf("%s: %g, then %g", m.ID, p[m.ID], of(f, per, m, 49))
		}
		if !math.IsNaN(of(f, per, m, 50)) {
			t.Errorf("%s: permuted for 50 treated", m.ID)
		}
	}
	if p["ebal"] != p["ipw"] || p["ebal"] != p["n2"] || p["ebal"] == p["e2"] || p["ebal"] == p["none"] {
		t.Errorf("%v", p)
	}
	o := &didOutcome{c: c, base: make([]float64, len(c.row)), didSample: &didSample{}}
	for i := range c.row {
		o.keep = append(o.keep, int32(i))
	}
	if got := of(&didFit{}, o, Method{Name: "did"}, 49); got != p["ebal"] { // every covariate of the trials is fixed
		t.Errorf("did: %g, ebal %g", got, p["ebal"])
	}
	r.figuresOnly = true
	if !math.IsNaN(of(&didFit{}, o, Method{Name: "did"}, 49)) {
		t.Error("a rival of a registry is permuted")
	}
	r.figuresOnly = false
	row := missing("no_overlap")
	row.NStarts = 20
	if err := r.permute(c, nil, nil, nil, Method{}, nil, &row); err != nil || !math.IsNaN(row.PPermutation) {
		t.Errorf("%v %v", row.PPermutation, err)
	}
}

// Pairs 0 and 1 share person 5 and pairs 1 and 2 person 6: they turn as one; pair 3 is alone, and pair 4 lacks an arm.
func TestPairsThatShareAPersonTurnTogether(t *testing.T) {
	c := &cell{treated: []bool{true, false, true, false, true, false, true, false, true, false}, person: []int32{1, 5, 6, 5, 2, 6, 3, 7, 4, 8}}
	y := []float64{3, 1, 4, 1, 5, 9, 2, 6, 5, 3}
	got := c.flip(y, []int32{0, 0, 1, 1, 2, 2, 3, 3, 4, -1}, experiment.Permutation{ExactUnder: 100})
	want := experiment.SignFlip([]float64{2, 3, -4, -4}, []int32{0, 0, 0, 1}, experiment.Permutation{ExactUnder: 100})
	if got != want || got.Draws != 4 {
		t.Errorf("%+v, want %+v", got, want)
	}
}
