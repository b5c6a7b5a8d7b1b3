package cli

import (
	"context"
	"os"
	"path/filepath"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// write puts every list of the document that has a row into a folder, as Parquet and CSV, by the names of the document.
func (d *didDocument) write(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap("cannot_write", err, "cannot make the folder of `--out`")
	}
	tests := d.PreTests
	if d.PreTest != nil {
		tests = []didPreTest{*d.PreTest}
	}
	for _, t := range []namedRows{{"group_time", d.GroupTime}, {"aggregates", d.Aggregates}, {"pretests", tests}, {"dip_probe", d.DipProbe}, {"equality", d.Equality},
		{"regression", d.Regression}, {"bacon", d.Bacon}, {"honest", d.Honest}} {
		table := durationTableOf(t.rows)
		if table.Rows == 0 {
			continue
		}
		for _, ending := range []string{".parquet", ".csv"} {
			if err := datasets.WriteContext(ctx, filepath.Join(dir, t.name+ending), table, datasets.WriteOptions{}); err != nil {
				return err
			}
		}
	}
	return nil
}
