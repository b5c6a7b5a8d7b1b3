package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	reg "tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
)

// initMapping writes a first guess at the mapping of a register.
func (g *globals) initMapping(c *cobra.Command, file, dir, encoding string) error {
	draft, err := reg.NewDraft(c.Context(), dir, reg.Options{Encoding: encoding, Workers: g.workers})
	if err != nil {
		return err
	}
	text := draft.YAML()
	if err := writeWhole(file, text); err != nil {
		return err
	}
	type table struct {
		Table   string   `json:"table"`
		File    string   `json:"file"`
		Renamed int      `json:"renamed"`
		Unused  int      `json:"unused"`
		Missing []string `json:"missing"`
	}
	tables := []table{}
	for _, t := range draft.Tables {
		tables = append(tables, table{t.Table, t.File, len(t.Rename), len(t.Unused), append([]string{}, t.Missing...)})
	}
	type other struct {
		File string `json:"file"`
		Why  string `json:"why"`
	}
	others, warnings := []other{}, []fault.Warning{}
	for _, f := range draft.Unread {
		others = append(others, other{f.Name, f.Text})
		warnings = append(warnings, fault.Warnf("file_unread", "`%s` cannot be read, and no table is guessed from it: %s", f.Name, f.Text))
	}
	for _, f := range draft.Others {
		others = append(others, other{f.Name, f.Text})
	}
	g.warn(warnings)
	if g.format == "json" {
		return writeJSON(g.stdout, struct {
			header
			File     string          `json:"file"`
			Bytes    int             `json:"bytes"`
			Tables   []table         `json:"tables"`
			Lacking  []string        `json:"tables_missing"`
			Unknown  int             `json:"unknown"`
			Others   []other         `json:"others"`
			Warnings []fault.Warning `json:"warnings"`
		}{newHeader("init", 0.95), file, len(text), tables, append([]string{}, draft.Lacking()...), draft.Unknown(), others, warnings})
	}
	if !g.quiet {
		for _, t := range tables {
			fmt.Fprintf(g.stdout, "%-14s %s: %d columns renamed, %d not read, %d needed and not found\n", t.Table, t.File, t.Renamed, t.Unused, len(t.Missing))
		}
		for _, name := range draft.Lacking() {
			fmt.Fprintf(g.stdout, "%-14s needed, and no file looks like it\n", name)
		}
		for _, f := range draft.Others {
			fmt.Fprintf(g.stdout, "not used       %s: %s\n", f.Name, f.Text)
		}
		fmt.Fprintf(g.stdout, "%d columns and codes are left to you; read every line\n", draft.Unknown())
	}
	_, err = fmt.Fprintln(g.stdout, file)
	return err
}
