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
	var schema bool
	var register, encoding string
	c := &cobra.Command{
		Use:   "init FILE",
		Short: "Write a commented study file with every default",
		Long: `Write a commented study file with every default and, beside it, ` + schemaFile + `: its first line tells an editor to offer keys and
words and to mark what is wrong.

With --register the file is a mapping instead, for a folder of files whose names, columns and codes are not ours: a first guess at each by its name,
and what there is no guess for as a comment. Read every line of it; docs/data.md says what a mapping does.`,
		Example: "  $ evaluate init my-study.yaml\n  $ evaluate init mapping.yaml --register ./delivered",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err == nil {
				return fault.Usagef("file_exists", "`%s` exists; choose another name or remove it first", args[0])
			}
			if encoding != "" && register == "" {
				return fault.Usagef("bad_flag", "`--encoding` is that of the files of a register; it goes with `--register`")
			}
			if register != "" {
				return g.initMapping(c, args[0], register, encoding)
			}
			beside := (*string)(nil)
			if schema {
				path, err := writeSchema(args[0])
				if err != nil {
					return err
				}
				beside = &path
			}
			if err := writeWhole(args[0], studyTemplate); err != nil {
				return err
			}
			if g.format == "json" {
				return writeJSON(g.stdout, struct {
					header
					File     string          `json:"file"`
					Bytes    int             `json:"bytes"`
					Schema   *string         `json:"schema_file"`
					Warnings []fault.Warning `json:"warnings"`
				}{newHeader("init", 0.95), args[0], len(studyTemplate), beside, warningsOf(nil)})
			}
			_, err := fmt.Fprintln(g.stdout, args[0])
			return err
		},
	}
	c.Flags().BoolVar(&schema, "schema", true, "write "+schemaFile+" beside it, for editors")
	c.Flags().StringVar(&register, "register", "", "`folder` of a register to draft a mapping for")
	c.Flags().StringVar(&encoding, "encoding", "", "encoding of its CSV files: utf-8 or latin1")
	return c
}
