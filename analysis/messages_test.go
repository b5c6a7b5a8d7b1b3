package analysis

import (
	"strings"
	"testing"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"

	"tiltakseffekt/analysis/cost"
)

func TestWarningsHoldNoSmallCount(t *testing.T) {
	got := withoutSmall([]fault.Warning{{Code: "a", Message: "its 3 rows are kept"}, {Code: "b", Message: "its 1 row is kept"}, {Code: "c", Message: "its 30 rows are kept, 0 rows go, in 2024"}}, 5)
	for i, want := range []string{"its a few rows are kept", "its a few rows is kept", "its 30 rows are kept, 0 rows go, in 2024"} {
		if got[i].Message != want {
			t.Errorf("%q, want %q", got[i].Message, want)
		}
	}
}

// TestPriceWarningsHoldNoCount: the number of participations of a tiltak is that of its starts, which the flow may hide.
func TestPriceWarningsHoldNoCount(t *testing.T) {
	cat, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	var tally cost.Tally
	for range 7 {
		tally.Add("JOBBKLUBB", cost.Total{Unpriced: cost.NoRate})
	}
	tally.Add("JOBBKLUBB", cost.Total{})
	r := &runner{cat: cat}
	warnings := r.priceWarnings(&tally, nil)
	messages := r.localise(append(warnings, fault.Warning{Code: "break_2015", Message: "there is a break"}, fault.Warning{Code: "new", Message: "something new"}))
	if len(warnings) != 1 || strings.ContainsAny(warnings[0].Message, "0123456789") || !strings.Contains(warnings[0].Message, "most participations") {
		t.Errorf("7 of 8 without a price are said as %v", warnings)
	}
	if len(messages) != 3 || messages[0].Code != "not_priced" || !messages[0].Most || !strings.HasPrefix(messages[0].Text.NB, "Jobbklubb, i de fleste deltakelser") {
		t.Fatalf("messages %+v", messages)
	}
	if m := messages[1]; !strings.Contains(m.Text.NB, "brudd") || m.Text.EN != "There is a break." {
		t.Errorf("a warning with a bokmål text is %+v", m)
	}
	if m := messages[2]; m.Text.NB != "" || m.Text.EN != "Something new." {
		t.Errorf("a warning without one is %+v", m)
	}
}

func TestCovariatesInWords(t *testing.T) {
	for id, want := range map[string]results.Text{
		"innsatsgruppe=spesielt_tilpasset": {NB: "Innsatsgruppe: spesielt tilpasset innsats", EN: "Innsatsgruppe: specially adapted effort"},
		"tiltak_1":                         {NB: "I tiltak, måneden før", EN: "In tiltak, the month before"},
		"tiltak_2_6":                       {NB: "I tiltak, andel måneder 2–6 før", EN: "In tiltak, share of months 2–6 before"},
	} {
		in := map[string][2]string{
			"innsatsgruppe=spesielt_tilpasset": {"Innsatsgruppe: spesielt_tilpasset", "Innsatsgruppe: spesielt_tilpasset"},
			"tiltak_1":                         {"I tiltak, andel måneder 1–1 før", "In tiltak, share of months 1–1 before"},
			"tiltak_2_6":                       {"I tiltak, andel måneder 2–6 før", "In tiltak, share of months 2–6 before"},
		}[id]
		if got := covariateText(id, in[0], in[1]); got != want {
			t.Errorf("%s is %+v", id, got)
		}
	}
}
