package cli

import (
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/internal/fault"
)

// schemaFile is what the first line of a study written by init names, and init writes beside it.
const schemaFile = "study.schema.json"

func newSchemaCmd(g *globals) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a study file, for editors",
		Long: `Print the JSON Schema of a study file. An editor that knows it (yaml-language-server: VS Code, Neovim, Emacs) offers keys and
words, says what they mean and marks what is wrong. The first line of a study that init writes names ` + schemaFile + `, which
init writes beside it.`,
		Example: "  $ evaluate schema --out study.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b, err := analysis.Schema(studyTemplate)
			if err != nil {
				return err
			}
			if out != "" {
				return writeWhole(out, b)
			}
			_, err = g.stdout.Write(b)
			return err
		},
	}
	c.Flags().StringVar(&out, "out", "", "`file` to write; default: stdout")
	return c
}

// writeSchema writes the schema beside a study, over one that an older version left there and over nothing else.
func writeSchema(study string) (path string, err error) {
	b, err := analysis.Schema(studyTemplate)
	if err != nil {
		return "", err
	}
	path = filepath.Join(filepath.Dir(study), schemaFile)
	if old, err := os.ReadFile(path); err == nil && !analysis.IsSchema(old) {
		return "", fault.Usagef("file_exists", "`%s` exists and is no schema of a study; move it, or use `--schema=false`", path)
	}
	return path, writeWhole(path, b)
}
