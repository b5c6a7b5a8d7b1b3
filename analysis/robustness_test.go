package analysis

import (
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
)

const rivalStudy = `study: rivaler
data: {register: x}
population: {from: 2018-01, to: 2020-12, elapsed: [1, 6]}
tiltak: [AFT]
horizon: 24
outcomes: [{id: arbeid, kind: work}]
methods: [ebal, did]
inference: {family: {outcome: arbeid, month: 12, method: ebal, over: [tiltak, group]}}
comparison: COMPARISON
robustness: RIVALS
`

// A rival that follows later starts is not asked for what belongs to the study's censor alone.
func TestARivalFollowsWhereTheStudyCensors(t *testing.T) {
	for comparison, rival := range map[string]string{
		"{later_entry: censor}":                                                 "{later_entry: follow}",
		"{later_entry: censor, truncate: 0.99}":                                 "{later_entry: follow, per_treated: 0}",
		"{later_entry: censor, wait_until: 12, start_by: 14}":                   "{later_entry: follow}",
		"{later_entry: censor, wait_until: 12, start_by: 14, against: not-now}": "{later_entry: follow, against: never}",
		"{}": "{later_entry: censor, truncate: 0.99}",
	} {
		s, err := Parse([]byte(strings.NewReplacer("COMPARISON", comparison, "RIVALS", "{samples: [{id: folg, comparison: "+rival+"}]}").Replace(rivalStudy)))
		if err != nil {
			t.Errorf("%s, rival %s: %v", comparison, rival, err)
			continue
		}
		v, err := s.rival(1, 0)
		if err != nil {
			t.Fatal(err)
		}
		alone, err := Parse([]byte(strings.NewReplacer("COMPARISON", rival, "\nrobustness: RIVALS", "").Replace(rivalStudy)))
		if err != nil {
			t.Fatal(err)
		}
		if x, y := v.design(), alone.design(); x.Censor != y.Censor || x.WaitUntil != y.WaitUntil || x.StartBy != y.StartBy || x.Against != y.Against || v.laterEntry() != alone.laterEntry() {
			t.Errorf("%s, rival %s: %s against %s", comparison, rival, v.laterEntry(), v.Comparison.Against)
		}
	}
	if _, err := Parse([]byte(strings.NewReplacer("COMPARISON", "{later_entry: censor}", "RIVALS", "{samples: [{id: folg, comparison: {later_entry: follow, truncate: 0.9}}]}").Replace(rivalStudy))); err == nil || !strings.Contains(err.Error(), "cuts the weights") {
		t.Errorf("a rival's own truncate: %v", err)
	}
}

// What is no choice, under a second name, would count twice in the curve.
func TestARivalIsAnotherChoice(t *testing.T) {
	for rivals, want := range map[string]string{
		"{samples: [{id: x}]}":                                                                    "`robustness.samples` names `x`, which is the study's own by another name",
		"{samples: [{id: x, population: {from: 2018-01}}]}":                                       "is the study's own",
		"{samples: [{id: x, comparison: {against: not-now, per_treated: 20}}]}":                   "is the study's own",
		"{samples: [{id: x, population: {age: [20, 30]}}, {id: y, population: {age: [20, 30]}}]}": "names `y`, which is `x` by another name",
		"{samples: [{id: x, population: {age: [20, 30]}}, {id: y, population: {age: [20, 31]}}]}": "",
		"{outcomes: [{id: b, kind: work, position: 1}]}":                                          "names `b`, which is the study's own",
		"{outcomes: [{id: b, kind: work, position: 50}]}":                                         "",
		"{outcomes: [{id: b, kind: work, position: 50}, {id: c, kind: work, position: 50}]}":      "names `c`, which is `b`",
		"{covariates: [{id: d, list: default}]}":                                                  "names `d`, which is the study's own",
		"{covariates: [{id: d, list: [alder]}, {id: e, list: [alder]}]}":                          "names `e`, which is `d`",
		"{covariates: [{id: d, list: [alder]}]}":                                                  "",
		"{methods: [{id: ebal2, name: ebal}]}":                                                    "names `ebal2`, which is the study's own",
		"{methods: [{id: ebal2, name: ebal, moments: 2}, nearest]}":                               "",
		"{methods: [nearest, {id: par, name: nearest, caliper: 0.2}]}":                            "names `par`, which is `nearest`",
	} {
		_, err := Parse([]byte(strings.NewReplacer("COMPARISON", "{}", "RIVALS", rivals).Replace(rivalStudy)))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", rivals, err, want)
		}
	}
}

// A rival method that names a column which nobody has is refused as one of the study is, and so is a rival set without a column that a method names:
// without it matching would be exact on nothing, and say otherwise.
func TestRivalsNameColumnsThatThereAre(t *testing.T) {
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 600, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ methods, rivals, want string }{
		{"[ebal]", "{methods: [{id: x, name: nearest, exact: [kvinner]}]}", "`exact` of x names `kvinner`, which is no covariate of the study (did you mean `kvinne`?)"},
		{"[ebal]", "{methods: [{id: x, name: nearest, covariates: [noe]}]}", "`covariates` of x names `noe`, which is no covariate of the study"},
		{"[ebal]", "{methods: [{id: x, name: nearest, exact: [kvinne]}]}", ""},
		{"[ebal, {id: e, name: nearest, exact: [kvinne]}]", "{covariates: [{id: y, list: [alder]}]}", "`exact` of e names `kvinne`, which is no covariate of `y` of `robustness.covariates`"},
		{"[ebal, {id: e, name: nearest, exact: [kvinne]}]", "{covariates: [{id: y, list: [kvinne]}]}", ""},
	} {
		text := strings.NewReplacer("COMPARISON", "{}", "RIVALS", c.rivals, "[AFT]", "[ARBEIDSTRENING]", "[ebal, did]", c.methods).Replace(rivalStudy) + "covariates: [alder, kvinne]\n"
		s, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r := &runner{study: s, reg: reg, cat: catalog.Default(), opt: Options{Workers: 1}}
		if err := r.draw(t.Context()); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, %s: %v, want %q", c.methods, c.rivals, err, c.want)
		}
	}
	for method, refused := range map[string]bool{"aipw": true, "{id: z, name: nearest, covariates: [alder]}": true, "nearest": false} {
		_, err := Parse([]byte(strings.NewReplacer("COMPARISON", "{}", "RIVALS", "{methods: ["+method+"]}").Replace(rivalStudy) + "score: tiltak\n"))
		if got := err != nil && strings.Contains(err.Error(), "`score: tiltak` does not go with"); got != refused {
			t.Errorf("%s with a score of the tiltak: %v", method, err)
		}
	}
}
