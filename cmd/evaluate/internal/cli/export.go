package cli

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
	"tiltakseffekt/results/export"
)

func newExportCmd(g *globals) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "export RUN --out FILE",
		Short: "Write the tables of a finished run as an Excel workbook, LaTeX or Markdown",
		Long: `Write the tables of a finished run for a paper, in bokmål or English (--lang). The end of the file's name says what it is:

  .xlsx   an Excel workbook: every table of the run with its numbers whole, and the items of TARGET and STROBE
  .tex    LaTeX tables (booktabs and longtable) of the effects, who was included, balance, costs, TARGET and STROBE
  .md     the same in Markdown

It reads the run folder, after checking it against its manifest, and nothing else, and never writes into it.`,
		Example: `  $ evaluate export results/runs/aft-unge/0123456789abcdef --out aft.xlsx
  $ evaluate export results/runs/aft-unge/0123456789abcdef --out aft.tex --lang en`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return g.export(args[0], out) },
	}
	c.Flags().StringVar(&out, "out", "", "`file` to write, .xlsx, .tex or .md (required)")
	return c
}

func (g *globals) export(run, out string) error {
	if out == "" {
		return fault.Usagef("bad_flag", "`--out` is missing: name the file to write, .xlsx, .tex or .md")
	}
	ext := strings.ToLower(filepath.Ext(out))
	if ext != ".xlsx" && ext != ".tex" && ext != ".md" {
		return fault.Usagef("bad_flag", "`--out %s` must end in .xlsx, .tex or .md", out)
	}
	run, err := outsideRun(run, out)
	if err != nil {
		return err
	}
	r, tables, err := results.Load(run)
	if err != nil {
		return err
	}
	lang := g.lang
	if lang == "" {
		lang = "nb"
	}
	var data []byte
	switch ext {
	case ".xlsx":
		data, err = export.Workbook(r, tables, lang)
	case ".tex":
		data = export.LaTeX(r, tables, lang)
	case ".md":
		data = export.Markdown(r, tables, lang)
	}
	if err != nil {
		return err
	}
	return g.written("export", r, lang, out, data)
}

// outsideRun finds a run and refuses a file that would lie in it.
func outsideRun(run, out string) (string, error) {
	run, err := results.Find(run)
	if err != nil {
		return "", err
	}
	inside, err := within(run, out)
	if err == nil && inside {
		err = fault.Usagef("bad_flag", "`--out %s` lies inside the run, which is never written into; choose another folder", out)
	}
	return run, err
}
