package report

import (
	"math"
	"strings"

	"tiltakseffekt/results/figure"
)

// exits is where people went after the start, and how many participations ended early or went on long.
func (b *builder) exits(tiltak, group string, first bool) (block, error) {
	bl := block{Title: b.say("Veien videre, og korte og lange deltakelser", "Where people went, and short and long participations"),
		Text: b.say("Beskrivelse av alle som startet, ikke en virkning. Tallene er avrundet slik at ingen små antall kan regnes ut.", "A description of all who started, not an effect. The figures are rounded so that no small numbers can be worked out.")}
	if t := b.durationShares(tiltak, group); len(t.Rows) > 0 {
		bl.Tables = append(bl.Tables, t)
	}
	if !first {
		return bl, nil
	}
	if err := bl.draw(b, b.set.Exits(tiltak, group, figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Første vei ut etter start", "First way out after the start")}), b.exitTable(tiltak, group)); err != nil {
		return bl, err
	}
	return bl, bl.draw(b, b.set.Work(tiltak, group, figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Første arbeid og stabilt arbeid", "First work and stable work")}), nil)
}

func (b *builder) exitTable(tiltak, group string) *table {
	t := b.table(b.say("Andel som har gått hver vei", "Share that has gone each way"), b.say("Måned", "Month"), b.say("Vei", "Way"), b.say("Andel", "Share"), b.say("Intervall", "Interval"), b.say("Fulgt", "At risk"))
	for _, m := range []string{"exit:work", "exit:education", "exit:disability", "exit:death_or_emigration"} {
		for _, d := range b.set.Durations(tiltak, group, m) {
			if d.Reason != "" || math.IsNaN(d.Estimate) || math.Mod(d.Time, 6) != 0 && d.Time != 1 && d.Time != 3 {
				continue
			}
			t.add(numberCell(b.l.Decimal(d.Time, 0), d.Time), textCell(figure.ExitName(m, b.l)), numberCell(b.l.Percent(d.Estimate, 0), d.Estimate), textCell(b.l.Range(b.l.Percent(d.ConfLow, 0), b.l.Percent(d.ConfHigh, 0))), b.countCell(d.NRisk))
		}
	}
	return t
}

func (b *builder) durationShares(tiltak, group string) *table {
	t := b.table(b.say("Korte og lange deltakelser", "Short and long participations"), b.say("Hva", "What"), b.say("Andel", "Share"), b.say("Intervall", "Interval"))
	for _, d := range b.set.Tables.DurationShares {
		if d.Tiltak != tiltak || d.Group != group {
			continue
		}
		months := b.sayf("%s måneder", "%s months", b.l.Decimal(d.Months, 1))
		if d.Months == math.Trunc(d.Months) {
			months = b.sayf("%s måneder", "%s months", b.l.Decimal(d.Months, 0))
		}
		if d.Months == 1 {
			months = b.say("1 måned", "1 month")
		}
		var what string
		switch d.Measure {
		case "ended_within":
			what = b.sayf("sluttet innen %s", "ended within %s", months)
		case "longer_than":
			what = b.sayf("varte over %s", "lasted over %s", months)
		default:
			what = b.sayf("varte over grensen i forskriften, %s", "lasted beyond the limit of the regulation, %s", strings.ReplaceAll(d.Variant, "_", " "))
			if !math.IsNaN(d.Months) {
				what += " (" + months + ")"
			}
		}
		share := numberCell(b.l.Percent(d.Estimate, 0), d.Estimate)
		share.Sub = b.short(d.Reason)
		interval := textCell("")
		if !math.IsNaN(d.ConfLow) {
			interval = textCell(b.l.Range(b.l.Percent(d.ConfLow, 0), b.l.Percent(d.ConfHigh, 0)))
		}
		t.add(textCell(capital(what)), share, interval)
	}
	return t
}
