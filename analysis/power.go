package analysis

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/matching"
)

// Detectable is the smallest effect that a study would find with a given power, for one figure.
type Detectable struct {
	Tiltak, Group, Outcome, Method string
	Month                          int
	SD                             float64 // of the outcome, over both arms together
	StdError                       float64 // expected
	MDE                            float64 // at the level of the study
	MDEFamily                      float64 // with the level shared by the figures of the family (Bonferroni)
	Reason                         estimate.Reason
}

// PowerOptions are what is asked of Power; months nil means that of the family, or 24 and at most the horizon where it runs over months.
type PowerOptions struct {
	Power  float64
	Months []int
}

// Power gives minimum detectable effects without reading an outcome by arm. With the weights a method gives the rows
// (they rest on covariates alone), a_i = ±w_i/Σw of its arm, and s² the variance of the outcome and ρ the correlation of
// rows of one person, both over the arms together,
//
//	V = s²·[(1 − ρ)·Σ_i a_i² + ρ·Σ_p (Σ_{i∈p} a_i)²],   MDE = (z_{1−α/2} + z_{power})·√V   (Bloom 1995).
//
// ρ is taken as 1: rows of a person overlap in time. What covariates explain of the outcome is not taken off, so that V
// is too large for methods that balance them. With `later_entry: censor` the w_i are multiplied by the weights of staying. Under
// difference-in-differences the outcome is the change from its base and the weights those before balancing.
func Power(ctx context.Context, s *Study, o Options, p PowerOptions) ([]Detectable, error) {
	d, err := s.power(ctx, o, p)
	return d, s.given.locate(err)
}

func (s *Study) power(ctx context.Context, o Options, p PowerOptions) ([]Detectable, error) {
	reg, cat, err := s.Register(ctx, o)
	if err != nil {
		return nil, err
	}
	if s.Inference.Cluster != "" {
		return nil, fault.Usagef("not_served", "`inference.cluster: %s` does not go with `evaluate power`, which takes the rows of different persons as independent; leave the key out, or use `evaluate experiment --plan` with `--icc`", s.Inference.Cluster)
	}
	return (&runner{study: s, reg: reg, cat: cat, opt: o}).power(ctx, p)
}

// power draws the trials and gives the effects that can be found on them.
func (r *runner) power(ctx context.Context, p PowerOptions) ([]Detectable, error) {
	s := r.study
	design, err := r.compile()
	if err != nil {
		return nil, err
	}
	design.Workers = r.opt.Workers
	if r.trials, err = cohort.Build(ctx, r.reg, design); err != nil {
		return nil, err
	}
	if err := somebody(r.trials.Flow); err != nil {
		return nil, err
	}
	if err := r.checkDrawn(); err != nil {
		return nil, err
	}
	r.pool()
	if p.Months == nil {
		p.Months = []int{min(24, s.Horizon)}
		if m := s.Inference.Family.Month; m > 0 {
			p.Months[0] = m
		}
	}
	for _, h := range p.Months {
		if h < 1 || h > s.Horizon {
			return nil, fault.Usagef("bad_flag", "`--months` names %d, which is not between 1 and the horizon %d", h, s.Horizon)
		}
	}
	groups := len(r.trials.Groups)
	parts := make([][]Detectable, len(r.trials.Tiltak)*groups)
	var cells [][2]int
	for k := range r.trials.Tiltak {
		for g := range groups {
			cells = append(cells, [2]int{k, g})
		}
	}
	if err := r.eachCell(ctx, cells, func(k, g int) error {
		var err error
		parts[k*groups+g], err = r.cellPower(k, g, p)
		return err
	}); err != nil {
		return nil, err
	}
	var members []Detectable
	for _, part := range parts {
		members = append(members, part...)
	}
	size := s.familySizes(members)
	z := distuv.UnitNormal
	for i := range members {
		d := &members[i]
		alpha := 1 - s.Inference.Level
		d.MDE = (z.Quantile(1-alpha/2) + z.Quantile(p.Power)) * d.StdError
		d.MDEFamily = (z.Quantile(1-alpha/2/size(d)) + z.Quantile(p.Power)) * d.StdError
	}
	return members, nil
}

// familySizes is how many figures the family of one has, or would have if its month, outcome and method were those of the family: the tiltak and groups that it
// runs over in which something can be estimated, times the outcomes, methods and months that it runs over.
func (s *Study) familySizes(members []Detectable) func(d *Detectable) float64 {
	type cell struct{ tiltak, group string }
	estimable := map[cell]bool{}
	for _, d := range members {
		estimable[cell{d.Tiltak, d.Group}] = estimable[cell{d.Tiltak, d.Group}] || d.Reason == ""
	}
	f, times := s.Inference.Family, 1
	for key, n := range map[string]int{"outcome": len(s.Outcomes), "method": len(s.Methods), "month": s.Horizon} {
		if f.runsOver(key) {
			times *= n
		}
	}
	return func(d *Detectable) float64 {
		if s.Inference.Multiplicity == noCorrection {
			return 1
		}
		n := 0
		for c, ok := range estimable {
			if ok && (f.runsOver("tiltak") || c.tiltak == d.Tiltak) && (f.runsOver("group") || c.group == d.Group) {
				n++
			}
		}
		return float64(max(1, n*times))
	}
}

// cellPower is the expected standard errors of one tiltak × group.
func (r *runner) cellPower(k, g int, p PowerOptions) ([]Detectable, error) {
	trial := &r.trials.Tiltak[k]
	group := r.trials.Groups[g].ID
	c := newCell(r.trials, trial, g, *r.study.Seed, r.places)
	c.pooled = r.pooled[trial]
	reason := r.tooFew(c)
	nan := math.NaN()
	var out []Detectable
	for _, m := range r.study.Methods {
		why := reason
		weight := c.weight
		if why == "" {
			weight = c.designWeights(matching.ATT)
			if m.Name != didMethod {
				f, because, err := r.fit(c, m)
				if err != nil {
					return nil, fmt.Errorf("%s × %s, %s: %w", trial.Tiltak, group, m.ID, err)
				}
				if why = because; why == "" && f.reason() == "" && f.balanceWeights() != nil {
					weight = f.balanceWeights()
				}
			}
		}
		for o, def := range r.outcomes {
			var y [][]float64
			var base []float64
			if why == "" {
				y = c.follow(def, r.reg, &r.trials.Rows, r.study.Horizon)
				if before, ok := r.before[def]; ok && m.Name == didMethod {
					base = c.base(before, r.reg, &r.trials.Rows, baseTo)
				}
			}
			for _, h := range p.Months {
				d := Detectable{Tiltak: trial.Tiltak, Group: group, Outcome: r.study.Outcomes[o].ID, Method: m.ID, Month: h, SD: nan, StdError: nan, MDE: nan, MDEFamily: nan, Reason: why}
				switch {
				case why != "":
				case h < def.FirstMonth() || m.Name == didMethod && base == nil:
					d.Reason = estimate.NotDefined
				default:
					v := y[h-1]
					if base != nil {
						v = make([]float64, len(base))
						for i := range v {
							v[i] = y[h-1][i] - base[i]
						}
					}
					w := weight
					if r.trials.Censoring != nil { // who stays stands for who left
						w = times(weight, c.stay(r, def.MinFollowUp(h)))
					}
					d.SD, d.StdError = expectedError(v, w, c.treated, c.person, c.persons)
					if math.IsNaN(d.StdError) {
						d.Reason = estimate.NotDefined
					}
				}
				out = append(out, d)
			}
		}
	}
	return out, nil
}

// expectedError is s and √V of Power. Rows whose outcome is not known count in neither.
func expectedError(y, weight []float64, treated []bool, person []int32, persons int) (sd, se float64) {
	var total [2]float64
	for i, v := range y {
		if v == v {
			total[armOf(treated[i])] += weight[i]
		}
	}
	if total[0] <= 0 || total[1] <= 0 {
		return math.NaN(), math.NaN()
	}
	// The arms together, each with weight one half: the mean and variance say nothing of either.
	sum, squares := 0., 0.
	by := make([]float64, persons)
	for i, v := range y {
		if v != v {
			continue
		}
		arm := armOf(treated[i])
		w := weight[i] / total[arm]
		sum += w / 2 * v
		squares += w / 2 * v * v
		if arm == 0 {
			w = -w
		}
		by[person[i]] += w
	}
	variance := math.Max(0, squares-sum*sum)
	a := 0.
	for _, v := range by {
		a += v * v
	}
	return math.Sqrt(variance), math.Sqrt(variance * a)
}
