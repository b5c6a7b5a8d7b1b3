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
	if err := r.checkDrawn(); err != nil {
		return nil, err
	}
	return &Checked{reg, trials.Flow, trials.Rows.Len(), append(append([]fault.Warning{}, reg.Warnings...), r.warnings(nil)...)}, nil
}

// inCatalogue refuses what the catalogue does not have, before anything is estimated: a reform by a name of its own and without
// a month, and prices of a year outside the index. The year of the cut is the default where the index ends long before it.
func (r *runner) inCatalogue() error {
	year := r.study.Cost.PriceYear
	if _, ok := r.cat.KPI(year); !ok && year != r.reg.Cut.Year() {
		first, last := r.cat.KPIYears()
		return fault.Usagef("no_kpi", "`cost.price_year: %d` is outside the consumer price index of the catalogue (%d–%d); choose a year inside it or give a newer kpi.csv in `data.catalog`", year, first, last)
	}
	for _, f := range r.study.Reforms {
		if _, _, err := r.named(f); err != nil {
			return err
		}
	}
	return nil
}
