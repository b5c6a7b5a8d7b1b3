package results

import (
	"fmt"
	"math"

	"tiltakseffekt/analysis/estimate"
)

// Experiment is a row of `experiment`: what an assignment by chance did to an outcome (docs/experiment.md). Adjusted figures alone are
// written.
type Experiment struct {
	Randomised     string          `col:"randomised"` // person | office
	Outcome        string          `col:"outcome"`
	Month          int             `col:"month"`          // after that of the assignment
	Estimand       string          `col:"estimand"`       // itt | first_stage | late
	Adjustment     string          `col:"adjustment"`     // lin | additive | none
	StdErrorType   string          `col:"std_error_type"` // HC2 | CR2; of late delta or anderson-rubin
	Estimate       float64         `col:"estimate"`
	StdError       float64         `col:"std_error"`
	DF             float64         `col:"df"`
	ConfLow        float64         `col:"conf_low"`
	ConfHigh       float64         `col:"conf_high"`
	Set            string          `col:"set"` // of anderson-rubin: interval | outside | everything | empty
	PValue         float64         `col:"p_value"`
	PRandomisation float64         `col:"p_randomisation"` // of the itt at the month of the family
	PWild          float64         `col:"p_wild"`          // wild cluster bootstrap, under 40 offices
	FirstStageF    float64         `col:"first_stage_f"`
	Offices        int             `col:"n_offices"` // randomised; 0 where persons were
	Reason         estimate.Reason `col:"reason"`

	// Distinct persons, lowered to a multiple of the disclosure limit on the way out.
	PersonsOffered int `col:"n_persons_offered"`
	PersonsOthers  int `col:"n_persons_others"`

	// For disclosure control: persons of each arm who took it up, and who have the outcome (an amount other than 0) and lack it (negative for an
	// amount).
	TookOffered, TookOthers                            int
	OnesOffered, ZerosOffered, OnesOthers, ZerosOthers int
}

// Blank leaves a row without figures.
func (e *Experiment) Blank() {
	nan := math.NaN()
	e.Estimate, e.StdError, e.DF, e.ConfLow, e.ConfHigh, e.PValue, e.PRandomisation, e.PWild, e.FirstStageF = nan, nan, nan, nan, nan, nan, nan, nan, nan
	e.Set = ""
}

// smallExperiment tells whether a row rests on few persons: of an arm, with or without the outcome in one, or, of what rests on taking it up, who took it
// up or did not.
func (s *suppressor) smallExperiment(e *Experiment) bool {
	few := s.few(e.PersonsOffered) || s.few(e.PersonsOthers) || e.Adjustment == "none" // a plain difference of shares could be solved for whole persons
	if e.Estimand != "first_stage" {
		for _, n := range []int{e.OnesOffered, e.ZerosOffered, e.OnesOthers, e.ZerosOthers} {
			few = few || s.rare(n)
		}
	}
	if e.Estimand == "itt" {
		return few
	}
	// Nobody of the others taking it up is what an experiment asks for, and says nothing of a person; all of those offered tells
	// about each.
	return few || s.rare(e.TookOffered) || s.rare(e.PersonsOffered-e.TookOffered) || s.few(e.TookOthers) || s.rare(e.PersonsOthers-e.TookOthers)
}

// experiment hides rows of few persons. Where the itt of an outcome and month goes, the others go, and counts leave in steps of the limit.
func (s *suppressor) experiment() {
	type key struct {
		outcome string
		month   int
	}
	hidden := map[key]bool{}
	for i := range s.t.Experiment {
		if e := &s.t.Experiment[i]; e.Estimand == "itt" && s.smallExperiment(e) {
			hidden[key{e.Outcome, e.Month}] = true
		}
	}
	for i := range s.t.Experiment {
		e := &s.t.Experiment[i]
		if hidden[key{e.Outcome, e.Month}] || s.smallExperiment(e) {
			e.Blank()
			e.Reason = suppressed
			s.note("experiment", "few persons in an arm, or with or without the outcome, or taking it up")
		}
		for _, n := range []*int{&e.PersonsOffered, &e.PersonsOthers} {
			switch {
			case s.few(*n):
				*n = -1
			case *n > 0:
				*n -= *n % s.min
			}
		}
	}
	dividedRows(s.t.Divisions, about(s.t.Experiment, (*Experiment).divided), func(i int) {
		e := &s.t.Experiment[i]
		e.Blank()
		e.Reason = suppressed
		s.note("experiment", partOfOutcome)
	})
}

// experiment looks for counts that are no step of the limit, for plain differences, and for figures where they are said to be
// hidden.
func (a *attacker) experiment(rows []Experiment) {
	for i := range rows {
		e := &rows[i]
		name := fmt.Sprintf("experiment: %s, month %d, %s", e.Outcome, e.Month, e.Estimand)
		for _, n := range []int{e.PersonsOffered, e.PersonsOthers} {
			if n > 0 && n%a.min != 0 {
				a.hit("%s: %d persons are no step of %d", name, n, a.min)
			}
		}
		shown := e.Set != ""
		for _, x := range []float64{e.Estimate, e.StdError, e.DF, e.ConfLow, e.ConfHigh, e.PValue, e.PRandomisation, e.PWild, e.FirstStageF} {
			shown = shown || !math.IsNaN(x)
		}
		switch {
		case e.Reason == suppressed && shown:
			a.hit("%s: a figure that is said to be hidden", name)
		case e.Adjustment == "none" && shown:
			a.hit("%s: a plain difference", name)
		}
	}
}
