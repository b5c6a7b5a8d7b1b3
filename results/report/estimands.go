package report

import (
	"fmt"
	"slices"
	"strings"
)

// estimandLimits say whom the figures are about, where that is not all who started: a method for another target, and cells
// in which a method dropped so many that its figure is of those kept.
func (b *builder) estimandLimits() []limit {
	type of struct{ method, estimand string }
	cells := map[of][]cell{}
	var order []of
	for i := range b.t.Estimates {
		e := &b.t.Estimates[i]
		if e.Estimand == "" || e.Estimand == "ATT" || e.Reason != "" || e.Role != "primary" {
			continue
		}
		k, c := of{e.Method, e.Estimand}, cell{e.Tiltak, e.Group}
		if cells[k] == nil {
			order = append(order, k)
		}
		if !slices.Contains(cells[k], c) {
			cells[k] = append(cells[k], c)
		}
	}
	if len(order) == 0 {
		return nil
	}
	l := limit{Title: b.say("Ikke alle tall gjelder alle som startet", "Not all figures are about all who started"),
		Text: b.say("Noen metoder svarer for en annen gruppe, eller bare for dem de fant noen å sammenligne med. Tall for ulike grupper skal ikke leses mot hverandre som om de gjaldt de samme.",
			"Some methods answer for other people, or only for those they found somebody to compare with. Figures about different people should not be read against each other as if they were about the same.")}
	total := len(b.run.Tiltak) * len(b.run.Groups)
	for _, k := range order {
		l.Cells = append(l.Cells, fmt.Sprintf("%s: %s (%s)", b.method(k.method), b.estimand(k.estimand), b.sayf("%d av %d kombinasjoner av tiltak og gruppe", "%d of %d combinations of tiltak and group", len(cells[k]), total)))
	}
	return []limit{l}
}

// estimand says in words whom a figure is about.
func (b *builder) estimand(name string) string {
	target, kept, dropped := strings.Cut(name, "_")
	text := map[string]string{
		"ATT": b.say("de som startet", "those who started"),
		"ATC": b.say("de som ikke startet", "those who did not start"),
		"ATE": b.say("alle, også de som ikke startet", "everybody, those who did not start too"),
		"ATO": b.say("de som like gjerne kunne startet som ikke", "those who might as well have started as not"),
		"ATM": b.say("de som har en lik i den andre gruppen", "those with somebody alike in the other arm"),
	}[target]
	switch {
	case !dropped:
		return text
	case kept == "base_known":
		return text + b.say(", der tiden før registrering er kjent", ", where the time before registration is known")
	case kept == "trimmed":
		return text + b.say(", uten dem som nesten sikkert startet", ", without those who were almost sure to start")
	}
	return text + b.say(" og fikk en å sammenlignes med", " and found somebody to be compared with")
}
