package report

import (
	"encoding/json"
	"html/template"
	"strings"
	"testing"

	"tiltakseffekt/results"
	"tiltakseffekt/results/internal/madeup"
)

// A run with a plan says which, where the study departs from it, and which main figures were not planned; one without says
// nothing of plans.
func TestPlanIsShown(t *testing.T) {
	r, tables := madeup.Make(2, 2)
	if page := render(t, r, tables, "en"); strings.Contains(page, "The plan</h3>") || strings.Contains(page, "were not planned") {
		t.Error("a run without a plan speaks of one")
	}
	focus := r.Focus()
	for i := range tables.Estimates {
		e := &tables.Estimates[i]
		e.Plan = results.Planned
		if e.Tiltak == r.Tiltak[1].ID && e.Month != nil && *e.Month == focus.Month {
			e.Plan = results.Exploratory
		}
	}
	r.Plan = &results.Plan{SHA256: strings.Repeat("ab", 32), Planned: 7, Exploratory: 3, Deviations: []results.PlanDeviation{
		{Key: "tiltak." + r.Tiltak[1].ID, Planned: json.RawMessage("null"), Run: json.RawMessage(`"<æ>"`), Concerns: "item"}}}
	for lang, want := range map[string][]string{
		"en": {"<h3>The plan</h3>", strings.Repeat("ab", 32), "7 of the figures are planned, and 3 are exploratory", "&lt;æ&gt;", "not given", "Main figures that were not planned"},
		"nb": {"<h3>Planen</h3>", "7 av tallene er planlagt, og 3 er utforskende", "ikke oppgitt", "Hovedtall som ikke var planlagt"},
	} {
		page := render(t, r, tables, lang)
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the report does not say %q", lang, w)
			}
		}
		_, block, _ := strings.Cut(page, want[len(want)-1])
		block, _, _ = strings.Cut(block, "</ul>")
		for k, shown := range []bool{false, true} {
			name := results.Name(r.Tiltak, r.Tiltak[k].ID, lang) + ", " + lower(results.Name(r.Groups, r.Groups[0].ID, lang))
			if strings.Contains(block, template.HTMLEscapeString(name)) != shown {
				t.Errorf("%s: %s is named among the exploratory ones: %v", lang, name, !shown)
			}
		}
	}
}
