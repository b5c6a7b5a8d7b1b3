package cli

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/calendar"
	"tiltakseffekt/internal/fault"
)

type simulateFlags struct {
	out              string
	persons, months  int
	first            string
	scenario         string
	effects          string
	quirks           bool
	noCounterfactual bool
	foreign          bool
}

func newSimulateCmd(g *globals) *cobra.Command {
	var f simulateFlags
	c := &cobra.Command{
		Use:   "simulate --out DIR --persons N",
		Short: "Write a simulated register with known effects",
		Long: `Write a simulated register into a folder: person, deltakelse, arbeidssoker and maaned as Parquet, and
counterfactual.parquet, which holds for each start what would have happened without it (of the clean register, also
with --quirks).

The same flags give the same bytes, whatever the number of workers. A folder that holds anything but a register simulated
earlier (simulated.txt lists its files) is refused.

Scenarios:
` + scenarioHelp(),
		Example: `  $ evaluate simulate --out register --persons 20000
  $ evaluate simulate --out register --persons 5000 --scenario unobserved --seed 7`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return g.simulate(c, &f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "", "`folder` to write")
	flags.IntVar(&f.persons, "persons", 20000, "number of persons")
	flags.IntVar(&f.months, "months", 96, "number of months of data")
	flags.StringVar(&f.first, "first", "2016-01", "first `month` of data")
	flags.StringVar(&f.scenario, "scenario", "default", "scenario `name`")
	flags.BoolVar(&f.noCounterfactual, "no-counterfactual", false, "leave the reference paths out")
	flags.BoolVar(&f.quirks, "quirks", false, "inject the quirks of real registers, and write quirks.csv, which says what the ledger must find")
	flags.BoolVar(&f.foreign, "foreign", false, "write it as another agency might: other names and codes, CSV with semicolons; for practising a mapping (docs/tutorial.en.md)")
	flags.StringVar(&f.effects, "effects", "", "`file` with effects of your own: tiltak, group, lock_in, find, late, keep (log hazard ratios)")
	return c
}

func scenarioHelp() string {
	var b strings.Builder
	for _, name := range simulate.Scenarios() {
		fmt.Fprintf(&b, "  %-14s %s\n", name, simulate.About(name))
	}
	return strings.TrimRight(b.String(), "\n")
}

func (g *globals) simulate(c *cobra.Command, f *simulateFlags) error {
	if f.out == "" {
		return fault.Usagef("bad_flag", "`--out` is needed: the folder to write")
	}
	first, err := calendar.ParseMonth(f.first)
	if err != nil {
		return fault.Usagef("bad_flag", "`--first`: %v", err)
	}
	opt := simulate.Options{Persons: f.persons, Months: f.months, First: first, Seed: g.seed, Scenario: f.scenario,
		Workers: g.workers, Counterfactual: !f.noCounterfactual}
	if f.foreign {
		return g.simulateForeign(c, f, opt)
	}
	if f.quirks {
		opt.Quirks = simulate.QuirkNames(false)
	}
	if f.effects != "" {
		if opt.Effects, err = simulate.LoadEffects(c.Context(), f.effects); err != nil {
			return err
		}
	}
	p := g.newProgress()
	w, err := simulate.Write(c.Context(), f.out, opt, func(done, of int) { p.report(float64(done), float64(of), "persons") })
	p.done()
	if err != nil {
		return err
	}
	type finding struct {
		Quirk     int    `json:"quirk"`
		Table     string `json:"table"`
		Rule      string `json:"rule"`
		Injection string `json:"injection"`
		Injected  int64  `json:"injected"`
		Rows      int64  `json:"rows"`
		Persons   int64  `json:"persons"`
	}
	findings := []finding{}
	for _, x := range w.Findings {
		findings = append(findings, finding{x.Quirk, x.Table, x.Rule, x.Name, x.Injected, x.Rows, x.Persons})
	}
	type table struct {
		Table string `json:"table"`
		File  string `json:"file"`
		Rows  int64  `json:"rows"`
	}
	document := struct {
		header
		Out      string          `json:"out"`
		Scenario string          `json:"scenario"`
		Seed     uint64          `json:"seed"`
		Persons  int             `json:"persons"`
		Months   int             `json:"months"`
		First    string          `json:"first"`
		Starts   int64           `json:"starts"`
		Tables   []table         `json:"tables"`
		Quirks   []finding       `json:"quirks"`
		Warnings []fault.Warning `json:"warnings"`
	}{newHeader("simulate", .95), filepath.ToSlash(f.out), f.scenario, g.seed, f.persons, f.months, first.String(), w.Starts, nil, findings, warningsOf(nil)}
	for _, name := range []string{"person", "deltakelse", "arbeidssoker", "maaned", "omrade_maaned", "person_kobling", "deltakelsesmengde", "counterfactual"} {
		if _, ok := w.Rows[name]; ok {
			document.Tables = append(document.Tables, table{name, name + ".parquet", w.Rows[name]})
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, document)
	}
	for _, t := range document.Tables {
		fmt.Fprintf(g.stdout, "%-16s %10d rows  %s\n", t.Table, t.Rows, filepath.Join(f.out, t.File))
	}
	if f.quirks {
		fmt.Fprintf(g.stdout, "%-16s %10d rows  %s\n", "quirks", len(findings), filepath.Join(f.out, "quirks.csv"))
	}
	_, err = fmt.Fprintf(g.stdout, "%d persons, %d starts, scenario %s, seed %d\n", f.persons, w.Starts, f.scenario, g.seed)
	return err
}

// simulateForeign writes the simulated register under other names and codes.
func (g *globals) simulateForeign(c *cobra.Command, f *simulateFlags, opt simulate.Options) error {
	if f.quirks || f.effects != "" {
		return fault.Usagef("bad_flag", "`--foreign` goes with neither `--quirks` nor `--effects`")
	}
	rows, err := simulate.WriteForeign(c.Context(), f.out, opt)
	if err != nil {
		return err
	}
	if g.format == "json" {
		return writeJSON(g.stdout, struct {
			header
			Out      string          `json:"out"`
			Rows     map[string]int  `json:"rows"` // by file
			Warnings []fault.Warning `json:"warnings"`
		}{newHeader("simulate", .95), filepath.ToSlash(f.out), rows, warningsOf(nil)})
	}
	for _, file := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(g.stdout, "%-24s %8d rows\n", file, rows[file])
	}
	return nil
}
