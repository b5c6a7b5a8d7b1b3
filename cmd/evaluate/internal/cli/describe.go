package cli

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
	"tiltakseffekt/results/figure"
)

func newDescribeCmd(g *globals) *cobra.Command {
	var out, encoding string
	c := &cobra.Command{
		Use:   "describe STUDY.yaml",
		Short: "Who starts what, for how long, at what cost: no effects",
		Long: `Describe the starts of a study: the flow from the register to the analysis, who they are (covariates and target
groups, beside the eligible who start nothing), how long they stay, what follows upon what, and what it costs. No effect is estimated
and no outcome of those who start is compared with that of others.

Disclosure control applies. --out DIR writes DIR/<study>/<id>/ with tables (Parquet and CSV), figures and a manifest, which
evaluate validate checks like a run; the path is printed last.`,
		Example: "  $ evaluate describe my-study.yaml\n  $ evaluate describe my-study.yaml --out results/descriptions",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := analysis.Load(args[0])
			if err != nil {
				return err
			}
			if c.Flags().Changed("seed") {
				s.Seed = &g.seed
			}
			if err := setEncoding(s, encoding); err != nil {
				return err
			}
			return g.describe(c, s, out)
		},
	}
	c.Flags().StringVar(&out, "out", "", "`folder` to write tables and figures into")
	c.Flags().StringVar(&encoding, "encoding", "", "`encoding` of CSV in the register, utf-8 or latin1 (default: data.encoding of the study)")
	return c
}

func (g *globals) describe(c *cobra.Command, s *analysis.Study, out string) error {
	program, err := programIdentity()
	if err != nil {
		return err
	}
	p := g.newProgress()
	d, err := analysis.Describe(c.Context(), s, analysis.FolderOptions{Program: program, Platform: platform(),
		Options: analysis.Options{Workers: g.workers, Memory: g.memoryBytes, Progress: func(done, total float64, what string) {
			if name, ok := stageNames[what]; ok {
				what = name
			}
			p.report(done, total, what)
		}}})
	p.done()
	if err != nil {
		return err
	}
	path := ""
	if out != "" {
		files, err := figure.Files(c.Context(), &d.Run, &d.Tables, g.workers)
		if err != nil {
			return err
		}
		path, err = results.Write(out, &d.Run, &d.Tables, files)
		if fault.CodeOf(err) == "run_finished" {
			path, err = results.Path(out, d.Run.Study, d.Run.RunID), nil
		}
		if fault.CodeOf(err) == "write_failed" {
			err = writeFailure(out, err)
		}
		if err != nil {
			return err
		}
	}
	g.warn(d.Run.Warnings)
	if g.format == "json" {
		return writeJSON(g.stdout, struct {
			header
			Study      string                      `json:"study"`
			Path       *string                     `json:"path"`
			Spells     []spellRow                  `json:"spells"`
			Tables     map[string][]map[string]any `json:"tables"`
			Suppressed []results.Suppression       `json:"suppressed"`
			Warnings   []fault.Warning             `json:"warnings"`
		}{newHeader("describe", d.Run.Level), d.Run.Study, optional(path), spellRows(&d.Tables), d.Tables.Records(), append([]results.Suppression{}, d.Run.Suppressed...), warningsOf(d.Run.Warnings)})
	}
	var b strings.Builder
	g.printDescription(&b, d)
	if path != "" {
		fmt.Fprintf(&b, "\n%s\n", path)
	}
	_, err = g.stdout.Write([]byte(b.String()))
	return err
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

type spellRow struct {
	Tiltak       string `json:"tiltak"`
	Group        string `json:"group"`
	Measure      string `json:"measure"`
	Starts       *int   `json:"starts"`
	UnderTwo     number `json:"share_ended_within_2_months"`
	Median       number `json:"median_months"`
	OverYear     number `json:"share_over_12_months"`
	OverEighteen number `json:"share_over_18_months"`
}

func spellRows(t *results.Tables) []spellRow {
	rows := []spellRow{}
	for _, s := range results.Spells(t.Durations, "time_in_tiltak") {
		row := spellRow{s.Tiltak, s.Group, s.Measure, nil, number(s.UnderTwo), number(s.Median), number(s.OverYear), number(s.OverEighteen)}
		if s.Starts >= 0 {
			row.Starts = &s.Starts
		}
		rows = append(rows, row)
	}
	return rows
}

// shownVariables are the covariates that text shows of everybody; the others are in JSON and in the folder.
var shownVariables = []string{"alder", "kvinne", "utdanning=lav", "landgruppe=utenfor_eos", "status=nedsatt_arbeidsevne", "varighet=13-24", "varighet=25+", "arbeid_7_12", "arbeid_25_36", "aap_1_3", "sosialhjelp_1_3", "tiltak_7_24"}

func (g *globals) printDescription(b *strings.Builder, d *analysis.Description) {
	lang := g.numbers()
	percent := func(v float64) string {
		if math.IsNaN(v) {
			return "–"
		}
		return lang.Decimal(100*v, 1)
	}
	count := func(n int) string {
		if n < 0 {
			return "–"
		}
		return lang.Count(n)
	}
	t := &d.Tables
	fmt.Fprintf(b, "Starts from %s to %s, %s months followed, data to %s. – is hidden (fewer than %d persons, or what would give them away) or not known.\n", d.Run.From, d.Run.To, lang.Count(d.Run.Horizon), d.Run.Cut, d.Run.MinCell)

	b.WriteString("\nFlow: starts, and the rule that takes them out\n\n")
	var rules []string
	for _, f := range t.Flow {
		if f.Tiltak != "" && (f.Rows != 0 || f.Action != "dropped") && !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	slices.SortStableFunc(rules, func(x, y string) int { return stepOf(t, x) - stepOf(t, y) })
	fields := []field{{title: "tiltak", most: 34}, {title: "group"}}
	for _, r := range rules {
		fields = append(fields, field{title: r, right: true})
	}
	var rows [][]string
	for _, f := range t.Flow {
		k := slices.Index(rules, f.Rule)
		if f.Tiltak == "" || k < 0 {
			continue
		}
		if n := len(rows); n == 0 || rows[n-1][0] != f.Tiltak || rows[n-1][1] != f.Group {
			rows = append(rows, append([]string{f.Tiltak, f.Group}, make([]string, len(rules))...))
		}
		rows[len(rows)-1][2+k] = count(f.Rows)
	}
	b.WriteString(aligned(fields, rows))

	b.WriteString("\nTime in tiltak: share (%) that ended within 2 months, lasted over 12 and over 18; those under way at the last month count as long as they are known\n\n")
	rows = nil
	for _, s := range results.Spells(t.Durations, "time_in_tiltak") {
		median := "–"
		if !math.IsNaN(s.Median) {
			median = lang.Decimal(s.Median, 0)
		}
		rows = append(rows, []string{s.Tiltak, s.Group, count(s.Starts), percent(s.UnderTwo), median, percent(s.OverYear), percent(s.OverEighteen)})
	}
	b.WriteString(aligned([]field{{title: "tiltak", most: 34}, {title: "group"}, {title: "starts", right: true}, {title: "≤ 2 mo.", right: true}, {title: "median, months", right: true},
		{title: "> 12 mo.", right: true}, {title: "> 18 mo.", right: true}}, rows))

	g.printComposition(b, d, percent)
	g.printCosts(b, t)
	records := t.Records()
	for _, name := range slices.Sorted(maps.Keys(records)) { // what has no text of its own
		if !slices.Contains([]string{"flow", "durations", "composition", "costs"}, name) {
			fmt.Fprintf(b, "\n%s: %s rows, in --format json and --out\n", name, lang.Count(len(records[name])))
		}
	}
}

func stepOf(t *results.Tables, rule string) int {
	for _, f := range t.Flow {
		if f.Rule == rule && f.Tiltak != "" {
			return f.Step
		}
	}
	return 0
}

// printComposition shows the chosen variables of each tiltak in each group, with those who could have started in brackets,
// and how the groups overlap.
func (g *globals) printComposition(b *strings.Builder, d *analysis.Description, percent func(float64) string) {
	lang := g.numbers()
	t := &d.Tables
	type cell struct{ tiltak, group string }
	var cells []cell
	values := map[cell]map[string]results.Composition{}
	for _, c := range t.Composition {
		k := cell{c.Tiltak, c.Group}
		if values[k] == nil {
			values[k] = map[string]results.Composition{}
			cells = append(cells, k)
		}
		values[k][c.Kind+" "+c.Variable] = c
	}
	show := func(c results.Composition) string {
		f := func(v float64) string {
			switch {
			case math.IsNaN(v):
				return "–"
			case c.Variable == "alder":
				return lang.Decimal(v, 1)
			}
			return percent(v)
		}
		if math.IsNaN(c.MeanStarts) {
			return "–"
		}
		return f(c.MeanStarts) + " (" + f(c.MeanEligible) + ")"
	}
	b.WriteString("\nWho they are: starts that are analysed, in brackets the eligible who start nothing; % but for age in years\n")
	for _, tiltak := range d.Run.Tiltak {
		fields := []field{{title: tiltak.ID, most: 40}}
		var mine []cell
		for _, k := range cells {
			if k.tiltak == tiltak.ID {
				mine = append(mine, k)
				fields = append(fields, field{title: k.group, right: true})
			}
		}
		if len(mine) == 0 {
			continue
		}
		var rows [][]string
		line := func(key, name string) {
			row := []string{name}
			any := false
			for _, k := range mine {
				c, ok := values[k][key]
				text := ""
				if ok {
					text, any = show(c), true
				}
				row = append(row, text)
			}
			if any {
				rows = append(rows, row)
			}
		}
		for _, v := range shownVariables {
			name := v
			for _, l := range d.Run.Covariates {
				if l.ID == v {
					name = l.Text.In(g.textLang())
				}
			}
			for _, kind := range []string{"mean", "share"} {
				line(kind+" "+v, name)
			}
		}
		for _, o := range d.Run.Groups {
			if o.ID != "alle" { // everybody
				line("group "+o.ID, "in "+o.ID)
			}
		}
		b.WriteString("\n" + aligned(fields, rows))
	}
}

func (g *globals) textLang() string {
	if g.lang == "nb" {
		return "nb"
	}
	return "en"
}

// printCosts shows kroner per participation.
func (g *globals) printCosts(b *strings.Builder, t *results.Tables) {
	lang := g.numbers()
	var rows [][]string
	year := 0
	for _, c := range t.Costs {
		if c.Year != nil || c.Measure != "per_participation" {
			continue
		}
		year = c.PriceYear
		k := slices.Index([]string{"n", "mean", "p25", "p50", "p75"}, c.Statistic)
		if k < 0 {
			continue
		}
		if n := len(rows); n == 0 || rows[n-1][0] != c.Tiltak || rows[n-1][1] != c.Group {
			rows = append(rows, []string{c.Tiltak, c.Group, "–", "–", "–", "–", "–"})
		}
		if !math.IsNaN(c.Value) {
			rows[len(rows)-1][2+k] = lang.Count(int(math.Round(c.Value)))
		} else if !c.Priced {
			rows[len(rows)-1][2+k] = "no rate"
		}
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\nCost per participation, kroner of %d\n\n", year)
	b.WriteString(aligned([]field{{title: "tiltak", most: 34}, {title: "group"}, {title: "priced", right: true}, {title: "mean", right: true}, {title: "p25", right: true}, {title: "median", right: true}, {title: "p75", right: true}}, rows))
}
