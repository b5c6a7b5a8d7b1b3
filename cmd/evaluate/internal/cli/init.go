package cli

import (
	_ "embed"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tiltakseffekt/internal/fault"
)

//go:embed study.yaml
var studyTemplate []byte

func newInitCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "init FILE",
		Short:   "Write a commented study file with every default",
		Example: "  $ evaluate init my-study.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err == nil {
				return fault.Usagef("file_exists", "`%s` exists; choose another name or remove it first", args[0])
			}
			if err := writeWhole(args[0], studyTemplate); err != nil {
				return err
			}
			if g.format == "json" {
				return writeJSON(g.stdout, struct {
					header
					File     string          `json:"file"`
					Bytes    int             `json:"bytes"`
					Warnings []fault.Warning `json:"warnings"`
				}{newHeader("init", 0.95), args[0], len(studyTemplate), warningsOf(nil)})
			}
			_, err := fmt.Fprintln(g.stdout, args[0])
			return err
		},
	}
}
