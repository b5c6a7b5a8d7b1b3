package cli

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// manyBalanceRows is the number of covariates whose balance is printed; of more, the worst are.
const manyBalanceRows = 30

// print writes the document for people.
func (d *matchDocument) print(w io.Writer, f *matchFlags) error {
	var b strings.Builder
	title := map[string]string{"nearest": "Nearest-neighbour matching", "optimal": "Optimal pair matching", "full": "Optimal full matching",
		"subclass": "Subclassification on the score", "cem": "Coarsened exact matching", "exact": "Exact matching", "radius": "Radius matching",
		"ipw": "Inverse-probability weighting", "ebal": "Entropy balancing", "overlap": "Overlap weights", "cbps": "Covariate-balancing propensity score", "aipw": "Augmented inverse-probability weighting", "none": "No adjustment"}[d.Method]
	fmt.Fprintf(&b, "%s · %s\n", title, d.Estimand)
	if p := d.Propensity; p != nil {
		how := p.Link
		if p.Penalised {
			how = "penalised " + how
		}
		fmt.Fprintf(&b, "score: %s on %d terms, deviance %.6g, %d iterations\n", how, len(p.Terms)-1, float64(p.Deviance), p.Iterations)
	}
	if c := d.Caliper; c != nil {
		fmt.Fprintf(&b, "caliper: %g %s = %.6g\n", float64(c.Value), c.Unit, float64(c.Absolute))
	}
	n := d.N
	fmt.Fprintf(&b, "treated: %s of %s kept, effective %.1f · comparison: %s of %s kept, effective %.1f\n", grouped(n.MatchedTreated), grouped(n.Treated),
		float64(n.ESSTreated), grouped(n.MatchedComparison), grouped(n.Comparison), float64(n.ESSComparison))
	if n.MostPairs != nil {
		fmt.Fprintf(&b, "pairs: %s, where no matching can have more than %s within the caliper\n", grouped(n.MatchedTreated), grouped(*n.MostPairs))
	}
	t := newEffectTable("outcome", strconv.FormatFloat(100*f.level, 'f', -1, 64)+" %")
	for _, e := range d.Estimates {
		note := e.StdErrorType
		if e.Estimand != d.Estimand {
			note += ", " + e.Estimand
		}
		if e.Reason != "" {
			note = e.Reason
		}
		name := e.Outcome
		if e.Estimator == "regression" {
			name += ", regression"
		}
		t.add(name, didFigures{e.Estimate, e.StdError, e.ConfLow, e.ConfHigh, e.PValue}, missingNumber, missingNumber, note)
	}
	t.print(&b)
	d.printBalance(&b)
	d.printDropped(&b)
	d.printSpread(&b)
	if len(d.Sensitivity) > 0 {
		b.WriteString("\nhow strong an unmeasured cause would have to be\n")
		rows := [][]string{}
		for _, s := range d.Sensitivity {
			rows = append(rows, []string{s.Outcome, s.Measure, shown(s.Value), shown(s.Bound)})
		}
		b.WriteString(aligned([]field{{title: "outcome"}, {title: "measure"}, {title: "to explain the estimate away", right: true}, {title: "the interval", right: true}}, rows))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func shown(n number) string {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return "–"
	}
	s := strconv.FormatFloat(float64(n), 'f', 3, 64)
	if s == "-0.000" {
		return "0.000"
	}
	return s
}

// equalP is a p-value after its p: = 0.008, or < 0.001, for none is 0.
func equalP(p number) string {
	if p < 0.0005 {
		return "< 0.001"
	}
	return "= " + shown(p)
}

func (d *matchDocument) printBalance(b *strings.Builder) {
	half := len(d.Balance) / 2
	if half == 0 {
		return
	}
	show := make([]int, half)
	for i := range show {
		show[i] = i
	}
	left := 0
	if half > manyBalanceRows {
		show = worst(d.Balance[half:], manyBalanceRows)
		left = half - len(show)
	}
	var rows [][]string
	for _, i := range show {
		before, after := d.Balance[i], d.Balance[half+i]
		rows = append(rows, []string{before.Variable, shown(before.SMD), shown(after.SMD), shown(before.VarianceRatio), shown(after.VarianceRatio),
			shown(before.ECDFMax), shown(after.ECDFMax)})
	}
	b.WriteString("\nbalance: standardised mean difference, variance ratio, largest difference of the distributions; before and after\n")
	b.WriteString(aligned([]field{{title: "covariate", most: 40}, {title: "SMD", right: true}, {title: "after", right: true}, {title: "ratio", right: true},
		{title: "after", right: true}, {title: "KS", right: true}, {title: "after", right: true}}, rows))
	if left > 0 {
		fmt.Fprintf(b, "%d more covariates with smaller differences: see `--format json`\n", left)
	}
	names := map[string]string{"f": "F test", "omnibus": "Hansen and Bowers' omnibus test", "permutation": "the same, by shuffles"}
	for _, t := range d.Joint {
		fmt.Fprintf(b, "all covariates together, %s: %s on %d columns, p %s\n", t.Stage, names[t.Test], t.DF, equalP(t.PValue))
	}
}

// worst are the rows with the largest differences, in the order of the table.
func worst(rows []matchBalance, most int) []int {
	limit := math.Inf(1)
	for k := 0; k < most; k++ { // the most-th largest value
		next := math.Inf(-1)
		for _, r := range rows {
			if v := math.Abs(float64(r.SMD)); v < limit && v > next {
				next = v
			}
		}
		limit = next
	}
	var out []int
	for i, r := range rows {
		if math.Abs(float64(r.SMD)) >= limit && len(out) < most {
			out = append(out, i)
		}
	}
	return out
}

// printDropped shows in what the dropped rows differ most.
func (d *matchDocument) printDropped(b *strings.Builder) {
	if len(d.Dropped) == 0 {
		return
	}
	rows := make([]matchBalance, len(d.Dropped))
	for i, x := range d.Dropped {
		rows[i].SMD = x.SMD
	}
	b.WriteString("\nthe rows dropped differ most from those kept in\n")
	var cells [][]string
	for _, i := range worst(rows, min(5, len(rows))) {
		x := d.Dropped[i]
		cells = append(cells, []string{x.Variable, shown(x.MeanKept), shown(x.MeanDropped), shown(x.SMD)})
	}
	b.WriteString(aligned([]field{{title: "covariate", most: 40}, {title: "kept", right: true}, {title: "dropped", right: true}, {title: "SMD", right: true}}, cells))
}

// printSpread shows the estimate under other choices.
func (d *matchDocument) printSpread(b *strings.Builder) {
	if len(d.Spread) == 0 {
		return
	}
	b.WriteString("\nthe estimate under other choices\n")
	t := newEffectTable("choice", strconv.FormatFloat(100*float64(d.Level), 'f', -1, 64)+" %")
	for _, s := range d.Spread {
		name := s.Variation
		if len(d.Estimates) > 1 {
			name += ", " + s.Outcome
		}
		note := strconv.Itoa(s.MatchedTreated) + " treated"
		if s.Reason != "" {
			note = s.Reason
		}
		t.add(name, didFigures{s.Estimate, s.StdError, s.ConfLow, s.ConfHigh, s.PValue}, missingNumber, missingNumber, note)
	}
	t.print(b)
}
