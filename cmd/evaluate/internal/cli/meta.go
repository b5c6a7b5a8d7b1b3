package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	lang "tiltakseffekt/internal/number"
)

type metaFlags struct {
	data, encoding, mapping   string
	estimate, stdError, label string
	method                    string
	hartungKnapp              bool
	level                     float64
	out                       string
}

func newMetaCmd(g *globals) *cobra.Command {
	var f metaFlags
	c := &cobra.Command{
		Use:   "meta --data FILE --estimate COL --std-error COL",
		Short: "Put several estimates of the same thing together",
		Long: `Pool estimates from several evaluations, one row each, by the random-effects model: the studies need not have the
same true effect, and τ² says how far apart those are. The prediction interval is where the true effect of one more
such study would lie; read it before the interval of the mean.

Ratios are pooled as their logarithms. The estimates must not share persons.`,
		Example: `  $ evaluate meta --data estimates.csv --estimate estimate --std-error std_error --label evaluation
  $ evaluate meta --data estimates.csv --estimate log_ratio --std-error se --method dl --hartung-knapp`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return g.meta(c.Context(), &f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "`file`: .parquet, .csv, .csv.gz, or a folder of Parquet files")
	flags.StringVar(&f.encoding, "encoding", "", "`encoding` of CSV: utf-8 or latin1")
	mappingFlag(c, &f.mapping)
	flags.StringVar(&f.estimate, "estimate", "", "`column` of estimates")
	flags.StringVar(&f.stdError, "std-error", "", "`column` of standard errors")
	flags.StringVar(&f.label, "label", "", "`column` of names of the studies")
	flags.StringVar(&f.method, "method", "reml", "fixed, dl or reml; also pm, ml, he, hs, sj")
	flags.BoolVar(&f.hartungKnapp, "hartung-knapp", false, "Hartung–Knapp errors and t intervals: right with few studies")
	flags.Float64Var(&f.level, "level", .95, "confidence level")
	flags.StringVar(&f.out, "out", "", "`folder` for the tables as Parquet")
	return c
}

type metaStudy struct {
	Label    *string `json:"label"`
	Row      int     `json:"row"` // of the file, from 0
	Estimate number  `json:"estimate"`
	StdError number  `json:"std_error"`
	ConfLow  number  `json:"conf_low"`
	ConfHigh number  `json:"conf_high"`
	PValue   number  `json:"p_value"`
	Weight   number  `json:"weight"`
}

type metaEstimate struct {
	Measure  string `json:"measure"` // pooled, prediction, tau2
	Estimate number `json:"estimate"`
	StdError number `json:"std_error"`
	ConfLow  number `json:"conf_low"`
	ConfHigh number `json:"conf_high"`
	PValue   number `json:"p_value"`
}

type metaDocument struct {
	header
	Method       string `json:"method"`
	HartungKnapp bool   `json:"hartung_knapp"`
	N            struct {
		Studies int `json:"studies"`
		Dropped int `json:"dropped"`
	} `json:"n"`
	Estimates []metaEstimate `json:"estimates"`
	Tau2      number         `json:"tau2"`
	I2        number         `json:"i2"` // a share
	H2        number         `json:"h2"`
	Q         struct {
		Statistic number `json:"statistic"`
		DF        int    `json:"df"`
		PValue    number `json:"p_value"`
	} `json:"q"`
	Studies  []metaStudy     `json:"studies"`
	Warnings []fault.Warning `json:"warnings"`
}

func (g *globals) meta(ctx context.Context, f *metaFlags) error {
	var method synthesis.Method
	switch err := method.UnmarshalText([]byte(f.method)); {
	case f.data == "":
		return fault.Usagef("bad_flag", "`--data` is needed: the file with the estimates")
	case f.estimate == "" || f.stdError == "":
		return fault.Usagef("bad_flag", "`--estimate` and `--std-error` are needed: their columns")
	case err != nil:
		return fault.Usagef("bad_flag", "`--method`: %v", err)
	case !(f.level > 0 && f.level < 1):
		return fault.Usagef("bad_flag", "`--level` lies between 0 and 1, such as 0.95, not %v", f.level)
	case f.encoding != "" && f.encoding != "utf-8" && f.encoding != "latin1":
		return fault.Usagef("bad_flag", "`--encoding` is utf-8 or latin1, not `%s`", f.encoding)
	}
	opt := datasets.ReadOptions{Columns: []string{f.estimate, f.stdError}, Encoding: f.encoding, Workers: g.workers}
	if f.label != "" && f.label != f.estimate && f.label != f.stdError {
		opt.Columns = append(opt.Columns, f.label)
	}
	opt, err := withMapping(opt, f.mapping)
	if err != nil {
		return err
	}
	table, err := g.readTable(ctx, f.data, opt)
	if err != nil {
		return err
	}
	if err := noRows(table, f.data); err != nil {
		return err
	}
	d := &durations{flags: &durationFlags{data: f.data}, table: table}
	dropped := 0
	for i := range table.Rows {
		if table.Column(f.estimate).Missing(i) || table.Column(f.stdError).Missing(i) {
			dropped++
		} else {
			d.row = append(d.row, int64(i))
		}
	}
	var s synthesis.Studies
	if s.Estimate, err = d.numbers(f.estimate); err != nil {
		return err
	}
	if s.StdError, err = d.numbers(f.stdError); err != nil {
		return err
	}
	p, err := synthesis.Meta(s, synthesis.Options{Method: method, Level: f.level, HartungKnapp: f.hartungKnapp})
	if err != nil {
		if e, ok := err.(*fault.Error); ok && e.Status == fault.Data {
			e.Column = map[string]string{"estimate": f.estimate, "std_error": f.stdError}[e.Column]
			if e.Row > 0 {
				e.Row = d.row[e.Row-1] + 1
			}
			return e.In(f.data)
		}
		return err
	}
	document := metaResult(f, p, s, d, dropped)
	g.warn(document.Warnings)
	if f.out != "" {
		if err := writeTables(ctx, f.out, []namedRows{{"estimates", document.Estimates}, {"studies", document.Studies}}); err != nil {
			return err
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, document)
	}
	return document.print(g.stdout, p)
}

func metaResult(f *metaFlags, p *synthesis.Pooled, s synthesis.Studies, d *durations, dropped int) *metaDocument {
	m := &metaDocument{header: newHeader("meta", f.level), Method: p.Method.String(), HartungKnapp: p.HartungKnapp, Tau2: number(p.Tau2), I2: number(p.I2), H2: number(p.H2)}
	m.N.Studies, m.N.Dropped = p.K, dropped
	m.Q.Statistic, m.Q.DF, m.Q.PValue = number(p.Q), p.QDF, number(p.QPValue)
	nan := number(math.NaN())
	e := p.Effect
	m.Estimates = []metaEstimate{
		{"pooled", number(e.Estimate), number(e.StdError), number(e.ConfLow), number(e.ConfHigh), number(e.PValue)},
		{"prediction", number(e.Estimate), nan, number(p.PredictionLow), number(p.PredictionHigh), nan},
		{"tau2", number(p.Tau2), number(p.Tau2StdError), number(p.Tau2ConfLow), number(p.Tau2ConfHigh), nan},
	}
	m.Studies = []metaStudy{}
	for k, i := range d.row {
		n := estimate.Normal(s.Estimate[k], s.StdError[k], f.level)
		study := metaStudy{nil, int(i), number(n.Estimate), number(n.StdError), number(n.ConfLow), number(n.ConfHigh), number(n.PValue), number(p.Weights[k])}
		if f.label != "" && !d.table.Column(f.label).Missing(int(i)) {
			study.Label = durationName(durationText(d.table.Column(f.label), i))
		}
		m.Studies = append(m.Studies, study)
	}
	var w []fault.Warning
	if dropped > 0 {
		w = append(w, fault.Warnf("rows_left_out", "`%s` or `%s` is missing in %d rows; they were left out", f.estimate, f.stdError, dropped))
	}
	if p.K == 1 {
		w = append(w, fault.Warnf("one_study", "there is one estimate only: nothing is pooled and τ² is not known"))
	} else if p.K < 5 && !p.HartungKnapp && p.Method != synthesis.Fixed {
		w = append(w, fault.Warnf("few_studies", "%d studies say little about τ²: normal intervals are too short; `--hartung-knapp` widens them", p.K))
	}
	m.Warnings = warningsOf(w)
	return m
}

func (m *metaDocument) print(w io.Writer, p *synthesis.Pooled) error {
	var b strings.Builder
	l := lang.EN
	level := fmt.Sprintf("%g %%", 100*float64(m.Level))
	t := durationTable{left: 1}
	t.row("study", "estimate", "std. error", "low", "high", "weight")
	for _, s := range m.Studies {
		name := fmt.Sprintf("row %d", s.Row+1)
		if s.Label != nil {
			name = *s.Label
		}
		t.row(name, l.Signed(float64(s.Estimate), 4), l.Decimal(float64(s.StdError), 4), l.Signed(float64(s.ConfLow), 4), l.Signed(float64(s.ConfHigh), 4), l.Percent(float64(s.Weight), 1))
	}
	e := p.Effect
	t.row("pooled", l.Signed(e.Estimate, 4), l.Decimal(e.StdError, 4), l.Signed(e.ConfLow, 4), l.Signed(e.ConfHigh, 4), "")
	t.row("one more study", "", "", l.Signed(p.PredictionLow, 4), l.Signed(p.PredictionHigh, 4), "")
	t.write(&b)
	kind := "normal"
	if p.HartungKnapp {
		kind = fmt.Sprintf("Hartung–Knapp (t, %g df)", p.DF)
	}
	fmt.Fprintf(&b, "\n%s of τ², %s %s intervals, p = %s\n", strings.ToUpper(m.Method), level, kind, pValue(l, e.PValue))
	fmt.Fprintf(&b, "τ² = %s (%s), I² = %s, Q = %s on %d df, p = %s\n", l.Decimal(p.Tau2, 5), l.Range(l.Decimal(p.Tau2ConfLow, 5), l.Decimal(p.Tau2ConfHigh, 5)), l.Percent(p.I2, 1), l.Decimal(p.Q, 3), p.QDF, pValue(l, p.QPValue))
	_, err := io.WriteString(w, b.String())
	return err
}
