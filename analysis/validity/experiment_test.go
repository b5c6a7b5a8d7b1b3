package validity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/datasets/simulate/truth"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/results"
)

// lottery turns a simulated register into an experiment. Of the persons who start a tiltak each is offered it or not, by coin, and of those offered three in ten do not take it. Who does not start lives the life that the simulation has for them
// without the start. It returns who started, as indices into Participations, and how many were offered.
func lottery(t *testing.T, reg *register.Register, sim *simulate.Register, code string, rng *rand.Rand) (starts []int32, offered int) {
	t.Helper()
	type start struct {
		person int64
		tiltak string
		day    calendar.Date
	}
	at := map[start]int{}
	for i, s := range sim.Paths.Starts {
		at[start{s.PersonID, s.Tiltak, s.Date}] = i
	}
	a := &register.Assignments{}
	seen := map[int32]bool{}
	for k := range reg.Participations {
		p := &reg.Participations[k]
		if reg.Tiltak[p.Tiltak] != code || seen[p.Person] || p.Start.Month() < reg.Panel.First+24 || p.Start.Month() > reg.Cut-14 {
			continue
		}
		i, ok := at[start{reg.Persons.IntID[p.Person], code, p.Start}]
		if !ok {
			continue
		}
		seen[p.Person] = true
		offer := rng.IntN(2) == 0
		a.Rows = append(a.Rows, register.Assignment{Person: p.Person, Office: -1, Offered: offer, Day: p.Start.Month().First()})
		if offer {
			offered++
		}
		if offer && rng.IntN(10) >= 3 {
			starts = append(starts, int32(k))
			continue
		}
		h, path := reg.Panel.History(p.Person), sim.Paths.Path(i, simulate.Follow)
		for m := range path.Position {
			if to := int(path.First-h.First) + m; to < len(h.Position) {
				h.Position[to], h.Ordinary[to], h.Wage[to], h.OrdinaryWage[to], h.State[to] = path.Position[m], path.Ordinary[m], path.Wage[m], path.OrdinaryWage[m], path.State[m]
			}
		}
		p.Start = reg.Panel.First.First() - 1 // never, for what asks who starts after the assignment
	}
	reg.Assigned = a
	return starts, offered
}

// A study by lottery finds what it should on simulated registers: the LATE is the mean effect on those who start, the truth of their own
// paths, and the ITT that times the share who take the offer up. Over registers their intervals hold the truth.
func TestAStudyByLottery(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates registers: not under -short")
	}
	const code, horizon = "ARBEIDSTRENING", 12
	registers := 12
	if os.Getenv("EVALUATE_SLOW") == "1" {
		registers = 60
	}
	late, itt, rows := 0, 0, 0
	for seed := range uint64(registers) {
		sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 2500, Seed: 100 + seed, Counterfactual: true, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		s, err := analysis.Parse([]byte(fmt.Sprintf(`study: t
data: {register: memory}
population: {from: 2018-01, to: 2021-12}
tiltak: [%s]
groups: [alle]
horizon: %d
outcomes: [{id: arbeid, kind: work, position: 1}]
methods: [none]
placebo: off
sensitivity: none
design: {randomised: person, within: 1}
inference: {family: {outcome: arbeid, month: %d, method: none, over: [tiltak, group]}}
`, code, horizon, horizon)))
		if err != nil {
			t.Fatal(err)
		}
		known, err := truth.New(reg, sim.Paths)
		if err != nil {
			t.Fatal(err)
		}
		starts, offered := lottery(t, reg, sim, code, rand.New(rand.NewPCG(seed, 9)))
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		def, err := outcome.Spec{ID: "arbeid", Kind: outcome.Work, Position: 1}.Compile(outcome.Env{Cut: reg.Cut})
		if err != nil {
			t.Fatal(err)
		}
		effects, err := known.Effects(def, starts, simulate.Follow, horizon)
		if err != nil {
			t.Fatal(err)
		}
		share := float64(len(starts)) / float64(offered)
		for _, e := range out.Tables.Experiment {
			if e.Reason != "" {
				t.Fatalf("%+v", e)
			}
			in := func(truth float64) int {
				if e.ConfLow <= truth && truth <= e.ConfHigh {
					return 1
				}
				return 0
			}
			switch {
			case e.Estimand == "late" && e.StdErrorType == "delta":
				rows++
				late += in(effects[e.Month-1])
			case e.Estimand == "itt":
				itt += in(share * effects[e.Month-1])
				if last := e.Month == horizon; last == math.IsNaN(e.PRandomisation) {
					t.Errorf("month %d: p of randomisation %v", e.Month, e.PRandomisation)
				}
			case e.Estimand == "first_stage":
				if math.Abs(e.Estimate-share) > 0.02 || e.Month != horizon || !(e.FirstStageF > 10) {
					t.Errorf("first stage %+v, %v took it up", e, share)
				}
			}
		}
	}
	// Months of a register go together: 12 registers tell a share to about 5 points.
	t.Logf("of %d months of %d registers the interval of the late holds the truth in %.1f %%, of the itt in %.1f %%", rows, registers, 100*float64(late)/float64(rows), 100*float64(itt)/float64(rows))
	if rows != registers*horizon || float64(late) < .86*float64(rows) || float64(itt) < .86*float64(rows) {
		t.Errorf("late %d, itt %d of %d", late, itt, rows)
	}
}

// Offices by lot: errors are by office, and both tests beside.
func TestAStudyOfOfficesByLottery(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates a register: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 2500, Seed: 3, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	day := (reg.Panel.First + 40).First()
	a := &register.Assignments{Offices: true}
	for o := range reg.Persons.Offices {
		a.Rows = append(a.Rows, register.Assignment{Person: -1, Office: int32(o), Offered: o%2 == 0, Day: day, Stratum: int32(o / 40)})
	}
	reg.Assigned = a
	run := func(workers int) results.Tables {
		s, err := analysis.Parse([]byte("study: t\ndata: {register: memory}\npopulation: {from: 2018-01, to: 2021-12}\ntiltak: [ARBEIDSTRENING]\nhorizon: 6\noutcomes: [{id: arbeid, kind: work}]\nmethods: [none]\nplacebo: off\nsensitivity: none\ndesign: {randomised: office}\n"))
		if err != nil {
			t.Fatal(err)
		}
		out, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		return out.Tables
	}
	one, two := run(1).Experiment, run(3).Experiment
	if len(one) == 0 || fmt.Sprint(one) != fmt.Sprint(two) {
		t.Error("workers change figures")
	}
	for _, e := range one {
		if e.Reason != "" || e.Offices < 40 || e.Estimand == "itt" && (e.StdErrorType != "CR2" || !(e.DF > 5) || !(e.PValue > 0.001)) {
			t.Errorf("%+v", e)
		}
	}
	persons := 0
	for p := range int32(reg.Persons.N) {
		for _, x := range reg.Registrations[reg.FirstReg[p]:reg.FirstReg[p+1]] {
			if x.From <= day && day <= x.To {
				persons++
				break
			}
		}
	}
	if got := one[0].PersonsOffered + one[0].PersonsOthers; got > persons || got < persons*9/10 {
		t.Errorf("%d persons, %d are registered on the day", got, persons)
	}
}
