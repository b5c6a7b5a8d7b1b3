package outcome

import (
	"fmt"
	"testing"
)

// The divisions of what Parts makes are the parts, whichever way the terms are written, and nothing else is one.
func TestDivisions(t *testing.T) {
	whole := Spec{ID: "arbeid", Kind: Work, Terms: AllTerms, Parts: &Parts{Terms: true, Employer: true, Sector: []string{"privat"}}}
	specs, err := whole.Expand()
	if err != nil {
		t.Fatal(err)
	}
	specs = append(specs, Spec{ID: "halv", Kind: Work, Terms: AllTerms, Position: 50}, Spec{ID: "lonn", Kind: Earnings})
	want := "[{arbeid [arbeid_ordinaert arbeid_i_tiltak] []}" +
		" {arbeid [arbeid_samme_arbeidsgiver arbeid_annen_arbeidsgiver arbeid_ukjent_arbeidsgiver] [arbeid_ukjent_arbeidsgiver]}" +
		" {arbeid [arbeid_privat arbeid_andre_sektor arbeid_ukjent_sektor] [arbeid_ukjent_sektor]}]"
	if got := fmt.Sprint(Divisions(specs)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := Divisions([]Spec{{ID: "a", Kind: Work}, {ID: "b", Kind: StableWork, Months: 3}}); got != nil {
		t.Errorf("%v", got)
	}
}
