package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/internal/fault"
)

type trialsFlags struct {
	out, tiltak, groups, months, encoding string
	csv                                   bool
}

func newTrialsCmd(g *globals) *cobra.Command {
	var f trialsFlags
	c := &cobra.Command{
		Use:   "trials STUDY.yaml --out DIR",
		Short: "Write the analysis rows of a study: private, for match, did, R or Stata",
		Long: `Write the rows that a study analyses, one file a tiltak × group: person, month, treated, stratum, weights,
covariates, outcomes month by month, and what each method found (weights, pairs, score). commands.txt holds the commands that
make the study's estimates and errors of them again; trials.json holds the same for programs.

The rows are about persons. The folder is marked private, readable by its owner alone, and refused among runs.`,
		Example: "  $ evaluate trials my-study.yaml --out private/rows\n  $ evaluate trials my-study.yaml --out private/rows --tiltak ARBEIDSTRENING --groups unge --months 12,24 --csv",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return g.trials(c, args[0], &f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "", "`folder` to write, which must not be there")
	flags.StringVar(&f.tiltak, "tiltak", "", "`codes` of the tiltak to write (default: those of the study)")
	flags.StringVar(&f.groups, "groups", "", "`groups` to write (default: those of the study)")
	flags.StringVar(&f.months, "months", "", "`months` after the start to write, such as 12,24 (default: 1 to the horizon)")
	flags.BoolVar(&f.csv, "csv", false, "CSV instead of Parquet")
	flags.StringVar(&f.encoding, "encoding", "", "`encoding` of CSV in the register, utf-8 or latin1 (default: data.encoding of the study)")
	return c
}

// trialOptions reads the flags that choose rows and columns.
func (f *trialsFlags) options() (analysis.TrialOptions, error) {
	var t analysis.TrialOptions
	var err error
	if t.Tiltak, err = listOf("tiltak", f.tiltak); err != nil {
		return t, err
	}
	if t.Groups, err = listOf("groups", f.groups); err != nil {
		return t, err
	}
	months, err := listOf("months", f.months)
	if err != nil {
		return t, err
	}
	for _, m := range months {
		h, err := strconv.Atoi(m)
		if err != nil {
			return t, fault.Usagef("bad_flag", "`--months` is a list of whole numbers such as 12,24; `%s` is none", m)
		}
		t.Months = append(t.Months, h)
	}
	return t, nil
}

func (g *globals) trials(c *cobra.Command, path string, f *trialsFlags) error {
	if f.out == "" {
		return fault.Usagef("bad_flag", "`--out` is needed: the folder to write the rows into, outside any run")
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	s, err := analysis.Load(path)
	if err != nil {
		return err
	}
	if c.Flags().Changed("seed") {
		s.Seed = &g.seed
	}
	if err := setEncoding(s, f.encoding); err != nil {
		return err
	}
	format := "parquet"
	if f.csv {
		format = "csv"
	}
	p := g.newProgress()
	p.report(0, 1, "reading the register")
	folder, err := analysis.WriteTrials(c.Context(), s, analysis.Options{Workers: g.workers, Memory: g.memoryBytes, Progress: p.report}, options, f.out, format)
	p.done()
	if fault.CodeOf(err) == "write_failed" {
		err = writeFailure(f.out, err)
	}
	if err != nil {
		return err
	}
	if g.format == "json" {
		return writeJSON(g.stdout, struct {
			header
			Path     string               `json:"path"`
			Private  bool                 `json:"private"`
			Study    string               `json:"study"`
			Cells    []analysis.TrialCell `json:"cells"`
			Warnings []fault.Warning      `json:"warnings"`
		}{newHeader("trials", s.Inference.Level), f.out, true, folder.Study, folder.Cells, []fault.Warning{}})
	}
	lang := g.numbers()
	var rows [][]string
	for _, cell := range folder.Cells {
		var methods []string
		for _, r := range cell.Recipes {
			if n := len(methods); r.How == "again" && (n == 0 || methods[n-1] != r.Method) && !strings.Contains(" "+strings.Join(methods, " ")+" ", " "+r.Method+" ") {
				methods = append(methods, r.Method)
			}
		}
		what := strings.Join(methods, ", ")
		if cell.Reason != "" {
			what = "no estimates: " + strings.ReplaceAll(string(cell.Reason), "_", " ")
		}
		rows = append(rows, []string{cell.Tiltak, cell.Group, lang.Count(cell.Rows), lang.Count(cell.Treated), what})
	}
	fmt.Fprint(g.stdout, aligned([]field{{title: "tiltak", most: 34}, {title: "group"}, {title: "rows", right: true}, {title: "treated", right: true}, {title: "estimates can be made again"}}, rows))
	_, err = fmt.Fprintf(g.stdout, "\nThese are rows about persons: they stay in the zone (%s).\n%s\n", "PRIVATE.txt", f.out)
	return err
}
