package validity

import (
	"context"
	"fmt"
	"sync"

	"tiltakseffekt/datasets/register"
	"tiltakseffekt/datasets/simulate"
	"tiltakseffekt/internal/parallel"
)

// onRegisters asks something of each of Options.Registers registers and returns the answers in their order, whatever the number of workers.
func onRegisters[T any](ctx context.Context, opt Options, ask func(i int) (T, error)) ([]T, error) {
	answers := make([]T, opt.Registers)
	var mu sync.Mutex
	done := 0
	err := parallel.For(ctx, opt.Workers, opt.Registers, func(i int) error {
		var err error
		if answers[i], err = ask(i); err != nil {
			return fmt.Errorf("register %d: %w", i, err)
		}
		if opt.Progress != nil {
			mu.Lock()
			done++
			opt.Progress(float64(done), float64(opt.Registers), "registers")
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// simulated is register i of an experiment, with its reference paths where they are asked for.
func simulated(ctx context.Context, opt Options, scenario string, i int, paths bool) (*register.Register, *simulate.Register, error) {
	what := simulate.Options{Persons: opt.Persons, Seed: opt.Seed + uint64(i), Scenario: scenario, Counterfactual: paths, Workers: 1}
	if opt.LaterEntry == WaitUntil || opt.LaterEntry == StartBy {
		what.Wait = late
	}
	sim, err := simulate.Generate(ctx, what)
	if err != nil {
		return nil, nil, err
	}
	reg, err := register.FromTables(ctx, sim.Tables, register.Options{Workers: 1})
	return reg, sim, err
}
