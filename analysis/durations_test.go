package analysis

import (
	"math"
	"strings"
	"testing"

	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/results"
)

// A weight is of the estimate alone: n_risk and its like are the spells that were seen, and behind them the persons, since
// disclosure control would otherwise take one person of weight 20 for twenty.
func TestDurationRowsCountWhatWasSeen(t *testing.T) {
	var s spells
	for _, x := range []struct {
		person int32
		weight float64
		time   float64
		ended  bool
	}{{7, 20, 1, true}, {7, 20, 1, true}, {7, 20, 3, true}, {9, 20, 1, false}, {12, 40, 3, true}, {13, 0, 2, true}, {14, 20, 4, false}} {
		s.add(x.person, x.weight, x.time, x.ended)
	}
	rows, err := s.curve(.95)
	if err != nil {
		t.Fatal(err)
	}
	// At 1 six spells of four persons; at 3 three of three; the weight at risk falls 140, 80, 20.
	for i, want := range []struct {
		time, estimate                       float64
		risk, event, censor, persons, eventP int
	}{{1, 1 - 40./140, 6, 2, 1, 4, 1}, {3, (1 - 40./140) * (1 - 60./80), 3, 2, 0, 3, 2}, {4, (1 - 40./140) * (1 - 60./80), 1, 0, 1, 1, 0}} {
		d := rows[i]
		if d.Time != want.time || d.NRisk != want.risk || d.NEvent != want.event || d.NCensor != want.censor || d.RiskPersons != want.persons || d.EventPersons != want.eventP || !d.Repeated {
			t.Errorf("%+v, want %+v", d, want)
		}
		if e := d.Estimate - want.estimate; e > 1e-12 || e < -1e-12 {
			t.Errorf("at %v: %v, want %v", d.Time, d.Estimate, want.estimate)
		}
	}
	if len(rows) != 3 {
		t.Errorf("%d rows", len(rows))
	}
}

// The curves of a study against sums made the slow way from the register: Kaplan–Meier of the time in tiltak and Aalen–Johansen
// of the ways out, by weight, and errors from moving the weight of one person at a time.
func TestDurationsTheSlowWay(t *testing.T) {
	for _, weighted := range []bool{false, true} {
		r := costRunner(t, simulate.Options{Persons: 2000, Seed: 12}, `study: varighet
data: {register: r}
population: {from: 2018-01, to: 2021-06}
tiltak: [ARBEIDSTRENING]
groups: [alle]
horizon: 12
outcomes: [{id: arbeid, kind: work}]
`)
		reg := r.reg
		weight := make([]float64, reg.Persons.N)
		for i := range weight {
			weight[i] = 1
			if weighted {
				weight[i] = []float64{.5, 2, 7}[i%3]
			}
		}
		if weighted {
			reg.Persons.Weight = weight
		}
		var tables results.Tables
		if err := r.durations(t.Context(), &tables); err != nil {
			t.Fatal(err)
		}
		type spell struct {
			person int32
			time   int
			state  string
		}
		var in, out []spell
		work, err := (outcome.Spec{ID: "x", Kind: outcome.Work, Position: outcome.DefaultWorkPosition}).Compile(r.env)
		if err != nil {
			t.Fatal(err)
		}
		for i := range reg.Participations {
			p := &reg.Participations[i]
			m := p.Start.Month()
			if reg.Tiltak[p.Tiltak] != "ARBEIDSTRENING" || m < *r.study.Population.From || m > *r.study.Population.To {
				continue
			}
			s := spell{person: p.Person, state: "ended"}
			days := float64(min(p.End, reg.Cut.Last())-p.Start) + 1
			if s.time = int(math.Ceil(days / 30.436875)); p.End > reg.Cut.Last() {
				s.time, s.state = int(math.Floor(days/30.436875)), ""
			}
			in = append(in, s)
			h := reg.Panel.History(p.Person)
			s = spell{person: p.Person}
			y := work.Follow(h, m, int(reg.Cut-m), nil)
			for s.time < min(60, int(reg.Cut-m)) && s.state == "" {
				s.time++
				switch x := h.State[int(m-h.First)+s.time]; {
				case x&(register.Dead|register.Gone) != 0:
					s.state = "death_or_emigration"
				case x&register.Ufore != 0 && h.State[m-h.First]&register.Ufore == 0:
					s.state = "disability"
				case y[s.time-1] == 1:
					s.state = "work"
				case x&register.Studying != 0:
					s.state = "education"
				}
			}
			out = append(out, s)
		}
		// incidence is the share that has ended in a state by a month, the others competing.
		incidence := func(list []spell, w []float64, state string, at int) float64 {
			left, sum := 1., 0.
			for u := 1; u <= at; u++ {
				risk, own, any := 0., 0., 0.
				for _, s := range list {
					if s.time < u {
						continue
					}
					risk += w[s.person]
					if s.time == u && s.state != "" {
						any += w[s.person]
						if s.state == state {
							own += w[s.person]
						}
					}
				}
				if risk > 0 {
					sum += left * own / risk
					left *= 1 - any/risk
				}
			}
			return sum
		}
		checked := map[string]int{}
		for _, d := range tables.Durations {
			list, state := in, "ended"
			if s, ok := strings.CutPrefix(d.Measure, exitPrefix); ok {
				list, state = out, s
			} else if d.Measure != timeInTiltak {
				continue
			}
			at := int(d.Time)
			got, want := d.Estimate, incidence(list, weight, state, at)
			if d.Measure == timeInTiltak {
				want = 1 - want
			}
			if math.Abs(got-want) > 1e-9 {
				t.Errorf("weights %v, %s at %d: %v, want %v", weighted, d.Measure, at, got, want)
			}
			checked[d.Measure]++
			if at%9 != 4 {
				continue
			}
			seen := map[int32]bool{}
			variance := 0.
			for _, s := range list {
				if seen[s.person] {
					continue
				}
				seen[s.person] = true
				w := weight[s.person]
				const step = 1e-4
				weight[s.person] = w * (1 + step)
				up := incidence(list, weight, state, at)
				weight[s.person] = w * (1 - step)
				down := incidence(list, weight, state, at)
				weight[s.person] = w
				variance += math.Pow((up-down)/(2*step), 2)
			}
			if want := math.Sqrt(variance); math.Abs(d.StdError-want) > 1e-5*(want+1e-3) {
				t.Errorf("weights %v, %s at %d: error %v, want %v", weighted, d.Measure, at, d.StdError, want)
			}
		}
		if len(checked) != 1+len(exitStates) {
			t.Errorf("curves %v", checked)
		}
	}
}
