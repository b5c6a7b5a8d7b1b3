package report

import (
	"math"
	"strings"

	"tiltakseffekt/results"
)

// weakFirstStage is the F of the offer in the share who took part under which the effect of taking part is not shown: under it the
// ratio and its normal interval mislead (Staiger and Stock 1997, Econometrica 65:557).
const weakFirstStage = 10

// experiment is the section on an assignment by chance, nil where the run has none: a table an outcome, the effect of being offered
// beside that of taking it up.
func (b *builder) experiment() *block {
	if len(b.t.Experiment) == 0 {
		return nil
	}
	first := &b.t.Experiment[0]
	bl := &block{Title: b.say("Der tilfeldighet bestemte", "Where chance decided"),
		Text: b.say("Tilfeldighet bestemte hvem som fikk tilbudet. Første kolonne er virkningen av å få det, for alle det gjaldt; den andre er virkningen for dem som deltok fordi de fikk det, og bygger på at tilbudet virker gjennom deltakelsen alene. Begge er justert for alder, kjønn og arbeid året før. Den siste er sannsynligheten for et minst like stort utslag ved ren tilfeldighet.",
			"Chance decided who was offered it. The first column is the effect of the offer, on all whom it concerned; the second is the effect on those who took part because of it, and rests on the offer working through taking part alone. Both are adjusted for age, sex and work in the year before. The last is the probability of a difference as large by chance alone.")}
	if first.Randomised == "office" {
		bl.Text += " " + b.say("Det var kontorer som ble trukket, og usikkerheten er regnet med kontorene som enheter.", "Offices were drawn, and the uncertainty is that of offices.")
	}
	var unmoved []string
	for _, y := range b.run.Outcomes {
		unit := b.say("prosentpoeng", "percentage points")
		if b.set.Money(y.ID) {
			unit = b.say("kroner per måned", "NOK a month")
		}
		t := b.table(b.sayf("%s (virkning i %s, med %s intervall)", "%s (effect in %s, with %s interval)", b.outcome(y.ID), unit, b.l.Percent(b.run.Level, 0)), b.say("Måned", "Month"), b.say("Virkning av tilbudet", "Effect of the offer"), b.say("Virkning av å delta", "Effect of taking part"), b.say("p, trekning", "p, randomisation"))
		weak := b.weak(y.ID)
		if weak {
			unmoved = append(unmoved, b.sayf("«%s»", "“%s”", b.outcome(y.ID)))
		}
		cells := map[int]map[string]*results.Experiment{}
		last := 0
		for i := range b.t.Experiment {
			e := &b.t.Experiment[i]
			if e.Outcome != y.ID || e.Estimand == "first_stage" || e.StdErrorType == "anderson-rubin" {
				continue
			}
			if cells[e.Month] == nil {
				cells[e.Month] = map[string]*results.Experiment{}
			}
			cells[e.Month][e.Estimand] = e
			last = max(last, e.Month)
		}
		for m := 1; m <= last; m++ {
			itt := cells[m]["itt"]
			if itt == nil || m != 1 && m != 3 && m%6 != 0 && m != last && math.IsNaN(itt.PRandomisation) {
				continue
			}
			row := []tableCell{numberCell(b.l.Count(m), float64(m))}
			for _, estimand := range []string{"itt", "late"} {
				cell := numberCell("–", math.NaN())
				if e := cells[m][estimand]; e != nil && estimand == "late" && weak {
					cell.Sub = b.say("for få flere deltok", "too few more took part")
				} else if e != nil && math.IsNaN(e.Estimate) {
					cell.Sub = b.short(e.Reason)
				} else if e != nil {
					cell = numberCell(b.effect(y.ID, e.Estimate), e.Estimate)
					if !math.IsNaN(e.ConfLow) {
						cell.Sub = b.interval(y.ID, e.ConfLow, e.ConfHigh)
					}
				}
				row = append(row, cell)
			}
			p := numberCell("–", math.NaN())
			if !math.IsNaN(itt.PRandomisation) {
				p = numberCell(b.l.Decimal(itt.PRandomisation, 3), itt.PRandomisation)
			}
			t.add(append(row, p)...)
		}
		if len(t.Rows) > 0 {
			bl.Tables = append(bl.Tables, t)
		}
	}
	if unmoved != nil {
		bl.Text += " " + b.sayf("Tilbudet fikk for få flere til å delta (F under %d) til at virkningen av å delta kan tallfestes (%s); tabellen experiment har mengden etter Anderson og Rubin, som gjelder likevel.",
			"The offer made too few more take part (F under %d) for the effect of taking part to be put in figures (%s); table experiment has the set of Anderson and Rubin, which holds all the same.", weakFirstStage, strings.Join(unmoved, ", "))
	}
	return bl
}

// weak tells whether the offer moved too few for the effect of taking part in an outcome to be shown.
func (b *builder) weak(outcome string) bool {
	for i := range b.t.Experiment {
		if e := &b.t.Experiment[i]; e.Outcome == outcome && e.Estimand == "first_stage" && e.FirstStageF < weakFirstStage { // NaN: not known
			return true
		}
	}
	return false
}
