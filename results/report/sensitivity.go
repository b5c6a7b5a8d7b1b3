package report

import (
	"slices"
	"strings"

	"tiltakseffekt/results"
)

// mostBenchmarks is how many covariates a report compares a hidden cause with.
const mostBenchmarks = 6

// sensitivity says how strong something unmeasured would have to be, and what other choices would have given.
func (b *builder) sensitivity(tiltak, group string, _ bool) (block, error) {
	bl := block{Title: b.say("Hvor lite skal til for å velte svaret?", "How little would overturn the answer?"),
		Text: b.say("Ingen tall kan vise at alt viktig er målt. Dette viser hvor sterkt noe umålt måtte henge sammen med både start og utfall, og hva andre like rimelige valg hadde gitt.",
			"No figure can show that everything that matters was measured. This shows how strongly something unmeasured would have to go with both start and outcome, and what other choices as reasonable would have given.")}
	bounds := b.table(b.say("Hvor sterk en skjult årsak må være", "How strong a hidden cause must be"), b.say("Mål", "Measure"), b.say("Metode", "Method"), b.say("For å fjerne virkningen", "To take the effect away"), b.say("For å nå usikkerhetsintervallet", "To reach the interval"))
	marks := b.table(b.say("Hvis noe skjult var like sterkt som det vi kjenner", "If something hidden were as strong as what is known"), b.say("Like sterkt som", "As strong as"), b.say("Metode", "Method"), b.say("Da ville virkningen vært", "The effect would then be"))
	spread := b.table(b.say("Virkningen med andre valg", "The effect under other choices"), b.say("Valg", "Choice"), b.say("Virkning", "Effect"))
	var known []*results.Sensitivity
	for i := range b.t.Sensitivity {
		s := &b.t.Sensitivity[i]
		if s.Tiltak != tiltak || s.Group != group {
			continue
		}
		switch s.Measure {
		case "benchmark":
			if s.Method == b.focus.Method && s.Reason == "" {
				known = append(known, s)
			}
		case "spread":
			c := numberCell(b.effect(s.Outcome, s.Estimate), s.Estimate)
			if c.Sub = b.interval(s.Outcome, s.ConfLow, s.ConfHigh); s.Reason != "" {
				c.Sub = b.short(s.Reason)
			}
			choice := textCell(b.choice(s.Variation))
			if s.Estimand != "" && s.Estimand != "ATT" {
				choice.Sub = b.say("gjelder ", "for ") + b.estimand(s.Estimand)
			}
			spread.add(choice, c)
		default:
			digits := 2
			if s.Measure == "robustness-value" {
				digits = 3
			}
			value := numberCell(b.l.Decimal(s.Value, digits), s.Value)
			value.Sub = b.short(s.Reason)
			bounds.add(textCell(b.measure(s.Measure)), textCell(b.method(s.Method)), value, numberCell(b.l.Decimal(s.Bound, digits), s.Bound))
		}
	}
	slices.SortStableFunc(known, func(x, y *results.Sensitivity) int {
		switch {
		case x.Value*x.Bound > y.Value*y.Bound:
			return -1
		case x.Value*x.Bound < y.Value*y.Bound:
			return 1
		}
		return 0
	})
	for _, s := range known[:min(len(known), mostBenchmarks)] {
		c := numberCell(b.effect(s.Outcome, s.Estimate), s.Estimate)
		c.Sub = b.interval(s.Outcome, s.ConfLow, s.ConfHigh)
		marks.add(textCell(b.subject(s.Variation)), textCell(b.method(s.Method)), c)
	}
	for _, t := range []*table{bounds, marks, spread} {
		if len(t.Rows) > 0 {
			bl.Tables = append(bl.Tables, t)
		}
	}
	return bl, nil
}

// measure says what a measure counts in.
func (b *builder) measure(m string) string {
	switch m {
	case "e-value":
		return b.say("E-verdi (risikoforhold med start og med utfall)", "E-value (risk ratio with start and with outcome)")
	case "rosenbaum-gamma":
		return b.say("Rosenbaums gamma (oddsforhold for å starte, innenfor et par)", "Rosenbaum's gamma (odds ratio of starting, within a pair)")
	case "robustness-value":
		return b.say("Robusthetsverdi (andel av det uforklarte, i start og i utfall)", "Robustness value (share of what is unexplained, in start and in outcome)")
	}
	return m
}

// choice names another choice.
func (b *builder) choice(v string) string {
	if b.lang() != "nb" {
		return v
	}
	if n, ok := strings.CutPrefix(v, "caliper "); ok {
		return "kaliper " + strings.Replace(strings.TrimSuffix(n, " sd"), ".", ",", 1) + " standardavvik"
	}
	if t, ok := map[string]string{"order smallest": "lavest tilbøyelighet velger først", "order closest": "nærmeste par først", "order random": "tilfeldig rekkefølge", "no caliper": "uten kaliper",
		"method radius": "alle innenfor en radius", "method full": "full matching", "method ipw": "invers sannsynlighet", "method overlap": "overlappsvekter", "method ebal": "entropibalansering"}[v]; ok {
		return t
	}
	return v
}

// subject names what covariates are about: the words of the first of them before their months, or the name itself.
func (b *builder) subject(name string) string {
	for _, c := range b.run.Covariates {
		id, _, _ := strings.Cut(c.ID, "=")
		if id != name && !strings.HasPrefix(id, name+"_") {
			continue
		}
		text := b.set.CovariateName(c.ID, b.l)
		for _, cut := range []string{",", ":", " ("} {
			if head, _, ok := strings.Cut(text, cut); ok {
				text = head
			}
		}
		if id == name && c.ID != id { // a level of a factor does not name it
			return name
		}
		return text
	}
	return name
}
