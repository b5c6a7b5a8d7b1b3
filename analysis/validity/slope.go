package validity

import (
	"context"
	"fmt"
	"math"
	"strings"

	"tiltakseffekt/analysis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate/truth"
)

// SlopeScenario is the scenario with local unemployment (omrade_maaned), in which effects follow it.
const SlopeScenario = "heterogeneous"

// slopesOf is one for Options.Slope: the slope of the effect in local unemployment, a percentage point, beside the least-squares slope of the
// true effects of the starts analysed (truth), and of those that the method kept (truthUsed).
func slopesOf(ctx context.Context, opt Options, i int) ([]trialOf, error) {
	reg, sim, err := simulated(ctx, opt, opt.Scenario, i, true)
	if err != nil {
		return nil, err
	}
	s, err := analysis.Parse(fmt.Appendf(nil, "%shorizon: %d\ncomparison: {later_entry: %s}\nmethods: [%s]\nplacebo: off\ninference: {family: {outcome: arbeid, month: %d, method: %s, over: [tiltak, group]}}\n"+
		"heterogeneity: {by: [ledighet], outcomes: [arbeid, stabilt_arbeid, lonn], methods: [%s], months: [%d]}\n",
		study, opt.Month, opt.LaterEntry, methodsOf(opt.Methods), opt.Month, opt.Methods[0], strings.Join(opt.Methods, ", "), opt.Month))
	if err != nil {
		return nil, err
	}
	s.IgnoreStart, s.OnlyMonths = opt.IgnoreStartDay, []int{opt.Month}
	out, err := analysis.Estimate(ctx, s, reg, catalog.Default(), analysis.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	known, err := truth.New(reg, sim.Paths)
	if err != nil {
		return nil, err
	}
	var trials []trialOf
	for _, c := range out.Cells {
		t := trialOf{method: c.Method, tiltak: c.Tiltak, outcome: c.Outcome, register: i, estimate: math.NaN()}
		for _, h := range out.Tables.Heterogeneity {
			if h.Measure == "slope" && h.Tiltak == c.Tiltak && h.Method == c.Method && h.Outcome == c.Outcome {
				t.estimate, t.stdError, t.low, t.high = h.Estimate, h.StdError, h.ConfLow, h.ConfHigh
			}
		}
		for _, k := range []struct {
			starts []int32
			weight []float64
			to     *float64
		}{{c.Analysed, nil, &t.truth}, {c.Used, c.Weight, &t.truthUsed}} {
			for o := range s.Outcomes {
				if s.Outcomes[o].ID != c.Outcome {
					continue
				}
				if *k.to, err = trueSlope(reg, func(start int32) (float64, error) {
					effects, err := known.Effects(out.Outcomes[o], []int32{start}, reference(opt.LaterEntry), opt.Month)
					if err != nil {
						return 0, err
					}
					return effects[opt.Month-1], nil
				}, k.starts, k.weight); err != nil {
					return nil, err
				}
			}
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// trueSlope is the least-squares slope of the effects of starts in the unemployment where and when they began, the month before.
func trueSlope(reg *register.Register, effect func(int32) (float64, error), starts []int32, weight []float64) (float64, error) {
	var n, u1, e1, uu, ue float64
	for k, start := range starts {
		p := &reg.Participations[start]
		u := reg.LocalUnemployment(p.Person, p.Start.Month()-1)
		e, err := effect(start)
		if err != nil {
			return 0, err
		}
		if math.IsNaN(u) || math.IsNaN(e) {
			continue
		}
		w := 1.
		if weight != nil {
			w = weight[k]
		}
		n += w
		u1 += w * u
		e1 += w * e
		uu += w * u * u
		ue += w * u * e
	}
	return (ue - u1*e1/n) / (uu - u1*u1/n), nil
}
