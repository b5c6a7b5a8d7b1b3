package cli

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/experiment"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/design"
	"tiltakseffekt/internal/fault"
)

type experimentFlags struct {
	data, encoding, mapping, out string
	assigned, taken, cluster     string
	outcomes, strata, covariates []string
	draws                        int
	level                        float64
	plan                         bool
	planned                      experiment.Plan
	rate                         float64
}

func newExperimentCmd(g *globals) *cobra.Command {
	var f experimentFlags
	c := &cobra.Command{
		Use:   "experiment --data FILE --assigned COL --outcome COL",
		Short: "The effect where chance decided: persons or whole offices randomised",
		Long: `The intention-to-treat effect of an assignment made by chance, with strata and covariates centred and interacted with it (Lin), errors HC2 or, where
--cluster was randomised, CR2 with Bell and McCaffrey's degrees of freedom. With --taken also the effect on those who took it because they were
assigned (LATE), with the set of Anderson and Rubin. Beside the t-tests stand randomisation inference and, under 40 clusters, the wild cluster bootstrap.

Rows with a missing outcome are left out and counted by arm. An effect among those who took it, or who were found again, is no experiment: name who
was assigned. Offices that begin at different times are for evaluate did, with --cluster.

With --plan no data are read: the smallest effect that an experiment with so many --units would find.`,
		Example: "  $ evaluate experiment --data forsok.csv --assigned tilbudt --outcome arbeid\n" +
			"  $ evaluate experiment --data forsok.csv --assigned tilbudt --taken deltok --outcome arbeid --strata fylke --cluster kontor --covariates alder,kvinne\n" +
			"  $ evaluate experiment --plan --units 40 --per-unit 25 --icc 0.05 --rate 0.3 --take-up 0.6",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.apart(c.Flags().Changed); err != nil {
				return err
			}
			if f.plan {
				// Zero is what the plan takes for "not said"; said, it is no design.
				for _, x := range []struct {
					flag  string
					value float64
				}{{"share", f.planned.Share}, {"take-up", f.planned.TakeUp}, {"power", f.planned.Power}, {"per-unit", f.planned.PerUnit}} {
					if c.Flags().Changed(x.flag) && !(x.value > 0) {
						return fault.Usagef("bad_flag", "`--%s` is over 0, not %g", x.flag, x.value)
					}
				}
				return g.experimentPlan(&f)
			}
			return g.experiment(c.Context(), &f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "`file`: .parquet, .csv, .csv.gz, or a folder of Parquet files")
	flags.StringVar(&f.encoding, "encoding", "", "`encoding` of CSV: utf-8 or latin1")
	mappingFlag(c, &f.mapping)
	flags.StringVar(&f.assigned, "assigned", "", "`column` of 0 and 1: what chance decided")
	flags.StringVar(&f.taken, "taken", "", "`column` of 0 and 1: what they then did")
	flags.StringSliceVar(&f.outcomes, "outcome", nil, "`columns` of outcomes")
	flags.StringSliceVar(&f.strata, "strata", nil, "`columns` within whose values chance was the same")
	flags.StringVar(&f.cluster, "cluster", "", "`column` of what was randomised as a whole, such as offices")
	flags.StringSliceVar(&f.covariates, "covariates", nil, "`columns` known before the assignment; COL:factor makes a number a factor")
	flags.IntVar(&f.draws, "draws", 9999, "draws of randomisation inference and of the wild bootstrap, where not all assignments are tried")
	flags.Float64Var(&f.level, "level", .95, "confidence level")
	flags.StringVar(&f.out, "out", "", "`folder` for the tables as Parquet")
	flags.BoolVar(&f.plan, "plan", false, "read no data: what would an experiment find?")
	flags.IntVar(&f.planned.Units, "units", 0, "with --plan: persons, or clusters, that are randomised")
	flags.Float64Var(&f.planned.PerUnit, "per-unit", 1, "with --plan: persons in each cluster")
	flags.Float64Var(&f.planned.ICC, "icc", 0, "with --plan: intra-class correlation within a cluster")
	flags.Float64Var(&f.planned.Share, "share", .5, "with --plan: share that is assigned")
	flags.Float64Var(&f.planned.SD, "sd", 0, "with --plan: standard deviation of the outcome")
	flags.Float64Var(&f.rate, "rate", 0, "with --plan: share with a 0/1 outcome, in place of --sd")
	flags.Float64Var(&f.planned.R2, "r2", 0, "with --plan: share of its variance that strata and covariates explain")
	flags.Float64Var(&f.planned.TakeUp, "take-up", 1, "with --plan: share of the assigned who take it because of that")
	flags.Float64Var(&f.planned.Power, "power", .8, "with --plan: probability of finding the effect")
	return c
}

// apart refuses flags of the table beside --plan, which reads none, and those of the plan without it: either would be read by nobody.
func (f *experimentFlags) apart(changed func(flag string) bool) error {
	if f.plan {
		for _, flag := range []string{"data", "encoding", "mapping", "assigned", "taken", "outcome", "strata", "cluster", "covariates", "draws", "out"} {
			if changed(flag) {
				return fault.Usagef("bad_flag", "`--plan` reads no data and writes no tables: leave `--%s` out, or `--plan`", flag)
			}
		}
		return nil
	}
	for _, flag := range []string{"units", "per-unit", "icc", "share", "sd", "rate", "r2", "take-up", "power"} {
		if changed(flag) {
			return fault.Usagef("bad_flag", "`--%s` goes with `--plan`, the design of an experiment that is not made yet", flag)
		}
	}
	return nil
}

type experimentRow struct {
	Outcome      string `json:"outcome"`
	Estimand     string `json:"estimand"`
	Adjustment   string `json:"adjustment"`
	StdErrorType string `json:"std_error_type"`
	Estimate     number `json:"estimate"`
	StdError     number `json:"std_error"`
	DF           number `json:"df"`
	ConfLow      number `json:"conf_low"`
	ConfHigh     number `json:"conf_high"`
	PValue       number `json:"p_value"`
	Set          string `json:"set"`
}

type experimentTest struct {
	Outcome   string `json:"outcome"`
	Test      string `json:"test"`
	Statistic number `json:"statistic"`
	PValue    number `json:"p_value"`
	Draws     int    `json:"draws"`
	Exact     bool   `json:"exact"`
}

type experimentCount struct {
	Outcome         string `json:"outcome"`
	Assigned        int    `json:"assigned"`
	NotAssigned     int    `json:"not_assigned"`
	MissingAssigned int    `json:"missing_assigned"` // without the outcome
	MissingOthers   int    `json:"missing_not_assigned"`
	Clusters        int    `json:"clusters"`
}

type experimentDocument struct {
	header
	N         []experimentCount `json:"n"`
	Estimates []experimentRow   `json:"estimates"`
	Tests     []experimentTest  `json:"tests"`
	Warnings  []fault.Warning   `json:"warnings"`
}

func (f *experimentFlags) check() error {
	switch {
	case f.data == "":
		return fault.Usagef("bad_flag", "`--data` is needed: the file with a row a person; or --plan, which reads none")
	case f.assigned == "":
		return fault.Usagef("bad_flag", "`--assigned` is needed: the column of what chance decided")
	case len(f.outcomes) == 0:
		return fault.Usagef("bad_flag", "`--outcome` is needed: the columns of the outcomes")
	case !(f.level > 0 && f.level < 1):
		return fault.Usagef("bad_flag", "`--level` lies between 0 and 1, such as 0.95, not %v", f.level)
	case f.draws < 1:
		return fault.Usagef("bad_flag", "`--draws` must be 1 or more")
	}
	for _, c := range f.covariates {
		switch name := strings.TrimSuffix(c, ":factor"); {
		case name == f.assigned || name == f.taken:
			return fault.Usagef("bad_flag", "`--covariates` names `%s`, which comes with the assignment or after it; leave it out", name)
		case slices.Contains(f.outcomes, name):
			return fault.Usagef("bad_flag", "`--covariates` names the outcome `%s`; leave it out", name)
		}
	}
	return nil
}

// trial reads the table.
func (g *globals) readExperiment(ctx context.Context, f *experimentFlags) (*datasets.Table, experiment.Trial, error) {
	var names []string
	for _, n := range append(append(append([]string{f.assigned, f.taken, f.cluster}, f.outcomes...), f.strata...), f.covariates...) {
		if n = strings.TrimSuffix(n, ":factor"); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	var tr experiment.Trial
	opt, err := withMapping(datasets.ReadOptions{Columns: names, Encoding: f.encoding, Workers: g.workers, IDs: idsOf(f.cluster)}, f.mapping)
	if err != nil {
		return nil, tr, err
	}
	t, err := g.readTable(ctx, f.data, opt)
	if err != nil {
		return nil, tr, err
	}
	if err := noRows(t, f.data); err != nil {
		return nil, tr, err
	}
	if tr.Assigned, err = treatment(t, f.assigned); err != nil {
		return nil, tr, err
	}
	if f.taken != "" {
		if tr.Taken, err = treatment(t, f.taken); err != nil {
			return nil, tr, err
		}
	}
	if tr.Stratum, err = exactCells(t, f.strata); err != nil {
		return nil, tr, err
	}
	if tr.Cluster, err = exactCells(t, idsOf(f.cluster)); err != nil {
		return nil, tr, err
	}
	if len(f.covariates) > 0 {
		m, err := design.Build(t, f.covariates, design.Options{})
		if err != nil {
			return nil, tr, inFile(err, t.File)
		}
		tr.Covariates, tr.Names = m.Columns, m.Names
	}
	return t, tr, nil
}

func (g *globals) experiment(ctx context.Context, f *experimentFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	t, all, err := g.readExperiment(ctx, f)
	if err != nil {
		return err
	}
	doc := experimentDocument{header: newHeader("experiment", f.level), Estimates: []experimentRow{}, Tests: []experimentTest{}}
	var warnings []fault.Warning
	for _, o := range f.outcomes {
		y, err := t.Column(o).AsFloats()
		if err != nil {
			return inFile(err, f.data)
		}
		n := experimentCount{Outcome: o}
		var keep []int
		for i, v := range y {
			count, missing := &n.NotAssigned, &n.MissingOthers
			if all.Assigned[i] {
				count, missing = &n.Assigned, &n.MissingAssigned
			}
			if math.IsNaN(v) {
				*missing++
				continue
			}
			*count++
			keep = append(keep, i)
		}
		if n.MissingAssigned+n.MissingOthers > 0 {
			warnings = append(warnings, fault.Warnf("rows_left_out", "`%s` is missing in %d rows of the assigned and %d of the others; they are left out, and where the assignment has a part in who is missing the comparison is no longer one that chance made", o, n.MissingAssigned, n.MissingOthers))
		}
		a, err := experiment.Analyse(all.At(keep), experiment.Pick(y, keep), experiment.Options{Level: f.level, Draws: f.draws, Seed: g.seed})
		if err != nil {
			return inFile(err, f.data)
		}
		n.Clusters = a.Clusters
		doc.N = append(doc.N, n)
		for _, r := range a.Rows {
			doc.Estimates = append(doc.Estimates, experimentRow{o, r.Estimand, r.Adjustment, r.StdErrorType, number(r.Estimate), number(r.StdError), number(r.DF), number(r.Low), number(r.High), number(r.PValue), r.Set})
		}
		for _, x := range a.Tests {
			doc.Tests = append(doc.Tests, experimentTest{o, x.Name, number(x.Statistic), number(x.PValue), x.Draws, x.Exact})
		}
		for _, w := range a.Warnings {
			if !slices.Contains(warnings, w) {
				warnings = append(warnings, w)
			}
		}
	}
	doc.Warnings = warningsOf(warnings)
	g.warn(doc.Warnings)
	if f.out != "" {
		if err := writeTables(ctx, f.out, []namedRows{{"estimates", doc.Estimates}, {"tests", doc.Tests}}); err != nil {
			return err
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, doc)
	}
	g.printExperiment(&doc)
	return nil
}

func (g *globals) printExperiment(doc *experimentDocument) {
	l := g.numbers()
	for _, n := range doc.N {
		fmt.Fprintf(g.stdout, "%s: %d assigned, %d not", n.Outcome, n.Assigned, n.NotAssigned)
		if n.Clusters > 0 {
			fmt.Fprintf(g.stdout, ", %d clusters", n.Clusters)
		}
		fmt.Fprintln(g.stdout)
	}
	fmt.Fprintln(g.stdout)
	var rows [][]string
	for _, r := range doc.Estimates {
		low, high := l.Signed(float64(r.ConfLow), 4), l.Signed(float64(r.ConfHigh), 4)
		switch r.Set {
		case "outside":
			low, high = "under "+low, "over "+high
		case "everything", "empty":
			low, high = r.Set, ""
		}
		rows = append(rows, []string{r.Outcome, r.Estimand, r.Adjustment, r.StdErrorType, l.Signed(float64(r.Estimate), 4), l.Decimal(float64(r.StdError), 4), l.Decimal(float64(r.DF), 1), low, high, pValue(l, float64(r.PValue))})
	}
	fmt.Fprint(g.stdout, aligned([]field{{title: "outcome"}, {title: "estimand"}, {title: "adjusted"}, {title: "error"}, {title: "estimate", right: true}, {title: "se", right: true}, {title: "df", right: true},
		{title: "low", right: true}, {title: "high", right: true}, {title: "p", right: true}}, rows))
	fmt.Fprintln(g.stdout)
	rows = nil
	for _, t := range doc.Tests {
		how := ""
		switch {
		case t.Exact:
			how = fmt.Sprintf("all %d", t.Draws)
		case t.Draws > 0:
			how = fmt.Sprintf("%d draws", t.Draws)
		}
		rows = append(rows, []string{t.Outcome, t.Test, l.Decimal(float64(t.Statistic), 3), pValue(l, float64(t.PValue)), how})
	}
	fmt.Fprint(g.stdout, aligned([]field{{title: "outcome"}, {title: "test"}, {title: "statistic", right: true}, {title: "p", right: true}, {title: "assignments"}}, rows))
}

type planDocument struct {
	header
	Units        int    `json:"units"`
	StdError     number `json:"std_error"`
	MDE          number `json:"mde_itt"`
	MDELate      number `json:"mde_late"`
	DF           number `json:"df"`
	DesignEffect number `json:"design_effect"`
}

func (g *globals) experimentPlan(f *experimentFlags) error {
	p := f.planned
	p.Level = f.level
	if f.rate != 0 {
		if !(f.rate > 0 && f.rate < 1) || p.SD != 0 {
			return fault.Usagef("bad_flag", "`--rate` is a share between 0 and 1, in place of `--sd`")
		}
		p.SD = math.Sqrt(f.rate * (1 - f.rate))
	}
	d, err := experiment.Detect(p)
	if err != nil {
		return err
	}
	if g.format == "json" {
		return writeJSON(g.stdout, planDocument{newHeader("experiment", f.level), p.Units, number(d.StdError), number(d.ITT), number(d.LATE), number(d.DF), number(d.DesignEffect)})
	}
	l := g.numbers()
	fmt.Fprintf(g.stdout, "expected standard error %s, design effect %s, %s degrees of freedom\nsmallest effect of the assignment found with power %g: %s; of taking it: %s\n",
		l.Decimal(d.StdError, 4), l.Decimal(d.DesignEffect, 2), l.Decimal(d.DF, 0), p.Power, l.Decimal(d.ITT, 4), l.Decimal(d.LATE, 4))
	return nil
}
