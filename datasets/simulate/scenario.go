package simulate

import (
	"sort"

	"tiltakseffekt/datasets/register"
)

// scenario changes the default world.
type scenario struct {
	about     string
	selection float64                                               // what one standard deviation of the unobserved trait adds to log start intensity
	effects   func(Effect) Effect                                   // nil: as they are
	scale     func(w *world, p *person, s *state, t, k int) float64 // multiplies the effect of a start; nil: 1
	chain     func(last, next int) float64                          // added to log start intensity in the year after a tiltak; nil: 0
	mentor    bool                                                  // mentors beside other tiltak
	sisters   bool                                                  // every tiltak under two codes
	areas     bool                                                  // unemployment by county and month, in omrade_maaned
	bought    bool                                                  // places of one tiltak are bought in two ways, which do the same: anskaffelse
	small     float64                                               // size of county 54 beside the others' (about .09); 0: as it is
}

var scenarios = map[string]scenario{
	"default": {about: "selection on what the data shows; lock-in and effects that differ by tiltak and group"},
	"unobserved": {about: "starts depend on the unobserved trait too, which also drives work and wages",
		selection: .9},
	"no-effect": {about: "neither lock-in nor effect: the truth of every outcome in ordinary work is 0",
		effects: func(Effect) Effect { return Effect{LockIn: 1} }},
	"lock-in-only": {about: "lock-in while in the tiltak and no effect after it",
		effects: func(e Effect) Effect { return Effect{LockIn: e.LockIn} }},
	"heterogeneous": {about: "effects that differ widely by group, by the local market and by when in the spell the tiltak starts",
		scale: byGroupCycleAndTiming, areas: true, bought: true},
	"chains": {about: "planned chains (opplæring, then practice, then wage subsidy) whose order matters, and mentors beside other tiltak",
		scale: byOrder, chain: plannedChain, mentor: true},
	"twelve-tiltak": {about: "as default, with every tiltak under two codes that do the same, by the toss of a coin",
		sisters: true},
	"small-county": {about: "as default, with a county (54) of about one in 250 persons",
		small: .004},
}

// byGroupCycleAndTiming: women, the young and those born outside the EEA gain up to half as much again, seniors half; a
// tight market at the start adds and a slack one takes away (von Simson 2023: better in good times); starts in the
// first three months of a spell gain half, those after nine months half as much again.
func byGroupCycleAndTiming(w *world, p *person, s *state, t, _ int) float64 {
	age := w.age(p, t)
	x := 1 + .2*flag(p.sex == register.Woman) + .4*ramp(age, 34, 26) - .5*ramp(age, 45, 60) + .3*flag(p.origin == register.OutsideEEA)
	x *= 1 + max(-.5, min(.5, 2.5*w.tight[p.county][t]))
	switch el := t - s.regMonth; {
	case el < 3:
		x *= .5
	case el >= 9:
		x *= 1.5
	}
	return x
}

// byOrder: practice within a year of opplæring works nearly twice as well and wage subsidy after practice half as much
// again; opplæring after practice less (Røed and Raaum 2003, Zhang 2016: opplæring first, practice after).
func byOrder(_ *world, _ *person, s *state, t, k int) float64 {
	if s.last < 0 || t-s.anyEnd > 12 {
		return 1
	}
	practice := func(k int) bool { return k == arbeidstrening || k == lonnstilskudd }
	switch {
	case s.last == opplaering && practice(k):
		return 1.8
	case s.last == arbeidstrening && k == lonnstilskudd:
		return 1.5
	case practice(s.last) && k == opplaering:
		return .6
	}
	return 1
}

// plannedChain makes the next link three times as likely.
func plannedChain(last, next int) float64 {
	switch {
	case last == opplaering && next == arbeidstrening, last == arbeidstrening && next == lonnstilskudd,
		last == aft && next == arbeidstrening, last == jobbklubb && next == opplaering:
		return 1.1
	}
	return 0
}

// Scenarios lists the names of the scenarios, default first.
func Scenarios() []string {
	names := []string{"default"}
	for name := range scenarios {
		if name != "default" {
			names = append(names, name)
		}
	}
	sort.Strings(names[1:])
	return names
}

// About says in a sentence what a scenario is.
func About(name string) string { return scenarios[name].about }
