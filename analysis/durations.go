package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/duration"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/parallel"
	"tiltakseffekt/results"
)

// The measures of table durations.
const (
	timeInTiltak     = "time_in_tiltak"
	timeToWork       = "time_to_work"
	timeToStableWork = "time_to_stable_work"
)

// mostExitMonths is how long competing exits are followed.
const mostExitMonths = 60

// meanMonth is the length of a month in days, 365.2425/12: a duration in days becomes whole months by it.
const meanMonth = 365.2425 / 12

// durations fills the survival curves of each tiltak × group: time in tiltak over every start in the window, ended or
// still going on at the cut (censored there), and time from the start month to the first month in work and in stable
// work over the starts that are analysed (censored at the horizon and at emigration). Death counts as no work: the dead
// stay in the risk set, so that 1 − estimate is the share that has found work by then. Errors are by person, who may have
// several starts; with `vekt` every spell has its person's weight.
//
// Months are counted whole: a spell of d days ends in month ⌈d/30.436875⌉.
func (r *runner) durations(ctx context.Context, t *results.Tables) error {
	groups := len(r.trials.Groups)
	parts := make([][]results.Duration, len(r.trials.Tiltak)*groups)
	shares := make([][]results.DurationShare, len(parts))
	toWork, toStable, err := r.firsts()
	if err != nil {
		return err
	}
	anyWork := toWork // of the study, or any ordinary job
	if anyWork == nil {
		if anyWork, err = (outcome.Spec{ID: "arbeid", Kind: outcome.Work, Position: outcome.DefaultWorkPosition}).Compile(r.env); err != nil {
			return err
		}
	}
	if err := parallel.For(ctx, r.opt.Workers, len(parts), func(i int) error {
		k, g := i/groups, i%groups
		var inTiltak, work, stable, wait, held spells
		var exits exitSpells
		limits, variants := map[string]*limitSpells{}, []string(nil)
		for _, s := range r.trials.Starts {
			if int(s.Tiltak) != k || s.Groups&(1<<g) == 0 {
				continue
			}
			p := &r.reg.Participations[s.Participation]
			weight := 1.
			if w := r.reg.Persons.Weight; w != nil {
				weight = w[p.Person]
			}
			time, ended := monthsOf(p.Start, p.End, r.reg.Cut)
			inTiltak.add(p.Person, weight, time, ended)
			r.against(limits, &variants, p, weight)
			if months, ok := waited(r.reg, p); ok {
				wait.add(p.Person, weight, months, true)
			}
			if r.reg.Panel.Index(p.Person, p.Start.Month()) >= 0 {
				exits.of(r.reg, anyWork, p, weight, mostExitMonths)
			}
			if s.Analysed {
				m := p.Start.Month()
				h := r.reg.Panel.History(p.Person)
				time, ended = first(toWork, h, m, r.study.Horizon)
				work.add(p.Person, weight, time, ended)
				time, ended = first(toStable, h, m, r.study.Horizon)
				stable.add(p.Person, weight, time, ended)
				if months, ended, ok := kept(anyWork, h, m, r.reg.Cut, r.study.Horizon); ok {
					held.add(p.Person, weight, months, ended)
				}
			}
		}
		for _, c := range []struct {
			measure string
			s       *spells
			def     bool
		}{{timeInTiltak, &inTiltak, true}, {timeToWork, &work, toWork != nil}, {timeToStableWork, &stable, toStable != nil}, {timeToStart, &wait, len(wait.time) > 0}, {retention, &held, len(held.time) > 0}} {
			if !c.def {
				continue
			}
			rows, err := c.s.curve(r.study.Inference.Level)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", c.measure, r.trials.Tiltak[k].Tiltak, err)
			}
			for j := range rows {
				rows[j].Tiltak, rows[j].Group, rows[j].Measure, rows[j].Unit = r.trials.Tiltak[k].Tiltak, r.trials.Groups[g].ID, c.measure, "months"
			}
			parts[i] = append(parts[i], rows...)
		}
		rows, err := exits.curves(r.study.Inference.Level)
		if err != nil {
			return fmt.Errorf("exits of %s: %w", r.trials.Tiltak[k].Tiltak, err)
		}
		for j := range rows {
			rows[j].Tiltak, rows[j].Group = r.trials.Tiltak[k].Tiltak, r.trials.Groups[g].ID
		}
		parts[i] = append(parts[i], rows...)
		slices.Sort(variants)
		if shares[i], err = r.shares(r.trials.Tiltak[k].Tiltak, &inTiltak, limits, variants); err != nil {
			return err
		}
		for j := range shares[i] {
			shares[i][j].Group = r.trials.Groups[g].ID
		}
		return nil
	}); err != nil {
		return err
	}
	for _, p := range parts {
		t.Durations = append(t.Durations, p...)
	}
	for _, p := range shares {
		t.DurationShares = append(t.DurationShares, p...)
	}
	if r.study.TimeZero == timeZeroReferral {
		return r.waits(t)
	}
	return nil
}

// firsts are the definitions whose first 1 is "in work" and "in stable work": the study's own, stable work read as
// entered (the month the run began).
func (r *runner) firsts() (work, stable *outcome.Definition, err error) {
	for i, def := range r.outcomes {
		spec := r.study.Outcomes[i]
		switch {
		case spec.Kind == outcome.Work && work == nil:
			work = def
		case spec.Kind == outcome.StableWork && stable == nil:
			spec.Mode = outcome.Entered
			if stable, err = spec.Compile(r.env); err != nil {
				return nil, nil, err
			}
		}
	}
	return work, stable, nil
}

// spells are durations in whole months with whether they ended.
type spells struct {
	time   []float64
	event  []int32
	person []int32 // dense: starts come in the order of persons
	weight []float64
	last   int32
}

func (s *spells) add(person int32, weight float64, time float64, ended bool) {
	if len(s.person) == 0 {
		s.person = append(s.person, 0)
	} else if n := s.person[len(s.person)-1]; person == s.last {
		s.person = append(s.person, n)
	} else {
		s.person = append(s.person, n+1)
	}
	s.last = person
	s.weight = append(s.weight, weight)
	s.time = append(s.time, time)
	if ended {
		s.event = append(s.event, 1)
	} else {
		s.event = append(s.event, 0)
	}
}

// monthsOf is the duration of a participation: the month it ended in, or, going on at the cut, the whole months so far.
func monthsOf(start, end calendar.Date, cut calendar.Month) (time float64, ended bool) {
	if end > cut.Last() {
		return math.Floor(float64(cut.Last()-start+1) / meanMonth), false
	}
	return math.Ceil(float64(end-start+1) / meanMonth), true
}

// first is the first month after m with the outcome, or the last month known without it.
func first(def *outcome.Definition, h registerHistory, m calendar.Month, horizon int) (time float64, happened bool) {
	if def == nil {
		return 0, false
	}
	known := 0
	for i, v := range def.Follow(h, m, horizon, nil) {
		if v == 1 {
			return float64(i + 1), true
		}
		if v == 0 {
			known = i + 1
		}
	}
	return float64(known), false
}

// curve is the Kaplan–Meier curve of the spells as rows; without spells it is one row with a reason.
func (s *spells) curve(level float64) ([]results.Duration, error) {
	if len(s.time) == 0 {
		nan := math.NaN()
		return []results.Duration{{Estimate: nan, StdError: nan, ConfLow: nan, ConfHigh: nan, Reason: estimate.TooFewTreated}}, nil
	}
	c, err := duration.KaplanMeier(s.input(), duration.Options{Level: level, Workers: 1})
	if err != nil {
		return nil, err
	}
	return s.durationRows(c, "", s.event, 1), nil
}

// input is the spells as the estimators take them, errors by person.
func (s *spells) input() duration.Input {
	in := duration.Input{Time: s.time, Event: s.event, Cluster: s.person, Clusters: int(s.person[len(s.person)-1]) + 1}
	for _, w := range s.weight {
		if w != 1 {
			in.Weight = s.weight
		}
	}
	return in
}
