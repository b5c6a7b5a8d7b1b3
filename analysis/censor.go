package analysis

import (
	"fmt"
	"math"
	"slices"

	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// defaultTruncate is the quantile at which weights are cut where the study does not say.
const defaultTruncate = 0.995

// resolveLaterEntry checks `comparison.later_entry` and what belongs to it.
func (s *Study) resolveLaterEntry() error {
	c := &s.Comparison
	if c.LaterEntry == "" {
		c.LaterEntry = laterEntryFollow
	}
	switch c.LaterEntry {
	case laterEntryFollow:
		if c.Truncate != nil {
			return fault.Usagef("bad_study", "`comparison.truncate` cuts the weights of `later_entry: censor`; with follow there are none, so leave it out")
		}
		return nil
	case laterEntryCensor:
	default:
		return fault.Usagef("bad_study", "`comparison.later_entry: %s` is not known%s; it is follow or censor", c.LaterEntry, fault.Suggest(c.LaterEntry, []string{laterEntryFollow, laterEntryCensor}))
	}
	if c.Truncate == nil {
		t := defaultTruncate
		c.Truncate = &t
	}
	if !(*c.Truncate >= 0.5 && *c.Truncate <= 1) {
		return fault.Usagef("bad_study", "`comparison.truncate: %v` is the quantile at which weights are cut; it lies between 0.5 and 1 (not cut)", *c.Truncate)
	}
	return nil
}

// stay is, by row, the weight of staying without a later start for so many months ahead: 1 for the treated, who never
// leave, 0 for a comparison row that has left, and otherwise the inverse of its chance of staying, cut at the study's
// quantile of those that stayed. With `start_by` those that have started in their time stand for many and are cut among themselves.
func (c *cell) stay(r *runner, ahead int) []float64 {
	if w, ok := c.stays[ahead]; ok {
		return w
	}
	w := make([]float64, len(c.row))
	var stayed, started []float64
	late := make([]bool, len(c.row))
	for i, row := range c.row {
		if c.treated[i] {
			w[i] = 1
			continue
		}
		v, began, ok := r.trials.Stay(c.trial, row, ahead)
		switch {
		case !ok:
			continue
		case began:
			started = append(started, v)
		default:
			stayed = append(stayed, v)
		}
		w[i], late[i] = v, began
	}
	top, topLate := quantile(stayed, *r.study.Comparison.Truncate), quantile(started, *r.study.Comparison.Truncate)
	for i := range w {
		switch {
		case c.treated[i]:
		case late[i]:
			w[i] = min(w[i], topLate)
		default:
			w[i] = min(w[i], top)
		}
	}
	if c.stays == nil {
		c.stays = map[int][]float64{}
	}
	c.stays[ahead] = w
	return w
}

// lateStarters is how many persons of the comparison start in the months of `start_by`; those that are left in the episode by then stand on them.
func (c *cell) lateStarters(r *runner) int {
	late := make([]bool, len(c.row))
	for i, row := range c.row {
		if !c.treated[i] {
			_, late[i], _ = r.trials.Stay(c.trial, row, r.study.Horizon)
		}
	}
	return c.countPersons(func(i int) bool { return late[i] })
}

// quantile is the smallest value with at least a share q of the values at or under it, +Inf of none. It sorts them.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return math.Inf(1)
	}
	slices.Sort(v)
	return v[min(max(int(math.Ceil(q*float64(len(v))))-1, 0), len(v)-1)]
}

// leave replaces, in place, the outcome of the comparison rows by one whose mean is that of everybody had nobody left:
// with weights W of staying (0 for who has left) and c the mean of the outcome over the comparison rows with the weights w·W,
//
//	y* = c + W·(y − c),   E[y* | history at m] = E[y had nobody started anything later | history at m],
//
// whatever c is, where W is the inverse of the true chance: an outcome that any method can take, with or without
// covariates (a censoring unbiased transformation; Fan and Gijbels 1994, JASA 89:560; Rubin and van der Laan 2007, Int. J.
// Biostatistics 3:4). With c as chosen a weighted mean of y* is near the ratio Σ wWy/Σ wW and carries its variance. The errors of the methods
// take W as known; where it is estimated by maximum likelihood that is conservative (Robins, Rotnitzky and Zhao 1995, JASA
// 90:106; docs/designs.md shows how far). Where nobody stays the outcome of the comparison is not known: NaN.
func leave(y, stay []float64, treated []bool, weight []float64) {
	sum, total := 0., 0.
	for i, w := range stay {
		if !treated[i] && w > 0 {
			sum += weight[i] * w * y[i]
			total += weight[i] * w
		}
	}
	mean := sum / total
	for i, w := range stay {
		switch {
		case treated[i]:
		case w == 0:
			y[i] = mean
		default:
			y[i] = mean + w*(y[i]-mean)
		}
	}
}

// times are the weights of a method (nil: 1) times those of staying.
func times(weight, stay []float64) []float64 {
	out := slices.Clone(stay)
	for i, w := range weight {
		out[i] *= w
	}
	return out
}

// thinned sets what the figures say of the comparison to those that stayed: persons, effective rows, and the counts that
// disclosure control needs.
func (c *cell) thinned(row *results.Estimate, y, weight, stay []float64, binary bool, limit int) {
	here := func(i int) bool {
		return !c.treated[i] && stay[i] > 0 && (weight == nil || weight[i] > 0)
	}
	row.NPersonsComparison = c.countPersons(here)
	if limit > 1 && row.NPersonsComparison >= limit { // in steps of the limit: from one month to the next few leave, and how few is not to be seen
		row.NPersonsComparison -= row.NPersonsComparison % limit
	}
	sum, squares, n := 0., 0., 0.
	for i := range stay {
		if !c.treated[i] && (weight == nil || weight[i] > 0) {
			sum += stay[i]
			squares += stay[i] * stay[i]
			n++
		}
	}
	if squares > 0 {
		row.ESS *= sum * sum / (n * squares)
	} else {
		row.ESS = 0
	}
	if binary {
		row.OnesComparison = c.countPersons(func(i int) bool { return here(i) && y[i] == 1 })
		row.ZerosComparison = c.countPersons(func(i int) bool { return here(i) && y[i] == 0 })
	} else if limit > 1 {
		row.FewAmounts = row.FewAmounts || c.countPersons(func(i int) bool { return here(i) && y[i] != 0 && !math.IsNaN(y[i]) }) < limit
	}
}

// stayDiagnostics say, at a few months, how many comparison rows have left and how large the weights of the others are.
// Their mean over all rows is 1 in expectation (those that left count 0); far from it the model of later starts is wrong.
func (c *cell) stayDiagnostics(r *runner) []results.Diagnostic {
	var out []results.Diagnostic
	months := []int{6, 12, 24, 36, r.study.Horizon}
	slices.Sort(months)
	for _, h := range slices.Compact(months) {
		if h > r.study.Horizon {
			break
		}
		stay := c.stay(r, h)
		top, n, left, cut, sum := 0., 0., 0., 0., 0.
		for i, w := range stay {
			if c.treated[i] {
				continue
			}
			n += c.weight[i]
			sum += c.weight[i] * w
			if w == 0 {
				left += c.weight[i]
			}
			top = max(top, w)
		}
		for i, row := range c.row {
			if c.treated[i] || stay[i] == 0 {
				continue
			}
			if v, _, _ := r.trials.Stay(c.trial, row, h); v > stay[i] {
				cut += c.weight[i]
			}
		}
		month := fmt.Sprintf("comparison rows, month %d", h)
		left /= n
		gone := "share that has started a tiltak since, of "
		if r.study.Comparison.StartBy > 0 {
			gone = "share that has left the strategy by a start or for want of one, of "
		}
		for _, d := range []results.Diagnostic{
			{Name: "stay_left", Value: left, Text: gone + month},
			{Name: "stay_mean_weight", Value: sum / n, Text: "mean weight, 1 where the model of later starts is right, of " + month},
			{Name: "stay_largest_weight", Value: top, Text: "largest weight after truncation, of " + month},
			{Name: "stay_truncated", Value: cut / n, Text: fmt.Sprintf("share cut at the quantile %g, of %s", *r.study.Comparison.Truncate, month)},
		} {
			d.Name = fmt.Sprintf("%s_%d", d.Name, h)
			d.Value = math.Round(100*d.Value) / 100 // no single row is to be seen in them
			out = append(out, d)
		}
	}
	return out
}

// laterEntry names what becomes of later starts of the comparison, in a row.
func (s *Study) laterEntry() string {
	switch k, l := s.Comparison.WaitUntil, s.Comparison.StartBy; {
	case l > 0:
		return fmt.Sprintf("%s_before_%d_start_by_%d", s.Comparison.LaterEntry, k, l)
	case k > 0:
		return fmt.Sprintf("%s_before_%d", s.Comparison.LaterEntry, k)
	}
	return s.Comparison.LaterEntry
}
