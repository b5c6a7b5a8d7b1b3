package analysis

import (
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
)

// Parts become outcomes of the study where they are written, and nowhere else; what looks at main jobs is read for rivals too.
func TestPartsInAStudy(t *testing.T) {
	s, err := Parse([]byte(minimal + "outcomes: [{id: arbeid, kind: work, parts: {employer: true}}, {id: lonn, kind: earnings}]\nheterogeneity: {by: [year], outcomes: [arbeid_annen_arbeidsgiver]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, o := range s.Outcomes {
		ids = append(ids, o.ID)
	}
	if want := []string{"arbeid", "arbeid_samme_arbeidsgiver", "arbeid_annen_arbeidsgiver", "arbeid_ukjent_arbeidsgiver", "lonn"}; !slices.Equal(ids, want) {
		t.Errorf("outcomes %v", ids)
	}
	if err := s.Resolve(); err != nil || len(s.Outcomes) != 5 {
		t.Errorf("resolved again: %v, %d outcomes", err, len(s.Outcomes))
	}
	for lines, want := range map[string]string{
		"outcomes: [{id: arbeid, kind: work, parts: {employer: true}}, {id: arbeid_samme_arbeidsgiver, kind: work}]\n":             "two with the id `arbeid_samme_arbeidsgiver`",
		"outcomes: [{id: arbeid, kind: work, parts: {employers: true}}]\n":                                                         "line 4: `employers` is no key",
		"robustness: {outcomes: [{id: a, kind: work, parts: {employer: true}}]}\n":                                                 "has `parts`, which the `outcomes` of a study alone can have",
		"placebo: {negative_controls: [{id: a, kind: work, parts: {employer: true}}]}\n":                                           "has `parts`, which the `outcomes` of a study alone can have",
		"outcomes: [{id: arbeid, kind: work, parts: {employer: true}}]\ninference: {family: {outcome: arbeid_annen, month: 12}}\n": "`inference.family.outcome: arbeid_annen`",
	} {
		if _, err := Parse([]byte(minimal + lines)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", lines, err)
		}
	}
	for _, lines := range []string{
		"robustness: {outcomes: [{id: fast, kind: stable_work, contract: [fast]}]}\n",
		"placebo: {negative_controls: [{id: fast, kind: work, employer: [samme]}]}\n",
		"outcomes: [{id: arbeid, kind: work, parts: {employer: true}}]\n",
	} {
		s, err := Parse([]byte(minimal + lines))
		if err != nil {
			t.Fatal(err)
		}
		if _, opt, _ := s.source(t.Context(), catalog.Default(), Options{}); !opt.Jobs { // there is no folder; what it is to be read with is known
			t.Errorf("%s: jobs are not read", lines)
		}
	}
}
