package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/validity"
)

// coverageNull is `evaluate coverage --table null`.
func (g *globals) coverageNull(c *cobra.Command, opt validity.Options) error {
	rows, took, err := onRegisters(g, c.Context(), &opt, validity.Nulls)
	if err != nil {
		return err
	}
	if g.format == "json" {
		return writeJSON(g.stdout, nullDocument(opt, rows))
	}
	lang := g.numbers()
	fmt.Fprintf(g.stdout, "%d registers of %d persons without any effect; %s\n\n", opt.Registers, opt.Persons, took.Round(time.Second))
	fields := []field{{title: "method"}, {title: "outcome"}, {title: "over"}, {title: "correction"}, {title: "registers", right: true}, {title: "figures", right: true}, {title: "found", right: true}, {title: "±", right: true}}
	var lines [][]string
	for _, r := range rows {
		lines = append(lines, []string{r.Method, r.Outcome, r.Over, r.Correction, fmt.Sprint(r.Registers), lang.Decimal(r.Members, 1), lang.Percent(r.Found, 1), lang.Percent(r.MonteCarlo, 1)})
	}
	fmt.Fprint(g.stdout, aligned(fields, lines))
	fmt.Fprintf(g.stdout, "\nfound is the share of registers in which some figure of the family is under 5 %%, at month %d; of band the share of series whose\nsimultaneous band leaves 0 in some month. ± is the Monte Carlo error: of a family √(0.05·0.95/registers), of band with the series of\na register taken together. figures is the mean number of figures in a family, or of series.\n", opt.Month)
	if !validity.NullsHold(rows) {
		fmt.Fprintln(g.stdout, "a family of holm or simultaneous, or a set of bands, finds something in more than 5 % of the registers and two Monte Carlo errors.")
	}
	return nil
}

type nullRow struct {
	Method     string `json:"method"`
	Outcome    string `json:"outcome"`
	Over       string `json:"over"`
	Correction string `json:"correction"`
	Registers  int    `json:"registers"`
	Members    number `json:"figures"`
	Found      number `json:"found"`
	MonteCarlo number `json:"monte_carlo_error"`
}

func nullDocument(opt validity.Options, rows []validity.NullRow) any {
	doc := struct {
		header
		Registers int       `json:"registers"`
		Persons   int       `json:"persons"`
		Month     int       `json:"month"`
		Holds     bool      `json:"holds"`
		Null      []nullRow `json:"null"`
	}{header: newHeader("coverage", 0.95), Registers: opt.Registers, Persons: opt.Persons, Month: opt.Month, Holds: validity.NullsHold(rows), Null: []nullRow{}}
	for _, r := range rows {
		doc.Null = append(doc.Null, nullRow{r.Method, r.Outcome, r.Over, r.Correction, r.Registers, number(r.Members), number(r.Found), number(r.MonteCarlo)})
	}
	return doc
}
