package report

import (
	"math"

	"tiltakseffekt/results"
)

// windows are the effects over ranges of months: months in work, or kroner earned, in all. Beside the effect of the main
// method stand those of the others.
func (b *builder) windows(tiltak, group string, _ bool) (block, error) {
	bl := block{Title: b.say("Virkning over flere måneder", "Effect over several months"),
		Text: b.say("Summen av virkningene i månedene. Grensene er satt på forhånd og like for alle: hvor lenge en deltakelse varer, er selv et resultat.",
			"The sum of the effects of the months. The limits are set beforehand and the same for everybody: how long a participation lasts is itself an outcome.")}
	t := b.table(b.say("Virkning over flere måneder", "Effect over several months"), b.say("Utfall", "Outcome"), b.say("Måneder", "Months"), b.say("Metode", "Method"), b.say("Virkning", "Effect"))
	for i := range b.t.Estimates {
		e := &b.t.Estimates[i]
		if e.Tiltak != tiltak || e.Group != group || e.Window == "" || e.Role != "primary" || e.SubsetVar != "" || e.Sample != "main" || e.Definition != "main" {
			continue
		}
		c := numberCell(b.sum(e, e.Estimate), e.Estimate)
		switch {
		case e.Reason != "":
			c.Sub = b.short(e.Reason)
		case !math.IsNaN(e.ConfLow):
			c.Sub = b.l.Range(b.sum(e, e.ConfLow), b.sum(e, e.ConfHigh))
		}
		t.add(textCell(b.outcome(e.Outcome)), textCell(b.window(e.Window)), textCell(b.method(e.Method)), c)
	}
	if len(t.Rows) > 0 {
		bl.Tables = append(bl.Tables, t)
	}
	return bl, nil
}

// sum writes a sum over months: kroner, or months in which the outcome holds.
func (b *builder) sum(e *results.Estimate, v float64) string {
	if math.IsNaN(v) {
		return b.l.Decimal(v, 0)
	}
	if b.set.Money(e.Outcome) {
		return b.l.SignedKroner(v)
	}
	return b.l.Signed(v, 2) + b.say(" md.", " months")
}
