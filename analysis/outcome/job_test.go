package outcome

import (
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

func TestMainJobs(t *testing.T) {
	jobs := &register.Jobs{Employers: []string{"A", "B"}, Sectors: []string{"kommune", "privat"}, Contracts: []string{"fast", "midlertidig"}, Industries: []string{"47.110", "84.110", "84.300"}}
	h := history("0ffffff0")
	h.Jobs = &register.JobHistory{
		Employer: []int32{0, 1, 1, 2, 2, 0, 1, 0}, Sector: []uint8{0, 1, 2, 2, 2, 0, 1, 0},
		Contract: []uint8{0, 1, 1, 2, 2, 0, 1, 0}, Industry: []uint16{0, 1, 2, 3, 3, 0, 1, 0},
	}
	env := Env{Jobs: jobs}
	for _, c := range []struct {
		name string
		spec Spec
		want string
	}{
		{"a sector", Spec{Kind: Work, Sector: []string{"Privat"}}, "0111000"},
		{"two sectors, the unknown in none", Spec{Kind: Work, Sector: []string{"privat", "kommune"}}, "1111010"},
		{"a permanent job in a sector", Spec{Kind: Work, Sector: []string{"privat"}, Contract: []string{"fast"}}, "0100000"},
		{"an industry by its beginning", Spec{Kind: Work, Industry: []string{"84"}}, "0111000"},
		{"the unknown alone, with a permanent or an unknown contract", Spec{Kind: Work, Sector: []string{"ukjent"}}, "0000100"},
		{"a value that nobody has", Spec{Kind: Work, Sector: []string{"stat"}}, "0000000"},
		{"known and not private", Spec{Kind: Work, Sector: []string{"-privat"}}, "1000010"},
		{"the employer before the start", Spec{Kind: Work, Employer: []string{"samme"}}, "0000000"},
		{"no work before the start", Spec{Kind: Work, Employer: []string{"annen"}}, "1111010"},
		{"an employer that is not known", Spec{Kind: Work, Employer: []string{"ukjent"}}, "0000100"},
		{"stable in a sector", Spec{Kind: StableWork, Months: 3, Sector: []string{"privat"}}, "..01000"},
		{"the same employer", Spec{Kind: Retention, After: 1, SameEmployer: true}, "111111."},
		{"another employer", Spec{Kind: Retention, After: 2, SameEmployer: true}, "00000.."},
		{"an unknown employer", Spec{Kind: Retention, After: 4, SameEmployer: true}, "000...."},
		{"back with the first employer", Spec{Kind: Retention, After: 5, SameEmployer: true}, "11....."},
	} {
		if !c.spec.NeedsJobs() {
			t.Errorf("%s: needs no jobs", c.name)
		}
		d := compile(t, c.spec, env)
		if got := show(d.Follow(h, january, 7, nil)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	// Later starts have work before them: with A in month 1, with B in months 3 and 4.
	for _, c := range []struct {
		start int
		of    string
		want  string
	}{{2, "samme", "00010"}, {2, "annen", "11000"}, {2, "ukjent", "00100"}, {4, "samme", "000"}, {4, "annen", "010"}, {5, "annen", "10"}} {
		d := compile(t, Spec{Kind: Work, Employer: []string{c.of}}, env)
		if got := show(d.Follow(h, january+calendar.Month(c.start), len(c.want), nil)); got != c.want {
			t.Errorf("start in month %d, %s: got %s, want %s", c.start, c.of, got, c.want)
		}
	}
	unknown := history("0f0s6f")
	unknown.Jobs = &register.JobHistory{Employer: []int32{0, 0, 0, 1, 2, 1}}
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{Kind: Work, Employer: []string{"ukjent"}}, "011"}, // the last ordinary job is that of month 1: what a tiltak pays is none
		{Spec{Kind: Work, Employer: []string{"ukjent"}, Terms: AllTerms}, "111"},
		{Spec{Kind: Work, Employer: []string{"samme", "annen"}}, "000"},
	} {
		if got := show(compile(t, c.spec, env).Follow(unknown, january+2, 3, nil)); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.spec, got, c.want)
		}
	}
	// What came last before the start counts on the terms of the outcome: of a start in month 4 the job of the tiltak, or the one before it.
	known := history("0f0s6f")
	known.Jobs = &register.JobHistory{Employer: []int32{0, 2, 0, 1, 2, 1}}
	if got := show(compile(t, Spec{Kind: Work, Employer: []string{"samme"}}, env).Follow(known, january+3, 2, nil)); got != "10" {
		t.Errorf("ordinary work before the start: %s", got)
	}
	if got := show(compile(t, Spec{Kind: Work, Employer: []string{"samme"}, Terms: AllTerms}, env).Follow(known, january+4, 1, nil)); got != "1" {
		t.Errorf("any work before the start: %s", got)
	}
	if d := compile(t, Spec{Kind: Work, Employer: []string{"samme"}}, env); d.HasSeries() {
		t.Error("an outcome that depends on the start has a series")
	}
	// A history without main jobs, such as a simulated path, has no such outcome.
	if got := show(compile(t, Spec{Kind: Work, Sector: []string{"privat"}}, env).Follow(history("0fff"), january, 3, nil)); got != "..." {
		t.Errorf("without jobs: %s", got)
	}
	if _, err := (Spec{ID: "a", Kind: Work, Sector: []string{"privat"}}).Compile(Env{}); fault.CodeOf(err) != "outcome_jobs" {
		t.Errorf("without jobs: %v", err)
	}
	if err := (Spec{ID: "a", Kind: Earnings, Sector: []string{"privat"}}).Validate(); fault.CodeOf(err) != "outcome_sector" {
		t.Errorf("earnings in a sector: %v", err)
	}
}

// A column that the register lacks is refused, where the outcome would be 0 for everybody; a value that no row has is said.
func TestJobColumnsThatAreNotThere(t *testing.T) {
	jobs := &register.Jobs{Sectors: []string{"kommune", "privat"}}
	for _, s := range []Spec{{Contract: []string{"fast"}}, {Industry: []string{"-47"}}, {Employer: []string{"samme"}}, {Kind: Retention, SameEmployer: true}} {
		if s.Kind == "" {
			s.Kind = Work
		}
		s.ID = "x"
		if _, err := s.Compile(Env{Jobs: jobs}); fault.CodeOf(err) != "outcome_jobs" {
			t.Errorf("%+v: %v", s, err)
		}
	}
	s := Spec{ID: "x", Kind: Work, Sector: []string{"Privat", "-privaat", "ukjent"}}
	if got := s.Absent(jobs); len(got) != 1 || !strings.HasPrefix(got[0], "outcome `x`: `sector: -privaat` stands in no row of column `sektor` of `maaned` (did you mean `privat`?)") {
		t.Errorf("%q", got)
	}
}
