package analysis

import (
	"math"
	"testing"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
)

// Every kind of outcome of 0 and 1 stands in the rows as months and as a time to event, and the two agree: the event falls in
// the first month with 1, before it is no 1, and what competes came before any 1 and no later than it says.
func TestTimesAgreeWithMonths(t *testing.T) {
	s, err := Parse([]byte(`
study: times
data: {register: memory}
population: {from: 2018-06, to: 2020-12}
tiltak: [ARBEIDSTRENING]
groups: [alle]
outcomes:
  - {id: work, kind: work}
  - {id: stable, kind: stable_work, months: 3, of: 4}
  - {id: entered, kind: stable_work, months: 3, mode: entered}
  - {id: aareg, kind: aareg_og_lonn}
  - {id: over, kind: lonn_over}
  - {id: twog, kind: ssb_2g}
  - {id: alone, kind: uten_ytelse}
  - {id: benefit, kind: benefit}
  - {id: disability, kind: disability}
  - {id: education, kind: education}
  - {id: exit, kind: nav_avgang6}
  - {id: held, kind: job_held, after: 3}
  - {id: kept, kind: fastholdelse, after: 3}
  - {id: wage, kind: earnings}
horizon: 14
methods: [ebal]
`))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := simulate.Generate(t.Context(), simulate.Options{Persons: 2500, Seed: 8})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := register.FromTables(t.Context(), sim.Tables, register.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{study: s, reg: reg, cat: catalog.Default(), opt: Options{Workers: 1}}
	d, err := r.compile()
	if err != nil {
		t.Fatal(err)
	}
	if r.trials, err = cohort.Build(t.Context(), reg, d); err != nil {
		t.Fatal(err)
	}
	c := newCell(r.trials, &r.trials.Tiltak[0], 0, 1, nil)
	w := &rowWriter{r: r, c: c, out: &TrialRows{}}
	for o, def := range r.outcomes {
		w.times(s.Outcomes[o], def)
	}
	if w.err != nil {
		t.Fatal(w.err)
	}
	table := datasets.NewTable(w.columns...)
	states := map[string]int{}
	for o, def := range r.outcomes {
		id := s.Outcomes[o].ID
		time, event := table.Column(id+"_time"), table.Column(id+"_event")
		if !def.Binary() {
			if time != nil || event != nil {
				t.Errorf("%s has a time to event", id)
			}
			continue
		}
		reached := 0
		for i, row := range c.row {
			person, m := r.trials.Rows.Person[row], r.trials.Rows.Month[row]
			h := reg.Panel.History(person)
			y := def.Follow(h, m, s.Horizon, nil)
			first := 0
			for k, v := range y {
				if v == 1 {
					first = k + 1
					break
				}
			}
			at, state := int(time.Ints[i]), ""
			if !event.Missing(i) {
				state = event.Text(i)
			}
			states[state]++
			in := func(k int, bit register.State) bool {
				j := reg.Panel.Index(person, m+2) - 2 + k
				return reg.Panel.State[j]&bit != 0
			}
			switch state {
			case "event":
				reached++
				if at != first {
					t.Fatalf("%s row %d: event in month %d, the first 1 in %d", id, i, at, first)
				}
			case "":
				if first != 0 && first <= at || at > s.Horizon {
					t.Fatalf("%s row %d: goes on at %d, the first 1 in %d", id, i, at, first)
				}
			default:
				bit := map[string]register.State{"dod": register.Dead, "utvandret": register.Gone, "ufore": register.Ufore, "utdanning": register.Studying}[state]
				if first != 0 && first <= at || !in(at, bit) || at > 1 && in(at-1, bit) {
					t.Fatalf("%s row %d: %s in month %d, the first 1 in %d", id, i, state, at, first)
				}
				if id == "disability" && state == "ufore" || id == "education" && state == "utdanning" {
					t.Fatalf("%s competes with itself", id)
				}
			}
			if at < 0 || math.IsNaN(y[0]) && state == "event" && at == 1 {
				t.Fatalf("%s row %d: month %d", id, i, at)
			}
		}
		if reached < 10 {
			t.Errorf("%s is reached %d times: the test tells little", id, reached)
		}
	}
	for _, state := range []string{"", "event", "dod", "utvandret", "ufore", "utdanning"} {
		if states[state] == 0 {
			t.Errorf("no time ends in %q", state)
		}
	}
}
