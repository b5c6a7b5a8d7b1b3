package cli

import (
	"context"
	"fmt"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
)

// What a command on one table needs at least, in bytes: the program itself, and each value as it is read, as a number and in the
// design. A text, a bootstrap or pairs take more; who has less than this has no use in beginning.
const (
	bytesOfProgram = 16 << 20
	bytesOfValue   = 3 * 8
)

// readTable reads the columns of a table, or refuses where what must be held cannot fit into --memory.
func (g *globals) readTable(ctx context.Context, path string, opt datasets.ReadOptions) (*datasets.Table, error) {
	s, err := datasets.OpenContext(ctx, path, opt)
	if err != nil {
		return nil, err
	}
	columns := len(opt.Columns)
	if opt.Columns == nil {
		columns = len(s.Schema())
	}
	need := bytesOfProgram + s.NumRows()*int64(columns)*bytesOfValue
	if g.memoryBytes > 0 && need > g.memoryBytes {
		return nil, fault.Usagef("memory", "%d rows × %d columns of %s take at least %s, over the limit of %s; allow more with `--memory`, or name fewer columns",
			s.NumRows(), columns, path, size(need), size(g.memoryBytes))
	}
	return s.Read(ctx, opt.Columns)
}

// size is a number of bytes in the unit in which it is read with ease.
func size(bytes int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	v, k := float64(bytes), 0
	for v >= 1024 && k < len(units)-1 {
		v, k = v/1024, k+1
	}
	return fmt.Sprintf("%.4g %s", v, units[k])
}
