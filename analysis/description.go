package analysis

import (
	"context"
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/results"
)

// Description is what a study describes without estimating: flow, composition, durations, chains, costs. Its tables are
// those of a run, less everything that compares arms after the start.
type Description struct {
	Run    results.Run
	Tables results.Tables // after disclosure control
}

// withoutEffects fills the tables that hold no effect: those of a run and of a description alike.
func (r *runner) withoutEffects(ctx context.Context, t *results.Tables) (costs []fault.Warning, chains *results.ChainRule, err error) {
	r.flow(t)
	if err := r.durations(ctx, t); err != nil {
		return nil, nil, err
	}
	if costs, err = r.costs(ctx, t); err != nil {
		return nil, nil, err
	}
	chains, err = r.chains(ctx, t)
	return costs, chains, err
}

// Describe reads the register of a study, draws its trials and describes who starts what, for how long, and at what cost,
// after disclosure control. It estimates no effect and compares no outcome between those who start and those who do not.
func Describe(ctx context.Context, s *Study, o FolderOptions) (*Description, error) {
	d, err := s.describeStudy(ctx, o)
	return d, s.given.locate(err)
}

func (s *Study) describeStudy(ctx context.Context, o FolderOptions) (*Description, error) {
	cat, err := catalog.Load(s.Data.Catalog)
	if err != nil {
		return nil, err
	}
	source, options, err := s.source(ctx, cat, o.Options)
	if err != nil {
		return nil, err
	}
	o.progress(0, 1, "inputs")
	inputs, err := until(ctx, func() ([]datasets.Fingerprint, error) { return source.Inputs(ctx) })
	if err != nil {
		return nil, err
	}
	if inputs, err = s.otherInputs(ctx, cat, inputs); err != nil {
		return nil, err
	}
	resolved, err := s.canonical()
	if err != nil {
		return nil, err
	}
	o.progress(0, 1, "register")
	reg, err := until(ctx, func() (*register.Register, error) { return register.Read(ctx, source, options) })
	if err != nil {
		return nil, err
	}
	d, err := until(ctx, func() (*Description, error) { return s.describeRegister(ctx, reg, cat, o.Options) })
	if err != nil {
		return nil, err
	}
	d.Run.RunID = results.RunID(resolved, inputs, o.Program+" describe") // another answer than the run of the study
	d.Run.Version, d.Run.Platform, d.Run.Inputs, d.Run.Resolved = o.Program, o.Platform, inputs, resolved
	return d, nil
}

func (s *Study) describeRegister(ctx context.Context, reg *register.Register, cat *catalog.Catalog, o Options) (*Description, error) {
	r := &runner{study: s, reg: reg, cat: withRates(reg, cat), opt: o}
	design, err := r.compile()
	if err != nil {
		return nil, err
	}
	design.Workers = o.Workers
	o.progress(0, 1, "cohort")
	if r.trials, err = cohort.Build(ctx, reg, design); err != nil {
		return nil, err
	}
	if err := somebody(r.trials.Flow); err != nil {
		return nil, err
	}
	d := &Description{}
	o.progress(0, 1, "description")
	costWarnings, chainRule, err := r.withoutEffects(ctx, &d.Tables)
	if err != nil {
		return nil, err
	}
	if err := r.composition(ctx, &d.Tables); err != nil {
		return nil, err
	}
	d.Run = r.describe()
	d.Run.Chains = chainRule
	d.Run.Methods = nil // none was used
	d.Run.Warnings = withoutSmall(append(slices.Clone(reg.Warnings), append(r.warnings(nil), costWarnings...)...), d.Run.MinCell)
	d.Run.Messages = r.localise(d.Run.Warnings)
	d.Run.Suppressed = results.Suppress(&d.Tables, d.Run.MinCell)
	d.Run.Warnings = append(d.Run.Warnings, results.Summary(d.Run.Suppressed, d.Run.MinCell)...)
	if err := results.Revealed(results.Attack(&d.Tables, d.Run.MinCell)); err != nil {
		return nil, err
	}
	results.Round(&d.Tables, d.Run.Round)
	results.RoundWarnings(d.Run.Warnings, d.Run.Round)
	return d, nil
}
