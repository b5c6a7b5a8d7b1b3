package report

import (
	"math"

	"tiltakseffekt/results"
)

// apart are the effects by what is known before the start, or by variant of the tiltak, with the tests of whether they differ.
// Places stand with shrunken figures and with how unsure their order is, never as a ranking.
func (b *builder) apart(tiltak, group string, _ bool) (block, error) {
	bl := block{Title: b.say("Virkning i undergrupper", "Effects apart"),
		Text: b.say("Utforskende: et utvalg av mange mulige inndelinger. p-verdiene er korrigert for hvor mange det er. Tall for steder og leverandører er trukket mot gjennomsnittet etter hvor usikre de er; rekkefølgen mellom dem sier lite.",
			"Exploratory: a choice among many possible divisions. p-values are corrected for how many there are. Figures of places and providers are drawn towards the mean by how unsure they are; their order says little.")}
	t := b.table(b.say("Virkning i undergrupper", "Effects apart"), b.say("Inndeling", "Divided by"), b.say("Verdi", "Value"), b.say("Utfall", "Outcome"), b.say("Måned", "Month"), b.say("Metode", "Method"),
		b.say("Virkning", "Effect"), b.say("p, korrigert", "p, corrected"), b.say("Starter", "Starts"))
	for i := range b.t.Estimates {
		e := &b.t.Estimates[i]
		if e.Tiltak != tiltak || e.Group != group || e.SubsetVar == "" || e.Month == nil {
			continue
		}
		c := numberCell(b.effect(e.Outcome, e.Estimate), e.Estimate)
		switch {
		case e.Reason != "":
			c.Sub = b.short(e.Reason)
		case !math.IsNaN(e.ConfLow):
			c.Sub = b.l.Range(b.effect(e.Outcome, e.ConfLow), b.effect(e.Outcome, e.ConfHigh))
		}
		value := b.subsetValue(e.SubsetValue)
		if e.Comparison == "other_variants" {
			value += b.say(" mot de andre", " against the others")
		}
		p, starts := textCell("–"), textCell("–")
		if !math.IsNaN(e.PAdjusted) {
			p = numberCell(b.l.Decimal(e.PAdjusted, 3), e.PAdjusted)
		}
		if e.NStartsEligible >= 0 {
			starts = numberCell(b.l.Count(e.NStartsEligible), float64(e.NStartsEligible))
		}
		t.add(textCell(b.subsetVar(e.SubsetVar)), textCell(value), textCell(b.outcome(e.Outcome)), numberCell(b.l.Count(*e.Month), float64(*e.Month)), textCell(b.method(e.Method)), c, p, starts)
	}
	if len(t.Rows) == 0 {
		return bl, nil
	}
	bl.Tables = append(bl.Tables, t)
	if tests := b.apartTests(tiltak, group); len(tests.Rows) > 0 {
		bl.Tables = append(bl.Tables, tests)
	}
	return bl, nil
}

// apartTests say whether the values of each division differ; those between groups stand with every group.
func (b *builder) apartTests(tiltak, group string) *table {
	t := b.table(b.say("Er virkningene forskjellige?", "Do the effects differ?"), b.say("Inndeling", "Divided by"), b.say("Utfall", "Outcome"), b.say("Måned", "Month"), b.say("Hva", "What"),
		b.say("Verdi", "Value"), b.say("p", "p"), b.say("p, korrigert", "p, corrected"))
	for i := range b.t.Heterogeneity {
		h := &b.t.Heterogeneity[i]
		if h.Tiltak != tiltak || h.Group != "" && h.Group != group || h.SubsetValue != "" {
			continue
		}
		var what string
		value := textCell("–")
		switch h.Measure {
		case "difference":
			what = b.say("Samme virkning i alle", "The same effect in all")
		case "trend":
			what, value = b.say("Stigning per trinn", "Slope a step"), numberCell(b.effect(h.Outcome, h.Estimate), h.Estimate)
		case "slope":
			what, value = b.say("Stigning per enhet", "Slope a unit"), numberCell(b.effect(h.Outcome, h.Estimate), h.Estimate)
			if h.SubsetVar == "ledighet" {
				what = b.say("Stigning per prosentpoeng", "Slope a percentage point")
			}
		case "spread":
			what, value = b.say("Spredning mellom steder", "Spread between places"), numberCell(b.effect(h.Outcome, h.Estimate), h.Estimate)
		case "mean":
			what, value = b.say("Gjennomsnitt av steder", "Mean of places"), numberCell(b.effect(h.Outcome, h.Estimate), h.Estimate)
		}
		if h.Reason != "" {
			value = textCell(b.short(h.Reason))
		} else if !math.IsNaN(h.ConfLow) {
			value.Sub = b.l.Range(b.effect(h.Outcome, h.ConfLow), b.effect(h.Outcome, h.ConfHigh))
		}
		t.add(textCell(b.subsetVar(h.SubsetVar)), textCell(b.outcome(h.Outcome)), numberCell(b.l.Count(h.Month), float64(h.Month)), textCell(what), value, b.pCell(h.PValue), b.pCell(h.PAdjusted))
	}
	return t
}

func (b *builder) pCell(p float64) tableCell {
	if math.IsNaN(p) {
		return textCell("–")
	}
	return numberCell(b.l.Decimal(p, 3), p)
}

// subsetNames are what people call the divisions.
var subsetNames = map[string]results.Text{
	"group":          {NB: "Målgruppe", EN: "Group"},
	"elapsed":        {NB: "Måneder i forløpet", EN: "Months elapsed"},
	"year":           {NB: "Startår", EN: "Year of start"},
	"half_year":      {NB: "Halvår for start", EN: "Half-year of start"},
	"place":          {NB: "Plass i kjeden", EN: "Place in the chain"},
	"fylke":          {NB: "Fylke", EN: "County"},
	"nav_enhet":      {NB: "Nav-kontor", EN: "Nav office"},
	"ledighet":       {NB: "Lokal ledighet", EN: "Local unemployment"},
	"stramhet":       {NB: "Stramhet i arbeidsmarkedet", EN: "Tightness of the labour market"},
	"storrelse":      {NB: "Kontorets størrelse", EN: "Size of the office"},
	"portefolje":     {NB: "Brukere per veileder", EN: "Caseload"},
	"budsjett":       {NB: "Kontorets budsjett", EN: "Budget of the office"},
	"innhold":        {NB: "Innhold", EN: "Content"},
	"anskaffelse":    {NB: "Anskaffelse", EN: "Procurement"},
	"deltidsprosent": {NB: "Deltid, prosent", EN: "Part time, per cent"},
	"avtale":         {NB: "Avtale", EN: "Agreement"},
	"arrangor_id":    {NB: "Leverandør (nummerert)", EN: "Provider (numbered)"},
}

func (b *builder) subsetVar(name string) string {
	if t, ok := subsetNames[name]; ok {
		return t.In(b.lang())
	}
	return name
}

func (b *builder) subsetValue(v string) string {
	switch v {
	case "unknown":
		return b.say("ukjent", v)
	case "low":
		return b.say("lav", v)
	case "middle":
		return b.say("middels", v)
	case "high":
		return b.say("høy", v)
	case "yes":
		return b.say("ja", v)
	case "no":
		return b.say("nei", v)
	}
	return v
}
