package register

import (
	"testing"
)

// Every rule of the ledger has a text, and every text a rule.
func TestRuleTexts(t *testing.T) {
	months := base()
	months["person"] = `
		person_id fodselsaar kjonn  landgruppe utdanning dod_dato   utvandret_dato
		10        1980       kvinne norge      4         2020-03-15 2020-01-01
		20        1990       mann   eos        4         .          .
		30        2000       kvinne eos        7         .          .
		40        1960       mann   norge      0         .          .`
	months["person_kobling"] = "person_id gjelder_id\n11 10"
	months["deltakelsesmengde"] = "deltakelse_id gyldig_fra prosent\n1 2020-01-01 50"
	months["ytelse"] = "person_id ytelse fra til\n10 AAP 2020-01-01 ."
	months["person_historikk"] = "person_id fra til\n10 2020-01-01 ."
	months["omrade_maaned"] = "fylke maaned ledighet\n03 202001 2"
	months["enhet"] = "nav_enhet maaned\n0301 202001"
	months["tildeling"] = "nav_enhet arm dato"
	jobs := base()
	delete(jobs, "maaned")
	jobs["inntekt"] = "person_id maaned belop\n10 202001 1"
	jobs["arbeidsforhold"] = "person_id fra til stillingsprosent\n10 2020-01-01 . 100"
	used := map[string]bool{}
	for _, tables := range []map[string]string{months, jobs} {
		seen := map[string]bool{}
		for _, e := range mustRead(t, tables, Options{}).Ledger {
			if key := e.Table + " " + e.Rule; seen[key] {
				t.Errorf("%s stands twice in the ledger", key)
			} else {
				seen[key] = true
			}
			used[e.Rule] = true
			if text, ok := TextOf(e.Rule); !ok || text.NB == "" || text.EN == "" {
				t.Errorf("%s %s has no text", e.Table, e.Rule)
			}
			if e.Action != Dropped && e.Action != Changed && e.Action != Kept {
				t.Errorf("%s %s: action %q", e.Table, e.Rule, e.Action)
			}
		}
	}
	for i, text := range RuleTexts {
		if !used[text.Rule] {
			t.Errorf("no rule is called %s", text.Rule)
		}
		if text.Quirk < 0 || text.Quirk > 16 {
			t.Errorf("%s: quirk %d", text.Rule, text.Quirk)
		}
		for _, other := range RuleTexts[:i] {
			if other.Rule == text.Rule {
				t.Errorf("%s has two texts", text.Rule)
			}
		}
	}
}
