package register

import (
	"cmp"
	"context"
	"os"
	"slices"

	"tiltakseffekt/datasets"
	"tiltakseffekt/internal/fault"
	"tiltakseffekt/internal/parallel"
)

// Inputs hashes every file of the tables, sorted by name relative to the folder.
func (f *folder) Inputs(ctx context.Context) ([]datasets.Fingerprint, error) {
	names := f.Tables()
	each := make([][]datasets.Fingerprint, len(names))
	err := parallel.For(ctx, 0, len(names), func(i int) error {
		path := f.paths[names[i]]
		info, err := os.Stat(path)
		if err != nil {
			return fault.Wrap("unreadable", err, "the file cannot be read").In(path)
		}
		if each[i], err = datasets.FingerprintOf(ctx, path); err != nil {
			return err
		}
		for k := range each[i] {
			x := &each[i][k]
			if info.IsDir() {
				x.Name = names[i] + "/" + x.Name
			} else if x.Rows < 0 {
				x.Rows = f.sources[names[i]].NumRows()
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	inputs := slices.Concat(each...)
	slices.SortFunc(inputs, func(a, b datasets.Fingerprint) int { return cmp.Compare(a.Name, b.Name) })
	return inputs, nil
}
