// Package results is what we keep of a run: the run folder of CONTRACT.md with run.json, tidy tables as Parquet and CSV,
// figures and a manifest that is written last, and disclosure control on the way out. It computes no effect.
package results
