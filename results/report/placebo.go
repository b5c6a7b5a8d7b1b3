package report

import (
	"math"
	"strconv"
	"strings"

	"tiltakseffekt/results"
)

// placebos shows the placebo tests of a cell: what came before the registration, and the negative controls.
func (b *builder) placebos(tiltak, group string, _ bool) (block, error) {
	bl := block{Title: b.say("Prøve mot fortiden", "A test against the past"),
		Text: b.say("Virkning på noe tiltaket ikke kan ha endret, fordi det skjedde før registreringen. «Det som var kjent før» er strengest: da ser metoden ingenting av det som kom etter. Skiller gruppene seg der, men ikke når alt rundt vinduet er med, er forskjellen gjort rede for av det metodene bruker. Skiller de seg også da, er det tegn på at noe de ikke ser, skiller deltakerne fra de andre.",
			"Effect on something the tiltak cannot have changed, because it happened before the registration. “What was known before” is the strictest: the method then sees nothing of what came after. If the arms differ there, but not when everything around the window is used, what the methods use accounts for the difference. If they differ then too, it is a sign that something they do not see sets the participants apart.")}
	t := b.table(b.say("Placebo", "Placebo"), b.say("Utfall", "Outcome"), b.say("Metode", "Method"), b.say("Måneder", "Months"), b.say("Metoden ser", "The method sees"), b.say("Virkning", "Effect"))
	for _, p := range b.placebo[cell{tiltak, group}] {
		if p.Kind == "joint" {
			c := numberCell(b.say("p = ", "p = ")+b.l.Decimal(p.PValue, 3), p.PValue)
			if c.Sub = b.sayf("%d prøver under ett", "%d tests jointly", p.DF); p.Reason != "" {
				c = numberCell(b.l.Decimal(math.NaN(), 3), math.NaN())
				c.Sub = b.short(p.Reason)
			}
			t.add(textCell(b.say("alle", "all")), textCell(b.method(p.Method)), textCell(b.say("alle", "all")), textCell(b.seen(p.Conditioning)), c)
			continue
		}
		c := numberCell(b.effect(p.Outcome, p.Estimate), p.Estimate)
		if c.Sub = b.interval(p.Outcome, p.ConfLow, p.ConfHigh); p.Reason != "" {
			c.Sub = b.short(p.Reason)
		}
		window := b.window(p.Window)
		if p.Kind == "negative_control" {
			window = b.sayf("%s etter start", "%s after the start", p.Window)
		}
		t.add(textCell(b.outcome(p.Outcome)), textCell(b.method(p.Method)), textCell(window), textCell(b.seen(p.Conditioning)), c)
	}
	if len(t.Rows) > 0 {
		bl.Tables = append(bl.Tables, t)
	}
	return bl, nil
}

func (b *builder) seen(conditioning string) string {
	switch conditioning {
	case "before":
		return b.say("det som var kjent før", "what was known before")
	case "around":
		return b.say("alt rundt vinduet", "everything around the window")
	}
	return b.say("det samme som ellers", "the same as otherwise")
}

// counts tells whether a row is a test that the limitations count: of the windows the joint test, around the window, for what
// was known before alone may differ by what the methods use; negative controls; and rows of runs that know no kinds.
func (b *builder) counts(p *results.Placebo) bool {
	switch p.Kind {
	case "joint":
		return p.Conditioning == "around" && p.Tiltak != "" && !math.IsNaN(p.PValue)
	case "pooled":
		return false
	case "window":
		if p.Conditioning != "around" || math.IsNaN(p.ConfLow) {
			return false
		}
		for _, o := range b.placebo[cell{p.Tiltak, p.Group}] {
			if o.Kind == "joint" && o.Method == p.Method {
				return false
			}
		}
		return true
	}
	return !math.IsNaN(p.ConfLow)
}

func (b *builder) rejects(p *results.Placebo) bool {
	if p.Kind == "joint" {
		return p.PValue < 1-b.run.Level
	}
	return p.ConfLow > 0 || p.ConfHigh < 0
}

// placeboTests is the number of tests that count in the run.
func (b *builder) placeboTests() int {
	n := 0
	for i := range b.t.Placebo {
		if b.counts(&b.t.Placebo[i]) {
			n++
		}
	}
	return n
}

func (b *builder) failedPlacebo(c cell) []finding {
	var out []finding
	for _, p := range b.placebo[c] {
		if !b.counts(p) || !b.rejects(p) {
			continue
		}
		f := finding{kind: placeboFails, tag: b.say("ulike også før start", "differ before the start")}
		switch p.Kind {
		case "joint":
			f.value = -math.Log(math.Max(p.PValue, 1e-300))
			f.text = b.sayf("%s: gruppene skilte seg i tiden før registreringen, også når alt rundt er tatt med (%d prøver under ett, p = %s).", "%s: the arms differed before the registration, with everything around it taken in (%d tests jointly, p = %s).",
				b.method(p.Method), p.DF, b.l.Decimal(p.PValue, 3))
		case "negative_control":
			f.value = math.Abs(p.Estimate / p.StdError)
			f.tag = b.say("kontrollutfallet skiller seg", "the control outcome differs")
			f.text = b.sayf("%s: gruppene skiller seg i «%s», som tiltaket ikke skal kunne endre (%s måneder etter start: %s, intervall %s).", "%s: the arms differ in “%s”, which the tiltak should not be able to change (%s months after the start: %s, interval %s).",
				b.method(p.Method), b.outcome(p.Outcome), p.Window, b.effect(p.Outcome, p.Estimate), b.interval(p.Outcome, p.ConfLow, p.ConfHigh))
		default:
			f.value = math.Abs(p.Estimate / p.StdError)
			f.text = b.sayf("%s: gruppene skilte seg i «%s» alt før start (måned %s: %s, intervall %s).", "%s: the arms differed in “%s” before the start already (months %s: %s, interval %s).",
				b.method(p.Method), b.outcome(p.Outcome), b.window(p.Window), b.effect(p.Outcome, p.Estimate), b.interval(p.Outcome, p.ConfLow, p.ConfHigh))
		}
		out = append(out, f)
	}
	return out
}

// window writes -18--7 as months for people.
func (b *builder) window(w string) string {
	at := strings.Index(w[min(1, len(w)):], "-") + 1
	from, err := strconv.Atoi(w[:max(at, 0)])
	to, err2 := strconv.Atoi(w[min(at+1, len(w)):])
	if at < 1 || err != nil || err2 != nil {
		return w
	}
	return b.l.Range(b.l.Decimal(float64(from), 0), b.l.Decimal(float64(to), 0))
}

// overAllTiltak says what the joint tests over all tiltak found, for the groups where one rejects, or that none does.
func (b *builder) overAllTiltak() string {
	n := 0
	var rejected []string
	for i := range b.t.Placebo {
		p := &b.t.Placebo[i]
		if p.Kind != "joint" || p.Tiltak != "" || p.Conditioning != "around" || math.IsNaN(p.PValue) {
			continue
		}
		n++
		if b.rejects(p) {
			rejected = append(rejected, b.sayf("%s med metoden %s (p = %s)", "%s by %s (p = %s)", lower(b.group(p.Group)), lower(b.method(p.Method)), b.l.Decimal(p.PValue, 3)))
		}
	}
	switch {
	case n == 0:
		return ""
	case len(rejected) == 0:
		return b.say(" Heller ikke alle tiltak under ett viser noen forskjell.", " All tiltak taken together show no difference either.")
	}
	return b.sayf(" Alle tiltak under ett skiller deltakerne fra de andre før registreringen: %s. Da er det trolig noe metodene ikke ser, og virkningene bør leses med stor varsomhet.",
		" All tiltak taken together, the participants differed from the others before the registration: %s. Something that the methods do not see is then likely, and the effects should be read with great care.", b.l.And(rejected))
}
