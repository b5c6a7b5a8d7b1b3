package checklist_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
	"tiltakseffekt/results/checklist"
	"tiltakseffekt/results/internal/madeup"
)

// The numbers of items are those of the statements: 21 of TARGET in 39 parts, 22 of STROBE in 34.
func TestNumbersOfItems(t *testing.T) {
	r, tables := madeup.Make(2, 2)
	items := checklist.Items(r, tables, number.EN)
	whole, parts := map[string]map[string]bool{"TARGET": {}, "STROBE": {}}, map[string]int{}
	for _, i := range items {
		whole[i.Guideline][regexp.MustCompile(`^\d+`).FindString(i.Number)] = true
		parts[i.Guideline]++
		if i.Topic == "" || checklist.Source(i.Guideline) == "" {
			t.Errorf("%v says too little", i)
		}
	}
	for guideline, want := range map[string][2]int{"TARGET": {21, 39}, "STROBE": {22, 34}} {
		if got := [2]int{len(whole[guideline]), parts[guideline]}; got != want {
			t.Errorf("%s has %v items and parts, want %v", guideline, got, want)
		}
		for n := 1; n <= want[0]; n++ {
			if !whole[guideline][fmt.Sprint(n)] {
				t.Errorf("%s lacks item %d", guideline, n)
			}
		}
	}
}

// What the run knows is said, in both languages; what it cannot know is left open.
func TestAnswers(t *testing.T) {
	r, tables := madeup.Make(2, 2)
	r.Resolved = []byte(`{"population":{"age":[18,66],"eligible":"registered","washout":{"any":0,"same":6}},"exits":{"death":"zero","emigration":"censor"},"inference":{"multiplicity":"holm","family":{"outcome":"stabilt_arbeid","month":24,"method":"ebal"}}}`)
	for lang, want := range map[number.Lang]map[string]string{
		number.NB: {"6a": "18 til 66 år i måneden, registrert som arbeidssøker, uten samme tiltak de siste 6 månedene.", "6b": "Arbeidsforberedende trening (AFT); Arbeidstrening", "6d": "36 måneder", "7d": "Død teller som uten arbeid", "8": "analysert", "13": "etter 24 måneder", "6h": "Holm", "3": "Kommer flere"},
		number.EN: {"6a": "Aged 18 to 66 in the month, registered as job seekers, without the same tiltak in the last 6 months.", "7c": "3 measured covariates", "16": "These figures are made up.", "19": "0123456789abcdef"},
	} {
		got := map[string]string{}
		for _, i := range checklist.Items(r, tables, lang) {
			if i.Guideline == "TARGET" {
				got[i.Number] = i.Answer
			}
		}
		for n, w := range want {
			if !strings.Contains(got[n], w) {
				t.Errorf("%s %s: %q lacks %q", lang, n, got[n], w)
			}
		}
		for _, n := range []string{"2", "4", "15", "17", "20", "21"} {
			if got[n] != "" {
				t.Errorf("%s %s: the run cannot know it and says %q", lang, n, got[n])
			}
		}
	}
	for _, i := range checklist.Items(&results.Run{Schema: 1}, &results.Tables{}, number.NB) {
		if strings.Contains(i.Answer, "%!") || strings.Contains(i.Answer, "NaN") || (i.Number == "8" && i.Answer != "") {
			t.Errorf("of an empty run it is said: %v", i)
		}
	}
}

// A plan that the run was held against is an answer to item 18.
func TestPlanIsSaid(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	for _, plan := range []*results.Plan{nil, {SHA256: "abc123", Planned: 12, Exploratory: 3}} {
		r.Plan = plan
		for _, i := range checklist.Items(r, tables, number.EN) {
			if i.Guideline == "TARGET" && i.Number == "18" && (i.Answer == "") != (plan == nil) || i.Number == "18" && plan != nil && i.Guideline == "TARGET" && !strings.Contains(i.Answer, "abc123): 12 figures are planned, 3 exploratory") {
				t.Errorf("with plan %v it is said %q", plan, i.Answer)
			}
		}
	}
}

// A hidden estimate is not said.
func TestHiddenIsNotSaid(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	for i := range tables.Estimates {
		tables.Estimates[i].OnesTreated, tables.Estimates[i].NPersonsTreated = 2, 400
	}
	results.Suppress(tables, 5)
	for _, i := range checklist.Items(r, tables, number.EN) {
		if i.Number == "13" && i.Guideline == "TARGET" && i.Answer != "" {
			t.Errorf("hidden, and said: %s", i.Answer)
		}
	}
}
