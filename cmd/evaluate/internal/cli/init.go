package cli

import (
	_ "embed"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
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
			} else if !errors.Is(err, os.ErrNotExist) {
				return fault.Wrap("unreadable", err, "`%s` cannot be looked at", args[0])
			}
			if err := results.WriteAtomic(args[0], studyTemplate); err != nil {
				return err
			}
			_, err := fmt.Fprintln(g.stdout, args[0])
			return err
		},
	}
}
