package report

import (
	"math"
	"strconv"
	"strings"
)

// bases are the estimates of difference-in-differences with a base nearer the registration, beside the one that stands.
func (b *builder) bases(tiltak, group string, _ bool) (block, error) {
	bl := block{Title: b.say("Basis nærmere registreringen", "A base nearer the registration"),
		Text: b.say("Forskjell-i-forskjeller måler endring fra tolv måneder som slutter sju måneder før registreringen. Faller utfallet før folk registrerer seg, flytter tallet seg når basisen rykker nærmere.",
			"Difference-in-differences measures change from twelve months that end seven months before the registration. Where the outcome falls before people register, the figure moves as the base comes nearer.")}
	t := b.table(b.say("Basis nærmere registreringen", "A base nearer the registration"), b.say("Utfall", "Outcome"), b.say("Måned", "Month"), b.say("Metode", "Method"),
		b.say("Basis slutter, måneder før", "Base ends, months before"), b.say("Virkning", "Effect"))
	type key struct {
		outcome, method string
		month           int
	}
	asked := map[key]bool{}
	base := func(definition string) (int, bool) {
		n, err := strconv.Atoi(strings.TrimPrefix(definition, "base "))
		return n, err == nil && strings.HasPrefix(definition, "base ")
	}
	for i := range b.t.Estimates {
		e := &b.t.Estimates[i]
		if _, ok := base(e.Definition); ok && e.Tiltak == tiltak && e.Group == group && e.Month != nil {
			asked[key{e.Outcome, e.Method, *e.Month}] = true
		}
	}
	for i := range b.t.Estimates {
		e := &b.t.Estimates[i]
		if e.Tiltak != tiltak || e.Group != group || e.Month == nil || !asked[key{e.Outcome, e.Method, *e.Month}] || e.SubsetVar != "" {
			continue
		}
		ends, ok := base(e.Definition)
		switch {
		case ok:
		case e.Definition == "main" && e.Role == "primary" && e.Sample == "main":
			ends = 7
		default:
			continue
		}
		c := numberCell(b.effect(e.Outcome, e.Estimate), e.Estimate)
		switch {
		case e.Reason != "":
			c.Sub = b.short(e.Reason)
		case !math.IsNaN(e.ConfLow):
			c.Sub = b.interval(e.Outcome, e.ConfLow, e.ConfHigh)
		}
		t.add(textCell(b.outcome(e.Outcome)), numberCell(strconv.Itoa(*e.Month), float64(*e.Month)), textCell(b.method(e.Method)), numberCell(strconv.Itoa(ends), float64(ends)), c)
	}
	if len(t.Rows) > 0 {
		bl.Tables = append(bl.Tables, t)
	}
	return bl, nil
}
