package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/datasets"
	"tiltakseffekt/results"
)

// comparedStudy is a study whose runs are compared; %s are more lines.
const comparedStudy = `study: en
data: {register: x}
population: {from: 2018-01, to: 2020-12}
tiltak: [AFT]
groups: [alle, unge, egne]
group_definitions: {egne: "alder < 40"}
horizon: 24
outcomes: [{id: arbeid, kind: work}, {id: lonn, kind: earnings}]
methods: [ebal, nearest]
inference: {family: {outcome: arbeid, month: 12, method: nearest, over: [tiltak, group]}}
`

// runOf is a finished run of a study with some figures, of a register of its own.
func runOf(t *testing.T, label, text string, rows ...results.Estimate) Evaluation {
	t.Helper()
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := s.canonical()
	if err != nil {
		t.Fatal(err)
	}
	e := Evaluation{Label: label, Run: &results.Run{RunID: label, Study: s.Study, Level: s.Inference.Level, PriceYear: 2023, Resolved: resolved,
		Inputs: []datasets.Fingerprint{{Name: "person.parquet", SHA256: "sha of " + label}, {Name: "satser.csv", SHA256: "rates"}, {Name: planInput, SHA256: "plan"}}}, Tables: &results.Tables{Estimates: rows}}
	if err := e.resolve(); err != nil {
		t.Fatal(err)
	}
	return e
}

// comparedFigure is a primary row with the interval of its level, by t where df is over 0.
func comparedFigure(group, outcome, method string, month int, value, stdError, level, df float64) results.Estimate {
	x := estimate.Normal(value, stdError, level)
	if df > 0 {
		x = estimate.Student(value, stdError, level, df)
	}
	return results.Estimate{Tiltak: "AFT", Group: group, Outcome: outcome, Method: method, Month: &month, Estimand: "ATT", Comparison: "not-now", LaterEntry: "follow", Role: "primary",
		Estimate: value, StdError: stdError, ConfLow: x.ConfLow, ConfHigh: x.ConfHigh, PValue: x.PValue}
}

func publishedOf(label string, units map[string]string, rows ...results.Estimate) Evaluation {
	for i := range rows {
		rows[i].Method = "published"
	}
	return Evaluation{Label: label, Name: "report " + label, Published: &results.Published{Evaluation: "report " + label, Estimates: rows, Units: units}}
}

// Whether two runs answer the same question, choice by choice: what moves no figure of the cell is no other question.
func TestSameQuestion(t *testing.T) {
	rows := func(level float64) []results.Estimate {
		var out []results.Estimate
		for _, group := range []string{"alle", "unge", "egne"} {
			for _, method := range []string{"ebal", "nearest"} {
				for _, o := range []string{"arbeid", "lonn"} {
					out = append(out, comparedFigure(group, o, method, 12, .1, .05, level, 0))
				}
			}
		}
		return out
	}
	for change, want := range map[string]string{ // what the row of B says, in all groups, or those named
		"":                                          "yes ",
		"\ncost: {perspectives: [budget]}":          "yes ",
		"\nchains: {gap: 2}":                        "yes ",
		"\nseed: 7":                                 "yes ",
		"\npairs: all":                              "yes ",
		"\nwindows: [1-12]":                         "yes ",
		"\ncovariates: [alder]":                     "yes method",
		"\nexits: {death: censor}":                  "no definition",
		"\ntime_zero: referral":                     "no sample",
		"horizon: 24→horizon: 30":                   "no sample",
		"kind: work}→kind: work, position: 50}":     "no definition",
		"month: 12→month: 18":                       "yes ",
		"month: 12, →":                              "yes ", // 24 months
		"kind: earnings→kind: earnings, terms: all": "yes ",
		"{id: lonn, kind: earnings}→{id: varig, kind: stable_work, months: 12, mode: entered}": "no sample", // every start is followed longer
		"tiltak: [AFT]→tiltak: [AFT, VTA]":                                                     "yes ",
		"alder < 40→alder < 45":                                                                "egne: no sample",
		"groups: [alle, unge, egne]→groups: [alle, unge, egne, lav_utdanning]":                 "yes ",
		"methods: [ebal, nearest]→methods: [ebal, {name: nearest, ratio: 2}]":                  "yes method",
		"methods: [ebal, nearest]→methods: [nearest, {name: ebal, moments: 2}]":                "yes ",
	} {
		text := comparedStudy + change + "\n"
		if from, to, ok := strings.Cut(change, "→"); ok {
			if !strings.Contains(comparedStudy, from) {
				t.Fatal(from)
			}
			text = strings.Replace(comparedStudy, from, to, 1)
		}
		a, b := runOf(t, "A", comparedStudy, rows(.95)...), runOf(t, "B", text, rows(.95)...)
		b.Run.Inputs = a.Run.Inputs
		c, err := Compare([]Evaluation{a, b}, CompareOptions{Month: 12})
		if err != nil {
			t.Fatalf("%s: %v", change, err)
		}
		only, answer, some := strings.Cut(want, ": ")
		for _, r := range c.Rows {
			w := want
			if some {
				if w = "yes "; r.Group == only {
					w = answer
				}
			}
			if got := r.SameEstimand + " " + FactorsInWords(r.Differs); r.Evaluation == "B" && r.Method == "nearest" && got != w {
				t.Errorf("%q, %s: %q, want %q", change, r.Group, got, w)
			}
			if r.Primary != (r.Method == "nearest") {
				t.Errorf("%s %s is primary: %v", r.Evaluation, r.Method, r.Primary)
			}
		}
		for _, p := range c.Pooled {
			if p.Reason != "shared_persons" {
				t.Errorf("%s: %+v", change, p)
			}
		}
	}
	// Registers that have nothing but rates and a plan in common share no persons.
	c, err := Compare([]Evaluation{runOf(t, "A", comparedStudy, rows(.95)...), runOf(t, "B", comparedStudy, rows(.95)...)}, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Pooled {
		if p.Reason != "" || p.SameEstimand != "no" {
			t.Errorf("two registers: %+v", p)
		}
	}
	// A combination is what its parts are.
	both := strings.Replace(comparedStudy, "tiltak: [AFT]", "tiltak: [{id: AFT, all: [A, B]}]\ncomparison: {against: either}", 1)
	for within, want := range map[string]string{"within: 3": "yes", "within: 5": "no"} {
		a, b := runOf(t, "A", both, rows(.95)...), runOf(t, "B", strings.Replace(both, "all: [A, B]", "all: [A, B], "+within, 1), rows(.95)...)
		b.Run.Inputs = a.Run.Inputs
		if c, err := Compare([]Evaluation{a, b}, CompareOptions{}); err != nil || c.Rows[len(c.Rows)-1].SameEstimand != want {
			t.Errorf("%s: %v, %+v", within, err, c.Rows[len(c.Rows)-1])
		}
	}
	// Another outcome is another question, by name or by what the family is of.
	c, err = Compare([]Evaluation{runOf(t, "A", comparedStudy, rows(.95)...), runOf(t, "B", strings.Replace(comparedStudy, "outcome: arbeid", "outcome: lonn", 1), rows(.95)...)}, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Rows {
		if want := map[string]string{"A": "yes", "B": "no"}[r.Evaluation]; r.SameEstimand != want {
			t.Errorf("%s %s: %s", r.Evaluation, r.Outcome, r.SameEstimand)
		}
	}
	for _, p := range c.Pooled {
		if p.Reason != "other_unit" || p.SameEstimand != "no" {
			t.Errorf("%+v", p)
		}
	}
	// A price year by default is that of the run.
	a, b := runOf(t, "A", comparedStudy, rows(.95)...), runOf(t, "B", comparedStudy+"cost: {price_year: 2023}\n", rows(.95)...)
	b.Run.Inputs = a.Run.Inputs
	c, err = Compare([]Evaluation{a, b}, CompareOptions{Outcome: "lonn"})
	if err != nil || c.Rows[len(c.Rows)-1].SameEstimand != "yes" || c.Rows[0].Unit != "kroner" {
		t.Errorf("%v, %+v", err, c.Rows[len(c.Rows)-1])
	}
}

// Intervals have one level, that of the comparison, whatever those of the runs are, by t where the run's is.
func TestComparedIntervalsHaveOneLevel(t *testing.T) {
	narrow := strings.Replace(comparedStudy, "inference: {", "inference: {level: 0.8, ", 1)
	for _, level := range []float64{.5 + 1e-9, .8, .9, .95, .99} {
		for _, df := range []float64{0, 1.3, 4, 17.5, 300} {
			c, err := Compare([]Evaluation{
				runOf(t, "A", comparedStudy, comparedFigure("alle", "arbeid", "nearest", 12, .1, .05, .95, df)),
				runOf(t, "B", narrow, comparedFigure("alle", "arbeid", "nearest", 12, .1, .05, .8, df)),
				publishedOf("C", nil, comparedFigure("alle", "arbeid", "", 12, .1, .05, .95, 0)),
			}, CompareOptions{Level: level})
			if err != nil {
				t.Fatal(err)
			}
			want := comparedFigure("alle", "arbeid", "nearest", 12, .1, .05, level, df)
			for _, r := range c.Rows {
				w := want
				if r.Evaluation == "C" {
					w = comparedFigure("alle", "arbeid", "", 12, .1, .05, level, 0)
				}
				if math.Abs(r.ConfLow-w.ConfLow) > 1e-8 || math.Abs(r.ConfHigh-w.ConfHigh) > 1e-8 {
					t.Errorf("level %g, df %g, %s: %v to %v, want %v to %v", level, df, r.Evaluation, r.ConfLow, r.ConfHigh, w.ConfLow, w.ConfHigh)
				}
			}
			// The error that is pooled is that of the normal interval of this length.
			se := (want.ConfHigh - want.ConfLow) / 2 / estimate.Quantile(level)
			by, err := synthesis.Meta(synthesis.Studies{Estimate: []float64{.1, .1, .1}, StdError: []float64{se, se, .05}}, synthesis.Options{Level: level, HartungKnapp: true, NotShorter: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Pooled[0].Pooled; got == nil || math.Abs(got.Effect.StdError-by.Effect.StdError) > 1e-8 || math.Abs(got.Effect.ConfLow-by.Effect.ConfLow) > 1e-7 {
				t.Errorf("level %g, df %g: pooled %+v, want %+v", level, df, got, by)
			}
		}
	}
}

// Figures of one report are one evaluation: that of the outcome which the runs stand for is pooled, or its only one.
func TestAReportIsOneEvaluation(t *testing.T) {
	run := runOf(t, "A", comparedStudy, comparedFigure("alle", "arbeid", "nearest", 12, .1, .05, .95, 0))
	two := publishedOf("B", nil, comparedFigure("alle", "stabilt", "", 12, .02, .01, .95, 0), comparedFigure("alle", "arbeid", "", 12, .04, .02, .95, 0))
	c, err := Compare([]Evaluation{run, two}, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Rows[1].Primary || !c.Rows[2].Primary || len(c.Pooled) != 1 || c.Pooled[0].K != 2 {
		t.Errorf("%+v", c.Pooled)
	}
	others := publishedOf("B", nil, comparedFigure("alle", "stabilt", "", 12, .02, .01, .95, 0), comparedFigure("alle", "fast", "", 12, .04, .02, .95, 0))
	if c, err = Compare([]Evaluation{run, others}, CompareOptions{}); err != nil || len(c.Pooled) != 0 || len(c.Warnings) != 1 || c.Warnings[0].Code != "several_figures" {
		t.Errorf("%v, %+v, %+v", err, c.Pooled, c.Warnings)
	}
	single := publishedOf("B", nil, comparedFigure("alle", "i_jobb", "", 12, .02, .01, .95, 0))
	if c, err = Compare([]Evaluation{run, single}, CompareOptions{}); err != nil || len(c.Pooled) != 1 || c.Pooled[0].K != 2 || c.Pooled[0].SameEstimand != "unknown" {
		t.Errorf("%v, %+v", err, c.Pooled)
	}
}

// A published amount says so, or is of an outcome that a run has in kroner; a large share is nobody's.
func TestUnitsOfPublishedFigures(t *testing.T) {
	run := runOf(t, "A", strings.ReplaceAll(comparedStudy, "lonn", "inntekt"), comparedFigure("alle", "arbeid", "nearest", 12, .1, .05, .95, 0), comparedFigure("alle", "inntekt", "nearest", 12, 900, 400, .95, 0))
	for _, x := range []struct {
		outcome string
		units   map[string]string
		value   float64
		want    string
	}{
		{"arbeid", nil, .04, "share"}, {"arbeid", nil, 4, ""}, {"lonn", nil, 1000, "kroner"}, {"inntekt", nil, 1000, "kroner"}, {"noe", nil, 1000, ""},
		{"noe", map[string]string{"noe": results.InKroner}, 1000, "kroner"}, {"noe", map[string]string{"noe": results.InShares}, .2, "share"}, {"lonn", map[string]string{"lonn": results.InShares}, .2, "share"},
	} {
		c, err := Compare([]Evaluation{run, publishedOf("B", x.units, comparedFigure("alle", x.outcome, "", 12, x.value, .01, .95, 0))}, CompareOptions{})
		if x.want == "" {
			if err == nil || !strings.Contains(err.Error(), "is no effect on a share") {
				t.Errorf("%+v: %v", x, err)
			}
			continue
		}
		if err != nil || c.Rows[1].Unit != x.want {
			t.Errorf("%+v: %v, %+v", x, err, c)
		}
	}
}

// Families that run over months, methods or outcomes stand for no figure: a month has to be named, and nothing is pooled for want of one.
func TestFamiliesWithoutAFigure(t *testing.T) {
	over := func(key string) string {
		text := strings.Replace(comparedStudy, "over: [tiltak, group]", "over: [tiltak, group, "+key+"]", 1)
		return strings.NewReplacer(map[string]string{"month": "month: 12, ", "method": "method: nearest, ", "outcome": "outcome: arbeid, "}[key], "").Replace(text)
	}
	row := comparedFigure("alle", "arbeid", "nearest", 12, .1, .05, .95, 0)
	months := runOf(t, "A", over("month"), row)
	if _, err := Compare([]Evaluation{months, runOf(t, "B", over("month"), row)}, CompareOptions{}); err == nil || !strings.Contains(err.Error(), "name one with --month") {
		t.Errorf("%v", err)
	}
	for _, other := range []Evaluation{runOf(t, "B", comparedStudy, row), publishedOf("B", nil, row)} {
		if c, err := Compare([]Evaluation{months, other}, CompareOptions{}); err != nil || c.Month != 12 || len(c.Rows) != 2 || len(c.Pooled) != 1 {
			t.Errorf("%v, %+v", err, c)
		}
	}
	for _, key := range []string{"method", "outcome"} {
		c, err := Compare([]Evaluation{runOf(t, "A", over(key), row), runOf(t, "B", comparedStudy, row)}, CompareOptions{})
		if err != nil || len(c.Pooled) != 0 || len(c.Warnings) != 1 || c.Warnings[0].Code != "no_primary" {
			t.Errorf("%s: %v, %+v", key, err, c)
		}
	}
}

// The correlation that a split measured is that of the figures it is of, and of no others.
func TestCorrelationIsOfTheFiguresOfTheSplit(t *testing.T) {
	a, b := comparedFigure("alle", "arbeid", "nearest", 12, .1, .05, .95, 0), comparedFigure("alle", "arbeid", "nearest", 18, .3, .05, .95, 0)
	x, y := runOf(t, "A", comparedStudy, a), runOf(t, "B", strings.Replace(comparedStudy, "month: 12", "month: 18", 1), b, comparedFigure("alle", "arbeid", "nearest", 12, .2, .05, .95, 0))
	y.Run.Inputs[0] = x.Run.Inputs[0]
	split := []SplitRow{{Tiltak: "AFT", GroupA: "alle", GroupB: "alle", Correlation: .5, Combinations: []SplitCombination{{Estimate: a}, {Estimate: b}}}}
	c, err := Compare([]Evaluation{x, y}, CompareOptions{Split: split})
	if err != nil || c.Pooled[0].Reason != "shared_persons" {
		t.Errorf("%v, %+v", err, c.Pooled)
	}
	if said := fmt.Sprint(c.Warnings); !strings.Contains(said, "of B that is arbeid by nearest at month 18") {
		t.Errorf("%s", said)
	}
	split[0].Combinations[1].Estimate = comparedFigure("alle", "arbeid", "nearest", 12, .2, .05, .95, 0)
	if c, err = Compare([]Evaluation{x, y}, CompareOptions{Split: split}); err != nil || c.Pooled[0].Reason != "" || len(c.Warnings) != 0 {
		t.Errorf("%v, %+v, %+v", err, c.Pooled, c.Warnings)
	}
}

// A split has the level that is asked for, and none where one study stands for kroner and the other for a share.
func TestSplitLevelsAndUnits(t *testing.T) {
	rows := []SplitRow{{Parts: []synthesis.Part{{Estimate: estimate.Normal(.1, .05, .8), Share: 1}}, Combinations: []SplitCombination{{Estimate: comparedFigure("alle", "arbeid", "nearest", 12, .1, .05, .8, 0)}}}}
	got, want := SplitAtLevel(rows, .95), estimate.Normal(.1, .05, .95)
	if got[0].Parts[0].Estimate != want || got[0].Parts[0].Share != 1 || got[0].Combinations[0].ConfLow != want.ConfLow || rows[0].Parts[0].Estimate == want {
		t.Errorf("%+v", got)
	}
	a, err := Parse([]byte(comparedStudy))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse([]byte(strings.Replace(comparedStudy, "outcome: arbeid", "outcome: lonn", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]*Study{{a, b}, {b, a}} {
		if _, err := Split(t.Context(), pair[0], pair[1], nil, nil, Options{}); err == nil || !strings.Contains(err.Error(), "`lonn` is measured in kroner and `arbeid` is a share") {
			t.Errorf("%v", err)
		}
	}
	if a.outcomeOf("arbeid").Kind != outcome.Work {
		t.Error("the study has changed")
	}
}
