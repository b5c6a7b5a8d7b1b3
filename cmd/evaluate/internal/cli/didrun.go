package cli

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis/did"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
)

// didDocument is the JSON of CONTRACT.md.
type didDocument struct {
	header
	Estimator  string          `json:"estimator"`
	Method     string          `json:"method,omitempty"`
	Controls   string          `json:"controls,omitempty"`
	Base       string          `json:"base,omitempty"`
	Outcome    string          `json:"outcome"`
	N          didCounts       `json:"n"`
	GroupTime  []didCell       `json:"group_time"`
	Aggregates []didAverage    `json:"aggregates"`
	PreTest    *didPreTest     `json:"pretest"`
	PreTests   []didPreTest    `json:"pretests,omitempty"` // with --by and --tiltak: one for each
	DipProbe   []didProbe      `json:"dip_probe,omitempty"`
	Equality   []didEquality   `json:"equality,omitempty"`  // with --by: are the groups' overall effects equal?
	Changes    []didChange     `json:"estimates,omitempty"` // with --before: one row an outcome
	Regression []didTerm       `json:"regression"`
	Bacon      []didComparison `json:"bacon"`
	Honest     []didHonest     `json:"honest"`
	Warnings   []fault.Warning `json:"warnings"`
}

// didKey says which tiltak and which group of units a row is about; empty without --tiltak and --by.
type didKey struct {
	Tiltak *string `json:"tiltak,omitempty"`
	By     *string `json:"by,omitempty"`
}

// label names the key for people; "" where there is none.
func (k didKey) label() string {
	switch {
	case k.Tiltak != nil && k.By != nil:
		return *k.Tiltak + " × " + *k.By
	case k.Tiltak != nil:
		return *k.Tiltak
	case k.By != nil:
		return *k.By
	}
	return ""
}

type didCounts struct {
	Units   int          `json:"units"`
	Periods int          `json:"periods"`
	Groups  int          `json:"groups"`
	Never   int          `json:"never"`
	Dropped []didDropped `json:"dropped"`
}

type didDropped struct {
	didKey
	Reason string `json:"reason"`
	Units  int    `json:"units"`
}

// didFigures are the columns of every estimate.
type didFigures struct {
	Estimate number `json:"estimate"`
	StdError number `json:"std_error"`
	ConfLow  number `json:"conf_low"`
	ConfHigh number `json:"conf_high"`
	PValue   number `json:"p_value"`
}

func figuresOf(e estimate.Estimate) didFigures {
	return didFigures{number(e.Estimate), number(e.StdError), number(e.ConfLow), number(e.ConfHigh), number(e.PValue)}
}

// freedom is a number of degrees of freedom; none where the distribution is normal.
func freedom(df float64) *number {
	if df == 0 {
		return nil
	}
	n := number(df)
	return &n
}

type didCell struct {
	didKey
	Group     int64 `json:"group"`
	Time      int64 `json:"time"`
	EventTime int64 `json:"event_time"`
	didFigures
	DF          *number `json:"df,omitempty"` // of t, where clusters are few
	BandLow     number  `json:"band_low"`
	BandHigh    number  `json:"band_high"`
	NTreated    int     `json:"n_treated"`
	NComparison int     `json:"n_comparison"`
	Reason      *string `json:"reason"`
}

type didAverage struct {
	didKey
	Type string `json:"type"`
	Key  *int64 `json:"key"`
	To   *int64 `json:"to,omitempty" table:"always"` // window: its last event time; key is the first
	didFigures
	DF        *number `json:"df,omitempty"` // of t, where clusters are few
	BandLow   number  `json:"band_low"`
	BandHigh  number  `json:"band_high"`
	PAdjusted *number `json:"p_adjusted,omitempty"` // with --by, overall figures: Holm over the groups
}

type didEquality struct {
	Tiltak *string `json:"tiltak,omitempty"` // with --tiltak and --by: the groups of one tiltak; null: all
	Type   string  `json:"type"`
	didTest
}

type didTest struct {
	Statistic number `json:"statistic"`
	DF        int    `json:"df"`
	DF2       *int   `json:"df2,omitempty"` // where clusters are few: the test is F(df, df2) of statistic·df2/(df·(df + df2 − 1))
	PValue    number `json:"p_value"`

	value string // as printed
}

func testOf(w *did.Wald) didTest {
	t := didTest{Statistic: number(w.Statistic), DF: w.DF, PValue: number(w.PValue), value: fmt.Sprintf("χ²(%d) = %.2f", w.DF, w.Statistic)}
	if f, df, df2, ok := w.F(); ok {
		t.DF2, t.value = &df2, fmt.Sprintf("F(%d, %d) = %.2f", df, df2, f)
	}
	return t
}

type didPreTest struct {
	didKey
	didTest
	// Slope is the linear difference in trends per period that the test would find with probability 0.8.
	Slope number `json:"detectable_slope"`
}

type didProbe struct {
	didKey
	Anticipation int64 `json:"anticipation"`
	didFigures
}

type didTerm struct {
	didKey
	Term string `json:"term"`
	didFigures
}

type didComparison struct {
	didKey
	Type       string `json:"type"`
	Treated    *int64 `json:"treated"`
	Comparison *int64 `json:"comparison"`
	Estimate   number `json:"estimate"`
	Weight     number `json:"weight"`
}

type didHonest struct {
	didKey
	Target      string `json:"target"` // first: the first period of treatment; overall: the mean of all
	Restriction string `json:"restriction"`
	Bound       number `json:"bound"`
	ConfLow     number `json:"conf_low"`
	ConfHigh    number `json:"conf_high"`
}

func (g *globals) did(c *cobra.Command, f *didFlags) error {
	p, err := f.plan(g)
	if err != nil {
		return err
	}
	in, err := readDid(c.Context(), g, f, p)
	if err != nil {
		return err
	}
	d := &didDocument{
		header: newHeader("did", f.level), Estimator: f.estimator, Outcome: f.outcome,
		N:         didCounts{Dropped: []didDropped{}},
		GroupTime: []didCell{}, Aggregates: []didAverage{}, Regression: []didTerm{}, Bacon: []didComparison{}, Honest: []didHonest{},
	}
	var results []*did.Result
	analysed := make([][]int32, len(in.levels)) // units of each level, nil where it cannot be estimated
	for k, level := range in.levels {
		panel, err := in.of(level).Compact()
		if err == nil {
			panel.Units = level.units
			var result *did.Result
			result, err = d.estimate(in, f, p, panel, level.didKey)
			results = append(results, result)
			switch {
			case err != nil:
			case result != nil:
				analysed[k] = result.Analysed()
			default: // a regression takes everybody who is seen
				for u := range panel.Start {
					analysed[k] = append(analysed[k], int32(u))
				}
			}
		} else {
			results = append(results, nil)
		}
		if err != nil {
			e, ok := err.(*fault.Error)
			if !in.several() || !ok || e.Status != fault.Data {
				return inFile(err, f.data)
			}
			// A group that cannot be estimated does not stop the others.
			d.Warnings = append(d.Warnings, fault.Warnf("group_missing", "%s: %v", f.title(level.didKey), err))
		}
	}
	if len(p.by) > 1 || f.tiltak != "" { // such groups overlap: a unit counts once
		d.N.Units, d.N.Never = in.distinct(analysed, f.anticipation)
	}
	if in.several() && f.estimator == "group-time" {
		if err := d.compare(in.levels, results, p); err != nil {
			return err
		}
	}
	d.Warnings = warningsOf(d.Warnings)
	g.warn(d.Warnings)
	if f.out != "" {
		if err := d.write(c.Context(), f.out); err != nil {
			return err
		}
	}
	if g.format == "json" {
		return writeJSON(g.stdout, d)
	}
	return d.print(g.stdout, in, f, p)
}

// estimate adds what one panel gives to the document.
func (d *didDocument) estimate(in *didInput, f *didFlags, p *didPlan, panel *did.Panel, by didKey) (*did.Result, error) {
	if f.estimator != "group-time" {
		return nil, d.regress(in, f, p, panel, by)
	}
	r, err := did.GroupTime(panel, p.options)
	if err != nil {
		return nil, err
	}
	d.Method, d.Controls, d.Base = p.options.Method.String(), r.Controls.String(), "universal"
	if p.options.Base == did.Varying {
		d.Base = "varying"
	}
	d.count(by, r.Units, r.Periods, r.Groups, r.Never, r.Dropped)
	for _, c := range r.Cells {
		row := didCell{didKey: by, Group: in.period(c.Group), Time: in.period(c.Time), EventTime: c.EventTime, didFigures: figuresOf(c.Estimate), DF: freedom(c.DF), BandLow: number(c.BandLow), BandHigh: number(c.BandHigh), NTreated: c.NTreated, NComparison: c.NComparison}
		if c.Reason != "" {
			why := string(c.Reason)
			row.Reason = &why
		}
		d.GroupTime = append(d.GroupTime, row)
	}
	d.average(in, p, r.Aggregates, by)
	if w := r.PreTest; w != nil {
		test := didPreTest{by, testOf(w), number(w.DetectableSlope)}
		if by.label() == "" {
			d.PreTest = &test
		} else {
			d.PreTests = append(d.PreTests, test)
		}
	}
	if f.dipProbe > 0 {
		if err := d.probe(f, p, panel, by); err != nil {
			return nil, err
		}
	}
	if r.Controls == did.NeverTreated && f.like != "did" && !slices.ContainsFunc(d.Warnings, func(w fault.Warning) bool { return w.Code == "never_conditions_on_future" }) {
		d.Warnings = append(d.Warnings, fault.Warnf("never_conditions_on_future", "the never treated are known only afterwards: where people leave the population before they would start, compare with `--controls later-start` or `risk-set`"))
	}
	d.warn(r.Warnings, f, by)
	return r, d.sensitivity(f, p, by, r.Events, r.EventATT, r.EventCov, -1-p.options.Anticipation)
}

// compare puts the overall figures of the groups side by side: bands that hold for all of them, p-values for their number,
// and the test that they are equal.
func (d *didDocument) compare(levels []*didLevel, results []*did.Result, p *didPlan) error {
	for _, kind := range p.aggregates {
		if kind == did.Window {
			continue
		}
		family, err := did.Compare(results, kind, p.options)
		if err != nil {
			return err
		}
		for i := range d.Aggregates {
			a := &d.Aggregates[i]
			if a.Type != string(kind) || a.Key != nil {
				continue
			}
			k := slices.IndexFunc(levels, func(l *didLevel) bool { return l.label() == a.label() })
			adjusted := number(family.Adjusted[k])
			a.PAdjusted = &adjusted
			if !p.options.Pointwise {
				a.BandLow, a.BandHigh = number(family.BandLow[k]), number(family.BandHigh[k])
			}
		}
		equal := func(tiltak *string, w *did.Wald) {
			if w != nil {
				d.Equality = append(d.Equality, didEquality{tiltak, string(kind), testOf(w)})
			}
		}
		equal(nil, family.Equal)
		of := map[string][]int{} // the groups of each tiltak
		for k, l := range levels {
			if l.Tiltak != nil && l.By != nil {
				of[*l.Tiltak] = append(of[*l.Tiltak], k)
			}
		}
		for _, tiltak := range slices.Sorted(maps.Keys(of)) {
			equal(&tiltak, family.EqualOf(of[tiltak]))
		}
		d.Warnings = append(d.Warnings, family.Warnings...)
	}
	return nil
}

// sensitivity adds the intervals of --honest, for the first period after the start and for the mean of all of them.
func (d *didDocument) sensitivity(f *didFlags, p *didPlan, by didKey, events []int64, att, cov []float64, reference int64) error {
	if p.honest == nil {
		return nil
	}
	curve, err := did.Curve(events, att, cov, reference)
	if err != nil {
		return err
	}
	first, overall, after := make([]float64, curve.Post), make([]float64, curve.Post), 0.
	for _, e := range events {
		if e >= 0 {
			after++
		}
	}
	for i, e := range events[curve.Pre:] {
		if e == 0 {
			first[i] = 1
		}
		if e >= 0 {
			overall[i] = 1 / after
		}
	}
	restriction := did.RelativeMagnitude
	if p.honest.restriction == "smoothness" {
		restriction = did.Smoothness
	}
	for _, target := range []struct {
		name   string
		weight []float64
	}{{"first", first}, {"overall", overall}} {
		for _, bound := range p.honest.bounds {
			low, high, err := did.Honest(curve, target.weight, restriction, bound, did.HonestOptions{Level: f.level, Seed: p.options.Seed, Workers: p.options.Workers, LikeHonestDiD: f.like == "honestdid"})
			if err != nil {
				return err
			}
			d.Honest = append(d.Honest, didHonest{by, target.name, p.honest.restriction, number(bound), number(low), number(high)})
		}
	}
	return nil
}

// probe estimates the overall dynamic effect with the base moved back step by step: where it changes, there is a dip before
// the start that the nearer bases stand in.
func (d *didDocument) probe(f *didFlags, p *didPlan, panel *did.Panel, by didKey) error {
	for delta := int64(0); delta <= f.dipProbe; delta++ {
		o := p.options
		o.Anticipation, o.Pointwise, o.Bootstrap = delta, true, 0
		row := didProbe{didKey: by, Anticipation: delta, didFigures: figuresOf(estimate.Missing(estimate.NoComparison))}
		if r, err := did.GroupTime(panel, o); err == nil {
			row.didFigures = figuresOf(r.Overall(did.Dynamic))
		} else if e, ok := err.(*fault.Error); !ok || e.Status != fault.Data {
			return err
		}
		d.DipProbe = append(d.DipProbe, row)
	}
	return nil
}

func (d *didDocument) count(by didKey, units, periods, groups, never int, dropped []did.Dropped) {
	d.N.Units += units
	d.N.Periods = max(d.N.Periods, periods)
	d.N.Groups = max(d.N.Groups, groups)
	d.N.Never += never
	for _, x := range dropped {
		d.N.Dropped = append(d.N.Dropped, didDropped{by, x.Reason, x.Units})
	}
}

func (d *didDocument) average(in *didInput, p *didPlan, averages []did.Aggregate, by didKey) {
	for _, kind := range p.aggregates {
		for _, a := range averages {
			if a.Type != kind {
				continue
			}
			row := didAverage{didKey: by, Type: string(a.Type), didFigures: figuresOf(a.Estimate), DF: freedom(a.DF), BandLow: number(a.BandLow), BandHigh: number(a.BandHigh)}
			if !a.Overall {
				key := a.Key
				switch a.Type {
				case did.Dynamic:
				case did.Window:
					to := a.To
					row.To = &to
				default:
					key = in.period(key)
				}
				row.Key = &key
			}
			d.Aggregates = append(d.Aggregates, row)
		}
	}
}

// warn adds warnings, with the group they concern.
func (d *didDocument) warn(w []fault.Warning, f *didFlags, by didKey) {
	for _, x := range w {
		if name := f.title(by); name != "" {
			x.Message = name + ": " + x.Message
		}
		d.Warnings = append(d.Warnings, x)
	}
}

// regress is the estimators that are regressions.
func (d *didDocument) regress(in *didInput, f *didFlags, p *didPlan, panel *did.Panel, by didKey) error {
	if f.estimator == "bacon" {
		return d.decompose(in, f, p, panel, by)
	}
	var r *did.Regressed
	var err error
	if f.imputes() {
		r, err = did.Imputation(panel, did.ImputationOptions{Leads: -1, TwoStage: f.estimator == "two-stage", Level: f.level, Seed: p.options.Seed, Pointwise: p.regression.Pointwise})
	} else {
		kind := map[string]did.Estimator{"twfe": did.Static, "event-study": did.EventStudy, "sunab": did.SunAbraham, "etwfe": did.Extended}[f.estimator]
		r, err = did.Regress(panel, kind, p.regression)
	}
	if err != nil {
		return err
	}
	d.count(by, r.Units, r.Periods, r.Groups, r.Never, r.Dropped)
	for j, t := range r.Terms {
		name := t.Name
		if j < len(in.terms) && f.estimator != "etwfe" {
			name = in.terms[j]
		}
		d.Regression = append(d.Regression, didTerm{by, name, figuresOf(t.Estimate)})
	}
	d.average(in, p, r.Aggregates, by)
	d.warn(r.Warnings, f, by)
	return d.sensitivity(f, p, by, r.Events, r.EventATT, r.EventCov, -1)
}

// decompose is the static regression and the 2×2 comparisons inside it.
func (d *didDocument) decompose(in *didInput, f *didFlags, p *didPlan, panel *did.Panel, by didKey) error {
	comparisons, err := did.Bacon(panel, p.regression.Workers)
	if err != nil {
		return err
	}
	r, err := did.Regress(panel, did.Static, p.regression)
	if err != nil {
		return err
	}
	d.count(by, r.Units, r.Periods, r.Groups, r.Never, r.Dropped)
	d.Regression = append(d.Regression, didTerm{by, r.Terms[0].Name, figuresOf(r.Terms[0].Estimate)})
	for _, c := range comparisons {
		row := didComparison{didKey: by, Type: c.Type, Estimate: number(c.Estimate), Weight: number(c.Weight)}
		treated := in.period(c.Treated)
		row.Treated = &treated
		if c.Comparison != did.Never {
			other := in.period(c.Comparison)
			row.Comparison = &other
		}
		d.Bacon = append(d.Bacon, row)
	}
	d.warn(r.Warnings, f, by)
	return nil
}
