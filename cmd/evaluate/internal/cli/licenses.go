package cli

import (
	"io"

	"github.com/spf13/cobra"

	"tiltakseffekt/internal/notices"
)

func newLicensesCmd(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "licenses",
		Short:   "Print the licences of everything that is linked into this program",
		Long:    "Print the name, version and licence of every library that is linked into this program, of Go itself and of the letters in figures.",
		Example: `  $ evaluate licenses`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if g.format != "json" {
				_, err := io.WriteString(g.stdout, notices.Text())
				return err
			}
			type line struct {
				Module  string `json:"module"`
				Version string `json:"version"`
				Text    string `json:"text"`
			}
			lines := []line{}
			for _, n := range notices.All() {
				lines = append(lines, line{n.Module, n.Version, n.Text})
			}
			return writeJSON(g.stdout, struct {
				Schema   int      `json:"schema"`
				Version  string   `json:"version"`
				Command  string   `json:"command"`
				Level    *float64 `json:"level"`
				Licenses []line   `json:"licenses"`
			}{1, Version, "licenses", nil, lines})
		},
	}
}
