package analysis

import (
	"context"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/internal/fault"
)

// Checked is what Check found: a study that can be run, and what it would be run on. Nothing in it rests on an outcome.
type Checked struct {
	Register *register.Register
	Flow     []cohort.Flow
	Rows     int // analysis rows, shared by the tiltak
	Warnings []fault.Warning
}

// Check reads the register of a study and draws its trials, and estimates nothing.
func Check(ctx context.Context, s *Study, o Options) (*Checked, error) {
	checked, err := check(ctx, s, o)
	return checked, s.given.locate(err)
}

func check(ctx context.Context, s *Study, o Options) (*Checked, error) {
	reg, cat, err := s.Register(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &runner{study: s, reg: reg, cat: cat}
	d, err := r.compile()
	if err != nil {
		return nil, err
	}
	d.Workers = o.Workers
	trials, err := cohort.Build(ctx, reg, d)
	if err != nil {
		return nil, err
	}
	r.trials = trials
	if err := somebody(trials.Flow); err != nil {
		return nil, err
	}
	return &Checked{reg, trials.Flow, trials.Rows.Len(), append(append([]fault.Warning{}, reg.Warnings...), r.warnings(nil)...)}, nil
}
