package report

import (
	"math"
	"strconv"

	"tiltakseffekt/results"
	"tiltakseffekt/results/figure"
)

// costEffect is what a start costs against what it gives: net benefit and acceptability first, the ratio where it is
// defined, and the cost–benefit analysis by its parts.
func (b *builder) costEffect(tiltak, group string, first bool) (block, error) {
	bl := block{Title: b.say("Kostnad mot virkning", "Cost against effect")}
	if b.run.CostEffect == nil {
		return block{}, nil
	}
	bl.Text = b.sayf("Per start, sammenlignet med %s. Alle tiltak i månedene etter start er regnet med i begge grupper, i nåverdi og %d-kroner.", "Per start, compared with %s. Every tiltak in the months after the start counts in both arms, as present value in %d prices.",
		b.run.CostEffect.NullAlternative.In(b.lang()), b.run.PriceYear)
	bl.Tables = append(bl.Tables, b.costEffectTable(tiltak, group))
	if t := b.benefitTable(tiltak, group); len(t.Rows) > 0 {
		bl.Tables = append(bl.Tables, t)
	}
	if len(bl.Tables[0].Rows) == 0 {
		return block{}, nil
	}
	if !first {
		return bl, nil
	}
	for _, effect := range []string{"months", "persons"} {
		f := b.set.Acceptability(tiltak, b.run.Groups[:1], effect, figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Hvor sannsynlig det er at det lønner seg", "How likely it is to pay")})
		if err := bl.draw(b, f, b.netBenefits(tiltak, group, effect)); err != nil {
			return bl, err
		}
	}
	if len(b.run.Groups) > 1 {
		f := b.set.PlaneOf(tiltak, "months", figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Gruppe for gruppe", "Group by group")})
		if err := bl.draw(b, f, nil); err != nil {
			return bl, err
		}
	}
	return bl, nil
}

// costEffectTable has the extra cost, the extra effects and the ratio of each method.
func (b *builder) costEffectTable(tiltak, group string) *table {
	t := b.table(b.say("Merkostnad og virkning per start", "Extra cost and effect per start"), b.say("Metode", "Method"), b.say("Hva", "What"), b.say("Forskjell", "Difference"),
		b.say("Deltakere", "Participants"), b.say("De andre", "The others"))
	number := func(c *results.CostEffect, text func(float64) string) tableCell {
		if math.IsNaN(c.Estimate) {
			cell := numberCell("–", math.NaN())
			cell.Sub = b.short(c.Reason)
			return cell
		}
		cell := numberCell(text(c.Estimate), c.Estimate)
		if !math.IsNaN(c.ConfLow) {
			cell.Sub = b.l.Range(text(c.ConfLow), text(c.ConfHigh))
		}
		return cell
	}
	none := numberCell("", math.NaN())
	for _, m := range b.run.Methods {
		for _, c := range b.set.CostEffects(tiltak, group, m.ID) {
			if c.Perspective != "tiltak" {
				continue
			}
			name := textCell(b.method(m.ID))
			level := func(x float64, text func(float64) string) tableCell {
				if math.IsNaN(x) {
					return none
				}
				return numberCell(text(x), x)
			}
			switch {
			case c.Statistic == "cost":
				t.add(name, textCell(b.say("merkostnad", "extra cost")), number(c, b.l.SignedKroner), level(c.MeanTreated, b.l.Kroner), level(c.MeanComparison, b.l.Kroner))
			case c.Statistic == "unpriced_share" && (c.MeanTreated > 0 || c.MeanComparison > 0):
				share := func(x float64) string { return b.l.Percent(x, 0) }
				t.add(name, textCell(b.say("andel av tiltaksmånedene uten kjent pris", "share of months in tiltak without a known price")), none, level(c.MeanTreated, share), level(c.MeanComparison, share))
			case c.Statistic == "effect" && c.Effect == "persons":
				t.add(name, textCell(b.sayf("ekstra personer i «%s» etter %d måneder, per 100", "extra persons in “%s” after %d months, per 100", b.outcome(c.Outcome), c.Month)), number(c, func(x float64) string { return b.l.Signed(100*x, 1) }), none, none)
			case c.Statistic == "effect":
				t.add(name, textCell(b.sayf("ekstra måneder i «%s»", "extra months in “%s”", b.outcome(c.Outcome))), number(c, func(x float64) string { return b.l.Signed(x, 2) }), none, none)
			case c.Statistic == "ratio" && c.Effect == "persons":
				t.add(name, textCell(b.say("kroner per ekstra person", "kroner per extra person")), number(c, b.l.Kroner), none, none)
			case c.Statistic == "ratio":
				t.add(name, textCell(b.say("kroner per ekstra måned", "kroner per extra month")), number(c, b.l.Kroner), none, none)
			}
		}
	}
	return t
}

// netBenefits are the points behind an acceptability curve.
func (b *builder) netBenefits(tiltak, group, effect string) *table {
	t := b.table(b.say("Netto nytte ved ulike verdier", "Net benefit at different values"), b.say("Metode", "Method"), b.say("Verdi", "Value"), b.say("Netto nytte per start", "Net benefit per start"), b.say("Andel over null", "Share over zero"))
	for _, m := range b.run.Methods {
		for _, c := range b.set.CostEffects(tiltak, group, m.ID) {
			if c.Statistic != "net_benefit" || c.Effect != effect || math.IsNaN(c.Estimate) {
				continue
			}
			net := numberCell(b.l.SignedKroner(c.Estimate), c.Estimate)
			net.Sub = b.l.Range(b.l.SignedKroner(c.ConfLow), b.l.SignedKroner(c.ConfHigh))
			t.add(textCell(b.method(m.ID)), numberCell(b.l.Kroner(c.Value), c.Value), net, numberCell(b.l.Percent(c.Share, 0), c.Share))
		}
	}
	return t
}

// benefitTable is the cost–benefit analysis: a row a part, a column a method.
func (b *builder) benefitTable(tiltak, group string) *table {
	head := []string{b.say("Del", "Part")}
	var methods []string
	for _, m := range b.run.Methods {
		for _, c := range b.set.CostEffects(tiltak, group, m.ID) {
			if c.Statistic == "tiltak" {
				methods, head = append(methods, m.ID), append(head, b.method(m.ID))
				break
			}
		}
	}
	t := b.table(b.say("Nytte og kostnad, kroner per start", "Benefit and cost, NOK per start"), head...)
	if len(methods) == 0 {
		return t
	}
	for _, k := range b.run.CostEffect.Components {
		cells := []tableCell{textCell(k.Text.In(b.lang()))}
		for _, m := range methods {
			cell := numberCell("–", math.NaN())
			for _, c := range b.set.CostEffects(tiltak, group, m) {
				if c.Statistic != k.ID || c.Perspective == "tiltak" {
					continue
				}
				if math.IsNaN(c.Estimate) {
					cell.Sub = b.short(c.Reason)
					continue
				}
				cell = numberCell(b.l.SignedKroner(c.Estimate), c.Estimate)
				cell.Sub = b.l.Range(b.l.SignedKroner(c.ConfLow), b.l.SignedKroner(c.ConfHigh))
			}
			cells = append(cells, cell)
		}
		t.add(cells...)
	}
	return t
}

// planes are the overviews over all tiltak in the first group: cost against effect, and what a participant costs.
func (b *builder) planes() ([]*drawing, error) {
	if len(b.run.Groups) == 0 {
		return nil, nil
	}
	var out []*drawing
	g := b.run.Groups[0].ID
	for _, f := range []*figure.Figure{
		b.set.Plane(g, "months", figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Hva det koster og hva det gir, alle tiltak", "What it costs and what it gives, every tiltak")}),
		b.set.DurationOverview(g, figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Tid i tiltaket, alle tiltak", "Time in the tiltak, every tiltak")}),
		b.set.CostOverview(g, figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Kostnad per deltaker, alle tiltak", "Cost per participant, every tiltak")}),
	} {
		d, err := b.draw(f, nil)
		if err != nil {
			return nil, err
		}
		if d != nil {
			out = append(out, d)
		}
	}
	return out, nil
}

// costLimits say what cost against effect rests on and leaves out.
func (b *builder) costLimits() []limit {
	n := b.run.CostEffect
	if n == nil {
		return nil
	}
	out := []limit{{Title: b.say("Kostnad mot virkning: hva det sammenlignes med", "Cost against effect: what it is compared with"), Text: capital(n.NullAlternative.In(b.lang())) + "."}}
	without := limit{Title: b.say("Virkninger uten pris", "Effects without a price"), Text: b.say("Disse er ikke med i noe tall om kostnad mot virkning:", "These are in no figure on cost against effect:")}
	for _, e := range n.NonPriced {
		without.Cells = append(without.Cells, e.In(b.lang()))
	}
	out = append(out, without)
	rests := limit{Title: b.say("Parametre bak kostnad mot virkning", "Parameters behind cost against effect")}
	for _, p := range n.Parameters {
		line := p.Name.In(b.lang()) + " " + b.l.Decimal(p.Value, 2)
		if p.FromYear > 0 {
			line += b.sayf(" fra år %s", " from year %s", strconv.FormatFloat(p.FromYear, 'f', -1, 64))
		}
		line += " (" + p.Source
		if !p.Confirmed {
			line += b.say("; tallet er ikke bekreftet", "; the figure is not confirmed")
		}
		rests.Cells = append(rests.Cells, line+")")
	}
	return append(out, rests)
}
