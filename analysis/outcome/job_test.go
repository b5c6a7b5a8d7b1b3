package outcome

import (
	"testing"

	"tiltakseffekt/datasets/register"
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
