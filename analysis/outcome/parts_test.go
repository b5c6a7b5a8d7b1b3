package outcome

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
)

// In every month of random histories exactly one part of each division counts where the whole counts, and none elsewhere.
func TestPartsAddUp(t *testing.T) {
	jobs := &register.Jobs{Employers: []string{"A", "B"}, Sectors: []string{"kommune", "privat", "stat"}, Contracts: []string{"fast", "midlertidig"}, Industries: []string{"47.110", "84.110", "84.300"}}
	env := Env{Jobs: jobs}
	whole := Spec{ID: "arbeid", Kind: Work, Terms: AllTerms, Parts: &Parts{Terms: true, Employer: true, Sector: []string{"Privat"}, Contract: []string{"fast", "vikar"}, Industry: []string{"84.1", "47.1"}}}
	specs, err := whole.Expand()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	divisions := map[string][]*Definition{}
	for _, s := range specs[1:] {
		ids = append(ids, s.ID)
		key := "terms"
		switch {
		case s.Employer != nil:
			key = "employer"
		case s.Sector != nil:
			key = "sector"
		case s.Contract != nil:
			key = "contract"
		case s.Industry != nil:
			key = "industry"
		}
		d, err := s.Compile(env)
		if err != nil {
			t.Fatal(err)
		}
		divisions[key] = append(divisions[key], d)
	}
	want := "ordinaert i_tiltak samme_arbeidsgiver annen_arbeidsgiver ukjent_arbeidsgiver privat andre_sektor ukjent_sektor fast vikar andre_ansettelsesform ukjent_ansettelsesform naring_84_1 naring_47_1 andre_naring ukjent_naring"
	if got := strings.ReplaceAll(strings.Join(ids, " "), "arbeid_", ""); got != want || specs[0].ID != "arbeid" || specs[0].Parts != nil {
		t.Errorf("parts: %s", got)
	}
	all, err := specs[0].Compile(env)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 1))
	seen := map[string]bool{}
	for range 300 {
		text := make([]byte, 20)
		j := &register.JobHistory{Employer: make([]int32, 20), Sector: make([]uint8, 20), Contract: make([]uint8, 20), Industry: make([]uint16, 20)}
		for i := range text {
			text[i] = "0fs5ffsr"[r.IntN(8)]
			j.Employer[i], j.Sector[i], j.Contract[i], j.Industry[i] = r.Int32N(3), uint8(r.IntN(4)), uint8(r.IntN(3)), uint16(r.IntN(4))
		}
		if r.IntN(5) == 0 {
			text[19] = "dg"[r.IntN(2)]
		}
		h := history(string(text))
		h.Jobs = j
		y := all.Follow(h, january+8, 11, nil)
		for key, parts := range divisions {
			for t0, total := range y {
				sum := 0.
				for _, d := range parts {
					v := d.Follow(h, january+8, 11, nil)[t0]
					sum += v
					if v == 1 {
						seen[d.Spec.ID] = true
					}
				}
				if sum != total && !(sum != sum && total != total) {
					t.Fatalf("%s of %s, month %d: parts %v, whole %v", key, text, t0+1, sum, total)
				}
			}
		}
	}
	for _, s := range specs[1:] {
		if !seen[s.ID] && s.ID != "arbeid_vikar" { // no job has that contract
			t.Errorf("%s is never 1", s.ID)
		}
	}
}

func TestPartsRefused(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		why  string
	}{
		{Spec{ID: "a", Kind: StableWork, Parts: &Parts{Employer: true}}, "does not apply"},
		{Spec{ID: "a", Kind: Work, Parts: &Parts{}}, "is empty"},
		{Spec{ID: "a", Kind: Work, Parts: &Parts{Terms: true}}, "terms: all"},
		{Spec{ID: "a", Kind: Work, Employer: []string{"samme"}, Parts: &Parts{Employer: true}}, "both `employer`"},
		{Spec{ID: "a", Kind: Work, Sector: []string{"privat"}, Parts: &Parts{Sector: []string{"privat"}}}, "both `sector`"},
		{Spec{ID: "a", Kind: Work, Parts: &Parts{Contract: []string{"fast", "ukjent"}}}, "names `ukjent`"},
		{Spec{ID: "a", Kind: Work, Parts: &Parts{Sector: []string{"privat", "PRIVAT"}}}, "overlap"},
		{Spec{ID: "a", Kind: Work, Parts: &Parts{Industry: []string{"84", "84.1"}}}, "overlap"},
		{Spec{ID: strings.Repeat("a", 35), Kind: Work, Parts: &Parts{Employer: true}}, "shorter id"},
	} {
		if _, err := c.spec.Expand(); err == nil || fault.CodeOf(err) != "outcome_parts" || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%+v: %v, want %q", c.spec.Parts, err, c.why)
		}
	}
	if _, err := (Spec{ID: "a", Kind: Work, Parts: &Parts{Employer: true}}).Compile(Env{Jobs: &register.Jobs{}}); fault.CodeOf(err) != "outcome_parts" {
		t.Errorf("compiled with parts: %v", err)
	}
	plain := Spec{ID: "a", Kind: Earnings}
	if got, err := plain.Expand(); err != nil || len(got) != 1 || !slices.Equal([]Kind{got[0].Kind}, []Kind{Earnings}) {
		t.Errorf("%v, %v", got, err)
	}
}
