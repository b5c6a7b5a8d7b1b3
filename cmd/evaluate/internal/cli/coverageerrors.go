package cli

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/validity"
	"tiltakseffekt/internal/fault"
)

// coverageErrors is `evaluate coverage --table errors`: the estimators of matching with their standard errors on tables whose
// effects are known, as Markdown.
func (g *globals) coverageErrors(c *cobra.Command, opt validity.ErrorsOptions) error {
	p := g.newProgress()
	opt.Seed, opt.Workers, opt.Progress = g.seed, g.workers, p.report
	tables, err := validity.Errors(c.Context(), opt)
	p.done()
	if err != nil {
		return err
	}
	if g.format == "json" {
		return writeJSON(g.stdout, errorsDocument(opt, tables))
	}
	for i, t := range tables {
		if i > 0 {
			fmt.Fprintln(g.stdout)
		}
		fmt.Fprintf(g.stdout, "## %s: %s\n\n%s; %d draws of %d rows, seed %d.\n\n", t.Design, t.Overlap, capital(t.About), opt.Draws, opt.Rows, max(opt.Seed, 1))
		fmt.Fprintln(g.stdout, "| estimator | standard error | treated kept | bias / sd | std. error / sd | coverage of 95 % intervals | asked | draws that warn | not estimable |\n|---|---|---|---|---|---|---|---|---|")
		for _, r := range t.Rows {
			if r.Refused != "" {
				fmt.Fprintf(g.stdout, "| %s | refused: %s | | | | | | | |\n", r.Estimator, strings.ReplaceAll(r.Refused, "|", "/"))
				continue
			}
			asked := ""
			if least, most, ok := r.Promised(); ok {
				if asked = fmt.Sprintf("%.0f–%.0f %%", 100*least, 100*most); most == 1 {
					asked = fmt.Sprintf("≥ %.0f %%", 100*least)
				}
			}
			fmt.Fprintf(g.stdout, "| %s | %s | %.1f %% | %.2f (%.2f) | %.2f (%.2f) | %.1f %% (%.1f) | %s | %.0f %% | %d |\n", r.Estimator, r.StdErrorType, 100*r.Kept, r.Bias, r.BiasError,
				r.Ratio, r.RatioError, 100*r.Coverage, 100*r.CoverageError, asked, 100*r.Warned, r.Missing)
		}
	}
	broken := validity.Broken(tables)
	if len(broken) == 0 {
		fmt.Fprintln(g.stdout, "\nEvery estimator of which coverage is asked has it, within two Monte Carlo errors.")
		return nil
	}
	fmt.Fprintf(g.stdout, "\nOutside what is asked by more than two Monte Carlo errors: %s.\n", strings.Join(broken, "; "))
	return nil
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

type errorsRow struct {
	Design        string  `json:"design"`
	Overlap       string  `json:"overlap"`
	Estimator     string  `json:"estimator"`
	StdErrorType  string  `json:"std_error_type,omitempty"`
	Refused       string  `json:"refused,omitempty"`
	Draws         int     `json:"draws"`
	Missing       int     `json:"missing"`
	Kept          number  `json:"share_kept"`
	Bias          number  `json:"bias_over_sd"`
	BiasError     number  `json:"bias_monte_carlo_error"`
	Ratio         number  `json:"std_error_over_sd"`
	RatioError    number  `json:"std_error_monte_carlo_error"`
	Coverage      number  `json:"coverage"`
	CoverageError number  `json:"monte_carlo_error"`
	Warned        number  `json:"share_warned"`
	Least         *number `json:"coverage_asked_low"`
	Most          *number `json:"coverage_asked_high"`
}

func errorsDocument(opt validity.ErrorsOptions, tables []validity.ErrorsTable) any {
	doc := struct {
		header
		Draws  int         `json:"draws"`
		Rows   int         `json:"rows"`
		Errors []errorsRow `json:"errors"`
	}{header: newHeader("coverage", 0.95), Draws: opt.Draws, Rows: opt.Rows, Errors: []errorsRow{}}
	for _, t := range tables {
		for _, r := range t.Rows {
			row := errorsRow{t.Design, t.Overlap, r.Estimator, r.StdErrorType, r.Refused, r.Draws, r.Missing, number(r.Kept), number(r.Bias), number(r.BiasError), number(r.Ratio),
				number(r.RatioError), number(r.Coverage), number(r.CoverageError), number(r.Warned), nil, nil}
			if least, most, ok := r.Promised(); ok {
				low, high := number(least), number(most)
				row.Least, row.Most = &low, &high
			}
			if r.Draws == 0 {
				nan := number(math.NaN())
				row.Kept, row.Bias, row.BiasError, row.Ratio, row.RatioError, row.Coverage, row.CoverageError, row.Warned = nan, nan, nan, nan, nan, nan, nan, nan
			}
			doc.Errors = append(doc.Errors, row)
		}
	}
	return doc
}

// coverageTables are the tables of `evaluate coverage`, with the flags that belong to one alone.
var coverageTables = map[string][]string{
	"null":        {"registers", "persons", "month", "methods"},
	"intervals":   {"registers", "persons", "scenario", "month", "start-day-rule", "methods", "later-entry", "bands"},
	"errors":      {"draws", "rows", "design"},
	"placebo":     {"registers", "persons", "scenario", "methods"},
	"permutation": {"registers", "persons", "month", "methods"},
	"slope":       {"registers", "persons", "month", "start-day-rule", "methods"},
}

// flagsOfTable refuses a flag that another table takes.
func flagsOfTable(c *cobra.Command, table string) error {
	own, ok := coverageTables[table]
	if !ok {
		return fault.Usagef("bad_flag", "`--table %s` is not known; it is one of %s", table, strings.Join(slices.Sorted(maps.Keys(coverageTables)), ", "))
	}
	for _, other := range slices.Sorted(maps.Keys(coverageTables)) {
		for _, name := range coverageTables[other] {
			if !slices.Contains(own, name) && c.Flags().Changed(name) {
				return fault.Usagef("bad_flag", "`--%s` does not go with `--table %s`", name, table)
			}
		}
	}
	return nil
}
