package analysis

import (
	"fmt"
	"math"

	"tiltakseffekt/analysis/duration"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/results"
)

// The measures of table durations whose figures are rounded on the way out (results.Suppress): ways out that compete, the
// wait from registration to start, and how long the first job after the start was kept.
const (
	timeToStart = "time_to_start"
	retention   = "retention"
	exitPrefix  = "exit:"
)

// exitStates are the competing ways out after a start, in the order in which they win where two come in one month.
var exitStates = []string{"death_or_emigration", "disability", "work", "education"}

// exitSpells are spells that end in one of exitStates.
type exitSpells struct {
	spells
	state []int32
}

// exits takes down what became of a start: months from the month of the start to the first in which the person has died or
// emigrated, receives disability pension (those who did at the start do not count it), is in ordinary work, or is in
// education; censored at the end of the data, at the latest after `most` months. Time in the tiltak counts too: who finds
// work while in it has left for work.
func (e *exitSpells) of(reg *register.Register, work *outcome.Definition, p *register.Participation, weight float64, most int) {
	h, m := reg.Panel.History(p.Person), p.Start.Month()
	months := min(most, int(reg.Cut-m))
	var y []float64
	if work != nil {
		y = work.Follow(h, m, months, nil)
	}
	at := func(t int) register.State { return h.State[int(m-h.First)+t] }
	pension := at(0)&register.Ufore != 0
	for t := 1; t <= months; t++ {
		state := at(t)
		found := int32(0)
		switch {
		case state&(register.Dead|register.Gone) != 0:
			found = 1
		case !pension && state&register.Ufore != 0:
			found = 2
		case y != nil && y[t-1] == 1:
			found = 3
		case state&register.Studying != 0:
			found = 4
		}
		if found > 0 {
			e.add(p.Person, weight, float64(t), true)
			e.state = append(e.state, found)
			return
		}
	}
	e.add(p.Person, weight, float64(months), false)
	e.state = append(e.state, 0)
}

// curves are the Aalen–Johansen curves of the states, errors by person.
func (e *exitSpells) curves(level float64) ([]results.Duration, error) {
	if len(e.time) == 0 {
		return nil, nil
	}
	in := e.input()
	in.Event, in.States = e.state, exitStates
	curves, err := duration.AalenJohansen(in, duration.Options{Level: level, Workers: 1})
	if err != nil {
		return nil, err
	}
	var rows []results.Duration
	for i, c := range curves {
		rows = append(rows, e.durationRows(c, exitPrefix+exitStates[i], e.state, int32(i+1))...)
	}
	return rows, nil
}

// durationRows are the points of a curve as rows, with the numbers of the spells that it was made from: those that were
// observed, also where the curve weights them. state tells what a spell ended in, 0 censored; the curve is of state own.
func (s *spells) durationRows(c *duration.Curve, measure string, state []int32, own int32) []results.Duration {
	n := s.count(state, own)
	rows := make([]results.Duration, len(c.Time))
	for i := range rows {
		t := int(c.Time[i])
		rows[i] = results.Duration{Measure: measure, Unit: "months", Time: c.Time[i], NRisk: n.risk[t], NEvent: n.event[t], NCensor: n.censor[t],
			Estimate: c.Estimate[i], StdError: c.StdError[i], ConfLow: c.ConfLow[i], ConfHigh: c.ConfHigh[i],
			Repeated: n.repeated, RiskPersons: n.riskPersons[t], EventPersons: n.eventPersons[t]}
	}
	return rows
}

// spellCounts are numbers of spells by whole months: at risk (those that last until the month or longer), that end in the
// month in a state and censored, and the distinct persons among the first two.
type spellCounts struct {
	risk, event, censor, riskPersons, eventPersons []int
	repeated                                       bool // somebody has several spells
}

func (s *spells) count(state []int32, own int32) spellCounts {
	longest := 0.
	for _, t := range s.time {
		longest = max(longest, t)
	}
	T := int(longest) + 2
	n := spellCounts{make([]int, T), make([]int, T), make([]int, T), make([]int, T), make([]int, T), false}
	seen := make([]int32, T) // person + 1 who ended last in each month
	for i := 0; i < len(s.time); {
		p, most, spells := s.person[i], -1, 0
		for ; i < len(s.time) && s.person[i] == p; i++ {
			if s.weight[i] == 0 { // is not there
				continue
			}
			t := int(s.time[i])
			spells++
			most = max(most, t)
			n.risk[t]++
			switch {
			case state[i] == 0:
				n.censor[t]++
			case state[i] == own:
				n.event[t]++
				if seen[t] != p+1 {
					n.eventPersons[t]++
					seen[t] = p + 1
				}
			}
		}
		if most >= 0 {
			n.riskPersons[most]++
		}
		n.repeated = n.repeated || spells > 1
	}
	for t := T - 2; t >= 0; t-- {
		n.risk[t] += n.risk[t+1]
		n.riskPersons[t] += n.riskPersons[t+1]
	}
	return n
}

// waited is the time from the registration that a participation began in to its start, in whole months; ok is false where
// it began outside any.
func waited(reg *register.Register, p *register.Participation) (months float64, ok bool) {
	for i := reg.FirstReg[p.Person]; i < reg.FirstReg[p.Person+1]; i++ {
		s := &reg.Registrations[i]
		if s.From > p.Start || s.To < p.Start {
			continue
		}
		from := s.From
		for i > reg.FirstReg[p.Person] && reg.Registrations[i-1].To >= from-1 { // one episode may have several statuses
			i--
			from = min(from, reg.Registrations[i].From)
		}
		return math.Ceil(float64(p.Start-from+1) / meanMonth), true
	}
	return 0, false
}

// kept is how long the first ordinary work after the month of a start lasted: months in work in a row, censored at the cut;
// ok is false where none was found within the horizon. It is about those who found work, whom the tiltak may have chosen:
// a description and no effect (outcome job_held is one).
func kept(work *outcome.Definition, h register.History, m, cut calendar.Month, horizon int) (months float64, ended, ok bool) {
	if work == nil {
		return 0, false, false
	}
	y := work.Follow(h, m, int(cut-m), nil)
	for t, v := range y {
		if v != 1 {
			continue
		}
		if t >= horizon {
			return 0, false, false
		}
		for u := t; u < len(y); u++ {
			if y[u] == 0 {
				return float64(u - t), true, true
			}
			if math.IsNaN(y[u]) {
				return float64(u - t), false, true
			}
		}
		return float64(len(y) - t), false, true
	}
	return 0, false, false
}

// limitSpells are times in a tiltak against one limit of the regulation.
type limitSpells struct {
	spells
	months float64 // the limit, where it is the same for all; NaN otherwise
}

// shares are the shares of participations that ended early or went on long, read off curves that end at the cut: before two
// months, over 12 and 18 months, and beyond each limit of the regulation at the day of the start. Everything is about
// time in the tiltak; none of it is a group of anybody.
func (r *runner) shares(tiltak string, inTiltak *spells, limits map[string]*limitSpells, variants []string) ([]results.DurationShare, error) {
	level := r.study.Inference.Level
	var rows []results.DurationShare
	share := func(s *spells, measure, variant string, months, at float64, before bool) error {
		row := results.DurationShare{Tiltak: tiltak, Measure: measure, Variant: variant, Months: months}
		if len(s.time) == 0 {
			nan := math.NaN()
			row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.Reason = nan, nan, nan, nan, estimate.TooFewTreated
			rows = append(rows, row)
			return nil
		}
		curves, err := duration.KaplanMeier(s.input(), duration.Options{Level: level, Workers: 1})
		if err != nil {
			return fmt.Errorf("%s of %s: %w", measure, tiltak, err)
		}
		p := curves.At([]float64{at})[0]
		row.Estimate, row.StdError, row.ConfLow, row.ConfHigh = p.Estimate, p.StdError, p.ConfLow, p.ConfHigh
		if before {
			row.Estimate, row.ConfLow, row.ConfHigh = 1-p.Estimate, 1-p.ConfHigh, 1-p.ConfLow
		}
		row.With, row.Without, row.NStarts = s.around(at, before)
		if math.IsNaN(row.Estimate) {
			row.Reason = estimate.NoFollowUp // nobody was followed for so long
		}
		rows = append(rows, row)
		return nil
	}
	if err := share(inTiltak, "ended_within", "", 2, 2, true); err != nil {
		return nil, err
	}
	for _, months := range []float64{12, 18} {
		if err := share(inTiltak, "longer_than", "", months, months, false); err != nil {
			return nil, err
		}
	}
	for _, v := range variants {
		if err := share(&limits[v].spells, "beyond_maximum", v, limits[v].months, 1, false); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// around counts the distinct persons with a spell known to end by a time and known to go on beyond it: with and without, in
// the order of the question; and all spells.
func (s *spells) around(at float64, before bool) (with, without, n int) {
	ended, beyond := map[int32]bool{}, map[int32]bool{}
	for i, t := range s.time {
		switch {
		case t > at:
			beyond[s.person[i]] = true
		case s.event[i] == 1:
			ended[s.person[i]] = true
		}
	}
	with, without = len(beyond), len(ended)
	if before {
		with, without = without, with
	}
	return with, without, len(s.time)
}

// against adds a participation to the limits of its tiltak on the day it started: time over the limit, so that 1 is the last
// day allowed. A limit of months ends on the day before the same day so many months later.
func (r *runner) against(limits map[string]*limitSpells, variants *[]string, p *register.Participation, weight float64) {
	for _, l := range r.cat.Limits(r.reg.Tiltak[p.Tiltak], p.Start) {
		s := limits[l.Variant]
		if s == nil {
			s = &limitSpells{months: l.Months()}
			limits[l.Variant] = s
			*variants = append(*variants, l.Variant)
		}
		if s.months != l.Months() {
			s.months = math.NaN()
		}
		allowed := float64(register.LastAllowed(p.Start, l.Months()) - p.Start + 1)
		if p.End > r.reg.Cut.Last() {
			s.add(p.Person, weight, float64(r.reg.Cut.Last()-p.Start+1)/allowed, false)
		} else {
			s.add(p.Person, weight, float64(p.End-p.Start+1)/allowed, true)
		}
	}
}
