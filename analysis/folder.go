package analysis

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"tiltakseffekt/analysis/cohort"
	"tiltakseffekt/analysis/outcome"
	"tiltakseffekt/datasets"
	"tiltakseffekt/datasets/catalog"
	"tiltakseffekt/datasets/register"
	"tiltakseffekt/results"
)

// FolderOptions are what a run that ends in a folder takes besides Options.
type FolderOptions struct {
	Options
	Out      string // the folder of run folders
	Program  string // what identifies the program: its release version, or the SHA-256 of its executable
	Platform string // GOOS/GOARCH and Go version, for run.json

	// Render makes the further files of the run folder (figures, reports) from what may be seen: disclosure control has
	// been applied. It is given by the caller because the report stands above this room.
	Render func(ctx context.Context, run *results.Run, tables *results.Tables) (map[string][]byte, error)
}

// FolderResult is where a run lies and, where it was made now, what it found before disclosure control.
type FolderResult struct {
	Path     string
	Already  bool    // the same question was answered on the same data before; nothing was run
	Result   *Result // its tables after disclosure control
	Register *register.Register
	Run      *results.Run
	Tables   *results.Tables // as written
}

// RunFolder reads the register of a study, runs it and writes DIR/<study>/<run-id>/. The same question on the same data
// by the same program is the same run: where it is there already, its manifest is checked and nothing is run.
//
// A run that is interrupted, or fails, leaves no folder that looks finished.
func RunFolder(ctx context.Context, s *Study, opt FolderOptions) (*FolderResult, error) {
	result, err := runFolder(ctx, s, opt)
	return result, s.given.locate(err)
}

func runFolder(ctx context.Context, s *Study, opt FolderOptions) (*FolderResult, error) {
	cat, err := catalog.Load(s.Data.Catalog)
	if err != nil {
		return nil, err
	}
	source, options, err := s.source(ctx, cat, opt.Options)
	if err != nil {
		return nil, err
	}
	opt.progress(0, 1, "inputs")
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
	id := results.RunID(resolved, inputs, opt.Program)
	folder, err := results.Wait(ctx, opt.Out, s.Study, id)
	if errors.Is(err, results.ErrFinished) {
		path := results.Path(opt.Out, s.Study, id)
		run, tables, err := results.Load(path)
		if err != nil {
			return nil, err
		}
		return &FolderResult{Path: path, Already: true, Run: run, Tables: tables}, nil
	}
	if err != nil {
		return nil, err
	}
	finished := false
	defer func() {
		if finished {
			folder.Abandon()
		} else {
			folder.Pause() // finished tasks are kept for the next attempt
		}
	}()
	if opt.tasks, err = folder.Tasks(); err != nil {
		return nil, err
	}
	opt.progress(0, 1, "register")
	reg, err := until(ctx, func() (*register.Register, error) { return register.Read(ctx, source, options) })
	if err != nil {
		return nil, err
	}
	out, err := until(ctx, func() (*Result, error) { return Estimate(ctx, s, reg, cat, opt.Options) })
	if err != nil {
		return nil, err
	}
	run := out.Run
	run.RunID, run.Version, run.Platform, run.Inputs, run.Resolved = id, opt.Program, opt.Platform, inputs, resolved
	if plan, err := s.plan(); err != nil {
		return nil, err
	} else if plan != nil {
		mark, err := markPlan(ctx, plan, s, cat, resolved)
		if err != nil {
			return nil, err
		}
		mark.apply(plan.SHA256(), &run, out.Tables.Estimates)
	}
	opt.progress(0, 1, "results")
	tables := &out.Tables // from here on they hold what may be seen
	run.Suppressed = results.Suppress(tables, run.MinCell)
	run.Warnings = append(run.Warnings, results.Summary(run.Suppressed, run.MinCell)...)
	if err := results.Revealed(results.Attack(tables, run.MinCell)); err != nil { // the second lock: nothing is written
		return nil, err
	}
	results.Round(tables, run.Round)
	results.RoundWarnings(run.Warnings, run.Round)
	if err := results.Revealed(results.Attack(tables, run.MinCell)); run.Round > 0 && err != nil {
		return nil, err
	}
	if err := folder.WriteRun(&run); err != nil {
		return nil, err
	}
	if err := folder.WriteTables(tables); err != nil {
		return nil, err
	}
	if opt.Render != nil {
		files, err := until(ctx, func() (map[string][]byte, error) { return opt.Render(ctx, &run, tables) })
		if err != nil {
			return nil, err
		}
		for name, data := range files {
			if err := folder.WriteFile(name, data); err != nil {
				return nil, err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := folder.Finish(); err != nil {
		return nil, err
	}
	finished = true
	return &FolderResult{Path: folder.Final(), Result: out, Register: reg, Run: &run, Tables: tables}, nil
}

// until is what f returns, or the context's error as soon as the context is done. f touches no file of the run, so that
// it may be left to finish on its own: an interrupted run ends at once, not when the present fit has converged.
func until[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// source is the register of the study as a source, with how to read it: for this study and the others that go by the same register.
func (s *Study) source(ctx context.Context, cat *catalog.Catalog, o Options, also ...*Study) (register.Source, register.Options, error) {
	opt := register.Options{Catalog: cat, Rules: s.Data.Rules.register(), Encoding: s.Data.Encoding, Workers: o.Workers, Memory: o.Memory, NoInputs: true} // a run hashes them first, once
	var err error
	if err = s.needs(cat, &opt); err != nil {
		return nil, opt, err
	}
	for _, other := range also {
		if err = other.needs(cat, &opt); err != nil {
			return nil, opt, err
		}
	}
	if s.Data.Cut != nil {
		opt.Cut = *s.Data.Cut
	}
	if s.Data.First != nil {
		opt.First = *s.Data.First
	}
	if s.Data.AsOf != nil {
		opt.AsOf = *s.Data.AsOf
	}
	if s.Data.Mapping != "" {
		if opt.Mapping, err = datasets.LoadMapping(s.Data.Mapping); err != nil {
			return nil, opt, err
		}
	}
	source, err := register.OpenFolder(ctx, s.Data.Register, opt)
	return source, opt, err
}

// needs adds to opt the columns of the user's own and the jobs that the study reads.
func (s *Study) needs(cat *catalog.Catalog, opt *register.Options) error {
	add := func(columns []register.ExtraColumn, err error) error {
		for _, c := range columns {
			if !slices.ContainsFunc(opt.Extra, func(x register.ExtraColumn) bool { return x.Name == c.Name }) {
				opt.Extra = append(opt.Extra, c)
			}
		}
		return err
	}
	d := s.design()
	d.Catalog = cat
	if err := add(d.Columns()); err != nil {
		return err
	}
	for _, f := range s.Reforms {
		if err := add(d.ReformColumns(cohort.Reform{ID: f.ID, Eligible: f.Eligible})); err != nil {
			return err
		}
	}
	outcomes := slices.Concat(s.Outcomes, s.Placebo.Controls)
	for _, o := range s.Descriptive {
		outcomes = append(outcomes, o.Spec)
	}
	if s.Robustness != nil {
		outcomes = append(outcomes, s.Robustness.Outcomes...)
		for _, c := range s.Robustness.Covariates {
			d.Covariates = c.List
			if err := add(d.Columns()); err != nil {
				return err
			}
		}
	}
	opt.Jobs = opt.Jobs || slices.ContainsFunc(outcomes, outcome.Spec.NeedsJobs)
	return nil
}

// withRates is the catalogue with the rates of the register's own table satser in it, where it has one.
func withRates(reg *register.Register, cat *catalog.Catalog) *catalog.Catalog {
	if reg != nil && reg.Catalog != nil {
		return reg.Catalog
	}
	return cat
}

// Register reads the register of a study and nothing more; with what others need that go by the same register.
func (s *Study) Register(ctx context.Context, o Options, also ...*Study) (*register.Register, *catalog.Catalog, error) {
	cat, err := catalog.Load(s.Data.Catalog)
	if err != nil {
		return nil, nil, err
	}
	source, opt, err := s.source(ctx, cat, o, also...)
	if err != nil {
		return nil, nil, err
	}
	reg, err := register.Read(ctx, source, opt)
	return reg, withRates(reg, cat), err
}

// otherInputs adds the mapping, the user's catalogue files and the plan to the inputs of the register: a run depends on
// them too.
func (s *Study) otherInputs(ctx context.Context, cat *catalog.Catalog, inputs []datasets.Fingerprint) ([]datasets.Fingerprint, error) {
	files, err := s.definitions(ctx, cat)
	if err != nil {
		return nil, err
	}
	inputs = append(inputs, files...)
	plan, err := s.plan()
	if err != nil {
		return nil, err
	}
	if plan != nil {
		inputs = append(inputs, plan.fingerprint())
	}
	return inputs, nil
}

// definitions are the mapping and the user's catalogue files.
func (s *Study) definitions(ctx context.Context, cat *catalog.Catalog) (files []datasets.Fingerprint, err error) {
	add := func(prefix, path string) error {
		f, err := datasets.FingerprintOf(ctx, path)
		if err != nil {
			return err
		}
		for _, x := range f {
			x.Name = prefix + "/" + filepath.Base(path)
			files = append(files, x)
		}
		return nil
	}
	if s.Data.Mapping != "" {
		if err := add("mapping", s.Data.Mapping); err != nil {
			return nil, err
		}
	}
	for _, file := range cat.Files() {
		if err := add("catalog", file); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Beside writes a file beside the run folder, such as the study as it was given: what varies between runs of the same
// question is never inside.
func (f *FolderResult) Beside(extension string, data []byte) error {
	return results.WriteAtomic(filepath.Clean(f.Path)+extension, data)
}
