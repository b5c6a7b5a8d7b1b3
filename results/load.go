package results

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// named is a table with its name and a pointer to its rows.
type named struct {
	name string
	rows any // the slice
	to   any // a pointer to the slice
}

// each lists the tables in the order of CONTRACT.md.
func (t *Tables) each() []named {
	return []named{
		{"estimates", t.Estimates, &t.Estimates},
		{"balance", t.Balance, &t.Balance},
		{"overlap", t.Overlap, &t.Overlap},
		{"flow", t.Flow, &t.Flow},
		{"composition", t.Composition, &t.Composition},
		{"robustness", t.Robustness, &t.Robustness},
		{"heterogeneity", t.Heterogeneity, &t.Heterogeneity},
		{"portfolio", t.Portfolio, &t.Portfolio},
		{"placebo", t.Placebo, &t.Placebo},
		{"pre_effects", t.PreEffects, &t.PreEffects},
		{"reforms", t.Reforms, &t.Reforms},
		{"experiment", t.Experiment, &t.Experiment},
		{"sensitivity", t.Sensitivity, &t.Sensitivity},
		{"durations", t.Durations, &t.Durations},
		{"duration_shares", t.DurationShares, &t.DurationShares},
		{"costs", t.Costs, &t.Costs},
		{"cost_effect", t.CostEffect, &t.CostEffect},
		{"descriptive", t.Descriptive, &t.Descriptive},
		{"diagnostics", t.Diagnostics, &t.Diagnostics},
		{"transitions", t.Transitions, &t.Transitions},
		{"chains", t.Chains, &t.Chains},
		{"chain_states", t.ChainStates, &t.ChainStates},
		{"chain_measures", t.ChainMeasures, &t.ChainMeasures},
		{"chain_types", t.ChainTypes, &t.ChainTypes},
	}
}

// Columned is a tidy table by its columns, as it is written.
type Columned struct {
	Name  string
	Table *datasets.Table
}

// Columns are the tables as they are written, in their order; what disclosure control alone needs is not in them.
func (t *Tables) Columns() []Columned {
	var out []Columned
	for _, e := range t.each() {
		out = append(out, Columned{e.name, tableOf(e.rows)})
	}
	return out
}

// Load reads a finished run after checking its manifest. Nulls come back as NaN, −1 (counts), nil or "". The counts that
// disclosure control used are not in the files and come back as 0: what was loaded is never suppressed again.
func Load(dir string) (*Run, *Tables, error) {
	if err := Check(dir); err != nil {
		return nil, nil, err
	}
	b, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		return nil, nil, fault.Wrap("read_failed", err, "cannot read run.json")
	}
	r := new(Run)
	if err := json.Unmarshal(b, r); err != nil || r.Schema != 1 {
		return nil, nil, fault.Dataf("bad_run", filepath.Join(dir, "run.json"), "", "cannot be read by this version of the program; use the one that made the run")
	}
	t := &Tables{Round: r.Round, Divisions: r.Divisions}
	for _, e := range t.each() {
		path := filepath.Join(dir, "tables", e.name+".csv")
		data, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // the manifest holds: an earlier version made the run, and had no such table
		}
		if err != nil {
			return nil, nil, fault.Wrap("read_failed", err, "cannot read a table of the run")
		}
		if err := readCSV(path, data, e.to); err != nil {
			return nil, nil, err
		}
	}
	return r, t, nil
}
