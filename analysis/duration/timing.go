package duration

import (
	"math"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// TimingInput is people followed from the beginning of a spell (such as unemployment), cut into rows within which nothing
// changes: one element a row in each slice.
type TimingInput struct {
	Person  []int32 // in [0, Persons)
	Persons int
	Start   []float64 // the row is at risk on (Start, Stop]
	Stop    []float64
	Event   []int32  // 0 none, otherwise the state the row ends in, from 1
	States  []string // names of states 1, 2, …
	Entry   int      // the state that is entry into the programme
	Program []int32  // 0 not entered yet, 1 during, 2 after; only rows with 0 are at risk of entry
	X       Covariates
}

// TimingOptions are the choices of a timing-of-events model.
type TimingOptions struct {
	Points  int     // largest number of mass points; 0 means 5
	Level   float64 // 0 means 0.95
	Workers int
}

// TimingEffect is a coefficient of one hazard: of a covariate, or of the programme (term "during" or "after").
type TimingEffect struct {
	State string
	Term  string
	estimate.Estimate
	RobustStdError float64 // sandwich by person; interval and p-value use it
}

// MassPoint is one type of people that the data do not show.
type MassPoint struct {
	Probability float64
	LogHazard   []float64 // of each state, with all covariates 0
}

// TimingFit is the model with one number of mass points.
type TimingFit struct {
	Points        int
	LogLikelihood float64
	Parameters    int
	AIC, BIC, HQ  float64 // BIC and HQ with the number of persons
	Effects       []TimingEffect
	Mass          []MassPoint // most probable first
	Iterations    int
	Converged     bool
	Gradient      float64 // greatest directional derivative towards one more point, over the box searched; ≤ 0 at the NPMLE

	theta []float64
}

// TimingPath is the model with 1, 2, … mass points.
type TimingPath struct {
	Persons, Rows int
	Events        []int // of each state
	Fits          []TimingFit
	// Stopped says why the path ends: "points" (as many as were asked for), "npmle" (no further point can raise the
	// likelihood) or "gain" (a further point was tried and did not raise it by 0.001).
	Stopped string
	// Chosen is the index of the fit with the least BIC, or −1 where the sign of a programme effect turns along the path:
	// then the answer hangs on how many types are assumed, and no one number is right to show.
	Chosen   int
	Warnings []fault.Warning
}

// Timing is the timing-of-events model: competing hazards of a spell's exits and of entry into the programme, jointly,
//
//	h_s(t | x, v) = exp(x′β_s + δ_s·1{during} + γ_s·1{after} + v_s),  h_entry = exp(x′β_e + v_e),
//
// where (v_s, v_e) take J values with probabilities p_j. The effect of the programme is told from selection on v by the
// timing of entry: that people do not anticipate its moment, and that hazards are proportional, is assumed. Spells must
// be followed from their beginning. Duration and calendar dependence are covariates that change from row to row.
//
// With N_is the exits of person i and A_is = Σ (stop−start) exp(x′β_s) over rows at risk,
//
//	log L_i = log Σ_j p_j exp(Σ_s [K_is + N_is v_sj − A_is exp(v_sj)]),
//
// so a point costs persons, not rows; score and information are analytic. Points come one at a time: the place with the
// greatest derivative of the likelihood over a fixed grid, followed uphill; the best of several such places after all
// parameters have been fitted by Newton's method. Nothing is random: the same data give the same path.
//
// Standard errors are the inverse observed information, and the sandwich by person; parameters on which the likelihood
// is flat (a hazard that goes to 0) are left out of it.
//
// Abbring and van den Berg (2003), doi:10.1111/1468-0262.00456; Heckman and Singer (1984), doi:10.2307/1911491; Gaure,
// Røed and Zhang (2007), doi:10.1016/j.jeconom.2007.01.015; Lindsay (1983), doi:10.1214/aos/1176346059 for the derivative.
func Timing(in TimingInput, opt TimingOptions) (*TimingPath, error) {
	if opt.Points == 0 {
		opt.Points = 5
	}
	level, err := Options{Level: opt.Level}.level()
	if err != nil {
		return nil, err
	}
	if opt.Points < 1 || opt.Points > 30 {
		return nil, fault.Usagef("bad_points", "the number of mass points is 1 to 30, not %d", opt.Points)
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	d := newTimingData(&in, true, opt.Workers)
	p := &TimingPath{Persons: d.persons, Rows: len(in.Stop), Chosen: -1, Stopped: "points"}
	if late := d.late(); late > 0 {
		p.Warnings = append(p.Warnings, fault.Warnf("late_entry", "%d persons are first seen after the beginning of their spell; that they lasted until then is not in the likelihood: leave them out", late))
	}
	for s := range in.States {
		p.Events = append(p.Events, int(d.events[s]))
		if d.events[s] == 0 {
			return nil, fault.Dataf("no_events", "", "event", "no row ends in `%s`, so its hazard cannot be modelled; leave the state out", in.States[s])
		}
	}
	if aliased := d.alias(); len(aliased) > 0 {
		return nil, fault.Dataf("singular", "", aliased[0], "`%s` does not vary, or follows from the other covariates, among the rows at risk of an exit; leave it out", aliased[0])
	}
	p.walk(d, opt.Points, level)
	p.choose(&in)
	return p, nil
}

func (in *TimingInput) check() error {
	n := len(in.Stop)
	if n == 0 {
		return fault.Dataf("no_rows", "", "", "there are no rows")
	}
	if len(in.Start) != n || len(in.Event) != n || len(in.Person) != n || len(in.Program) != n {
		return fault.Dataf("bad_length", "", "", "person, start, stop, event and program must have as many rows")
	}
	if in.Entry < 1 || in.Entry > len(in.States) {
		return fault.Usagef("bad_state", "the state that is entry into the programme is missing")
	}
	if len(in.States) < 2 {
		return fault.Dataf("bad_state", "", "event", "there is no exit besides entry into the programme")
	}
	if len(in.X.Columns) > 0 {
		if err := in.X.check(n); err != nil {
			return err
		}
	}
	entered := false
	for i := range n {
		at := int64(i + 1)
		switch s, t := in.Start[i], in.Stop[i]; {
		case !(s >= 0) || !(t > s) || math.IsInf(t, 0):
			return fault.Dataf("bad_time", "", "stop", "a row ends at or before its start, or has a time that is missing or negative").At(at)
		case in.Event[i] < 0 || int(in.Event[i]) > len(in.States):
			return fault.Dataf("bad_event", "", "event", "a row has an event that is no state").At(at)
		case in.Person[i] < 0 || int(in.Person[i]) >= in.Persons:
			return fault.Dataf("bad_cluster", "", "id", "a row has a person who does not exist").At(at)
		case in.Program[i] < 0 || in.Program[i] > 2:
			return fault.Dataf("bad_program", "", "program", "the programme is 0 (not entered yet), 1 (during) or 2 (after)").At(at)
		case in.Program[i] > 0 && int(in.Event[i]) == in.Entry:
			return fault.Dataf("bad_program", "", "program", "a row ends in entry into the programme though it is during or after it").At(at)
		}
		entered = entered || in.Program[i] > 0
	}
	if !entered {
		return fault.Dataf("bad_program", "", "program", "no row is during or after the programme, so it has no effect to estimate")
	}
	return nil
}

// choose takes the least BIC, unless the sign of a programme effect turns along the path.
func (p *TimingPath) choose(in *TimingInput) {
	best := math.Inf(1)
	signs := map[string][2]bool{}
	var turned []string
	for k, f := range p.Fits {
		if f.BIC < best {
			best, p.Chosen = f.BIC, k
		}
		for _, e := range f.Effects {
			if e.Term != during && e.Term != after || math.IsNaN(e.Estimate.Estimate) {
				continue
			}
			key := e.State + ", " + e.Term
			s := signs[key]
			was := s[0] && s[1]
			if e.Estimate.Estimate > 0 {
				s[0] = true
			} else if e.Estimate.Estimate < 0 {
				s[1] = true
			}
			signs[key] = s
			if s[0] && s[1] && !was {
				turned = append(turned, key)
			}
		}
	}
	for _, f := range p.Fits {
		for _, e := range f.Effects {
			if e.Reason == estimate.NotDefined {
				p.Warnings = append(p.Warnings, fault.Warnf("effect_without_limit", "with %d mass points the effect of the programme (%s, %s) has no limit: a type of people leaves only with the programme; it is not reported", f.Points, e.State, e.Term))
			}
		}
	}
	if len(turned) > 0 {
		p.Chosen = -1
		for _, t := range turned {
			p.Warnings = append(p.Warnings, fault.Warnf("sign_turns", "the effect of the programme (%s) changes sign along the number of mass points; no single figure is given, read the whole path", t))
		}
	}
}

// The terms of the programme.
const (
	during = "during"
	after  = "after"
)
