package simulate

import "sort"

// scenario changes the default world.
type scenario struct {
	about     string
	selection float64             // what one standard deviation of the unobserved trait adds to log start intensity
	effects   func(Effect) Effect // nil: as they are
}

var scenarios = map[string]scenario{
	"default": {about: "selection on what the data shows; lock-in and effects that differ by tiltak and group"},
	"unobserved": {about: "starts depend on the unobserved trait too, which also drives work and wages",
		selection: .9},
	"no-effect": {about: "neither lock-in nor effect: the truth of every outcome in ordinary work is 0",
		effects: func(Effect) Effect { return Effect{LockIn: 1} }},
	"lock-in-only": {about: "lock-in while in the tiltak and no effect after it",
		effects: func(e Effect) Effect { return Effect{LockIn: e.LockIn} }},
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
