package report

import (
	"strings"
	"testing"

	"tiltakseffekt/results/internal/madeup"
)

// TestEstimandsAreSaid: a report with figures about others than all who started says so, by method, in both languages, and
// one without says nothing.
func TestEstimandsAreSaid(t *testing.T) {
	r, tables := madeup.Make(1, 1)
	for i := range tables.Estimates {
		tables.Estimates[i].Estimand = "ATT"
	}
	for lang, words := range map[string][2]string{"nb": {"Ikke alle tall gjelder alle som startet", "de som like gjerne kunne startet som ikke"},
		"en": {"Not all figures are about all who started", "those who might as well have started as not"}} {
		if page := render(t, r, tables, lang); strings.Contains(page, words[0]) {
			t.Errorf("%s: a run of the att says that it is not", lang)
		}
		others := *tables
		others.Estimates = append(others.Estimates[:0:0], tables.Estimates...)
		for i := range others.Estimates {
			if others.Estimates[i].Method == r.Methods[0].ID {
				others.Estimates[i].Estimand = "ATO"
			}
		}
		page := render(t, r, &others, lang)
		for _, w := range words {
			if !strings.Contains(page, w) {
				t.Errorf("%s: %q is not said", lang, w)
			}
		}
	}
}
