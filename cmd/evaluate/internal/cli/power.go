package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/internal/fault"
)

func newPowerCmd(g *globals) *cobra.Command {
	var power, level float64
	var months, encoding string
	c := &cobra.Command{
		Use:   "power STUDY.yaml",
		Short: "Minimum detectable effects, without reading outcomes by arm",
		Long: `The smallest effect that a study would find with a given power, per tiltak, group, outcome, month and method. The
rows, the weights of the methods and the spread of the outcome over both arms together are read; no outcome is compared
between those who start and those who do not. What covariates explain of the outcome is not taken off: methods that balance
them find smaller effects than is said here.`,
		Example: "  $ evaluate power my-study.yaml\n  $ evaluate power my-study.yaml --power 0.9 --months 12,24",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !(power > 0.5 && power < 1) {
				return fault.Usagef("bad_flag", "`--power` must lie between 0.5 and 1, such as 0.8")
			}
			if c.Flags().Changed("level") && !(level > 0.5 && level < 1) {
				return fault.Usagef("bad_flag", "`--level` must lie between 0.5 and 1, such as 0.95, not %v", level)
			}
			f := trialsFlags{months: months}
			o, err := f.options()
			if err != nil {
				return err
			}
			s, err := analysis.Load(args[0])
			if err != nil {
				return err
			}
			if c.Flags().Changed("level") {
				s.Inference.Level = level
			}
			if c.Flags().Changed("seed") {
				s.Seed = &g.seed
			}
			if err := setEncoding(s, encoding); err != nil {
				return err
			}
			return g.power(c, s, analysis.PowerOptions{Power: power, Months: o.Months})
		},
	}
	c.Flags().Float64Var(&power, "power", 0.8, "`probability` of finding the effect")
	c.Flags().Float64Var(&level, "level", 0.95, "level of intervals (default: inference.level of the study)")
	c.Flags().StringVar(&months, "months", "", "`months` after the start, such as 12,24 (default: that of the study's family)")
	c.Flags().StringVar(&encoding, "encoding", "", "`encoding` of CSV in the register, utf-8 or latin1 (default: data.encoding of the study)")
	return c
}

type powerRow struct {
	Tiltak    string  `json:"tiltak"`
	Group     string  `json:"group"`
	Outcome   string  `json:"outcome"`
	Month     int     `json:"month"`
	Method    string  `json:"method"`
	StdError  number  `json:"std_error"`
	MDE       number  `json:"mde"`
	MDEFamily number  `json:"mde_family"`
	Reason    *string `json:"reason"`
}

func (g *globals) power(c *cobra.Command, s *analysis.Study, o analysis.PowerOptions) error {
	p := g.newProgress()
	p.report(0, 1, "reading the register")
	found, err := analysis.Power(c.Context(), s, analysis.Options{Workers: g.workers, Memory: g.memoryBytes, Progress: p.report}, o)
	p.done()
	if err != nil {
		return err
	}
	rows := make([]powerRow, len(found))
	lines := make([][]string, len(found))
	for i, d := range found {
		// Three digits: an error to the last digit would count the rows of a cell.
		rows[i] = powerRow{d.Tiltak, d.Group, d.Outcome, d.Month, d.Method, three(d.StdError), three(d.MDE), three(d.MDEFamily), optional(string(d.Reason))}
		lines[i] = []string{d.Tiltak, d.Group, d.Outcome, strconv.Itoa(d.Month), d.Method, short(rows[i].StdError), short(rows[i].MDE), short(rows[i].MDEFamily), strings.ReplaceAll(string(d.Reason), "_", " ")}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, struct {
			header
			Power    number          `json:"power"`
			Rows     []powerRow      `json:"estimates"`
			Warnings []fault.Warning `json:"warnings"`
		}{newHeader("power", s.Inference.Level), number(o.Power), rows, []fault.Warning{}})
	}
	_, err = fmt.Fprintf(g.stdout, "Minimum detectable effects: power %v, level %v; `family` shares the level over tiltak × group\n\n%s", o.Power, s.Inference.Level,
		aligned([]field{{title: "tiltak", most: 30}, {title: "group"}, {title: "outcome"}, {title: "month", right: true}, {title: "method"}, {title: "std. error", right: true}, {title: "effect", right: true}, {title: "family", right: true}, {title: ""}}, lines))
	return err
}

// three keeps three digits.
func three(v float64) number {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return number(v)
	}
	x, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return number(x)
}

func short(n number) string {
	if math.IsNaN(float64(n)) {
		return "–"
	}
	return strconv.FormatFloat(float64(n), 'f', -1, 64)
}
