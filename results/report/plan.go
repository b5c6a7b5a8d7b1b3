package report

import (
	"encoding/json"
	"strings"

	"tiltakseffekt/results"
)

// planned is what the run says of the plan that it was given.
type planned struct {
	Title, Text string
	Deviations  *table // nil where there are none
}

// plan is nil where the run was given no plan.
func (b *builder) plan() *planned {
	p := b.run.Plan
	if p == nil {
		return nil
	}
	out := &planned{Title: b.say("Planen", "The plan"), Text: b.sayf(
		"Kjøringen ble holdt mot en plan som ble skrevet før utfallene ble lest (SHA-256 %s). %d av tallene er planlagt, og %d er utforskende. Når planen ble registrert, viser ikke kjøringen: det viser stedet der summen ble lagt.",
		"The run was held against a plan that was written before outcomes were read (SHA-256 %s). %d of the figures are planned, and %d are exploratory. The run does not show when the plan was registered: the place where its hash was laid does.",
		p.SHA256, p.Planned, p.Exploratory)}
	if len(p.Deviations) == 0 {
		return out
	}
	out.Deviations = b.table(b.say("Der studien avviker fra planen", "Where the study departs from its plan"),
		b.say("Valg", "Choice"), b.say("I planen", "In the plan"), b.say("I studien", "In the study"), b.say("Utforskende blir", "Exploratory for it"))
	for _, d := range p.Deviations {
		out.Deviations.add(textCell(d.Key), textCell(b.planChoice(d.Planned)), textCell(b.planChoice(d.Run)), textCell(b.concerns(d.Concerns)))
	}
	return out
}

// planChoice writes a value of a study file.
func (b *builder) planChoice(v json.RawMessage) string {
	if s := string(v); s != "null" && s != "" {
		return strings.Trim(s, `"`)
	}
	return b.say("ikke oppgitt", "not given")
}

func (b *builder) concerns(what string) string {
	switch what {
	case "all":
		return b.say("alle tall", "every figure")
	case "item":
		return b.say("tallene for det valget gjelder", "the figures that the choice is about")
	case "family":
		return b.say("tallene med justert p-verdi", "the figures with an adjusted p-value")
	}
	return b.say("ingen virkningstall; andre tabeller", "no effect; other tables")
}

// unplanned is the limitation that the main figure of some cells was not planned as it stands.
func (b *builder) unplanned() []limit {
	if b.run.Plan == nil {
		return nil
	}
	var names []string
	n := 0
	for i := range b.t.Estimates {
		e := &b.t.Estimates[i]
		if e.Plan != results.Exploratory || e.Role != "primary" || e.SubsetVar != "" || e.Month == nil || *e.Month != b.focus.Month || e.Outcome != b.focus.Outcome || e.Method != b.focus.Method {
			continue
		}
		if n++; n <= mostCells {
			names = append(names, b.tiltak(e.Tiltak)+", "+lower(b.group(e.Group)))
		}
	}
	if n == 0 {
		return nil
	}
	l := limit{Title: b.say("Hovedtall som ikke var planlagt", "Main figures that were not planned"),
		Text: b.say("Disse tallene er utforskende: noe i dem ble valgt annerledes enn i planen, eller etter den. De er spørsmål til neste studie, ikke svar i denne. «Slik gjentas kjøringen» viser avvikene.",
			"These figures are exploratory: something in them was chosen otherwise than in the plan, or after it. They are questions for the next study, not answers of this one. “How to repeat it” lists the departures."),
		Cells: names}
	if n > mostCells {
		l.More = b.sayf("og %d til", "and %d more", n-mostCells)
	}
	return []limit{l}
}
