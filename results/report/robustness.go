package report

import (
	"math"

	"tiltakseffekt/results/figure"
)

// robustness is what the registry of rival choices says about a tiltak and group: the specification curve, whether the
// effect is there over all of them, and which choice moves it.
func (b *builder) robustness(tiltak, group string, first bool) (block, error) {
	r := b.set.Robustness(tiltak, group)
	if r == nil {
		return block{}, nil
	}
	bl := block{Title: b.say("Hvor mye valgene betyr", "How much the choices matter"),
		Text: b.say("Registeret over andre utvalg, definisjoner, kjennetegn, måneder og metoder var lagt fast i studien, og alle kombinasjoner er kjørt.",
			"The registry of other samples, definitions, covariates, months and methods was fixed in the study, and every combination was run.")}
	if first && r.Reason == "" {
		f := b.set.SpecificationCurve(tiltak, group, figure.Options{Lang: b.l, Width: figureWidth})
		d, err := b.draw(f, nil)
		if err != nil {
			return bl, err
		}
		bl.Drawings = append(bl.Drawings, d)
	}
	t := b.table(b.say("Alle valg samlet", "All choices together"), b.say("Hva", "What"), b.say("Verdi", "Value"))
	add := func(nb, en, text string, raw float64) {
		if !math.IsNaN(raw) {
			t.add(textCell(b.say(nb, en)), numberCell(text, raw))
		}
	}
	if r.Reason != "" {
		t.add(textCell(b.say("Alle valg", "All choices")), textCell(b.short(r.Reason)))
	} else {
		add("Kombinasjoner", "Combinations", b.l.Count(r.NSpecifications), float64(r.NSpecifications))
		add("… som lot seg beregne", "… that could be estimated", b.l.Count(r.NEstimated), float64(r.NEstimated))
		add("Midterste virkning", "Middle effect", b.effect(r.Outcome, r.Median), r.Median)
		add("Minste", "Smallest", b.effect(r.Outcome, r.Low), r.Low)
		add("Største", "Largest", b.effect(r.Outcome, r.High), r.High)
		add("Andel med samme fortegn som den midterste", "Share with the sign of the middle one", b.l.Percent(r.ShareSameSign, 0), r.ShareSameSign)
		add("Andel som alene er statistisk sikre", "Share that are significant by themselves", b.l.Percent(r.ShareSignificant, 0), r.ShareSignificant)
		add("p-verdi: så stor midterste virkning om ingen hadde noen", "p-value: so large a middle effect if none had any", b.l.Decimal(r.PMedian, 3), r.PMedian)
		add("p-verdi: så mange sikre om ingen hadde noen", "p-value: so many significant if none had any", b.l.Decimal(r.PSignificant, 3), r.PSignificant)
		names := figure.Factors(figure.Options{Lang: b.l})
		for i, v := range []float64{r.VarianceSample, r.VarianceDefinition, r.VarianceCovariates, r.VarianceMonth, r.VarianceMethod} {
			if v != 0 {
				add("Andel av forskjellene som følger "+lower(names[i]), "Share of the differences that follows the "+lower(names[i]), b.l.Percent(v, 0), v)
			}
		}
		add("… som følger kombinasjoner av valg", "… that follows combinations of choices", b.l.Percent(r.VarianceCombinations, 0), r.VarianceCombinations)
		add("Tilfeldig variasjon alene, mot forskjellene som er der", "Sampling error alone, against the differences there are", b.l.Percent(r.SamplingNoise, 0), r.SamplingNoise)
	}
	bl.Tables = append(bl.Tables, t)
	return bl, nil
}
