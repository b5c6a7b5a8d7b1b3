package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
	"tiltakseffekt/results/report"
)

func newReportCmd(g *globals) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "report RUN --out FILE",
		Short: "Write the report of a finished run as one HTML file",
		Long: `Write the report of a finished run again: one HTML file that opens without a network, in bokmål or English (--lang).
It reads the run folder, after checking it against its manifest, and nothing else, and never writes into it.`,
		Example: `  $ evaluate report results/runs/aft-unge/0123456789abcdef --out aft.html
  $ evaluate report results/runs/aft-unge/0123456789abcdef --out aft.html --lang en`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return g.report(args[0], out) },
	}
	c.Flags().StringVar(&out, "out", "", "`file` to write, .html (required)")
	return c
}

// reportDocument is that of report and of export.
type reportDocument struct {
	header
	RunID    string          `json:"run_id"`
	Study    string          `json:"study"`
	Lang     string          `json:"lang"`
	File     string          `json:"file"`
	Bytes    int             `json:"bytes"`
	Warnings []fault.Warning `json:"warnings"`
}

func (g *globals) report(run, out string) error {
	if out == "" {
		return fault.Usagef("bad_flag", "`--out` is missing: name the HTML file to write")
	}
	if ext := strings.ToLower(filepath.Ext(out)); ext != ".html" && ext != ".htm" {
		return fault.Usagef("bad_flag", "`--out %s` must end in .html: the report is a page", out)
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
	page, err := report.HTML(r, tables, lang)
	if err != nil {
		return fault.Wrap("report_failed", err, "cannot make the report")
	}
	return g.written("report", r, lang, out, page)
}

// written writes a file that was made of a run and says so.
func (g *globals) written(command string, r *results.Run, lang, out string, data []byte) error {
	if err := writeWhole(out, data); err != nil {
		return err
	}
	if g.format == "json" {
		return writeJSON(g.stdout, reportDocument{newHeader(command, r.Level), r.RunID, r.Study, lang, out, len(data), warningsOf(nil)})
	}
	_, err := fmt.Fprintln(g.stdout, out)
	return err
}

// within tells whether a file lies, or would lie, in a folder or below it, links resolved.
func within(dir, file string) (bool, error) {
	folder, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err != nil {
		return false, fault.Usagef("bad_flag", "`--out %s`: its folder is not there; make it first", file)
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		if os.IsNotExist(err) {
			return false, fault.Dataf("not_a_run", dir, "", "is not there; give the folder that `evaluate run` printed")
		}
		return false, fault.Wrap("read_failed", err, "cannot read the run")
	}
	if folder, err = filepath.Abs(folder); err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return false, fault.Wrap("read_failed", err, "cannot tell where the run lies")
	}
	rel, err := filepath.Rel(root, folder)
	return err == nil && (rel == "." || filepath.IsLocal(rel)), nil
}
