package datasets

import (
	"context"

	"tiltakseffekt/datasets/internal/csvio"
	"tiltakseffekt/datasets/internal/vector"
)

// csvInput is a CSV file.
type csvInput struct {
	path   string
	file   *csvio.File
	pieces []part // blocks with rows
	piece  []int  // of each block; −1 where it has no rows
}

func openCSV(ctx context.Context, path string, latin1 bool, workers int) (input, error) {
	f, err := csvio.Open(ctx, path, path, latin1, workers)
	if err != nil {
		return nil, err
	}
	in := &csvInput{path: path, file: f}
	first := int64(0)
	for _, rows := range f.Blocks() {
		if rows == 0 {
			in.piece = append(in.piece, -1)
			continue
		}
		in.piece = append(in.piece, len(in.pieces))
		in.pieces = append(in.pieces, part{index: len(in.pieces), file: path, first: first, rows: int(rows)})
		first += rows
	}
	return in, nil
}

func (in *csvInput) fields() []vector.Field { return in.file.Fields() }
func (in *csvInput) rows() int64            { return in.file.Rows() }
func (in *csvInput) parts() int             { return len(in.pieces) }

func (in *csvInput) scan(ctx context.Context, fields []int, workers int, use func(part, []vector.Values) error) error {
	return in.file.Scan(ctx, fields, workers, func(block, _ int, values []vector.Values) error {
		if in.piece[block] < 0 {
			return nil
		}
		return use(in.pieces[in.piece[block]], values)
	})
}

func (in *csvInput) inspect(ctx context.Context, field int, _, _ int64, workers int, use func(part, vector.Values) error) error {
	return in.scan(ctx, []int{field}, workers, func(p part, values []vector.Values) error { return use(p, values[0]) })
}
