package report

import (
	"math"
	"strconv"
	"strings"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/results"
	"tiltakseffekt/results/figure"
)

// tiltakPart is the evidence on one tiltak: what concerns all groups, then each group in a fold.
type tiltakPart struct {
	Name, ID string
	Forest   *drawing
	Groups   []groupPart
}

// groupPart is the evidence on one tiltak in one group.
type groupPart struct {
	Name, ID, Note string
	Open           bool
	Findings       []string
	Blocks         []block
}

// block is a heading with figures and tables under it.
type block struct {
	Title, Text string
	Drawings    []*drawing
	Tables      []*table
	Half        bool // it stands beside the one before or after it
}

func (b *builder) tiltakPart(tiltak string) (tiltakPart, error) {
	p := tiltakPart{Name: b.tiltak(tiltak), ID: id("tiltak", tiltak)}
	var err error
	if len(b.run.Groups) > 1 {
		var rows []figure.ForestRow
		for _, g := range b.run.Groups {
			rows = append(rows, b.forestRow(tiltak, g.ID, b.group(g.ID)))
		}
		unit := figure.Points
		if b.set.Money(b.focus.Outcome) {
			unit = figure.Kroner
		}
		f := figure.Forest(rows, unit, figure.Options{Lang: b.l, Width: figureWidth, Title: b.sayf("Virkning på «%s» etter %d måneder, gruppe for gruppe", "Effect on “%s” after %d months, group by group", b.outcome(b.focus.Outcome), b.focus.Month),
			Caption: b.say("Gruppene overlapper: en person kan være med i flere.", "The groups overlap: a person may be in several.")})
		if p.Forest, err = b.draw(f, nil); err != nil {
			return p, err
		}
	}
	for i, g := range b.run.Groups {
		part, err := b.groupPart(tiltak, g.ID, i == 0)
		if err != nil {
			return p, err
		}
		p.Groups = append(p.Groups, part)
	}
	return p, nil
}

// groupPart holds every figure for the first group, and for the others the effect on the main outcome, with the tables
// of all.
func (b *builder) groupPart(tiltak, group string, first bool) (groupPart, error) {
	p := groupPart{Name: b.group(group), ID: id("group", tiltak, group), Note: capital(results.Note(b.run.Groups, group, b.lang())), Open: first}
	for _, f := range b.findings {
		if f.cell == (cell{tiltak, group}) {
			p.Findings = append(p.Findings, f.text)
		}
	}
	for _, make := range []func(string, string, bool) (block, error){
		b.effects,
		b.descriptive,
		b.windows,
		b.bases,
		b.flowBlock,
		b.balance,
		b.overlap,
		b.durations, b.exits,
		b.costs,
		b.costEffect,
		b.preEffects,
		b.sensitivity, b.placebos,
		b.apart, b.portfolio,
		b.robustness,
		b.diagnostics,
	} {
		bl, err := make(tiltak, group, first)
		if err != nil {
			return p, err
		}
		if len(bl.Drawings)+len(bl.Tables) > 0 {
			p.Blocks = append(p.Blocks, bl)
		}
	}
	halve(p.Blocks)
	return p, nil
}

// halve puts two blocks that follow each other and have a drawing each side by side, where the page is wide: alone, each would leave
// half of it empty.
func halve(blocks []block) {
	for i := 1; i < len(blocks); i++ {
		if a, b := &blocks[i-1], &blocks[i]; !a.Half && len(a.Drawings) == 1 && len(b.Drawings) == 1 {
			a.Half, b.Half = true, true
		}
	}
}

func (bl *block) draw(b *builder, f *figure.Figure, t *table) error {
	d, err := b.draw(f, t)
	if d != nil {
		bl.Drawings = append(bl.Drawings, d)
	} else if t != nil && len(t.Rows) > 0 && err == nil {
		bl.Tables = append(bl.Tables, t)
	}
	return err
}

func (b *builder) effects(tiltak, group string, first bool) (block, error) {
	bl := block{Title: b.say("Virkning måned for måned", "Effect month by month"),
		Text: b.say("Den første tiden er mange bundet av tiltaket selv; da er virkningen ofte negativ.", "In the first months many are tied up by the tiltak itself; the effect is then often negative.")}
	for _, y := range b.run.Outcomes {
		t := b.effectTable(tiltak, group, y.ID, first)
		if len(t.Rows) == 0 {
			continue
		}
		if !first && y.ID != b.focus.Outcome {
			bl.Tables = append(bl.Tables, t)
			continue
		}
		if err := bl.draw(b, b.set.Effect(tiltak, group, y.ID, figure.Options{Lang: b.l, Width: figureWidth, Title: y.Text.In(b.lang())}), t); err != nil {
			return bl, err
		}
	}
	return bl, nil
}

// effectTable has a row a month, the levels of the main method and the effect by each method.
// All months, or a choice of them: the first, the third, every sixth and the main one.
func (b *builder) effectTable(tiltak, group, outcome string, all bool) *table {
	head := []string{b.say("Måned", "Month"), b.say("Med tiltaket", "With the tiltak"), b.say("Uten tiltaket", "Without")}
	for _, m := range b.run.Methods {
		head = append(head, b.method(m.ID))
	}
	unit := b.say("prosentpoeng", "percentage points")
	if b.set.Money(outcome) {
		unit = b.say("kroner per måned", "NOK a month")
	}
	t := b.table(b.sayf("%s, %s (virkning i %s, med %s intervall)", "%s, %s (effect in %s, with %s interval)", b.outcome(outcome), b.group(group), unit, b.l.Percent(b.run.Level, 0)), head...)
	byMonth := map[int][]*results.Estimate{}
	last := 0
	for _, e := range b.set.Estimates(tiltak, group, outcome) {
		byMonth[*e.Month] = append(byMonth[*e.Month], e)
		last = max(last, *e.Month)
	}
	for m := 1; m <= last; m++ {
		rows := byMonth[m]
		if len(rows) == 0 || !all && m != 1 && m != 3 && m%6 != 0 && m != b.focus.Month {
			continue
		}
		cells := []tableCell{numberCell(strconv.Itoa(m), float64(m)), numberCell("–", math.NaN()), numberCell("–", math.NaN())}
		for _, method := range b.run.Methods {
			c := numberCell("–", math.NaN())
			for _, e := range rows {
				if e.Method != method.ID {
					continue
				}
				if method.ID == b.focus.Method {
					cells[1], cells[2] = numberCell(b.level(outcome, e.MeanTreated), e.MeanTreated), numberCell(b.level(outcome, e.MeanComparison), e.MeanComparison)
				}
				if math.IsNaN(e.Estimate) {
					c.Sub = b.short(e.Reason)
					continue
				}
				c = numberCell(b.effect(outcome, e.Estimate), e.Estimate)
				c.Sub = b.interval(outcome, e.ConfLow, e.ConfHigh)
			}
			cells = append(cells, c)
		}
		t.add(cells...)
	}
	return t
}

func (b *builder) flowBlock(tiltak, group string, _ bool) (block, error) {
	bl := block{Title: b.say("Hvem er med", "Who is included")}
	t := b.table(b.say("Fra starter i registeret til analysen", "From starts in the register to the analysis"), b.say("Trinn", "Step"), b.say("Starter", "Starts"), b.say("Personer", "Persons"))
	for _, f := range b.flow[cell{tiltak, group}] {
		name := capital(b.rule(f.Rule))
		if f.Action == "dropped" {
			name = "− " + name
		}
		c := textCell(name)
		c.Sub = b.short(f.Reason)
		t.add(c, b.countCell(f.Rows), b.countCell(f.Persons))
	}
	if len(t.Rows) > 0 {
		bl.Tables = append(bl.Tables, t)
	}
	return bl, nil
}

func (b *builder) balance(tiltak, group string, first bool) (block, error) {
	bl := block{Title: b.say("Hvor like gruppene er", "How alike the arms are"),
		Text: b.say("Forskjellen mellom deltakerne og de andre i det som er målt før start, i standardavvik. Under 0,1 regnes ofte som lite.", "The difference between the participants and the others in what was measured before the start, in standard deviations. Under 0.1 is often taken as small.")}
	rows := b.set.Balance(tiltak, group)
	t := b.table(b.say("Balanse", "Balance"), b.say("Kjennetegn", "Covariate"), b.say("Metode", "Method"), b.say("Før eller etter", "Before or after"),
		b.say("Deltakere", "Participants"), b.say("De andre", "The others"), b.say("Forskjell (SMD)", "Difference (SMD)"), b.say("Variansforhold", "Variance ratio"))
	for _, r := range rows {
		stage := b.say("før", "before")
		if r.Stage == "after" {
			stage = b.say("etter", "after")
		}
		c := textCell(b.set.CovariateName(r.Variable, b.l))
		c.Sub = b.short(r.Reason)
		t.add(c, textCell(b.method(r.Method)), textCell(stage), numberCell(b.l.Decimal(r.MeanTreated, 2), r.MeanTreated), numberCell(b.l.Decimal(r.MeanComparison, 2), r.MeanComparison),
			numberCell(b.l.Signed(r.SMD, 3), r.SMD), numberCell(b.l.Decimal(r.VarianceRatio, 2), r.VarianceRatio))
	}
	var f *figure.Figure
	if first {
		f = b.set.Love(tiltak, group, figure.Options{Lang: b.l, Width: figureWidth, Most: 20, Title: b.say("Standardisert forskjell før og etter", "Standardised difference before and after")})
	}
	return bl, bl.draw(b, f, t)
}

func (b *builder) overlap(tiltak, group string, first bool) (block, error) {
	bl := block{Title: b.say("Finnes det noen å sammenligne med?", "Is there anybody to compare with?"),
		Text: b.say("Hvor sannsynlig det var å starte, ut fra det som er målt. Der deltakerne står alene, finnes ingen lik person utenfor tiltaket.", "How likely it was to start, from what was measured. Where participants stand alone nobody alike is found outside the tiltak.")}
	if !first {
		return block{}, nil
	}
	return bl, bl.draw(b, b.set.Overlap(tiltak, group, figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Fordeling i de to gruppene", "Distribution in the two arms")}), nil)
}

func (b *builder) durations(tiltak, group string, first bool) (block, error) {
	bl := block{Title: b.say("Hvor lenge", "How long")}
	for _, m := range figure.Measures {
		rows := b.set.Durations(tiltak, group, m)
		t := b.table(figure.MeasureName(m, b.l), b.say("Måned", "Month"), b.say("Andel", "Share"), b.say("Intervall", "Interval"), b.say("Fulgt", "At risk"), b.say("Hendelser", "Events"), b.say("Ikke fulgt lenger", "Censored"))
		for _, d := range rows {
			if d.Reason != "" || math.IsNaN(d.Estimate) || d.Time > 60 || !first && math.Mod(d.Time, 6) != 0 && d.Time != 1 {
				continue
			}
			t.add(numberCell(b.l.Decimal(d.Time, 0), d.Time), numberCell(b.l.Percent(d.Estimate, 1), d.Estimate), textCell(b.l.Range(b.l.Percent(d.ConfLow, 1), b.l.Percent(d.ConfHigh, 1))),
				b.countCell(d.NRisk), b.countCell(d.NEvent), b.countCell(d.NCensor))
		}
		var f *figure.Figure
		if first {
			f = b.set.Duration(tiltak, group, m, figure.Options{Lang: b.l, Width: figureWidth, Title: figure.MeasureName(m, b.l)})
		}
		if err := bl.draw(b, f, t); err != nil {
			return bl, err
		}
		if m != "time_in_tiltak" || !first {
			continue
		}
		if err := bl.draw(b, b.set.Ends(tiltak, group, figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Når deltakelsene tok slutt", "When participations ended")}), nil); err != nil {
			return bl, err
		}
	}
	return bl, nil
}

func (b *builder) costs(tiltak, group string, first bool) (block, error) {
	bl := block{Title: b.say("Hva det koster", "What it costs")}
	_, priced := b.meanCost(tiltak, group)
	if !priced {
		bl.Text = b.say("Prisen er ikke kjent: katalogen har ingen sats for dette tiltaket, og data har ingen beløp.", "The price is not known: the catalogue has no rate for this tiltak and the data holds no amounts.")
	}
	t := b.table(b.sayf("Kostnad i %d-kroner", "Cost in %d prices", b.run.PriceYear), b.say("Per", "Per"), b.say("Startår", "Year of start"), b.say("Mål", "Statistic"), b.say("Verdi", "Value"))
	for _, c := range b.set.Costs(tiltak, group) {
		// By year the cost of a participant; the other measures over all years.
		if c.Statistic == "share_in_bin" || c.Measure != "per_participant" && (c.Year != nil || c.Statistic == "sum" || c.Statistic == "unpriced") {
			continue
		}
		year := b.say("alle", "all")
		if c.Year != nil {
			year = strconv.Itoa(*c.Year)
		}
		value := numberCell(b.l.Kroner(c.Value), c.Value)
		if c.Statistic == "n" || c.Statistic == "unpriced" {
			value.Text = b.l.Decimal(c.Value, 0)
		}
		value.Sub = b.short(c.Reason)
		t.add(textCell(b.costMeasure(c.Measure)), textCell(year), textCell(b.statistic(c.Statistic)), value)
	}
	var f *figure.Figure
	if first {
		f = b.set.CostDistribution(tiltak, group, figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Fordeling over deltakere", "Distribution over participants")})
	}
	if err := bl.draw(b, f, t); err != nil || !first || !priced { // without a price there is nothing to draw by year
		return bl, err
	}
	return bl, bl.draw(b, b.set.CostYears(tiltak, group, figure.Options{Lang: b.l, Width: figureWidth, Title: b.say("Gjennomsnitt etter startår", "Mean by year of start")}), nil)
}

func (b *builder) costMeasure(m string) string {
	switch m {
	case "per_participant":
		return b.say("deltaker", "participant")
	case "per_participation":
		return b.say("deltakelse", "participation")
	case "per_participant_month":
		return b.say("måned i tiltaket", "month in the tiltak")
	case "per_completed":
		return b.say("deltakelse som ble fullført", "participation that was completed")
	case "per_completion":
		return b.say("fullføring, de som sluttet medregnet", "completion, those who left included")
	}
	return strings.ReplaceAll(m, "_", " ")
}

func (b *builder) statistic(s string) string {
	switch s {
	case "n":
		return b.say("antall", "number")
	case "unpriced":
		return b.say("holdt utenfor, pris ikke kjent", "left out, price not known")
	case "mean":
		return b.say("gjennomsnitt", "mean")
	case "sum":
		return b.say("sum", "sum")
	case "p50":
		return b.say("median", "median")
	}
	if len(s) > 1 && s[0] == 'p' {
		return b.sayf("%s prosent koster mindre enn dette", "%s per cent cost less than this", s[1:])
	}
	return s
}

func (b *builder) diagnostics(tiltak, group string, _ bool) (block, error) {
	bl := block{Title: b.say("Hvordan metodene gikk", "How the methods went")}
	t := b.table(b.say("Diagnostikk", "Diagnostics"), b.say("Metode", "Method"), b.say("Hva", "What"), b.say("Verdi", "Value"))
	for _, d := range b.diag[cell{tiltak, group}] {
		digits := 3
		if d.Value == math.Trunc(d.Value) {
			digits = 0
		}
		what := textCell(b.diagnostic(d.Name))
		if d.Outcome != "" {
			what = textCell(b.diagnostic(d.Name) + ": " + lower(b.outcome(d.Outcome)))
		}
		t.add(textCell(b.method(d.Method)), what, numberCell(b.l.Decimal(d.Value, digits), d.Value))
	}
	if len(t.Rows) > 0 {
		bl.Tables = append(bl.Tables, t)
	}
	return bl, nil
}

// short is the reason of a missing figure in a table: a word where it is hidden, since a table may say it a hundred times.
func (b *builder) short(r estimate.Reason) string {
	if r == estimate.Suppressed {
		return b.say("skjult", "hidden")
	}
	return figure.Reason(r, b.l, b.run.MinCell)
}
