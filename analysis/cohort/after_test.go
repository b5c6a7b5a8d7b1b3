package cohort

import (
	"math/rand/v2"
	"slices"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
)

// inLink says by the words of AfterLink whether a person has the first link on a day in m, and how many months ago it ended
// or began; it shares no code with the design.
func inLink(reg *register.Register, person int32, m calendar.Month, day calendar.Date, a *AfterLink) (since int, ok bool) {
	var parts []register.Participation
	for _, p := range reg.Participations {
		if p.Person == person {
			parts = append(parts, p)
		}
	}
	var last, first *register.Participation
	for i := range parts {
		if p := &parts[i]; p.Start < m.First() && (last == nil || p.End >= last.End) {
			last = p
		}
	}
	if last == nil {
		return 0, false
	}
	for i := range parts {
		p := &parts[i]
		if p.Start < m.First() && p.End >= last.Start && slices.Contains(a.Tiltak, reg.Tiltak[p.Tiltak]) && (first == nil || p.End >= first.End) {
			first = p
		}
	}
	if first == nil {
		return 0, false
	}
	for _, q := range parts {
		if !a.Any && q.End < first.Start && int(first.Start.Month()-q.End.Month()) <= a.Within {
			return 0, false
		}
	}
	if a.State == In {
		return int(m - first.Start.Month()), last.End >= day
	}
	since = int(m - last.End.Month())
	return since, last.End < day && since <= a.Within
}

// Every row of a design with a first link has it on its day, treated and comparison of a stratum have had it for as long,
// and without the restriction there are rows that it took out.
func TestRowsHaveTheFirstLink(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	rows, treated, lost := 0, 0, 0
	for round := range 40 {
		reg := tiny(rng, 200, 40)
		d := tinyDesign()
		d.WashoutSame = 0
		d.After = &AfterLink{Tiltak: []string{"A"}, Within: 2 + rng.IntN(8), State: []string{Ended, In}[round%2], Any: round%3 == 0}
		if round%4 == 0 {
			d.After.Tiltak = []string{"A", "B"}
		}
		trials, err := Build(t.Context(), reg, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, trial := range trials.Tiltak {
			bands := map[int32]int{}
			for i, row := range trial.Row {
				person, m := trials.Rows.Person[row], trials.Rows.Month[row]
				since, ok := inLink(reg, person, m, m.First()+calendar.Date(trial.Day[i])-1, d.After)
				if !ok {
					t.Fatalf("round %d: person %d in %s has no first link on day %d", round, person, m, trial.Day[i])
				}
				band := Band(max(1, since))
				if d.After.State == Ended {
					band = map[int]int{0: 0, 1: 1, 2: 2, 3: 3}[min(since, 4)]
					if since >= 4 {
						band = 4
					}
					if since >= 7 {
						band = 5
					}
				}
				if before, ok := bands[trial.Stratum[i]]; ok && before != band {
					t.Fatalf("round %d: a stratum has bands %d and %d", round, before, band)
				}
				bands[trial.Stratum[i]] = band
				rows++
				if trial.Treated[i] {
					treated++
				}
			}
		}
		for _, f := range trials.Flow {
			if f.Rule == "not_after_link" && f.Group == "alle" {
				lost += f.Starts
			}
		}
	}
	if rows < 800 || treated < 150 || lost < 200 {
		t.Errorf("%d rows, %d treated, %d starts lost: the test tests little", rows, treated, lost)
	}
}

// Nobody who has the link and is eligible is left out: with the rows of the same design without a link as candidates.
func TestFirstLinkKeepsWhoHasIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	kept := 0
	for range 20 {
		reg := tiny(rng, 200, 40)
		d := tinyDesign()
		d.WashoutSame = 0
		all, err := Build(t.Context(), reg, d)
		if err != nil {
			t.Fatal(err)
		}
		d.After = &AfterLink{Tiltak: []string{"A"}, Within: 6, State: Ended}
		some, err := Build(t.Context(), reg, d)
		if err != nil {
			t.Fatal(err)
		}
		for k := range all.Tiltak {
			have := map[[2]int]bool{}
			for i, row := range some.Tiltak[k].Row {
				if some.Tiltak[k].Treated[i] {
					have[[2]int{int(some.Rows.Person[row]), int(some.Rows.Month[row])}] = true
				}
			}
			for i, row := range all.Tiltak[k].Row {
				person, m := all.Rows.Person[row], all.Rows.Month[row]
				if !all.Tiltak[k].Treated[i] {
					continue
				}
				_, ok := inLink(reg, person, m, m.First()+calendar.Date(all.Tiltak[k].Day[i])-1, d.After)
				if have[[2]int{int(person), int(m)}] != ok {
					t.Fatalf("person %d in %s: has the link %v, is in the trial %v", person, m, ok, !ok)
				}
				if ok {
					kept++
				}
			}
		}
	}
	if kept < 50 {
		t.Errorf("%d starts kept: the test tests little", kept)
	}
}

func TestFirstLinkContradictions(t *testing.T) {
	for name, change := range map[string]func(*Design){
		"washout":     func(d *Design) { d.WashoutAny = 3 },
		"never":       func(d *Design) { d.Against = Never },
		"no tiltak":   func(d *Design) { d.After.Tiltak = nil },
		"state":       func(d *Design) { d.After.State = "before" },
		"long ago":    func(d *Design) { d.After.Within = 37 },
		"combination": func(d *Design) { d.Against = Either },
	} {
		d := tinyDesign()
		d.After = &AfterLink{Tiltak: []string{"A"}, Within: 6, State: Ended}
		change(&d)
		if err := d.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	d := tinyDesign()
	d.After = &AfterLink{Tiltak: []string{"Z"}, Within: 6, State: Ended}
	if _, err := Build(t.Context(), tiny(rand.New(rand.NewPCG(3, 1)), 20, 40), d); err == nil {
		t.Error("a tiltak that nobody takes part in is accepted")
	}
}
