package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/internal/fault"
)

func newPlanCmd(g *globals) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "plan STUDY.yaml --out FILE",
		Short: "Write down what a study will do, before its outcomes are read",
		Long: `Write the plan of a study: every choice with its default filled in, and the hashes of the mapping and of your own catalogue
files. Nothing of the register is read; it need not be there yet.

The same study makes the same bytes. The SHA-256 of FILE is printed: register it where others see it and its date (a register of
studies, a repository, an e-mail), for the clock of your own machine proves nothing to anybody. FILE.log holds the time and the
program. A plan that is there already is left as it is where it is the same, and is otherwise not overwritten.

A run that is given the plan (plan: FILE in the study, or run --plan FILE) marks each estimate planned or exploratory and lists
where the study departs from its plan.`,
		Example: "  $ evaluate plan aft.yaml --out aft.plan.json\n  $ evaluate run aft.yaml --plan aft.plan.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return fault.Usagef("bad_flag", "`--out` is needed: the file of the plan")
			}
			return g.plan(c, args[0], out)
		},
	}
	c.Flags().StringVar(&out, "out", "", "`file` of the plan")
	return c
}

func (g *globals) plan(c *cobra.Command, study, out string) error {
	s, err := analysis.Load(study)
	if err != nil {
		return err
	}
	if c.Flags().Changed("seed") {
		s.Seed = &g.seed
	}
	p, err := analysis.NewPlan(c.Context(), s)
	if err != nil {
		return err
	}
	text, err := p.Bytes()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	hash := hex.EncodeToString(sum[:])
	was, err := os.ReadFile(out)
	already := err == nil && bytes.Equal(was, text)
	switch {
	case already:
	case !os.IsNotExist(err):
		return fault.Usagef("file_exists", "`%s` exists and holds something else; a plan is not overwritten: choose another name for the new one", out)
	default:
		if err := writeWhole(out, text); err != nil {
			return err
		}
		program, err := programIdentity()
		if err != nil {
			return err
		}
		log := fmt.Sprintf("%s%s\nwritten %s by %s\nsha256 %s\n", studyInLog, s.Place(), time.Now().UTC().Format(time.RFC3339), program, hash)
		if err := writeWhole(out+".log", []byte(log)); err != nil {
			return err
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, struct {
			header
			File     string          `json:"file"`
			SHA256   string          `json:"sha256"`
			FollowUp int             `json:"follow_up"`
			Already  bool            `json:"already"`
			Warnings []fault.Warning `json:"warnings"`
		}{newHeader("plan", s.Inference.Level), out, hash, p.FollowUp, already, warningsOf(nil)})
	}
	_, err = fmt.Fprintf(g.stdout, "%s  %s\n", hash, out)
	return err
}

// planOfRun is the plan of a run: the copy beside it, where it lies.
func planOfRun(dir string) string {
	beside := strings.TrimRight(dir, `/\`) + planExtension
	if _, err := os.Stat(beside); err == nil {
		return beside
	}
	return ""
}

// planExtension is that of the copy of the plan beside a run folder.
const planExtension = ".plan.json"
