package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
)

// catalogTopics are what `evaluate catalog` prints: a word, its tables, and what it is about.
var catalogTopics = []struct {
	word   string
	tables []string
	about  string
}{
	{"tiltak", []string{"tiltak"}, "the tiltak: codes, steps, arena, form, procurement, longest duration"},
	{"groups", []string{"grupper"}, "the target groups and their definitions"},
	{"reforms", []string{"reformer"}, "changes of rules that a study can be about"},
	{"rates", []string{"satser"}, "what a place costs, by period"},
	{"codes", []string{"koder"}, "older codes and what they stand for"},
	{"statuses", []string{"statuser"}, "which statuses mean participation"},
	{"rules", []string{"deltid", "avkorting", "lonnstilskudd", "varigheter"}, "part-time and proration rules, wage subsidies, longest durations"},
	{"g", []string{"g"}, "grunnbeløpet (G)"},
	{"kpi", []string{"kpi"}, "the consumer price index"},
	{"benefits", []string{"ytelser"}, "rates of benefits"},
	{"payroll", []string{"lonnskostnad"}, "what an employer pays on top of the wage"},
	{"parameters", []string{"parametre"}, "parameters of cost–benefit analysis"},
}

func newCatalogCmd(g *globals) *cobra.Command {
	var dir string
	words := make([]string, len(catalogTopics))
	help := ""
	for i, t := range catalogTopics {
		words[i] = t.word
		help += "  " + t.word + strings.Repeat(" ", 12-len(t.word)) + t.about + "\n"
	}
	c := &cobra.Command{
		Use:   "catalog " + strings.Join(words[:4], "|") + "|… [CODE]",
		Short: "Print the embedded tables with their sources",
		Long: `Print the tables that the program carries, each row with its source. CODE shows the rows of one
tiltak, by its new or its Arena code (of one group or status, in those tables).

` + help + `
A figure with a question mark is not confirmed in a text that was read. Put files of the same names
in a folder to replace or add rows, and give it with --catalog: docs/data-dictionary.md tells how.`,
		Example: `  $ evaluate catalog tiltak
  $ evaluate catalog rates ARBFORB
  $ evaluate catalog groups --lang nb
  $ evaluate catalog g --format json`,
		Args:      cobra.RangeArgs(1, 2),
		ValidArgs: words,
		RunE: func(_ *cobra.Command, args []string) error {
			i := slices.IndexFunc(catalogTopics, func(t struct {
				word   string
				tables []string
				about  string
			}) bool {
				return t.word == args[0] || slices.Contains(t.tables, args[0])
			})
			if i < 0 {
				return fault.Usagef("bad_flag", "there is no `%s` in the catalogue%s; choose %s", args[0], fault.Suggest(args[0], words), strings.Join(words, ", "))
			}
			only := ""
			if len(args) == 2 {
				only = args[1]
			}
			return g.catalog(dir, catalogTopics[i].word, catalogTopics[i].tables, only)
		},
	}
	c.Flags().StringVar(&dir, "catalog", "", "`folder` of your own catalogue files, put over the embedded tables")
	return c
}

func (g *globals) catalog(dir, topic string, names []string, only string) error {
	c, err := catalog.Load(dir)
	if err != nil {
		return err
	}
	var tables []catalog.Table
	rows := 0
	for _, name := range names {
		t, _ := c.Table(name)
		t.Rows = rowsOf(c, t, only)
		rows += len(t.Rows)
		tables = append(tables, t)
	}
	if only != "" && rows == 0 {
		return fault.Usagef("unknown_code", "`%s` has no rows in `%s`; leave it out to see them all", only, topic)
	}
	if g.format == "json" {
		return writeJSON(g.stdout, catalogDocument(topic, tables))
	}
	lang := g.lang
	if lang == "" {
		lang = "en"
	}
	p := catalogPrinter{catalog: c, lang: lang}
	for i, t := range tables {
		if i > 0 {
			p.WriteByte('\n')
		}
		p.table(t)
	}
	p.footnotes()
	_, err = g.stdout.Write([]byte(p.String()))
	return err
}

// rowsOf are the rows of a table about a code: a tiltak by any of its codes, otherwise the first column or the status.
func rowsOf(c *catalog.Catalog, t catalog.Table, only string) [][]string {
	if only == "" {
		return t.Rows
	}
	resolved, known := c.Resolve(only)
	var rows [][]string
	for _, row := range t.Rows {
		for i, column := range t.Columns {
			about := column.Name == "tiltakskode" && known && (row[i] == resolved || row[i] == "*")
			named := slices.Contains([]string{"tiltakskode", "kode", "gruppe", "status", "ytelse", "komponent", "parameter", "aar"}, column.Name) && strings.EqualFold(row[i], only)
			if about || named || column.Name == "gyldig_fra" && t.Name == "g" && strings.HasPrefix(row[i], only) {
				rows = append(rows, row)
				break
			}
		}
	}
	return rows
}

// catalogDocument is the JSON of `evaluate catalog`: numbers are numbers, ja and nei booleans, and empty cells null.
func catalogDocument(topic string, tables []catalog.Table) any {
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
		Help string `json:"help"`
	}
	type table struct {
		Table   string           `json:"table"`
		Row     string           `json:"row"`
		Columns []column         `json:"columns"`
		Rows    []map[string]any `json:"rows"`
	}
	document := struct {
		header
		Topic    string          `json:"topic"`
		Tables   []table         `json:"tables"`
		Warnings []fault.Warning `json:"warnings"`
	}{newHeader("catalog", 0.95), topic, nil, warningsOf(nil)}
	kinds := map[catalog.Kind]string{catalog.Number: "number", catalog.Whole: "integer", catalog.Day: "date", catalog.YesNo: "boolean"}
	for _, t := range tables {
		out := table{Table: t.Name, Row: t.Title, Rows: []map[string]any{}}
		for _, c := range t.Columns {
			kind := kinds[c.Kind]
			if kind == "" {
				kind = "string"
			}
			out.Columns = append(out.Columns, column{c.Name, kind, c.Help})
		}
		for _, row := range t.Rows {
			object := map[string]any{}
			for i, c := range t.Columns {
				switch {
				case row[i] == "":
					object[c.Name] = nil
				case c.Kind == catalog.Number || c.Kind == catalog.Whole:
					x, _ := strconv.ParseFloat(row[i], 64)
					object[c.Name] = number(x)
				case c.Kind == catalog.YesNo:
					object[c.Name] = row[i] == "ja"
				default:
					object[c.Name] = row[i]
				}
			}
			out.Rows = append(out.Rows, object)
		}
		document.Tables = append(document.Tables, out)
	}
	return document
}
