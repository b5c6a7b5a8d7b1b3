package report

import (
	"math"
	"slices"

	"tiltakseffekt/results"
)

// preEffects is the difference between the arms in the months before the start, by the methods' own weights.
func (b *builder) preEffects(tiltak, group string, _ bool) (block, error) {
	var rows []results.PreEffect
	for _, p := range b.t.PreEffects {
		if p.Tiltak == tiltak && p.Group == group && p.Outcome == b.focus.Outcome {
			rows = append(rows, p)
		}
	}
	if len(rows) == 0 {
		return block{}, nil
	}
	bl := block{Title: b.say("Månedene før start", "The months before the start"),
		Text: b.say("Forskjellen mellom gruppene før start, med metodenes egne vekter. Der metoden gjør gruppene like i det som var før, er den nær null av seg selv: tallene viser hva metoden etterlot, ikke at gruppene er like i det som ikke er målt.",
			"The difference between the arms before the start, by the methods' own weights. Where a method makes the arms alike in what was before, it is near zero by itself: the figures show what the method left, not that the arms are alike in what was not measured.")}
	header := []string{b.say("Måned", "Month")}
	var methods []string
	for _, m := range b.run.Methods {
		methods = append(methods, m.ID)
		header = append(header, b.method(m.ID))
	}
	t := b.table(b.sayf("«%s» før start", "“%s” before the start", b.outcome(b.focus.Outcome)), header...)
	var months []int
	for _, p := range rows {
		if p.EventMonth != nil && !slices.Contains(months, *p.EventMonth) {
			months = append(months, *p.EventMonth)
		}
	}
	slices.Sort(months)
	for _, month := range months {
		cells := []tableCell{numberCell(b.l.Signed(float64(month), 0), float64(month))}
		for _, m := range methods {
			cell := numberCell("–", math.NaN())
			for _, p := range rows {
				if p.Method != m || p.EventMonth == nil || *p.EventMonth != month {
					continue
				}
				if math.IsNaN(p.Estimate) {
					cell.Sub = b.short(p.Reason)
					continue
				}
				cell = numberCell(b.effect(b.focus.Outcome, p.Estimate), p.Estimate)
				if !math.IsNaN(p.ConfLow) {
					cell.Sub = b.interval(b.focus.Outcome, p.ConfLow, p.ConfHigh)
				}
			}
			cells = append(cells, cell)
		}
		t.add(cells...)
	}
	bl.Tables = append(bl.Tables, t)
	return bl, nil
}
