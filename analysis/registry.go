package analysis

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/estimate"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/analysis/synthesis"
	"tiltakseffekt/internal/random"
	"tiltakseffekt/results"
)

// registryFactors are what a registry chooses among, in the order of specification.choice.
var registryFactors = []string{"sample", "definition", "covariates", "month", "method"}

// curveDraws is the number of draws of the joint tests of a specification curve.
const curveDraws = 4999

// specification is one figure of a registry.
type specification struct {
	choice []int
	results.Estimate
	joint *influence // nil where there is no figure
}

// registry runs every specification of the study's registry, tiltak by tiltak, and adds the rivals to the estimates (role
// robustness) and what they say together to the table robustness.
func (r *runner) registry(ctx context.Context, out *Result) error {
	rob := r.study.Robustness
	if rob == nil {
		return nil
	}
	samples, sets := 1+len(rob.Samples), 1+len(rob.Covariates)
	for k := range r.trials.Tiltak {
		code := r.trials.Tiltak[k].Tiltak
		groups := make([][]specification, len(r.trials.Groups))
		for sample := range samples {
			for set := range sets {
				r.opt.progress(float64((k*samples+sample)*sets+set), float64(len(r.trials.Tiltak)*samples*sets), "robustness")
				found, err := resumed(r.tasks, fmt.Sprintf("registry %s %d %d", code, sample, set), func() (rivals, error) { return r.rivalRows(ctx, code, sample, set) })
				if err != nil {
					return fmt.Errorf("robustness of %s: %w", code, err)
				}
				rows, joint := found.Rows, found.Joint
				for i := range rows {
					if s, ok := r.specify(rows[i], sample, set); ok {
						for j := range joint {
							if joint[j].Row == i {
								s.joint = &joint[j]
							}
						}
						g := slices.IndexFunc(r.trials.Groups, func(g cohort.Group) bool { return g.ID == s.Group })
						groups[g] = append(groups[g], s)
						if s.Role == "robustness" {
							out.Tables.Estimates = append(out.Tables.Estimates, s.Estimate)
						}
					}
				}
			}
		}
		for g, specs := range groups {
			row, err := r.curve(code, r.trials.Groups[g].ID, specs)
			if err != nil {
				return err
			}
			out.Tables.Robustness = append(out.Tables.Robustness, row)
		}
	}
	return nil
}

// rivals are the figures of one tiltak under a rival sample and covariate set, with the influence behind them.
type rivals struct {
	Rows  []results.Estimate
	Joint influences
}

// rivalRows estimates one tiltak on a rival sample with a rival covariate set: every definition, month and method.
//
// Starts are followed as long as the study's own are, whichever of its outcomes asks for it, so that a rival that leaves the sample as it is has the
// sample of the study; a definition that looks further ahead has the starts that can be followed so far.
func (r *runner) rivalRows(ctx context.Context, code string, sample, set int) (found rivals, err error) {
	v, err := r.study.rival(sample, set)
	if err != nil {
		return found, err
	}
	definitions := map[int][]outcome.Spec{} // by how long they follow
	for _, spec := range v.Outcomes {
		months := max(r.trials.Design.FollowUp, spec.MinFollowUp(v.Horizon))
		definitions[months] = append(definitions[months], spec)
	}
	for _, months := range slices.Sorted(maps.Keys(definitions)) {
		own := *v
		own.Outcomes = definitions[months]
		more, err := r.rivalRun(ctx, &own, code, months)
		if err != nil {
			return found, err
		}
		found.Joint = found.Joint.add(more.Joint, len(found.Rows))
		found.Rows = append(found.Rows, more.Rows...)
	}
	return found, nil
}

// rivalRun estimates one tiltak of a rival study whose starts are followed for some months.
func (r *runner) rivalRun(ctx context.Context, v *Study, code string, followUp int) (found rivals, err error) {
	quiet := r.opt
	quiet.Progress = nil
	q := &runner{study: v, reg: r.reg, cat: r.cat, opt: quiet, figuresOnly: true}
	design, err := q.compile()
	if err != nil {
		return found, err
	}
	design.Workers, design.FollowUp = r.opt.Workers, followUp
	if !design.Censor { // with it the chances of later starts are those of the comparison rows of all tiltak
		design.Tiltak = []string{code}
		design.Combinations = slices.DeleteFunc(slices.Clone(design.Combinations), func(c cohort.Combination) bool { return c.ID != code })
	}
	if q.trials, err = cohort.Build(ctx, r.reg, design); err != nil {
		return found, err
	}
	q.trials.Tiltak = slices.DeleteFunc(q.trials.Tiltak, func(t cohort.Trial) bool { return t.Tiltak != code })
	var res Result
	if err := q.estimates(ctx, &res); err != nil {
		return found, err
	}
	return rivals{res.Tables.Estimates, res.joint}, nil
}

// specify names a figure by its choices; ok is false for a row that is no figure of the registry, such as another month.
func (r *runner) specify(e results.Estimate, sample, set int) (s specification, ok bool) {
	f, rob := r.study.Inference.Family, r.study.Robustness
	if e.Month == nil || e.Window != "" || e.Role != "primary" || e.Definition != mainChoice {
		return s, false
	}
	month := 0
	if *e.Month != f.Month {
		if month = 1 + slices.Index(rob.Months, *e.Month); month == 0 {
			return s, false
		}
	}
	definition, own := 0, false
	for i, o := range rob.Outcomes {
		if o.ID == e.Outcome {
			definition = i + 1
		}
	}
	method := slices.IndexFunc(r.study.Methods, func(m Method) bool { return m.ID == e.Method })
	if own = method >= 0; !own {
		method = len(r.study.Methods) + slices.IndexFunc(rob.Methods, func(m Method) bool { return m.ID == e.Method })
	}
	if sample > 0 {
		e.Sample = rob.Samples[sample-1].ID
	}
	if definition > 0 {
		e.Definition = rob.Outcomes[definition-1].ID
	}
	if set > 0 {
		e.CovariateSet = rob.Covariates[set-1].ID
	}
	e.Outcome = f.Outcome
	e.BandLow, e.BandHigh, e.PAdjusted, e.FamilyLow, e.FamilyHigh, e.Family = math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), ""
	if !own || sample > 0 || definition > 0 || set > 0 {
		e.Role = "robustness"
	}
	return specification{[]int{sample, definition, set, month, method}, e, nil}, true
}

// curve is what the specifications of a cell say together.
func (r *runner) curve(tiltak, group string, specs []specification) (results.Robustness, error) {
	f := r.study.Inference.Family
	nan := math.NaN()
	row := results.Robustness{Tiltak: tiltak, Group: group, Outcome: f.Outcome, Month: f.Month, NSpecifications: len(specs),
		Median: nan, Low: nan, High: nan, ShareSameSign: nan, ShareSignificant: nan, PMedian: nan, PSignificant: nan, PMax: nan,
		VarianceSample: nan, VarianceDefinition: nan, VarianceCovariates: nan, VarianceMonth: nan, VarianceMethod: nan, VarianceCombinations: nan, SamplingNoise: nan}
	var s synthesis.Specifications
	var members []*influence
	s.Factor = registryFactors
	for i := range specs {
		if e := &specs[i]; e.joint != nil && e.StdError > 0 {
			s.Estimate, s.StdError, s.Choice = append(s.Estimate, e.Estimate.Estimate), append(s.StdError, widened(&e.Estimate, r.study.Inference.Level)), append(s.Choice, e.choice)
			members = append(members, e.joint)
		}
	}
	row.NEstimated = len(members)
	if len(members) < 2 {
		row.Reason = estimate.NotDefined
		for i := range specs {
			if specs[i].Reason != "" {
				row.Reason = specs[i].Reason
			}
		}
		return row, nil
	}
	s.Covariance = covarianceOf(members, s.StdError)
	c, err := synthesis.Curve(s, r.study.Inference.Level, curveDraws, random.New(*r.study.Seed, "study-registry "+tiltak+" "+group))
	if err != nil {
		return row, err
	}
	row.Median, row.Low, row.High, row.ShareSameSign, row.ShareSignificant = c.Median, c.Low, c.High, c.Share, c.Significant
	row.PMedian, row.PSignificant, row.PMax, row.SamplingNoise = c.PMedian, c.PSignificant, c.PMax, c.Noise
	for i, to := range []*float64{&row.VarianceSample, &row.VarianceDefinition, &row.VarianceCovariates, &row.VarianceMonth, &row.VarianceMethod} {
		*to = c.Variance[i]
	}
	row.VarianceCombinations = c.Residual
	return row, nil
}

// covarianceOf is the covariance of figures from the persons that they share: the correlation of their influences by person
// times their own errors.
func covarianceOf(members []*influence, stdError []float64) [][]float64 {
	n := len(members)
	length := make([]float64, n)
	for i, m := range members {
		length[i] = math.Sqrt(product(m, m))
	}
	v := make([][]float64, n)
	for i := range v {
		v[i] = make([]float64, n)
		for j := range i {
			rho := product(members[i], members[j]) / (length[i] * length[j])
			v[i][j] = rho * stdError[i] * stdError[j]
			v[j][i] = v[i][j]
		}
		v[i][i] = stdError[i] * stdError[i]
	}
	return v
}

// product is the sum over persons of two influences, whose persons stand in rising order.
func product(a, b *influence) float64 {
	sum := 0.
	j := 0
	for i, p := range a.Person {
		for j < len(b.Person) && b.Person[j] < p {
			j++
		}
		if j == len(b.Person) {
			break
		}
		if b.Person[j] == p {
			sum += float64(a.Psi[i]) * float64(b.Psi[j])
		}
	}
	return sum
}
