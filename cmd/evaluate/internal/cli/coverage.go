package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/validity"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/fault"
)

// onRegisters runs an experiment on simulated registers, with the seed, workers and progress of the command, and tells how long it took.
func onRegisters[T any](g *globals, ctx context.Context, opt *validity.Options, run func(context.Context, validity.Options) (T, error)) (T, time.Duration, error) {
	p := g.newProgress()
	opt.Seed, opt.Workers, opt.Progress = g.seed, g.workers, p.report
	begin := time.Now()
	found, err := run(ctx, *opt)
	p.done()
	return found, time.Since(begin), err
}

func newCoverageCmd(g *globals) *cobra.Command {
	var opt validity.Options
	var rule, table string
	var did bool
	var errors validity.ErrorsOptions
	c := &cobra.Command{
		Use:   "coverage",
		Short: "How often the intervals of a study cover the truth, over many simulated registers",
		Long: `Simulate many registers, run one study on each (everybody, every tiltak, three outcomes), and count how often the 95 %
intervals cover the true effect on the starts analysed. In the scenario default they must; with selection on what the data
does not show (--scenario unobserved), and with the start-day rule off, they must fail.

With --table errors the estimators of evaluate match, each with its standard error, on many small tables whose effects are known, in Markdown:
the table of docs/matching-errors.md. With --table placebo how often the placebo tests of a study reject: about 5 % in the scenario default, far
more often under selection on what the data does not show (docs/placebo.md). With --table null how often a study finds something, after correction for
its many figures, on registers where no tiltak does anything: at most 5 % (docs/heterogeneity.md). With --table slope the intervals of the slope of the effect in local
unemployment, in the scenario heterogeneous. With --table permutation how often the permutation tests of cells under 50 starts reject on registers
where no tiltak does anything (docs/did.md).`,
		Example: "  $ evaluate coverage\n  $ evaluate coverage --scenario unobserved\n  $ evaluate coverage --start-day-rule off\n  $ evaluate coverage --did\n  $ evaluate coverage --table errors --draws 1000\n  $ evaluate coverage --table placebo --registers 30 --persons 3000\n  $ evaluate coverage --table null --registers 400 --persons 3000 --month 12",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := flagsOfTable(c, table); err != nil {
				return err
			}
			if did {
				return g.coverageDid(c)
			}
			switch table {
			case "errors":
				return g.coverageErrors(c, errors)
			case "placebo":
				return g.coveragePlacebo(c, opt)
			case "null":
				return g.coverageNull(c, opt)
			case "permutation":
				return g.coveragePermutation(c, opt)
			case "slope":
				opt.Slope, opt.Scenario = true, validity.SlopeScenario
			}
			switch rule {
			case "on", "off":
				opt.IgnoreStartDay = rule == "off"
			default:
				return fault.Usagef("bad_flag", "`--start-day-rule` is on or off, not `%s`", rule)
			}
			if !slices.Contains([]string{"follow", "censor", validity.WaitUntil, validity.StartBy}, opt.LaterEntry) {
				return fault.Usagef("bad_flag", "`--later-entry` is follow, censor, wait-until or start-by, not `%s`", opt.LaterEntry)
			}
			if opt.Registers < 2 || opt.Persons < 1000 {
				return fault.Usagef("bad_flag", "`--registers` must be at least 2 and `--persons` at least 1000")
			}
			found, took, err := onRegisters(g, c.Context(), &opt, validity.Coverage)
			if err != nil {
				return err
			}
			if g.format == "json" {
				return writeJSON(g.stdout, coverageDocument(found))
			}
			g.printCoverage(found, rule, took)
			return nil
		},
	}
	flags := c.Flags()
	flags.IntVar(&opt.Registers, "registers", 200, "number of registers")
	flags.IntVar(&opt.Persons, "persons", 5000, "persons in each; 1000 or more for intervals and slope")
	flags.IntVar(&opt.Month, "month", 24, "month after the start (6 to 24)")
	flags.StringVar(&opt.Scenario, "scenario", "default", "scenario of the registers: "+strings.Join(simulate.Scenarios(), ", "))
	flags.BoolVar(&did, "did", false, "difference-in-differences on staggered panels instead: --registers panels (default 1000) of --persons (default 1200) of each design")
	flags.BoolVar(&opt.Bands, "bands", false, "count also how often the simultaneous band over months 1 to --month holds the truth of all of them")
	flags.StringVar(&opt.LaterEntry, "later-entry", "follow", "comparison of the study: follow; censor, against the truth without any later start; for those who start in months 1 to 3 of the spell, wait-until 7, or start-by 12 as well")
	flags.StringVar(&rule, "start-day-rule", "on", "on or off")
	flags.StringSliceVar(&opt.Methods, "methods", []string{"nearest", "ebal"}, "methods of a study for the att or the ato, did+nearest, did+ebal (changes of matched or balanced rows), and "+strings.Join(slices.Sorted(maps.Keys(validity.Variants)), ", "))
	flags.StringVar(&table, "table", "intervals", "intervals of a study on registers, its placebo tests, its families on registers without effects, the slope of effects in local unemployment, or errors of the estimators of match (`intervals`, placebo, null, permutation, slope, errors)")
	flags.IntVar(&errors.Draws, "draws", 1000, "with --table errors: tables drawn")
	flags.IntVar(&errors.Rows, "rows", 1000, "with --table errors: rows in each")
	flags.StringSliceVar(&errors.Designs, "design", nil, "with --table errors: linear, curved, persons (default all)")
	return c
}

type coverageRow struct {
	Method     string `json:"method"`
	Tiltak     string `json:"tiltak,omitempty"`
	Outcome    string `json:"outcome,omitempty"`
	Estimates  int    `json:"estimates"`
	Missing    int    `json:"missing"`
	Truth      number `json:"truth"`
	Bias       number `json:"bias"`
	SD         number `json:"sd"`
	StdError   number `json:"std_error"`
	Coverage   number `json:"coverage"`
	MonteCarlo number `json:"monte_carlo_error"`
	Matched    number `json:"coverage_matched"`

	Band      *number `json:"band_coverage,omitempty"` // with --bands
	Pointwise *number `json:"pointwise_joint_coverage,omitempty"`
	BandError *number `json:"band_monte_carlo_error,omitempty"`
}

func coverageDocument(t *validity.Table) any {
	rows := func(in []validity.Row) []coverageRow {
		out := make([]coverageRow, len(in))
		for i, r := range in {
			out[i] = coverageRow{Method: r.Method, Tiltak: r.Tiltak, Outcome: r.Outcome, Estimates: r.Estimates, Missing: r.Missing, Truth: number(r.Truth), Bias: number(r.Bias),
				SD: number(r.SD), StdError: number(r.StdError), Coverage: number(r.Coverage), MonteCarlo: number(r.MonteCarlo), Matched: number(r.CoverageUsed)}
			if t.Options.Bands {
				band, pointwise, e := number(r.Band), number(r.Pointwise), number(r.MonteCarloBand)
				out[i].Band, out[i].Pointwise, out[i].BandError = &band, &pointwise, &e
			}
		}
		return out
	}
	return struct {
		header
		Registers int           `json:"registers"`
		Persons   int           `json:"persons"`
		Month     int           `json:"month"`
		Scenario  string        `json:"scenario"`
		StartDay  bool          `json:"start_day_rule"`
		Later     string        `json:"later_entry"`
		Cells     []coverageRow `json:"cells"`
		Pooled    []coverageRow `json:"pooled"`
	}{newHeader("coverage", 0.95), t.Options.Registers, t.Options.Persons, t.Options.Month, t.Options.Scenario, !t.Options.IgnoreStartDay, t.Options.LaterEntry, rows(t.Cells), rows(t.Pooled)}
}

func (g *globals) printCoverage(t *validity.Table, rule string, took time.Duration) {
	lang := g.numbers()
	later := ""
	if t.Options.LaterEntry != "follow" {
		later = ", later entry " + t.Options.LaterEntry
	}
	if t.Options.Slope {
		fmt.Fprint(g.stdout, "slope of the effect a percentage point of local unemployment: ")
	}
	fmt.Fprintf(g.stdout, "%d registers of %d persons, scenario %s, start-day rule %s%s, month %d, 95 %% intervals; %s\n\n", t.Options.Registers, t.Options.Persons, t.Options.Scenario, rule, later, t.Options.Month, took.Round(time.Second))
	fields := []field{{title: "method"}, {title: "tiltak"}, {title: "outcome"}, {title: "truth", right: true}, {title: "bias", right: true}, {title: "sd", right: true},
		{title: "mean se", right: true}, {title: "coverage", right: true}, {title: "±", right: true}, {title: "matched", right: true}}
	if t.Options.Bands {
		fields = append(fields, field{title: "band", right: true}, field{title: "±", right: true}, field{title: "all pointwise", right: true})
	}
	bands := func(r validity.Row) []string {
		if !t.Options.Bands {
			return nil
		}
		return []string{lang.Percent(r.Band, 1), lang.Percent(r.MonteCarloBand, 1), lang.Percent(r.Pointwise, 1)}
	}
	var rows [][]string
	for _, r := range t.Cells {
		digits := 4
		if r.StdError > 1 {
			digits = 0
		}
		rows = append(rows, append([]string{r.Method, r.Tiltak, r.Outcome, lang.Signed(r.Truth, digits), lang.Signed(r.Bias, digits), lang.Decimal(r.SD, digits),
			lang.Decimal(r.StdError, digits), lang.Percent(r.Coverage, 1), lang.Percent(r.MonteCarlo, 1), lang.Percent(r.CoverageUsed, 1)}, bands(r)...))
	}
	for _, r := range t.Pooled {
		rows = append(rows, append([]string{r.Method, "all", "all (lowest cell " + lang.Percent(t.Lowest(r.Method), 1) + ")", "", "", "", "", lang.Percent(r.Coverage, 1), lang.Percent(r.MonteCarlo, 1), lang.Percent(r.CoverageUsed, 1)}, bands(r)...))
	}
	fmt.Fprint(g.stdout, aligned(fields, rows))
	fmt.Fprintf(g.stdout, "\nbias and sd are of estimate − truth on the starts analysed; se is the root mean square; ± is the Monte Carlo error of coverage,\nwith the intervals of one register taken together; matched is coverage of the truth on the starts that the method kept.\n")
	if t.Options.Bands {
		fmt.Fprintf(g.stdout, "band is the share of simultaneous bands over months 1 to %d that hold the truth of every month; all pointwise the share of series\nwhose pointwise intervals all do.\n", t.Options.Month)
	}
}
