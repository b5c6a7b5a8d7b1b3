package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tiltakseffekt/datasets/catalog"
	written "tiltakseffekt/internal/number"
)

// catalogPrinter writes tables of the catalogue as text for people, with sources as numbered footnotes.
type catalogPrinter struct {
	strings.Builder
	catalog *catalog.Catalog
	lang    string
	sources []string
	doubts  bool
	split   bool // a code that stands for several was printed
	indent  int  // of the section being written
}

// say is one of two texts by language.
func (p *catalogPrinter) say(nb, en string) string {
	if p.lang == "nb" {
		return nb
	}
	return en
}

// row gives the cells of a row by the names of their columns.
type row struct {
	p     *catalogPrinter
	table *catalog.Table
	cells []string
}

func (r row) text(column string) string {
	i := slices.IndexFunc(r.table.Columns, func(c catalog.Column) bool { return c.Name == column })
	if i < 0 {
		return ""
	}
	return r.cells[i]
}

// sure is the cell with a question mark where its figure is not confirmed.
func (r row) sure(column, text string) string {
	if text == "" {
		return ""
	}
	words := strings.Fields(r.text("bekreftet"))
	if words[0] == "ja" || words[0] == "unntatt" && !slices.Contains(words[1:], column) {
		return text
	}
	r.p.doubts = true
	return text + "?"
}

// number is a cell as a number for people.
func (r row) number(column string) string {
	s := r.text(column)
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return ""
	}
	digits := 0
	i := slices.IndexFunc(r.table.Columns, func(c catalog.Column) bool { return c.Name == column })
	for _, cells := range r.table.Rows { // as many decimals as the column has
		_, fraction, _ := strings.Cut(cells[i], ".")
		digits = max(digits, len(fraction))
	}
	return r.sure(column, written.Lang(r.p.lang).Decimal(x, digits))
}

// source is the footnote number of the row's source.
func (r row) source() string {
	s := r.text("kilde")
	i := slices.Index(r.p.sources, s)
	if i < 0 {
		i = len(r.p.sources)
		r.p.sources = append(r.p.sources, s)
	}
	return fmt.Sprintf("[%d]", i+1)
}

func (r row) note() string {
	if r.p.lang == "en" && r.text("merknad_en") != "" || r.text("merknad") == "" {
		return r.text("merknad_en")
	}
	return r.text("merknad")
}

// when is the period of a row: a year alone where it is one, otherwise its ends.
func (r row) when() string {
	from, to := r.text("gyldig_fra"), r.text("gyldig_til")
	if len(from) == 10 && len(to) == 10 && from[:4] == to[:4] && from[4:] == "-01-01" && to[4:] == "-12-31" {
		return r.sure("gyldig_fra", from[:4])
	}
	switch {
	case from == "" && to == "":
		return r.p.undated()
	case from == "":
		return r.p.say("til ", "to ") + r.sure("gyldig_til", to)
	case to == "":
		return r.p.say("fra ", "from ") + r.sure("gyldig_fra", from)
	}
	return from + r.p.say(" til ", " to ") + r.sure("gyldig_til", to)
}

// undated is the validity of a row without dates.
func (p *catalogPrinter) undated() string { return p.say("uten dato", "undated") }

func (p *catalogPrinter) name(code string) string {
	if code == "*" {
		return p.say("alle tiltak uten egen regel", "all tiltak without a rule of their own")
	}
	return p.catalog.Name(code, p.lang)
}

// table writes a table in the form that suits it.
func (p *catalogPrinter) table(t catalog.Table) {
	rows := make([]row, len(t.Rows))
	for i := range t.Rows {
		rows[i] = row{p, &t, t.Rows[i]}
	}
	switch t.Name {
	case "tiltak":
		p.tiltak(rows)
	case "grupper":
		p.groups(rows)
	case "reformer":
		p.list(rows, []field{{"Id", 0, false}, {p.say("Navn", "Name"), 41, false}, {p.say("Fra", "From"), 0, false}, {p.say("Gruppe", "Group"), 0, false}, {"", 0, false}}, func(r row) []string {
			return []string{r.text("reform"), r.text("navn_" + p.lang), r.sure("gjelder_fra", r.text("gjelder_fra")), r.text("gruppe")}
		})
	case "koder":
		p.list(rows, []field{{p.say("Kode", "Code"), 0, false}, {p.say("Navn", "Name"), 41, false}, {p.say("Blir til", "Becomes"), 37, false}, {"", 0, false}}, func(r row) []string {
			becomes := r.sure("tiltakskode", r.text("tiltakskode"))
			if r.text("forhold") == "delt" {
				becomes += " *"
				p.split = true
			}
			return []string{r.text("kode"), r.text("navn_nb"), becomes}
		})
	case "statuser":
		p.sections(rows, "opphav", func(s string) string { return s }, []field{{p.say("Status", "Status"), 0, false}, {p.say("Navn", "Name"), 30, false}, {p.say("Deltakelse", "Took part"), 0, false}, {p.say("Fullført", "Completed"), 0, false}, {"", 0, false}}, func(r row) []string {
			return []string{r.text("status"), r.text("navn_" + p.lang), r.sure("deltakelse", p.value(r.text("deltakelse"))), r.sure("fullfort", p.value(r.text("fullfort")))}
		})
	case "satser":
		p.sections(rows, "tiltakskode", p.heading, []field{{p.say("Gyldig", "Valid"), 0, false}, {"Kroner", 0, true}, {"", 0, false}, {"", 0, false}}, func(r row) []string {
			return []string{r.when(), r.number("kr"), p.value(r.text("enhet"))}
		})
	case "deltid":
		p.title("Deltid: andel av satsen som betales", "Part time: the share of the rate that is paid")
		p.sections(rows, "tiltakskode", p.heading, []field{{p.say("Gyldig", "Valid"), 0, false}, {p.say("Deltid", "Part time"), 0, false}, {p.say("Andel", "Share"), 0, true}, {"", 0, false}}, func(r row) []string {
			step := p.say("over ", "over ") + r.number("fra_prosent") + " %"
			if r.text("grensen_med") == "ja" {
				step = p.say("fra ", "from ") + r.number("fra_prosent") + " %"
			}
			return []string{r.when(), step, r.number("andel")}
		})
	case "avkorting":
		p.title("Deler av en måned", "Parts of a month")
		p.sections(rows, "tiltakskode", p.heading, []field{{p.say("Gyldig", "Valid"), 0, false}, {p.say("Grunnlag", "Counted"), 0, false}, {p.say("Desimaler", "Decimals"), 0, true}, {"", 0, false}}, func(r row) []string {
			return []string{r.when(), p.value(r.text("grunnlag")), r.text("desimaler")}
		})
	case "lonnstilskudd":
		p.title("Lønnstilskudd: prosent av lønnskostnaden", "Wage subsidies: percent of the wage cost")
		p.sections(rows, "tiltakskode", p.heading, []field{{p.say("For", "For whom"), 0, false}, {p.say("Fra måned", "From month"), 0, true}, {p.say("Prosent", "Percent"), 0, true}, {p.say("Tak (G)", "Ceiling (G)"), 0, true}, {p.say("Gyldig", "Valid"), 0, false}, {"", 0, false}}, func(r row) []string {
			return []string{r.sure("variant", r.text("variant")), r.number("fra_maaned"), r.number("prosent"), r.number("tak_g"), r.when()}
		})
	case "varigheter":
		p.title("Lengste varighet", "Longest duration")
		p.sections(rows, "tiltakskode", p.heading, []field{{p.say("For", "For whom"), 0, false}, {p.say("Høyst", "At most"), 0, true}, {"", 0, false}, {p.say("Gyldig", "Valid"), 0, false}, {"", 0, false}}, func(r row) []string {
			return []string{r.text("variant"), r.number("maks"), p.value(r.text("enhet")), r.when()}
		})
	case "g":
		p.list(rows, []field{{p.say("Fra", "From"), 0, false}, {p.say("Kroner i året", "Kroner a year"), 0, true}, {p.say("Snitt av året", "Average of the year"), 0, true}, {"", 0, false}}, func(r row) []string {
			return []string{r.text("gyldig_fra"), r.number("kr"), r.number("aarssnitt")}
		})
	case "kpi":
		p.list(rows, []field{{p.say("År", "Year"), 0, false}, {p.say("Indeks", "Index"), 0, true}, {p.say("Vekst, %", "Growth, %"), 0, true}, {"", 0, false}}, func(r row) []string {
			return []string{r.text("aar"), r.number("indeks"), r.number("vekst_prosent")}
		})
	case "ytelser":
		p.sections(rows, "ytelse", func(s string) string { return s }, []field{{p.say("Gyldig", "Valid"), 0, false}, {"", 0, false}, {"Kroner", 0, true}, {"", 0, false}, {"", 0, false}}, func(r row) []string {
			return []string{r.when(), r.text("komponent"), r.number("kr"), p.value(r.text("enhet"))}
		})
	case "lonnskostnad":
		p.list(rows, []field{{p.say("Komponent", "Component"), 0, false}, {p.say("Sone", "Zone"), 0, false}, {p.say("Prosent", "Percent"), 0, true}, {p.say("Gyldig", "Valid"), 0, false}, {"", 0, false}}, func(r row) []string {
			return []string{r.text("komponent"), r.text("sone"), r.number("prosent"), r.when()}
		})
	case "parametre":
		p.list(rows, []field{{p.say("Parameter", "Parameter"), 0, false}, {p.say("Fra år", "From year"), 0, true}, {p.say("Verdi", "Value"), 0, true}, {p.say("Enhet", "Unit"), 0, false}, {p.say("Gyldig", "Valid"), 0, false}, {"", 0, false}}, func(r row) []string {
			return []string{r.text("parameter"), r.number("fra_aar"), r.number("verdi"), r.text("enhet"), r.when()}
		})
	}
}

// title writes the title of a table among several, with a line under it.
func (p *catalogPrinter) title(nb, en string) {
	t := p.say(nb, en)
	p.WriteString(t + "\n" + strings.Repeat("─", len([]rune(t))) + "\n")
}

// heading is the name of a tiltak and its code.
func (p *catalogPrinter) heading(code string) string {
	if name := p.name(code); name != code && code != "*" {
		return name + " · " + code
	} else {
		return name
	}
}

// list writes rows as aligned text, the footnote of the source in the last column and remarks as numbered lines after it.
func (p *catalogPrinter) list(rows []row, fields []field, cells func(row) []string) {
	var body [][]string
	var notes []string
	for _, r := range rows {
		c := append(cells(r), r.source())
		if n := r.note(); n != "" {
			i := slices.Index(notes, n)
			if i < 0 {
				i = len(notes)
				notes = append(notes, n)
			}
			c[len(c)-1] += " " + letters(i)
		}
		body = append(body, c)
	}
	for i, f := range fields { // question marks stand to the right of the digits
		marked := func(row []string) bool { return strings.HasSuffix(row[i], "?") }
		if f.right && slices.ContainsFunc(body, marked) {
			for _, row := range body {
				if row[i] != "" && !marked(row) {
					row[i] += " "
				}
			}
		}
	}
	p.WriteString(aligned(fields, body))
	for i, n := range notes {
		p.WriteString(p.hanging("  "+letters(i)+" ", n))
	}
}

// letters numbers remarks: a, b … z, aa, ab …
func letters(i int) string {
	s := string(rune('a' + i%26))
	if i >= 26 {
		s = letters(i/26-1) + s
	}
	return s
}

// hanging is a text with a mark before its first line.
func (p *catalogPrinter) hanging(mark, text string) string {
	indent := len([]rune(mark))
	return mark + strings.Join(wrap(text, pageWidth-p.indent-indent), "\n"+strings.Repeat(" ", indent)) + "\n"
}

// sections writes rows by the value of a column, each under a heading.
func (p *catalogPrinter) sections(rows []row, by string, heading func(string) string, fields []field, cells func(row) []string) {
	for i := 0; i < len(rows); {
		j := i
		for j < len(rows) && rows[j].text(by) == rows[i].text(by) {
			j++
		}
		if i > 0 {
			p.WriteByte('\n')
		}
		p.WriteString(p.hanging("", heading(rows[i].text(by))))
		part := catalogPrinter{catalog: p.catalog, lang: p.lang, sources: p.sources, doubts: p.doubts, indent: 2}
		for k := i; k < j; k++ {
			rows[k].p = &part
		}
		part.list(rows[i:j], fields, cells)
		for _, line := range strings.SplitAfter(part.String(), "\n") {
			if line != "" {
				p.WriteString("  " + line)
			}
		}
		p.sources, p.doubts = part.sources, part.doubts
		i = j
	}
}

// footnotes writes the sources and what the marks mean.
func (p *catalogPrinter) footnotes() {
	if len(p.sources) == 0 {
		return
	}
	p.WriteByte('\n')
	for i, s := range p.sources {
		p.WriteString(p.hanging(fmt.Sprintf("[%d] ", i+1), s))
	}
	if p.doubts {
		p.WriteString(p.say("?   ikke bekreftet i en tekst som er lest\n", "?   not confirmed in a text that was read\n"))
	}
	if p.split {
		p.WriteString(p.say("*   én gammel kode for flere nye\n", "*   one old code for several new ones\n"))
	}
}
