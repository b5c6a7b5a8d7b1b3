// Package truth computes the true effect that a study on a simulated register should find: the study's own outcome
// definitions on what happened and on the reference paths, averaged over exactly the starts that a figure is about.
//
// No estimating room imports it (docs/rooms.md): whoever estimates cannot look.
package truth

import (
	"fmt"
	"math"

	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

// Truth knows the reference paths of the starts of a register.
type Truth struct {
	reg   *register.Register
	paths *simulate.Paths
	index map[key]int
}

// key names a start without the id that the register forgets.
type key struct {
	person int64
	tiltak string
	date   calendar.Date
}

// New links the starts of a register that was read from a simulation with their reference paths.
func New(reg *register.Register, paths *simulate.Paths) (*Truth, error) {
	if reg.Persons.IntID == nil {
		return nil, fault.Dataf("wrong_type", "person", "person_id", "a simulated register has integer ids")
	}
	if !paths.Drawn() {
		return nil, fault.Usagef("no_counterfactual", "the register was simulated without reference paths; leave out --no-counterfactual")
	}
	t := &Truth{reg, paths, make(map[key]int, len(paths.Starts))}
	for i, s := range paths.Starts {
		t.index[key{s.PersonID, s.Tiltak, s.Date}] = i
	}
	return t, nil
}

// Instead is the truth of a comparison with another tiltak: the reference of a start is the same start in the tiltak of
// simulate.Options.Instead.
func Instead(reg *register.Register, sim *simulate.Register) (*Truth, error) {
	if sim.Instead == nil {
		return nil, fault.Usagef("no_counterfactual", "the register was simulated without paths in another tiltak; set Options.Instead")
	}
	return New(reg, sim.Instead)
}

// Waited is the truth of a comparison with waiting: the reference of a start is a life that waits, as simulate.Options.Wait says;
// simulate.Follow with any start from then on, simulate.None with the same start later in the spell.
func Waited(reg *register.Register, sim *simulate.Register) (*Truth, error) {
	if sim.Waited == nil {
		return nil, fault.Usagef("no_counterfactual", "the register was simulated without lives that wait; set Options.Wait")
	}
	return New(reg, sim.Waited)
}

// Effects is the true mean effect on the starts (indices into Register.Participations) of an outcome at months
// 1…horizon after the start month:
//
//	mean over starts of  y(m + h on the factual path) − y(m + h on the reference path).
//
// A start whose outcome is not known on either path at h (emigration) is left out there; NaN where none is known.
func (t *Truth) Effects(def *outcome.Definition, starts []int32, which simulate.Which, horizon int) ([]float64, error) {
	return t.Weighted(def, starts, nil, which, horizon)
}

// Weighted is Effects where the starts count with weights (nil: alike): the truth of an estimand such as the effect in the
// overlap population, which is a weighted mean over the treated.
func (t *Truth) Weighted(def *outcome.Definition, starts []int32, weight []float64, which simulate.Which, horizon int) ([]float64, error) {
	sum, n := make([]float64, horizon), make([]float64, horizon)
	var factual, reference []float64
	for at, part := range starts {
		w := 1.
		if weight != nil {
			w = weight[at]
		}
		p := &t.reg.Participations[part]
		k := key{t.reg.Persons.IntID[p.Person], t.reg.Tiltak[p.Tiltak], p.Start}
		i, ok := t.index[k]
		if !ok {
			return nil, fmt.Errorf("truth: no reference path for a start of %s on %s", k.tiltak, k.date)
		}
		m := p.Start.Month()
		factual = def.Follow(t.reg.Panel.History(p.Person), m, horizon, factual)
		reference = def.Follow(t.paths.Path(i, which), m, horizon, reference)
		for h := range horizon {
			if d := factual[h] - reference[h]; d == d {
				sum[h] += w * d
				n[h] += w
			}
		}
	}
	for h := range sum {
		if n[h] == 0 {
			sum[h] = math.NaN()
		} else {
			sum[h] /= n[h]
		}
	}
	return sum, nil
}
