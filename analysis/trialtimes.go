package analysis

import (
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
)

// competingWith are the states that end the time to an outcome besides death and emigration: disability pension and
// education, but for an outcome that is about one of them.
func competingWith(spec outcome.Spec) register.State {
	states := register.Ufore | register.Studying
	switch spec.Kind {
	case outcome.Disability:
		states &^= register.Ufore
	case outcome.Education:
		states &^= register.Studying
	case outcome.Benefit:
		for _, b := range spec.Benefits {
			if b == "ufore" {
				states &^= register.Ufore
			}
		}
	}
	return states
}

// times adds, for an outcome of 0 and 1, <id>_time (whole months after m) and <id>_event: the state that ended them first,
// event (the outcome itself), dod, utvandret, ufore or utdanning, empty where they go on at the horizon or the cut.
func (w *rowWriter) times(spec outcome.Spec, def *outcome.Definition) {
	if !def.Binary() {
		return
	}
	c, rows := w.c, &w.r.trials.Rows
	n := len(c.row)
	time, state, none := make([]int64, n), make([]string, n), make([]bool, n)
	competing := competingWith(spec)
	for i, row := range c.row {
		month, how := def.Event(w.r.reg.Panel.History(rows.Person[row]), rows.Month[row], w.r.study.Horizon, competing)
		time[i], none[i] = int64(month), how == outcome.Censored
		if !none[i] {
			state[i] = how.String()
		}
	}
	w.add(spec.ID+": måneder til det skjer, eller til noe annet avslutter tiden", spec.ID+": months until it happens, or something else ends the time", datasets.IntColumn(spec.ID+"_time", time))
	w.add(spec.ID+": hva som avsluttet tiden; tom der den går videre", spec.ID+": what ended the time; empty where it goes on", datasets.TextColumn(spec.ID+"_event", state, none))
}
