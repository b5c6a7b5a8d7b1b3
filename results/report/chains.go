package report

import (
	"math"
	"strings"

	"tiltakseffekt/results"
	"tiltakseffekt/results/figure"
)

// chainPart is the section on tiltak in sequence.
type chainPart struct {
	Title  string
	Text   []string
	Groups []groupPart
	Types  *block
}

// chains is the section, nil where the run has no tables of chains. It describes, and says so.
func (b *builder) chains() (*chainPart, error) {
	if b.run.Chains == nil || len(b.t.Chains) == 0 {
		return nil, nil
	}
	p := &chainPart{Title: b.say("Tiltak i kjede", "Tiltak in sequence")}
	p.Text = []string{
		b.say("Mange går fra ett tiltak til et nytt. Tallene her beskriver hvem som gjør hva etter hva; forskjeller mellom rader er ikke virkninger av rekkefølgen, for de som får et ledd til, er de som ikke fant arbeid i mellomtiden.",
			"Many go from one tiltak to another. The figures here describe who does what after what; differences between rows are no effects of the order, since those who get another link are those who did not find work in between."),
		b.run.Chains.Text.In(b.lang()),
	}
	if after := b.run.Chains.After.In(b.lang()); after != "" {
		p.Text = append(p.Text, after)
	}
	for i, g := range b.run.Groups {
		part := groupPart{Name: b.group(g.ID), ID: id("chains", g.ID), Open: i == 0}
		for _, make := range []func(string) (block, error){b.chainFlow, b.chainSequences, b.chainStates} {
			bl, err := make(g.ID)
			if err != nil {
				return nil, err
			}
			if len(bl.Drawings)+len(bl.Tables) > 0 {
				part.Blocks = append(part.Blocks, bl)
			}
		}
		halve(part.Blocks)
		if len(part.Blocks) > 0 {
			p.Groups = append(p.Groups, part)
		}
	}
	p.Types = b.chainTypes()
	return p, nil
}

func (b *builder) chainFlow(group string) (block, error) {
	bl := block{Title: b.say("Hva som fulgte etter hvert tiltak", "What came after each tiltak")}
	t := b.table(b.say("Overganger", "Transitions"), b.say("Fra", "From"), b.say("Til", "To"), b.say("Antall", "Number"), b.say("Personer", "Persons"), b.say("Andel av ledd som kan følges", "Share of links that can be followed"), b.say("Dager mellom, snitt", "Days between, mean"))
	for i := range b.t.Transitions {
		r := &b.t.Transitions[i]
		if r.Group != group {
			continue
		}
		c := textCell(b.set.ChainName(r.From, b.l))
		c.Sub = b.short(r.Reason)
		t.add(c, textCell(b.set.ChainName(r.To, b.l)), b.countCell(r.N), b.countCell(r.Persons), numberCell(b.l.Percent(r.Share, 1), r.Share), numberCell(b.l.Decimal(r.MeanGap, 0), r.MeanGap))
	}
	return bl, bl.draw(b, b.set.ChainFlow(group, figure.Options{Lang: b.l, Width: figureWidth, Title: bl.Title}), t)
}

// chainKinds are the tables of a group: title, first column, and the names of values that are no sequences.
func (b *builder) chainSequences(group string) (block, error) {
	bl := block{Title: b.say("De vanligste kjedene, og hvor opplæring står i dem", "The most frequent chains, and where training stands in them")}
	for _, k := range []struct{ id, nb, en string }{
		{"sequence", "De vanligste kjedene", "The most frequent chains"}, {"length", "Antall ledd", "Number of links"},
		{"opplaering", "Plassen til det første opplæringsleddet", "Place of the first training link"},
		{"order", "Opplæring og praksis (arbeidstrening, lønnstilskudd)", "Training and practice (work practice, wage subsidy)"},
	} {
		t := b.table(b.say(k.nb, k.en), b.say("Kjede", "Chain"), b.say("Antall", "Number"), b.say("Personer", "Persons"), b.say("Andel", "Share"), b.say("Måneder, snitt", "Months, mean"),
			b.say("I tiltak", "In tiltak"), b.say("Videre til arbeid", "On to work"), b.say("Nytt tiltak senere", "Tiltak again"), b.say("Etter måneder", "After months"))
		for i := range b.t.Chains {
			r := &b.t.Chains[i]
			if r.Group != group || r.Kind != k.id && r.Kind != "all" {
				continue
			}
			c := textCell(b.chainValue(r))
			c.Sub = b.short(r.Reason)
			t.add(c, b.countCell(r.N), b.countCell(r.Persons), numberCell(b.l.Percent(r.Share, 1), r.Share), numberCell(b.l.Decimal(r.MeanMonths, 1), r.MeanMonths),
				numberCell(b.l.Decimal(r.MeanMonthsIn, 1), r.MeanMonthsIn), numberCell(b.l.Percent(r.WorkShare, 1), r.WorkShare),
				numberCell(b.l.Percent(r.ReentryShare, 1), r.ReentryShare), numberCell(b.l.Decimal(r.MeanReentryTime, 1), r.MeanReentryTime))
		}
		if len(t.Rows) > 1 {
			bl.Tables = append(bl.Tables, t)
		}
	}
	bl.Text = b.say("Måneder, videre til arbeid og nytt tiltak gjelder kjeder som kan følges lenge nok. Om opplæring bør komme først eller sist, lar seg ikke lese av her: de som får opplæring først, er andre enn de som får den sist.",
		"Months, on to work and tiltak again are about chains that can be followed for long enough. Whether training should come first or last cannot be read here: those who get it first are others than those who get it last.")
	return bl, nil
}

// chainValue names a row of the chains.
func (b *builder) chainValue(r *results.Chain) string {
	words := map[string][2]string{
		"opplaering none": {"ingen opplæring", "no training"}, "opplaering 1": {"i første ledd", "in the first link"}, "opplaering 2": {"i andre ledd", "in the second link"}, "opplaering 3+": {"i tredje ledd eller senere", "in the third link or later"},
		"order opplaering_first": {"opplæring før praksis", "training before practice"}, "order practice_first": {"praksis før opplæring", "practice before training"}, "order together": {"i samme ledd", "in the same link"},
		"order opplaering_only": {"bare opplæring", "training only"}, "order practice_only": {"bare praksis", "practice only"}, "order neither": {"ingen av delene", "neither"},
		"length 1": {"ett ledd", "one link"}, "length 2": {"to ledd", "two links"}, "length 3": {"tre ledd", "three links"}, "length 4+": {"fire ledd eller flere", "four links or more"},
		"all all": {"alle kjeder", "all chains"},
	}
	if w, ok := words[r.Kind+" "+r.Value]; ok {
		return b.say(w[0], w[1])
	}
	return b.set.ChainName(r.Value, b.l)
}

func (b *builder) chainStates(group string) (block, error) {
	bl := block{Title: b.sayf("De første %d månedene", "The first %d months", b.run.Chains.Months)}
	t := b.table(b.say("Andel i hver tilstand", "Share in each state"), b.say("Måned", "Month"), b.say("Tilstand", "State"), b.say("Andel", "Share"), b.say("Antall", "Number"))
	for i := range b.t.ChainStates {
		r := &b.t.ChainStates[i]
		if r.Group != group || r.Month%6 != 0 {
			continue
		}
		c := textCell(b.set.ChainName(r.State, b.l))
		c.Sub = b.short(r.Reason)
		t.add(numberCell(b.l.Decimal(float64(r.Month), 0), float64(r.Month)), c, numberCell(b.l.Percent(r.Share, 1), r.Share), b.countCell(r.N))
	}
	if err := bl.draw(b, b.set.ChainStates(group, figure.Options{Lang: b.l, Width: figureWidth, Title: bl.Title}), t); err != nil {
		return bl, err
	}
	names := map[string][2]string{"entropy": {"Entropi (0–1)", "Entropy (0–1)"}, "complexity": {"Kompleksitet (0–1)", "Complexity (0–1)"}, "turbulence": {"Turbulens", "Turbulence"}, "transitions": {"Skifter av tilstand", "Changes of state"}}
	m := b.table(b.say("Hvor sammensatte forløpene er", "How varied the courses are"), b.say("Mål", "Measure"), b.say("Snitt", "Mean"), b.say("Standardavvik", "Standard deviation"), b.say("Median", "Median"), b.say("Forløp", "Courses"))
	for i := range b.t.ChainMeasures {
		r := &b.t.ChainMeasures[i]
		if r.Group != group {
			continue
		}
		c := textCell(b.say(names[r.Measure][0], names[r.Measure][1]))
		c.Sub = b.short(r.Reason)
		m.add(c, numberCell(b.l.Decimal(r.Mean, 2), r.Mean), numberCell(b.l.Decimal(r.SD, 2), r.SD), numberCell(b.l.Decimal(r.P50, 2), r.P50), b.countCell(r.N))
	}
	if len(m.Rows) > 0 {
		bl.Tables = append(bl.Tables, m)
	}
	return bl, nil
}

// chainTypes describes each type by the states that take most of its months.
func (b *builder) chainTypes() *block {
	if len(b.t.ChainTypes) == 0 {
		return nil
	}
	bl := &block{Title: b.say("Typer av forløp", "Types of courses")}
	best := math.Inf(-1)
	for _, w := range b.run.Chains.Silhouette {
		if w != nil {
			best = max(best, *w)
		}
	}
	bl.Text = b.say("Forløp som ligner hverandre måned for måned, er satt sammen (optimal matching og k-medoider). Typer er en måte å ordne på, ikke noe som finnes i seg selv.",
		"Courses that are alike month by month are put together (optimal matching and k-medoids). Types are a way to put things in order and nothing that exists by itself.")
	if !math.IsInf(best, -1) {
		bl.Text += b.sayf(" Silhuettbredden er %s; under 0,25 er det knapt noen struktur.", " The silhouette width is %s; under 0.25 there is hardly any structure.", b.l.Decimal(best, 2))
	}
	t := b.table(b.sayf("Måneder i hver tilstand, av %d", "Months in each state, of %d", b.run.Chains.Months), b.say("Type", "Type"), b.say("Tilstand", "State"), b.say("Måneder, snitt", "Months, mean"), b.say("Andel av forløpene", "Share of the courses"), b.say("Forløp", "Courses"))
	for i := range b.t.ChainTypes {
		r := &b.t.ChainTypes[i]
		c := textCell(b.set.ChainName(r.State, b.l))
		c.Sub = b.short(r.Reason)
		t.add(textCell(strings.TrimSpace(b.sayf("Type %d", "Type %d", r.Type))), c, numberCell(b.l.Decimal(r.Months, 1), r.Months), numberCell(b.l.Percent(r.Share, 1), r.Share), b.countCell(r.N))
	}
	bl.Tables = append(bl.Tables, t)
	return bl
}
