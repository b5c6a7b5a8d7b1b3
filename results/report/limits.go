package report

import (
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/number"
)

// limits is the block of limitations.
type limits struct {
	Title, Lead string
	OwnTitle    string
	Own         []limit // from the run's own figures
	NoneTitle   string
	None        []limit // what no figure tests
	NotesTitle  string
	Notes       []string
	WarnTitle   string
	Warnings    []message
}

type limit struct {
	Title, Text string
	Cells       []string // the worst first
	More        string
}

const mostCells = 8

func (b *builder) limits() limits {
	out := limits{
		Title:      b.say("Begrensninger", "Limitations"),
		Lead:       b.say("Det første er skrevet av kjøringens egne tall. Det neste kan ingen tall i kjøringen prøve.", "The first part is written from the run's own figures. The second no figure of the run can test."),
		OwnTitle:   b.say("Det tallene selv viser", "What the figures themselves show"),
		NoneTitle:  b.say("Det ingen tall her prøver", "What no figure here tests"),
		NotesTitle: b.say("Forskernes egne forbehold", "The researchers' own reservations"),
		WarnTitle:  b.say("Meldinger fra kjøringen", "Messages from the run"),
	}
	for _, kind := range []string{underHalf, imbalance, imbalanceOther, lowESS, noOverlap, placeboFails, disagree, fewPersons, constantBase, unpriced, doubtfulPrice, notEstimated, hidden} {
		if l, ok := b.limit(kind); ok {
			out.Own = append(out.Own, l)
		}
	}
	out.Own = append(out.Own, b.estimandLimits()...)
	out.Own = append(out.Own, b.unplanned()...)
	out.Own = append(out.Own, b.suppressedRows()...)
	out.None = append(b.untested(), b.costLimits()...)
	for _, p := range strings.Split(b.run.Notes.Limitations.In(b.lang()), "\n") {
		if p = strings.TrimSpace(p); p != "" {
			out.Notes = append(out.Notes, p)
		}
	}
	out.Warnings = b.messages()
	return out
}

// messages are the warnings of the run in the language of the report. A warning without a message of its own, and a
// message without a text in this language, is shown as it is and marked as English.
func (b *builder) messages() []message {
	var out []message
	known := map[string]bool{"suppressed": true, "plan_deviations": true} // said elsewhere
	for _, m := range b.run.Messages {
		known[m.Code] = true
		text := message{Text: m.Text.In(b.lang())}
		if b.l == number.NB && m.Text.NB == "" {
			text.Lang = "en"
		}
		out = append(out, text)
	}
	for _, w := range b.run.Warnings {
		if !known[w.Code] {
			out = append(out, message{w.Message, "en"})
		}
	}
	return out
}

// message is a text with its language where that is not the page's.
type message struct{ Text, Lang string }

// limit gathers the findings of a kind: how many cells of how many, and the worst of them.
func (b *builder) limit(kind string) (limit, bool) {
	var found []finding
	cells := map[cell]bool{}
	for _, f := range b.findings {
		if f.kind == kind {
			found = append(found, f)
			cells[f.cell] = true
		}
	}
	total := len(b.run.Tiltak) * len(b.run.Groups)
	n, of := len(cells), b.sayf("%d av %d kombinasjoner av tiltak og gruppe", "%d of %d combinations of tiltak and group", len(cells), total)
	if n == 0 {
		return b.good(kind)
	}
	l := limit{Title: b.title(kind), Text: b.sayf("Gjelder %s.", "Concerns %s.", of) + b.advice(kind, len(found))}
	slices.SortStableFunc(found, func(x, y finding) int {
		d := y.value - x.value
		if kind == underHalf || kind == lowESS || kind == fewPersons { // low is bad
			d = -d
		}
		switch {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	lines := b.gather(found)
	l.Cells = lines[:min(len(lines), mostCells)]
	if more := len(lines) - mostCells; more > 0 {
		l.More = b.sayf("og %d til; de står under hvert tiltak", "and %d more; they stand under each tiltak", more)
	}
	return l, true
}

// gather writes findings as lines, those of one tiltak that say the same in one line with its groups.
func (b *builder) gather(found []finding) []string {
	type line struct {
		tiltak, text string
		groups       []string
	}
	var lines []*line
	for _, f := range found {
		var at *line
		for _, l := range lines {
			if l.tiltak == f.cell.tiltak && l.text == f.text {
				at = l
			}
		}
		if at == nil {
			at = &line{tiltak: f.cell.tiltak, text: f.text}
			lines = append(lines, at)
		}
		at.groups = append(at.groups, lower(b.group(f.cell.group)))
	}
	var out []string
	for _, l := range lines {
		name := b.tiltak(l.tiltak)
		switch n := len(l.groups); {
		case n == 1:
			name += ", " + l.groups[0]
		case n == len(b.run.Groups):
			name += b.say(", alle gruppene", ", every group")
		case n > 3:
			name += b.sayf(", %d grupper", ", %d groups", n)
		default:
			name += ", " + b.l.And(l.groups)
		}
		out = append(out, name+": "+l.text)
	}
	return out
}

func (b *builder) title(kind string) string {
	switch kind {
	case underHalf:
		return b.say("Under halvparten av startene er med", "Under half of the starts are analysed")
	case imbalance:
		return b.say("Gruppene er fortsatt ulike", "The arms still differ")
	case imbalanceOther:
		return b.say("Gruppene er ulike med de andre metodene", "The arms differ by the other methods")
	case doubtfulPrice:
		return b.say("Prisen er usikker", "The price is doubtful")
	case lowESS:
		return b.say("Få teller med i sammenligningen", "Few count in the comparison")
	case noOverlap:
		return b.say("Noen deltakere ligner ingen utenfor", "Some participants are like nobody outside")
	case placeboFails:
		return b.say("Gruppene skilte seg alt før start", "The arms differed before the start")
	case disagree:
		return b.say("Metodene gir ulike svar", "The methods give different answers")
	case fewPersons:
		return b.say("Få deltakere", "Few participants")
	case constantBase:
		return b.say("Ingen utvikling å sammenligne med", "No development to compare with")
	case unpriced:
		return b.say("Prisen er ikke kjent", "The price is not known")
	case notEstimated:
		return b.say("Ikke beregnet", "Not estimated")
	case hidden:
		return b.say("Hovedtallet er skjult", "The main figure is hidden")
	}
	return kind
}

// advice says what a finding means for the reader.
func (b *builder) advice(kind string, found int) string {
	switch kind {
	case underHalf:
		return b.say(" Tallene gjelder dem som er med, og de andre kan være annerledes.", " The figures are about those analysed, and the others may be different.")
	case imbalance:
		return b.sayf(" Grensen er %s standardavvik. En forskjell som er igjen, kan se ut som en virkning.", " The bound is %s standard deviations. A difference that is left can look like an effect.", b.l.Decimal(smdBound, 1))
	case imbalanceOther:
		return b.sayf(" Det gjelder ikke hovedtallet, som er beregnet med metoden %s, men sammenligningen av metodene.", " It does not concern the main figure, which is by %s, but the comparison of methods.", lower(b.method(b.focus.Method)))
	case doubtfulPrice:
		return b.say(" Prisen kan være høyere eller lavere enn det som står.", " The price may be higher or lower than what is shown.")
	case lowESS:
		return b.say(" Svaret hviler da på noen få personer med store vekter.", " The answer then rests on a few persons with large weights.")
	case noOverlap:
		return b.say(" For dem er svaret en fremskriving, ikke en sammenligning.", " For them the answer is an extrapolation, not a comparison.")
	case placeboFails:
		n := b.placeboTests()
		return b.sayf(" %d av %d prøver slo ut; ved rene tilfeldigheter venter vi om lag %s.", " %d of %d tests rejected; by chance alone about %s are expected.", found, n, b.l.Decimal(float64(n)*(1-b.run.Level), 1)) + b.overAllTiltak()
	case disagree:
		return b.say(" Da bør ingen av dem leses alene.", " Then none of them should be read alone.")
	case constantBase:
		return b.say(" Forskjell-i-forskjell bygger på utviklingen før start; her er den lik null for alle.", " Difference-in-differences builds on the development before the start; here it is zero for all.")
	}
	return ""
}

// good says where a check was made and found nothing, so that silence is not taken for a check that was left out.
func (b *builder) good(kind string) (limit, bool) {
	switch kind {
	case underHalf:
		worst, unknown := b.leastAnalysed()
		if math.IsNaN(worst) {
			return limit{}, false
		}
		text := b.sayf("Der tallene kan vises, er minst %s av startene i registeret med.", "Where the figures can be shown at least %s of the starts in the register are analysed.", b.l.Percent(math.Floor(100*worst)/100, 0))
		if unknown > 0 {
			text += b.sayf(" I %d av %d kombinasjoner av tiltak og gruppe er antallet skjult; hvor mange som er med der, kan ikke sies.", " In %d of %d combinations of tiltak and group the number is hidden; how many are analysed there cannot be said.", unknown, len(b.run.Tiltak)*len(b.run.Groups))
		}
		return limit{Title: b.say("Hvor mange er med", "How many are analysed"), Text: text}, true
	case imbalance:
		worst := -1.
		for _, r := range b.t.Balance {
			if r.Method == b.focus.Method && r.Stage == "after" && !math.IsNaN(r.SMD) {
				worst = max(worst, math.Abs(r.SMD))
			}
		}
		if worst >= 0 {
			return limit{Title: b.say("Gruppene er like i det som er målt", "The arms are alike in what was measured"), Text: b.sayf("Den største gjenværende forskjellen med metoden %s er %s standardavvik.", "The largest difference left by %s is %s standard deviations.", lower(b.method(b.focus.Method)), b.l.Decimal(worst, 2))}, true
		}
	case placeboFails:
		n := b.placeboTests()
		if n > 0 {
			return limit{Title: b.say("Prøven mot fortiden", "The test against the past"), Text: b.sayf("Ingen av de %d prøvene slo ut.", "None of the %d tests rejected.", n) + b.overAllTiltak()}, true
		}
		return limit{Title: b.say("Ingen prøve mot fortiden", "No test against the past"), Text: b.say("Kjøringen har ingen placeboprøver. Om gruppene skilte seg alt før start, er ikke undersøkt.", "The run has no placebo tests. Whether the arms differed before the start was not looked at.")}, true
	case disagree:
		if len(b.run.Methods) < 2 {
			return limit{Title: b.say("Bare én metode", "One method only"), Text: b.say("Ingen annen metode er brukt. Hvor mye svaret avhenger av metoden, er ikke undersøkt.", "No other method was used. How far the answer depends on the method was not looked at.")}, true
		}
	}
	return limit{}, false
}

// leastAnalysed is the smallest share of starts analysed among the cells whose flow shows both, NaN where none does, and
// the number of cells whose flow hides one of them.
func (b *builder) leastAnalysed() (least float64, unknown int) {
	least = math.NaN()
	for c, rows := range b.flow {
		if c.tiltak == "" {
			continue
		}
		starts, analysed, hides := -1, -1, false
		for _, f := range rows {
			switch f.Action {
			case "start":
				starts, hides = f.Rows, hides || f.Rows < 0
			case "analysed":
				analysed, hides = f.Rows, hides || f.Rows < 0
			}
		}
		switch {
		case hides:
			unknown++
		case starts > 0 && analysed >= 0:
			if share := float64(analysed) / float64(starts); !(share >= least) {
				least = share
			}
		}
	}
	return least, unknown
}

// suppressedRows counts what disclosure control took away.
func (b *builder) suppressedRows() []limit {
	count := func(n int, reason func(int) estimate.Reason) (hit int) {
		for i := range n {
			if reason(i) == estimate.Suppressed {
				hit++
			}
		}
		return hit
	}
	t := b.t
	var parts []string
	for _, c := range []struct {
		nb, en string
		hit, n int
	}{
		{"virkninger", "effects", count(len(t.Estimates), func(i int) estimate.Reason { return t.Estimates[i].Reason }), len(t.Estimates)},
		{"balansetall", "balance figures", count(len(t.Balance), func(i int) estimate.Reason { return t.Balance[i].Reason }), len(t.Balance)},
		{"punkter på varighetskurver", "points of duration curves", count(len(t.Durations), func(i int) estimate.Reason { return t.Durations[i].Reason }), len(t.Durations)},
		{"kostnadstall", "cost figures", count(len(t.Costs), func(i int) estimate.Reason { return t.Costs[i].Reason }), len(t.Costs)},
		{"trinn i utvalget", "steps of the selection", count(len(t.Flow), func(i int) estimate.Reason { return t.Flow[i].Reason }), len(t.Flow)},
	} {
		if c.hit > 0 {
			parts = append(parts, b.sayf("%s av %s %s", "%s of %s %s", b.l.Count(c.hit), b.l.Count(c.n), b.say(c.nb, c.en)))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []limit{{Title: b.say("Tall som er skjult", "Figures that are hidden"),
		Text: b.sayf("For at ingen skal kjennes igjen, er tall som bygger på færre enn %d personer, og tall som ville røpe dem, skjult: %s.", "So that nobody can be recognised, figures that rest on fewer than %d persons, and figures that would give them away, are hidden: %s.", b.run.MinCell, b.l.And(parts))}}
}

// untested names what no figure of a run can test (DESIGN.md).
func (b *builder) untested() []limit {
	out := []limit{
		{Title: b.say("Det som ikke er målt", "What was not measured"), Text: b.say("Hvem som starter, avgjøres av veileder og person sammen. Motivasjon, helse og planer som ikke står i registrene, kan gjøre at deltakerne uansett ville klart seg bedre eller dårligere enn dem de sammenlignes med. Det er den største usikkerheten i slike studier, og ingen av intervallene dekker den.",
			"Who starts is decided by caseworker and person together. Motivation, health and plans that no register holds can make participants fare better or worse than those they are compared with in any case. This is the largest uncertainty in studies of this kind, and no interval covers it.")},
		{Title: b.say("De som ikke deltok", "Those who did not take part"), Text: b.say("Får en deltaker en jobb som en annen ellers ville fått, er gevinsten for samfunnet mindre enn tallet viser. Det kan ikke ses i data om enkeltpersoner.",
			"If a participant gets a job that somebody else would have had, society gains less than the figure shows. Data on single persons cannot show it.")},
		{Title: b.say("Virkning før start", "Effects before the start"), Text: b.say("Den som vet at et tiltak kommer, kan lete mindre eller mer etter jobb i ventetiden. Det regnes ikke med.",
			"Whoever knows that a tiltak is coming may look for work less, or more, while waiting. That is not counted.")},
		{Title: b.say("Ett navn, ulikt innhold", "One name, different content"), Text: b.say("Samme tiltak kan ha ulikt innhold fra sted til sted og år til år. Tallet er et gjennomsnitt over det som faktisk ble gitt.",
			"The same tiltak can differ in content from place to place and year to year. The figure is an average over what was in fact given.")},
	}
	out = append(out, b.designLimits()...)
	return out
}
