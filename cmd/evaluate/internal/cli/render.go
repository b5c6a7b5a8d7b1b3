package cli

import (
	"context"

	"tiltakseffekt/results"
)

// render makes the figures and reports of a run folder.
func (g *globals) render(ctx context.Context, run *results.Run, tables *results.Tables) (map[string][]byte, error) {
	return nil, nil
}
