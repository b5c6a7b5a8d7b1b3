package cli

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/internal/fault"
	written "tiltakseffekt/internal/number"
	"tiltakseffekt/results/figure"
)

type compareFlags struct {
	outcome     string
	month       int
	correlation float64
	level       float64
	out         string
	split       string
	studies     []string
}

func newCompareCmd(g *globals) *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare RUN RUN…",
		Short: "Set the same figures of several evaluations side by side",
		Long: `Set the same figures of several evaluations side by side: run folders, and .yaml files of figures typed from a report
(docs/compare.md has their form). It says in which choices of sample, definition and method the evaluations differ, whether
their figures answer the same question, and pools the primary figures of each tiltak and group (REML, Hartung–Knapp, with a
prediction interval).

Of two runs of one register it also says why they differ: it runs method A on sample B and so on, every combination, and
divides the difference among sample, definition and method. That needs the studies, which lie beside the runs, and their
register; --split never leaves it out, --split always says what stood in the way. Evaluations that share persons have
correlated errors; the split measures by how much, and without it they are pooled with --correlation alone.`,
		Example: "  $ evaluate compare results/runs/aft-a/0123456789abcdef results/runs/aft-b/fedcba9876543210\n  $ evaluate compare results/runs/aft/0123456789abcdef proba-frisch-2023.yaml --month 24 --out comparison",
		Args:    cobra.MinimumNArgs(2),
		RunE:    func(c *cobra.Command, args []string) error { return g.compare(c, args, &f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.outcome, "outcome", "", "`outcome` to compare (default: each evaluation's primary one)")
	flags.IntVar(&f.month, "month", 0, "`month` after the start (default: that of the first run's family)")
	flags.Float64Var(&f.correlation, "correlation", 0, "`correlation` of the errors of evaluations of the same register")
	flags.Float64Var(&f.level, "level", 0.95, "level of all intervals")
	flags.StringVar(&f.split, "split", "auto", "why two runs differ: auto, always or never")
	flags.StringSliceVar(&f.studies, "study", nil, "study `files` of the two runs, where they are not beside them")
	flags.StringVar(&f.out, "out", "", "`folder` for the tables and a forest plot for each tiltak")
	return c
}

// The rows of the document, which are also the tables of --out.
type (
	comparedEvaluation struct {
		Evaluation string `json:"evaluation"`
		Name       string `json:"name"`
		Path       string `json:"path"`
		RunID      string `json:"run_id"`
		Kind       string `json:"kind"` // run | published
		Source     string `json:"source"`
		Sample     string `json:"sample"` // of published figures, in their own words
		Definition string `json:"definition"`
		Method     string `json:"method"`
	}
	comparedEstimate struct {
		Evaluation     string `json:"evaluation"`
		Tiltak         string `json:"tiltak"`
		Group          string `json:"group"`
		Outcome        string `json:"outcome"`
		Method         string `json:"method"`
		Month          int    `json:"month"`
		Estimand       string `json:"estimand"`
		Comparison     string `json:"comparison"`
		LaterEntry     string `json:"later_entry"`
		Unit           string `json:"unit"` // share | kroner
		Primary        bool   `json:"primary"`
		SameEstimand   string `json:"same_estimand"`
		Differs        string `json:"differs"`
		Estimate       number `json:"estimate"`
		StdError       number `json:"std_error"`
		ConfLow        number `json:"conf_low"`
		ConfHigh       number `json:"conf_high"`
		PValue         number `json:"p_value"`
		MeanTreated    number `json:"mean_treated"`
		MeanComparison number `json:"mean_comparison"`
		Reason         string `json:"reason"`
	}
	comparedPool struct {
		Tiltak         string `json:"tiltak"`
		Group          string `json:"group"`
		K              int    `json:"k"`
		SameEstimand   string `json:"same_estimand"`
		Estimate       number `json:"estimate"`
		StdError       number `json:"std_error"`
		ConfLow        number `json:"conf_low"`
		ConfHigh       number `json:"conf_high"`
		PValue         number `json:"p_value"`
		PredictionLow  number `json:"prediction_low"`
		PredictionHigh number `json:"prediction_high"`
		Tau2           number `json:"tau2"`
		Q              number `json:"q"`
		QPValue        number `json:"q_p_value"`
		Reason         string `json:"reason"`
	}
	splitPart struct {
		Tiltak      string `json:"tiltak"`
		GroupA      string `json:"group_a"`
		GroupB      string `json:"group_b"`
		Factor      string `json:"factor"` // sample | definition | method | difference (B less A)
		Estimate    number `json:"estimate"`
		StdError    number `json:"std_error"`
		ConfLow     number `json:"conf_low"`
		ConfHigh    number `json:"conf_high"`
		PValue      number `json:"p_value"`
		Share       number `json:"share"`
		Correlation number `json:"correlation"` // of the errors of A and B
		Reason      string `json:"reason"`
	}
	splitCombination struct {
		Tiltak     string `json:"tiltak"`
		GroupA     string `json:"group_a"`
		GroupB     string `json:"group_b"`
		Sample     string `json:"sample"` // A or B
		Definition string `json:"definition"`
		Method     string `json:"method"`
		Estimate   number `json:"estimate"`
		StdError   number `json:"std_error"`
		ConfLow    number `json:"conf_low"`
		ConfHigh   number `json:"conf_high"`
		NStarts    int    `json:"n_starts"`
		Reason     string `json:"reason"`
	}
	compareDocument struct {
		header
		Month       int                      `json:"month"`
		Evaluations []comparedEvaluation     `json:"evaluations"`
		Differences []analysis.KeyDifference `json:"differences"`
		Estimates   []comparedEstimate       `json:"estimates"`
		Pooled      []comparedPool           `json:"pooled"`
		Split       []splitPart              `json:"split"`
		Cross       []splitCombination       `json:"combinations"`
		Warnings    []fault.Warning          `json:"warnings"`
	}
)

func (g *globals) compare(c *cobra.Command, paths []string, f *compareFlags) error {
	if !(f.level > 0.5 && f.level < 1) {
		return fault.Usagef("bad_flag", "`--level` must lie between 0.5 and 1, such as 0.95, not %v", f.level)
	}
	if f.split != "auto" && f.split != "always" && f.split != "never" {
		return fault.Usagef("bad_flag", "`--split` is auto, always or never, not `%s`", f.split)
	}
	if f.month < 0 {
		return fault.Usagef("bad_flag", "`--month` is a month after the start, not %d", f.month)
	}
	opt := analysis.CompareOptions{Outcome: f.outcome, Month: f.month, Level: f.level}
	if c.Flags().Changed("correlation") {
		if !(f.correlation >= 0 && f.correlation < 1) { // said before the split, which takes its time
			return fault.Usagef("bad_flag", "`--correlation` lies from 0 to under 1, not %v", f.correlation)
		}
		opt.Correlation = &f.correlation
	}
	evaluations, err := analysis.LoadEvaluations(paths)
	if err != nil {
		return err
	}
	if _, err := analysis.Compare(evaluations, opt); err != nil { // a month or an outcome that nobody has is said before the split, which takes its time
		return err
	}
	unsplit := error(nil)
	if f.split != "never" {
		if opt.Split, unsplit = g.splitRuns(c, evaluations, f.studies); unsplit != nil && (f.split == "always" || fault.StatusOf(unsplit) == fault.Interrupted) {
			return unsplit
		}
	}
	side, err := analysis.Compare(evaluations, opt)
	if err != nil {
		return err
	}
	if unsplit != nil && len(evaluations) == 2 {
		side.Warnings = append(side.Warnings, fault.Warnf("not_split", "the difference is not split into sample, definition and method: %v", unsplit))
	}
	document := compareResult(side, f.level)
	document.addSplit(analysis.SplitAtLevel(opt.Split, f.level))
	g.warn(side.Warnings)
	if f.out != "" {
		if err := g.writeComparison(c, f.out, document); err != nil {
			return err
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, document)
	}
	return g.printComparison(document)
}

func compareResult(s *analysis.SideBySide, level float64) *compareDocument {
	d := &compareDocument{header: newHeader("compare", level), Month: s.Month, Differences: s.Differences, Warnings: warningsOf(s.Warnings)}
	if d.Differences == nil {
		d.Differences = []analysis.KeyDifference{}
	}
	for _, e := range s.Evaluations {
		row := comparedEvaluation{Evaluation: e.Label, Name: e.Name, Path: e.Path, Kind: "published"}
		if e.Run != nil {
			row.RunID, row.Kind = e.Run.RunID, "run"
		} else {
			row.Source, row.Sample, row.Definition, row.Method = e.Published.Source, e.Published.Sample, e.Published.Definition, e.Published.Method
		}
		d.Evaluations = append(d.Evaluations, row)
	}
	for _, r := range s.Rows {
		d.Estimates = append(d.Estimates, comparedEstimate{r.Evaluation, r.Tiltak, r.Group, r.Outcome, r.Method, *r.Month, r.Estimand, r.Comparison, r.LaterEntry, r.Unit, r.Primary, r.SameEstimand,
			analysis.FactorsInWords(r.Differs), number(r.Estimate.Estimate), number(r.StdError), number(r.ConfLow), number(r.ConfHigh), number(r.PValue), number(r.MeanTreated), number(r.MeanComparison), string(r.Reason)})
	}
	d.Pooled = []comparedPool{}
	for _, p := range s.Pooled {
		nan := number(math.NaN())
		row := comparedPool{p.Tiltak, p.Group, p.K, p.SameEstimand, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, p.Reason}
		if x := p.Pooled; x != nil {
			row.Estimate, row.StdError, row.ConfLow, row.ConfHigh, row.PValue = number(x.Effect.Estimate), number(x.Effect.StdError), number(x.Effect.ConfLow), number(x.Effect.ConfHigh), number(x.Effect.PValue)
			row.PredictionLow, row.PredictionHigh, row.Tau2, row.Q, row.QPValue = number(x.PredictionLow), number(x.PredictionHigh), number(x.Tau2), number(x.Q), number(x.QPValue)
		}
		d.Pooled = append(d.Pooled, row)
	}
	return d
}

// printComparison prints the evaluations, what they chose differently, and their figures for each tiltak and group.
func (g *globals) printComparison(d *compareDocument) error {
	l := g.numbers()
	var b strings.Builder
	for _, e := range d.Evaluations {
		what := "run " + e.RunID
		if e.Kind == "published" {
			what = "published: " + e.Source
		}
		fmt.Fprintf(&b, "%s  %s (%s)\n", e.Evaluation, e.Name, what)
		for _, words := range [][2]string{{"sample", e.Sample}, {"definition", e.Definition}, {"method", e.Method}} {
			if words[1] != "" {
				fmt.Fprintf(&b, "   %s: %s\n", words[0], words[1])
			}
		}
	}
	runs := 0
	for _, e := range d.Evaluations {
		if e.Kind == "run" {
			runs++
		}
	}
	switch {
	case len(d.Differences) == 0 && runs < 2: // published figures say in words what they chose
	case len(d.Differences) == 0:
		fmt.Fprintln(&b, "\nThe runs were made with the same choices on the same data.")
	default:
		fields := []field{{title: "differs in"}, {title: "choice", most: 34}}
		for _, e := range d.Evaluations {
			fields = append(fields, field{title: e.Evaluation, most: 30})
		}
		var rows [][]string
		for _, x := range d.Differences {
			factor := string(x.Factor)
			if factor == "" {
				factor = "other"
			}
			rows = append(rows, append([]string{factor, x.Key}, x.Values...))
		}
		fmt.Fprintf(&b, "\n%s", aligned(fields, rows))
	}
	fmt.Fprintf(&b, "\nMonth %d after the start, percentage points or kroner, %g %% intervals (* the figure that the evaluation stands for):\n\n", d.Month, 100*float64(d.Level))
	fields := []field{{title: "tiltak", most: 28}, {title: "group", most: 22}, {most: 2}, {title: "outcome", most: 16}, {title: "method"}, {title: "estimate", right: true}, {title: "interval"}, {title: "same question", most: 24}}
	var rows [][]string
	for _, key := range d.cells() {
		pooled := func(x number) string { return l.Points(float64(x), 1) } // of the primary figures
		for i, e := range d.Estimates {
			if (cellOf{e.Tiltak, e.Group}) != key {
				continue
			}
			same := e.SameEstimand
			if e.Differs != "" {
				same += ": " + e.Differs
			}
			mark := e.Evaluation
			if e.Primary {
				mark += "*"
			}
			row := []string{"", "", mark, e.Outcome, e.Method, written.Missing(), e.Reason, same}
			if i == d.first(key) {
				row[0], row[1] = e.Tiltak, e.Group
			}
			show := func(x number) string { return l.Points(float64(x), 1) }
			if e.Unit == "kroner" {
				show = func(x number) string { return l.Signed(float64(x), 0) }
			}
			if e.Primary {
				pooled = show
			}
			if !math.IsNaN(float64(e.Estimate)) {
				row[5], row[6] = show(e.Estimate), l.Range(show(e.ConfLow), show(e.ConfHigh))
			}
			rows = append(rows, row)
		}
		for _, p := range d.Pooled {
			if (cellOf{p.Tiltak, p.Group}) != key {
				continue
			}
			row := []string{"", "", "", "pooled", fmt.Sprintf("%d figures", p.K), written.Missing(), p.Reason, p.SameEstimand}
			if !math.IsNaN(float64(p.Estimate)) {
				row[5], row[6] = pooled(p.Estimate), l.Range(pooled(p.ConfLow), pooled(p.ConfHigh))
			}
			rows = append(rows, row)
			if !math.IsNaN(float64(p.PredictionLow)) {
				rows = append(rows, []string{"", "", "", "one more such", "evaluation", "", l.Range(pooled(p.PredictionLow), pooled(p.PredictionHigh)), ""})
			}
		}
	}
	b.WriteString(aligned(fields, rows))
	g.printSplit(&b, d)
	_, err := g.stdout.Write([]byte(b.String()))
	return err
}

type cellOf struct{ tiltak, group string }

// cells are the tiltak × groups, in order of appearance.
func (d *compareDocument) cells() []cellOf {
	var out []cellOf
	seen := map[cellOf]bool{}
	for _, e := range d.Estimates {
		if k := (cellOf{e.Tiltak, e.Group}); !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}

func (d *compareDocument) first(key cellOf) int {
	for i, e := range d.Estimates {
		if (cellOf{e.Tiltak, e.Group}) == key {
			return i
		}
	}
	return -1
}

// writeComparison writes the tables and a forest plot for each tiltak.
func (g *globals) writeComparison(c *cobra.Command, dir string, d *compareDocument) error {
	type difference struct {
		Key        string `json:"key"`
		Factor     string `json:"factor"`
		Evaluation string `json:"evaluation"`
		Value      string `json:"value"`
	}
	var differences []difference
	for _, x := range d.Differences {
		for i, v := range x.Values {
			differences = append(differences, difference{x.Key, string(x.Factor), d.Evaluations[i].Evaluation, v})
		}
	}
	tables := []namedRows{{"evaluations", d.Evaluations}, {"estimates", d.Estimates}}
	if len(differences) > 0 {
		tables = append(tables, namedRows{"differences", differences})
	}
	if len(d.Pooled) > 0 {
		tables = append(tables, namedRows{"pooled", d.Pooled})
	}
	if len(d.Split) > 0 {
		tables = append(tables, namedRows{"split", d.Split}, namedRows{"combinations", d.Cross})
	}
	if err := writeTables(c.Context(), dir, tables); err != nil {
		return err
	}
	lang := written.NB
	if g.lang == "en" {
		lang = written.EN
	}
	done := map[string]bool{}
	for _, k := range d.cells() {
		if done[k.tiltak] {
			continue
		}
		done[k.tiltak] = true
		svg, err := d.forest(k.tiltak, lang).SVG()
		if err != nil {
			return fault.Wrap("figure_failed", err, "cannot draw the forest plot of %s", k.tiltak)
		}
		if err := writeWhole(filepath.Join(dir, "forest-"+k.tiltak+".svg"), svg); err != nil {
			return err
		}
	}
	return nil
}

// noteOf says in a word or a few why a figure is missing.
func noteOf(r estimate.Reason, lang written.Lang) string {
	switch {
	case r != estimate.Suppressed:
		return figure.Reason(r, lang, 0)
	case lang == written.EN:
		return "hidden"
	}
	return "skjult"
}

func otherUnit(lang written.Lang) string {
	if lang == written.EN {
		return "in another unit"
	}
	return "i en annen enhet"
}

// forest is the forest plot of a tiltak: the primary figures of every group, and the pooled ones.
func (d *compareDocument) forest(tiltak string, lang written.Lang) *figure.Figure {
	var rows []figure.ForestRow
	unit, of := figure.Points, "" // of the first figure: an axis has one unit
	for _, key := range d.cells() {
		if key.tiltak != tiltak {
			continue
		}
		for _, e := range d.Estimates {
			if (cellOf{e.Tiltak, e.Group}) == key && e.Primary {
				if of == "" {
					of = e.Unit
				}
				if of == "kroner" {
					unit = figure.Kroner
				}
				row := figure.ForestRow{Label: key.group + ", " + e.Evaluation + " (" + e.Outcome + ", " + e.Method + ")", Estimate: float64(e.Estimate), Low: float64(e.ConfLow), High: float64(e.ConfHigh), Note: noteOf(estimate.Reason(e.Reason), lang)}
				if e.Unit != of {
					row.Estimate, row.Low, row.High, row.Note = math.NaN(), math.NaN(), math.NaN(), otherUnit(lang)
				}
				rows = append(rows, row)
			}
		}
		for _, p := range d.Pooled {
			if (cellOf{p.Tiltak, p.Group}) == key && !math.IsNaN(float64(p.Estimate)) {
				label := key.group + ", samlet"
				if lang == written.EN {
					label = key.group + ", pooled"
				}
				rows = append(rows, figure.ForestRow{Label: label, Estimate: float64(p.Estimate), Low: float64(p.ConfLow), High: float64(p.ConfHigh)})
			}
		}
	}
	name := catalog.Default().Name(tiltak, string(lang))
	title := fmt.Sprintf("%s, %d måneder etter start", name, d.Month)
	if lang == written.EN {
		title = fmt.Sprintf("%s, %d months after the start", name, d.Month)
	}
	return figure.Forest(rows, unit, figure.Options{Lang: lang, Title: title})
}
