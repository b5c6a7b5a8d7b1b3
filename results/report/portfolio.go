package report

import (
	"math"
)

// portfolio sets the tiltak beside those that the same people get: effect, cost and use, and whether they do the same.
func (b *builder) portfolio(tiltak, group string, _ bool) (block, error) {
	bl := block{Title: b.say("Ved siden av andre tiltak", "Beside other tiltak"),
		Text: b.say("Tiltak mot tiltak blant dem som like gjerne kunne fått det ene som det andre. «Likeverdige» sier at forskjellen er vist å være mindre enn marginen i studien; «uavgjort» sier at verken det eller en forskjell er vist.",
			"Tiltak against tiltak among those who could as well have got the one as the other. “Equivalent” says that the difference is shown to be smaller than the margin of the study; “undecided” that neither that nor a difference is shown.")}
	t := b.table(b.say("Ved siden av andre tiltak", "Beside other tiltak"), b.say("Mot", "Against"), b.say("Virkning eller forskjell", "Effect or difference"), b.say("Margin", "Margin"), b.say("p, likeverdige", "p, equivalent"),
		b.say("Svar", "Verdict"), b.say("Kostnad per deltakelse", "Cost per participation"), b.say("Samlet kostnad", "Total cost"), b.say("Starter", "Starts"))
	for i := range b.t.Portfolio {
		p := &b.t.Portfolio[i]
		if p.Group != group || p.Tiltak != tiltak {
			continue
		}
		against := b.say("sammenligningen i studien", "the study's comparison")
		if p.Other != "" {
			against = b.tiltak(p.Other)
		}
		c := numberCell(b.effect(p.Outcome, p.Estimate), p.Estimate)
		switch {
		case p.Reason != "":
			c.Sub = b.short(p.Reason)
		case !math.IsNaN(p.ConfLow):
			c.Sub = b.l.Range(b.effect(p.Outcome, p.ConfLow), b.effect(p.Outcome, p.ConfHigh))
		}
		margin, cost, total, starts := textCell("–"), textCell("–"), textCell("–"), textCell("–")
		if !math.IsNaN(p.Margin) {
			margin = numberCell("± "+b.effect(p.Outcome, p.Margin), p.Margin)
		}
		if !math.IsNaN(p.CostPerParticipation) {
			cost = numberCell(b.l.SignedKroner(p.CostPerParticipation), p.CostPerParticipation)
		}
		if !math.IsNaN(p.CostTotal) {
			total = numberCell(b.l.SignedKroner(p.CostTotal), p.CostTotal)
		}
		if p.Starts >= 0 {
			starts = numberCell(b.l.Count(p.Starts), float64(p.Starts))
		}
		verdict := map[string]string{"equivalent": b.say("likeverdige", "equivalent"), "different": b.say("forskjellige", "different"), "undecided": b.say("uavgjort", "undecided")}[p.Verdict]
		t.add(textCell(against), c, margin, b.pCell(p.PEquivalenceAdjust), textCell(verdict), cost, total, starts)
	}
	if len(t.Rows) > 0 {
		bl.Tables = append(bl.Tables, t)
	}
	return bl, nil
}
