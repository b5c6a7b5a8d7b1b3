package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/duration"
	"tiltakseffekt/internal/fault"
)

type durationFlags struct {
	data, encoding, mapping          string
	time, start, stop, event         string
	censored                         string
	by, weights, cluster, strata     string
	state                            string
	curve, conf, varianceName        string
	variance                         duration.Variance
	at                               string
	rmst                             float64
	rmstDiff                         bool
	test                             string
	rho                              float64
	cox, fineGray, ties              string
	level                            float64
	out                              string
	interval                         duration.Interval
	tie                              duration.Ties
	times                            []float64
	tests, coxTerms, fineGrayTerms   []string
	censoredValues                   []string
	withTest, withCox, withFineGray  bool
	levelSet, rhoSet, tiesSet, atSet bool
}

func newDurationCmd(g *globals) *cobra.Command {
	var f durationFlags
	c := &cobra.Command{
		Use:   "duration --data FILE --time COL | --start COL --stop COL, --event COL",
		Short: "How long things last and what ends them: survival, competing exits, tests, hazards",
		Long: `Estimate how long things last from a table with one row per spell.

The event is 0 or missing where a spell is censored (it had not ended when we stopped looking), otherwise 1 or the name
of the state it ended in. Rows are at risk on (start, stop]. Kaplan–Meier is of ending in any state; with several states
"--curve cif" gives the cumulative incidence of each, the others competing.

Times are in the unit of the column. Nothing is said beyond the last time at which anybody was followed.`,
		Example: `  $ evaluate duration --data spells.parquet --time months --event exit --by tiltak --at 6,12,24
  $ evaluate duration --data spells.parquet --time months --event exit --curve cif --by tiltak
  $ evaluate duration --data spells.csv --time months --event ended --by tiltak --test logrank --rmst 24 --rmst-diff
  $ evaluate duration --data rows.csv --start from --stop to --event job --cox age,education --cluster person_id`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.levelSet, f.rhoSet, f.tiesSet, f.atSet = c.Flags().Changed("level"), c.Flags().Changed("rho"), c.Flags().Changed("ties"), c.Flags().Changed("at")
			f.withTest, f.withCox, f.withFineGray = c.Flags().Changed("test"), c.Flags().Changed("cox"), c.Flags().Changed("fine-gray")
			if err := f.check(c.Flags().Changed("rmst")); err != nil {
				return err
			}
			return g.duration(c.Context(), &f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "`file`: .parquet, .csv, .csv.gz, or a folder of Parquet files")
	flags.StringVar(&f.encoding, "encoding", "", "`encoding` of CSV: utf-8 or latin1")
	mappingFlag(c, &f.mapping)
	flags.StringVar(&f.time, "time", "", "`column` with the length of the spell")
	flags.StringVar(&f.start, "start", "", "`column` with the time at which the row comes at risk (with --stop)")
	flags.StringVar(&f.stop, "stop", "", "`column` with the time at which the row ends (with --start)")
	flags.StringVar(&f.event, "event", "", "`column`: 0 or missing is censored, otherwise 1 or the name of a state")
	flags.StringVar(&f.censored, "censored", "", "`values` of the event that mean censored (default: 0 and missing)")
	flags.StringVar(&f.by, "by", "", "`column` of groups")
	flags.StringVar(&f.weights, "weights", "", "`column` of weights; with fractions, errors are the jackknife's")
	flags.StringVar(&f.cluster, "cluster", "", "`column`: rows of a value are dependent, such as a person's")
	flags.StringVar(&f.strata, "strata", "", "`column` of strata of the tests and of Cox")
	flags.StringVar(&f.state, "state", "", "`name` of the state for Fine–Gray, and for a cause-specific test or Cox regression")
	flags.StringVar(&f.curve, "curve", "km", "km, or cif for the cumulative incidence of each state")
	flags.StringVar(&f.conf, "conf", "log", "interval: log, log-log, plain, logit or arcsin")
	flags.StringVar(&f.varianceName, "variance", "auto", "errors of the curves: greenwood, jackknife, or gray for cif as R's cmprsk; auto: jackknife with clusters or fractional weights")
	flags.StringVar(&f.at, "at", "", "`times` at which the curves are given (default: every time at which rows end)")
	flags.Float64Var(&f.rmst, "rmst", 0, "restricted mean up to this `time`")
	flags.BoolVar(&f.rmstDiff, "rmst-diff", false, "differences and ratios of restricted means against the first group")
	flags.StringVar(&f.test, "test", "", "logrank, gray, or both: tests that the groups do not differ")
	flags.Float64Var(&f.rho, "rho", 0, "weight S(t−)^`rho` of the log-rank test (1 is Peto–Peto's Wilcoxon test), (1 − F(t−))^rho of Gray's")
	flags.StringVar(&f.cox, "cox", "", "`columns` of a Cox regression; COL:factor makes a number a factor")
	flags.StringVar(&f.fineGray, "fine-gray", "", "`columns` of a Fine–Gray regression of the incidence of --state")
	flags.StringVar(&f.ties, "ties", "efron", "efron or breslow")
	flags.Float64Var(&f.level, "level", .95, "confidence level")
	flags.StringVar(&f.out, "out", "", "`folder` for curves, summaries, tests and coefficients as Parquet, and curves.svg")
	return c
}

// check reads the flags that do not depend on the data.
func (f *durationFlags) check(rmstSet bool) error {
	bad := func(format string, args ...any) error { return fault.Usagef("bad_flag", format, args...) }
	switch {
	case f.data == "":
		return bad("`--data` is needed: the file with the spells")
	case f.time == "" && f.start == "" && f.stop == "":
		return bad("`--time` is needed, or `--start` and `--stop`")
	case f.time != "" && (f.start != "" || f.stop != ""):
		return bad("`--time` and `--start`, `--stop` exclude one another")
	case f.time == "" && (f.start == "" || f.stop == ""):
		return bad("`--start` and `--stop` come together")
	case f.event == "":
		return bad("`--event` is needed: 0 or missing is censored, otherwise 1 or the name of a state")
	case f.curve != "km" && f.curve != "cif":
		return bad("`--curve` is km or cif, not `%s`%s", f.curve, fault.Suggest(f.curve, []string{"km", "cif"}))
	case !(f.level > 0 && f.level < 1):
		return bad("`--level` lies between 0 and 1, such as 0.95, not %v", f.level)
	case rmstSet && duration.CheckTau(f.rmst) != nil:
		return bad("`--rmst` is a positive number, not %v", f.rmst)
	case f.rmstDiff && !rmstSet:
		return bad("`--rmst-diff` needs `--rmst`")
	case f.rmstDiff && f.by == "":
		return bad("`--rmst-diff` compares groups: it needs `--by`")
	case f.rmstDiff && f.cluster != "" && (f.varianceName == "greenwood" || f.varianceName == "gray"):
		return bad("`--rmst-diff` with `--cluster` needs the jackknife's errors; leave `--variance` out")
	case f.withCox && f.withFineGray:
		return bad("`--cox` and `--fine-gray` exclude one another; run the command twice")
	case f.encoding != "" && f.encoding != "utf-8" && f.encoding != "latin1":
		return bad("`--encoding` is utf-8 or latin1, not `%s`", f.encoding)
	}
	for flag, terms := range map[string]string{"cox": f.cox, "fine-gray": f.fineGray} {
		for _, term := range strings.Split(terms, ",") {
			name := strings.TrimSuffix(strings.TrimSpace(term), ":factor")
			if name != "" && (name == f.time || name == f.stop || name == f.event) {
				return bad("`--%s` names `%s`, which is what it explains; leave it out", flag, name)
			}
		}
	}
	if err := f.interval.UnmarshalText([]byte(f.conf)); err != nil {
		return bad("`--conf`: %v", err)
	}
	if err := f.variance.UnmarshalText([]byte(f.varianceName)); err != nil {
		return bad("`--variance`: %v", err)
	}
	if f.variance == duration.GrayTies && (f.curve == "km" || rmstSet) {
		return bad("`--variance gray` is for `--curve cif`, without `--rmst`")
	}
	if err := f.tie.UnmarshalText([]byte(f.ties)); err != nil {
		return bad("`--ties`: %v", err)
	}
	if f.withFineGray && f.tiesSet && f.tie != duration.Breslow {
		return bad("`--fine-gray` has Breslow ties; `--ties efron` is not served for it")
	}
	if f.withFineGray {
		for _, c := range []struct{ flag, value string }{{"--strata", f.strata}, {"--start", f.start}} {
			if c.value != "" {
				return bad("`--fine-gray` with `%s` is not served", c.flag)
			}
		}
	}
	return f.lists()
}

func (f *durationFlags) lists() (err error) {
	bad := func(format string, args ...any) error { return fault.Usagef("bad_flag", format, args...) }
	if f.atSet {
		if f.times, err = durationNumbers("--at", f.at); err != nil {
			return err
		}
	}
	if f.withTest {
		if f.tests, err = durationList("--test", f.test); err != nil {
			return err
		}
		for _, t := range f.tests {
			switch {
			case t != "logrank" && t != "gray":
				return bad("`--test` is logrank or gray, not `%s`%s", t, fault.Suggest(t, []string{"logrank", "gray"}))
			case f.by == "":
				return bad("`--test` compares groups: it needs `--by`")
			case t == "gray" && f.weights != "":
				return bad("`--test gray` with `--weights` is not served; `--test logrank` with `--state` is, and is robust then")
			case t == "gray" && f.cluster != "":
				return bad("`--test gray` with `--cluster` is not served; `--test logrank` with `--state` is, and is robust then")
			case t == "gray" && f.start != "":
				return bad("`--test gray` with `--start` is not served")
			}
		}
	}
	if f.rhoSet && !f.withTest {
		return bad("`--rho` belongs to `--test`")
	}
	if f.withCox {
		if f.coxTerms, err = durationList("--cox", f.cox); err != nil {
			return err
		}
	}
	if f.withFineGray {
		if f.fineGrayTerms, err = durationList("--fine-gray", f.fineGray); err != nil {
			return err
		}
	}
	if f.censored != "" {
		f.censoredValues, err = durationList("--censored", f.censored)
	}
	switch {
	case f.strata != "" && !f.withTest && !f.withCox:
		return bad("`--strata` belongs to `--test` and `--cox`")
	case f.state != "" && !f.withTest && !f.withCox && !f.withFineGray:
		return bad("`--state` belongs to `--test`, `--cox` and `--fine-gray`; the curves of all states are `--curve cif`")
	case f.tiesSet && !f.withCox && !f.withFineGray:
		return bad("`--ties` belongs to `--cox`")
	}
	return err
}

func (g *globals) duration(ctx context.Context, f *durationFlags) error {
	d, err := g.readDurations(ctx, f)
	if err != nil {
		return err
	}
	r, err := d.estimate(duration.Options{Level: f.level, Interval: f.interval, Variance: f.variance, Workers: g.workers})
	if err != nil {
		return d.explain(err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	g.warn(r.warnings)
	if f.out != "" {
		if err := r.write(ctx, f.out, g.lang); err != nil {
			return err
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, r.document())
	}
	return r.print(g.stdout)
}

// explain puts the names of columns for what the estimator calls them.
func (d *durations) explain(err error) error {
	f, ok := err.(*fault.Error)
	if !ok {
		return err
	}
	names := map[string]string{"time": d.flags.time + d.flags.stop, "start": d.flags.start, "event": d.flags.event, "weight": d.flags.weights}
	if name, ok := names[f.Column]; ok && name != "" {
		f.Column = name
		f.Message = strings.TrimSuffix(f.Message, " ") + " (column `" + name + "`)"
	}
	if f.Status == fault.Data {
		if f.Row > 0 && int(f.Row) <= len(d.row) {
			f.Row = d.row[f.Row-1] + 1
		}
		return f.In(d.flags.data)
	}
	return f
}
