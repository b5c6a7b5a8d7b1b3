package cli

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	lang "tiltakseffekt/internal/number"
	"tiltakseffekt/matching"
	"tiltakseffekt/results/figure"
)

const (
	ecdfPanels = 12  // covariates in ecdf.svg, those whose distributions differ most before
	ecdfSteps  = 200 // steps of a line
	weightBins = 30
)

// writeWeightFigure draws how the weight is spread over the rows of the group that is weighted: of the comparison rows, for
// the atc of the treated, for the others of both.
func writeWeightFigure(f *matchFlags, in *matchInput, r *matching.Report, o figure.Options) error {
	say := func(nb, en string) string {
		if o.Lang == lang.EN {
			return en
		}
		return nb
	}
	bins := func(of bool) []figure.Bin {
		var out []figure.Bin
		list := matching.WeightBins(in.data.Treated, r.Weight, of, weightBins)
		rows := 0
		for _, b := range list {
			rows += b.Rows
		}
		for _, b := range list {
			out = append(out, figure.Bin{Low: b.Low, High: b.High, Share: float64(b.Rows) / float64(rows)})
		}
		return out
	}
	o.Names, o.XLabel = nil, say("Vekt (gjennomsnitt 1 i gruppen)", "Weight (mean 1 in the group)")
	c := r.Counts
	o.Caption = fmt.Sprintf(say("%s deltakere veier som %s, %s i sammenligningen som %s.", "%s treated weigh as much as %s, %s comparison rows as much as %s."),
		o.Lang.Count(c.MatchedTreated), o.Lang.Decimal(c.ESSTreated, 1), o.Lang.Count(c.MatchedComparison), o.Lang.Decimal(c.ESSComparison, 1))
	path := filepath.Join(f.out, "weights.svg")
	switch r.Spec.Estimand {
	case matching.ATT, matching.ATC:
		o.YLabel = say("Andel av radene i sammenligningen", "Share of the comparison rows")
		if r.Spec.Estimand == matching.ATC {
			o.YLabel = say("Andel av deltakerne", "Share of the treated rows")
		}
		return writeSVG(path, figure.Histogram(bins(r.Spec.Estimand == matching.ATC), math.NaN(), figure.Plain, o))
	}
	return writeSVG(path, figure.Overlap(bins(true), bins(false), o))
}

// writeECDFFigure draws the distribution functions of the covariates that are not 0/1, those that differ most before first.
func writeECDFFigure(f *matchFlags, in *matchInput, r *matching.Report, o figure.Options) error {
	d := &in.data
	base := d.Base
	if base == nil {
		base = make([]float64, len(d.Treated))
		for i := range base {
			base[i] = 1
		}
	}
	x, names := d.BalanceX, d.BalanceNames
	if x == nil {
		x, names = d.X, d.Names
	}
	rows := matching.BalanceOf(x, names, d.Treated, r.Weight, d.Base, matching.BalanceOptions{Estimand: r.Spec.Estimand, Workers: r.Spec.Workers})
	var order []int
	for j := range x {
		if !rows[j].Binary {
			order = append(order, j)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[b].ECDFMax, rows[a].ECDFMax) })
	curve := func(j int, weight []float64, of bool) (c figure.ECDFCurve) {
		for _, s := range matching.Distribution(x[j], d.Treated, weight, of, ecdfSteps) {
			c.X, c.Y = append(c.X, s.Value), append(c.Y, s.Share)
		}
		return c
	}
	var panels []figure.ECDFPanel
	for _, j := range order[:min(ecdfPanels, len(order))] {
		panels = append(panels, figure.ECDFPanel{Title: names[j], Treated: curve(j, r.Weight, true), Comparison: curve(j, r.Weight, false), Before: curve(j, base, false)})
	}
	o.Names, o.Width = nil, 17
	return writeSVG(filepath.Join(f.out, "ecdf.svg"), figure.ECDF(panels, o))
}
