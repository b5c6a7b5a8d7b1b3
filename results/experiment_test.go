package results

import (
	"math"
	"testing"
)

// What rests on few persons goes: an arm, the outcome in an arm, and, for what rests on taking it up, who did; a plain difference always. What the
// attack looks for is then not there.
func TestExperimentSuppressed(t *testing.T) {
	row := func(estimand string, change func(*Experiment)) Experiment {
		e := Experiment{Outcome: "arbeid", Month: 6, Estimand: estimand, Adjustment: "lin", Estimate: .1, StdError: .02, PersonsOffered: 103, PersonsOthers: 98,
			TookOffered: 60, OnesOffered: 50, ZerosOffered: 53, OnesOthers: 40, ZerosOthers: 58}
		change(&e)
		return e
	}
	for name, c := range map[string]struct {
		row  Experiment
		gone bool
	}{
		"enough":                    {row("itt", func(*Experiment) {}), false},
		"nobody else took it up":    {row("late", func(*Experiment) {}), false},
		"few in an arm":             {row("itt", func(e *Experiment) { e.PersonsOthers = 4 }), true},
		"few with":                  {row("itt", func(e *Experiment) { e.OnesOffered = 2 }), true},
		"nobody without":            {row("itt", func(e *Experiment) { e.ZerosOthers = 0 }), true},
		"an amount":                 {row("itt", func(e *Experiment) { e.ZerosOffered, e.ZerosOthers = -1, -1 }), false},
		"plain":                     {row("itt", func(e *Experiment) { e.Adjustment = "none" }), true},
		"everybody took it up":      {row("late", func(e *Experiment) { e.TookOffered = 103 }), true},
		"few others took it up":     {row("first_stage", func(e *Experiment) { e.TookOthers = 3 }), true},
		"taking it up is not asked": {row("itt", func(e *Experiment) { e.TookOffered = 1 }), false},
		"the outcome is not asked":  {row("first_stage", func(e *Experiment) { e.OnesOffered = 1 }), false},
	} {
		tables := &Tables{Experiment: []Experiment{c.row}}
		Suppress(tables, 5)
		e := tables.Experiment[0]
		if gone := e.Reason == suppressed; gone != c.gone || gone != math.IsNaN(e.Estimate) || gone != math.IsNaN(e.StdError) {
			t.Errorf("%s: %+v", name, e)
		}
		if e.PersonsOffered != 100 || !c.gone && e.PersonsOthers != 95 {
			t.Errorf("%s: %d and %d persons", name, e.PersonsOffered, e.PersonsOthers)
		}
		a := attacker{min: 5}
		if a.experiment(tables.Experiment); len(a.found) > 0 {
			t.Errorf("%s: %v", name, a.found)
		}
	}
	both := &Tables{Experiment: []Experiment{row("itt", func(e *Experiment) { e.OnesOthers = 1 }), row("late", func(e *Experiment) { e.OnesOthers = 60 })}}
	Suppress(both, 5)
	if both.Experiment[1].Reason != suppressed {
		t.Error("the late stands without its itt")
	}
	gone := row("itt", func(e *Experiment) { e.Blank(); e.Reason, e.PersonsOffered, e.PersonsOthers = suppressed, 100, 95 })
	for name, c := range map[string]struct {
		change func(*Experiment)
		want   int
	}{
		"nothing":            {func(*Experiment) {}, 0},
		"df":                 {func(e *Experiment) { e.DF = 7 }, 1},
		"p_wild":             {func(e *Experiment) { e.PWild = .2 }, 1},
		"first_stage_f":      {func(e *Experiment) { e.FirstStageF = 12 }, 1},
		"set":                {func(e *Experiment) { e.Set = "interval" }, 1},
		"no step":            {func(e *Experiment) { e.PersonsOffered, e.PersonsOthers = 103, 98 }, 2},
		"a plain difference": {func(e *Experiment) { e.Reason, e.Adjustment, e.Estimate = "", "none", .1 }, 1},
		"an adjusted one":    {func(e *Experiment) { e.Reason, e.Estimate = "", .1 }, 0},
	} {
		bad := gone
		c.change(&bad)
		a := attacker{min: 5}
		if a.experiment([]Experiment{bad}); len(a.found) != c.want {
			t.Errorf("%s: the attack finds %v", name, a.found)
		}
	}
}
