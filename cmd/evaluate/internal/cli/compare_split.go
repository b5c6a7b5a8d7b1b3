package cli

import (
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"tiltakseffekt/analysis"
	"tiltakseffekt/internal/fault"
	written "tiltakseffekt/internal/number"
)

// splitRuns divides the difference of two runs among sample, definition and method, from their studies and register.
func (g *globals) splitRuns(c *cobra.Command, evaluations []analysis.Evaluation, studies []string) ([]analysis.SplitRow, error) {
	if len(evaluations) != 2 || evaluations[0].Run == nil || evaluations[1].Run == nil {
		return nil, fault.Usagef("not_two_runs", "a difference is split between two runs, not between %d evaluations or published figures", len(evaluations))
	}
	if len(studies) != 0 && len(studies) != 2 {
		return nil, fault.Usagef("bad_flag", "`--study` takes the study files of both runs, A and B")
	}
	var pair [2]*analysis.Study
	for i, e := range evaluations {
		study := ""
		if len(studies) == 2 {
			study = studies[i]
		}
		s, err := studyOfRun(e.Path, study)
		if err != nil {
			return nil, err
		}
		if err := s.AsRun(e.Run); err != nil {
			return nil, err
		}
		pair[i] = s
	}
	p := g.newProgress()
	defer p.done()
	return analysis.SplitRuns(c.Context(), [2]*analysis.Evaluation{&evaluations[0], &evaluations[1]}, pair, analysis.Options{Workers: g.workers, Memory: g.memoryBytes, Progress: func(done, total float64, what string) {
		p.report(done, total, what)
	}})
}

// splitNames are the parts of a split, in their order.
var splitNames = []string{"sample", "definition", "method", "difference"}

func (d *compareDocument) addSplit(rows []analysis.SplitRow) {
	d.Split, d.Cross = []splitPart{}, []splitCombination{}
	nan := number(math.NaN())
	for _, r := range rows {
		for i, name := range splitNames {
			part := splitPart{r.Tiltak, r.GroupA, r.GroupB, name, nan, nan, nan, nan, nan, nan, number(r.Correlation), r.Reason}
			if r.Parts != nil {
				x := r.Parts[i]
				part.Estimate, part.StdError, part.ConfLow, part.ConfHigh, part.PValue, part.Share = number(x.Estimate.Estimate), number(x.StdError), number(x.ConfLow), number(x.ConfHigh), number(x.PValue), number(x.Share)
			}
			d.Split = append(d.Split, part)
		}
		for _, x := range r.Combinations {
			d.Cross = append(d.Cross, splitCombination{r.Tiltak, r.GroupA, r.GroupB, x.Sample, x.Definition, x.Method, number(x.Estimate.Estimate), number(x.StdError), number(x.ConfLow), number(x.ConfHigh), x.NStarts, string(x.Reason)})
		}
	}
}

// printSplit prints why the second run differs from the first, one line a tiltak and group.
func (g *globals) printSplit(b *strings.Builder, d *compareDocument) {
	if len(d.Split) == 0 {
		return
	}
	l := g.numbers()
	fmt.Fprintf(b, "\nWhy B differs from A: every sample, definition and method crossed, the difference divided by Shapley's rule\n(percentage points, or kroner; share where the difference is more than twice its error):\n\n")
	fields := []field{{title: "tiltak", most: 28}, {title: "group", most: 30}, {title: "part"}, {title: "B less A", right: true}, {title: "interval"}, {title: "share", right: true}}
	kroner := map[string]bool{}
	for _, e := range d.Estimates {
		kroner[e.Tiltak] = kroner[e.Tiltak] || e.Primary && e.Unit == "kroner"
	}
	var rows [][]string
	for i, p := range d.Split {
		show := func(x number) string { return l.Points(float64(x), 1) }
		if kroner[p.Tiltak] {
			show = func(x number) string { return l.Signed(float64(x), 0) }
		}
		row := []string{"", "", p.Factor, written.Missing(), p.Reason, ""}
		if i%len(splitNames) == 0 {
			row[0], row[1] = p.Tiltak, p.GroupA
			if p.GroupB != p.GroupA {
				row[1] += " / " + p.GroupB
			}
		}
		if !math.IsNaN(float64(p.Estimate)) {
			row[3], row[4] = show(p.Estimate), l.Range(show(p.ConfLow), show(p.ConfHigh))
		}
		if !math.IsNaN(float64(p.Share)) {
			row[5] = l.Percent(float64(p.Share), 0)
		}
		rows = append(rows, row)
	}
	b.WriteString(aligned(fields, rows))
}
