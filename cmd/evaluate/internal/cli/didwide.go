package cli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/did"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/design"
	"tiltakseffekt/internal/fault"
)

// didChange is the effect on the change of one outcome, from a table with one row a unit.
type didChange struct {
	Outcome string `json:"outcome"`
	Before  string `json:"before"`
	didFigures
	NTreated    int     `json:"n_treated"`
	NComparison int     `json:"n_comparison"`
	ESS         number  `json:"ess"`
	MeanTreated number  `json:"mean_treated"` // of the outcome after
	Reason      *string `json:"reason"`
}

// wide tells whether the table has one row a unit: the outcome before and after stand side by side.
func (f *didFlags) wide() bool { return f.before != "" || f.treatment != "" }

// widePlan refuses what does not go with one row a unit.
func (f *didFlags) widePlan() (outcomes, covariates []string, err error) {
	for _, need := range [][2]string{{"data", f.data}, {"treatment", f.treatment}, {"before", f.before}, {"outcome", f.outcome}} {
		if need[1] == "" {
			return nil, nil, fault.Usagef("bad_flag", "`--%s` is needed: a table with one row a unit takes --treatment, --before and --outcome", need[0])
		}
	}
	for _, flag := range []string{"id", "time", "start", "by", "tiltak", "estimator", "controls", "base", "anticipation", "aggregate", "balance-e", "min-e", "max-e", "windows", "dip-probe", "bands", "honest", "like", "at-risk", "se", "ssc", "fix-weights", "panel", "bootstrap"} {
		if f.changed(flag) {
			return nil, nil, fault.Usagef("bad_flag", "`--%s` goes with a panel of one row a unit and period; with --before a row is a unit", flag)
		}
	}
	if outcomes, err = listOf("outcome", f.outcome); err != nil {
		return nil, nil, err
	}
	if covariates, err = listOf("covariates", f.covariates); err != nil {
		return nil, nil, err
	}
	if err := oneOf("method", f.method, "dr", "ipw", "reg", "imp"); err != nil {
		return nil, nil, err
	}
	if !(f.level > 0 && f.level < 1) {
		return nil, nil, fault.Usagef("bad_flag", "`--level` must be between 0 and 1")
	}
	used := append(append([]string{f.treatment, f.before}, outcomes...), covariates...)
	for i, name := range used {
		if slices.Contains(used[:i], strings.TrimSuffix(name, ":factor")) {
			return nil, nil, fault.Usagef("bad_flag", "`%s` is named twice among --treatment, --before, --outcome and --covariates", name)
		}
	}
	return outcomes, covariates, nil
}

// didWide compares changes on a table with one row a unit: the outcome after minus the outcome before, of the treated and
// of the comparison rows, by the 2×2 comparison of Sant'Anna and Zhao (2020).
func (g *globals) didWide(c *cobra.Command, f *didFlags) error {
	outcomes, covariates, err := f.widePlan()
	if err != nil {
		return err
	}
	clusters, err := listOf("cluster", f.cluster)
	if err != nil {
		return err
	}
	names := append([]string{f.treatment, f.before}, outcomes...)
	for _, n := range covariates {
		names = append(names, strings.TrimSuffix(n, ":factor"))
	}
	for _, n := range append(slices.Clone(clusters), f.weights) {
		if n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	opt, err := withMapping(datasets.ReadOptions{Columns: names, Encoding: f.encoding, Workers: g.workers, IDs: clusters}, f.mapping)
	if err != nil {
		return err
	}
	t, err := g.readTable(c.Context(), f.data, opt)
	if err != nil {
		return err
	}
	if err := noRows(t, f.data); err != nil {
		return err
	}
	d := &didDocument{header: newHeader("did", f.level), Estimator: "two-period", Method: f.method, Outcome: f.outcome, N: didCounts{Units: t.Rows, Periods: 2, Dropped: []didDropped{}},
		GroupTime: []didCell{}, Aggregates: []didAverage{}, Regression: []didTerm{}, Bacon: []didComparison{}, Honest: []didHonest{}}
	if err := d.changes(t, f, outcomes, covariates, clusters); err != nil {
		return inFile(err, f.data)
	}
	d.Warnings = warningsOf(d.Warnings)
	g.warn(d.Warnings)
	if f.out != "" {
		if err := d.writeChanges(f.out); err != nil {
			return err
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, d)
	}
	return d.printChanges(g, f, covariates)
}

// changes estimates each outcome.
func (d *didDocument) changes(t *datasets.Table, f *didFlags, outcomes, covariates, clusters []string) error {
	var s did.Sample
	var err error
	if s.Treated, err = treatment(t, f.treatment); err != nil {
		return err
	}
	treated := count(s.Treated)
	if treated == 0 || treated == t.Rows {
		return fault.Dataf("one_group", f.data, f.treatment, "`%s` is %d in all %d rows, and an effect compares two groups; give a file with rows of both", f.treatment, min(treated, 1), t.Rows)
	}
	d.N.Groups, d.N.Never = 1, t.Rows-treated
	before, err := t.Column(f.before).AsFloats()
	if err != nil {
		return err
	}
	x, err := design.Build(t, covariates, design.Options{})
	if err != nil {
		return err
	}
	s.X = x.Columns
	if f.weights != "" {
		if s.Weights, err = t.Column(f.weights).AsFloats(); err != nil {
			return err
		}
	}
	for _, c := range clusters {
		number, n, err := codesOf(t, c)
		if err != nil {
			return err
		}
		d.Warnings = append(d.Warnings, fewClusters(c, n, t.Rows)...)
		s.Clusters = append(s.Clusters, number)
	}
	if len(clusters) == 1 {
		s.Cluster, s.Clusters = s.Clusters[0], nil
	}
	var method did.Method
	_ = method.UnmarshalText([]byte(f.method))
	fitter, err := did.NewFitter(s, method, f.level)
	if err != nil {
		return err
	}
	unknown := 0
	for _, v := range before {
		if math.IsNaN(v) {
			unknown++
		}
	}
	if unknown > 0 {
		d.N.Dropped = append(d.N.Dropped, didDropped{didKey{}, "before_missing", unknown})
		d.Warnings = append(d.Warnings, fault.Warnf("before_missing", "`%s` is missing in %d rows, which are left out", f.before, unknown))
	}
	if w, constant := did.ConstantBase(before); constant {
		d.Warnings = append(d.Warnings, w)
	}
	dy := make([]float64, t.Rows)
	for _, name := range outcomes {
		y, err := t.Column(name).AsFloats()
		if err != nil {
			return err
		}
		missing, sum, weight := 0, 0., 0.
		for i, v := range y {
			dy[i] = v - before[i]
			if math.IsNaN(dy[i]) {
				if math.IsNaN(v) && !math.IsNaN(before[i]) {
					missing++
				}
				continue
			}
			if s.Treated[i] {
				w := 1.
				if s.Weights != nil {
					w = s.Weights[i]
				}
				sum, weight = sum+w*v, weight+w
			}
		}
		if missing > 0 {
			d.Warnings = append(d.Warnings, fault.Warnf("outcome_missing", "`%s` is missing in %d rows, which are left out; if that depends on the treatment the estimate is biased", name, missing))
		}
		a := fitter.ATT(dy)
		row := didChange{Outcome: name, Before: f.before, didFigures: figuresOf(a.Estimate), NTreated: a.NTreated, NComparison: a.NComparison, ESS: number(a.ESS), MeanTreated: number(sum / weight)}
		if a.Reason != "" {
			why := string(a.Reason)
			row.Reason = &why
		}
		d.Changes = append(d.Changes, row)
		for _, w := range a.Warnings {
			if !slices.Contains(d.Warnings, w) {
				d.Warnings = append(d.Warnings, w)
			}
		}
	}
	return nil
}

func (d *didDocument) printChanges(g *globals, f *didFlags, covariates []string) error {
	var b strings.Builder
	method := map[string]string{"dr": "doubly robust", "ipw": "inverse probability weighting", "reg": "outcome regression", "imp": "improved doubly robust"}[f.method]
	on := "without covariates"
	if len(covariates) > 0 {
		on = fmt.Sprintf("on %d covariates", len(covariates))
	}
	fmt.Fprintf(&b, "Difference-in-differences of changes from `%s`\n%s %s · %s rows, %s of them comparison\n", f.before, method, on, grouped(d.N.Units), grouped(d.N.Never))
	t := newEffectTable("outcome", strconv.FormatFloat(100*f.level, 'f', -1, 64)+" %")
	for _, r := range d.Changes {
		note := ""
		if r.Reason != nil {
			note = strings.ReplaceAll(*r.Reason, "_", " ")
		}
		t.add(r.Outcome, r.didFigures, missingNumber, missingNumber, note)
	}
	t.print(&b)
	_, err := g.stdout.Write([]byte(b.String()))
	return err
}

// writeChanges puts the estimates into a folder.
func (d *didDocument) writeChanges(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fault.Wrap("cannot_write", err, "cannot make the folder of `--out`")
	}
	n := len(d.Changes)
	outcome, reason, null := make([]string, n), make([]string, n), make([]bool, n)
	treated, comparison := make([]int64, n), make([]int64, n)
	var figures [5][]float64
	for i, r := range d.Changes {
		outcome[i], treated[i], comparison[i], null[i] = r.Outcome, int64(r.NTreated), int64(r.NComparison), r.Reason == nil
		if r.Reason != nil {
			reason[i] = *r.Reason
		}
		for k, v := range []number{r.Estimate, r.StdError, r.ConfLow, r.ConfHigh, r.PValue} {
			figures[k] = append(figures[k], float64(v))
		}
	}
	columns := []*datasets.Column{datasets.TextColumn("outcome", outcome, nil)}
	for k, name := range []string{"estimate", "std_error", "conf_low", "conf_high", "p_value"} {
		columns = append(columns, datasets.FloatColumn(name, figures[k]))
	}
	columns = append(columns, datasets.IntColumn("n_treated", treated), datasets.IntColumn("n_comparison", comparison), datasets.TextColumn("reason", reason, null))
	for _, ending := range []string{".parquet", ".csv"} {
		if err := datasets.Write(filepath.Join(dir, "estimates"+ending), datasets.NewTable(columns...), datasets.WriteOptions{}); err != nil {
			return err
		}
	}
	return nil
}
