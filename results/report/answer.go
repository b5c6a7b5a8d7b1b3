package report

import (
	"math"

	"tiltakseffekt/results"
	"tiltakseffekt/results/figure"
)

// answer is the first page: what a person who decides needs.
type answer struct {
	Title, Measure string
	Cards          []card
	Forest         *drawing
	Planes         []*drawing
	Table          *table
	TableTitle     string
	HowSure        []string
	HowTitle       string
	Read           string
}

// card is the answer on one tiltak for the first group, in a few sentences.
type card struct {
	Name, ID   string
	Number     string // the effect
	Unit       string
	Text, Cost string
	Reserve    string
}

// focusRow is the estimate a reader is led to first; nil where the table has no such row.
func (b *builder) focusRow(tiltak, group string) *results.Estimate {
	for _, e := range b.set.Estimates(tiltak, group, b.focus.Outcome) {
		if e.Method == b.focus.Method && *e.Month == b.focus.Month {
			return e
		}
	}
	return nil
}

// meanCost is the mean cost of a participant over all years; NaN where it is not known. priced is false where no rate is
// known for the tiltak.
func (b *builder) meanCost(tiltak, group string) (mean float64, priced bool) {
	mean, priced = math.NaN(), true
	for _, c := range b.set.Costs(tiltak, group) {
		if c.Year == nil && c.Measure == "per_participant" && c.Statistic == "mean" {
			mean, priced = c.Value, c.Priced
		}
	}
	return mean, priced
}

func (b *builder) answer() (answer, error) {
	r, f := b.run, b.focus
	a := answer{
		Title: b.say("Svaret kort", "The short answer"),
		Measure: b.sayf("Målt på «%s» %d måneder etter start, med metoden %s.", "Measured on “%s” %d months after the start, by %s.",
			b.outcome(f.Outcome), f.Month, lower(b.method(f.Method))),
		TableTitle: b.say("Alle tiltak og grupper", "Every tiltak and group"),
		HowTitle:   b.say("Hvor sikkert er dette?", "How sure is this?"),
		Read: b.sayf("Slik leses tallene: «Med tiltaket» viser hvordan det gikk med deltakerne. «Uten tiltaket» viser hvordan det etter beregningen ville gått med de samme personene om de ikke hadde startet da. Virkningen er forskjellen. Intervallet rommer de tallene som passer med data når bare tilfeldigheter teller med: ble undersøkelsen gjentatt mange ganger, ville %s av intervallene dekke den sanne forskjellen, dersom forutsetningene holder.",
			"How to read this: “With the tiltak” shows how the participants fared. “Without” shows how the same persons would have fared, by the estimate, had they not started then. The effect is the difference. The interval holds the numbers that fit the data when only chance counts: were the study repeated many times, %s of the intervals would cover the true difference, if the assumptions hold.", b.l.Percent(r.Level, 0)),
	}
	if note := results.Note(r.Outcomes, f.Outcome, b.lang()); note != "" {
		a.Measure += " " + capital(note) + "."
	}
	if len(r.Groups) > 0 {
		for _, k := range r.Tiltak {
			a.Cards = append(a.Cards, b.card(k.ID, r.Groups[0].ID))
		}
		var err error
		if a.Forest, err = b.forest(); err != nil {
			return a, err
		}
		if a.Planes, err = b.planes(); err != nil {
			return a, err
		}
	}
	a.Table = b.answerTable()
	a.HowSure = b.howSure()
	return a, nil
}

func (b *builder) card(tiltak, group string) card {
	c := card{Name: b.tiltak(tiltak), ID: id("tiltak", tiltak)}
	e := b.focusRow(tiltak, group)
	if e == nil || math.IsNaN(e.Estimate) {
		c.Number = "–"
		c.Text = b.say("Virkningen er ikke beregnet", "The effect is not estimated")
		if e != nil && e.Reason != "" {
			c.Text += ": " + figure.Reason(e.Reason, b.l, b.run.MinCell)
		}
		c.Text += "."
	} else {
		c.Number = b.effect(e.Outcome, e.Estimate)
		if !b.set.Money(e.Outcome) {
			c.Unit = b.say("prosentpoeng", "percentage points")
		}
		if treated, comparison := e.MeanTreated, e.MeanComparison; !math.IsNaN(treated) && !math.IsNaN(comparison) {
			c.Text = b.sayf("%s med tiltaket, %s uten. ", "%s with the tiltak, %s without. ", b.level(e.Outcome, treated), b.level(e.Outcome, comparison))
		}
		c.Text += b.sayf("%s intervall: %s. ", "%s interval: %s. ", b.l.Percent(b.run.Level, 0), b.interval(e.Outcome, e.ConfLow, e.ConfHigh))
		c.Text += b.where(e)
	}
	mean, priced := b.meanCost(tiltak, group)
	switch {
	case !priced:
		c.Cost = b.say("Pris: ikke kjent.", "Price: not known.")
	case !math.IsNaN(mean):
		c.Cost = b.sayf("Pris: %s per deltaker.", "Price: %s per participant.", b.l.Kroner(mean))
	}
	if tags := b.tags(cell{tiltak, group}); len(tags) > 0 {
		c.Reserve = b.say("Forbehold: ", "Reservations: ") + b.l.And(tags) + "."
	}
	return c
}

// where says where the interval lies.
func (b *builder) where(e *results.Estimate) string {
	switch {
	case math.IsNaN(e.ConfLow) || math.IsNaN(e.ConfHigh):
		return b.say("Usikkerheten er ikke beregnet.", "The uncertainty is not estimated.")
	case e.ConfLow > 0:
		return b.say("Intervallet ligger over null.", "The interval lies above zero.")
	case e.ConfHigh < 0:
		return b.say("Intervallet ligger under null.", "The interval lies below zero.")
	}
	return b.say("Intervallet omfatter null: data skiller ikke virkningen fra ingen virkning.", "The interval includes zero: the data do not tell the effect from none.")
}

func (b *builder) forest() (*drawing, error) {
	var rows []figure.ForestRow
	for _, k := range b.run.Tiltak {
		rows = append(rows, b.forestRow(k.ID, b.run.Groups[0].ID, b.tiltak(k.ID)))
	}
	unit := figure.Points
	if b.set.Money(b.focus.Outcome) {
		unit = figure.Kroner
	}
	f := figure.Forest(rows, unit, figure.Options{Lang: b.l, Width: figureWidth,
		Title:   b.sayf("Virkning på «%s» etter %d måneder: %s", "Effect on “%s” after %d months: %s", b.outcome(b.focus.Outcome), b.focus.Month, lower(b.group(b.run.Groups[0].ID))),
		Caption: b.sayf("Punkt: beregnet virkning. Strek: %s intervall. Metode: %s.", "Dot: estimated effect. Line: %s interval. Method: %s.", b.l.Percent(b.run.Level, 0), lower(b.method(b.focus.Method)))})
	return b.draw(f, nil)
}

func (b *builder) forestRow(tiltak, group, label string) figure.ForestRow {
	nan := math.NaN()
	row := figure.ForestRow{Label: label, Estimate: nan, Low: nan, High: nan, Note: b.say("ikke beregnet", "not estimated")}
	if e := b.focusRow(tiltak, group); e != nil {
		row.Estimate, row.Low, row.High = e.Estimate, e.ConfLow, e.ConfHigh
		if e.Reason != "" {
			row.Note = b.short(e.Reason)
		}
	}
	return row
}

func (b *builder) answerTable() *table {
	t := b.table(b.sayf("«%s» %d måneder etter start", "“%s” %d months after the start", b.outcome(b.focus.Outcome), b.focus.Month),
		b.say("Tiltak", "Tiltak"), b.say("Gruppe", "Group"), b.say("Deltakere", "Participants"), b.say("Med tiltaket", "With the tiltak"), b.say("Uten tiltaket", "Without"),
		b.say("Virkning", "Effect"), b.say("Pris per deltaker", "Price per participant"), b.say("Forbehold", "Reservations"))
	t.Stack = true
	for _, k := range b.run.Tiltak {
		for _, g := range b.run.Groups {
			effect, persons, with, without := textCell(b.say("ikke beregnet", "not estimated")), b.countCell(-1), numberCell("–", math.NaN()), numberCell("–", math.NaN())
			if e := b.focusRow(k.ID, g.ID); e != nil {
				persons = b.participants(e)
				with, without = numberCell(b.level(e.Outcome, e.MeanTreated), e.MeanTreated), numberCell(b.level(e.Outcome, e.MeanComparison), e.MeanComparison)
				if math.IsNaN(e.Estimate) {
					effect = numberCell("–", math.NaN())
					effect.Sub = b.short(e.Reason)
				} else {
					effect = numberCell(b.effect(e.Outcome, e.Estimate), e.Estimate)
					effect.Sub = b.interval(e.Outcome, e.ConfLow, e.ConfHigh)
				}
			}
			mean, priced := b.meanCost(k.ID, g.ID)
			cost := numberCell(b.l.Kroner(mean), mean)
			if !priced {
				cost.Text = b.say("ikke kjent", "not known")
			}
			flags := tableCell{Tags: b.tags(cell{k.ID, g.ID})}
			for i, tag := range flags.Tags {
				if i > 0 {
					flags.Raw += "; "
				}
				flags.Raw += tag
			}
			t.add(textCell(b.tiltak(k.ID)), textCell(b.group(g.ID)), persons, with, without, effect, cost, flags)
		}
	}
	return t
}

// participants are the persons behind an estimate; where there is none, the starts that it would have been about.
func (b *builder) participants(e *results.Estimate) tableCell {
	switch {
	case e.NPersonsTreated > 0:
		return b.countCell(e.NPersonsTreated)
	case math.IsNaN(e.Estimate) && e.NStartsEligible > 0:
		c := b.countCell(e.NStartsEligible)
		c.Sub = b.say("starter", "starts")
		return c
	}
	return b.countCell(-1)
}

// howSure counts where the intervals lie and warns of looking at many at once.
func (b *builder) howSure() []string {
	above, below, across, none, adjusted := 0, 0, 0, 0, false
	for _, k := range b.run.Tiltak {
		for _, g := range b.run.Groups {
			e := b.focusRow(k.ID, g.ID)
			switch {
			case e == nil || math.IsNaN(e.Estimate):
				none++
				continue
			case e.ConfLow > 0:
				above++
			case e.ConfHigh < 0:
				below++
			default:
				across++
			}
			adjusted = adjusted || !math.IsNaN(e.PAdjusted)
		}
	}
	if above+below+across+none == 1 {
		return []string{b.say("Tabellen har én virkning. Intervallet dekker tilfeldigheter, ikke skjevheter. Det som kan gjøre tallet skjevt, står under Begrensninger.", "The table has one effect. Its interval covers chance, not bias. What may tilt the figure stands under Limitations.")}
	}
	if none > 0 && above+below+across == 0 {
		return []string{b.sayf("Alle %d virkningene i tabellen er skjult av hensyn til personvern eller ikke beregnet.", "All %d effects in the table are hidden to protect persons or not estimated.", none)}
	}
	out := []string{b.sayf("Av %d virkninger i tabellen ligger hele intervallet over null for %d og under null for %d; for %d omfatter det null.",
		"Of %d effects in the table the whole interval lies above zero for %d and below zero for %d; for %d it includes zero.", above+below+across+none, above, below, across)}
	if none > 0 {
		out[0] += b.sayf(" %d er skjult eller ikke beregnet.", " %d are hidden or not estimated.", none)
	}
	if n := above + below + across; n > 1 {
		s := b.sayf("Når %d tall leses side om side, vil noen av intervallene bomme ved rene tilfeldigheter, om lag %s av dem også der alt er gjort riktig.", "When %d figures are read side by side some of the intervals miss by chance alone, about %s of them even where all was done right.",
			n, b.l.Decimal(float64(n)*(1-b.run.Level), 1))
		if adjusted {
			s += b.say(" Tabellen estimates har p-verdier som er justert for dette.", " The table estimates has p-values adjusted for this.")
		}
		out = append(out, s)
	}
	return append(out, b.say("Intervallene dekker tilfeldigheter, ikke skjevheter. Det som kan gjøre tallene skjeve, står under Begrensninger.", "The intervals cover chance, not bias. What may tilt the figures stands under Limitations."))
}
