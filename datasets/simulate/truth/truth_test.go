package truth

import (
	"math"
	"testing"

	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/fault"
)

// The truth of single starts and of all of them, worked out again from the simulator's own memory: ordinary work in month
// m + h on the factual path less the same on the reference path.
func TestEffectsByHand(t *testing.T) {
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 1500, Seed: 5, Counterfactual: true})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	known, err := New(reg, sim.Paths)
	if err != nil {
		t.Fatal(err)
	}
	def, err := outcome.Spec{ID: "arbeid", Kind: outcome.Work, Position: 1}.Compile(outcome.Env{Cut: reg.Cut})
	if err != nil {
		t.Fatal(err)
	}
	const horizon = 12
	var starts []int32
	sum, n := make([]float64, horizon), make([]float64, horizon)
	moved := 0
	for i, p := range reg.Participations {
		m := p.Start.Month()
		if m+horizon > reg.Cut {
			continue
		}
		starts = append(starts, int32(i))
		for j, s := range sim.Paths.Starts {
			if s.PersonID != reg.Persons.IntID[p.Person] || s.Date != p.Start || s.Tiltak != reg.Tiltak[p.Tiltak] {
				continue
			}
			factual, path := sim.Factual(s.PersonID), sim.Paths.Path(j, simulate.Follow)
			work := func(h register.History, at int) float64 {
				if h.State[at]&register.Gone != 0 {
					return math.NaN()
				}
				if h.Ordinary[at] >= 100 && h.State[at]&register.Dead == 0 {
					return 1
				}
				return 0
			}
			effects, err := known.Effects(def, []int32{int32(i)}, simulate.Follow, horizon)
			if err != nil {
				t.Fatal(err)
			}
			for h := 1; h <= horizon; h++ {
				want := work(factual, int(m-factual.First)+h) - work(path, h)
				if got := effects[h-1]; got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Fatalf("start %d of %s on %s, month %d: %v, want %v", i, s.Tiltak, s.Date, h, got, want)
				}
				if want == want {
					sum[h-1] += want
					n[h-1]++
					if want != 0 {
						moved++
					}
				}
			}
		}
	}
	if len(starts) < 300 || moved < 200 {
		t.Fatalf("%d starts, %d months that differ: the test tests little", len(starts), moved)
	}
	all, err := known.Effects(def, starts, simulate.Follow, horizon)
	if err != nil {
		t.Fatal(err)
	}
	for h := range all {
		if math.Abs(all[h]-sum[h]/n[h]) > 1e-12 {
			t.Errorf("month %d: %v, want %v", h+1, all[h], sum[h]/n[h])
		}
	}
}

func TestPathsAreNeeded(t *testing.T) {
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 100, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(reg, sim.Paths); fault.StatusOf(err) != fault.Usage {
		t.Errorf("without reference paths: %v", err)
	}
}
