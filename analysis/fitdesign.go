package analysis

import (
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/matching"
	"tiltakseffekt/results"
)

// effects estimates an outcome and writes the influence of each person of the cell into psi, where it is not nil.
type effects func(y, psi []float64) matching.Effect

// designFit is a method that weights the rows before any outcome is looked at, and its estimate of an outcome.
type designFit struct {
	c       *cell
	method  Method
	level   float64
	limit   int // persons under which a cell is not described
	weight  []float64
	effects effects
	ess     float64
	n       int     // treated rows with weight
	kept    float64 // share of the rows that the estimand is about which have weight, by sample weight
	pt, pc  int
	notes   []results.Diagnostic
	pairs   *matching.Matched // of 1:1 matching without replacement; nil otherwise
}

// newDesignFit counts what the weights keep. Where hardly any treated row is left there is no overlap to speak of.
func (r *runner) newDesignFit(c *cell, m Method, weight []float64, on effects, notes []results.Diagnostic) (fitted, estimate.Reason, error) {
	f := &designFit{c: c, method: m, level: r.study.Inference.Level, limit: *r.study.Disclosure.MinCell, weight: weight, effects: on, notes: notes}
	_, f.ess = matching.ESS(weight, c.treated)
	target, kept := 0., 0.
	for i, w := range weight {
		if c.treated[i] && w > 0 {
			f.n++
		}
		switch e := m.estimand(); {
		case e == matching.ATT && !c.treated[i], e == matching.ATC && c.treated[i]:
			continue
		}
		target += c.weight[i]
		if w > 0 {
			kept += c.weight[i]
		}
	}
	f.kept = kept / target
	f.pt = c.countPersons(func(i int) bool { return c.treated[i] && weight[i] > 0 })
	f.pc = c.countPersons(func(i int) bool { return !c.treated[i] && weight[i] > 0 })
	if f.n < minTreated || f.pc == 0 {
		return nil, estimate.NoOverlap, nil
	}
	return f, "", nil
}

func (f *designFit) reason() estimate.Reason                                { return "" }
func (f *designFit) outcome(*cell, *runner, *outcome.Definition) outcomeFit { return f }
func (f *designFit) balanceWeights() []float64                              { return f.weight }
func (f *designFit) weights() []float64                                     { return f.weight }

func (f *designFit) used() []bool {
	out := make([]bool, len(f.weight))
	for i, w := range f.weight {
		out[i] = w > 0
	}
	return out
}

func (f *designFit) effect(y []float64) results.Estimate { return f.joint(y, nil) }

func (f *designFit) joint(y, psi []float64) results.Estimate {
	return f.c.summed(f.level, f.weight, psi, func(psi []float64) (results.Estimate, float64) {
		e := f.effects(y, psi)
		return fromEffect(e, f.level, f.n, f.pt, f.pc, f.ess), e.SetTerm
	})
}

// known is the influence of each person with the weights taken as known, beside an estimate whose error is another: of pairs
// its squares are V(person) without V(pair) − V(row), of cells they lack the factor of HC3. Bands take correlations from it
// and errors from the estimate.
func known(c *cell, weight []float64, on func(y []float64) matching.Effect) effects {
	rows := carrying(weight)
	return func(y, psi []float64) matching.Effect {
		if psi != nil {
			weightedInfluence(y, weight, c.treated, c.unit, rows, psi)
		}
		return on(y)
	}
}

// byPerson sums influence by row over the persons of a cell.
func byPerson(rows []float64, person []int32, psi []float64) {
	clear(psi)
	for i, v := range rows {
		psi[person[i]] += v
	}
}

// estimand is whose mean effect the figures are: renamed where over 5 % of those it is about were dropped. The overlap
// population and that of matching weights are what they are.
func (f *designFit) estimand() string {
	e := f.method.estimand()
	name := e.String()
	if e == matching.ATO || e == matching.ATM || f.kept >= keptShare {
		return name
	}
	if f.method.Name == ipw {
		return name + "_trimmed"
	}
	return name + "_matched"
}

// startWeights are the weights of the starts kept, where the estimand does not count them alike; nil where it does.
func (f *designFit) startWeights() []float64 {
	if e := f.method.estimand(); e == matching.ATT || e == matching.ATC {
		return nil
	}
	var out []float64
	for i, w := range f.weight {
		if f.c.treated[i] && w > 0 {
			out = append(out, w)
		}
	}
	return out
}

func (f *designFit) diagnostics() []results.Diagnostic {
	return append(append(f.notes, f.c.droppedDiagnostics(f.weight, f.limit)...),
		results.Diagnostic{Name: "share_kept", Value: f.kept, Text: f.keptInWords()},
		results.Diagnostic{Name: "no_counterpart", Value: float64(f.c.noCounterpart), Text: "comparison rows with a value or in a stratum that no treated row has"},
		results.Diagnostic{Name: "ess_comparison", Value: f.ess})
}

// keptInWords names the estimand, and says so when too many were dropped.
func (f *designFit) keptInWords() string {
	if e := f.estimand(); e != f.method.estimand().String() {
		return f.method.estimand().String() + " among those kept: under 95 % of the rows it is about were"
	}
	return f.method.estimand().String()
}

// largestShare is the share of the comparison's weight that its heaviest row has.
func largestShare(c *cell, weight []float64) float64 {
	largest, total := 0., 0.
	for i, w := range weight {
		if !c.treated[i] {
			largest = max(largest, w)
			total += w
		}
	}
	return largest / total
}
