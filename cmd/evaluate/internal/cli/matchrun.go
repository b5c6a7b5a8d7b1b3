package cli

import (
	"math"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	lang "tiltakseffekt/internal/number"
	"tiltakseffekt/matching"
	"tiltakseffekt/results/figure"
)

// matchDocument is the JSON of CONTRACT.md.
type matchDocument struct {
	header
	Method      string             `json:"method"`
	Estimand    string             `json:"estimand"`
	N           matchCounts        `json:"n"`
	Propensity  *matchPropensity   `json:"propensity"`
	Caliper     *matchCaliper      `json:"caliper"`
	Balance     []matchBalance     `json:"balance"`
	Joint       []matchJoint       `json:"joint_balance"`
	Estimates   []matchEstimate    `json:"estimates"`
	Sensitivity []matchSensitivity `json:"sensitivity"`
	Dropped     []matchDropped     `json:"dropped"`
	Spread      []matchSpread      `json:"spread,omitempty"`
	Warnings    []fault.Warning    `json:"warnings"`
}

type matchCounts struct {
	Treated           int    `json:"treated"`
	Comparison        int    `json:"comparison"`
	MatchedTreated    int    `json:"matched_treated"`
	MatchedComparison int    `json:"matched_comparison"`
	DroppedTreated    int    `json:"dropped_treated"`
	DroppedComparison int    `json:"dropped_comparison"`
	ESSTreated        number `json:"ess_treated"`
	ESSComparison     number `json:"ess_comparison"`
	MostPairs         *int   `json:"most_pairs"` // null but for one-to-one matching with a caliper
}

type matchPropensity struct {
	Link       string      `json:"link"`
	Terms      []matchTerm `json:"terms"`
	Deviance   number      `json:"deviance"`
	Iterations int         `json:"iterations"`
	Converged  bool        `json:"converged"`
	Penalised  bool        `json:"penalised"`
}

type matchTerm struct {
	Term     string `json:"term"`
	Estimate number `json:"estimate"`
	StdError number `json:"std_error"`
}

type matchCaliper struct {
	Value    number `json:"value"`
	Unit     string `json:"unit"`
	Absolute number `json:"absolute"`
}

type matchBalance struct {
	Variable       string `json:"variable"`
	Stage          string `json:"stage"`
	MeanTreated    number `json:"mean_treated"`
	MeanComparison number `json:"mean_comparison"`
	SMD            number `json:"smd"`
	VarianceRatio  number `json:"variance_ratio"`
	ECDFMean       number `json:"ecdf_mean"`
	ECDFMax        number `json:"ecdf_max"`
}

type matchJoint struct {
	Stage     string `json:"stage"`
	Test      string `json:"test"`
	Statistic number `json:"statistic"`
	DF        int    `json:"df"`
	PValue    number `json:"p_value"`
}

type matchEstimate struct {
	Outcome      string `json:"outcome"`
	Estimand     string `json:"estimand"`
	Estimator    string `json:"estimator"`
	StdErrorType string `json:"std_error_type"`
	Estimate     number `json:"estimate"`
	StdError     number `json:"std_error"`
	ConfLow      number `json:"conf_low"`
	ConfHigh     number `json:"conf_high"`
	PValue       number `json:"p_value"`
	NTreated     int    `json:"n_treated"`
	NComparison  int    `json:"n_comparison"`
	MeanTreated  number `json:"mean_treated"`
	MeanCompared number `json:"mean_comparison"`
	Reason       string `json:"reason,omitempty"`
}

type matchDropped struct {
	Variable    string `json:"variable"`
	MeanKept    number `json:"mean_kept"`
	MeanDropped number `json:"mean_dropped"`
	SMD         number `json:"smd"`
}

type matchSpread struct {
	Variation string `json:"variation"`
	matchEstimate
	MatchedTreated int `json:"matched_treated"`
}

var missingNumber = number(math.NaN())

type matchSensitivity struct {
	Outcome string `json:"outcome"`
	Measure string `json:"measure"`
	Value   number `json:"value"`
	Bound   number `json:"bound"`
}

func (g *globals) match(c *cobra.Command, f *matchFlags) error {
	p, err := f.plan(g)
	if err != nil {
		return err
	}
	in, err := readMatch(c.Context(), g, f, p)
	if err != nil {
		return err
	}
	r, err := matching.Run(&in.data, p.spec)
	if err != nil {
		return inFile(err, f.data)
	}
	r.Warnings = append(in.warnings, r.Warnings...)
	d := newMatchDocument(r, in, f)
	if f.spread {
		for _, s := range matching.Spread(&in.data, p.spec) {
			row := matchSpread{s.Variation, newMatchEstimate(s.OutcomeEffect, f.level), s.MatchedTreated}
			if s.Refused != "" {
				row.Reason = s.Refused
			}
			d.Spread = append(d.Spread, row)
		}
	}
	if f.out != "" {
		if err := writeMatch(c, g, f, in, r); err != nil {
			return err
		}
	}
	g.warn(r.Warnings)
	if g.format == "json" {
		return writeJSON(g.stdout, d)
	}
	return d.print(g.stdout, f)
}

func newMatchDocument(r *matching.Report, in *matchInput, f *matchFlags) *matchDocument {
	c := r.Counts
	d := &matchDocument{header: newHeader("match", f.level), Method: f.method, Estimand: r.Spec.Estimand.String(),
		N: matchCounts{c.Treated, c.Comparison, c.MatchedTreated, c.MatchedComparison, c.DroppedTreated, c.DroppedComparison,
			number(c.ESSTreated), number(c.ESSComparison), c.MostPairs},
		Balance: []matchBalance{}, Joint: []matchJoint{}, Estimates: []matchEstimate{}, Sensitivity: []matchSensitivity{}, Dropped: []matchDropped{}, Warnings: warningsOf(r.Warnings)}
	if s := r.Score; s != nil {
		d.Propensity = &matchPropensity{Link: r.ScoreName, Deviance: number(s.Deviance), Iterations: s.Iterations, Converged: s.Converged, Penalised: s.Penalised}
		se := s.StdError()
		for j, v := range s.Coef {
			name := "(intercept)"
			if j > 0 {
				name = in.data.Names[j-1]
			}
			t := matchTerm{name, number(v), number(se[j])}
			if j > 0 && se[j] == 0 { // left out as constant or collinear
				t.Estimate, t.StdError = missingNumber, missingNumber
			}
			d.Propensity.Terms = append(d.Propensity.Terms, t)
		}
	}
	if m := r.Matched; m != nil && f.caliper > 0 {
		d.Caliper = &matchCaliper{number(f.caliper), f.caliperUnit, number(m.CaliperAbsolute)}
	}
	for _, t := range r.Joint {
		d.Joint = append(d.Joint, matchJoint{t.Stage, t.Test, number(t.Statistic), t.DF, number(t.PValue)})
	}
	for _, b := range r.Balance {
		d.Balance = append(d.Balance, matchBalance{b.Variable, b.Stage, number(b.MeanTreated), number(b.MeanComparison), number(b.SMD),
			number(b.VarianceRatio), number(b.ECDFMean), number(b.ECDFMax)})
	}
	for _, e := range r.Effects {
		d.Estimates = append(d.Estimates, newMatchEstimate(e, f.level))
	}
	for _, x := range r.Dropped {
		d.Dropped = append(d.Dropped, matchDropped{x.Variable, number(x.MeanKept), number(x.MeanDropped), number(x.SMD)})
	}
	for _, s := range r.Sensitivity {
		d.Sensitivity = append(d.Sensitivity, matchSensitivity{s.Outcome, s.Measure, number(s.Value), number(s.Bound)})
	}
	return d
}

func newMatchEstimate(e matching.OutcomeEffect, level float64) matchEstimate {
	i := e.Interval(level)
	return matchEstimate{e.Outcome, e.Estimand, e.Estimator, e.StdErrorType, number(i.Estimate), number(i.StdError),
		number(i.ConfLow), number(i.ConfHigh), number(i.PValue), e.Treated, e.Comparison, number(e.MeanTreated), number(e.MeanComparison), string(i.Reason)}
}

// writeMatch writes the files of --out, each whole or not at all.
func writeMatch(c *cobra.Command, g *globals, f *matchFlags, in *matchInput, r *matching.Report) error {
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return fault.Wrap("write_failed", err, "cannot make the folder %s", f.out)
	}
	n := len(r.Weight)
	row := make([]int64, n)
	subclass := &datasets.Column{Name: "subclass", Kind: datasets.Int64, Ints: make([]int64, n), Null: make([]bool, n)}
	for i := range row {
		row[i] = in.row(i)
		subclass.Null[i] = r.Subclass == nil || r.Subclass[i] < 0
		if !subclass.Null[i] {
			subclass.Ints[i] = int64(r.Subclass[i])
		}
	}
	score := make([]float64, n)
	for i := range score {
		score[i] = math.NaN()
		if r.Distance != nil {
			score[i] = r.Distance[i]
		}
	}
	id := datasets.IntColumn("id", row)
	if in.id != nil {
		copied := *in.id
		copied.Name = "id"
		id = &copied
	}
	opt := datasets.WriteOptions{Workers: g.workers}
	table := datasets.NewTable(datasets.IntColumn("row", row), id, datasets.BoolColumn("treated", in.data.Treated),
		datasets.FloatColumn("score", score), datasets.FloatColumn("weight", r.Weight), subclass)
	if err := datasets.WriteContext(c.Context(), filepath.Join(f.out, "weights.parquet"), table, opt); err != nil {
		return err
	}
	if m := r.Matched; m != nil {
		columns := make([][]int64, 3)
		distance := make([]float64, len(m.Pairs))
		for k := range columns {
			columns[k] = make([]int64, len(m.Pairs))
		}
		for i, p := range m.Pairs {
			columns[0][i], columns[1][i], columns[2][i], distance[i] = in.row(int(p.Treated)), in.row(int(p.Comparison)), int64(p.Round), p.Distance
		}
		table := datasets.NewTable(datasets.IntColumn("treated_row", columns[0]), datasets.IntColumn("comparison_row", columns[1]),
			datasets.IntColumn("round", columns[2]), datasets.FloatColumn("distance", distance))
		if err := datasets.WriteContext(c.Context(), filepath.Join(f.out, "pairs.parquet"), table, opt); err != nil {
			return err
		}
	}
	return writeMatchFigures(g, f, in, r)
}

func writeMatchFigures(g *globals, f *matchFlags, in *matchInput, r *matching.Report) error {
	o := figure.Options{Lang: lang.NB, Names: []string{"etter (" + f.method + ")"}}
	if g.lang == "en" {
		o.Lang, o.Names = lang.EN, []string{"after (" + f.method + ")"}
	}
	var love []figure.LoveRow
	half := len(r.Balance) / 2
	for i, b := range r.Balance[:half] {
		love = append(love, figure.LoveRow{Label: b.Variable, Before: b.SMD, After: []float64{r.Balance[half+i].SMD}})
	}
	if err := writeSVG(filepath.Join(f.out, "love.svg"), figure.Love(love, o)); err != nil {
		return err
	}
	if err := writeWeightFigure(f, in, r, o); err != nil {
		return err
	}
	if err := writeECDFFigure(f, in, r, o); err != nil {
		return err
	}
	if r.Distance == nil {
		return nil
	}
	lo, hi := 0., 1.
	if r.Score == nil || r.Spec.Distance == "linear-logit" {
		lo, hi = r.Distance[0], r.Distance[0]
		for _, v := range r.Distance {
			lo, hi = min(lo, v), max(hi, v)
		}
		if lo == hi {
			hi = lo + 1
		}
	}
	var treated, comparison []figure.Bin
	for _, b := range matching.Overlap(r.Distance, in.data.Treated, in.data.Base, lo, hi, 40) {
		treated = append(treated, figure.Bin{Low: b.Low, High: b.High, Share: b.WeightedTreated})
		comparison = append(comparison, figure.Bin{Low: b.Low, High: b.High, Share: b.WeightedComparison})
	}
	o.Names = nil
	return writeSVG(filepath.Join(f.out, "overlap.svg"), figure.Overlap(treated, comparison, o))
}

func writeSVG(path string, f *figure.Figure) error {
	b, err := f.SVG()
	if err != nil {
		return fault.Wrap("figure_failed", err, "cannot draw %s", path)
	}
	return writeWhole(path, b)
}
