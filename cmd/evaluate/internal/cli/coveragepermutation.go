package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/validity"
)

// coveragePermutation is `evaluate coverage --table permutation`.
func (g *globals) coveragePermutation(c *cobra.Command, opt validity.Options) error {
	rows, took, err := onRegisters(g, c.Context(), &opt, validity.Permutations)
	if err != nil {
		return err
	}
	if g.format == "json" {
		return writeJSON(g.stdout, permutationDocument(opt, rows))
	}
	lang := g.numbers()
	fmt.Fprintf(g.stdout, "%d registers of %d persons without any effect, cells under 50 starts, month %d: tests at 5 %%; %s\n\n", opt.Registers, opt.Persons, opt.Month, took.Round(time.Second))
	fields := []field{{title: "method"}, {title: "outcome"}, {title: "figures", right: true}, {title: "permutation", right: true}, {title: "±", right: true}, {title: "normal", right: true}, {title: "±", right: true},
		{title: "mean z", right: true}, {title: "±", right: true}, {title: "sd z", right: true}}
	var lines [][]string
	for _, r := range rows {
		lines = append(lines, []string{r.Method, r.Outcome, fmt.Sprint(r.Figures), lang.Percent(r.Permutation, 1), lang.Percent(r.PermutationError, 1), lang.Percent(r.Normal, 1), lang.Percent(r.NormalError, 1),
			lang.Signed(r.MeanZ, 2), lang.Decimal(r.MeanZError, 2), lang.Decimal(r.SDZ, 2)})
	}
	fmt.Fprint(g.stdout, aligned(fields, lines))
	fmt.Fprintf(g.stdout, "\npermutation and normal are the shares of figures with p_permutation and p_value of at most 5 %%. ± is the Monte Carlo error, with the figures of\none register taken together. mean z and sd z are of estimate/std_error.\n")
	return nil
}

type permutationRow struct {
	Method           string `json:"method"`
	Outcome          string `json:"outcome"`
	Figures          int    `json:"figures"`
	Permutation      number `json:"permutation"`
	PermutationError number `json:"permutation_monte_carlo_error"`
	Normal           number `json:"normal"`
	NormalError      number `json:"normal_monte_carlo_error"`
	MeanZ            number `json:"mean_z"`
	MeanZError       number `json:"mean_z_monte_carlo_error"`
	SDZ              number `json:"sd_z"`
}

func permutationDocument(opt validity.Options, rows []validity.PermutationRow) any {
	doc := struct {
		header
		Registers   int              `json:"registers"`
		Persons     int              `json:"persons"`
		Month       int              `json:"month"`
		Permutation []permutationRow `json:"permutation"`
	}{header: newHeader("coverage", 0.95), Registers: opt.Registers, Persons: opt.Persons, Month: opt.Month, Permutation: []permutationRow{}}
	for _, r := range rows {
		doc.Permutation = append(doc.Permutation, permutationRow{r.Method, r.Outcome, r.Figures, number(r.Permutation), number(r.PermutationError), number(r.Normal), number(r.NormalError),
			number(r.MeanZ), number(r.MeanZError), number(r.SDZ)})
	}
	return doc
}
