package analysis

import (
	"math"
	"testing"

	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// TestSensitivityOfAStudy: each measure is what its definition gives for the estimate beside it: E-value and robustness
// value by hand, Γ from the pairs, benchmarks from the two regressions, and a spread that is each method fitted on its own.
func TestSensitivityOfAStudy(t *testing.T) {
	trials, reg, y := madeTrials(8, 500, false, false)
	for i, v := range y {
		y[i] = 0
		if v > .5 {
			y[i] = 1
		}
	}
	r := runnerOf(t, trials, reg, "methods: [nearest, ebal]\nhorizon: 12\noutcomes: [{id: arbeid, kind: work, position: 1}]\n")
	def, err := outcome.Spec{ID: "arbeid", Kind: outcome.Work, Position: 1}.Resolved().Compile(outcome.Env{})
	if err != nil {
		t.Fatal(err)
	}
	c := newCell(trials, &trials.Tiltak[0], 0, 1, nil)
	var fits []fitted
	var main []results.Estimate
	for _, m := range r.study.Methods {
		f, why, err := r.fit(c, m)
		if err != nil || why != "" {
			t.Fatal(err, why)
		}
		fits = append(fits, f)
		main = append(main, f.outcome(c, r, def).effect(y))
	}
	rows := r.sensitivity(c, def, fits, y, main)
	count := map[string]int{}
	for _, row := range rows {
		count[row.Measure]++
		e := main[0]
		if row.Method == "ebal" {
			e = main[1]
		}
		switch row.Measure {
		case "e-value":
			rr := e.MeanTreated / e.MeanComparison
			if rr < 1 {
				rr = 1 / rr
			}
			if want := rr + math.Sqrt(rr*(rr-1)); math.Abs(row.Value-want) > .005+1e-12 {
				t.Errorf("%s: E-value %g, by hand %g", row.Method, row.Value, want)
			}
			if significant := e.ConfLow > 0 || e.ConfHigh < 0; significant != (row.Bound > 1) {
				t.Errorf("%s: the interval %g to %g has the bound %g", row.Method, e.ConfLow, e.ConfHigh, row.Bound)
			}
		case "rosenbaum-gamma":
			up, down := 0., 0.
			for _, p := range fits[0].(*designFit).pairs.Pairs {
				switch y[p.Treated] - y[p.Comparison] {
				case 1:
					up++
				case -1:
					down++
				}
			}
			if row.Method != "nearest" || row.Discordant != int(min(up, down)) || math.Abs(row.Value-up/down) > .1*up/down {
				t.Errorf("Γ %g of %g against %g pairs: %+v", row.Value, up, down, row)
			}
		case "robustness-value":
			f := math.Abs(e.Estimate/e.StdError) / math.Sqrt(float64(e.NStarts)+e.ESS-2)
			if want := 2 / (1 + math.Sqrt(1+4/(f*f))); math.Abs(row.Value-want) > .0005+1e-12 {
				t.Errorf("%s: robustness value %g, by hand %g", row.Method, row.Value, want)
			}
		case "benchmark":
			if math.Abs(row.Estimate) > math.Abs(e.Estimate) || row.Value < 0 || row.Bound > 1 {
				t.Errorf("%s, %s: %g becomes %g with R² %g and %g", row.Method, row.Variation, e.Estimate, row.Estimate, row.Value, row.Bound)
			}
		case "spread":
			for _, choice := range otherChoices {
				if choice.name != row.Variation {
					continue
				}
				m := choice.method
				if err := m.resolve(); err != nil {
					t.Fatal(err)
				}
				f, _, _ := r.fit(c, m)
				if want := f.outcome(c, r, def).effect(y); row.Estimate != want.Estimate || row.StdError != want.StdError || row.Method != "nearest" {
					t.Errorf("%s: %g, on its own %g", row.Variation, row.Estimate, want.Estimate)
				}
			}
		}
	}
	if count["e-value"] != 2 || count["rosenbaum-gamma"] != 1 || count["robustness-value"] != 2 || count["benchmark"] < 8 || count["spread"] != len(otherChoices) {
		t.Errorf("%v", count)
	}
	r.study.Sensitivity = sensitivityBounds
	if n := len(r.sensitivity(c, def, fits, y, main)); n != len(rows)-len(otherChoices) {
		t.Errorf("bounds alone are %d rows", n)
	}
}

func TestSubjects(t *testing.T) {
	for name, want := range map[string]string{"alder_kvadrert": "alder", "alder": "alder", "utdanning=lav": "utdanning", "arbeid_13_24": "arbeid", "utdanning_igang_1_6": "utdanning_igang",
		"varighet_log": "varighet", "varighet=4-6": "varighet", "lonn_7_12": "lonn", "startdag": "startdag", "tiltakslonn_1_6": "tiltakslonn"} {
		if got := subject(name); got != want {
			t.Errorf("%s is about %s, want %s", name, got, want)
		}
	}
	if len(otherChoices) == 0 || matching.EValue(1) != 1 {
		t.Error("no choices")
	}
}
