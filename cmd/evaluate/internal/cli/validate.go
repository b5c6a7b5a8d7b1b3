package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
	written "tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

func newValidateCmd(g *globals) *cobra.Command {
	var mapping, encoding string
	c := &cobra.Command{
		Use:   "validate STUDY.yaml|REGISTER|RUN [RUN…]",
		Short: "Check a study and its data, a register folder, or a run folder; estimate nothing",
		Long: `Check before you run, and before a run leaves the zone.

A study file: its keys, its register, who would be analysed and who is lost to which rule.
A register folder: its tables, and every row that cleaning drops or changes, by rule.
A run folder: every file against the manifest, and a search for anything that identifies a person (exit 4).
Several run folders: each of them, and every two against each other: what neither shows may be their difference.`,
		Example: "  $ evaluate validate my-study.yaml\n  $ evaluate validate demo/register\n  $ evaluate validate extract --mapping mapping.yaml --encoding latin1",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				if mapping != "" || encoding != "" {
					return fault.Usagef("bad_flag", "`--mapping` and `--encoding` go with a register folder; several arguments are runs")
				}
				return g.validateRuns(args)
			}
			info, err := os.Stat(args[0])
			if err != nil || !info.IsDir() {
				if mapping != "" {
					return fault.Usagef("bad_flag", "`--mapping` goes with a register folder; a study names its own in `data.mapping`")
				}
				return g.validateStudy(c, args[0], encoding)
			}
			if results.IsPrivate(args[0]) {
				return fault.Differsf("identifying", "`%s` holds rows about persons (%s): it must not leave the zone", args[0], results.PrivateName)
			}
			if run, err := results.Find(args[0]); err != nil {
				return err
			} else if run != args[0] {
				args[0] = run
			}
			if _, err := os.Stat(filepath.Join(args[0], "run.json")); err == nil {
				if mapping != "" || encoding != "" {
					return fault.Usagef("bad_flag", "`--mapping` and `--encoding` go with a register folder, and `%s` is a run", args[0])
				}
				return g.validateRun(args[0])
			}
			return g.validateRegister(c, args[0], mapping, encoding)
		},
	}
	c.Flags().StringVar(&mapping, "mapping", "", "mapping `file` of a register folder: renames, translates and drops columns")
	c.Flags().StringVar(&encoding, "encoding", "", "`encoding` of CSV in the register: utf-8 or latin1")
	return c
}

func (g *globals) validateRun(dir string) error {
	if err := results.Check(dir); err != nil {
		return err
	}
	if err := results.Scan(dir); err != nil {
		return err
	}
	if g.format == "json" {
		return writeJSON(g.stdout, struct {
			header
			Path string `json:"path"`
			OK   bool   `json:"ok"`
		}{newHeader("validate", 0.95), dir, true})
	}
	_, err := fmt.Fprintln(g.stdout, "Every file is as the manifest says, and nothing was found that identifies a person.")
	return err
}

// validateRuns checks each run, and every two of them for what they give away together.
func (g *globals) validateRuns(dirs []string) error {
	tables := make([]*results.Tables, len(dirs))
	limits := make([]int, len(dirs))
	for i, dir := range dirs {
		run, err := results.Find(dir)
		if err != nil {
			return err
		}
		if err := results.Scan(run); err != nil { // its manifest too
			return err
		}
		r, t, err := results.Load(run)
		if err != nil {
			return err
		}
		tables[i], limits[i] = t, r.MinCell
		for j := range i {
			if err := results.TogetherRevealed(results.Between(tables[j], t, max(limits[i], limits[j])), dirs[j], dir); err != nil {
				return err
			}
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, struct {
			header
			Paths []string `json:"paths"`
			OK    bool     `json:"ok"`
		}{newHeader("validate", 0.95), dirs, true})
	}
	_, err := fmt.Fprintf(g.stdout, "Every file of the %d runs is as its manifest says, and nothing was found that identifies a person, in any of them or by the difference of two.\n", len(dirs))
	return err
}

type ledgerRow struct {
	Rule    string `json:"rule"`
	Table   string `json:"table"`
	Rows    int64  `json:"rows"`
	Persons int64  `json:"persons"`
	Action  string `json:"action"`
}

func ledgerRows(reg *register.Register) []ledgerRow {
	rows := make([]ledgerRow, len(reg.Ledger))
	for i, e := range reg.Ledger {
		rows[i] = ledgerRow(e)
	}
	return rows
}

func (g *globals) validateRegister(c *cobra.Command, dir, mapping, encoding string) error {
	opt := register.Options{Encoding: encoding, Workers: g.workers, Memory: g.memoryBytes}
	if mapping != "" {
		var err error
		if opt.Mapping, err = datasets.LoadMapping(mapping); err != nil {
			return err
		}
	}
	p := g.newProgress()
	p.report(0, 1, "reading the register")
	reg, err := register.Open(c.Context(), dir, opt)
	p.done()
	if err != nil {
		return err
	}
	unread, err := register.Unread(dir, opt.Mapping)
	if err != nil {
		return err
	}
	if len(unread) > 0 {
		reg.Warnings = append(reg.Warnings, fault.Warnf("files_unread", "%s: no table is read from %s: if one holds a table, say in the mapping which (`file`)", dir, strings.Join(unread, ", ")))
	}
	g.warn(reg.Warnings)
	if g.format == "json" {
		return writeJSON(g.stdout, struct {
			header
			Persons        int             `json:"persons"`
			Participations int             `json:"participations"`
			From           string          `json:"from"`
			Cut            string          `json:"cut"`
			Ledger         []ledgerRow     `json:"ledger"`
			Warnings       []fault.Warning `json:"warnings"`
		}{newHeader("validate", 0.95), reg.Persons.N, len(reg.Participations), reg.Panel.First.String(), reg.Cut.String(), ledgerRows(reg), warningsOf(reg.Warnings)})
	}
	g.printRegister(reg)
	return nil
}

func (g *globals) printRegister(reg *register.Register) {
	lang := g.numbers()
	fmt.Fprintf(g.stdout, "%s persons, %s participations in %d tiltak, %s to %s\n\n", lang.Count(reg.Persons.N), lang.Count(len(reg.Participations)), len(reg.Tiltak), reg.Panel.First, reg.Cut)
	var rows [][]string
	silent := 0
	for _, e := range reg.Ledger {
		if e.Rows == 0 {
			silent++
			continue
		}
		rows = append(rows, []string{e.Rule, e.Table, e.Action, lang.Count(int(e.Rows)), lang.Count(int(e.Persons))})
	}
	defer fmt.Fprintf(g.stdout, "\n%d further rules found nothing (--format json lists them).\n", silent)
	if len(rows) == 0 {
		fmt.Fprintln(g.stdout, "No row was dropped or changed.")
		return
	}
	fmt.Fprint(g.stdout, aligned([]field{{title: "rule"}, {title: "table"}, {title: "action"}, {title: "rows", right: true}, {title: "persons", right: true}}, rows))
}

// numbers are the number formats of this run: English, bokmål under --lang nb.
func (g *globals) numbers() written.Lang {
	if g.lang == "nb" {
		return written.NB
	}
	return written.EN
}

func (g *globals) validateStudy(c *cobra.Command, path, encoding string) error {
	s, err := analysis.Load(path)
	if err != nil {
		return err
	}
	if err := setEncoding(s, encoding); err != nil {
		return err
	}
	p := g.newProgress()
	p.report(0, 1, "reading the register")
	checked, err := analysis.Check(c.Context(), s, analysis.Options{Workers: g.workers, Memory: g.memoryBytes})
	p.done()
	if err != nil {
		return err
	}
	g.warn(checked.Warnings)
	if g.format == "json" {
		type flowRow struct {
			Tiltak  string `json:"tiltak"`
			Group   string `json:"group"`
			Rule    string `json:"rule"`
			Starts  int    `json:"starts"`
			Persons int    `json:"persons"`
		}
		flow := make([]flowRow, len(checked.Flow))
		for i, f := range checked.Flow {
			flow[i] = flowRow{f.Tiltak, f.Group, f.Rule, f.Starts, f.Persons}
		}
		return writeJSON(g.stdout, struct {
			header
			Study    string          `json:"study"`
			Rows     int             `json:"rows"`
			Flow     []flowRow       `json:"flow"`
			Ledger   []ledgerRow     `json:"ledger"`
			Warnings []fault.Warning `json:"warnings"`
		}{newHeader("validate", s.Inference.Level), s.Study, checked.Rows, flow, ledgerRows(checked.Register), warningsOf(checked.Warnings)})
	}
	g.printRegister(checked.Register)
	fmt.Fprintf(g.stdout, "\nStarts of each tiltak and group, and the rule that takes them out (%s analysis rows in all):\n\n", g.numbers().Count(checked.Rows))
	// One line a tiltak × group, one column a rule that takes somebody.
	var rules []string
	lost := map[string]bool{}
	for _, f := range checked.Flow {
		if f.Starts > 0 && !lost[f.Rule] {
			lost[f.Rule] = true
		}
	}
	for _, f := range checked.Flow {
		if f.Tiltak == checked.Flow[0].Tiltak && f.Group == checked.Flow[0].Group && lost[f.Rule] {
			rules = append(rules, f.Rule)
		}
	}
	fields := []field{{title: "tiltak", most: 34}, {title: "group"}}
	for _, r := range rules {
		fields = append(fields, field{title: r, right: true})
	}
	var rows [][]string
	for _, f := range checked.Flow {
		if n := len(rows); n == 0 || rows[n-1][0] != f.Tiltak || rows[n-1][1] != f.Group {
			rows = append(rows, append([]string{f.Tiltak, f.Group}, make([]string, len(rules))...))
		}
		for i, r := range rules {
			if r == f.Rule {
				rows[len(rows)-1][2+i] = g.numbers().Count(f.Starts)
			}
		}
	}
	_, err = fmt.Fprint(g.stdout, aligned(fields, rows))
	return err
}
