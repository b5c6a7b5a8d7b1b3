package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

func newCleanCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "clean DIR",
		Short: "Remove what unfinished runs left in a folder of run folders",
		Long: `Remove the work folders that interrupted runs left in DIR, which is what run took as --out. Finished runs are not touched,
nor is the work of a run that goes on.`,
		Example: "  $ evaluate clean results/runs",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
				return fault.Usagef("not_a_folder", "`%s` is not a folder; give the one that `evaluate run` took as --out", args[0])
			}
			gone, err := results.Clean(args[0])
			if err != nil {
				return err
			}
			if g.format == "json" {
				return writeJSON(g.stdout, struct {
					header
					Removed  []string        `json:"removed"`
					Warnings []fault.Warning `json:"warnings"`
				}{newHeader("clean", 0.95), append([]string{}, gone...), warningsOf(nil)})
			}
			for _, path := range gone {
				fmt.Fprintln(g.stdout, path)
			}
			_, err = fmt.Fprintf(g.stdout, "%d work folders removed\n", len(gone))
			return err
		},
	}
}
