package cli

import (
	"context"
	"maps"

	"tiltakseffekt/results"
	"tiltakseffekt/results/figure"
	"tiltakseffekt/results/report"
)

// render makes the figures and the reports of a run folder.
func (g *globals) render(ctx context.Context, run *results.Run, tables *results.Tables) (map[string][]byte, error) {
	files, err := figure.Files(ctx, run, tables, g.workers)
	if err != nil {
		return nil, err
	}
	pages, err := report.Files(run, tables)
	if err != nil {
		return nil, err
	}
	maps.Copy(files, pages)
	return files, nil
}
