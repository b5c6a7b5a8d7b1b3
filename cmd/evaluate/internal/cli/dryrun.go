package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/internal/fault"
)

// dryRun prints what a run would do and estimates nothing.
func (g *globals) dryRun(c *cobra.Command, s *analysis.Study) error {
	bar := g.newProgress()
	bar.report(0, 1, "reading the register")
	p, err := analysis.NewForecast(c.Context(), s, analysis.Options{Workers: g.workers, Memory: g.memoryBytes, Progress: bar.report})
	bar.done()
	if err != nil {
		return err
	}
	var warnings []fault.Warning
	if g.memoryBytes > 0 && p.Bytes > g.memoryBytes {
		warnings = append(warnings, fault.Warnf("memory", "the run is expected to need %s, and `--memory` allows %s", size(p.Bytes), size(g.memoryBytes)))
	}
	if g.format == "json" {
		type task struct {
			Tiltak     string  `json:"tiltak"`
			Group      string  `json:"group"`
			Treated    int     `json:"treated_rows"`
			Comparison int     `json:"comparison_rows"`
			Estimates  int     `json:"estimates"`
			Seconds    number  `json:"expected_seconds"`
			Reason     *string `json:"reason"`
		}
		tasks := make([]task, len(p.Tasks))
		for i, t := range p.Tasks {
			tasks[i] = task{t.Tiltak, t.Group, t.Treated, t.Comparison, t.Estimates, three(t.Seconds), optional(string(t.Reason))}
		}
		return writeJSON(g.stdout, struct {
			header
			Study       string          `json:"study"`
			Persons     int             `json:"persons"`
			Months      int             `json:"months"`
			Workers     int             `json:"workers"`
			Rows        int             `json:"rows"`
			Columns     int             `json:"columns"`
			Estimates   int             `json:"estimates"`
			ReadSeconds number          `json:"read_seconds"`
			Seconds     number          `json:"expected_seconds"`
			Bytes       int64           `json:"expected_bytes"`
			Tasks       []task          `json:"tasks"`
			Warnings    []fault.Warning `json:"warnings"`
		}{newHeader("run", s.Inference.Level), s.Study, p.Persons, p.Months, p.Workers, p.Rows, p.Columns, p.Estimates,
			three(p.ReadSeconds), three(p.Seconds), p.Bytes, tasks, warningsOf(warnings)})
	}
	g.warn(warnings)
	lang := g.numbers()
	few := func(n int) string {
		if n == 0 {
			return "under 10"
		}
		return lang.Count(n)
	}
	lines := make([][]string, len(p.Tasks))
	for i, t := range p.Tasks {
		lines[i] = []string{t.Tiltak, t.Group, few(t.Treated), few(t.Comparison), strconv.Itoa(t.Estimates), about(t.Seconds), strings.ReplaceAll(string(t.Reason), "_", " ")}
	}
	_, err = fmt.Fprintf(g.stdout, "%s\n%s persons × %d months; %d tasks (tiltak × group), %s analysis rows (a comparison row once for each tiltak), %d columns, %s rows of estimates.\n"+
		"Expected with %s: %s in all (reading took %s), %s of memory. Estimates from measured rates (docs/bench): half or twice that on another machine.\n",
		aligned([]field{{title: "tiltak", most: 40}, {title: "group"}, {title: "treated", right: true}, {title: "comparison", right: true}, {title: "estimates", right: true}, {title: "processor", right: true}, {title: ""}}, lines),
		lang.Count(p.Persons), p.Months, len(p.Tasks), lang.Count(p.Rows), p.Columns, lang.Count(p.Estimates), countWorkers(p.Workers), about(p.Seconds), about(p.ReadSeconds), size(p.Bytes))
	return err
}

// about is a time in seconds to two digits.
func about(seconds float64) string {
	if seconds < 10 {
		return strconv.FormatFloat(math.Round(seconds*10)/10, 'f', -1, 64) + "s"
	}
	return round(time.Duration(seconds * float64(time.Second))).String()
}
