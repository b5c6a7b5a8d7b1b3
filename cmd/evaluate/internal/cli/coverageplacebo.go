package cli

import (
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/validity"
)

// coveragePlacebo is `evaluate coverage --table placebo`.
func (g *globals) coveragePlacebo(c *cobra.Command, opt validity.Options) error {
	rows, took, err := onRegisters(g, c.Context(), &opt, validity.Placebos)
	if err != nil {
		return err
	}
	if g.format == "json" {
		return writeJSON(g.stdout, placeboDocument(opt, rows))
	}
	lang := g.numbers()
	fmt.Fprintf(g.stdout, "%d registers of %d persons, scenario %s: tests at 5 %%; %s\n\n", opt.Registers, opt.Persons, opt.Scenario, took.Round(time.Second))
	fields := []field{{title: "method"}, {title: "covariates"}, {title: "test"}, {title: "tests", right: true}, {title: "missing", right: true}, {title: "rejected", right: true},
		{title: "±", right: true}, {title: "mean z", right: true}, {title: "sd z", right: true}}
	var lines [][]string
	for _, r := range rows {
		mean, sd := "", ""
		if !math.IsNaN(r.MeanZ) {
			mean, sd = lang.Signed(r.MeanZ, 2), lang.Decimal(r.SDZ, 2)
		}
		lines = append(lines, []string{r.Method, r.Conditioning, r.Test, fmt.Sprint(r.Tests), fmt.Sprint(r.Missing), lang.Percent(r.Rejected, 1), lang.Percent(r.MonteCarlo, 1), mean, sd})
	}
	fmt.Fprint(g.stdout, aligned(fields, lines))
	fmt.Fprintf(g.stdout, "\ncovariates: before, those known before the window; around, all but those that look at it. joint: all outcomes and windows of a\ntiltak, errors by person; any tiltak: registers where a joint test stands after Holm's correction over tiltak. ± is the Monte Carlo\nerror, with the tests of one register taken together.\n")
	return nil
}

type placeboRow struct {
	Method       string `json:"method"`
	Conditioning string `json:"conditioning"`
	Test         string `json:"test"`
	Tests        int    `json:"tests"`
	Missing      int    `json:"missing"`
	Rejected     number `json:"rejected"`
	MonteCarlo   number `json:"monte_carlo_error"`
	MeanZ        number `json:"mean_z"`
	SDZ          number `json:"sd_z"`
}

func placeboDocument(opt validity.Options, rows []validity.PlaceboRow) any {
	doc := struct {
		header
		Registers int          `json:"registers"`
		Persons   int          `json:"persons"`
		Scenario  string       `json:"scenario"`
		Placebo   []placeboRow `json:"placebo"`
	}{header: newHeader("coverage", 0.95), Registers: opt.Registers, Persons: opt.Persons, Scenario: opt.Scenario, Placebo: []placeboRow{}}
	for _, r := range rows {
		doc.Placebo = append(doc.Placebo, placeboRow{r.Method, r.Conditioning, r.Test, r.Tests, r.Missing, number(r.Rejected), number(r.MonteCarlo), number(r.MeanZ), number(r.SDZ)})
	}
	return doc
}
