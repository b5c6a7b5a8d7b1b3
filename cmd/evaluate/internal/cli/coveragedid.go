package cli

import (
	"fmt"
	"time"

	"tiltakseffekt/analysis/validity"
	"tiltakseffekt/internal/fault"

	"github.com/spf13/cobra"
)

type didCoverageRow struct {
	Design     string `json:"design"`
	Quantity   string `json:"quantity"`
	Intervals  int    `json:"intervals"`
	Coverage   number `json:"coverage"`
	MonteCarlo number `json:"monte_carlo_error"`
}

// coverageDid is `coverage --did`: the intervals and bands of difference-in-differences on simulated staggered panels.
func (g *globals) coverageDid(c *cobra.Command) error {
	var opt validity.DIDOptions
	for _, flag := range []string{"month", "scenario", "start-day-rule", "methods", "bands"} {
		if c.Flags().Changed(flag) {
			return fault.Usagef("bad_flag", "`--%s` is about registers, and `--did` simulates panels", flag)
		}
	}
	if c.Flags().Changed("registers") {
		opt.Panels, _ = c.Flags().GetInt("registers")
	}
	if c.Flags().Changed("persons") {
		opt.Units, _ = c.Flags().GetInt("persons")
	}
	p := g.newProgress()
	opt.Seed, opt.Workers, opt.Progress = g.seed, g.workers, p.report
	begin := time.Now()
	rows, err := validity.DIDCoverage(c.Context(), opt)
	p.done()
	if err != nil {
		return err
	}
	if g.format == "json" {
		d := struct {
			header
			Rows []didCoverageRow `json:"rows"`
		}{header: newHeader("coverage", 0.95)}
		for _, r := range rows {
			d.Rows = append(d.Rows, didCoverageRow{r.Design, r.Quantity, r.Intervals, number(r.Coverage), number(r.MonteCarlo)})
		}
		return writeJSON(g.stdout, d)
	}
	lang := g.numbers()
	names := map[string]string{"att_gt": "ATT(g,t)", "simple": "simple average", "dynamic": "mean of event times from 0", "band": "band over event times", "family": "band over groups"}
	fields := []field{{title: "design"}, {title: "figure"}, {title: "intervals", right: true}, {title: "coverage", right: true}, {title: "±", right: true}}
	var out [][]string
	for _, r := range rows {
		out = append(out, []string{r.Design, names[r.Quantity], lang.Count(r.Intervals), lang.Percent(r.Coverage, 1), lang.Percent(r.MonteCarlo, 1)})
	}
	fmt.Fprintf(g.stdout, "staggered panels with a dip before the start, unequal cohorts and effects that differ; 95 %% intervals; %s\n\n%s", time.Since(begin).Round(time.Second), aligned(fields, out))
	return nil
}
