package report

import (
	"math"
	"strconv"

	"tiltakseffekt/results"
)

// descriptive are the shares among those in work, beside which no interval stands: who finds work is itself changed by the
// tiltak.
func (b *builder) descriptive(tiltak, group string, first bool) (block, error) {
	bl := block{Title: b.say("Blant dem som er kommet i arbeid (beskrivende)", "Among those who have found work (descriptive)"),
		Text: b.say("Hvem som kommer i arbeid, endres av tiltaket selv. Forskjellen er derfor ingen virkning: den har verken usikkerhet eller p-verdi. Virkningen står under utfallet over alle starter.",
			"Who finds work is changed by the tiltak itself. The difference is therefore no effect: it has neither an interval nor a p-value. The effect stands under the outcome over all starts.")}
	for _, y := range b.run.Descriptive {
		t := b.table(y.Text.In(b.lang()), b.say("Måned", "Month"), b.say("Metode", "Method"), b.say("Med tiltaket", "With the tiltak"), b.say("Uten tiltaket", "Without"), b.say("Forskjell, beskrivende", "Difference, descriptive"))
		for i := range b.t.Descriptive {
			e := &b.t.Descriptive[i]
			if e.Tiltak != tiltak || e.Group != group || e.Outcome != y.ID || e.Reason != "" || !first && e.Month%12 != 0 {
				continue
			}
			t.add(numberCell(strconv.Itoa(e.Month), float64(e.Month)), textCell(b.method(e.Method)), numberCell(b.l.Percent(e.ShareTreated, 0), e.ShareTreated),
				numberCell(b.l.Percent(e.ShareComparison, 0), e.ShareComparison), numberCell(b.points(e), 100*e.Difference))
		}
		if len(t.Rows) > 0 {
			bl.Tables = append(bl.Tables, t)
		}
	}
	return bl, nil
}

func (b *builder) points(e *results.Descriptive) string {
	if math.IsNaN(e.Difference) {
		return "–"
	}
	return b.l.Signed(100*e.Difference, 0) + b.say(" pp", " pp")
}
