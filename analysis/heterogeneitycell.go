package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/results"
)

// otherVariants is the comparison of a variant of a treatment with the starts of its other variants, in the same risk sets.
const otherVariants = "other_variants"

// apart is what the subsets of a cell are tested by.
type apart struct {
	Tests  []results.Heterogeneity
	Groups []apartGroup
}

// apartFigure is a figure with the influence of each person on it, in units of its error.
type apartFigure struct {
	value            string
	estimate, stdErr float64
	df               float64 // of t; 0: normal
	person           []int32 // number in the register
	psi              []float32
	row              int // of the table it stands in
}

// apartGroup is the figure of a whole cell.
type apartGroup struct {
	Tiltak, Group, Outcome, Method string
	Month                          int
	Estimate, StdError, DF         float64
	Person                         []int32
	Psi                            []float32
}

// keepGroup keeps the figures of a cell that groups are tested by.
func (r *runner) keepGroup(out *cellResult, rows []results.Estimate, s *series) {
	h := r.study.Heterogeneity
	if h == nil || r.figuresOnly || !slices.Contains(h.By, "group") || s == nil || s.all == nil {
		return
	}
	for i := range rows {
		e := &rows[i]
		if e.Month == nil || e.Role != "primary" || !(e.StdError > 0) || !slices.Contains(h.Months, *e.Month) || !slices.Contains(h.Outcomes, e.Outcome) ||
			!slices.Contains(h.Methods, e.Method) || !r.study.chooses(h.Groups, e.Group) {
			continue
		}
		person, psi := s.of(*e.Month)
		out.Apart.Groups = append(out.Apart.Groups, apartGroup{e.Tiltak, e.Group, e.Outcome, e.Method, *e.Month, e.Estimate, e.StdError, e.DF, person, psi})
	}
}

// of is the influence of the persons of the register, or of its offices or counties, on the figure of a month; those without any
// are left out.
func (s *series) of(month int) (person []int32, psi []float32) {
	for p, number := range s.c.numbers {
		if v := s.all[month-1][p]; v != 0 {
			person, psi = append(person, number), append(psi, v)
		}
	}
	return person, psi
}

// heterogeneity estimates a cell apart by each variable, and tests whether the values differ.
func (r *runner) heterogeneity(ctx context.Context, c *cell, g int, fits []fitted, out *cellResult) error {
	h := r.study.Heterogeneity
	group := r.trials.Groups[g].ID
	if h == nil || !r.study.chooses(h.Groups, group) {
		return nil
	}
	narrow := *r.study
	narrow.Horizon, narrow.OnlyMonths, narrow.Windows = slices.Max(h.Months), h.Months, nil
	sub := *r
	sub.study = &narrow
	for _, name := range h.By {
		v := subsetVariables[name]
		if v.values == nil {
			continue
		}
		if v.figure != nil {
			if err := r.slopes(ctx, c, group, name, fits, out); err != nil {
				return err
			}
		}
		value := v.values(r, c.trial)
		at, weight := c.trial.Weights(&r.trials.Rows, g)
		var values []string
		of := make([]string, len(at))
		for j, i := range at {
			if v.variant && !c.trial.Treated[i] {
				continue
			}
			of[j] = value(i)
			if !slices.Contains(values, of[j]) {
				values = append(values, of[j])
			}
		}
		slices.SortFunc(values, byValue)
		found := map[apartKey][]apartFigure{}
		rows := map[apartKey][]int{}
		add := func(val, comparison string, sc *cell) error {
			return sub.subset(ctx, sc, group, func(row results.Estimate, figure apartFigure) {
				row.SubsetVar, row.SubsetValue, row.Role = name, val, "exploratory"
				if comparison != "" {
					row.Comparison, row.LaterEntry = comparison, laterEntryFollow
				}
				k := apartKey{row.Outcome, row.Method, *row.Month, row.Comparison}
				figure.value, figure.row = val, len(out.Estimates)
				rows[k] = append(rows[k], figure.row)
				found[k] = append(found[k], figure)
				out.Estimates = append(out.Estimates, row)
			})
		}
		for _, val := range values {
			var in []int32
			var w []float64
			for j, i := range at {
				if of[j] == val || v.variant && !c.trial.Treated[i] {
					in, w = append(in, i), append(w, weight[j])
				}
			}
			sc := newCellOf(r.trials, c.trial, in, w, *r.study.Seed, r.places)
			if sc.pooled = c.pooled; v.place && c.pooled == nil {
				sc.pooled = r.scoreOf(c)
			}
			if sc.nTreated == 0 { // nobody starts there: there is nothing to say
				continue
			}
			if err := add(val, "", sc); err != nil {
				return err
			}
			if !v.variant {
				continue
			}
			if err := add(val, otherVariants, r.variantCell(c.trial, at, weight, of, val)); err != nil {
				return err
			}
		}
		for _, k := range sortedApart(found) {
			base := results.Heterogeneity{Tiltak: c.trial.Tiltak, Group: group, Outcome: k.outcome, Method: k.method, Month: k.month, Comparison: k.comparison, SubsetVar: name}
			if v.place {
				if err := r.shrink(out, base, found[k], rows[k]); err != nil {
					return err
				}
				continue
			}
			if h.Multiplicity == simultaneous {
				for _, f := range found[k] {
					if f.stdErr > 0 {
						out.Joint = append(out.Joint, influence{Row: f.row, Person: f.person, Psi: f.psi})
					}
				}
			}
			if k.comparison != otherVariants { // each is compared with the rest already
				out.Apart.Tests = append(out.Apart.Tests, valueTests(base, found[k], v.ordered, r.study.Inference.Level)...)
			}
		}
	}
	return nil
}

// apartKey is a set of figures that differ in their subset alone.
type apartKey struct {
	outcome, method string
	month           int
	comparison      string
}

func sortedApart(found map[apartKey][]apartFigure) []apartKey {
	var out []apartKey
	for k := range found {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b apartKey) int {
		return compareText(fmt.Sprintf("%s\x00%s\x00%04d\x00%s", a.outcome, a.method, a.month, a.comparison), fmt.Sprintf("%s\x00%s\x00%04d\x00%s", b.outcome, b.method, b.month, b.comparison))
	})
	return out
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// subset estimates a subset of a cell with every method, outcome and month that is asked for.
func (r *runner) subset(ctx context.Context, c *cell, group string, add func(results.Estimate, apartFigure)) error {
	h := r.study.Heterogeneity
	reason := r.tooFew(c)
	var fits []fitted
	for _, m := range r.study.Methods {
		var f fitted = failed{reason}
		if slices.Contains(h.Methods, m.ID) && reason == "" {
			if err := ctx.Err(); err != nil {
				return err
			}
			m.DipProbe = false
			var why estimate.Reason
			var err error
			if f, why, err = r.fit(c, m); err != nil {
				return fmt.Errorf("%s × %s, %s: %w", c.trial.Tiltak, group, m.ID, err)
			}
			if why != "" {
				f = failed{why}
			}
		}
		fits = append(fits, f)
	}
	for o, def := range r.outcomes {
		id := r.study.Outcomes[o].ID
		if !slices.Contains(h.Outcomes, id) {
			continue
		}
		var y [][]float64
		if reason == "" {
			y = c.follow(def, r.reg, &r.trials.Rows, r.study.Horizon)
		}
		var asked []int
		var of []fitted
		for i, m := range r.study.Methods {
			if slices.Contains(h.Methods, m.ID) {
				asked, of = append(asked, i), append(of, fits[i])
			}
		}
		for k, found := range r.figures(c, def, of, y, reason) {
			m, s := r.study.Methods[asked[k]], found.s
			for _, month := range h.Months {
				row := found.rows[month-1]
				r.keys(&row, c, of[k], m, group, id)
				row.BandLow, row.BandHigh = math.NaN(), math.NaN() // of the months asked for alone
				figure := apartFigure{estimate: row.Estimate, stdErr: row.StdError, df: row.DF}
				if row.Reason != "" { // who they are is known all the same, and disclosure control has to see how few
					row.NPersonsTreated, row.NPersonsComparison = c.personsTreated, c.personsComparison
				}
				if s != nil && s.all != nil {
					figure.person, figure.psi = s.of(month)
				}
				add(row, figure)
			}
		}
	}
	return nil
}

// scoreOf is the score of a cell for parts of it that are too small for one of their own.
func (r *runner) scoreOf(c *cell) *tiltakScore {
	t := &tiltakScore{r: r, trial: c.trial, of: c}
	t.once.Do(func() {
		t.fit, t.err = c.score()
		t.separated = c.separated
		t.take(c)
	})
	return t
}

// variantCell has the starts of one variant as the treated and those of the other known variants as the comparison: everybody
// in it starts the tiltak, in the same calendar month and at the same elapsed duration, and what they start later comes as it comes.
func (r *runner) variantCell(trial *cohort.Trial, at []int32, weight []float64, of []string, val string) *cell {
	pseudo := &cohort.Trial{Tiltak: trial.Tiltak}
	var in []int32
	var w []float64
	for j, i := range at {
		if !trial.Treated[i] || of[j] == unknownValue && val != unknownValue {
			continue
		}
		in, w = append(in, int32(len(pseudo.Row))), append(w, weight[j])
		pseudo.Row = append(pseudo.Row, trial.Row[i])
		pseudo.Treated = append(pseudo.Treated, of[j] == val)
		pseudo.Day = append(pseudo.Day, trial.Day[i])
		pseudo.Stratum = append(pseudo.Stratum, trial.Stratum[i])
		pseudo.Start = append(pseudo.Start, trial.Start[i])
	}
	c := newCellOf(r.trials, pseudo, in, w, *r.study.Seed, r.places)
	c.bothStart = true
	return c
}
