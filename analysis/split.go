package analysis

import (
	"context"
	"math"
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// splitFactors are the factors of a split, in the order of the bits of a combination: bit set means as in study B.
var splitFactors = []Factor{BySample, ByDefinition, ByMethod}

// SplitCombination is the primary figure of a cell with each choice taken from one of two studies.
type SplitCombination struct {
	Sample, Definition, Method string // A or B
	results.Estimate

	// The starts behind the figure, as indices into Register.Participations, and the definition, for whoever holds the truth
	// of a simulated register.
	Analysed []int32
	Outcome  *outcome.Definition
}

// SplitRow is why two studies differ on one tiltak and target group.
type SplitRow struct {
	Tiltak         string
	GroupA, GroupB string // the same, where the studies name the same groups
	Combinations   []SplitCombination
	Parts          []synthesis.Part // sample, definition, method, and the whole difference B − A; nil where Reason is set
	Correlation    float64          // of the errors of the two studies' own figures, from the persons they share
	Reason         string
}

// Split runs method A on sample B and so on, every combination of the samples, definitions and methods of two studies on
// one register, for the primary figure of each tiltak × group that both have, and divides the difference B − A among the
// three by Shapley's rule, with errors from the influence of each person over all combinations (synthesis.Split).
//
// Sample is everything that decides who is compared with whom, from when: population, groups, comparison, time zero,
// horizon, and the follow-up that all outcomes of the study together ask for. Definition is the outcome of the family, its month, and
// what exits do to it; method is the family's method with the covariates and for whom the score is fitted. The first combination is the
// figure of study A itself, the last that of B. Where the studies share no group and have one each, these are compared, and belong to the sample.
//
// The studies must read the same data in the same way (cut, as_of, rules). A definition that needs longer follow-up than the sample's
// horizon is refused. Where a combination has no estimate the row says so.
func Split(ctx context.Context, a, b *Study, reg *register.Register, cat *catalog.Catalog, opt Options) ([]SplitRow, error) {
	if err := sameReading(a, b); err != nil {
		return nil, err
	}
	pairs, err := groupPairs(a, b)
	if err != nil {
		return nil, err
	}
	if x, y := a.outcomeOf(a.Inference.Family.Outcome), b.outcomeOf(b.Inference.Family.Outcome); (x.Kind == outcome.Earnings) != (y.Kind == outcome.Earnings) {
		return nil, fault.Usagef("other_unit", "`%s` is measured in kroner and `%s` is a share (`inference.family.outcome`): their difference is no number; let both studies stand for outcomes of one unit", map[bool]string{true: x.ID, false: y.ID}[x.Kind == outcome.Earnings], map[bool]string{true: y.ID, false: x.ID}[x.Kind == outcome.Earnings])
	}
	if a.Inference.Cluster != b.Inference.Cluster {
		return nil, fault.Usagef("not_served", "the studies sum errors by different things (`inference.cluster`), and a split needs one error for all combinations; give both the same")
	}
	cat = withRates(reg, cat)
	studies := [2]*Study{a, b}
	type run struct {
		rows    []results.Estimate
		joint   influences
		cells   []CellStarts
		outcome *outcome.Definition
	}
	runs := make([]run, 1<<len(splitFactors))
	trials := map[int]*cohort.Trials{} // by sample and definition, with the covariates of one method
	for s := range runs {
		sample, definition, method := studies[s&1], studies[s>>1&1], studies[s>>2&1]
		hybrid, err := hybridOf(sample, definition, method)
		if err != nil {
			return nil, err
		}
		opt.progress(float64(s), float64(len(runs)), "combinations")
		quiet := opt
		quiet.Progress = nil
		r := &runner{study: hybrid, reg: reg, cat: cat, opt: quiet, figuresOnly: true}
		design, err := r.compile()
		if err != nil {
			return nil, err
		}
		design.Workers, design.FollowUp = opt.Workers, max(design.FollowUp, sample.followUp())
		if s == len(runs)/2 && !slices.Equal(a.Covariates, b.Covariates) {
			clear(trials)
		}
		if r.trials = trials[s&3]; r.trials == nil {
			if r.trials, err = cohort.Build(ctx, reg, design); err != nil {
				return nil, err
			}
			trials[s&3] = r.trials
		}
		var out Result
		if err := r.estimates(ctx, &out); err != nil {
			return nil, err
		}
		runs[s] = run{out.Tables.Estimates, out.joint, out.Cells, r.outcomes[0]}
	}
	persons := max(reg.Persons.N, len(reg.Persons.Offices)+1, len(reg.Persons.Counties)+1) // or what errors are summed by
	var rows []SplitRow
	for _, tiltak := range tiltakOf(trials[0], trials[1]) {
		for _, pair := range pairs {
			row := SplitRow{Tiltak: tiltak, GroupA: pair[0], GroupB: pair[1], Correlation: math.NaN()}
			value := make([]float64, len(runs))
			influence := make([][]float64, len(runs))
			for s, x := range runs {
				month := studies[s>>1&1].Inference.Family.Month
				at := slices.IndexFunc(x.rows, func(e results.Estimate) bool {
					return e.Tiltak == tiltak && e.Group == pair[s&1] && e.Month != nil && *e.Month == month
				})
				if at < 0 {
					row.Reason = string(estimate.NoComparison)
					break
				}
				e := x.rows[at]
				c := SplitCombination{letter(s & 1), letter(s >> 1 & 1), letter(s >> 2 & 1), e, nil, x.outcome}
				if k := slices.IndexFunc(x.cells, func(c CellStarts) bool { return c.Tiltak == e.Tiltak && c.Group == e.Group }); k >= 0 {
					c.Analysed = x.cells[k].Analysed
				}
				row.Combinations = append(row.Combinations, c)
				value[s] = e.Estimate
				if e.Reason != "" && row.Reason == "" {
					row.Reason = string(e.Reason)
				}
				for _, in := range x.joint {
					if in.Row == at {
						influence[s] = in.dense(persons, e.StdError)
					}
				}
				if influence[s] == nil && row.Reason == "" {
					row.Reason = "no_influence"
				}
			}
			if row.Reason == "" {
				if row.Parts, err = synthesis.Split(value, influence, a.Inference.Level); err != nil {
					return nil, err
				}
				row.Correlation = correlation(influence[0], influence[len(runs)-1])
			}
			rows = append(rows, row)
		}
	}
	hideSplit(rows, reg, max(*a.Disclosure.MinCell, *b.Disclosure.MinCell))
	return rows, nil
}

// hideSplit is disclosure control of a split. A cell is hidden whole where one of its combinations rests on too few persons, or
// where the two samples differ by so few that what they share gives those away: each combination is a rival of the others.
func hideSplit(rows []SplitRow, reg *register.Register, minCell int) {
	for i := range rows {
		row := &rows[i]
		hidden := len(row.Combinations) > 1 && fewApart(reg, row.Combinations[0].Analysed, row.Combinations[1].Analysed, minCell)
		for _, c := range row.Combinations {
			t := results.Tables{Estimates: []results.Estimate{c.Estimate}}
			results.Suppress(&t, minCell)
			hidden = hidden || t.Estimates[0].Reason == estimate.Suppressed
		}
		if hidden {
			row.Parts, row.Combinations, row.Correlation, row.Reason = nil, nil, math.NaN(), string(estimate.Suppressed)
		}
	}
}

// fewApart tells whether one sample has persons that the other lacks, and fewer than the limit.
func fewApart(reg *register.Register, a, b []int32, limit int) bool {
	persons := func(starts []int32) map[int32]bool {
		set := map[int32]bool{}
		for _, s := range starts {
			set[reg.Participations[s].Person] = true
		}
		return set
	}
	x, y := persons(a), persons(b)
	only := func(x, y map[int32]bool) (n int) {
		for p := range x {
			if !y[p] {
				n++
			}
		}
		return n
	}
	for _, n := range []int{only(x, y), only(y, x)} {
		if n > 0 && n < limit {
			return true
		}
	}
	return false
}

func letter(bit int) string { return string(rune('A' + bit)) }

// dense is the influence of every person of the register on the scale of the estimate.
func (in *influence) dense(persons int, scale float64) []float64 {
	psi := make([]float64, persons)
	for i, p := range in.Person {
		psi[p] = float64(in.Psi[i]) * scale
	}
	return psi
}

func correlation(x, y []float64) float64 {
	var xx, yy, xy float64
	for i := range x {
		xx += x[i] * x[i]
		yy += y[i] * y[i]
		xy += x[i] * y[i]
	}
	return xy / math.Sqrt(xx*yy)
}

// hybridOf is the study with the sample of one, the definition of another and the method of a third, cut down to the
// primary figure.
func hybridOf(sample, definition, method *Study) (*Study, error) {
	s := *sample
	family := *definition.Inference.Family
	spec := slices.IndexFunc(definition.Outcomes, func(o outcome.Spec) bool { return o.ID == family.Outcome })
	how := slices.IndexFunc(method.Methods, func(m Method) bool { return m.ID == method.Inference.Family.Method })
	if spec < 0 || how < 0 || family.Month == 0 {
		return nil, fault.Usagef("bad_study", "`inference.family` must fix outcome, month and method for a split: the difference of one figure is divided")
	}
	if family.Month > sample.Horizon {
		return nil, fault.Usagef("bad_study", "study `%s` looks at month %d, and the horizon of study `%s` is %d: give them horizons that both reach", definition.Study, family.Month, sample.Study, sample.Horizon)
	}
	s.Outcomes = []outcome.Spec{definition.Outcomes[spec]}
	s.Exits.Death, s.Exits.Emigration = definition.Exits.Death, definition.Exits.Emigration
	s.Cost.PriceYear = definition.Cost.PriceYear
	s.Methods = []Method{method.Methods[how]}
	s.Covariates, s.Score = method.Covariates, method.Score
	s.Windows = nil
	s.OnlyMonths = []int{family.Month}
	family.Method, family.Over = s.Methods[0].ID, nil
	s.Inference.Family = &family
	s.Inference.Multiplicity = simultaneous // asks for the influence of each person
	return &s, nil
}

// sameReading refuses studies that do not read the same data in the same way: a difference by data cannot be told from
// one by sample on one register.
func sameReading(a, b *Study) error {
	x, err := results.Canonical(a.Data)
	if err != nil {
		return err
	}
	y, err := results.Canonical(b.Data)
	if err != nil {
		return err
	}
	if keys := differingKeys(x, y); len(keys) > 0 {
		return fault.Usagef("other_data", "the studies read their data differently (`data.%s`): a difference is split on one register, read once; give them the same `data`", keys[0])
	}
	return nil
}

// groupPairs are the groups that are compared: those that both studies have, or the only one of each.
func groupPairs(a, b *Study) ([][2]string, error) {
	var pairs [][2]string
	of, others := a.groupIDs(), b.groupIDs()
	for _, g := range of {
		if slices.Contains(others, g) {
			pairs = append(pairs, [2]string{g, g})
		}
	}
	if pairs == nil && len(of) == 1 && len(others) == 1 {
		pairs = [][2]string{{of[0], others[0]}}
	}
	if pairs == nil {
		return nil, fault.Usagef("no_common_group", "the studies have no target group in common; give each the group that is to be compared, or one group each")
	}
	return pairs, nil
}

// tiltakOf are the tiltak that both trials have, in the order of the first.
func tiltakOf(a, b *cohort.Trials) []string {
	var out []string
	for _, t := range a.Tiltak {
		if slices.ContainsFunc(b.Tiltak, func(u cohort.Trial) bool { return u.Tiltak == t.Tiltak }) {
			out = append(out, t.Tiltak)
		}
	}
	return out
}
