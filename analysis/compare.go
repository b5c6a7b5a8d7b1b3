package analysis

import (
	"math"
	"slices"

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
	Level       float64  // of the pooled interval; 0 means 0.95
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
	c := &SideBySide{Evaluations: all, Month: opt.Month}
	if c.Month == 0 {
		for _, e := range all {
			if e.Run != nil {
				c.Month = e.resolved.Inference.Family.Month
				break
			}
		}
	}
	if c.Month == 0 { // published figures alone
		for _, row := range all[0].Published.Estimates {
			if row.Month != nil {
				c.Month = *row.Month
				break
			}
		}
	}
	c.Differences = differences(all)
	for i := range all {
		c.rows(&all[i], opt.Outcome)
	}
	if len(c.Rows) == 0 {
		return nil, fault.Usagef("nothing_to_compare", "no evaluation has a figure at month %d%s; name another month or outcome", c.Month, outcomeInWords(opt.Outcome))
	}
	c.judge()
	c.pool(opt)
	for i := range all {
		if !slices.ContainsFunc(c.Rows, func(r ComparedRow) bool { return r.Evaluation == all[i].Label }) {
			c.Warnings = append(c.Warnings, fault.Warnf("no_figure", "%s (%s) has no figure at month %d%s", all[i].Label, all[i].Name, c.Month, outcomeInWords(opt.Outcome)))
		}
	}
	return c, nil
}

func outcomeInWords(outcome string) string {
	if outcome == "" {
		return ""
	}
	return " of outcome `" + outcome + "`"
}

// rows takes the figures of one evaluation.
func (c *SideBySide) rows(e *Evaluation, outcome string) {
	method := ""
	if e.Run != nil {
		method = e.resolved.Inference.Family.Method
		if outcome == "" {
			outcome = e.resolved.Inference.Family.Outcome
		}
	}
	for _, row := range e.estimates() {
		if row.Month == nil || *row.Month != c.Month || outcome != "" && row.Outcome != outcome || row.Role != "primary" || row.SubsetVar != "" {
			continue
		}
		r := ComparedRow{Evaluation: e.Label, Estimate: row, Unit: "share", Primary: e.Run == nil || row.Method == method}
		if e.kroner(row.Outcome) {
			r.Unit = "kroner"
		}
		c.Rows = append(c.Rows, r)
	}
}

// judge says of each row whether it answers the question of the first evaluation with the cell.
func (c *SideBySide) judge() {
	byLabel := map[string]*Evaluation{}
	for i := range c.Evaluations {
		byLabel[c.Evaluations[i].Label] = &c.Evaluations[i]
	}
	first := map[[2]string]*ComparedRow{}
	for i := range c.Rows {
		r := &c.Rows[i]
		key := [2]string{r.Tiltak, r.Group}
		base := first[key]
		if base == nil {
			first[key], base = r, r
		}
		r.SameEstimand = sameYes
		if base.Evaluation == r.Evaluation && base.Method == r.Method {
			continue
		}
		a, b := byLabel[base.Evaluation], byLabel[r.Evaluation]
		if a.Run == nil || b.Run == nil {
			r.SameEstimand = sameUnknown
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
		if base.Estimand != r.Estimand || base.Comparison != r.Comparison || base.LaterEntry != r.LaterEntry {
			differs[BySample] = true
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

// relevant leaves out what two rows do not depend on: the definitions of other outcomes, other methods, and the mere list
// of tiltak and groups, which changes nothing in a cell that both have.
func relevant(key string, a, b *ComparedRow) bool {
	switch {
	case key == "tiltak" || key == "groups" || key == "cost.price_year" && a.Unit != "kroner":
		return false
	case len(key) > 9 && key[:9] == "outcomes.":
		rest := key[9:]
		return hasHead(rest, a.Outcome) || hasHead(rest, b.Outcome)
	case len(key) > 8 && key[:8] == "methods.":
		rest := key[8:]
		return hasHead(rest, a.Method) || hasHead(rest, b.Method)
	case key == "seed":
		return false
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
			switch {
			case a.Unit != members[0].Unit:
				p.Reason = "other_unit"
			case a.SameEstimand == sameNo:
				p.SameEstimand = sameNo
			case a.SameEstimand == sameUnknown && p.SameEstimand == sameYes:
				p.SameEstimand = sameUnknown
			}
			y[i] = a.Estimate.Estimate
			v[i] = make([]float64, len(members))
			for j, b := range members {
				if i == j {
					v[i][i] = a.StdError * a.StdError
				} else if x, y := &c.Evaluations[index[a.Evaluation]], &c.Evaluations[index[b.Evaluation]]; x.sharesPersons(y) {
					rho, known := opt.correlation(k.tiltak, k.group)
					if shared = shared || !known; known {
						v[i][j] = rho * a.StdError * b.StdError
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

// correlation is that of the errors of evaluations that share persons: as given, otherwise as the split of the cell shows.
func (o *CompareOptions) correlation(tiltak, group string) (rho float64, known bool) {
	if o.Correlation != nil {
		return *o.Correlation, true
	}
	for _, s := range o.Split {
		if s.Tiltak == tiltak && s.GroupA == group && s.GroupB == group && s.Correlation == s.Correlation {
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
