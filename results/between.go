package results

import (
	"fmt"
	"math"
	"strings"
)

// Between tries what two runs give away together that neither does alone, and returns a sentence for each find. The same figure
// (tiltak, group, outcome, method, month, estimand) may stand in both, over starts that differ: another window, another
// washout, newer data.
//
// It tries: the same starts rounded in one run and not, or otherwise, in the other, after which it tries nothing else; numbers of starts, analysed or in the register, that differ by fewer than minCell, so that the difference of the two
// figures is about those few; where one run's starts may lie inside the other's (in no month has it more starts, or more with
// or without the outcome) the same for those with the outcome and without it; and a figure that one run hides and the other
// shows over the same starts, which its sums then give away; covariates and years of costs in the same way; and, where nothing speaks against
// the starts of a tiltak being the same, all that Attack tries on the tables of both runs put together, and groups of the one that may lie
// inside groups of the other. Starts are counted as in Attack. minCell is the larger of the
// runs' limits.
func Between(a, b *Tables, minCell int) []string {
	if minCell < 2 {
		return nil
	}
	x := &attacker{min: minCell}
	if a.Round != b.Round {
		x.roundedOnce(a, b)
		return x.found
	}
	rows := [2]map[string]*Estimate{}
	for k, t := range []*Tables{a, b} {
		rows[k] = map[string]*Estimate{}
		for _, e := range counted(t.Estimates) {
			if t.Round > 0 { // what a rounded share makes of a rounded count is no count
				e.OnesTreated, e.ZerosTreated = -1, -1
			}
			rows[k][join(seriesKey(&e), e.Group, monthOf(&e), e.Window)] = &e
		}
	}
	type pair struct{ a, b *Estimate }
	series := map[string][]pair{} // of both runs, by what they are but for the month
	same := map[string]bool{}     // by tiltak: every group that both show has the same starts
	var order []string
	for i := range a.Estimates {
		e := &a.Estimates[i]
		key := join(seriesKey(e), e.Group, monthOf(e), e.Window)
		p := pair{rows[0][key], rows[1][key]}
		if p.b == nil {
			continue
		}
		s := join(seriesKey(e), e.Group)
		if series[s] == nil {
			order = append(order, s)
		}
		series[s] = append(series[s], p)
		if p.a.NStarts >= 0 && p.b.NStarts >= 0 {
			if was, seen := same[e.Tiltak]; !seen || was {
				same[e.Tiltak] = p.a.NStarts == p.b.NStarts
			}
		}
	}
	for _, s := range order {
		list := series[s]
		inside := [2]bool{true, true} // a in b, b in a
		for _, p := range list {
			if p.a.NStarts < 0 || p.b.NStarts < 0 {
				continue
			}
			for _, d := range [][2]int{{p.a.NStarts, p.b.NStarts}, {p.a.OnesTreated, p.b.OnesTreated}, {p.a.ZerosTreated, p.b.ZerosTreated}} {
				if d[0] >= 0 && d[1] >= 0 {
					inside[0], inside[1] = inside[0] && d[0] <= d[1], inside[1] && d[0] >= d[1]
				}
			}
		}
		said := false
		for _, p := range list {
			shown := [2]bool{!math.IsNaN(p.a.Estimate), !math.IsNaN(p.b.Estimate)}
			switch d := p.a.NStarts - p.b.NStarts; {
			case said:
			case p.a.NStarts >= 0 && p.b.NStarts >= 0 && x.few(max(d, -d)):
				said = true
				x.hit("%s: the runs differ by %d starts", nameOf(p.a), max(d, -d))
			case d != 0 && (inside[0] || inside[1]) && shown[0] && shown[1] && p.a.OnesTreated >= 0 && p.b.OnesTreated >= 0:
				ones, zeros := p.a.OnesTreated-p.b.OnesTreated, p.a.ZerosTreated-p.b.ZerosTreated
				if max(ones, -ones) < minCell || max(zeros, -zeros) < minCell {
					said = true
					x.hit("%s: of the %d starts by which the runs differ %d have the outcome", nameOf(p.a), max(d, -d), max(ones, -ones))
				}
			case same[p.a.Tiltak] && shown[0] != shown[1] && (p.a.Reason == suppressed || p.b.Reason == suppressed):
				said = true
				x.hit("%s: hidden in one run and shown in the other, over the same starts", nameOf(p.a))
			}
		}
	}
	x.covariatesBetween(a, b)
	x.costsBetween(a.Costs, b.Costs)
	x.merged(a, b)
	flow := map[string]*Flow{}
	key := func(f *Flow) string { return join(f.Tiltak, f.Group, f.Table, f.Rule) }
	for i := range b.Flow {
		if f := &b.Flow[i]; f.Action == "start" || f.Action == "analysed" {
			flow[key(f)] = f
		}
	}
	for i := range a.Flow {
		f := &a.Flow[i]
		o := flow[key(f)]
		if o == nil || f.Rows < 0 || o.Rows < 0 || f.Action != o.Action {
			continue
		}
		if d := f.Rows - o.Rows; x.few(max(d, -d)) {
			x.hit("flow: %s, %s, %s: the runs differ by %d starts", f.Tiltak, f.Group, f.Rule, max(d, -d))
		}
	}
	return x.found
}

// TogetherRevealed is the error (status 4) of what Between found of two runs, nil where it found nothing.
func TogetherRevealed(found []string, first, second string) error {
	if len(found) == 0 {
		return nil
	}
	e := Revealed(found)
	e.Message = fmt.Sprintf("%s and %s must not both leave the zone: %s; let one of them out, or run both with the same starts",
		first, second, strings.TrimSuffix(strings.TrimPrefix(e.Message, oneRun), oneRunRemedy))
	return e
}
