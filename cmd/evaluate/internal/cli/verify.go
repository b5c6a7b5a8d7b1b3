package cli

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

func newVerifyCmd(g *globals) *cobra.Command {
	var study, plan string
	c := &cobra.Command{
		Use:   "verify RUN",
		Short: "Run a finished run again and compare every byte",
		Long: `Check that a run says what its data and its study say: every file against the manifest, the content of every input
against what the run had, and then the whole run once more, byte by byte. Whatever differs is listed (exit 4).

The study file is the one beside the run folder, RUN.yaml, with its paths taken from where it lay when the run was made
(RUN.log names the place); --study names it where it has moved. The plan of the run, where it was given one, is RUN.plan.json. On another platform than the run's own, tables are compared
to a relative 1e-9.`,
		Example: "  $ evaluate verify results/runs/aft-unge/0123456789abcdef\n  $ evaluate verify received/0123456789abcdef --study aft-unge.yaml",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return g.verify(c, args[0], study, plan) },
	}
	c.Flags().StringVar(&study, "study", "", "study `file` of the run, where it is not beside the run folder or its register has moved")
	c.Flags().StringVar(&plan, "plan", "", "plan `file` of the run, where its copy is not beside the run folder")
	return c
}

func (g *globals) verify(c *cobra.Command, dir, study, plan string) error {
	dir, err := results.Find(dir)
	if err != nil {
		return err
	}
	s, err := studyOfRun(dir, study)
	if err != nil {
		return err
	}
	if plan == "" {
		plan = planOfRun(dir)
	}
	if plan != "" {
		s.Plan = plan
	}
	program, err := programIdentity()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "evaluate-verify-")
	if err != nil {
		return fault.Wrap("write_failed", err, "cannot make a folder for the second run")
	}
	defer os.RemoveAll(scratch)
	p := g.newProgress()
	v, err := analysis.Verify(c.Context(), dir, analysis.VerifyOptions{
		Options: analysis.Options{Workers: g.workers, Memory: g.memoryBytes, Progress: func(done, total float64, what string) {
			if name, ok := stageNames[what]; ok {
				what = name
			}
			p.report(done, total, what)
		}},
		Study: s, Program: program, Platform: platform(), Scratch: scratch, Render: g.render,
	})
	p.done()
	if err != nil {
		return err
	}
	if err := g.printVerification(dir, v); err != nil {
		return err
	}
	if n := len(v.Differences); n > 0 {
		return fault.Differsf("run_differs", "%s in which `%s` is not what its study and data give now", counted(n, "thing", "things"), dir)
	}
	return nil
}

// studyOfRun loads the study of a run: the file beside it, as if it lay where it lay when the run was made, or the one
// that is named.
func studyOfRun(dir, study string) (*analysis.Study, error) {
	if study != "" {
		return analysis.Load(study)
	}
	beside := filepath.Clean(dir) + ".yaml"
	if _, err := os.Stat(beside); err != nil {
		if _, err := results.ReadManifest(dir); err != nil { // no run at all, such as a register
			return nil, err
		}
		return nil, fault.Usagef("no_study", "there is no study `%s` beside the run; name the study file of the run with `--study`", beside)
	}
	return analysis.LoadFrom(beside, placeOfStudy(filepath.Clean(dir)+".log"))
}

// placeOfStudy is the folder in which the study of a run lay, as its log says; "" where it does not.
func placeOfStudy(log string) string {
	f, err := os.Open(log)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if path, ok := strings.CutPrefix(lines.Text(), studyInLog); ok {
			return filepath.Dir(path)
		}
	}
	return ""
}

// studyInLog begins the line of the log that says where the study lay.
const studyInLog = "study "

func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func (g *globals) printVerification(dir string, v *analysis.Verification) error {
	if g.format == "json" {
		differences := v.Differences
		if differences == nil {
			differences = []analysis.Difference{}
		}
		document := struct {
			header
			Path        string                `json:"path"`
			OK          bool                  `json:"ok"`
			Rerun       bool                  `json:"rerun"`
			Files       int                   `json:"files"`
			Platform    *string               `json:"platform"` // of the run, where it is another one
			Differences []analysis.Difference `json:"differences"`
			Warnings    []fault.Warning       `json:"warnings"`
		}{newHeader("verify", 0.95), dir, len(differences) == 0, v.Rerun, v.Files, nil, differences, warningsOf(nil)}
		if v.Run != nil {
			document.Level = number(v.Run.Level)
		}
		if v.Platform != "" {
			document.Platform = &v.Platform
		}
		return writeJSON(g.stdout, document)
	}
	for _, d := range v.Differences {
		fmt.Fprintf(g.stdout, "%s %s: %s\n", d.What, d.Name, d.Detail)
	}
	var err error
	switch {
	case !v.Rerun:
		_, err = fmt.Fprintln(g.stdout, "The study was not run again: it would have answered another question.")
	case v.Platform != "":
		_, err = fmt.Fprintf(g.stdout, "The run was made on %s and this is another platform: %d tables of a second run were compared to a relative 1e-9; figures and reports were not.\n", v.Platform, v.Files)
	case len(v.Differences) == 0:
		_, err = fmt.Fprintf(g.stdout, "The inputs are the same, and a second run gives the same %d files, byte for byte.\n", v.Files)
	default:
		_, err = fmt.Fprintf(g.stdout, "%d files of a second run were compared.\n", v.Files)
	}
	return err
}
