package validity

import (
	"fmt"
	"math"
	"os"
	"testing"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/datasets/simulate/truth"
	"tiltakseffekt/internal/calendar"
)

// The intervals of `later_entry: censor` cover the truth without any later start, and those of `follow`, which answer
// another question, are away from it: what is subtracted are years of later tiltak.
func TestCensorCovers(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates registers: not under -short")
	}
	opt := Options{Registers: 2, Persons: 3000, Methods: []string{"ebal"}, Seed: 21, LaterEntry: "censor"}
	if os.Getenv("EVALUATE_SLOW") == "1" {
		opt.Registers, opt.Persons = 100, 5000
	}
	table, err := Coverage(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	// Two registers are 36 intervals, some 12 of them independent.
	if got := table.Pooled[0].Coverage; got < 0.8 {
		t.Errorf("censor covers %.3f", got)
	}
	if opt.Registers < 100 {
		return
	}
	for _, r := range table.Cells {
		if r.Coverage < 0.88 || r.StdError < 0.93*r.SD { // errors with the weights as known are not too small
			t.Errorf("%s %s: covers %.3f, mean error %.4f, spread %.4f", r.Tiltak, r.Outcome, r.Coverage, r.StdError, r.SD)
		}
	}
	if r := table.Pooled[0]; math.Abs(r.Coverage-0.95) > 0.03 {
		t.Errorf("covers %.3f (± %.3f)", r.Coverage, r.MonteCarlo)
	}
}

// The intervals of starting early against waiting, and against starting the same later in the spell, cover the truth of lives that
// wait. docs/designs.md has the table of the hundred registers.
func TestWaitingCovers(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates registers: not under -short")
	}
	for _, strategy := range []string{WaitUntil, StartBy} {
		opt := Options{Registers: 2, Persons: 3000, Methods: []string{"ebal"}, Seed: 6001, LaterEntry: strategy}
		if os.Getenv("EVALUATE_SLOW") == "1" {
			opt.Registers, opt.Persons = 100, 5000
		}
		table, err := Coverage(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		if got := table.Pooled[0].Coverage; got < 0.8 {
			t.Errorf("%s covers %.3f", strategy, got)
		}
		for _, r := range table.Cells {
			if r.Outcome == "arbeid" && math.Abs(r.Bias) > 4*r.StdError {
				t.Errorf("%s, %s: off by %.4f, errors of %.4f", strategy, r.Tiltak, r.Bias, r.StdError)
			}
			if opt.Registers == 100 && (r.Coverage < 0.85 || r.StdError < 0.8*r.SD) { // the lowest of 18 cells
				t.Errorf("%s, %s %s: covers %.3f, mean error %.4f, spread %.4f", strategy, r.Tiltak, r.Outcome, r.Coverage, r.StdError, r.SD)
			}
		}
		if r := table.Pooled[0]; opt.Registers == 100 && math.Abs(r.Coverage-0.95) > 0.03 {
			t.Errorf("%s covers %.3f (± %.3f)", strategy, r.Coverage, r.MonteCarlo)
		}
	}
}

// experiment runs a study on simulated registers and puts the truth beside the estimates of one method at its last month.
type experiment struct {
	simulate simulate.Options
	study    string
	which    simulate.Which
	instead  bool
	slow     int // registers under EVALUATE_SLOW; 2 otherwise
}

type against struct{ estimate, stdError, truth float64 }

func (x against) far() float64 { return (x.estimate - x.truth) / x.stdError }

func (e experiment) run(t *testing.T) map[string][]against {
	t.Helper()
	if testing.Short() {
		t.Skip("simulates registers: not under -short")
	}
	n := 2
	if os.Getenv("EVALUATE_SLOW") == "1" {
		n = e.slow
	}
	out := map[string][]against{}
	for i := range n {
		opt := e.simulate
		opt.Seed, opt.Counterfactual = uint64(900+i), true
		sim, err := simulate.Generate(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := analysis.Parse([]byte("study: x\ndata: {register: memory}\npopulation: {from: 2019-01, to: 2021-12}\ngroups: [alle]\n" + e.study))
		if err != nil {
			t.Fatal(err)
		}
		s.OnlyMonths = []int{s.Horizon}
		got, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		known, err := truth.New(reg, sim.Paths)
		if e.instead {
			known, err = truth.Instead(reg, sim)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range got.Cells {
			for k, o := range s.Outcomes {
				if o.ID != c.Outcome {
					continue
				}
				effects, err := known.Effects(got.Outcomes[k], c.Analysed, e.which, s.Horizon)
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range got.Tables.Estimates {
					if row.Tiltak == c.Tiltak && row.Method == c.Method && row.Outcome == c.Outcome && row.Month != nil && *row.Month == s.Horizon && row.StdError > 0 {
						x := against{row.Estimate, row.StdError, effects[s.Horizon-1]}
						t.Logf("%s %s %s: %.4f (%.4f), truth %.4f, %d starts", c.Tiltak, c.Method, c.Outcome, x.estimate, x.stdError, x.truth, row.NStarts)
						out[c.Method] = append(out[c.Method], x)
					}
				}
			}
		}
	}
	return out
}

// covers asks that the truth lies in the intervals as often as they say: with few registers only that none is far off.
func covers(t *testing.T, found map[string][]against) {
	t.Helper()
	for method, list := range found {
		inside := 0
		for _, x := range list {
			if math.Abs(x.far()) < 1.96 {
				inside++
			}
			if math.Abs(x.far()) > 4 {
				t.Errorf("%s: estimate %.4f (%.4f), truth %.4f", method, x.estimate, x.stdError, x.truth)
			}
		}
		if share := float64(inside) / float64(len(list)); len(list) >= 100 && share < 0.9 {
			t.Errorf("%s covers %.3f of %d", method, share, len(list))
		}
	}
	if len(found) == 0 {
		t.Error("nothing was estimated")
	}
}

const workAt = "outcomes: [{id: arbeid, kind: work, position: 1}]\ninference: {family: {outcome: arbeid, month: %d, method: ebal, over: [tiltak, group]}}\n"

// Where no tiltak does anything, the comparison with the never-treated shows harm: whoever finds work soon is in it. The
// comparison not-now shows nothing.
func TestNeverIsTilted(t *testing.T) {
	e := experiment{simulate: simulate.Options{Persons: 3000, Scenario: "no-effect"}, slow: 40,
		study: "tiltak: [OPPFOLGING, ARBEIDSMARKEDSOPPLAERING]\nhorizon: 12\nmethods: [ebal]\n" + fmt.Sprintf(workAt, 12)}
	covers(t, e.run(t))
	e.study += "comparison: {against: never}\n"
	for _, x := range e.run(t)["ebal"] {
		if x.truth != 0 || x.far() > -3 {
			t.Errorf("never: %.4f (%.4f), truth %.4f: no harm is shown where there is none", x.estimate, x.stdError, x.truth)
		}
	}
}

// One tiltak against another: the truth is the same starts, on the same days, in the other.
func TestAnotherTiltakCovers(t *testing.T) {
	covers(t, experiment{simulate: simulate.Options{Persons: 4000, Instead: "JOBBKLUBB"}, instead: true, slow: 60,
		study: "tiltak: [MIDLERTIDIG_LONNSTILSKUDD, ARBEIDSTRENING]\ncomparison: {against: JOBBKLUBB}\nhorizon: 24\nmethods: [nearest, ebal]\n" + fmt.Sprintf(workAt, 24)}.run(t))
}

// A mentor beside a tiltak against the tiltak alone: the truth is the path without the mentor's start.
func TestCombinationCovers(t *testing.T) {
	covers(t, experiment{simulate: simulate.Options{Persons: 8000, Scenario: "chains"}, slow: 40,
		study: "tiltak: [{id: MENTOR_LONNSTILSKUDD, all: [MENTOR, MIDLERTIDIG_LONNSTILSKUDD], within: 12}, {id: MENTOR_OPPLAERING, all: [MENTOR, ARBEIDSMARKEDSOPPLAERING], within: 12}]\ncomparison: {against: either}\nhorizon: 18\nmethods: [ebal]\n" + fmt.Sprintf(workAt, 18)}.run(t))
}

// No start has an effect before it: in every month before, by every method, no estimate is far from 0. Entropy balancing
// leaves nothing of the months that are columns of their own.
func TestPreEffectsAreNone(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates registers: not under -short")
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 3000, Seed: 77})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := analysis.Parse([]byte("study: x\ndata: {register: memory}\npopulation: {from: 2019-01, to: 2021-12}\npre_effects: 12\ntiltak: [OPPFOLGING, ARBEIDSTRENING]\nhorizon: 6\nmethods: [nearest, ebal, did]\n" + fmt.Sprintf(workAt, 6)))
	if err != nil {
		t.Fatal(err)
	}
	s.OnlyMonths = []int{6}
	got, err := analysis.Estimate(t.Context(), s, reg, catalog.Default(), analysis.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Tables.PreEffects); n != 2*3*13 {
		t.Fatalf("%d rows", n)
	}
	shown := 0
	for _, p := range got.Tables.PreEffects {
		if math.IsNaN(p.Estimate) {
			continue
		}
		shown++
		if *p.EventMonth < 0 && math.Abs(p.Estimate) > 4*p.StdError+1e-9 {
			t.Errorf("%s %s, month %d: %.4f (%.4f)", p.Tiltak, p.Method, *p.EventMonth, p.Estimate, p.StdError)
		}
		if p.Method == "ebal" && *p.EventMonth == -1 && math.Abs(p.Estimate) > 1e-9 {
			t.Errorf("%s: the month before is balanced and differs by %g", p.Tiltak, p.Estimate)
		}
	}
	if shown < 60 {
		t.Errorf("only %d rows have figures", shown)
	}
}

// In lives where a start is relabelled as the referral, and the start comes some weeks later for those who are still there,
// the effect of the referral is that of the former start. Intention to treat finds it; counting those who started alone does not,
// since they had not found work by then.
func TestReferralFindsTheEffect(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates registers: not under -short")
	}
	for seed := range uint64(2) {
		sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 3000, Seed: 60 + seed, Counterfactual: true})
		if err != nil {
			t.Fatal(err)
		}
		reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
		if err != nil {
			t.Fatal(err)
		}
		known, err := truth.New(reg, sim.Paths)
		if err != nil {
			t.Fatal(err)
		}
		type key struct {
			person int32
			tiltak int16
			date   calendar.Date
		}
		old := map[key]int32{}
		late := *reg
		late.Participations, late.FirstPart, late.Referrals, late.FirstRef = nil, []int32{0}, nil, []int32{0}
		for person := range reg.Persons.N {
			for i := reg.FirstPart[person]; i < reg.FirstPart[person+1]; i++ {
				p := reg.Participations[i]
				old[key{p.Person, p.Tiltak, p.Start}] = i
				p.Referred = p.Start
				if p.Start += calendar.Date(15 + (int(i)%4)*10); p.Start <= p.End {
					late.Participations = append(late.Participations, p)
				} else {
					late.Referrals = append(late.Referrals, p)
				}
			}
			late.FirstPart, late.FirstRef = append(late.FirstPart, int32(len(late.Participations))), append(late.FirstRef, int32(len(late.Referrals)))
		}
		s, err := analysis.Parse([]byte("study: x\ndata: {register: memory}\npopulation: {from: 2019-01, to: 2021-12}\ntime_zero: referral\ntiltak: [OPPFOLGING, JOBBKLUBB]\nhorizon: 12\nmethods: [ebal]\n" + fmt.Sprintf(workAt, 12)))
		if err != nil {
			t.Fatal(err)
		}
		s.OnlyMonths = []int{12}
		got, err := analysis.Estimate(t.Context(), s, &late, catalog.Default(), analysis.Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range got.Cells {
			var starts []int32
			find := func(p *register.Participation) {
				starts = append(starts, old[key{p.Person, p.Tiltak, p.Referred}])
			}
			for _, k := range c.Analysed {
				find(&late.Participations[k])
			}
			for _, k := range c.Referred {
				find(&late.Referrals[k])
			}
			effects, err := known.Effects(got.Outcomes[0], starts, simulate.Follow, 12)
			if err != nil {
				t.Fatal(err)
			}
			row := got.Tables.Estimates[12*i+11]
			t.Logf("%s: %.4f (%.4f), truth %.4f, %d of %d never started", c.Tiltak, row.Estimate, row.StdError, effects[11], len(c.Referred), len(starts))
			if math.Abs(row.Estimate-effects[11]) > 3.5*row.StdError || row.Estimand != "ITT" || len(c.Referred) == 0 {
				t.Errorf("%s: %.4f (%.4f), truth %.4f, %s, %d never started", c.Tiltak, row.Estimate, row.StdError, effects[11], row.Estimand, len(c.Referred))
			}
		}
		for _, d := range got.Tables.Durations {
			if d.Measure == "referral_to_start" && d.Tiltak == "JOBBKLUBB" && d.Time == 3 && !(d.Estimate > 0.4 && d.Estimate < 0.95) { // 15 to 45 days
				t.Errorf("%.3f have not started after three weeks", d.Estimate)
			}
		}
	}
}
