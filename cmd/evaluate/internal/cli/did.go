package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/did"
	"tiltakseffekt/datasets/design"
	"tiltakseffekt/internal/fault"
)

type didFlags struct {
	data, id, time, start, outcome     string
	covariates, cluster, weights, by   string
	tiltak                             string
	estimator, method, controls, base  string
	anticipation                       int64
	aggregate, bands, honest, like, se string
	windows, ssc, fixWeights           string
	panel, atRisk, out                 string
	encoding, mapping                  string
	treatment, before                  string // one row a unit
	balanceE, minE, maxE, dipProbe     int64
	level                              float64
	bootstrap                          int
	changed                            func(flag string) bool
}

func newDidCmd(g *globals) *cobra.Command {
	var f didFlags
	c := &cobra.Command{
		Use:   "did --data FILE --id COL --time COL --start COL --outcome COL",
		Short: "Difference-in-differences on a panel of units and periods",
		Long: `Difference-in-differences on a table with one row a unit and period.

--start holds the first treated period of the unit: 0, missing, or after the last period means never. Periods are whole
numbers, or months: dates and numbers such as 202403 count as months.

The default estimates ATT(g,t), the effect in period t on those who started in g, for every group and period (Callaway and
Sant'Anna 2021), doubly robust, against the never treated, with one base period a group, and averages it four ways with
simultaneous bands. --like did gives the defaults of R's did instead. The other estimators are regressions with unit and
period effects; twfe is a weighted mean of effects whose weights may be negative.

A table with one row a unit, where the outcome before and after stand side by side, takes --treatment, --before and
--outcome instead: the change of the treated less that of the comparison (Sant'Anna and Zhao 2020).`,
		Example: `  $ evaluate did --data panel.parquet --id person_id --time maaned --start start --outcome arbeid
  $ evaluate did --data mpdta.csv --id countyreal --time year --start first.treat --outcome lemp --covariates lpop --like did
  $ evaluate did --data panel.parquet --id id --time t --start g --outcome y --estimator sunab --cluster kontor
  $ evaluate did --data rows.parquet --treatment treated --before arbeid_base --outcome arbeid_m12,arbeid_m24 --covariates alder,kjonn --cluster person_id`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.changed = func(flag string) bool { return c.Flags().Changed(flag) }
			if f.wide() {
				return g.didWide(c, &f)
			}
			return g.did(c, &f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "`file` or folder with the panel (.parquet, .csv)")
	flags.StringVar(&f.id, "id", "", "`column` of the unit")
	flags.StringVar(&f.time, "time", "", "`column` of the period")
	flags.StringVar(&f.start, "start", "", "`column` of the first treated period (0 or missing: never)")
	flags.StringVar(&f.outcome, "outcome", "", "`column` of the outcome; with --before `columns` of outcomes after the start")
	flags.StringVar(&f.treatment, "treatment", "", "`column` of 0 and 1, in a table with one row a unit, instead of --id, --time and --start")
	flags.StringVar(&f.before, "before", "", "`column` of the outcome before the start, with --treatment")
	flags.StringVar(&f.covariates, "covariates", "", "`columns` measured before the start; texts are factors, COL:factor makes a number one")
	flags.StringVar(&f.cluster, "cluster", "", "`columns` in which units depend on each other (default: the unit alone)")
	flags.StringVar(&f.weights, "weights", "", "`column` of sampling weights")
	flags.StringVar(&f.estimator, "estimator", "group-time", "group-time, twfe, event-study, sunab, etwfe, imputation, two-stage or bacon")
	flags.StringVar(&f.method, "method", "dr", "use of covariates: dr, ipw, reg or imp")
	flags.StringVar(&f.controls, "controls", "", "never, not-yet, later-start or risk-set (default: never, not-yet where nobody is)")
	flags.StringVar(&f.base, "base", "universal", "base of cells before the start: varying or universal")
	flags.Int64Var(&f.anticipation, "anticipation", 0, "`periods` before the start in which there may be an effect")
	flags.StringVar(&f.aggregate, "aggregate", "simple,dynamic,group,calendar", "averages to give")
	flags.Int64Var(&f.balanceE, "balance-e", 0, "event times only of groups observed at least this many `periods` after their start")
	flags.Int64Var(&f.minE, "min-e", 0, "first event `time` of the dynamic average (default: all)")
	flags.Int64Var(&f.maxE, "max-e", 0, "last event `time` of the dynamic average (default: all)")
	flags.StringVar(&f.windows, "windows", "", "`ranges` of event times to average, such as 0:5,6:23 for lock-in and after")
	flags.Int64Var(&f.dipProbe, "dip-probe", 0, "estimate the dynamic average again with anticipation 0 to `N`")
	flags.StringVar(&f.bands, "bands", "simultaneous", "pointwise or simultaneous")
	flags.StringVar(&f.honest, "honest", "", "sensitivity to trends: relative-magnitude=0.5,1,2 or smoothness=0,0.01")
	flags.StringVar(&f.like, "like", "", "did, fixest or etwfe: the defaults of that package; honestdid, with --honest: its draws and its grid")
	flags.StringVar(&f.by, "by", "", "`column` of groups of units to estimate side by side, or several columns of yes and no, whose groups may overlap")
	flags.StringVar(&f.tiltak, "tiltak", "", "`column` of what the treated started, to estimate each by itself: the others among the treated are then left out")
	flags.StringVar(&f.atRisk, "at-risk", "", "`column` that tells who could start in the next period, for risk-set and later-start controls")
	flags.StringVar(&f.se, "se", "cluster", "standard error of the regressions: cluster, hetero or iid")
	flags.StringVar(&f.ssc, "ssc", "", "small-sample `rules` of the regressions, as fixest names them: K.adj=FALSE, K.fixef=none, nonnested or full, G.adj=FALSE, G.df=min or conventional, t.df=min, conventional or a number")
	flags.StringVar(&f.fixWeights, "fix-weights", "earlier", "period whose weights a cell uses where they change: earlier (of its two), base or first; with --panel rows each period has its own")
	flags.StringVar(&f.panel, "panel", "balanced", "units that are not observed in all periods: balanced (left out), pairwise (a cell takes those in both of its periods) or rows (repeated cross-sections: a cell compares rows)")
	flags.IntVar(&f.bootstrap, "bootstrap", 0, "`draws` of a multiplier bootstrap instead of analytic errors")
	flags.Float64Var(&f.level, "level", 0.95, "level of intervals and bands")
	flags.StringVar(&f.out, "out", "", "`folder` to write the lists of the document to (group_time, aggregates, regression, honest …), as Parquet and CSV")
	flags.StringVar(&f.encoding, "encoding", "", "encoding of CSV: utf-8 or latin1")
	mappingFlag(c, &f.mapping)
	return c
}

// listOf splits a list that quotes like CSV; an empty flag is an empty list.
func listOf(flag, s string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	return design.ParseList("--"+flag, s)
}

// oneOf checks a word of a flag.
func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fault.Usagef("bad_flag", "`--%s` is %s, not `%s`%s", flag, wordList(allowed), value, fault.Suggest(value, allowed))
}

func wordList(words []string) string {
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// didPlan is what the flags ask for.
type didPlan struct {
	covariates, clusters []string
	by                   []string
	aggregates           []did.Aggregation
	options              did.Options
	regression           did.RegressionOptions
	honest               *honestPlan
}

type honestPlan struct {
	restriction string
	bounds      []float64
}

// ownColumns refuses a covariate that is the outcome or what the design is made of: it explains itself.
func (f *didFlags) ownColumns(covariates []string) error {
	if f.outcome != "" && (f.outcome == f.time || f.outcome == f.id || f.outcome == f.start) {
		return fault.Usagef("bad_flag", "`--outcome` names `%s`, which is the unit, the period or the start of the panel", f.outcome)
	}
	for _, c := range covariates {
		name := strings.TrimSuffix(c, ":factor")
		for _, own := range [][2]string{{"outcome", f.outcome}, {"id", f.id}, {"time", f.time}, {"start", f.start}} {
			if name == own[1] {
				return fault.Usagef("bad_flag", "`--covariates` names `%s`, which is the column of `--%s`; leave it out", name, own[0])
			}
		}
	}
	return nil
}

func (f *didFlags) plan(g *globals) (*didPlan, error) {
	p := &didPlan{}
	for _, need := range [][2]string{{"data", f.data}, {"id", f.id}, {"time", f.time}, {"start", f.start}, {"outcome", f.outcome}} {
		if need[1] == "" {
			return nil, fault.Usagef("bad_flag", "`--%s` is needed", need[0])
		}
	}
	var err error
	if p.covariates, err = listOf("covariates", f.covariates); err != nil {
		return nil, err
	}
	if p.clusters, err = listOf("cluster", f.cluster); err != nil {
		return nil, err
	}
	if p.by, err = listOf("by", f.by); err != nil {
		return nil, err
	}
	for _, check := range []error{
		oneOf("estimator", f.estimator, "group-time", "twfe", "event-study", "sunab", "etwfe", "imputation", "two-stage", "bacon"),
		oneOf("method", f.method, "dr", "ipw", "reg", "imp"),
		oneOf("base", f.base, "varying", "universal"),
		oneOf("bands", f.bands, "pointwise", "simultaneous"),
		oneOf("se", f.se, "cluster", "hetero", "iid"),
		oneOf("panel", f.panel, "balanced", "pairwise", "rows"),
		oneOf("fix-weights", f.fixWeights, "earlier", "base", "first"),
	} {
		if check != nil {
			return nil, check
		}
	}
	if f.controls != "" {
		if err := oneOf("controls", f.controls, "never", "not-yet", "later-start", "risk-set"); err != nil {
			return nil, err
		}
	}
	if f.like != "" {
		if err := oneOf("like", f.like, "did", "fixest", "etwfe", "honestdid"); err != nil {
			return nil, err
		}
	}
	switch {
	case f.controls == "risk-set" && f.atRisk == "":
		return nil, fault.Usagef("bad_flag", "`--controls risk-set` needs `--at-risk`, the column that tells who could start in the next period")
	case f.atRisk != "" && f.controls != "risk-set" && f.controls != "later-start":
		return nil, fault.Usagef("bad_flag", "`--at-risk` goes with `--controls risk-set` or `later-start`, whose comparison is fixed at the start")
	case f.bootstrap < 0 || f.bootstrap > 0 && f.bootstrap < 100:
		return nil, fault.Usagef("bad_flag", "`--bootstrap` takes 100 draws or more")
	case f.bootstrap > 0 && f.estimator != "group-time":
		return nil, fault.Usagef("bad_flag", "`--bootstrap` goes with the estimator group-time")
	case f.like == "fixest" && (f.estimator == "group-time" || f.estimator == "bacon" || f.imputes()):
		return nil, fault.Usagef("bad_flag", "`--like fixest` goes with the estimators twfe, event-study, sunab and etwfe")
	case len(p.covariates) > 0 && f.estimator == "bacon":
		return nil, fault.Usagef("not_served", "`--covariates` has no place in `--estimator bacon`: the decomposition is of the regression without them")
	case f.like == "etwfe" && f.estimator != "etwfe":
		return nil, fault.Usagef("bad_flag", "`--like etwfe` goes with the estimator etwfe")
	case f.like == "honestdid" && f.honest == "":
		return nil, fault.Usagef("bad_flag", "`--like honestdid` goes with `--honest`")
	case f.like == "did" && f.estimator != "group-time":
		return nil, fault.Usagef("bad_flag", "`--like did` goes with the estimator group-time")
	case !(f.level > 0 && f.level < 1):
		return nil, fault.Usagef("bad_flag", "`--level` must be between 0 and 1")
	case f.dipProbe < 0 || f.dipProbe > 24:
		return nil, fault.Usagef("bad_flag", "`--dip-probe` must be between 0 and 24")
	case f.dipProbe > 0 && f.estimator != "group-time":
		return nil, fault.Usagef("bad_flag", "`--dip-probe` goes with the estimator group-time")
	case f.changed("min-e") && f.changed("max-e") && f.minE > f.maxE:
		return nil, fault.Usagef("bad_flag", "`--min-e` is %d and `--max-e` %d: no event time lies between them", f.minE, f.maxE)
	case f.anticipation < 0:
		return nil, fault.Usagef("bad_flag", "`--anticipation` must be 0 or more")
	}
	if err := f.ownColumns(p.covariates); err != nil {
		return nil, err
	}
	if f.estimator != "group-time" {
		for _, flag := range []string{"method", "controls", "base", "anticipation", "balance-e", "min-e", "max-e", "windows", "at-risk", "panel", "fix-weights"} {
			if f.changed(flag) {
				return nil, fault.Usagef("bad_flag", "`--%s` goes with the estimator group-time, not with %s", flag, f.estimator)
			}
		}
	}
	for _, flag := range []string{"se", "ssc"} {
		if f.changed(flag) && (f.estimator == "group-time" || f.imputes()) {
			return nil, fault.Usagef("bad_flag", "`--%s` goes with the regressions; %s has errors from influence, by unit or `--cluster`", flag, f.estimator)
		}
	}
	switch {
	case f.changed("se") && f.se != "cluster" && f.cluster != "":
		return nil, fault.Usagef("bad_flag", "`--se %s` takes rows as independent, and `--cluster` does not: leave one of them out", f.se)
	case f.changed("fix-weights") && f.weights == "":
		return nil, fault.Usagef("bad_flag", "`--fix-weights` goes with `--weights`")
	case f.changed("fix-weights") && f.panel == "rows":
		return nil, fault.Usagef("bad_flag", "`--fix-weights` has no place with `--panel rows`, where a row has the weight of its own period")
	case f.changed("bands") && (f.estimator == "twfe" || f.estimator == "bacon"):
		return nil, fault.Usagef("bad_flag", "`--bands` goes with figures by event time, which %s has none of", f.estimator)
	}
	kinds, err := listOf("aggregate", f.aggregate)
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		if err := oneOf("aggregate", k, "simple", "dynamic", "group", "calendar"); err != nil {
			return nil, err
		}
		if f.changed("aggregate") {
			if given, ok := map[string][]string{"twfe": {"simple"}, "event-study": {"simple", "dynamic"}, "bacon": {}}[f.estimator]; ok && !slices.Contains(given, k) {
				return nil, fault.Usagef("bad_flag", "`--aggregate %s`: %s has no such average; leave it out", k, f.estimator)
			}
		}
		p.aggregates = append(p.aggregates, did.Aggregation(k))
	}
	o := &p.options
	if f.like == "did" {
		*o = did.LikeDid()
	}
	if f.changed("controls") {
		_ = o.Controls.UnmarshalText([]byte(f.controls))
	}
	if f.changed("base") || f.like != "did" {
		o.Base = did.Universal
		if f.base == "varying" {
			o.Base = did.Varying
		}
	}
	if f.changed("bands") || f.like != "did" {
		o.Pointwise = f.bands == "pointwise"
	}
	_ = o.Method.UnmarshalText([]byte(f.method))
	if f.changed("balance-e") {
		o.BalanceE = &f.balanceE
	}
	if f.changed("min-e") {
		o.MinE = &f.minE
	}
	if f.changed("max-e") {
		o.MaxE = &f.maxE
	}
	ranges, err := listOf("windows", f.windows)
	if err != nil {
		return nil, err
	}
	for _, r := range ranges {
		from, to, ok := strings.Cut(r, ":")
		a, err1 := strconv.ParseInt(from, 10, 64)
		b, err2 := strconv.ParseInt(to, 10, 64)
		if !ok || err1 != nil || err2 != nil || b < a {
			return nil, fault.Usagef("bad_flag", "`--windows` is ranges of event times such as 0:5,6:23, not `%s`", r)
		}
		o.Windows = append(o.Windows, [2]int64{a, b})
	}
	if len(o.Windows) > 0 {
		p.aggregates = append(p.aggregates, did.Window)
	}
	switch f.panel {
	case "pairwise":
		o.Unbalanced = did.Pairwise
	case "rows":
		o.Unbalanced = did.Rows
	}
	o.Bootstrap = f.bootstrap
	o.Weights = map[string]did.WeightPeriod{"earlier": did.EarlierPeriod, "base": did.CohortBase, "first": did.FirstPeriod}[f.fixWeights]
	o.Anticipation, o.Level, o.Seed, o.Workers = f.anticipation, f.level, g.seed, g.workers
	p.regression = did.RegressionOptions{LikeEtwfe: f.like == "etwfe", Level: f.level, Workers: g.workers, Seed: g.seed, Pointwise: f.bands == "pointwise", Kind: map[string]did.VarianceKind{"cluster": did.Clustered, "hetero": did.Hetero, "iid": did.IID}[f.se]}
	if f.ssc != "" {
		if err := p.regression.Rule.UnmarshalText([]byte(f.ssc)); err != nil {
			return nil, err
		}
	}
	p.regression.Rule.PosDef = f.like == "fixest" || f.like == "etwfe"
	if p.honest, err = parseHonest(f.honest); err != nil || p.honest == nil {
		return p, err
	}
	switch {
	case f.estimator == "group-time" && o.Base == did.Varying:
		return nil, fault.Usagef("bad_flag", "`--honest` needs one base for all periods: give `--base universal`")
	case f.estimator == "twfe" || f.estimator == "etwfe" || f.imputes() || f.estimator == "bacon":
		return nil, fault.Usagef("bad_flag", "`--honest` goes with the estimators group-time, event-study and sunab, whose periods before the start have the base of those after it")
	}
	return p, nil
}

// imputes tells whether the estimator fits the untreated alone and takes its first stage out of everybody.
func (f *didFlags) imputes() bool { return f.estimator == "imputation" || f.estimator == "two-stage" }

// parseHonest reads relative-magnitude=0.5,1 or smoothness=0,0.01.
func parseHonest(s string) (*honestPlan, error) {
	if s == "" {
		return nil, nil
	}
	name, list, ok := strings.Cut(s, "=")
	if !ok || name != "relative-magnitude" && name != "smoothness" {
		return nil, fault.Usagef("bad_flag", "`--honest` is relative-magnitude=0.5,1,2 or smoothness=0,0.01, not `%s`", s)
	}
	h := &honestPlan{restriction: name}
	for _, t := range strings.Split(list, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(t), 64)
		if err != nil || !(v >= 0) {
			return nil, fault.Usagef("bad_flag", "`--honest`: `%s` is not a number from 0 up", t)
		}
		h.bounds = append(h.bounds, v)
	}
	return h, nil
}
