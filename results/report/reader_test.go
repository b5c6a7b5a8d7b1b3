package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/number"
	"tiltakseffekt/results"
	"tiltakseffekt/results/internal/madeup"
)

// TestReservationsAreOfTheHeadline: the arms differ by nearest in the made-up run, and the headline is of ebal.
func TestReservationsAreOfTheHeadline(t *testing.T) {
	r, tables := madeup.Make(6, 7)
	differ := func() (n int) {
		b := newBuilder(r, tables, "nb")
		for _, k := range r.Tiltak {
			for _, g := range r.Groups {
				if slices.Contains(b.tags(cell{k.ID, g.ID}), "gruppene er ulike") {
					n++
				}
			}
		}
		return n
	}
	if n := differ(); n != 0 {
		t.Errorf("%d cells have a reservation that is of another method", n)
	}
	r.Resolved = []byte(strings.Replace(string(r.Resolved), `"method":"ebal"`, `"method":"nearest"`, 1))
	if differ() == 0 {
		t.Error("no cell has the reservation of the method of the headline")
	}
}

func TestDoubtfulPrice(t *testing.T) {
	r, tables := madeup.Make(2, 1)
	k := r.Tiltak[0].ID
	r.Messages = []results.Message{{Code: "rate_outside_period", Tiltak: []string{k}, Most: true, Text: results.Text{NB: "Satsen er gammel.", EN: "The rate is old."}}}
	page := render(t, r, tables, "nb")
	b := newBuilder(r, tables, "nb")
	if !slices.Contains(b.tags(cell{k, "alle"}), "satsen gjelder en annen periode") || slices.Contains(b.tags(cell{r.Tiltak[1].ID, "alle"}), "satsen gjelder en annen periode") {
		t.Error("the price of a rate of another period has no reservation, or another price has")
	}
	if !strings.Contains(b.card(k, "alle").Reserve, "satsen gjelder en annen periode") || !strings.Contains(page, "Prisen er usikker") {
		t.Error("card or limitations do not say that the price is doubtful")
	}
	r.Messages[0].Most = false
	if slices.Contains(newBuilder(r, tables, "nb").tags(cell{k, "alle"}), "satsen gjelder en annen periode") {
		t.Error("a concern about under a tenth stands beside the price")
	}
}

func TestWhatWasNotEstimatedHasNoNoughtParticipants(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	for i := range tables.Estimates {
		e := &tables.Estimates[i]
		nan := math.NaN()
		e.Estimate, e.ConfLow, e.ConfHigh, e.MeanTreated, e.MeanComparison, e.Reason = nan, nan, nan, nan, nan, estimate.TooFewTreated
		e.NStarts, e.NPersonsTreated, e.NStartsEligible = 0, 0, 17
	}
	b := newBuilder(r, tables, "nb")
	e := b.focusRow(r.Tiltak[0].ID, "alle")
	if c := b.participants(e); c.Text != "17" || c.Sub != "starter" {
		t.Errorf("17 starts that were not estimated are shown as %+v", c)
	}
	e.NStartsEligible = -1
	if c := b.participants(e); c.Text != "–" {
		t.Errorf("a hidden number is shown as %+v", c)
	}
	for _, f := range b.findings {
		if f.kind == fewPersons {
			t.Errorf("nobody is few: %s", f.text)
		}
	}
}

// The p-value from permutations stands where the few participants are named, with Norwegian decimals in Norwegian; where there is none nothing is said.
func TestFewParticipantsHaveTheirPermutationTest(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	for _, p := range []float64{math.NaN(), 0.0127} {
		for i := range tables.Estimates {
			tables.Estimates[i].NPersonsTreated, tables.Estimates[i].NStarts, tables.Estimates[i].PPermutation = 31, 31, p
		}
		for lang, want := range map[number.Lang]string{"nb": "p = 0,013", "en": "p = 0.013"} {
			found := false
			for _, f := range newBuilder(r, tables, lang).findings {
				if f.kind == fewPersons {
					found = true
					if strings.Contains(f.text, want) != (p > 0) || strings.Contains(f.text, "NaN") {
						t.Errorf("%s, %v: %s", lang, p, f.text)
					}
				}
			}
			if !found {
				t.Errorf("%s: 31 are not few", lang)
			}
		}
	}
}

func TestHowManyAreAnalysedWhereItIsHidden(t *testing.T) {
	r, tables := madeup.Make(2, 1)
	tables.Flow = nil
	for i, k := range r.Tiltak {
		tables.Flow = append(tables.Flow, results.Flow{Tiltak: k.ID, Group: "alle", Action: "start", Rows: 100 - 101*i, Persons: 100}, results.Flow{Tiltak: k.ID, Group: "alle", Action: "analysed", Rows: 90, Persons: 90})
	}
	l, ok := newBuilder(r, tables, "nb").good(underHalf)
	if !ok || !strings.Contains(l.Text, "90") || !strings.Contains(l.Text, "1 av 2") {
		t.Errorf("90 of 100 and one hidden is said as %q", l.Text)
	}
	for i := range tables.Flow {
		tables.Flow[i].Rows = -1
	}
	if l, ok := newBuilder(r, tables, "nb").good(underHalf); ok {
		t.Errorf("where all is hidden it is said %q", l.Text)
	}
}

func TestLanguageOfMessages(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	r.Warnings = []fault.Warning{{Code: "a", Message: "english a"}, {Code: "b", Message: "english b"}, {Code: "suppressed", Message: "hidden"}}
	r.Messages = []results.Message{{Code: "a", Text: results.Text{NB: "norsk a", EN: "english a"}}}
	r.Rules = []results.Label{{ID: "end_before_start", Text: results.Text{NB: "Slutt før start; raden er utelatt", EN: "The end is before the start; the row is left out"}}}
	nb, en := render(t, r, tables, "nb"), render(t, r, tables, "en")
	if !strings.Contains(nb, "<li>norsk a</li>") || strings.Contains(nb, "english a") || !strings.Contains(nb, `<li lang="en">english b</li>`) || !strings.Contains(en, "english a") {
		t.Error("messages are not in the language of the report")
	}
	if !strings.Contains(nb, "Slutt før start; raden") || strings.Contains(nb, "The end is before") || strings.Contains(nb+en, "evaluate verify") {
		t.Error("rules are not in words, or a command that is not there is named")
	}
}
