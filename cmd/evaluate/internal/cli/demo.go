package cli

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/analysis/validity"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/fault"
	written "tiltakseffekt/internal/number"
	"tiltakseffekt/results"
)

//go:embed demo.yaml
var demoStudy []byte

func newDemoCmd(g *globals) *cobra.Command {
	var out string
	var persons int
	c := &cobra.Command{
		Use:   "demo",
		Short: "Simulate a register, run a study on it, and show the truth beside each estimate",
		Long: `Simulate a register of some years whose true effects are known, run the shipped study on it, and print estimate,
interval and truth side by side, and last the run folder with its report. It needs no data and no network.`,
		Example: "  $ evaluate demo\n  $ evaluate demo --persons 5000 --out small",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if persons < 1000 {
				return fault.Usagef("bad_flag", "`--persons` must be at least 1000: fewer leave every cell too small to estimate")
			}
			return g.demo(c, out, persons)
		},
	}
	c.Flags().StringVar(&out, "out", "demo", "`folder` for the register, the study and its runs")
	c.Flags().IntVar(&persons, "persons", 20000, "number of persons")
	return c
}

func (g *globals) demo(c *cobra.Command, out string, persons int) error {
	ctx := c.Context()
	file := filepath.Join(out, "demo.yaml")
	if err := ownDemo(out, file); err != nil {
		return err
	}
	opt := simulate.Options{Persons: persons, Months: 96, Seed: g.seed, Workers: g.workers, Counterfactual: true}
	p := g.newProgress()
	if _, err := simulate.Write(ctx, filepath.Join(out, "register"), opt, func(done, of int) {
		p.report(float64(done), float64(of), "simulating persons")
	}); err != nil {
		return err
	}
	p.done()
	if err := writeWhole(file, demoStudy); err != nil {
		return err
	}
	s, err := analysis.Load(file)
	if err != nil {
		return err
	}
	s.Seed = &g.seed
	result, err := g.runStudy(c, s, demoStudy, filepath.Join(out, "runs"))
	if err != nil {
		return err
	}
	compared, err := validity.Compare(ctx, s, opt, result, g.workers)
	if err != nil {
		return err
	}
	if g.format == "json" {
		type row struct {
			Tiltak    string `json:"tiltak"`
			Group     string `json:"group"`
			Outcome   string `json:"outcome"`
			Method    string `json:"method"`
			Month     int    `json:"month"`
			Estimate  number `json:"estimate"`
			StdError  number `json:"std_error"`
			ConfLow   number `json:"conf_low"`
			ConfHigh  number `json:"conf_high"`
			Reason    string `json:"reason"`
			Truth     number `json:"truth"`
			TruthUsed number `json:"truth_matched"`
		}
		rows := make([]row, len(compared))
		for i, r := range compared {
			rows[i] = row{r.Tiltak, r.Group, r.Outcome, r.Method, *r.Month, number(r.Estimate.Estimate), number(r.StdError), number(r.ConfLow), number(r.ConfHigh), string(r.Reason), number(r.Truth), number(r.TruthUsed)}
		}
		return writeJSON(g.stdout, struct {
			header
			Path      string          `json:"path"`
			Estimates []row           `json:"estimates"`
			Warnings  []fault.Warning `json:"warnings"`
		}{newHeader("demo", s.Inference.Level), result.Path, rows, warningsOf(result.Run.Warnings)})
	}
	g.printTruth(s, result.Run, compared)
	return g.printRun(result)
}

// ownDemo refuses a folder whose study is not the shipped one: somebody's own work would be overwritten.
func ownDemo(out, file string) error {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Equal(b, demoStudy) {
		return nil
	}
	return fault.Usagef("out_not_empty", "`--out %s` holds a `demo.yaml` that is not the study of this demo: choose an empty folder", out)
}

// demoMonth is the month after the start that the demo prints.
const demoMonth = 24

// printTruth prints estimate, interval and truth at month 24: stable work for every group, the other outcomes for all.
func (g *globals) printTruth(s *analysis.Study, run *results.Run, compared []validity.Compared) {
	lang := g.numbers()
	fmt.Fprintf(g.stdout, "%s\n\n", run.Title.In(string(lang)))
	covered, all := map[string]int{}, map[string]int{}
	for i, o := range run.Outcomes {
		spec := s.Outcomes[i]
		kroner := spec.Kind == "earnings"
		show := func(x float64) string {
			if x != x {
				return written.Missing()
			}
			if kroner {
				return lang.Signed(x, 0)
			}
			return lang.Points(x, 1)
		}
		unit := "percentage points"
		if kroner {
			unit = "kroner a month"
		}
		fmt.Fprintf(g.stdout, "%s, month %d after the start: estimate [95 %% interval], %s\n\n", o.Text.In(string(lang)), demoMonth, unit)
		fields := []field{{title: "tiltak", most: 30}, {title: "group", most: 26}, {title: "truth", right: true}}
		for _, m := range run.Methods {
			fields = append(fields, field{title: m.ID, right: true})
		}
		var rows [][]string
		for _, t := range run.Tiltak {
			for k, group := range run.Groups {
				if i > 0 && k > 0 { // the other outcomes for everybody alone
					continue
				}
				row := []string{t.Text.In(string(lang)), group.Text.In(string(lang)), ""}
				if k > 0 {
					row[0] = ""
				}
				for _, m := range run.Methods {
					cell := written.Missing()
					for _, r := range compared {
						if r.Tiltak != t.ID || r.Group != group.ID || r.Outcome != o.ID || r.Method != m.ID || *r.Month != demoMonth {
							continue
						}
						row[2] = show(r.Truth)
						if r.Reason != "" {
							cell = string(r.Reason)
							continue
						}
						mark := " "
						if covers, ok := r.Covers(); ok {
							all[m.ID]++
							if covers {
								covered[m.ID]++
							} else {
								mark = "*"
							}
						}
						cell = fmt.Sprintf("%s [%s, %s]%s", show(r.Estimate.Estimate), show(r.ConfLow), show(r.ConfHigh), mark)
					}
					row = append(row, cell)
				}
				rows = append(rows, row)
			}
		}
		fmt.Fprintln(g.stdout, aligned(fields, rows))
	}
	fmt.Fprint(g.stdout, "* the interval misses the truth. Intervals above with the truth inside: ")
	for i, m := range run.Methods {
		if i > 0 {
			fmt.Fprint(g.stdout, ", ")
		}
		fmt.Fprintf(g.stdout, "%s %d of %d", m.ID, covered[m.ID], all[m.ID])
	}
	fmt.Fprint(g.stdout, ".\nThe truth is the mean, over the starts analysed, of what happened less what would have happened without the start.\n\n")
}
