package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// CompareOptions is what to compare. The zero value compares each evaluation's primary outcome at the month of the first
// run's family.
type CompareOptions struct {
	Outcome     string   // of every evaluation; "": each one's primary outcome
	Month       int      // 0: that of the first run's family; a published figure's own where all are published
	Correlation *float64 // of the errors of evaluations that share persons; nil: not known, and they are not pooled
	Level       float64  // of all intervals, whatever that of each run; 0 means 0.95
	// Split, where it was made, tells how far the errors of two evaluations of one register go together.
	Split []SplitRow
}

// Answers to "is it the same question?".
const (
	sameYes, sameNo, sameUnknown = "yes", "no", "unknown"
)

// ComparedRow is one estimate of one evaluation.
type ComparedRow struct {
	Evaluation string // label
	results.Estimate
	Unit         string   // share, or kroner
	Primary      bool     // the figure that the evaluation stands for: its family's method and outcome, or a published one
	SameEstimand string   // as that of the first evaluation with this cell: yes | no | unknown
	Differs      []Factor // in which factors
}

// PooledRow is the primary figures of a cell put together.
type PooledRow struct {
	Tiltak, Group string
	K             int
	*synthesis.Pooled
	SameEstimand string
	Reason       string // why there is none
}

// SideBySide is what Compare found.
type SideBySide struct {
	Evaluations []Evaluation
	Month       int
	Differences []KeyDifference
	Rows        []ComparedRow
	Pooled      []PooledRow
	Warnings    []fault.Warning

	level float64
}

// Compare sets the same figures of several evaluations side by side, says in which choices they differ and whether they
// answer the same question, and pools the primary figures by the random-effects model (REML, Hartung–Knapp). It reads
// finished runs and published figures, nothing else.
//
// Evaluations of the same register share persons, and their errors are correlated by an amount that no run folder tells:
// they are pooled only with Correlation.
func Compare(all []Evaluation, opt CompareOptions) (*SideBySide, error) {
	if opt.Correlation != nil && !(*opt.Correlation >= 0 && *opt.Correlation < 1) {
		return nil, fault.Usagef("bad_flag", "`--correlation` lies from 0 to under 1, not %v", *opt.Correlation)
	}
	if opt.Level == 0 {
		opt.Level = .95
	}
	c := &SideBySide{Evaluations: all, Month: opt.Month, level: opt.Level}
	if c.Month == 0 {
		c.Month = monthOf(all)
	}
	if c.Month == 0 {
		return nil, fault.Usagef("bad_flag", "the families of the runs run over months, so that no month is the one that they stand for; name one with --month")
	}
	c.Differences = differences(all)
	for i := range all {
		c.rows(&all[i], opt.Outcome)
	}
	if len(c.Rows) == 0 {
		return nil, fault.Usagef("nothing_to_compare", "no evaluation has a figure at month %d%s; name another month or outcome", c.Month, outcomeInWords(opt.Outcome))
	}
	if err := c.units(); err != nil {
		return nil, err
	}
	c.choose(opt.Outcome)
	c.judge()
	c.pool(opt)
	for i := range all {
		if !slices.ContainsFunc(c.Rows, func(r ComparedRow) bool { return r.Evaluation == all[i].Label }) {
			c.Warnings = append(c.Warnings, fault.Warnf("no_figure", "%s (%s) has no figure at month %d%s", all[i].Label, all[i].Name, c.Month, outcomeInWords(opt.Outcome)))
		}
	}
	for _, e := range []int{0, len(all) - 1} { // a split is of two
		if s := c.splitElsewhere(opt.Split, e); s != "" {
			c.Warnings = append(c.Warnings, fault.Warnf("split_of_others", "the split divides the difference of the figures that the studies stand for: of %s that is %s, which is not set side by side here", all[e].Label, s))
		}
	}
	return c, nil
}

// monthOf is the month that is compared where none is asked for: that of the first run with one, otherwise of the first published figure.
func monthOf(all []Evaluation) int {
	for _, e := range all {
		if e.Run != nil && e.resolved.Inference.Family.Month > 0 {
			return e.resolved.Inference.Family.Month
		}
	}
	for _, e := range all {
		if e.Run != nil {
			continue
		}
		for _, row := range e.Published.Estimates {
			if row.Month != nil {
				return *row.Month
			}
		}
	}
	return 0
}

// splitElsewhere says which figure of an evaluation a split is about where it is none of the rows; "" where it is one, and where there is no split.
func (c *SideBySide) splitElsewhere(rows []SplitRow, e int) string {
	for _, s := range rows {
		if len(s.Combinations) == 0 {
			continue
		}
		f := s.Combinations[0]
		if e > 0 {
			f = s.Combinations[len(s.Combinations)-1]
		}
		if !slices.ContainsFunc(c.Rows, func(r ComparedRow) bool { return r.Evaluation == c.Evaluations[e].Label && r.isOf(&f) }) {
			return fmt.Sprintf("%s by %s at month %d", f.Estimate.Outcome, f.Estimate.Method, *f.Month)
		}
	}
	return ""
}

// isOf tells whether a row is the figure of a combination of a split.
func (r *ComparedRow) isOf(c *SplitCombination) bool {
	return r.Outcome == c.Estimate.Outcome && r.Method == c.Estimate.Method && r.Month != nil && c.Month != nil && *r.Month == *c.Month
}

func outcomeInWords(outcome string) string {
	if outcome == "" {
		return ""
	}
	return " of outcome `" + outcome + "`"
}

// rows takes the figures of one evaluation, with intervals of the level of the comparison.
func (c *SideBySide) rows(e *Evaluation, outcome string) {
	method, own := "", ""
	if e.Run != nil {
		method, own = e.resolved.Inference.Family.Method, e.resolved.Inference.Family.Outcome
		if outcome == "" {
			outcome = own
		}
	}
	n := len(c.Rows)
	for _, row := range e.estimates() {
		if row.Month == nil || *row.Month != c.Month || outcome != "" && row.Outcome != outcome || row.Role != "primary" || row.SubsetVar != "" {
			continue
		}
		atLevel(&row, e.level(), c.level)
		c.Rows = append(c.Rows, ComparedRow{Evaluation: e.Label, Estimate: row, Primary: e.Run == nil || row.Method == method && outcome != ""})
	}
	if e.Run != nil && len(c.Rows) > n && !slices.ContainsFunc(c.Rows[n:], func(r ComparedRow) bool { return r.Primary }) {
		c.Warnings = append(c.Warnings, fault.Warnf("no_primary", "the family of %s (%s) runs over outcomes or methods, so that it stands for no single figure: nothing of it is pooled", e.Label, e.Name))
	}
}

// atLevel changes the interval of a row from one level to another. Its half width over its error is a quantile of t, of degrees of freedom that the row
// need not say, or of the normal distribution.
func atLevel(e *results.Estimate, from, to float64) {
	if from == to || !(e.StdError > 0) || math.IsNaN(e.ConfLow) || math.IsNaN(e.ConfHigh) {
		return
	}
	half := quantileAt((e.ConfHigh-e.ConfLow)/2/e.StdError, from, to) * e.StdError
	middle := (e.ConfHigh + e.ConfLow) / 2
	e.ConfLow, e.ConfHigh = middle-half, middle+half
}

// quantileAt is the quantile at one level of the t distribution that has the quantile c at another; that of the normal distribution where c is no larger
// than its.
func quantileAt(c, from, to float64) float64 {
	if c <= estimate.Quantile(from)*(1+1e-9) {
		return estimate.Quantile(to)
	}
	low, high := 0.05, 1e9 // degrees of freedom
	for range 200 {
		if middle := math.Sqrt(low * high); estimate.StudentQuantile(from, middle) > c {
			low = middle
		} else {
			high = middle
		}
	}
	return estimate.StudentQuantile(to, high)
}

// units finds the unit of each row: of a run as its outcome says, of a published figure as its file says, otherwise as that of the outcome of this
// name in a run, and kroner where it is called lonn. A share lies between −1 and 1, and a published figure that does not is refused: nobody knows
// whether it is percentage points or an amount.
func (c *SideBySide) units() error {
	for i := range c.Rows {
		r := &c.Rows[i]
		e := c.evaluation(r.Evaluation)
		amount, _ := e.kroner(r.Outcome)
		if e.Run == nil {
			unit := e.Published.Units[r.Outcome]
			known := unit != ""
			amount = unit == results.InKroner
			for k := range c.Evaluations {
				if !known {
					amount, known = c.Evaluations[k].kroner(r.Outcome)
				}
			}
			amount = amount || !known && r.Outcome == "lonn"
			if !amount && math.Abs(r.Estimate.Estimate) > 1 {
				return fault.Usagef("bad_published", "%v is no effect on a share: give the effect on `%s` as a fraction (0.04 is four percentage points), or say `unit: kroner`", r.Estimate.Estimate, r.Outcome).In(e.Path)
			}
		}
		if r.Unit = "share"; amount {
			r.Unit = "kroner"
		}
	}
	return nil
}

func (c *SideBySide) evaluation(label string) *Evaluation {
	return &c.Evaluations[slices.IndexFunc(c.Evaluations, func(e Evaluation) bool { return e.Label == label })]
}

// choose leaves each published evaluation one primary figure in a cell, since two of its figures are no two evaluations: the one of the outcome
// that the runs stand for, otherwise its only one.
func (c *SideBySide) choose(asked string) {
	wanted := asked
	for i := range c.Rows {
		if r := &c.Rows[i]; wanted == "" && r.Primary && c.evaluation(r.Evaluation).Run != nil {
			wanted = r.Outcome
		}
	}
	type cell struct{ evaluation, tiltak, group string }
	several := map[cell][]int{}
	var order []cell
	for i, r := range c.Rows {
		if k := (cell{r.Evaluation, r.Tiltak, r.Group}); c.evaluation(r.Evaluation).Run == nil {
			if several[k] == nil {
				order = append(order, k)
			}
			several[k] = append(several[k], i)
		}
	}
	for _, k := range order {
		if len(several[k]) == 1 {
			continue
		}
		chosen := false
		for _, i := range several[k] {
			c.Rows[i].Primary = c.Rows[i].Outcome == wanted
			chosen = chosen || c.Rows[i].Primary
		}
		if !chosen {
			c.Warnings = append(c.Warnings, fault.Warnf("several_figures", "%s has %d figures for %s and %s, none of them of an outcome that a run stands for: none is pooled; choose one with --outcome", k.evaluation, len(several[k]), k.tiltak, k.group))
		}
	}
}

// judge says of each row whether it answers the question of the first evaluation with the cell, by the figure which that stands for.
func (c *SideBySide) judge() {
	first := map[[2]string]*ComparedRow{}
	for i := range c.Rows {
		r := &c.Rows[i]
		key := [2]string{r.Tiltak, r.Group}
		if base := first[key]; base == nil || r.Primary && !base.Primary && r.Evaluation == base.Evaluation {
			first[key] = r
		}
	}
	for i := range c.Rows {
		r := &c.Rows[i]
		base := first[[2]string{r.Tiltak, r.Group}]
		r.SameEstimand = sameYes
		if base == r {
			continue
		}
		a, b := c.evaluation(base.Evaluation), c.evaluation(r.Evaluation)
		if a.Run == nil || b.Run == nil {
			r.SameEstimand = sameUnknown
			if base.Outcome != r.Outcome && (a == b || base.Unit != r.Unit) { // what is measured is another thing, so much is known
				r.SameEstimand, r.Differs = sameNo, []Factor{ByDefinition}
			}
			continue
		}
		differs := map[Factor]bool{}
		if a != b {
			for _, d := range differences([]Evaluation{*a, *b}) {
				if d.Factor != ByNothing && relevant(d.Key, base, r) {
					differs[d.Factor] = true
				}
			}
		}
		if base.Estimand != r.Estimand || base.Comparison != r.Comparison || base.LaterEntry != r.LaterEntry || a.treatment(r.Tiltak) != b.treatment(r.Tiltak) {
			differs[BySample] = true
		}
		if base.Outcome != r.Outcome {
			differs[ByDefinition] = true
		}
		if base.Method != r.Method {
			differs[ByMethod] = true
		}
		for _, f := range []Factor{BySample, ByDefinition, ByMethod} {
			if differs[f] {
				r.Differs = append(r.Differs, f)
			}
		}
		if differs[BySample] || differs[ByDefinition] { // another method is another way to the same thing
			r.SameEstimand = sameNo
		}
	}
}

// relevant leaves out what two rows do not depend on: the definitions of other outcomes and groups, other methods, the mere list
// of tiltak and groups, which changes nothing in a cell that both have, and what the families are, since the rows say themselves what they are of.
func relevant(key string, a, b *ComparedRow) bool {
	top, rest, _ := strings.Cut(key, ".")
	switch {
	case top == "tiltak" || top == "groups" || top == "seed" || strings.HasPrefix(key, "inference.family."):
		return false
	case top == "group_definitions":
		return slices.ContainsFunc(cohort.GroupParts(a.Group), func(g string) bool { return hasHead(rest, g) })
	case top == "outcomes":
		return hasHead(rest, a.Outcome) || hasHead(rest, b.Outcome)
	case top == "methods":
		return hasHead(rest, a.Method) || hasHead(rest, b.Method)
	}
	return true
}

// hasHead tells whether a dotted key begins with a name.
func hasHead(key, name string) bool {
	return key == name || len(key) > len(name) && key[:len(name)] == name && key[len(name)] == '.'
}

// pool puts the primary figures of each cell together.
func (c *SideBySide) pool(opt CompareOptions) {
	type cell struct{ tiltak, group string }
	var order []cell
	rows := map[cell][]*ComparedRow{}
	for i := range c.Rows {
		r := &c.Rows[i]
		if !r.Primary || math.IsNaN(r.Estimate.Estimate) || !(r.StdError > 0) {
			continue
		}
		k := cell{r.Tiltak, r.Group}
		if rows[k] == nil {
			order = append(order, k)
		}
		rows[k] = append(rows[k], r)
	}
	index := map[string]int{}
	for i, e := range c.Evaluations {
		index[e.Label] = i
	}
	for _, k := range order {
		members := rows[k]
		p := PooledRow{Tiltak: k.tiltak, Group: k.group, K: len(members), SameEstimand: sameYes}
		if len(members) < 2 {
			continue
		}
		v := make([][]float64, len(members))
		y := make([]float64, len(members))
		shared := false // persons, by an amount that is not known
		for i, a := range members {
			if a.Unit != members[0].Unit {
				p.Reason = "other_unit"
			}
			switch {
			case a.SameEstimand == sameNo:
				p.SameEstimand = sameNo
			case a.SameEstimand == sameUnknown && p.SameEstimand == sameYes:
				p.SameEstimand = sameUnknown
			}
			y[i] = a.Estimate.Estimate
			v[i] = make([]float64, len(members))
			for j, b := range members {
				if i == j {
					v[i][i] = a.widened(c.level) * a.widened(c.level)
				} else if x, y := &c.Evaluations[index[a.Evaluation]], &c.Evaluations[index[b.Evaluation]]; x.sharesPersons(y) {
					rho, known := opt.correlation(a, b)
					if shared = shared || !known; known {
						v[i][j] = rho * a.widened(c.level) * b.widened(c.level)
					}
				}
			}
		}
		if shared && p.Reason == "" {
			p.Reason = "shared_persons"
		}
		if p.Reason != "" {
			c.Pooled = append(c.Pooled, p)
			continue
		}
		pooled, err := synthesis.Shared(y, v, synthesis.Options{Level: opt.Level, HartungKnapp: true, NotShorter: true})
		if err != nil {
			p.Reason = string(estimate.Singular)
		}
		p.Pooled = pooled
		c.Pooled = append(c.Pooled, p)
	}
	if slices.ContainsFunc(c.Pooled, func(p PooledRow) bool { return p.Reason == "shared_persons" }) {
		c.Warnings = append(c.Warnings, fault.Warnf("shared_persons", "the evaluations read the same register and share persons: their errors are correlated by an amount that a run folder does not tell, so they are not pooled; a split (--split always) measures it, and --correlation gives it"))
	}
	if slices.ContainsFunc(c.Pooled, func(p PooledRow) bool { return p.Pooled != nil && p.SameEstimand == sameNo }) {
		c.Warnings = append(c.Warnings, fault.Warnf("other_question", "some pooled figures are answers to different questions: their mean is an answer to none of them"))
	}
}

// widened is the error of the normal interval that is as long as the row's, which may be one of t.
func (r *ComparedRow) widened(level float64) float64 {
	if half := (r.ConfHigh - r.ConfLow) / 2; half > 0 {
		return half / estimate.Quantile(level)
	}
	return r.StdError
}

// correlation is that of the errors of evaluations that share persons: as given, otherwise as the split of the cell shows, where it is a split of
// these figures and not of others by another month, outcome or method.
func (o *CompareOptions) correlation(a, b *ComparedRow) (rho float64, known bool) {
	if o.Correlation != nil {
		return *o.Correlation, true
	}
	if a.Evaluation > b.Evaluation { // A and B of the split
		a, b = b, a
	}
	for _, s := range o.Split {
		if s.Tiltak == a.Tiltak && s.GroupA == a.Group && s.GroupB == b.Group && s.Correlation == s.Correlation && len(s.Combinations) > 0 &&
			a.isOf(&s.Combinations[0]) && b.isOf(&s.Combinations[len(s.Combinations)-1]) {
			return s.Correlation, true
		}
	}
	return 0, false
}

// FactorsInWords names the factors for a table.
func FactorsInWords(f []Factor) string {
	s := ""
	for i, x := range f {
		if i > 0 {
			s += ", "
		}
		s += string(x)
	}
	return s
}
